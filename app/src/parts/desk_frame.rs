//! A screen as a desk shows it.

use std::cell::Cell;

use crate::{
    api,
    i18n::text,
    parts::{lasting::lasting, network_strip::NetworkStrip, page_title::page_title, update::UpdateLine},
    prelude::*,
    screens::places,
    session::session,
    taxonomy,
};

thread_local! {
    /// The session of this window has ended; beside the context, for answers that outlive a screen.
    static SIGNED_OUT: Cell<Option<RwSignal<bool>>> = const { Cell::new(None) };
}

/// Says that the session has ended, and leads to a new one beside this window: what is typed here stays.
#[component]
pub fn SignedOutLine() -> impl IntoView {
    let signed_out = SIGNED_OUT.get().unwrap_or_else(|| {
        let made = lasting(|| RwSignal::new(false));
        SIGNED_OUT.set(Some(made));
        api::tell_whether_signed_in(|signed_in| {
            if let Some(it) = SIGNED_OUT.get().filter(|it| it.get_untracked() == signed_in) {
                it.set(!signed_in);
            }
        });
        made
    });
    view! {
        <div role="alert">
            {move || signed_out.get().then(|| view! {
                <p class="notice amber">
                    {text().office.signed_out} " "
                    <a href="/sign-in" target="_blank" rel="noopener">{text().visitor.sign_in_again}</a>
                </p>
            })}
        </div>
    }
}

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
    taxonomy::ask();
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
                <SignedOutLine/>
                {children()}
            </div>
        </div>
    }
}
