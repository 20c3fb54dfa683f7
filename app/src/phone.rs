//! What a visitor's phone holds: drafts, what was sent, what is owed, what was pulled.
//!
//! Screens read the signals of [`Phone`]; everything that is kept goes through [`crate::local`].

pub mod beginning;
pub mod media;
pub mod open_draft;
pub mod pulled;
pub mod sending;
pub mod sync;
pub mod tus;
pub mod visits;

use domain::{
    campaign::Campaign, changes::VisitProgress, draft::Draft, id::RecordId, outbox::OutboxItem,
    session::Account,
};
use leptos::task::spawn_local;

use crate::{
    api,
    local::{self, Database, LocalError, Table, Write},
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
    /// What the server has not confirmed yet, oldest first.
    pub owed: RwSignal<Vec<OutboxItem>>,
    /// Attachments whose bytes the server has not confirmed yet.
    pub media_owed: RwSignal<Vec<media::MediaItem>>,
    pub pulled: RwSignal<Pulled>,
    /// Why the phone's store cannot be used at the moment.
    pub trouble: RwSignal<Option<LocalError>>,
    /// The browser's word on whether it may clear the store; `None` until it has said.
    pub persisted: RwSignal<Option<bool>>,
    /// The server asks for the password again; recording goes on.
    pub expired: RwSignal<bool>,
    pub status: SyncStatus,
    news: StoredValue<Option<local::Listening>, LocalStorage>,
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
            owed: RwSignal::default(),
            media_owed: RwSignal::default(),
            pulled: RwSignal::default(),
            trouble: RwSignal::new(None),
            persisted: RwSignal::new(None),
            expired: RwSignal::new(false),
            status,
            news: StoredValue::new_local(None),
        }
    }

    /// Opens the store of `account`, unless it is open, and begins to sync.
    pub fn open_for(self, account: &Account, campaign: Option<Campaign>) {
        let same = self.account.with_untracked(|it| it.as_ref().is_some_and(|it| it.id == account.id));
        self.account.set(Some(account.clone()));
        if same {
            self.pulled.update(|it| it.set_campaign(campaign));
            return;
        }
        self.close();
        api::act_for(Some(account.id));
        self.account.set(Some(account.clone()));
        self.database.set_value(Some(Database::new(&local::name_for(account.id))));
        self.news.set_value(local::listen(move || spawn_local(self.read_all())));
        spawn_local(async move {
            self.read_all().await;
            self.pulled.update(|it| it.set_campaign(campaign));
            media::recover(self).await;
            visits::sweep(self).await;
            persist(self).await;
            sync::follow(self);
        });
    }

    /// Nobody is signed in any more; what is kept stays kept.
    pub fn close(self) {
        api::act_for(None);
        self.account.set(None);
        self.database.set_value(None);
        self.news.set_value(None);
        self.ready.set(false);
        self.drafts.set(Vec::new());
        self.sent.set(Vec::new());
        self.sent_n.set(0);
        self.owed.set(Vec::new());
        self.media_owed.set(Vec::new());
        self.pulled.set(Pulled::default());
        self.show_waiting();
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
        self.database.get_value().ok_or(LocalError::Unavailable)
    }

    /// Keeps `writes` on the phone; the other windows hear of it.
    ///
    /// # Errors
    ///
    /// When they are not kept; [`Self::trouble`] says so too.
    pub async fn keep(self, writes: &[Write]) -> Result<(), LocalError> {
        let kept = match self.database() {
            Ok(database) => database.write(writes).await,
            Err(cause) => Err(cause),
        };
        self.trouble.set(kept.clone().err());
        if kept.is_ok() {
            self.news.with_value(|it| it.iter().for_each(local::Listening::tell));
        }
        kept
    }

    /// Reads everything that screens show.
    pub async fn read_all(self) {
        if let Err(cause) = self.try_read_all().await {
            self.trouble.set(Some(cause));
        }
        self.ready.set(true);
    }

    async fn try_read_all(self) -> Result<(), LocalError> {
        let database = self.database()?;
        let mut drafts: Vec<Draft> = read_all(&database, Table::Draft, visits::LIVE).await?;
        drafts.sort_by_key(|it| std::cmp::Reverse(it.changed_at));
        self.drafts.set(drafts);
        self.owed.set(read_all(&database, Table::Outbox, sending::OWED).await?);
        self.media_owed.set(media::owed(&database).await?);
        self.read_sent(self.sent.with_untracked(|it| it.len().max(SENT_AT_FIRST))).await?;
        if self.pulled.with_untracked(Pulled::is_empty) {
            self.pulled.set(pulled::read(&database).await?);
        }
        self.show_waiting();
        Ok(())
    }

    /// Reads the latest `n` visits that were sent.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn read_sent(self, n: usize) -> Result<(), LocalError> {
        let (all_n, latest) = self.database()?.last(Table::Sent, n).await?;
        self.sent.set(latest.iter().filter_map(|it| crate::json::read(it).ok()).collect());
        self.sent_n.set(all_n);
        Ok(())
    }

    /// Says in the strip what waits.
    pub fn show_waiting(self) {
        let sending = self.status.waiting.with_untracked(|it| it.sending);
        let waiting = self.owed.with_untracked(|owed| {
            let mut visits: Vec<RecordId> = owed.iter().map(|it| it.visit).collect();
            visits.extend(
                self.media_owed.with_untracked(|it| it.iter().map(|it| it.visit).collect::<Vec<_>>()),
            );
            visits.sort();
            visits.dedup();
            let oldest_at = owed.iter().map(|it| it.frozen_at).min();
            Waiting { n_waiting: visits.len(), oldest_at, sending }
        });
        self.status.waiting.set(waiting);
    }

    /// What the office made of a visit.
    pub fn progress(self, visit: RecordId) -> Option<VisitProgress> {
        self.pulled.with(|it| it.progress.get(&visit).cloned())
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

/// The phone of this screen.
pub fn phone() -> Phone {
    expect_context::<Phone>()
}

/// Everything readable under `prefix`; what a later version wrote and this one cannot read stays.
async fn read_all<T: serde::de::DeserializeOwned>(
    database: &Database,
    table: Table,
    prefix: &str,
) -> Result<Vec<T>, LocalError> {
    let all = database.all(table, prefix).await?;
    Ok(all.iter().filter_map(|(_, bytes)| crate::json::read(bytes).ok()).collect())
}

/// Asks the browser not to clear the store, and shows its answer.
async fn persist(phone: Phone) {
    let storage = window().navigator().storage();
    let asked = storage.persist().ok();
    let answer = match asked {
        Some(asked) => wasm_bindgen_futures::JsFuture::from(asked).await.ok().and_then(|it| it.as_bool()),
        None => None,
    };
    phone.persisted.set(Some(answer.unwrap_or(false)));
}
