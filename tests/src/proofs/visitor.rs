//! A client that pushes visits and goes on with each until it is acknowledged.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::bail;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    attachment::{Attachment, AttachmentKind},
    draft::{Beginning, Draft},
    envelope::Hash,
    id::RecordId,
    outbox::OutboxItem,
    problem::Code,
    respondent::{Identity, RespondentKind},
    sending::{Step, Upload, epoch_of},
    statement::Kind,
    sync::{Push, ReceiptState, Receipts},
    visit::{Entered, Given},
};
use uuid::Uuid;

use super::{
    served::{LOOKS_EVERY, Sender},
    wire::{Answer, Wire},
};
use crate::simulator::Dice;

/// With three statements of these a visit has about 4 kB.
const WORDS: &str = "去办低保，工作人员说材料不全，一次没有说清楚，来回跑了三趟；第二次去，窗口没有人，等了一个上午，\
    旁边的人说是开会去了，也没有挂牌子。后来打电话问，说还要村里盖章，村里又说章在镇上。希望一次讲明白要带什么。";

/// What all clients of a proof know together.
pub struct Shared {
    /// Visits that may be begun; whoever would begin one more waits.
    pub may_begin: AtomicUsize,
    begun_n: AtomicUsize,
    /// The proof ends; what is under way is still finished while there is a server.
    pub over: AtomicBool,
    /// Visits acknowledged with everything that belongs to them.
    pub visits_n: AtomicUsize,
    /// Answers by which nothing was acknowledged.
    pub refused_n: AtomicUsize,
    /// Lines that broke before the answer was here.
    pub broken_n: AtomicUsize,
    /// Revisions that were acknowledged.
    pub revisions: Mutex<Vec<(RecordId, Hash)>>,
    /// Attachments that were acknowledged: hash and id.
    pub wholes: Mutex<Vec<(RecordId, Hash)>>,
    epoch: Mutex<Option<String>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            may_begin: AtomicUsize::new(usize::MAX),
            begun_n: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            visits_n: AtomicUsize::new(0),
            refused_n: AtomicUsize::new(0),
            broken_n: AtomicUsize::new(0),
            revisions: Mutex::default(),
            wholes: Mutex::default(),
            epoch: Mutex::default(),
        }
    }
}

impl Shared {
    /// Whether one more visit may begin now.
    fn begins(&self) -> bool {
        let may = self.may_begin.load(Ordering::Relaxed);
        let one_more = |it: usize| (it < may).then_some(it + 1);
        self.begun_n.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// A visit that is to arrive.
pub struct Sealed {
    pub items: Vec<OutboxItem>,
    pub envelopes: Vec<Vec<u8>>,
    pub media: Vec<(RecordId, AttachmentKind, Vec<u8>)>,
}

impl Sealed {
    /// A visit with as many statements and attachments of these lengths.
    pub fn made(
        sender: &Sender,
        dice: &mut Dice,
        statements: usize,
        media: &[(AttachmentKind, usize)],
    ) -> Self {
        let now = super::now();
        let id = |dice: &mut Dice| RecordId(new_id(dice));
        let account = &sender.session.account;
        let beginning = Beginning {
            id: id(dice),
            campaign: sender.session.campaign.as_ref().expect("it was set up").id,
            unit: account.unit.as_ref().expect("the office has one").id,
            account: account.id,
            name: account.name.clone(),
            respondent_kind: RespondentKind::Household,
            place: "李家坳村".to_owned(),
            identity: Some((id(dice), Identity { name: "李桂兰".to_owned(), ..Identity::default() })),
            entered: Entered::OnTheSpot,
        };
        let mut draft = Draft::begin(beginning, now - 3_600_000);
        draft.visit.value.consent.given = Given::Spoken;
        for _ in 0..statements {
            let index = draft.add_statement(id(dice), Kind::Problem, now);
            draft.statements[index].value.words = format!("{WORDS}{}", dice.roll());
        }
        let media: Vec<_> = media
            .iter()
            .map(|(kind, length)| {
                (id(dice), *kind, (0..*length).map(|_| dice.roll().to_be_bytes()[0]).collect())
            })
            .collect();
        for (id, kind, bytes) in &media {
            let bytes: &Vec<u8> = bytes;
            let (media_type, duration_ms) = match kind {
                AttachmentKind::Voice => ("audio/webm;codecs=opus", Some(3_000)),
                AttachmentKind::Photo => ("image/jpeg", None),
            };
            let attachment = Attachment {
                kind: *kind,
                media_type: media_type.to_owned(),
                bytes_n: bytes.len() as u64,
                sha256: Hash::of(bytes),
                statement: draft.statements.first().map(|it| it.id),
                duration_ms,
                gaps: Vec::new(),
                taken_at: now,
            };
            draft.attach(*id, attachment, now);
        }
        let frozen = draft.freeze(now);
        let items = frozen.iter().map(|it| it.item).collect();
        Self { items, envelopes: frozen.into_iter().map(|it| it.envelope).collect(), media }
    }
}

/// A time-ordered id, as phones make them, of the seed's.
fn new_id(dice: &mut Dice) -> Uuid {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&dice.roll().to_be_bytes());
    random[8..].copy_from_slice(&dice.roll().to_be_bytes()[..2]);
    uuid::Builder::from_unix_timestamp_millis(super::now().unsigned_abs(), &random).into_uuid()
}

/// A request with a body.
pub fn with_body(method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// The request that pushes envelopes.
pub fn pushing(token: &str, envelopes: &[Vec<u8>], known: Option<String>) -> Vec<u8> {
    let push = Push { envelopes: envelopes.iter().map(|it| STANDARD.encode(it)).collect(), known };
    let body = serde_json::to_vec(&push).expect("plain data");
    with_body("POST", "/api/v1/records/batch", token, &[("content-type", "application/json")], &body)
}

fn announcing(token: &str, id: RecordId, bytes: &[u8]) -> Vec<u8> {
    let (length, hash) = (bytes.len().to_string(), Hash::of(bytes).to_string());
    let metadata = format!("id {},sha256 {}", STANDARD.encode(id.to_string()), STANDARD.encode(hash));
    let headers = [TUS, ("upload-length", &*length), ("upload-metadata", &*metadata)];
    with_body("POST", "/api/v1/uploads", token, &headers, &[])
}

/// The request that announces an upload, or sends one part of it.
pub fn uploading(token: &str, id: RecordId, bytes: &[u8], step: Step) -> Vec<u8> {
    let Step::Send(from, to) = step else { return announcing(token, id, bytes) };
    let part = &bytes[from..to];
    let (offset, checksum) = (from.to_string(), format!("sha256 {}", STANDARD.encode(Hash::of(part).0)));
    let headers = [
        TUS,
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", &*offset),
        ("upload-checksum", &*checksum),
    ];
    with_body("PATCH", &format!("/api/v1/uploads/{id}"), token, &headers, part)
}

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

/// One client with a connection of its own.
pub struct Visitor<'a> {
    pub sender: &'a Sender,
    pub port: u16,
    pub shared: &'a Shared,
    pub dice: Dice,
    /// The one status by which the server may refuse and be asked again.
    pub refuses_by: u16,
    /// Of ten visits so many have an attachment.
    pub attached_of_10: usize,
    line: Option<Wire>,
    mark: Option<String>,
}

impl<'a> Visitor<'a> {
    /// One that is not connected yet.
    pub fn new(sender: &'a Sender, port: u16, shared: &'a Shared, dice: Dice, refuses_by: u16) -> Self {
        Self { sender, port, shared, dice, refuses_by, attached_of_10: 1, line: None, mark: None }
    }

    /// Sends visits until the proof is over.
    ///
    /// # Errors
    ///
    /// An answer that must not be.
    pub fn run(&mut self) -> anyhow::Result<()> {
        while !self.shared.is_over() {
            if !self.shared.begins() {
                std::thread::sleep(LOOKS_EVERY);
                continue;
            }
            let statements = 1 + self.dice.below(2);
            let attached = self.dice.below(10) < self.attached_of_10;
            let length = 1 + self.dice.below(20_000);
            let media = [(AttachmentKind::Voice, length)];
            let visit =
                Sealed::made(self.sender, &mut self.dice, statements, if attached { &media } else { &[] });
            if self.deliver(&visit)?.is_some() {
                self.shared.visits_n.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn deliver(&mut self, visit: &Sealed) -> anyhow::Result<Option<()>> {
        // Until it is answered, the same bytes.
        let push = pushing(&self.sender.token, &visit.envelopes, self.mark.clone());
        let Some(states) = self.push(&push, visit)? else { return Ok(None) };
        if visit.media.is_empty() {
            if states.iter().any(|it| *it != ReceiptState::Stored) {
                bail!("a visit without attachments is {states:?}");
            }
            return Ok(Some(()));
        }
        for (id, _, bytes) in &visit.media {
            if self.upload(*id, bytes)?.is_none() {
                return Ok(None);
            }
        }
        loop {
            let Some(states) = self.push(&push, visit)? else { return Ok(None) };
            if states.iter().all(|it| *it == ReceiptState::Stored) {
                return Ok(Some(()));
            }
            // What belongs to it is noted a moment later, when the server could not read it out at once.
            if self.shared.is_over() {
                return Ok(None);
            }
            std::thread::sleep(LOOKS_EVERY);
        }
    }

    /// Asks until there is an answer other than that the server cannot now; `None` once the proof is over and
    /// nobody answers.
    fn ask(&mut self, request: &[u8]) -> anyhow::Result<Option<Answer>> {
        loop {
            let answer = match self.line.take().map_or_else(|| Wire::open(self.port), Ok) {
                Ok(mut line) => line.ask(request).inspect(|_| self.line = Some(line)),
                Err(cause) => Err(cause),
            };
            match answer {
                Ok(answer) if answer.status == self.refuses_by => {
                    self.shared.refused_n.fetch_add(1, Ordering::Relaxed);
                }
                Ok(answer) if answer.status >= 500 => {
                    bail!("status {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
                }
                Ok(answer) => return Ok(Some(answer)),
                Err(_) => {
                    self.shared.broken_n.fetch_add(1, Ordering::Relaxed);
                }
            }
            if self.shared.is_over() {
                return Ok(None);
            }
            std::thread::sleep(LOOKS_EVERY);
        }
    }

    fn push(&mut self, request: &[u8], visit: &Sealed) -> anyhow::Result<Option<Vec<ReceiptState>>> {
        let Some(answer) = self.ask(request)? else { return Ok(None) };
        if answer.status != 200 {
            bail!("a push got {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        let receipts: Receipts = serde_json::from_slice(&answer.body)?;
        let Ok(epoch) = epoch_of(&visit.items, &receipts) else { bail!("no receipts for what was sent") };
        let mut known = self.shared.epoch.lock().expect("no client panics");
        if known.get_or_insert_with(|| epoch.to_owned()) != epoch {
            bail!("the server lost what it acknowledged, and says so: it is in another history");
        }
        drop(known);
        self.mark.clone_from(&receipts.mark);
        let states: Vec<ReceiptState> = receipts.receipts.iter().map(|it| it.state).collect();
        if !states.iter().all(|it| matches!(it, ReceiptState::Stored | ReceiptState::Incomplete)) {
            bail!("a good visit is {states:?}");
        }
        let mut kept = self.shared.revisions.lock().expect("no client panics");
        kept.extend(visit.items.iter().map(|it| (it.record, it.hash)));
        Ok(Some(states))
    }

    fn upload(&mut self, id: RecordId, bytes: &[u8]) -> anyhow::Result<Option<()>> {
        let part_bytes = 1 + self.dice.below(bytes.len());
        let mut upload = Upload::of(bytes.len());
        loop {
            let step = upload.next(part_bytes);
            if step == Step::Done {
                self.shared.wholes.lock().expect("no client panics").push((id, Hash::of(bytes)));
                return Ok(Some(()));
            }
            let Some(answer) = self.ask(&uploading(&self.sender.token, id, bytes, step))? else {
                return Ok(None);
            };
            match answer.header("upload-offset").and_then(|it| it.parse().ok()) {
                Some(reached) if answer.status < 300 => upload.reached(reached),
                // A part that arrived before the line broke is not taken twice. A phone begins another run then.
                _ if answer.code() == Some(Code::WrongOffset) => upload = Upload::of(bytes.len()),
                _ => bail!("an upload got {}: {}", answer.status, String::from_utf8_lossy(&answer.body)),
            }
        }
    }
}
