//! What every screen and part imports, in the place of `leptos::prelude`.
//!
//! Its `view!` writes no HTML as text, which the content policy would refuse.

pub use leptos::prelude::*;
pub use view::view;

pub use crate::{
    parts::show::{Show, ShowProps},
    router,
};
