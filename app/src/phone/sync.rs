//! Sync: text first, then photos, then voices, then what became of it all.
//!
//! It runs while the app is open: at the start, when the network comes back, when the app is
//! returned to, after sending, and again after a failure. One window of the phone sends at a time.

use std::{cell::Cell, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    changes::Changes,
    device::HEADER,
    envelope::{Hash, RecordKind},
    id::RecordId,
    outbox::{Check, Fate, OutboxItem, OutboxState, RETRY_AFTER_MS_MAX, WAIT_MS_MIN, wait_ms},
    problem::Code,
    receipt::{backed_up_bytes, receipts_bytes},
    sending::{self, Act, Failure},
    sync::{Push, Receipts},
};
use leptos::{ev, task::spawn_local};

use crate::{
    api::{self, ApiError},
    clock, ids,
    local::{LocalError, Table, Write, lock_soon},
    phone::{
        Held, Phone, carrying, clues,
        device::Device,
        forms,
        media::{self, MediaState},
        sending as outbox, trust, tus,
    },
    prelude::*,
};

/// When another window sends, this one looks again after so long, in milliseconds.
const LOOK_AGAIN_MS: u64 = 20_000;
/// With nothing else to wake it, what the office did is asked for this often, in milliseconds.
const PULL_EVERY_MS: u64 = 5 * 60 * 1_000;

/// A device's clock is said to be off from here on, in milliseconds: 10 minutes.
const CLOCK_OFF_MS: u64 = 10 * 60 * 1_000;

/// Why a run stopped before its end.
pub enum Stop {
    Api(ApiError),
    Local(LocalError),
    /// Whoever answered does not have the key of the signing in.
    Unsigned,
    /// Something that goes first came meanwhile.
    Again,
}

impl From<ApiError> for Stop {
    fn from(cause: ApiError) -> Self {
        Self::Api(cause)
    }
}

impl From<LocalError> for Stop {
    fn from(cause: LocalError) -> Self {
        Self::Local(cause)
    }
}

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static AGAIN: Cell<bool> = const { Cell::new(false) };
    static FOLLOWING: Cell<bool> = const { Cell::new(false) };
    static FAILURES: Cell<u32> = const { Cell::new(0) };
    /// A run got as far as the parts of an upload.
    static CARRIED: Cell<bool> = const { Cell::new(false) };
    /// Names the latest timer; an earlier one that rings late does nothing.
    static TIMER: Cell<u64> = const { Cell::new(0) };
    /// The server asked not to be asked before, in milliseconds since 1970.
    static NOT_BEFORE: Cell<i64> = const { Cell::new(0) };
}

/// Begins to sync, now and whenever there is reason to.
pub fn follow(phone: Phone) {
    if !FOLLOWING.replace(true) {
        // These listeners live as long as the page.
        let _ = window_event_listener(ev::online, move |_| wake(phone));
        let _ = window_event_listener(ev::visibilitychange, move |_| {
            if !document().hidden() {
                wake(phone);
            }
        });
    }
    wake(phone);
}

/// Syncs now; while a run is under way, once more after it.
pub fn wake(phone: Phone) {
    FAILURES.set(0);
    if RUNNING.replace(true) {
        AGAIN.set(true);
        return;
    }
    spawn_local(async move {
        loop {
            AGAIN.set(false);
            let wait = run(phone).await;
            if !AGAIN.get() {
                RUNNING.set(false);
                later(phone, wait);
                return;
            }
        }
    });
}

fn later(phone: Phone, ms: u64) {
    let timer = TIMER.get() + 1;
    TIMER.set(timer);
    set_timeout(
        move || {
            let failures = FAILURES.get();
            if TIMER.get() == timer && !RUNNING.get() {
                wake(phone);
                FAILURES.set(failures);
            }
        },
        Duration::from_millis(ms),
    );
}

/// One run; answers after how many milliseconds the next is due.
async fn run(phone: Phone) -> u64 {
    let Some(account) = phone.account() else { return PULL_EVERY_MS };
    let Ok(held) = phone.held() else { return PULL_EVERY_MS };
    // What the server asked to wait is waited, whatever else happens; a clock that was set back is not believed.
    let asked_ms = u64::try_from(NOT_BEFORE.get() - clock::now()).unwrap_or(0);
    if (1..=RETRY_AFTER_MS_MAX).contains(&asked_ms) {
        return asked_ms;
    }
    // A browser takes a moment to let go of what the run before held.
    let Some(lock) = lock_soon(&format!("sync-{}", account.id)).await else { return LOOK_AGAIN_MS };
    phone.status.waiting.update(|it| it.sending = it.n_waiting > 0);
    let _ = api::asked_to_wait();
    let mut done = Run { phone, held }.all().await;
    if done.is_ok() {
        done = carrying::others(phone, account.id).await;
    }
    drop(lock);
    phone.status.waiting.update(|it| it.sending = false);
    phone.show_waiting();
    if let Some(off_ms) = api::clock_off_ms() {
        phone.note(|it| it.clock_off = off_ms.unsigned_abs() > CLOCK_OFF_MS);
    }
    let Err(stop) = done else {
        FAILURES.set(0);
        phone.expired.set(false);
        phone.status.online.set(true);
        phone.note(|it| it.portal = false);
        return PULL_EVERY_MS;
    };
    match stop {
        Stop::Api(cause) => {
            phone.expired.set(cause.code() == Some(Code::SignedOut));
            phone.status.online.set(!matches!(cause, ApiError::Offline | ApiError::NotOurs));
            phone.note(|it| it.portal = cause == ApiError::NotOurs);
            // A line that broke in the middle of an upload carries something: the next try comes soon.
            if CARRIED.take() && cause == ApiError::Offline {
                FAILURES.set(0);
            }
        }
        Stop::Unsigned => {}
        Stop::Again => {
            AGAIN.set(true);
            return PULL_EVERY_MS;
        }
        // Whoever signed in since begins a run of their own.
        Stop::Local(LocalError::Nobody) => return WAIT_MS_MIN,
        Stop::Local(cause) => phone.trouble.set(Some(cause)),
    }
    FAILURES.set(FAILURES.get() + 1);
    let asked = api::asked_to_wait();
    let wait = wait_ms(FAILURES.get(), u32::from_be_bytes(ids::random()), asked);
    if asked.is_some() {
        NOT_BEFORE.set(clock::now().saturating_add_unsigned(wait));
    }
    wait
}

/// One run for one person.
struct Run {
    phone: Phone,
    held: Held,
}

impl Run {
    async fn all(&self) -> Result<(), Stop> {
        let phone = self.phone;
        let device = Device::bind(phone, &self.held).await?;
        let mut run = phone.owed.with_untracked(|it| sending::Run::begin(it));
        let mut last = ApiError::Offline;
        let mut clues_sent = false;
        loop {
            let act = phone.owed.with_untracked(|owed| {
                phone.media_owed.with_untracked(|media| run.next(owed, media, clock::now()))
            });
            // After texts, before voices and photos.
            if !clues_sent && !matches!(act, Act::Push(_)) {
                clues_sent = true;
                clues::send(&self.held).await?;
            }
            match act {
                Act::Push(part) => {
                    let aside = match self.push(&device, &part).await {
                        Ok(true) => run.taken(),
                        Ok(false) => Vec::new(),
                        Err(Stop::Api(cause)) => {
                            let failure = Failure::of(cause.code());
                            last = cause;
                            let Some(aside) = run.failed(part, failure) else { return Err(last.into()) };
                            aside
                        }
                        Err(stop) => return Err(stop),
                    };
                    let now = clock::now();
                    let writes = aside.iter().flat_map(|it| outbox::moved(it, &it.failed(now)));
                    self.held.keep(&writes.collect::<Vec<_>>()).await?;
                }
                Act::Upload(id) => {
                    if let Some(cause) = self.upload(&device, &mut run, id).await? {
                        last = cause;
                    }
                }
                Act::Pull => {
                    self.pull().await?;
                    forms::pull(phone, &self.held).await?;
                }
                Act::Done(done) => return done.map_err(|_| last.into()),
            }
            phone.read_all().await;
            self.held.check()?;
        }
    }

    /// Pushes a part; answers whether the server was asked, which has said something of each item then.
    async fn push(&self, device: &Device, part: &[OutboxItem]) -> Result<bool, Stop> {
        let mut writes = Vec::new();
        let mut offered = Vec::with_capacity(part.len());
        let mut envelopes = Vec::with_capacity(part.len());
        for item in part {
            let bytes = self.held.database.get(Table::Envelope, &outbox::envelope_key(item)).await?;
            match bytes.filter(|it| Hash::of(it) == item.hash) {
                Some(bytes) => {
                    envelopes.push(STANDARD.encode(bytes));
                    offered.push(*item);
                }
                None => {
                    let state = OutboxState::Damaged { at: clock::now() };
                    writes.extend(outbox::moved(item, &OutboxItem { state, ..*item }));
                }
            }
        }
        self.held.check()?;
        if !offered.is_empty() {
            let known = Some(self.phone.pulled.with_untracked(|it| it.history.known().to_owned()));
            let body = api::json(&Push { envelopes, known });
            let stamp = device.of_batch(&body).await;
            let stamp = stamp.as_deref().map(|it| (HEADER, it));
            let receipts: Receipts = api::post_text("/api/v1/records/batch", body, stamp).await?;
            self.held.check()?;
            let epoch = sending::epoch_of(&offered, &receipts).map_err(|_| ApiError::NotOurs)?;
            let signature = receipts.signature.as_deref();
            let check = self
                .believe(&receipts_bytes(&receipts.receipts, receipts.mark.as_deref()), signature, epoch)
                .await?;
            // A voice or photo is stored once its record is: its bytes alone prove nothing.
            let mut stored = Vec::new();
            for (before, receipt) in offered.iter().zip(&receipts.receipts) {
                let mut after = *before;
                after.take(receipt, check, clock::now(), server_now());
                if after.kind == RecordKind::Attachment && after.state.is_settled() {
                    stored.push(after.record);
                }
                writes.extend(outbox::moved(before, &after));
            }
            let state = MediaState::Stored { at: clock::now() };
            writes.extend(media::marked_in(&self.held.database, &stored, state).await?);
            let mut pulled = self.phone.pulled.get_untracked();
            writes.extend(pulled.know(epoch, receipts.mark.as_deref()));
            self.held.keep(&writes).await?;
            self.phone.pulled.set(pulled);
            return Ok(true);
        }
        self.held.keep(&writes).await?;
        Ok(false)
    }

    /// Takes what came for the server's word, as far as it can be checked. When the server's history is not the
    /// one known, all that is held is offered to it again; known and offered in one write.
    async fn believe(&self, bytes: &[u8], signature: Option<&str>, epoch: &str) -> Result<Check, Stop> {
        let check = trust::check(&self.held, bytes, signature).await?;
        self.held.check()?;
        self.phone.note(|it| {
            (it.cannot_check, it.other_key) = (check == Check::Unable, check == Check::Wrong);
        });
        if check == Check::Wrong {
            return Err(Stop::Unsigned);
        }
        let another = self.phone.pulled.with_untracked(|it| it.history.is_another(epoch));
        if another.map_err(|_| ApiError::NotOurs)? {
            let mut writes = outbox::judged(&self.held.database, "", &|_| Fate::Again).await?;
            writes.extend(media::all_again(&self.held.database).await?);
            writes.extend(clues::all_again(&self.held.database).await?);
            self.held.check()?;
            AGAIN.set(true);
            let mut pulled = self.phone.pulled.get_untracked();
            writes.extend(pulled.know(epoch, None));
            self.held.keep(&writes).await?;
            self.phone.pulled.set(pulled);
            self.phone.read_all().await;
            self.held.check()?;
        }
        Ok(check)
    }

    /// Uploads one voice or photo: what is wrong with one is no reason for the others to wait.
    async fn upload(
        &self,
        device: &Device,
        run: &mut sending::Run,
        id: RecordId,
    ) -> Result<Option<ApiError>, Stop> {
        let item = self.phone.media_owed.with_untracked(|it| it.iter().find(|it| it.id == id).cloned());
        let Some((item, whole)) = item.and_then(|it| it.whole.map(|whole| (it, whole))) else {
            return Ok(None);
        };
        let unknown = self.phone.owed.with_untracked(|owed| owed.iter().all(|it| it.record != id));
        let mut failed = None;
        // A record is confirmed only with its bytes.
        let state = if unknown && outbox::is_settled(&self.held.database, id).await? {
            Some(MediaState::Stored { at: clock::now() })
        } else {
            let bytes = media::bytes_in(&self.held.database, id).await?;
            self.held.check()?;
            if bytes.len() as u64 == whole.bytes_n && Hash::of(&bytes) == whole.sha256 {
                let expired = self.phone.expired.get_untracked();
                let stamp = if expired { device.of_upload(id).await } else { None };
                match tus::upload(id, whole, &bytes, stamp.as_deref(), || self.may_go_on()).await {
                    Ok(()) => None,
                    Err(Stop::Api(cause)) => match run.upload_failed(cause.code(), clock::now()) {
                        Ok(state) => {
                            failed = Some(cause);
                            state
                        }
                        Err(_) => return Err(cause.into()),
                    },
                    Err(stop) => return Err(stop),
                }
            } else {
                Some(MediaState::Aside { why: None, at: clock::now() })
            }
        };
        if let Some(state) = state {
            self.held.keep(&[media::in_state(&item, state)]).await?;
        }
        Ok(failed)
    }

    /// Between the parts of an upload: what was sent meanwhile goes first, and the upload goes on from where
    /// it is.
    fn may_go_on(&self) -> Result<(), Stop> {
        self.held.check()?;
        CARRIED.set(true);
        if AGAIN.get() { Err(Stop::Again) } else { Ok(()) }
    }

    async fn pull(&self) -> Result<(), Stop> {
        let pulled = self.phone.pulled;
        loop {
            let address = pulled.with_untracked(|it| {
                let (cursor, known) = (it.cursor.as_deref(), it.history.known());
                // Both are base64 for URLs.
                ["/api/v1/changes?cursor=", cursor.unwrap_or_default(), "&known=", known].concat()
            });
            let page: Changes = api::get(&address).await?;
            self.held.check()?;
            let backed_up_to = page.backed_up_to;
            let bytes = backed_up_bytes(&page.epoch, backed_up_to);
            let check = self.believe(&bytes, page.signature.as_deref(), &page.epoch).await?;
            let (more, left_n) = (page.more, page.left_n);
            let first = pulled.with_untracked(|it| it.cursor.is_none());
            if first || page.restart || !page.changes.is_empty() {
                let mut next = pulled.get_untracked();
                self.held.keep(&next.take(page)).await?;
                pulled.set(next);
            }
            self.phone.note(|it| it.left_n = left_n);
            if !more {
                if check == Check::Valid {
                    let fate = |it: &OutboxItem| it.fate(backed_up_to, server_now());
                    let writes = outbox::judged(&self.held.database, outbox::SETTLED, &fate).await?;
                    if writes.iter().any(|it| matches!(it, Write::Put { .. })) {
                        AGAIN.set(true);
                    }
                    self.held.keep(&writes).await?;
                }
                return Ok(());
            }
        }
    }
}

/// The server's clock, as of its last answer.
fn server_now() -> i64 {
    clock::now() - api::clock_off_ms().unwrap_or(0)
}
