//! The directory of respondents.

use domain::{
    id::{CampaignId, RespondentId, UnitId},
    respondent::{Respondent, RespondentKind},
    setup::{ListedRespondent, RespondentForm},
};
use sqlx::{Row, sqlite::SqliteRow};

use super::Connection;

const CARD: &str = "select id, kind, name, place, organisation, telephone, address, unit,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null
       and visit.day >= $2 and visit.day <= $3) as visits_in_month
    from respondent where id = $1 and removed_at is null";

const ADD: &str = "insert into respondent
    (id, campaign, unit, kind, name, place, organisation, telephone, address, id_number, same_key, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict (campaign, same_key) do update set removed_at = null, unit = excluded.unit,
        telephone = excluded.telephone, address = excluded.address
        where respondent.removed_at is not null";
const CHANGE: &str = "update respondent set unit = $2, kind = $3, name = $4, place = $5, organisation = $6,
    telephone = $7, address = $8, id_number = $9, same_key = $10 where id = $1 and removed_at is null";
const REMOVE: &str = "update respondent set removed_at = $2 where id = $1 and removed_at is null";
const KNOWN: &str = "select 1 from respondent where campaign = $1 and same_key = $2 and removed_at is null";
const BY_KEY: &str = "select id from respondent where campaign = $1 and same_key = $2";
const COUNT: &str = "select count(*) from respondent where campaign = $1 and removed_at is null
    and ($2 = '' or name like $3 or place like $3 or organisation like $3 or telephone like $3)
    and ($4 is null or unit = $4) and ($5 is null or kind = $5)";
const LIST: &str = "select id, kind, name, place, organisation, telephone, address, id_number, unit,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null) as visits_n,
    (select min(due_on) from assignment where assignment.respondent = respondent.id
     and cancelled_at is null and done_visit is null) as due_on
    from respondent where campaign = $1 and removed_at is null
    and ($2 = '' or name like $3 or place like $3 or organisation like $3 or telephone like $3)
    and ($4 is null or unit = $4) and ($5 is null or kind = $5)
    order by place, name, id limit $6 offset $7";

/// Which respondents a list shows.
#[derive(Default)]
pub struct Wanted {
    pub text: String,
    pub unit: Option<UnitId>,
    pub kind: Option<RespondentKind>,
}

/// Adds a respondent; `false` when the same household is there already.
pub async fn add(
    db: &mut Connection,
    id: RespondentId,
    campaign: CampaignId,
    form: &RespondentForm,
    at: i64,
) -> sqlx::Result<bool> {
    let query = sqlx::query(ADD)
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
        .bind(at);
    Ok(query.execute(db).await?.rows_affected() > 0)
}

/// Changes a respondent; `false` when there is none.
pub async fn change(db: &mut Connection, id: RespondentId, form: &RespondentForm) -> sqlx::Result<bool> {
    let query = sqlx::query(CHANGE)
        .bind(id.0)
        .bind(form.unit.map(|it| it.0))
        .bind(form.kind.as_str())
        .bind(&form.name)
        .bind(&form.place)
        .bind(&form.organisation)
        .bind(&form.telephone)
        .bind(&form.address)
        .bind(&form.id_number)
        .bind(form.same_key());
    Ok(query.execute(db).await?.rows_affected() > 0)
}

/// Takes a respondent off the list; visits to them stay.
pub async fn remove(db: &mut Connection, id: RespondentId, at: i64) -> sqlx::Result<bool> {
    Ok(sqlx::query(REMOVE).bind(id.0).bind(at).execute(db).await?.rows_affected() > 0)
}

/// Whether the same household is on the list.
pub async fn is_known(db: &mut Connection, campaign: CampaignId, same_key: &str) -> sqlx::Result<bool> {
    Ok(sqlx::query(KNOWN).bind(campaign.0).bind(same_key).fetch_optional(db).await?.is_some())
}

/// The id of a household, on the list or taken off it.
pub async fn by_key(
    db: &mut Connection,
    campaign: CampaignId,
    same_key: &str,
) -> sqlx::Result<Option<RespondentId>> {
    let row = sqlx::query(BY_KEY).bind(campaign.0).bind(same_key).fetch_optional(db).await?;
    Ok(row.map(|row| RespondentId(row.get(0))))
}

/// How many respondents are wanted.
pub async fn count(db: &mut Connection, campaign: CampaignId, wanted: &Wanted) -> sqlx::Result<i64> {
    let row = sqlx::query(COUNT)
        .bind(campaign.0)
        .bind(&wanted.text)
        .bind(format!("%{}%", wanted.text))
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
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
    let rows = sqlx::query(LIST)
        .bind(campaign.0)
        .bind(&wanted.text)
        .bind(format!("%{}%", wanted.text))
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
        .bind(limit)
        .bind(offset)
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(listed).collect())
}

fn listed(row: &SqliteRow) -> ListedRespondent {
    ListedRespondent {
        id: RespondentId(row.get("id")),
        respondent: RespondentForm {
            kind: RespondentKind::from_word(row.get("kind")).unwrap_or(RespondentKind::Other),
            name: row.get("name"),
            place: row.get("place"),
            organisation: row.get("organisation"),
            telephone: row.get("telephone"),
            address: row.get("address"),
            id_number: row.get("id_number"),
            unit: row.get::<Option<uuid::Uuid>, _>("unit").map(UnitId),
        },
        visits_n: u32::try_from(row.get::<i64, _>("visits_n")).unwrap_or(0),
        due_on: row.get("due_on"),
    }
}

/// A respondent as a phone holds it, with the number of visits in `month` (yyyy-MM).
pub async fn card(db: &mut Connection, id: RespondentId, month: &str) -> sqlx::Result<Option<Respondent>> {
    let row = sqlx::query(CARD)
        .bind(id.0)
        .bind(format!("{month}-01"))
        .bind(format!("{month}-31"))
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| Respondent {
        id: RespondentId(row.get("id")),
        kind: RespondentKind::from_word(row.get("kind")).unwrap_or(RespondentKind::Other),
        name: row.get("name"),
        place: row.get("place"),
        organisation: row.get("organisation"),
        telephone: row.get("telephone"),
        address: row.get("address"),
        unit: row.get::<Option<uuid::Uuid>, _>("unit").map(UnitId),
        visits_in_month: u32::try_from(row.get::<i64, _>("visits_in_month")).unwrap_or(0),
        month: month.to_owned(),
    }))
}
