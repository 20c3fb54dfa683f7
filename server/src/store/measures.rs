//! Measures: as agreed in a meeting, and how far they are.

use domain::{
    id::{AccountId, CampaignId, IssueId, MeasureId, MeetingId, UnitId},
    measure::{Agreed, Measure, MeasureState, NewProgress, Progress},
};
use uuid::Uuid;

use super::engine::{Connection, Row, sql};

/// Where a measure belongs.
pub struct Place {
    pub campaign: CampaignId,
    pub unit: UnitId,
    pub issue: IssueId,
    pub item: Uuid,
}

/// Which measures are asked for. Only those of items that were agreed on are ever listed.
#[derive(Clone, Copy)]
pub struct Asked {
    pub campaign: CampaignId,
    pub unit: Option<UnitId>,
    pub state: Option<MeasureState>,
    pub overdue_only: bool,
    pub id: Option<MeasureId>,
    /// Only about this issue.
    pub issue: Option<IssueId>,
    /// Only of this unit, or about what this unit heard.
    pub heard_by: Option<UnitId>,
}

impl Asked {
    /// All measures of a campaign.
    pub fn all(campaign: CampaignId) -> Self {
        Self { campaign, unit: None, state: None, overdue_only: false, id: None, issue: None, heard_by: None }
    }
}

/// How many fit a question.
pub struct Counts {
    pub fitting: u32,
    pub overdue: u32,
    pub overdue_units: u32,
}

const OF_ITEM: &str = "select id, what, leader, person, by_when, long_term, proof, proposed
    from measure where item = $1 and removed_at is null order by position";
const ITEM_OF: &str = "select item from measure where id = $1";
const KEEP: &str = "insert into measure (id, campaign, unit, issue, item, position, what, leader, person,
        by_when, long_term, proof, proposed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    on conflict (id) do update set position = excluded.position, what = excluded.what,
        leader = excluded.leader, person = excluded.person, by_when = excluded.by_when,
        long_term = excluded.long_term, proof = excluded.proof, proposed = excluded.proposed,
        removed_at = null";
const REMOVE: &str = "update measure set removed_at = $2 where id = $1";
const LIST: &str = "select measure.id, what, leader, person, by_when, long_term, proof, proposed,
        measure.state, measure.version, measure.unit, unit.name as unit_name, measure.issue,
        agenda_item.meeting, release.title as about,
        case when measure.state in ('planned', 'under_way') and by_when < $2 then 1 else 0 end as overdue
    from measure
    join agenda_item on agenda_item.id = measure.item
    join release on release.id = agenda_item.release
    join unit on unit.id = measure.unit
    where measure.campaign = $1 and measure.removed_at is null and agenda_item.state = 'agreed'
        and ($3 is null or measure.unit = $3) and ($4 is null or measure.state = $4)
        and ($5 = 0 or (measure.state in ('planned', 'under_way') and by_when < $2))
        and ($6 is null or measure.id = $6)
        and ($7 is null or measure.issue = $7)
        and ($8 is null or measure.unit = $8 or exists (select 1 from issue_statement
            join statement on statement.id = issue_statement.statement
            where issue_statement.issue = measure.issue and left_at is null and statement.unit = $8))
    order by overdue desc, case when by_when is null then 1 else 0 end, by_when, unit.position,
        measure.position
    limit $9";
const COUNT: &str = "select count(*) as fitting,
        count(case when measure.state in ('planned', 'under_way') and by_when < $2 then 1 end) as overdue_n,
        count(distinct case when measure.state in ('planned', 'under_way') and by_when < $2
            then measure.unit end) as overdue_units
    from measure join agenda_item on agenda_item.id = measure.item
    where measure.campaign = $1 and measure.removed_at is null and agenda_item.state = 'agreed'
        and ($3 is null or measure.unit = $3) and ($4 is null or measure.state = $4)
        and ($5 = 0 or (measure.state in ('planned', 'under_way') and by_when < $2))
        and ($6 is null or measure.id = $6)
        and ($7 is null or measure.issue = $7)
        and ($8 is null or measure.unit = $8 or exists (select 1 from issue_statement
            join statement on statement.id = issue_statement.statement
            where issue_statement.issue = measure.issue and left_at is null and statement.unit = $8))";
const PROGRESS: &str = "select state, note, at from measure_progress where measure = $1 order by at desc";
const PROGRESS_KNOWN: &str = "select 1 from measure_progress where id = $1 and measure = $2";
const MOVE_ON: &str = "update measure set state = $3, version = version + 1 where id = $1 and version = $2";
const NOTE_PROGRESS: &str = "insert into measure_progress (id, measure, state, note, account, at)
    values ($1, $2, $3, $4, $5, $6)";

/// The measures of an item of an agenda, in order.
pub async fn of_item(db: &mut Connection, item: Uuid) -> sqlx::Result<Vec<Agreed>> {
    Ok(sql(OF_ITEM).bind(item).fetch_all(db).await?.iter().map(read_agreed).collect())
}

/// The item a measure belongs to, removed or not.
pub async fn item_of(db: &mut Connection, id: MeasureId) -> sqlx::Result<Option<Uuid>> {
    Ok(sql(ITEM_OF).bind(id.0).fetch_optional(db).await?.map(|row| row.get(0)))
}

/// Keeps a measure as it was agreed on; how far it is stays as it is.
pub async fn keep(db: &mut Connection, place: &Place, position: usize, agreed: &Agreed) -> sqlx::Result<()> {
    sql(KEEP)
        .bind(agreed.id.0)
        .bind(place.campaign.0)
        .bind(place.unit.0)
        .bind(place.issue.0)
        .bind(place.item)
        .bind(i64::try_from(position).unwrap_or(i64::MAX))
        .bind(&agreed.what)
        .bind(&agreed.leader)
        .bind(&agreed.person)
        .bind(&agreed.by_when)
        .bind(i64::from(agreed.long_term))
        .bind(&agreed.proof)
        .bind(i64::from(agreed.proposed_to_party_group))
        .execute(db)
        .await?;
    Ok(())
}

pub async fn remove(db: &mut Connection, id: MeasureId, at: i64) -> sqlx::Result<()> {
    sql(REMOVE).bind(id.0).bind(at).execute(db).await?;
    Ok(())
}

/// The measures that fit, overdue ones first, then by day. `today` is yyyy-MM-dd.
pub async fn list(db: &mut Connection, asked: Asked, today: &str, n_max: u32) -> sqlx::Result<Vec<Measure>> {
    let query = sql(LIST)
        .bind(asked.campaign.0)
        .bind(today)
        .bind(asked.unit.map(|it| it.0))
        .bind(asked.state.map(MeasureState::as_str))
        .bind(i64::from(asked.overdue_only))
        .bind(asked.id.map(|it| it.0))
        .bind(asked.issue.map(|it| it.0))
        .bind(asked.heard_by.map(|it| it.0))
        .bind(n_max);
    let mut measures: Vec<Measure> = query.fetch_all(&mut *db).await?.iter().map(read).collect();
    for measure in &mut measures {
        let rows = sql(PROGRESS).bind(measure.agreed.id.0).fetch_all(&mut *db).await?;
        measure.progress = rows
            .iter()
            .map(|row| Progress { state: state(row), note: row.get("note"), at: row.get("at") })
            .collect();
    }
    Ok(measures)
}

/// How many measures fit, how many are overdue, and in how many units.
pub async fn count(db: &mut Connection, asked: Asked, today: &str) -> sqlx::Result<Counts> {
    let query = sql(COUNT)
        .bind(asked.campaign.0)
        .bind(today)
        .bind(asked.unit.map(|it| it.0))
        .bind(asked.state.map(MeasureState::as_str))
        .bind(i64::from(asked.overdue_only))
        .bind(asked.id.map(|it| it.0))
        .bind(asked.issue.map(|it| it.0))
        .bind(asked.heard_by.map(|it| it.0));
    let row = query.fetch_one(db).await?;
    Ok(Counts {
        fitting: row.get("fitting"),
        overdue: row.get("overdue_n"),
        overdue_units: row.get("overdue_units"),
    })
}

/// Whether this progress of the measure has been noted before.
pub async fn knows_progress(db: &mut Connection, progress: Uuid, measure: MeasureId) -> sqlx::Result<bool> {
    let query = sql(PROGRESS_KNOWN).bind(progress).bind(measure.0);
    Ok(query.fetch_optional(db).await?.is_some())
}

/// Moves a measure that is at the version seen on; `false` when it is not.
pub async fn move_on(
    db: &mut Connection,
    id: MeasureId,
    progress: &NewProgress,
    by: AccountId,
    at: i64,
) -> sqlx::Result<bool> {
    let query = sql(MOVE_ON).bind(id.0).bind(progress.version).bind(progress.state.as_str());
    if query.execute(&mut *db).await? == 0 {
        return Ok(false);
    }
    sql(NOTE_PROGRESS)
        .bind(progress.id)
        .bind(id.0)
        .bind(progress.state.as_str())
        .bind(&progress.note)
        .bind(by.0)
        .bind(at)
        .execute(db)
        .await?;
    Ok(true)
}

fn read_agreed(row: &Row) -> Agreed {
    Agreed {
        id: MeasureId(row.get("id")),
        what: row.get("what"),
        leader: row.get("leader"),
        person: row.get("person"),
        by_when: row.get("by_when"),
        long_term: row.get::<i64>("long_term") != 0,
        proof: row.get("proof"),
        proposed_to_party_group: row.get::<i64>("proposed") != 0,
    }
}

fn read(row: &Row) -> Measure {
    Measure {
        agreed: read_agreed(row),
        unit: UnitId(row.get("unit")),
        unit_name: row.get("unit_name"),
        meeting: MeetingId(row.get("meeting")),
        about: row.get("about"),
        state: state(row),
        overdue: row.get::<i64>("overdue") != 0,
        version: row.get("version"),
        progress: vec![],
        issue: Some(IssueId(row.get("issue"))),
    }
}

fn state(row: &Row) -> MeasureState {
    MeasureState::from_word(row.get("state")).unwrap_or_default()
}
