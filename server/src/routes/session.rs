//! Signing in and out, and the first accounts.

use axum::{
    Json as Answer,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse},
};
use domain::{
    access::BROWSER_CHARS_MAX,
    campaign::{Unit, UnitKind},
    device::BindDevice,
    id::{AccountId, UnitId},
    phone_key::{OpenPhoneKey, PhoneKey},
    problem::{Code, Problem},
    role::{Action, Role, Scope, scope},
    second_factor::{CONFIRMED_MS, Confirm, SignInWithCode},
    session::{Account, ChangePassword, FirstAccounts, NewAccount, Session, SignIn, login_fits},
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
    passwords,
    routes::clues,
    second_factor,
    serving::Line,
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
        .routes(routes!(sign_in_with_code))
        .routes(routes!(is_confirmed, confirm))
        .routes(routes!(bind_device))
        .routes(routes!(open_phone_key))
        .routes(routes!(change_password))
        .routes(routes!(make_first_accounts))
}

/// Signs in; the session travels in a cookie.
#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn, responses(
    (status = 200, body = Session),
    (status = 401, body = Problem, description = "wrong_password"),
    (status = 403, body = Problem, description = "confirm_first: the account has a second factor, sign in with a code; forbidden, with the field provider: sign in by it"),
    (status = 429, body = Problem, description = "slow_down"),
))]
async fn sign_in(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    line: Line,
    Json(sign_in): Json<SignIn>,
) -> Result<impl IntoResponse, Error> {
    enter(&app, &extensions, &headers, line, sign_in, None).await
}

/// Signs in with a password and a code of the second factor.
#[utoipa::path(post, path = "/api/v1/session/code", request_body = SignInWithCode, responses(
    (status = 200, body = Session),
    (status = 401, body = Problem, description = "wrong_password; with the field code it is that which is wrong"),
    (status = 403, body = Problem, description = "forbidden, with the field provider: sign in by it"),
    (status = 429, body = Problem, description = "slow_down"),
))]
async fn sign_in_with_code(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    line: Line,
    Json(sign_in): Json<SignInWithCode>,
) -> Result<impl IntoResponse, Error> {
    let SignInWithCode { login, password, code } = sign_in;
    enter(&app, &extensions, &headers, line, SignIn { login, password }, Some(&code)).await
}

async fn enter(
    app: &App,
    extensions: &Extensions,
    headers: &HeaderMap,
    line: Line,
    sign_in: SignIn,
    code: Option<&str>,
) -> Result<impl IntoResponse + use<>, Error> {
    let now = app.now();
    let login = sign_in.login.trim().to_lowercase();
    let tried = tries::begin(app, &login, tries::address(extensions)).await?;
    let known = store::accounts::credentials(&mut app.db.read().await?, &login).await?;
    let Some(known) = known else {
        auth::verify_nothing(app, sign_in.password).await?;
        return Err(Code::WrongPassword.into());
    };
    if !auth::verify_password(app, sign_in.password, known.password_hash).await? {
        return Err(Code::WrongPassword.into());
    }
    let mut db = app.db.write().await?;
    see_that_a_password_is_enough(app, &mut db, known.id).await?;
    // The try counts as wrong until the code is right too: who has the password guesses no faster.
    check_code(&mut db, known.id, now, code).await?;
    tried.was_right(app, &mut db).await?;
    let token = open_session(app, &mut db, headers, known.id).await?;
    db.commit().await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, auth::cookie(headers, line, Some(&token)))]);
    Ok((cookie, Answer(signed_in(app, known.id).await?)))
}

/// Where one signs in by the provider alone, an administrator still can by the password if no other one could by the
/// provider: an installation that nobody gets into is none.
async fn see_that_a_password_is_enough(
    app: &App,
    db: &mut store::Connection,
    id: AccountId,
) -> Result<(), Error> {
    let Some(provider) = app.provider.as_ref().filter(|_| app.policy.rules.provider_only) else {
        return Ok(());
    };
    let listed = store::accounts::get(db, id).await?.ok_or(Code::SignedOut)?;
    let last = listed.account.role == Role::Sysadmin
        && !store::oidc::has_other_administrator(db, provider.issuer(), id).await?;
    if last { Ok(()) } else { Err(Error::by_provider()) }
}

/// Sees that the code is right where the account has a second factor.
///
/// # Errors
///
/// `confirm_first` without a code, `wrong_password` with the field `code`.
pub async fn check_code(
    db: &mut store::Connection,
    account: AccountId,
    now: i64,
    code: Option<&str>,
) -> Result<(), Error> {
    if store::second_factors::is_active(db, account).await? {
        let code = code.ok_or_else(|| Error::confirm_first("code"))?;
        if !second_factor::take(db, account, now, code).await? {
            return Err(Error::wrong_code());
        }
    }
    Ok(())
}

/// Begins a session for whoever has shown who they are; its token.
///
/// # Errors
///
/// The database's.
pub async fn open_session(
    app: &App,
    db: &mut store::Connection,
    headers: &HeaderMap,
    account: AccountId,
) -> sqlx::Result<String> {
    let (now, token) = (app.now(), auth::new_token(app));
    store::sessions::forget_expired(db, now).await?;
    add_session(db, headers, &token, account, now, now + CONFIRMED_MS).await?;
    Ok(token)
}

/// What whoever has just signed in is told.
///
/// # Errors
///
/// The database's.
pub async fn signed_in(app: &App, id: AccountId) -> Result<Session, Error> {
    let listed = store::accounts::get(&mut app.db.read().await?, id).await?.ok_or(Code::SignedOut)?;
    let mut account = listed.account;
    account.must_change_password |= app.policy.rules.is_too_old(listed.password_at, app.now());
    session_of(app, account).await
}

/// Adds a browser's session, with what the browser says of itself.
async fn add_session(
    db: &mut store::Connection,
    headers: &HeaderMap,
    token: &str,
    account: AccountId,
    at: i64,
    confirmed_until: i64,
) -> sqlx::Result<()> {
    let browser = headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let label: String = browser.chars().take(BROWSER_CHARS_MAX).collect();
    let session = NewSession {
        token_hash: auth::token_hash(token),
        account,
        kind: SessionKind::Browser,
        label: &label,
        at,
        expires_at: at + auth::SESSION_MS_MAX,
        confirmed_until,
    };
    store::sessions::add(db, &session).await
}

/// Whether this session is confirmed: for what cannot go on by itself after `confirm_first`, such as a download.
#[utoipa::path(get, path = "/api/v1/session/confirmation", responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "confirm_first"),
))]
async fn is_confirmed(
    State(app): State<App>,
    SignedIn(_, confirmation): SignedIn,
) -> Result<StatusCode, Error> {
    confirmation.check(&app)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says once more who is signed in, by a code where there is a second factor, else by the password: for ten minutes
/// this session may do what needs that.
#[utoipa::path(post, path = "/api/v1/session/confirmation", request_body = Confirm, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out, or wrong_password; with the field code it is that which is wrong"),
    (status = 403, body = Problem, description = "forbidden: a script's token confirms nothing"),
    (status = 429, body = Problem, description = "slow_down"),
))]
async fn confirm(
    State(app): State<App>,
    headers: HeaderMap,
    extensions: Extensions,
    Json(confirm): Json<Confirm>,
) -> Result<StatusCode, Error> {
    let found = auth::session(&headers, &app).await?;
    if found.kind == SessionKind::Token {
        return Err(Code::Forbidden.into());
    }
    let (now, account) = (app.now(), found.account);
    let tried = tries::begin(&app, &account.login, tries::address(&extensions)).await?;
    if !found.second_factor {
        let known = store::accounts::credentials(&mut app.db.read().await?, &account.login).await?;
        let known = known.ok_or(Code::SignedOut)?;
        if !auth::verify_password(&app, confirm.password, known.password_hash).await? {
            return Err(Code::WrongPassword.into());
        }
    }
    let mut db = app.db.write().await?;
    if found.second_factor && !second_factor::take(&mut db, account.id, now, &confirm.code).await? {
        return Err(Error::wrong_code());
    }
    tried.was_right(&app, &mut db).await?;
    let token = auth::token(&headers).ok_or(Code::SignedOut)?;
    store::sessions::confirm(&mut db, auth::token_hash(&token), now + CONFIRMED_MS).await?;
    store::audit::note_of_account(&mut db, now, account.id, "confirm", account.id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
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
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?;
    let sealing = match scope(account.role, Action::SealClue) {
        Scope::Nothing => None,
        _ => Some(clues::sealing_of(app, &mut db, &account).await?),
    };
    let receipt_key = Some(app.receipt_key.public().to_string());
    let office_key = Some(app.db.vault().office_key().public());
    Ok(Session { account, campaign, server_time: app.now(), receipt_key, office_key, sealing, device: None })
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
    Ok(Answer(PhoneKey { key: hex::encode(key) }))
}

/// Signs out on the server. What a phone holds stays on the phone.
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204)))]
async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
    line: Line,
) -> Result<impl IntoResponse, Error> {
    if let Some(token) = auth::token(&headers) {
        let mut db = app.db.write().await?;
        store::sessions::end(&mut db, auth::token_hash(&token)).await?;
        db.commit().await?;
    }
    let cookie = AppendHeaders([(header::SET_COOKIE, auth::cookie(&headers, line, None))]);
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// Changes the own password; every other session of the account ends.
#[utoipa::path(post, path = "/api/v1/session/password", request_body = ChangePassword, responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out or wrong_password"),
    (status = 429, body = Problem, description = "slow_down"),
    (status = 422, body = Problem, description = "the new password is weak, see the field"),
))]
async fn change_password(
    State(app): State<App>,
    headers: HeaderMap,
    line: Line,
    SignedIn(account, confirmation): SignedIn,
    extensions: Extensions,
    Json(change): Json<ChangePassword>,
) -> Result<impl IntoResponse, Error> {
    let now = app.now();
    let tried = tries::begin(&app, &account.login, tries::address(&extensions)).await?;
    let known = store::accounts::credentials(&mut app.db.read().await?, &account.login).await?;
    let known = known.ok_or(Code::SignedOut)?;
    if !auth::verify_password(&app, change.current, known.password_hash).await? {
        return Err(Code::WrongPassword.into());
    }
    let mut db = app.db.write().await?;
    tried.was_right(&app, &mut db).await?;
    // A new password that is too weak is no wrong try.
    db.commit().await?;
    let hash = passwords::accept(&app, "new", &account.login, Some(account.id), change.new).await?;
    let token = auth::new_token(&app);
    let mut db = app.db.write().await?;
    store::accounts::set_password(&mut db, account.id, &hash, now, app.policy.rules.strict_passwords).await?;
    store::sessions::end_all(&mut db, account.id).await?;
    add_session(&mut db, &headers, &token, account.id, now, confirmation.until()).await?;
    store::audit::note(&mut db, now, Some(account.id), "change_password", "account", "").await?;
    db.commit().await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, auth::cookie(&headers, line, Some(&token)))]);
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// Makes the first accounts by the one-time link that the first start printed.
#[utoipa::path(post, path = "/api/v1/first-accounts", request_body = FirstAccounts, responses(
    (status = 204),
    (status = 409, body = Problem, description = "taken: the two logins are one"),
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
    let (a, o) = ("sysadmin.password", "office.password");
    let sysadmin_hash = passwords::accept(&app, a, &sysadmin_login, None, first.sysadmin.password).await?;
    let office_hash = passwords::accept(&app, o, &office_login, None, first.office.password).await?;
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
    Ok(())
}

/// What is stored of the first-start token.
pub fn hex_of(token: &str) -> String {
    domain::envelope::Hash(Sha256::digest(token.as_bytes()).into()).to_string()
}
