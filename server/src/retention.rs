//! What is removed once its time is over: recordings first, then photos. What they were stays listed, with the day and the
//! reason. Nothing that is not backed up goes, unless the configuration says so; nothing goes at all before it has days.

use std::time::Duration;

use domain::attachment::AttachmentKind;

use crate::{
    App,
    day::DAY_MS,
    error::Error,
    store::{self, Connection, erasures::Due, meta},
};

/// How long what is here is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retention {
    /// Days from when a recording was here, whole; for good when `None`.
    pub voice_days: Option<u16>,
    /// The same of a photo.
    pub photo_days: Option<u16>,
    /// Also what no backup has.
    pub without_backup: bool,
}

/// The name of this work: one server does it at a time.
const WORK: &str = "retention";
/// Whether a day has passed is looked at this often.
const LOOKS_EVERY: Duration = Duration::from_mins(10);
/// Attachments of one transaction.
const AT_ONCE: u32 = 100;

/// Removes what is due, once a day, until the database is closed.
pub async fn run(app: App) {
    loop {
        match if_a_day_passed(&app).await {
            Ok(()) => {}
            Err(Error::Database(sqlx::Error::PoolClosed)) => return,
            Err(cause) => tracing::error!(%cause, "what is due to be removed could not be"),
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
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

/// Removes what is due now; answers how many attachments.
///
/// # Errors
///
/// The database's, the disk's and the bucket's. What is noted and not gone yet is removed by the next run.
pub async fn remove_due(app: &App) -> Result<u32, Error> {
    let mut n = 0;
    for (kind, days) in kinds(app.policy.retention) {
        let reason = format!("kept for {days} days");
        loop {
            let mut db = app.db.write().await?;
            let due = due(app, &mut db, kind, app.now() - i64::from(days) * DAY_MS).await?;
            let ids = store::erasures::due(&mut db, due, AT_ONCE).await?;
            for id in &ids {
                store::erasures::add(&mut db, *id, &reason, app.now()).await?;
                let object = format!("attachment {id}");
                store::audit::note(&mut db, app.now(), None, "erase", &object, &reason).await?;
            }
            db.commit().await?;
            n += u32::try_from(ids.len()).unwrap_or(u32::MAX);
            if ids.len() < AT_ONCE as usize {
                break;
            }
        }
    }
    remove_bytes(app).await?;
    Ok(n)
}

/// Removes the bytes of what was noted, also what an earlier run did not come to. Nothing else is written meanwhile, so
/// that no upload of the same bytes begins between the look at what stands upon them and their end.
async fn remove_bytes(app: &App) -> Result<(), Error> {
    loop {
        let mut db = app.db.write().await?;
        let Some((id, hash, shared)) = store::erasures::to_remove(&mut db).await? else { return Ok(()) };
        if !shared {
            app.blobs.forget_whole(hash).await?;
        }
        store::erasures::gone(&mut db, id, app.now()).await?;
        db.commit().await?;
    }
}

/// The kinds that have days, voices first: they give a person away the most.
fn kinds(retention: Retention) -> impl Iterator<Item = (AttachmentKind, u16)> {
    let days = [(AttachmentKind::Voice, retention.voice_days), (AttachmentKind::Photo, retention.photo_days)];
    days.into_iter().filter_map(|(kind, days)| Some((kind, days?)))
}

async fn due(app: &App, db: &mut Connection, kind: AttachmentKind, stored_by: i64) -> sqlx::Result<Due> {
    let anything = app.policy.retention.without_backup;
    let backed_up_to = if anything { None } else { Some(meta::backed_up_to(db).await?) };
    Ok(Due { kind, stored_by, backed_up_to })
}

/// How many of a kind will be due within seven days, as things stand.
///
/// # Errors
///
/// The database's.
pub async fn due_next_week(app: &App, db: &mut Connection, wanted: AttachmentKind) -> sqlx::Result<u32> {
    let Some((kind, days)) = kinds(app.policy.retention).find(|it| it.0 == wanted) else { return Ok(0) };
    let stored_by = app.now() - (i64::from(days) - 7) * DAY_MS;
    let due = due(app, db, kind, stored_by).await?;
    store::erasures::due_n(db, due).await
}
