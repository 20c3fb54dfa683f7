//! Uploads: how much of each attachment's bytes is here.

use domain::{
    attachment::{Attachment, Content},
    envelope::Hash,
    id::{AccountId, RecordId},
};

use super::engine::{Connection, Row, sql};
use crate::blobs::part_name_by_place;

/// An upload under way, or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: RecordId,
    pub account: AccountId,
    /// In bytes.
    pub length: u64,
    pub sha256: [u8; 32],
    /// Bytes that are durable here.
    pub reached: u64,
    pub done: bool,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

const ADD: &str = "insert into upload (id, account, length, sha256, created_at) values ($1, $2, $3, $4, $5)
    on conflict (id) do nothing";
const GET: &str =
    "select id, account, length, sha256, reached, done_at, created_at from upload where id = $1";
const ADD_PART: &str = "insert into upload_part (upload, starts, length, name) values ($1, $2, $3, $4)";
const REACH: &str = "update upload set reached = $3 where id = $1 and reached = $2 and done_at is null";
const PARTS: &str = "select starts, name from upload_part where upload = $1 order by starts";
const FORGET_PARTS: &str = "delete from upload_part where upload = $1";
const DONE: &str = "update upload set done_at = $2, content = $3 where id = $1 and done_at is null";
const START_AGAIN: &str = "update upload set reached = 0 where id = $1 and done_at is null";
const REMOVE: &str = "delete from upload where id = $1 and done_at is null";
const STALE: &str = "select id from upload where done_at is null and reached < length and created_at < $1";
const UNFINISHED: &str =
    "select id from upload where done_at is null and reached = length order by created_at";

/// Notes an upload; one of the same id stays as it is.
pub async fn add(db: &mut Connection, upload: &Upload) -> sqlx::Result<()> {
    sql(ADD)
        .bind(upload.id.0)
        .bind(upload.account.0)
        .bind(i64::try_from(upload.length).unwrap_or(i64::MAX))
        .bind(upload.sha256.to_vec())
        .bind(upload.created_at)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn get(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Upload>> {
    sql(GET).bind(id.0).fetch_optional(db).await?.as_ref().map(read).transpose()
}

/// Notes a part that is durable; `false` when another came first.
pub async fn reach(db: &mut Connection, id: RecordId, from: u64, to: u64, name: &str) -> sqlx::Result<bool> {
    let (from, to) = (i64::try_from(from).unwrap_or(i64::MAX), i64::try_from(to).unwrap_or(i64::MAX));
    let moved = sql(REACH).bind(id.0).bind(from).bind(to).execute(&mut *db).await? > 0;
    if moved {
        sql(ADD_PART).bind(id.0).bind(from).bind(to - from).bind(name).execute(db).await?;
    }
    Ok(moved)
}

/// The names of the parts, in their order within the whole.
pub async fn parts(db: &mut Connection, id: RecordId) -> sqlx::Result<Vec<String>> {
    let rows = sql(PARTS).bind(id.0).fetch_all(db).await?;
    let name_of = |row: &Row| match row.get::<String>(1) {
        none if none.is_empty() => part_name_by_place(row.get::<i64>(0).unsigned_abs()),
        name => name,
    };
    Ok(rows.iter().map(name_of).collect())
}

/// The whole is among the blobs, and was looked at.
pub async fn done(db: &mut Connection, id: RecordId, content: Content, at: i64) -> sqlx::Result<()> {
    sql(FORGET_PARTS).bind(id.0).execute(&mut *db).await?;
    sql(DONE).bind(id.0).bind(at).bind(content.as_str()).execute(db).await?;
    Ok(())
}

/// The whole did not have its hash: everything is to come again.
pub async fn start_again(db: &mut Connection, id: RecordId) -> sqlx::Result<()> {
    sql(FORGET_PARTS).bind(id.0).execute(&mut *db).await?;
    sql(START_AGAIN).bind(id.0).execute(db).await?;
    Ok(())
}

/// Forgets an upload; `false` when it is done, or none.
pub async fn remove(db: &mut Connection, id: RecordId) -> sqlx::Result<bool> {
    sql(FORGET_PARTS).bind(id.0).execute(&mut *db).await?;
    Ok(sql(REMOVE).bind(id.0).execute(db).await? > 0)
}

/// Uploads whose every byte is here and that are not done.
pub async fn unfinished(db: &mut Connection) -> sqlx::Result<Vec<RecordId>> {
    let rows = sql(UNFINISHED).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get(0))).collect())
}

/// Uploads that were begun before a time and lack bytes still.
pub async fn stale(db: &mut Connection, before: i64) -> sqlx::Result<Vec<RecordId>> {
    let rows = sql(STALE).bind(before).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get(0))).collect())
}

fn read(row: &Row) -> sqlx::Result<Upload> {
    let sha256: Vec<u8> = row.get("sha256");
    Ok(Upload {
        id: RecordId(row.get("id")),
        account: AccountId(row.get("account")),
        length: row.get::<i64>("length").unsigned_abs(),
        sha256: sha256.try_into().map_err(|_| sqlx::Error::Decode("a hash of another length".into()))?,
        reached: row.get::<i64>("reached").unsigned_abs(),
        done: row.get::<Option<i64>>("done_at").is_some(),
        created_at: row.get("created_at"),
    })
}

const HOLDS: &str = "select 1 from upload
    where id = $1 and sha256 = $2 and length = $3 and account = $4 and done_at is not null";

/// Whether the bytes that an attachment's record speaks of are here, sent by its author.
pub async fn holds(
    db: &mut Connection,
    id: RecordId,
    attachment: &Attachment,
    author: AccountId,
) -> sqlx::Result<bool> {
    let query = sql(HOLDS).bind(id.0).bind(attachment.sha256.0.to_vec());
    let query = query.bind(i64::try_from(attachment.bytes_n).unwrap_or(i64::MAX)).bind(author.0);
    Ok(query.fetch_optional(db).await?.is_some())
}

const NOT_LOOKED_AT: &str = "select id, sha256, length from upload
    where done_at is not null and content is null and id > $1 order by id limit 100";
const LOOKED_AT: &str = "update upload set content = $2 where id = $1 and content is null";

/// Finished uploads behind `after` that nobody looked at yet, some of them: id, hash and length in bytes.
pub async fn not_looked_at(db: &mut Connection, after: RecordId) -> sqlx::Result<Vec<(RecordId, Hash, u64)>> {
    let rows = sql(NOT_LOOKED_AT).bind(after.0).fetch_all(db).await?;
    let whole = |row: &Row| {
        let sha256: Vec<u8> = row.get("sha256");
        let sha256 = sha256.try_into().map_err(|_| sqlx::Error::Decode("a hash of another length".into()))?;
        Ok((RecordId(row.get("id")), Hash(sha256), row.get::<i64>("length").unsigned_abs()))
    };
    rows.iter().map(whole).collect()
}

/// Notes what the bytes of a finished upload are.
pub async fn looked_at(db: &mut Connection, id: RecordId, content: Content) -> sqlx::Result<()> {
    sql(LOOKED_AT).bind(id.0).bind(content.as_str()).execute(db).await?;
    Ok(())
}

const HAS_FINISHED: &str = "select 1 from upload where sha256 = $1 and done_at is not null limit 1";

/// Whether an upload of these bytes was finished.
pub async fn has_finished(db: &mut Connection, hash: Hash) -> sqlx::Result<bool> {
    Ok(sql(HAS_FINISHED).bind(hash.0.to_vec()).fetch_optional(db).await?.is_some())
}
