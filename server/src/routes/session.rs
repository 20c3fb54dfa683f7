//! Signing in and out, and the first accounts.

use axum::{
    Json as Answer,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use domain::{
    campaign::{Unit, UnitKind},
    device::BindDevice,
    id::{AccountId, UnitId},
    phone_key::{OpenPhoneKey, PhoneKey},
    problem::{Code, Problem},
    role::{Action, Role},
    session::{
        Account, ChangePassword, FirstAccounts, NewAccount, Session, SignIn, login_fits, password_fits,
    },
    text::check_line,
};
use sha2::{Digest, Sha256};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::{self, SignedIn, Who},
    device,
    error::Error,
    extract::Json,
    store::{
        self,
        sessions::{NewSession, SessionKind},
    },
    tries,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, current, sign_out))
        .routes(routes!(bind_device))
        .routes(routes!(open_phone_key))
        .routes(routes!(change_password))
        .routes(routes!(make_first_accounts))
}

/// Signs in; the session travels in a cookie.
#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn, responses(
    (status = 200, body = Session),
    (status = 401, body = Problem, description = "wrong_password"),
    (status = 429, body = Problem, description = "slow_down"),
))]
async fn sign_in(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    Json(sign_in): Json<SignIn>,
) -> Result<impl IntoResponse, Error> {
    let now = app.now();
    let login = sign_in.login.trim().to_lowercase();
    let tried = tries::begin(&app, &login, tries::address(&extensions)).await?;
    let known = store::accounts::credentials(&mut app.db.read().await?, &login).await?;
    let Some(known) = known else {
        auth::verify_nothing(&app, sign_in.password).await?;
        return Err(Code::WrongPassword.into());
    };
    if !auth::verify_password(&app, sign_in.password, known.password_hash).await? {
        return Err(Code::WrongPassword.into());
    }
    let token = auth::new_token(&app);
    let mut db = app.db.write().await?;
    tried.was_right(&app, &mut db).await?;
    store::sessions::forget_expired(&mut db, now).await?;
    let session = NewSession {
        token_hash: auth::token_hash(&token),
        account: known.id,
        kind: SessionKind::Browser,
        label: "",
        at: now,
        expires_at: now + auth::SESSION_MS_MAX,
    };
    store::sessions::add(&mut db, &session).await?;
    db.commit().await?;
    let listed = store::accounts::get(&mut app.db.read().await?, known.id).await?.ok_or(Code::SignedOut)?;
    let cookie = AppendHeaders([(header::SET_COOKIE, auth::cookie(&headers, Some(&token)))]);
    Ok((cookie, Answer(session_of(&app, listed.account).await?)))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", responses(
    (status = 200, body = Session),
    (status = 401, body = Problem, description = "signed_out"),
))]
async fn current(State(app): State<App>, headers: HeaderMap) -> Result<Answer<Session>, Error> {
    let found = auth::session(&headers, &app).await?;
    let device = found.device.map(|it| it.id);
    Ok(Answer(Session { device, ..session_of(&app, found.account).await? }))
}

async fn session_of(app: &App, account: Account) -> Result<Session, Error> {
    let campaign = store::campaigns::current(&mut app.db.read().await?).await?;
    let receipt_key = Some(app.receipt_key.public().to_string());
    let office_key = Some(app.db.vault().office_key().public());
    Ok(Session { account, campaign, server_time: app.now(), receipt_key, office_key, device: None })
}

/// Binds the session to the device that it was begun on: from now on pushes must bear its stamp.
#[utoipa::path(put, path = "/api/v1/session/device", request_body = BindDevice, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 409, body = Problem, description = "conflict: another person's device, or bound to another"),
    (status = 422, body = Problem, description = "no such key"),
))]
async fn bind_device(
    State(app): State<App>,
    headers: HeaderMap,
    who: Who,
    Json(wanted): Json<BindDevice>,
) -> Result<StatusCode, Error> {
    who.may(Action::Record)?;
    let key = wanted.key.parse().map_err(|_| Error::invalid("key"))?;
    let token = auth::token(&headers).ok_or(Code::SignedOut)?;
    device::bind(&app, &who.0, auth::token_hash(&token), &key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens the key of this person's phone, whose PIN was forgotten. The password is asked for again: whoever holds the phone
/// may have found it signed in.
#[utoipa::path(post, path = "/api/v1/session/phone-key", request_body = OpenPhoneKey, responses(
    (status = 200, body = PhoneKey),
    (status = 401, body = Problem, description = "signed_out or wrong_password"),
    (status = 422, body = Problem, description = "not sealed to this office, or not for this account"),
    (status = 429, body = Problem, description = "slow_down"),
))]
async fn open_phone_key(
    State(app): State<App>,
    extensions: Extensions,
    who: Who,
    Json(wanted): Json<OpenPhoneKey>,
) -> Result<Answer<PhoneKey>, Error> {
    who.may(Action::Record)?;
    let account = &who.0;
    let tried = tries::begin(&app, &account.login, tries::address(&extensions)).await?;
    let known = store::accounts::credentials(&mut app.db.read().await?, &account.login).await?;
    let known = known.ok_or(Code::SignedOut)?;
    if !auth::verify_password(&app, wanted.password, known.password_hash).await? {
        return Err(Code::WrongPassword.into());
    }
    let opened = app.db.vault().office_key().open(account.id, &wanted.sealed);
    let mut db = app.db.write().await?;
    tried.was_right(&app, &mut db).await?;
    if opened.is_ok() {
        store::audit::note(&mut db, app.now(), Some(account.id), "open_phone_key", "account", "").await?;
    }
    db.commit().await?;
    let key = opened.map_err(|_| Error::invalid("sealed"))?;
    Ok(Answer(PhoneKey { key }))
}

/// Signs out on the server. What a phone holds stays on the phone.
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204)))]
async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<impl IntoResponse, Error> {
    if let Some(token) = auth::token(&headers) {
        let mut db = app.db.write().await?;
        store::sessions::end(&mut db, auth::token_hash(&token)).await?;
        db.commit().await?;
    }
    let cookie = AppendHeaders([(header::SET_COOKIE, auth::cookie(&headers, None))]);
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// Changes the own password; every other session of the account ends.
#[utoipa::path(post, path = "/api/v1/session/password", request_body = ChangePassword, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out or wrong_password"),
    (status = 429, body = Problem, description = "slow_down"),
    (status = 422, body = Problem, description = "the new password is too short or too long"),
))]
async fn change_password(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
    extensions: Extensions,
    Json(change): Json<ChangePassword>,
) -> Result<impl IntoResponse, Error> {
    if !password_fits(&change.new) {
        return Err(Error::invalid("new"));
    }
    let now = app.now();
    let tried = tries::begin(&app, &account.login, tries::address(&extensions)).await?;
    let known = store::accounts::credentials(&mut app.db.read().await?, &account.login).await?;
    let known = known.ok_or(Code::SignedOut)?;
    if !auth::verify_password(&app, change.current, known.password_hash).await? {
        return Err(Code::WrongPassword.into());
    }
    let hash = auth::hash_password(&app, change.new).await?;
    let token = auth::new_token(&app);
    let mut db = app.db.write().await?;
    tried.was_right(&app, &mut db).await?;
    store::accounts::set_password(&mut db, account.id, &hash, false).await?;
    store::sessions::end_all(&mut db, account.id).await?;
    let session = NewSession {
        token_hash: auth::token_hash(&token),
        account: account.id,
        kind: SessionKind::Browser,
        label: "",
        at: now,
        expires_at: now + auth::SESSION_MS_MAX,
    };
    store::sessions::add(&mut db, &session).await?;
    store::audit::note(&mut db, now, Some(account.id), "change_password", "account", "").await?;
    db.commit().await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, auth::cookie(&headers, Some(&token)))]);
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// Makes the first accounts by the one-time link that the first start printed.
#[utoipa::path(post, path = "/api/v1/first-accounts", request_body = FirstAccounts, responses(
    (status = 204),
    (status = 410, body = Problem, description = "the link has been used"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn make_first_accounts(
    State(app): State<App>,
    Json(first): Json<FirstAccounts>,
) -> Result<StatusCode, Error> {
    check_new("sysadmin", &first.sysadmin)?;
    check_new("office", &first.office)?;
    let (sysadmin_login, office_login) =
        (first.sysadmin.login.to_lowercase(), first.office.login.to_lowercase());
    if sysadmin_login == office_login {
        return Err(Error::taken("office.login"));
    }
    if first.office_unit.trim().is_empty() || check_line(&first.office_unit).is_err() {
        return Err(Error::invalid("office_unit"));
    }
    let now = app.now();
    // Hashing is dear: a stranger without the link gets none of it.
    if !link_fits(&mut app.db.read().await?, &first.token).await? {
        return Err(Code::Gone.into());
    }
    let sysadmin_hash = auth::hash_password(&app, first.sysadmin.password).await?;
    let office_hash = auth::hash_password(&app, first.office.password).await?;
    let mut db = app.db.write().await?;
    if !link_fits(&mut db, &first.token).await? {
        return Err(Code::Gone.into());
    }
    let unit =
        Unit { id: UnitId(app.new_id()), name: first.office_unit.trim().to_owned(), kind: UnitKind::Section };
    store::units::add(&mut db, &unit).await?;
    let account = |login, name, role, unit, password_hash| store::accounts::NewAccount {
        id: AccountId(app.new_id()),
        login,
        name,
        role,
        unit,
        password_hash,
        must_change_password: false,
        at: now,
    };
    let sysadmin = account(&*sysadmin_login, &*first.sysadmin.name, Role::Sysadmin, None, &*sysadmin_hash);
    store::accounts::add(&mut db, &sysadmin).await?;
    let office = account(&*office_login, &*first.office.name, Role::Office, Some(unit.id), &*office_hash);
    store::accounts::add(&mut db, &office).await?;
    store::meta::remove(&mut db, store::meta::FIRST_TOKEN).await?;
    store::audit::note(&mut db, now, None, "make_first_accounts", "account", "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a token is the one of the first-start link, and nobody used it.
async fn link_fits(db: &mut store::Connection, token: &str) -> sqlx::Result<bool> {
    let expected = store::meta::get(db, store::meta::FIRST_TOKEN).await?;
    Ok(expected.is_some_and(|it| it == hex_of(token)) && store::accounts::count(db).await? == 0)
}

fn check_new(which: &str, new: &NewAccount) -> Result<(), Error> {
    if !login_fits(&new.login) {
        return Err(Error::invalid(&format!("{which}.login")));
    }
    if new.name.trim().is_empty() || check_line(&new.name).is_err() {
        return Err(Error::invalid(&format!("{which}.name")));
    }
    if !password_fits(&new.password) {
        return Err(Error::invalid(&format!("{which}.password")));
    }
    Ok(())
}

/// What is stored of the first-start token.
pub fn hex_of(token: &str) -> String {
    domain::envelope::Hash(Sha256::digest(token.as_bytes()).into()).to_string()
}
