//! Units of the bureau.

use domain::{
    campaign::{Unit, UnitKind},
    id::UnitId,
};

use super::engine::{Connection, Row, sql};

const ADD: &str = "insert into unit (id, name, kind, position)
    values ($1, $2, $3, (select coalesce(max(position), 0) + 1 from unit))";
const RENAME: &str = "update unit set name = $2, kind = $3 where id = $1";
const RETIRE: &str = "update unit set retired_at = $2 where id = $1";
const LIST: &str = "select id, name, kind from unit where retired_at is null order by position";
const RETIRED: &str = "select id, name, kind from unit where retired_at is not null order by position";
const RESTORE: &str = "update unit set retired_at = null where id = $1 and retired_at is not null";
const IS_RETIRED: &str = "select 1 from unit where id = $1 and retired_at is not null";
const GET: &str = "select id, name, kind from unit where id = $1";
const BY_NAME: &str = "select id, name, kind from unit where name = $1";

pub async fn add(db: &mut Connection, unit: &Unit) -> sqlx::Result<()> {
    sql(ADD).bind(unit.id.0).bind(&unit.name).bind(unit.kind.as_str()).execute(db).await?;
    Ok(())
}

/// Gives a unit another name or kind; `false` when there is none.
pub async fn rename(db: &mut Connection, unit: &Unit) -> sqlx::Result<bool> {
    let query = sql(RENAME).bind(unit.id.0).bind(&unit.name).bind(unit.kind.as_str());
    Ok(query.execute(db).await? > 0)
}

/// Offers a unit no more; its records stay.
pub async fn retire(db: &mut Connection, id: UnitId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(RETIRE).bind(id.0).bind(at).execute(db).await? > 0)
}

pub async fn list(db: &mut Connection) -> sqlx::Result<Vec<Unit>> {
    Ok(sql(LIST).fetch_all(db).await?.iter().map(read).collect())
}

/// Units that are offered no more.
pub async fn retired(db: &mut Connection) -> sqlx::Result<Vec<Unit>> {
    Ok(sql(RETIRED).fetch_all(db).await?.iter().map(read).collect())
}

/// Offers a unit again; `false` when there is none that was retired.
pub async fn restore(db: &mut Connection, id: UnitId) -> sqlx::Result<bool> {
    Ok(sql(RESTORE).bind(id.0).execute(db).await? > 0)
}

pub async fn is_retired(db: &mut Connection, id: UnitId) -> sqlx::Result<bool> {
    Ok(sql(IS_RETIRED).bind(id.0).fetch_optional(db).await?.is_some())
}

pub async fn get(db: &mut Connection, id: UnitId) -> sqlx::Result<Option<Unit>> {
    Ok(sql(GET).bind(id.0).fetch_optional(db).await?.as_ref().map(read))
}

pub async fn by_name(db: &mut Connection, name: &str) -> sqlx::Result<Option<Unit>> {
    Ok(sql(BY_NAME).bind(name).fetch_optional(db).await?.as_ref().map(read))
}

fn read(row: &Row) -> Unit {
    Unit { id: UnitId(row.get("id")), name: row.get("name"), kind: kind_of(row.get("kind")) }
}

/// The kind of unit that a word names.
pub fn kind_of(word: &str) -> UnitKind {
    UnitKind::from_word(word).unwrap_or(UnitKind::Section)
}
