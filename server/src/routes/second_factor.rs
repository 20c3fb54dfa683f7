//! The own second factor, and taking it away from whoever lost it.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{
    id::AccountId,
    problem::{Code, Problem},
    role::Action,
    second_factor::{self as words, NewSecret, RecoveryCodes, SecondFactor},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::{self, SignedIn, Who},
    error::Error,
    extract::{Json, Path},
    second_factor,
    store::{self, second_factors},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(current, begin, remove))
        .routes(routes!(activate))
        .routes(routes!(new_recovery_codes))
        .routes(routes!(reset))
}

/// Whether the own account has a second factor, and whether it must.
#[utoipa::path(get, path = "/api/v1/session/second-factor", responses(
    (status = 200, body = SecondFactor),
    (status = 401, body = Problem, description = "signed_out"),
))]
async fn current(
    State(app): State<App>,
    SignedIn(account, _): SignedIn,
) -> Result<Answer<SecondFactor>, Error> {
    let mut db = app.db.read().await?;
    let left = second_factors::recovery_codes_left(&mut db, account.id).await?;
    Ok(Answer(SecondFactor {
        active: second_factors::is_active(&mut db, account.id).await?,
        required: app.policy.rules.second_factor_required && account.role.has_second_factor(),
        recovery_codes_n: u32::try_from(left).unwrap_or(0),
    }))
}

/// Makes a secret for an authenticator app. It counts once a first code was told.
#[utoipa::path(post, path = "/api/v1/session/second-factor", responses(
    (status = 200, body = NewSecret),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden: not for a visitor; or confirm_first"),
    (status = 409, body = Problem, description = "conflict: there is one already"),
))]
async fn begin(
    State(app): State<App>,
    SignedIn(account, confirmation): SignedIn,
) -> Result<Answer<NewSecret>, Error> {
    if !account.role.has_second_factor() {
        return Err(Code::Forbidden.into());
    }
    confirmation.check(&app)?;
    let (secret, shown) = second_factor::new_secret(&app, &account.login)?;
    let mut db = app.db.write().await?;
    if !second_factors::keep(&mut db, account.id, &secret).await? {
        return Err(Code::Conflict.into());
    }
    db.commit().await?;
    Ok(Answer(shown))
}

/// Tells a first code: from now on codes are asked for, and sessions that came in without one end. The recovery codes
/// are in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/session/second-factor/activation", request_body = words::Code, responses(
    (status = 200, body = RecoveryCodes),
    (status = 401, body = Problem, description = "signed_out, or wrong_password: the code is wrong"),
    (status = 403, body = Problem, description = "confirm_first"),
    (status = 409, body = Problem, description = "conflict: there is one already, or none was begun"),
))]
async fn activate(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account, confirmation): SignedIn,
    Json(told): Json<words::Code>,
) -> Result<Answer<RecoveryCodes>, Error> {
    confirmation.check(&app)?;
    let now = app.now();
    let mut db = app.db.write().await?;
    if second_factors::get(&mut db, account.id).await?.is_none_or(|it| it.active) {
        return Err(Code::Conflict.into());
    }
    if !second_factor::take_code(&mut db, account.id, now, &told.code).await? {
        return Err(Error::wrong_code());
    }
    second_factors::activate(&mut db, account.id, now).await?;
    let this = auth::token(&headers).ok_or(Code::SignedOut)?;
    store::sessions::end_others(&mut db, account.id, auth::token_hash(&this)).await?;
    let codes = second_factor::new_recovery_codes(&app, &mut db, account.id).await?;
    store::audit::note_of_account(&mut db, app.now(), account.id, "set_up_second_factor", account.id).await?;
    db.commit().await?;
    Ok(Answer(RecoveryCodes { codes }))
}

/// Makes other recovery codes; those of before count no more.
#[utoipa::path(post, path = "/api/v1/session/second-factor/recovery-codes", responses(
    (status = 200, body = RecoveryCodes),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "confirm_first"),
    (status = 409, body = Problem, description = "conflict: there is no second factor"),
))]
async fn new_recovery_codes(
    State(app): State<App>,
    SignedIn(account, confirmation): SignedIn,
) -> Result<Answer<RecoveryCodes>, Error> {
    confirmation.check(&app)?;
    let mut db = app.db.write().await?;
    if !second_factors::is_active(&mut db, account.id).await? {
        return Err(Code::Conflict.into());
    }
    let codes = second_factor::new_recovery_codes(&app, &mut db, account.id).await?;
    store::audit::note_of_account(&mut db, app.now(), account.id, "new_recovery_codes", account.id).await?;
    db.commit().await?;
    Ok(Answer(RecoveryCodes { codes }))
}

/// Takes the own second factor away, so as to set up another.
#[utoipa::path(delete, path = "/api/v1/session/second-factor", responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "confirm_first"),
))]
async fn remove(
    State(app): State<App>,
    SignedIn(account, confirmation): SignedIn,
) -> Result<StatusCode, Error> {
    confirmation.check(&app)?;
    let mut db = app.db.write().await?;
    if second_factors::remove(&mut db, account.id).await? {
        store::audit::note_of_account(&mut db, app.now(), account.id, "remove_second_factor", account.id)
            .await?;
    }
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the second factor away from whoever has lost it, and ends their sessions.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/second-factor", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "no such account, or it has none"),
))]
async fn reset(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::ResetSecondFactors)?;
    who.confirmed(&app)?;
    let id = AccountId(id);
    let mut db = app.db.write().await?;
    if !second_factors::remove(&mut db, id).await? {
        return Err(Code::NotFound.into());
    }
    store::sessions::end_all(&mut db, id).await?;
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "reset_second_factor", id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
