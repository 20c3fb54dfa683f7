//! What one person proposed and another decides about, as a card.

use domain::sign_off::{Decision, SignOff, SignOffState};
use leptos::task::spawn_local;
use serde::de::IgnoredAny;

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{
        field::Field,
        pill::{Pill, Tone},
    },
    prelude::*,
    screens::today::join,
};

/// Who proposed it, of what extent, and what became of it; whoever may decide does it here.
#[component]
pub fn SignOffCard(
    of: SignOff,
    /// How much it is, in words.
    extent: String,
    /// What is done already, in a word.
    done: &'static str,
    /// Where the decision goes; `None` where it is not this person's to decide.
    decision: Option<String>,
    /// What deciding for it does, and the words on its button.
    for_good: &'static str,
    approve: &'static str,
    on_decided: Callback<()>,
    /// What it is about, where that is shown.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let words = text().sign_off;
    let (tone, state) = match of.state {
        SignOffState::Proposed => (Tone::Amber, words.state_proposed),
        SignOffState::Approved => (Tone::Plain, done),
        SignOffState::Returned => (Tone::Plain, words.state_returned),
    };
    let head = join(&[(words.proposed_by)(&of.proposed_by, &clock::date_time(of.proposed_at)), extent]);
    let decided = of
        .decided_at
        .map(|at| (words.decided_by)(of.decided_by.as_deref().unwrap_or_default(), &clock::date_time(at)));
    let backups = of.backups_until.map(|at| (words.backups_until)(&clock::date(at)));
    let decision = decision.filter(|_| of.state == SignOffState::Proposed && !of.own);
    let id = format!("back-{}", of.id);
    view! {
        <article class="card">
            <p>{head} " " <Pill tone>{state}</Pill></p>
            <p>{of.reason}</p>
            {children.map(|it| it())}
            {of.returned.map(|it| view! { <p class="quiet">{it}</p> })}
            {decided.map(|it| view! { <p class="quiet">{it}</p> })}
            {backups.map(|it| view! { <p class="notice">{it}</p> })}
            {decision.map(|path| view! { <Deciding id path for_good approve on_decided/> })}
        </article>
    }
}

/// What a second person does.
#[component]
fn Deciding(
    /// Of the field for why it is returned.
    id: String,
    path: String,
    for_good: &'static str,
    approve: &'static str,
    on_decided: Callback<()>,
) -> impl IntoView {
    let (back, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let decide = Callback::new(move |decision: Decision| {
        let path = path.clone();
        spawn_local(async move {
            match api::post::<IgnoredAny>(&path, &decision).await {
                Ok(_) => on_decided.run(()),
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    });
    view! {
        <p class="notice amber">{for_good}</p>
        <Field id label=Signal::derive(|| text().sign_off.why_back.to_owned()) value=back/>
        <p class="error" role="alert">{move || trouble.get()}</p>
        <div class="buttons">
            <button
                disabled=move || back.with(|it| it.trim().is_empty())
                on:click=move |_| decide.run(Decision::Return { reason: back.get_untracked() })
            >{text().sign_off.send_back}</button>
            <button class="main" on:click=move |_| decide.run(Decision::Approve)>{approve}</button>
        </div>
    }
}
