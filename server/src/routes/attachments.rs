//! Bytes of attachments out. A voice tells who spoke: hearing it takes a reason and leaves a record.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::RecordId,
    problem::{Code, Problem},
    role::Action,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    blobs,
    error::Error,
    extract::{Path, Query},
    store,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(download))
}

#[derive(Deserialize, IntoParams)]
struct Why {
    /// Needed for a voice that someone else recorded.
    #[serde(default)]
    reason: String,
}

/// The bytes of one attachment.
#[utoipa::path(get, path = "/api/v1/attachments/{id}", params(Why), responses(
    (status = 200, content_type = "application/octet-stream"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found, or its bytes are not here yet"),
    (status = 422, body = Problem, description = "a voice takes a reason"),
))]
async fn download(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<Response, Error> {
    let found = store::attachments::get(&mut *app.db.read().await?, RecordId(id)).await?;
    let found = found.filter(|it| it.stored).ok_or(Code::NotFound)?;
    let voice = found.kind == "voice";
    let reach = who.may(if voice { Action::PlayVoice } else { Action::ReadVisits })?;
    let own = found.author == who.0.id;
    if (reach.own && !own) || reach.unit.is_some_and(|it| it != found.unit) {
        return Err(Code::NotFound.into());
    }
    if voice && !own {
        let reason = why.reason.trim();
        if reason.is_empty() {
            return Err(Error::invalid("reason"));
        }
        let mut db = app.db.write().await?;
        let object = format!("attachment {id}");
        store::audit::note(&mut db, app.now(), Some(who.0.id), "play_voice", &object, reason).await?;
        db.commit().await?;
    }
    let bytes = tokio::fs::read(blobs::path_of(&app.data, found.sha256)).await?;
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&found.media_type).map_err(|_| Error::Damaged("media type"))?;
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}
