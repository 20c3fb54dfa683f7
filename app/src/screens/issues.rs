//! Issues: the list, entering one, one with what it is made of, releasing it.

use domain::{
    campaign::{Unit, UnitKind},
    id::UnitId,
    issue::{Issue, IssueChange, IssueLine, IssuePage, IssueState, IssueText, Source},
    problem::Code,
    release::{NewRelease, Objection, Release, ReleaseOutcome, Rule},
    role::Action,
    taxonomy::Taxonomy,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        dialog::Dialog,
        empty::Empty,
        field::Field,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::{queue::type_name, today::join},
    session::session,
};

/// The list of issues.
#[component]
pub fn Issues() -> impl IntoView {
    let state = RwSignal::new(String::new());
    let page = Remote::<IssuePage>::load(move || match state.get() {
        it if it.is_empty() => "/api/v1/issues".to_owned(),
        it => format!("/api/v1/issues?state={it}"),
    });
    let entering = RwSignal::new(false);
    let add = Callback::new(move |new: IssueText| {
        spawn_local(async move {
            match api::post::<Issue>("/api/v1/issues", &new).await {
                Ok(issue) => router::go(&format!("/issues/{}", issue.line.id)),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    });
    let blank = IssueText {
        title: String::new(),
        wording: String::new(),
        category: None,
        source: Source::SelfCheck,
        state: IssueState::Open,
    };
    view! {
        <DeskFrame title=Signal::derive(|| text().office.issues.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().office.issues}</h1>
                    <div class="buttons">
                        <select aria-label=move || text().office.state on:change=move |event| state.set(event_target_value(&event))>
                            <option value="">{move || text().office.all}</option>
                            {move || IssueState::ALL.map(|it| view! {
                                <option value=it.as_str()>{(text().office.issue_states)(it)}</option>
                            }).collect_view()}
                        </select>
                        <Show when=move || session().may(Action::EditIssues)>
                            <button class="main" on:click=move |_| entering.set(true)>{move || text().office.new_issue}</button>
                        </Show>
                    </div>
                </header>
                {page.trouble_view()}
                {move || page.get().map(|page| if page.issues.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().office.no_issues.to_owned())/> }.into_any()
                } else {
                    view! { <div class="card rows">{page.issues.into_iter().map(|it| view! { <Row line=it/> }).collect_view()}</div> }.into_any()
                })}
                <Dialog open=entering title=Signal::derive(|| text().office.new_issue.to_owned())>
                    <IssueForm text=blank.clone() on_save=add/>
                </Dialog>
            </main>
        </DeskFrame>
    }
}

#[component]
fn Row(line: IssueLine) -> impl IntoView {
    let state = line.text.state;
    let source = line.text.source;
    let category = line.text.category.as_deref().map(type_name).unwrap_or_default();
    let (n_said, n_households, n_releases) = (line.n_said, line.n_households, line.n_releases);
    let facts = move || {
        let office = text().office;
        join(&[
            category.clone(),
            (office.sources)(source).to_owned(),
            if n_said > 0 { (office.said_n)(n_said, n_households) } else { String::new() },
            if n_releases > 0 { (office.releases_n)(n_releases) } else { String::new() },
        ])
    };
    view! {
        <a href=format!("/issues/{}", line.id) class="row">
            <span class="quiet number">{line.number}</span>
            <span class="grow"><span class="title">{line.text.title}</span><span class="quiet">{facts}</span></span>
            <Pill tone=if state == IssueState::Settled { Tone::Pine } else { Tone::Plain }>
                {move || (text().office.issue_states)(state)}
            </Pill>
        </a>
    }
}

/// Title, wording, type, source and state of an issue.
#[component]
fn IssueForm(text: IssueText, on_save: Callback<IssueText>) -> impl IntoView {
    let (title, wording) = (RwSignal::new(text.title), RwSignal::new(text.wording));
    let category = RwSignal::new(text.category.unwrap_or_default());
    let (source, state) = (RwSignal::new(text.source), RwSignal::new(text.state));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_save.run(IssueText {
            title: title.get_untracked(),
            wording: wording.get_untracked(),
            category: Some(category.get_untracked()).filter(|it| !it.is_empty()),
            source: source.get_untracked(),
            state: state.get_untracked(),
        });
    };
    let words = crate::i18n::text;
    view! {
        <form on:submit=submit>
            <Field id="title" label=Signal::derive(move || words().office.title.to_owned()) value=title required=true/>
            <div class="field">
                <label for="wording">{move || words().office.wording}</label>
                <p class="hint">{move || words().office.wording_hint}</p>
                <textarea id="wording" bind:value=wording></textarea>
            </div>
            <div class="fields">
                <TypeSelect category/>
                <div class="field">
                    <label for="source">{move || words().office.source}</label>
                    <select id="source" on:change=move |event| {
                        if let Some(it) = Source::from_word(&event_target_value(&event)) { source.set(it) }
                    }>
                        {move || Source::ALL.map(|it| view! {
                            <option value=it.as_str() selected=source.get_untracked() == it>{(words().office.sources)(it)}</option>
                        }).collect_view()}
                    </select>
                </div>
                <div class="field">
                    <label for="state">{move || words().office.state}</label>
                    <select id="state" on:change=move |event| {
                        if let Some(it) = IssueState::from_word(&event_target_value(&event)) { state.set(it) }
                    }>
                        {move || IssueState::ALL.map(|it| view! {
                            <option value=it.as_str() selected=state.get_untracked() == it>{(words().office.issue_states)(it)}</option>
                        }).collect_view()}
                    </select>
                </div>
            </div>
            <button class="main" type="submit" disabled=move || title.with(|it| it.trim().is_empty())>{move || words().common.save}</button>
        </form>
    }
}

#[component]
fn TypeSelect(category: RwSignal<String>) -> impl IntoView {
    let taxonomy = Taxonomy::shipped();
    let types: Vec<(String, String)> =
        taxonomy.leaves().map(|it| (it.code.clone(), taxonomy.path_zh(&it.code))).collect();
    view! {
        <div class="field">
            <label for="category">{move || text().office.category}</label>
            <select id="category" on:change=move |event| category.set(event_target_value(&event))>
                <option value="">"—"</option>
                {types.into_iter().map(|(code, path)| {
                    let selected = category.get_untracked() == code;
                    view! { <option value=code selected=selected>{path}</option> }
                }).collect_view()}
            </select>
        </div>
    }
}

/// One issue.
#[component]
pub fn IssueScreen() -> impl IntoView {
    let id = router::part(1);
    let id = move || id.get();
    let issue = Remote::<Issue>::load(move || format!("/api/v1/issues/{}", id()));
    view! {
        <DeskFrame title=Signal::derive(|| text().office.issues.to_owned())>
            <main class="page">
                <p><a href="/issues">"‹ " {move || text().office.issues}</a></p>
                {issue.trouble_view()}
                {move || issue.get().map(|it| view! { <One remote=issue issue=it/> })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn One(remote: Remote<Issue>, issue: Issue) -> impl IntoView {
    let Issue { line, statements, referrals } = issue;
    let (id, version) = (line.id, line.version);
    let save = Callback::new(move |changed: IssueText| {
        spawn_local(async move {
            match api::put::<Issue>(&format!("/api/v1/issues/{id}"), &IssueChange { version, text: changed })
                .await
            {
                Ok(issue) => {
                    toast::say(text().office.saved.to_owned());
                    remote.value.set(Some(issue));
                }
                Err(cause) => {
                    if cause.code() == Some(Code::Conflict) {
                        remote.reload();
                    }
                    toast::say(problem::words(&cause));
                }
            }
        });
    });
    let may_edit = session().may(Action::EditIssues);
    let said = (text().office.said_n)(line.n_said, line.n_households);
    let empty = statements.is_empty();
    view! {
        <header>
            <h1>{line.number} " · " {line.text.title.clone()}</h1>
            <Pill>{said}</Pill>
        </header>
        {may_edit.then(|| view! { <section class="card"><IssueForm text=line.text.clone() on_save=save/></section> })}
        {session().may(Action::Release).then(|| view! { <Releasing line=line.clone()/> })}
        <section class="card">
            <h2>{move || text().office.made_of}</h2>
            {empty.then(|| view! { <p class="quiet">{move || text().office.made_of_nothing}</p> })}
            {statements.into_iter().map(|it| view! {
                <blockquote>
                    <p class="words">{if it.words.is_empty() { it.summary } else { it.words }}</p>
                    <p class="quiet">{join(&[it.unit_name, it.day])}</p>
                </blockquote>
            }).collect_view()}
        </section>
        {(!referrals.is_empty()).then(|| view! {
            <section class="card">
                <h2>{move || text().office.referrals}</h2>
                {referrals.into_iter().map(|it| view! {
                    <p>{join(&[it.passing.to, it.passing.answer_by, it.answer.unwrap_or_default()])}</p>
                }).collect_view()}
            </section>
        })}
    }
}

/// Releasing to branches and trades: approved wording, and what stands against it.
#[component]
fn Releasing(line: IssueLine) -> impl IntoView {
    let id = line.id;
    let releases = Remote::<Vec<Release>>::load(move || format!("/api/v1/issues/{id}/releases"));
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    let (title, wording) = (RwSignal::new(line.text.title), RwSignal::new(line.text.wording));
    let (chosen, despite) = (RwSignal::new(Vec::<UnitId>::new()), RwSignal::new(String::new()));
    let objections = RwSignal::new(Vec::<Objection>::new());
    let few = move || objections.with(|it| it.iter().any(|it| it.rule == Rule::Few));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let new = NewRelease {
            units: chosen.get_untracked(),
            title: title.get_untracked(),
            wording: wording.get_untracked(),
            despite_few: Some(despite.get_untracked()).filter(|it| !it.trim().is_empty()),
        };
        spawn_local(async move {
            match api::post::<ReleaseOutcome>(&format!("/api/v1/issues/{id}/releases"), &new).await {
                Ok(ReleaseOutcome::Released { .. }) => {
                    objections.set(Vec::new());
                    chosen.set(Vec::new());
                    releases.reload();
                    toast::say(text().branch.released.to_owned());
                }
                Ok(ReleaseOutcome::Refused { objections: found }) => objections.set(found),
                Err(ApiError::Problem(it)) if it.code == Code::Invalid => {
                    toast::say(text().branch.fill_in.to_owned());
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <section class="card">
            <h2>{move || text().office.release}</h2>
            <p class="quiet">{move || text().branch.release_hint}</p>
            {move || releases.get().map(|all| all.into_iter().map(|it| view! {
                <p><Pill tone=Tone::Pine>{it.unit_name}</Pill> " " {it.title} <span class="quiet">" · " {it.month}</span></p>
            }).collect_view())}
            <form on:submit=submit>
                <Field id="release-title" label=Signal::derive(|| text().office.title.to_owned()) value=title required=true/>
                <div class="field">
                    <label for="release-wording">{move || text().office.wording}</label>
                    <textarea id="release-wording" bind:value=wording></textarea>
                </div>
                <fieldset>
                    <legend>{move || text().branch.to_units}</legend>
                    {move || units.get().unwrap_or_default().into_iter().filter(|it| it.kind != UnitKind::Section).map(|unit| {
                        let id = unit.id;
                        view! {
                            <label class="check">
                                <input
                                    type="checkbox"
                                    prop:checked=move || chosen.with(|it| it.contains(&id))
                                    on:change=move |event| chosen.update(|it| {
                                        it.retain(|it| *it != id);
                                        if event_target_checked(&event) { it.push(id) }
                                    })
                                />
                                {unit.name}
                            </label>
                        }
                    }).collect_view()}
                </fieldset>
                <div role="alert">
                    {move || objections.get().into_iter().map(|it| view! {
                        <p class="notice amber">{(text().branch.objection)(it.rule)} {(!it.words.is_empty()).then(|| format!("：“{}”", it.words))}</p>
                    }).collect_view()}
                </div>
                <Show when=few>
                    <Field id="despite" label=Signal::derive(|| text().branch.despite_few.to_owned()) value=despite/>
                </Show>
                <button class="main" type="submit" disabled=move || chosen.with(Vec::is_empty)>{move || text().office.release}</button>
            </form>
        </section>
    }
}
