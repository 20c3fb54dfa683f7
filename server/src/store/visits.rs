//! Visits as they are searched and counted: read out of the current revisions.

use domain::{
    envelope::Header,
    id::{AccountId, RecordId, RespondentId},
    respondent::Identity,
    visit::{Visit, VisitForm},
};

use super::engine::{Connection, sql};

/// What goes beside a visit's own fields.
pub struct Projected<'a> {
    pub header: &'a Header,
    pub author: AccountId,
    /// yyyy-MM-dd in China.
    pub day: &'a str,
    pub clock_off: bool,
    pub forks: i64,
    pub received_at: i64,
}

const KEEP: &str = "insert into visit
    (id, campaign, unit, author, visitors, respondent_kind, form, head_count, manner, started_at, ended_at,
     day, place, position, policies, consent_told, consent_given, consent_recording, call_back_wanted,
     call_back_how, reported_elsewhere, reported_to, answered, read_back, entered, withdrawn, named, members,
     forks, clock_off, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
     $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)
    on conflict (id) do update set visitors = excluded.visitors, respondent_kind = excluded.respondent_kind,
     form = excluded.form, head_count = excluded.head_count, manner = excluded.manner,
     started_at = excluded.started_at, ended_at = excluded.ended_at, day = excluded.day,
     clock_off = excluded.clock_off, place = excluded.place,
     position = excluded.position, policies = excluded.policies, consent_told = excluded.consent_told,
     consent_given = excluded.consent_given, consent_recording = excluded.consent_recording,
     call_back_wanted = excluded.call_back_wanted, call_back_how = excluded.call_back_how,
     reported_elsewhere = excluded.reported_elsewhere, reported_to = excluded.reported_to,
     answered = excluded.answered, read_back = excluded.read_back, entered = excluded.entered,
     withdrawn = excluded.withdrawn, named = excluded.named, members = excluded.members,
     forks = excluded.forks, complete_at = null";
const MEMBERS: &str = "select members, complete_at from visit where id = $1";
const MEMBER_STORED: &str = "select record.kind, attachment.stored_at from record
    left join attachment on attachment.id = record.id where record.id = $1";
const COMPLETE: &str = "update visit set complete_at = $2 where id = $1 and complete_at is null";
const KEEP_IDENTITY: &str = "insert into identity
    (visit, record, respondent, assignment, name, organisation, telephone, address, id_number)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (visit) do update set record = excluded.record, respondent = excluded.respondent,
     assignment = excluded.assignment, name = excluded.name, organisation = excluded.organisation,
     telephone = excluded.telephone, address = excluded.address, id_number = excluded.id_number";
const FORGET_IDENTITY: &str = "delete from identity where visit = $1";
const RESPONDENT: &str = "select respondent from identity where visit = $1";

/// Keeps what a visit's current revision says.
pub async fn keep(db: &mut Connection, visit: &Visit, projected: &Projected<'_>) -> sqlx::Result<()> {
    let header = projected.header;
    let members: Vec<RecordId> =
        visit.identity.iter().chain(&visit.statements).chain(&visit.attachments).copied().collect();
    let head_count = match visit.form {
        VisitForm::Symposium { head_count } => Some(i64::from(head_count)),
        VisitForm::Visit | VisitForm::Telephone | VisitForm::Slip => None,
    };
    sql(KEEP)
        .bind(header.id.0)
        .bind(header.campaign.0)
        .bind(header.unit.0)
        .bind(projected.author.0)
        .bind(json(&visit.visitors))
        .bind(visit.respondent_kind.as_str())
        .bind(visit.form.as_str())
        .bind(head_count)
        .bind(visit.manner.as_str())
        .bind(visit.started_at)
        .bind(visit.ended_at)
        .bind(projected.day)
        .bind(&visit.place)
        .bind(visit.position.map(|it| json(&it)))
        .bind(&visit.policies)
        .bind(&visit.consent.told)
        .bind(visit.consent.given.as_str())
        .bind(visit.consent.recording.as_str())
        .bind(i64::from(visit.call_back.wanted))
        .bind(&visit.call_back.how)
        .bind(visit.reported_elsewhere.reported.map(i64::from))
        .bind(&visit.reported_elsewhere.to)
        .bind(&visit.answered_on_the_spot)
        .bind(i64::from(visit.read_back))
        .bind(match visit.entered {
            domain::visit::Entered::OnTheSpot => "on_the_spot",
            domain::visit::Entered::AtDesk => "at_desk",
        })
        .bind(&visit.withdrawn)
        .bind(i64::from(visit.identity.is_some()))
        .bind(json(&members))
        .bind(projected.forks)
        .bind(i64::from(projected.clock_off))
        .bind(projected.received_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Plain data as JSON text.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether everything that belongs to a visit is here; notes the moment when it became so.
pub async fn settle(db: &mut Connection, visit: RecordId, now: i64) -> sqlx::Result<bool> {
    let Some(row) = sql(MEMBERS).bind(visit.0).fetch_optional(&mut *db).await? else {
        return Ok(false);
    };
    if row.get::<Option<i64>>("complete_at").is_some() {
        return Ok(true);
    }
    let members: Vec<RecordId> = serde_json::from_str(row.get("members")).unwrap_or_default();
    for member in members {
        let found = sql(MEMBER_STORED).bind(member.0).fetch_optional(&mut *db).await?;
        let stored = found.is_some_and(|row| {
            row.get::<String>("kind") != "attachment" || row.get::<Option<i64>>("stored_at").is_some()
        });
        if !stored {
            return Ok(false);
        }
    }
    sql(COMPLETE).bind(visit.0).bind(now).execute(db).await?;
    Ok(true)
}

/// Keeps who was visited.
pub async fn keep_identity(
    db: &mut Connection,
    visit: RecordId,
    record: RecordId,
    identity: &Identity,
) -> sqlx::Result<()> {
    sql(KEEP_IDENTITY)
        .bind(visit.0)
        .bind(record.0)
        .bind(identity.respondent.map(|it| it.0))
        .bind(identity.assignment.map(|it| it.0))
        .bind(&identity.name)
        .bind(&identity.organisation)
        .bind(&identity.telephone)
        .bind(&identity.address)
        .bind(&identity.id_number)
        .execute(db)
        .await?;
    Ok(())
}

/// The visit names nobody (any more): only its earlier revisions still do.
pub async fn forget_identity(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    sql(FORGET_IDENTITY).bind(visit.0).execute(db).await?;
    Ok(())
}

/// Who of the directory was visited.
pub async fn respondent(db: &mut Connection, visit: RecordId) -> sqlx::Result<Option<RespondentId>> {
    let row = sql(RESPONDENT).bind(visit.0).fetch_optional(db).await?;
    Ok(row.and_then(|row| row.get::<Option<uuid::Uuid>>(0)).map(RespondentId))
}

/// The records that a visit says belong to it; `None` when it is not here yet.
pub async fn members(db: &mut Connection, visit: RecordId) -> sqlx::Result<Option<Vec<RecordId>>> {
    let row = sql(MEMBERS).bind(visit.0).fetch_optional(db).await?;
    Ok(row.map(|row| serde_json::from_str(row.get("members")).unwrap_or_default()))
}

/// Whether everything that belongs to a visit is here.
pub async fn is_complete(db: &mut Connection, visit: RecordId) -> sqlx::Result<bool> {
    Ok(sql(MEMBERS)
        .bind(visit.0)
        .fetch_optional(db)
        .await?
        .is_some_and(|row| row.get::<Option<i64>>("complete_at").is_some()))
}
