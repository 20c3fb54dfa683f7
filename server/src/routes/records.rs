//! Records in.

use axum::{Json as Answer, extract::State};
use domain::{
    problem::Problem,
    sync::{BATCH_ENVELOPES_MAX, Push, Receipts},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    device::FromPhone,
    error::Error,
    history::{self, Mark},
    intake::{Arrived, Taken},
    reading_out, receipt,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(push))
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
