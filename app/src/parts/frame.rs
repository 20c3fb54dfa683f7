//! A screen as a phone shows it.

use crate::{
    i18n::text,
    parts::{
        icon::{Icon, Shape},
        network_strip::NetworkStrip,
        page_title::page_title,
        update::UpdateLine,
    },
    prelude::*,
};

/// A screen on the phone: network strip, heading, content, and the main action at the foot.
#[component]
pub fn Frame(
    /// The heading; also names the window.
    #[prop(into)]
    title: Signal<String>,
    /// A second line below the heading.
    #[prop(optional, into)]
    subtitle: Option<Signal<String>>,
    /// Where the arrow before the heading leads; without it there is none.
    #[prop(optional, into)]
    back: Option<String>,
    /// What stands at the right of the heading: a date, a state.
    #[prop(optional, into)]
    aside: Option<ViewFn>,
    /// The bar at the foot: one main action, at most two quiet ones.
    #[prop(optional, into)]
    foot: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    page_title(move || title.get());
    let has_foot = foot.is_some();
    view! {
        <div class="frame" class:has-foot=has_foot>
            <NetworkStrip/>
            <header class="top">
                {back.map(|back| view! {
                    <a href=back class="back" aria-label=move || text().common.back>
                        <Icon shape=Shape::Back/>
                    </a>
                })}
                <div class="heading">
                    <h1>{move || title.get()}</h1>
                    {subtitle.map(|it| view! { <p class="quiet">{move || it.get()}</p> })}
                </div>
                {aside.map(|it| view! { <div class="aside">{it.run()}</div> })}
            </header>
            <main id="content">{children()}</main>
            <UpdateLine/>
            {foot.map(|it| view! { <footer class="foot">{it.run()}</footer> })}
        </div>
    }
}
