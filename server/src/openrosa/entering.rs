//! Who comes in by the door: HTTP Basic (RFC 7617) with a login and a password that is made for the door alone.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    campaign::Unit,
    role::may_have_door_password,
    session::{Account, LOGIN_CHARS_MAX},
};

use super::Refusal;
use crate::{App, auth, serving::Line, store, tries};

/// Letters and digits that are not mistaken for each other on a small screen.
const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Characters of a password in groups: 59 bits, of which nobody guesses more than some a minute.
const GROUPS: usize = 3;
const GROUP_CHARS: usize = 4;

/// Whoever came in by the door, and the unit that they record for.
pub struct AtDoor(pub Account, pub Unit);

impl FromRequestParts<App> for AtDoor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let open = store::meta::get(&mut app.db.read().await?, store::meta::OPENROSA_OPEN).await?;
        if open.is_none() {
            return Err(Refusal::Closed);
        }
        if !is_private(parts) {
            return Err(Refusal::InTheClear);
        }
        let (login, password) = basic(&parts.headers).ok_or(Refusal::Unknown)?;
        let address = tries::address(&parts.extensions);
        let account = check_password(app, &login, password, address).await?;
        if !may_have_door_password(account.role) {
            return Err(Refusal::NotForYou);
        }
        let unit = account.unit.clone().ok_or(Refusal::NotForYou)?;
        Ok(Self(account, unit))
    }
}

/// Whether nobody else can read the line: it is encrypted here, or ends on this very machine, where a proxy may stand in front.
/// Basic sends the password with each request.
fn is_private(parts: &Parts) -> bool {
    let here = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    Line::of(&parts.extensions).encrypted || here.is_some_and(|it| it.0.ip().to_canonical().is_loopback())
}

/// Login and password of a request.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = given.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = pair.split_once(':')?;
    let login = login.trim().to_lowercase();
    (login.chars().count() <= LOGIN_CHARS_MAX).then(|| (login, password.to_owned()))
}

/// The account whose password for the door it is; guessing is slowed as it is at signing in, and apart from that: nobody is kept
/// from signing in by what happens at the door.
///
/// # Errors
///
/// [`Refusal::Unknown`]; `slow_down`.
pub async fn check_password(
    app: &App,
    login: &str,
    password: String,
    address: Option<std::net::IpAddr>,
) -> Result<Account, Refusal> {
    // No login has a blank in it.
    let tried = tries::begin(app, &format!("door {login}"), address).await?;
    let mut db = app.db.read().await?;
    let found = store::accounts::by_login(&mut db, login).await?.filter(|it| !it.disabled);
    let hash = match &found {
        Some(it) => store::openrosa::password_hash(&mut db, it.account.id).await?,
        None => None,
    };
    drop(db);
    let (Some(found), Some(hash)) = (found, hash) else {
        auth::verify_nothing(app, password).await?;
        return Err(Refusal::Unknown);
    };
    if !auth::verify_password(app, password, hash).await? {
        return Err(Refusal::Unknown);
    }
    let mut db = app.db.write().await?;
    tried.was_right(app, &mut db).await?;
    store::openrosa::note_use(&mut db, found.account.id, app.now()).await?;
    db.commit().await?;
    Ok(found.account)
}

/// A fresh password, in groups that can be read out.
pub fn new_password(app: &App) -> String {
    let random = app.random();
    // Bytes of 248 and more would make the first letters likelier; 32 bytes have enough others.
    let mut letters = random.iter().map(|it| usize::from(*it)).filter(|it| *it < 8 * LETTERS.len());
    let mut group = || -> String {
        letters.by_ref().take(GROUP_CHARS).map(|it| char::from(LETTERS[it % LETTERS.len()])).collect()
    };
    (0..GROUPS).map(|_| group()).collect::<Vec<_>>().join("-")
}
