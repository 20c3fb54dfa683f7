//! The frame around all screens, and the table of addresses.

use crate::{
    i18n::Language,
    parts::{
        session_gate::SessionGate,
        toast::{ToastShelf, Toasts},
        update,
    },
    phone::Phone,
    prelude::*,
    routes::AppRoutes,
    session::{self, Session},
    sync_status::SyncStatus,
};

/// The whole app. The three contexts are all the state that screens share.
#[component]
pub fn App() -> impl IntoView {
    provide_context(Language::chosen());
    provide_context(Session::new());
    let status = SyncStatus::new();
    provide_context(status);
    provide_context(Phone::new(status));
    Toasts::provide();
    router::follow();
    session::open();
    update::follow(status);

    view! {
        <SessionGate>
            <AppRoutes/>
        </SessionGate>
        <ToastShelf/>
    }
}
