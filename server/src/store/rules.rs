//! Versions of the rules by which types are suggested, and the statements on which they are tried.

use domain::{id::AccountId, rules::RulesVersion};

use super::engine::{Connection, Row, sql};

const LATEST: &str = "select coalesce(max(number), 1) as number from rules_version";
const BODY: &str = "select body from rules_version where number = $1";
const ADD: &str =
    "insert into rules_version (number, made_at, made_by, target, body) values ($1, $2, $3, $4, $5)";
const LIST: &str = "select number, made_at, account.name, target
    from rules_version left join account on account.id = made_by order by number desc limit $1";
/// What was destroyed has no words; what was withdrawn or handed over is not looked at.
const SAID: &str = "select words, summary from statement join visit on visit.id = statement.visit
    where visit.withdrawn is null and statement.counted = 1 and (words <> '' or summary <> '')
        and not exists (select 1 from destruction where destruction.statement = statement.id)
    order by statement.received_at desc limit $1";

/// Versions that are listed at most.
const LISTED_MAX: i64 = 100;

/// The number of the version in use: 1 is what ships.
pub async fn latest(db: &mut Connection) -> sqlx::Result<i64> {
    Ok(sql(LATEST).fetch_one(db).await?.get("number"))
}

/// The rules of a version; none where they are not kept here.
pub async fn body(db: &mut Connection, number: i64) -> sqlx::Result<Option<String>> {
    Ok(sql(BODY).bind(number).fetch_optional(db).await?.map(|row| row.get("body")))
}

/// Keeps a version, which is in use from now on. When and by whom it was made is none for what ships.
pub async fn add(
    db: &mut Connection,
    number: i64,
    made: Option<(i64, AccountId)>,
    target: &str,
    body: &str,
) -> sqlx::Result<()> {
    let query = sql(ADD).bind(number).bind(made.map(|it| it.0)).bind(made.map(|it| it.1.0));
    query.bind(target).bind(body).execute(db).await.map(drop)
}

/// The versions, the latest first; none while nothing was changed.
pub async fn list(db: &mut Connection) -> sqlx::Result<Vec<RulesVersion>> {
    let rows = sql(LIST).bind(LISTED_MAX).fetch_all(db).await?;
    let version = |row: &Row| RulesVersion {
        number: row.get("number"),
        made_at: row.get("made_at"),
        made_by: row.get("name"),
        target: row.get("target"),
    };
    Ok(rows.iter().map(version).collect())
}

/// What was said in the latest statements, at most `limit`; the summary where there are no words.
pub async fn said(db: &mut Connection, limit: u32) -> sqlx::Result<Vec<String>> {
    let rows = sql(SAID).bind(i64::from(limit)).fetch_all(db).await?;
    let said = |row: &Row| {
        let words: String = row.get("words");
        if words.trim().is_empty() { row.get("summary") } else { words }
    };
    Ok(rows.iter().map(said).collect())
}
