//! A form is taken in from a file; before it takes the place of what is not published, whoever takes it in is asked.

use domain::{
    problem::Code,
    publishing::{FormFault, StandingDraft, TakenForm},
};
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use super::{Faults, file_of, send};
use crate::{
    clock,
    i18n::{problem, text},
    prelude::*,
};

/// Takes a file in, or one that is ready; an error says where it is and what to write.
#[component]
pub fn TakeIn() -> impl IntoView {
    let (faults, trouble) = (RwSignal::new(Vec::<FormFault>::new()), RwSignal::new(String::new()));
    let ready = RwSignal::new("firm".to_owned());
    // What waits for whoever is asked whether it takes the place of what stands.
    let asked = RwSignal::new(None::<StandingDraft>);
    let waiting = StoredValue::new_local((String::new(), None::<JsValue>));
    let take = move |address: String, body: Option<JsValue>| {
        asked.set(None);
        spawn_local(async move {
            match send("POST", &address, body.clone()).await {
                Ok(TakenForm { stands: Some(stands), .. }) => {
                    waiting.set_value((address, body));
                    trouble.set(String::new());
                    faults.set(Vec::new());
                    asked.set(Some(stands));
                }
                Ok(TakenForm { id: Some(id), .. }) => {
                    router::go(&format!("/questionnaires/{}", js_sys::encode_uri_component(&id)));
                }
                Ok(taken) => {
                    trouble.set(text().questionnaires.not_taken.to_owned());
                    faults.set(taken.faults);
                }
                Err(cause) => {
                    let unreadable = cause.code() == Some(Code::UnsupportedMedia);
                    let words = text().questionnaires.not_a_form.to_owned();
                    trouble.set(if unreadable { words } else { problem::words(&cause) });
                    faults.set(Vec::new());
                }
            }
        });
    };
    let choose = move |event: web_sys::Event| {
        let Some(file) = file_of(&event) else { return };
        let name = file.name();
        let stem = name.rsplit_once('.').map_or(name.as_str(), |it| it.0);
        let address = format!("/api/v1/questionnaires/drafts?name={}", js_sys::encode_uri_component(stem));
        take(address, Some(file.into()));
    };
    let take_ready =
        move |_| take(format!("/api/v1/questionnaires/drafts?ready={}", ready.get_untracked()), None);
    view! {
        <section class="card">
            <label class="field">
                <span>{move || text().questionnaires.take}</span>
                <input id="form-file" type="file" accept=".xlsx,.xls,.csv" on:change=choose/>
            </label>
            <label class="field">
                <span>{move || text().questionnaires.ready}</span>
                <select id="ready" on:change=move |event| ready.set(event_target_value(&event))>
                    {move || text().questionnaires.ready_forms.map(|(name, words)| view! { <option value=name>{words}</option> }).collect_view()}
                </select>
            </label>
            <p><button id="take-ready" on:click=take_ready>{move || text().questionnaires.take_ready}</button></p>
            {move || asked.get().map(|stands| view! { <Asked stands=stands.clone() asked replace=move || {
                let (address, body) = waiting.get_value();
                let address = address.split("&upon=").next().unwrap_or_default().to_owned();
                take(format!("{address}&upon={}", stands.draft), body);
            }/> })}
            <p class="error" role="alert">{move || trouble.get()}</p>
            {move || view! { <Faults faults=faults.get()/> }}
        </section>
    }
}

/// What stands, by whom and since when: it is replaced or left.
#[component]
fn Asked(
    stands: StandingDraft,
    asked: RwSignal<Option<StandingDraft>>,
    replace: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
    let words = text().questionnaires;
    view! {
        <div class="notice amber" role="alert">
            <p>{(words.stands)(&stands.title, &stands.by, &clock::date_time(stands.at))}</p>
            <p class="buttons">
                <button id="put-in-its-place" on:click=move |_| replace()>{words.put_in_its_place}</button>
                <button id="leave-it" on:click=move |_| asked.set(None)>{words.leave_it}</button>
            </p>
        </div>
    }
}
