//! What every screen and part imports, in the place of `leptos::prelude`.
//!
//! Its `view!` writes no HTML as text, which the content policy would refuse.

use leptos::tachys::html::event::EventDescriptor;

pub use leptos::prelude::*;
pub use view::view;

pub use crate::{
    parts::{
        each::{For, ForProps},
        show::{Show, ShowProps},
    },
    reactive::{Memo, RwSignal, Signal},
    router,
};

/// The handler of an event, as the one type that all handlers of it have; `view!` calls it.
pub fn heard<E: EventDescriptor>(
    handler: impl FnMut(E::EventType) + 'static,
) -> Box<dyn FnMut(E::EventType)> {
    Box::new(handler)
}
