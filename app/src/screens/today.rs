//! Today on the phone: what is unfinished, whom to visit, what was sent.

use domain::{
    changes::{Assignment, StatementState, VisitProgress},
    draft::Draft,
    id::AssignmentId,
    respondent::Respondent,
};
use leptos::task::spawn_local;

use crate::{
    clock,
    i18n::text,
    parts::{
        avatar::Avatar,
        empty::Empty,
        frame::Frame,
        pill::{Pill, Tone},
        toast,
    },
    phone::{Phone, beginning::Whom, phone, visits},
    prelude::*,
    screens::{sent::SentRow, start::begin_and_go},
};

/// How many sent visits Today shows.
const SENT_SHOWN: usize = 5;
/// How many assignments Today shows before it says how many more there are.
const TO_VISIT_SHOWN: usize = 8;

/// The first screen of who visits.
#[component]
pub fn Today() -> impl IntoView {
    let phone = phone();
    let date = move || {
        let now = clock::now();
        let (month, day) = clock::month_day(now);
        let common = text().common;
        format!("{} {}", (common.month_day)(month, day), (common.weekday)(clock::weekday(now)))
    };
    let empty = move || {
        phone.ready.get()
            && phone.drafts.with(Vec::is_empty)
            && phone.sent.with(Vec::is_empty)
            && phone.pulled.with(|it| it.assignments.is_empty())
    };
    view! {
        <Frame
            title=Signal::derive(move || text().common.today.to_owned())
            aside=move || view! { <span class="quiet">{date}</span> }
            foot=move || view! { <a href="/start" class="button main">{move || text().visitor.start}</a> }
        >
            <Troubles/>
            <SentBack/>
            <Drafts/>
            <ToVisit/>
            <RecentlySent/>
            <Show when=empty>
                <Empty words=Signal::derive(|| text().visitor.nothing_yet.to_owned())/>
            </Show>
            <Standing/>
            <nav class="small-links">
                <a href="/start">{move || text().visitor.list}</a>
                <a href="/sent">{move || text().visitor.all_sent}</a>
                <a href="/settings">{move || text().common.settings}</a>
            </nav>
        </Frame>
    }
}

/// What stands in the way, in words: nothing of it is a modal.
#[component]
pub fn Troubles() -> impl IntoView {
    let phone = phone();
    view! {
        <div role="status">
            {move || phone.trouble.get().map(|it| view! {
                <p class="notice cinnabar">{(text().visitor.local_error)(&it)}</p>
            })}
            {move || Some(phone.notes.get().unreadable_n).filter(|it| *it > 0).map(|n| view! {
                <p class="notice cinnabar">{(text().visitor.unreadable)(n)}</p>
            })}
            {move || {
                let visitor = text().visitor;
                let other_key = phone.notes.get().other_key.then_some(visitor.other_key);
                other_key.or(phone.expired.get().then_some(visitor.expired)).map(|words| view! {
                    <p class="notice amber">
                        {words} " "
                        <a href="/sign-in" class="button">{visitor.sign_in_again}</a>
                    </p>
                })
            }}
            {move || phone.notes.get().clock_off.then(|| view! {
                <p class="notice amber">{text().visitor.clock_off}</p>
            })}
        </div>
    }
}

/// What is good to know every day, at the foot of Today.
#[component]
fn Standing() -> impl IntoView {
    let phone = phone();
    view! {
        {move || (phone.notes.get().persisted == Some(false)).then(|| view! {
            <p class="quiet">{text().visitor.storage_may_go}</p>
        })}
        {move || Some(phone.notes.get().others_n).filter(|it| *it > 0).map(|n| view! {
            <p class="quiet">{(text().visitor.others_wait)(n)}</p>
        })}
    }
}

/// Whom a visit is to, in a few words.
pub fn title_of(draft: &Draft) -> String {
    let visitor = text().visitor;
    let who = match &draft.identity {
        None => visitor.unnamed.to_owned(),
        Some(identity) => {
            let identity = &identity.value;
            let names = [&identity.organisation, &identity.name];
            names
                .into_iter()
                .find(|it| !it.is_empty())
                .cloned()
                .unwrap_or_else(|| visitor.nameless_yet.to_owned())
        }
    };
    match draft.visit.value.form {
        domain::visit::VisitForm::Symposium { head_count } if draft.identity.is_none() => {
            join(&[draft.visit.value.place.clone(), (visitor.people)(head_count)])
        }
        _ => join(&[draft.visit.value.place.clone(), who]),
    }
}

/// Words with the dot between them that Chinese lists have; empty ones are left out.
pub fn join(words: &[String]) -> String {
    words.iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
}

#[component]
fn SentBack() -> impl IntoView {
    let phone = phone();
    let list = move || {
        phone.pulled.with(|it| {
            let sent_back = |progress: &&domain::changes::VisitProgress| {
                progress.statements.iter().any(|it| it.state == StatementState::SentBack)
            };
            it.progress.things().filter(sent_back).cloned().collect::<Vec<_>>()
        })
    };
    view! {
        <Show when=move || !list().is_empty()>
            <section class="card">
                <header>
                    <h2>{move || text().visitor.sent_back}</h2>
                    <Pill tone=Tone::Amber>{move || list().len()}</Pill>
                </header>
                <div class="rows">
                    {move || list().into_iter().map(|progress| view! { <SentBackRow progress/> }).collect_view()}
                </div>
            </section>
        </Show>
    }
}

#[component]
fn SentBackRow(progress: VisitProgress) -> impl IntoView {
    let phone = phone();
    let comment = progress.statements.iter().find(|it| !it.comment.is_empty());
    let comment = comment.map(|it| it.comment.clone()).unwrap_or_default();
    let draft = RwSignal::new(None::<Draft>);
    spawn_local(async move {
        // It may lie further back than the list reaches.
        let _ = draft.try_set(visits::sent(phone, progress.visit).await.ok().flatten());
    });
    view! {
        <a href=format!("/sent/{}", progress.visit) class="row">
            <span class="grow">
                <span class="title">{move || draft.with(|it| it.as_ref().map(title_of))}</span>
                <span class="quiet">{move || (text().visitor.sent_back_asks)(&comment)}</span>
            </span>
        </a>
    }
}

#[component]
fn Drafts() -> impl IntoView {
    let phone = phone();
    view! {
        <Show when=move || phone.drafts.with(|it| !it.is_empty())>
            <section class="card">
                <header>
                    <h2>{move || text().visitor.drafts}</h2>
                    <Pill tone=Tone::Amber>{move || phone.drafts.with(Vec::len)}</Pill>
                </header>
                <div class="rows">
                    <For each=move || phone.drafts.get() key=|it| (it.id(), it.changed_at) let:draft>
                        <DraftRow draft/>
                    </For>
                </div>
            </section>
        </Show>
    }
}

#[component]
fn DraftRow(draft: Draft) -> impl IntoView {
    let phone = phone();
    let draft = StoredValue::new(draft);
    let title = move || draft.with_value(title_of);
    let second = move || {
        let visitor = text().visitor;
        draft.with_value(|it| {
            let voice_ms = it.voice_ms();
            join(&[
                (visitor.kept_at)(&when(it.changed_at)),
                (visitor.statements_n)(it.statements.len()),
                if voice_ms > 0 { (visitor.voice)(voice_ms) } else { String::new() },
            ])
        })
    };
    let delete = move |_| {
        let draft = draft.get_value();
        spawn_local(async move {
            match visits::delete(phone, draft).await {
                Ok(deleted) => toast::say_with_undo(text().visitor.deleted.to_owned(), move || {
                    phone.undelete(deleted.clone());
                }),
                Err(cause) => phone.say(Err(cause)),
            }
        });
    };
    view! {
        <div class="row-with-act">
            <a href=draft.with_value(|it| format!("/record/{}", it.id())) class="row">
                <Avatar name=Signal::derive(move || draft.with_value(surname))/>
                <span class="grow">
                    <span class="title">{title}</span>
                    <span class="quiet">{second}</span>
                </span>
                <span class="quiet">{move || text().visitor.go_on} " ›"</span>
            </a>
            <button
                class="link quiet"
                aria-label=move || format!("{} {}", text().visitor.delete, title())
                on:click=delete
            >
                {move || text().visitor.delete}
            </button>
        </div>
    }
}

/// What the square before a row shows the first character of.
pub fn surname(draft: &Draft) -> String {
    let identity = draft.identity.as_ref().map(|it| &it.value);
    let name = identity.map(|it| if it.organisation.is_empty() { &it.name } else { &it.organisation });
    name.filter(|it| !it.is_empty()).cloned().unwrap_or_else(|| "·".to_owned())
}

/// `14:02` today, `昨天`-like dates before.
pub fn when(at: i64) -> String {
    if clock::days_ago(at, clock::now()) == 0 {
        return clock::time(at);
    }
    let (month, day) = clock::month_day(at);
    (text().common.month_day)(month, day)
}

/// What is still to be visited, due first. A visit that was sent ticks it off, on its way or not.
pub fn open_assignments(phone: Phone) -> Vec<(Assignment, Respondent)> {
    let visited: Vec<AssignmentId> = phone.sent.with(|sent| {
        let standing = sent.iter().filter(|it| it.visit.value.withdrawn.is_none());
        standing.filter_map(|it| it.identity.as_ref()?.value.assignment).collect()
    });
    phone.pulled.with(|it| {
        let open = it.assignments.things().filter(|it| !it.done && !visited.contains(&it.id));
        let mut open: Vec<(Assignment, Respondent)> =
            open.filter_map(|one| Some((one.clone(), it.directory.get(one.respondent.0)?.clone()))).collect();
        open.sort_by(|one, other| one.0.due_on.cmp(&other.0.due_on));
        open
    })
}

#[component]
fn ToVisit() -> impl IntoView {
    let phone = phone();
    let open = Memo::new(move || open_assignments(phone));
    let counts = move || {
        phone.pulled.with(|it| {
            let n = it.assignments.len();
            (text().visitor.to_visit_n)(n, n.saturating_sub(open.with(Vec::len)))
        })
    };
    view! {
        <Show when=move || open.with(|it| !it.is_empty())>
            <section class="card">
                <header>
                    <h2>{move || text().visitor.to_visit}</h2>
                    <span class="quiet">{counts}</span>
                </header>
                <div class="rows">
                    <For
                        each=move || open.get().into_iter().take(TO_VISIT_SHOWN)
                        key=|(one, respondent)| (one.id, one.due_on.clone(), respondent.visits_in_month)
                        let((assignment, respondent))
                    >
                        <ToVisitRow assignment respondent/>
                    </For>
                </div>
                <Show when=move || open.with(Vec::len).gt(&TO_VISIT_SHOWN)>
                    <a href="/start" class="row-link">
                        {move || (text().visitor.found_n)(open.with(Vec::len))}
                    </a>
                </Show>
            </section>
        </Show>
    }
}

/// A respondent to visit; tapping it begins.
#[component]
pub fn ToVisitRow(assignment: Assignment, respondent: Respondent) -> impl IntoView {
    let today = clock::date(clock::now());
    let late = assignment.due_on < today;
    let due = due_words(assignment.due_on.clone());
    view! {
        <RespondentRow respondent assignment=Some(assignment)>
            <Pill tone=if late { Tone::Cinnabar } else { Tone::Plain }>
                {move || if late { text().visitor.overdue.to_owned() } else { (text().visitor.due)(&due()) }}
            </Pill>
        </RespondentRow>
    }
}

/// A weekday within the week, else month and day.
fn due_words(due_on: String) -> impl Fn() -> String + Clone {
    move || {
        let common = text().common;
        let Some(at) = clock::read(&due_on, "12:00") else { return due_on.clone() };
        let days = -clock::days_ago(at, clock::now());
        if (0..7).contains(&days) {
            return (common.weekday)(clock::weekday(at)).to_owned();
        }
        let (month, day) = clock::month_day(at);
        (common.month_day)(month, day)
    }
}

/// A respondent of the list; tapping it begins a visit.
#[component]
pub fn RespondentRow(
    respondent: Respondent,
    assignment: Option<Assignment>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let phone = phone();
    let title = join(&[respondent.place.clone(), name_of(&respondent)]);
    let note = assignment.as_ref().map(|it| it.note.clone()).filter(|it| !it.is_empty());
    let shown = name_of(&respondent);
    let second = {
        let respondent = respondent.clone();
        move || {
            let visitor = text().visitor;
            let fresh = respondent.month == clock::date(clock::now()).get(..7).unwrap_or_default();
            let visited = fresh.then_some(respondent.visits_in_month).filter(|it| *it > 0);
            view! {
                {(visitor.respondent_kinds)(respondent.kind)}
                {visited.map(|n| view! {
                    " · " <span class="amber-words">{(visitor.visited_this_month)(n)}</span>
                })}
            }
        }
    };
    let start = move |_| {
        let whom = Whom::Listed { respondent: respondent.clone(), assignment: assignment.clone() };
        spawn_local(async move {
            begin_and_go(phone, whom).await;
        });
    };
    view! {
        <button class="row" on:click=start>
            <Avatar name=Signal::derive(move || shown.clone())/>
            <span class="grow">
                <span class="title">{title}</span>
                <span class="quiet">{second}</span>
                {note.map(|it| view! { <span class="title quiet">{it}</span> })}
            </span>
            {children.map(|it| it())}
        </button>
    }
}

fn name_of(respondent: &Respondent) -> String {
    if respondent.organisation.is_empty() || respondent.organisation == respondent.name {
        return respondent.name.clone();
    }
    join(&[respondent.organisation.clone(), respondent.name.clone()])
}

#[component]
fn RecentlySent() -> impl IntoView {
    let phone = phone();
    let latest = move || phone.sent.with(|it| it.iter().take(SENT_SHOWN).cloned().collect::<Vec<_>>());
    view! {
        <Show when=move || phone.sent.with(|it| !it.is_empty())>
            <section class="card">
                <header><h2>{move || text().visitor.recently_sent}</h2></header>
                <div class="rows">
                    <For each=latest key=|it| (it.id(), it.changed_at) let:draft>
                        <SentRow draft/>
                    </For>
                </div>
            </section>
        </Show>
    }
}
