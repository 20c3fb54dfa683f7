//! Whether it is the server of the signing in that speaks: its key is kept here, and the browser checks what it
//! signs.

use domain::{
    outbox::Check,
    receipt::{PublicKey, Signature},
};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    local::{LocalError, Table, Write},
    phone::{Held, Phone},
};

/// The name under which the key is kept.
const KEY: &str = "receipt_key";

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: the browser's own Ed25519 over key, signature and bytes, one after the other. Fails in
    /// a browser without it, and on a page without a secure address.
    #[wasm_bindgen(catch)]
    async fn verify(bytes: &[u8]) -> Result<JsValue, JsValue>;
}

/// Keeps the server's key. One that is kept gives way only to a person who has `confirmed` by signing in.
pub async fn pin(phone: Phone, told: Option<String>, confirmed: bool) {
    let (Ok(held), Some(key)) = (phone.held(), told) else { return };
    // What cannot be read may be there: it is not replaced.
    if confirmed || held.database.get(Table::Meta, KEY).await == Ok(None) {
        // A key that is not kept is told again at the next start.
        let _ = held.keep(&[Write::Put { table: Table::Meta, key: KEY.into(), bytes: key.into() }]).await;
    }
}

/// Whether `signature` is the server's over `bytes`.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn check(held: &Held, bytes: &[u8], signature: Option<&str>) -> Result<Check, LocalError> {
    let key = held.database.get(Table::Meta, KEY).await?;
    let key = key.and_then(|it| std::str::from_utf8(&it).ok()?.parse::<PublicKey>().ok());
    let Some(key) = key else { return Ok(Check::Unable) };
    let Some(signature) = signature.and_then(|it| it.parse::<Signature>().ok()) else {
        return Ok(Check::Wrong);
    };
    Ok(match verify(&[&key.0[..], &signature.0, bytes].concat()).await {
        Ok(right) if right.is_truthy() => Check::Valid,
        Ok(_) => Check::Wrong,
        Err(_) => Check::Unable,
    })
}
