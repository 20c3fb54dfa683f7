//! Voices and photos in the phone's store: in slices as they come, whole when they are done.

use domain::{
    attachment::{Attachment, AttachmentKind, Gap},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    clock, ids,
    local::{Database, LocalError, Table, Write, try_lock},
    phone::{Phone, open_draft::OpenDraft, visits},
};

/// What was taken out of a draft can be had back this long, in milliseconds: 7 days.
const KEEP_DROPPED_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Length of a slice when a killed recording is put together, in milliseconds: as the recorder cuts them.
const SLICE_MS: u64 = 1_000;

/// One voice or photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaItem {
    pub id: RecordId,
    pub visit: RecordId,
    pub statement: Option<RecordId>,
    pub kind: AttachmentKind,
    pub media_type: String,
    /// Device clock, milliseconds since 1970.
    pub taken_at: i64,
    pub state: MediaState,
    /// Length and hash, once it is whole.
    #[serde(default)]
    pub whole: Option<Whole>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    pub bytes_n: u64,
    pub sha256: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MediaState {
    /// Slices are still coming.
    Recording,
    /// Whole, in a draft.
    Kept,
    /// Its record was frozen; the bytes are to be sent.
    Owed,
    /// The bytes are on the server, whole.
    Stored { at: i64 },
    /// Taken out of its draft.
    Dropped { at: i64 },
}

impl MediaItem {
    /// A voice or photo that begins at `now`.
    pub fn new(visit: RecordId, statement: Option<RecordId>, kind: AttachmentKind, media_type: &str) -> Self {
        Self {
            id: RecordId(ids::new_id()),
            visit,
            statement,
            kind,
            media_type: media_type.to_owned(),
            taken_at: clock::now(),
            state: MediaState::Recording,
            whole: None,
        }
    }

    fn write(&self) -> Write {
        Write::json(Table::Media, self.id, self)
    }

    fn attachment(&self, duration_ms: Option<u64>, gaps: Vec<Gap>) -> Option<Attachment> {
        let whole = self.whole?;
        Some(Attachment {
            kind: self.kind,
            media_type: self.media_type.clone(),
            bytes_n: whole.bytes_n,
            sha256: whole.sha256,
            statement: self.statement,
            duration_ms,
            gaps,
            taken_at: self.taken_at,
        })
    }
}

/// Keeps the next slice; the first one brings the item with it.
///
/// # Errors
///
/// When there is no room; what was kept before stays.
pub async fn keep_slice(
    phone: Phone,
    item: &MediaItem,
    number: u32,
    bytes: Vec<u8>,
) -> Result<(), LocalError> {
    let slice = Write::Put { table: Table::Slice, key: format!("{}/{number:06}", item.id), bytes };
    if number == 0 { phone.keep(&[item.write(), slice]).await } else { phone.keep(&[slice]).await }
}

/// Makes a finished recording or photo part of the open draft.
///
/// # Errors
///
/// When it cannot be read or kept.
pub async fn finish(
    open: OpenDraft,
    phone: Phone,
    mut item: MediaItem,
    duration_ms: Option<u64>,
    gaps: Vec<Gap>,
) -> Result<(), LocalError> {
    item.whole = whole(&phone.database()?, item.id).await?;
    item.state = MediaState::Kept;
    let Some(attachment) = item.attachment(duration_ms, gaps) else { return Ok(()) };
    phone.keep(&[item.write()]).await?;
    open.edit(|draft| draft.attach(item.id, attachment, clock::now()));
    open.keep().await;
    Ok(())
}

/// The bytes of a voice or photo; empty when they are not on this phone any more.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn bytes(phone: Phone, id: RecordId) -> Result<Vec<u8>, LocalError> {
    let slices = phone.database()?.all(Table::Slice, &format!("{id}/")).await?;
    Ok(slices.into_iter().flat_map(|(_, bytes)| bytes).collect())
}

/// Takes an item out of its draft; it is swept a week later.
///
/// # Errors
///
/// When the store cannot be written.
pub async fn drop_item(phone: Phone, id: RecordId) -> Result<(), LocalError> {
    set_state(phone, id, MediaState::Dropped { at: clock::now() }).await
}

/// Takes it in again.
///
/// # Errors
///
/// When the store cannot be written.
pub async fn take_back(phone: Phone, id: RecordId) -> Result<(), LocalError> {
    set_state(phone, id, MediaState::Kept).await
}

/// Notes that the server has all the bytes.
///
/// # Errors
///
/// When the store cannot be written.
pub async fn stored(phone: Phone, id: RecordId) -> Result<(), LocalError> {
    set_state(phone, id, MediaState::Stored { at: clock::now() }).await
}

async fn set_state(phone: Phone, id: RecordId, state: MediaState) -> Result<(), LocalError> {
    let Some(bytes) = phone.database()?.get(Table::Media, &id.to_string()).await? else { return Ok(()) };
    let Ok(item) = crate::json::read::<MediaItem>(&bytes) else { return Err(LocalError::Damaged) };
    phone.keep(&[MediaItem { state, ..item }.write()]).await
}

/// What a freezing draft owes: its items that were not sent yet.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn freeze(phone: Phone, draft: &Draft) -> Result<Vec<Write>, LocalError> {
    let items = items(&phone.database()?).await?;
    let kept = items.into_iter().filter(|it| it.state == MediaState::Kept && it.visit == draft.id());
    Ok(kept
        .filter(|it| draft.attachments.iter().any(|attached| attached.id == it.id))
        .map(|it| MediaItem { state: MediaState::Owed, ..it }.write())
        .collect())
}

/// What is to be sent: photos, which are small, before voices.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn owed(database: &Database) -> Result<Vec<MediaItem>, LocalError> {
    let mut owed = items(database).await?;
    owed.retain(|it| it.state == MediaState::Owed);
    owed.sort_by_key(|it| (it.kind == AttachmentKind::Voice, it.taken_at));
    Ok(owed)
}

/// Offers again what the server once had.
///
/// # Errors
///
/// When the store cannot be read or written.
pub async fn offer_all_again(phone: Phone) -> Result<(), LocalError> {
    let stored = items(&phone.database()?).await?;
    let stored = stored.into_iter().filter(|it| matches!(it.state, MediaState::Stored { .. }));
    let writes: Vec<Write> = stored.map(|it| MediaItem { state: MediaState::Owed, ..it }.write()).collect();
    phone.keep(&writes).await
}

/// What removes an item with its bytes.
pub fn forget(id: RecordId) -> [Write; 2] {
    [
        Write::Delete { table: Table::Media, key: id.to_string() },
        Write::DeleteAll { table: Table::Slice, prefix: format!("{id}/") },
    ]
}

/// Drops the bytes of what was stored before `before`, and what was taken out a week ago.
///
/// # Errors
///
/// When the store cannot be read or written.
pub async fn sweep(phone: Phone, before: i64) -> Result<(), LocalError> {
    let dropped_before = clock::now() - KEEP_DROPPED_MS;
    let gone = items(&phone.database()?).await?.into_iter().filter(|it| match it.state {
        MediaState::Stored { at } => at < before,
        MediaState::Dropped { at } => at < dropped_before,
        MediaState::Recording | MediaState::Kept | MediaState::Owed => false,
    });
    let writes: Vec<Write> = gone.flat_map(|it| forget(it.id)).collect();
    phone.keep(&writes).await
}

/// Puts recordings together that a kill cut off, and hangs what is whole on its draft.
pub async fn recover(phone: Phone) {
    let Ok(database) = phone.database() else { return };
    let Ok(items) = items(&database).await else { return };
    let mut changed = false;
    for item in items {
        if matches!(item.state, MediaState::Recording | MediaState::Kept) {
            // Another window may be recording right now: it holds the draft.
            let Some(lock) = try_lock(&format!("draft-{}", item.visit)).await else { continue };
            changed |= recover_one(phone, &database, item).await.unwrap_or(false);
            drop(lock);
        }
    }
    if changed {
        phone.read_all().await;
    }
}

async fn recover_one(phone: Phone, database: &Database, mut item: MediaItem) -> Result<bool, LocalError> {
    let Some(mut draft) = visits::draft(phone, item.visit).await? else { return Ok(false) };
    if draft.attachments.iter().any(|it| it.id == item.id) {
        return Ok(false);
    }
    let slices_n = database.all(Table::Slice, &format!("{}/", item.id)).await?.len() as u64;
    if slices_n == 0 {
        phone.keep(&forget(item.id)).await?;
        return Ok(false);
    }
    let voice = item.kind == AttachmentKind::Voice;
    item.whole = whole(database, item.id).await?;
    item.state = MediaState::Kept;
    let duration_ms = voice.then_some(slices_n * SLICE_MS);
    let Some(attachment) = item.attachment(duration_ms, Vec::new()) else { return Ok(false) };
    draft.attach(item.id, attachment, clock::now());
    draft.changed_at = clock::now();
    phone.keep(&[item.write(), Write::json(Table::Draft, visits::key(draft.id()), &draft)]).await?;
    Ok(true)
}

async fn whole(database: &Database, id: RecordId) -> Result<Option<Whole>, LocalError> {
    let slices = database.all(Table::Slice, &format!("{id}/")).await?;
    let (mut bytes_n, mut hash) = (0, Sha256::new());
    for (_, slice) in slices {
        bytes_n += slice.len() as u64;
        hash.update(&slice);
    }
    Ok((bytes_n > 0).then(|| Whole { bytes_n, sha256: Hash(hash.finalize().into()) }))
}

async fn items(database: &Database) -> Result<Vec<MediaItem>, LocalError> {
    let all = database.all(Table::Media, "").await?;
    Ok(all.iter().filter_map(|(_, bytes)| crate::json::read(bytes).ok()).collect())
}
