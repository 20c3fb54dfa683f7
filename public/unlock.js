// Makes and opens the key under which a phone's store rests. It runs in a worker that ends with its one job, so that
// neither the PIN nor what it becomes outlives it; the wasm's `derive` stands above this when the site is built.
const subtle = crypto.subtle;
const hex = (bytes) => Array.from(new Uint8Array(bytes), (it) => it.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (it) => parseInt(it, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const random = (n) => crypto.getRandomValues(new Uint8Array(n));
const join = (...parts) => {
  const bytes = parts.flatMap((it) => Array.from(new Uint8Array(it)));
  return Uint8Array.from(bytes);
};
const aes = (key) => subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
const sealing = (iv, additionalData) => ({ name: "AES-GCM", iv, additionalData });

async function fromPin(pin, { salt, memory, passes }) {
  await __wbg_init({ module_or_path: "/unlock.wasm" });
  return aes(derive(utf8(pin), unhex(salt), memory, passes));
}

// What a store's own keys are derived from; it cannot be read out of the browser.
const usable = (key) => subtle.importKey("raw", key, "HKDF", false, ["deriveKey"]);
const place = (account) => utf8(`zoufang phone key v1 ${account}`);

// RFC 9180 in base mode: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. WebCrypto's HKDF does both steps at once, so
// they are put together of HMAC.
const KEM = join(utf8("KEM"), [0, 0x10]);
const HPKE = join(utf8("HPKE"), [0, 0x10, 0, 1, 0, 2]);
async function hmac(key, bytes) {
  const made = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return subtle.sign("HMAC", made, bytes);
}
const extract = (suite, salt, label, bytes) => hmac(salt, join(utf8("HPKE-v1"), suite, utf8(label), bytes));
const expand = async (suite, key, label, info, length) =>
  (await hmac(key, join([0, length], utf8("HPKE-v1"), suite, utf8(label), info, [1]))).slice(0, length);

async function sealTo(office, info, aad, bytes) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await subtle.importKey("raw", office, curve, false, []);
  const ours = await subtle.generateKey(curve, false, ["deriveBits"]);
  const point = await subtle.exportKey("raw", ours.publicKey);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const [key, nonce] = await keysOf(shared, point, office, info);
  return join(point, await subtle.encrypt(sealing(nonce, aad), key, bytes));
}

// Key and nonce of one sealing, by what both sides share and their public keys.
async function keysOf(shared, point, theirs, info) {
  const none = new Uint8Array(32);
  const context = join(point, theirs);
  const secret = await expand(KEM, await extract(KEM, none, "eae_prk", shared), "shared_secret", context, 32);
  const schedule = join(
    [0],
    await extract(HPKE, none, "psk_id_hash", []),
    await extract(HPKE, none, "info_hash", info),
  );
  const base = await extract(HPKE, secret, "secret", []);
  const key = await aes(await expand(HPKE, base, "key", schedule, 32));
  return [key, await expand(HPKE, base, "base_nonce", schedule, 12)];
}

// A new PIN for a new key, which is sealed to the office's public key, or for one that the office has opened, as it was sealed.
async function make({ pin, account, office, key, memory, passes }) {
  const secret = key ? unhex(key) : random(32);
  const kdf = { salt: hex(random(16)), memory, passes };
  const iv = random(12);
  const wrap = await subtle.encrypt(sealing(iv, place(account)), await fromPin(pin, kdf), secret);
  const id = unhex(account.replaceAll("-", ""));
  const sealed = key ? office : hex(await sealTo(unhex(office), utf8("zoufang phone key v1"), id, secret));
  return [JSON.stringify({ suite: 1, kdf, iv: hex(iv), wrap: hex(wrap), sealed }), await usable(secret)];
}

// Nothing where the PIN is another.
async function open({ pin, account, row }) {
  const { kdf, iv, wrap } = JSON.parse(row);
  const key = await fromPin(pin, kdf);
  try {
    return await usable(await subtle.decrypt(sealing(unhex(iv), place(account)), key, unhex(wrap)));
  } catch {
    return null;
  }
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ done: await (data.row ? open : make)(data) });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};

// For the worker of clues.
export { aes, fromPin, hex, join, keysOf, random, sealTo, sealing, subtle, unhex, utf8 };
