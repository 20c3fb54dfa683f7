//! Reading out: what current revisions say goes into the tables that are searched and counted, and phones
//! are told. It follows the acknowledgement, in order of arrival, and can be done anew.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    envelope::{Hash, Header, open},
    id::{AccountId, RecordId, RespondentId},
    record::JudgedAgain,
    respondent::Identity,
    sync::{Known, heads},
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
/// Whoever asks waits this long at most for what was just acknowledged.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody has waited for an acknowledgement for so long: between two of its requests a phone waits for none, and the next
/// of many is about to.
const QUIET: Duration = Duration::from_millis(10);
/// While others wait for theirs, a transaction of this work is followed by a pause of so many times its length: it gets a
/// tenth of the writer's time then, and cannot be held up for ever.
const PAUSES: u32 = 9;
/// A pause is at least and at most so long.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// What failed is tried again after this long, if nothing arrives before.
const TRIES_AGAIN: Duration = Duration::from_secs(10);
/// Revisions of one transaction: the writer is free again within milliseconds.
const READ_AT_ONCE: u32 = 500;
/// The same while others wait for their acknowledgement: it is they who wait for it to end.
const READ_AT_ONCE_BUSY: u32 = 100;

/// How far reading out is.
#[derive(Clone)]
pub struct Reading {
    /// The last revision that this process committed.
    committed: Arc<AtomicI64>,
    /// The last that was read out.
    read: watch::Sender<i64>,
    /// Rings when there is something to read out.
    arrived: Arc<Notify>,
    /// Requests that wait for their acknowledgement.
    busy: watch::Sender<usize>,
    /// The last try failed: on a full disk, say. Nobody waits for what may never come.
    stuck: Arc<AtomicBool>,
}

/// A request that waits for its acknowledgement, until it is dropped.
pub struct Busy(watch::Sender<usize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|it| *it -= 1);
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            committed: Arc::default(),
            read: watch::channel(0).0,
            arrived: Arc::default(),
            busy: watch::channel(0).0,
            stuck: Arc::default(),
        }
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

    /// Waits until all that was acknowledged so far is read out: who asks next sees it. On PostgreSQL another
    /// server may have acknowledged it.
    pub async fn caught_up(&self, db: &Db) {
        if db.is_shared()
            && let Ok(mut db) = db.read().await
            && let Ok(last) = store::records::last(&mut db).await
            && last > *self.read.borrow()
        {
            self.committed.fetch_max(last, Ordering::AcqRel);
            self.arrived.notify_one();
        }
        let until = self.committed.load(Ordering::Acquire);
        if self.stuck.load(Ordering::Acquire) {
            return;
        }
        let mut read = self.read.subscribe();
        // In a storm of records what is seen may be older, and is seen in time.
        let _ = tokio::time::timeout(PATIENCE, read.wait_for(|read| *read >= until)).await;
    }

    /// A request waits for its acknowledgement from here on.
    pub fn begin(&self) -> Busy {
        self.busy.send_modify(|it| *it += 1);
        Busy(self.busy.clone())
    }

    /// Lets those who wait for an acknowledgement go first, but not for ever: the transaction before this one `took` so
    /// long. Answers whether nobody waits now.
    pub async fn give_way(&self, took: Duration) -> bool {
        let mut busy = self.busy.subscribe();
        let quiet = async {
            loop {
                // The sender is this one's own.
                let _ = busy.wait_for(|it| *it == 0).await;
                if tokio::time::timeout(QUIET, busy.wait_for(|it| *it > 0)).await.is_err() {
                    return;
                }
            }
        };
        let pause = (took * PAUSES).clamp(PAUSE.0, PAUSE.1);
        // Either way it is this one's turn then.
        tokio::time::timeout(pause, quiet).await.is_ok()
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
        let done = read_out_waiting(&app.db, &app.reading).await;
        app.reading.stuck.store(done.is_err(), Ordering::Release);
        if let Err(cause) = done {
            if matches!(cause, Error::Database(sqlx::Error::PoolClosed)) {
                return;
            }
            tracing::error!(%cause, "what arrived could not be read out");
        }
        app.arrived.notify_one();
        // A disk that was full may have room again without anything arriving.
        let _ = tokio::time::timeout(TRIES_AGAIN, app.reading.arrived.notified()).await;
    }
}

/// Reads out all that is not read out.
///
/// # Errors
///
/// The database's. What cannot be read out alone is logged, noted, and holds nothing up.
pub async fn read_out_waiting(db: &Db, reading: &Reading) -> Result<(), Error> {
    let mut took = Duration::ZERO;
    loop {
        let to = store::records::read_to(&mut db.read().await?).await?;
        reading.read_to(to);
        let waiting = store::records::after(&mut db.read().await?, to, 1).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let at_once = if reading.give_way(took).await { READ_AT_ONCE } else { READ_AT_ONCE_BUSY };
        let mut db = db.write().await?;
        let began = Instant::now();
        // Another server may have been here since.
        let to = store::records::read_to(&mut db).await?;
        let revisions = store::records::after(&mut db, to, at_once).await?;
        read_out_revisions(&mut db, &revisions).await?;
        if let Some(last) = revisions.last() {
            store::records::set_read_to(&mut db, last.sequence).await?;
        }
        db.commit().await?;
        took = began.elapsed();
    }
}

/// A revision that was read to be read out.
struct Read {
    header: Header,
    payload: Payload,
    hash: Hash,
    author: AccountId,
    /// When it arrived.
    at: i64,
}

/// Reads revisions out, many at once; where that fails, each alone.
async fn read_out_revisions(db: &mut Connection, revisions: &[Revision]) -> Result<(), Error> {
    let mut group: Vec<Read> = Vec::new();
    let mut sequences: Vec<i64> = Vec::new();
    for revision in revisions.iter().filter(|it| it.parked.is_none()) {
        let Some(one) = open_revision(revision) else {
            tracing::error!(sequence = revision.sequence, "a revision could not be read");
            store::records::note_unread(db, revision.sequence).await?;
            continue;
        };
        // A record's revisions are read out one after the other.
        if group.iter().any(|it| it.header.id == one.header.id) {
            read_out_group(db, &group, &sequences).await?;
            group.clear();
            sequences.clear();
        }
        group.push(one);
        sequences.push(revision.sequence);
    }
    read_out_group(db, &group, &sequences).await
}

async fn read_out_group(db: &mut Connection, group: &[Read], sequences: &[i64]) -> Result<(), Error> {
    let Err(cause) = alone(db, async |db| read_out(db, group).await).await? else { return Ok(()) };
    tracing::warn!(%cause, "reading out together failed; each alone now");
    for (one, sequence) in group.iter().zip(sequences) {
        if let Err(cause) = alone(db, async |db| read_out(db, std::slice::from_ref(one)).await).await? {
            tracing::error!(%cause, sequence, "a revision could not be read out");
            store::records::note_unread(db, *sequence).await?;
        }
    }
    Ok(())
}

fn open_revision(revision: &Revision) -> Option<Read> {
    let envelope = open(&revision.envelope).ok()?;
    let payload = read(&envelope).ok()?;
    let (author, at) = (revision.author, revision.received_at);
    Some(Read { header: envelope.header, payload, hash: revision.hash, author, at })
}

/// Tries once more what could not be read out before: this version may.
///
/// # Errors
///
/// The database's.
pub async fn read_out_unread(db: &mut Connection) -> Result<(), Error> {
    for revision in store::records::unread(db).await? {
        store::records::forget_unread(db, revision.sequence).await?;
        read_out_revisions(db, std::slice::from_ref(&revision)).await?;
    }
    Ok(())
}

/// Judges what was set aside once more, in order of arrival: its author may belong to the unit by now,
/// the campaign may be here, this version may read it. What may come in now does.
///
/// # Errors
///
/// The database's.
pub async fn judge_again(db: &mut Connection) -> Result<JudgedAgain, Error> {
    judge_each(db, None).await
}

/// Judges what waited for `author` to sign in: they have, or the office vouches for it.
///
/// # Errors
///
/// The database's.
pub async fn take_in(db: &mut Connection, author: AccountId) -> Result<JudgedAgain, Error> {
    judge_each(db, Some(author)).await
}

/// Judges what waits for `author` to sign in, or all that waits for nobody.
async fn judge_each(db: &mut Connection, author: Option<AccountId>) -> Result<JudgedAgain, Error> {
    let (mut judged, mut after) = (JudgedAgain { taken_n: 0, parked_n: 0 }, 0);
    loop {
        let revisions = match author {
            Some(author) => store::records::held_after(db, author, after, JUDGED_AT_ONCE).await?,
            None => store::records::parked_after(db, after, JUDGED_AT_ONCE).await?,
        };
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
            let (hash, author, at) = (revision.hash, revision.author, revision.received_at);
            read_out(db, &[Read { header, payload, hash, author, at }]).await?;
            Ok(true)
        }
        Err(reason) => {
            store::records::judged_again(db, revision.sequence, Some(reason)).await?;
            Ok(false)
        }
    }
}

/// The revision that stands for a record at present.
struct Current<'a> {
    header: &'a Header,
    payload: &'a Payload,
    author: AccountId,
    /// When it arrived.
    at: i64,
    /// Heads beyond the first.
    forks: i64,
    /// The revision's.
    hash: Hash,
}

/// Reads records out, each once, and tells the phones that they concern.
///
/// What arrived last need not be what stands: revisions may come out of order.
async fn read_out(db: &mut Connection, arrived: &[Read]) -> Result<(), Error> {
    let ids: Vec<RecordId> = arrived.iter().map(|it| it.header.id).collect();
    let here = store::records::here(db, &ids).await?;
    let mut later = Vec::new();
    for one in arrived {
        let known: Vec<Known> = here.known(one.header.id).cloned().collect();
        let heads = heads(&known);
        let forks = i64::try_from(heads.len().saturating_sub(1)).unwrap_or(0);
        let head = heads.last().copied().filter(|it| *it != one.hash);
        let payload = match head {
            Some(head) => standing(db, one.header.id, head).await?,
            None => None,
        };
        let hash = if payload.is_some() { head.unwrap_or(one.hash) } else { one.hash };
        later.push((payload, forks, hash));
    }
    let current: Vec<Current<'_>> = arrived
        .iter()
        .zip(&later)
        .map(|(one, (payload, forks, hash))| Current {
            header: &one.header,
            payload: payload.as_ref().unwrap_or(&one.payload),
            author: one.author,
            at: one.at,
            forks: *forks,
            hash: *hash,
        })
        .collect();
    keep_current(db, &current).await
}

async fn standing(db: &mut Connection, record: RecordId, head: Hash) -> sqlx::Result<Option<Payload>> {
    let bytes = store::records::envelope(db, record, head).await?;
    let envelope = bytes.as_deref().and_then(|it| open(it).ok());
    Ok(envelope.and_then(|it| read(&it).ok()))
}

async fn keep_current(db: &mut Connection, current: &[Current<'_>]) -> Result<(), Error> {
    let records: Vec<_> = current.iter().map(|it| (it.header, it.author, it.at)).collect();
    let mut visits: Vec<RecordId> = current.iter().map(|it| it.header.visit).collect();
    visits.sort_unstable();
    visits.dedup();
    let known = store::records::first_at(db, &visits).await?;
    store::records::add(db, &records).await?;
    let before = store::visits::respondents(db, &visits).await?;
    keep_visits(db, current, &known).await?;
    keep_identities(db, current).await?;
    let statements: Vec<_> = current
        .iter()
        .filter_map(|it| match it.payload {
            Payload::Statement(statement) => Some(store::statements::Projected {
                header: it.header,
                statement,
                forks: it.forks,
                received_at: it.at,
            }),
            _ => None,
        })
        .collect();
    store::statements::keep(db, &statements).await?;
    keep_attachments(db, current).await?;
    keep_answers(db, current).await?;
    let now = current.iter().map(|it| it.at).max().unwrap_or(0);
    store::visits::count(db, &visits).await?;
    store::visits::settle(db, &visits, now).await?;
    tell_of_respondents(db, &visits, &known, &before).await?;
    let mut told: Vec<_> = current.iter().map(|it| (it.header.visit, it.header.unit, it.author)).collect();
    told.sort_unstable_by_key(|it| it.0);
    told.dedup_by_key(|it| it.0);
    store::changes::note_visits(db, &told).await?;
    Ok(())
}

async fn keep_answers(db: &mut Connection, current: &[Current<'_>]) -> sqlx::Result<()> {
    let answers: Vec<_> = current
        .iter()
        .filter_map(|it| match it.payload {
            Payload::Answers(answers) => Some(store::answers::Projected {
                header: it.header,
                answers,
                hash: it.hash,
                forks: it.forks,
                received_at: it.at,
            }),
            _ => None,
        })
        .collect();
    store::answers::keep(db, &answers).await
}

async fn keep_visits(
    db: &mut Connection,
    current: &[Current<'_>],
    known: &HashMap<RecordId, i64>,
) -> sqlx::Result<()> {
    let mut rows = Vec::new();
    for it in current {
        let Payload::Visit(visit) = it.payload else { continue };
        // A visit was before it was told of: an amendment does not make a later day believable.
        let first_at = known.get(&it.header.id).copied().unwrap_or(it.at);
        let (day, clock_off) = day::of_visit(visit.started_at, first_at);
        let (header, author, forks) = (it.header, it.author, it.forks);
        rows.push(Projected { header, visit, author, day, clock_off, forks, received_at: it.at });
    }
    store::visits::keep(db, &rows).await
}

/// Who was visited: what the visits say that arrived, and what arrived for visits that are here.
async fn keep_identities(db: &mut Connection, current: &[Current<'_>]) -> sqlx::Result<()> {
    let arrived = |record: RecordId| {
        current.iter().find(|it| it.header.id == record).and_then(|it| match it.payload {
            Payload::Identity(identity) => Some(identity),
            _ => None,
        })
    };
    let mut earlier = Vec::new();
    let mut named = Vec::new();
    let mut visits = HashSet::new();
    for it in current {
        let Payload::Visit(visit) = it.payload else { continue };
        visits.insert(it.header.id);
        match visit.identity.map(|record| (record, arrived(record))) {
            Some((record, Some(identity))) => named.push((it.header.id, record, identity)),
            Some((record, None)) => {
                if let Some(identity) = current_identity(db, record).await? {
                    earlier.push((it.header.id, record, identity));
                }
            }
            None => store::visits::forget_identity(db, it.header.id).await?,
        }
    }
    for it in current.iter().filter(|it| !visits.contains(&it.header.visit)) {
        let Payload::Identity(identity) = it.payload else { continue };
        // A visit that names someone else by now, or nobody, has the last word.
        let members = store::visits::members(db, it.header.visit).await?;
        if members.is_none_or(|members| members.contains(&it.header.id)) {
            named.push((it.header.visit, it.header.id, identity));
        }
    }
    named.extend(earlier.iter().map(|(visit, record, identity)| (*visit, *record, identity)));
    // Two identities of one visit are a mistake of a phone's: one stands, both stay in their revisions.
    named.sort_by_key(|it| it.0);
    named.dedup_by_key(|it| it.0);
    store::visits::keep_identities(db, &named).await
}

/// What an identity record says at present, when it was read out; one that is here and was not is read out later.
async fn current_identity(db: &mut Connection, record: RecordId) -> sqlx::Result<Option<Identity>> {
    if store::records::first_at(db, &[record]).await?.is_empty() {
        return Ok(None);
    }
    let heads = heads(&store::records::known(db, record).await?);
    let Some(head) = heads.last() else { return Ok(None) };
    Ok(match standing(db, record, *head).await? {
        Some(Payload::Identity(identity)) => Some(identity),
        Some(_) | None => None,
    })
}

async fn keep_attachments(db: &mut Connection, current: &[Current<'_>]) -> sqlx::Result<()> {
    let rows: Vec<_> = current
        .iter()
        .filter_map(|it| match it.payload {
            Payload::Attachment(attachment) => Some((it.header, attachment)),
            _ => None,
        })
        .collect();
    store::attachments::keep(db, &rows).await?;
    for visit in rows.iter().map(|it| it.0.visit).collect::<BTreeSet<_>>() {
        store::answers::look_for_attachment(db, visit).await?;
    }
    for it in current.iter().filter(|it| matches!(it.payload, Payload::Attachment(_))) {
        // Its bytes may have come before it.
        if let Some(upload) = store::uploads::get(db, it.header.id).await?.filter(|it| it.done) {
            store::attachments::stored(db, &upload, it.at).await?;
        }
    }
    Ok(())
}

/// Ticks off or opens assignments, and tells every phone that may hold whom the visits were to, before their
/// change and after it: units other than the respondent's own may be assigned to them.
async fn tell_of_respondents(
    db: &mut Connection,
    visits: &[RecordId],
    known: &HashMap<RecordId, i64>,
    before: &HashMap<RecordId, RespondentId>,
) -> sqlx::Result<()> {
    let after = store::visits::respondents(db, visits).await?;
    for visit in visits {
        let (was, is) = (before.get(visit), after.get(visit));
        // An unnamed visit that is new concerns no assignment.
        if !known.contains_key(visit) && is.is_none() {
            continue;
        }
        for (assignment, unit) in store::assignments::settle(db, *visit).await? {
            store::changes::note(db, Thing::Assignment, assignment.0, Some(unit), None).await?;
        }
        for respondent in was.into_iter().chain(is.filter(|it| Some(*it) != was)) {
            store::changes::note(db, Thing::Respondent, respondent.0, None, None).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it was quiet, and how long it gave way, in milliseconds.
    async fn given_way(reading: &Reading, took_ms: u64) -> (bool, u128) {
        let began = tokio::time::Instant::now();
        let quiet = reading.give_way(Duration::from_millis(took_ms)).await;
        (quiet, began.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_its_turn_when_nobody_waits_or_after_a_pause() {
        let reading = Reading::default();
        assert_eq!(given_way(&reading, 100).await, (true, 10));
        let busy = reading.begin();
        assert_eq!(given_way(&reading, 0).await, (false, 50));
        assert_eq!(given_way(&reading, 100).await, (false, 900));
        assert_eq!(given_way(&reading, 60_000).await, (false, 1_000));
        drop(busy);
        assert_eq!(given_way(&reading, 100).await, (true, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_between_two_requests_is_not_quiet() {
        let reading = Reading::default();
        let phone = reading.clone();
        let sends = tokio::spawn(async move {
            loop {
                let busy = phone.begin();
                tokio::time::advance(Duration::from_millis(5)).await;
                drop(busy);
                tokio::time::advance(Duration::from_millis(5)).await;
            }
        });
        assert!(!reading.give_way(Duration::from_millis(10)).await);
        sends.abort();
    }
}
