//! The directory of respondents.

use std::collections::HashMap;

use domain::{
    envelope::Hash,
    id::{CampaignId, RespondentId, UnitId},
    respondent::{Respondent, RespondentKind},
    setup::{ListedRespondent, RespondentForm},
};

use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    many::for_these,
    sealing::Person,
};
use crate::vault::{Key, NotOpened, Vault};

const CARD_IDS: &str = "select id, kind, place, sealed, unit,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null
       and visit.day >= $1 and visit.day <= $2) as visits_in_month
    from respondent where removed_at is null and id in (";

const ADD: &str = "insert into respondent (id, campaign, unit, kind, place, sealed, same_key, name_key,
        has_id_number, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const BRING_BACK: &str = "update respondent set removed_at = null, unit = $2, sealed = $3 where id = $1";
/// The same household: the same id number, or the same name where one of the two has no id number.
const TWIN: &str = "select id, removed_at, sealed from respondent
    where campaign = $1 and (same_key = $2 or (name_key = $3 and ($4 = 0 or has_id_number = 0)))
    order by same_key <> $2, removed_at is not null limit 1";
const CHANGE: &str = "update respondent set unit = $2, kind = $3, place = $4, sealed = $5, same_key = $6,
    name_key = $7, has_id_number = $8
    where id = $1 and removed_at is null";
const REMOVE: &str = "update respondent set removed_at = $2 where id = $1 and removed_at is null";
const GET: &str = "select id, kind, place, sealed, unit from respondent where id = $1 and removed_at is null";
const COUNT: &str = "select count(*) from respondent where campaign = $1 and removed_at is null";
const WANTED: &str = "select id, kind, place, sealed, unit from respondent
    where campaign = $1 and removed_at is null
    and ($2 is null or unit = $2) and ($3 is null or kind = $3) and ($4 = 0 or not exists (
        select 1 from identity join visit on visit.id = identity.visit
        where identity.respondent = respondent.id and visit.withdrawn is null))";
const LISTED_IDS: &str = "select id,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null) as visits_n,
    (select min(due_on) from assignment where assignment.respondent = respondent.id
     and cancelled_at is null and done_visit is null) as due_on
    from respondent where id in (";

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
    sealed: Vec<u8>,
}

/// The household that a form is about, where there is one.
pub async fn twin(
    db: &mut Connection,
    campaign: CampaignId,
    form: &RespondentForm,
) -> sqlx::Result<Option<Twin>> {
    let query = sql(TWIN).bind(campaign.0).bind(db.vault.blind_key(&form.same_key()));
    let query = query.bind(db.vault.blind_key(&form.name_key())).bind(i64::from(has_id_number(form)));
    let row = query.fetch_optional(db).await?;
    Ok(row.map(|row| {
        let removed = row.get::<Option<i64>>("removed_at").is_some();
        Twin { id: RespondentId(row.get("id")), removed, sealed: row.get("sealed") }
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
            let before = db.vault.respondent(twin.id, &twin.sealed);
            let before = before.map_err(damaged)?;
            let person =
                Person { telephone: form.telephone.clone(), address: form.address.clone(), ..before };
            let sealed = db.vault.seal_respondent(twin.id, &person);
            let query = sql(BRING_BACK).bind(twin.id.0).bind(form.unit.map(|it| it.0)).bind(sealed);
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
        .bind(&form.place)
        .bind(db.vault.seal_respondent(id, &Person::from(form)))
        .bind(db.vault.blind_key(&form.same_key()))
        .bind(db.vault.blind_key(&form.name_key()))
        .bind(i64::from(has_id_number(form)))
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
        .bind(&form.place)
        .bind(db.vault.seal_respondent(id, &Person::from(form)))
        .bind(db.vault.blind_key(&form.same_key()))
        .bind(db.vault.blind_key(&form.name_key()))
        .bind(i64::from(has_id_number(form)));
    Ok(query.execute(db).await? > 0)
}

/// Takes a respondent off the list; visits to them stay.
pub async fn remove(db: &mut Connection, id: RespondentId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(REMOVE).bind(id.0).bind(at).execute(db).await? > 0)
}

const DUE: &str = "select respondent.id from respondent join campaign on campaign.id = campaign
    where forgotten_at is null and (removed_at <= $1 or ends_on < $2) limit $3";
const DUE_N: &str = "select count(*) from respondent join campaign on campaign.id = campaign
    where forgotten_at is null and (removed_at <= $1 or ends_on < $2)";
const FORGET: &str = "update respondent set sealed = $2, same_key = $3, name_key = $3, has_id_number = 0,
    place = '', forgotten_at = $4 where id = $1";

/// Some who were taken off the list by a time, or whose campaign was over before its day.
pub async fn due(db: &mut Connection, by: i64, day: &str, n_max: u32) -> sqlx::Result<Vec<RespondentId>> {
    let rows = sql(DUE).bind(by).bind(day).bind(n_max).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RespondentId(row.get("id"))).collect())
}

/// How many they are.
pub async fn due_n(db: &mut Connection, by: i64, day: &str) -> sqlx::Result<u32> {
    Ok(sql(DUE_N).bind(by).bind(day).fetch_one(db).await?.get(0))
}

/// Forgets who a respondent is: the row stays as a stub that nobody is found by, for whom it is counted.
pub async fn forget(db: &mut Connection, id: RespondentId, at: i64) -> sqlx::Result<()> {
    let nobody = db.vault.seal_respondent(id, &Person::default());
    // Blinded over what nobody can type, so that it is no other household.
    let key = db.vault.blind_key(&Hash(Key::random()).to_string());
    sql(FORGET).bind(id.0).bind(nobody).bind(key).bind(at).execute(db).await.map(drop)
}

/// A respondent as the directory has it.
pub async fn get(db: &mut Connection, id: RespondentId) -> sqlx::Result<Option<RespondentForm>> {
    let row = sql(GET).bind(id.0).fetch_optional(db).await?;
    row.map(|row| Ok(form(db.vault.respondent(id, row.get("sealed")).map_err(damaged)?, &row))).transpose()
}

/// How many respondents are on the list.
pub async fn count(db: &mut Connection, campaign: CampaignId) -> sqlx::Result<i64> {
    Ok(sql(COUNT).bind(campaign.0).fetch_one(db).await?.get(0))
}

/// A page of the list, by place and name, and how many are wanted in all. Names rest sealed: what is to be found by them is
/// opened and looked through.
pub async fn list(
    db: &mut Connection,
    campaign: CampaignId,
    wanted: &Wanted,
    limit: usize,
    offset: usize,
) -> sqlx::Result<(usize, Vec<ListedRespondent>)> {
    let rows = sql(WANTED)
        .bind(campaign.0)
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
        .bind(i64::from(wanted.unvisited_only))
        .fetch_all(db)
        .await?;
    let opened = rows.iter().map(|it| (it.get::<Uuid>("id"), shown(&db.vault, it)));
    let text = wanted.text.to_lowercase();
    let mut found: Vec<_> = opened.filter(|(_, it)| is_said_in(&text, it)).collect();
    found.sort_by(|(a, one), (b, other)| (&one.place, &one.name, a).cmp(&(&other.place, &other.name, b)));
    let total_n = found.len();
    let page: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    let ids: Vec<Uuid> = page.iter().map(|it| it.0).collect();
    let rows = for_these(db, LISTED_IDS, ")", &[], &ids).await?;
    let beside: HashMap<Uuid, &Row> = rows.iter().map(|it| (it.get("id"), it)).collect();
    let listed = page.into_iter().map(|(id, respondent)| {
        let row = beside.get(&id);
        let visits_n = row.and_then(|it| u32::try_from(it.get::<i64>("visits_n")).ok()).unwrap_or(0);
        let due_on = row.and_then(|it| it.get("due_on"));
        ListedRespondent { id: RespondentId(id), respondent, visits_n, due_on }
    });
    Ok((total_n, listed.collect()))
}

/// Whether name, place, organisation or telephone has a text in it, without regard to case.
fn is_said_in(text: &str, it: &RespondentForm) -> bool {
    let fields = [&it.name, &it.place, &it.organisation, &it.telephone];
    text.is_empty() || fields.iter().any(|it| it.to_lowercase().contains(text))
}

fn has_id_number(form: &RespondentForm) -> bool {
    !form.id_number.trim().is_empty()
}

/// Nothing is written over what cannot be read.
fn damaged(cause: NotOpened) -> sqlx::Error {
    sqlx::Error::Decode(cause.into())
}

/// A respondent to be shown.
fn shown(vault: &Vault, row: &Row) -> RespondentForm {
    form(vault.open_respondent(RespondentId(row.get("id")), row.get("sealed")), row)
}

pub(super) fn form(person: Person, row: &Row) -> RespondentForm {
    RespondentForm {
        kind: RespondentKind::from_word(row.get("kind")).unwrap_or(RespondentKind::Other),
        name: person.name,
        place: row.get("place"),
        organisation: person.organisation,
        telephone: person.telephone,
        address: person.address,
        id_number: person.id_number,
        unit: row.get::<Option<Uuid>>("unit").map(UnitId),
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
    Ok(rows.iter().map(|row| (row.get("id"), card(shown(&db.vault, row), row, month))).collect())
}

fn card(form: RespondentForm, row: &Row, month: &str) -> Respondent {
    Respondent {
        id: RespondentId(row.get("id")),
        kind: form.kind,
        name: form.name,
        place: form.place,
        organisation: form.organisation,
        telephone: form.telephone,
        address: form.address,
        unit: form.unit,
        visits_in_month: u32::try_from(row.get::<i64>("visits_in_month")).unwrap_or(0),
        month: month.to_owned(),
    }
}
