//! Setting up the second factor, and taking it away.

use domain::{
    role::Role,
    second_factor::{Code, NewSecret, RecoveryCodes, SecondFactor},
};
use leptos::{ev::SubmitEvent, task::spawn_local};
use serde::de::DeserializeOwned;

use crate::{
    api,
    i18n::{problem::form_words, text},
    parts::{field::Field, qr::Qr, remote::Remote, toast},
    prelude::*,
    session::session,
};

const ADDRESS: &str = "/api/v1/session/second-factor";

fn load() -> Remote<SecondFactor> {
    Remote::load(|| {
        let has = session().role().is_some_and(Role::has_second_factor);
        if has { ADDRESS.to_owned() } else { String::new() }
    })
}

/// Shows the screens, but for whom this server asks to set up a second factor first.
#[component]
pub fn SecondFactorGate(children: ChildrenFn) -> impl IntoView {
    let state = load();
    let closed = Memo::new(move || {
        let open = ["/sign-in", "/settings", "/welcome"].iter().any(|it| router::path().starts_with(it));
        !open && session().account().is_some() && state.get().is_some_and(|it| it.required && !it.active)
    });
    move || {
        if !closed.get() {
            return children().into_any();
        }
        view! {
            <main class="page narrow">
                <p class="notice amber">{move || text().access.required}</p>
                <Card state/>
                <a href="/settings">{move || text().common.settings}</a>
            </main>
        }
        .into_any()
    }
}

/// How the own second factor is, and what can be done about it.
#[component]
pub fn SecondFactorCard() -> impl IntoView {
    view! { <Card state=load()/> }
}

/// Asks for what the screen goes on with.
fn ask<T: DeserializeOwned + 'static>(path: &'static str, then: impl FnOnce(T) + 'static) {
    spawn_local(async move {
        match api::post::<T>(path, &()).await {
            Ok(answer) => then(answer),
            Err(cause) => toast::say(form_words(&cause)),
        }
    });
}

#[component]
fn Card(state: Remote<SecondFactor>) -> impl IntoView {
    let secret = RwSignal::new(None::<NewSecret>);
    let codes = RwSignal::new(None::<Vec<String>>);
    let kept = move |_| {
        codes.set(None);
        state.reload();
    };
    let remove = move |_| {
        spawn_local(async move {
            match api::delete::<()>(ADDRESS).await {
                Ok(()) => toast::say(text().access.removed.to_owned()),
                Err(cause) => toast::say(form_words(&cause)),
            }
            state.reload();
        });
    };
    let begin = move |_| ask(ADDRESS, move |it: NewSecret| secret.set(Some(it)));
    let others = move |_| {
        ask("/api/v1/session/second-factor/recovery-codes", move |it: RecoveryCodes| {
            codes.set(Some(it.codes));
        });
    };
    let content = move || {
        let words = text().access;
        if let Some(all) = codes.get() {
            return view! { <Codes all/> <button class="main" on:click=kept>{words.kept}</button> }
                .into_any();
        }
        if let Some(one) = secret.get() {
            return view! { <Begun one secret codes/> }.into_any();
        }
        match state.get() {
            None => ().into_any(),
            Some(it) if it.active => view! {
                <p>{(words.is_active)(it.recovery_codes_n)}</p>
                <div class="buttons">
                    <button on:click=others>{words.new_recovery_codes}</button>
                    <button on:click=remove>{words.remove}</button>
                </div>
            }
            .into_any(),
            Some(_) => view! { <button class="main" on:click=begin>{words.set_up}</button> }.into_any(),
        }
    };
    view! {
        <section class="card">
            <h2>{move || text().access.second_factor}</h2>
            <p class="quiet">{move || text().access.second_factor_hint}</p>
            {state.trouble_view()}
            {content}
        </section>
    }
}

/// A secret that waits for its first code.
#[component]
fn Begun(
    one: NewSecret,
    secret: RwSignal<Option<NewSecret>>,
    codes: RwSignal<Option<Vec<String>>>,
) -> impl IntoView {
    let (code, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let told = Code { code: code.get_untracked() };
        spawn_local(async move {
            match api::post::<RecoveryCodes>("/api/v1/session/second-factor/activation", &told).await {
                Ok(made) => {
                    codes.set(Some(made.codes));
                    secret.set(None);
                }
                Err(cause) => drop(trouble.try_set(form_words(&cause))),
            }
        });
    };
    view! {
        <p>{move || text().access.scan}</p>
        <Qr text=one.link.clone() label=Signal::derive(|| text().access.qr.to_owned())/>
        <p>{move || text().access.secret} " " <code>{one.secret}</code></p>
        <p class="quiet"><a href=one.link.clone()>{one.link.clone()}</a></p>
        <form on:submit=submit novalidate>
            <Field
                id="first-code"
                label=Signal::derive(|| text().access.first_code.to_owned())
                value=code
                autocomplete="one-time-code"
            />
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().access.activate}</button>
        </form>
    }
}

#[component]
fn Codes(all: Vec<String>) -> impl IntoView {
    view! {
        <h3>{move || text().access.recovery_codes}</h3>
        <p class="notice amber">{move || text().access.recovery_hint}</p>
        <ul class="codes">
            {all.into_iter().map(|it| view! { <li><code>{it}</code></li> }).collect_view()}
        </ul>
    }
}
