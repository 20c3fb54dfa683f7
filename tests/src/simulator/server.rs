//! The server: the decisions that ship, over tables in memory and files that forget.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    changes::{Change, Changes, VisitProgress},
    envelope::{Envelope, Hash, RecordKind, open},
    id::RecordId,
    problem::Code,
    receipt::{backed_up_bytes, receipts_bytes},
    statement::Statement,
    sync::{Fit, Known, ParkReason, Push, Receipt, ReceiptState, Receipts, RefuseReason, fit},
};
use server::{
    history::{Mark, is_held},
    keys::ReceiptKey,
    store::Reach,
};
use uuid::Uuid;

use super::{
    Bug,
    network::{Answer, Request},
    store::Store,
};

/// Most changes of one answer here: few, so that pages follow each other.
const PAGE: usize = 3;

/// A revision.
#[derive(Clone, Debug)]
pub struct Row {
    pub sequence: u64,
    pub record: RecordId,
    pub kind: RecordKind,
    pub visit: RecordId,
    pub hash: Hash,
    pub bytes: Rc<[u8]>,
    pub parents: Vec<Hash>,
    pub parked: Option<ParkReason>,
    /// The phone that sent it.
    from: usize,
}

#[derive(Clone, Debug)]
pub struct Uploaded {
    length: usize,
    sha256: Hash,
    bytes: Vec<u8>,
    pub done: bool,
}

/// The database.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub rows: Vec<Row>,
    /// The latest change of each visit, by sequence.
    pub changes: BTreeMap<i64, RecordId>,
    pub latest_change: i64,
    /// Stretches of history and the latest change when they began.
    pub lives: Vec<(Uuid, i64)>,
    pub epoch: String,
    pub past: String,
    pub uploads: BTreeMap<RecordId, Uploaded>,
    pub backed_up_to: u64,
    backing_up_to: u64,
}

/// Whole attachments by their hash.
pub type Files = BTreeMap<Hash, Rc<[u8]>>;

/// A copy of everything at a moment.
#[derive(Clone, Debug)]
pub struct Backup {
    pub tables: Tables,
    pub files: Files,
}

enum Taken {
    Kept { record: RecordId, hash: Hash, sequence: u64 },
    Refused { hash: Hash, reason: RefuseReason },
}

enum Waits {
    Push(Vec<Taken>),
    Create(RecordId),
    Patch(RecordId),
}

/// One server on one data folder.
pub struct Server {
    pub tables: Store<Tables>,
    pub files: Store<Files>,
    pub up: bool,
    pub key: ReceiptKey,
    pub clock_off: i64,
    pub backups: Vec<Backup>,
    /// What it fails at, always.
    pub poisoned: BTreeSet<Hash>,
    /// Phones whose signing in has ended.
    pub signed_out: BTreeSet<usize>,
    waiting: Vec<((usize, u64), Waits)>,
    life: Uuid,
    ids: u128,
    bug: Bug,
}

impl Server {
    pub fn new(bug: Bug) -> Self {
        let mut server = Self {
            tables: Store::default(),
            files: Store::default(),
            up: false,
            key: ReceiptKey::of(&[1; 32]),
            clock_off: 0,
            backups: Vec::new(),
            poisoned: BTreeSet::new(),
            signed_out: BTreeSet::new(),
            waiting: Vec::new(),
            life: Uuid::nil(),
            ids: 1 << 64,
            bug,
        };
        server.start();
        server
    }

    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// Starts: a stretch of history begins.
    pub fn start(&mut self) {
        self.up = true;
        self.life = self.new_id();
        let (life, epoch) = (self.life, self.new_id().to_string());
        let tables = self.tables.change();
        if tables.epoch.is_empty() {
            tables.epoch = epoch;
        }
        tables.lives.push((life, tables.latest_change));
        self.tables.sync();
    }

    /// Ends as in a power cut.
    pub fn crash(&mut self) {
        self.up = false;
        self.waiting.clear();
        self.tables.crash();
        self.files.crash();
    }

    pub fn begin_backup(&mut self) {
        if !self.waiting.is_empty() {
            return;
        }
        let tables = self.tables.change();
        tables.backing_up_to = tables.rows.last().map_or(0, |it| it.sequence);
        self.tables.sync();
        self.backups
            .push(Backup { tables: self.tables.durable().clone(), files: self.files.durable().clone() });
    }

    /// The latest backup is verified off this host; the ones before it are not kept.
    pub fn end_backup(&mut self) {
        if !self.waiting.is_empty() || self.backups.is_empty() {
            return;
        }
        self.backups.drain(..self.backups.len() - 1);
        let tables = self.tables.change();
        tables.backed_up_to = tables.backed_up_to.max(tables.backing_up_to);
        self.tables.sync();
    }

    /// A backup is put back, and the server starts.
    pub fn restore(&mut self, n: usize) {
        self.crash();
        let backup = self.backups[n].clone();
        self.backups.truncate(n + 1);
        self.tables.replace(&backup.tables);
        self.files.replace(&backup.files);
        self.start();
    }

    fn date(&self, now: i64) -> i64 {
        now + self.clock_off
    }

    /// Takes a request; the answer, unless it waits for a commit.
    pub fn hear(&mut self, from: (usize, u64), request: Request, now: i64) -> Option<Answer> {
        let date = self.date(now);
        let heard = match request {
            Request::Push(body) => self.push(from, &body),
            Request::Create { id, .. } | Request::Patch { id, .. } if !self.takes_bytes(from.0, id) => {
                Err(Code::SignedOut)
            }
            Request::Pull { .. } if self.signed_out.contains(&from.0) => Err(Code::SignedOut),
            Request::Create { id, length, sha256 } => self.create(from, id, length, sha256),
            Request::Patch { id, offset, bytes, checksum } => self.patch(from, id, offset, &bytes, checksum),
            Request::Pull { cursor, known } => self.pull(date, cursor.as_deref(), known.as_deref()).map(Some),
        };
        let answer = heard.unwrap_or_else(|code| Some(Answer::problem(date, code)));
        if self.bug == Bug::ReceiptBeforeCommit
            && answer.is_none()
            && let Some((_, Waits::Push(taken))) = self.waiting.last()
        {
            let body = self.acknowledge(taken, self.tables.now());
            return Some(Answer::of(date, body));
        }
        answer.map(|it| Answer { date, ..it })
    }

    /// Goes on with what is under way; answers who is answered what by that.
    pub fn step(&mut self, now: i64) -> Vec<((usize, u64), Answer)> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        // Files first, in a step of their own: a crash in between leaves bytes that no row names.
        if self.files.durable().len() != self.files.now().len() {
            self.files.sync();
            return Vec::new();
        }
        self.tables.sync();
        let date = self.date(now);
        let waiting = std::mem::take(&mut self.waiting);
        let answers = waiting.into_iter().map(|(to, waits)| {
            let created = matches!(waits, Waits::Create(_));
            let answer = match waits {
                Waits::Push(taken) => Answer::of(date, self.acknowledge(&taken, self.tables.durable())),
                Waits::Create(id) | Waits::Patch(id) => match self.tables.durable().uploads.get(&id) {
                    Some(upload) if upload.done => offset(date, upload.length),
                    Some(upload) if upload.bytes.is_empty() && !created => {
                        Answer::problem(date, Code::WrongChecksum)
                    }
                    Some(upload) => offset(date, upload.bytes.len()),
                    None => Answer::problem(date, Code::NotFound),
                },
            };
            (to, answer)
        });
        answers.collect()
    }

    /// Whether something is under way.
    pub fn is_busy(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn push(&mut self, from: (usize, u64), body: &[u8]) -> Result<Option<Answer>, Code> {
        let push: Push = serde_json::from_slice(body).map_err(|_| Code::Malformed)?;
        self.meet(push.known.as_deref().and_then(Mark::read).as_slice())?;
        let envelopes: Vec<Vec<u8>> =
            push.envelopes.iter().map(|it| STANDARD.decode(it).unwrap_or_default()).collect();
        if envelopes.iter().any(|it| self.poisoned.contains(&Hash::of(it))) {
            return Err(Code::Internal);
        }
        let signed_out = self.signed_out.contains(&from.0);
        let tables = self.tables.change();
        let taken = envelopes.iter().map(|bytes| take(tables, bytes, from.0, signed_out)).collect();
        self.waiting.push((from, Waits::Push(taken)));
        Ok(None)
    }

    /// Bytes come in for whoever is signed in, and for what was taken in of theirs.
    fn takes_bytes(&self, phone: usize, id: RecordId) -> bool {
        let taken_in = |it: &Row| it.record == id && it.parked.is_none() && it.from == phone;
        !self.signed_out.contains(&phone) || self.tables.now().rows.iter().any(taken_in)
    }

    /// The office takes in what a phone sent after its signing in had ended.
    pub fn take_in(&mut self, phone: usize) {
        if self.waiting.is_empty() {
            take_in(self.tables.change(), phone);
            self.tables.sync();
        }
    }

    /// Begins another epoch when a mark speaks of what is not here.
    fn meet(&mut self, known: &[Mark]) -> Result<(), Code> {
        let tables = self.tables.now();
        let held = known.iter().all(|it| is_held(&tables.epoch, &tables.past, reach(tables, it.life), it));
        if held {
            return Ok(());
        }
        if self.is_busy() {
            // One transaction writes at a time.
            return Err(Code::Busy);
        }
        let epoch = self.new_id().to_string();
        let tables = self.tables.change();
        let before = std::mem::replace(&mut tables.epoch, epoch);
        tables.past = format!("{} {before}", tables.past);
        self.tables.sync();
        Ok(())
    }

    fn acknowledge(&self, taken: &[Taken], tables: &Tables) -> Vec<u8> {
        let epoch = &tables.epoch;
        let receipts: Vec<Receipt> = taken
            .iter()
            .map(|taken| match *taken {
                Taken::Refused { hash, reason } => Receipt {
                    record: None,
                    hash,
                    state: ReceiptState::Refused { reason },
                    epoch: epoch.clone(),
                    sequence: 0,
                },
                Taken::Kept { record, hash, sequence } => {
                    let row = tables.rows.iter().find(|it| it.sequence == sequence);
                    let complete = row.is_some_and(|it| is_complete(tables, it));
                    let parked = row.and_then(|it| it.parked);
                    let state = ReceiptState::of(parked, complete, sequence, tables.backed_up_to);
                    Receipt { record: Some(record), hash, state, epoch: epoch.clone(), sequence }
                }
            })
            .collect();
        let mark =
            Mark { epoch: epoch.clone(), life: self.life, sequence: tables.latest_change, revision: 0 }
                .text();
        let signature = Some(self.key.sign(&receipts_bytes(&receipts, Some(&mark))).to_string());
        serde_json::to_vec(&Receipts { receipts, signature, mark: Some(mark) }).expect("plain data")
    }

    fn create(
        &mut self,
        from: (usize, u64),
        id: RecordId,
        length: usize,
        sha256: Hash,
    ) -> Result<Option<Answer>, Code> {
        match self.tables.now().uploads.get(&id) {
            Some(same) if same.length == length && same.sha256 == sha256 => {}
            Some(_) => return Err(Code::Conflict),
            None => {
                let upload = Uploaded { length, sha256, bytes: Vec::new(), done: false };
                self.tables.change().uploads.insert(id, upload);
            }
        }
        self.waiting.push((from, Waits::Create(id)));
        Ok(None)
    }

    fn patch(
        &mut self,
        from: (usize, u64),
        id: RecordId,
        offset: usize,
        bytes: &[u8],
        checksum: Hash,
    ) -> Result<Option<Answer>, Code> {
        let upload = self.tables.now().uploads.get(&id).ok_or(Code::NotFound)?;
        if Hash::of(bytes) != checksum {
            return Err(Code::WrongChecksum);
        }
        if upload.done || offset != upload.bytes.len() {
            return Err(Code::WrongOffset);
        }
        if offset + bytes.len() > upload.length {
            return Err(Code::TooLarge);
        }
        let tables = self.tables.change();
        let upload = tables.uploads.get_mut(&id).expect("it was found above");
        upload.bytes.extend(bytes);
        if upload.bytes.len() == upload.length {
            let whole: Rc<[u8]> = std::mem::take(&mut upload.bytes).into();
            if Hash::of(&whole) == upload.sha256 {
                upload.done = true;
                self.files.change().insert(upload.sha256, whole);
                came_late(tables, id);
            }
        }
        self.waiting.push((from, Waits::Patch(id)));
        Ok(None)
    }

    fn pull(&mut self, date: i64, cursor: Option<&str>, known: Option<&str>) -> Result<Answer, Code> {
        let given = cursor.and_then(read_cursor);
        let marks: Vec<Mark> =
            given.iter().map(|it| it.0.clone()).chain(known.and_then(Mark::read)).collect();
        self.meet(&marks)?;
        let tables = self.tables.durable();
        let same = given.as_ref().is_some_and(|it| it.0.epoch == tables.epoch);
        let from = given.filter(|_| same).map_or(0, |it| it.1);
        let page: Vec<(i64, RecordId)> =
            tables.changes.range(from + 1..).take(PAGE).map(|(n, visit)| (*n, *visit)).collect();
        let mut sequence = page.last().map_or(from, |it| it.0);
        let more = page.len() == PAGE;
        if self.bug == Bug::CursorPastUncommitted && !more {
            sequence = self.tables.now().latest_change;
        }
        let reached = tables.latest_change;
        let mark = Mark { epoch: tables.epoch.clone(), life: self.life, sequence: reached, revision: 0 };
        let cursor = format!("{}.{sequence}", mark.text());
        let changes = page.iter().map(|(_, visit)| {
            let complete = tables.rows.iter().any(|it| it.record == *visit && is_complete(tables, it));
            Change::VisitProgress {
                progress: VisitProgress { visit: *visit, complete, statements: Vec::new() },
            }
        });
        let backed_up_to = tables.backed_up_to;
        let signature = Some(self.key.sign(&backed_up_bytes(&tables.epoch, backed_up_to)).to_string());
        let changes = Changes {
            left_n: 0,
            cursor,
            more,
            restart: !same,
            epoch: tables.epoch.clone(),
            changes: changes.collect(),
            backed_up_to,
            signature,
        };
        Ok(Answer::of(date, serde_json::to_vec(&changes).expect("plain data")))
    }
}

/// What a cursor says: how far the history reached, and where the reader is.
pub fn read_cursor(text: &str) -> Option<(Mark, i64)> {
    let (mark, sequence) = text.split_once('.')?;
    Some((Mark::read(mark)?, sequence.parse().ok()?))
}

fn offset(date: i64, n: usize) -> Answer {
    Answer { offset: Some(n), ..Answer::of(date, Vec::new()) }
}

/// How far a stretch of history went, when it is known. Here a change is noted with its revision.
pub fn reach(tables: &Tables, life: Uuid) -> Option<Reach> {
    let n = tables.lives.iter().position(|it| it.0 == life)?;
    let change = tables.lives.get(n + 1).map_or(tables.latest_change, |it| it.1);
    Some(Reach { change, revision: i64::MAX })
}

/// Judges and keeps one envelope, as `intake.rs` does; what came only with a device's word is set aside.
fn take(tables: &mut Tables, bytes: &[u8], from: usize, signed_out: bool) -> Taken {
    let hash = Hash::of(bytes);
    let Ok(envelope) = open(bytes) else {
        return Taken::Refused { hash, reason: RefuseReason::NotAnEnvelope };
    };
    let header = &envelope.header;
    let same = tables.rows.iter().find(|it| it.record == header.id && it.hash == hash);
    if let Some((sequence, parked)) = same.map(|it| (it.sequence, it.parked)) {
        if !signed_out && parked == Some(ParkReason::SignedOut) {
            take_in(tables, from);
        }
        return Taken::Kept { record: header.id, hash, sequence };
    }
    let parked = if signed_out { Some(ParkReason::SignedOut) } else { judge(tables, &envelope, hash) };
    let sequence = tables.rows.last().map_or(0, |it| it.sequence) + 1;
    let (record, visit) = (header.id, header.visit);
    tables.rows.push(Row {
        sequence,
        record,
        kind: header.kind,
        visit,
        hash,
        bytes: bytes.into(),
        parents: header.parents.clone(),
        parked,
        from,
    });
    if parked.is_none() {
        note(tables, visit);
    }
    Taken::Kept { record, hash, sequence }
}

/// Judges what waited for a phone's person to sign in, as `reading_out.rs` does.
fn take_in(tables: &mut Tables, phone: usize) {
    for n in 0..tables.rows.len() {
        let row = tables.rows[n].clone();
        if row.from != phone || row.parked != Some(ParkReason::SignedOut) {
            continue;
        }
        let Ok(envelope) = open(&row.bytes) else { continue };
        tables.rows[n].parked = judge(tables, &envelope, row.hash);
        if tables.rows[n].parked.is_none() {
            note(tables, row.visit);
        }
    }
}

/// Whether a revision may come in; one that is here already does not vouch for itself.
fn judge(tables: &Tables, envelope: &Envelope<'_>, hash: Hash) -> Option<ParkReason> {
    let header = &envelope.header;
    let of_record: Vec<&Row> =
        tables.rows.iter().filter(|it| it.record == header.id && it.hash != hash).collect();
    let known: Vec<Known> = of_record
        .iter()
        .map(|it| Known { hash: it.hash, parents: it.parents.clone(), parked: it.parked.is_some() })
        .collect();
    let first = of_record.iter().find(|it| it.parked.is_none()).and_then(|it| open(&it.bytes).ok());
    let said = |it: &Envelope<'_>| it.read::<Statement>();
    let words = first.as_ref().and_then(said).zip(said(envelope));
    let words = words.as_ref().map(|(first, later)| (first, later));
    match fit(&known, first.as_ref().map(|it| &it.header), header, hash, words) {
        Fit::Park(reason) => Some(reason),
        Fit::Same | Fit::Next | Fit::Fork => None,
    }
}

fn note(tables: &mut Tables, visit: RecordId) {
    tables.changes.retain(|_, it| *it != visit);
    tables.latest_change += 1;
    tables.changes.insert(tables.latest_change, visit);
}

/// Bytes came after their record, which a backup may have without them.
fn came_late(tables: &mut Tables, id: RecordId) {
    let row = tables.rows.iter().find(|it| it.record == id && it.parked.is_none());
    if let Some((sequence, visit)) = row.map(|it| (it.sequence, it.visit)) {
        tables.backed_up_to = tables.backed_up_to.min(sequence - 1);
        tables.backing_up_to = tables.backing_up_to.min(sequence - 1);
        note(tables, visit);
    }
}

/// A visit is complete when all that it names are; here its payload is the list of them.
fn is_complete(tables: &Tables, row: &Row) -> bool {
    match row.kind {
        RecordKind::Identity | RecordKind::Statement | RecordKind::Answers => true,
        RecordKind::Attachment => tables.uploads.get(&row.record).is_some_and(|it| it.done),
        RecordKind::Visit => {
            let members: Vec<RecordId> = open(&row.bytes).ok().and_then(|it| it.read()).unwrap_or_default();
            members.iter().all(|member| {
                tables
                    .rows
                    .iter()
                    .any(|it| it.record == *member && it.parked.is_none() && is_complete(tables, it))
            })
        }
    }
}
