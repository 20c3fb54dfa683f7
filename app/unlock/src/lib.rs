//! What a PIN becomes: a wasm of its own, for `public/unlock.js`, whose memory ends with its worker.

use argon2::{Algorithm, Argon2, Params, Version};
use wasm_bindgen::prelude::wasm_bindgen;

/// Argon2id of a PIN: 32 bytes; none where the parameters are out of range. `memory` in KiB. A phone without so much
/// memory traps.
#[wasm_bindgen]
pub fn derive(pin: &[u8], salt: &[u8], memory: u32, passes: u32) -> Vec<u8> {
    let Ok(params) = Params::new(memory, passes, 1, None) else { return Vec::new() };
    let mut key = vec![0; 32];
    let made =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(pin, salt, &mut key);
    if made.is_ok() { key } else { Vec::new() }
}
