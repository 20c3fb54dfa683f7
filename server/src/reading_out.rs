//! Reading out: what current revisions say goes into the tables that are searched and counted, and phones
//! are told. It follows the acknowledgement, in order of arrival, and can be done anew.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    envelope::{Header, RecordKind, open},
    id::{AccountId, RecordId, RespondentId},
    record::JudgedAgain,
    respondent::Identity,
    sync::heads,
    visit::Visit,
};
use tokio::sync::{Notify, watch};

use crate::{
    App, day,
    error::Error,
    intake::{Payload, Taken, alone, judge_again as judge_one_again, read},
    store::{self, Connection, Db, changes::Thing, records::Revision, visits::Projected},
};

/// Revisions that are read at once to be judged once more; their bytes are at most 50 MiB.
const JUDGED_AT_ONCE: u32 = 100;
/// Revisions of one transaction: the writer is free again within milliseconds.
const READ_AT_ONCE: u32 = 100;

/// How far reading out is.
#[derive(Clone)]
pub struct Reading {
    /// The last revision that this process committed.
    committed: Arc<AtomicI64>,
    /// The last that was read out.
    read: watch::Sender<i64>,
    /// Rings when there is something to read out.
    arrived: Arc<Notify>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { committed: Arc::default(), read: watch::channel(0).0, arrived: Arc::default() }
    }
}

impl Reading {
    /// Notes what was committed.
    pub fn committed(&self, taken: &[Vec<Taken>]) {
        let last = taken.iter().flatten().filter_map(|it| match it {
            Taken::Kept { sequence, .. } => Some(*sequence),
            Taken::Refused { .. } => None,
        });
        if let Some(last) = last.max() {
            self.committed.fetch_max(last, Ordering::AcqRel);
            self.arrived.notify_one();
        }
    }

    /// Waits until all that this process has acknowledged so far is read out: who asks next sees it.
    pub async fn caught_up(&self) {
        let until = self.committed.load(Ordering::Acquire);
        // Fails only when the process ends.
        let _ = self.read.subscribe().wait_for(|read| *read >= until).await;
    }

    fn read_to(&self, sequence: i64) {
        self.read.send_if_modified(|read| {
            let further = sequence > *read;
            *read = sequence.max(*read);
            further
        });
    }
}

/// Reads out whatever arrives, until the database is closed.
pub async fn run(app: App) {
    loop {
        if let Err(cause) = read_out_waiting(&app.db, &app.reading).await {
            if matches!(cause, Error::Database(sqlx::Error::PoolClosed)) {
                return;
            }
            tracing::error!(%cause, "what arrived could not be read out");
        }
        app.arrived.notify_one();
        app.reading.arrived.notified().await;
    }
}

/// Reads out all that is not read out.
///
/// # Errors
///
/// The database's. What cannot be read out alone is logged, noted, and holds nothing up.
pub async fn read_out_waiting(db: &Db, reading: &Reading) -> Result<(), Error> {
    loop {
        let to = store::records::read_to(&mut db.read().await?).await?;
        reading.read_to(to);
        let waiting = store::records::after(&mut db.read().await?, to, 1).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let mut db = db.write().await?;
        // Another server may have been here since.
        let to = store::records::read_to(&mut db).await?;
        let revisions = store::records::after(&mut db, to, READ_AT_ONCE).await?;
        for revision in revisions.iter().filter(|it| it.parked.is_none()) {
            if let Err(cause) = alone(&mut db, async |db| read_out_one(db, revision).await).await? {
                tracing::error!(%cause, sequence = revision.sequence, "a revision could not be read out");
                store::records::note_unread(&mut db, revision.sequence).await?;
            }
        }
        if let Some(last) = revisions.last() {
            store::records::set_read_to(&mut db, last.sequence).await?;
        }
        db.commit().await?;
    }
}

/// Tries once more what could not be read out before: this version may.
///
/// # Errors
///
/// The database's.
pub async fn read_out_unread(db: &mut Connection) -> Result<(), Error> {
    for revision in store::records::unread(db).await? {
        match alone(db, async |db| read_out_one(db, &revision).await).await? {
            Ok(()) => store::records::forget_unread(db, revision.sequence).await?,
            Err(cause) => {
                tracing::error!(%cause, sequence = revision.sequence, "a revision could not be read out");
            }
        }
    }
    Ok(())
}

async fn read_out_one(db: &mut Connection, revision: &Revision) -> Result<(), Error> {
    let Ok(envelope) = open(&revision.envelope) else { return Err(Error::Damaged("envelope")) };
    let Ok(payload) = read(&envelope) else { return Err(Error::Damaged("payload")) };
    read_out(db, &envelope.header, payload, revision.author, revision.received_at).await?;
    Ok(())
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
            let came_in = match alone(db, async |db| comes_in_now(db, revision).await).await? {
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

async fn comes_in_now(db: &mut Connection, revision: &Revision) -> Result<bool, Error> {
    let Some(author) = store::accounts::get(db, revision.author).await? else { return Ok(false) };
    match judge_one_again(db, &author.account, revision).await? {
        Ok((header, payload)) => {
            store::records::judged_again(db, revision.sequence, None).await?;
            read_out(db, &header, payload, revision.author, revision.received_at).await?;
            Ok(true)
        }
        Err(reason) => {
            store::records::judged_again(db, revision.sequence, Some(reason)).await?;
            Ok(false)
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
    store::records::add_record(db, header, author, now).await?;
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
    let first_at = store::records::first_at(db, header.id).await?.unwrap_or(now);
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
