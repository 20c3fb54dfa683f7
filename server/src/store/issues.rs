//! Issues, what they are made of, and what was passed on.

use domain::{
    id::{AccountId, CampaignId, IssueId, RecordId, ReferralId, UnitId},
    issue::{IssueLine, IssueState, IssueStatement, IssueText, Source},
    queue::AlikeIssue,
    referral::{Passing, Referral},
    statement::Kind,
};
use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    releases,
};

const ADD: &str = "insert into issue (id, campaign, number, title, wording, category, source, state, created_by,
        created_at)
    values ($1, $2, (select coalesce(max(number), 0) + 1 from issue where campaign = $2), $3, $4, $5, $6, $7, $8, $9)";
const CHANGE: &str = "update issue set title = $3, wording = $4, category = $5, source = $6, state = $7,
    version = version + 1 where id = $1 and version = $2";
const KEEP_HISTORY: &str = "insert into issue_history (issue, version, body, account, at)
    values ($1, $2, $3, $4, $5)";
const DROP: &str = "update issue set state = 'dropped', version = version + 1 where id = $1";
const LINES: &str = "select issue.id, number, title, wording, category, source, state, version,
        (select count(*) from issue_statement join statement on statement.id = issue_statement.statement
            join visit on visit.id = statement.visit
            where issue_statement.issue = issue.id and left_at is null and visit.withdrawn is null) as n_said,
        (select count(*) from release where release.issue = issue.id and release.state = 'approved') as n_releases
    from issue where campaign = $1 and ($2 is null or id = $2) and ($3 is null or state = $3)
        and ($4 is null or source = $4) and ($5 = '' or title like $6 or wording like $6)
    order by number desc limit $7 offset $8";
const CAMPAIGN_OF: &str = "select campaign, category from issue where id = $1";
const JOIN: &str =
    "insert into issue_statement (issue, statement, joined_by, joined_at) values ($1, $2, $3, $4)";
const LEAVE: &str = "update issue_statement set left_at = $2 where statement = $1 and left_at is null";
const STATEMENTS: &str =
    "select statement.id, statement.visit, words, summary, statement.kind, statement.category, statement.unit,
        unit.name as unit_name, visit.day, statement.version
    from issue_statement join statement on statement.id = issue_statement.statement
    join visit on visit.id = statement.visit left join unit on unit.id = statement.unit
    where issue_statement.issue = $1 and left_at is null order by statement.received_at desc";
const ADD_REFERRAL: &str = "insert into referral
    (id, campaign, statement, issue, to_body, answer_by, note, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const WITHDRAW_REFERRAL: &str = "update referral set withdrawn_at = $2 where id = $1";
const CHANGE_REFERRAL: &str = "update referral set to_body = $3, answer_by = $4, note = $5, answer = $6,
    answered_at = $7, version = version + 1 where id = $1 and version = $2 and withdrawn_at is null";
const REFERRALS: &str =
    "select referral.id, referral.statement, referral.issue, to_body, answer_by, note, answer,
        answered_at, referral.created_at, referral.version,
        coalesce(issue.title, substr(nullif(trim(statement.words), ''), 1, 80),
            substr(statement.summary, 1, 80), '') as about
    from referral left join issue on issue.id = referral.issue
    left join statement on statement.id = referral.statement
    where referral.campaign = $1 and withdrawn_at is null and ($2 is null or referral.statement = $2)
        and ($3 is null or referral.issue = $3) and ($4 = 0 or answered_at is null)
        and ($5 is null or referral.id = $5)
    order by answered_at is not null, answer_by, referral.created_at limit 500";

/// Which issues a list shows.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub id: Option<IssueId>,
    pub state: Option<IssueState>,
    pub source: Option<Source>,
    pub text: String,
    pub limit: i64,
    pub offset: i64,
}

/// Who does something, and when.
#[derive(Clone, Copy)]
pub struct By {
    pub account: AccountId,
    pub at: i64,
}

pub async fn add(
    db: &mut Connection,
    id: IssueId,
    campaign: CampaignId,
    text: &IssueText,
    by: By,
) -> sqlx::Result<()> {
    sql(ADD)
        .bind(id.0)
        .bind(campaign.0)
        .bind(text.title.trim())
        .bind(&text.wording)
        .bind(&text.category)
        .bind(text.source.as_str())
        .bind(text.state.as_str())
        .bind(by.account.0)
        .bind(by.at)
        .execute(db)
        .await?;
    Ok(())
}

/// Changes an issue made upon `version` and keeps what it said before; `false` when another change came first.
pub async fn change(
    db: &mut Connection,
    before: &IssueLine,
    version: u32,
    text: &IssueText,
    by: By,
) -> sqlx::Result<bool> {
    let query = sql(CHANGE)
        .bind(before.id.0)
        .bind(i64::from(version))
        .bind(text.title.trim())
        .bind(&text.wording)
        .bind(&text.category)
        .bind(text.source.as_str())
        .bind(text.state.as_str());
    if query.execute(&mut *db).await? == 0 {
        return Ok(false);
    }
    sql(KEEP_HISTORY)
        .bind(before.id.0)
        .bind(i64::from(version))
        .bind(serde_json::to_string(&before.text).unwrap_or_default())
        .bind(by.account.0)
        .bind(by.at)
        .execute(db)
        .await?;
    Ok(true)
}

/// The act that made an issue was taken back.
pub async fn drop_issue(db: &mut Connection, id: IssueId) -> sqlx::Result<()> {
    sql(DROP).bind(id.0).execute(db).await?;
    Ok(())
}

/// Issues, the latest first; by how many they were said is left to [`count_households`].
pub async fn lines(
    db: &mut Connection,
    campaign: CampaignId,
    wanted: &Wanted,
) -> sqlx::Result<Vec<IssueLine>> {
    let rows = sql(LINES)
        .bind(campaign.0)
        .bind(wanted.id.map(|it| it.0))
        .bind(wanted.state.map(IssueState::as_str))
        .bind(wanted.source.map(Source::as_str))
        .bind(&wanted.text)
        .bind(format!("%{}%", wanted.text))
        .bind(wanted.limit)
        .bind(wanted.offset)
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(line).collect())
}

/// Fills in by how many each issue was said.
pub async fn count_households(db: &mut Connection, lines: &mut [IssueLine]) -> sqlx::Result<()> {
    for line in lines {
        line.n_households = releases::said(db, line.id).await?.0.n_households;
    }
    Ok(())
}

/// One issue.
pub async fn get(db: &mut Connection, campaign: CampaignId, id: IssueId) -> sqlx::Result<Option<IssueLine>> {
    let wanted = Wanted { id: Some(id), limit: 1, ..Wanted::default() };
    let mut found = lines(db, campaign, &wanted).await?;
    count_households(db, &mut found).await?;
    Ok(found.pop())
}

fn line(row: &Row) -> IssueLine {
    let count = |name: &str| u32::try_from(row.get::<i64>(name)).unwrap_or(u32::MAX);
    IssueLine {
        id: IssueId(row.get("id")),
        number: count("number"),
        text: IssueText {
            title: row.get("title"),
            wording: row.get("wording"),
            category: row.get("category"),
            source: Source::from_word(row.get("source")).unwrap_or(Source::Visits),
            state: IssueState::from_word(row.get("state")).unwrap_or(IssueState::Open),
        },
        n_said: count("n_said"),
        n_households: 0,
        n_releases: count("n_releases"),
        version: count("version"),
    }
}

/// An issue in few words.
pub fn alike(line: IssueLine) -> AlikeIssue {
    AlikeIssue {
        id: line.id,
        number: line.number,
        title: line.text.title,
        category: line.text.category,
        n_said: line.n_said,
        n_households: line.n_households,
    }
}

/// The campaign and the category of an issue.
pub async fn campaign_of(
    db: &mut Connection,
    id: IssueId,
) -> sqlx::Result<Option<(CampaignId, Option<String>)>> {
    let row = sql(CAMPAIGN_OF).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|row| (CampaignId(row.get(0)), row.get(1))))
}

/// Moves a statement into an issue, or out of all.
pub async fn belong(
    db: &mut Connection,
    statement: RecordId,
    issue: Option<IssueId>,
    by: By,
) -> sqlx::Result<()> {
    sql(LEAVE).bind(statement.0).bind(by.at).execute(&mut *db).await?;
    if let Some(issue) = issue {
        sql(JOIN).bind(issue.0).bind(statement.0).bind(by.account.0).bind(by.at).execute(db).await?;
    }
    Ok(())
}

/// The statements of an issue, the latest first.
pub async fn statements(db: &mut Connection, id: IssueId) -> sqlx::Result<Vec<IssueStatement>> {
    let rows = sql(STATEMENTS).bind(id.0).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| IssueStatement {
            id: RecordId(row.get("id")),
            visit: RecordId(row.get("visit")),
            words: row.get("words"),
            summary: row.get("summary"),
            kind: Kind::from_word(row.get("kind")).unwrap_or(Kind::Problem),
            category: row.get("category"),
            unit: UnitId(row.get("unit")),
            unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
            day: row.get("day"),
            version: u32::try_from(row.get::<i64>("version")).unwrap_or(0),
        })
        .collect())
}

/// What is passed on.
#[derive(Clone, Copy)]
pub enum About {
    Statement(RecordId),
    Issue(IssueId),
}

/// Passes something on.
pub async fn refer(
    db: &mut Connection,
    id: ReferralId,
    campaign: CampaignId,
    about: About,
    passing: &Passing,
    by: By,
) -> sqlx::Result<()> {
    let (statement, issue) = match about {
        About::Statement(id) => (Some(id.0), None),
        About::Issue(id) => (None, Some(id.0)),
    };
    sql(ADD_REFERRAL)
        .bind(id.0)
        .bind(campaign.0)
        .bind(statement)
        .bind(issue)
        .bind(passing.to.trim())
        .bind(&passing.answer_by)
        .bind(&passing.note)
        .bind(by.account.0)
        .bind(by.at)
        .execute(db)
        .await?;
    Ok(())
}

/// The act that passed it on was taken back.
pub async fn withdraw_referral(db: &mut Connection, id: ReferralId, at: i64) -> sqlx::Result<()> {
    sql(WITHDRAW_REFERRAL).bind(id.0).bind(at).execute(db).await?;
    Ok(())
}

/// Changes or answers a referral; `false` when another change came first.
pub async fn change_referral(
    db: &mut Connection,
    id: ReferralId,
    version: u32,
    passing: &Passing,
    answer: Option<&str>,
    at: i64,
) -> sqlx::Result<bool> {
    let query = sql(CHANGE_REFERRAL)
        .bind(id.0)
        .bind(i64::from(version))
        .bind(passing.to.trim())
        .bind(&passing.answer_by)
        .bind(&passing.note)
        .bind(answer.unwrap_or_default())
        .bind(answer.map(|_| at));
    Ok(query.execute(db).await? > 0)
}

/// Referrals, open ones first, by the day of the answer; of one thing when it is named.
pub async fn referrals(
    db: &mut Connection,
    campaign: CampaignId,
    about: Option<About>,
    open_only: bool,
    id: Option<ReferralId>,
) -> sqlx::Result<Vec<Referral>> {
    let (statement, issue) = match about {
        Some(About::Statement(id)) => (Some(id.0), None),
        Some(About::Issue(id)) => (None, Some(id.0)),
        None => (None, None),
    };
    let rows = sql(REFERRALS)
        .bind(campaign.0)
        .bind(statement)
        .bind(issue)
        .bind(i64::from(open_only))
        .bind(id.map(|it| it.0))
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(referral).collect())
}

fn referral(row: &Row) -> Referral {
    let answered_at: Option<i64> = row.get("answered_at");
    Referral {
        id: ReferralId(row.get("id")),
        statement: row.get::<Option<Uuid>>("statement").map(RecordId),
        issue: row.get::<Option<Uuid>>("issue").map(IssueId),
        about: row.get("about"),
        passing: Passing { to: row.get("to_body"), answer_by: row.get("answer_by"), note: row.get("note") },
        answer: answered_at.map(|_| row.get("answer")),
        answered_at,
        created_at: row.get("created_at"),
        version: u32::try_from(row.get::<i64>("version")).unwrap_or(0),
    }
}
