//! Whole tables, row by row, for backups and for moving from one engine to another.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::engine::{At, Connection, Row, Value, sql, sql_made};

/// Every table whose rows are kept, each after those that it refers to.
///
/// What is not in it is made anew (`suggestion`, `statement_search`), is of this very moment (`presence`), or
/// speaks of bytes that are not whole (`upload_part`).
pub const TABLES: [&str; 72] = [
    "meta",
    "campaign",
    "notice",
    "unit",
    "account",
    "membership",
    "device",
    "session",
    "second_factor",
    "recovery_code",
    "invitation",
    "past_password",
    "oidc_subject",
    "oidc_used",
    "openrosa_password",
    "sign_in_try",
    "audit",
    "audit_link",
    "audit_checkpoint",
    "audit_cut",
    "respondent",
    "assignment",
    "record",
    "envelope_key",
    "destruction",
    "questionnaire",
    "questionnaire_version",
    "questionnaire_medium",
    "answers",
    "submission",
    "handover",
    "handover_statement",
    "handover_left_out",
    "removal",
    "person_erasure",
    "revision",
    "unread",
    "visit",
    "identity",
    "statement",
    "attachment",
    "transcript",
    "erasure",
    "blob_key",
    "upload",
    "change",
    "life",
    "issue",
    "issue_history",
    "issue_statement",
    "issue_finding",
    "official_mapping",
    "decision",
    "second_reading",
    "suggester_version",
    "suggester_use",
    "taxonomy_version",
    "rules_version",
    "referral",
    "release",
    "meeting",
    "agenda_item",
    "meeting_history",
    "measure",
    "measure_progress",
    "clue_key",
    "clue",
    "clue_wrap",
    "clue_part",
    "clue_note",
    "clue_log",
    "clue_recusal",
];

/// Whether a table holds sealed clues or what belongs to them: its rows are in no figure.
pub fn is_of_clues(table: &str) -> bool {
    table.starts_with("clue")
}

/// Tables that are made anew or are of this very moment.
pub const LEFT_OUT: [&str; 10] = [
    "unsorted",
    "suggestion",
    "statement_search",
    "uncompared",
    "compared",
    "likeness",
    "presence",
    "upload_part",
    "turn",
    "server",
];

/// Rows that are handed on at once, and inserted by one statement.
const AT_ONCE: usize = 200;
/// The same of parts of clues, of which each has up to 1 MiB, and of files of questionnaires, which have 2.
const PARTS_AT_ONCE: usize = 2;

/// One value as JSON: null, a number, a text, or `{"b": base64}` for bytes and ids.
#[derive(Serialize, Deserialize)]
struct Bytes {
    b: String,
}

const COLUMNS_SQLITE: &str = "select name, type as kind from pragma_table_info($1) order by name";
const COLUMNS_POSTGRES: &str = "select cast(column_name as text) as name, cast(data_type as text) as kind
    from information_schema.columns where table_schema = current_schema() and table_name = $1
    order by column_name";

/// A column: its name, and its type in the engine's own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    kind: String,
}

/// The columns of a table, by name.
///
/// # Errors
///
/// The database's.
pub async fn columns(db: &mut Connection, table: &'static str) -> sqlx::Result<Vec<Column>> {
    let text = if db.is_postgres() { COLUMNS_POSTGRES } else { COLUMNS_SQLITE };
    let rows = sql(text).bind(table).fetch_all(db).await?;
    Ok(rows.iter().map(|row| Column { name: row.get("name"), kind: row.get("kind") }).collect())
}

/// Hands on the rows of a table, some at a time, each a list of its values in the order of the columns.
///
/// # Errors
///
/// The database's, and what `each` answers.
pub async fn rows(
    db: &mut Connection,
    table: &'static str,
    columns: &[Column],
    mut each: impl AsyncFnMut(Vec<Vec<Json>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let condition = if table == "upload" { " where done_at is not null" } else { "" };
    let at_once = if matches!(table, "clue_part" | "questionnaire_medium") { PARTS_AT_ONCE } else { AT_ONCE };
    let mut some = Vec::with_capacity(at_once);
    let query = sql_made(format!("select {} from \"{table}\"{condition}", names(columns)));
    query
        .fetch_each(db, async |row| {
            some.push(
                (0..columns.len()).map(|place| json_of(&row, place)).collect::<sqlx::Result<Vec<_>>>()?,
            );
            if some.len() < at_once { Ok(()) } else { each(std::mem::take(&mut some)).await }
        })
        .await?;
    if some.is_empty() { Ok(()) } else { each(some).await }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|it| format!("\"{}\"", it.name)).collect::<Vec<_>>().join(", ")
}

fn json_of(row: &Row, place: usize) -> sqlx::Result<Json> {
    Ok(match row.value(At::Place(place))? {
        Value::Number(it) => it.map_or(Json::Null, Json::from),
        Value::Text(it) => it.map_or(Json::Null, |it| Json::from(it.into_owned())),
        Value::Bytes(it) => it.map_or(Json::Null, |it| bytes(&it)),
        Value::Id(it) => it.map_or(Json::Null, |it| bytes(it.as_bytes())),
    })
}

fn bytes(bytes: &[u8]) -> Json {
    serde_json::to_value(Bytes { b: STANDARD.encode(bytes) }).unwrap_or_default()
}

/// The bytes that a value holds, when it holds bytes.
pub fn bytes_of(json: &Json) -> Option<Vec<u8>> {
    STANDARD.decode(json.get("b")?.as_str()?).ok()
}

/// Inserts rows as `rows` hands them on; columns that are not there here make it fail.
///
/// # Errors
///
/// The database's; `Decode` when a value is none.
pub async fn insert(
    db: &mut Connection,
    table: &'static str,
    names: &[String],
    rows: &[Vec<Json>],
) -> sqlx::Result<()> {
    let here = columns(db, table).await?;
    let columns: Vec<Column> = names
        .iter()
        .map(|name| {
            let found = here.iter().find(|it| it.name == *name).cloned();
            found.ok_or_else(|| sqlx::Error::ColumnNotFound(name.clone()))
        })
        .collect::<sqlx::Result<_>>()?;
    let names: Vec<String> = columns.iter().map(|it| format!("\"{}\"", it.name)).collect();
    for row in rows {
        let places: Vec<String> = (1..=columns.len()).map(|it| format!("${it}")).collect();
        let text = format!("insert into \"{table}\" ({}) values ({})", names.join(", "), places.join(", "));
        let mut query = sql_made(text);
        for (column, json) in columns.iter().zip(row) {
            query = query.bind(value_of(column, json)?);
        }
        query.execute(db).await?;
    }
    Ok(())
}

fn value_of(column: &Column, json: &Json) -> sqlx::Result<Value<'static>> {
    let wrong = || sqlx::Error::Decode(format!("no value for {}", column.name).into());
    Ok(match json {
        // PostgreSQL wants to know which type it is that nothing has.
        Json::Null => match column.kind.as_str() {
            "uuid" => Value::Id(None),
            "bytea" => Value::Bytes(None),
            "bigint" => Value::Number(None),
            _ => Value::Text(None),
        },
        Json::Number(it) => Value::Number(Some(it.as_i64().ok_or_else(wrong)?)),
        Json::String(it) => Value::Text(Some(it.clone().into())),
        other => {
            let bytes = bytes_of(other).ok_or_else(wrong)?;
            if column.kind == "uuid" {
                Value::Id(Some(uuid::Uuid::from_slice(&bytes).map_err(|_| wrong())?))
            } else {
                Value::Bytes(Some(bytes.into()))
            }
        }
    })
}

/// Rows of a table, for comparing.
///
/// # Errors
///
/// The database's.
pub async fn count(db: &mut Connection, table: &'static str) -> sqlx::Result<i64> {
    let condition = if table == "upload" { " where done_at is not null" } else { "" };
    let query = sql_made(format!("select count(*) from \"{table}\"{condition}"));
    Ok(query.fetch_one(db).await?.get(0))
}

/// Empties a table of what a new database holds already.
///
/// # Errors
///
/// The database's.
pub async fn empty(db: &mut Connection, table: &'static str) -> sqlx::Result<()> {
    sql_made(format!("delete from \"{table}\"")).execute(db).await.map(drop)
}

/// Lets the engine count on from what was inserted with its number, where it keeps the count beside the rows.
///
/// # Errors
///
/// The database's.
pub async fn count_on(db: &mut Connection, table: &'static str) -> sqlx::Result<()> {
    if !db.is_postgres() {
        return Ok(());
    }
    for column in columns(db, table).await?.iter().filter(|it| it.name == "sequence" || it.name == "number") {
        let text = format!(
            "select setval(pg_get_serial_sequence('{table}', '{0}'), (select coalesce(max(\"{0}\"), 0) + 1 from \"{table}\"), false)
             where pg_get_serial_sequence('{table}', '{0}') is not null",
            column.name
        );
        sql_made(text).fetch_optional(db).await?;
    }
    Ok(())
}
