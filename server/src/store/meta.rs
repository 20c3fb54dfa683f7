//! Facts about this database as a whole.

use super::engine::{Connection, sql};

/// Names the history of this database; another one starts when it is restored behind its phones.
pub const EPOCH: &str = "epoch";
/// SHA-256 of the token of the first-start link, in hexadecimal; removed once used.
pub const FIRST_TOKEN: &str = "first_token";

/// Set when the folder was filled with the demo.
pub const DEMO: &str = "demo";

const GET: &str = "select value from meta where key = $1";
const SET: &str = "insert into meta (key, value) values ($1, $2)
    on conflict (key) do update set value = excluded.value";
const REMOVE: &str = "delete from meta where key = $1";

pub async fn get(db: &mut Connection, key: &str) -> sqlx::Result<Option<String>> {
    Ok(sql(GET).bind(key).fetch_optional(db).await?.map(|row| row.get(0)))
}

pub async fn set(db: &mut Connection, key: &str, value: &str) -> sqlx::Result<()> {
    sql(SET).bind(key).bind(value).execute(db).await?;
    Ok(())
}

pub async fn remove(db: &mut Connection, key: &str) -> sqlx::Result<()> {
    sql(REMOVE).bind(key).execute(db).await?;
    Ok(())
}
