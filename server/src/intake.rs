//! Taking records in: judge envelopes and keep their bytes. What they say is read out afterwards
//! ([`crate::reading_out`]); nothing here acknowledges, [`crate::receipt`] does, after the commit.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    answers::Answers,
    attachment::Attachment,
    envelope::{Envelope, Hash, Header, RecordKind, open},
    id::{AccountId, CampaignId, RecordId, UnitId},
    problem::Code,
    respondent::Identity,
    role::{Action, Scope, scope},
    session::Account,
    statement::Statement,
    sync::{Fit, Known, ParkReason, RefuseReason, fit},
    visit::Visit,
};
use serde::de::DeserializeOwned;

use crate::{
    error::Error,
    store::{
        self, Connection,
        records::{Here, NewRevision},
    },
};

/// What became of one envelope within the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// `complete` when everything that belongs to it is here too.
    Kept {
        record: RecordId,
        hash: Hash,
        sequence: i64,
        parked: Option<ParkReason>,
        complete: bool,
    },
    Refused {
        hash: Hash,
        reason: RefuseReason,
    },
}

impl Taken {
    /// Whether it waits for whoever sent it to sign in.
    pub fn wants_signing_in(&self) -> bool {
        matches!(self, Self::Kept { parked: Some(ParkReason::SignedOut), .. })
    }
}

/// A payload that was read and keeps its rules.
pub enum Payload {
    Visit(Box<Visit>),
    Identity(Identity),
    Statement(Statement),
    Attachment(Attachment),
    Answers(Answers),
}

/// One envelope of a push, read as far as it can be without the database.
pub struct Arrived {
    hash: Hash,
    bytes: Vec<u8>,
    opened: Result<(Header, Result<Payload, ParkReason>), RefuseReason>,
}

impl Arrived {
    /// Reads an envelope as it stands in a push.
    pub fn from_base64(text: &str) -> Self {
        match STANDARD.decode(text) {
            Ok(bytes) => Self::from_bytes(bytes),
            Err(_) => Self {
                hash: Hash::of(text.as_bytes()),
                bytes: Vec::new(),
                opened: Err(RefuseReason::NotBase64),
            },
        }
    }

    /// Reads an envelope.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let opened = match open(&bytes) {
            Ok(envelope) => {
                let payload = read(&envelope);
                Ok((envelope.header, payload))
            }
            Err(domain::envelope::EnvelopeError::TooLong) => Err(RefuseReason::TooLong),
            Err(_) => Err(RefuseReason::NotAnEnvelope),
        };
        Self { hash: Hash::of(&bytes), bytes, opened }
    }

    /// What to answer when only this one could not be kept.
    pub fn failed(&self) -> Taken {
        Taken::Refused { hash: self.hash, reason: RefuseReason::Failed }
    }
}

/// What one person's phone pushed, at the server's time of arrival.
#[derive(Clone, Copy)]
pub struct Pushed<'a> {
    pub who: &'a Account,
    /// Only a device of theirs vouches for it: it is set aside.
    pub signed_out: bool,
    pub at: i64,
    pub arrived: &'a [Arrived],
}

/// Keeps what was pushed, in order, within one transaction, after the revision `last`, which then is the last of these.
/// Nothing of it is durable before its commit.
///
/// # Errors
///
/// Only the database's: whatever is wrong with an envelope is an answer, not an error.
pub async fn take(
    db: &mut Connection,
    pushed: &[Pushed<'_>],
    last: &mut i64,
) -> sqlx::Result<Vec<Vec<Taken>>> {
    let mut judging = Judging::begin(db, pushed, *last).await?;
    let (mut taken, mut kept) = (Vec::with_capacity(pushed.len()), Vec::new());
    for pushed in pushed {
        let mut answers = Vec::with_capacity(pushed.arrived.len());
        let kept_before = kept.len();
        for arrived in pushed.arrived {
            let (answer, revision) = judging.take_one(db, *pushed, arrived).await?;
            answers.push(answer);
            kept.extend(revision);
        }
        taken.push(answers);
        // What is sent again says nothing new.
        if pushed.signed_out && kept.len() > kept_before {
            store::audit::note(db, pushed.at, Some(pushed.who.id), "push_signed_out", "records", "").await?;
        }
    }
    store::records::keep(db, &kept).await?;
    // A visit may come before what belongs to it: how far it is shows at the end.
    for (answers, pushed) in taken.iter_mut().zip(pushed) {
        for (answer, arrived) in answers.iter_mut().zip(pushed.arrived) {
            judging.settle(db, answer, arrived, pushed.who.id).await?;
        }
    }
    *last = judging.last;
    Ok(taken)
}

/// What judging needs of the database, read at once for a whole batch.
struct Judging<'a> {
    here: Here,
    /// The first revisions that this batch brings: they are not in the database yet.
    firsts: HashMap<RecordId, (&'a Header, &'a Payload)>,
    /// The last revision so far.
    last: i64,
    campaigns: HashMap<CampaignId, bool>,
    members: HashMap<(AccountId, UnitId), bool>,
}

impl<'a> Judging<'a> {
    async fn begin(db: &mut Connection, pushed: &[Pushed<'_>], last: i64) -> sqlx::Result<Self> {
        let mut ids = Vec::new();
        for arrived in pushed.iter().flat_map(|it| it.arrived) {
            let Ok((header, payload)) = &arrived.opened else { continue };
            ids.extend([header.id, header.visit]);
            if let Ok(Payload::Visit(visit)) = payload {
                ids.extend(visit.members());
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self {
            here: store::records::here(db, &ids).await?,
            firsts: HashMap::new(),
            last,
            campaigns: HashMap::new(),
            members: HashMap::new(),
        })
    }

    async fn take_one(
        &mut self,
        db: &mut Connection,
        pushed: Pushed<'a>,
        arrived: &'a Arrived,
    ) -> sqlx::Result<(Taken, Option<NewRevision<'a>>)> {
        let hash = arrived.hash;
        let (header, payload) = match &arrived.opened {
            Ok(opened) => opened,
            Err(reason) => return Ok((Taken::Refused { hash, reason: *reason }, None)),
        };
        let answer = |sequence, parked: Option<ParkReason>| Taken::Kept {
            record: header.id,
            hash,
            sequence,
            parked,
            complete: false,
        };
        if let Some(known) = self.here.find(header.id, hash) {
            return Ok((answer(known.sequence, known.parked), None));
        }
        let parked = if pushed.signed_out {
            Some(ParkReason::SignedOut)
        } else {
            self.judge(db, pushed.who, header, payload.as_ref(), hash).await?.err()
        };
        self.last += 1;
        let sequence = self.last;
        let revision = NewRevision {
            sequence,
            header,
            hash,
            envelope: &arrived.bytes,
            author: pushed.who.id,
            received_at: pushed.at,
            parked,
        };
        self.here.add(&revision);
        if let (None, Ok(payload)) = (parked, payload) {
            self.firsts.entry(header.id).or_insert((header, payload));
        }
        Ok((answer(sequence, parked), Some(revision)))
    }

    /// Whether an envelope may come in, or why it is set aside.
    async fn judge(
        &mut self,
        db: &mut Connection,
        who: &Account,
        header: &Header,
        payload: Result<&Payload, &ParkReason>,
        hash: Hash,
    ) -> sqlx::Result<Result<(), ParkReason>> {
        if !self.is_campaign(db, header.campaign).await? {
            return Ok(Err(ParkReason::UnknownCampaign));
        }
        if !self.may_record_for(db, who, header.unit).await? {
            return Ok(Err(ParkReason::NotYourUnit));
        }
        // A visit belongs to whoever recorded it, with everything in it.
        for id in [header.id, header.visit] {
            if self.here.author(id).is_some_and(|it| it != who.id) {
                return Ok(Err(ParkReason::NotYourRecord));
            }
        }
        let payload = match payload {
            Ok(payload) => payload,
            Err(reason) => return Ok(Err(*reason)),
        };
        // A revision that is judged once more is here already, and must not vouch for itself.
        let known: Vec<Known> = self.here.known(header.id).filter(|it| it.hash != hash).cloned().collect();
        let kept = if known.iter().any(|it| !it.parked) {
            store::records::first_envelope(db, header.id).await?
        } else {
            None
        };
        // What the office handed over is not brought back by what is added to it later.
        let gone = kept.is_none() && known.iter().any(|it| !it.parked);
        if gone && store::envelope_keys::is_handed_over(db, header.id).await? {
            return Ok(Err(ParkReason::MovedElsewhere));
        }
        let kept = kept.as_deref().and_then(|it| open(it).ok());
        let kept_words: Option<Statement> = kept.as_ref().and_then(Envelope::read);
        let (belongs, first_words) = match (&kept, self.firsts.get(&header.id)) {
            (Some(kept), _) => (Some(&kept.header), kept_words.as_ref()),
            (None, Some((header, Payload::Statement(first)))) => (Some(*header), Some(first)),
            (None, Some((header, _))) => (Some(*header), None),
            (None, None) => (None, None),
        };
        let words = match (first_words, payload) {
            (Some(first), Payload::Statement(later)) => Some((first, later)),
            _ => None,
        };
        Ok(match fit(&known, belongs, header, hash, words) {
            Fit::Park(reason) => Err(reason),
            // The same bytes were answered before.
            Fit::Same | Fit::Next | Fit::Fork => Ok(()),
        })
    }

    async fn is_campaign(&mut self, db: &mut Connection, id: CampaignId) -> sqlx::Result<bool> {
        if let Some(known) = self.campaigns.get(&id) {
            return Ok(*known);
        }
        let found = store::campaigns::get(db, id).await?.is_some();
        self.campaigns.insert(id, found);
        Ok(found)
    }

    /// Whether `who` belongs or belonged to the unit; the office enters slips for every unit.
    async fn may_record_for(
        &mut self,
        db: &mut Connection,
        who: &Account,
        unit: UnitId,
    ) -> sqlx::Result<bool> {
        if let Some(known) = self.members.get(&(who.id, unit)) {
            return Ok(*known);
        }
        let may = match scope(who.role, Action::Record) {
            Scope::Campaign => store::units::get(db, unit).await?.is_some(),
            Scope::Nothing | Scope::Own | Scope::Unit | Scope::Others => {
                store::accounts::was_member(db, who.id, unit).await?
            }
        };
        self.members.insert((who.id, unit), may);
        Ok(may)
    }

    /// Says `complete` of what is here with everything that belongs to it.
    async fn settle(
        &self,
        db: &mut Connection,
        taken: &mut Taken,
        arrived: &Arrived,
        author: AccountId,
    ) -> sqlx::Result<()> {
        let Taken::Kept { record, parked: None, complete, .. } = taken else { return Ok(()) };
        let Ok((_, Ok(payload))) = &arrived.opened else { return Ok(()) };
        *complete = match payload {
            Payload::Identity(_) | Payload::Statement(_) | Payload::Answers(_) => true,
            Payload::Attachment(attachment) => store::uploads::holds(db, *record, attachment, author).await?,
            Payload::Visit(visit) => self.is_whole(db, visit, author).await?,
        };
        Ok(())
    }

    async fn is_whole(&self, db: &mut Connection, visit: &Visit, author: AccountId) -> sqlx::Result<bool> {
        if !visit.members().all(|it| self.here.author(it).is_some()) {
            return Ok(false);
        }
        for attachment in &visit.attachments {
            let stored = match self.firsts.get(attachment) {
                Some((_, Payload::Attachment(it))) => {
                    store::uploads::holds(db, *attachment, it, author).await?
                }
                _ => store::attachments::is_stored(db, *attachment).await?,
            };
            if !stored {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Judges a revision that was set aside once more: whether it may come in now, or why still not.
///
/// # Errors
///
/// The database's.
pub async fn judge_again(
    db: &mut Connection,
    author: &Account,
    revision: &store::records::Revision,
) -> sqlx::Result<Result<(Header, Payload), ParkReason>> {
    let Ok(envelope) = open(&revision.envelope) else { return Ok(Err(ParkReason::Unreadable)) };
    let payload = read(&envelope);
    let header = envelope.header;
    let mut judging = Judging {
        here: store::records::here(db, &[header.id, header.visit]).await?,
        firsts: HashMap::new(),
        last: 0,
        campaigns: HashMap::new(),
        members: HashMap::new(),
    };
    let verdict = judging.judge(db, author, &header, payload.as_ref(), revision.hash).await?;
    Ok(verdict.and(payload).map(|payload| (header, payload)))
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

/// The payload of an envelope, when it can be read and keeps its rules.
///
/// # Errors
///
/// `Unreadable` or `Invalid`.
pub fn read(envelope: &Envelope<'_>) -> Result<Payload, ParkReason> {
    fn parse<T: DeserializeOwned>(envelope: &Envelope<'_>) -> Result<T, ParkReason> {
        envelope.read().ok_or(ParkReason::Unreadable)
    }
    match envelope.header.kind {
        RecordKind::Visit => {
            let visit: Visit = parse(envelope)?;
            visit.check().map_err(|_| ParkReason::Invalid)?;
            Ok(Payload::Visit(Box::new(visit)))
        }
        RecordKind::Identity => {
            let identity: Identity = parse(envelope)?;
            identity.check().map_err(|_| ParkReason::Invalid)?;
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
        RecordKind::Answers => {
            let answers: Answers = parse(envelope)?;
            let fits = answers.visit == envelope.header.visit && answers.check().is_ok();
            if fits { Ok(Payload::Answers(answers)) } else { Err(ParkReason::Invalid) }
        }
    }
}
