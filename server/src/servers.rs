//! Several servers on one database: who else is here, and what all of them must have in common.
//!
//! Nothing of a person or a record is in one process alone, so any of them answers any request. What they share
//! is the database, the place of the attachments and the key of the receipts.

use std::time::Duration;

use uuid::Uuid;

use crate::{App, blobs::Blobs, error::Error, store};

/// A server says so often that it is here.
const SAYS_EVERY: Duration = Duration::from_secs(15);
/// A server that was not heard of for so long is gone, in milliseconds.
const GONE_AFTER_MS: i64 = 60_000;

/// Why a server must not serve beside those that are here.
#[derive(Debug, thiserror::Error)]
pub enum NotTogether {
    #[error(
        "another server (seen {seconds} s ago) keeps attachments in {theirs}, this one in {ours}: several servers need \
         one bucket. If the other one has ended, start again in a minute"
    )]
    Place { theirs: String, ours: String, seconds: i64 },
    #[error(
        "another server (seen {seconds} s ago) signs receipts with another key: give this one the folder keys/ of \
         the first"
    )]
    Key { seconds: i64 },
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<sqlx::Error> for NotTogether {
    fn from(cause: sqlx::Error) -> Self {
        Self::Database(cause.into())
    }
}

/// Takes this server in among those that are here; answers the stretch of history that it serves in: theirs, or
/// one of its own when it is the first.
///
/// # Errors
///
/// [`NotTogether`]; then nothing has changed.
pub async fn join(app: &App) -> Result<Uuid, NotTogether> {
    let now = app.now();
    let (ours, key) = (place(app), app.receipt_key.public().to_string());
    let in_folder = matches!(app.blobs, Blobs::Folder(_));
    let mut db = app.db.write().await?;
    // Whoever kept attachments in this folder before is gone: the folder is locked. So is whoever was on this SQLite,
    // wherever its folder lay then.
    let gone_before = if app.db.is_shared() { now - GONE_AFTER_MS } else { i64::MAX };
    store::servers::forget(&mut db, gone_before, &ours, in_folder).await?;
    let others = store::servers::others(&mut db, app.id).await?;
    if let Some(other) = others.first() {
        let seconds = (now - other.seen_at) / 1_000;
        let theirs = other.place.clone();
        if theirs != ours {
            return Err(NotTogether::Place { theirs, ours, seconds });
        }
        if other.receipt_key != key {
            return Err(NotTogether::Key { seconds });
        }
    }
    let life = match store::lives::current(&mut db).await? {
        Some(theirs) if !others.is_empty() => theirs,
        _ => {
            let own = app.new_public_id();
            store::lives::begin(&mut db, own, now).await?;
            own
        }
    };
    store::servers::seen(&mut db, app.id, &ours, &key, now).await?;
    db.commit().await?;
    Ok(life)
}

/// Says again and again that this server is here, until the database is closed.
pub async fn stay(app: App) {
    let (place, key) = (place(&app), app.receipt_key.public().to_string());
    loop {
        tokio::time::sleep(SAYS_EVERY).await;
        match say(&app, &place, &key).await {
            Err(Error::Database(sqlx::Error::PoolClosed)) => return,
            Err(cause) => tracing::warn!(%cause, "the database does not hear that this server is here"),
            Ok(()) => {}
        }
    }
}

async fn say(app: &App, place: &str, key: &str) -> Result<(), Error> {
    let mut db = app.db.write().await?;
    store::servers::seen(&mut db, app.id, place, key, app.now()).await?;
    Ok(db.commit().await?)
}

/// This server ends: another one may start at once.
///
/// # Errors
///
/// The database's; then it is noticed within a minute.
pub async fn leave(app: &App) -> Result<(), Error> {
    let mut db = app.db.write().await?;
    store::servers::leave(&mut db, app.id).await?;
    Ok(db.commit().await?)
}

/// Where this server's attachments lie, in words that differ between any two places.
fn place(app: &App) -> String {
    match &app.blobs {
        Blobs::Bucket(bucket) => bucket.place(),
        Blobs::Folder(folder) => {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
            let machine = rustix::system::uname();
            format!("{}:{}", machine.nodename().to_string_lossy(), folder.display())
        }
    }
}
