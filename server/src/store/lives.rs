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

/// One statement: every acknowledgement waits for it.
const STANDING: &str = "select (select value from meta where key = 'epoch') as epoch,
    (select coalesce(max(sequence), 0) from change) as change,
    (select coalesce(max(sequence), 0) from revision) as revision,
    (select value from meta where key = 'backed_up_to') as backed_up_to";

/// How far this database is, as phones are told with their receipts.
#[derive(Clone, Debug)]
pub struct Standing {
    pub epoch: String,
    /// The latest change.
    pub change: i64,
    /// The latest revision.
    pub revision: i64,
    /// Revisions up to this place are backed up.
    pub backed_up_to: i64,
}

/// How far the database is. Read it in the transaction that keeps what is acknowledged, and once for all who share it.
pub async fn standing(db: &mut Connection) -> sqlx::Result<Standing> {
    let row = sql(STANDING).fetch_one(db).await?;
    let backed_up_to = row.get::<Option<String>>("backed_up_to");
    Ok(Standing {
        epoch: row.get::<Option<String>>("epoch").unwrap_or_default(),
        change: row.get("change"),
        revision: row.get("revision"),
        backed_up_to: backed_up_to.and_then(|it| it.parse().ok()).unwrap_or(0),
    })
}

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
