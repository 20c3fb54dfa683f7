//! What was established, and which types count in which class of the official table.

use domain::{
    id::{AccountId, IssueId},
    official::{Established, IssueFinding, Level},
};

use super::{
    engine::{Connection, Row, sql},
    issues::By,
};

const MAPPING: &str = "select body from official_mapping order by number desc limit 1";
const ADD_MAPPING: &str = "insert into official_mapping (made_at, made_by, body) values ($1, $2, $3)";
const FINDING: &str = "select established_on, level, handled_n, disciplined_n from issue_finding
    where issue = $1 order by sequence desc limit 1";
const ADD_FINDING: &str =
    "insert into issue_finding (issue, established_on, level, handled_n, disciplined_n, account, at)
    values ($1, $2, $3, $4, $5, $6, $7)";
const ESTABLISHED: &str =
    "select coalesce(issue.category, '') as category, established_on, level, handled_n, disciplined_n
    from issue_finding join issue on issue.id = issue_finding.issue
    where established_on between $1 and $2 and issue.state <> 'dropped'
        and sequence in (select max(sequence) from issue_finding group by issue)";

/// The mapping that the office took in; none: what ships.
pub async fn mapping(db: &mut Connection) -> sqlx::Result<Option<String>> {
    Ok(sql(MAPPING).fetch_optional(db).await?.map(|row| row.get("body")))
}

/// Takes a mapping in, which counts from now on.
pub async fn add_mapping(db: &mut Connection, csv: &str, by: AccountId, at: i64) -> sqlx::Result<()> {
    sql(ADD_MAPPING).bind(at).bind(by.0).bind(csv).execute(db).await.map(drop)
}

fn finding_of(row: &Row) -> IssueFinding {
    IssueFinding {
        established_on: row.get("established_on"),
        level: Level::from_word(row.get("level")).unwrap_or_default(),
        handled_n: row.get("handled_n"),
        disciplined_n: row.get("disciplined_n"),
    }
}

/// What was noted of an issue last.
pub async fn finding(db: &mut Connection, issue: IssueId) -> sqlx::Result<Option<IssueFinding>> {
    Ok(sql(FINDING).bind(issue.0).fetch_optional(db).await?.as_ref().map(finding_of))
}

/// Notes of an issue that it was established, or that it is no longer.
pub async fn note_finding(
    db: &mut Connection,
    issue: IssueId,
    finding: &IssueFinding,
    by: By,
) -> sqlx::Result<()> {
    let query = sql(ADD_FINDING)
        .bind(issue.0)
        .bind(finding.established_on.clone())
        .bind(finding.level.as_str())
        .bind(i64::from(finding.handled_n))
        .bind(i64::from(finding.disciplined_n))
        .bind(by.account.0)
        .bind(by.at);
    query.execute(db).await.map(drop)
}

/// What was established between two days, yyyy-MM-dd.
pub async fn established(db: &mut Connection, first: &str, last: &str) -> sqlx::Result<Vec<Established>> {
    let rows = sql(ESTABLISHED).bind(first).bind(last).fetch_all(db).await?;
    Ok(rows.iter().map(|row| Established { code: row.get("category"), finding: finding_of(row) }).collect())
}
