//! Statements as they are searched and counted.

use domain::{
    changes::{StatementProgress, StatementState},
    envelope::Header,
    id::{AccountId, RecordId},
    statement::Statement,
};

use super::engine::{Connection, sql};

const KEEP: &str = "insert into statement
    (id, visit, campaign, unit, words, summary, kind_said, about, happened, attachments, proposed, forks,
     received_at, kind)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $7)
    on conflict (id) do update set summary = excluded.summary, kind_said = excluded.kind_said,
     about = excluded.about, happened = excluded.happened, attachments = excluded.attachments,
     proposed = excluded.proposed, forks = excluded.forks,
     kind = case when exists (select 1 from decision where decision.statement = statement.id
        and undone_at is null and act <> 'send_back') then statement.kind else excluded.kind end,
     state = case when statement.state = 'sent_back' then 'waiting' else statement.state end,
     version = statement.version + case when statement.state = 'sent_back' then 1 else 0 end";
const OF_VISIT: &str = "select id, state,
    (select note from decision where decision.statement = statement.id and act = 'send_back' and undone_at is null
     order by sequence desc limit 1) as comment
    from statement where visit = $1 order by id";
const LOOK_AGAIN: &str = "update suggestion set rules_version = 0 where statement = $1";
const AUTHOR: &str = "select author, unit from record where id = $1";

/// Keeps what a statement's current revision says. The words are those of its first revision: a
/// later one that changes them never comes here. What the office decided stays, and until it has decided the
/// visitor's word on the kind stands; a statement that was sent back for completion waits anew.
pub async fn keep(
    db: &mut Connection,
    header: &Header,
    statement: &Statement,
    forks: i64,
    received_at: i64,
) -> sqlx::Result<()> {
    sql(KEEP)
        .bind(header.id.0)
        .bind(header.visit.0)
        .bind(header.campaign.0)
        .bind(header.unit.0)
        .bind(&statement.words)
        .bind(&statement.summary)
        .bind(statement.kind.as_str())
        .bind(&statement.about)
        .bind(&statement.happened)
        .bind(serde_json::to_string(&statement.attachments).unwrap_or_default())
        .bind(serde_json::to_string(&statement.proposed).unwrap_or_default())
        .bind(forks)
        .bind(received_at)
        .execute(&mut *db)
        .await?;
    // The machine looks again: the summary may be another.
    sql(LOOK_AGAIN).bind(header.id.0).execute(db).await?;
    Ok(())
}

/// How far the office is with the statements of a visit.
pub async fn progress(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<StatementProgress>> {
    let rows = sql(OF_VISIT).bind(visit.0).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let state = StatementState::from_word(row.get("state")).unwrap_or(StatementState::Waiting);
            let comment: Option<String> = row.get("comment");
            StatementProgress {
                statement: RecordId(row.get("id")),
                state,
                // Once completed, the question is answered.
                comment: comment.filter(|_| state == StatementState::SentBack).unwrap_or_default(),
            }
        })
        .collect())
}

/// Who recorded a record.
pub async fn author(db: &mut Connection, record: RecordId) -> sqlx::Result<Option<AccountId>> {
    let row = sql(AUTHOR).bind(record.0).fetch_optional(db).await?;
    Ok(row.map(|row| AccountId(row.get("author"))))
}
