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
  const allowed = ["/sw.js"];
  const check = (url) => {
    if (!allowed.includes(url)) throw new TypeError(`not a script of ours: ${url}`);
    return url;
  };
  const policy = globalThis.trustedTypes?.createPolicy("zoufang", { createScriptURL: check });
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (it) => it.toString(16).padStart(2, "0")).join("");
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
    stamp: async ([key, , id], bytes) => `${id} ${hex(await crypto.subtle.sign(ecdsa, key, bytes.slice()))}`,
  };
})();
