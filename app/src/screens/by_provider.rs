//! The end of a sign-in by the provider: it has led back here, and this screen asks for the session.

use domain::{
    oidc::{BEGIN, FinishSignIn, KNOWN, Trouble},
    problem::Code,
    session::Session as SignedIn,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    i18n::{problem::form_words, text},
    parts::{field::Field, page_title::page_title},
    phone::phone,
    prelude::*,
    session::{self, session},
};

/// How far it is.
#[derive(Clone, PartialEq)]
enum Stage {
    Asking,
    /// The account has a second factor.
    Code,
    Over(Trouble),
    Failed(String),
}

/// Goes on by itself, asks for a code where there is a second factor, or says what went wrong.
#[component]
pub fn ByProviderScreen() -> impl IntoView {
    page_title(|| text().common.sign_in.to_owned());
    let hash = window().location().hash().unwrap_or_default();
    let word = hash.trim_start_matches('#');
    let stage = RwSignal::new(match Trouble::ALL.into_iter().find(|it| it.as_str() == word) {
        Some(trouble) => Stage::Over(trouble),
        None if word == KNOWN => Stage::Asking,
        None => Stage::Over(Trouble::Again),
    });
    let code = RwSignal::new(String::new());
    let trouble = RwSignal::new(String::new());
    let (session, phone) = (session(), phone());
    let ask = move |code: Option<String>| {
        spawn_local(async move {
            match api::post::<SignedIn>("/api/v1/session/oidc", &FinishSignIn { code }).await {
                Ok(signed_in) => {
                    session::enter(session, phone, signed_in, true).await;
                    // Whose screens are the phone's gets the phone's bundle. Fails only while the page is being left.
                    let _ = window().location().replace("/");
                }
                Err(cause) => match cause.code() {
                    Some(Code::ConfirmFirst) => stage.set(Stage::Code),
                    Some(Code::Gone) => stage.set(Stage::Over(Trouble::Again)),
                    _ if stage.get_untracked() == Stage::Code => trouble.set(form_words(&cause)),
                    _ => stage.set(Stage::Failed(form_words(&cause))),
                },
            }
        });
    };
    if stage.get_untracked() == Stage::Asking {
        ask(None);
    }
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        trouble.set(String::new());
        ask(Some(code.get_untracked()));
    };
    view! {
        <main class="alone sign-in">
            <h1>{move || text().common.app}</h1>
            {move || match stage.get() {
                Stage::Asking => view! { <p class="opening">{text().common.signing_in}</p> }.into_any(),
                Stage::Code => view! {
                    <form on:submit=submit novalidate>
                        <Field
                            id="code"
                            label=Signal::derive(|| text().access.code.to_owned())
                            hint=Signal::derive(|| text().access.code_hint.to_owned())
                            value=code
                            autocomplete="one-time-code"
                        />
                        <p class="error" role="alert">{move || trouble.get()}</p>
                        <button class="main" type="submit">{text().common.sign_in}</button>
                    </form>
                }.into_any(),
                Stage::Over(trouble) => view! { <Over why=(text().access.by_provider_trouble)(trouble).to_owned()/> }.into_any(),
                Stage::Failed(why) => view! { <Over why/> }.into_any(),
            }}
        </main>
    }
}

#[component]
fn Over(
    /// What went wrong, in words.
    why: String,
) -> impl IntoView {
    view! {
        <p class="notice cinnabar" role="alert">{why}</p>
        <p><a href=BEGIN class="button">{text().common.by_provider}</a></p>
        <p><a href="/sign-in">{text().access.by_password}</a></p>
    }
}
