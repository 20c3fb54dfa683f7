//! Transcripts: how they come along, and accepting what a machine heard.

use axum::{Json as Answer, extract::State};
use domain::{
    id::{AccountId, RecordId},
    problem::{Code, Problem},
    role::Action,
    transcript::{ItemTranscript, TranscriptAct, TranscriptProgress},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path},
    routes::queue::put_together,
    sorting,
    store::{self, Connection, issues::By},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(progress)).routes(routes!(try_again)).routes(routes!(act))
}

/// How far recordings are on their way to transcripts.
#[utoipa::path(get, path = "/api/v1/transcripts", responses(
    (status = 200, body = TranscriptProgress),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn progress(State(app): State<App>, who: Who) -> Result<Answer<TranscriptProgress>, Error> {
    who.may(Action::Transcribe)?;
    Ok(Answer(store::transcripts::progress(&mut app.db.read().await?, app.speech.is_some()).await?))
}

/// Has all that failed tried again.
#[utoipa::path(post, path = "/api/v1/transcripts/retries", responses(
    (status = 200, body = TranscriptProgress),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn try_again(State(app): State<App>, who: Who) -> Result<Answer<TranscriptProgress>, Error> {
    who.may(Action::Transcribe)?;
    let mut db = app.db.write().await?;
    store::transcripts::all_again(&mut db, app.now()).await?;
    store::audit::note(&mut db, app.now(), Some(who.0.id), "try_transcript_again", "all", "").await?;
    db.commit().await?;
    Ok(Answer(store::transcripts::progress(&mut app.db.read().await?, app.speech.is_some()).await?))
}

/// Accepts what a machine heard, takes that back, or has it tried again. What is accepted stands beside the statement's own
/// words; the statement is found and sorted by it at once. Of a recording of the whole visit, each of its statements is found by it
/// soon after, and none is sorted by it.
#[utoipa::path(post, path = "/api/v1/transcripts/{id}/acts", request_body = TranscriptAct, responses(
    (status = 200, body = ItemTranscript),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another act came first; `current` is the transcript as it is"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn act(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(act): Json<TranscriptAct>,
) -> Result<Answer<ItemTranscript>, Error> {
    who.may(Action::Transcribe)?;
    act.check().map_err(Error::invalid)?;
    let (id, now) = (RecordId(id), app.now());
    let mut db = app.db.write().await?;
    let (visit, statement) = store::transcripts::place(&mut db, id).await?.ok_or(Code::NotFound)?;
    let current = store::transcripts::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    let done = match &act {
        TranscriptAct::Accept { text } => {
            store::transcripts::accept(&mut db, (id, visit), text.trim(), who.0.id, now).await?
        }
        TranscriptAct::TakeBack => store::transcripts::take_back(&mut db, id, now).await?,
        TranscriptAct::TryAgain => store::transcripts::again(&mut db, id, now).await?,
    };
    if !done {
        let current = serde_json::to_value(current).ok();
        return Err(Error::Problem(Box::new(Problem { current, ..Problem::new(Code::Conflict) })));
    }
    match statement {
        _ if act == TranscriptAct::TryAgain => {}
        Some(statement) => read_anew(&app, &mut db, (statement, visit), who.0.id).await?,
        None => store::suggestions::look_at_visit(&mut db, visit).await?,
    }
    store::audit::note(&mut db, now, Some(who.0.id), act.as_str(), &format!("attachment {id}"), "").await?;
    let after = store::transcripts::get(&mut db, id).await?;
    db.commit().await?;
    app.arrived.notify_one();
    // Nothing is left where the recording was gone.
    let gone = ItemTranscript { heard: None, accepted: None, ..current };
    Ok(Answer(after.unwrap_or(gone)))
}

/// The statement says what is accepted now, and is suggested types by that.
async fn read_anew(
    app: &App,
    db: &mut Connection,
    (statement, visit): (RecordId, RecordId),
    by: AccountId,
) -> Result<(), Error> {
    let said = store::suggestions::one(db, statement).await?;
    if said.is_some_and(|it| it.words.trim().is_empty()) {
        // Its parts, if it has any, were cut from what was accepted before.
        put_together(db, statement, By { account: by, at: app.now() }).await?;
    }
    store::transcripts::put(db, statement, visit).await?;
    sorting::sort_now(app, db, statement).await
}
