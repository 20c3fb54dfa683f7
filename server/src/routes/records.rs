//! Records in.

use axum::{Json as Answer, extract::State};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    envelope::Hash,
    problem::Problem,
    role::Action,
    session::Account,
    sync::{BATCH_ENVELOPES_MAX, Push, Receipts, RefuseReason},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::Json,
    history::{self, Mark},
    intake::{self, Taken},
    receipt,
    store::Connection,
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
    history::epoch_for(&app, push.known.as_deref().and_then(Mark::read).as_slice()).await?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let mut taken = Vec::with_capacity(push.envelopes.len());
    for envelope in &push.envelopes {
        taken.push(match STANDARD.decode(envelope) {
            Ok(bytes) => take_alone(&mut db, &who.0, &bytes, now).await?,
            Err(_) => Taken::Refused { hash: Hash::of(envelope.as_bytes()), reason: RefuseReason::NotBase64 },
        });
    }
    db.commit().await?;
    let receipts = receipt::acknowledge(&app, &mut *app.db.read().await?, &taken).await?;
    app.arrived.notify_one();
    Ok(Answer(receipts))
}

/// Takes one envelope; when only it fails, that is its answer.
async fn take_alone(db: &mut Connection, who: &Account, bytes: &[u8], now: i64) -> Result<Taken, Error> {
    let taken = intake::alone(db, async |db| Ok(intake::take(db, who, bytes, now).await?)).await?;
    Ok(taken.unwrap_or_else(|cause| {
        tracing::error!(%cause, "one record could not be kept");
        Taken::Refused { hash: Hash::of(bytes), reason: RefuseReason::Failed }
    }))
}
