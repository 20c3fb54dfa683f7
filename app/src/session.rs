//! Who is signed in.

use domain::{
    problem::Code,
    role::{Action, Role, Scope, scope},
    session::{Account, Session as SignedIn},
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    local::{self, Table, Write},
    phone::{Phone, device, phone, sync, trust, waiting},
    prelude::*,
    routes,
};

/// What is known of the person at the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Neither the device nor the server has said yet.
    Opening,
    SignedOut,
    SignedIn(SignedIn),
    /// The server cannot be asked and the device knows nobody.
    Unreachable,
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
            SessionState::Opening | SessionState::SignedOut | SessionState::Unreachable => None,
        })
    }

    pub fn role(self) -> Option<Role> {
        self.account().map(|it| it.role)
    }

    /// The campaign under way.
    pub fn campaign(self) -> Option<domain::campaign::Campaign> {
        self.0.with(|state| match state {
            SessionState::SignedIn(it) => it.campaign.clone(),
            SessionState::Opening | SessionState::SignedOut | SessionState::Unreachable => None,
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

/// The name under which the device remembers who signed in.
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
        let remembered = remembered().await;
        if let Some(signed_in) = &remembered {
            show(session, phone, signed_in.clone());
        }
        let trouble = match api::get::<SignedIn>("/api/v1/session").await {
            Ok(signed_in) => return enter(session, phone, signed_in, false).await,
            Err(cause) => cause,
        };
        let ended = trouble.code() == Some(Code::SignedOut);
        phone.note(|it| it.portal = trouble == ApiError::NotOurs);
        match remembered {
            Some(_) if ended => phone.expired.set(true),
            // Records all the same: the server has its own troubles, or is out of reach.
            Some(_) => {}
            None if ended => session.set(SessionState::SignedOut),
            None => session.set(SessionState::Unreachable),
        }
    });
}

/// Someone is signed in, or has just `confirmed` by their password that they are. Who records is remembered, so
/// that the app opens without a network.
pub async fn enter(session: Session, phone: Phone, signed_in: SignedIn, confirmed: bool) {
    let role = signed_in.account.role;
    // What the device remembers is on disk before another bundle loads the page anew.
    if scope(role, Action::Record) == Scope::Nothing {
        // Whoever recorded here before is not this person.
        keep(&[forgotten(REMEMBERED), forgotten(LEFT)]).await;
        routes::choose_bundle(role);
        phone.close();
        session.set(SessionState::SignedIn(signed_in));
        return;
    }
    phone.expired.set(false);
    keep(&[Write::json(Table::Meta, REMEMBERED, &signed_in), forgotten(LEFT)]).await;
    // What a page begins to keep while it is being left can hold up the one that comes.
    if routes::choose_bundle(role) {
        return;
    }
    let key = signed_in.receipt_key.clone();
    show(session, phone, signed_in);
    trust::pin(phone, key, confirmed).await;
    if confirmed {
        device::begin_session();
    }
    sync::wake(phone);
}

fn show(session: Session, phone: Phone, signed_in: SignedIn) {
    phone.open_for(&signed_in.account, signed_in.campaign.clone());
    let account = signed_in.account.id;
    spawn_local(waiting::read_others(phone, account));
    session.set(SessionState::SignedIn(signed_in));
}

/// Signs out. What was recorded stays on the device, under the name of who recorded it.
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

async fn remembered() -> Option<SignedIn> {
    let bytes = local::device().get(Table::Meta, REMEMBERED).await.ok().flatten()?;
    crate::json::read(&bytes).ok()
}
