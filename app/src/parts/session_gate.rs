//! Who may pass to the screens.

use domain::id::AccountId;

use crate::{
    i18n::text,
    prelude::*,
    screens::{lock::LockScreen, password::PasswordForm},
    session::{self, Locked, SessionState, session},
};

/// Addresses that need nobody signed in.
const OPEN: [&str; 5] = ["/sign-in", "/help/install", SETTINGS, "/first", "/welcome"];
/// Tells of whoever is here, and so waits for the PIN once someone is.
const SETTINGS: &str = "/settings";

/// Shows the screens to who is signed in, and signing in to all others.
#[component]
pub fn SessionGate(children: ChildrenFn) -> impl IntoView {
    let open = Memo::new(move || {
        let path = router::path();
        OPEN.iter().any(|it| path.starts_with(it))
    });
    let state = Memo::new(move || match session().state() {
        SessionState::SignedIn(it) if it.account.must_change_password && !open.get() => Pass::ChangePassword,
        SessionState::Locked(locked) if router::path().starts_with(SETTINGS) => Pass::Locked(locked),
        _ if open.get() => Pass::Enter(None),
        SessionState::SignedIn(it) => Pass::Enter(Some(it.account.id)),
        SessionState::Locked(locked) => Pass::Locked(locked),
        SessionState::Opening => Pass::Wait,
        SessionState::SignedOut => Pass::SignIn,
        SessionState::Unreachable => Pass::Unreachable,
    });
    move || match state.get() {
        Pass::Enter(_) => children().into_any(),
        Pass::Locked(locked) => view! { <LockScreen locked/> }.into_any(),
        Pass::Wait => view! { <p class="opening">{move || text().common.opening}</p> }.into_any(),
        Pass::ChangePassword => view! { <MustChange/> }.into_any(),
        Pass::SignIn => view! { <SignInFirst/> }.into_any(),
        Pass::Unreachable => view! { <Unreachable/> }.into_any(),
    }
}

#[component]
fn SignInFirst() -> impl IntoView {
    // Once this is drawn: the address is not to change while what depends on it is.
    Effect::new(|_| router::go_instead("/sign-in"));
}

#[derive(Clone, PartialEq, Eq)]
enum Pass {
    Wait,
    Locked(Locked),
    /// What another account saw is drawn anew, for the one that is here now.
    Enter(Option<AccountId>),
    SignIn,
    ChangePassword,
    Unreachable,
}

/// A password that someone else set is changed before anything else.
#[component]
fn MustChange() -> impl IntoView {
    let changed = Callback::new(|()| session::open());
    view! {
        <main class="alone">
            <h1>{move || text().common.change_password}</h1>
            <p>{move || text().common.must_change}</p>
            <PasswordForm changed/>
        </main>
    }
}

#[component]
fn Unreachable() -> impl IntoView {
    let again = move |_| {
        session().set(SessionState::Opening);
        session::open();
    };
    view! {
        <main class="alone">
            <h1>{move || text().common.unreachable_title}</h1>
            <p>{move || text().common.unreachable}</p>
            <button class="main" on:click=again>{move || text().common.retry}</button>
        </main>
    }
}
