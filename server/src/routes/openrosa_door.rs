//! The door for ODK Collect as the office keeps it: open or closed, and who has a password for it.

use std::io::Write;

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    id::AccountId,
    openrosa::{AtTheDoor, DoorForm, DoorPassword, NewDoorPassword, OpenRosaDoor, OpenRosaSwitch},
    problem::{Code, Problem},
    role::{Action, may_have_door_password},
};
use flate2::{Compression, write::ZlibEncoder};
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::{self, Who},
    error::Error,
    extract::{Json, Path},
    openrosa,
    serving::Line,
    store,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, switch))
        .routes(routes!(make_password))
        .routes(routes!(withdraw_password))
}

/// Whether the door is open, who may come in by it, and which questionnaires stand there.
#[utoipa::path(get, path = "/api/v1/openrosa", responses(
    (status = 200, body = OpenRosaDoor),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn show(State(app): State<App>, who: Who) -> Result<Answer<OpenRosaDoor>, Error> {
    who.may(Action::KeepOpenRosa)?;
    let mut db = app.db.read().await?;
    let open = store::meta::get(&mut db, store::meta::OPENROSA_OPEN).await?.is_some();
    let passwords = store::openrosa::passwords(&mut db).await?;
    let listed = store::accounts::list(&mut db).await?;
    let offered = store::questionnaires::offered(&mut db).await?;
    drop(db);
    let at_the_door = |it: store::accounts::Listed| {
        let made = passwords.get(&it.account.id);
        let may = !it.disabled && may_have_door_password(it.account.role);
        let unit = it.account.unit.filter(|_| may)?;
        Some(AtTheDoor {
            id: it.account.id,
            login: it.account.login,
            name: it.account.name,
            unit_name: unit.name,
            made_at: made.map(|it| it.0),
            used_at: made.and_then(|it| it.1),
        })
    };
    let mut forms = Vec::with_capacity(offered.len());
    for it in offered {
        let standing = app.door.standing(&app, it.version).await?;
        let left_out = standing.and_then(|it| it.xform.as_ref().err().copied());
        forms.push(DoorForm { id: it.id, title: it.title, left_out });
    }
    Ok(Answer(OpenRosaDoor { open, accounts: listed.into_iter().filter_map(at_the_door).collect(), forms }))
}

/// Opens the door, or closes it for all at once. Passwords stay.
#[utoipa::path(put, path = "/api/v1/openrosa", request_body = OpenRosaSwitch, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden; confirm_first to open it"),
    (status = 422, body = Problem, description = "invalid"),
))]
async fn switch(
    State(app): State<App>,
    who: Who,
    Json(wanted): Json<OpenRosaSwitch>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepOpenRosa)?;
    if wanted.open {
        who.confirmed(&app)?;
    }
    let mut db = app.db.write().await?;
    let act = if wanted.open {
        store::meta::set(&mut db, store::meta::OPENROSA_OPEN, "yes").await?;
        "open_collect"
    } else {
        store::meta::remove(&mut db, store::meta::OPENROSA_OPEN).await?;
        "close_collect"
    };
    store::audit::note(&mut db, app.now(), Some(who.0.id), act, "openrosa", "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a password for someone's door, told here and never again; one that was there before counts no more.
#[utoipa::path(post, path = "/api/v1/openrosa/passwords", request_body = NewDoorPassword, responses(
    (status = 201, body = DoorPassword),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden; confirm_first"),
    (status = 404, body = Problem, description = "not_found: no such account, or it records nothing of its own"),
    (status = 422, body = Problem, description = "invalid"),
))]
async fn make_password(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    line: Line,
    Json(wanted): Json<NewDoorPassword>,
) -> Result<(StatusCode, Answer<DoorPassword>), Error> {
    who.may(Action::KeepOpenRosa)?;
    who.confirmed(&app)?;
    let found = store::accounts::get(&mut app.db.read().await?, wanted.account).await?;
    let may = |it: &store::accounts::Listed| {
        !it.disabled && it.account.unit.is_some() && may_have_door_password(it.account.role)
    };
    let account = found.filter(may).ok_or(Code::NotFound)?.account;
    let password = openrosa::new_password(&app);
    let hash = auth::hash_password(&app, password.clone()).await?;
    let mut db = app.db.write().await?;
    store::openrosa::keep_password(&mut db, account.id, &hash, who.0.id, app.now()).await?;
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "make_collect_password", account.id).await?;
    db.commit().await?;
    let address = format!("{}/openrosa", auth::origin(&headers, line));
    let settings = settings(&address, &account.login, &password)?;
    let made = DoorPassword { login: account.login, password, address, settings };
    Ok((StatusCode::CREATED, Answer(made)))
}

/// Settings as Collect reads them from a QR code: JSON, compressed by zlib, in base64
/// (docs.getodk.org/collect-import-export). What is not in it has Collect's default.
fn settings(address: &str, login: &str, password: &str) -> Result<String, Error> {
    let settings = json!({
        "general": {
            "protocol": "odk_default", "server_url": address, "username": login, "password": password,
            "form_update_mode": "match_exactly", "periodic_form_updates_check": "every_one_hour",
        },
        "admin": {},
        "project": {"name": "走访"},
    });
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(settings.to_string().as_bytes())?;
    Ok(STANDARD.encode(encoder.finish()?))
}

/// Withdraws someone's password for the door.
#[utoipa::path(delete, path = "/api/v1/openrosa/passwords/{id}", responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: they have none"),
))]
async fn withdraw_password(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepOpenRosa)?;
    let mut db = app.db.write().await?;
    if !store::openrosa::remove_password(&mut db, AccountId(id)).await? {
        return Err(Code::NotFound.into());
    }
    let act = "withdraw_collect_password";
    store::audit::note_of_account(&mut db, app.now(), who.0.id, act, AccountId(id)).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
