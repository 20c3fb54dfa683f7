//! Sync: text first, then photos, then voices, then what became of it all.
//!
//! It runs while the app is open: at the start, when the network comes back, when the app is
//! returned to, after sending, and again after a failure. One window of the phone sends at a time.

use std::{cell::Cell, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    changes::Changes,
    envelope::{Hash, RecordKind},
    outbox::{OutboxItem, OutboxState, RETRY_AFTER_MS_MAX, WAIT_MS_MIN, next_batch, wait_ms},
    problem::Code,
    sync::{Push, Receipt, ReceiptState, Receipts, RefuseReason},
};
use leptos::{ev, task::spawn_local};

use crate::{
    api::{self, ApiError},
    clock, ids,
    local::{LocalError, Table, Write, try_lock},
    phone::{
        Held, Phone,
        media::{self, MediaState},
        sending, tus,
    },
    prelude::*,
};

/// When another window sends, this one looks again after so long, in milliseconds.
const LOOK_AGAIN_MS: u64 = 20_000;
/// With nothing else to wake it, what the office did is asked for this often, in milliseconds.
const PULL_EVERY_MS: u64 = 5 * 60 * 1_000;

/// Whole batches that the server may fail at before it counts as broken: so many halves lead to one item.
const FAILURES_IN_A_ROW: u32 = 8;
/// A device's clock is said to be off from here on, in milliseconds: 10 minutes.
const CLOCK_OFF_MS: u64 = 10 * 60 * 1_000;

/// Why a run stopped before its end.
pub enum Stop {
    Api(ApiError),
    Local(LocalError),
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
    let Some(lock) = try_lock(&format!("sync-{}", account.id)).await else { return LOOK_AGAIN_MS };
    phone.status.waiting.update(|it| it.sending = it.n_waiting > 0);
    let _ = api::asked_to_wait();
    let done = Run { phone, held }.all().await;
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
        }
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
        self.push(|it| !matches!(it.state, OutboxState::Incomplete)).await?;
        let uploaded = self.upload().await;
        if matches!(uploaded, Err(Stop::Api(ref cause)) if cause.is_of_one()) || uploaded.is_ok() {
            self.push(|it| matches!(it.state, OutboxState::Incomplete)).await?;
            self.pull().await?;
        }
        uploaded
    }

    /// Pushes what is due and `wanted`, batch by batch, each item once.
    async fn push(&self, wanted: fn(&OutboxItem) -> bool) -> Result<(), Stop> {
        let mut items: Vec<OutboxItem> = self.phone.owed.get_untracked().into_iter().filter(wanted).collect();
        loop {
            let batch = next_batch(&items, clock::now());
            if batch.is_empty() {
                return Ok(());
            }
            let chosen: Vec<OutboxItem> = batch.iter().map(|n| items[*n].clone()).collect();
            self.push_apart(chosen).await?;
            for n in batch.into_iter().rev() {
                items.remove(n);
            }
            self.phone.read_all().await;
            self.held.check()?;
        }
    }

    /// Pushes a batch. One that is refused as a whole is split until what it was refused for stands alone:
    /// that is set aside, and the rest goes on.
    async fn push_apart(&self, batch: Vec<OutboxItem>) -> Result<(), Stop> {
        let mut parts = vec![batch];
        let mut alone = Vec::new();
        let (mut taken, mut failures) = (false, 0);
        while let Some(mut part) = parts.pop() {
            match self.push_one(&part).await {
                Ok(()) => taken = true,
                Err(Stop::Api(cause)) if cause.is_of_one() => {
                    failures += 1;
                    if failures > FAILURES_IN_A_ROW && !taken && cause.code() == Some(Code::Internal) {
                        // It is not one of them: the server fails at everything.
                        return Err(cause.into());
                    }
                    if part.len() > 1 {
                        let rest = part.split_off(part.len() / 2);
                        parts.extend([rest, part]);
                    } else {
                        alone.extend(part.pop().map(|it| (it, cause)));
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        for (item, cause) in alone {
            if !taken && cause.code() == Some(Code::Internal) {
                return Err(cause.into());
            }
            let state = OutboxState::Refused { reason: RefuseReason::Failed, at: clock::now() };
            self.held.keep(&sending::moved(&item, &OutboxItem { state, ..item.clone() })).await?;
        }
        Ok(())
    }

    async fn push_one(&self, batch: &[OutboxItem]) -> Result<(), Stop> {
        let mut writes = Vec::new();
        let mut offered = Vec::with_capacity(batch.len());
        let mut envelopes = Vec::with_capacity(batch.len());
        for item in batch {
            let bytes = self.held.database.get(Table::Envelope, &sending::envelope_key(item)).await?;
            match bytes.filter(|it| Hash::of(it) == item.hash) {
                Some(bytes) => {
                    envelopes.push(STANDARD.encode(bytes));
                    offered.push(item);
                }
                None => {
                    let state = OutboxState::Damaged { at: clock::now() };
                    writes.extend(sending::moved(item, &OutboxItem { state, ..item.clone() }));
                }
            }
        }
        self.held.check()?;
        if !offered.is_empty() {
            let receipts: Receipts = api::post("/api/v1/records/batch", &Push { envelopes }).await?;
            self.held.check()?;
            if receipts.receipts.len() != offered.len() {
                return Err(ApiError::NotOurs.into());
            }
            for (before, receipt) in offered.iter().zip(&receipts.receipts) {
                if receipt.hash != before.hash && !matches!(receipt.state, ReceiptState::Refused { .. }) {
                    // Not a word on what was sent.
                    return Err(ApiError::NotOurs.into());
                }
            }
            self.another_history(&receipts.receipts[0].epoch).await?;
            for (before, receipt) in offered.into_iter().zip(&receipts.receipts) {
                writes.extend(self.received(before, receipt).await?);
            }
        }
        self.held.keep(&writes).await?;
        Ok(())
    }

    /// What a receipt changes. A voice or photo is stored once its record is: its bytes alone prove nothing.
    async fn received(&self, before: &OutboxItem, receipt: &Receipt) -> Result<Vec<Write>, Stop> {
        let mut after = before.clone();
        after.take(receipt, clock::now());
        let mut writes = if after == *before { Vec::new() } else { sending::moved(before, &after) };
        if after.kind == RecordKind::Attachment && matches!(after.state, OutboxState::Stored { .. }) {
            let stored = MediaState::Stored { at: clock::now() };
            writes.extend(media::marked_in(&self.held.database, &[after.record], stored).await?);
        }
        Ok(writes)
    }

    /// When the server's history is not the one known, all that is held is offered to it again; known and
    /// offered in one write.
    async fn another_history(&self, epoch: &str) -> Result<(), Stop> {
        if !self.phone.pulled.with_untracked(|it| it.is_another_history(epoch)) {
            return Ok(());
        }
        let mut writes = sending::all_again(&self.held.database).await?;
        self.held.check()?;
        AGAIN.set(true);
        let mut pulled = self.phone.pulled.get_untracked();
        writes.push(pulled.know(epoch.to_owned()));
        self.held.keep(&writes).await?;
        self.phone.pulled.set(pulled);
        self.phone.read_all().await;
        Ok(self.held.check()?)
    }

    /// Uploads what is due, each by itself: what is wrong with one is no reason for the others to wait.
    async fn upload(&self) -> Result<(), Stop> {
        let mut failed = Ok(());
        for item in self.phone.media_owed.get_untracked() {
            let record = self.phone.owed.with_untracked(|owed| {
                owed.iter().find(|it| it.record == item.id).map(|it| it.state.is_aside())
            });
            let (Some(whole), true, false) = (item.whole, item.is_due(clock::now()), record == Some(true))
            else {
                continue;
            };
            // A record is confirmed only with its bytes.
            let state = if record.is_none() && sending::is_settled(&self.held.database, item.id).await? {
                MediaState::Stored { at: clock::now() }
            } else {
                let bytes = media::bytes_in(&self.held.database, item.id).await?;
                self.held.check()?;
                if bytes.len() as u64 == whole.bytes_n && Hash::of(&bytes) == whole.sha256 {
                    match tus::upload(item.id, whole, &bytes, || self.may_go_on()).await {
                        Ok(()) => continue,
                        Err(Stop::Api(cause)) if cause.code() == Some(Code::Internal) => {
                            failed = Err(cause.into());
                            continue;
                        }
                        Err(Stop::Api(cause)) if cause.is_of_one() => {
                            MediaState::Aside { why: cause.code(), at: clock::now() }
                        }
                        Err(stop) => return Err(stop),
                    }
                } else {
                    MediaState::Aside { why: None, at: clock::now() }
                }
            };
            self.held.keep(&[item.in_state(state)]).await?;
            self.phone.read_all().await;
            self.held.check()?;
        }
        failed
    }

    /// Between the parts of an upload: what was sent meanwhile goes first, and the upload goes on from where
    /// it is.
    fn may_go_on(&self) -> Result<(), Stop> {
        self.held.check()?;
        if AGAIN.get() { Err(Stop::Again) } else { Ok(()) }
    }

    async fn pull(&self) -> Result<(), Stop> {
        let pulled = self.phone.pulled;
        loop {
            let cursor = pulled.with_untracked(|it| it.cursor.clone());
            let address = match cursor {
                // The cursor is base64 for URLs.
                Some(cursor) => format!("/api/v1/changes?cursor={cursor}"),
                None => "/api/v1/changes".to_owned(),
            };
            let page: Changes = api::get(&address).await?;
            self.held.check()?;
            self.another_history(&page.epoch).await?;
            let more = page.more;
            let first = pulled.with_untracked(|it| it.cursor.is_none());
            if first || page.restart || !page.changes.is_empty() {
                let mut next = pulled.get_untracked();
                self.held.keep(&next.take(page)).await?;
                pulled.set(next);
            }
            if !more {
                return Ok(());
            }
        }
    }
}
