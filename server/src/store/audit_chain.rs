//! The chain of the audit log: links, and checkpoints that are signed.

use domain::{
    audit::{Checkpoint, Entry, Head},
    envelope::Hash,
    receipt::Signature,
};

use super::{
    engine::{Connection, Row, sql},
    many, meta,
};

/// The end of the chain: the head, and the entry that was linked last.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub head: Head,
    pub entry: i64,
}

/// A link as it stands in the database, with its entry unless that is gone.
#[derive(Clone, Debug)]
pub struct Link {
    pub head: Head,
    pub sequence: i64,
    pub entry: Option<Entry>,
}

const END: &str = "select place, entry, hash from audit_link order by place desc limit 1";

/// Where the chain ends.
pub async fn end(db: &mut Connection) -> sqlx::Result<End> {
    let row = sql(END).fetch_optional(db).await?;
    row.map_or(Ok(End { head: Head::NONE, entry: 0 }), |row| {
        Ok(End { head: head(&row)?, entry: row.get("entry") })
    })
}

fn head(row: &Row) -> sqlx::Result<Head> {
    Ok(Head { n: row.get("place"), hash: Hash(row.array("hash")?) })
}

const WAITING: &str = "select sequence, at, account, act, object, reason from audit
    where sequence > $1 order by sequence limit $2";

/// Entries behind the one that was linked last, in order.
pub async fn waiting(db: &mut Connection, after: i64, limit: i64) -> sqlx::Result<Vec<Entry>> {
    let rows = sql(WAITING).bind(after).bind(limit).fetch_all(db).await?;
    Ok(rows.iter().map(entry).collect())
}

fn entry(row: &Row) -> Entry {
    Entry {
        sequence: row.get("sequence"),
        at: row.get("at"),
        account: row.get("account"),
        act: row.get("act"),
        object: row.get("object"),
        reason: row.get("reason"),
    }
}

const WAITING_N: &str = "select count(*), min(at) from audit where sequence > $1";

/// How many entries stand behind the one that was linked last, and when the first of them was made.
pub async fn waiting_n(db: &mut Connection, after: i64) -> sqlx::Result<(i64, Option<i64>)> {
    let row = sql(WAITING_N).bind(after).fetch_one(db).await?;
    Ok((row.get(0), row.get(1)))
}

const LINK_ROWS: &str = "insert into audit_link (place, entry, hash) values ";

/// Adds links: the head that each made, and its entry.
pub async fn add(db: &mut Connection, links: &[(Head, i64)]) -> sqlx::Result<()> {
    many::rows_in(db, LINK_ROWS, 3, "", links, |query, (head, entry)| {
        query.bind(head.n).bind(*entry).bind(head.hash.0.to_vec())
    })
    .await
}

const WALK: &str = "select link.place, link.hash, link.entry,
        audit.sequence, audit.at, audit.account, audit.act, audit.object, audit.reason
    from audit_link link left join audit on audit.sequence = link.entry
    where link.place > $1 order by link.place limit $2";

/// Links behind a place, in order.
pub async fn walk(db: &mut Connection, after: i64, limit: i64) -> sqlx::Result<Vec<Link>> {
    let rows = sql(WALK).bind(after).bind(limit).fetch_all(db).await?;
    let link = |row: &Row| {
        Ok(Link {
            head: head(row)?,
            sequence: row.get("entry"),
            entry: row.get::<Option<i64>>("sequence").map(|_| entry(row)),
        })
    };
    rows.iter().map(link).collect()
}

const UP_TO_N: &str = "select count(*) from audit where sequence <= $1";

/// How many entries there are up to a sequence.
pub async fn up_to_n(db: &mut Connection, sequence: i64) -> sqlx::Result<i64> {
    Ok(sql(UP_TO_N).bind(sequence).fetch_one(db).await?.get(0))
}

const HASH_AT: &str = "select place, hash from audit_link where place = $1";

/// The head at a place, if the chain came so far.
pub async fn head_at(db: &mut Connection, place: i64) -> sqlx::Result<Option<Head>> {
    sql(HASH_AT).bind(place).fetch_optional(db).await?.as_ref().map(head).transpose()
}

const CHECK: &str = "insert into audit_checkpoint (place, at, hash, signature) values ($1, $2, $3, $4)";

/// Keeps a checkpoint.
pub async fn check(db: &mut Connection, it: &Checkpoint) -> sqlx::Result<()> {
    let query = sql(CHECK).bind(it.head.n).bind(it.at).bind(it.head.hash.0.to_vec());
    query.bind(it.signature.0.to_vec()).execute(db).await.map(drop)
}

const CHECKPOINTS: &str =
    "select place, at, hash, signature from audit_checkpoint order by place desc, at desc limit $1";

/// The latest checkpoints, the latest first.
pub async fn checkpoints(db: &mut Connection, limit: i64) -> sqlx::Result<Vec<Checkpoint>> {
    let rows = sql(CHECKPOINTS).bind(limit).fetch_all(db).await?;
    let checkpoint = |row: &Row| {
        let signature = Signature(row.array("signature")?);
        Ok(Checkpoint { head: head(row)?, at: row.get("at"), signature })
    };
    rows.iter().map(checkpoint).collect()
}

/// The head that was signed last, as it was written; absent before the first link.
pub async fn signed_head(db: &mut Connection) -> sqlx::Result<Option<String>> {
    meta::get(db, meta::AUDIT_HEAD).await
}

/// Notes the head that was signed.
pub async fn set_signed_head(db: &mut Connection, it: &Checkpoint) -> sqlx::Result<()> {
    meta::set(db, meta::AUDIT_HEAD, &it.to_string()).await
}

const CUT: &str = "select place, at, hash, signature from audit_cut order by place desc limit 1";
const ADD_CUT: &str = "insert into audit_cut (place, at, hash, signature) values ($1, $2, $3, $4)";
/// The last link of which all up to it is older than a time; the chain goes on from there.
const LAST_BEFORE: &str = "select place, hash, entry from audit_link
    where entry < (select coalesce(min(sequence), (select max(sequence) + 1 from audit)) from audit where at >= $1)
    order by place desc limit 1";
const BEFORE_N: &str = "select count(*) from audit where at < $1";
const FORGET_CHECKPOINTS: &str = "delete from audit_checkpoint where place < $1";
const FORGET_LINKS: &str = "delete from audit_link where place < $1";
const FORGET_ENTRIES: &str = "delete from audit where sequence < $1";

/// Where the log was cut off last, signed; none while all of it is here.
pub async fn cut(db: &mut Connection) -> sqlx::Result<Option<Checkpoint>> {
    let Some(row) = sql(CUT).fetch_optional(db).await? else { return Ok(None) };
    let signature = Signature(row.array("signature")?);
    Ok(Some(Checkpoint { head: head(&row)?, at: row.get("at"), signature }))
}

/// How many entries are older than a time.
pub async fn before_n(db: &mut Connection, at: i64) -> sqlx::Result<u32> {
    Ok(sql(BEFORE_N).bind(at).fetch_one(db).await?.get(0))
}

/// The last link of which all up to it is older than a time.
pub async fn last_before(db: &mut Connection, at: i64) -> sqlx::Result<Option<End>> {
    let row = sql(LAST_BEFORE).bind(at).fetch_optional(db).await?;
    row.map(|row| Ok(End { head: head(&row)?, entry: row.get("entry") })).transpose()
}

/// Cuts off all before a link; answers how many entries went. The link and its entry stay: the chain is walked from there.
pub async fn cut_off(db: &mut Connection, entry: i64, it: &Checkpoint) -> sqlx::Result<u32> {
    let query = sql(ADD_CUT).bind(it.head.n).bind(it.at).bind(it.head.hash.0.to_vec());
    query.bind(it.signature.0.to_vec()).execute(&mut *db).await?;
    sql(FORGET_CHECKPOINTS).bind(it.head.n).execute(&mut *db).await?;
    sql(FORGET_LINKS).bind(it.head.n).execute(&mut *db).await?;
    let n = sql(FORGET_ENTRIES).bind(entry).execute(db).await?;
    Ok(u32::try_from(n).unwrap_or(u32::MAX))
}
