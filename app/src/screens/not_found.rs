//! An address that leads nowhere.

use crate::{i18n::text, parts::page_title::page_title, prelude::*};

/// Says so, and leads back to the start.
#[component]
pub fn NotFound() -> impl IntoView {
    page_title(move || text().common.not_found_title.to_owned());
    view! {
        <main class="alone">
            <h1>{move || text().common.not_found_title}</h1>
            <p>{move || text().common.not_found}</p>
            <a href="/" class="button main">{move || text().common.to_start}</a>
        </main>
    }
}
