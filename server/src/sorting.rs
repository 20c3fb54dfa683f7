//! The machine's look at what has arrived: after the acknowledgement, never before it.

use domain::categorize::{RULES_VERSION, shipped};

use crate::{App, error::Error, store};

/// Statements of one transaction: the writer is free again within milliseconds.
const AT_ONCE: i64 = 200;

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
    let mut sorted = 0;
    loop {
        let waiting = store::suggestions::waiting(&mut *app.db.read().await?, RULES_VERSION, AT_ONCE).await?;
        if waiting.is_empty() {
            return Ok(sorted);
        }
        sorted += waiting.len();
        let made: Vec<_> = waiting
            .into_iter()
            .map(|it| {
                let text = if it.words.trim().is_empty() { &it.summary } else { &it.words };
                (shipped().categorize(text), it)
            })
            .collect();
        let now = app.now();
        let mut db = app.db.write().await?;
        for (made, statement) in &made {
            store::suggestions::keep(&mut db, statement, RULES_VERSION, made, now).await?;
        }
        db.commit().await?;
    }
}
