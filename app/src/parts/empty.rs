//! A place with nothing in it yet.

use crate::prelude::*;

/// Says what will be here; the one thing to do is its children.
#[component]
pub fn Empty(
    #[prop(into)] words: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{move || words.get()}</p>
            {children.map(|it| it())}
        </div>
    }
}
