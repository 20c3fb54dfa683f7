//! What lasts as long as the window, whatever screen is shown.

use crate::prelude::*;

/// Makes signals that belong to the app rather than to the screen which asks for them: an answer that
/// comes when another screen is shown still finds them.
pub fn lasting<T>(make: impl FnOnce() -> T) -> T {
    let Some(mut owner) = Owner::current() else { return make() };
    while let Some(parent) = owner.parent() {
        owner = parent;
    }
    owner.with(make)
}
