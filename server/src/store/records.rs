//! Records and their revisions, byte for byte as they arrived.

use std::collections::HashMap;

use domain::{
    envelope::{Hash, Header},
    id::{AccountId, RecordId},
    sync::{Known, ParkReason},
};

use super::{
    engine::{Connection, Row, sql},
    envelope_keys::{self, What},
    many::{for_ids, rows_in},
};
use crate::vault::{NotOpened, Vault};

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
    /// Its place in the order of arrival: one more than the last.
    pub sequence: i64,
    pub header: &'a Header,
    pub hash: Hash,
    pub envelope: &'a [u8],
    pub author: AccountId,
    pub received_at: i64,
    pub parked: Option<ParkReason>,
}

/// A revision that is here, as far as judging others needs it.
pub struct HereRevision {
    pub known: Known,
    pub sequence: i64,
    pub parked: Option<ParkReason>,
    author: AccountId,
}

/// The revisions that are here of some records.
#[derive(Default)]
pub struct Here(HashMap<RecordId, Vec<HereRevision>>);

impl Here {
    /// The revision of a record that has this hash.
    pub fn find(&self, record: RecordId, hash: Hash) -> Option<&HereRevision> {
        self.0.get(&record)?.iter().find(|it| it.known.hash == hash)
    }

    /// The revisions of a record, in order of arrival.
    pub fn known(&self, record: RecordId) -> impl Iterator<Item = &Known> {
        self.0.get(&record).into_iter().flatten().map(|it| &it.known)
    }

    /// Whose record it is: the author's of its first revision that was not set aside.
    pub fn author(&self, record: RecordId) -> Option<AccountId> {
        self.0.get(&record)?.iter().find(|it| it.parked.is_none()).map(|it| it.author)
    }

    /// Whether a revision of it is here that `author` sent, set aside or not.
    pub fn is_of(&self, record: RecordId, author: AccountId) -> bool {
        self.0.get(&record).is_some_and(|it| it.iter().any(|it| it.author == author))
    }

    /// One more revision is here.
    pub fn add(&mut self, revision: &NewRevision<'_>) {
        let parents = revision.header.parents.clone();
        self.0.entry(revision.header.id).or_default().push(HereRevision {
            known: Known { hash: revision.hash, parents, parked: revision.parked.is_some() },
            sequence: revision.sequence,
            parked: revision.parked,
            author: revision.author,
        });
    }
}

const FIRST_AT_IDS: &str = "select id, first_at from record where id in (";
const ADD_ROWS: &str = "insert into record (id, kind, campaign, unit, visit, author, first_at) values ";
const UNLESS_KNOWN: &str = " on conflict (id) do nothing";
const LAST: &str = "select coalesce(max(sequence), 0) from revision";
const HERE_IDS: &str =
    "select record, sequence, hash, parents, parked, author from revision where record in (";
const KEEP_ROWS: &str = "insert into revision
    (sequence, record, hash, sealed, key, parents, claimed_at, received_at, author, parked) values ";
const KNOWN: &str = "select hash, parents, parked from revision where record = $1 order by sequence";
const REVISIONS: &str = "select sequence, hash, revision.sealed, claimed_at, received_at, author, parked,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key where record = $1 order by sequence";
const PARKED_N: &str = "select count(*) from revision where parked is not null";
/// Few of many are set aside: with a plus before it, the place is no reason to read all of them in its order.
const PARKED_BEFORE: &str = "select sequence, hash, revision.sealed, claimed_at, received_at, author, parked,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key where parked is not null and ($1 is null or sequence < $1)
    order by +sequence desc limit $2";
const PARKED_AFTER: &str = "select sequence, hash, revision.sealed, claimed_at, received_at, author, parked,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key where parked is not null and parked <> 'signed_out' and +sequence > $1
    order by +sequence limit $2";
const HELD: &str = "select count(*), coalesce(sum(octet_length(sealed)), 0) from revision
    where parked = 'signed_out' and author = $1";
const HELD_AFTER: &str = "select sequence, hash, revision.sealed, claimed_at, received_at, author, parked,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key where parked = 'signed_out' and author = $1 and sequence > $2 order by sequence limit $3";
const SET_PARKED: &str = "update revision set parked = $2 where sequence = $1";
const ENVELOPE: &str =
    "select hash, revision.sealed, envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key
    where record = $1 and hash = $2 and octet_length(revision.sealed) > 0";
const FIRST_ENVELOPE: &str =
    "select hash, revision.sealed, envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key
    where record = $1 and parked is null and octet_length(revision.sealed) > 0 order by sequence limit 1";

/// When the first revisions of records arrived; none before it was read out.
pub async fn first_at(db: &mut Connection, ids: &[RecordId]) -> sqlx::Result<HashMap<RecordId, i64>> {
    let rows = for_ids(db, FIRST_AT_IDS, ")", ids).await?;
    Ok(rows.iter().map(|row| (RecordId(row.get("id")), row.get("first_at"))).collect())
}

/// The place of the last revision in the order of arrival; 0 when there is none.
pub async fn last(db: &mut Connection) -> sqlx::Result<i64> {
    Ok(sql(LAST).fetch_one(db).await?.get(0))
}

/// The revisions that are here of these records.
pub async fn here(db: &mut Connection, ids: &[RecordId]) -> sqlx::Result<Here> {
    let mut here = Here::default();
    for row in for_ids(db, HERE_IDS, ") order by sequence", ids).await? {
        let parked = parked_of(&row);
        here.0.entry(RecordId(row.get("record"))).or_default().push(HereRevision {
            known: Known { hash: hash_of(&row)?, parents: parents_of(&row), parked: parked.is_some() },
            sequence: row.get("sequence"),
            parked,
            author: AccountId(row.get("author")),
        });
    }
    Ok(here)
}

/// Keeps revisions that are not here yet. A record and hash that are here already make it fail.
pub async fn keep(db: &mut Connection, revisions: &[NewRevision<'_>]) -> sqlx::Result<()> {
    let keys = envelope_keys::make(db, revisions.iter().map(|it| (it.header, it.received_at))).await?;
    let seal = |it: &NewRevision<'_>| {
        let what = What::in_kind(it.header.kind);
        let key = what.and_then(|what| keys.get(&(it.header.visit, what)));
        (key.map(|it| it.0), db.vault.seal_envelope(key.map(|it| &it.1), it.hash, it.envelope))
    };
    let rows: Vec<_> = revisions.iter().map(|it| (it, seal(it))).collect();
    rows_in(db, KEEP_ROWS, 10, "", &rows, |query, (revision, (key, sealed))| {
        query
            .bind(revision.sequence)
            .bind(revision.header.id.0)
            .bind(revision.hash.0.to_vec())
            .bind(sealed.as_slice())
            .bind(*key)
            .bind(serde_json::to_string(&revision.header.parents).unwrap_or_default())
            .bind(revision.header.claimed_at)
            .bind(revision.received_at)
            .bind(revision.author.0)
            .bind(revision.parked.map(ParkReason::as_str))
    })
    .await
}

const READ_TO: &str = "select value from meta where key = 'read_out_to'";
const SET_READ_TO: &str = "insert into meta (key, value) values ('read_out_to', $1)
    on conflict (key) do update set value = excluded.value";
const AFTER_ALL: &str = "select sequence, hash, revision.sealed, claimed_at, received_at, author, parked,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key where sequence > $1 order by sequence limit $2";
const NOTE_UNREAD: &str = "insert into unread (revision) values ($1) on conflict (revision) do nothing";
const UNREAD: &str = "select sequence, hash, revision.sealed, claimed_at, received_at, author, parked,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from revision left join envelope_key on envelope_key.id = revision.key where sequence in (select revision from unread) order by sequence";
const FORGET_UNREAD: &str = "delete from unread where revision = $1";

/// The place of the last revision that was read out.
pub async fn read_to(db: &mut Connection) -> sqlx::Result<i64> {
    let row = sql(READ_TO).fetch_optional(db).await?;
    Ok(row.and_then(|row| row.get::<String>(0).parse().ok()).unwrap_or(0))
}

/// Notes the place of the last revision that was read out.
pub async fn set_read_to(db: &mut Connection, sequence: i64) -> sqlx::Result<()> {
    sql(SET_READ_TO).bind(sequence.to_string()).execute(db).await?;
    Ok(())
}

/// The next revisions after a place, in order of arrival.
pub async fn after(db: &mut Connection, sequence: i64, limit: u32) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(AFTER_ALL).bind(sequence).bind(limit).fetch_all(db).await?;
    rows.iter().map(|it| revision_of(&db.vault, it)).collect()
}

/// Notes that a revision could not be read out.
pub async fn note_unread(db: &mut Connection, sequence: i64) -> sqlx::Result<()> {
    sql(NOTE_UNREAD).bind(sequence).execute(db).await?;
    Ok(())
}

/// The revisions that could not be read out.
pub async fn unread(db: &mut Connection) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(UNREAD).fetch_all(db).await?;
    rows.iter().map(|it| revision_of(&db.vault, it)).collect()
}

/// A revision was read out after all.
pub async fn forget_unread(db: &mut Connection, sequence: i64) -> sqlx::Result<()> {
    sql(FORGET_UNREAD).bind(sequence).execute(db).await?;
    Ok(())
}

/// Notes what all revisions of a record have in common, unless it is known: header, author, time of arrival.
pub async fn add(db: &mut Connection, records: &[(&Header, AccountId, i64)]) -> sqlx::Result<()> {
    rows_in(db, ADD_ROWS, 7, UNLESS_KNOWN, records, |query, (header, author, at)| {
        query
            .bind(header.id.0)
            .bind(header.kind.as_str())
            .bind(header.campaign.0)
            .bind(header.unit.0)
            .bind(header.visit.0)
            .bind(author.0)
            .bind(*at)
    })
    .await
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
    rows.iter().map(|it| revision_of(&db.vault, it)).collect()
}

fn revision_of(vault: &Vault, row: &Row) -> sqlx::Result<Revision> {
    let hash = hash_of(row)?;
    Ok(Revision {
        sequence: row.get("sequence"),
        hash,
        envelope: opened(vault, hash, row),
        claimed_at: row.get("claimed_at"),
        received_at: row.get("received_at"),
        author: AccountId(row.get("author")),
        parked: parked_of(row),
    })
}

/// Nothing is decided beside what cannot be read.
fn damaged(cause: NotOpened) -> sqlx::Error {
    sqlx::Error::Decode(cause.into())
}

/// The bytes of a revision in a row.
fn envelope_of(vault: &Vault, hash: Hash, row: &Row) -> Result<Vec<u8>, NotOpened> {
    let key = envelope_keys::of_row(vault, row)?;
    vault.open_envelope(key.as_ref(), hash, row.get("sealed"))
}

/// The bytes of a revision to be shown or read out; none, which nothing can be read out of, when they were destroyed or do not
/// open.
pub(super) fn opened(vault: &Vault, hash: Hash, row: &Row) -> Vec<u8> {
    if row.get::<&[u8]>("sealed").is_empty() {
        return Vec::new();
    }
    envelope_of(vault, hash, row).unwrap_or_else(|cause| {
        tracing::error!(%cause, %hash, "a revision was sealed with another key, or changed behind the server's back");
        Vec::new()
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
    rows.iter().map(|it| revision_of(&db.vault, it)).collect()
}

/// Revisions set aside, but for those that wait for someone to sign in, that arrived after the place `after`, in order of arrival.
pub async fn parked_after(db: &mut Connection, after: i64, limit: u32) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(PARKED_AFTER).bind(after).bind(limit).fetch_all(db).await?;
    rows.iter().map(|it| revision_of(&db.vault, it)).collect()
}

/// How many revisions wait for someone to sign in, and their bytes.
pub async fn held(db: &mut Connection, author: AccountId) -> sqlx::Result<(i64, i64)> {
    let row = sql(HELD).bind(author.0).fetch_one(db).await?;
    Ok((row.get(0), row.get(1)))
}

/// Those that arrived after the place `after`, in order of arrival.
pub async fn held_after(
    db: &mut Connection,
    author: AccountId,
    after: i64,
    limit: u32,
) -> sqlx::Result<Vec<Revision>> {
    let rows = sql(HELD_AFTER).bind(author.0).bind(after).bind(limit).fetch_all(db).await?;
    rows.iter().map(|it| revision_of(&db.vault, it)).collect()
}

/// Keeps what a revision that was set aside was judged to be now; its bytes stay as they are.
pub async fn judged_again(
    db: &mut Connection,
    sequence: i64,
    parked: Option<ParkReason>,
) -> sqlx::Result<()> {
    sql(SET_PARKED).bind(sequence).bind(parked.map(ParkReason::as_str)).execute(db).await?;
    Ok(())
}

/// The bytes of one revision; none where they were destroyed.
pub async fn envelope(db: &mut Connection, record: RecordId, hash: Hash) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sql(ENVELOPE).bind(record.0).bind(hash.0.to_vec()).fetch_optional(db).await?;
    row.map(|row| envelope_of(&db.vault, hash, &row).map_err(damaged)).transpose()
}

/// The bytes of the first revision that was neither set aside nor destroyed: its words are the ones that stand.
pub async fn first_envelope(db: &mut Connection, record: RecordId) -> sqlx::Result<Option<Vec<u8>>> {
    let row = sql(FIRST_ENVELOPE).bind(record.0).fetch_optional(db).await?;
    row.map(|row| envelope_of(&db.vault, hash_of(&row)?, &row).map_err(damaged)).transpose()
}

/// The hash in a row.
pub(super) fn hash_of(row: &Row) -> sqlx::Result<Hash> {
    Ok(Hash(row.array("hash")?))
}

fn parents_of(row: &Row) -> Vec<Hash> {
    serde_json::from_str(row.get("parents")).unwrap_or_default()
}

fn parked_of(row: &Row) -> Option<ParkReason> {
    row.get::<Option<String>>("parked").as_deref().and_then(ParkReason::from_word)
}

const AFTER: &str = "select sequence, hash, revision.sealed,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed, destruction.at as destroyed_at
    from revision left join envelope_key on envelope_key.id = revision.key
        left join destruction on destruction.key = revision.key
    where sequence > $1 order by sequence limit 500";
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
            // What was destroyed is as it must be, when that is on record.
            let destroyed = row.get::<Option<i64>>("destroyed_at").is_some();
            let is_empty = row.get::<&[u8]>("sealed").is_empty();
            if !(destroyed && is_empty) && envelope_of(&db.vault, hash_of(row)?, row).is_err() {
                wrong.push(row.get("sequence"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Db, engine::plan};

    #[tokio::test]
    async fn what_is_set_aside_is_not_looked_for_among_all() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path(), None).await.unwrap();
        let mut db = db.read().await.unwrap();
        for text in [PARKED_N, PARKED_BEFORE, PARKED_AFTER, HELD, HELD_AFTER] {
            let plan = plan(&mut db, text, 3).await;
            assert!(plan.iter().any(|it| it.contains("INDEX revision_parked")), "{text}: {plan:?}");
        }
    }
}
