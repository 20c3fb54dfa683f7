// Seals clues; the formats are in `domain/src/clue.rs`. It runs in a worker that ends with its one job.
import { aes, hex, join, random, sealTo, sealing, subtle, unhex, utf8 } from "/unlock.js";

const SUITE = 1;
const STEP = 4096;
const CHUNK = 255 * STEP;
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

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ done: await seal(data) });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};

// For the worker of the discipline group's desks.
export { CURVE, INFO, SUITE, bytesOf, partSealing, wrapFor };
