// Opens clues on the desks of the discipline group, and keeps their ledgers. The member's secret stays within this worker for as
// long as the screen does.
import { aes, fromPin, hex, join, keysOf, random, sealing, subtle, unhex, utf8 } from "/unlock.js";
import { CURVE, INFO, SUITE, bytesOf, partSealing, wrapFor } from "/clue.js";

const NOTE_STEP = 1024;

// The key of whoever is at this desk, once they have unlocked it.
let mine = null;
const url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const unurl = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));

// A key pair as the bytes of its secret and its public point.
async function newPair() {
  const { privateKey, publicKey } = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const { d } = await subtle.exportKey("jwk", privateKey);
  return [unurl(d), new Uint8Array(await subtle.exportKey("raw", publicKey))];
}

async function hold(secret, point) {
  const [x, y, d] = [point.slice(1, 33), point.slice(33), secret].map((it) => url(new Uint8Array(it)));
  const key = await subtle.importKey("jwk", { kty: "EC", crv: "P-256", x, y, d }, CURVE, false, ["deriveBits"]);
  mine = { key, point, keys: new Map() };
}

const keyPlace = (account) => utf8(`zoufang clue key v1 ${account}`);

// A member's new key, wrapped by the passphrase; with the first one the recovery key, whose secret is to be printed.
async function make({ passphrase, account, recovery, memory, passes }) {
  const [secret, point] = await newPair();
  const kdf = { salt: hex(random(16)), memory, passes };
  const iv = random(12);
  const wrap = await subtle.encrypt(sealing(iv, keyPlace(account)), await fromPin(passphrase, kdf), secret);
  await hold(secret, point);
  const made = { public: hex(point), secret: { ...kdf, iv: hex(iv), wrap: hex(wrap) } };
  if (!recovery) return [JSON.stringify(made), ""];
  const [recoverySecret, recoveryPoint] = await newPair();
  return [JSON.stringify({ ...made, recovery: hex(recoveryPoint) }), hex(recoverySecret)];
}

// Whether the passphrase is the one.
async function unlock({ passphrase, account, own }) {
  const { public: point, secret } = JSON.parse(own);
  const key = await fromPin(passphrase, secret);
  try {
    const opened = await subtle.decrypt(sealing(unhex(secret.iv), keyPlace(account)), key, unhex(secret.wrap));
    await hold(opened, unhex(point));
    return true;
  } catch {
    return false;
  }
}

// A clue's secret; each is opened once.
async function secretOf({ id, wrap }) {
  const known = mine.keys.get(id);
  if (known) return known;
  const sealed = unhex(wrap);
  const point = sealed.slice(0, 65);
  const theirs = await subtle.importKey("raw", point, CURVE, false, []);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, mine.key, 256);
  const [key, nonce] = await keysOf(shared, point, mine.point, INFO);
  const secret = new Uint8Array(await subtle.decrypt(sealing(nonce, bytesOf(id)), key, sealed.slice(65)));
  mine.keys.set(id, secret);
  return secret;
}

async function openPart({ id, wrap, n, last, bytes }) {
  const key = await aes(await secretOf({ id, wrap }));
  return new Uint8Array(await subtle.decrypt(partSealing(id, n, last), key, bytes));
}

async function noteKey(job) {
  const from = await subtle.importKey("raw", await secretOf(job), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("zoufang clue note v1") };
  return subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// The text of a note; null where it does not open.
async function openNote(job) {
  const sealed = unhex(job.sealed);
  try {
    const how = sealing(sealed.slice(1, 13), join(bytesOf(job.id), bytesOf(job.note)));
    return new TextDecoder().decode(await subtle.decrypt(how, await noteKey(job), sealed.slice(13))).trimEnd();
  } catch {
    return null;
  }
}

async function sealNote(job) {
  const text = utf8(job.text);
  const padded = new Uint8Array(Math.ceil(text.length / NOTE_STEP) * NOTE_STEP).fill(32);
  padded.set(text);
  const iv = random(12);
  const how = sealing(iv, join(bytesOf(job.id), bytesOf(job.note)));
  return hex(join([SUITE], iv, await subtle.encrypt(how, await noteKey(job), padded)));
}

const rewrap = async (job) => JSON.stringify(await wrapFor(job.to, job.id, await secretOf(job)));

// By the paper from the safe: each clue's secret, sealed to this member's key.
async function recover({ secret, point, to, clues }) {
  const own = mine;
  await hold(unhex(secret), unhex(point));
  try {
    const wraps = [];
    for (const { id, sealed } of clues) {
      wraps.push({ id, ...(await wrapFor(to, id, await secretOf({ id, wrap: sealed }))) });
    }
    return JSON.stringify(wraps);
  } finally {
    mine = own;
  }
}

const jobs = { make, unlock, openPart, openNote, sealNote, rewrap, recover };
self.onmessage = async ({ data, ports }) => {
  const answer = (it) => ports[0].postMessage(it);
  try {
    answer({ done: await jobs[data.do](data) });
  } catch (error) {
    answer({ failed: String(error) });
  }
};
