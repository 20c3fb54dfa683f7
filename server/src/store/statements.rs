//! Statements as they are searched and counted.

use std::collections::HashMap;

use domain::{
    changes::{StatementProgress, StatementState},
    envelope::Header,
    id::{AccountId, RecordId},
    statement::Statement,
};

use uuid::Uuid;

use super::{
    engine::{Connection, sql},
    many::{for_these, rows_in},
    parts::state_of_parts,
};

const KEEP_ROWS: &str = "insert into statement
    (id, visit, campaign, unit, words, summary, kind_said, about, happened, attachments, proposed, forks,
     received_at, kind) values ";
const AGAIN: &str = "
    on conflict (id) do update set summary = excluded.summary, kind_said = excluded.kind_said,
     about = excluded.about, happened = excluded.happened, attachments = excluded.attachments,
     proposed = excluded.proposed, forks = excluded.forks,
     kind = case when exists (select 1 from decision where decision.statement = statement.id
        and undone_at is null and act not in ('send_back', 'one_matter', 'divide')) then statement.kind else excluded.kind end,
     state = case when statement.state = 'sent_back' then 'waiting' else statement.state end,
     version = statement.version + case when statement.state = 'sent_back' then 1 else 0 end";
const OF_VISIT_IDS: &str = "select visit, id, state, part_of,
    case state when 'sent_back' then
        (select note from decision where decision.statement = statement.id and act = 'send_back' and undone_at is null
         order by sequence desc limit 1) end as comment
    from statement where (part_of is null or counted = 1) and visit in (";
const AUTHOR: &str = "select author, unit from record where id = $1";

/// What a statement's current revision says.
pub struct Projected<'a> {
    pub header: &'a Header,
    pub statement: &'a Statement,
    pub forks: i64,
    pub received_at: i64,
}

/// Keeps what statements' current revisions say. The words are those of the first revision: a
/// later one that changes them never comes here. What the office decided stays, and until it has decided the
/// visitor's word on the kind stands; a statement that was sent back for completion waits anew.
pub async fn keep(db: &mut Connection, statements: &[Projected<'_>]) -> sqlx::Result<()> {
    rows_in(db, KEEP_ROWS, 14, AGAIN, statements, |query, it| {
        query
            .bind(it.header.id.0)
            .bind(it.header.visit.0)
            .bind(it.header.campaign.0)
            .bind(it.header.unit.0)
            .bind(&it.statement.words)
            .bind(&it.statement.summary)
            .bind(it.statement.kind.as_str())
            .bind(&it.statement.about)
            .bind(&it.statement.happened)
            .bind(serde_json::to_string(&it.statement.attachments).unwrap_or_default())
            .bind(serde_json::to_string(&it.statement.proposed).unwrap_or_default())
            .bind(it.forks)
            .bind(it.received_at)
            .bind(it.statement.kind.as_str())
    })
    .await?;
    // The machine looks again too: the summary may be another.
    let ids: Vec<RecordId> = statements.iter().map(|it| it.header.id).collect();
    super::suggestions::look_at(db, &ids).await?;
    super::parts::follow(db, &ids).await
}

/// How far the office is with the statements of visits, by visit. Phones know no parts: a statement that was divided is as far as these.
pub async fn progress(
    db: &mut Connection,
    visits: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<StatementProgress>>> {
    let mut progress: HashMap<Uuid, Vec<StatementProgress>> = HashMap::new();
    let mut parts: HashMap<RecordId, Vec<(StatementState, String)>> = HashMap::new();
    for row in for_these(db, OF_VISIT_IDS, ") order by id", &[], visits).await? {
        let state = StatementState::from_word(row.get("state")).unwrap_or(StatementState::Waiting);
        // Once completed, the question is answered.
        let comment = row.get::<Option<String>>("comment").unwrap_or_default();
        if let Some(whole) = row.get::<Option<Uuid>>("part_of") {
            parts.entry(RecordId(whole)).or_default().push((state, comment));
            continue;
        }
        let statement = RecordId(row.get("id"));
        progress.entry(row.get("visit")).or_default().push(StatementProgress { statement, state, comment });
    }
    for it in progress.values_mut().flatten() {
        if let Some(parts) = parts.remove(&it.statement) {
            let states: Vec<StatementState> = parts.iter().map(|it| it.0).collect();
            it.state = state_of_parts(&states);
            let comments = parts.into_iter().map(|it| it.1).filter(|it| !it.is_empty());
            it.comment = comments.collect::<Vec<_>>().join("\n");
        }
    }
    Ok(progress)
}

/// Who recorded a record.
pub async fn author(db: &mut Connection, record: RecordId) -> sqlx::Result<Option<AccountId>> {
    let row = sql(AUTHOR).bind(record.0).fetch_optional(db).await?;
    Ok(row.map(|row| AccountId(row.get("author"))))
}
