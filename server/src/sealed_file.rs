//! Sealed files taken in: opened by the office's key, and set aside as what a phone sends without its person signed in.
//! See [`domain::sealed_file`].

use std::collections::BTreeMap;

use axum::body::Bytes;
use domain::{
    draft::Draft,
    envelope::Hash,
    id::{AccountId, RecordId},
    media::{MediaItem, Whole},
    problem::Code,
    sealed_file::{Row, SUITE, TakenIn, group, place, read, store as store_name, table},
    session::Account,
    sync::BATCH_ENVELOPES_MAX,
};
use hkdf::Hkdf;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use crate::{
    App,
    error::Error,
    intake::{Arrived, Taken},
    store::{self, uploads::Upload},
    uploading,
    vault::{NotOpened, Vault},
};

/// The keys of one phone's store.
struct Opener {
    /// Absent where the phone could not seal.
    phone_key: Option<[u8; 32]>,
    store: String,
}

impl Opener {
    /// A row as it was before it was sealed.
    fn open(&self, row: Row<'_>) -> Result<Vec<u8>, NotOpened> {
        let Some((&SUITE, sealed)) = row.bytes.split_first() else { return Ok(row.bytes.to_vec()) };
        let table = table::name(row.table).ok_or(NotOpened)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(NotOpened)?;
        let mut key = [0; 32];
        let phone_key = self.phone_key.as_ref().ok_or(NotOpened)?;
        let expanded =
            Hkdf::<Sha256>::new(None, phone_key).expand(group(table, row.key).as_bytes(), &mut key);
        expanded.map_err(|_| NotOpened)?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| NotOpened)?);
        let place = Aad::from(place(&self.store, table, row.key));
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = key.open_in_place(nonce, place, &mut bytes).map_err(|_| NotOpened)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// A voice or photo as far as it is in a file: what it is, and its slices in the order of their numbers.
type Media = (Option<MediaItem>, BTreeMap<u32, Vec<u8>>);

/// A file that was opened.
#[derive(Default)]
pub struct Opened {
    envelopes: Vec<Vec<u8>>,
    drafts: Vec<Draft>,
    media: BTreeMap<RecordId, Media>,
    unreadable_n: usize,
}

impl Opened {
    fn take(&mut self, row: Row<'_>, bytes: Vec<u8>) -> Option<()> {
        match row.table {
            table::ENVELOPE => self.envelopes.push(bytes),
            table::DRAFT => self.drafts.push(serde_json::from_slice(&bytes).ok()?),
            table::MEDIA => {
                let item: MediaItem = serde_json::from_slice(&bytes).ok()?;
                let id = item.id;
                self.media.entry(id).or_default().0 = Some(item);
            }
            table::SLICE => {
                let (id, number) = row.key.split_once('/')?;
                let (id, number) = (id.parse().ok()?, number.parse().ok()?);
                self.media.entry(id).or_default().1.insert(number, bytes);
            }
            // An envelope says itself what it is.
            _ => {}
        }
        Some(())
    }
}

/// Whose a file says it is.
///
/// # Errors
///
/// `malformed`.
pub fn account(file: &[u8]) -> Result<AccountId, Error> {
    Ok(read(file).map_err(|_| Error::from(Code::Malformed))?.0.account)
}

/// Opens a file. A row that does not open is counted, and holds up nothing.
///
/// # Errors
///
/// `malformed`; `invalid` of `sealed` where it was sealed to another office or is another's.
pub fn open(vault: &Vault, file: &[u8]) -> Result<Opened, Error> {
    let (header, rows) = read(file).map_err(|_| Error::from(Code::Malformed))?;
    let sealed = |it: &String| vault.office_key().open(header.account, it);
    let phone_key = header.sealed.as_ref().map(sealed).transpose().map_err(|_| Error::invalid("sealed"))?;
    let opener = Opener { phone_key, store: store_name(header.account) };
    let mut opened = Opened::default();
    for row in rows {
        let bytes = opener.open(row).ok();
        if bytes.and_then(|it| opened.take(row, it)).is_none() {
            opened.unreadable_n += 1;
        }
    }
    Ok(opened)
}

/// Takes in what was opened, for whose it is. Safe to repeat: what is here already counts once more and changes nothing.
/// Drafts are frozen as they are `with_drafts`, which their own phone may do otherwise later.
///
/// # Errors
///
/// `disk_full` or `busy`; what was counted by then is durable.
pub async fn take_in(app: &App, who: &Account, opened: Opened, with_drafts: bool) -> Result<TakenIn, Error> {
    let Opened { mut envelopes, drafts, media, unreadable_n } = opened;
    for mut draft in drafts.into_iter().filter(|it| with_drafts && !it.is_blank()) {
        if !draft.was_sent() && draft.visit.value.ended_at.is_none() {
            draft.visit.value.ended_at = Some(draft.changed_at);
        }
        let now = draft.changed_at;
        envelopes.extend(draft.freeze(now).into_iter().map(|it| it.envelope));
    }
    let mut taken_in = TakenIn { unreadable_n, ..TakenIn::default() };
    for some in envelopes.chunks(BATCH_ENVELOPES_MAX) {
        let arrived = some.iter().map(|it| Arrived::from_bytes(it.clone())).collect();
        let kept = app.batching.keep(who.clone(), true, app.now(), arrived).await?;
        for taken in kept.taken {
            match taken {
                Taken::Kept { parked, .. } => {
                    taken_in.records_n += 1;
                    taken_in.parked_n += usize::from(parked.is_some());
                }
                Taken::Refused { .. } => taken_in.unreadable_n += 1,
            }
        }
    }
    for (id, (item, slices)) in media {
        match take_media(app, who.id, id, item.and_then(|it| it.whole), slices).await {
            Ok(Some(true)) => taken_in.attachments_n += 1,
            Ok(Some(false)) => taken_in.begun_n += 1,
            Ok(None) => {}
            // Its own phone had begun to send it, in parts of other lengths: it comes again from its beginning.
            Err(cause) if cause.code() == Code::WrongChecksum => taken_in.begun_n += 1,
            Err(cause) => return Err(cause),
        }
    }
    Ok(taken_in)
}

/// Takes slices of a voice or photo, each as a part of its upload: as many parts are here, so many slices were. Answers
/// whether it is whole, or nothing of one that no record here speaks of.
async fn take_media(
    app: &App,
    account: AccountId,
    id: RecordId,
    whole: Option<Whole>,
    slices: BTreeMap<u32, Vec<u8>>,
) -> Result<Option<bool>, Error> {
    if !store::records::here(&mut app.db.read().await?, &[id]).await?.is_of(id, account) {
        return Ok(None);
    }
    if let Some(whole) = whole {
        begin(app, account, id, whole).await?;
    }
    let found = store::uploads::get(&mut app.db.read().await?, id).await?;
    let Some(upload) = found.filter(|it| it.account == account) else { return Ok(Some(false)) };
    if upload.done {
        return Ok(Some(true));
    }
    let mut reached = upload.reached;
    let here_n = store::uploads::parts(&mut app.db.read().await?, id).await?.len();
    for (number, bytes) in slices {
        let number = usize::try_from(number).map_err(|_| Code::Malformed)?;
        if number >= here_n && !bytes.is_empty() {
            let (app, bytes, starts) = (app.clone(), Bytes::from(bytes), reached);
            reached =
                uploading::to_the_end(async move { uploading::take_part(&app, id, starts, bytes).await })
                    .await?;
        }
    }
    Ok(Some(reached == upload.length))
}

async fn begin(app: &App, account: AccountId, id: RecordId, whole: Whole) -> Result<(), Error> {
    let Hash(sha256) = whole.sha256;
    let created_at = app.now();
    let upload = Upload { id, account, length: whole.bytes_n, sha256, reached: 0, done: false, created_at };
    let mut db = app.db.write().await?;
    store::uploads::add(&mut db, &upload).await?;
    Ok(db.commit().await?)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Made once by Python's cryptography from the description in `domain::sealed_file`.
    const SEALED: &str =
        "01000102030405060708090a0b65f79c79f9da51795b01994ac64e90d033a24d8a0e81eccd6849fc14316bd6";

    fn opener(key: u8) -> Opener {
        Opener { phone_key: Some([key; 32]), store: store_name(AccountId(Uuid::from_u128(7))) }
    }

    fn sealed() -> Vec<u8> {
        hex::decode(SEALED).unwrap()
    }

    #[test]
    fn what_another_program_sealed_opens() {
        let (key, bytes) = (format!("{}/000001", Uuid::from_u128(9)), sealed());
        let row = Row { table: table::SLICE, key: &key, bytes: &bytes };
        assert_eq!(opener(9).open(row).as_deref(), Ok("三年没亮过".as_bytes()));
    }

    #[test]
    fn nothing_else_opens_and_what_was_never_sealed_is_as_it_was() {
        let (key, bytes) = (format!("{}/000001", Uuid::from_u128(9)), sealed());
        let row = Row { table: table::SLICE, key: &key, bytes: &bytes };
        let elsewhere = format!("{}/000002", Uuid::from_u128(9));
        assert_eq!(opener(8).open(row), Err(NotOpened), "another phone's");
        assert_eq!(opener(9).open(Row { key: &elsewhere, ..row }), Err(NotOpened), "another place");
        assert_eq!(opener(9).open(Row { table: table::MEDIA, ..row }), Err(NotOpened), "another table");
        let cannot_seal = Opener { phone_key: None, ..opener(9) };
        assert_eq!(cannot_seal.open(row), Err(NotOpened), "no key");
        for at in 1..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(opener(9).open(Row { bytes: &changed, ..row }), Err(NotOpened), "byte {at}");
            assert_eq!(opener(9).open(Row { bytes: &bytes[..at], ..row }), Err(NotOpened), "{at} bytes");
        }
        for clear in [&b"{}"[..], b"\0envelope", b""] {
            assert_eq!(cannot_seal.open(Row { bytes: clear, ..row }).as_deref(), Ok(clear));
        }
    }
}
