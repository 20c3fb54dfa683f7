//! Tries to sign in, by login: the same whether there is such a login or not.

use super::engine::{Connection, sql};

/// What came of the tries before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Wrong passwords in a row.
    pub failures: i64,
    /// No try is looked at before.
    pub retry_at: i64,
}

const FORGET_BEFORE: &str = "delete from sign_in_try where last_at < $1";
const GET: &str = "select failures, retry_at from sign_in_try where login = $1";
const KEEP: &str = "insert into sign_in_try (login, failures, retry_at, last_at) values ($1, $2, $3, $4)
    on conflict (login) do update set failures = excluded.failures, retry_at = excluded.retry_at,
        last_at = excluded.last_at";
const FORGIVE: &str = "delete from sign_in_try where login = $1";

pub async fn get(db: &mut Connection, login: &str) -> sqlx::Result<Tries> {
    let row = sql(GET).bind(login).fetch_optional(db).await?;
    Ok(row.map(|row| Tries { failures: row.get(0), retry_at: row.get(1) }).unwrap_or_default())
}

/// Keeps what came of the tries, and forgets those of which the last was before `forget_before`.
pub async fn keep(
    db: &mut Connection,
    login: &str,
    tries: Tries,
    at: i64,
    forget_before: i64,
) -> sqlx::Result<()> {
    sql(FORGET_BEFORE).bind(forget_before).execute(&mut *db).await?;
    let query = sql(KEEP).bind(login).bind(tries.failures).bind(tries.retry_at).bind(at);
    query.execute(db).await?;
    Ok(())
}

/// The password was right.
pub async fn forgive(db: &mut Connection, login: &str) -> sqlx::Result<()> {
    sql(FORGIVE).bind(login).execute(db).await?;
    Ok(())
}
