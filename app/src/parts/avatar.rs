//! The first character of a name, in a square.

use crate::prelude::*;

/// The initial before a row; never the kind of respondent, which would label a person.
#[component]
pub fn Avatar(
    /// A name; only its first character shows.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="avatar" aria-hidden="true">
            {move || name.with(|it| it.chars().next().map(String::from))}
        </span>
    }
}
