//! Questionnaires at the office's desk: begun or taken in, looked at, published, closed; answers out.

pub mod editor;

mod door;
mod giving_up;
mod media;
mod paper;
mod taking_in;
mod taking_out;

use domain::{
    envelope::Hash,
    problem::Code,
    publishing::{
        DraftEdit, FormFault, KeptDraft, KeptQuestionnaire, Offering, Publication, QuestionLine,
        ShownQuestionnaire, TakenForm,
    },
    questionnaire::editing::{Book, NewKind},
    respondent::RespondentKind,
    role::Action,
};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use crate::{
    api::{self, ApiError},
    clock,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        field::Field,
        pill::{Pill, Tone},
        remote::Remote,
        tick::tick,
        toast,
    },
    prelude::*,
    session::session,
};

pub use paper::PaperScreen;

fn address(id: &str, what: &str) -> String {
    format!("/api/v1/questionnaires/{}/{what}", js_sys::encode_uri_component(id))
}

/// Where a picture, sound or film comes from.
fn medium_address(of: Hash) -> String {
    format!("/api/v1/questionnaire-media/{of}")
}

/// Sends a file as it is.
async fn send(method: &str, address: &str, body: Option<JsValue>) -> Result<TakenForm, ApiError> {
    let response = api::send(method, address, &[], body).await?;
    let text = response.text().map_err(|_| ApiError::Offline)?;
    let text = JsFuture::from(text).await.map_err(|_| ApiError::Offline)?;
    serde_json::from_str(&text.as_string().unwrap_or_default()).map_err(|_| ApiError::NotOurs)
}

fn file_of(event: &web_sys::Event) -> Option<File> {
    let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok())?;
    let file = input.files().and_then(|it| it.get(0));
    // The same file, mended, is chosen again.
    input.set_value("");
    file
}

/// All of them, and where files are taken in.
#[component]
pub fn QuestionnairesScreen() -> impl IntoView {
    let kept = Remote::<Vec<KeptQuestionnaire>>::load(|| "/api/v1/questionnaires/kept".to_owned());
    view! {
        <DeskFrame title=Signal::derive(|| text().questionnaires.title.to_owned())>
            <main class="page">
                <h1>{move || text().questionnaires.title}</h1>
                <p class="quiet">{move || text().questionnaires.hint}</p>
                <Begin/>
                <taking_in::TakeIn/>
                {kept.trouble_view()}
                {move || kept.get().map(|it| if it.is_empty() {
                    view! { <Empty words=Signal::derive(|| text().questionnaires.none.to_owned())/> }.into_any()
                } else {
                    it.into_iter().map(|it| view! { <OneKept kept=it/> }).collect_view().into_any()
                })}
                {session().may(Action::KeepOpenRosa).then(|| view! { <door::Door/> })}
            </main>
        </DeskFrame>
    }
}

/// Begins an empty one.
#[component]
fn Begin() -> impl IntoView {
    let day = clock::date(clock::now()).replace('-', "");
    let (title, id) = (RwSignal::new(String::new()), RwSignal::new(format!("wenjuan{day}")));
    let trouble = RwSignal::new(None::<String>);
    let begin = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (id, title) = (id.get_untracked().trim().to_owned(), title.get_untracked());
        spawn_local(async move {
            let edit = DraftEdit { upon: None, sheets: Book::empty(&id, title.trim()).sheets() };
            let words = text().editor;
            // An empty id is an address of something else.
            if id.is_empty() {
                return trouble.set(Some(words.new_bad_id.to_owned()));
            }
            match api::put::<KeptDraft>(&address(&id, "draft"), &edit).await {
                Ok(_) => router::go(&editor_of(&id)),
                Err(cause) => trouble.set(Some(match cause.code() {
                    Some(Code::Taken) => words.new_taken.to_owned(),
                    Some(Code::Invalid) => words.new_bad_id.to_owned(),
                    _ => problem::words(&cause),
                })),
            }
        });
    };
    view! {
        <section class="card">
            <h2>{move || text().editor.new}</h2>
            <p class="quiet">{move || text().editor.new_hint}</p>
            <form on:submit=begin>
                <div class="fields">
                    <Field id="new-title" label=Signal::derive(|| text().editor.new_title.to_owned()) value=title/>
                    <Field id="new-id" label=Signal::derive(|| text().editor.new_id.to_owned()) value=id
                        hint=Signal::derive(|| text().editor.new_id_hint.to_owned()) error=Signal::from(trouble)/>
                </div>
                <p><button id="begin">{move || text().editor.begin}</button></p>
            </form>
        </section>
    }
}

fn editor_of(id: &str) -> String {
    format!("/questionnaires/{}/edit", js_sys::encode_uri_component(id))
}

/// What is wrong, and where.
#[component]
fn Faults(faults: Vec<FormFault>) -> impl IntoView {
    let words = text().questionnaires;
    let lines = faults.into_iter().map(|it| {
        let tone = if it.is_error { Tone::Cinnabar } else { Tone::Amber };
        let (place, fault) = ((words.where_it_is)(&it), (words.fault)(&it));
        view! { <li><Pill tone=tone>{place}</Pill> " " {fault}</li> }
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| view! { <ul class="bad-rows">{lines}</ul> })
}

#[component]
fn States(kept: KeptQuestionnaire) -> impl IntoView {
    let words = text().questionnaires;
    let state = match (kept.version.is_some(), kept.closed) {
        (false, _) => None,
        (true, false) => Some(view! { <Pill tone=Tone::Pine>{words.open}</Pill> }.into_any()),
        (true, true) => Some(view! { <Pill>{words.closed}</Pill> }.into_any()),
    };
    view! {
        <span class="pills">
            {state}
            {kept.draft_at.map(|_| view! { <Pill tone=Tone::Amber>{words.draft}</Pill> })}
            {(kept.flagged_n > 0).then(|| view! { <Pill tone=Tone::Amber>{(words.flagged_n)(kept.flagged_n)}</Pill> })}
        </span>
    }
}

#[component]
fn OneKept(kept: KeptQuestionnaire) -> impl IntoView {
    let words = text().questionnaires;
    let href = format!("/questionnaires/{}", js_sys::encode_uri_component(&kept.id));
    let version = (kept.versions_n > 0).then(|| (words.version_n)(kept.versions_n));
    let facts: Vec<String> = version.into_iter().chain([(words.answers_n)(kept.answers_n)]).collect();
    view! {
        <section class="card">
            <header><h2><a href=href>{kept.title.clone()}</a></h2><States kept=kept.clone()/></header>
            <p class="quiet">{kept.id} " · " {facts.join(" · ")}</p>
        </section>
    }
}

/// One of them with its questions: what waits to be published, else the latest version.
#[component]
pub fn QuestionnaireScreen() -> impl IntoView {
    let id = router::part(1);
    let shown =
        Remote::<ShownQuestionnaire>::load(move || format!("/api/v1/questionnaires/{}/questions", id.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().questionnaires.title.to_owned())>
            <main class="page">
                <p><a href="/questionnaires">"‹ " {move || text().questionnaires.title}</a></p>
                {shown.trouble_view()}
                {move || shown.get().map(|it| view! { <Shown it shown/> })}
            </main>
        </DeskFrame>
    }
}

#[component]
fn Shown(it: ShownQuestionnaire, shown: Remote<ShownQuestionnaire>) -> impl IntoView {
    let words = text().questionnaires;
    let kept = it.kept.clone();
    let version = (kept.versions_n > 0).then(|| (words.version_n)(kept.versions_n));
    let facts: Vec<String> = version.into_iter().chain([(words.answers_n)(kept.answers_n)]).collect();
    let changes = it.changes.clone();
    let taking = it.draft.is_some().then(|| kept.id.clone());
    let exports = kept.version.is_some() && session().may(Action::Export);
    view! {
        <header><h1>{kept.title.clone()}</h1><States kept=kept.clone()/></header>
        <p class="quiet">{kept.id.clone()} " · " {facts.join(" · ")}</p>
        <Doing kept=kept.clone() draft=it.draft.map(|it| it.to_string()) shown/>
        {exports.then(|| view! { <taking_out::TakeOut id=kept.id.clone() languages=it.languages/> })}
        <media::Media media=it.media taking shown/>
        {it.draft.map(|draft| view! { <Publish kept draft=draft.to_string() faults=it.faults shown/> })}
        {(!changes.is_empty()).then(|| view! {
            <section class="card">
                <h2>{words.changes}</h2>
                <dl>{changes.into_iter().map(|it| view! { <dt>{it.column}</dt><dd>{(words.change)(&it.change)}</dd> }).collect_view()}</dl>
            </section>
        })}
        <section class="card">
            <h2>{words.questions}</h2>
            <ol class="questions">{it.lines.into_iter().map(|it| view! { <Question line=it/> }).collect_view()}</ol>
        </section>
    }
}

/// Closing, opening, and what can be taken away as a file.
#[component]
fn Doing(
    kept: KeptQuestionnaire,
    /// Names what is not published.
    draft: Option<String>,
    shown: Remote<ShownQuestionnaire>,
) -> impl IntoView {
    let words = text().questionnaires;
    let (id, closed) = (kept.id.clone(), kept.closed);
    let offer = move |_| {
        let path = address(&id, "offering");
        spawn_local(async move {
            match api::put::<()>(&path, &Offering { closed: !closed }).await {
                Ok(()) => shown.reload(),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    let published = kept.version.is_some();
    view! {
        <p class="buttons">
            <a class="button" id="edit" href=editor_of(&kept.id)>{text().editor.edit}</a>
            <a class="button" href=address(&kept.id, "workbook") download="" rel="external">{words.workbook}</a>
            <a class="button" href=format!("/questionnaires/{}/print", js_sys::encode_uri_component(&kept.id))>{text().paper.title}</a>
            {published.then(|| view! { <button on:click=offer>{if closed { words.reopen } else { words.close }}</button> })}
            {draft.map(|draft| view! { <giving_up::GiveUp id=kept.id versions_n=kept.versions_n draft shown/> })}
        </p>
    }
}

/// What waits to be published: files that it names, whom it is for, and the button.
#[component]
fn Publish(
    kept: KeptQuestionnaire,
    draft: String,
    faults: Vec<FormFault>,
    shown: Remote<ShownQuestionnaire>,
) -> impl IntoView {
    let words = text().questionnaires;
    let kinds = RwSignal::new(kept.respondent_kinds);
    let id = StoredValue::new(kept.id);
    let hinders = faults.iter().any(|it| it.is_error);
    let lacks_file = faults.iter().any(|it| it.code == "no_file");
    let choose = move |event: web_sys::Event| {
        let Some(file) = file_of(&event) else { return };
        let name = js_sys::encode_uri_component(&file.name());
        let path = address(&id.get_value(), &format!("files/{name}"));
        spawn_local(async move {
            match send("PUT", &path, Some(file.into())).await {
                Ok(_) => shown.reload(),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    let publish = move |_| {
        let path = address(&id.get_value(), "versions");
        let body = Publication { draft: draft.clone(), respondent_kinds: kinds.get_untracked() };
        spawn_local(async move {
            match api::post::<()>(&path, &body).await {
                Ok(()) => toast::say(text().questionnaires.published.to_owned()),
                Err(cause) => toast::say(problem::words(&cause)),
            }
            shown.reload();
        });
    };
    view! {
        <section class="card">
            <h2>{words.waits}</h2>
            <Faults faults/>
            {lacks_file.then(|| view! {
                <label class="field"><span>{words.choices_file}</span><input type="file" accept=".csv" on:change=choose/></label>
            })}
            <fieldset>
                <legend>{words.for_whom}</legend>
                {RespondentKind::ALL.map(|it| tick(kinds, it, (text().visitor.respondent_kinds)(it))).collect_view()}
                <p class="quiet">{words.for_all}</p>
            </fieldset>
            <p class="quiet">{if hinders { text().editor.hinders } else { words.publish_hint }}</p>
            <p><button class="main" id="publish" disabled=hinders on:click=publish>{words.publish}</button></p>
        </section>
    }
}

#[component]
fn Question(line: QuestionLine) -> impl IntoView {
    let words = text().questionnaires;
    let label = if line.label.is_empty() { line.name.clone() } else { line.label };
    let shown_n = u32::try_from(line.choices.len()).unwrap_or(u32::MAX);
    let mut choices = line.choices.join(text().office.and);
    if line.choices_n > shown_n {
        choices = format!("{choices} … {}", (words.more_choices)(line.choices_n));
    }
    let word = line.kind.split_whitespace().next().unwrap_or_default();
    let kind = NewKind::ALL.into_iter().find(|it| it.word() == word);
    let kind = kind.map_or_else(|| line.kind.clone(), |it| (text().editor.kind)(it).to_owned());
    let mut facts = vec![kind, line.name];
    facts.extend((!line.relevant.is_empty()).then(|| (words.asked_when)(&line.relevant)));
    view! {
        <li data-depth=line.depth.min(4)>
            <p>{label} " " {line.required.then(|| view! { <Pill>{words.required}</Pill> })}</p>
            {(!line.hint.is_empty()).then(|| view! { <p class="quiet">{line.hint}</p> })}
            {(!choices.is_empty()).then(|| view! { <p>{choices}</p> })}
            <p class="quiet">{facts.join(" · ")}</p>
        </li>
    }
}
