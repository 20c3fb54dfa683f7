//! A phone: `domain::sending` over a store that forgets what was not synced.

use std::{collections::BTreeMap, rc::Rc};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    changes::{Change, Changes},
    envelope::{Hash, RecordKind},
    id::RecordId,
    media::{MediaItem, MediaState, in_order},
    outbox::{Check, Fate, OutboxItem, wait_ms},
    receipt::{PublicKey, Signature, backed_up_bytes, receipts_bytes},
    sending::{Act, Failure, History, Run, Step, Upload, epoch_of},
    sync::{Push, Receipts},
};
use ed25519_dalek::{Verifier, VerifyingKey};

use super::{
    Bug, Dice,
    network::{Answer, Request},
    store::Store,
};

/// Bytes of one part of an upload here: few, so that uploads are cut.
const PART_BYTES: usize = 80;

/// What lies on a phone.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// Drafts that were begun, and what they will be sent as.
    pub drafts: BTreeMap<RecordId, Vec<Sealed>>,
    pub outbox: BTreeMap<Hash, OutboxItem>,
    pub envelopes: BTreeMap<Hash, Rc<[u8]>>,
    pub media: BTreeMap<RecordId, MediaItem>,
    pub slices: BTreeMap<RecordId, Rc<[u8]>>,
    pub history: History,
    pub cursor: Option<String>,
    pub visits: BTreeMap<RecordId, bool>,
    pub key: Option<PublicKey>,
}

/// A frozen envelope with its item, and the bytes that belong to it.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub item: OutboxItem,
    pub envelope: Rc<[u8]>,
    pub media: Option<(MediaItem, Rc<[u8]>)>,
}

/// What a phone waits for.
enum Doing {
    Nothing,
    /// To know what is next.
    Running(Run),
    Uploading(Run, RecordId, Upload),
    /// For the answer to its latest request.
    Pushed(Run, Vec<OutboxItem>),
    Sent(Run, RecordId, Upload),
    Pulled(Run),
    /// Until what it changed is on disk; then it goes on.
    Keeping(Box<Self>),
}

pub struct Phone {
    pub disk: Store<Disk>,
    pub clock_off: i64,
    /// Whether its browser knows Ed25519.
    pub checks: bool,
    /// Names its latest request: another one's answer is not heard.
    pub number: u64,
    /// Someone else's key answers.
    pub alarmed: bool,
    /// What it let go of for its age, with no backup heard of; since the last look, and ever.
    pub aged: Vec<Hash>,
    pub aged_all: Vec<Hash>,
    doing: Doing,
    failures: u32,
    wakes_at: i64,
    bug: Bug,
}

impl Phone {
    pub fn new(checks: bool, key: PublicKey, bug: Bug) -> Self {
        let mut disk = Store::<Disk>::default();
        disk.change().key = Some(key);
        disk.sync();
        Self {
            disk,
            clock_off: 0,
            checks,
            number: 0,
            alarmed: false,
            aged: Vec::new(),
            aged_all: Vec::new(),
            doing: Doing::Nothing,
            failures: 0,
            wakes_at: i64::MIN,
            bug,
        }
    }

    /// The app is killed.
    pub fn crash(&mut self) {
        self.disk.crash();
        self.doing = Doing::Nothing;
    }

    /// A person signs in anew: the key of that is kept, and what was set aside for want of it is offered again.
    pub fn sign_in(&mut self, key: PublicKey) {
        self.crash();
        let disk = self.disk.change();
        disk.key = Some(key);
        disk.outbox.values_mut().filter(|it| it.wants_signing_in()).for_each(|it| *it = it.again());
        self.disk.sync();
        self.alarmed = false;
    }

    /// Whether it has nothing under way.
    pub fn is_idle(&self) -> bool {
        matches!(self.doing, Doing::Nothing)
    }

    /// Whether it waits for an answer.
    pub fn waits(&self) -> bool {
        matches!(self.doing, Doing::Pushed(..) | Doing::Sent(..) | Doing::Pulled(..))
    }

    /// Sends a draft: all of it in one write.
    pub fn send(&mut self, visit: RecordId) {
        let disk = self.disk.change();
        for Sealed { item, envelope, media } in disk.drafts.remove(&visit).unwrap_or_default() {
            disk.outbox.insert(item.hash, item);
            disk.envelopes.insert(item.hash, envelope);
            if let Some((item, bytes)) = media {
                disk.slices.insert(item.id, bytes);
                disk.media.insert(item.id, item);
            }
        }
    }

    /// Goes on; answers what it asks the server for.
    pub fn step(&mut self, now: i64) -> Option<Request> {
        match std::mem::replace(&mut self.doing, Doing::Nothing) {
            Doing::Nothing if self.wakes_at <= now => {
                let run = Run::begin(&self.owed());
                self.keep(Doing::Running(run));
                None
            }
            Doing::Nothing => None,
            Doing::Keeping(then) => {
                self.disk.sync();
                self.doing = *then;
                None
            }
            Doing::Running(run) => self.next(run, now),
            Doing::Uploading(run, id, upload) => self.upload(run, id, upload),
            waiting => {
                self.doing = waiting;
                None
            }
        }
    }

    fn keep(&mut self, then: Doing) {
        self.doing = Doing::Keeping(Box::new(then));
    }

    fn owed(&self) -> Vec<OutboxItem> {
        let mut owed: Vec<OutboxItem> =
            self.disk.now().outbox.values().filter(|it| !it.state.is_settled()).copied().collect();
        owed.sort_by_key(|it| (it.frozen_at, it.record, it.hash));
        owed
    }

    fn next(&mut self, mut run: Run, now: i64) -> Option<Request> {
        let (owed, disk) = (self.owed(), self.disk.now());
        let mut media: Vec<MediaItem> =
            disk.media.values().filter(|it| it.state.is_owed()).cloned().collect();
        in_order(&mut media);
        match run.next(&owed, &media, now + self.clock_off) {
            Act::Push(part) => {
                let envelopes = part.iter().map(|it| STANDARD.encode(&disk.envelopes[&it.hash])).collect();
                let push = Push { envelopes, known: Some(disk.history.known().to_owned()) };
                self.doing = Doing::Pushed(run, part);
                Some(self.asks(Request::Push(serde_json::to_vec(&push).expect("plain data"))))
            }
            Act::Upload(id) => {
                let upload = Upload::of(disk.slices[&id].len());
                self.upload(run, id, upload)
            }
            Act::Pull => {
                let request = Request::Pull {
                    cursor: disk.cursor.clone(),
                    known: Some(disk.history.known().to_owned()),
                };
                self.doing = Doing::Pulled(run);
                Some(self.asks(request))
            }
            Act::Done(done) => {
                self.rest(done.is_err(), None, now);
                None
            }
        }
    }

    fn asks(&mut self, request: Request) -> Request {
        self.number += 1;
        request
    }

    fn upload(&mut self, run: Run, id: RecordId, upload: Upload) -> Option<Request> {
        let request = match upload.next(PART_BYTES) {
            Step::Done => {
                self.doing = Doing::Running(run);
                return None;
            }
            Step::Announce => {
                let bytes = &self.disk.now().slices[&id];
                Request::Create { id, length: bytes.len(), sha256: Hash::of(bytes) }
            }
            Step::Send(from, to) => {
                let bytes = self.disk.now().slices[&id].get(from..to).unwrap_or_default().to_vec();
                Request::Patch { id, offset: from, checksum: Hash::of(&bytes), bytes }
            }
        };
        self.doing = Doing::Sent(run, id, upload);
        Some(self.asks(request))
    }

    /// Ends a run: the next one is due at once, or after a while when it failed.
    fn rest(&mut self, failed: bool, asked_ms: Option<u64>, now: i64) {
        self.doing = Doing::Nothing;
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        let wait = if failed { wait_ms(self.failures, 0, asked_ms) } else { 0 };
        self.wakes_at = now.saturating_add_unsigned(wait);
    }

    /// Gives up waiting: whether the request arrived is not known.
    pub fn time_out(&mut self, now: i64) {
        if self.waits() {
            self.disk.crash();
            self.rest(true, None, now);
        }
    }

    /// Hears an answer.
    pub fn hear(&mut self, answer: Answer, now: i64, dice: &mut Dice) {
        let heard = match std::mem::replace(&mut self.doing, Doing::Nothing) {
            _ if !answer.ours && self.bug != Bug::RemovalWithoutReceipt => None,
            Doing::Pushed(run, part) => self.pushed(run, part, &answer, now),
            Doing::Sent(run, id, mut upload) => match (answer.problem, answer.offset) {
                (None, Some(n)) => {
                    upload.reached(n);
                    Some(Doing::Uploading(run, id, upload))
                }
                (Some(code), _) if upload.failed(Some(code)) => Some(Doing::Uploading(run, id, upload)),
                (None, None) => None,
                _ => self.upload_failed(run, id, &answer, now),
            },
            Doing::Pulled(run) => self.pulled(run, &answer, dice),
            other => Some(other),
        };
        match heard {
            Some(then) => self.doing = then,
            None => {
                self.disk.crash();
                self.rest(true, answer.retry_after_ms, now);
            }
        }
    }

    fn upload_failed(&mut self, mut run: Run, id: RecordId, answer: &Answer, now: i64) -> Option<Doing> {
        let state = run.upload_failed(answer.problem, now + self.clock_off).ok()?;
        if let Some((state, item)) = state.zip(self.disk.change().media.get_mut(&id)) {
            item.state = state;
        }
        Some(Doing::Keeping(Box::new(Doing::Running(run))))
    }

    fn check(&mut self, bytes: &[u8], signature: Option<&str>) -> Check {
        let (Some(key), true) = (self.disk.now().key, self.checks) else { return Check::Unable };
        let valid = signature.and_then(|it| it.parse::<Signature>().ok()).is_some_and(|it| {
            let signature = ed25519_dalek::Signature::from_bytes(&it.0);
            VerifyingKey::from_bytes(&key.0).is_ok_and(|it| it.verify(bytes, &signature).is_ok())
        });
        self.alarmed = !valid;
        if valid { Check::Valid } else { Check::Wrong }
    }

    fn pushed(&mut self, mut run: Run, part: Vec<OutboxItem>, answer: &Answer, now: i64) -> Option<Doing> {
        let phone_now = now + self.clock_off;
        if self.bug == Bug::RemovalWithoutReceipt && answer.problem.is_none() {
            for item in &part {
                self.let_go(item);
            }
            return Some(Doing::Keeping(Box::new(Doing::Running(run))));
        }
        if answer.problem.is_some() {
            let aside = run.failed(part, Failure::of(answer.problem))?;
            self.put(aside, phone_now);
            return Some(Doing::Keeping(Box::new(Doing::Running(run))));
        }
        let receipts: Receipts = serde_json::from_slice(&answer.body).ok()?;
        let check = self.check(
            &receipts_bytes(&receipts.receipts, receipts.mark.as_deref()),
            receipts.signature.as_deref(),
        );
        if check == Check::Wrong {
            return None;
        }
        let epoch = epoch_of(&part, &receipts).ok()?.to_owned();
        self.meet(&epoch)?;
        let disk = self.disk.change();
        disk.history.know(&epoch, receipts.mark.as_deref());
        for (item, receipt) in part.iter().zip(&receipts.receipts) {
            let Some(item) = disk.outbox.get_mut(&item.hash) else { continue };
            item.take(receipt, check, phone_now, answer.date);
            if item.kind == RecordKind::Attachment
                && item.state.is_settled()
                && let Some(media) = disk.media.get_mut(&item.record)
            {
                media.state = MediaState::Stored { at: phone_now };
            }
        }
        self.put(run.taken(), phone_now);
        Some(Doing::Keeping(Box::new(Doing::Running(run))))
    }

    fn put(&mut self, aside: Vec<OutboxItem>, phone_now: i64) {
        self.disk.change().outbox.extend(aside.iter().map(|it| (it.hash, it.failed(phone_now))));
    }

    /// Offers all again when the history is another.
    fn meet(&mut self, epoch: &str) -> Option<()> {
        if self.disk.now().history.is_another(epoch).ok()? {
            let disk = self.disk.change();
            disk.outbox.values_mut().for_each(|it| *it = it.again());
            disk.media.values_mut().for_each(|it| it.state = it.state.again());
            disk.history.know(epoch, None);
            self.disk.sync();
        }
        Some(())
    }

    fn let_go(&mut self, item: &OutboxItem) {
        let disk = self.disk.change();
        disk.outbox.remove(&item.hash);
        disk.envelopes.remove(&item.hash);
        if item.kind == RecordKind::Attachment {
            disk.media.remove(&item.record);
            disk.slices.remove(&item.record);
        }
    }

    fn pulled(&mut self, run: Run, answer: &Answer, dice: &mut Dice) -> Option<Doing> {
        if answer.problem.is_some() {
            return None;
        }
        let page: Changes = serde_json::from_slice(&answer.body).ok()?;
        let check = self.check(&backed_up_bytes(&page.epoch, page.backed_up_to), page.signature.as_deref());
        if check == Check::Wrong {
            return None;
        }
        self.meet(&page.epoch)?;
        let disk = self.disk.change();
        if page.restart {
            disk.visits.clear();
        }
        disk.history.know(&page.epoch, None);
        disk.cursor = Some(page.cursor);
        for change in page.changes {
            if let Change::VisitProgress { progress } = change {
                disk.visits.insert(progress.visit, progress.complete);
            }
        }
        // The app pulls all pages at once; here other things may happen in between.
        let mut then = Doing::Running(run);
        if !page.more && check == Check::Valid {
            for item in self.disk.now().outbox.clone().into_values() {
                match item.fate(page.backed_up_to, answer.date) {
                    Fate::Stays => {}
                    Fate::Again => {
                        self.disk.change().outbox.insert(item.hash, item.again());
                    }
                    Fate::Goes => {
                        if item.fate(page.backed_up_to, i64::MIN) == Fate::Stays {
                            self.aged.push(item.hash);
                            self.aged_all.push(item.hash);
                        }
                        self.let_go(&item);
                    }
                }
            }
        } else if dice.chance(700) {
            then = Doing::Nothing;
        }
        Some(Doing::Keeping(Box::new(then)))
    }
}
