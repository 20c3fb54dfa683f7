//! Handing over to the discipline group: proposed where a statement or an issue is read, signed off in a list.

use domain::{
    handover::{GroupMember, Handover, HandoverStatement, NewHandover},
    id::AccountId,
    role::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame, empty::Empty, field::Field, remote::Remote, sign_off::SignOffCard, tick::tick,
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
    let path = format!("/api/v1/handovers/{}/decision", handover.sign_off.id);
    view! {
        <SignOffCard
            of=handover.sign_off
            extent=(words.statements_n)(handover.statements_n)
            done=words.state_approved
            decision=session().may(Action::SignOffHandover).then_some(path)
            for_good=words.for_good
            approve=words.approve
            on_decided=Callback::new(move |()| handovers.reload())
        >
            {handover.statements.into_iter().map(quote).collect_view()}
            {(!handover.left_out.is_empty()).then(|| {
                view! { <p class="notice">{(words.left_out_names)(&handover.left_out.join("、"))}</p> }
            })}
        </SignOffCard>
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

/// Asks for the reason and proposes; `of` says what, once it is asked.
#[component]
pub fn HandOver(of: Callback<(), NewHandover>, on_done: Callback<()>) -> impl IntoView {
    let (reason, trouble) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let left_out = RwSignal::new(Vec::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new =
            NewHandover { reason: reason.get_untracked(), left_out: left_out.get_untracked(), ..of.run(()) };
        spawn_local(async move {
            match api::post::<Handover>("/api/v1/handovers", &new).await {
                Ok(_) => {
                    toast::say(text().sign_off.proposed.to_owned());
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
            <LeftOut left_out/>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().handovers.propose}</button>
        </form>
    }
}

/// The members of the group, to be ticked where it concerns them.
#[component]
fn LeftOut(left_out: RwSignal<Vec<AccountId>>) -> impl IntoView {
    let group = Remote::<Vec<GroupMember>>::load(|| "/api/v1/handovers/members".to_owned());
    let member = move |it: GroupMember| tick(left_out, it.account, it.name);
    let members = move || {
        let members: Vec<_> = group.get()?.into_iter().map(member).collect();
        (!members.is_empty()).then(|| view! { <p class="quiet">{text().handovers.left_out}</p> {members} })
    };
    view! { {group.trouble_view()} {members} }
}
