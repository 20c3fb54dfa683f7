//! What was passed on, and what came back.

use domain::referral::{Passing, Referral, ReferralChange};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        field::Field,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
};

/// The list of referrals, by the day of the answer. What is typed into one stays when another is saved.
#[component]
pub fn Referrals() -> impl IntoView {
    let open_only = RwSignal::new(true);
    let list =
        Remote::<Vec<Referral>>::load(move || format!("/api/v1/referrals?open_only={}", open_only.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().office.referrals.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().office.referrals}</h1>
                    <label class="check">
                        <input type="checkbox" prop:checked=move || open_only.get() on:change=move |event| open_only.set(event_target_checked(&event))/>
                        {move || text().office.open_only}
                    </label>
                </header>
                {list.trouble_view()}
                <Show when=move || list.get().is_some_and(|it| it.is_empty())>
                    <Empty words=Signal::derive(|| text().office.no_referrals.to_owned())/>
                </Show>
                <For each=move || list.get().unwrap_or_default() key=|it| it.id let:referral>
                    <One list referral/>
                </For>
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(list: Remote<Vec<Referral>>, referral: Referral) -> impl IntoView {
    let (id, first) = (referral.id, referral.clone());
    // As the server has it; the fields hold what is typed.
    let known = Memo::new(move || {
        let found =
            list.value.with(|all| all.as_ref().and_then(|all| all.iter().find(|it| it.id == id).cloned()));
        found.unwrap_or_else(|| first.clone())
    });
    let answer = RwSignal::new(referral.answer.clone().unwrap_or_default());
    let (to, by) = (RwSignal::new(referral.passing.to), RwSignal::new(referral.passing.answer_by));
    let note = RwSignal::new(referral.passing.note);
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let change = ReferralChange {
            version: known.get_untracked().version,
            passing: Passing {
                to: to.get_untracked(),
                answer_by: by.get_untracked(),
                note: note.get_untracked(),
            },
            answer: Some(answer.get_untracked()).filter(|it| !it.trim().is_empty()),
        };
        if let Err(field) = change.check() {
            trouble.set((text().problem.wrong_field)(field));
            return;
        }
        trouble.set(String::new());
        spawn_local(async move {
            match api::put::<()>(&format!("/api/v1/referrals/{id}"), &change).await {
                Ok(()) => toast::say(text().office.saved.to_owned()),
                // What is typed stays; saving again is upon the version as it is by then.
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
            list.reload();
        });
    };
    let state = move || {
        let (office, it) = (text().office, known.get());
        match (it.answer.is_some(), it.is_overdue(&clock::date(clock::now()))) {
            (true, _) => (Tone::Pine, office.answered.to_owned()),
            (false, true) => (Tone::Cinnabar, office.overdue.to_owned()),
            (false, false) => (Tone::Amber, (text().visitor.due)(&(office.day_words)(&it.passing.answer_by))),
        }
    };
    let field = format!("answer-{id}");
    view! {
        <section class="card">
            <header>
                <h2>{move || known.get().passing.to}</h2>
                {move || { let (tone, words) = state(); view! { <Pill tone>{words}</Pill> } }}
            </header>
            <p class="words">{move || known.with(about)}</p>
            <p>{move || known.with(source)}</p>
            <form on:submit=submit novalidate>
                <div class="field">
                    <label for=field.clone()>{move || text().office.answer}</label>
                    <input id=field autocomplete="off" bind:value=answer/>
                </div>
                <details>
                    <summary>{move || text().office.change_referral}</summary>
                    <div class="fields">
                        <Field id=format!("to-{id}") label=Signal::derive(|| text().office.to_whom.to_owned()) value=to required=true/>
                        <Field id=format!("by-{id}") kind="date" label=Signal::derive(|| text().office.answer_by.to_owned()) value=by required=true/>
                        <Field id=format!("note-{id}") label=Signal::derive(|| text().office.note.to_owned()) value=note/>
                    </div>
                </details>
                <p class="error" role="alert">{move || trouble.get()}</p>
                <button type="submit">{move || text().common.save}</button>
            </form>
        </section>
    }
}

/// What it is about; a voice alone has no words.
fn about(referral: &Referral) -> String {
    if referral.about.trim().is_empty() {
        text().office.voice_only_short.to_owned()
    } else {
        referral.about.clone()
    }
}

/// The statement or the issue it came of.
fn source(referral: &Referral) -> AnyView {
    match (referral.issue, referral.statement) {
        (Some(issue), _) => {
            view! { <a href=format!("/issues/{issue}")>{text().office.see_issue}</a> }.into_any()
        }
        (None, Some(statement)) => {
            view! { <a href=format!("/queue?state=all&statement={statement}")>{text().office.in_queue}</a> }
                .into_any()
        }
        (None, None) => ().into_any(),
    }
}
