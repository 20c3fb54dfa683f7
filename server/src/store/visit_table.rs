//! Visits as the office's table shows them.

use domain::{
    changes::StatementState,
    id::{AccountId, CampaignId, RecordId, UnitId},
    record::{Decided, VisitLine},
    respondent::{Identity, RespondentKind},
    statement::Kind,
    visit::Visitor,
};

use super::{
    engine::{Connection, Row, sql},
    sealing::Contact,
};

/// Which visits are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub campaign: CampaignId,
    pub unit: Option<UnitId>,
    /// Only those this person recorded.
    pub author: Option<AccountId>,
    pub kind: Option<RespondentKind>,
    /// yyyy-MM-dd, inclusive.
    pub from: String,
    /// yyyy-MM-dd, inclusive.
    pub to: String,
    /// Only those of which something is missing, stands side by side, or is withdrawn.
    pub odd_only: bool,
    /// Only what figures count: without what was withdrawn.
    pub counted_only: bool,
    /// Only those at which something was answered or settled at once.
    pub answered_only: bool,
}

const COUNT: &str = "select count(*) from visit where campaign = $1 and ($2 is null or unit = $2)
    and ($3 is null or author = $3) and ($4 is null or respondent_kind = $4) and day >= $5 and day <= $6
    and ($7 = 0 or complete_at is null or forks > 0 or withdrawn is not null or clock_off > 0)
    and ($8 = 0 or withdrawn is null) and ($9 = 0 or answered <> '')";
const LIST: &str =
    "select visit.id, day, visit.unit, unit.name as unit_name, visitors, respondent_kind, form, place,
        complete_at, forks, withdrawn, clock_off, named,
        (select count(*) from statement where statement.visit = visit.id and counted = 1) as statements_n,
        (select count(*) from attachment where attachment.visit = visit.id) as attachments_n
    from visit left join unit on unit.id = visit.unit
    where campaign = $1 and ($2 is null or visit.unit = $2)
    and ($3 is null or author = $3) and ($4 is null or respondent_kind = $4) and day >= $5 and day <= $6
    and ($7 = 0 or complete_at is null or forks > 0 or withdrawn is not null or clock_off > 0)
    and ($8 = 0 or withdrawn is null) and ($9 = 0 or answered <> '')
    order by day desc, received_at desc, visit.id limit $10 offset $11";
const ONE: &str =
    "select visit.id, day, visit.unit, unit.name as unit_name, visitors, respondent_kind, form, place,
        complete_at, forks, withdrawn, clock_off, named,
        (select count(*) from statement where statement.visit = visit.id and counted = 1) as statements_n,
        (select count(*) from attachment where attachment.visit = visit.id) as attachments_n
    from visit left join unit on unit.id = visit.unit
    where visit.id = $1 and ($2 is null or visit.unit = $2) and ($3 is null or author = $3)";
const RECORDS: &str = "select id from record where visit = $1 order by id";
const IDENTITY: &str = "select respondent, assignment, sealed from identity where visit = $1";
/// A part was said in its whole.
const DECIDED: &str = "select coalesce(part_of, id) as id, state, kind, category from statement
    where visit = $1 and counted = 1 order by coalesce(part_of, id), part_start";
const CONTACT: &str = "select contact from visit where id = $1";

/// How many visits are wanted.
pub async fn count(db: &mut Connection, wanted: &Wanted) -> sqlx::Result<u64> {
    let row = sql(COUNT)
        .bind(wanted.campaign.0)
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.author.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
        .bind(&wanted.from)
        .bind(&wanted.to)
        .bind(i64::from(wanted.odd_only))
        .bind(i64::from(wanted.counted_only))
        .bind(i64::from(wanted.answered_only))
        .fetch_one(db)
        .await?;
    Ok(row.get::<i64>(0).unsigned_abs())
}

/// A page of the table, the latest first.
pub async fn list(
    db: &mut Connection,
    wanted: &Wanted,
    limit: u32,
    offset: u32,
) -> sqlx::Result<Vec<VisitLine>> {
    let rows = sql(LIST)
        .bind(wanted.campaign.0)
        .bind(wanted.unit.map(|it| it.0))
        .bind(wanted.author.map(|it| it.0))
        .bind(wanted.kind.map(RespondentKind::as_str))
        .bind(&wanted.from)
        .bind(&wanted.to)
        .bind(i64::from(wanted.odd_only))
        .bind(i64::from(wanted.counted_only))
        .bind(i64::from(wanted.answered_only))
        .bind(i64::from(limit))
        .bind(i64::from(offset))
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(line).collect())
}

/// One visit, if it is of the unit and by the author; and whether it is named.
pub async fn one(
    db: &mut Connection,
    id: RecordId,
    unit: Option<UnitId>,
    author: Option<AccountId>,
) -> sqlx::Result<Option<(VisitLine, bool)>> {
    let query = sql(ONE).bind(id.0).bind(unit.map(|it| it.0)).bind(author.map(|it| it.0));
    let row = query.fetch_optional(db).await?;
    Ok(row.map(|row| (line(&row), row.get::<i64>("named") != 0)))
}

fn line(row: &Row) -> VisitLine {
    let visitors: Vec<Visitor> = serde_json::from_str(row.get("visitors")).unwrap_or_default();
    let count = |name: &str| u32::try_from(row.get::<i64>(name)).unwrap_or(u32::MAX);
    VisitLine {
        id: RecordId(row.get("id")),
        day: row.get("day"),
        unit: UnitId(row.get("unit")),
        unit_name: row.get::<Option<String>>("unit_name").unwrap_or_default(),
        visitors: visitors.into_iter().map(|it| it.name).collect(),
        respondent_kind: RespondentKind::from_word(row.get("respondent_kind"))
            .unwrap_or(RespondentKind::Other),
        form: row.get("form"),
        place: row.get("place"),
        statements_n: count("statements_n"),
        attachments_n: count("attachments_n"),
        complete: row.get::<Option<i64>>("complete_at").is_some(),
        forked: count("forks") > 0,
        withdrawn: row.get::<Option<String>>("withdrawn").is_some(),
        clock_off: count("clock_off") > 0,
    }
}

/// The records that belong to a visit, itself among them.
pub async fn records(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<RecordId>> {
    let rows = sql(RECORDS).bind(visit.0).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get(0))).collect())
}

/// Who was visited.
pub async fn identity(db: &mut Connection, visit: RecordId) -> sqlx::Result<Option<Identity>> {
    let row = sql(IDENTITY).bind(visit.0).fetch_optional(db).await?;
    Ok(row.map(|row| {
        let person = db.vault.open_identity(visit, row.get("sealed"));
        Identity {
            respondent: row.get::<Option<uuid::Uuid>>("respondent").map(domain::id::RespondentId),
            assignment: row.get::<Option<uuid::Uuid>>("assignment").map(domain::id::AssignmentId),
            name: person.name,
            organisation: person.organisation,
            telephone: person.telephone,
            address: person.address,
            id_number: person.id_number,
        }
    }))
}

/// How whoever was visited wants to hear back, and where the visit was exactly.
pub async fn contact(db: &mut Connection, visit: RecordId) -> sqlx::Result<Contact> {
    let row = sql(CONTACT).bind(visit.0).fetch_optional(db).await?;
    Ok(row.map_or_else(Contact::default, |row| db.vault.open_contact(visit, row.get("contact"))))
}

/// What the office decided of each statement of a visit.
pub async fn decided(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<Decided>> {
    let rows = sql(DECIDED).bind(visit.0).fetch_all(db).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(Decided {
                statement: RecordId(row.get("id")),
                state: StatementState::from_word(row.get("state"))?,
                kind: Kind::from_word(row.get("kind"))?,
                category: row.get("category"),
            })
        })
        .collect())
}
