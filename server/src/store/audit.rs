//! The audit log: who looked at or changed what, and why.

use domain::id::AccountId;

use super::Connection;

const NOTE: &str = "insert into audit (at, account, act, object, reason) values ($1, $2, $3, $4, $5)";

/// Notes an act in the transaction that does it, so that neither stands without the other.
///
/// `object` names a kind and an id; neither it nor `act` holds anything personal.
pub async fn note(
    db: &mut Connection,
    at: i64,
    account: Option<AccountId>,
    act: &str,
    object: &str,
    reason: &str,
) -> sqlx::Result<()> {
    sqlx::query(NOTE)
        .bind(at)
        .bind(account.map(|it| it.0))
        .bind(act)
        .bind(object)
        .bind(reason)
        .execute(db)
        .await?;
    Ok(())
}
