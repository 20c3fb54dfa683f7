//! What a person's store rests under: the key that the PIN opens, and the browser's own AES.

use domain::sealed_file;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{LocalError, Table};

pub use sealed_file::SUITE;

/// A key that cannot be read out of the browser.
pub type Key = JsValue;

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: seals bytes under the key of their record, bound to their place.
    #[wasm_bindgen(catch)]
    async fn seal(key: &JsValue, group: &str, place: &str, bytes: &[u8]) -> Result<JsValue, JsValue>;

    /// Opens them. Fails when they were changed, or were put elsewhere.
    #[wasm_bindgen(catch)]
    async fn open(key: &JsValue, group: &str, place: &str, bytes: &[u8]) -> Result<JsValue, JsValue>;
}

/// Where in a store something lies.
pub struct Place<'a> {
    /// The database's name.
    pub store: &'a str,
    pub table: Table,
    pub key: &'a str,
}

impl Place<'_> {
    fn group(&self) -> &str {
        sealed_file::group(self.table.name(), self.key)
    }

    fn words(&self) -> String {
        sealed_file::place(self.store, self.table.name(), self.key)
    }

    /// # Errors
    ///
    /// When the browser's cryptography fails.
    pub async fn seal(&self, key: &Key, bytes: &[u8]) -> Result<Vec<u8>, LocalError> {
        let sealed = seal(key, self.group(), &self.words(), bytes).await;
        Ok(super::database::bytes_of(&sealed.map_err(super::database::failed)?))
    }

    /// What lies here, as it was before it was sealed; as it is where an earlier version kept it in the clear, and where it
    /// does not open.
    pub async fn open(&self, key: &Key, bytes: Vec<u8>) -> Vec<u8> {
        if bytes.first() != Some(&SUITE) {
            return bytes;
        }
        match open(key, self.group(), &self.words(), &bytes).await {
            Ok(opened) => super::database::bytes_of(&opened),
            Err(_) => bytes,
        }
    }
}
