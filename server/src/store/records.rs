//! Records and their revisions, byte for byte as they arrived.

use domain::{
    envelope::{Hash, Header, RecordKind},
    id::{AccountId, RecordId},
    sync::{Known, ParkReason},
};

use super::engine::{Connection, Row, sql};

/// What is here of a record.
pub struct Record {
    pub kind: RecordKind,
    pub author: AccountId,
    /// When its first revision arrived.
    pub first_at: i64,
}

/// A revision as it is kept.
pub struct Revision {
    pub sequence: i64,
    pub hash: Hash,
    pub envelope: Vec<u8>,
    pub claimed_at: i64,
    pub received_at: i64,
    pub author: AccountId,
    pub parked: Option<ParkReason>,
}

/// A revision to keep.
pub struct NewRevision<'a> {
    pub header: &'a Header,
    pub hash: Hash,
    pub envelope: &'a [u8],
    pub author: AccountId,
    pub received_at: i64,
    pub parked: Option<ParkReason>,
}

const GET: &str = "select kind, author, first_at from record where id = $1";
const ADD_RECORD: &str = "insert into record (id, kind, campaign, unit, visit, author, first_at)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing";
const ADD_REVISION: &str = "insert into revision
    (record, hash, envelope, parents, claimed_at, received_at, author, parked)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (record, hash) do nothing returning sequence";
const SEQUENCE: &str = "select sequence, parked from revision where record = $1 and hash = $2";
const KNOWN: &str = "select hash, parents, parked from revision where record = $1 order by sequence";
const REVISIONS: &str = "select sequence, hash, envelope, claimed_at, received_at, author, parked
    from revision where record = $1 order by sequence";
const PARKED_N: &str = "select count(*) from revision where parked is not null";
const PARKED_BEFORE: &str = "select sequence, hash, envelope, claimed_at, received_at, author, parked
    from revision where parked is not null and ($1 is null or sequence < $1)
    order by sequence desc limit $2";
const PARKED_AFTER: &str = "select sequence, hash, envelope, claimed_at, received_at, author, parked
    from revision where parked is not null and sequence > $1 order by sequence limit $2";
const SET_PARKED: &str = "update revision set parked = $2 where sequence = $1";
const ENVELOPE: &str = "select envelope from revision where record = $1 and hash = $2";
const FIRST_ENVELOPE: &str = "select envelope from revision where record = $1 and parked is null
    order by sequence limit 1";

/// The record of an id.
pub async fn get(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Record>> {
    let row = sql(GET).bind(id.0).fetch_optional(db).await?;
    row.map(|row| {
        let kind = kind_of(row.get("kind"))?;
        Ok(Record { kind, author: AccountId(row.get("author")), first_at: row.get("first_at") })
    })
    .transpose()
}

/// Keeps a revision, and its record when it is the first; answers its place in the order of arrival.
///
/// Keeping the same bytes again answers the same place.
pub async fn keep(db: &mut Connection, revision: &NewRevision<'_>) -> sqlx::Result<i64> {
    let header = revision.header;
    if revision.parked.is_none() {
        add_record(db, header, revision.author, revision.received_at).await?;
    }
    let added = sql(ADD_REVISION)
        .bind(header.id.0)
        .bind(revision.hash.0.to_vec())
        .bind(revision.envelope)
        .bind(serde_json::to_string(&header.parents).unwrap_or_default())
        .bind(header.claimed_at)
        .bind(revision.received_at)
        .bind(revision.author.0)
        .bind(revision.parked.map(ParkReason::as_str))
        .fetch_optional(&mut *db)
        .await?;
    match added {
        Some(row) => Ok(row.get(0)),
        None => Ok(sequence(db, header.id, revision.hash).await?.map_or(0, |it| it.0)),
    }
}

/// Notes what all revisions of a record have in common, unless it is known.
async fn add_record(db: &mut Connection, header: &Header, author: AccountId, at: i64) -> sqlx::Result<()> {
    sql(ADD_RECORD)
        .bind(header.id.0)
        .bind(header.kind.as_str())
        .bind(header.campaign.0)
        .bind(header.unit.0)
        .bind(header.visit.0)
        .bind(author.0)
        .bind(at)
        .execute(db)
        .await?;
    Ok(())
}

/// The place of a revision that is here, and why it was set aside if it was.
pub async fn sequence(
    db: &mut Connection,
    record: RecordId,
    hash: Hash,
) -> sqlx::Result<Option<(i64, Option<ParkReason>)>> {
    let row = sql(SEQUENCE).bind(record.0).bind(hash.0.to_vec()).fetch_optional(db).await?;
    Ok(row.map(|row| (row.get("sequence"), parked_of(&row))))
}

/// The revisions of a record, as far as deciding needs them, in order of arrival.
pub async fn known(db: &mut Connection, record: RecordId) -> sqlx::Result<Vec<Known>> {
    let rows = sql(KNOWN).bind(record.0).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Known { hash: hash_of(row)?, parents: parents_of(row), parked: parked_of(row).is_some() })
        })
        .collect()
}

/// All revisions of a record, in order of arrival.
pub async fn revisions(db: &mut Connection, record: RecordId) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(REVISIONS).bind(record.0).fetch_all(db).await?;
    rows.iter().map(revision_of).collect()
}

fn revision_of(row: &Row) -> sqlx::Result<Revision> {
    Ok(Revision {
        sequence: row.get("sequence"),
        hash: hash_of(row)?,
        envelope: row.get("envelope"),
        claimed_at: row.get("claimed_at"),
        received_at: row.get("received_at"),
        author: AccountId(row.get("author")),
        parked: parked_of(row),
    })
}

/// How many revisions are set aside.
pub async fn parked_n(db: &mut Connection) -> sqlx::Result<u32> {
    Ok(sql(PARKED_N).fetch_one(db).await?.get(0))
}

/// Revisions set aside that arrived before the place `before`, the latest first.
pub async fn parked_before(
    db: &mut Connection,
    before: Option<i64>,
    limit: u32,
) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(PARKED_BEFORE).bind(before).bind(limit).fetch_all(db).await?;
    rows.iter().map(revision_of).collect()
}

/// Revisions set aside that arrived after the place `after`, in order of arrival.
pub async fn parked_after(db: &mut Connection, after: i64, limit: u32) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(PARKED_AFTER).bind(after).bind(limit).fetch_all(db).await?;
    rows.iter().map(revision_of).collect()
}

/// Keeps what a revision that was set aside was judged to be now; its bytes stay as they are.
pub async fn judged_again(
    db: &mut Connection,
    revision: &Revision,
    header: &Header,
    parked: Option<ParkReason>,
) -> sqlx::Result<()> {
    if parked.is_none() {
        add_record(db, header, revision.author, revision.received_at).await?;
    }
    let query = sql(SET_PARKED).bind(revision.sequence);
    query.bind(parked.map(ParkReason::as_str)).execute(db).await?;
    Ok(())
}

/// The bytes of one revision.
pub async fn envelope(db: &mut Connection, record: RecordId, hash: Hash) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sql(ENVELOPE).bind(record.0).bind(hash.0.to_vec()).fetch_optional(db).await?;
    Ok(row.map(|row| row.get(0)))
}

/// The bytes of the first revision that was not set aside: its words are the ones that stand.
pub async fn first_envelope(db: &mut Connection, record: RecordId) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sql(FIRST_ENVELOPE).bind(record.0).fetch_optional(db).await?;
    Ok(row.map(|row| row.get(0)))
}

fn kind_of(word: &str) -> sqlx::Result<RecordKind> {
    [RecordKind::Visit, RecordKind::Identity, RecordKind::Statement, RecordKind::Attachment]
        .into_iter()
        .find(|it| it.as_str() == word)
        .ok_or_else(|| sqlx::Error::Decode("an unknown kind of record".into()))
}

fn hash_of(row: &Row) -> sqlx::Result<Hash> {
    let bytes: Vec<u8> = row.get("hash");
    bytes.try_into().map(Hash).map_err(|_| sqlx::Error::Decode("a hash of another length".into()))
}

fn parents_of(row: &Row) -> Vec<Hash> {
    serde_json::from_str(row.get("parents")).unwrap_or_default()
}

fn parked_of(row: &Row) -> Option<ParkReason> {
    row.get::<Option<String>>("parked").as_deref().and_then(ParkReason::from_word)
}

const AFTER: &str =
    "select sequence, hash, envelope from revision where sequence > $1 order by sequence limit 500";
const INTEGRITY: &str = "pragma integrity_check";

/// What the database says is wrong with itself; nothing when it is whole.
pub async fn integrity(db: &mut Connection) -> sqlx::Result<Vec<String>> {
    if db.is_postgres() {
        // It answers for its pages itself, by checksums.
        return Ok(Vec::new());
    }
    let rows = sql(INTEGRITY).fetch_all(db).await?;
    Ok(rows.iter().map(|row| row.get::<String>(0)).filter(|it| it != "ok").collect())
}

/// How many revisions there are, and the places of those whose bytes do not have their hash.
pub async fn verify(db: &mut Connection) -> sqlx::Result<(usize, Vec<i64>)> {
    let (mut n, mut wrong, mut after) = (0, Vec::new(), 0_i64);
    loop {
        let rows = sql(AFTER).bind(after).fetch_all(&mut *db).await?;
        let Some(last) = rows.last() else { return Ok((n, wrong)) };
        after = last.get("sequence");
        n += rows.len();
        for row in &rows {
            if Hash::of(row.get::<&[u8]>("envelope")) != hash_of(row)? {
                wrong.push(row.get("sequence"));
            }
        }
    }
}
