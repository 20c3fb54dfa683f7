//! Attachments whose time is over: which they are, and what became of their bytes.

use domain::{attachment::AttachmentKind, envelope::Hash, id::RecordId};

use super::{
    engine::{Connection, sql},
    transcripts,
};

/// Which attachments are due.
#[derive(Clone, Copy)]
pub struct Due {
    pub kind: AttachmentKind,
    /// Those whose bytes were here by then, in milliseconds since 1970.
    pub stored_by: i64,
    /// Only those that are backed up to this place; all when `None`.
    pub backed_up_to: Option<i64>,
}

const DUE: &str = "select attachment.id from attachment
    where kind = $1 and stored_at <= $2 and id not in (select attachment from erasure)
        and ($3 is null or (select min(sequence) from revision
            where revision.record = attachment.id and parked is null) <= $3)
    order by stored_at, id limit $4";
const DUE_N: &str = "select count(*) from attachment
    where kind = $1 and stored_at <= $2 and id not in (select attachment from erasure)
        and ($3 is null or (select min(sequence) from revision
            where revision.record = attachment.id and parked is null) <= $3)";
const ADD: &str = "insert into erasure (attachment, at, reason) values ($1, $2, $3)";
/// Bytes that something else still stands upon stay until that is due too. Those of an upload on its way, or whose record
/// is not here or not read out yet, are asked for again another day.
const TO_REMOVE: &str = "select erasure.attachment, sha256,
        case when exists (select 1 from attachment as other where other.sha256 = attachment.sha256
            and other.stored_at is not null and other.id not in (select attachment from erasure))
        then 1 else 0 end as shared
    from erasure join attachment on attachment.id = erasure.attachment
    where gone_at is null and not exists (select 1 from upload where upload.sha256 = attachment.sha256
        and upload.id not in (select attachment from erasure)
        and upload.id not in (select id from attachment where stored_at is not null))
    order by erasure.at, erasure.attachment limit 1";
const CAME: &str = "update erasure set gone_at = null where attachment = $1";
const GONE: &str = "update erasure set gone_at = $2 where attachment = $1";

/// Some attachments that are due, the longest here first.
pub async fn due(db: &mut Connection, due: Due, n_max: u32) -> sqlx::Result<Vec<RecordId>> {
    let query = sql(DUE).bind(due.kind.as_str()).bind(due.stored_by).bind(due.backed_up_to).bind(n_max);
    Ok(query.fetch_all(db).await?.iter().map(|row| RecordId(row.get("id"))).collect())
}

/// How many are due.
pub async fn due_n(db: &mut Connection, due: Due) -> sqlx::Result<u32> {
    let query = sql(DUE_N).bind(due.kind.as_str()).bind(due.stored_by).bind(due.backed_up_to);
    Ok(query.fetch_one(db).await?.get(0))
}

/// Notes that the bytes of an attachment are to go: from then on nobody is given them.
pub async fn add(db: &mut Connection, id: RecordId, reason: &str, at: i64) -> sqlx::Result<()> {
    sql(ADD).bind(id.0).bind(at).bind(reason).execute(&mut *db).await?;
    transcripts::forget(db, id).await
}

/// One whose bytes are not gone yet, with its hash and whether something else stands upon the same bytes.
pub async fn to_remove(db: &mut Connection) -> sqlx::Result<Option<(RecordId, Hash, bool)>> {
    let Some(row) = sql(TO_REMOVE).fetch_optional(db).await? else { return Ok(None) };
    let hash: Vec<u8> = row.get("sha256");
    let hash = hash.try_into().map(Hash);
    let hash = hash.map_err(|_| sqlx::Error::Decode("a hash of another length".into()))?;
    Ok(Some((RecordId(row.get("attachment")), hash, row.get::<i64>("shared") != 0)))
}

/// Bytes came although they are to go: they are removed by the next run.
pub async fn came(db: &mut Connection, id: RecordId) -> sqlx::Result<()> {
    sql(CAME).bind(id.0).execute(db).await.map(drop)
}

/// Notes that the bytes are gone.
pub async fn gone(db: &mut Connection, id: RecordId, at: i64) -> sqlx::Result<()> {
    sql(GONE).bind(id.0).bind(at).execute(db).await?;
    Ok(())
}
