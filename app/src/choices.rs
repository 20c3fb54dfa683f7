//! What the reader chose for this device: theme, size, language. Nothing personal.

use crate::prelude::*;

/// A choice that stands as an attribute of the page: `data-theme="dark"`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Light or dark; unset follows the device.
    Theme,
    /// `large` is the 长辈版; unset is the ordinary size.
    Size,
}

impl Choice {
    fn name(self) -> &'static str {
        match self {
            Self::Theme => "theme",
            Self::Size => "size",
        }
    }

    /// What is chosen; empty when nothing is.
    pub fn get(self) -> String {
        kept(self.name()).unwrap_or_default()
    }

    /// Chooses `value` and shows it at once; an empty one takes the choice back.
    pub fn set(self, value: &str) {
        let attribute = format!("data-{}", self.name());
        if let Some(page) = document().document_element() {
            // Setting an attribute of a valid name cannot fail.
            let _ = if value.is_empty() {
                page.remove_attribute(&attribute)
            } else {
                page.set_attribute(&attribute, value)
            };
        }
        keep(self.name(), value);
    }
}

/// What this device keeps under `name`, if its storage is on.
pub fn kept(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Keeps `value` on this device; where storage is off the choice lasts until the page is closed.
pub fn keep(name: &str, value: &str) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        let _ = if value.is_empty() { storage.remove_item(name) } else { storage.set_item(name, value) };
    }
}
