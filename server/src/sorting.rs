//! The machine's look at what has arrived: after the acknowledgement, never before it.

use std::time::{Duration, Instant};

use domain::{
    id::RecordId, matters::matters, severity::severity, statement::gist, suggesting::SUGGESTING_VERSION,
};

use crate::{
    App, checking,
    comparing::compare_waiting,
    error::Error,
    intake::alone,
    learning::made_by,
    store::{
        self, Connection,
        suggestions::{Made, Unsorted},
    },
    suggester::{self, InUse},
};

/// The work's name among those that one server does at a time.
const WORK: &str = "sort";
/// Statements of one transaction: the writer is free again within milliseconds.
const AT_ONCE: i64 = 200;
/// The same while phones wait for their acknowledgement.
const AT_ONCE_BUSY: i64 = 40;

/// Looks at whatever arrives, until the runtime ends.
pub async fn run(app: App) {
    if let Err(cause) = look_at_old(&app).await {
        tracing::error!(%cause, "what another version has looked at could not be looked at again");
    }
    loop {
        let arrived = app.arrived.notified();
        if let Err(cause) = sort_waiting(&app).await {
            // The next arrival tries again; nothing is lost by waiting.
            tracing::error!(%cause, "suggestions could not be made");
        }
        if let Err(cause) = checking::check_waiting(&app).await {
            tracing::error!(%cause, "answers could not be looked at");
        }
        if let Err(cause) = compare_waiting(&app).await {
            tracing::error!(%cause, "statements could not be compared");
        }
        arrived.await;
    }
}

/// Has everything looked at again that was looked at by another version.
async fn look_at_old(app: &App) -> sqlx::Result<()> {
    let marks = made_by(None)..=(((SUGGESTING_VERSION + 1) << 32) - 1);
    if store::suggestions::is_old(&mut app.db.read().await?, &marks).await? {
        let mut db = app.db.write().await?;
        store::suggestions::look_at_old(&mut db, &marks).await?;
        db.commit().await?;
    }
    Ok(())
}

/// Makes suggestions for every statement that waits for them; answers for how many.
///
/// # Errors
///
/// The database's.
pub async fn sort_waiting(app: &App) -> Result<usize, Error> {
    // Another server that is at it sorts what arrived here too.
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(0) };
    app.reading.caught_up(&app.db).await;
    if suggester::in_use(app).await?.takes_renewal() {
        let mut db = app.db.write().await?;
        store::suggestions::look_at_undecided(&mut db).await?;
        db.commit().await?;
    }
    // What fails is passed over until the next arrival, and does not hold up the others.
    let (mut sorted, mut after, mut took) = (0, 0, Duration::ZERO);
    loop {
        let at_once = if app.reading.give_way(took).await { AT_ONCE } else { AT_ONCE_BUSY };
        let in_use = suggester::in_use(app).await?;
        let mut db = app.db.read().await?;
        let waiting = store::suggestions::waiting(&mut db, after, at_once).await?;
        drop(db);
        let Some(last) = waiting.iter().flat_map(|it| &it.numbers).max() else { return Ok(sorted) };
        let last = *last;
        let made: Vec<Read> = waiting.into_iter().map(|it| (read(&in_use, &it), it)).collect();
        let now = app.now();
        let mut db = app.db.write().await?;
        if !in_use.is_still(&mut db).await? {
            // Something else suggests by now: these are looked at by that.
            continue;
        }
        let began = Instant::now();
        sorted += keep(&mut db, &made, made_by(in_use.version()), now).await?;
        db.commit().await?;
        (after, took) = (last, began.elapsed());
    }
}

/// Makes suggestions for one statement at once, within a transaction of someone who waits to see them.
///
/// # Errors
///
/// The database's.
pub async fn sort_now(app: &App, db: &mut Connection, statement: RecordId) -> Result<(), Error> {
    let in_use = suggester::in_use(app).await?;
    let Some(it) = store::suggestions::one(db, statement).await? else { return Ok(()) };
    let made = read(&in_use, &it);
    Ok(store::suggestions::keep(db, &[(made, it)], made_by(in_use.version()), app.now()).await?)
}

/// A statement, and what the machine makes of it.
type Read = (Made, Unsorted);

fn read(in_use: &InUse, it: &Unsorted) -> Made {
    let text = gist(&it.words, &it.transcript, &it.summary);
    let suggest = |text: &str| in_use.scheme.adapt(in_use.suggester.suggest(text));
    // A summary is no more than what its visitor made of several.
    let is_said = !it.words.trim().is_empty() || !it.transcript.trim().is_empty();
    let mut matters = if is_said && !it.is_part { matters(text, suggest) } else { Vec::new() };
    let suggestion = match matters.len() {
        1 => matters.remove(0).made,
        _ => suggest(text),
    };
    Made { suggestion, matters, severity: severity(text).level }
}

/// Keeps what was made, all at once, or each alone when one of them cannot be kept; answers how many were.
async fn keep(db: &mut Connection, made: &[Read], mark: i64, now: i64) -> Result<usize, Error> {
    let together = async |db: &mut Connection| Ok(store::suggestions::keep(db, made, mark, now).await?);
    if alone(db, together).await?.is_ok() {
        return Ok(made.len());
    }
    let mut kept_n = 0;
    for one in made.chunks(1) {
        let kept = async |db: &mut Connection| Ok(store::suggestions::keep(db, one, mark, now).await?);
        match alone(db, kept).await? {
            Ok(()) => kept_n += 1,
            Err(cause) => {
                let statement = one.first().map(|it| it.1.id);
                tracing::error!(%cause, ?statement, "no suggestion could be kept");
            }
        }
    }
    Ok(kept_n)
}
