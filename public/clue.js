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

// A slip as QR codes of one size (ISO/IEC 18004: version 20, level M, bytes, mask 0): larger ones are not read from a photo that
// is not quite straight. What fills one: `ZFC1`, the first four bytes of the slip's SHA-256, which one of how many, and its piece.
const WIDE = 97;
const BORDER = 4;
const DATA = 669;
const PIECE = 656;
// Blocks of so many bytes, each with CHECKS more.
const BLOCKS = [...Array(3).fill(41), ...Array(13).fill(42)];
const CHECKS = 26;
// Level M with mask 0, and version 20, each with its own checks.
const FORMAT = 0x5412;
const VERSION = 0x149a6;
const upTo = (n) => [...Array(n).keys()];
const POWERS = [1];
while (POWERS.length < 255) POWERS.push((POWERS.at(-1) << 1) ^ (POWERS.at(-1) > 127 ? 0x11d : 0));
const times = (a, b) => (a && b ? POWERS[(POWERS.indexOf(a) + POWERS.indexOf(b)) % 255] : 0);
const GENERATOR = upTo(CHECKS).reduce((by, n) => [...by, 0].map((it, at) => it ^ times(at ? by[at - 1] : 0, POWERS[n])), [1]);

function checks(block) {
  const rest = [...block, ...Array(CHECKS).fill(0)];
  for (const at of block.keys()) {
    const first = rest[at];
    GENERATOR.forEach((it, n) => (rest[at + n] ^= times(it, first)));
  }
  return rest.slice(block.length);
}

// Length and bytes behind the word for bytes (0100), which is half a byte: all that follows is shifted by as much.
function words(piece) {
  const bytes = [piece.length >> 8, piece.length & 255, ...piece, 0];
  const all = bytes.map((it, n) => ((n ? bytes[n - 1] : 4) << 4 | it >> 4) & 255);
  while (all.length < DATA) all.push((DATA - all.length) % 2 ? 0xec : 0x11);
  let at = 0;
  const blocks = BLOCKS.map((n) => all.slice(at, (at += n)));
  const inTurn = (lists) => upTo(42).flatMap((n) => lists.map((it) => it[n])).filter((it) => it !== undefined);
  return [...inTurn(blocks), ...inTurn(blocks.map(checks))];
}

// Its dark runs: x, y, length, and 1.
function code(piece) {
  const grid = upTo(WIDE).map(() => Array(WIDE));
  const set = (x, y, dark) => {
    if (grid[y] && x >= 0 && x < WIDE) grid[y][x] = Boolean(dark);
  };
  const rings = (x, y, to, light) => {
    for (let dy = -to; dy <= to; dy++)
      for (let dx = -to; dx <= to; dx++) set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
  };
  const far = WIDE - 4;
  for (const [x, y] of [[3, 3], [far, 3], [3, far]]) rings(x, y, 4, [2, 4]);
  const centers = [6, 34, 62, 90];
  for (const x of centers) for (const y of centers) if (grid[y][x] === undefined) rings(x, y, 2, [1]);
  for (let n = 8; n < far - 4; n++) for (const [x, y] of [[n, 6], [6, n]]) grid[y][x] ??= n % 2 === 0;
  for (const n of upTo(15)) {
    const dark = FORMAT >> n & 1;
    const early = n < 8;
    set(...(early ? [8, n + (n > 5)] : [14 - n + (n < 9), 8]), dark);
    set(...(early ? [WIDE - 1 - n, 8] : [8, WIDE - 15 + n]), dark);
  }
  set(8, WIDE - 8, true);
  for (const n of upTo(18)) {
    const [low, high, dark] = [WIDE - 11 + n % 3, Math.floor(n / 3), VERSION >> n & 1];
    set(low, high, dark);
    set(high, low, dark);
  }
  const bits = words(piece).flatMap((it) => upTo(8).map((n) => it >> 7 - n & 1));
  let at = 0;
  // Two columns at a time, up and down in turn; the column of the timing pattern is passed over.
  for (let right = WIDE - 1, up = true; right > 0; right -= right === 8 ? 3 : 2, up = !up)
    for (const n of upTo(WIDE)) {
      const y = up ? WIDE - 1 - n : n;
      for (const x of [right, right - 1]) grid[y][x] ??= Boolean(bits[at++]) !== ((x + y) % 2 === 0);
    }
  const runs = (row) => [...row.map(Number).join("").matchAll(/1+/g)];
  return grid.flatMap((row, y) => runs(row).map((it) => [it.index + BORDER, y + BORDER, it[0].length, 1]));
}

async function codes({ slip }) {
  const name = new Uint8Array(await subtle.digest("SHA-256", slip)).slice(0, 4);
  const n = Math.ceil(slip.length / PIECE);
  return Array.from({ length: n }, (_, at) =>
    code([...utf8("ZFC1"), ...name, at, n, ...slip.subarray(at * PIECE, (at + 1) * PIECE)]),
  );
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ done: await (data.slip ? codes(data) : seal(data)) });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};

// For the worker of the discipline group's desks.
export { CURVE, INFO, SUITE, bytesOf, partSealing, wrapFor };
