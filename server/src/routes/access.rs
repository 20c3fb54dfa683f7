//! Sessions and devices: the own ones, and ending those of others.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{
    access::{Access, ListedDevice, ListedSession, browser},
    envelope::Hash,
    id::AccountId,
    problem::{Code, Problem},
    role::Action,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::{self, Who},
    error::Error,
    extract::Path,
    store::{self, devices, sessions},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(own))
        .routes(routes!(end_session))
        .routes(routes!(disable_device))
        .routes(routes!(restore_device))
        .routes(routes!(end_sessions))
        .routes(routes!(disable_devices))
}

/// The own sessions and devices.
#[utoipa::path(get, path = "/api/v1/sessions", responses(
    (status = 200, body = Access),
    (status = 401, body = Problem, description = "signed_out"),
))]
async fn own(State(app): State<App>, headers: HeaderMap, who: Who) -> Result<Answer<Access>, Error> {
    let this = auth::token(&headers).map(|it| Hash(auth::token_hash(&it)));
    let now = app.now();
    let mut db = app.db.read().await?;
    let listed = sessions::list(&mut db, who.0.id, now, now - auth::SESSION_IDLE_MS_MAX).await?;
    let this_device = listed.iter().find(|it| Some(it.id) == this).and_then(|it| it.device);
    let devices = devices::list(&mut db, who.0.id).await?;
    let devices = devices.into_iter().map(|it| ListedDevice {
        id: it.id,
        added_at: it.added_at,
        // The latest is the first.
        seen_at: listed.iter().find(|session| session.device == Some(it.id)).map(|it| it.seen_at),
        disabled: it.disabled,
        this: this_device == Some(it.id),
    });
    let devices = devices.collect();
    let sessions = listed.into_iter().map(|it| {
        let script = it.kind == sessions::SessionKind::Token;
        ListedSession {
            id: it.id,
            script,
            place: if script { it.label } else { browser(&it.label) },
            begun_at: it.begun_at,
            seen_at: it.seen_at,
            this: Some(it.id) == this,
        }
    });
    Ok(Answer(Access { sessions: sessions.collect(), devices }))
}

fn hash(text: &str) -> Result<Hash, Error> {
    text.parse().map_err(|_| Code::NotFound.into())
}

/// Ends a session of one's own.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", params(("id" = String, Path, description = "as in the list")), responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn end_session(State(app): State<App>, who: Who, Path(id): Path<String>) -> Result<StatusCode, Error> {
    let mut db = app.db.write().await?;
    if !sessions::end_own(&mut db, who.0.id, hash(&id)?).await? {
        return Err(Code::NotFound.into());
    }
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "end_session", who.0.id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disables a device of one's own and ends its sessions: what it still sends is set aside.
#[utoipa::path(delete, path = "/api/v1/devices/{id}", params(("id" = String, Path, description = "as in the list")), responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 404, body = Problem, description = "not_found, or disabled already"),
))]
async fn disable_device(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let now = app.now();
    let mut db = app.db.write().await?;
    if !devices::disable(&mut db, who.0.id, hash(&id)?, now).await? {
        return Err(Code::NotFound.into());
    }
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "disable_device", who.0.id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Trusts a device of one's own again, such as a phone that was found.
#[utoipa::path(post, path = "/api/v1/devices/{id}/restoration", params(("id" = String, Path, description = "as in the list")), responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "confirm_first"),
    (status = 404, body = Problem, description = "none that was disabled"),
))]
async fn restore_device(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    who.confirmed(&app)?;
    let mut db = app.db.write().await?;
    if !devices::restore(&mut db, who.0.id, hash(&id)?).await? {
        return Err(Code::NotFound.into());
    }
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "restore_device", who.0.id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of an account, scripts included.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/sessions", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn end_sessions(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::EndSessions)?;
    let id = AccountId(id);
    let mut db = app.db.write().await?;
    store::accounts::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    sessions::end_all(&mut db, id).await?;
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "end_sessions", id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disables all devices of an account, such as a phone that was lost, and ends all its sessions.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/devices", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn disable_devices(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    who.may(Action::EndSessions)?;
    let (id, now) = (AccountId(id), app.now());
    let mut db = app.db.write().await?;
    store::accounts::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    for device in devices::list(&mut db, id).await? {
        devices::disable(&mut db, id, device.id, now).await?;
    }
    sessions::end_all(&mut db, id).await?;
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "disable_devices", id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
