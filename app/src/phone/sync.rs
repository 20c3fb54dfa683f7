//! Sync: text first, then photos, then voices, then what became of it all.
//!
//! It runs while the app is open: at the start, when the network comes back, when the app is
//! returned to, after sending, and again after a failure. One window of the phone sends at a time.

use std::{cell::Cell, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    changes::Changes,
    outbox::{OutboxItem, OutboxState, next_batch, wait_ms},
    problem::Code,
    sync::{Push, Receipts},
};
use leptos::{ev, task::spawn_local};

use crate::{
    api::{self, ApiError},
    clock, ids,
    local::{LocalError, Table, Write, try_lock},
    phone::{Phone, media, sending, tus},
    prelude::*,
};

/// When another window sends, this one looks again after so long, in milliseconds.
const LOOK_AGAIN_MS: u64 = 20_000;
/// With nothing else to wake it, what the office did is asked for this often, in milliseconds.
const PULL_EVERY_MS: u64 = 5 * 60 * 1_000;

/// Why a run stopped before its end.
enum Stop {
    Api(ApiError),
    Local(LocalError),
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
    let Some(lock) = try_lock(&format!("sync-{}", account.id)).await else { return LOOK_AGAIN_MS };
    phone.status.waiting.update(|it| it.sending = it.n_waiting > 0);
    let done = once(phone).await;
    drop(lock);
    phone.status.waiting.update(|it| it.sending = false);
    phone.show_waiting();
    match done {
        Ok(()) => {
            FAILURES.set(0);
            phone.expired.set(false);
            phone.status.online.set(true);
            PULL_EVERY_MS
        }
        Err(stop) => {
            if let Stop::Api(cause) = &stop {
                phone.expired.set(cause.code() == Some(Code::SignedOut));
                if matches!(cause, ApiError::Offline | ApiError::NotOurs) {
                    phone.status.online.set(false);
                }
            } else if let Stop::Local(cause) = stop {
                phone.trouble.set(Some(cause));
            }
            FAILURES.set(FAILURES.get() + 1);
            wait_ms(FAILURES.get(), u32::from_be_bytes(ids::random()), None)
        }
    }
}

async fn once(phone: Phone) -> Result<(), Stop> {
    push(phone, |it| !matches!(it.state, OutboxState::Incomplete)).await?;
    upload(phone).await?;
    push(phone, |it| matches!(it.state, OutboxState::Incomplete)).await?;
    pull(phone).await
}

/// Pushes what is due and `wanted`, batch by batch, each item once. What the phone cannot read any more
/// is said and passed over: the rest is not to wait for it.
async fn push(phone: Phone, wanted: fn(&OutboxItem) -> bool) -> Result<(), Stop> {
    let database = phone.database()?;
    let mut items: Vec<OutboxItem> = phone.owed.get_untracked().into_iter().filter(wanted).collect();
    'batches: loop {
        let batch = next_batch(&items, clock::now());
        if batch.is_empty() {
            return Ok(());
        }
        let mut envelopes = Vec::with_capacity(batch.len());
        for n in &batch {
            let key = sending::envelope_key(&items[*n]);
            let Some(bytes) = database.get(Table::Envelope, &key).await? else {
                phone.trouble.set(Some(LocalError::Damaged));
                items.remove(*n);
                continue 'batches;
            };
            envelopes.push(STANDARD.encode(bytes));
        }
        let receipts: Receipts = api::post("/api/v1/records/batch", &Push { envelopes }).await?;
        if receipts.receipts.len() != batch.len() {
            return Err(ApiError::NotOurs.into());
        }
        let mut writes = Vec::new();
        for (n, receipt) in batch.iter().zip(&receipts.receipts) {
            let before = items[*n].clone();
            items[*n].take(receipt, clock::now());
            if items[*n] != before {
                writes.extend(sending::moved(&before, &items[*n]));
            } else if receipt.hash != before.hash {
                // Not a word on what was sent.
                return Err(ApiError::NotOurs.into());
            }
        }
        phone.keep(&writes).await?;
        for n in batch.into_iter().rev() {
            items.remove(n);
        }
        phone.read_all().await;
    }
}

async fn upload(phone: Phone) -> Result<(), Stop> {
    for item in phone.media_owed.get_untracked() {
        let Some(whole) = item.whole else { continue };
        let bytes = media::bytes(phone, item.id).await?;
        if bytes.len() as u64 != whole.bytes_n {
            phone.trouble.set(Some(LocalError::Damaged));
            continue;
        }
        tus::upload(item.id, whole, &bytes).await?;
        media::stored(phone, item.id).await?;
        phone.read_all().await;
    }
    Ok(())
}

async fn pull(phone: Phone) -> Result<(), Stop> {
    loop {
        let (cursor, epoch) = phone.pulled.with_untracked(|it| (it.cursor.clone(), it.epoch.clone()));
        let address = match cursor {
            // The cursor is base64 for URLs.
            Some(cursor) => format!("/api/v1/changes?cursor={cursor}"),
            None => "/api/v1/changes".to_owned(),
        };
        let page: Changes = api::get(&address).await?;
        let another_history = epoch.is_some_and(|it| it != page.epoch);
        let (more, news) = (page.more, page.restart || !page.changes.is_empty());
        if news {
            let writes: Vec<Write> = phone.pulled.try_update(|it| it.take(page)).unwrap_or_default();
            phone.keep(&writes).await?;
        }
        if another_history {
            sending::offer_all_again(phone).await?;
            phone.read_all().await;
            AGAIN.set(true);
        }
        if !more {
            return Ok(());
        }
    }
}
