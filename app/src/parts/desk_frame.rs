//! A screen as a desk shows it.

use crate::{
    i18n::text,
    parts::{network_strip::NetworkStrip, page_title::page_title, update::UpdateLine},
    prelude::*,
    screens::places,
    session::session,
};

/// A screen on a desk: the places of the role at the left, the content beside them.
///
/// The content is laid out by the screen: `<main class="page">` for one column,
/// `<div class="columns">` for list, reading and deciding side by side.
#[component]
pub fn DeskFrame(
    /// Names the window.
    #[prop(into)]
    title: Signal<String>,
    children: Children,
) -> impl IntoView {
    page_title(move || title.get());
    view! {
        <div class="desk">
            <a class="skip" href="#content">{move || text().common.skip_to_content}</a>
            <nav class="side" aria-label=move || text().common.main_navigation>
                <p class="brand">{move || text().common.app}</p>
                <ul>
                    {move || places::of(session().role()).iter().map(|place| view! {
                        <li><a href=place.href aria-current=move || router::is_at(place.href).then_some("page")>{(place.name)()}</a></li>
                    }).collect_view()}
                </ul>
                <UpdateLine/>
                <a href="/settings" class="who">
                    {move || session().account().map(|it| match it.unit {
                        Some(unit) => format!("{} · {}", unit.name, it.name),
                        None => it.name,
                    })}
                </a>
            </nav>
            <div class="desk-content" id="content">
                <NetworkStrip/>
                {children()}
            </div>
        </div>
    }
}
