//! The title of the window.

use crate::{i18n::text, prelude::*};

/// Names the window after the screen, for tabs, history and screen readers.
pub fn page_title(title: impl Fn() -> String + 'static) {
    Effect::new(move |_| {
        let app = text().common.app;
        document().set_title(&format!("{} · {app}", title()));
    });
}
