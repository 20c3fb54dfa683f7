//! Who is signed in.

use domain::{
    clue::Sealing,
    id::AccountId,
    problem::Code,
    role::{Action, Role, Scope, scope},
    session::{Account, Session as SignedIn},
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    local::{self, Database, Table, Write},
    phone::{
        Phone, device,
        lock::{self, Lock},
        phone, sync, trust, waiting,
    },
    prelude::*,
    routes,
};

/// What is known of the person at the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Neither the device nor the server has said yet.
    Opening,
    SignedOut,
    /// Whose store waits for its PIN, or for the choice of one.
    Locked(Locked),
    SignedIn(SignedIn),
    /// The server cannot be asked and the device knows nobody.
    Unreachable,
}

/// Someone whose store is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub lock: Lock,
    /// What the server has just said of them; absent when the device alone remembers them.
    told: Option<SignedIn>,
    /// They have just given their password.
    confirmed: bool,
}

impl Locked {
    /// The office's key, as far as the server has said.
    pub fn office_key(&self) -> Option<String> {
        self.told.as_ref().and_then(|it| it.office_key.clone())
    }
}

/// The context by which screens know who is signed in.
#[derive(Clone, Copy)]
pub struct Session(RwSignal<SessionState>);

impl Session {
    /// Nobody is known yet.
    pub fn new() -> Self {
        Self(RwSignal::new(SessionState::Opening))
    }

    /// What is known; redraws whoever asks when it changes.
    pub fn state(self) -> SessionState {
        self.0.get()
    }

    pub fn set(self, state: SessionState) {
        self.0.set(state);
    }

    /// Who is signed in.
    pub fn account(self) -> Option<Account> {
        self.0.with(|state| match state {
            SessionState::SignedIn(it) => Some(it.account.clone()),
            _ => None,
        })
    }

    fn account_untracked(self) -> Option<Account> {
        leptos::prelude::untrack(|| self.account())
    }

    pub fn role(self) -> Option<Role> {
        self.account().map(|it| it.role)
    }

    /// The campaign under way.
    pub fn campaign(self) -> Option<domain::campaign::Campaign> {
        self.0.with(|state| match state {
            SessionState::SignedIn(it) => it.campaign.clone(),
            _ => None,
        })
    }

    /// What sealing a clue takes, as the server said last.
    pub fn sealing(self) -> Sealing {
        self.0.with(|state| match state {
            SessionState::SignedIn(it) => it.sealing.clone().unwrap_or_default(),
            _ => Sealing::default(),
        })
    }

    /// Whether the role of who is signed in may do this, by the one table.
    pub fn may(self, action: Action) -> bool {
        self.role().is_some_and(|it| scope(it, action) != Scope::Nothing)
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// The session of this screen.
pub fn session() -> Session {
    expect_context::<Session>()
}

/// The name under which the device remembers who signed in, and their store what the server said of them.
const REMEMBERED: &str = "session";
/// The name under which it remembers that the server has not heard of a signing out.
const LEFT: &str = "left";

/// Opens with whom the device remembers, then asks the server.
pub fn open() {
    let (session, phone) = (session(), phone());
    spawn_local(async move {
        if is_left().await {
            // Signed out without a network: the server's session ends before anything is asked of it.
            session.set(SessionState::SignedOut);
            return end().await;
        }
        match remembered().await {
            Some(account) if !phone.is_open_for(account) => {
                admit(session, phone, account, None, false).await;
            }
            remembered => ask(session, phone, remembered.is_some()).await,
        }
    });
}

/// Asks the server who is signed in; whom this device knows records all the same.
async fn ask(session: Session, phone: Phone, is_known: bool) {
    let trouble = match api::get::<SignedIn>("/api/v1/session").await {
        Ok(signed_in) => return enter(session, phone, signed_in, false).await,
        Err(cause) => cause,
    };
    let ended = trouble.code() == Some(Code::SignedOut);
    phone.note(|it| it.portal = trouble == ApiError::NotOurs);
    match is_known {
        true if ended => phone.expired.set(true),
        // Records all the same: the server has its own troubles, or is out of reach.
        true => {}
        false if ended => session.set(SessionState::SignedOut),
        false => session.set(SessionState::Unreachable),
    }
}

/// Someone is signed in, or has just `confirmed` by their password that they are. Who records is remembered, so
/// that the app opens without a network.
pub async fn enter(session: Session, phone: Phone, signed_in: SignedIn, confirmed: bool) {
    let (role, account) = (signed_in.account.role, signed_in.account.id);
    // What the device remembers is on disk before another bundle loads the page anew.
    if scope(role, Action::Record) == Scope::Nothing {
        // Whoever recorded here before is not this person.
        keep(&[forgotten(REMEMBERED), forgotten(LEFT)]).await;
        routes::choose_bundle(role);
        #[cfg(feature = "desk")]
        crate::taxonomy::ask();
        phone.close();
        session.set(SessionState::SignedIn(signed_in));
        return;
    }
    phone.expired.set(false);
    keep(&[Write::json(Table::Meta, REMEMBERED, &account), forgotten(LEFT)]).await;
    // What a page begins to keep while it is being left can hold up the one that comes.
    if routes::choose_bundle(role) {
        return;
    }
    let may_seal = lock::can_seal() && signed_in.office_key.is_some();
    if phone.is_open_for(account) && (phone.is_sealed() || !may_seal) {
        phone.told(&signed_in.account, signed_in.campaign.clone());
        go_on(session, phone, signed_in, confirmed).await;
    } else {
        local::flush().await;
        phone.close();
        admit(session, phone, account, Some(signed_in), confirmed).await;
    }
}

/// Lets someone to their store: by their PIN, where the browser can seal. None is chosen before the office's key is known: what
/// rests sealed has a second way in from the beginning.
async fn admit(
    session: Session,
    phone: Phone,
    account: AccountId,
    mut told: Option<SignedIn>,
    confirmed: bool,
) {
    let (store, lock) = (lock::store(account), Lock::read(account).await);
    if told.is_none() && lock.as_ref().is_ok_and(|it| !it.is_chosen()) {
        told = kept(&store).await;
    }
    let knows_office = told.as_ref().is_some_and(|it| it.office_key.is_some());
    match lock {
        Ok(lock) if lock::can_seal() && (lock.is_chosen() || knows_office) => {
            session.set(SessionState::Locked(Locked { lock, told, confirmed }));
        }
        // Without sealing, or without a store: the phone says what is wrong.
        _ => unlocked(session, phone, Locked { lock: Lock::none(account), told, confirmed }, store).await,
    }
}

/// What the server said last of whose store it is.
async fn kept(store: &Database) -> Option<SignedIn> {
    let bytes = store.get(Table::Meta, REMEMBERED).await.ok().flatten()?;
    crate::json::read(&bytes).ok()
}

/// The store of a person is open.
pub async fn unlocked(session: Session, phone: Phone, locked: Locked, database: Database) {
    let kept = match locked.told {
        Some(told) => Some(told),
        None => kept(&database).await,
    };
    // A store that was never told whose it is opens with a network only.
    let Some(signed_in) = kept else { return spawn_local(ask(session, phone, false)) };
    phone.open_for(&signed_in.account, signed_in.campaign.clone(), database);
    spawn_local(waiting::read_others(phone, signed_in.account.id));
    go_on(session, phone, signed_in, locked.confirmed).await;
    if !locked.confirmed {
        spawn_local(ask(session, phone, true));
    }
}

/// What follows once a store is open for whom the server, or the store, knows.
async fn go_on(session: Session, phone: Phone, signed_in: SignedIn, confirmed: bool) {
    #[cfg(feature = "desk")]
    crate::taxonomy::ask();
    let key = signed_in.receipt_key.clone();
    let remembered = Write::json(Table::Meta, REMEMBERED, &signed_in);
    session.set(SessionState::SignedIn(signed_in));
    // A full phone forgets no more than this.
    let _ = phone.keep(&[remembered]).await;
    trust::pin(phone, key, confirmed).await;
    if confirmed {
        device::begin_session();
    }
    sync::wake(phone);
}

/// Locks the store of who is here; what is being written is kept first.
pub async fn lock(session: Session, phone: Phone) {
    let Some(account) = session.account_untracked().filter(|it| phone.is_open_for(it.id)) else { return };
    local::flush().await;
    if let Ok(lock) = Lock::read(account.id).await
        && lock.takes_pin()
    {
        phone.close();
        session.set(SessionState::Locked(Locked { lock, told: None, confirmed: false }));
    }
}

/// Signs out. What was recorded stays on the device, sealed, under the name of who recorded it.
pub async fn leave(session: Session, phone: Phone) {
    // The device forgets first: without a network the server hears of it at the next start.
    keep(&[forgotten(REMEMBERED), Write::json(Table::Meta, LEFT, &true)]).await;
    phone.close();
    session.set(SessionState::SignedOut);
    end().await;
}

/// Ends the server's session, and forgets that it is to be ended once it has.
async fn end() {
    let ended = api::delete::<()>("/api/v1/session").await;
    if ended.is_ok() || ended.is_err_and(|it| it.code() == Some(Code::SignedOut)) {
        keep(&[forgotten(LEFT)]).await;
    }
}

fn forgotten(name: &str) -> Write {
    Write::Delete { table: Table::Meta, key: name.to_owned() }
}

async fn keep(writes: &[Write]) {
    // Without a store the app still works as long as there is a network; the phone says what is wrong.
    let _ = local::device().write(writes).await;
}

async fn is_left() -> bool {
    local::device().get(Table::Meta, LEFT).await.is_ok_and(|it| it.is_some())
}

/// Who signed in last. An earlier version kept all that the server had said of them here, in the clear: that moves to their
/// own store, to be sealed there.
async fn remembered() -> Option<AccountId> {
    let bytes = local::device().get(Table::Meta, REMEMBERED).await.ok().flatten()?;
    if let Ok(account) = crate::json::read(&bytes) {
        return Some(account);
    }
    let told: SignedIn = crate::json::read(&bytes).ok()?;
    let account = told.account.id;
    if lock::store(account).write(&[Write::json(Table::Meta, REMEMBERED, &told)]).await.is_ok() {
        keep(&[Write::json(Table::Meta, REMEMBERED, &account)]).await;
    }
    Some(account)
}
