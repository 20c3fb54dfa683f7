//! The servers that serve this database at present.

use uuid::Uuid;

use super::engine::{Connection, sql};

const FORGET: &str = "delete from server where seen_at < $1 or place = $2 and $3 = 1";
const OTHERS: &str = "select place, receipt_key, seen_at from server where id <> $1 order by seen_at desc";
const SEEN: &str = "insert into server (id, place, receipt_key, seen_at) values ($1, $2, $3, $4)
    on conflict (id) do update set seen_at = excluded.seen_at";
const LEAVE: &str = "delete from server where id = $1";

/// A server that serves this database.
pub struct Server {
    /// Where its attachments lie.
    pub place: String,
    /// The public key of its receipts.
    pub receipt_key: String,
    /// When it last said that it is here, in milliseconds since 1970.
    pub seen_at: i64,
}

/// Forgets servers that were not seen since a time, and those whose attachments lie at `place` where only one
/// can be at a time.
pub async fn forget(db: &mut Connection, before: i64, place: &str, alone: bool) -> sqlx::Result<()> {
    sql(FORGET).bind(before).bind(place).bind(alone).execute(db).await?;
    Ok(())
}

/// The servers but `id`, the one seen last first.
pub async fn others(db: &mut Connection, id: Uuid) -> sqlx::Result<Vec<Server>> {
    let rows = sql(OTHERS).bind(id).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| Server {
            place: row.get("place"),
            receipt_key: row.get("receipt_key"),
            seen_at: row.get("seen_at"),
        })
        .collect())
}

/// Notes that a server is here.
pub async fn seen(
    db: &mut Connection,
    id: Uuid,
    place: &str,
    receipt_key: &str,
    at: i64,
) -> sqlx::Result<()> {
    sql(SEEN).bind(id).bind(place).bind(receipt_key).bind(at).execute(db).await?;
    Ok(())
}

/// A server ends.
pub async fn leave(db: &mut Connection, id: Uuid) -> sqlx::Result<()> {
    sql(LEAVE).bind(id).execute(db).await?;
    Ok(())
}
