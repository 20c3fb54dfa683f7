//! What the machine makes of statements, and the search index beside it.

use domain::{categorize::Categorization, id::RecordId, search::pairs};
use sqlx::Row;

use super::Connection;

const WAITING: &str = "select statement.id, words, summary from statement
    left join suggestion on suggestion.statement = statement.id
    where suggestion.statement is null or suggestion.rules_version <> $1
    limit $2";
const KEEP: &str = "insert into suggestion (statement, rules_version, kind, code, body, made_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (statement) do update set rules_version = excluded.rules_version, kind = excluded.kind,
        code = excluded.code, body = excluded.body, made_at = excluded.made_at
    returning number";
const UNINDEX: &str = "delete from statement_search where rowid = $1";
const INDEX: &str = "insert into statement_search (rowid, pairs) values ($1, $2)";
const GET: &str = "select body from suggestion where statement = $1";

/// A statement that the machine has not looked at.
pub struct Unsorted {
    pub id: RecordId,
    pub words: String,
    pub summary: String,
}

/// Statements that the machine has not looked at with these rules, at most `limit`.
pub async fn waiting(db: &mut Connection, rules_version: i64, limit: i64) -> sqlx::Result<Vec<Unsorted>> {
    let rows = sqlx::query(WAITING).bind(rules_version).bind(limit).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| Unsorted {
            id: RecordId(row.get("id")),
            words: row.get("words"),
            summary: row.get("summary"),
        })
        .collect())
}

/// Keeps what the machine makes of a statement, and lets it be found by its words.
pub async fn keep(
    db: &mut Connection,
    statement: &Unsorted,
    rules_version: i64,
    made: &Categorization,
    at: i64,
) -> sqlx::Result<()> {
    let number: i64 = sqlx::query(KEEP)
        .bind(statement.id.0)
        .bind(rules_version)
        .bind(made.kind.value.as_str())
        .bind(made.suggestions.first().map(|it| it.code.as_str()))
        .bind(serde_json::to_string(made).unwrap_or_default())
        .bind(at)
        .fetch_one(&mut *db)
        .await?
        .get(0);
    sqlx::query(UNINDEX).bind(number).execute(&mut *db).await?;
    let text = pairs(&format!("{}\n{}", statement.words, statement.summary));
    sqlx::query(INDEX).bind(number).bind(text).execute(db).await?;
    Ok(())
}

/// What the machine makes of a statement, once it has looked.
pub async fn get(db: &mut Connection, statement: RecordId) -> sqlx::Result<Option<Categorization>> {
    let row = sqlx::query(GET).bind(statement.0).fetch_optional(db).await?;
    Ok(row.and_then(|row| serde_json::from_str(row.get(0)).ok()))
}
