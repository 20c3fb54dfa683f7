//! Assignments: this unit should visit this respondent by this date.

use std::collections::{HashMap, HashSet};

use domain::{
    changes::Assignment,
    id::{AccountId, AssignmentId, CampaignId, RecordId, RespondentId, UnitId},
    setup::ListedAssignment,
};

use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    many::for_these,
};

const CARD_IDS: &str = "select assignment.id, respondent, due_on, note, done_visit from assignment
    join respondent on respondent.id = assignment.respondent
    where cancelled_at is null and respondent.removed_at is null and assignment.id in (";
const OPEN_IDS: &str = "select respondent from assignment where unit = $1
    and cancelled_at is null and done_visit is null and respondent in (";

/// Assignments as phones hold them; those that were cancelled are not among them.
pub async fn cards(db: &mut Connection, ids: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Assignment>> {
    let rows = for_these(db, CARD_IDS, ")", &[], ids).await?;
    Ok(rows.iter().map(|row| (row.get("id"), card(row))).collect())
}

fn card(row: &Row) -> Assignment {
    Assignment {
        id: AssignmentId(row.get("id")),
        respondent: RespondentId(row.get("respondent")),
        due_on: row.get("due_on"),
        note: row.get("note"),
        done: row.get::<Option<Uuid>>("done_visit").is_some(),
    }
}

/// Whom of these respondents the unit is to visit.
pub async fn open_of(db: &mut Connection, respondents: &[Uuid], unit: UnitId) -> sqlx::Result<HashSet<Uuid>> {
    let rows = for_these(db, OPEN_IDS, ")", &[unit.0.into()], respondents).await?;
    Ok(rows.iter().map(|row| row.get("respondent")).collect())
}

/// An assignment to hand out.
pub struct NewAssignment<'a> {
    pub id: AssignmentId,
    pub campaign: CampaignId,
    pub unit: UnitId,
    pub respondent: RespondentId,
    /// yyyy-MM-dd
    pub due_on: &'a str,
    pub note: &'a str,
    pub created_by: Option<AccountId>,
    pub at: i64,
}

const ADD: &str = "insert into assignment
    (id, campaign, unit, respondent, due_on, note, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)";
const OPEN_FOR: &str = "select 1 from assignment where respondent = $1 and unit = $2
    and cancelled_at is null and done_visit is null";
const CANCEL: &str = "update assignment set cancelled_at = $2
    where id = $1 and cancelled_at is null and done_visit is null returning unit";
const COUNT: &str = "select count(*) from assignment where campaign = $1 and cancelled_at is null";
const LIST: &str = "select assignment.id, respondent.id as respondent, respondent.sealed, respondent.place, unit.name as unit_name,
    due_on, note, done_visit is not null as done
    from assignment join respondent on respondent.id = assignment.respondent
    join unit on unit.id = assignment.unit
    where assignment.campaign = $1 and cancelled_at is null and ($2 is null or assignment.unit = $2)
    order by done, due_on, respondent.place, respondent.id limit $3 offset $4";

const REOPEN: &str = "update assignment set done_visit = null where done_visit = $1 and not exists
    (select 1 from identity join visit on visit.id = identity.visit where visit.id = $1
        and visit.withdrawn is null and visit.unit = assignment.unit
        and identity.assignment = assignment.id and identity.respondent = assignment.respondent)
    returning id, unit";
const TICK_OFF: &str = "update assignment set done_visit = $1
    where done_visit is null and cancelled_at is null
    and id in (select identity.assignment from identity where identity.visit = $1) and exists
    (select 1 from identity join visit on visit.id = identity.visit where visit.id = $1
        and visit.withdrawn is null and visit.unit = assignment.unit
        and identity.assignment = assignment.id and identity.respondent = assignment.respondent)
    returning id, unit";

/// Ticks off what a visit did and opens again what it no longer does: it was withdrawn, or names another
/// respondent. Answers which assignments that changed, and whose.
///
/// Only a visit of the unit, to the respondent whom the assignment names, counts.
pub async fn settle(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<(AssignmentId, UnitId)>> {
    let mut rows = sql(REOPEN).bind(visit.0).fetch_all(&mut *db).await?;
    rows.extend(sql(TICK_OFF).bind(visit.0).fetch_all(db).await?);
    Ok(rows.iter().map(|row| (AssignmentId(row.get("id")), UnitId(row.get("unit")))).collect())
}

/// Hands an assignment out.
pub async fn add(db: &mut Connection, new: &NewAssignment<'_>) -> sqlx::Result<()> {
    sql(ADD)
        .bind(new.id.0)
        .bind(new.campaign.0)
        .bind(new.unit.0)
        .bind(new.respondent.0)
        .bind(new.due_on)
        .bind(new.note)
        .bind(new.created_by.map(|it| it.0))
        .bind(new.at)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether the unit is to visit the respondent already.
pub async fn is_open(db: &mut Connection, respondent: RespondentId, unit: UnitId) -> sqlx::Result<bool> {
    Ok(sql(OPEN_FOR).bind(respondent.0).bind(unit.0).fetch_optional(db).await?.is_some())
}

/// Takes an assignment back unless it is done; answers the unit whose it was.
pub async fn cancel(db: &mut Connection, id: AssignmentId, at: i64) -> sqlx::Result<Option<UnitId>> {
    let row = sql(CANCEL).bind(id.0).bind(at).fetch_optional(db).await?;
    Ok(row.map(|row| UnitId(row.get(0))))
}

/// How many assignments a campaign has.
pub async fn count(db: &mut Connection, campaign: CampaignId) -> sqlx::Result<i64> {
    Ok(sql(COUNT).bind(campaign.0).fetch_one(db).await?.get(0))
}

/// Assignments, open ones first, by due day.
pub async fn list(
    db: &mut Connection,
    campaign: CampaignId,
    unit: Option<UnitId>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<ListedAssignment>> {
    let query = sql(LIST).bind(campaign.0).bind(unit.map(|it| it.0)).bind(limit).bind(offset);
    let rows = query.fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| ListedAssignment {
            id: AssignmentId(row.get("id")),
            name: db.vault.open_respondent(RespondentId(row.get("respondent")), row.get("sealed")).name,
            place: row.get("place"),
            unit: row.get("unit_name"),
            due_on: row.get("due_on"),
            note: row.get("note"),
            done: row.get::<i64>("done") != 0,
        })
        .collect())
}
