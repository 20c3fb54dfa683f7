//! Accounts by whom the provider of OpenID Connect means, and sign-ins that led to a session.

use domain::id::AccountId;

use super::engine::{Connection, sql};

/// An account that the provider's subject is bound to.
pub struct Bound {
    pub id: AccountId,
    pub login: String,
}

const BOUND: &str =
    "select account.id, login from oidc_subject join account on account.id = oidc_subject.account
    where issuer = $1 and subject = $2 and disabled_at is null";
const BIND: &str = "insert into oidc_subject (account, issuer, subject, bound_at) values ($1, $2, $3, $4)
    on conflict (account) do update set issuer = excluded.issuer, subject = excluded.subject, bound_at = excluded.bound_at";
const OTHER: &str = "select 1 from oidc_subject where issuer = $1 and subject = $2 and account <> $3";
const UNBIND: &str = "delete from oidc_subject where account = $1";
const OTHER_ADMINISTRATOR: &str =
    "select 1 from oidc_subject join account on account.id = oidc_subject.account
    where issuer = $1 and role = 'sysadmin' and disabled_at is null and account.id <> $2 limit 1";
const USE: &str = "insert into oidc_used (state, expires_at) values ($1, $2) on conflict (state) do nothing";
const FORGET: &str = "delete from oidc_used where expires_at <= $1";

/// The account of a subject, unless it is disabled.
pub async fn bound(db: &mut Connection, issuer: &str, subject: &str) -> sqlx::Result<Option<Bound>> {
    let row = sql(BOUND).bind(issuer).bind(subject).fetch_optional(db).await?;
    Ok(row.map(|row| Bound { id: AccountId(row.get(0)), login: row.get(1) }))
}

/// Binds an account to a subject, in the place of the one before; answers whether that is no other account's.
pub async fn bind(
    db: &mut Connection,
    account: AccountId,
    issuer: &str,
    subject: &str,
    at: i64,
) -> sqlx::Result<bool> {
    if sql(OTHER).bind(issuer).bind(subject).bind(account.0).fetch_optional(&mut *db).await?.is_some() {
        return Ok(false);
    }
    sql(BIND).bind(account.0).bind(issuer).bind(subject).bind(at).execute(db).await?;
    Ok(true)
}

/// Looses an account from its subject; answers whether it had one.
pub async fn unbind(db: &mut Connection, account: AccountId) -> sqlx::Result<bool> {
    Ok(sql(UNBIND).bind(account.0).execute(db).await? > 0)
}

/// Whether an administrator other than this account can sign in by the provider.
pub async fn has_other_administrator(
    db: &mut Connection,
    issuer: &str,
    account: AccountId,
) -> sqlx::Result<bool> {
    let row = sql(OTHER_ADMINISTRATOR).bind(issuer).bind(account.0).fetch_optional(db).await?;
    Ok(row.is_some())
}

/// Uses a sign-in up; answers whether nobody did before.
pub async fn use_up(db: &mut Connection, state: [u8; 32], now: i64, expires_at: i64) -> sqlx::Result<bool> {
    sql(FORGET).bind(now).execute(&mut *db).await?;
    Ok(sql(USE).bind(state.to_vec()).bind(expires_at).execute(db).await? > 0)
}
