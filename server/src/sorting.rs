//! The machine's look at what has arrived: after the acknowledgement, never before it.

use std::time::{Duration, Instant};

use domain::categorize::{RULES_VERSION, shipped};

use crate::{App, error::Error, intake::alone, store};

/// The work's name among those that one server does at a time.
const WORK: &str = "sort";
/// Statements of one transaction: the writer is free again within milliseconds.
const AT_ONCE: i64 = 200;
/// The same while phones wait for their acknowledgement.
const AT_ONCE_BUSY: i64 = 40;

/// Looks at whatever arrives, until the runtime ends.
pub async fn run(app: App) {
    loop {
        let arrived = app.arrived.notified();
        if let Err(cause) = sort_waiting(&app).await {
            // The next arrival tries again; nothing is lost by waiting.
            tracing::error!(%cause, "suggestions could not be made");
        }
        arrived.await;
    }
}

/// Makes suggestions for every statement that has none of these rules; answers for how many.
///
/// # Errors
///
/// The database's.
pub async fn sort_waiting(app: &App) -> Result<usize, Error> {
    // Another server that is at it sorts what arrived here too.
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(0) };
    app.reading.caught_up(&app.db).await;
    // What fails is passed over until the next arrival, and does not hold up the others.
    let (mut sorted, mut failed, mut took) = (0, Vec::new(), Duration::ZERO);
    loop {
        let at_once = if app.reading.give_way(took).await { AT_ONCE } else { AT_ONCE_BUSY };
        let limit = at_once + i64::try_from(failed.len()).unwrap_or(0);
        let mut waiting =
            store::suggestions::waiting(&mut app.db.read().await?, RULES_VERSION, limit).await?;
        waiting.retain(|it| !failed.contains(&it.id));
        if waiting.is_empty() {
            return Ok(sorted);
        }
        let made: Vec<_> = waiting
            .into_iter()
            .map(|it| {
                let text = if it.words.trim().is_empty() { &it.summary } else { &it.words };
                (shipped().categorize(text), it)
            })
            .collect();
        let now = app.now();
        let mut db = app.db.write().await?;
        let began = Instant::now();
        for (made, statement) in &made {
            let kept = alone(&mut db, async |db| {
                Ok(store::suggestions::keep(db, statement, RULES_VERSION, made, now).await?)
            });
            match kept.await? {
                Ok(()) => sorted += 1,
                Err(cause) => {
                    tracing::error!(%cause, statement = %statement.id, "no suggestion could be kept");
                    failed.push(statement.id);
                }
            }
        }
        db.commit().await?;
        took = began.elapsed();
    }
}
