// What a text speaks for, once the wasm and its weights are here. It stands behind the wasm's own script.
async function load() {
  const weights = fetch("/suggest.bin").then((it) => it.arrayBuffer());
  await __wbg_init({ module_or_path: "/suggest.wasm" });
  if (!take_weights(new Uint8Array(await weights))) throw new Error("weights of another version");
}

let loaded;
export async function suggest(text) {
  loaded ??= load();
  try {
    await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
  return types_of(text);
}
