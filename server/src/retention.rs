//! What is destroyed once its time is over: recordings first, then photos, names, words, and entries of the audit log. What they
//! were stays listed, with the day and the reason. Nothing that is not backed up goes, unless the configuration says so;
//! nothing goes at all before it has days.

use std::time::Duration;

use domain::{attachment::AttachmentKind, retention::Kind};

use crate::{
    App, auditing,
    day::{self, DAY_MS},
    error::Error,
    store::{
        self, Connection,
        envelope_keys::{self, What},
        erasures::Due,
        meta,
    },
};

/// How long what is here is kept: days from when it was here, whole; for good when `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retention {
    pub voice_days: Option<u16>,
    pub photo_days: Option<u16>,
    /// Who was visited, how to reach them and where it was exactly.
    pub names_days: Option<u16>,
    /// What was said.
    pub words_days: Option<u16>,
    /// Who stands in the directory, from when they were taken off it or their campaign ended.
    pub directory_days: Option<u16>,
    /// Entries of the audit log; never fewer than [`AUDIT_DAYS_MIN`].
    pub audit_days: Option<u16>,
    /// Also what no backup has.
    pub without_backup: bool,
}

/// Logs are kept for six months at least (网络安全法).
pub const AUDIT_DAYS_MIN: u16 = 184;

impl Retention {
    /// The days of a kind; `None` when it is kept for good.
    pub fn days(&self, kind: Kind) -> Option<u16> {
        match kind {
            Kind::Voice => self.voice_days,
            Kind::Photo => self.photo_days,
            Kind::Names => self.names_days,
            Kind::Words => self.words_days,
            Kind::Directory => self.directory_days,
            Kind::Audit => self.audit_days.map(|it| it.max(AUDIT_DAYS_MIN)),
        }
    }
}

/// The name of this work: one server does it at a time.
const WORK: &str = "retention";
/// Whether a day has passed is looked at this often.
const LOOKS_EVERY: Duration = Duration::from_mins(10);
/// Things of one transaction.
const AT_ONCE: u32 = 100;

/// Gives keys of their own to envelopes of before, and destroys what is due, once a day, until the database is closed.
pub async fn run(app: App) {
    if let Err(cause) = give_keys(&app).await {
        tracing::error!(%cause, "not every envelope of before has a key of its own; the next start tries again");
    }
    loop {
        match if_a_day_passed(&app).await {
            Ok(()) => {}
            Err(Error::Database(sqlx::Error::PoolClosed)) => return,
            Err(cause) => tracing::error!(%cause, "what is due to be destroyed could not be"),
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// Gives keys of their own to the envelopes of versions that had one for all.
///
/// # Errors
///
/// The database's; the next start goes on.
pub async fn give_keys(app: &App) -> Result<(), Error> {
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(()) };
    let mut place = 0;
    while let Some(next) = envelope_keys::give_keys(&app.db, place).await? {
        place = next;
    }
    Ok(())
}

async fn if_a_day_passed(app: &App) -> Result<(), Error> {
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(()) };
    let (last, now) = (meta::time(&mut app.db.read().await?, meta::REMOVED_DUE_AT).await?, app.now());
    // A clock that was set back must not put it off for years.
    if last.is_some_and(|it| (0..DAY_MS).contains(&(now - it))) {
        return Ok(());
    }
    remove_due(app).await?;
    let mut db = app.db.write().await?;
    meta::set(&mut db, meta::REMOVED_DUE_AT, &now.to_string()).await?;
    Ok(db.commit().await?)
}

/// Destroys what is due now; answers how many things.
///
/// # Errors
///
/// The database's, the disk's and the bucket's. What is noted and not gone yet is removed by the next run.
pub async fn remove_due(app: &App) -> Result<u32, Error> {
    let mut gone = Vec::new();
    for kind in Kind::ALL {
        let Some(days) = app.policy.retention.days(kind) else { continue };
        let n = match kind {
            Kind::Voice => remove_attachments(app, AttachmentKind::Voice, days).await?,
            Kind::Photo => remove_attachments(app, AttachmentKind::Photo, days).await?,
            Kind::Names => destroy(app, What::Names, days).await?,
            Kind::Words => destroy(app, What::Words, days).await?,
            Kind::Directory => forget(app, days).await?,
            Kind::Audit => auditing::cut(app, due_by(app, days)).await?,
        };
        if n > 0 {
            gone.push((kind, n));
        }
    }
    remove_bytes(app).await?;
    note_run(app, &gone).await?;
    if !gone.is_empty() {
        store::clear_traces(&app.db).await;
    }
    Ok(gone.iter().map(|it| it.1).sum())
}

/// Notes how many went: one line of the audit log, and a row for whoever looks whether it is done.
async fn note_run(app: &App, gone: &[(Kind, u32)]) -> Result<(), Error> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut db = app.db.write().await?;
    for (kind, n) in gone {
        store::removals::add(&mut db, app.now(), *kind, *n).await?;
    }
    let told: Vec<String> = gone.iter().map(|(kind, n)| format!("{} {n}", kind.as_str())).collect();
    store::audit::note(&mut db, app.now(), None, "remove_due", "retention", &told.join(", ")).await?;
    Ok(db.commit().await?)
}

fn due_by(app: &App, days: u16) -> i64 {
    app.now() - i64::from(days) * DAY_MS
}

async fn remove_attachments(app: &App, kind: AttachmentKind, days: u16) -> Result<u32, Error> {
    let (mut n, reason) = (0, format!("kept for {days} days"));
    loop {
        let mut db = app.db.write().await?;
        let due = Due { kind, stored_by: due_by(app, days), backed_up_to: backed_up_to(app, &mut db).await? };
        let ids = store::erasures::due(&mut db, due, AT_ONCE).await?;
        for id in &ids {
            store::erasures::add(&mut db, *id, &reason, app.now()).await?;
            let object = format!("attachment {id}");
            store::audit::note(&mut db, app.now(), None, "erase", &object, &reason).await?;
        }
        db.commit().await?;
        n += u32::try_from(ids.len()).unwrap_or(u32::MAX);
        if ids.len() < AT_ONCE as usize {
            return Ok(n);
        }
    }
}

/// Destroys names or words of visits; answers of how many visits.
async fn destroy(app: &App, what: What, days: u16) -> Result<u32, Error> {
    let (mut n, reason) = (0, format!("kept for {days} days"));
    loop {
        let mut db = app.db.write().await?;
        let backed_up_to = backed_up_to(app, &mut db).await?;
        let due = envelope_keys::due(&mut db, what, due_by(app, days), backed_up_to, AT_ONCE).await?;
        for it in &due {
            envelope_keys::destroy(&mut db, what, *it, app.now(), &reason).await?;
        }
        db.commit().await?;
        n += u32::try_from(due.len()).unwrap_or(u32::MAX);
        if due.len() < AT_ONCE as usize {
            return Ok(n);
        }
    }
}

/// Forgets who stands in the directory and has to be there no more; answers how many. The list is the office's own, so no backup
/// is asked for.
async fn forget(app: &App, days: u16) -> Result<u32, Error> {
    let (mut n, by) = (0, due_by(app, days));
    loop {
        let mut db = app.db.write().await?;
        let due = store::respondents::due(&mut db, by, &day::of(by), AT_ONCE).await?;
        for id in &due {
            store::respondents::forget(&mut db, *id, app.now()).await?;
            // Phones drop whom they hold.
            store::changes::note(&mut db, store::changes::Thing::Respondent, id.0, None, None).await?;
        }
        db.commit().await?;
        n += u32::try_from(due.len()).unwrap_or(u32::MAX);
        if due.len() < AT_ONCE as usize {
            return Ok(n);
        }
    }
}

/// Removes the bytes of what was noted, also what an earlier run did not come to. Nothing else is written meanwhile, so
/// that no upload of the same bytes begins between the look at what stands upon them and their end.
///
/// # Errors
///
/// The database's, the disk's and the bucket's; the next run goes on.
pub async fn remove_bytes(app: &App) -> Result<(), Error> {
    loop {
        let mut db = app.db.write().await?;
        let Some((id, hash, shared)) = store::erasures::to_remove(&mut db).await? else { return Ok(()) };
        if !shared {
            // Copies of the folder or the bucket may be anywhere: without the key they are nothing.
            store::blob_keys::destroy(&mut db, hash).await?;
            app.blobs.forget_whole(hash).await?;
        }
        store::erasures::gone(&mut db, id, app.now()).await?;
        db.commit().await?;
    }
}

async fn backed_up_to(app: &App, db: &mut Connection) -> sqlx::Result<Option<i64>> {
    if app.policy.retention.without_backup { Ok(None) } else { meta::backed_up_to(db).await.map(Some) }
}

/// How many of a kind will be due by a time, as things stand.
///
/// # Errors
///
/// The database's.
pub async fn due_n(app: &App, db: &mut Connection, kind: Kind, at: i64) -> sqlx::Result<u32> {
    let Some(days) = app.policy.retention.days(kind) else { return Ok(0) };
    let (by, backed_up_to) = (at - i64::from(days) * DAY_MS, backed_up_to(app, db).await?);
    let attachments = |kind| Due { kind, stored_by: by, backed_up_to };
    match kind {
        Kind::Voice => store::erasures::due_n(db, attachments(AttachmentKind::Voice)).await,
        Kind::Photo => store::erasures::due_n(db, attachments(AttachmentKind::Photo)).await,
        Kind::Names => envelope_keys::due_n(db, What::Names, by, backed_up_to).await,
        Kind::Words => envelope_keys::due_n(db, What::Words, by, backed_up_to).await,
        Kind::Directory => store::respondents::due_n(db, by, &day::of(by)).await,
        Kind::Audit => store::audit_chain::before_n(db, by).await,
    }
}

/// How many of a kind will be due within seven days, as things stand.
///
/// # Errors
///
/// The database's.
pub async fn due_next_week(app: &App, db: &mut Connection, kind: Kind) -> sqlx::Result<u32> {
    due_n(app, db, kind, app.now() + 7 * DAY_MS).await
}

/// What will be destroyed when, a line each, for whoever starts the server; nothing when everything is kept for good.
///
/// # Errors
///
/// The database's.
pub async fn announcement(app: &App) -> sqlx::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut db = app.db.read().await?;
    for kind in Kind::ALL {
        if let Some(days) = app.policy.retention.days(kind) {
            let n = due_n(app, &mut db, kind, app.now()).await?;
            lines.push(format!("{}: {days} days, {n} due now", kind.as_str()));
        }
    }
    Ok(lines)
}
