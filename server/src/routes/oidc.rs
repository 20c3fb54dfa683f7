//! Signing in by a provider of OpenID Connect, and who is bound to whom.
//!
//! The provider leads back from its own site, where the session's cookie neither comes along nor should be set: what it said is
//! put away, the app's own screen is shown, and that screen asks for the session as it does after a password.

use axum::{
    Json as Answer,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    id::AccountId,
    oidc::{BindSubject, FinishSignIn, KNOWN, Trouble},
    problem::{Code, Problem},
    role::Action,
    session::Session,
};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::{self, Who},
    error::Error,
    extract::{Json, Path, Query},
    oidc::{AWAY_MS_MAX, Away},
    routes::session::{check_code, open_session, signed_in},
    serving::Line,
    store, tries,
    vault::Place,
};

/// Where the provider leads back to; it is told so once, when it is set up there.
const BACK: &str = "/api/v1/oidc/return";
/// How long the session may be asked for once the provider has said who it is, in milliseconds: a code of the second
/// factor is looked up meanwhile.
const KNOWN_MS_MAX: i64 = 5 * 60 * 1_000;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(is_there))
        .routes(routes!(begin))
        .routes(routes!(come_back))
        .routes(routes!(finish))
        .routes(routes!(bind, unbind))
}

/// What the browser keeps, sealed, of a sign-in under way.
#[derive(Serialize, Deserialize)]
enum Kept {
    Away(Away),
    Known(Known),
}

/// The provider has said who it is.
#[derive(Serialize, Deserialize)]
struct Known {
    subject: String,
    state: String,
    /// In milliseconds since 1970.
    until: i64,
}

const PLACE: Place<'static> = Place { table: "cookie", column: "oidc", row: &[] };

fn seal(app: &App, kept: &Kept) -> String {
    URL_SAFE_NO_PAD.encode(app.db.vault().seal_value(PLACE, kept))
}

fn kept(app: &App, headers: &HeaderMap) -> Option<Kept> {
    let bytes = URL_SAFE_NO_PAD.decode(auth::provider_cookie_of(headers)?).ok()?;
    app.db.vault().open_value(PLACE, &bytes).ok()
}

/// Whether there is a provider.
#[utoipa::path(get, path = "/api/v1/oidc", responses(
    (status = 200, body = bool, content_type = "application/json"),
))]
async fn is_there(State(app): State<App>) -> Answer<bool> {
    Answer(app.provider.is_some())
}

/// Leads to the provider; or, when that does not answer, to the screen that says so.
#[utoipa::path(get, path = "/api/v1/oidc/begin", responses(
    (status = 303, description = "to the provider, or to /welcome/by-provider#down"),
    (status = 404, body = Problem, description = "there is no provider"),
))]
async fn begin(State(app): State<App>, headers: HeaderMap, line: Line) -> Result<impl IntoResponse, Error> {
    let provider = app.provider.as_ref().ok_or(Code::NotFound)?;
    Ok(match provider.begin(&app, format!("{}{BACK}", auth::origin(&headers, line))).await {
        Ok((there, away)) => {
            let sealed = seal(&app, &Kept::Away(away));
            lead(there, auth::provider_cookie(&headers, line, Some(&sealed), AWAY_MS_MAX))
        }
        Err(trouble) => lead(screen(trouble.as_str()), auth::provider_cookie(&headers, line, None, 0)),
    })
}

/// What the provider leads back with.
#[derive(Deserialize, IntoParams)]
struct CameBack {
    /// To be had for an id token, once.
    code: Option<String>,
    /// As it was sent there.
    state: Option<String>,
}

/// Where the provider leads back to. The app's screen asks for the session, or says what went wrong.
#[utoipa::path(get, path = "/api/v1/oidc/return", params(CameBack), responses(
    (status = 303, description = "to /welcome/by-provider#known, or with another word behind # to what went wrong"),
    (status = 400, body = Problem, description = "malformed"),
    (status = 404, body = Problem, description = "there is no provider"),
))]
async fn come_back(
    State(app): State<App>,
    headers: HeaderMap,
    line: Line,
    Query(came): Query<CameBack>,
) -> Result<impl IntoResponse, Error> {
    if app.provider.is_none() {
        return Err(Code::NotFound.into());
    }
    Ok(match known(&app, &headers, came).await? {
        Ok(known) => {
            let sealed = seal(&app, &Kept::Known(known));
            lead(screen(KNOWN), auth::provider_cookie(&headers, line, Some(&sealed), KNOWN_MS_MAX))
        }
        Err(trouble) => lead(screen(trouble.as_str()), auth::provider_cookie(&headers, line, None, 0)),
    })
}

/// Who came back, if it is this browser that was sent, and there is an account for them.
async fn known(app: &App, headers: &HeaderMap, came: CameBack) -> Result<Result<Known, Trouble>, Error> {
    let provider = app.provider.as_ref().ok_or(Code::NotFound)?;
    let now = app.now();
    let (Some(Kept::Away(away)), Some(code), Some(state)) = (kept(app, headers), came.code, came.state)
    else {
        return Ok(Err(Trouble::Again));
    };
    // Hashed, so that how long it takes tells nothing of the right one.
    if auth::token_hash(&away.state) != auth::token_hash(&state) || away.until <= now {
        return Ok(Err(Trouble::Again));
    }
    let subject = match provider.subject(&away, code, now).await {
        Ok(subject) => subject,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let bound = store::oidc::bound(&mut app.db.read().await?, provider.issuer(), &subject).await?;
    if bound.is_none() {
        return Ok(Err(Trouble::Unknown));
    }
    Ok(Ok(Known { subject, state, until: now + KNOWN_MS_MAX }))
}

fn screen(word: &str) -> String {
    format!("/welcome/by-provider#{word}")
}

fn lead(there: String, cookie: String) -> impl IntoResponse + use<> {
    (StatusCode::SEE_OTHER, AppendHeaders([(header::LOCATION, there), (header::SET_COOKIE, cookie)]))
}

/// Signs in whom the provider has named; the session travels in a cookie.
#[utoipa::path(post, path = "/api/v1/session/oidc", request_body = FinishSignIn, responses(
    (status = 200, body = Session),
    (status = 401, body = Problem, description = "wrong_password, with the field code: it is that which is wrong"),
    (status = 403, body = Problem, description = "confirm_first: the account has a second factor, send a code"),
    (status = 410, body = Problem, description = "gone: too late, used before, or no longer bound; begin once more"),
    (status = 429, body = Problem, description = "slow_down"),
))]
async fn finish(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    line: Line,
    Json(wanted): Json<FinishSignIn>,
) -> Result<impl IntoResponse, Error> {
    let now = app.now();
    let provider = app.provider.as_ref().ok_or(Code::Gone)?;
    let Some(Kept::Known(known)) =
        kept(&app, &headers).filter(|it| matches!(it, Kept::Known(it) if it.until > now))
    else {
        return Err(Code::Gone.into());
    };
    let bound = store::oidc::bound(&mut app.db.read().await?, provider.issuer(), &known.subject).await?;
    let bound = bound.ok_or(Code::Gone)?;
    // Only a code can be guessed; who guesses passwords keeps nobody from signing in this way.
    let tried = match &wanted.code {
        Some(_) => Some(tries::begin(&app, &bound.login, tries::address(&extensions)).await?),
        None => None,
    };
    let mut db = app.db.write().await?;
    // It may have been disabled or loosed since.
    let still = store::oidc::bound(&mut db, provider.issuer(), &known.subject).await?;
    if still.is_none_or(|it| it.id != bound.id) {
        return Err(Code::Gone.into());
    }
    check_code(&mut db, bound.id, now, wanted.code.as_deref()).await?;
    if let Some(tried) = tried {
        tried.was_right(&app, &mut db).await?;
    }
    let token = open_session(&app, &mut db, &headers, bound.id).await?;
    if !store::oidc::use_up(&mut db, auth::token_hash(&known.state), now, known.until).await? {
        return Err(Code::Gone.into());
    }
    store::audit::note_of_account(&mut db, now, bound.id, "sign_in_by_provider", bound.id).await?;
    db.commit().await?;
    let cookies = AppendHeaders([
        (header::SET_COOKIE, auth::cookie(&headers, line, Some(&token))),
        (header::SET_COOKIE, auth::provider_cookie(&headers, line, None, 0)),
    ]);
    Ok((cookies, Answer(signed_in(&app, bound.id).await?)))
}

/// Binds an account to whom the provider means by a subject; its sessions end.
#[utoipa::path(put, path = "/api/v1/accounts/{id}/subject", request_body = BindSubject, responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "no such account, or there is no provider"),
    (status = 409, body = Problem, description = "taken: another account's"),
    (status = 422, body = Problem, description = "no subject"),
))]
async fn bind(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(wanted): Json<BindSubject>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepAccounts)?;
    who.confirmed(&app)?;
    if !wanted.fits() {
        return Err(Error::invalid("subject"));
    }
    let provider = app.provider.as_ref().ok_or(Code::NotFound)?;
    let (id, now) = (AccountId(id), app.now());
    let mut db = app.db.write().await?;
    store::accounts::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    if !store::oidc::bind(&mut db, id, provider.issuer(), &wanted.subject, now).await? {
        return Err(Error::taken("subject"));
    }
    end_sessions(&mut db, &who, id).await?;
    store::audit::note_of_account(&mut db, now, who.0.id, "bind_subject", id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looses an account from the provider; its sessions end.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/subject", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "no such account, or it is not bound"),
))]
async fn unbind(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::KeepAccounts)?;
    who.confirmed(&app)?;
    let id = AccountId(id);
    let mut db = app.db.write().await?;
    if !store::oidc::unbind(&mut db, id).await? {
        return Err(Code::NotFound.into());
    }
    end_sessions(&mut db, &who, id).await?;
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "unbind_subject", id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever is in by what counts no longer is out; an administrator does not throw themselves out.
async fn end_sessions(db: &mut store::Connection, who: &Who, id: AccountId) -> sqlx::Result<()> {
    if id != who.0.id {
        store::sessions::end_all(db, id).await?;
    }
    Ok(())
}
