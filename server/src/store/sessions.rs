//! Sessions: who is signed in, by the hash of what their browser or script holds.

use std::collections::HashMap;

use domain::{envelope::Hash, id::AccountId, session::Account};

use super::{
    devices::Device,
    engine::{Connection, sql},
    many::for_these,
};

/// A session as it is made.
pub struct NewSession<'a> {
    pub token_hash: [u8; 32],
    pub account: AccountId,
    pub kind: SessionKind,
    /// What a script's token is for; of a browser what it says of itself.
    pub label: &'a str,
    pub at: i64,
    pub expires_at: i64,
    /// What needs a confirmation is done until then.
    pub confirmed_until: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    Browser,
    /// For scripts; made on the command line.
    Token,
}

impl SessionKind {
    fn of(word: &str) -> Self {
        if word == "token" { Self::Token } else { Self::Browser }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Token => "token",
        }
    }
}

/// A session that is still good.
#[derive(Clone)]
pub struct Found {
    pub account: Account,
    pub kind: SessionKind,
    pub seen_at: i64,
    /// The device that it is bound to.
    pub device: Option<Device>,
    /// What needs a confirmation is done until then.
    pub confirmed_until: i64,
    /// The account has a second factor.
    pub second_factor: bool,
    /// When the password was set, in milliseconds since 1970; 0 where that was not noted.
    pub password_at: i64,
}

/// A session as its owner's list shows it.
pub struct Listed {
    pub id: Hash,
    pub kind: SessionKind,
    pub label: String,
    pub begun_at: i64,
    pub seen_at: i64,
    pub device: Option<Hash>,
}

const ADD: &str = "insert into session (token_hash, account, kind, label, created_at, seen_at, expires_at,
        confirmed_until)
    values ($1, $2, $3, $4, $5, $5, $6, $7)";
const FIND_IDS: &str =
    "select token_hash, account.id, login, account.name, role, must_change_password, session.seen_at,
        session.kind as session_kind, unit.id as unit, unit.name as unit_name, unit.kind as unit_kind,
        device.public_key as device_key, device.disabled_at as device_disabled_at, session.confirmed_until,
        account.password_at, second_factor.active_at
    from session join account on account.id = session.account left join unit on unit.id = account.unit
        left join device on device.id = session.device
        left join second_factor on second_factor.account = account.id
    where expires_at > $1 and (session.kind = 'token' or seen_at > $2) and account.disabled_at is null
        and token_hash in (";
const SEEN: &str = "update session set seen_at = $2 where token_hash = $1";
const END: &str = "delete from session where token_hash = $1";
const END_ALL: &str = "delete from session where account = $1";
const LIST: &str = "select token_hash, kind, label, created_at, seen_at, device from session
    where account = $1 and expires_at > $2 and (kind = 'token' or seen_at > $3) order by seen_at desc";
const END_OWN: &str = "delete from session where account = $1 and token_hash = $2";
const END_OTHERS: &str = "delete from session where account = $1 and token_hash <> $2 and kind = 'browser'";
const END_ON: &str = "delete from session where device = $1";
const CONFIRM: &str = "update session set confirmed_until = $2 where token_hash = $1 and kind = 'browser'";
const FORGET_EXPIRED: &str = "delete from session where expires_at <= $1";

pub async fn add(db: &mut Connection, session: &NewSession<'_>) -> sqlx::Result<()> {
    sql(ADD)
        .bind(session.token_hash.as_slice())
        .bind(session.account.0)
        .bind(session.kind.as_str())
        .bind(session.label)
        .bind(session.at)
        .bind(session.expires_at)
        .bind(session.confirmed_until)
        .execute(db)
        .await?;
    Ok(())
}

/// The sessions of tokens, by their hashes: not expired, not idle since before `idle_since`, their accounts not
/// disabled.
pub async fn find(
    db: &mut Connection,
    token_hashes: &[Vec<u8>],
    now: i64,
    idle_since: i64,
) -> sqlx::Result<HashMap<Vec<u8>, Found>> {
    let rows = for_these(db, FIND_IDS, ")", &[now.into(), idle_since.into()], token_hashes).await?;
    rows.iter()
        .map(|row| {
            let account = super::accounts::account_of(row)?;
            let key = row.get::<Option<Vec<u8>>>("device_key");
            let found = Found {
                device: key
                    .map(|key| Device::of(account.id, key, row.get("device_disabled_at")))
                    .transpose()?,
                account,
                seen_at: row.get("seen_at"),
                kind: SessionKind::of(row.get("session_kind")),
                confirmed_until: row.get("confirmed_until"),
                password_at: row.get("password_at"),
                second_factor: row.get::<Option<i64>>("active_at").is_some(),
            };
            Ok((row.get("token_hash"), found))
        })
        .collect()
}

pub async fn seen(db: &mut Connection, token_hash: [u8; 32], at: i64) -> sqlx::Result<()> {
    sql(SEEN).bind(token_hash.as_slice().to_vec()).bind(at).execute(db).await?;
    Ok(())
}

/// The sessions of an account that are still good, the latest first.
pub async fn list(
    db: &mut Connection,
    account: AccountId,
    now: i64,
    idle_since: i64,
) -> sqlx::Result<Vec<Listed>> {
    let rows = sql(LIST).bind(account.0).bind(now).bind(idle_since).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let device = row.get::<Option<Vec<u8>>>("device");
            Ok(Listed {
                id: hash_of(row.get("token_hash"))?,
                kind: SessionKind::of(row.get("kind")),
                label: row.get("label"),
                begun_at: row.get("created_at"),
                seen_at: row.get("seen_at"),
                device: device.map(hash_of).transpose()?,
            })
        })
        .collect()
}

/// A hash as it is kept.
pub fn hash_of(bytes: Vec<u8>) -> sqlx::Result<Hash> {
    let other_length = |_| sqlx::Error::Decode("a hash of another length".into());
    bytes.try_into().map(Hash).map_err(other_length)
}

/// Ends a session of an account; answers whether there was one.
pub async fn end_own(db: &mut Connection, account: AccountId, id: Hash) -> sqlx::Result<bool> {
    Ok(sql(END_OWN).bind(account.0).bind(id.0.to_vec()).execute(db).await? > 0)
}

/// Ends all sessions of an account in browsers but for the one that asks.
pub async fn end_others(db: &mut Connection, account: AccountId, this: [u8; 32]) -> sqlx::Result<()> {
    sql(END_OTHERS).bind(account.0).bind(this.to_vec()).execute(db).await?;
    Ok(())
}

/// Ends the sessions that are bound to a device.
pub async fn end_on(db: &mut Connection, device: Hash) -> sqlx::Result<()> {
    sql(END_ON).bind(device.0.to_vec()).execute(db).await?;
    Ok(())
}

/// Whoever is signed in has said again who they are. A script cannot.
pub async fn confirm(db: &mut Connection, token_hash: [u8; 32], until: i64) -> sqlx::Result<()> {
    sql(CONFIRM).bind(token_hash.to_vec()).bind(until).execute(db).await?;
    Ok(())
}

pub async fn end(db: &mut Connection, token_hash: [u8; 32]) -> sqlx::Result<()> {
    sql(END).bind(token_hash.as_slice().to_vec()).execute(db).await?;
    Ok(())
}

/// Ends every session of an account: its password changed or it was disabled.
pub async fn end_all(db: &mut Connection, account: AccountId) -> sqlx::Result<()> {
    sql(END_ALL).bind(account.0).execute(db).await?;
    Ok(())
}

pub async fn forget_expired(db: &mut Connection, now: i64) -> sqlx::Result<()> {
    sql(FORGET_EXPIRED).bind(now).execute(db).await?;
    Ok(())
}
