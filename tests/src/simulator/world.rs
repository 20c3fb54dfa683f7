//! Everything that happens, one thing a step.

use std::{collections::BTreeSet, rc::Rc};

use domain::{
    attachment::AttachmentKind,
    envelope::{FORM_VERSION, Hash, Header, RecordKind, freeze},
    id::{CampaignId, RecordId, UnitId},
    media::{MediaItem, MediaState, Whole},
    outbox::{OutboxItem, OutboxState},
    statement::{Kind, Statement},
};
use server::keys::ReceiptKey;
use uuid::Uuid;

use super::{
    Bug, Dice,
    check::{Checker, Violation},
    network::{Answer, Flight, Network, What},
    phone::{Phone, Sealed},
    server::Server,
};

const PHONES_N: usize = 4;
/// Most revisions of a simulation: what is looked at after each step must stay small.
const MADE_MAX: usize = 60;
/// The step of a trace that stands for the calm.
const CALM: usize = 999_999;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Rounds within which everything arrives once the line is calm.
const CALM_ROUNDS_MAX: usize = 2_000;

/// What came of a simulation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// Revisions that phones were told are stored.
    pub stored_n: usize,
    /// Revisions whose bytes phones let go of.
    pub removed_n: usize,
    /// How often a phone met another history.
    pub epochs_n: usize,
}

/// One world from one number.
pub struct Simulation {
    seed: u64,
    dice: Dice,
    phones: Vec<Phone>,
    server: Server,
    network: Network,
    checker: Checker,
    /// The real time, in milliseconds; clocks are off from it.
    now: i64,
    ids: u128,
    made_n: usize,
    /// Latest revisions of statements, to be amended: whose, header, what was said.
    said: Vec<(usize, Header, Statement, Hash)>,
    restored: bool,
    trace: Option<Vec<String>>,
}

impl Simulation {
    /// The world of a seed.
    pub fn new(seed: u64, bug: Bug) -> Self {
        let server = Server::new(bug);
        let key = server.key.public();
        // The last one's browser cannot check signatures.
        let phones = (0..PHONES_N).map(|n| Phone::new(n + 1 < PHONES_N, key, bug)).collect();
        Self {
            seed,
            dice: Dice::of(seed),
            phones,
            server,
            network: Network::default(),
            checker: Checker::default(),
            now: 1_795_399_200_000,
            ids: 0,
            made_n: 0,
            said: Vec::new(),
            restored: false,
            trace: None,
        }
    }

    /// The same, noting what happens.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.trace = Some(Vec::new());
        self
    }

    /// What happened, a line a step.
    pub fn trace(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// Runs `steps` steps, then lets everything arrive.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn run(&mut self, steps: usize) -> Result<Done, Violation> {
        for step in 0..steps {
            self.step(step).map_err(|what| Violation { seed: self.seed, step, what })?;
        }
        self.calm().map_err(|what| Violation { seed: self.seed, step: steps, what })?;
        let Checker { stored_n, removed_n, epochs_n, .. } = self.checker;
        Ok(Done { stored_n, removed_n, epochs_n })
    }

    fn note(&mut self, step: usize, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{step:6} {}", what()));
        }
    }

    fn step(&mut self, step: usize) -> Result<(), String> {
        self.now += i64::try_from(self.dice.below(60_000)).unwrap_or(0);
        self.restored = false;
        let n = self.dice.below(PHONES_N);
        match self.dice.below(1_000) {
            0..300 => {
                if let Some(flight) = self.network.arrive(Some(&mut self.dice)) {
                    self.note(step, || format!("arrives: {flight}"));
                    self.arrive(flight)?;
                }
            }
            300..620 => {
                self.note(step, || format!("phone {n} goes on"));
                self.phone_step(n);
            }
            620..760 => {
                self.note(step, || "the server goes on".to_owned());
                self.server_step()?;
            }
            760..830 => {
                let what = self.network.mishap(&mut self.dice, |n| n + 1 < PHONES_N);
                self.note(step, || format!("on the way: {what:?}"));
            }
            830..890 => {
                self.note(step, || format!("phone {n}: a visit"));
                self.visit(n);
            }
            890..915 => {
                self.note(step, || "an amendment".to_owned());
                self.amend();
            }
            915..935 => {
                self.note(step, || format!("phone {n} is killed"));
                self.phones[n].crash();
            }
            935..945 => {
                let now = self.now;
                self.note(step, || format!("phone {n} gives up waiting"));
                self.phones[n].time_out(now);
            }
            other => self.trouble(other, n, step),
        }
        self.checker.look(&mut self.phones, &self.server, self.restored)
    }

    /// What happens seldom.
    fn trouble(&mut self, which: usize, n: usize, step: usize) {
        let what = match which {
            945..960 => {
                self.server.crash();
                "the server loses its power"
            }
            960..967 => {
                self.phones[n].clock_off = self.dice.years();
                "a phone's clock jumps"
            }
            967..970 => {
                self.server.clock_off = self.dice.years();
                "the server's clock jumps"
            }
            970..980 => {
                self.server.begin_backup();
                "a backup is begun"
            }
            980..986 => {
                self.server.end_backup();
                "the backup is verified"
            }
            986..990 if !self.server.backups.is_empty() => {
                let n = self.dice.below(self.server.backups.len());
                self.server.restore(n);
                self.restored = true;
                "a backup is put back"
            }
            990..991 => {
                // Restored without its keys.
                let mut secret = [2; 32];
                secret[..8].copy_from_slice(&self.dice.roll().to_be_bytes());
                self.server.key = ReceiptKey::of(&secret);
                "the server's key is another"
            }
            991..995 if self.phones[n].alarmed || self.server.signed_out.contains(&n) => {
                self.server.signed_out.remove(&n);
                self.phones[n].sign_in(self.server.key.public());
                "a person signs in again"
            }
            995..997 => {
                self.server.signed_out.insert(n);
                "a signing in ends"
            }
            997 => {
                self.server.take_in(n);
                "the office takes in what came without a signing in"
            }
            998.. => {
                self.now += 20 * 24 * HOUR_MS;
                "weeks pass"
            }
            _ => return,
        };
        self.note(step, || format!("{what} ({n})"));
    }

    fn phone_step(&mut self, n: usize) {
        if let Some(request) = self.phones[n].step(self.now) {
            let number = self.phones[n].number;
            self.network.send(Flight { phone: n, number, what: What::Request(request) });
        }
    }

    fn server_step(&mut self) -> Result<(), String> {
        if !self.server.up {
            self.server.start();
        }
        for ((phone, number), answer) in self.server.step(self.now) {
            self.answer(phone, number, answer)?;
        }
        Ok(())
    }

    fn answer(&mut self, phone: usize, number: u64, answer: Answer) -> Result<(), String> {
        self.checker.said(&self.server, &answer)?;
        self.network.send(Flight { phone, number, what: What::Answer(answer) });
        Ok(())
    }

    fn arrive(&mut self, flight: Flight) -> Result<(), String> {
        let Flight { phone: n, number, what } = flight;
        match what {
            What::Request(request) if self.server.up => {
                if let Some(answer) = self.server.hear((n, number), request, self.now) {
                    self.answer(n, number, answer)?;
                }
            }
            What::Request(_) => {}
            What::Answer(answer) => {
                let phone = &mut self.phones[n];
                // The answer to a request that was given up is not listened to.
                if phone.number == number && phone.waits() {
                    self.checker.heard(n, phone, &answer);
                    phone.hear(answer, self.now, &mut self.dice);
                }
            }
        }
        Ok(())
    }

    fn new_id(&mut self) -> RecordId {
        self.ids += 1;
        RecordId(Uuid::from_u128(self.ids))
    }

    fn header(
        id: RecordId,
        kind: RecordKind,
        visit: RecordId,
        parents: Vec<Hash>,
        claimed_at: i64,
    ) -> Header {
        let (campaign, unit) = (CampaignId(Uuid::from_u128(1)), UnitId(Uuid::from_u128(1)));
        Header { id, kind, campaign, unit, visit, parents, form: FORM_VERSION, claimed_at }
    }

    fn seal(&mut self, header: &Header, payload: &impl serde::Serialize) -> Sealed {
        let envelope: Rc<[u8]> = freeze(header, payload).into();
        let hash = Hash::of(&envelope);
        self.made_n += 1;
        if self.dice.chance(20) {
            self.server.poisoned.insert(hash);
        }
        let item = OutboxItem {
            record: header.id,
            visit: header.visit,
            kind: header.kind,
            hash,
            bytes_n: envelope.len(),
            frozen_at: header.claimed_at,
            state: OutboxState::Waiting,
        };
        Sealed { item, envelope, media: None }
    }

    /// A visit: begun as a draft, sent at once or later.
    fn visit(&mut self, n: usize) {
        if let Some(visit) = self.phones[n].disk.now().drafts.keys().next().copied() {
            self.phones[n].send(visit);
            return self.settle(n);
        }
        if self.made_n >= MADE_MAX {
            return;
        }
        let at = self.now + self.phones[n].clock_off;
        let visit = self.new_id();
        let mut all = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let id = self.new_id();
            let statement = said(format!("原话 {}", id.0), 0);
            let header = Self::header(id, RecordKind::Statement, visit, vec![], at);
            let sealed = self.seal(&header, &statement);
            self.said.push((n, header, statement, sealed.item.hash));
            all.push(sealed);
        }
        if self.dice.chance(500) {
            let id = self.new_id();
            let header = Self::header(id, RecordKind::Attachment, visit, vec![], at);
            let bytes: Rc<[u8]> = (0..100 + self.dice.below(200))
                .map(|_| u8::try_from(self.dice.below(256)).unwrap_or(0))
                .collect();
            let whole = Whole { bytes_n: bytes.len() as u64, sha256: Hash::of(&bytes) };
            let media = MediaItem {
                id,
                visit,
                statement: None,
                kind: if self.dice.chance(500) { AttachmentKind::Voice } else { AttachmentKind::Photo },
                media_type: String::new(),
                taken_at: at,
                state: MediaState::Owed,
                whole: Some(whole),
            };
            let sealed = self.seal(&header, &whole);
            all.push(Sealed { media: Some((media, bytes)), ..sealed });
        }
        let members: Vec<RecordId> = all.iter().map(|it| it.item.record).collect();
        let header = Self::header(visit, RecordKind::Visit, visit, vec![], at);
        all.push(self.seal(&header, &members));
        self.draft(n, visit, all);
    }

    /// A later revision of a statement: it follows the last one, forks from it, or changes what was said.
    fn amend(&mut self) {
        if self.said.is_empty() || self.made_n >= MADE_MAX {
            return;
        }
        let which = self.dice.below(self.said.len());
        let (n, mut header, mut statement, parent) = self.said[which].clone();
        header.parents = vec![parent];
        header.claimed_at = self.now + self.phones[n].clock_off;
        statement.summary = format!("{}", self.made_n);
        if self.dice.chance(150) {
            statement.words += "改";
        }
        let sealed = self.seal(&header, &statement);
        let id = self.new_id();
        if self.dice.chance(700) && statement.words == self.said[which].2.words {
            self.said[which].3 = sealed.item.hash;
        }
        self.draft(n, id, vec![sealed]);
    }

    fn draft(&mut self, n: usize, name: RecordId, all: Vec<Sealed>) {
        for sealed in &all {
            self.checker.made(n, sealed.clone());
        }
        self.phones[n].disk.change().drafts.insert(name, all);
        self.settle(n);
    }

    /// What a person does is on disk at once, or after a moment in which the phone may be killed.
    fn settle(&mut self, n: usize) {
        if !self.phones[n].is_idle() || self.dice.chance(800) {
            self.phones[n].disk.sync();
        }
    }

    /// I10: on a calm line everything arrives, but what the server always fails at.
    fn calm(&mut self) -> Result<(), String> {
        let key = self.server.key.public();
        self.network = Network::default();
        self.server.signed_out.clear();
        for n in 0..PHONES_N {
            while let Some(visit) = self.phones[n].disk.now().drafts.keys().next().copied() {
                self.phones[n].send(visit);
            }
            self.phones[n].disk.sync();
            self.phones[n].sign_in(key);
        }
        for round in 0..CALM_ROUNDS_MAX {
            self.restored = false;
            self.now += if round % 100 == 0 { 7 * HOUR_MS } else { 10_000 };
            self.server_step()?;
            self.checker.look(&mut self.phones, &self.server, false)?;
            while let Some(flight) = self.network.arrive(None) {
                self.note(CALM, || format!("arrives: {flight}"));
                self.arrive(flight)?;
            }
            for n in 0..PHONES_N {
                self.phone_step(n);
            }
            self.checker.look(&mut self.phones, &self.server, false)?;
            if round > 40 && self.waiting().is_none() && self.phones.iter().all(Phone::is_idle) {
                break;
            }
        }
        if let Some(item) = self.waiting() {
            return Err(format!("I10: it does not arrive: {item:?}"));
        }
        let rows = &self.server.tables.durable().rows;
        let missing = self.checker.all().find(|made| {
            !self.server.poisoned.contains(&made.item.hash)
                && !self.phones.iter().any(|it| it.aged_all.contains(&made.item.hash))
                && !rows.iter().any(|it| it.hash == made.item.hash)
        });
        missing.map_or(Ok(()), |it| Err(format!("I10: {:?} is not with the server", it.item)))
    }

    /// An item that should be with the server by now and is not.
    fn waiting(&self) -> Option<OutboxItem> {
        let poisoned = |it: &OutboxItem| self.server.poisoned.contains(&it.hash);
        let held_up: BTreeSet<RecordId> =
            self.checker.all().map(|it| it.item).filter(poisoned).map(|it| it.visit).collect();
        let owed = self.phones.iter().flat_map(|it| it.disk.durable().outbox.values());
        let due = owed.filter(|it| !it.state.is_settled() && !held_up.contains(&it.visit));
        due.copied().find(|it| !matches!(it.state, OutboxState::Parked { .. }))
    }
}

fn said(words: String, summary: usize) -> Statement {
    Statement {
        words,
        summary: summary.to_string(),
        kind: Kind::Problem,
        about: String::new(),
        happened: String::new(),
        attachments: vec![],
        proposed: vec![],
    }
}
