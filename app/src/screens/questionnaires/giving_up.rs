//! What is not published is given up: the latest version stands again.

use domain::publishing::ShownQuestionnaire;
use leptos::task::spawn_local;

use super::address;
use crate::{
    api,
    i18n::{problem, text},
    parts::{dialog::Dialog, remote::Remote, toast},
    prelude::*,
};

#[component]
pub fn GiveUp(
    id: String,
    versions_n: u32,
    /// Names what is given up.
    draft: String,
    shown: Remote<ShownQuestionnaire>,
) -> impl IntoView {
    let asked = RwSignal::new(false);
    let path = StoredValue::new(format!("{}?upon={draft}", address(&id, "draft")));
    let give_up = move |_| {
        asked.set(false);
        spawn_local(async move {
            match api::delete(&path.get_value()).await {
                Ok(()) => {
                    toast::say(text().editor.given_up.to_owned());
                    if versions_n == 0 {
                        return router::go("/questionnaires");
                    }
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
            shown.reload();
        });
    };
    view! {
        <button id="give-up" on:click=move |_| asked.set(true)>{text().editor.give_up}</button>
        <Dialog open=asked title=Signal::derive(|| text().editor.give_up.to_owned())>
            <p>{move || (text().editor.give_up_words)(versions_n)}</p>
            <p><button class="danger" id="give-up-now" on:click=give_up>{move || text().editor.give_up}</button></p>
        </Dialog>
    }
}
