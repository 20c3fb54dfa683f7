//! Asks whoever is at the desk to confirm who they are, while what they did waits.

use std::cell::Cell;

use domain::second_factor::Confirm;
use futures_channel::oneshot;
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api::{self, ApiError},
    i18n::{problem::form_words, text},
    parts::{dialog::Dialog, field::Field, lasting::lasting},
    prelude::*,
};

/// What is asked.
#[derive(Clone, Copy)]
struct Asking {
    open: RwSignal<bool>,
    /// For a code of the second factor, else for the password.
    code: RwSignal<bool>,
}

thread_local! {
    /// Beside the context, for requests that outlive the screen which made them.
    static ASKING: Cell<Option<Asking>> = const { Cell::new(None) };
    /// Requests that wait for the answer.
    static WAITING: Cell<Vec<oneshot::Sender<bool>>> = const { Cell::new(Vec::new()) };
}

fn asking() -> Asking {
    ASKING.get().unwrap_or_else(|| {
        let made = lasting(|| Asking { open: RwSignal::new(false), code: RwSignal::new(false) });
        ASKING.set(Some(made));
        made
    })
}

fn answer(confirmed: bool) {
    for waiting in WAITING.take() {
        // Who has gone away does not hear it.
        let _ = waiting.send(confirmed);
    }
}

/// Asks for a confirmation by `password` or `code`; answers whether it was given.
pub async fn confirm(by: &str) -> bool {
    let (sender, receiver) = oneshot::channel();
    let mut waiting = WAITING.take();
    waiting.push(sender);
    WAITING.set(waiting);
    asking().code.set(by == "code");
    asking().open.set(true);
    receiver.await.unwrap_or(false)
}

/// Sees that a confirmation counts, or asks for it: before what is not a request of ours, such as a download.
///
/// # Errors
///
/// [`ApiError`], also when it was not given.
pub async fn confirmed() -> Result<(), ApiError> {
    api::get("/api/v1/session/confirmation").await
}

/// Where it is asked; once on a desk.
#[component]
pub fn ConfirmDialog() -> impl IntoView {
    let Asking { open, code } = asking();
    Effect::new(move |_| {
        if !open.get() {
            answer(false);
        }
    });
    view! {
        <Dialog open title=Signal::derive(|| text().access.confirm_title.to_owned())>
            <ConfirmForm open code/>
        </Dialog>
    }
}

#[component]
fn ConfirmForm(open: RwSignal<bool>, code: RwSignal<bool>) -> impl IntoView {
    let told = RwSignal::new(String::new());
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let told = told.get_untracked();
        let confirm = if code.get_untracked() {
            Confirm { password: String::new(), code: told }
        } else {
            Confirm { password: told, code: String::new() }
        };
        spawn_local(async move {
            match api::post::<()>("/api/v1/session/confirmation", &confirm).await {
                Ok(()) => {
                    answer(true);
                    open.set(false);
                }
                Err(cause) => drop(trouble.try_set(form_words(&cause))),
            }
        });
    };
    let by_code = code.get_untracked();
    let label = move || if by_code { text().access.code } else { text().common.current_password };
    view! {
        <form on:submit=submit novalidate>
            <p>{move || text().access.confirm_hint}</p>
            <Field
                id="confirmation"
                kind=if by_code { "text" } else { "password" }
                autocomplete=if by_code { "one-time-code" } else { "current-password" }
                label=Signal::derive(move || label().to_owned())
                value=told
            />
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().access.confirm}</button>
        </form>
    }
}
