//! What the machine makes of statements, and the search index beside it.

use std::{collections::HashMap, ops::RangeInclusive};

use domain::{
    categorize::Categorization,
    id::RecordId,
    matters::Matter,
    search::{pairs, tsvector},
    severity::Level,
};

use super::{
    engine::{Connection, Row, sql},
    likenesses,
    many::{for_ids, for_these, rows_in},
    transcripts,
};

const WAITING: &str = "select number, statement.id, words, transcript, summary, part_of
    from unsorted join statement on statement.id = unsorted.statement
    where number > $1 order by number limit $2";
const ONE: &str = "select id, words, transcript, summary, part_of from statement where id = $1";
const ADD_ROWS: &str = "insert into unsorted (statement) values ";
const ADD_OF_VISIT: &str = "insert into unsorted (statement) select id from statement where visit = $1";
const ADD_ALL: &str = "insert into unsorted (statement) select id from statement";
const IS_OLD: &str = "select 1 from suggestion where rules_version < $1 or rules_version > $2 limit 1";
const ADD_OLD: &str = "insert into unsorted (statement)
    select statement from suggestion where rules_version < $1 or rules_version > $2";
const ADD_UNDECIDED: &str = "insert into unsorted (statement)
    select suggestion.statement from suggestion join statement on statement.id = suggestion.statement
    where state = 'waiting'";
const DONE_IDS: &str = "delete from unsorted where number in (";
const KEEP_ROWS: &str =
    "insert into suggestion (statement, rules_version, kind, code, body, matters, severity, made_at) values ";
const AGAIN: &str = "
    on conflict (statement) do update set rules_version = excluded.rules_version, kind = excluded.kind,
        code = excluded.code, body = excluded.body, matters = excluded.matters, severity = excluded.severity,
        made_at = excluded.made_at";
const NUMBER_IDS: &str = "select statement, number from suggestion where statement in (";
const UNINDEX_IDS: &str = "delete from statement_search where rowid in (";
const INDEX_ROWS: &str = "insert into statement_search (rowid, pairs) values ";
const UNINDEX_POSTGRES_IDS: &str = "delete from statement_search where number in (";
const INDEX_POSTGRES_ROWS: &str =
    "insert into statement_search (number, pairs) select number, cast(pairs as tsvector) from (values ";
const AS_NEW: &str = ") as new (number, pairs)";
const GET: &str = "select body, matters from suggestion where statement = $1";

/// A statement that the machine has yet to look at.
pub struct Unsorted {
    /// Its places among those; several when it changed since.
    pub numbers: Vec<i64>,
    pub id: RecordId,
    pub words: String,
    /// What was accepted of its recordings.
    pub transcript: String,
    pub summary: String,
    /// What was accepted of recordings of its whole visit: it is found by that, and not sorted by it.
    pub heard_in_visit: String,
    /// It is a part of another, and is not divided further.
    pub is_part: bool,
}

/// What the machine makes of a text.
pub struct Made {
    pub suggestion: Categorization,
    /// Where there are several.
    pub matters: Vec<Matter>,
    pub severity: Level,
}

fn unsorted(row: &Row) -> Unsorted {
    Unsorted {
        numbers: Vec::new(),
        id: RecordId(row.get("id")),
        words: row.get("words"),
        transcript: row.get("transcript"),
        summary: row.get("summary"),
        heard_in_visit: String::new(),
        is_part: row.get::<Option<uuid::Uuid>>("part_of").is_some(),
    }
}

/// A statement, to be looked at whether it waits for it or not.
pub async fn one(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Unsorted>> {
    let row = sql(ONE).bind(id.0).fetch_optional(&mut *db).await?;
    let mut found: Vec<Unsorted> = row.as_ref().map(unsorted).into_iter().collect();
    hear_visits(db, &mut found).await?;
    Ok(found.pop())
}

/// Puts to statements what was accepted of recordings of their whole visits.
async fn hear_visits(db: &mut Connection, statements: &mut [Unsorted]) -> sqlx::Result<()> {
    let ids: Vec<RecordId> = statements.iter().map(|it| it.id).collect();
    let mut heard = transcripts::of_whole_visits(db, &ids).await?;
    for it in statements {
        it.heard_in_visit = heard.remove(&it.id).unwrap_or_default();
    }
    Ok(())
}

/// Has the machine look at statements, for the first time or once more.
pub async fn look_at(db: &mut Connection, ids: &[RecordId]) -> sqlx::Result<()> {
    rows_in(db, ADD_ROWS, 1, "", ids, |query, id| query.bind(id.0)).await
}

/// The same of all statements of a visit.
pub async fn look_at_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    sql(ADD_OF_VISIT).bind(visit.0).execute(db).await.map(drop)
}

/// The same of all that are here.
pub async fn look_at_all(db: &mut Connection) -> sqlx::Result<()> {
    sql(ADD_ALL).execute(db).await.map(drop)
}

/// Whether a program has looked at some whose marks are none of these.
pub async fn is_old(db: &mut Connection, marks: &RangeInclusive<i64>) -> sqlx::Result<bool> {
    Ok(sql(IS_OLD).bind(*marks.start()).bind(*marks.end()).fetch_optional(db).await?.is_some())
}

/// Has the machine look once more at what such a program has looked at.
pub async fn look_at_old(db: &mut Connection, marks: &RangeInclusive<i64>) -> sqlx::Result<()> {
    sql(ADD_OLD).bind(*marks.start()).bind(*marks.end()).execute(db).await.map(drop)
}

/// Has the machine look once more at what nobody decided on yet.
pub async fn look_at_undecided(db: &mut Connection) -> sqlx::Result<()> {
    sql(ADD_UNDECIDED).execute(db).await.map(drop)
}

/// Statements that the machine has yet to look at, behind the place `after`, at most `limit`.
pub async fn waiting(db: &mut Connection, after: i64, limit: i64) -> sqlx::Result<Vec<Unsorted>> {
    let rows = sql(WAITING).bind(after).bind(limit).fetch_all(&mut *db).await?;
    let mut waiting: Vec<Unsorted> = Vec::with_capacity(rows.len());
    let mut places: HashMap<RecordId, usize> = HashMap::new();
    for row in &rows {
        let (number, id) = (row.get("number"), RecordId(row.get("id")));
        let place = *places.entry(id).or_insert(waiting.len());
        if place == waiting.len() {
            waiting.push(unsorted(row));
        }
        waiting[place].numbers.push(number);
    }
    hear_visits(db, &mut waiting).await?;
    Ok(waiting)
}

/// Keeps what the machine makes of statements, each once, and lets them be found by their words.
pub async fn keep(
    db: &mut Connection,
    made: &[(Made, Unsorted)],
    rules_version: i64,
    at: i64,
) -> sqlx::Result<()> {
    rows_in(db, KEEP_ROWS, 8, AGAIN, made, |query, (made, statement)| {
        query
            .bind(statement.id.0)
            .bind(rules_version)
            .bind(made.suggestion.kind.value.as_str())
            .bind(made.suggestion.suggestions.first().map(|it| it.code.as_str()))
            .bind(serde_json::to_string(&made.suggestion).unwrap_or_default())
            .bind(serde_json::to_string(&made.matters).unwrap_or_default())
            .bind(made.severity.number())
            .bind(at)
    })
    .await?;
    let ids: Vec<RecordId> = made.iter().map(|(_, it)| it.id).collect();
    let rows = for_ids(db, NUMBER_IDS, ")", &ids).await?;
    let numbers: HashMap<RecordId, i64> =
        rows.iter().map(|row| (RecordId(row.get("statement")), row.get("number"))).collect();
    let all: Vec<i64> = numbers.values().copied().collect();
    let text_of = |it: &Unsorted| [&*it.words, &it.transcript, &it.summary, &it.heard_in_visit].join("\n");
    if db.is_postgres() {
        for_these(db, UNINDEX_POSTGRES_IDS, ")", &[], &all).await?;
        rows_in(db, INDEX_POSTGRES_ROWS, 2, AS_NEW, made, |query, (_, statement)| {
            query.bind(numbers.get(&statement.id).copied()).bind(tsvector(&text_of(statement)))
        })
        .await?;
    } else {
        for_these(db, UNINDEX_IDS, ")", &[], &all).await?;
        rows_in(db, INDEX_ROWS, 2, "", made, |query, (_, statement)| {
            query.bind(numbers.get(&statement.id).copied()).bind(pairs(&text_of(statement)))
        })
        .await?;
    }
    likenesses::compare(db, &ids).await?;
    let done: Vec<i64> = made.iter().flat_map(|(_, it)| &it.numbers).copied().collect();
    for_these(db, DONE_IDS, ")", &[], &done).await.map(drop)
}

/// What the machine makes of a statement, and its matters where there are several, once it has looked.
pub async fn get(
    db: &mut Connection,
    statement: RecordId,
) -> sqlx::Result<Option<(Categorization, Vec<Matter>)>> {
    let row = sql(GET).bind(statement.0).fetch_optional(db).await?;
    Ok(row.and_then(|row| {
        let matters = serde_json::from_str(row.get("matters")).unwrap_or_default();
        Some((serde_json::from_str(row.get("body")).ok()?, matters))
    }))
}
