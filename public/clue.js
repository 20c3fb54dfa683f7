// Seals clues on phones, and opens them on the desks of the discipline group; the formats are in `domain/src/clue.rs`. On a
// phone it ends with its one job; on a desk the member's secret stays within it for as long as the screen does.
import { aes, fromPin, hex, join, keysOf, random, sealTo, sealing, subtle, unhex, utf8 } from "/unlock.js";

const SUITE = 1;
const STEP = 4096;
const CHUNK = 255 * STEP;
const NOTE_STEP = 1024;
const INFO = utf8("zoufang clue v1");
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const bytesOf = (id) => unhex(id.replaceAll("-", ""));
const hashOf = async (bytes) => hex(await subtle.digest("SHA-256", bytes));

const partSealing = (id, n, last) => {
  const nonce = new DataView(new ArrayBuffer(12));
  nonce.setUint32(7, n);
  nonce.setUint8(11, last ? 1 : 0);
  return sealing(nonce.buffer, join([SUITE], bytesOf(id)));
};

// What was said, with who said it and who wrote it down, out of a visit's draft.
function contentOf({ draft, statement, account, left_out, receipt }) {
  const { value, at } = draft.statements.find((it) => it.id === statement);
  const visit = draft.visit.value;
  const attachments = draft.attachments.filter((it) => it.value.statement === statement);
  const { words, summary, kind, about, happened } = value;
  const { id, name, unit } = account;
  const of = ({ kind, media_type, bytes_n, sha256, duration_ms }) => ({ kind, media_type, bytes_n, sha256, duration_ms });
  return {
    words, summary, kind, about, happened, said_at: at,
    campaign: draft.campaign, unit: draft.unit, unit_name: unit?.name ?? "", place: visit.place,
    respondent_kind: visit.respondent_kind, identity: draft.identity?.value,
    recorded_by: { account: id, name }, receipt, left_out,
    attachments: attachments.map((it) => of(it.value)),
  };
}

// `visit` is JSON of what `contentOf` takes; `pieces` the bytes of the attachments, in their order.
async function seal({ id, visit, keys, pieces }) {
  const json = utf8(JSON.stringify(contentOf(JSON.parse(visit))));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, json.length);
  const clear = [new Uint8Array(length.buffer), json, ...pieces];
  const bytesN = clear.reduce((n, it) => n + it.length, 0);
  const whole = new Uint8Array(Math.ceil(bytesN / STEP) * STEP);
  let at = 0;
  for (const piece of clear) {
    whole.set(piece, at);
    at += piece.length;
  }
  const secret = random(32);
  const key = await aes(secret);
  const parts = [];
  for (let from = 0; from < whole.length; from += CHUNK) {
    const last = from + CHUNK >= whole.length;
    const how = partSealing(id, parts.length, last);
    parts.push(new Uint8Array(await subtle.encrypt(how, key, whole.subarray(from, from + CHUNK))));
  }
  const wraps = [];
  for (const it of keys) wraps.push(await wrapFor(it, id, secret));
  const hashes = [];
  for (const it of parts) hashes.push(await hashOf(it));
  const sealed = { suite: SUITE, wraps, parts: hashes };
  return [JSON.stringify(sealed), await nameOf(id, sealed), ...parts];
}

// What the server's receipt is over.
function nameOf(id, { suite, wraps, parts }) {
  const length = (list) => {
    const bytes = new DataView(new ArrayBuffer(4));
    bytes.setUint32(0, list.length);
    return bytes.buffer;
  };
  const recipients = wraps.flatMap((it) => [unhex(it.key), utf8(it.sealed)]);
  return hashOf(join(bytesOf(id), [suite], length(wraps), ...recipients, length(parts), ...parts.map(unhex)));
}

const wrapFor = async (key, id, secret) => {
  const point = unhex(key);
  return { key: await hashOf(point), sealed: hex(await sealTo(point, INFO, bytesOf(id), secret)) };
};

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

const jobs = { seal, make, unlock, openPart, openNote, sealNote, rewrap };
self.onmessage = async ({ data, ports }) => {
  const answer = (it) => (ports[0] ?? self).postMessage(it);
  try {
    answer({ done: await jobs[data.do](data) });
  } catch (error) {
    answer({ failed: String(error) });
  }
};
