//! Uploads on their way to being attachments: one act on each at a time, and none left half done.
//!
//! What works on an upload runs on a task of its own: a line that breaks drops the request, and must
//! not leave the last part here and the whole never put together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use domain::{
    envelope::Hash,
    id::{AccountId, RecordId},
    problem::Code,
};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::{
    App,
    blobs::{self, part_name},
    content,
    error::Error,
    store::{self, changes::Thing, uploads::Upload},
};

/// Largest part, in bytes.
pub const PART_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What is begun and not finished is forgotten after this long, in milliseconds: 30 days.
pub const STALE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

type Lock = tokio::sync::Mutex<()>;

/// Whose turn it is at each upload.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<RecordId, Weak<Lock>>>>);

impl Turns {
    /// Waits until nobody else works on this upload; others wait until the answer is dropped.
    pub async fn wait(&self, id: RecordId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, it| it.strong_count() > 0);
            let lock = locks.get(&id).and_then(Weak::upgrade).unwrap_or_default();
            locks.insert(id, Arc::downgrade(&lock));
            lock
        };
        lock.lock_owned().await
    }
}

/// Does `work` to its end, even when whoever asked for it has gone.
///
/// # Errors
///
/// Those of the work; `internal` when it breaks down.
pub async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await.map_err(|_| Error::from(Code::Internal))?
}

/// Begins an upload, or finds the one that was begun.
///
/// # Errors
///
/// `conflict` when it was begun with other bytes or by another account.
pub async fn begin(app: &App, upload: &Upload) -> Result<Upload, Error> {
    let mut db = app.db.write().await?;
    store::uploads::add(&mut db, upload).await?;
    let found = store::uploads::get(&mut db, upload.id).await?.ok_or(Code::NotFound)?;
    if !found.done {
        store::blob_keys::make(&mut db, Hash(found.sha256)).await?;
    }
    db.commit().await?;
    if (found.account, found.sha256, found.length) != (upload.account, upload.sha256, upload.length) {
        return Err(Code::Conflict.into());
    }
    Ok(found)
}

/// Takes all bytes of an attachment that came at once; they are durable then. Safe to repeat.
///
/// # Errors
///
/// `conflict` when other bytes, or another account's, are here under its id; `busy` when it is being sent twice at this moment;
/// `disk_full`.
pub async fn take_whole(
    app: &App,
    account: AccountId,
    id: RecordId,
    bytes: axum::body::Bytes,
) -> Result<(), Error> {
    let (length, sha256) = (bytes.len() as u64, Hash::of(&bytes).0);
    begin(app, &Upload { id, account, length, sha256, reached: 0, done: false, created_at: app.now() })
        .await?;
    let mut reached = finish(app, id).await?;
    while reached < length {
        let from = usize::try_from(reached).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.slice(from..bytes.len().min(from + PART_BYTES_MAX));
        reached = match take_part(app, id, reached, part).await {
            Err(cause) if cause.code() == Code::WrongOffset => return Err(Code::Busy.into()),
            other => other?,
        };
    }
    Ok(())
}

/// Takes a part that begins at `starts`; answers how many bytes are durable then.
///
/// # Errors
///
/// `wrong_offset`, `too_large`, `wrong_checksum` of the whole, `disk_full`.
pub async fn take_part(app: &App, id: RecordId, starts: u64, bytes: axum::body::Bytes) -> Result<u64, Error> {
    let turn = app.turns.wait(id).await;
    let upload = get(app, id).await?;
    if upload.done || starts != upload.reached {
        return Err(Code::WrongOffset.into());
    }
    let ends = starts + bytes.len() as u64;
    if ends > upload.length {
        return Err(Error::too_large(usize::try_from(upload.length).unwrap_or(usize::MAX)));
    }
    // A part without bytes changes nothing, and must not stand in the place of the next.
    if !bytes.is_empty() {
        app.check_room()?;
        let name = part_name(starts, app.new_public_id());
        let key = blobs::key_of(app, Hash(upload.sha256)).await?;
        app.blobs.keep_part(&key, id, &name, bytes).await?;
        let mut db = app.db.write().await?;
        if !store::uploads::reach(&mut db, id, starts, ends, &name).await? {
            drop(db);
            // Another server took a part here meanwhile: that one counts.
            note_left(id, app.blobs.forget_parts(id, &[name]).await);
            return Err(Code::WrongOffset.into());
        }
        db.commit().await?;
    }
    drop(turn);
    if ends == upload.length { finish(app, id).await } else { Ok(ends) }
}

/// Finishes an upload whose last part is here, if it is not done; answers how many bytes of it are here.
///
/// A whole that does not have its hash is to come again from its beginning.
///
/// # Errors
///
/// `not_found`, `wrong_checksum` of the whole, `disk_full`.
pub async fn finish(app: &App, id: RecordId) -> Result<u64, Error> {
    let _turn = app.turns.wait(id).await;
    let upload = get(app, id).await?;
    if upload.done || upload.reached < upload.length {
        return Ok(upload.reached);
    }
    let parts = store::uploads::parts(&mut app.db.read().await?, id).await?;
    let hash = Hash(upload.sha256);
    let key = blobs::key_of(app, hash).await?;
    let content = match app.blobs.assemble(&key, id, &parts, hash).await? {
        Some(()) => Some(content::look_at(app, hash, upload.length).await?),
        None => None,
    };
    let now = app.now();
    let mut db = app.db.write().await?;
    // Another server may have finished it meanwhile, or begun it anew.
    let upload = store::uploads::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    if upload.done || store::uploads::parts(&mut db, id).await? != parts {
        return Ok(upload.reached);
    }
    let Some(content) = content else {
        store::uploads::start_again(&mut db, id).await?;
        db.commit().await?;
        note_left(id, app.blobs.forget_parts(id, &parts).await);
        return Err(Code::WrongChecksum.into());
    };
    store::uploads::done(&mut db, id, content, now).await?;
    store::attachments::stored(&mut db, &upload, now).await?;
    store::erasures::came(&mut db, id).await?;
    store::meta::came_late(&mut db, id).await?;
    if let Some(attachment) = store::attachments::get(&mut db, id, None, None).await?.filter(|it| it.stored) {
        store::visits::settle(&mut db, &[attachment.visit], now).await?;
        let (unit, author) = (Some(attachment.unit), Some(attachment.author));
        store::changes::note(&mut db, Thing::Visit, attachment.visit.0, unit, author).await?;
    }
    db.commit().await?;
    note_left(id, app.blobs.forget_upload(id).await);
    Ok(upload.length)
}

/// Finishes what a stop of the server or a full disk left with all its parts here and not done.
///
/// # Errors
///
/// The database's; an upload that cannot be finished is logged and does not hold up the others.
pub async fn finish_all(app: &App) -> Result<(), Error> {
    for id in store::uploads::unfinished(&mut app.db.read().await?).await? {
        if let Err(cause) = finish(app, id).await {
            tracing::error!(%cause, upload = %id, "an upload could not be finished");
        }
    }
    Ok(())
}

/// Looks at what was finished by a version that did not; what cannot be read is logged, and looked at when it is asked for.
pub async fn look_at_all(app: App) {
    if let Err(cause) = look_at_each(&app).await {
        tracing::error!(%cause, "not every attachment was looked at");
    }
}

async fn look_at_each(app: &App) -> Result<(), Error> {
    let mut after = RecordId(Uuid::nil());
    loop {
        let some = store::uploads::not_looked_at(&mut app.db.read().await?, after).await?;
        let Some((last, _, _)) = some.last() else { return Ok(()) };
        after = *last;
        for (id, hash, length) in some {
            match content::look_at(app, hash, length).await {
                Ok(content) => {
                    let mut db = app.db.write().await?;
                    store::uploads::looked_at(&mut db, id, content).await?;
                    db.commit().await?;
                }
                Err(cause) => tracing::error!(%cause, upload = %id, "an attachment could not be looked at"),
            }
        }
    }
}

/// Ends an upload that is not done.
///
/// # Errors
///
/// The database's or the disk's.
pub async fn remove(app: &App, id: RecordId) -> Result<(), Error> {
    let _turn = app.turns.wait(id).await;
    let mut db = app.db.write().await?;
    let Some(upload) = store::uploads::get(&mut db, id).await? else { return Ok(()) };
    let removed = store::uploads::remove(&mut db, id).await?;
    store::blob_keys::destroy_unused(&mut db, Hash(upload.sha256)).await?;
    db.commit().await?;
    if removed {
        note_left(id, app.blobs.forget_upload(id).await);
    }
    Ok(())
}

/// Forgets uploads that were never finished; the phone that still has the bytes begins anew.
///
/// # Errors
///
/// The database's; what cannot be forgotten is logged.
pub async fn forget_stale(app: &App) -> Result<(), Error> {
    let stale = store::uploads::stale(&mut app.db.read().await?, app.now() - STALE_MS).await?;
    for id in stale {
        if let Err(cause) = remove(app, id).await {
            tracing::error!(%cause, upload = %id, "a stale upload could not be forgotten");
        }
    }
    Ok(())
}

async fn get(app: &App, id: RecordId) -> Result<Upload, Error> {
    let found = store::uploads::get(&mut app.db.read().await?, id).await?;
    Ok(found.ok_or(Code::NotFound)?)
}

/// Parts that nothing speaks of and that cannot be removed cost room, nothing else.
fn note_left(id: RecordId, removed: Result<(), Error>) {
    if let Err(cause) = removed {
        tracing::warn!(%cause, upload = %id, "parts of an upload could not be removed");
    }
}
