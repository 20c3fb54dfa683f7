//! The lock of a phone: the PIN is chosen, asked for, or chosen anew with the account's password.

use domain::phone_key::{BadPin, TRIES_MAX, check_pin, wait_s};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    i18n::{problem, text},
    local,
    parts::{field::Field, network_strip::NetworkStrip, page_title::page_title},
    phone::{lock::NotOpened, phone},
    prelude::*,
    session::{self, Locked, SessionState, session},
};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Pin,
    NewPin,
    /// The account's password and a new PIN.
    Password,
}

/// The screen of a store that is locked. No name stands on it: whoever finds the phone reads it.
#[component]
pub fn LockScreen(locked: Locked) -> impl IntoView {
    let lock = locked.lock.clone();
    let first = match lock.is_chosen() {
        false => Asked::NewPin,
        true if lock.takes_pin() => Asked::Pin,
        true => Asked::Password,
    };
    let asked = RwSignal::new(first);
    let wrong_n = RwSignal::new(lock.wrong_n);
    let title = move || match asked.get() {
        Asked::Pin => text().lock.unlock,
        Asked::NewPin => text().lock.choose,
        Asked::Password => text().lock.choose_anew,
    };
    let hint = move || match asked.get() {
        Asked::Pin => text().lock.hint,
        Asked::NewPin => text().lock.choose_hint,
        Asked::Password if wrong_n.get() == 0 && first == Asked::Password => text().lock.void_hint,
        Asked::Password => text().lock.choose_anew_hint,
    };
    page_title(move || title().to_owned());
    let forgotten = move || asked.get() == Asked::Pin;
    let sign_out = move |_| {
        let (session, phone) = (session(), phone());
        spawn_local(async move { session::leave(session, phone).await });
    };
    view! {
        <NetworkStrip/>
        <main class="alone sign-in">
            <header>
                <h1>{title}</h1>
                <p class="quiet">{hint}</p>
            </header>
            <Form locked asked wrong_n/>
            <nav class="small-links">
                <Show when=forgotten>
                    <button class="link" on:click=move |_| asked.set(Asked::Password)>{move || text().lock.forgotten}</button>
                </Show>
                <button class="link" on:click=sign_out>{move || text().lock.another}</button>
            </nav>
        </main>
    }
}

#[component]
fn Form(locked: Locked, asked: RwSignal<Asked>, wrong_n: RwSignal<u32>) -> impl IntoView {
    let [pin, again, password, trouble] = [(); 4].map(|()| RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    // A try must wait, after a restart too, whatever the clock says.
    let left_s = RwSignal::new(0);
    let wait = move || {
        left_s.set(wait_s(wrong_n.get_untracked()));
        spawn_local(async move {
            while let Some(left) = left_s.try_get_untracked().filter(|it| *it > 0) {
                local::wait(1_000).await;
                let _ = left_s.try_set(left - 1);
            }
        });
    };
    let wait_words = move || Some(left_s.get()).filter(|it| *it > 0).map(text().lock.wait);
    wait();
    let (session, phone) = (session(), phone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (mut locked, how) = (locked.clone(), asked.get_untracked());
        let typed = pin.get_untracked();
        if how != Asked::Pin
            && let Some(bad) = bad_pin(&typed, &again.get_untracked())
        {
            return trouble.set(bad.to_owned());
        }
        trouble.set(String::new());
        busy.set(true);
        locked.lock.wrong_n = wrong_n.get_untracked();
        spawn_local(async move {
            let office = locked.office_key().unwrap_or_default();
            let opened = match how {
                Asked::Pin => locked.lock.open(&typed).await,
                Asked::NewPin => locked.lock.choose(&typed, &office).await,
                Asked::Password => locked.lock.recover(password.get_untracked(), &typed).await,
            };
            busy.set(false);
            let cause = match opened {
                Ok(database) => return session::unlocked(session, phone, locked, database).await,
                Err(cause) => cause,
            };
            if how == Asked::NewPin && locked.lock.is_chosen() {
                return session.set(SessionState::Locked(locked));
            }
            wrong_n.set(locked.lock.wrong_n);
            if how == Asked::Pin && !locked.lock.takes_pin() {
                asked.set(Asked::Password);
            }
            trouble.set(words(&cause, locked.lock.wrong_n));
            pin.set(String::new());
            if cause == NotOpened::Wrong {
                wait();
            }
        });
    };
    let is_new = move || asked.get() != Asked::Pin;
    view! {
        <form on:submit=submit novalidate>
            <Show when=move || asked.get() == Asked::Password>
                <Field
                    id="password"
                    kind="password"
                    label=Signal::derive(|| text().common.password.to_owned())
                    value=password
                    autocomplete="current-password"
                />
            </Show>
            <Field
                id="pin"
                kind="password"
                label=Signal::derive(move || if is_new() { text().lock.new_pin } else { text().lock.pin }.to_owned())
                value=pin
            />
            <Show when=is_new>
                <Field
                    id="pin-again"
                    kind="password"
                    label=Signal::derive(|| text().lock.pin_again.to_owned())
                    value=again
                />
            </Show>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <p class="quiet">{wait_words}</p>
            <button class="main" type="submit" disabled=move || busy.get() || left_s.get() != 0>
                {move || if is_new() { text().lock.keep } else { text().lock.unlock }}
            </button>
        </form>
    }
}

fn bad_pin(pin: &str, again: &str) -> Option<&'static str> {
    match check_pin(pin) {
        Err(BadPin::Short) => Some(text().lock.short),
        Err(BadPin::Plain) => Some(text().lock.plain),
        Ok(()) if pin != again => Some(text().lock.differ),
        Ok(()) => None,
    }
}

fn words(cause: &NotOpened, wrong_n: u32) -> String {
    match cause {
        NotOpened::Wrong if wrong_n == 0 => text().lock.void_hint.to_owned(),
        NotOpened::Wrong => (text().lock.wrong)(TRIES_MAX.saturating_sub(wrong_n)),
        NotOpened::Unable => text().lock.unable.to_owned(),
        NotOpened::Local(cause) => (text().visitor.local_error)(cause),
        NotOpened::Api(cause) => problem::words(cause),
    }
}
