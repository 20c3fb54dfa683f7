//! JSON of the server and of the phone's store, read into the domain's types.

use serde::de::DeserializeOwned;

/// What `bytes` say, as a `T`.
///
/// The text is read into a tree first: written out for every type, serde's reading of text would make up
/// a fifth of what a phone loads.
///
/// # Errors
///
/// When it is no JSON, or not of a `T`.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_value(parse(bytes)?)
}

#[inline(never)]
fn parse(bytes: &[u8]) -> serde_json::Result<serde_json::Value> {
    serde_json::from_slice(bytes)
}
