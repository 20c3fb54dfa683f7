//! Handing over to the discipline group: proposed where a statement or an issue is read, signed off in a list.

use domain::{
    handover::{Handover, HandoverDecision, HandoverState, HandoverStatement, NewHandover},
    role::Action,
};
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
    screens::today::join,
    session::session,
};

/// What was proposed, and what became of it.
#[component]
pub fn HandoversScreen() -> impl IntoView {
    let handovers = Remote::<Vec<Handover>>::load(|| "/api/v1/handovers".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().handovers.title.to_owned())>
            <main class="page">
                <h1>{move || text().handovers.title}</h1>
                <p class="quiet">{move || text().handovers.hint}</p>
                {handovers.trouble_view()}
                {move || handovers.get().map(|it| if it.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().handovers.none.to_owned())/> }.into_any()
                } else {
                    it.into_iter().map(|it| view! { <One handover=it handovers/> }).collect_view().into_any()
                })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(handover: Handover, handovers: Remote<Vec<Handover>>) -> impl IntoView {
    let words = text().handovers;
    let id = handover.id;
    let (tone, state) = match handover.state {
        HandoverState::Proposed => (Tone::Amber, words.state_proposed),
        HandoverState::Approved => (Tone::Plain, words.state_approved),
        HandoverState::Returned => (Tone::Plain, words.state_returned),
    };
    let head = join(&[
        (text().persons.asked_by)(&handover.proposed_by, &clock::date_time(handover.proposed_at)),
        (words.statements_n)(handover.statements_n),
    ]);
    let decided = handover.decided_at.map(|at| {
        let by = handover.decided_by.as_deref().unwrap_or_default();
        (text().persons.decided_by)(by, &clock::date_time(at))
    });
    let backups = handover.backups_until.map(|at| (text().persons.backups_until)(&clock::date(at)));
    let proposed = handover.state == HandoverState::Proposed;
    let waits = proposed && session().may(Action::SignOffHandover) && !handover.own;
    view! {
        <article class="card">
            <p>{head} " " <Pill tone>{state}</Pill></p>
            <p>{handover.reason}</p>
            {handover.statements.into_iter().map(quote).collect_view()}
            {handover.returned.map(|it| view! { <p class="quiet">{it}</p> })}
            {decided.map(|it| view! { <p class="quiet">{it}</p> })}
            {backups.map(|it| view! { <p class="notice">{it}</p> })}
            {waits.then(|| view! { <Deciding id=id.to_string() handovers/> })}
        </article>
    }
}

fn quote(it: HandoverStatement) -> impl IntoView {
    let said = match (it.words.trim().is_empty(), it.summary.trim().is_empty()) {
        (false, _) => it.words,
        (true, false) => it.summary,
        (true, true) => text().office.voice_only_short.to_owned(),
    };
    view! {
        <blockquote>
            <p class="words">{said}</p>
            <p class="quiet">{join(&[it.unit_name, (text().office.day_words)(&it.day)])}</p>
        </blockquote>
    }
}

/// What a second person does.
#[component]
fn Deciding(id: String, handovers: Remote<Vec<Handover>>) -> impl IntoView {
    let words = text().handovers;
    let (back, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let path = format!("/api/v1/handovers/{id}/decision");
    let decide = Callback::new(move |decision: HandoverDecision| {
        let path = path.clone();
        spawn_local(async move {
            match api::post::<Handover>(&path, &decision).await {
                Ok(_) => handovers.reload(),
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    });
    view! {
        <p class="notice amber">{words.for_good}</p>
        <Field id=format!("back-{id}") label=Signal::derive(|| text().handovers.why_back.to_owned()) value=back/>
        <p class="error" role="alert">{move || trouble.get()}</p>
        <div class="buttons">
            <button
                disabled=move || back.with(|it| it.trim().is_empty())
                on:click=move |_| decide.run(HandoverDecision::Return { reason: back.get_untracked() })
            >{words.send_back}</button>
            <button class="main" on:click=move |_| decide.run(HandoverDecision::Approve)>{words.approve}</button>
        </div>
    }
}

/// Asks for the reason and proposes; `of` says what, once it is asked.
#[component]
pub fn HandOver(of: Callback<(), NewHandover>, on_done: Callback<()>) -> impl IntoView {
    let (reason, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new = NewHandover { reason: reason.get_untracked(), ..of.run(()) };
        spawn_local(async move {
            match api::post::<Handover>("/api/v1/handovers", &new).await {
                Ok(_) => {
                    toast::say(text().handovers.proposed.to_owned());
                    on_done.run(());
                }
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
            }
        });
    };
    view! {
        <form on:submit=submit novalidate>
            <Field
                id="hand-over"
                label=Signal::derive(|| text().handovers.why.to_owned())
                hint=Signal::derive(|| text().handovers.why_hint.to_owned())
                value=reason
                required=true
            />
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().handovers.hand_over}</button>
        </form>
    }
}
