//! Who is signed in.

use domain::{
    role::{Action, Role, Scope, scope},
    session::{Account, Session as SignedIn},
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    local::{self, Database, Table, Write},
    phone::{Phone, phone, sync},
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

/// Opens with whom the device remembers, then asks the server.
pub fn open() {
    let (session, phone) = (session(), phone());
    spawn_local(async move {
        let remembered = remembered().await;
        if let Some(signed_in) = &remembered {
            show(session, phone, signed_in.clone());
        }
        match api::get::<SignedIn>("/api/v1/session").await {
            Ok(signed_in) => enter(session, phone, signed_in).await,
            Err(ApiError::Problem(_)) if remembered.is_some() => phone.expired.set(true),
            Err(ApiError::Problem(_)) => session.set(SessionState::SignedOut),
            Err(ApiError::Offline | ApiError::NotOurs) if remembered.is_some() => {}
            Err(ApiError::Offline | ApiError::NotOurs) => session.set(SessionState::Unreachable),
        }
    });
}

/// Someone signed in. Who records is remembered, so that the app opens without a network.
pub async fn enter(session: Session, phone: Phone, signed_in: SignedIn) {
    routes::choose_bundle(signed_in.account.role);
    if scope(signed_in.account.role, Action::Record) == Scope::Nothing {
        // Whoever recorded here before is not this person.
        forget().await;
        phone.close();
        session.set(SessionState::SignedIn(signed_in));
        return;
    }
    phone.expired.set(false);
    // Without a store the app still works as long as there is a network; the phone says what is wrong.
    let _ = Database::new(local::DEVICE).write(&[Write::json(Table::Meta, REMEMBERED, &signed_in)]).await;
    show(session, phone, signed_in);
    sync::wake(phone);
}

fn show(session: Session, phone: Phone, signed_in: SignedIn) {
    phone.open_for(&signed_in.account, signed_in.campaign.clone());
    session.set(SessionState::SignedIn(signed_in));
}

/// Signs out. What was recorded stays on the device, under the name of who recorded it.
pub async fn leave(session: Session, phone: Phone) {
    // Offline, the server's session ends by itself; the device forgets who it was now.
    let _ = api::delete::<()>("/api/v1/session").await;
    forget().await;
    phone.close();
    session.set(SessionState::SignedOut);
}

async fn forget() {
    let forget = Write::Delete { table: Table::Meta, key: REMEMBERED.to_owned() };
    // What cannot be forgotten was not remembered: then there is no store.
    let _ = Database::new(local::DEVICE).write(&[forget]).await;
}

async fn remembered() -> Option<SignedIn> {
    let bytes = Database::new(local::DEVICE).get(Table::Meta, REMEMBERED).await.ok().flatten()?;
    crate::json::read(&bytes).ok()
}
