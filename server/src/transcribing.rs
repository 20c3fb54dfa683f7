//! Recordings to transcripts by the bureau's speech server, one after the other, when nobody waits for an acknowledgement.
//! What comes back is a suggestion: only what a person accepts counts (`routes/transcripts.rs`).

use std::time::Duration;

use domain::transcript::{Failure, Heard, Next};

use crate::{
    App, blobs, content,
    error::Error,
    speech::{Recording, Speech},
    store::{self, transcripts::Due},
};

/// The work's name among those that one server does at a time.
const WORK: &str = "transcribe";
/// Whether a recording's turn has come is looked at this often.
const LOOKS_EVERY: Duration = Duration::from_secs(10);

/// Transcribes whatever comes, until the database is closed.
pub async fn run(app: App) {
    if app.speech.is_none() {
        return;
    }
    loop {
        match transcribe_waiting(&app).await {
            Ok(_) => {}
            Err(Error::Database(sqlx::Error::PoolClosed)) => return,
            Err(cause) => tracing::error!(%cause, "recordings could not be transcribed"),
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// Transcribes every recording whose turn has come, up to the first that shows that the speech server is not there; answers
/// how many were.
///
/// # Errors
///
/// The database's.
pub async fn transcribe_waiting(app: &App) -> Result<usize, Error> {
    let Some(speech) = &app.speech else { return Ok(0) };
    // Another server that is at it does what came here too.
    let Some(turn) = app.db.turn(WORK).await? else { return Ok(0) };
    let heard = transcribe_all(app, speech).await;
    turn.end().await?;
    heard
}

async fn transcribe_all(app: &App, speech: &Speech) -> Result<usize, Error> {
    app.reading.caught_up(&app.db).await;
    if store::transcripts::are_left_over(&mut app.db.read().await?).await? {
        let mut db = app.db.write().await?;
        store::transcripts::put_back(&mut db).await?;
        db.commit().await?;
    }
    let mut heard_n = 0;
    loop {
        // Nothing is less urgent.
        while !app.reading.give_way(Duration::ZERO).await {}
        let due = store::transcripts::due(&mut app.db.read().await?, app.now()).await?;
        let Some(due) = due else { return Ok(heard_n) };
        let mut db = app.db.write().await?;
        let begun = store::transcripts::begin(&mut db, due.id, app.now()).await?;
        db.commit().await?;
        if !begun {
            continue;
        }
        match hear(app, speech, &due).await {
            Ok(heard) => {
                let mut db = app.db.write().await?;
                let kept = store::transcripts::keep_heard(&mut db, &due, &heard, app.now()).await?;
                db.commit().await?;
                heard_n += usize::from(kept);
            }
            Err(reason) => {
                tracing::warn!(recording = %due.id, reason = reason.as_str(), "a recording was not transcribed");
                if keep_failure(app, &due, reason).await? {
                    return Ok(heard_n);
                }
            }
        }
    }
}

/// Notes why a recording was not transcribed; answers whether all wait now.
async fn keep_failure(app: &App, due: &Due, reason: Failure) -> Result<bool, Error> {
    let now = app.now();
    let mut db = app.db.write().await?;
    let (tries_n, waits) = (due.tries_n + 1, reason.next(due.tries_n + 1));
    let all_wait = match waits {
        Next::AllWait(ms) => {
            store::transcripts::keep_failed(&mut db, due.id, reason, due.tries_n, Some(now + ms), now)
                .await?;
            store::transcripts::all_wait(&mut db, now + ms, reason).await?;
            true
        }
        Next::Wait(ms) => {
            store::transcripts::keep_failed(&mut db, due.id, reason, tries_n, Some(now + ms), now).await?;
            false
        }
        Next::GiveUp => {
            store::transcripts::keep_failed(&mut db, due.id, reason, tries_n, None, now).await?;
            false
        }
    };
    db.commit().await?;
    Ok(all_wait)
}

/// Sends a recording, opened piece by piece on its way.
async fn hear(app: &App, speech: &Speech, due: &Due) -> Result<Heard, Failure> {
    let damaged = |cause: Error| {
        tracing::warn!(%cause, recording = %due.id, "a recording cannot be read");
        Failure::Damaged
    };
    let content = match due.content {
        Some(content) => content,
        None => content::look_at(app, due.sha256, due.bytes_n).await.map_err(damaged)?,
    };
    let whole = blobs::read(app, due.sha256, None).await.map_err(damaged)?;
    let boundary = format!("zoufang-{}", hex::encode(app.random()));
    let recording = Recording { content, bytes_n: whole.bytes_n, pieces: whole.pieces };
    speech.hear(recording, &boundary).await
}
