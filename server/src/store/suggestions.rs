//! What the machine makes of statements, and the search index beside it.

use domain::{
    categorize::Categorization,
    id::RecordId,
    search::{pairs, tsvector},
};

use super::engine::{Connection, sql, sql_each};

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
const UNINDEX_POSTGRES: &str = "delete from statement_search where number = $1";
const INDEX_POSTGRES: &str = "insert into statement_search (number, pairs) values ($1, cast($2 as tsvector))";
const GET: &str = "select body from suggestion where statement = $1";

/// A statement that the machine has not looked at.
pub struct Unsorted {
    pub id: RecordId,
    pub words: String,
    pub summary: String,
}

/// Statements that the machine has not looked at with these rules, at most `limit`.
pub async fn waiting(db: &mut Connection, rules_version: i64, limit: i64) -> sqlx::Result<Vec<Unsorted>> {
    let rows = sql(WAITING).bind(rules_version).bind(limit).fetch_all(db).await?;
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
    let number: i64 = sql(KEEP)
        .bind(statement.id.0)
        .bind(rules_version)
        .bind(made.kind.value.as_str())
        .bind(made.suggestions.first().map(|it| it.code.as_str()))
        .bind(serde_json::to_string(made).unwrap_or_default())
        .bind(at)
        .fetch_one(&mut *db)
        .await?
        .get(0);
    sql_each(UNINDEX, UNINDEX_POSTGRES).bind(number).execute(db).await?;
    let text = format!("{}\n{}", statement.words, statement.summary);
    let index = if db.is_postgres() { tsvector(&text) } else { pairs(&text) };
    sql_each(INDEX, INDEX_POSTGRES).bind(number).bind(index).execute(db).await?;
    Ok(())
}

/// What the machine makes of a statement, once it has looked.
pub async fn get(db: &mut Connection, statement: RecordId) -> sqlx::Result<Option<Categorization>> {
    let row = sql(GET).bind(statement.0).fetch_optional(db).await?;
    Ok(row.and_then(|row| serde_json::from_str(row.get(0)).ok()))
}
