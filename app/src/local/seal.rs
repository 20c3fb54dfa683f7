//! What a person's store rests under: the key that the PIN opens, and the browser's own AES.

use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{LocalError, Table};

/// The first byte of what is sealed. Nothing that an earlier version kept in the clear begins so: JSON does not, nor an
/// envelope, nor any of the recordings and photos that a browser makes.
pub const SUITE: u8 = 1;

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
    /// What has a key of its own: the record that `key` names, or else the table.
    fn group(&self) -> &str {
        const ID_CHARS: usize = 36;
        self.key.split('/').find(|it| it.len() == ID_CHARS).unwrap_or(self.table.name())
    }

    fn words(&self) -> String {
        [self.store, self.table.name(), self.key].join("/")
    }

    /// # Errors
    ///
    /// When the browser's cryptography fails.
    pub async fn seal(&self, key: &Key, bytes: &[u8]) -> Result<Vec<u8>, LocalError> {
        let sealed = seal(key, self.group(), &self.words(), bytes).await;
        Ok(super::database::bytes_of(&sealed.map_err(super::database::failed)?))
    }

    /// What lies here, as it was before it was sealed; what an earlier version kept in the clear as it is.
    ///
    /// # Errors
    ///
    /// [`LocalError::Damaged`].
    pub async fn open(&self, key: &Key, bytes: Vec<u8>) -> Result<Vec<u8>, LocalError> {
        if bytes.first() != Some(&SUITE) {
            return Ok(bytes);
        }
        let opened = open(key, self.group(), &self.words(), &bytes).await;
        Ok(super::database::bytes_of(opened.map_err(|_| LocalError::Damaged)?.unchecked_ref()))
    }
}
