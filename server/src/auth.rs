//! Who is asking: sessions and passwords.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    id::{AccountId, UnitId},
    password::PASSWORD_MS_MAX,
    problem::Code,
    role::{Action, Scope, Stage, scope, scope_in},
    session::Account,
};
use sha2::{Digest, Sha256};

use crate::{
    App,
    error::Error,
    serving::Line,
    store::{
        self,
        sessions::{Found, SessionKind},
    },
};

/// Name of the session cookie: by its prefix browsers see to it that no other host, and no page in the clear, sets it.
const COOKIE: &str = "__Host-sid";
/// Its name on this very machine over http, where browsers accept no such cookie.
const LOCAL_COOKIE: &str = "sid";
/// Names of the cookie that lasts while the provider is asked who it is, likewise.
const PROVIDER_COOKIE: &str = "__Host-oidc";
const LOCAL_PROVIDER_COOKIE: &str = "oidc";
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

/// What a hash of a password costs, by Argon2id on one lane; each hash names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
}

/// 19 MiB and 2 passes: the OWASP floor for server logins.
impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// What this server asks of whoever signs in, beyond a password.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Every role that can have a second factor must: who has none sets one up before anything else.
    pub second_factor_required: bool,
    /// Passwords have three of four classes of characters, are none of the last five, and count for 90 days.
    pub strict_passwords: bool,
    /// Where there is a provider, one signs in by it alone.
    pub provider_only: bool,
}

impl Rules {
    /// Whether a password is to be changed that was set at a time.
    pub fn is_too_old(self, password_at: i64, now: i64) -> bool {
        self.strict_passwords && !self.provider_only && now - password_at > PASSWORD_MS_MAX
    }
}

/// How long a session counts as confirmed, and by what it is confirmed again.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation {
    until: i64,
    second_factor: bool,
}

impl Confirmation {
    /// That of a session.
    pub fn of(session: &Found) -> Self {
        Self { until: session.confirmed_until, second_factor: session.second_factor }
    }

    /// In milliseconds since 1970.
    pub fn until(self) -> i64 {
        self.until
    }

    /// Sees that whoever is signed in has said who they are within the last ten minutes.
    ///
    /// # Errors
    ///
    /// `confirm_first`, with what is to be told.
    pub fn check(self, app: &App) -> Result<(), Error> {
        if app.now() < self.until {
            return Ok(());
        }
        Err(Error::confirm_first(if self.second_factor { "code" } else { "password" }))
    }
}

/// The account that asks, read from its session.
#[derive(Clone, Debug)]
pub struct Who(pub Account, pub Confirmation);

impl Who {
    /// Whose session it is.
    ///
    /// # Errors
    ///
    /// `forbidden` while they must change their password or set up a second factor.
    pub fn of(session: Found, rules: Rules) -> Result<Self, Error> {
        let (confirmation, account) = (Confirmation::of(&session), session.account);
        // A script's token was made on the server itself, and its password is nobody's to use.
        if session.kind == SessionKind::Token {
            return Ok(Self(account, confirmation));
        }
        if account.must_change_password {
            return Err(Code::Forbidden.into());
        }
        if rules.second_factor_required && account.role.has_second_factor() && !session.second_factor {
            return Err(Error::second_factor_missing());
        }
        Ok(Self(account, confirmation))
    }

    /// Sees that this person has confirmed who they are, see [`Confirmation::check`].
    ///
    /// # Errors
    ///
    /// `confirm_first`.
    pub fn confirmed(&self, app: &App) -> Result<(), Error> {
        self.1.check(app)
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

/// Whoever is signed in, even while they must change their password or set up a second factor: for the few
/// addresses that do nothing else.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Account, pub Confirmation);

impl FromRequestParts<App> for Who {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Self::of(session(&parts.headers, app).await?, app.policy.rules)
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let session = session(&parts.headers, app).await?;
        let confirmation = Confirmation::of(&session);
        Ok(Self(session.account, confirmation))
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
    let found = app.asking.find(hash, now, now - SESSION_IDLE_MS_MAX).await?;
    let mut found = found.ok_or(Code::SignedOut)?;
    found.account.must_change_password |= app.policy.rules.is_too_old(found.password_at, now);
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
    cookie_of(headers, COOKIE, LOCAL_COOKIE)
}

/// What a browser holds while the provider is asked who it is.
pub fn provider_cookie_of(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, PROVIDER_COOKIE, LOCAL_PROVIDER_COOKIE)
}

fn cookie_of(headers: &HeaderMap, name: &str, local_name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    let local = is_local(headers);
    let found = pairs.find(|it| it.0 == name || (local && it.0 == local_name));
    found.map(|it| it.1.to_owned())
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
pub fn cookie(headers: &HeaderMap, line: Line, token: Option<&str>) -> String {
    let names = [COOKIE, LOCAL_COOKIE];
    cookie_line(headers, line, names, token, SESSION_MS_MAX, "Strict")
}

/// The header that hands a browser what it holds while the provider is asked, or takes it away. The provider leads back here
/// from its own site, and `Strict` would not come along.
pub fn provider_cookie(headers: &HeaderMap, line: Line, sealed: Option<&str>, ms: i64) -> String {
    let names = [PROVIDER_COOKIE, LOCAL_PROVIDER_COOKIE];
    cookie_line(headers, line, names, sealed, ms, "Lax")
}

fn cookie_line(
    headers: &HeaderMap,
    line: Line,
    [name, local_name]: [&str; 2],
    value: Option<&str>,
    ms: i64,
    site: &str,
) -> String {
    let (name, secure) = if is_https(headers, line) { (name, "; Secure") } else { (local_name, "") };
    let (value, seconds) = value.map_or(("", 0), |it| (it, ms / 1_000));
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={site}{secure}")
}

/// Whether the browser asks encrypted: here, or a proxy in front.
pub fn is_https(headers: &HeaderMap, line: Line) -> bool {
    line.encrypted || !is_local(headers)
}

/// Where a request was sent, for addresses that are handed out: `https://zoufang.example`.
pub fn origin(headers: &HeaderMap, line: Line) -> String {
    let scheme = if is_https(headers, line) { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok()).unwrap_or_default();
    format!("{scheme}://{host}")
}

/// Whether the browser is on this very machine.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// Hashes a password; takes about 40 ms and 19 MiB.
///
/// # Errors
///
/// `internal` when there is no memory for it.
pub async fn hash_password(app: &App, password: String) -> Result<String, Error> {
    let (salt, cost) = (app.random(), app.password_cost);
    on_a_hashing_thread(app, move || {
        hasher(cost)?
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
    let cost = app.password_cost;
    on_a_hashing_thread(app, move || {
        let hash = PasswordHash::new(&hash).map_err(|_| Error::Damaged("password hash"))?;
        Ok(hasher(cost)?.verify_password(password.as_bytes(), &hash).is_ok())
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

/// Does what takes long beside the requests, as many at once as there are cores.
///
/// # Errors
///
/// `busy` while the server stops, and what the work answers.
pub async fn on_a_hashing_thread<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let permit = app.hashing.clone().acquire_owned().await.map_err(|_| Error::from(Code::Busy))?;
    let result = tokio::task::spawn_blocking(work).await.map_err(|_| Error::from(Code::Internal))?;
    drop(permit);
    result
}

fn hasher(cost: PasswordCost) -> Result<Argon2<'static>, Error> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None);
    let params = params.map_err(|_| Error::Damaged("parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_costs_what_the_owasp_asks_at_least() {
        assert_eq!(PasswordCost::default(), PasswordCost { memory_kib: 19_456, passes: 2 });
    }
}
