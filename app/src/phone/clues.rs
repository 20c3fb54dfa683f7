//! What is sealed to the discipline group: out of a draft, and on to the server. Nothing of it opens on this phone again.

use domain::{
    clue::{ClueKey, ClueReceipt, PartsHere, receipt_bytes, receipt_code, slip},
    draft::Draft,
    envelope::Hash,
    id::{AccountId, ClueId, RecordId},
    outbox::{Check, KEEP_STORED_MS},
    session::Account,
};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    api::{self, ApiError},
    clock, ids,
    local::{self, Database, LocalError, Table, Write},
    phone::{
        Held, Phone, media,
        open_draft::{Kept, OpenDraft},
        sync::{self, Stop},
        trust,
    },
};

/// Keys of what the server does not have, followed by the clue's id and what the receipt is over; of its parts, by the id and
/// their number.
pub const OWED: &str = "c/";
/// Keys of what it has, followed by when it was told so, for as long as the server may yet be put back to an earlier state.
const SENT: &str = "d/";
/// A write under way is waited for in steps of this length, in milliseconds.
const WRITING_MS: i32 = 20;

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: the list of recipients and parts, its name, and the parts.
    #[wasm_bindgen(catch, js_name = sealClue)]
    async fn seal_clue(id: &str, visit: &str, keys: &str, pieces: Array) -> Result<JsValue, JsValue>;

    /// In `public/first.js`: shows a slip as QR codes in the element `slip-codes`.
    #[wasm_bindgen(js_name = showCodes)]
    pub fn show_codes(slip: Uint8Array, words: &str);
}

/// What the worker makes the content of.
#[derive(Serialize)]
struct Visit<'a> {
    draft: &'a Draft,
    statement: RecordId,
    account: &'a Account,
    left_out: &'a [AccountId],
    receipt: &'a str,
}

/// A statement that was sealed and is not out of its draft yet.
pub struct SealedStatement {
    statement: RecordId,
    id: ClueId,
    /// JSON of [`domain::clue::Sealed`], and what names it.
    sealed: String,
    name: String,
    parts: Vec<Vec<u8>>,
    /// The code that the visitor keeps.
    pub receipt: String,
}

/// Seals a statement with its voices and photos to `keys`; nothing is changed by it.
///
/// # Errors
///
/// When it could not be sealed.
pub async fn seal(
    phone: Phone,
    open: OpenDraft,
    statement: RecordId,
    keys: &[ClueKey],
    left_out: &[AccountId],
) -> Result<SealedStatement, LocalError> {
    let (database, draft) = (phone.database()?, open.draft.get_untracked());
    let account = phone.account().ok_or(LocalError::Nobody)?;
    let pieces = Array::new();
    for attachment in draft.attachments_of(statement) {
        pieces.push(&Uint8Array::from(&*media::bytes_in(&database, attachment.id).await?));
    }
    let (id, receipt) = (ClueId(ids::new_public_id()), receipt_code(ids::random()));
    let visit =
        api::json(&Visit { draft: &draft, statement, account: &account, left_out, receipt: &receipt });
    let to: Vec<&str> = keys
        .iter()
        .filter(|it| it.account.is_none_or(|it| !left_out.contains(&it)))
        .map(|it| &*it.public)
        .collect();
    let sealed = seal_clue(&id.to_string(), &visit, &to.join(" "), pieces).await;
    let sealed: Array = sealed.map_err(|_| LocalError::Failed("seal".to_owned()))?.unchecked_into();
    let text = |at| sealed.get(at).as_string().unwrap_or_default();
    let parts = sealed.iter().skip(2).map(|it| it.unchecked_into::<Uint8Array>().to_vec()).collect();
    Ok(SealedStatement { statement, id, sealed: text(0), name: text(1), parts, receipt })
}

impl SealedStatement {
    /// The file that a messenger carries.
    pub fn slip(&self) -> Vec<u8> {
        slip(self.id, &self.sealed, &self.parts)
    }

    /// What is to be sent.
    pub fn to_send(&self) -> Vec<Write> {
        let id = self.id;
        let key = format!("{OWED}{id}/{}", self.name);
        let row = Write::Put { table: Table::Outbox, key, bytes: self.sealed.clone().into() };
        let part = |(n, bytes): (usize, &Vec<u8>)| Write::Put {
            table: Table::Envelope,
            key: format!("{OWED}{id}/{n}"),
            bytes: bytes.clone(),
        };
        std::iter::once(row).chain(self.parts.iter().enumerate().map(part)).collect()
    }

    /// Takes the statement out of its draft, with its voices and photos, in the write that keeps `writes`.
    ///
    /// # Errors
    ///
    /// When it was not kept; it is tried again by itself, and on disk the draft is as it was.
    pub async fn take_out(
        &self,
        phone: Phone,
        open: OpenDraft,
        mut writes: Vec<Write>,
    ) -> Result<(), LocalError> {
        let draft = open.draft.get_untracked();
        writes.extend(draft.attachments_of(self.statement).flat_map(|it| media::forget(it.id)));
        open.edit_with(|it| drop(it.remove_statement(self.statement)), writes);
        loop {
            open.keep().await?;
            if matches!(open.kept.get_untracked(), Kept::At(_)) {
                break;
            }
            // A write that was under way has taken it along, or takes it next.
            local::wait(WRITING_MS).await;
        }
        phone.read_all().await;
        sync::wake(phone);
        Ok(())
    }
}

/// Sends what waits, and forgets what the server has had for long enough.
///
/// # Errors
///
/// Why it stopped. What the server refuses stays here and holds up nothing.
pub async fn send(held: &Held) -> Result<(), Stop> {
    for (key, _) in held.database.all(Table::Outbox, SENT).await? {
        let mut names = key.split('/').skip(1);
        let told_at: i64 = names.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        if told_at + KEEP_STORED_MS < clock::now() {
            let prefix = [OWED, names.next().unwrap_or_default(), "/"].concat();
            let parts = Write::DeleteAll { table: Table::Envelope, prefix };
            held.keep(&[Write::Delete { table: Table::Outbox, key }, parts]).await?;
        }
    }
    for (key, row) in held.database.all(Table::Outbox, OWED).await? {
        match send_one(held, &key, row).await {
            // Who is signed out sends it once signed in; voices and photos may go before.
            Err(Stop::Api(ApiError::Problem(_))) => {}
            sent => sent?,
        }
    }
    Ok(())
}

async fn send_one(held: &Held, key: &str, row: Vec<u8>) -> Result<(), Stop> {
    let named = key.strip_prefix(OWED).and_then(|it| it.split_once('/'));
    let named = named.and_then(|(id, hash)| Some((ClueId(id.parse().ok()?), hash.parse::<Hash>().ok()?)));
    let Some((id, hash)) = named else { return Ok(()) };
    let path = format!("/api/v1/clues/{id}");
    let parts = [&*path, "/parts"].concat();
    let here: PartsHere = api::get(&parts).await?;
    for (name, bytes) in held.database.all(Table::Envelope, &format!("{OWED}{id}/")).await? {
        let n = name.rsplit('/').next().unwrap_or_default();
        if !here.parts.iter().any(|it| it.to_string() == n) {
            held.check()?;
            let kind = [("content-type", "application/octet-stream")];
            let body = Uint8Array::from(&*bytes).into();
            api::send("PUT", &[&*parts, "?n=", n].concat(), &kind, Some(body)).await?;
        }
    }
    let body = String::from_utf8(row.clone()).unwrap_or_default();
    let receipt: ClueReceipt = api::post_text(&path, body, None).await?;
    held.check()?;
    if trust::check(held, &receipt_bytes(id, hash), Some(&receipt.signature)).await? == Check::Wrong {
        return Err(Stop::Unsigned);
    }
    let sent = format!("{SENT}{:013}/{id}/{hash}", clock::now());
    let gone = Write::Delete { table: Table::Outbox, key: key.to_owned() };
    Ok(held.keep(&[gone, Write::Put { table: Table::Outbox, key: sent, bytes: row }]).await?)
}

/// Offers all again, to a server that was put back to an earlier state.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn all_again(database: &Database) -> Result<Vec<Write>, LocalError> {
    let mut writes = Vec::new();
    for (key, bytes) in database.all(Table::Outbox, SENT).await? {
        if let Some((_, named)) = key.strip_prefix(SENT).and_then(|it| it.split_once('/')) {
            writes.push(Write::Put { table: Table::Outbox, key: [OWED, named].concat(), bytes });
        }
        writes.push(Write::Delete { table: Table::Outbox, key });
    }
    Ok(writes)
}
