//! One issue: its text, what it is made of, what comes of it.

use domain::{
    handover::NewHandover,
    issue::{Issue, IssueChange, IssueStatement, IssueText},
    measure::Measures,
    problem::Code,
    queue::{Act, ActRequest, Item},
    referral::Referral,
    role::Action,
};
use leptos::task::spawn_local;

use super::{IssueFields, IssueForm, finding::Findings, releasing::Releasing};
use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::{handovers::HandOver, queue::type_name, today::join},
    session::session,
};

/// One issue. What is typed stays whatever is read anew.
#[component]
pub fn IssueScreen() -> impl IntoView {
    let id = router::part(1);
    let id = move || id.get();
    let issue = Remote::<Issue>::load(move || format!("/api/v1/issues/{}", id()));
    let first = Memo::new(move || issue.value.with(|it| it.as_ref().map(|it| it.line.id)));
    view! {
        <DeskFrame title=Signal::derive(|| text().office.issues.to_owned())>
            <main class="page">
                <p><a href="/issues">"‹ " {move || text().office.issues}</a></p>
                {issue.trouble_view()}
                {move || first.get().and_then(|_| issue.value.get_untracked()).map(|it| view! { <One remote=issue issue=it/> })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(remote: Remote<Issue>, issue: Issue) -> impl IntoView {
    let line = move || remote.get().map(|it| it.line);
    let title = move || line().map(|it| format!("{} · {}", it.number, it.text.title));
    let said = move || {
        line().filter(|it| it.n_said > 0).map(|it| (text().office.said_n)(it.n_said, it.n_households))
    };
    let facts = move || {
        line().map(|it| {
            join(&[
                it.text.category.as_deref().map(type_name).unwrap_or_default(),
                (text().office.sources)(it.text.source).to_owned(),
                (text().office.issue_states)(it.text.state).to_owned(),
            ])
        })
    };
    let may_edit = session().may(Action::EditIssues);
    let wording = issue.line.text.wording.clone();
    let text_of = issue.line.clone();
    view! {
        <header>
            <h1>{title}</h1>
            {move || said().map(|it| view! { <Pill>{it}</Pill> })}
        </header>
        {if may_edit {
            view! { <Editing remote version=issue.line.version issue=issue.line.text.clone()/> }.into_any()
        } else {
            view! { <p class="quiet">{facts}</p><p>{wording}</p> }.into_any()
        }}
        {session().may(Action::Release).then(|| view! { <Releasing line=text_of/> })}
        <MadeOf remote/>
        {may_edit.then(|| view! { <Findings id=issue.line.id.to_string()/> })}
        {session().may(Action::ReadMeasures).then(|| view! { <Agreed id=issue.line.id.to_string()/> })}
        {session().may(Action::HandOver).then(|| view! { <Leaving remote/> })}
        {move || remote.get().map(|it| it.referrals).filter(|it| !it.is_empty()).map(|it| view! { <Referrals referrals=it/> })}
    }
}

/// The office's text of it; another clerk's change is shown beside what is typed, not in its place.
#[component]
fn Editing(remote: Remote<Issue>, version: u32, issue: IssueText) -> impl IntoView {
    let fields = IssueFields::new(issue);
    let version = RwSignal::new(version);
    let theirs = RwSignal::new(None::<IssueText>);
    let trouble = RwSignal::new(String::new());
    let save = Callback::new(move |changed: IssueText| {
        let Some(id) = remote.value.with_untracked(|it| it.as_ref().map(|it| it.line.id)) else { return };
        let change = IssueChange { version: version.get_untracked(), text: changed };
        spawn_local(async move {
            match api::put::<Issue>(&format!("/api/v1/issues/{id}"), &change).await {
                Ok(issue) => {
                    toast::say(text().office.saved.to_owned());
                    let _ = version.try_set(issue.line.version);
                    let _ = theirs.try_set(None);
                    let _ = remote.value.try_set(Some(issue));
                }
                Err(cause) => match current(&cause) {
                    Some(issue) => {
                        let _ = version.try_set(issue.line.version);
                        let _ = theirs.try_set(Some(issue.line.text));
                    }
                    None => drop(trouble.try_set(problem::form_words(&cause))),
                },
            }
        });
    });
    let show_theirs = move |_| {
        if let Some(text) = theirs.get_untracked() {
            fields.show(text);
            theirs.set(None);
        }
    };
    view! {
        <section class="card">
            <div role="alert">
                {move || theirs.get().map(|it| view! {
                    <div class="notice amber">
                        <p>{text().office.issue_conflict}</p>
                        <p><strong>{it.title}</strong></p>
                        <p>{it.wording}</p>
                        <button on:click=show_theirs>{text().branch.take_theirs}</button>
                    </div>
                })}
            </div>
            <IssueForm fields trouble on_save=save/>
        </section>
    }
}

/// The issue as it is now, where someone else changed it first.
fn current(cause: &ApiError) -> Option<Issue> {
    match cause {
        ApiError::Problem(it) if it.code == Code::Conflict => {
            serde_json::from_value(it.current.clone()?).ok()
        }
        ApiError::Problem(_) | ApiError::Offline | ApiError::NotOurs => None,
    }
}

#[component]
fn MadeOf(remote: Remote<Issue>) -> impl IntoView {
    let none = move || {
        let issue = remote.get()?;
        let office = text().office;
        issue.statements.is_empty().then_some(if issue.line.n_said > 0 {
            office.made_of_hidden
        } else {
            office.made_of_nothing
        })
    };
    view! {
        <section class="card">
            <h2>{move || text().office.made_of}</h2>
            {move || none().map(|it| view! { <p class="quiet">{it}</p> })}
            {move || remote.get().map(|it| it.statements).unwrap_or_default().into_iter().map(|it| view! {
                <Statement remote statement=it/>
            }).collect_view()}
        </section>
    }
}

#[component]
fn Statement(remote: Remote<Issue>, statement: IssueStatement) -> impl IntoView {
    let (id, version) = (statement.id, statement.version);
    let leave = move |_| {
        spawn_local(async move {
            let request = ActRequest::alone(version, Act::Leave);
            match api::post::<Item>(&format!("/api/v1/queue/{id}/acts"), &request).await {
                Ok(_) => toast::say(text().office.left.to_owned()),
                Err(cause) => toast::say(problem::words(&cause)),
            }
            remote.reload();
        });
    };
    let shown = match (statement.words.trim().is_empty(), statement.summary.trim().is_empty()) {
        (false, _) => statement.words,
        (true, false) => statement.summary,
        (true, true) => text().office.voice_only.to_owned(),
    };
    let sorts = session().may(Action::Sort);
    view! {
        <blockquote>
            <p class="words">{shown}</p>
            <p class="quiet">
                {join(&[(text().visitor.kinds)(statement.kind).to_owned(), statement.unit_name, (text().office.day_words)(&statement.day)])}
            </p>
            <p class="pills">
                {sorts.then(|| view! { <a href=format!("/queue?state=all&statement={id}")>{text().office.in_queue}</a> })}
                <a href=format!("/visits/{}", statement.visit)>{text().office.whole_visit}</a>
                {sorts.then(|| view! { <button class="link" on:click=leave>{text().office.leave}</button> })}
            </p>
        </blockquote>
    }
}

/// Handing all of it over, where it is made of something.
#[component]
fn Leaving(remote: Remote<Issue>) -> impl IntoView {
    let of = Callback::new(move |()| NewHandover {
        statements: Vec::new(),
        issue: remote.value.with_untracked(|it| it.as_ref().map(|it| it.line.id)),
        reason: String::new(),
        left_out: Vec::new(),
    });
    let done = Callback::new(move |()| router::go("/handovers"));
    view! {
        <Show when=move || remote.get().is_some_and(|it| !it.statements.is_empty())>
            <details class="card">
                <summary>{move || text().handovers.hand_over_all}</summary>
                <HandOver of on_done=done/>
            </details>
        </Show>
    }
}

/// What branches agreed on about it.
#[component]
fn Agreed(id: String) -> impl IntoView {
    let measures = Remote::<Measures>::load(move || format!("/api/v1/measures?issue={id}"));
    view! {
        {measures.trouble_view()}
        {move || measures.get().filter(|it| !it.measures.is_empty()).map(|it| view! {
            <section class="card">
                <h2>{text().branch.our_measures}</h2>
                <ul class="rows">
                    {it.measures.into_iter().map(|it| {
                        let due = it.agreed.by_when.as_deref().map(|it| (text().visitor.due)(&(text().office.day_words)(it)));
                        let facts = join(&[it.unit_name, it.agreed.leader, it.agreed.person, due.unwrap_or_default()]);
                        view! {
                            <li class="row">
                                <span class="grow"><span class="title">{it.agreed.what}</span><span class="quiet">{facts}</span></span>
                                <Pill tone=if it.overdue { Tone::Cinnabar } else { Tone::Plain }>
                                    {if it.overdue { text().branch.overdue } else { (text().branch.measure_state)(it.state) }}
                                </Pill>
                            </li>
                        }
                    }).collect_view()}
                </ul>
            </section>
        })}
    }
}

#[component]
fn Referrals(referrals: Vec<Referral>) -> impl IntoView {
    view! {
        <section class="card">
            <h2>{text().office.referrals}</h2>
            {referrals.into_iter().map(|it| view! {
                <p>{join(&[it.passing.to, (text().visitor.due)(&(text().office.day_words)(&it.passing.answer_by)), it.answer.unwrap_or_default()])}</p>
            }).collect_view()}
        </section>
    }
}
