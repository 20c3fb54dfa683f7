//! What the office hands over to the discipline group.

use domain::{
    attachment::AttachmentKind,
    clue::ClueAttachment,
    envelope::Hash,
    handover::{Handover, HandoverStatement, NewHandover, STUB},
    id::{AccountId, CampaignId, IssueId, RecordId, UnitId},
    issue::{IssueState, IssueText, Source},
    respondent::RespondentKind,
    sign_off::SignOffState,
    statement::Kind,
};
use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    envelope_keys,
    issues::{self, By},
    sign_offs,
};

const ADD: &str = "insert into handover (id, proposed_by, proposed_at, reason, issue, state)
    values ($1, $2, $3, $4, $5, 'proposed')";
const ADD_STATEMENT: &str = "insert into handover_statement (handover, statement) values ($1, $2)";
const LIST: &str = "select handover.id, proposed_by, proposed_at, reason, issue, state, decided_at, returned,
        proposer.name as proposer, decider.name as decider,
        (select count(*) from handover_statement where handover_statement.handover = handover.id) as statements_n
    from handover join account as proposer on proposer.id = proposed_by
        left join account as decider on decider.id = decided_by
    where $1 is null or handover.id = $1 order by proposed_at desc, handover.id limit 200";
const STATEMENTS: &str = "select statement.id, words, summary, unit.name as unit_name, visit.day
    from handover_statement join statement on statement.id = handover_statement.statement
    join visit on visit.id = statement.visit left join unit on unit.id = statement.unit
    where handover_statement.handover = $1 order by statement.id";
const ADD_LEFT_OUT: &str = "insert into handover_left_out (handover, account) values ($1, $2)
    on conflict (handover, account) do nothing";
const LEFT_OUT: &str =
    "select account.id, account.name from handover_left_out join account on account.id = account
    where handover = $1 order by account.name, account.id";
const FORGET_LEFT_OUT: &str = "delete from handover_left_out where handover = $1";
const DECIDE: &str = "update handover set state = $2, decided_by = $3, decided_at = $4, returned = $5,
        reason = case when $2 = 'approved' then '' else reason end
    where id = $1 and state = 'proposed' and proposed_by <> $3";

/// A handover as it was kept.
pub struct Proposed {
    pub by: AccountId,
    pub issue: Option<IssueId>,
    /// Members to whom it will not be sealed; none once it is signed off.
    pub left_out: Vec<AccountId>,
    pub shown: Handover,
}

/// Notes what is to be handed over: these statements.
pub async fn propose(
    db: &mut Connection,
    id: Uuid,
    by: By,
    new: &NewHandover,
    statements: &[RecordId],
) -> sqlx::Result<()> {
    let query = sql(ADD).bind(id).bind(by.account.0).bind(by.at).bind(new.reason.trim().to_owned());
    query.bind(new.issue.map(|it| it.0)).execute(&mut *db).await?;
    for it in statements {
        sql(ADD_STATEMENT).bind(id).bind(it.0).execute(&mut *db).await?;
    }
    for it in &new.left_out {
        sql(ADD_LEFT_OUT).bind(id).bind(it.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// What was proposed, the latest first; one of it where an id is given. What waits for a decision comes with its words.
pub async fn proposed(db: &mut Connection, id: Option<Uuid>) -> sqlx::Result<Vec<Proposed>> {
    let rows = sql(LIST).bind(id).fetch_all(&mut *db).await?;
    let mut all: Vec<Proposed> = rows.iter().filter_map(read).collect();
    for it in all.iter_mut().filter(|it| it.shown.sign_off.state == SignOffState::Proposed) {
        it.shown.statements = statements(db, it.shown.sign_off.id).await?;
        for row in sql(LEFT_OUT).bind(it.shown.sign_off.id).fetch_all(&mut *db).await? {
            it.left_out.push(AccountId(row.get("id")));
            it.shown.left_out.push(row.get("name"));
        }
    }
    Ok(all)
}

fn read(row: &Row) -> Option<Proposed> {
    let shown = Handover {
        sign_off: sign_offs::read(row)?,
        statements_n: u32::try_from(row.get::<i64>("statements_n")).unwrap_or(u32::MAX),
        statements: Vec::new(),
        left_out: Vec::new(),
    };
    let issue = row.get::<Option<Uuid>>("issue").map(IssueId);
    Some(Proposed { by: AccountId(row.get("proposed_by")), issue, left_out: Vec::new(), shown })
}

async fn statements(db: &mut Connection, id: Uuid) -> sqlx::Result<Vec<HandoverStatement>> {
    let rows = sql(STATEMENTS).bind(id).fetch_all(db).await?;
    let statement = |row: &Row| HandoverStatement {
        id: RecordId(row.get("id")),
        words: row.get("words"),
        summary: row.get("summary"),
        unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        day: row.get("day"),
    };
    Ok(rows.iter().map(statement).collect())
}

/// Notes what another than the proposer decided; `false` when it was decided already, or is their own.
pub async fn decide(
    db: &mut Connection,
    id: Uuid,
    by: By,
    state: SignOffState,
    returned: Option<&str>,
) -> sqlx::Result<bool> {
    let query = sql(DECIDE).bind(id).bind(state.as_str()).bind(by.account.0).bind(by.at).bind(returned);
    let decided = query.execute(&mut *db).await? > 0;
    if decided && state == SignOffState::Approved {
        sql(FORGET_LEFT_OUT).bind(id).execute(db).await?;
    }
    Ok(decided)
}

/// A statement with all that the group needs to know of it but who was visited.
pub struct Leaving {
    pub id: RecordId,
    pub visit: RecordId,
    pub version: i64,
    pub campaign: CampaignId,
    pub unit: UnitId,
    pub unit_name: String,
    pub words: String,
    /// What was accepted of its recordings.
    pub transcript: String,
    pub summary: String,
    pub kind: Kind,
    pub about: String,
    pub happened: String,
    pub place: String,
    pub respondent_kind: RespondentKind,
    /// Device clock, milliseconds since 1970.
    pub said_at: i64,
    pub attachments: Vec<LeavingAttachment>,
}

impl Leaving {
    /// The attachments whose bytes were not removed.
    pub fn here(&self) -> impl Iterator<Item = &LeavingAttachment> {
        self.attachments.iter().filter(|it| !it.erased)
    }
}

/// A voice or photo of it.
pub struct LeavingAttachment {
    pub id: RecordId,
    pub described: ClueAttachment,
    /// All of its bytes are here.
    pub stored: bool,
    /// Its bytes were removed, or will be.
    pub erased: bool,
}

const LEAVING: &str =
    "select statement.id, statement.visit, statement.version, statement.campaign, statement.unit,
        unit.name as unit_name, words, transcript, summary, kind_said, about, happened, place, respondent_kind,
        started_at
    from statement join visit on visit.id = statement.visit left join unit on unit.id = statement.unit
    where statement.id = $1";
const ATTACHMENTS: &str = "select id, kind, media_type, bytes_n, sha256, duration_ms, stored_at,
        (select at from erasure where erasure.attachment = attachment.id) as erased_at
    from attachment where statement = $1 order by id";

/// A statement that is about to leave.
pub async fn leaving(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Leaving>> {
    let Some(row) = sql(LEAVING).bind(id.0).fetch_optional(&mut *db).await? else { return Ok(None) };
    let attachments = sql(ATTACHMENTS).bind(id.0).fetch_all(db).await?;
    Ok(Some(Leaving {
        id,
        visit: RecordId(row.get("visit")),
        version: row.get("version"),
        campaign: CampaignId(row.get("campaign")),
        unit: UnitId(row.get("unit")),
        unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        words: row.get("words"),
        transcript: row.get("transcript"),
        summary: row.get("summary"),
        kind: Kind::from_word(row.get("kind_said")).unwrap_or(Kind::Problem),
        about: row.get("about"),
        happened: row.get("happened"),
        place: row.get("place"),
        respondent_kind: RespondentKind::from_word(row.get("respondent_kind"))
            .unwrap_or(RespondentKind::Other),
        said_at: row.get("started_at"),
        attachments: attachments.iter().map(attachment).collect::<sqlx::Result<_>>()?,
    }))
}

fn attachment(row: &Row) -> sqlx::Result<LeavingAttachment> {
    let voice = row.get::<&str>("kind") == AttachmentKind::Voice.as_str();
    Ok(LeavingAttachment {
        id: RecordId(row.get("id")),
        described: ClueAttachment {
            kind: if voice { AttachmentKind::Voice } else { AttachmentKind::Photo },
            media_type: row.get("media_type"),
            bytes_n: row.get::<i64>("bytes_n").unsigned_abs(),
            sha256: Hash(row.array("sha256")?),
            duration_ms: row.get::<Option<i64>>("duration_ms").map(i64::unsigned_abs),
        },
        stored: row.get::<Option<i64>>("stored_at").is_some(),
        erased: row.get::<Option<i64>>("erased_at").is_some(),
    })
}

const FORGET_NOTES: &str = "update decision set note = '' where statement in
    (select id from statement where id = $1 or part_of = $1)";
const FORGET_REFERRALS: &str = "update referral set note = '', answer = '' where statement in
    (select id from statement where id = $1 or part_of = $1)";

/// Destroys what the office has of a statement: its envelopes, what was read out of them, and what was noted of it. It
/// belongs to no issue any more.
pub async fn destroy(db: &mut Connection, it: &Leaving, by: By) -> sqlx::Result<()> {
    issues::belong(db, it.id, None, by).await?;
    envelope_keys::destroy_statement(db, it.visit, it.id, by.at).await?;
    for text in [FORGET_NOTES, FORGET_REFERRALS] {
        sql(text).bind(it.id.0).execute(&mut *db).await?;
    }
    Ok(())
}

const RELEASED: &str = "select 1 from release where issue = $1 and state in ('proposed', 'approved')";
const FORGET_ISSUE: &str = "update issue set title = $2, wording = '', category = null, state = 'dropped',
    version = version + 1 where id = $1";
const FORGET_HISTORY: &str = "update issue_history set body = $2 where issue = $1";
const FORGET_ISSUE_REFERRALS: &str = "update referral set note = '', answer = '' where issue = $1";

/// Whether an issue is with a branch, or about to be.
pub async fn is_released(db: &mut Connection, issue: IssueId) -> sqlx::Result<bool> {
    Ok(sql(RELEASED).bind(issue.0).fetch_optional(db).await?.is_some())
}

/// Makes a stub of an issue all of which was handed over.
pub async fn forget_issue(db: &mut Connection, issue: IssueId) -> sqlx::Result<()> {
    let stub = IssueText {
        title: STUB.to_owned(),
        wording: String::new(),
        category: None,
        source: Source::Visits,
        state: IssueState::Dropped,
    };
    let body = serde_json::to_string(&stub).unwrap_or_default();
    sql(FORGET_ISSUE).bind(issue.0).bind(STUB).execute(&mut *db).await?;
    sql(FORGET_HISTORY).bind(issue.0).bind(body).execute(&mut *db).await?;
    sql(FORGET_ISSUE_REFERRALS).bind(issue.0).execute(db).await.map(drop)
}
