//! Signing in, once with a network.

#[cfg_attr(not(feature = "desk"), path = "sign_in/no_code.rs")]
mod code;

use domain::{oidc::BEGIN, problem::Code, session::SignIn};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api::{self, ApiError},
    i18n::{Lang, Language, problem, text},
    parts::{field::Field, network_strip::NetworkStrip, page_title::page_title},
    phone::phone,
    prelude::*,
    session::{self, session},
};

/// Why signing in did not work; kept as a code, so that a change of language rewords it.
#[derive(Clone, PartialEq)]
enum Trouble {
    Blank,
    Refused(ApiError),
}

/// The form for account and password.
#[component]
pub fn SignInScreen() -> impl IntoView {
    page_title(move || text().common.sign_in.to_owned());
    let login = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let trouble = RwSignal::new(None::<Trouble>);
    let (session, phone) = (session(), phone());
    let code = code::CodeField::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let body =
            SignIn { login: login.get_untracked().trim().to_owned(), password: password.get_untracked() };
        if body.login.is_empty() || body.password.is_empty() {
            trouble.set(Some(Trouble::Blank));
            return;
        }
        trouble.set(None);
        busy.set(true);
        spawn_local(async move {
            let answer = code.sign_in(&body).await;
            busy.set(false);
            match answer {
                Ok(signed_in) => {
                    session::enter(session, phone, signed_in, true).await;
                    router::go_instead("/");
                }
                Err(error) if error.code() == Some(Code::ConfirmFirst) => code.ask(),
                // No password counts here. Fails only while the page is being left.
                Err(error) if error.code() == Some(Code::Forbidden) => {
                    drop(window().location().set_href(BEGIN));
                }
                Err(error) => trouble.set(Some(Trouble::Refused(error))),
            }
        });
    };
    let words = move || {
        trouble.get().map(|it| match it {
            Trouble::Blank => text().common.fill_in_both.to_owned(),
            Trouble::Refused(error) => problem::form_words(&error),
        })
    };
    let button = move || if busy.get() { text().common.signing_in } else { text().common.sign_in };
    view! {
        <NetworkStrip/>
        <main class="alone sign-in">
            <header>
                <h1>{move || text().common.app}</h1>
                <p class="quiet">{move || text().common.app_motto}</p>
            </header>
            <form on:submit=submit novalidate>
                <Field
                    id="login"
                    label=Signal::derive(|| text().common.login.to_owned())
                    value=login
                    autocomplete="username"
                />
                <Field
                    id="password"
                    kind="password"
                    label=Signal::derive(|| text().common.password.to_owned())
                    value=password
                    autocomplete="current-password"
                />
                {code.view()}
                <p class="error" role="alert">{words}</p>
                <button class="main" type="submit" disabled=move || busy.get()>{button}</button>
            </form>
            <ByProvider/>
            <p class="quiet">{move || text().common.sign_in_hint}</p>
            <SmallLinks/>
        </main>
    }
}

/// The way to the provider, where there is one.
#[component]
fn ByProvider() -> impl IntoView {
    let there = RwSignal::new(false);
    spawn_local(async move {
        there.set(matches!(api::get("/api/v1/oidc").await, Ok(true)));
    });
    move || there.get().then(|| view! { <a href=BEGIN class="button">{text().common.by_provider}</a> })
}

#[component]
fn SmallLinks() -> impl IntoView {
    let language = expect_context::<Language>();
    let other = move || match language.get() {
        Lang::Zh => (Lang::En, "English"),
        Lang::En => (Lang::Zh, "中文"),
    };
    view! {
        <nav class="small-links">
            <a href="/help/install">{move || text().common.install}</a>
            <a href="/settings">{move || text().common.settings}</a>
            <button class="link" on:click=move |_| language.set(other().0)>{move || other().1}</button>
        </nav>
    }
}
