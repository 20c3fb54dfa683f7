// Runs before the first paint: what the reader chose, and the one gate for script addresses.
"use strict";
(() => {
  const root = document.documentElement;
  try {
    for (const name of ["theme", "size"]) {
      const chosen = localStorage.getItem(name);
      if (chosen) root.dataset[name] = chosen;
    }
    if (localStorage.getItem("language") === "en") root.lang = "en";
  } catch {
    // Storage may be switched off; the defaults are readable.
  }
  const allowed = ["/sw.js", "/unlock.js", "/clue.js", "/clue-desk.js"];
  const check = (url) => {
    if (!allowed.includes(url)) throw new TypeError(`not a script of ours: ${url}`);
    return url;
  };
  const policy = globalThis.trustedTypes?.createPolicy("zoufang", { createScriptURL: check });
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (it) => it.toString(16).padStart(2, "0")).join("");
  const utf8 = (text) => new TextEncoder().encode(text);
  // A store's keys by what it holds, for as long as the one that they come from is there.
  const keys = new WeakMap();
  const keyOf = (store, group) => {
    if (!keys.has(store)) keys.set(store, new Map());
    const known = keys.get(store);
    if (!known.has(group)) {
      const from = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(group) };
      const made = crypto.subtle.deriveKey(from, store, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      known.set(group, made);
    }
    return known.get(group);
  };
  const begin = (script) => new Worker(globalThis.zoufang.scriptUrl(script), { type: "module" });
  const inWorker = (job, script = "/unlock.js") =>
    new Promise((resolve, reject) => {
      const worker = begin(script);
      const end = (data) => {
        worker.terminate();
        if (data && "done" in data) resolve(data.done);
        else reject(data?.failed);
      };
      worker.onmessage = ({ data }) => end(data);
      worker.onerror = () => end();
      worker.postMessage(job);
    });
  const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  globalThis.zoufang = {
    // A script address that the content policy lets through, if it is one of ours.
    scriptUrl: (url) => (policy ? policy.createScriptURL(url) : check(url)),
    update: async () => {
      const container = navigator.serviceWorker;
      const load = () => location.reload();
      const waiting = (await container.getRegistration())?.waiting;
      if (!waiting) return load();
      container.oncontrollerchange = load;
      waiting.postMessage("update");
    },
    // Key, signature, and what was signed.
    verify: async (bytes) => {
      const all = bytes.slice();
      const key = await crypto.subtle.importKey("raw", all.slice(0, 32), "Ed25519", false, ["verify"]);
      return crypto.subtle.verify("Ed25519", key, all.slice(32, 96), all.slice(96));
    },
    // This device's key, which cannot leave it; the public half; and the name by which the server knows it.
    device: async () => {
      const { privateKey, publicKey } = await crypto.subtle.generateKey(ecdsa, false, ["sign"]);
      const point = await crypto.subtle.exportKey("raw", publicKey);
      return [privateKey, hex(point), hex(await crypto.subtle.digest("SHA-256", point))];
    },
    canSeal: () => Boolean(globalThis.crypto?.subtle && globalThis.Worker),
    // The row that keeps a store's key, and the key: 64 MiB and 3 passes of Argon2id, or what a small phone can.
    makeKey: (pin, account, office, key) => {
      const job = { pin, account, office, key };
      return inWorker({ ...job, memory: 65536, passes: 3 }).catch(() => inWorker({ ...job, memory: 32768, passes: 4 }));
    },
    // Nothing where the PIN is wrong.
    openKey: (pin, account, row) => inWorker({ pin, account, row }),
    // Whether a PIN opens it, and the key as it was sealed to the office.
    rowParts: (row) => {
      const { wrap, sealed } = JSON.parse(row);
      return [Boolean(wrap), sealed];
    },
    // What is sealed to the discipline group: the list of its recipients and parts, its name, and the parts.
    sealClue: (id, visit, keys, pieces) => inWorker({ id, visit, keys: keys.split(" "), pieces }, "/clue.js"),
    // A slip as QR codes with what is to be done with them, in the element of that name; nothing where it is too long for a few.
    showCodes: async (slip, words) => {
      if (slip.length > 7872) return;
      const made = (name, of) => Object.assign(document.createElement(name), of);
      const codes = await inWorker({ slip }, "/clue.js");
      const shown = codes.flatMap((runs, n) => {
        const canvas = made("canvas", { width: 105, height: 105 });
        const pen = canvas.getContext("2d");
        for (const run of runs) pen.fillRect(...run);
        return [made("p", { textContent: `${n + 1} / ${codes.length}` }), canvas];
      });
      document.getElementById("slip-codes")?.replaceChildren(made("p", { textContent: words }), ...shown);
    },
    // What fills in questionnaires is loaded when there are any.
    form: (...all) => import("/form.js").then((it) => it.show(...all)),
    formAt: (name) => import("/form.js").then((it) => it.at(name)),
    // So is what tells of what a text speaks for.
    suggest: (text) => import("/suggest.js").then((it) => it.suggest(text)),
    pullLast: (...all) => import("/form.js").then((it) => it.pullLast(...all)),
    pullForms: (...all) => import("/form.js").then((it) => it.pull(...all)),
    clueWorker: () => begin("/clue-desk.js"),
    withoutPin: (row) => JSON.stringify({ ...JSON.parse(row), wrap: undefined }),
    // Suite 1: AES-256-GCM under a key for each record, with a nonce of 12 random bytes; bound to its place.
    seal: async (store, group, place, bytes) => {
      const clear = bytes.slice();
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const how = { name: "AES-GCM", iv, additionalData: utf8(place) };
      const sealed = new Uint8Array(await crypto.subtle.encrypt(how, await keyOf(store, group), clear));
      const whole = new Uint8Array(13 + sealed.length);
      whole[0] = 1;
      whole.set(iv, 1);
      whole.set(sealed, 13);
      return whole;
    },
    open: async (store, group, place, bytes) => {
      const sealed = bytes.slice();
      const how = { name: "AES-GCM", iv: sealed.slice(1, 13), additionalData: utf8(place) };
      return new Uint8Array(await crypto.subtle.decrypt(how, await keyOf(store, group), sealed.slice(13)));
    },
    stamp: async ([key, , id], bytes) => `${id} ${hex(await crypto.subtle.sign(ecdsa, key, bytes.slice()))}`,
  };
})();
