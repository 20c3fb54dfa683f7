//! The first screen of each role.

#[cfg(feature = "desk")]
mod desk;

use domain::role::Role;

use crate::{prelude::*, screens::today::Today, session::session};

/// Today on the phone for visitors, the desk for all others.
#[component]
pub fn Home() -> impl IntoView {
    let on_phone = Memo::new(move || matches!(session().role(), Some(Role::Visitor)));
    move || if on_phone.get() { view! { <Today/> }.into_any() } else { elsewhere() }
}

#[cfg(feature = "desk")]
fn elsewhere() -> AnyView {
    view! { <desk::Desk/> }.into_any()
}

/// The desk's bundle is on its way.
#[cfg(not(feature = "desk"))]
fn elsewhere() -> AnyView {
    view! { <p class="opening">{move || crate::i18n::text().common.opening}</p> }.into_any()
}
