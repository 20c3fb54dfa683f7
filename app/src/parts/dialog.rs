//! A question that cannot be undone: sealing, sending identities out. All else has an undo.

use leptos::html;
use web_sys::HtmlDialogElement;

use crate::{i18n::text, prelude::*};

/// A modal dialog; Escape and the browser's back gesture close it.
#[component]
pub fn Dialog(
    /// Whether it shows; closing sets it back.
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        let dialog: &HtmlDialogElement = &dialog;
        match (open.get(), dialog.open()) {
            // Fails only where the element has left the page.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
    view! {
        <dialog node_ref=dialog aria-label=move || title.get() on:close=move |_| open.set(false)>
            <header class="dialog-head">
                <h2>{move || title.get()}</h2>
                <button type="button" class="link" on:click=move |_| open.set(false)>{move || text().common.close}</button>
            </header>
            {move || open.get().then(|| children())}
        </dialog>
    }
}
