//! The app that visiting staff carry and the office works in: screens over the local store and the API.

pub mod api;
pub mod app;
pub mod choices;
pub mod clock;
#[cfg(feature = "desk")]
pub mod confirming;
pub mod i18n;
pub mod ids;
pub mod json;
pub mod local;
pub mod media;
pub mod parts;
pub mod phone;
pub mod place;
pub mod prelude;
pub mod reactive;
pub mod router;
pub mod routes;
pub mod screens;
pub mod session;
pub mod sync_status;
#[cfg(feature = "desk")]
pub mod taxonomy;

use wasm_bindgen::prelude::wasm_bindgen;

/// Where the browser enters.
#[wasm_bindgen(start)]
fn start() {
    leptos::mount::mount_to_body(app::App);
}
