//! The keys of what phones sent: one for the names of a visit, one for its words. Whoever destroys one makes every envelope
//! under it unreadable; that it was destroyed stays.

use std::collections::HashMap;

use domain::{
    envelope::{Header, RecordKind, open},
    id::RecordId,
};
use uuid::Uuid;

use super::{
    Db,
    engine::{Connection, Row, sql},
    likenesses,
    many::{for_ids, rows_in},
    records,
    sealing::Person,
    transcripts,
};
use crate::vault::{Key, NotOpened, Vault};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Who was visited, how to reach them and where it was exactly: the envelopes of visits and identities.
    Names,
    /// What was said: the envelopes of statements and of answers.
    Words,
}

impl What {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Words => "words",
        }
    }

    fn of(word: &str) -> Self {
        if word == "words" { Self::Words } else { Self::Names }
    }

    /// What the envelope of a kind holds; none where it holds neither.
    pub fn in_kind(kind: RecordKind) -> Option<Self> {
        match kind {
            RecordKind::Visit | RecordKind::Identity => Some(Self::Names),
            RecordKind::Statement | RecordKind::Answers => Some(Self::Words),
            RecordKind::Attachment => None,
        }
    }
}

/// The keys of some visits.
pub type Keys = HashMap<(RecordId, What), (Uuid, Key)>;

const ADD_ROWS: &str = "insert into envelope_key (id, visit, what, made_at, sealed) values ";
const UNLESS_HERE: &str = " on conflict (visit, what) do nothing";
const KEY_IDS: &str = "select id, visit, what, sealed from envelope_key where visit in (";

/// The keys for envelopes with these headers that arrived at a time: those that are here, else new ones.
pub async fn make<'a>(
    db: &mut Connection,
    headers: impl Iterator<Item = (&'a Header, i64)>,
) -> sqlx::Result<Keys> {
    let mut wanted: Vec<(RecordId, What, i64)> =
        headers.filter_map(|(it, at)| Some((it.visit, What::in_kind(it.kind)?, at))).collect();
    wanted.sort_unstable_by_key(|it| (it.0, it.1.as_str(), it.2));
    wanted.dedup_by_key(|it| (it.0, it.1));
    let new: Vec<_> = wanted
        .iter()
        .map(|it| {
            let id = new_id(it.2);
            (it, id, db.vault.seal_envelope_key(id, &Key::random()))
        })
        .collect();
    rows_in(db, ADD_ROWS, 5, UNLESS_HERE, &new, |query, ((visit, what, at), id, sealed)| {
        query.bind(*id).bind(visit.0).bind(what.as_str()).bind(*at).bind(sealed.as_slice())
    })
    .await?;
    let mut visits: Vec<RecordId> = wanted.iter().map(|it| it.0).collect();
    visits.dedup();
    let rows = for_ids(db, KEY_IDS, ")", &visits).await?;
    let key = |row: &Row| {
        let id: Uuid = row.get("id");
        let opened = db.vault.open_envelope_key(id, row.get("sealed")).map_err(damaged)?;
        Ok(((RecordId(row.get("visit")), What::of(row.get("what"))), (id, opened)))
    };
    rows.iter().map(key).collect()
}

fn damaged(cause: NotOpened) -> sqlx::Error {
    sqlx::Error::Decode(cause.into())
}

/// The key that a row's `key_id` and `key_sealed` hold; none where the envelope is under the vault's own.
///
/// # Errors
///
/// When it does not open.
pub fn of_row(vault: &Vault, row: &Row) -> Result<Option<Key>, NotOpened> {
    let (id, sealed): (Option<Uuid>, Option<&[u8]>) = (row.get("key_id"), row.get("key_sealed"));
    match (id, sealed) {
        (Some(id), Some(sealed)) => vault.open_envelope_key(id, sealed).map(Some),
        _ => Ok(None),
    }
}

/// A key whose days are over.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub id: Uuid,
    pub visit: RecordId,
}

const DUE: &str = "select id, visit from envelope_key
    where what = $1 and made_at <= $2 and ($3 is null or not exists
        (select 1 from revision where revision.key = envelope_key.id and sequence > $3))
    order by made_at, id limit $4";
const DUE_N: &str = "select count(*) from envelope_key
    where what = $1 and made_at <= $2 and ($3 is null or not exists
        (select 1 from revision where revision.key = envelope_key.id and sequence > $3))";

/// Some keys that were made by a time; only those of which all is backed up to a place, unless it is `None`.
pub async fn due(
    db: &mut Connection,
    what: What,
    made_by: i64,
    backed_up_to: Option<i64>,
    n_max: u32,
) -> sqlx::Result<Vec<Due>> {
    let query = sql(DUE).bind(what.as_str()).bind(made_by).bind(backed_up_to).bind(n_max);
    let rows = query.fetch_all(db).await?;
    Ok(rows.iter().map(|row| Due { id: row.get("id"), visit: RecordId(row.get("visit")) }).collect())
}

/// How many there are.
pub async fn due_n(
    db: &mut Connection,
    what: What,
    made_by: i64,
    backed_up_to: Option<i64>,
) -> sqlx::Result<u32> {
    let query = sql(DUE_N).bind(what.as_str()).bind(made_by).bind(backed_up_to);
    Ok(query.fetch_one(db).await?.get(0))
}

const NOTE: &str =
    "insert into destruction (key, visit, what, at, reason, statement) values ($1, $2, $3, $4, $5, $6)";
const DESTROY: &str = "delete from envelope_key where id = $1";
const EMPTY: &str = "update revision set sealed = $2 where key = $1";
const FORGET_PERSON: &str = "update identity set sealed = $2 where visit = $1";
const FORGET_CONTACT: &str = "update visit set contact = null where id = $1";
const FORGET_WORDS: &str = "update statement set words = '', summary = '', transcript = '', about = '', happened = '' where visit = $1";
const FORGET_FLAGS: &str = "update answers set flags = '[]', flags_n = 0 where visit = $1";
const UNSORT: &str = "delete from unsorted where statement in (select id from statement where visit = $1)";
const UNINDEX: &str = "delete from statement_search where rowid in
    (select number from suggestion join statement on statement.id = suggestion.statement where visit = $1)";
const UNINDEX_POSTGRES: &str = "delete from statement_search where number in
    (select number from suggestion join statement on statement.id = suggestion.statement where visit = $1)";
const UNSUGGEST: &str =
    "delete from suggestion where statement in (select id from statement where visit = $1)";

/// Destroys a key, and with it what was read out of its envelopes.
pub async fn destroy(db: &mut Connection, what: What, due: Due, at: i64, reason: &str) -> sqlx::Result<()> {
    let visit = due.visit;
    let note = sql(NOTE).bind(due.id).bind(visit.0).bind(what.as_str()).bind(at).bind(reason);
    let note = note.bind(None::<Uuid>);
    note.execute(&mut *db).await?;
    sql(DESTROY).bind(due.id).execute(&mut *db).await?;
    sql(EMPTY).bind(due.id).bind(Vec::new()).execute(&mut *db).await?;
    match what {
        What::Names => {
            let nobody = db.vault.seal_identity(visit, &Person::default());
            sql(FORGET_PERSON).bind(visit.0).bind(nobody).execute(&mut *db).await?;
            sql(FORGET_CONTACT).bind(visit.0).execute(db).await?;
        }
        What::Words => {
            let unindex = if db.is_postgres() { UNINDEX_POSTGRES } else { UNINDEX };
            for text in [UNSORT, unindex, UNSUGGEST, FORGET_WORDS, FORGET_FLAGS] {
                sql(text).bind(visit.0).execute(&mut *db).await?;
            }
            likenesses::forget_visit(db, visit).await?;
            transcripts::forget_visit(db, visit).await?;
        }
    }
    Ok(())
}

const WORDS_KEY: &str = "select id, sealed, made_at from envelope_key where visit = $1 and what = 'words'";
const ADD: &str =
    "insert into envelope_key (id, visit, what, made_at, sealed) values ($1, $2, 'words', $3, $4)";
const OTHERS: &str = "select sequence, hash, sealed from revision where key = $1 and record <> $2";
const FORGET_STATEMENT: &str =
    "update statement set words = '', summary = '', transcript = '', about = '', happened = '', proposed = '[]',
    category = null, state = 'referred', version = version + 1 where id = $1 or part_of = $1";
const PARTS: &str = "select id from statement where part_of = $1";
const UNSORT_ONE: &str = "delete from unsorted where statement in
    (select id from statement where id = $1 or part_of = $1)";
const UNINDEX_ONE: &str =
    "delete from statement_search where rowid in (select number from suggestion where statement in
    (select id from statement where id = $1 or part_of = $1))";
const UNINDEX_ONE_POSTGRES: &str =
    "delete from statement_search where number in (select number from suggestion where statement in
    (select id from statement where id = $1 or part_of = $1))";
const UNSUGGEST_ONE: &str = "delete from suggestion where statement in
    (select id from statement where id = $1 or part_of = $1)";

/// Destroys what one statement says: the visit's other statements get a new key, and the one that was goes. The row
/// of the statement stays, as of one that was passed on; what were parts of it say nothing either.
///
/// # Errors
///
/// The database's; when an envelope of the visit does not open, nothing is to be destroyed.
pub async fn destroy_statement(
    db: &mut Connection,
    visit: RecordId,
    statement: RecordId,
    at: i64,
) -> sqlx::Result<()> {
    give_keys_to(db, visit).await?;
    transcripts::forget_statement(db, statement).await?;
    if let Some(row) = sql(WORDS_KEY).bind(visit.0).fetch_optional(&mut *db).await? {
        let old: Uuid = row.get("id");
        let key = db.vault.open_envelope_key(old, row.get("sealed")).map_err(damaged)?;
        renew(db, visit, statement, (old, key), row.get("made_at")).await?;
        sql(EMPTY).bind(old).bind(Vec::new()).execute(&mut *db).await?;
        let note = sql(NOTE).bind(old).bind(visit.0).bind(What::Words.as_str()).bind(at).bind("handed over");
        note.bind(Some(statement.0)).execute(&mut *db).await?;
    }
    let unindex = if db.is_postgres() { UNINDEX_ONE_POSTGRES } else { UNINDEX_ONE };
    for text in [UNSORT_ONE, unindex, UNSUGGEST_ONE, FORGET_STATEMENT] {
        sql(text).bind(statement.0).execute(&mut *db).await?;
    }
    for row in &sql(PARTS).bind(statement.0).fetch_all(&mut *db).await? {
        likenesses::forget(db, RecordId(row.get("id"))).await?;
    }
    likenesses::forget(db, statement).await
}

/// Puts a new key for a visit's words in the place of the old one, and under it all but one statement. The days count on
/// from when the old one was made.
async fn renew(
    db: &mut Connection,
    visit: RecordId,
    but: RecordId,
    (old, key): (Uuid, Key),
    made_at: i64,
) -> sqlx::Result<()> {
    let (id, secret) = (new_id(made_at), Key::random());
    sql(DESTROY).bind(old).execute(&mut *db).await?;
    let sealed = db.vault.seal_envelope_key(id, &secret);
    sql(ADD).bind(id).bind(visit.0).bind(made_at).bind(sealed).execute(&mut *db).await?;
    let new = Key::of(&secret);
    for row in &sql(OTHERS).bind(old).bind(but.0).fetch_all(&mut *db).await? {
        let hash = records::hash_of(row)?;
        let bytes = db.vault.open_envelope(Some(&key), hash, row.get("sealed")).map_err(damaged)?;
        let sealed = db.vault.seal_envelope(Some(&new), hash, &bytes);
        sql(RESEAL).bind(row.get::<i64>("sequence")).bind(sealed).bind(id).execute(&mut *db).await?;
    }
    transcripts::reseal(db, visit, &key, &new).await
}

/// The key of a visit's words; none once it was destroyed, or before any words came.
///
/// # Errors
///
/// The database's; when it does not open.
pub async fn of_words(db: &mut Connection, visit: RecordId) -> sqlx::Result<Option<Key>> {
    let Some(row) = sql(WORDS_KEY).bind(visit.0).fetch_optional(&mut *db).await? else { return Ok(None) };
    db.vault.open_envelope_key(row.get("id"), row.get("sealed")).map(Some).map_err(damaged)
}

/// In the order of time, as records are: keys of visits that come together lie together, and few pages are written for them.
fn new_id(at: i64) -> Uuid {
    let random = Key::random().first_chunk().copied().unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(at.unsigned_abs(), &random).into_uuid()
}

const HANDED_OVER: &str = "select 1 from destruction where statement = $1";

/// Whether the words of a statement left the office.
pub async fn is_handed_over(db: &mut Connection, statement: RecordId) -> sqlx::Result<bool> {
    Ok(sql(HANDED_OVER).bind(statement.0).fetch_optional(db).await?.is_some())
}

const OF_VISIT: &str = "select what, at from destruction where visit = $1 and statement is null order by at";

/// What of a visit was destroyed when, the latest last.
pub async fn destroyed(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<(What, i64)>> {
    let rows = sql(OF_VISIT).bind(visit.0).fetch_all(db).await?;
    Ok(rows.iter().map(|row| (What::of(row.get("what")), row.get("at"))).collect())
}

/// Envelopes of one step.
const AT_ONCE: i64 = 500;
const WITHOUT: &str = "select sequence, hash, sealed, received_at from revision
    where key is null and sequence > $1 order by sequence limit $2";
const RESEAL: &str = "update revision set sealed = $2, key = $3 where sequence = $1";

const WITHOUT_OF_VISIT: &str = "select sequence, hash, sealed, received_at from revision
    where key is null and record in (select id from record where visit = $1)";

/// Gives what is under the vault's own key keys of its own, some at a time, behind a place; answers up to which place it looked,
/// `None` at the end. What does not open stays as it is.
pub async fn give_keys(db: &Db, after: i64) -> sqlx::Result<Option<i64>> {
    let mut db = db.write().await?;
    let rows = sql(WITHOUT).bind(after).bind(AT_ONCE).fetch_all(&mut db).await?;
    let Some(last) = rows.last().map(|row| row.get::<i64>("sequence")) else { return Ok(None) };
    give(&mut db, &rows).await?;
    db.commit().await?;
    Ok(Some(last))
}

/// The same of one visit.
pub async fn give_keys_to(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    let rows = sql(WITHOUT_OF_VISIT).bind(visit.0).fetch_all(&mut *db).await?;
    give(db, &rows).await
}

async fn give(db: &mut Connection, rows: &[Row]) -> sqlx::Result<()> {
    let mut clear = Vec::new();
    for row in rows {
        let hash = records::hash_of(row)?;
        let Ok(bytes) = db.vault.open_envelope(None, hash, row.get("sealed")) else { continue };
        let header = open(&bytes).ok().map(|it| it.header);
        if let Some(header) = header.filter(|it| What::in_kind(it.kind).is_some()) {
            clear.push((row.get::<i64>("sequence"), hash, bytes, header, row.get::<i64>("received_at")));
        }
    }
    let keys = make(db, clear.iter().map(|it| (&it.3, it.4))).await?;
    for (sequence, hash, bytes, header, _) in &clear {
        let Some((id, key)) = What::in_kind(header.kind).and_then(|it| keys.get(&(header.visit, it))) else {
            continue;
        };
        let sealed = db.vault.seal_envelope(Some(key), *hash, bytes);
        sql(RESEAL).bind(*sequence).bind(sealed).bind(*id).execute(&mut *db).await?;
    }
    Ok(())
}
