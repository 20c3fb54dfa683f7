//! A short word on a wash of colour.

use crate::prelude::*;

/// What a pill's colour says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A plain fact.
    #[default]
    Plain,
    /// Done, chosen, praise.
    Pine,
    /// Recording, sealed, overdue, serious.
    Cinnabar,
    /// Offline, waiting, due.
    Amber,
    /// What the machine suggests.
    Indigo,
}

impl Tone {
    /// The class of this tone.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "pill",
            Self::Pine => "pill pine",
            Self::Cinnabar => "pill cinnabar",
            Self::Amber => "pill amber",
            Self::Indigo => "pill indigo",
        }
    }
}

/// A pill; its word is its children.
#[component]
pub fn Pill(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    view! { <span class=tone.class()>{children()}</span> }
}
