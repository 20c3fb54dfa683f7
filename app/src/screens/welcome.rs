//! The one-time link by which a person sets the own password.

use domain::{
    invitation::{Invited, SetPassword, Token, fingerprint, parts},
    problem::Code,
    session::{Session as SignedIn, SignIn},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api::{self, ApiError},
    i18n::{problem::form_words, text},
    parts::{field::Field, page_title::page_title},
    phone::phone,
    prelude::*,
    session::{self, session},
};

/// What is known of the link.
#[derive(Clone, PartialEq, Eq)]
enum Link {
    Looking,
    Good(Invited),
    Gone,
    /// The server's key is not the one whose fingerprint the link carries.
    OtherServer,
    Trouble(ApiError),
}

/// Whose the link is, and the form for the password.
#[component]
pub fn WelcomeScreen() -> impl IntoView {
    page_title(|| text().common.app.to_owned());
    let hash = window().location().hash().unwrap_or_default();
    let link = RwSignal::new(Link::Looking);
    let Some((token, print)) = parts(&hash).map(|(token, print)| (token.to_owned(), print.to_owned())) else {
        return view! { <main class="alone"><Gone/></main> }.into_any();
    };
    let looked = token.clone();
    spawn_local(async move {
        let found = match api::post::<Invited>("/api/v1/invitation", &Token { token: looked }).await {
            Ok(it) if fingerprint(&it.receipt_key) == print => Link::Good(it),
            Ok(_) => Link::OtherServer,
            Err(cause) if cause.code() == Some(Code::Gone) => Link::Gone,
            Err(cause) => Link::Trouble(cause),
        };
        let _ = link.try_set(found);
    });
    view! {
        <main class="alone">
            {move || match link.get() {
                Link::Looking => view! { <p class="opening">{text().common.opening}</p> }.into_any(),
                Link::Good(invited) => view! { <Form token=token.clone() invited link/> }.into_any(),
                Link::Gone => view! { <Gone/> }.into_any(),
                Link::OtherServer => view! { <Refused why=text().access.other_server.to_owned()/> }.into_any(),
                Link::Trouble(cause) => view! { <Refused why=form_words(&cause)/> }.into_any(),
            }}
        </main>
    }
    .into_any()
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <h1>{move || text().common.app}</h1>
        <p class="notice amber">{move || text().access.link_gone}</p>
        <a href="/sign-in" class="button">{move || text().common.sign_in}</a>
    }
}

#[component]
fn Refused(why: String) -> impl IntoView {
    view! {
        <h1>{move || text().common.app}</h1>
        <p class="notice cinnabar" role="alert">{why}</p>
    }
}

#[component]
fn Form(token: String, invited: Invited, link: RwSignal<Link>) -> impl IntoView {
    let (password, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (session, phone) = (session(), phone());
    let (login, name) = (StoredValue::new(invited.login), invited.name);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let set = SetPassword { token: token.clone(), password: password.get_untracked() };
        spawn_local(async move {
            match api::post::<()>("/api/v1/invitation/password", &set).await {
                Ok(()) => {}
                Err(cause) if cause.code() == Some(Code::Gone) => return link.set(Link::Gone),
                Err(cause) => return trouble.set(form_words(&cause)),
            }
            let sign_in = SignIn { login: login.get_value(), password: set.password };
            // What keeps from signing in here, such as a second factor, is asked for at the door.
            if let Ok(signed_in) = api::post::<SignedIn>("/api/v1/session", &sign_in).await {
                session::enter(session, phone, signed_in, true).await;
            }
            router::go_instead("/");
        });
    };
    view! {
        <h1>{move || (text().access.welcome)(&name)}</h1>
        <p>{move || (text().access.your_login)(&login.get_value())}</p>
        <form on:submit=submit novalidate>
            <Field
                id="new-password"
                kind="password"
                autocomplete="new-password"
                label=Signal::derive(|| text().common.new_password.to_owned())
                hint=Signal::derive(|| text().common.password_hint.to_owned())
                value=password
                required=true
            />
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().access.set_password}</button>
        </form>
    }
}
