//! Who is asking: sessions, passwords, and the guard against foreign pages.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    id::{AccountId, UnitId},
    problem::Code,
    role::{Action, Scope, Stage, scope, scope_in},
    session::Account,
};
use sha2::{Digest, Sha256};

use crate::{
    App,
    error::Error,
    store::{
        self,
        sessions::{Found, SessionKind},
    },
};

/// Name of the session cookie.
pub const COOKIE: &str = "sid";
/// Names whose phone asks. A colleague may have signed in at the same device since: what is kept there must
/// not go out under the colleague's name.
const ACCOUNT: &str = "x-zoufang-account";
/// A browser's session ends after this long, in milliseconds: 7 days, for phones are offline for days.
pub const SESSION_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// A browser's session ends when idle this long, in milliseconds: 12 hours in the office's day is
/// too long, but a phone without a network is idle too.
pub const SESSION_IDLE_MS_MAX: i64 = 72 * 60 * 60 * 1_000;
/// How stale the note of the last use may get, in milliseconds: it saves a write a request.
const SEEN_EVERY_MS: i64 = 5 * 60 * 1_000;

/// Argon2id at 19 MiB, 2 passes, 1 lane: the OWASP floor for server logins.
const ARGON2_KIB: u32 = 19 * 1024;
const ARGON2_PASSES: u32 = 2;

/// The account that asks, read from its session.
#[derive(Clone, Debug)]
pub struct Who(pub Account);

impl Who {
    /// Whose session it is.
    ///
    /// # Errors
    ///
    /// `forbidden` while they must change their password.
    pub fn of(session: Found) -> Result<Self, Error> {
        // A script's token was made on the server itself, and its password is nobody's to use.
        if session.account.must_change_password && session.kind == SessionKind::Browser {
            return Err(Code::Forbidden.into());
        }
        Ok(Self(session.account))
    }

    /// How far this person may do `action`.
    ///
    /// # Errors
    ///
    /// `forbidden` when not at all.
    pub fn may(&self, action: Action) -> Result<Reach, Error> {
        self.reach(scope(self.0.role, action)).ok_or_else(|| Code::Forbidden.into())
    }

    /// How far this person may do `action` with a thing that has come to `stage`.
    ///
    /// # Errors
    ///
    /// `forbidden` when not at all.
    pub fn may_in(&self, action: Action, stage: Stage) -> Result<Reach, Error> {
        self.reach(scope_in(self.0.role, action, stage)).ok_or_else(|| Code::Forbidden.into())
    }

    fn reach(&self, scope: Scope) -> Option<Reach> {
        let me = self.0.id;
        match scope {
            Scope::Nothing => None,
            Scope::Own => Some(Reach { author: Some(me), ..Reach::default() }),
            // Whoever belongs to no unit has nothing of a unit's.
            Scope::Unit => self.0.unit.as_ref().map(|it| Reach { unit: Some(it.id), ..Reach::default() }),
            Scope::Others => Some(Reach { not_by: Some(me), ..Reach::default() }),
            Scope::Campaign => Some(Reach::default()),
        }
    }
}

/// The part of the campaign that a permission covers; goes into every WHERE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Only this unit's.
    pub unit: Option<UnitId>,
    /// Only what this person, who asks, made.
    pub author: Option<AccountId>,
    /// Only what another person than this one, who asks, did.
    pub not_by: Option<AccountId>,
}

/// Whoever is signed in, even while they must change the password that someone else set: for the few
/// addresses that do nothing else.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Account);

impl FromRequestParts<App> for Who {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Self::of(session(&parts.headers, app).await?)
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Ok(Self(session(&parts.headers, app).await?.account))
    }
}

/// The session of a request.
///
/// # Errors
///
/// `signed_out` when there is none, or it is someone else's than the phone that asks.
pub async fn session(headers: &HeaderMap, app: &App) -> Result<Found, Error> {
    let token = token(headers).ok_or(Code::SignedOut)?;
    let now = app.now();
    let hash = token_hash(&token);
    let found = app.asking.find(hash, now, now - SESSION_IDLE_MS_MAX).await?.ok_or(Code::SignedOut)?;
    let meant = headers.get(ACCOUNT).and_then(|it| it.to_str().ok());
    if meant.is_some_and(|it| it != found.account.id.to_string()) {
        return Err(Code::SignedOut.into());
    }
    if now - found.seen_at > SEEN_EVERY_MS
        && let Err(cause) = note_seen(app, hash, now).await
    {
        // A full disk stops writing; reading goes on.
        tracing::warn!(%cause, "the last use of a session was not noted");
    }
    Ok(found)
}

async fn note_seen(app: &App, token_hash: [u8; 32], now: i64) -> sqlx::Result<()> {
    let mut db = app.db.write().await?;
    store::sessions::seen(&mut db, token_hash, now).await?;
    db.commit().await
}

/// The session token that a request carries, in the cookie of a browser or the bearer of a script.
pub fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|it| it.to_str().ok())
        .and_then(|it| it.strip_prefix("Bearer "));
    if let Some(token) = bearer {
        return Some(token.trim().to_owned());
    }
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .map(str::to_owned)
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A fresh token: 256 random bits as text.
pub fn new_token(app: &App) -> String {
    URL_SAFE_NO_PAD.encode(app.random())
}

/// The header that hands a browser its session, or takes it away.
///
/// `Secure` is left out only on this very machine, where browsers accept no such cookie over http.
pub fn cookie(headers: &HeaderMap, token: Option<&str>) -> String {
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let secure = if matches!(name, "localhost" | "127.0.0.1" | "[::1]") { "" } else { "; Secure" };
    match token {
        Some(token) => {
            let seconds = SESSION_MS_MAX / 1_000;
            format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
        }
        None => format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}"),
    }
}

/// Refuses changes that another site's page asks for with this browser's cookie.
///
/// `SameSite=Strict` does this already; browsers of five years ago forget it in some cases.
pub async fn refuse_foreign_pages(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let foreign = request
        .headers()
        .get("sec-fetch-site")
        .and_then(|it| it.to_str().ok())
        .is_some_and(|it| matches!(it, "cross-site" | "same-site"));
    if changes && foreign {
        return Error::from(Code::Forbidden).into_response();
    }
    next.run(request).await
}

/// Hashes a password; takes about 40 ms and 19 MiB.
///
/// # Errors
///
/// `internal` when there is no memory for it.
pub async fn hash_password(app: &App, password: String) -> Result<String, Error> {
    let salt = app.random();
    on_a_hashing_thread(app, move || {
        hasher()?
            .hash_password_with_salt(password.as_bytes(), &salt[..16])
            .map(|it| it.to_string())
            .map_err(|_| Error::Damaged("password hash"))
    })
    .await
}

/// Whether a password is the one of a hash.
///
/// # Errors
///
/// `internal` when the hash cannot be read.
pub async fn verify_password(app: &App, password: String, hash: String) -> Result<bool, Error> {
    on_a_hashing_thread(app, move || {
        let hash = PasswordHash::new(&hash).map_err(|_| Error::Damaged("password hash"))?;
        Ok(hasher()?.verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// Takes as long as verifying, for a login that does not exist.
///
/// # Errors
///
/// `internal` when there is no memory for it.
pub async fn verify_nothing(app: &App, password: String) -> Result<(), Error> {
    hash_password(app, password).await.map(drop)
}

async fn on_a_hashing_thread<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let permit = app.hashing.clone().acquire_owned().await.map_err(|_| Error::from(Code::Busy))?;
    let result = tokio::task::spawn_blocking(work).await.map_err(|_| Error::from(Code::Internal))?;
    drop(permit);
    result
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(ARGON2_KIB, ARGON2_PASSES, 1, None).map_err(|_| Error::Damaged("parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
