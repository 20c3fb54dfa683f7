//! Drafts and sent visits in the phone's store: deleting with an undo, sweeping what has had its time.

use domain::{draft::Draft, id::RecordId};
use uuid::Uuid;

use crate::{
    clock,
    local::{self, LocalError, Table, Write},
    phone::{Phone, left, media},
    prelude::*,
};

/// Keys of drafts that are under way.
pub const LIVE: &str = "d/";
/// Keys of drafts that were deleted, followed by when.
const DELETED: &str = "x/";
/// A deleted draft can be had back this long, in milliseconds: 7 days.
const KEEP_DELETED_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The key of a draft.
pub fn key(visit: RecordId) -> String {
    format!("{LIVE}{visit}")
}

/// A draft that was deleted, and the way back.
#[derive(Clone, Debug, PartialEq)]
pub struct Deleted {
    draft: Draft,
    key: String,
}

impl Deleted {
    /// What it was.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// What puts it back.
    pub fn undo(&self) -> [Write; 2] {
        [
            Write::json(Table::Draft, key(self.draft.id()), &self.draft),
            Write::Delete { table: Table::Draft, key: self.key.clone() },
        ]
    }
}

/// Takes a draft off the lists. Its voices and photos stay until it is swept.
///
/// # Errors
///
/// When the store cannot be written; then the draft stays.
pub async fn delete(phone: Phone, draft: Draft) -> Result<Deleted, LocalError> {
    // Left a moment ago, it may be further than the list shows.
    let left = left::take(draft.id());
    let lock = match &left {
        Some(_) => None,
        None => local::lock_soon(&format!("draft-{}", draft.id())).await,
    };
    if left.is_none() && lock.is_none() {
        return Err(LocalError::Blocked);
    }
    let draft = left.map_or(draft, |it| it.draft);
    let deleted = Deleted { key: format!("{DELETED}{:013}/{}", clock::now(), draft.id()), draft };
    let writes = [
        Write::json(Table::Draft, &deleted.key, &deleted.draft),
        Write::Delete { table: Table::Draft, key: key(deleted.draft.id()) },
    ];
    phone.keep(&writes).await?;
    phone.read_all().await;
    Ok(deleted)
}

/// The drafts that can still be had back, deleted last first.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn deleted(phone: Phone) -> Result<Vec<Deleted>, LocalError> {
    let all = phone.database()?.all(Table::Draft, DELETED).await?;
    let all = all.into_iter().rev();
    Ok(all.filter_map(|(key, bytes)| Some(Deleted { draft: crate::json::read(&bytes).ok()?, key })).collect())
}

/// A visit that was sent, by its id.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn sent(phone: Phone, visit: RecordId) -> Result<Option<Draft>, LocalError> {
    let bytes = phone.database()?.get(Table::Sent, &visit.to_string()).await?;
    Ok(bytes.and_then(|it| crate::json::read(&it).ok()))
}

/// A draft by its id.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn draft(phone: Phone, visit: RecordId) -> Result<Option<Draft>, LocalError> {
    let bytes = phone.database()?.get(Table::Draft, &key(visit)).await?;
    Ok(bytes.and_then(|it| crate::json::read(&it).ok()))
}

/// Drops what has had its time: drafts, voices and photos that were deleted a week ago. A failure is tried
/// again at the next start. What was sent goes by the server's word alone; see [`super::sync`].
pub async fn sweep(phone: Phone) {
    let _ = sweep_deleted(phone).await;
    let _ = media::sweep(phone).await;
}

async fn sweep_deleted(phone: Phone) -> Result<(), LocalError> {
    let before = format!("{DELETED}{:013}", clock::now() - KEEP_DELETED_MS);
    let mut writes = Vec::new();
    for (key, bytes) in phone.database()?.all(Table::Draft, DELETED).await? {
        if key >= before {
            continue;
        }
        if let Ok(draft) = crate::json::read::<Draft>(&bytes) {
            for attachment in draft.attachments.iter().filter(|it| it.sent.is_none()) {
                writes.extend(media::forget(attachment.id));
            }
        }
        writes.push(Write::Delete { table: Table::Draft, key });
    }
    phone.keep(&writes).await
}

/// The visit that the address names; redraws whoever asks when it changes.
pub fn named_visit() -> Option<RecordId> {
    router::part(1).get().parse::<Uuid>().ok().map(RecordId)
}
