//! A new version of the app: it waits until nobody writes.

use leptos::{ev, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

use crate::{
    i18n::text,
    prelude::*,
    sync_status::{SyncStatus, sync_status},
};

#[wasm_bindgen]
extern "C" {
    /// A script address that the content policy lets through; `public/first.js` has the list.
    #[wasm_bindgen(js_namespace = zoufang, js_name = scriptUrl, catch)]
    fn script_url(url: &str) -> Result<JsValue, JsValue>;

    /// Lets the waiting version take over, then loads it; one that took over by itself, or from another window, is only
    /// loaded.
    #[wasm_bindgen(js_namespace = zoufang, js_name = update)]
    fn take();

    /// The browser's container, taking a trusted address, which web-sys's does not.
    #[wasm_bindgen(extends = ServiceWorkerContainer)]
    type Container;

    #[wasm_bindgen(method, catch)]
    fn register(this: &Container, url: &JsValue, options: &JsValue) -> Result<js_sys::Promise, JsValue>;
}

/// Says that a new version is ready, and takes it when the reader says so and no draft is open.
#[component]
pub fn UpdateLine() -> impl IntoView {
    let status = sync_status();
    let line = move || {
        let common = text().common;
        if status.draft_open.get() {
            view! { <p class="update">{common.update_after_draft}</p> }.into_any()
        } else {
            view! {
                <p class="update">
                    {common.update_ready}
                    <button class="link" on:click=move |_| take()>{common.update_now}</button>
                </p>
            }
            .into_any()
        }
    };
    view! { <div role="status">{move || status.new_version.get().then(line)}</div> }
}

/// Installs the service worker and watches for new versions. A failure leaves the page as it works.
pub fn follow(status: SyncStatus) {
    spawn_local(async move {
        // Absent in a private window or without TLS: the app then needs the network to open.
        let Some(container) = container() else { return };
        if let Ok(registration) = register(&container).await {
            watch(&registration, status);
        }
    });
}

async fn register(container: &ServiceWorkerContainer) -> Result<ServiceWorkerRegistration, JsValue> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"updateViaCache".into(), &"none".into())?;
    let url = script_url("/sw.js")?;
    let registered = container.unchecked_ref::<Container>().register(&url, &options)?;
    JsFuture::from(registered).await?.dyn_into()
}

fn watch(registration: &ServiceWorkerRegistration, status: SyncStatus) {
    // Without a controller this is the first version, which nobody waits for.
    let note = move |registration: &ServiceWorkerRegistration| {
        let replaces = container().is_some_and(|it| it.controller().is_some());
        status.new_version.set(replaces && registration.waiting().is_some());
    };
    note(registration);
    let found = {
        let registration = registration.clone();
        move || {
            let Some(worker) = registration.installing() else { return };
            let (registration, watched) = (registration.clone(), worker.clone());
            let changed = Closure::<dyn Fn()>::new(move || {
                if watched.state() == ServiceWorkerState::Installed {
                    note(&registration);
                }
            });
            worker.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
            // Lives as long as the worker that calls it.
            changed.forget();
        }
    };
    found();
    let found = Closure::<dyn Fn()>::new(found);
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    // Lives as long as the page.
    found.forget();

    // An installed app may stay open for weeks; coming back to it is the time to ask.
    let registration = registration.clone();
    let ask = window_event_listener(ev::visibilitychange, move |_| {
        if !document().hidden()
            && let Ok(asked) = registration.update()
        {
            // Without a network there is nothing to find.
            spawn_local(async move { drop(JsFuture::from(asked).await) });
        }
    });
    drop(ask);
}

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    js_sys::Reflect::get(&navigator, &"serviceWorker".into()).ok()?.dyn_into().ok()
}
