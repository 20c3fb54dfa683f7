//! Questionnaires that are published: pulled with all else, so that they can be filled in without a network.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    local::{LocalError, Table, Write},
    phone::{Held, Phone},
};

/// Keys of what was published: of the list as the server told it, and behind it of each version by its hash.
pub const LIST: &str = "forms/";

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/form.js`: what has changed, as keys each followed by its text, or by nothing where it is not needed any more.
    #[wasm_bindgen(catch, js_name = pullForms)]
    async fn pull_forms(account: &str, list: &str, here: &str, begun: &str) -> Result<JsValue, JsValue>;
}

/// Takes in what is published. A version is let go of once it is not open any more and no draft was begun with it.
///
/// # Errors
///
/// When the store cannot be read or written. Without an answer from the server all stays as it is until the next pull.
pub async fn pull(phone: Phone, held: &Held) -> Result<(), LocalError> {
    let here = held.database.all(Table::Pulled, LIST).await?;
    let list = here.first().map(|(_, it)| String::from_utf8_lossy(it)).unwrap_or_default();
    let keys: Vec<&str> = here.iter().map(|(key, _)| &**key).collect();
    let begun: Vec<String> = phone
        .drafts
        .with_untracked(|it| it.iter().flat_map(|it| &it.forms).map(|it| it.version.clone()).collect());
    let account = phone.account().ok_or(LocalError::Nobody)?.id.to_string();
    let Ok(told) = pull_forms(&account, &list, &keys.join(" "), &begun.join(" ")).await else {
        return Ok(());
    };
    held.check()?;
    let told: Vec<JsValue> = told.unchecked_into::<Array>().to_vec();
    let write = |it: &[JsValue]| {
        let (table, key) = (Table::Pulled, it[0].as_string().unwrap_or_default());
        match it[1].as_string() {
            Some(text) => Write::Put { table, key, bytes: text.into() },
            None => Write::Delete { table, key },
        }
    };
    held.keep(&told.chunks_exact(2).map(write).collect::<Vec<_>>()).await
}
