//! Voices and photos in the phone's store: in slices as they come, whole when they are done.

use std::cell::Cell;

use domain::{
    attachment::{Attachment, AttachmentKind, Gap},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
    outbox::is_due_again,
    problem::Code,
    recording::SLICE_MS,
    text::MissingField,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    clock, ids,
    local::{self, Database, LocalError, Table, Write},
    phone::{Phone, left},
};

/// What was taken out of a draft can be had back this long, in milliseconds: 7 days.
const KEEP_DROPPED_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How often to look whether what is being finished is done, in milliseconds.
const SETTLING_MS: i32 = 50;
/// How often at most: half a minute, which a slow phone takes for a large photo.
const SETTLING_TIMES_MAX: u32 = 600;

thread_local! {
    static UNFINISHED_N: Cell<u32> = const { Cell::new(0) };
}

/// A recording or photo of this window that is not part of its draft yet, for as long as this lives.
pub struct Unfinished(());

impl Unfinished {
    pub fn begin() -> Self {
        UNFINISHED_N.set(UNFINISHED_N.get() + 1);
        Self(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED_N.set(UNFINISHED_N.get() - 1);
    }
}

/// Waits until every recording and photo of this window is part of its draft; what takes too long is found
/// later, as after a kill.
pub async fn settled() {
    for _ in 0..SETTLING_TIMES_MAX {
        if UNFINISHED_N.get() == 0 {
            return;
        }
        local::wait(SETTLING_MS).await;
    }
}

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
#[serde(tag = "state", rename_all = "snake_case", try_from = "StateFields")]
pub enum MediaState {
    /// Slices are still coming.
    Recording,
    /// Whole, in a draft.
    Kept,
    /// Its record was frozen; the bytes are to be sent.
    Owed,
    /// Its record is stored on the server, and with it the bytes.
    Stored { at: i64 },
    /// Not taken by the server for this reason, or not whole on this phone any more; it blocks nothing
    /// and is offered again seldom.
    Aside {
        #[serde(default)]
        why: Option<Code>,
        at: i64,
    },
    /// Taken out of its draft.
    Dropped { at: i64 },
}

/// A [`MediaState`] as it is read; see `ChangeFields` for why.
#[derive(Deserialize)]
struct StateFields {
    state: String,
    why: Option<Code>,
    at: Option<i64>,
}

impl TryFrom<StateFields> for MediaState {
    type Error = MissingField;

    fn try_from(fields: StateFields) -> Result<Self, MissingField> {
        let at = fields.at.ok_or(MissingField);
        Ok(match fields.state.as_str() {
            "recording" => Self::Recording,
            "kept" => Self::Kept,
            "owed" => Self::Owed,
            "stored" => Self::Stored { at: at? },
            "aside" => Self::Aside { why: fields.why, at: at? },
            "dropped" => Self::Dropped { at: at? },
            _ => return Err(MissingField),
        })
    }
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

    /// What keeps it.
    pub fn write(&self) -> Write {
        Write::json(Table::Media, self.id, self)
    }

    /// The same in another state, to be kept.
    pub fn in_state(&self, state: MediaState) -> Write {
        Self { state, ..self.clone() }.write()
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

/// Makes a finished recording or photo part of its draft, wherever that is by now.
///
/// # Errors
///
/// When it cannot be read or kept.
pub async fn finish(
    phone: Phone,
    mut item: MediaItem,
    duration_ms: Option<u64>,
    gaps: Vec<Gap>,
) -> Result<(), LocalError> {
    item.whole = whole(&phone.database()?, item.id).await?;
    item.state = MediaState::Kept;
    let Some(attachment) = item.attachment(duration_ms, gaps) else { return Ok(()) };
    left::change(phone, item.visit, vec![item.write()], |draft| {
        draft.attach(item.id, attachment, clock::now());
    })
    .await
}

/// The bytes of a voice or photo; empty when they are not on this phone any more.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn bytes(phone: Phone, id: RecordId) -> Result<Vec<u8>, LocalError> {
    bytes_in(&phone.database()?, id).await
}

/// The same, from a store that may not be that of who is signed in any more.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn bytes_in(database: &Database, id: RecordId) -> Result<Vec<u8>, LocalError> {
    let slices = database.all(Table::Slice, &format!("{id}/")).await?;
    Ok(slices.into_iter().flat_map(|(_, bytes)| bytes).collect())
}

/// What brings items into a state.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn marked_in(
    database: &Database,
    ids: &[RecordId],
    state: MediaState,
) -> Result<Vec<Write>, LocalError> {
    let items = items(database).await?;
    Ok(items.into_iter().filter(|it| ids.contains(&it.id)).map(|it| it.in_state(state)).collect())
}

/// Takes items out of their draft, or in again, together with what `change` does to the draft.
pub fn mark_in_draft(
    phone: Phone,
    visit: RecordId,
    ids: Vec<RecordId>,
    state: MediaState,
    change: impl FnOnce(&mut Draft) + 'static,
) {
    leptos::task::spawn_local(async move {
        let changed = async {
            let besides = marked_in(&phone.database()?, &ids, state).await?;
            left::change(phone, visit, besides, change).await
        };
        phone.say(changed.await);
    });
}

/// What a freezing draft owes: every voice and photo in it that is not stored, also one that a kill cut off.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn freeze(database: &Database, draft: &mut Draft) -> Result<Vec<Write>, LocalError> {
    recover(database, draft).await?;
    let mut writes = Vec::new();
    for mut item in items(database).await? {
        let attached = draft.attachments.iter().find(|it| it.id == item.id);
        let kept =
            matches!(item.state, MediaState::Recording | MediaState::Kept | MediaState::Dropped { .. });
        if let Some(attached) = attached.filter(|_| kept) {
            item.whole = Some(Whole { bytes_n: attached.value.bytes_n, sha256: attached.value.sha256 });
            writes.push(item.in_state(MediaState::Owed));
        }
    }
    Ok(writes)
}

/// What the server does not have: photos, which are small, before voices; and how many items there are
/// that cannot be read.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn owed(database: &Database) -> Result<(Vec<MediaItem>, usize), LocalError> {
    let (mut owed, lost_n) = super::read_all::<MediaItem>(database, Table::Media, "").await?;
    owed.retain(|it| matches!(it.state, MediaState::Owed | MediaState::Aside { .. }));
    owed.sort_by_key(|it| (it.kind == AttachmentKind::Voice, it.taken_at));
    Ok((owed, lost_n))
}

impl MediaItem {
    /// Whether its bytes are to be sent at `now`.
    pub fn is_due(&self, now: i64) -> bool {
        match self.state {
            MediaState::Owed => true,
            MediaState::Aside { at, .. } => is_due_again(at, now),
            MediaState::Recording
            | MediaState::Kept
            | MediaState::Stored { .. }
            | MediaState::Dropped { .. } => false,
        }
    }
}

/// What offers again all that the server once had or did not take.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn all_again(database: &Database) -> Result<Vec<Write>, LocalError> {
    let items = items(database).await?;
    let again = |it: &&MediaItem| matches!(it.state, MediaState::Stored { .. } | MediaState::Aside { .. });
    Ok(items.iter().filter(again).map(|it| it.in_state(MediaState::Owed)).collect())
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
        MediaState::Recording | MediaState::Kept | MediaState::Owed | MediaState::Aside { .. } => false,
    });
    let writes: Vec<Write> = gone.flat_map(|it| forget(it.id)).collect();
    phone.keep(&writes).await
}

/// Hangs what a kill cut off on its draft; answers what is to be kept with the draft. Call it under the
/// draft's lock: another window may be recording right now.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn recover(database: &Database, draft: &mut Draft) -> Result<Vec<Write>, LocalError> {
    settled().await;
    let mut writes = Vec::new();
    for mut item in items(database).await? {
        if item.visit != draft.id() || item.state != MediaState::Recording {
            continue;
        }
        let slices_n = database.all(Table::Slice, &format!("{}/", item.id)).await?.len();
        item.whole = whole(database, item.id).await?;
        item.state = MediaState::Kept;
        let voice = item.kind == AttachmentKind::Voice;
        let duration_ms = voice.then_some(slices_n as u64 * u64::from(SLICE_MS));
        if let Some(attachment) = item.attachment(duration_ms, Vec::new()) {
            draft.attach(item.id, attachment, clock::now());
            writes.push(item.write());
        } else {
            writes.extend(forget(item.id));
        }
    }
    Ok(writes)
}

/// Hangs what a kill cut off on the drafts that nobody has open, so that the lists show it.
pub async fn recover_all(phone: Phone) {
    let Ok(database) = phone.database() else { return };
    let Ok(items) = items(&database).await else { return };
    let mut visits: Vec<RecordId> =
        items.iter().filter(|it| it.state == MediaState::Recording).map(|it| it.visit).collect();
    visits.dedup();
    for visit in visits {
        let Some(lock) = local::try_lock(&format!("draft-{visit}")).await else { continue };
        if let Ok(Some(mut draft)) = super::visits::draft(phone, visit).await
            && let Ok(mut writes) = recover(&database, &mut draft).await
            && !writes.is_empty()
        {
            draft.changed_at = clock::now();
            writes.push(Write::json(Table::Draft, super::visits::key(visit), &draft));
            phone.say(phone.keep_in(&database, &writes).await);
        }
        drop(lock);
    }
    phone.read_all().await;
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
    Ok(super::read_all(database, Table::Media, "").await?.0)
}
