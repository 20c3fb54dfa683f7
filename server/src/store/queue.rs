//! The office's queue: statements with what was decided of them.

use domain::{
    attachment::Gap,
    changes::StatementState,
    id::{AccountId, BatchId, CampaignId, IssueId, RecordId, ReferralId, UnitId},
    queue::{Decision, Item, ItemAttachment, ItemVisit, Standing},
    respondent::RespondentKind,
    severity::Severity,
    statement::Kind,
    visit::Manner,
};
use uuid::Uuid;

use super::{
    attachments,
    engine::{Connection, Row, sql},
};

/// A decision to keep.
pub struct NewDecision<'a> {
    pub statement: RecordId,
    pub act: &'a str,
    pub before: &'a Standing,
    pub after: &'a Standing,
    pub note: &'a str,
    /// The issue or referral that the act made.
    pub thing: Option<Uuid>,
    /// The decision that it is taken together with.
    pub together: Option<i64>,
    pub account: AccountId,
    pub at: i64,
    /// What it was decided together with, where nobody read them one by one.
    pub batch: Option<BatchId>,
}

/// The latest decision that stands.
pub struct Last {
    pub sequence: i64,
    pub act: String,
    pub before: Standing,
    pub thing: Option<Uuid>,
}

const ITEM: &str = "select statement.id, statement.visit, words, transcript, summary, kind_said, about, happened, proposed,
        statement.forks, statement.received_at, statement.state, statement.kind, statement.category,
        statement.version, visit.unit, unit.name as unit_name, respondent_kind, form, manner, place, day, named,
        call_back_wanted, answered,
        (select count(*) from statement as other where other.visit = statement.visit and other.counted = 1)
            as statements_n,
        counted,
        case when exists (select 1 from decision where decision.statement = statement.id and act = 'one_matter'
            and undone_at is null) then 1 else 0 end as one_matter,
        (select issue from issue_statement where issue_statement.statement = statement.id and left_at is null)
            as issue,
        case when exists (select 1 from destruction
            where destruction.statement in (statement.id, statement.part_of)) then 1 else 0 end as handed_over
    from statement join visit on visit.id = statement.visit left join unit on unit.id = visit.unit
    where statement.id = $1";
const STANDING: &str = "select state, kind, category, version, campaign, unit, visit, counted, part_of,
        (select issue from issue_statement where issue_statement.statement = statement.id and left_at is null)
            as issue,
        case when exists (select 1 from destruction
            where destruction.statement in (statement.id, statement.part_of)) then 1 else 0 end as handed_over
    from statement where id = $1";
const DECIDE: &str = "update statement set state = $2, kind = $3, category = $4, version = version + 1
    where id = $1 and version = $5";
const NOTE: &str =
    "insert into decision (statement, act, before, after, note, thing, account, at, batch, together, suggested)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
        (select code from suggestion where suggestion.statement = $1)) returning sequence";
/// Those on which nothing was decided since.
const TOGETHER: &str = "select statement from decision where together = $1 and undone_at is null
    and not exists (select 1 from decision as later where later.statement = decision.statement
        and later.sequence > decision.sequence and later.undone_at is null)";
const LAST: &str = "select sequence, act, before, thing from decision
    where statement = $1 and undone_at is null order by sequence desc limit 1";
const UNDO: &str = "update decision set undone_at = $2 where sequence = $1 and undone_at is null";
const OF_BATCH: &str = "select statement, sequence from decision where batch = $1 and undone_at is null
    order by sequence";
const HISTORY: &str = "select act, before, after, note, account.name, decision.at, undone_at from decision
    join account on account.id = decision.account where statement = $1 order by sequence desc";
const ATTACHMENTS: &str =
    "select id, statement, kind, media_type, bytes_n, duration_ms, gaps, stored_at,
        (select at from erasure where erasure.attachment = attachment.id) as erased_at,
        (select content from upload where upload.id = attachment.id and upload.sha256 = attachment.sha256) as content
    from attachment
    where statement = $1 or (statement is null and visit = $2)
        or statement = (select part_of from statement as part where part.id = $1) order by id";
const ATTACHMENTS_OF_VISIT: &str =
    "select id, statement, kind, media_type, bytes_n, duration_ms, gaps, stored_at,
        (select at from erasure where erasure.attachment = attachment.id) as erased_at,
        (select content from upload where upload.id = attachment.id and upload.sha256 = attachment.sha256) as content
    from attachment
    where visit = $1 order by id";
const PRESENT: &str = "insert into presence (account, statement, until) values ($1, $2, $3)
    on conflict (account) do update set statement = excluded.statement, until = excluded.until";
const OTHERS: &str = "select account.name from presence join account on account.id = presence.account
    where statement = $1 and presence.account <> $2 and until > $3 order by account.name";

pub(super) fn state_of(row: &Row) -> sqlx::Result<StatementState> {
    StatementState::from_word(row.get("state")).ok_or_else(|| sqlx::Error::Decode("an unknown state".into()))
}

pub(super) fn kind_of(word: &str) -> sqlx::Result<Kind> {
    Kind::from_word(word).ok_or_else(|| sqlx::Error::Decode("an unknown kind".into()))
}

pub(super) fn version_of(row: &Row) -> u32 {
    u32::try_from(row.get::<i64>("version")).unwrap_or(0)
}

/// A statement with its visit; issues, suggestion, referrals and others are left to the caller.
pub async fn item(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<(Item, Option<IssueId>)>> {
    let Some(row) = sql(ITEM).bind(id.0).fetch_optional(&mut *db).await? else { return Ok(None) };
    let issue = row.get::<Option<Uuid>>("issue").map(IssueId);
    let visit = RecordId(row.get("visit"));
    let attachments = attachments_of(db, id, visit).await?;
    let history = history(db, id).await?;
    let item = Item {
        id,
        version: version_of(&row),
        standing: standing_of(&row)?,
        words: row.get("words"),
        summary: row.get("summary"),
        transcript: row.get("transcript"),
        kind_said: kind_of(row.get("kind_said"))?,
        about: row.get("about"),
        happened: row.get("happened"),
        proposed: serde_json::from_str(row.get("proposed")).unwrap_or_default(),
        forked: row.get::<i64>("forks") > 0,
        received_at: row.get("received_at"),
        visit: item_visit(&row, visit),
        attachments,
        transcripts: Vec::new(),
        suggestion: None,
        issue: None,
        alike: Vec::new(),
        like: None,
        referrals: Vec::new(),
        history,
        others: Vec::new(),
        handed_over: row.get::<i64>("handed_over") != 0,
        severity: Severity::default(),
        matters: Vec::new(),
        one_matter: row.get::<i64>("one_matter") != 0,
        counted: row.get::<i64>("counted") != 0,
        part: None,
        parts: Vec::new(),
    };
    Ok(Some((item, issue)))
}

fn item_visit(row: &Row, id: RecordId) -> ItemVisit {
    ItemVisit {
        id,
        unit: UnitId(row.get("unit")),
        unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        respondent_kind: RespondentKind::from_word(row.get("respondent_kind"))
            .unwrap_or(RespondentKind::Other),
        form: row.get("form"),
        manner: if row.get::<&str>("manner") == "written" { Manner::Written } else { Manner::Verbal },
        place: row.get("place"),
        day: row.get("day"),
        named: row.get::<i64>("named") != 0,
        call_back_wanted: row.get::<i64>("call_back_wanted") != 0,
        answered_on_the_spot: row.get("answered"),
        statements_n: u32::try_from(row.get::<i64>("statements_n")).unwrap_or(0),
    }
}

fn standing_of(row: &Row) -> sqlx::Result<Standing> {
    Ok(Standing {
        state: state_of(row)?,
        kind: kind_of(row.get("kind"))?,
        category: row.get("category"),
        issue: row.get::<Option<Uuid>>("issue").map(IssueId),
    })
}

async fn attachments_of(
    db: &mut Connection,
    id: RecordId,
    visit: RecordId,
) -> sqlx::Result<Vec<ItemAttachment>> {
    let rows = sql(ATTACHMENTS).bind(id.0).bind(visit.0).fetch_all(db).await?;
    Ok(rows.iter().map(attachment).collect())
}

/// Everything attached to a visit or to one of its statements, in the order it was made.
pub async fn attachments_of_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<ItemAttachment>> {
    let rows = sql(ATTACHMENTS_OF_VISIT).bind(visit.0).fetch_all(db).await?;
    Ok(rows.iter().map(attachment).collect())
}

fn attachment(row: &Row) -> ItemAttachment {
    let gaps: Vec<Gap> = serde_json::from_str(row.get("gaps")).unwrap_or_default();
    ItemAttachment {
        id: RecordId(row.get("id")),
        statement: row.get::<Option<Uuid>>("statement").map(RecordId),
        kind: attachments::kind_of(row),
        media_type: row.get("media_type"),
        bytes_n: row.get::<i64>("bytes_n").unsigned_abs(),
        duration_ms: row.get::<Option<i64>>("duration_ms").map(i64::unsigned_abs),
        gaps,
        stored: row.get::<Option<i64>>("stored_at").is_some(),
        content: attachments::content_of(row),
        erased_at: row.get("erased_at"),
    }
}

/// A statement as deciding needs it.
pub struct Stands {
    pub standing: Standing,
    pub version: u32,
    pub campaign: CampaignId,
    pub unit: UnitId,
    pub visit: RecordId,
    /// Its words left the office.
    pub handed_over: bool,
    /// Nothing stands in its place.
    pub counted: bool,
    /// What it is a part of.
    pub part_of: Option<RecordId>,
}

/// How a statement stands.
pub async fn stands(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Stands>> {
    let row = sql(STANDING).bind(id.0).fetch_optional(db).await?;
    row.map(|row| {
        Ok(Stands {
            standing: standing_of(&row)?,
            version: version_of(&row),
            campaign: CampaignId(row.get("campaign")),
            unit: UnitId(row.get("unit")),
            visit: RecordId(row.get("visit")),
            handed_over: row.get::<i64>("handed_over") != 0,
            counted: row.get::<i64>("counted") != 0,
            part_of: row.get::<Option<Uuid>>("part_of").map(RecordId),
        })
    })
    .transpose()
}

/// Gives a statement another standing; `false` when its version is another by now. The issue is
/// kept by [`super::issues`].
pub async fn decide(db: &mut Connection, id: RecordId, version: u32, after: &Standing) -> sqlx::Result<bool> {
    let query = sql(DECIDE)
        .bind(id.0)
        .bind(after.state.as_str())
        .bind(after.kind.as_str())
        .bind(&after.category)
        .bind(i64::from(version));
    Ok(query.execute(db).await? > 0)
}

/// Keeps a decision beside the others; answers its place among them.
pub async fn note(db: &mut Connection, new: &NewDecision<'_>) -> sqlx::Result<i64> {
    let row = sql(NOTE)
        .bind(new.statement.0)
        .bind(new.act)
        .bind(serde_json::to_string(new.before).unwrap_or_default())
        .bind(serde_json::to_string(new.after).unwrap_or_default())
        .bind(new.note)
        .bind(new.thing)
        .bind(new.account.0)
        .bind(new.at)
        .bind(new.batch.map(|it| it.0))
        .bind(new.together)
        .fetch_one(db)
        .await?;
    Ok(row.get("sequence"))
}

/// Statements whose latest decision was taken together with this one.
pub async fn together(db: &mut Connection, sequence: i64) -> sqlx::Result<Vec<RecordId>> {
    let rows = sql(TOGETHER).bind(sequence).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get("statement"))).collect())
}

/// The latest decision that stands.
pub async fn last(db: &mut Connection, id: RecordId) -> sqlx::Result<Option<Last>> {
    let row = sql(LAST).bind(id.0).fetch_optional(db).await?;
    row.map(|row| {
        let before = serde_json::from_str(row.get("before"))
            .map_err(|_| sqlx::Error::Decode("a decision that cannot be read".into()))?;
        Ok(Last { sequence: row.get("sequence"), act: row.get("act"), before, thing: row.get("thing") })
    })
    .transpose()
}

/// Notes that a decision was taken back.
pub async fn undo(db: &mut Connection, sequence: i64, at: i64) -> sqlx::Result<()> {
    sql(UNDO).bind(sequence).bind(at).execute(db).await?;
    Ok(())
}

/// The decisions of a batch that were not taken back: statements, and the decisions' places.
pub async fn of_batch(db: &mut Connection, batch: BatchId) -> sqlx::Result<Vec<(RecordId, i64)>> {
    let rows = sql(OF_BATCH).bind(batch.0).fetch_all(db).await?;
    Ok(rows.iter().map(|row| (RecordId(row.get("statement")), row.get("sequence"))).collect())
}

async fn history(db: &mut Connection, id: RecordId) -> sqlx::Result<Vec<Decision>> {
    let rows = sql(HISTORY).bind(id.0).fetch_all(db).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(Decision {
                act: row.get("act"),
                before: serde_json::from_str(row.get("before")).ok()?,
                after: serde_json::from_str(row.get("after")).ok()?,
                note: row.get("note"),
                by: row.get("name"),
                at: row.get("at"),
                undone: row.get::<Option<i64>>("undone_at").is_some(),
            })
        })
        .collect())
}

/// Notes that someone looks at a statement until a time; answers who else does.
pub async fn look(
    db: &mut Connection,
    account: AccountId,
    statement: RecordId,
    until: i64,
    now: i64,
) -> sqlx::Result<Vec<String>> {
    sql(PRESENT).bind(account.0).bind(statement.0).bind(until).execute(&mut *db).await?;
    let rows = sql(OTHERS).bind(statement.0).bind(account.0).bind(now).fetch_all(db).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The id that an act made, as the kind it is.
impl Last {
    /// Whether it put parts in the place of a statement.
    pub fn divides(&self) -> bool {
        self.act == "divide"
    }

    pub fn issue(&self) -> Option<IssueId> {
        self.thing.filter(|_| self.act == "make_issue").map(IssueId)
    }

    pub fn referral(&self) -> Option<ReferralId> {
        self.thing.filter(|_| self.act == "refer").map(ReferralId)
    }
}
