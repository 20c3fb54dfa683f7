//! The first screen of each role.

use domain::role::Role;

use crate::{
    i18n::text,
    parts::{desk_frame::DeskFrame, empty::Empty},
    prelude::*,
    screens::today::Today,
    session::session,
};

/// Today on the phone for visitors, the desk for all others.
#[component]
pub fn Home() -> impl IntoView {
    let on_phone = Memo::new(move |_| matches!(session().role(), Some(Role::Visitor)));
    move || if on_phone.get() { view! { <Today/> }.into_any() } else { view! { <Desk/> }.into_any() }
}

#[component]
fn Desk() -> impl IntoView {
    view! {
        <DeskFrame title=Signal::derive(move || text().common.today.to_owned())>
            <main class="page">
                <h1>{move || text().common.today}</h1>
                <Empty words=Signal::derive(move || text().common.nothing_for_role.to_owned())/>
            </main>
        </DeskFrame>
    }
}
