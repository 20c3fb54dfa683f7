//! One-time links by which people set their passwords; one an account.

use domain::id::AccountId;

use super::engine::{Connection, sql};

const KEEP: &str = "insert into invitation (account, token_hash, expires_at) values ($1, $2, $3)
    on conflict (account) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at";
const FIND: &str = "select invitation.account from invitation join account on account.id = invitation.account
    where token_hash = $1 and expires_at > $2 and account.disabled_at is null";
const REMOVE: &str = "delete from invitation where account = $1";

/// Keeps a link of an account in the place of one of before.
pub async fn keep(
    db: &mut Connection,
    account: AccountId,
    token_hash: [u8; 32],
    expires_at: i64,
) -> sqlx::Result<()> {
    sql(KEEP).bind(account.0).bind(token_hash.to_vec()).bind(expires_at).execute(db).await?;
    Ok(())
}

/// Whose a link is, that has not expired at `now`.
pub async fn find(db: &mut Connection, token_hash: [u8; 32], now: i64) -> sqlx::Result<Option<AccountId>> {
    let row = sql(FIND).bind(token_hash.to_vec()).bind(now).fetch_optional(db).await?;
    Ok(row.map(|row| AccountId(row.get("account"))))
}

/// The link was used.
pub async fn remove(db: &mut Connection, account: AccountId) -> sqlx::Result<()> {
    sql(REMOVE).bind(account.0).execute(db).await?;
    Ok(())
}
