//! Changing the own password.

use domain::session::ChangePassword;
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    i18n::{problem::form_words, text},
    parts::{field::Field, toast},
    prelude::*,
};

/// The form; `changed` is called when the password is another.
#[component]
pub fn PasswordForm(changed: Callback<()>) -> impl IntoView {
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let change = ChangePassword { current: current.get_untracked(), new: new.get_untracked() };
        spawn_local(async move {
            match api::post::<()>("/api/v1/session/password", &change).await {
                Ok(()) => {
                    trouble.set(String::new());
                    current.set(String::new());
                    new.set(String::new());
                    toast::say(text().common.password_changed.to_owned());
                    changed.run(());
                }
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    view! {
        <form on:submit=submit novalidate>
            <Field id="current-password" kind="password" autocomplete="current-password"
                label=Signal::derive(|| text().common.current_password.to_owned()) value=current/>
            <Field id="new-password" kind="password" autocomplete="new-password"
                label=Signal::derive(|| text().common.new_password.to_owned())
                hint=Signal::derive(|| text().common.password_hint.to_owned()) value=new/>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button type="submit">{move || text().common.change_password}</button>
        </form>
    }
}
