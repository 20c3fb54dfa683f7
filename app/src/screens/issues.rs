//! Issues: the list, entering one, one with what it is made of, releasing it.

mod finding;
mod one;
mod releasing;

use domain::{
    id::IssueId,
    issue::{Issue, IssueLine, IssuePage, IssueState, IssueText, NewIssue, Source},
    role::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

pub use self::one::IssueScreen;
use crate::{
    api,
    i18n::{problem, text},
    ids,
    parts::{
        desk_frame::DeskFrame,
        dialog::Dialog,
        empty::Empty,
        field::Field,
        pill::{Pill, Tone},
        remote::Remote,
    },
    prelude::*,
    screens::{
        queue::{type_name, type_path},
        today::join,
    },
    session::session,
    taxonomy,
};

/// The list of issues. Its address carries the filter.
#[component]
pub fn Issues() -> impl IntoView {
    let asked = |name: &str| router::asked(name).unwrap_or_default();
    let page = Remote::<IssuePage>::load(move || {
        let (state, source) = (asked("state"), asked("source"));
        let words = js_sys::encode_uri_component(&asked("text"));
        let cursor = asked("page");
        let mut address = format!("/api/v1/issues?text={words}");
        for (name, word) in [("state", state), ("source", source), ("cursor", cursor)] {
            if !word.is_empty() {
                address += &format!("&{name}={word}");
            }
        }
        address
    });
    let ask = Callback::new(move |(name, word): (&'static str, String)| {
        let mut words = ["state", "source", "text", "page"]
            .map(|it| (it, untrack(|| router::asked(it)).unwrap_or_default()));
        for it in &mut words {
            if it.0 == name {
                it.1.clone_from(&word);
            } else if it.0 == "page" {
                it.1.clear();
            }
        }
        let pairs = words
            .iter()
            .filter(|it| !it.1.is_empty())
            .map(|it| format!("{}={}", it.0, js_sys::encode_uri_component(&it.1)));
        let address = format!("/issues?{}", pairs.collect::<Vec<_>>().join("&"));
        router::rename(&address);
    });
    let filtered = move || ["state", "source", "text"].iter().any(|it| !asked(it).is_empty());
    view! {
        <DeskFrame title=Signal::derive(|| text().office.issues.to_owned())>
            <main class="page">
                <header>
                    <h1>{move || text().office.issues}</h1>
                    <Show when=move || session().may(Action::EditIssues)><Entering/></Show>
                </header>
                <ListFilters ask asked=Callback::new(move |name: &'static str| asked(name))/>
                {page.trouble_view()}
                {move || page.get().map(|page| if page.issues.is_empty() && filtered() {
                    view! { <Empty words=Signal::derive(|| text().office.no_such_issues.to_owned())/> }.into_any()
                } else if page.issues.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().office.no_issues.to_owned())/> }.into_any()
                } else {
                    view! { <div class="card rows">{page.issues.into_iter().map(|it| view! { <Row line=it/> }).collect_view()}</div> }.into_any()
                })}
                <nav class="buttons" aria-label=move || text().office.pages>
                    <Show when=move || !asked("page").is_empty()>
                        <button on:click=move |_| ask.run(("page", String::new()))>{move || text().office.first_page}</button>
                    </Show>
                    {move || page.get().and_then(|it| it.cursor).map(|next| view! {
                        <button on:click=move |_| ask.run(("page", next.clone()))>{text().office.next_page}</button>
                    })}
                </nav>
            </main>
        </DeskFrame>
    }
}

#[component]
fn ListFilters(
    ask: Callback<(&'static str, String)>,
    asked: Callback<&'static str, String>,
) -> impl IntoView {
    view! {
        <div class="fields">
            <div class="field">
                <label for="issue-search">{move || text().office.find_issue}</label>
                <input id="issue-search" type="search" prop:value=move || asked.run("text")
                    on:change=move |event| ask.run(("text", event_target_value(&event)))/>
            </div>
            <div class="field">
                <label for="issue-state">{move || text().office.state}</label>
                <select id="issue-state" on:change=move |event| ask.run(("state", event_target_value(&event)))>
                    <option value="" selected=move || asked.run("state").is_empty()>{move || text().office.all}</option>
                    {move || IssueState::ALL.map(|it| view! {
                        <option value=it.as_str() selected=move || asked.run("state") == it.as_str()>{(text().office.issue_states)(it)}</option>
                    }).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="issue-source">{move || text().office.source}</label>
                <select id="issue-source" on:change=move |event| ask.run(("source", event_target_value(&event)))>
                    <option value="" selected=move || asked.run("source").is_empty()>{move || text().office.all}</option>
                    {move || Source::ALL.map(|it| view! {
                        <option value=it.as_str() selected=move || asked.run("source") == it.as_str()>{(text().office.sources)(it)}</option>
                    }).collect_view()}
                </select>
            </div>
        </div>
    }
}

/// Entering an issue from another source.
#[component]
fn Entering() -> impl IntoView {
    let open = RwSignal::new(false);
    let trouble = RwSignal::new(String::new());
    // Made once, so that asking twice enters one.
    let id = IssueId(ids::new_public_id());
    let add = Callback::new(move |text: IssueText| {
        spawn_local(async move {
            match api::post::<Issue>("/api/v1/issues", &NewIssue { id: Some(id), text }).await {
                Ok(issue) => router::go(&format!("/issues/{}", issue.line.id)),
                Err(cause) => drop(trouble.try_set(problem::form_words(&cause))),
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
        <button class="main" on:click=move |_| open.set(true)>{move || text().office.new_issue}</button>
        <Dialog open title=Signal::derive(|| text().office.new_issue.to_owned())>
            <IssueForm fields=IssueFields::new(blank.clone()) trouble on_save=add/>
        </Dialog>
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

/// An issue's text while it is written.
#[derive(Clone, Copy)]
pub struct IssueFields {
    title: RwSignal<String>,
    wording: RwSignal<String>,
    category: RwSignal<String>,
    source: RwSignal<Source>,
    state: RwSignal<IssueState>,
}

impl IssueFields {
    pub fn new(text: IssueText) -> Self {
        Self {
            title: RwSignal::new(text.title),
            wording: RwSignal::new(text.wording),
            category: RwSignal::new(text.category.unwrap_or_default()),
            source: RwSignal::new(text.source),
            state: RwSignal::new(text.state),
        }
    }

    /// Shows another text in its place.
    pub fn show(self, text: IssueText) {
        self.title.set(text.title);
        self.wording.set(text.wording);
        self.category.set(text.category.unwrap_or_default());
        self.source.set(text.source);
        self.state.set(text.state);
    }

    fn read(self) -> IssueText {
        IssueText {
            title: self.title.get_untracked(),
            wording: self.wording.get_untracked(),
            category: Some(self.category.get_untracked()).filter(|it| !it.is_empty()),
            source: self.source.get_untracked(),
            state: self.state.get_untracked(),
        }
    }
}

/// Title, wording, type, source and state of an issue.
#[component]
pub fn IssueForm(
    fields: IssueFields,
    trouble: RwSignal<String>,
    on_save: Callback<IssueText>,
) -> impl IntoView {
    let before = StoredValue::new(fields.read());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let written = fields.read();
        let checked = before.with_value(|it| written.check_upon(it, &taxonomy::scheme_untracked().taxonomy));
        match checked {
            Ok(()) => {
                trouble.set(String::new());
                on_save.run(written);
            }
            Err(field) => trouble.set((text().problem.wrong_field)(field)),
        }
    };
    view! {
        <form on:submit=submit novalidate>
            <Field id="title" label=Signal::derive(move || text().office.title.to_owned()) value=fields.title required=true/>
            <div class="field">
                <label for="wording">{move || text().office.wording}</label>
                <p class="hint" id="wording-hint">{move || text().office.wording_hint}</p>
                <textarea id="wording" aria-describedby="wording-hint" bind:value=fields.wording></textarea>
            </div>
            <div class="fields">
                <TypeSelect category=fields.category/>
                <div class="field">
                    <label for="source">{move || text().office.source}</label>
                    <select id="source" on:change=move |event| {
                        if let Some(it) = Source::from_word(&event_target_value(&event)) { fields.source.set(it) }
                    }>
                        {move || Source::ALL.map(|it| view! {
                            <option value=it.as_str() selected=move || fields.source.get() == it>{(text().office.sources)(it)}</option>
                        }).collect_view()}
                    </select>
                </div>
                <div class="field">
                    <label for="state">{move || text().office.state}</label>
                    <select id="state" on:change=move |event| {
                        if let Some(it) = IssueState::from_word(&event_target_value(&event)) { fields.state.set(it) }
                    }>
                        {move || IssueState::ALL.map(|it| view! {
                            <option value=it.as_str() selected=move || fields.state.get() == it>{(text().office.issue_states)(it)}</option>
                        }).collect_view()}
                    </select>
                </div>
            </div>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().common.save}</button>
        </form>
    }
}

#[component]
fn TypeSelect(category: RwSignal<String>) -> impl IntoView {
    // What it bears stays, though it may be no longer offered.
    let kept = category.get_untracked();
    let types = move || {
        let scheme = taxonomy::scheme();
        let past = Some(kept.clone()).filter(|it| scheme.past(it).is_some());
        past.into_iter().chain(scheme.taxonomy.leaves().map(|it| it.code.clone())).collect::<Vec<_>>()
    };
    view! {
        <div class="field">
            <label for="category">{move || text().office.category}</label>
            <select id="category" on:change=move |event| category.set(event_target_value(&event))>
                <option value="" selected=move || category.with(String::is_empty)>"—"</option>
                {move || types().into_iter().map(|code| {
                    let (path, this) = (type_path(&code), code.clone());
                    view! { <option value=code selected=move || category.with(|it| *it == this)>{path}</option> }
                }).collect_view()}
            </select>
        </div>
    }
}
