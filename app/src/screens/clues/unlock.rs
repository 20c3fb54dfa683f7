//! Making the own key, and unlocking it.

use domain::clue::{base32, fingerprint, in_groups, key_name};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::{
    Desk,
    worker::{Made, NotDone, Worker},
};
use crate::{
    api, clock,
    i18n::{problem, text},
    parts::field::Field,
    prelude::*,
    session::session,
};

/// Fewest characters of a passphrase: whoever has the database may try as many as they like.
const PASSPHRASE_CHARS_MIN: usize = 12;

/// Asks for the passphrase, or for a first one.
#[component]
pub fn Unlock(desk: Desk) -> impl IntoView {
    let recovery = RwSignal::new(None::<Recovery>);
    let forgot = RwSignal::new(false);
    let kept: Kept = StoredValue::new_local(None);
    move || {
        if let Some(shown) = recovery.get() {
            return view! { <RecoveryPaper desk shown kept/> }.into_any();
        }
        match desk.keys.get() {
            None => ().into_any(),
            Some(keys) if keys.own.is_some() && !forgot.get() => view! { <Open desk forgot/> }.into_any(),
            Some(keys) => {
                let first = keys.keys.iter().all(|it| it.account.is_some());
                view! { <Make desk first recovery kept/> }.into_any()
            }
        }
    }
}

#[component]
fn Open(desk: Desk, forgot: RwSignal<bool>) -> impl IntoView {
    let (passphrase, trouble) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let own = desk.keys.value.with_untracked(|it| it.as_ref().and_then(|it| it.own.clone()));
        let account = untrack(|| session().account());
        let (Some(own), Some(account)) = (own, account) else { return };
        busy.set(true);
        spawn_local(async move {
            let worker = Worker::begin();
            let opened = worker.unlock(account.id, &passphrase.get_untracked(), &own).await;
            let _ = busy.try_set(false);
            let words = text().clues;
            match opened {
                Ok(true) => return desk.enter(worker),
                Ok(false) => drop(trouble.try_set(Some(words.wrong_passphrase.to_owned()))),
                Err(NotDone) => drop(trouble.try_set(Some(words.not_done.to_owned()))),
            }
            worker.end();
        });
    };
    view! {
        <h1>{move || text().clues.clues}</h1>
        <p class="quiet">{move || text().clues.hint}</p>
        <form class="card" on:submit=submit novalidate>
            <Field
                id="passphrase" kind="password" autocomplete="current-password" value=passphrase
                label=Signal::derive(|| text().clues.passphrase.to_owned())
                hint=Signal::derive(|| text().clues.unlock_hint.to_owned())
                error=Signal::derive(move || trouble.get())
            />
            <button type="submit" class="main" disabled=move || busy.get()>
                {move || if busy.get() { text().clues.making } else { text().clues.unlock }}
            </button>
            <button type="button" class="link quiet" on:click=move |_| forgot.set(true)>{move || text().clues.forgot}</button>
        </form>
    }
}

/// The recovery key's secret and its fingerprint, in the form that is printed.
type Recovery = (String, String);
/// What goes on once it is printed.
type Kept = StoredValue<Option<Worker>, LocalStorage>;

#[component]
fn Make(desk: Desk, first: bool, recovery: RwSignal<Option<Recovery>>, kept: Kept) -> impl IntoView {
    let (one, other) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (short, differ) = (RwSignal::new(false), RwSignal::new(false));
    let (busy, trouble) = (RwSignal::new(false), RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let passphrase = one.get_untracked();
        short.set(passphrase.chars().count() < PASSPHRASE_CHARS_MIN);
        differ.set(passphrase != other.get_untracked());
        let Some(account) = untrack(|| session().account()) else { return };
        if short.get_untracked() || differ.get_untracked() {
            return;
        }
        busy.set(true);
        trouble.set(String::new());
        spawn_local(async move {
            let worker = Worker::begin();
            let made = worker.make(account.id, &passphrase, first).await;
            let sent = match &made {
                Ok(made) => api::post::<()>("/api/v1/clue-group/key", &made.new)
                    .await
                    .map_err(|cause| problem::form_words(&cause)),
                Err(NotDone) => Err(text().clues.not_done.to_owned()),
            };
            let _ = busy.try_set(false);
            match (made, sent) {
                (Ok(made), Ok(())) if first => {
                    kept.set_value(Some(worker));
                    let _ = recovery.try_set(Some(printed(&made)));
                }
                (Ok(_), Ok(())) => {
                    desk.keys.reload();
                    desk.enter(worker);
                }
                (_, sent) => {
                    worker.end();
                    drop(trouble.try_set(sent.err().unwrap_or_default()));
                    desk.keys.reload();
                }
            }
        });
    };
    let error = |wrong: RwSignal<bool>, words: fn() -> &'static str| {
        Signal::derive(move || wrong.get().then(|| words().to_owned()))
    };
    view! {
        <h1>{move || text().clues.make_key}</h1>
        <p class="quiet">{move || text().clues.make_key_hint}</p>
        <form class="card" on:submit=submit novalidate>
            <Field
                id="passphrase" kind="password" autocomplete="new-password" value=one required=true
                label=Signal::derive(|| text().clues.passphrase.to_owned())
                hint=Signal::derive(|| text().clues.passphrase_hint.to_owned())
                error=error(short, || text().clues.too_short)
            />
            <Field
                id="passphrase-again" kind="password" autocomplete="new-password" value=other required=true
                label=Signal::derive(|| text().clues.passphrase_again.to_owned())
                error=error(differ, || text().clues.differ)
            />
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button type="submit" class="main" disabled=move || busy.get()>
                {move || if busy.get() { text().clues.making } else { text().clues.make_key }}
            </button>
        </form>
    }
}

fn printed(made: &Made) -> Recovery {
    let name = made.new.recovery.as_ref().and_then(|it| key_name(&it.public));
    (in_groups(&base32(&made.recovery_secret)), name.map(fingerprint).unwrap_or_default())
}

/// The recovery key on paper, once.
#[component]
fn RecoveryPaper(desk: Desk, shown: Recovery, kept: Kept) -> impl IntoView {
    let (secret, print_of_key) = shown;
    let print = move |_| {
        // Fails only where the browser has no printer at all.
        let _ = window().print();
    };
    let go_on = move |_| {
        if let Some(worker) = kept.try_update_value(Option::take).flatten() {
            desk.keys.reload();
            desk.enter(worker);
        }
    };
    view! {
        <section class="card paper">
            <h1>{move || text().clues.recovery}</h1>
            <p>{move || text().clues.recovery_hint}</p>
            <p class="words"><code>{secret}</code></p>
            <p>{move || text().clues.fingerprint} " " <code>{print_of_key}</code></p>
            <p class="quiet">{clock::date(clock::now())}</p>
            <div class="buttons no-print">
                <button class="main" on:click=print>{move || text().branch.print}</button>
                <button on:click=go_on>{move || text().clues.recovery_kept}</button>
            </div>
        </section>
    }
}
