//! Visits as they are searched and counted: read out of the current revisions.

use std::collections::{HashMap, HashSet};

use domain::{
    envelope::Header,
    id::{AccountId, RecordId, RespondentId},
    respondent::Identity,
    visit::{Visit, VisitForm},
};

use uuid::Uuid;

use super::{
    engine::{Connection, Query, sql},
    many::{for_ids, for_these, rows_in},
    sealing::{Contact, Person},
};

/// What a visit's current revision says, and what goes beside it.
pub struct Projected<'a> {
    pub header: &'a Header,
    pub visit: &'a Visit,
    pub author: AccountId,
    /// yyyy-MM-dd in China.
    pub day: String,
    pub clock_off: bool,
    pub forks: i64,
    pub received_at: i64,
}

const KEEP_ROWS: &str = "insert into visit
    (id, campaign, unit, author, visitors, respondent_kind, form, head_count, manner, started_at, ended_at,
     day, place, contact, policies, consent_told, consent_given, consent_recording, call_back_wanted,
     reported_elsewhere, reported_to, answered, read_back, entered, withdrawn, named, members,
     forks, clock_off, received_at) values ";
const AGAIN: &str = "
    on conflict (id) do update set visitors = excluded.visitors, respondent_kind = excluded.respondent_kind,
     form = excluded.form, head_count = excluded.head_count, manner = excluded.manner,
     started_at = excluded.started_at, ended_at = excluded.ended_at, day = excluded.day,
     clock_off = excluded.clock_off, place = excluded.place,
     contact = excluded.contact, policies = excluded.policies, consent_told = excluded.consent_told,
     consent_given = excluded.consent_given, consent_recording = excluded.consent_recording,
     call_back_wanted = excluded.call_back_wanted,
     reported_elsewhere = excluded.reported_elsewhere, reported_to = excluded.reported_to,
     answered = excluded.answered, read_back = excluded.read_back, entered = excluded.entered,
     withdrawn = excluded.withdrawn, named = excluded.named, members = excluded.members,
     forks = excluded.forks, complete_at = null";
const MEMBERS: &str = "select members from visit where id = $1";
const COMPLETENESS_IDS: &str = "select record.id, visit.complete_at from record
    left join visit on visit.id = record.id where record.author = $1 and record.id in (";
const MEMBERS_IDS: &str = "select id, members from visit where complete_at is null and id in (";
const STORED_IDS: &str = "select record.id from record left join attachment on attachment.id = record.id
    where (record.kind <> 'attachment' or attachment.stored_at is not null) and record.id in (";
const COMPLETE: &str = "update visit set complete_at = $2 where id = $1 and complete_at is null";
const COUNT_IDS: &str = "update visit set
        statements_n = (select count(*) from statement where statement.visit = visit.id and counted = 1),
        attachments_n = (select count(*) from attachment where attachment.visit = visit.id)
    where id in (";
const KEEP_IDENTITY_ROWS: &str = "insert into identity
    (visit, record, respondent, assignment, sealed) values ";
const IDENTITY_AGAIN: &str = "
    on conflict (visit) do update set record = excluded.record, respondent = excluded.respondent,
     assignment = excluded.assignment, sealed = excluded.sealed";
const FORGET_IDENTITY: &str = "delete from identity where visit = $1";
const RESPONDENT_IDS: &str =
    "select visit, respondent from identity where respondent is not null and visit in (";

/// Keeps what visits' current revisions say. Whether they are complete is to be seen anew.
pub async fn keep(db: &mut Connection, visits: &[Projected<'_>]) -> sqlx::Result<()> {
    let contact = |it: &Projected<'_>| {
        let visit = it.visit;
        let contact = Contact { call_back_how: visit.call_back.how.clone(), position: visit.position };
        db.vault.seal_contact(it.header.id, &contact)
    };
    let rows: Vec<_> = visits.iter().map(|it| (it, contact(it))).collect();
    rows_in(db, KEEP_ROWS, 30, AGAIN, &rows, bind_visit).await
}

fn bind_visit<'q>(
    query: Query<'q>,
    (projected, contact): &'q (&'q Projected<'q>, Option<Vec<u8>>),
) -> Query<'q> {
    let (header, visit) = (projected.header, projected.visit);
    let head_count = match visit.form {
        VisitForm::Symposium { head_count } => Some(i64::from(head_count)),
        VisitForm::Visit | VisitForm::Telephone | VisitForm::Slip => None,
    };
    let entered = match visit.entered {
        domain::visit::Entered::OnTheSpot => "on_the_spot",
        domain::visit::Entered::AtDesk => "at_desk",
    };
    query
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
        .bind(&projected.day)
        .bind(&visit.place)
        .bind(contact.as_deref())
        .bind(&visit.policies)
        .bind(&visit.consent.told)
        .bind(visit.consent.given.as_str())
        .bind(visit.consent.recording.as_str())
        .bind(i64::from(visit.call_back.wanted))
        .bind(visit.reported_elsewhere.reported.map(i64::from))
        .bind(&visit.reported_elsewhere.to)
        .bind(&visit.answered_on_the_spot)
        .bind(i64::from(visit.read_back))
        .bind(entered)
        .bind(&visit.withdrawn)
        .bind(i64::from(visit.identity.is_some()))
        .bind(json(&visit.members().collect::<Vec<_>>()))
        .bind(projected.forks)
        .bind(i64::from(projected.clock_off))
        .bind(projected.received_at)
}

/// Plain data as JSON text.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Counts anew what is here of visits.
pub async fn count(db: &mut Connection, visits: &[RecordId]) -> sqlx::Result<()> {
    for_ids(db, COUNT_IDS, ")", visits).await.map(drop)
}

/// Notes of which visits everything that belongs to them is here by now.
pub async fn settle(db: &mut Connection, visits: &[RecordId], now: i64) -> sqlx::Result<()> {
    let mut open: Vec<(RecordId, Vec<RecordId>)> = Vec::new();
    for row in for_ids(db, MEMBERS_IDS, ")", visits).await? {
        let members = serde_json::from_str(row.get("members")).unwrap_or_default();
        open.push((RecordId(row.get("id")), members));
    }
    let members: Vec<RecordId> = open.iter().flat_map(|it| &it.1).copied().collect();
    let stored = for_ids(db, STORED_IDS, ")", &members).await?;
    let stored: HashSet<RecordId> = stored.iter().map(|row| RecordId(row.get("id"))).collect();
    for (visit, members) in open {
        if members.iter().all(|it| stored.contains(it)) {
            sql(COMPLETE).bind(visit.0).bind(now).execute(db).await?;
        }
    }
    Ok(())
}

/// Who was visited: the visit, the record of the identity, and what it says.
pub type Named<'a> = (RecordId, RecordId, &'a Identity);

/// Keeps who was visited.
pub async fn keep_identities(db: &mut Connection, named: &[Named<'_>]) -> sqlx::Result<()> {
    let seal = |(visit, _, identity): &Named<'_>| db.vault.seal_identity(*visit, &Person::from(*identity));
    let rows: Vec<_> = named.iter().map(|it| (it, seal(it))).collect();
    rows_in(db, KEEP_IDENTITY_ROWS, 5, IDENTITY_AGAIN, &rows, |query, ((visit, record, identity), sealed)| {
        query
            .bind(visit.0)
            .bind(record.0)
            .bind(identity.respondent.map(|it| it.0))
            .bind(identity.assignment.map(|it| it.0))
            .bind(sealed.as_slice())
    })
    .await
}

/// The visit names nobody (any more): only its earlier revisions still do.
pub async fn forget_identity(db: &mut Connection, visit: RecordId) -> sqlx::Result<()> {
    sql(FORGET_IDENTITY).bind(visit.0).execute(db).await?;
    Ok(())
}

/// Who of the directory was visited, by visit.
pub async fn respondents(
    db: &mut Connection,
    visits: &[RecordId],
) -> sqlx::Result<HashMap<RecordId, RespondentId>> {
    let rows = for_ids(db, RESPONDENT_IDS, ")", visits).await?;
    Ok(rows.iter().map(|row| (RecordId(row.get("visit")), RespondentId(row.get("respondent")))).collect())
}

/// The records that a visit says belong to it; `None` when it is not here yet.
pub async fn members(db: &mut Connection, visit: RecordId) -> sqlx::Result<Option<Vec<RecordId>>> {
    let row = sql(MEMBERS).bind(visit.0).fetch_optional(db).await?;
    Ok(row.map(|row| serde_json::from_str(row.get("members")).unwrap_or_default()))
}

/// Whether everything that belongs to visits is here, of those that `author` recorded.
pub async fn completeness_of(
    db: &mut Connection,
    visits: &[Uuid],
    author: AccountId,
) -> sqlx::Result<HashMap<Uuid, bool>> {
    let rows = for_these(db, COMPLETENESS_IDS, ")", &[author.0.into()], visits).await?;
    Ok(rows.iter().map(|row| (row.get("id"), row.get::<Option<i64>>("complete_at").is_some())).collect())
}
