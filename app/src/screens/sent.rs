//! Visits that were sent: how far each is, amending, withdrawing.

use domain::{
    changes::{StatementState, VisitProgress},
    draft::{Draft, DraftProblem},
    outbox::OutboxState,
    problem::Code,
};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlAnchorElement;

use crate::{
    i18n::text,
    parts::{
        dialog::Dialog,
        empty::Empty,
        frame::Frame,
        pill::{Pill, Tone},
        steps::{Step, Steps},
        toast,
    },
    phone::{
        Phone,
        beginning::amend,
        media::{MediaItem, MediaState},
        phone,
        sending::{self, NotWithdrawn},
        set_if_new, visits,
    },
    prelude::*,
    screens::{
        record::attachments::{AttachmentView, address_of},
        settings::SaveFile,
        today::{title_of, when},
    },
};

/// How many more visits the list reads at a time.
const MORE: usize = 50;

/// How far a visit is, as rows show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub step: Step,
    pub waiting_n: usize,
    pub media_waits: bool,
    pub sent_back: bool,
    /// The server set something aside or did not take it.
    pub set_aside: bool,
}

/// How far a visit is: on this phone, with the server, sorted.
pub fn progress_of(phone: Phone, draft: &Draft) -> Progress {
    let id = draft.id();
    let (owed, aside) = phone.owed.with(|it| {
        let of_visit = || it.iter().filter(|it| it.visit == id).map(|it| &it.state);
        // What was refused or cannot be read is on this phone alone.
        let here = |state: &OutboxState| match state {
            OutboxState::Waiting | OutboxState::Refused { .. } | OutboxState::Damaged { .. } => true,
            OutboxState::Incomplete
            | OutboxState::Parked { .. }
            | OutboxState::Stored { .. }
            | OutboxState::BackedUp => false,
        };
        (of_visit().any(here), of_visit().any(OutboxState::is_aside))
    });
    let (media_waits, media_aside) = phone.media_owed.with(|it| {
        let of_visit = || it.iter().filter(|it| it.visit == id);
        let aside = |it: &MediaItem| matches!(it.state, MediaState::Aside { .. });
        (of_visit().any(|it| !aside(it)), of_visit().any(aside))
    });
    let set_aside = aside || media_aside;
    let office = phone.progress(id);
    let states = office.iter().flat_map(|it: &VisitProgress| &it.statements);
    let waiting_n = states.clone().filter(|it| it.state == StatementState::Waiting).count();
    let sorted = office.as_ref().is_some_and(|it| !it.statements.is_empty()) && waiting_n == 0;
    let sent_back = states.clone().any(|it| it.state == StatementState::SentBack);
    let step = match (owed, sorted && !sent_back) {
        (true, _) => Step::Stored,
        (false, false) => Step::Uploaded,
        (false, true) => Step::Sorted,
    };
    Progress { step, waiting_n, media_waits, sent_back, set_aside }
}

/// A sent visit in a list.
#[component]
pub fn SentRow(draft: Draft) -> impl IntoView {
    let phone = phone();
    let at = draft.changed_at;
    let href = format!("/sent/{}", draft.id());
    let withdrawn = draft.visit.value.withdrawn.is_some();
    let draft = StoredValue::new(draft);
    view! {
        <a href=href class="row">
            <span class="grow">
                <span class="title">{move || draft.with_value(title_of)}</span>
                {move || {
                    let progress = draft.with_value(|it| progress_of(phone, it));
                    view! { <ProgressLine progress withdrawn/> }
                }}
            </span>
            <span class="quiet">{move || when(at)}</span>
        </a>
    }
}

#[component]
fn ProgressLine(progress: Progress, withdrawn: bool) -> impl IntoView {
    let Progress { step, waiting_n, media_waits, sent_back, set_aside } = progress;
    view! {
        <Steps reached=Signal::derive(move || step)/>
        <span class="pills">
            {withdrawn.then(|| view! { <Pill>{move || text().visitor.withdrawn}</Pill> })}
            {sent_back.then(|| view! { <Pill tone=Tone::Amber>{move || text().visitor.sent_back}</Pill> })}
            {set_aside.then(|| view! { <Pill tone=Tone::Amber>{move || text().visitor.set_aside}</Pill> })}
            {media_waits.then(|| view! { <span class="quiet">{move || text().visitor.media_waits}</span> })}
            {(waiting_n > 0 && step != Step::Stored).then(|| view! {
                <span class="quiet">{move || (text().visitor.waiting_n)(waiting_n)}</span>
            })}
        </span>
    }
}

/// All visits that were sent from this phone.
#[component]
pub fn SentList() -> impl IntoView {
    let phone = phone();
    let more = move |_| {
        let n = phone.sent.with_untracked(Vec::len) + MORE;
        spawn_local(async move {
            if let Err(cause) = phone.read_sent(n).await {
                phone.trouble.set(Some(cause));
            }
        });
    };
    view! {
        <Frame title=Signal::derive(|| text().visitor.all_sent.to_owned()) back="/">
            <Show
                when=move || phone.sent.with(|it| !it.is_empty())
                fallback=|| view! { <Empty words=Signal::derive(|| text().visitor.nothing_yet.to_owned())/> }
            >
                <section class="card">
                    <div class="rows">
                        <For each=move || phone.sent.get() key=|it| (it.id(), it.changed_at) let:draft>
                            <SentRow draft/>
                        </For>
                    </div>
                </section>
                <Show when=move || phone.sent.with(Vec::len).lt(&phone.sent_n.get())>
                    <button on:click=more>{move || text().visitor.more}</button>
                </Show>
            </Show>
        </Frame>
    }
}

/// One visit that was sent.
#[component]
pub fn SentVisit() -> impl IntoView {
    let phone = phone();
    let found = RwSignal::new(None::<Option<Draft>>);
    Effect::new(move |_| {
        // Read again when something of it changes.
        phone.sent.track();
        let Some(visit) = visits::named_visit().filter(|_| phone.ready.get()) else { return };
        spawn_local(async move {
            match visits::sent(phone, visit).await {
                // Drawn anew only when it changed: someone may be typing a reason, or listening.
                Ok(draft) => set_if_new(found, Some(draft)),
                Err(cause) => phone.trouble.set(Some(cause)),
            }
        });
    });
    move || match found.get() {
        None => view! { <p class="opening">{move || text().common.opening}</p> }.into_any(),
        Some(None) => view! {
            <Frame title=Signal::derive(|| text().visitor.gone_title.to_owned()) back="/sent">
                <p>{move || text().visitor.gone}</p>
            </Frame>
        }
        .into_any(),
        Some(Some(draft)) => view! { <OneSent draft/> }.into_any(),
    }
}

#[component]
fn OneSent(draft: Draft) -> impl IntoView {
    let phone = phone();
    let id = draft.id();
    let withdrawn = draft.visit.value.withdrawn.clone();
    let may_change = withdrawn.is_none();
    let statements = draft.statements.clone();
    let attachments = draft.attachments.clone();
    let at = draft.changed_at;
    let draft = StoredValue::new(draft);
    let go = move |address: String| {
        spawn_local(async move {
            match amend(phone, id).await {
                Ok(true) => router::go(&address),
                Ok(false) => {}
                Err(cause) => phone.trouble.set(Some(cause)),
            }
        });
    };
    let foot = move || {
        may_change.then(|| view! {
            <button on:click=move |_| go(format!("/record/{id}/tidy"))>{move || text().visitor.tidy}</button>
            <button class="main" on:click=move |_| go(format!("/record/{id}"))>{move || text().visitor.amend}</button>
        })
    };
    view! {
        <Frame
            title=Signal::derive(move || draft.with_value(title_of))
            subtitle=Signal::derive(move || when(at))
            back="/sent"
            foot
        >
            {move || {
                let progress = draft.with_value(|it| progress_of(phone, it));
                view! { <ProgressLine progress withdrawn=!may_change/> }
            }}
            {withdrawn.map(|reason| view! { <p class="notice amber">{move || text().visitor.withdrawn} "：" {reason}</p> })}
            <SetAside visit=id/>
            {statements.into_iter().map(|statement| {
                let attached: Vec<_> =
                    attachments.iter().filter(|it| it.value.statement == Some(statement.id)).cloned().collect();
                view! { <SentStatement visit=id statement attached/> }
            }).collect_view()}
            <Show when=move || may_change>
                <p class="quiet">{move || text().visitor.amend_hint}</p>
                <Withdraw draft/>
            </Show>
        </Frame>
    }
}

/// What the server set aside or refused of a visit, in words.
#[component]
fn SetAside(visit: domain::id::RecordId) -> impl IntoView {
    let phone = phone();
    let words = move || {
        let visitor = text().visitor;
        let mut words: Vec<String> = phone.owed.with(|it| {
            let of_visit = it.iter().filter(|it| it.visit == visit);
            let words = of_visit.filter_map(|it| match it.state {
                OutboxState::Parked { reason, .. } => Some((visitor.parked)(reason)),
                OutboxState::Refused { reason, .. } => Some((visitor.refused)(reason)),
                OutboxState::Damaged { .. } => Some(visitor.damaged),
                _ => None,
            });
            words.map(str::to_owned).collect()
        });
        phone.media_owed.with(|it| {
            words.extend(it.iter().filter(|it| it.visit == visit).filter_map(|it| match it.state {
                MediaState::Aside { why, .. } => Some((visitor.media_aside)(why.map(code_words))),
                _ => None,
            }));
        });
        words.dedup();
        words
    };
    view! {
        <div role="status">{move || words().into_iter().map(|it| view! { <p class="notice amber">{it}</p> }).collect_view()}</div>
        <Show when=move || !words().is_empty()>
            <SaveFile/>
        </Show>
    }
}

/// Hands bytes out as a file.
pub fn hand_out(bytes: &[u8], media_type: &str, name: &str) {
    let Some(address) = address_of(bytes, media_type) else { return };
    let link = document().create_element("a").ok().and_then(|it| it.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
}

fn code_words(code: Code) -> &'static str {
    (text().problem.code)(code)
}

#[component]
fn SentStatement(
    visit: domain::id::RecordId,
    statement: domain::draft::Drafted<domain::statement::Statement>,
    attached: Vec<domain::draft::Drafted<domain::attachment::Attachment>>,
) -> impl IntoView {
    let phone = phone();
    let id = statement.id;
    let value = statement.value;
    let office = move || {
        let progress = phone.progress(visit)?;
        progress.statements.into_iter().find(|it| it.statement == id)
    };
    let state = move || {
        let (common, visitor) = (text().common, text().visitor);
        office().map(|it| match it.state {
            StatementState::Waiting => (Tone::Plain, common.uploaded),
            StatementState::Sorted => (Tone::Pine, common.sorted),
            StatementState::Referred => (Tone::Pine, visitor.referred),
            StatementState::SentBack => (Tone::Amber, visitor.sent_back),
        })
    };
    let comment = move || office().map(|it| it.comment).filter(|it| !it.is_empty());
    let (kind, summary) = (value.kind, value.summary);
    view! {
        <article class="card statement">
            <header>
                <Pill>{move || (text().visitor.kinds)(kind)}</Pill>
                {move || state().map(|(tone, words)| view! { <Pill tone>{words}</Pill> })}
            </header>
            {(!value.words.is_empty()).then(|| view! { <p class="words">"“" <bdi>{value.words}</bdi> "”"</p> })}
            {(!summary.is_empty()).then(|| view! { <p><span class="quiet">{move || text().visitor.summary} "："</span> {summary}</p> })}
            {attached.into_iter().map(|attachment| view! { <AttachmentView attachment/> }).collect_view()}
            {move || comment().map(|it| view! { <p class="notice amber">{(text().visitor.sent_back_asks)(&it)}</p> })}
        </article>
    }
}

#[component]
fn Withdraw(draft: StoredValue<Draft>) -> impl IntoView {
    let phone = phone();
    let asked = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let withdraw = move |_| {
        let words = reason.get_untracked().trim().to_owned();
        if words.is_empty() {
            return;
        }
        let visit = draft.with_value(Draft::id);
        spawn_local(async move {
            let visitor = text().visitor;
            toast::say(match sending::withdraw(phone, visit, words).await {
                Ok(()) => {
                    let _ = asked.try_set(false);
                    visitor.withdrawn.to_owned()
                }
                Err(NotWithdrawn::Visit(problem)) => (visitor.problem)(DraftProblem::Visit(problem)),
                Err(NotWithdrawn::Local(cause)) => (visitor.local_error)(&cause),
            });
        });
    };
    view! {
        <button class="link danger" on:click=move |_| asked.set(true)>{move || text().visitor.withdraw_title}</button>
        <Dialog open=asked title=Signal::derive(|| text().visitor.withdraw_title.to_owned())>
            <p>{move || text().visitor.withdraw_words}</p>
            <div class="field">
                <label for="withdraw-reason">{move || text().visitor.withdraw_reason}</label>
                <input id="withdraw-reason" autocomplete="off" bind:value=reason/>
            </div>
            <div class="buttons">
                <button on:click=move |_| asked.set(false)>{move || text().common.cancel}</button>
                <button class="danger grow" disabled=move || reason.with(|it| it.trim().is_empty()) on:click=withdraw>
                    {move || text().visitor.withdraw}
                </button>
            </div>
        </Dialog>
    }
}
