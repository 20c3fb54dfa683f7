//! Records in.

use axum::{Json as Answer, extract::State};
use domain::{
    problem::Problem,
    role::Action,
    sync::{BATCH_ENVELOPES_MAX, Push, Receipts},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::Json,
    history::{self, Mark},
    intake::Arrived,
    receipt,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(push))
}

/// Takes what a phone has waiting; one receipt an envelope, in the same order. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/records/batch", request_body = Push, responses(
    (status = 200, body = Receipts),
    (status = 400, body = Problem, description = "malformed"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 413, body = Problem, description = "too_large: too many envelopes or bytes"),
    (status = 507, body = Problem, description = "disk_full: nothing was acknowledged"),
))]
async fn push(State(app): State<App>, who: Who, Json(push): Json<Push>) -> Result<Answer<Receipts>, Error> {
    who.may(Action::Record)?;
    app.check_room()?;
    if push.envelopes.len() > BATCH_ENVELOPES_MAX {
        return Err(Error::too_large(BATCH_ENVELOPES_MAX));
    }
    if let Some(known) = push.known.as_deref().and_then(Mark::read) {
        history::epoch_for(&app, &[known]).await?;
    }
    let arrived = push.envelopes.iter().map(|it| Arrived::from_base64(it)).collect();
    let kept = app.batching.keep(who.0, app.now(), arrived).await?;
    Ok(Answer(receipt::acknowledge(&app, &kept.standing, &kept.taken)))
}
