//! Sessions: who is signed in, by the hash of what their browser or script holds.

use std::collections::HashMap;

use domain::{id::AccountId, session::Account};

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
    pub label: &'a str,
    pub at: i64,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    Browser,
    /// For scripts; made on the command line.
    Token,
}

impl SessionKind {
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
}

const ADD: &str = "insert into session (token_hash, account, kind, label, created_at, seen_at, expires_at)
    values ($1, $2, $3, $4, $5, $5, $6)";
const FIND_IDS: &str =
    "select token_hash, account.id, login, account.name, role, must_change_password, session.seen_at,
        session.kind as session_kind, unit.id as unit, unit.name as unit_name, unit.kind as unit_kind,
        device.public_key as device_key
    from session join account on account.id = session.account left join unit on unit.id = account.unit
        left join device on device.id = session.device
    where expires_at > $1 and (session.kind = 'token' or seen_at > $2) and account.disabled_at is null
        and token_hash in (";
const SEEN: &str = "update session set seen_at = $2 where token_hash = $1";
const END: &str = "delete from session where token_hash = $1";
const END_ALL: &str = "delete from session where account = $1";
const FORGET_EXPIRED: &str = "delete from session where expires_at <= $1";

pub async fn add(db: &mut Connection, session: &NewSession<'_>) -> sqlx::Result<()> {
    sql(ADD)
        .bind(session.token_hash.as_slice())
        .bind(session.account.0)
        .bind(session.kind.as_str())
        .bind(session.label)
        .bind(session.at)
        .bind(session.expires_at)
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
            let token = row.get::<&str>("session_kind") == "token";
            let account = super::accounts::account_of(row)?;
            let key = row.get::<Option<Vec<u8>>>("device_key");
            let found = Found {
                device: key.map(|key| Device::of(account.id, key)).transpose()?,
                account,
                seen_at: row.get("seen_at"),
                kind: if token { SessionKind::Token } else { SessionKind::Browser },
            };
            Ok((row.get("token_hash"), found))
        })
        .collect()
}

pub async fn seen(db: &mut Connection, token_hash: [u8; 32], at: i64) -> sqlx::Result<()> {
    sql(SEEN).bind(token_hash.as_slice().to_vec()).bind(at).execute(db).await?;
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
