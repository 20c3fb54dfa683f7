//! Stretches of history, by which a restored backup is told from the history that its phones know.

use uuid::Uuid;

use super::engine::{Connection, sql};

const BEGIN: &str = "insert into life (id, since, revisions, started_at)
    values ($1, (select coalesce(max(sequence), 0) from change),
        (select coalesce(max(sequence), 0) from revision), $2)";
const CURRENT: &str = "select id from life order by sequence desc limit 1";
const LATEST: &str = "select coalesce(max(sequence), 0) from change";
const REACHES: &str = "select coalesce(
        (select min(later.since) from life as later where later.sequence > life.sequence),
        (select coalesce(max(sequence), 0) from change)) as change,
    coalesce((select min(later.revisions) from life as later where later.sequence > life.sequence),
        (select coalesce(max(sequence), 0) from revision)) as revision
    from life where id = $1";

/// How far a stretch of history went.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Its last change.
    pub change: i64,
    /// Its last revision.
    pub revision: i64,
}

/// The latest change.
pub async fn latest(db: &mut Connection) -> sqlx::Result<i64> {
    Ok(sql(LATEST).fetch_one(db).await?.get(0))
}

/// The stretch that goes on at present; `None` before the first server.
pub async fn current(db: &mut Connection) -> sqlx::Result<Option<Uuid>> {
    Ok(sql(CURRENT).fetch_optional(db).await?.map(|row| row.get(0)))
}

/// Begins the stretch of a server that starts and is the only one.
pub async fn begin(db: &mut Connection, id: Uuid, at: i64) -> sqlx::Result<()> {
    sql(BEGIN).bind(id).bind(at).execute(db).await?;
    Ok(())
}

/// How far a stretch went; `None` when this history does not know it.
pub async fn reaches(db: &mut Connection, id: Uuid) -> sqlx::Result<Option<Reach>> {
    let row = sql(REACHES).bind(id).fetch_optional(db).await?;
    Ok(row.map(|row| Reach { change: row.get("change"), revision: row.get("revision") }))
}
