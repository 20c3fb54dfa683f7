//! Ids made on this device.

use uuid::{Builder, Uuid};

use crate::clock;

/// A time-ordered id (UUIDv7): sorts by when it was made, and stays within its unit.
pub fn new_id() -> Uuid {
    let at = u64::try_from(clock::now()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(at, &random()).into_uuid()
}

/// A random id (v4), which tells nothing of when it was made.
pub fn new_public_id() -> Uuid {
    Builder::from_random_bytes(random()).into_uuid()
}

/// Random bytes, fit for keys.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without the error's own words, which a phone would load.
    let Ok(()) = getrandom::fill(&mut bytes) else {
        unreachable!("every browser that runs wasm has crypto.getRandomValues")
    };
    bytes
}
