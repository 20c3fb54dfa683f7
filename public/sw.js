// Keeps the app's files of one version, whole or not at all, and answers from them without a network.
// Touches nothing below /api. A new version waits until the page says "update".
"use strict";
const FILES = __FILES__;
const PREFIX = "site-";
const NAME = PREFIX + "__VERSION__";

const hex = (bytes) => Array.from(new Uint8Array(bytes), (it) => it.toString(16).padStart(2, "0")).join("");
const hashOf = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

async function verified(response, hash) {
  if (!response?.ok) return null;
  const bytes = await response.clone().arrayBuffer();
  return (await hashOf(bytes)).startsWith(hash) ? response : null;
}

// An unchanged file is taken from the version before; a spoiled one is asked for past every cache.
async function keep(cache, path, hash) {
  const response =
    (await verified(await caches.match(path), hash)) ??
    (await verified(await fetch(path, { cache: "no-cache" }), hash)) ??
    (await verified(await fetch(path, { cache: "reload" }), hash));
  if (!response) throw new Error(`${path} did not arrive whole`);
  await cache.put(path, response);
}

async function install() {
  const cache = await caches.open(NAME);
  try {
    await Promise.all(Object.entries(FILES).map(([path, hash]) => keep(cache, path, hash)));
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
}

async function activate() {
  const old = (await caches.keys()).filter((it) => it.startsWith(PREFIX) && it !== NAME);
  await Promise.all(old.map((it) => caches.delete(it)));
  await self.clients.claim();
}

async function answer(request, path) {
  const cache = await caches.open(NAME);
  return (await cache.match(path)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "update") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
  const path = event.request.mode === "navigate" ? "/" : url.pathname;
  if (path in FILES) event.respondWith(answer(event.request, path));
});
