//! The table of addresses: one for phones, one for desks, so that a phone loads what it needs.

#[cfg(feature = "desk")]
mod desk;
#[cfg(not(feature = "desk"))]
mod phone;

#[cfg(feature = "desk")]
pub use desk::AppRoutes;
#[cfg(not(feature = "desk"))]
pub use phone::AppRoutes;

use crate::{choices, prelude::window};
use domain::role::Role;

/// Says for the next loading which of the two this person needs; `public/app.js` reads it.
const CHOICE: &str = "desk";

/// Loads the desk's bundle for whoever works at one, unless it is the one that runs; answers whether this page is being
/// left by that.
pub fn choose_bundle(role: Role) -> bool {
    let desk = role != Role::Visitor;
    choices::keep(CHOICE, if desk { "1" } else { "" });
    let leaves = desk && !cfg!(feature = "desk") && choices::kept(CHOICE).is_some();
    if leaves {
        let location = window().location();
        // Fails only while the page is being left.
        let _ = if location.pathname().is_ok_and(|it| it.starts_with("/sign-in")) {
            location.set_href("/")
        } else {
            location.reload()
        };
    }
    leaves
}
