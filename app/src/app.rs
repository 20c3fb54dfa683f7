//! The frame around all screens, and the table of addresses.

use crate::{
    i18n::Language,
    parts::{
        session_gate::SessionGate,
        toast::{ToastShelf, Toasts},
        update,
    },
    phone::{Phone, idle},
    prelude::*,
    routes::AppRoutes,
    session::{self, Session},
    sync_status::SyncStatus,
};

/// The whole app. The three contexts are all the state that screens share.
#[component]
pub fn App() -> impl IntoView {
    provide_context(Language::chosen());
    let session = Session::new();
    provide_context(session);
    let status = SyncStatus::new();
    provide_context(status);
    let phone = Phone::new(status);
    provide_context(phone);
    Toasts::provide();
    router::follow();
    session::open();
    idle::follow(session, phone);
    update::follow(status);

    view! {
        <SessionGate>
            <AppRoutes/>
        </SessionGate>
        <ToastShelf/>
    }
}
