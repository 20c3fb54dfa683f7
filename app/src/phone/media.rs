//! Voices and photos in the phone's store: in slices as they come, whole when they are done.

use std::cell::Cell;

pub use domain::media::{MediaItem, MediaState, Whole};
use domain::{
    attachment::{Attachment, AttachmentKind, Gap},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
    media::in_order,
    recording::SLICE_MS,
};
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

/// Whether something is being recorded or taken in this window.
pub fn is_under_way() -> bool {
    UNFINISHED_N.get() > 0
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

/// A voice or photo that begins now.
pub fn begin(
    visit: RecordId,
    statement: Option<RecordId>,
    kind: AttachmentKind,
    media_type: &str,
) -> MediaItem {
    MediaItem {
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

/// What keeps an item.
fn write(item: &MediaItem) -> Write {
    Write::json(Table::Media, item.id, item)
}

/// The same in another state, to be kept.
pub fn in_state(item: &MediaItem, state: MediaState) -> Write {
    write(&MediaItem { state, ..item.clone() })
}

fn attachment(item: &MediaItem, duration_ms: Option<u64>, gaps: Vec<Gap>) -> Option<Attachment> {
    let whole = item.whole?;
    Some(Attachment {
        kind: item.kind,
        media_type: item.media_type.clone(),
        bytes_n: whole.bytes_n,
        sha256: whole.sha256,
        statement: item.statement,
        duration_ms,
        gaps,
        taken_at: item.taken_at,
    })
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
    if number == 0 { phone.keep(&[write(item), slice]).await } else { phone.keep(&[slice]).await }
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
    let Some(attachment) = attachment(&item, duration_ms, gaps) else { return Ok(()) };
    left::change(phone, item.visit, vec![write(&item)], |draft| {
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
    Ok(items.into_iter().filter(|it| ids.contains(&it.id)).map(|it| in_state(&it, state)).collect())
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
    draft.leave_out_unanswered();
    let mut writes = Vec::new();
    for mut item in items(database).await? {
        let attached = draft.attachments.iter().find(|it| it.id == item.id);
        let kept =
            matches!(item.state, MediaState::Recording | MediaState::Kept | MediaState::Dropped { .. });
        if let Some(attached) = attached.filter(|_| kept) {
            item.whole = Some(Whole { bytes_n: attached.value.bytes_n, sha256: attached.value.sha256 });
            writes.push(in_state(&item, MediaState::Owed));
        } else if item.visit == draft.id() && item.state == MediaState::Kept {
            // Left out just now.
            writes.push(in_state(&item, MediaState::Dropped { at: clock::now() }));
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
    owed.retain(|it| it.state.is_owed());
    in_order(&mut owed);
    Ok((owed, lost_n))
}

/// What offers again all that the server once had or did not take.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn all_again(database: &Database) -> Result<Vec<Write>, LocalError> {
    let mut items = items(database).await?;
    items.retain(|it| it.state.again() != it.state);
    Ok(items.iter().map(|it| in_state(it, it.state.again())).collect())
}

/// What removes an item with its bytes.
pub fn forget(id: RecordId) -> [Write; 2] {
    [
        Write::Delete { table: Table::Media, key: id.to_string() },
        Write::DeleteAll { table: Table::Slice, prefix: format!("{id}/") },
    ]
}

/// Drops the bytes of what was taken out a week ago. What was sent goes with its record.
///
/// # Errors
///
/// When the store cannot be read or written.
pub async fn sweep(phone: Phone) -> Result<(), LocalError> {
    let before = clock::now() - KEEP_DROPPED_MS;
    let mut gone = items(&phone.database()?).await?;
    gone.retain(|it| matches!(it.state, MediaState::Dropped { at } if at < before));
    let writes: Vec<Write> = gone.iter().flat_map(|it| forget(it.id)).collect();
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
        if let Some(attachment) = attachment(&item, duration_ms, Vec::new()) {
            draft.attach(item.id, attachment, clock::now());
            writes.push(write(&item));
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
