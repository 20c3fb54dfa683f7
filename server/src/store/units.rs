//! Units of the bureau.

use domain::{
    campaign::{Unit, UnitKind},
    id::UnitId,
};
use sqlx::{Row, sqlite::SqliteRow};

use super::Connection;

const ADD: &str = "insert into unit (id, name, kind, position)
    values ($1, $2, $3, (select coalesce(max(position), 0) + 1 from unit))";
const RENAME: &str = "update unit set name = $2, kind = $3 where id = $1";
const RETIRE: &str = "update unit set retired_at = $2 where id = $1";
const LIST: &str = "select id, name, kind from unit where retired_at is null order by position";
const GET: &str = "select id, name, kind from unit where id = $1";
const BY_NAME: &str = "select id, name, kind from unit where name = $1";

pub async fn add(db: &mut Connection, unit: &Unit) -> sqlx::Result<()> {
    sqlx::query(ADD).bind(unit.id.0).bind(&unit.name).bind(unit.kind.as_str()).execute(db).await?;
    Ok(())
}

/// Gives a unit another name or kind; `false` when there is none.
pub async fn rename(db: &mut Connection, unit: &Unit) -> sqlx::Result<bool> {
    let query = sqlx::query(RENAME).bind(unit.id.0).bind(&unit.name).bind(unit.kind.as_str());
    Ok(query.execute(db).await?.rows_affected() > 0)
}

/// Offers a unit no more; its records stay.
pub async fn retire(db: &mut Connection, id: UnitId, at: i64) -> sqlx::Result<bool> {
    Ok(sqlx::query(RETIRE).bind(id.0).bind(at).execute(db).await?.rows_affected() > 0)
}

pub async fn list(db: &mut Connection) -> sqlx::Result<Vec<Unit>> {
    Ok(sqlx::query(LIST).fetch_all(db).await?.iter().map(read).collect())
}

pub async fn get(db: &mut Connection, id: UnitId) -> sqlx::Result<Option<Unit>> {
    Ok(sqlx::query(GET).bind(id.0).fetch_optional(db).await?.as_ref().map(read))
}

pub async fn by_name(db: &mut Connection, name: &str) -> sqlx::Result<Option<Unit>> {
    Ok(sqlx::query(BY_NAME).bind(name).fetch_optional(db).await?.as_ref().map(read))
}

fn read(row: &SqliteRow) -> Unit {
    Unit {
        id: UnitId(row.get("id")),
        name: row.get("name"),
        kind: UnitKind::from_word(row.get("kind")).unwrap_or(UnitKind::Section),
    }
}
