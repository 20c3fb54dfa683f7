//! Reading it back to the respondent, what is agreed with them, and sending.

use domain::{
    attachment::AttachmentKind,
    draft::{Draft, DraftProblem},
    statement::Kind,
};
use leptos::task::spawn_local;

use crate::{
    i18n::text,
    parts::{frame::Frame, segmented::Segmented, toast},
    phone::{
        open_draft::{OpenDraft, open_draft},
        phone, sending,
    },
    prelude::*,
    screens::{
        record::{KeptPill, NotKept, about::Line},
        today::{join, title_of},
    },
};

/// The last page of a visit.
#[component]
pub fn ReadBack() -> impl IntoView {
    let open = open_draft();
    let id = open.draft.with_untracked(Draft::id);
    let again = open.draft.with_untracked(Draft::was_sent);
    let problems = RwSignal::new(Vec::<DraftProblem>::new());
    let busy = RwSignal::new(false);
    let phone = phone();
    let send = move |_| {
        let found = open.draft.with_untracked(Draft::problems);
        let fine = found.is_empty();
        problems.set(found);
        if !fine || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let online = phone.status.online.get_untracked();
        spawn_local(async move {
            match sending::send(phone, open).await {
                Ok(false) => {}
                Ok(true) => {
                    let visitor = text().visitor;
                    toast::say(if online { visitor.sent } else { visitor.sent_offline }.to_owned());
                    router::go_instead("/");
                }
                Err(cause) => {
                    let _ = busy.try_set(false);
                    toast::say((text().visitor.local_error)(&cause));
                }
            }
        });
    };
    let foot = move || {
        view! {
            <button class="main" on:click=send disabled=move || busy.get()>
                {move || if again { text().visitor.send_amendment } else { text().visitor.send }}
            </button>
        }
    };
    view! {
        <Frame
            title=Signal::derive(|| text().visitor.read_title.to_owned())
            subtitle=Signal::derive(move || open.draft.with(title_of))
            back=format!("/record/{id}")
            aside=move || view! { <KeptPill open/> }
            foot
        >
            <NotKept open/>
            <p class="quiet">{move || text().visitor.read_hint}</p>
            <Said open/>
            <section class="card"><Agreed open/></section>
            <section class="card"><Besides open/></section>
            <Problems problems/>
        </Frame>
    }
}

/// Everything that was said, large enough to read aloud.
#[component]
fn Said(open: OpenDraft) -> impl IntoView {
    let said = open.draft.with_untracked(|it| it.statements.clone());
    view! {
        <ol class="said">
            {said.into_iter().filter(|it| it.value.kind == Kind::Nothing || !it.value.words.is_empty() || !it.value.attachments.is_empty()).map(|statement| {
                let kind = statement.value.kind;
                let kinds = open.draft.with_untracked(|it| {
                    it.attachments_of(statement.id).map(|it| it.value.kind).collect::<Vec<_>>()
                });
                let photos_n = kinds.iter().filter(|it| **it == AttachmentKind::Photo).count();
                let voices_n = kinds.len() - photos_n;
                let attached = move || {
                    let visitor = text().visitor;
                    let some = |n: usize, words: fn(usize) -> String| if n > 0 { words(n) } else { String::new() };
                    join(&[some(voices_n, visitor.voices_n), some(photos_n, visitor.photos_n)])
                };
                view! {
                    <li class="card">
                        <span class="quiet">{move || (text().visitor.kinds)(kind)}</span>
                        {(!statement.value.words.is_empty()).then(|| view! { <p class="words">{statement.value.words}</p> })}
                        <span class="quiet">{attached}</span>
                    </li>
                }
            }).collect_view()}
        </ol>
    }
}

/// What is agreed with the respondent.
#[component]
fn Agreed(open: OpenDraft) -> impl IntoView {
    let read = move || open.draft.with(|it| it.visit.value.read_back);
    let wanted = move || open.draft.with(|it| it.visit.value.call_back.wanted);
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=read
                on:change=move |event| open.edit(|it| it.visit.value.read_back = event_target_checked(&event))
            />
            {move || text().visitor.was_read}
        </label>
        <label class="check">
            <input
                type="checkbox"
                prop:checked=wanted
                on:change=move |event| open.edit(|it| it.visit.value.call_back.wanted = event_target_checked(&event))
            />
            {move || text().visitor.call_back}
        </label>
        <Show when=wanted>
            <Line id="call-back-how" label=|| text().visitor.call_back_how
                read=|it| it.visit.value.call_back.how.clone()
                write=|it, words| it.visit.value.call_back.how = words/>
        </Show>
    }
}

#[component]
fn Besides(open: OpenDraft) -> impl IntoView {
    let options = || {
        let visitor = text().visitor;
        vec![
            (None, visitor.reported_unknown.to_owned()),
            (Some(false), visitor.reported_no.to_owned()),
            (Some(true), visitor.reported_yes.to_owned()),
        ]
    };
    let reported = move || open.draft.with(|it| it.visit.value.reported_elsewhere.reported);
    view! {
        <Segmented
            name="reported"
            label=Signal::derive(|| text().visitor.reported.to_owned())
            options=Signal::derive(options)
            value=Signal::derive(reported)
            on_choose=move |it| open.edit(|draft| draft.visit.value.reported_elsewhere.reported = it)
        />
        <Show when=move || reported() == Some(true)>
            <Line id="reported-to" label=|| text().visitor.reported_to
                read=|it| it.visit.value.reported_elsewhere.to.clone()
                write=|it, words| it.visit.value.reported_elsewhere.to = words/>
        </Show>
        <Line id="answered" label=|| text().visitor.answered
            read=|it| it.visit.value.answered_on_the_spot.clone()
            write=|it, words| it.visit.value.answered_on_the_spot = words/>
        <Line id="policies" label=|| text().visitor.policies
            read=|it| it.visit.value.policies.clone()
            write=|it, words| it.visit.value.policies = words/>
    }
}

/// What keeps it from being sent, in words.
#[component]
fn Problems(problems: RwSignal<Vec<DraftProblem>>) -> impl IntoView {
    view! {
        <div role="alert">
            <Show when=move || problems.with(|it| !it.is_empty())>
                <div class="notice cinnabar">
                    <p>{move || text().visitor.to_fix}</p>
                    <ul>
                        {move || problems.get().into_iter().map(|it| view! {
                            <li>{(text().visitor.problem)(it)}</li>
                        }).collect_view()}
                    </ul>
                </div>
            </Show>
        </div>
    }
}
