//! Which screen an address shows, and how to go elsewhere without loading the page anew.
//!
//! leptos_router does more than is needed here, and would be a seventh of all that a phone may load.

use std::cell::Cell;

use leptos::ev;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, MouseEvent, UrlSearchParams};

use crate::prelude::*;

/// An address and its screen. A part that begins with `:` stands for any one, a last `*` for any more.
pub type Screen = (&'static str, fn() -> AnyView);

/// Where the window is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    path: String,
    /// With its question mark, if there is one.
    query: String,
}

thread_local! {
    /// Beside the contexts, for work that outlives the screen which began it.
    static AT: Cell<Option<RwSignal<Place>>> = const { Cell::new(None) };
}

/// Follows the window's address, and the links of its pages, from now on.
pub fn follow() {
    let at = RwSignal::new(here());
    AT.set(Some(at));
    // These listeners live as long as the page.
    let _ = window_event_listener(ev::popstate, move |_| at.set(here()));
    let _ = window_event_listener(ev::click, |event| {
        if let Some(address) = followed(&event) {
            event.prevent_default();
            go(&address);
        }
    });
}

/// Shows another screen; the browser's back leads here again.
pub fn go(address: &str) {
    if address != here().path.clone() + &here().query {
        let _ = history().push_state_with_url(&JsValue::NULL, "", Some(address));
    }
    arrive();
}

/// Shows another screen in the place of this one.
pub fn go_instead(address: &str) {
    let _ = history().replace_state_with_url(&JsValue::NULL, "", Some(address));
    arrive();
}

/// Gives this screen another address, as a filter changes; it stays where it is.
pub fn rename(address: &str) {
    let _ = history().replace_state_with_url(&JsValue::NULL, "", Some(address));
    if let Some(at) = AT.get() {
        at.set(here());
    }
}

/// The path of the address; redraws whoever asks when it changes.
pub fn path() -> String {
    AT.get().map(|it| it.with(|it| it.path.clone())).unwrap_or_default()
}

/// A part of the path, counted from 0; empty where there is none.
pub fn part(n: usize) -> Memo<String> {
    Memo::new(move || parts(&path()).nth(n).unwrap_or_default().to_owned())
}

/// What the address asks for by `name`, after its question mark; redraws whoever asks when it changes.
pub fn asked(name: &str) -> Option<String> {
    let query = AT.get()?.with(|it| it.query.clone());
    UrlSearchParams::new_with_str(&query).ok()?.get(name)
}

/// Whether `href` is the address or one above it.
pub fn is_at(href: &str) -> bool {
    let path = path();
    path == href || (href != "/" && path.strip_prefix(href).is_some_and(|it| it.starts_with('/')))
}

/// The screen of the address.
#[component]
pub fn Screens(
    /// The first that fits shows.
    table: &'static [Screen],
    fallback: fn() -> AnyView,
) -> impl IntoView {
    let shown = Memo::new(move || {
        let path = path();
        table.iter().position(|(pattern, _)| fits(pattern, &path))
    });
    move || shown.get().map_or(fallback, |it| table[it].1)()
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut rest = parts(path);
    for wanted in parts(pattern) {
        match (wanted, rest.next()) {
            ("*", _) => return true,
            (_, None) => return false,
            (wanted, Some(part)) if wanted.starts_with(':') || wanted == part => {}
            _ => return false,
        }
    }
    rest.next().is_none()
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|it| !it.is_empty())
}

fn arrive() {
    if let Some(at) = AT.get() {
        at.set(here());
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
}

fn here() -> Place {
    let location = window().location();
    // Both can be read as long as there is a window.
    Place { path: location.pathname().unwrap_or_default(), query: location.search().unwrap_or_default() }
}

fn history() -> web_sys::History {
    window().history().expect("a window has a history")
}

/// The address of a link of ours that was clicked to be followed in this window.
fn followed(event: &MouseEvent) -> Option<String> {
    let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || elsewhere {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    if link.has_attribute("download") || link.has_attribute("target") {
        return None;
    }
    let href = link.get_attribute("href")?;
    // What the server answers itself is the browser's to fetch.
    (href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/api/")).then_some(href)
}
