//! Who is signed in.

use domain::{
    role::{Action, Role, Scope, scope},
    session::{Account, Session as SignedIn},
};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    prelude::*,
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

/// Asks the server who is signed in.
pub fn open() {
    let session = session();
    spawn_local(async move {
        let state = match api::get::<SignedIn>("/api/v1/session").await {
            Ok(signed_in) => SessionState::SignedIn(signed_in),
            Err(ApiError::Problem(_)) => SessionState::SignedOut,
            Err(ApiError::Offline | ApiError::NotOurs) => SessionState::Unreachable,
        };
        session.set(state);
    });
}
