//! Questionnaires that are published: pulled with all else, so that they can be filled in without a network.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    local::{LocalError, Table, Write},
    phone::{Held, Phone},
};

/// Keys of what was published: of the list as the server told it, behind it of each version by its hash, and at last of which
/// pictures, sounds and films they name. These rest under `media/` and their hash.
pub const LIST: &str = "forms/";
/// What was answered when those whom this phone's unit is to visit were visited last: the tag of what the server told, below it the
/// list.
pub const LAST: &str = "last/";

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/form.js`: what is to be kept under [`LAST`], after what is; nothing where that is as it was.
    #[wasm_bindgen(catch, js_name = pullLast)]
    async fn pull_last(account: &str, here: &str) -> Result<JsValue, JsValue>;

    /// In `public/form.js`: what is next to be kept, as keys each followed by its text or bytes, or by nothing where it is not
    /// needed any more; `first` and `last` are what rests under the first key of `here` and the last. Nothing once all is here.
    #[wasm_bindgen(catch, js_name = pullForms)]
    async fn pull_forms(
        account: &str,
        first: &str,
        last: &str,
        here: &str,
        begun: &str,
    ) -> Result<JsValue, JsValue>;
}

/// Takes in what is published, and what was answered last of whom to visit. A version is let go of once it is not open any more and no draft was begun with it.
///
/// # Errors
///
/// When the store cannot be read or written. Without an answer from the server all stays as it is until the next pull.
pub async fn pull(phone: Phone, held: &Held) -> Result<(), LocalError> {
    let begun: Vec<String> = phone
        .drafts
        .with_untracked(|it| it.iter().flat_map(|it| &it.forms).map(|it| it.version.clone()).collect());
    let account = phone.account().ok_or(LocalError::Nobody)?.id.to_string();
    let last = held.database.get(Table::Pulled, LAST).await?.unwrap_or_default();
    let told = pull_last(&account, &String::from_utf8_lossy(&last)).await;
    held.check()?;
    if let Some(told) = told.ok().and_then(|it| it.as_string()) {
        held.keep(&[Write::Put { table: Table::Pulled, key: LAST.to_owned(), bytes: told.into_bytes() }])
            .await?;
    }
    // One picture at a time: a bad line has to bring that one again, and no more.
    loop {
        let here = held.database.all(Table::Pulled, LIST).await?;
        let text = |it: Option<&(String, Vec<u8>)>| {
            it.map(|(_, it)| String::from_utf8_lossy(it).into_owned()).unwrap_or_default()
        };
        let keys: Vec<&str> = here.iter().map(|(key, _)| &**key).collect();
        let (first, last, keys) = (text(here.first()), text(here.last()), keys.join(" "));
        let Ok(told) = pull_forms(&account, &first, &last, &keys, &begun.join(" ")).await else {
            return Ok(());
        };
        held.check()?;
        let told: Vec<JsValue> = told.unchecked_into::<Array>().to_vec();
        if told.is_empty() {
            return Ok(());
        }
        let write = |it: &[JsValue]| {
            let (table, key) = (Table::Pulled, it[0].as_string().unwrap_or_default());
            if it[1].is_null() {
                return Write::Delete { table, key };
            }
            Write::Put { table, key, bytes: it[1].unchecked_ref::<Uint8Array>().to_vec() }
        };
        held.keep(&told.chunks_exact(2).map(write).collect::<Vec<_>>()).await?;
    }
}
