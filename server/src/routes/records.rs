//! Records in.

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, header},
};
use domain::{
    problem::{Code, Problem},
    role::Action,
    sealed_file::{PIECE_BYTES_MAX, TakenIn},
    sync::{BATCH_ENVELOPES_MAX, Push, Receipts},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    device::{self, FromPhone},
    error::Error,
    extract::{Query, Raw},
    history::{self, Mark},
    intake::{Arrived, Taken},
    reading_out, receipt, sealed_file, store,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(push))
        .routes(routes!(take_in_sealed))
        .layer(DefaultBodyLimit::max(PIECE_BYTES_MAX))
}

/// Takes what a phone has waiting; one receipt an envelope, in the same order. Safe to repeat.
///
/// A session that is bound to a device must bear its stamp. With the stamp alone, what comes is kept and set aside until the
/// same person signs in again, or the office takes it in.
#[utoipa::path(post, path = "/api/v1/records/batch", params(
    ("zoufang-device" = Option<String>, Header, description = "the device and its signature, see `BindDevice`"),
), request_body = Push, responses(
    (status = 200, body = Receipts),
    (status = 400, body = Problem, description = "malformed"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 413, body = Problem, description = "too_large: too many envelopes or bytes"),
    (status = 507, body = Problem, description = "disk_full: nothing was acknowledged"),
))]
async fn push(State(app): State<App>, pushed: FromPhone<Push>) -> Result<Answer<Receipts>, Error> {
    let FromPhone { who, signed_out, body: push } = pushed;
    app.check_room()?;
    if push.envelopes.len() > BATCH_ENVELOPES_MAX {
        return Err(Error::too_large(BATCH_ENVELOPES_MAX));
    }
    if let Some(known) = push.known.as_deref().and_then(Mark::read) {
        history::epoch_for(&app, &[known]).await?;
    }
    let arrived = || push.envelopes.iter().map(|it| Arrived::from_base64(it)).collect();
    let mut kept = app.batching.keep(who.clone(), signed_out, app.now(), arrived()).await?;
    if !signed_out && kept.taken.iter().any(Taken::wants_signing_in) {
        let mut db = app.db.write().await?;
        reading_out::take_in(&mut db, who.id).await?;
        db.commit().await?;
        app.arrived.notify_one();
        kept = app.batching.keep(who, signed_out, app.now(), arrived()).await?;
    }
    Ok(Answer(receipt::acknowledge(&app, &kept.standing, &kept.taken)))
}

const SEALED: &str = "application/octet-stream";

/// What to do with a sealed file.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct SealedQuery {
    /// Whether unfinished drafts in it are taken in as they are.
    #[serde(default)]
    drafts: bool,
}

/// Takes in a sealed file, or a piece of one, that someone else's phone carried here or that was saved: opened by the office's
/// key, kept, and set aside until the office or whose it is takes it in. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/records/sealed", params(
    ("zoufang-device" = Option<String>, Header, description = "the device of whose file it is, and its signature under the body"),
    SealedQuery,
), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, body = TakenIn),
    (status = 400, body = Problem, description = "malformed: no sealed file, or not a whole one"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden: no signature of its device, and no right to take it in without"),
    (status = 413, body = Problem, description = "too_large: send it in pieces"),
    (status = 415, body = Problem, description = "unsupported_media"),
    (status = 422, body = Problem, description = "sealed to another office"),
    (status = 507, body = Problem, description = "disk_full"),
))]
async fn take_in_sealed(
    State(app): State<App>,
    who: Who,
    Query(query): Query<SealedQuery>,
    headers: HeaderMap,
    Raw(file): Raw<PIECE_BYTES_MAX>,
) -> Result<Answer<TakenIn>, Error> {
    who.may(Action::Record)?;
    if headers.get(header::CONTENT_TYPE).is_none_or(|it| it != SEALED) {
        return Err(Code::UnsupportedMedia.into());
    }
    app.check_room()?;
    let author = device::author_of_file(&app, &headers, &who, &file).await?;
    let opened = sealed_file::open(app.db.vault(), &file)?;
    let taken_in = sealed_file::take_in(&app, &author, opened, query.drafts).await?;
    let mut db = app.db.write().await?;
    let subject = format!("account {}", author.id);
    store::audit::note(&mut db, app.now(), Some(who.0.id), "take_in_sealed", &subject, "").await?;
    db.commit().await?;
    Ok(Answer(taken_in))
}
