//! Taking records in: judge an envelope, keep its bytes, read it out for search.
//!
//! Nothing here acknowledges; [`crate::receipt`] does, after the commit.

use crate::{
    day,
    error::Error,
    store::{
        self, Connection,
        changes::Thing,
        records::{NewRevision, keep},
        visits::Projected,
    },
};
use domain::{
    attachment::Attachment,
    envelope::{Envelope, Hash, Header, RecordKind, open},
    id::{AccountId, RecordId, RespondentId, UnitId},
    problem::Code,
    record::JudgedAgain,
    respondent::Identity,
    role::Role,
    session::Account,
    statement::Statement,
    sync::{Fit, ParkReason, RefuseReason, fit, heads},
    visit::Visit,
};
use serde::de::DeserializeOwned;

/// Revisions that are read at once to be judged once more; their bytes are at most 50 MiB.
const JUDGED_AT_ONCE: u32 = 100;

/// What became of one envelope within the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Kept { header_id: RecordId, hash: Hash, sequence: i64, parked: Option<ParkReason> },
    Refused { hash: Hash, reason: RefuseReason },
}

/// A payload that was read and keeps its rules.
enum Payload {
    Visit(Box<Visit>),
    Identity(Identity),
    Statement(Statement),
    Attachment(Attachment),
}

/// Takes one envelope in, for `who`, at `now`.
///
/// # Errors
///
/// Only the database's: whatever is wrong with the envelope is an answer, not an error.
pub async fn take(db: &mut Connection, who: &Account, bytes: &[u8], now: i64) -> sqlx::Result<Taken> {
    let hash = Hash::of(bytes);
    let envelope = match open(bytes) {
        Ok(envelope) => envelope,
        Err(domain::envelope::EnvelopeError::TooLong) => {
            return Ok(Taken::Refused { hash, reason: RefuseReason::TooLong });
        }
        Err(_) => return Ok(Taken::Refused { hash, reason: RefuseReason::NotAnEnvelope }),
    };
    let header = &envelope.header;
    if let Some((sequence, parked)) = store::records::sequence(db, header.id, hash).await? {
        return Ok(Taken::Kept { header_id: header.id, hash, sequence, parked });
    }
    let verdict = judge(db, who, &envelope, hash).await?;
    let parked = verdict.as_ref().err().copied();
    let revision = NewRevision { header, hash, envelope: bytes, author: who.id, received_at: now, parked };
    let sequence = keep(db, &revision).await?;
    if let Ok(payload) = verdict {
        read_out(db, header, payload, who.id, now).await?;
    }
    Ok(Taken::Kept { header_id: header.id, hash, sequence, parked })
}

/// Judges what was set aside once more, in order of arrival: its author may belong to the unit by now,
/// the campaign may be here, this version may read it. What may come in now does.
///
/// # Errors
///
/// The database's.
pub async fn judge_again(db: &mut Connection) -> Result<JudgedAgain, Error> {
    let (mut judged, mut after) = (JudgedAgain { taken_n: 0, parked_n: 0 }, 0);
    loop {
        let revisions = store::records::parked_after(db, after, JUDGED_AT_ONCE).await?;
        let Some(last) = revisions.last() else { return Ok(judged) };
        after = last.sequence;
        for revision in &revisions {
            let came_in = match alone(db, async |db| judge_one_again(db, revision).await).await? {
                Ok(came_in) => came_in,
                Err(cause) => {
                    tracing::error!(%cause, sequence = revision.sequence, "could not be judged again");
                    false
                }
            };
            if came_in { judged.taken_n += 1 } else { judged.parked_n += 1 }
        }
    }
}

/// Does `act` in a savepoint of its own, so that it fails alone: then nothing of it stays, and its error is
/// the inner one.
///
/// # Errors
///
/// A full or busy disk, or a savepoint that is lost with its transaction: then nothing that was done within
/// the transaction stands, and nobody may be told that it does.
pub async fn alone<T>(
    db: &mut Connection,
    act: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<Result<T, Error>, Error> {
    db.savepoint().await?;
    match act(db).await {
        Ok(done) => {
            db.release().await?;
            Ok(Ok(done))
        }
        Err(cause) if matches!(cause.code(), Code::DiskFull | Code::Busy) => Err(cause),
        Err(cause) => {
            db.roll_back().await?;
            Ok(Err(cause))
        }
    }
}

async fn judge_one_again(db: &mut Connection, revision: &store::records::Revision) -> Result<bool, Error> {
    let (Ok(envelope), Some(author)) =
        (open(&revision.envelope), store::accounts::get(db, revision.author).await?)
    else {
        return Ok(false);
    };
    let verdict = judge(db, &author.account, &envelope, revision.hash).await?;
    let parked = verdict.as_ref().err().copied();
    store::records::judged_again(db, revision, &envelope.header, parked).await?;
    let Ok(payload) = verdict else { return Ok(false) };
    read_out(db, &envelope.header, payload, revision.author, revision.received_at).await?;
    Ok(true)
}

/// The payload of an envelope that may come in, or why it is set aside.
async fn judge(
    db: &mut Connection,
    who: &Account,
    envelope: &Envelope<'_>,
    hash: Hash,
) -> sqlx::Result<Result<Payload, ParkReason>> {
    let header = &envelope.header;
    if store::campaigns::get(db, header.campaign).await?.is_none() {
        return Ok(Err(ParkReason::UnknownCampaign));
    }
    if !may_record_for(db, who, header.unit).await? {
        return Ok(Err(ParkReason::NotYourUnit));
    }
    // A visit belongs to whoever recorded it, with everything in it.
    for id in [header.id, header.visit] {
        if store::records::get(db, id).await?.is_some_and(|it| it.author != who.id) {
            return Ok(Err(ParkReason::NotYourRecord));
        }
    }
    let payload = match read(envelope) {
        Ok(payload) => payload,
        Err(reason) => return Ok(Err(reason)),
    };
    // A revision that is judged once more is here already, and must not vouch for itself.
    let mut known = store::records::known(db, header.id).await?;
    known.retain(|it| it.hash != hash);
    let first = store::records::first_envelope(db, header.id).await?;
    let first = first.as_deref().and_then(|it| open(it).ok());
    let first_words: Option<Statement> = first.as_ref().and_then(Envelope::read);
    let words = match (&first_words, &payload) {
        (Some(first), Payload::Statement(later)) => Some((first, later)),
        _ => None,
    };
    Ok(match fit(&known, first.as_ref().map(|it| &it.header), header, hash, words) {
        Fit::Park(reason) => Err(reason),
        // The same bytes were answered above.
        Fit::Same | Fit::Next | Fit::Fork => Ok(payload),
    })
}

/// Whether `who` belongs or belonged to the unit; the office enters slips for every unit.
async fn may_record_for(db: &mut Connection, who: &Account, unit: UnitId) -> sqlx::Result<bool> {
    if who.role == Role::Office {
        return Ok(store::units::get(db, unit).await?.is_some());
    }
    store::accounts::was_member(db, who.id, unit).await
}

fn read(envelope: &Envelope<'_>) -> Result<Payload, ParkReason> {
    fn parse<T: DeserializeOwned>(envelope: &Envelope<'_>) -> Result<T, ParkReason> {
        envelope.read().ok_or(ParkReason::Unreadable)
    }
    let invalid = |_| ParkReason::Invalid;
    match envelope.header.kind {
        RecordKind::Visit => {
            let visit: Visit = parse(envelope)?;
            visit.check().map_err(|_| ParkReason::Invalid)?;
            Ok(Payload::Visit(Box::new(visit)))
        }
        RecordKind::Identity => {
            let identity: Identity = parse(envelope)?;
            identity.check().map_err(invalid)?;
            Ok(Payload::Identity(identity))
        }
        RecordKind::Statement => {
            let statement: Statement = parse(envelope)?;
            statement.check().map_err(|_| ParkReason::Invalid)?;
            Ok(Payload::Statement(statement))
        }
        RecordKind::Attachment => {
            let attachment: Attachment = parse(envelope)?;
            attachment.check().map_err(|_| ParkReason::Invalid)?;
            Ok(Payload::Attachment(attachment))
        }
    }
}

/// Reads the current revision out for search, and tells the phones that it concerns.
///
/// `arrived` is the payload that has just been kept; the current one may be another, when revisions
/// arrive out of order.
async fn read_out(
    db: &mut Connection,
    header: &Header,
    arrived: Payload,
    author: AccountId,
    now: i64,
) -> sqlx::Result<()> {
    let heads = heads(&store::records::known(db, header.id).await?);
    let forks = i64::try_from(heads.len().saturating_sub(1)).unwrap_or(0);
    let current = match heads.last() {
        Some(head) => store::records::envelope(db, header.id, *head).await?,
        None => None,
    };
    let current = current.as_deref().and_then(|it| open(it).ok());
    let payload = match current.as_ref().map(read) {
        Some(Ok(payload)) => payload,
        Some(Err(_)) | None => arrived,
    };
    match &payload {
        Payload::Visit(visit) => keep_visit(db, header, visit, author, forks, now).await?,
        Payload::Identity(identity) => keep_identity(db, header, identity).await?,
        Payload::Statement(statement) => {
            store::statements::keep(db, header, statement, forks, now).await?;
        }
        Payload::Attachment(attachment) => {
            store::attachments::keep(db, header, attachment).await?;
            // Its bytes may have come before it.
            if let Some(upload) = store::uploads::get(db, header.id).await?.filter(|it| it.done) {
                store::attachments::stored(db, &upload, now).await?;
            }
        }
    }
    store::visits::settle(db, header.visit, now).await?;
    store::changes::note(db, Thing::Visit, header.visit.0, Some(header.unit), Some(author)).await
}

async fn keep_visit(
    db: &mut Connection,
    header: &Header,
    visit: &Visit,
    author: AccountId,
    forks: i64,
    now: i64,
) -> sqlx::Result<()> {
    // A visit was before it was told of: an amendment does not make a later day believable.
    let first_at = store::records::get(db, header.id).await?.map_or(now, |it| it.first_at);
    let (day, clock_off) = day::of_visit(visit.started_at, first_at);
    let projected = Projected { header, author, day: &day, clock_off, forks, received_at: now };
    let before = store::visits::respondent(db, header.id).await?;
    store::visits::keep(db, visit, &projected).await?;
    match visit.identity {
        Some(record) => {
            if let Some(identity) = current_identity(db, record).await? {
                store::visits::keep_identity(db, header.id, record, &identity).await?;
            }
        }
        None => store::visits::forget_identity(db, header.id).await?,
    }
    tell_of_respondent(db, header, before).await
}

/// What an identity record says at present, when it is here.
async fn current_identity(db: &mut Connection, record: RecordId) -> sqlx::Result<Option<Identity>> {
    let heads = heads(&store::records::known(db, record).await?);
    let Some(head) = heads.last() else { return Ok(None) };
    let bytes = store::records::envelope(db, record, *head).await?;
    let envelope = bytes.as_deref().and_then(|it| open(it).ok());
    Ok(envelope.filter(|it| it.header.kind == RecordKind::Identity).and_then(|it| it.read()))
}

async fn keep_identity(db: &mut Connection, header: &Header, identity: &Identity) -> sqlx::Result<()> {
    // A visit that names someone else by now, or nobody, has the last word.
    let members = store::visits::members(db, header.visit).await?;
    if members.is_some_and(|it| !it.contains(&header.id)) {
        return Ok(());
    }
    let before = store::visits::respondent(db, header.visit).await?;
    store::visits::keep_identity(db, header.visit, header.id, identity).await?;
    tell_of_respondent(db, header, before).await
}

/// Ticks off or opens assignments, and tells every phone that may hold whom the visit was to, before its
/// change and after it: units other than the respondent's own may be assigned to them.
async fn tell_of_respondent(
    db: &mut Connection,
    header: &Header,
    before: Option<RespondentId>,
) -> sqlx::Result<()> {
    for (assignment, unit) in store::assignments::settle(db, header.visit).await? {
        store::changes::note(db, Thing::Assignment, assignment.0, Some(unit), None).await?;
    }
    let after = store::visits::respondent(db, header.visit).await?;
    for respondent in before.into_iter().chain(after.filter(|it| Some(*it) != before)) {
        store::changes::note(db, Thing::Respondent, respondent.0, None, None).await?;
    }
    Ok(())
}
