//! The directory of respondents.

use std::collections::HashMap;

use domain::{
    id::{CampaignId, RespondentId, UnitId},
    respondent::{Respondent, RespondentKind},
    setup::{ListedRespondent, RespondentForm},
};

use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    many::for_these,
};

const CARD_IDS: &str = "select id, kind, name, place, organisation, telephone, address, unit,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null
       and visit.day >= $1 and visit.day <= $2) as visits_in_month
    from respondent where removed_at is null and id in (";

const ADD: &str = "insert into respondent (id, campaign, unit, kind, name, place, organisation, telephone,
        address, id_number, same_key, name_key, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const BRING_BACK: &str = "update respondent set removed_at = null, unit = $2, telephone = $3, address = $4
    where id = $1";
/// The same household: the same id number, or the same name where one of the two has no id number.
const TWIN: &str = "select id, removed_at from respondent
    where campaign = $1 and (same_key = $2 or (name_key = $3 and ($4 = '' or id_number = '')))
    order by same_key <> $2, removed_at is not null limit 1";
const CHANGE: &str = "update respondent set unit = $2, kind = $3, name = $4, place = $5, organisation = $6,
    telephone = $7, address = $8, id_number = $9, same_key = $10, name_key = $11
    where id = $1 and removed_at is null";
const REMOVE: &str = "update respondent set removed_at = $2 where id = $1 and removed_at is null";
const GET: &str =
    "select kind, name, place, organisation, telephone, address, id_number, unit from respondent
    where id = $1 and removed_at is null";
const COUNT: &str = "select count(*) from respondent where campaign = $1 and removed_at is null
    and ($2 = '' or name like $3 or place like $3 or organisation like $3 or telephone like $3)
    and ($4 is null or unit = $4) and ($5 is null or kind = $5) and ($6 = 0 or not exists (
        select 1 from identity join visit on visit.id = identity.visit
        where identity.respondent = respondent.id and visit.withdrawn is null))";
const LIST: &str = "select id, kind, name, place, organisation, telephone, address, id_number, unit,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null) as visits_n,
    (select min(due_on) from assignment where assignment.respondent = respondent.id
     and cancelled_at is null and done_visit is null) as due_on
    from respondent where campaign = $1 and removed_at is null
    and ($2 = '' or name like $3 or place like $3 or organisation like $3 or telephone like $3)
    and ($4 is null or unit = $4) and ($5 is null or kind = $5) and ($6 = 0 or not exists (
        select 1 from identity join visit on visit.id = identity.visit
        where identity.respondent = respondent.id and visit.withdrawn is null))
    order by place, name, id limit $7 offset $8";

/// Which respondents a list shows.
#[derive(Default)]
pub struct Wanted {
    pub text: String,
    pub unit: Option<UnitId>,
    pub kind: Option<RespondentKind>,
    /// Only whom nobody has visited.
    pub unvisited_only: bool,
}

/// A household on the list, or taken off it.
pub struct Twin {
    pub id: RespondentId,
    pub removed: bool,
}

/// The household that a form is about, where there is one.
pub async fn twin(
    db: &mut Connection,
    campaign: CampaignId,
    form: &RespondentForm,
) -> sqlx::Result<Option<Twin>> {
    let query =
        sql(TWIN).bind(campaign.0).bind(form.same_key()).bind(form.name_key()).bind(form.id_number.trim());
    Ok(query.fetch_optional(db).await?.map(|row| Twin {
        id: RespondentId(row.get("id")),
        removed: row.get::<Option<i64>>("removed_at").is_some(),
    }))
}

/// Adds a respondent; a household that comes back keeps its id. `None` when it is on the list already.
pub async fn add(
    db: &mut Connection,
    id: RespondentId,
    campaign: CampaignId,
    form: &RespondentForm,
    at: i64,
) -> sqlx::Result<Option<RespondentId>> {
    match twin(db, campaign, form).await? {
        Some(twin) if !twin.removed => return Ok(None),
        Some(twin) => {
            let query = sql(BRING_BACK)
                .bind(twin.id.0)
                .bind(form.unit.map(|it| it.0))
                .bind(&form.telephone)
                .bind(&form.address);
            query.execute(db).await?;
            return Ok(Some(twin.id));
        }
        None => {}
    }
    sql(ADD)
        .bind(id.0)
        .bind(campaign.0)
        .bind(form.unit.map(|it| it.0))
        .bind(form.kind.as_str())
        .bind(&form.name)
        .bind(&form.place)
        .bind(&form.organisation)
        .bind(&form.telephone)
        .bind(&form.address)
        .bind(&form.id_number)
        .bind(form.same_key())
        .bind(form.name_key())
        .bind(at)
        .execute(db)
        .await?;
    Ok(Some(id))
}

/// Changes a respondent; `false` when there is none.
pub async fn change(db: &mut Connection, id: RespondentId, form: &RespondentForm) -> sqlx::Result<bool> {
    let query = sql(CHANGE)
        .bind(id.0)
        .bind(form.unit.map(|it| it.0))
        .bind(form.kind.as_str())
        .bind(&form.name)
        .bind(&form.place)
        .bind(&form.organisation)
        .bind(&form.telephone)
        .bind(&form.address)
        .bind(&form.id_number)
        .bind(form.same_key())
        .bind(form.name_key());
    Ok(query.execute(db).await? > 0)
}

/// Takes a respondent off the list; visits to them stay.
pub async fn remove(db: &mut Connection, id: RespondentId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(REMOVE).bind(id.0).bind(at).execute(db).await? > 0)
}

/// A respondent as the directory has it.
pub async fn get(db: &mut Connection, id: RespondentId) -> sqlx::Result<Option<RespondentForm>> {
    Ok(sql(GET).bind(id.0).fetch_optional(db).await?.as_ref().map(form))
}

/// How many respondents are wanted.
pub async fn count(db: &mut Connection, campaign: CampaignId, wanted: &Wanted) -> sqlx::Result<i64> {
    let row = sql(COUNT)
        .bind(campaign.0)
        .bind(&wanted.text)
        .bind(format!("%{}%", wanted.text))
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
        .bind(i64::from(wanted.unvisited_only))
        .fetch_one(db)
        .await?;
    Ok(row.get(0))
}

/// A page of the list, by place and name.
pub async fn list(
    db: &mut Connection,
    campaign: CampaignId,
    wanted: &Wanted,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<ListedRespondent>> {
    let rows = sql(LIST)
        .bind(campaign.0)
        .bind(&wanted.text)
        .bind(format!("%{}%", wanted.text))
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
        .bind(i64::from(wanted.unvisited_only))
        .bind(limit)
        .bind(offset)
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(listed).collect())
}

fn form(row: &Row) -> RespondentForm {
    RespondentForm {
        kind: RespondentKind::from_word(row.get("kind")).unwrap_or(RespondentKind::Other),
        name: row.get("name"),
        place: row.get("place"),
        organisation: row.get("organisation"),
        telephone: row.get("telephone"),
        address: row.get("address"),
        id_number: row.get("id_number"),
        unit: row.get::<Option<Uuid>>("unit").map(UnitId),
    }
}

fn listed(row: &Row) -> ListedRespondent {
    ListedRespondent {
        id: RespondentId(row.get("id")),
        respondent: form(row),
        visits_n: u32::try_from(row.get::<i64>("visits_n")).unwrap_or(0),
        due_on: row.get("due_on"),
    }
}

/// Respondents as phones hold them, with the number of visits in `month` (yyyy-MM); those that were removed are
/// not among them.
pub async fn cards(
    db: &mut Connection,
    ids: &[Uuid],
    month: &str,
) -> sqlx::Result<HashMap<Uuid, Respondent>> {
    let days = [format!("{month}-01").into(), format!("{month}-31").into()];
    let rows = for_these(db, CARD_IDS, ")", &days, ids).await?;
    Ok(rows.iter().map(|row| (row.get("id"), card(row, month))).collect())
}

fn card(row: &Row, month: &str) -> Respondent {
    Respondent {
        id: RespondentId(row.get("id")),
        kind: RespondentKind::from_word(row.get("kind")).unwrap_or(RespondentKind::Other),
        name: row.get("name"),
        place: row.get("place"),
        organisation: row.get("organisation"),
        telephone: row.get("telephone"),
        address: row.get("address"),
        unit: row.get::<Option<Uuid>>("unit").map(UnitId),
        visits_in_month: u32::try_from(row.get::<i64>("visits_in_month")).unwrap_or(0),
        month: month.to_owned(),
    }
}
