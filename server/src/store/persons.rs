//! What is here of one person, and what was asked to be destroyed of it.

use domain::{
    answers::Answers,
    envelope::{Envelope, RecordKind, open},
    id::{AccountId, RecordId, RespondentId},
    person::{FoundRespondent, FoundVisit, NewErasure, PersonErasure},
    respondent::Identity,
    sign_off::SignOffState,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    engine::{Connection, Row, sql},
    envelope_keys::Due,
    many::for_these,
    records, respondents,
    sealing::Person,
    sign_offs,
};
use crate::{day, store::envelope_keys::What, vault::Vault};

/// Rows that are opened and looked through at a time.
const AT_ONCE: u32 = 1_000;
const RESPONDENTS: &str =
    "select id, kind, place, sealed, unit from respondent where id > $1 order by id limit $2";
const VISITS: &str = "select visit.id, day, place, contact, statements_n, attachments_n, respondent, sealed
    from visit left join identity on identity.visit = visit.id
    where visit.id > $1 and (identity.visit is not null or contact is not null) order by visit.id limit $2";

/// Whether one of these texts has `text` in it, without regard to case.
fn is_in(text: &str, fields: &[&str]) -> bool {
    fields.iter().any(|it| it.to_lowercase().contains(text))
}

fn is_of(text: &str, it: &Person) -> bool {
    is_in(text, &[&it.name, &it.organisation, &it.telephone, &it.address, &it.id_number])
}

/// Respondents of every campaign whose name, telephone and so on has `text`, in small letters, in it; more than `n_max`
/// when there are. What rests sealed is opened and looked through.
pub async fn respondents(
    db: &mut Connection,
    text: &str,
    n_max: usize,
) -> sqlx::Result<Vec<FoundRespondent>> {
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let rows = sql(RESPONDENTS).bind(after).bind(AT_ONCE).fetch_all(&mut *db).await?;
        let Some(last) = rows.last().filter(|_| found.len() <= n_max) else { return Ok(found) };
        after = last.get("id");
        for row in &rows {
            let id = RespondentId(row.get("id"));
            // One that does not open is nobody's.
            let person = db.vault.respondent(id, row.get("sealed")).unwrap_or_default();
            if is_of(text, &person) {
                found.push(FoundRespondent { id, respondent: respondents::form(person, row) });
            }
        }
    }
}

/// Visits whose identity, or how to call back, has `text` in it; more than `n_max` when there are.
pub async fn visits(db: &mut Connection, text: &str, n_max: usize) -> sqlx::Result<Vec<FoundVisit>> {
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let rows = sql(VISITS).bind(after).bind(AT_ONCE).fetch_all(&mut *db).await?;
        let Some(last) = rows.last().filter(|_| found.len() <= n_max) else { return Ok(found) };
        after = last.get("id");
        for row in &rows {
            let id = RecordId(row.get("id"));
            let person = person_of(&db.vault, id, row);
            let how = db.vault.open_contact(id, row.get("contact")).call_back_how;
            if is_of(text, &person) || is_in(text, &[&how]) {
                found.push(found_visit(person, row));
            }
        }
    }
}

/// Visits of which something was set aside that has `text` in it, each once; more than `n_max` when there are.
pub async fn set_aside(db: &mut Connection, text: &str, n_max: usize) -> sqlx::Result<Vec<FoundVisit>> {
    let (mut found, mut before) = (Vec::<FoundVisit>::new(), None);
    loop {
        let revisions = records::parked_before(db, before, AT_ONCE).await?;
        let Some(last) = revisions.last().filter(|_| found.len() <= n_max) else { return Ok(found) };
        before = Some(last.sequence);
        for it in &revisions {
            let Ok(envelope) = open(&it.envelope) else { continue };
            let in_answers = envelope.header.kind == RecordKind::Answers && answers_say(text, &envelope);
            let is_of =
                What::in_kind(envelope.header.kind) == Some(What::Names) && says(text, envelope.payload);
            if (is_of || in_answers) && found.iter().all(|it| it.id != envelope.header.visit) {
                found.push(FoundVisit { in_answers, ..of_set_aside(&envelope, it.received_at) });
            }
        }
    }
}

const ANSWERS: &str = "select answers.id, answers.visit, revision.hash, revision.sealed,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from answers join revision on revision.record = answers.id and revision.hash = answers.revision
        left join envelope_key on envelope_key.id = revision.key
    where answers.id > $1 order by answers.id limit $2";
/// Answers that are opened and looked through at a time: some hundred kilobytes, at most 100 MiB.
const ANSWERS_AT_ONCE: u32 = 200;
const FOUND_IDS: &str =
    "select visit.id, day, place, contact, statements_n, attachments_n, respondent, sealed
    from visit left join identity on identity.visit = visit.id where visit.id in (";

/// Visits in which an answer to a questionnaire has `text` in it, each once; more than `n_max` when there are.
pub async fn answered(db: &mut Connection, text: &str, n_max: usize) -> sqlx::Result<Vec<FoundVisit>> {
    let (mut visits, mut after) = (Vec::<Uuid>::new(), Uuid::nil());
    loop {
        let rows = sql(ANSWERS).bind(after).bind(ANSWERS_AT_ONCE).fetch_all(&mut *db).await?;
        let Some(last) = rows.last().filter(|_| visits.len() <= n_max) else { break };
        after = last.get("id");
        for row in &rows {
            let (visit, bytes) = (row.get("visit"), records::opened(&db.vault, records::hash_of(row)?, row));
            let is_of = open(&bytes).is_ok_and(|it| answers_say(text, &it));
            if is_of && !visits.contains(&visit) {
                visits.push(visit);
            }
        }
    }
    let rows = for_these(db, FOUND_IDS, ")", &[], &visits).await?;
    let found = rows.iter().map(|row| {
        let person = person_of(&db.vault, RecordId(row.get("id")), row);
        FoundVisit { in_answers: true, ..found_visit(person, row) }
    });
    Ok(found.collect())
}

/// Whether one of the answers in a record has `text` in it.
fn answers_say(text: &str, envelope: &Envelope<'_>) -> bool {
    envelope.read::<Answers>().is_some_and(|it| any_says(text, &it.answers))
}

fn any_says(text: &str, value: &Value) -> bool {
    match value {
        Value::String(it) => is_in(text, &[it]),
        Value::Array(all) => all.iter().any(|it| any_says(text, it)),
        Value::Object(all) => all.values().any(|it| any_says(text, it)),
        Value::Number(it) => is_in(text, &[&it.to_string()]),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Whether one of the texts in a payload, which need not be one of ours, has `text` in it.
fn says(text: &str, payload: &[u8]) -> bool {
    match serde_json::from_slice(payload) {
        Ok(value) => any_says(text, &value),
        Err(_) => is_in(text, &[&String::from_utf8_lossy(payload)]),
    }
}

fn of_set_aside(envelope: &Envelope<'_>, received_at: i64) -> FoundVisit {
    let person: Identity = envelope.read().unwrap_or_default();
    FoundVisit {
        id: envelope.header.visit,
        day: day::of(received_at),
        place: String::new(),
        name: person.name,
        telephone: person.telephone,
        statements_n: 0,
        attachments_n: 0,
        set_aside: true,
        in_answers: false,
        respondent: person.respondent,
    }
}

fn person_of(vault: &Vault, visit: RecordId, row: &Row) -> Person {
    let sealed: Option<&[u8]> = row.get("sealed");
    sealed.and_then(|it| vault.identity(visit, it).ok()).unwrap_or_default()
}

fn found_visit(person: Person, row: &Row) -> FoundVisit {
    let count = |name: &str| u32::try_from(row.get::<i64>(name)).unwrap_or(u32::MAX);
    FoundVisit {
        id: RecordId(row.get("id")),
        day: row.get("day"),
        place: row.get("place"),
        name: person.name,
        telephone: person.telephone,
        statements_n: count("statements_n"),
        attachments_n: count("attachments_n"),
        set_aside: false,
        in_answers: false,
        respondent: row.get::<Option<Uuid>>("respondent").map(RespondentId),
    }
}

const KNOWN_IDS: &str = "select id from visit where id in (";
/// Also of those that were set aside.
const KEYED_IDS: &str = "select distinct visit from envelope_key where visit in (";
const VISITED_IDS: &str = "select visit from identity where respondent in (";

/// The visits among these that are here, and those to these respondents; each once.
pub async fn all_visits(
    db: &mut Connection,
    respondents: &[RespondentId],
    visits: &[RecordId],
) -> sqlx::Result<Vec<RecordId>> {
    let respondents: Vec<Uuid> = respondents.iter().map(|it| it.0).collect();
    let visits: Vec<Uuid> = visits.iter().map(|it| it.0).collect();
    let mut rows = for_these(db, KNOWN_IDS, ")", &[], &visits).await?;
    rows.extend(for_these(db, KEYED_IDS, ")", &[], &visits).await?);
    rows.extend(for_these(db, VISITED_IDS, ")", &[], &respondents).await?);
    let mut all: Vec<RecordId> = rows.iter().map(|row| RecordId(row.get(0))).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

const RECORDS: &str = "select id from record where visit = $1 union
    select revision.record from revision join envelope_key on envelope_key.id = revision.key
    where envelope_key.visit = $1 order by 1";

/// The records that belong to a visit, those among them that were set aside.
pub async fn records(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<RecordId>> {
    let rows = sql(RECORDS).bind(visit.0).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get(0))).collect())
}

const GET: &str = "select id, kind, place, sealed, unit from respondent where id = $1";

/// A respondent of the directory, also one that was taken off the list.
pub async fn respondent(db: &mut Connection, id: RespondentId) -> sqlx::Result<Option<FoundRespondent>> {
    let Some(row) = sql(GET).bind(id.0).fetch_optional(db).await? else { return Ok(None) };
    let person = db.vault.open_respondent(id, row.get("sealed"));
    Ok(Some(FoundRespondent { id, respondent: respondents::form(person, &row) }))
}

/// An attachment of a visit.
pub struct Attached {
    pub id: RecordId,
    pub hash: domain::envelope::Hash,
    pub content: Option<domain::attachment::Content>,
    /// Its bytes came.
    pub stored: bool,
    /// They were removed, or will be.
    pub erased: bool,
}

impl Attached {
    pub fn is_here(&self) -> bool {
        self.stored && !self.erased
    }
}

const ATTACHED: &str = "select attachment.id, attachment.sha256, stored_at, content,
        (select at from erasure where erasure.attachment = attachment.id) as erased_at
    from attachment left join upload on upload.id = attachment.id and upload.sha256 = attachment.sha256
    where visit = $1 order by attachment.id";

/// The attachments of a visit.
pub async fn attached(db: &mut Connection, visit: RecordId) -> sqlx::Result<Vec<Attached>> {
    let rows = sql(ATTACHED).bind(visit.0).fetch_all(db).await?;
    let attached = |row: &Row| {
        Ok(Attached {
            id: RecordId(row.get("id")),
            hash: domain::envelope::Hash(row.array("sha256")?),
            content: super::attachments::content_of(row),
            stored: row.get::<Option<i64>>("stored_at").is_some(),
            erased: row.get::<Option<i64>>("erased_at").is_some(),
        })
    };
    rows.iter().map(attached).collect()
}

/// Who looked at something of a person.
pub struct Opening {
    pub at: i64,
    pub by: Option<String>,
    pub act: String,
    pub object: String,
}

const OPENING_IDS: &str = "select at, account.name, act, object
    from audit left join account on account.id = audit.account where object in (";

/// Who looked at these things, the first first; without the reasons, which may name others.
pub async fn openings(db: &mut Connection, objects: &[String]) -> sqlx::Result<Vec<Opening>> {
    let mut rows = for_these(db, OPENING_IDS, ")", &[], objects).await?;
    rows.sort_by_key(|row| row.get::<i64>("at"));
    let opening = |row: &Row| Opening {
        at: row.get("at"),
        by: row.get("name"),
        act: row.get("act"),
        object: row.get("object"),
    };
    Ok(rows.iter().map(opening).collect())
}

const KEYS: &str = "select id from envelope_key where visit = $1 and what = $2";

/// The key of a visit's names or words, unless it was destroyed.
pub async fn key(db: &mut Connection, visit: RecordId, what: What) -> sqlx::Result<Option<Due>> {
    let row = sql(KEYS).bind(visit.0).bind(what.as_str()).fetch_optional(db).await?;
    Ok(row.map(|row| Due { id: row.get("id"), visit }))
}

const ADD: &str =
    "insert into person_erasure (id, proposed_by, proposed_at, reason, respondents, visits, words, state)
    values ($1, $2, $3, $4, $5, $6, $7, 'proposed')";
const DECIDE: &str = "update person_erasure set state = $2, decided_by = $3, decided_at = $4, returned = $5
    where id = $1 and state = 'proposed' and proposed_by <> $3";
const LIST: &str =
    "select person_erasure.id, proposed_by, proposed_at, reason, respondents, visits, words, state,
        decided_at, returned, proposer.name as proposer, decider.name as decider
    from person_erasure join account as proposer on proposer.id = proposed_by
        left join account as decider on decider.id = decided_by
    where $1 is null or person_erasure.id = $1 order by proposed_at desc, person_erasure.id limit 200";

/// Notes what is to be destroyed.
pub async fn propose(
    db: &mut Connection,
    id: Uuid,
    by: AccountId,
    at: i64,
    new: &NewErasure,
) -> sqlx::Result<()> {
    let json = |it: serde_json::Result<String>| it.unwrap_or_default();
    let query = sql(ADD).bind(id).bind(by.0).bind(at).bind(new.chosen.reason.trim().to_owned());
    let query = query.bind(json(serde_json::to_string(&new.chosen.respondents)));
    let query = query.bind(json(serde_json::to_string(&new.chosen.visits)));
    query.bind(i64::from(new.words)).execute(db).await.map(drop)
}

/// What was proposed, as it was kept.
pub struct Proposed {
    pub by: AccountId,
    pub respondents: Vec<RespondentId>,
    pub visits: Vec<RecordId>,
    pub shown: PersonErasure,
}

/// What was proposed, the latest first; one of it where an id is given.
pub async fn proposed(db: &mut Connection, id: Option<Uuid>) -> sqlx::Result<Vec<Proposed>> {
    let rows = sql(LIST).bind(id).fetch_all(db).await?;
    Ok(rows.iter().filter_map(read).collect())
}

fn read(row: &Row) -> Option<Proposed> {
    let respondents: Vec<RespondentId> = serde_json::from_str(row.get("respondents")).ok()?;
    let visits: Vec<RecordId> = serde_json::from_str(row.get("visits")).ok()?;
    let shown = PersonErasure {
        sign_off: sign_offs::read(row)?,
        respondents_n: u32::try_from(respondents.len()).unwrap_or(u32::MAX),
        visits_n: u32::try_from(visits.len()).unwrap_or(u32::MAX),
        words: row.get::<i64>("words") != 0,
    };
    Some(Proposed { by: AccountId(row.get("proposed_by")), respondents, visits, shown })
}

/// Notes what another than the proposer decided; `false` when it was decided already, or is their own.
pub async fn decide(
    db: &mut Connection,
    id: Uuid,
    by: AccountId,
    at: i64,
    state: SignOffState,
    returned: Option<&str>,
) -> sqlx::Result<bool> {
    let query = sql(DECIDE).bind(id).bind(state.as_str()).bind(by.0).bind(at).bind(returned);
    Ok(query.execute(db).await? > 0)
}
