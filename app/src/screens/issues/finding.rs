//! Whether an issue was established as a problem by whoever may, as the office notes it.

use domain::official::{IssueFinding, Level};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{field::Field, remote::Remote, toast},
    prelude::*,
};

/// What was noted, to be noted anew.
#[component]
pub fn Findings(id: String) -> impl IntoView {
    let path = format!("/api/v1/issues/{id}/finding");
    let asked = path.clone();
    let finding = Remote::<IssueFinding>::load(move || asked.clone());
    view! {
        <section class="card">
            <h2>{move || text().official.finding}</h2>
            <p class="quiet">{move || text().official.finding_hint}</p>
            {finding.trouble_view()}
            {move || finding.get().map(|it| view! { <Noting finding=it remote=finding path=path.clone()/> })}
        </section>
    }
}

#[component]
fn Noting(finding: IssueFinding, remote: Remote<IssueFinding>, path: String) -> impl IntoView {
    let words = text().official;
    let number = |n: u32| RwSignal::new(n.to_string());
    let day = RwSignal::new(finding.established_on.clone().unwrap_or_default());
    let (handled, disciplined) = (number(finding.handled_n), number(finding.disciplined_n));
    let level = RwSignal::new(finding.level);
    let trouble = RwSignal::new(String::new());
    let path = StoredValue::new(path);
    let note = move |finding: IssueFinding| {
        if let Err(field) = finding.check(&clock::date(clock::now())) {
            trouble.set((text().official.wrong)(field).to_owned());
            return;
        }
        trouble.set(String::new());
        spawn_local(async move {
            match api::put::<()>(&path.get_value(), &finding).await {
                Ok(()) => {
                    toast::say(text().office.saved.to_owned());
                    remote.reload();
                }
                Err(cause) => trouble.set(problem::form_words(&cause)),
            }
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What is no number is more than there can be.
        let count = |it: RwSignal<String>| it.with_untracked(|it| it.trim().parse().unwrap_or(u32::MAX));
        note(IssueFinding {
            established_on: Some(day.get_untracked()),
            level: level.get_untracked(),
            handled_n: count(handled),
            disciplined_n: count(disciplined),
        });
    };
    let choose = move |event| level.set(Level::from_word(&event_target_value(&event)).unwrap_or_default());
    let label = |words: &'static str| Signal::derive(move || words.to_owned());
    view! {
        <form on:submit=submit novalidate>
            <div class="fields">
                <Field id="established-on" kind="date" label=label(words.established_on) value=day/>
                <div class="field">
                    <label for="level">{words.level}</label>
                    <select id="level" on:change=choose>
                        {Level::ALL.map(|it| view! { <option value=it.as_str() selected=move || level.get() == it>{(words.levels)(it)}</option> }).collect_view()}
                    </select>
                </div>
                <Field id="handled-n" kind="number" label=label(words.handled_n) value=handled/>
                <Field id="disciplined-n" kind="number" label=label(words.disciplined_n) value=disciplined/>
            </div>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <p class="buttons">
                <button type="submit">{text().common.save}</button>
                {finding.established_on.is_some().then(|| view! {
                    <button type="button" class="link" on:click=move |_| note(IssueFinding::default())>{words.no_longer}</button>
                })}
            </p>
        </form>
    }
}
