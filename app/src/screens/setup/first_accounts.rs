//! The one-time link of the first start.

use domain::{
    problem::Code,
    session::{FirstAccounts, NewAccount},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::form_words;
use crate::{
    api,
    i18n::text,
    parts::{field::Field, page_title::page_title},
    prelude::*,
};

/// Makes the administrator's and the office's accounts.
#[component]
pub fn FirstAccountsScreen() -> impl IntoView {
    page_title(|| text().setup.first_title.to_owned());
    let token = window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned();
    let signal = || RwSignal::new(String::new());
    let (a_login, a_name, a_password) = (signal(), signal(), signal());
    let (o_login, o_name, o_password, o_unit) =
        (signal(), signal(), signal(), RwSignal::new("综合办公室".to_owned()));
    let trouble = signal();
    let used = RwSignal::new(token.is_empty());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let account =
            |login: RwSignal<String>, name: RwSignal<String>, password: RwSignal<String>| NewAccount {
                login: login.get_untracked().trim().to_owned(),
                name: name.get_untracked(),
                password: password.get_untracked(),
            };
        let first = FirstAccounts {
            token: token.clone(),
            sysadmin: account(a_login, a_name, a_password),
            office: account(o_login, o_name, o_password),
            office_unit: o_unit.get_untracked(),
        };
        spawn_local(async move {
            match api::post::<()>("/api/v1/first-accounts", &first).await {
                Ok(()) => router::go("/sign-in"),
                Err(cause) if cause.code() == Some(Code::Gone) => used.set(true),
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    let part = move |title: fn() -> &'static str, id: &'static str, login, name, password| {
        view! {
            <section class="card">
                <h2>{title}</h2>
                <Field id=format!("{id}-name") label=Signal::derive(|| text().setup.name.to_owned()) value=name required=true/>
                <Field id=format!("{id}-login") label=Signal::derive(|| text().common.login.to_owned()) value=login required=true autocomplete="off"/>
                <Field id=format!("{id}-password") kind="password" autocomplete="new-password"
                    label=Signal::derive(|| text().common.password.to_owned())
                    hint=Signal::derive(|| text().common.password_hint.to_owned())
                    value=password required=true/>
            </section>
        }
    };
    view! {
        <main class="page narrow">
            <h1>{move || text().setup.first_title}</h1>
            <Show
                when=move || !used.get()
                fallback=|| view! {
                    <p class="notice amber">{move || text().setup.first_used}</p>
                    <a href="/sign-in" class="button">{move || text().common.sign_in}</a>
                }
            >
                <p class="quiet">{move || text().setup.first_hint}</p>
            </Show>
            <form on:submit=submit novalidate hidden=move || used.get()>
                {part(|| text().setup.sysadmin, "sysadmin", a_login, a_name, a_password)}
                {part(|| text().setup.office, "office", o_login, o_name, o_password)}
                <Field id="office-unit" label=Signal::derive(|| text().setup.office_unit.to_owned()) value=o_unit required=true/>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button class="main" type="submit">{move || text().setup.make}</button>
            </form>
        </main>
    }
}
