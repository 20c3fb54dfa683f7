//! What was answered when respondents were visited last, for the unit that is to visit them again.

use std::collections::{BTreeSet, HashMap};

use domain::{
    envelope::Hash,
    id::{RecordId, RespondentId, UnitId},
};

use super::{
    engine::{Connection, Row, sql},
    many::for_ids,
    records::{hash_of, opened},
};

/// Most answers that are looked through for a unit: some hundred assignments, each visited some times before.
const CANDIDATES_MAX: u32 = 10_000;

/// Of visits that stand. Not of one that was withdrawn, in which notes were refused, of which anything was destroyed, or of which
/// anything was or may be handed over to the discipline group.
const CANDIDATES: &str = "select identity.respondent, answers.questionnaire, answers.id, answers.revision as hash,
        visit.id as visit, visit.started_at
    from assignment join respondent on respondent.id = assignment.respondent
        join identity on identity.respondent = assignment.respondent
        join visit on visit.id = identity.visit
        join answers on answers.visit = visit.id
    where assignment.unit = $1 and assignment.cancelled_at is null and assignment.done_visit is null
        and respondent.removed_at is null and visit.withdrawn is null and visit.consent_given <> 'refused'
        and not exists (select 1 from destruction where destruction.visit = visit.id)
        and not exists (select 1 from statement
            join handover_statement on handover_statement.statement = statement.id
            join handover on handover.id = handover_statement.handover
            where statement.visit = visit.id and handover.state <> 'returned')
    order by assignment.due_on, identity.respondent, visit.day desc, visit.started_at desc, answers.id desc limit $2";

/// Answers of the last visit, not opened yet.
pub struct Latest {
    pub respondent: RespondentId,
    pub questionnaire: String,
    pub record: RecordId,
    pub revision: Hash,
    pub visit: RecordId,
    pub started_at: i64,
}

/// The latest answers to each of some questionnaires of each respondent whom a unit is to visit, whoever sent them; at most
/// `limit`, those first that are due first.
pub async fn latest(
    db: &mut Connection,
    unit: UnitId,
    questionnaires: &BTreeSet<&str>,
    limit: usize,
) -> sqlx::Result<Vec<Latest>> {
    let rows = sql(CANDIDATES).bind(unit.0).bind(CANDIDATES_MAX).fetch_all(db).await?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for row in &rows {
        let it = read(row)?;
        if questionnaires.contains(&*it.questionnaire)
            && seen.insert((it.respondent.0, it.questionnaire.clone()))
        {
            found.push(it);
        }
    }
    found.truncate(limit);
    Ok(found)
}

fn read(row: &Row) -> sqlx::Result<Latest> {
    Ok(Latest {
        respondent: RespondentId(row.get("respondent")),
        questionnaire: row.get("questionnaire"),
        record: RecordId(row.get("id")),
        revision: hash_of(row)?,
        visit: RecordId(row.get("visit")),
        started_at: row.get("started_at"),
    })
}

const ENVELOPE_IDS: &str = "select answers.id, revision.hash, revision.sealed,
        envelope_key.id as key_id, envelope_key.sealed as key_sealed
    from answers join revision on revision.record = answers.id and revision.hash = answers.revision
        left join envelope_key on envelope_key.id = revision.key
    where answers.id in (";

/// The envelopes of answers by their record, as they came; empty where one does not open.
pub async fn envelopes(
    db: &mut Connection,
    records: &[RecordId],
) -> sqlx::Result<HashMap<RecordId, Vec<u8>>> {
    let rows = for_ids(db, ENVELOPE_IDS, ")", records).await?;
    let envelope = |row: &Row| Ok((RecordId(row.get("id")), opened(&db.vault, hash_of(row)?, row)));
    rows.iter().map(envelope).collect()
}
