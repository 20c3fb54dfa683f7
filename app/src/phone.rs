//! What a visitor's phone holds: drafts, what was sent, what is owed, what was pulled.
//!
//! Screens read the signals of [`Phone`]; everything that is kept goes through [`crate::local`].

pub mod beginning;
pub mod carrying;
pub mod clues;
pub mod device;
pub mod forms;
pub mod idle;
pub mod left;
pub mod lock;
pub mod media;
pub mod open_draft;
pub mod pulled;
pub mod sending;
pub mod shelf;
pub mod sync;
pub mod taping;
pub mod trust;
pub mod tus;
pub mod visits;
pub mod waiting;

use std::cell::Cell;

use domain::{
    campaign::Campaign,
    changes::VisitProgress,
    draft::Draft,
    id::{AccountId, RecordId},
    outbox::{OutboxItem, OutboxState},
    session::Account,
};
use leptos::task::spawn_local;

use crate::{
    api,
    i18n::text,
    local::{self, Database, LocalError, Table, Write},
    parts::toast,
    phone::{pulled::Pulled, visits::Deleted},
    prelude::*,
    sync_status::{SyncStatus, Waiting},
};

/// How many of the visits that were sent are read at first.
pub const SENT_AT_FIRST: usize = 20;

/// The phone of who is signed in. A context; all its parts are cheap to copy.
#[derive(Clone, Copy)]
pub struct Phone {
    database: StoredValue<Option<Database>, LocalStorage>,
    account: RwSignal<Option<Account>>,
    /// Whether the store has been read.
    pub ready: RwSignal<bool>,
    /// Visits under way, the last one written to first.
    pub drafts: RwSignal<Vec<Draft>>,
    /// Visits that were sent, the latest first, as many as have been asked for.
    pub sent: RwSignal<Vec<Draft>>,
    pub sent_n: RwSignal<usize>,
    /// How many sealed clues the server does not have yet.
    pub clues_n: RwSignal<usize>,
    /// What the server has not confirmed yet, oldest first.
    pub owed: RwSignal<Vec<OutboxItem>>,
    /// Attachments whose bytes the server has not confirmed yet.
    pub media_owed: RwSignal<Vec<media::MediaItem>>,
    pub pulled: RwSignal<Pulled>,
    /// Why the phone's store cannot be used at the moment.
    pub trouble: RwSignal<Option<LocalError>>,
    pub notes: RwSignal<Notes>,
    /// The server asks for the password again; recording goes on.
    pub expired: RwSignal<bool>,
    pub status: SyncStatus,
    news: StoredValue<Option<local::Listening>, LocalStorage>,
}

/// What is good to know about this phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The browser's word on whether it may clear the store; `None` until it has said.
    pub persisted: Option<bool>,
    /// How many things lie in the store that cannot be read; they stay as they are.
    pub unreadable_n: usize,
    /// How many visits of other people wait here.
    pub others_n: usize,
    /// Someone else answers in the server's place: a public network that wants a sign-in.
    pub portal: bool,
    /// What answers is not signed by the key of the signing in.
    pub other_key: bool,
    /// This browser cannot check signatures.
    pub cannot_check: bool,
    /// The clock is far from the server's.
    pub clock_off: bool,
    /// Changes that are still to be pulled.
    pub left_n: u32,
}

thread_local! {
    /// Counts changes of who is signed in.
    static TURN: Cell<u64> = const { Cell::new(0) };
}

impl Phone {
    /// A phone of nobody yet.
    pub fn new(status: SyncStatus) -> Self {
        Self {
            database: StoredValue::new_local(None),
            account: RwSignal::new(None),
            ready: RwSignal::new(false),
            drafts: RwSignal::default(),
            sent: RwSignal::default(),
            sent_n: RwSignal::new(0),
            clues_n: RwSignal::new(0),
            owed: RwSignal::default(),
            media_owed: RwSignal::default(),
            pulled: RwSignal::default(),
            trouble: RwSignal::new(None),
            notes: RwSignal::default(),
            expired: RwSignal::new(false),
            status,
            news: StoredValue::new_local(None),
        }
    }

    /// Whether the store of `account` is open.
    pub fn is_open_for(self, account: AccountId) -> bool {
        self.account.with_untracked(|it| it.as_ref().is_some_and(|it| it.id == account))
    }

    /// News of whose store is open.
    pub fn told(self, account: &Account, campaign: Option<Campaign>) {
        self.account.set(Some(account.clone()));
        self.pulled.update(|it| it.set_campaign(campaign));
    }

    /// Opens the store of `account` and begins to sync.
    pub fn open_for(self, account: &Account, campaign: Option<Campaign>, database: Database) {
        self.close();
        api::act_for(Some(account.id));
        self.account.set(Some(account.clone()));
        self.database.set_value(Some(database));
        self.news.set_value(local::listen(move || spawn_local(self.read_all())));
        spawn_local(async move {
            let Ok(held) = self.held() else { return };
            self.read_all().await;
            // Another person may have signed in meanwhile.
            if held.check().is_err() {
                return;
            }
            self.pulled.update(|it| it.set_campaign(campaign));
            media::recover_all(self).await;
            visits::sweep(self).await;
            persist(self).await;
            if held.check().is_err() {
                return;
            }
            sync::follow(self);
        });
    }

    /// Nobody is signed in any more; what is kept stays kept.
    pub fn close(self) {
        self.note_waiting();
        TURN.set(TURN.get() + 1);
        api::act_for(None);
        self.account.set(None);
        self.database.set_value(None);
        self.news.set_value(None);
        self.ready.set(false);
        self.drafts.set(Vec::new());
        self.sent.set(Vec::new());
        self.sent_n.set(0);
        self.clues_n.set(0);
        self.owed.set(Vec::new());
        self.media_owed.set(Vec::new());
        self.pulled.set(Pulled::default());
        self.trouble.set(None);
        self.note(|it| it.unreadable_n = 0);
        self.show_waiting();
    }

    /// Notes for the next person how much of this one's waits.
    fn note_waiting(self) {
        // Before the store is read there is nothing to note.
        if let Some(account) = self.account().filter(|_| self.ready.get_untracked()) {
            waiting::note(account.id, self.unsent_n());
        }
    }

    /// Notes something about this phone.
    pub fn note(self, change: impl FnOnce(&mut Notes)) {
        let mut notes = self.notes.get_untracked();
        change(&mut notes);
        set_if_new(self.notes, notes);
    }

    /// How many visits the server does not have: drafts, and what waits to be sent.
    pub fn unsent_n(self) -> usize {
        self.drafts.with_untracked(Vec::len)
            + self.status.waiting.with_untracked(|it| it.n_waiting + it.aside_n)
    }

    /// Whether what is here rests sealed.
    pub fn is_sealed(self) -> bool {
        self.database().is_ok_and(|it| it.is_sealed())
    }

    /// Who is signed in.
    pub fn account(self) -> Option<Account> {
        self.account.get_untracked()
    }

    /// The store of who is signed in.
    ///
    /// # Errors
    ///
    /// When nobody is.
    pub fn database(self) -> Result<Database, LocalError> {
        self.database.get_value().ok_or(LocalError::Nobody)
    }

    /// The store of who is signed in, for work that takes longer than they may stay.
    ///
    /// # Errors
    ///
    /// When nobody is.
    pub fn held(self) -> Result<Held, LocalError> {
        Ok(Held { phone: self, database: self.database()?, turn: TURN.get() })
    }

    /// Keeps `writes` on the phone; the other windows hear of it.
    ///
    /// # Errors
    ///
    /// When they are not kept; [`Self::trouble`] says so too.
    pub async fn keep(self, writes: &[Write]) -> Result<(), LocalError> {
        let database = self.database()?;
        self.keep_in(&database, writes).await
    }

    /// The same in a store that may not be that of who is signed in any more.
    ///
    /// # Errors
    ///
    /// When they are not kept.
    pub async fn keep_in(self, database: &Database, writes: &[Write]) -> Result<(), LocalError> {
        let turn = TURN.get();
        let kept = database.write(writes).await;
        // Whoever came meanwhile has troubles of their own.
        if turn == TURN.get() {
            self.trouble.set(kept.clone().err());
        }
        if kept.is_ok() {
            self.news.with_value(|it| it.iter().for_each(local::Listening::tell));
        }
        kept
    }

    /// Says why something was not kept.
    pub fn say(self, done: Result<(), LocalError>) {
        if let Err(cause) = done {
            toast::say((text().visitor.local_error)(&cause));
        }
    }

    /// Reads everything that screens show.
    pub async fn read_all(self) {
        match self.try_read_all().await {
            Ok(()) => self.ready.set(true),
            // Nobody is here to read for.
            Err(LocalError::Nobody) => {}
            Err(cause) => {
                self.trouble.set(Some(cause));
                self.ready.set(true);
            }
        }
    }

    async fn try_read_all(self) -> Result<(), LocalError> {
        let held = self.held()?;
        let database = &held.database;
        let (mut drafts, drafts_lost_n) = read_all::<Draft>(database, Table::Draft, visits::LIVE).await?;
        drafts.sort_by_key(|it| std::cmp::Reverse(it.changed_at));
        let (owed, owed_lost_n) = read_all::<OutboxItem>(database, Table::Outbox, sending::OWED).await?;
        let clues = database.all(Table::Outbox, clues::OWED).await?;
        let (media_owed, media_lost_n) = media::owed(database).await?;
        let pulled = if self.pulled.with_untracked(Pulled::is_empty) {
            Some(pulled::read(database).await?)
        } else {
            None
        };
        held.check()?;
        set_if_new(self.drafts, drafts);
        set_if_new(self.clues_n, clues.len());
        set_if_new(self.owed, owed);
        set_if_new(self.media_owed, media_owed);
        if let Some(pulled) = pulled {
            self.pulled.set(pulled);
        }
        let sent_n = self.sent.with_untracked(|it| it.len().max(SENT_AT_FIRST));
        let sent_lost_n = self.read_sent(sent_n).await?;
        self.note(|it| it.unreadable_n = drafts_lost_n + owed_lost_n + media_lost_n + sent_lost_n);
        self.show_waiting();
        Ok(())
    }

    /// Reads the latest `n` visits that were sent; answers how many of them cannot be read.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn read_sent(self, n: usize) -> Result<usize, LocalError> {
        let held = self.held()?;
        let (all_n, latest) = held.database.last(Table::Sent, n).await?;
        held.check()?;
        let sent: Vec<Draft> = latest.iter().filter_map(|it| crate::json::read(it).ok()).collect();
        let lost_n = latest.len() - sent.len();
        set_if_new(self.sent, sent);
        set_if_new(self.sent_n, all_n);
        Ok(lost_n)
    }

    /// Says in the strip what waits.
    pub fn show_waiting(self) {
        let sending = self.status.waiting.with_untracked(|it| it.sending);
        let waiting = self.owed.with_untracked(|owed| {
            let (mut waiting, mut aside) = (Vec::new(), Vec::new());
            // What only waits for something else of its visit stands apart together with that.
            for item in owed.iter().filter(|it| it.state != OutboxState::Incomplete) {
                note(if item.state.is_aside() { &mut aside } else { &mut waiting }, item.visit);
            }
            self.media_owed.with_untracked(|media| {
                for item in media {
                    let is_aside = matches!(item.state, media::MediaState::Aside { .. });
                    note(if is_aside { &mut aside } else { &mut waiting }, item.visit);
                }
            });
            for item in owed.iter().filter(|it| !aside.contains(&it.visit)) {
                note(&mut waiting, item.visit);
            }
            let oldest_at = owed.iter().filter(|it| waiting.contains(&it.visit)).map(|it| it.frozen_at).min();
            let aside_n = aside.iter().filter(|it| !waiting.contains(it)).count();
            let n_waiting = waiting.len() + self.clues_n.get_untracked();
            Waiting { n_waiting, aside_n, oldest_at, sending }
        });
        set_if_new(self.status.waiting, waiting);
        self.note_waiting();
    }

    /// What the office made of a visit.
    pub fn progress(self, visit: RecordId) -> Option<VisitProgress> {
        self.pulled.with(|it| it.progress.get(visit.0).cloned())
    }

    /// Takes a deletion back.
    pub fn undelete(self, deleted: Deleted) {
        spawn_local(async move {
            if self.keep(&deleted.undo()).await.is_ok() {
                self.read_all().await;
            }
        });
    }
}

/// The store of one person, for as long as they stay.
#[derive(Clone)]
pub struct Held {
    phone: Phone,
    pub database: Database,
    turn: u64,
}

impl Held {
    /// Whether they are still here; asked after every wait.
    ///
    /// # Errors
    ///
    /// [`LocalError::Nobody`] once they have left.
    pub fn check(&self) -> Result<(), LocalError> {
        if TURN.get() == self.turn { Ok(()) } else { Err(LocalError::Nobody) }
    }

    /// Keeps `writes` in their store, whoever is here by then.
    ///
    /// # Errors
    ///
    /// When they are not kept, or the person has left since.
    pub async fn keep(&self, writes: &[Write]) -> Result<(), LocalError> {
        self.phone.keep_in(&self.database, writes).await?;
        self.check()
    }
}

/// Notes a visit once.
fn note(visits: &mut Vec<RecordId>, visit: RecordId) {
    if !visits.contains(&visit) {
        visits.push(visit);
    }
}

/// The phone of this screen.
pub fn phone() -> Phone {
    expect_context::<Phone>()
}

/// Sets a signal only to what is new, so that nothing is drawn anew for nothing.
pub fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|it| *it != value) == Some(true) {
        signal.set(value);
    }
}

/// Everything readable under `prefix`, and how much is not; that stays as it is.
async fn read_all<T: serde::de::DeserializeOwned>(
    database: &Database,
    table: Table,
    prefix: &str,
) -> Result<(Vec<T>, usize), LocalError> {
    let all = database.all(table, prefix).await?;
    let readable: Vec<T> = all.iter().filter_map(|(_, bytes)| crate::json::read(bytes).ok()).collect();
    let lost_n = all.len() - readable.len();
    Ok((readable, lost_n))
}

/// Asks the browser not to clear the store, and shows its answer.
async fn persist(phone: Phone) {
    let storage = window().navigator().storage();
    let asked = storage.persist().ok();
    let answer = match asked {
        Some(asked) => wasm_bindgen_futures::JsFuture::from(asked).await.ok().and_then(|it| it.as_bool()),
        None => None,
    };
    phone.note(|it| it.persisted = Some(answer.unwrap_or(false)));
}
