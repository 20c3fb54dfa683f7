//! Pictures, sounds and films that a questionnaire names: which are here, and where the others are added.

use domain::{
    problem::Code,
    publishing::ShownQuestionnaire,
    questionnaire::medium::{Medium, NamedMedium},
};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{File, HtmlInputElement};

use super::{address, medium_address, send};
use crate::{
    api::ApiError,
    i18n::{problem, text},
    parts::{
        pill::{Pill, Tone},
        remote::Remote,
    },
    prelude::*,
};

/// What file choosers offer first.
const ACCEPTED: &str =
    "image/png,image/jpeg,image/webp,image/gif,audio/*,video/mp4,video/webm,.mp3,.ogg,.m4a,.aac,.wav";

/// Nothing where nothing is named.
#[component]
pub fn Media(
    media: Vec<NamedMedium>,
    /// The form's id, as long as it can take files.
    taking: Option<String>,
    shown: Remote<ShownQuestionnaire>,
) -> impl IntoView {
    if media.is_empty() {
        return ().into_any();
    }
    let words = text().questionnaires;
    let lines = media.into_iter().map(|it| {
        let seen = it.medium.as_ref().map(|medium| seen(medium, &it.file));
        let state = match &it.medium {
            Some(medium) => view! { <span class="quiet">{(words.bytes)(medium.bytes_n)}</span> }.into_any(),
            None => view! { <Pill tone=Tone::Amber>{words.not_attached}</Pill> }.into_any(),
        };
        view! { <li>{seen} <span>{it.file}</span> {state}</li> }
    });
    view! {
        <section class="card">
            <h2>{words.media}</h2>
            <p class="quiet">{words.media_hint}</p>
            <ul class="media-files">{lines.collect_view()}</ul>
            {taking.map(|id| view! { <Add id shown/> })}
        </section>
    }
    .into_any()
}

/// A small picture, or a player.
fn seen(medium: &Medium, file: &str) -> AnyView {
    let (address, label) = (medium_address(medium.sha256), file.to_owned());
    if medium.media_type.is_picture() {
        view! { <img src=address alt=""/> }.into_any()
    } else {
        view! { <audio controls preload="none" src=address aria-label=label></audio> }.into_any()
    }
}

/// Takes files, one after the other; what is not taken is said by its name.
#[component]
fn Add(id: String, shown: Remote<ShownQuestionnaire>) -> impl IntoView {
    let words = text().questionnaires;
    let id = StoredValue::new(id);
    let (trouble, busy) = (RwSignal::new(Vec::<String>::new()), RwSignal::new(false));
    let choose = move |event: web_sys::Event| {
        let Some(input) = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let all = input.files();
        let files: Vec<File> =
            all.map(|all| (0..all.length()).filter_map(|it| all.get(it)).collect()).unwrap_or_default();
        busy.set(true);
        spawn_local(async move {
            let mut refused = Vec::new();
            for file in files {
                let name = js_sys::encode_uri_component(&file.name());
                let path = address(&id.get_value(), &format!("files/{name}"));
                if let Err(cause) = send("PUT", &path, Some(JsValue::from(file.clone()))).await {
                    refused.push(why_not(&file.name(), &cause));
                }
            }
            // The same files, mended, are chosen again.
            input.set_value("");
            let all_taken = refused.is_empty();
            let _ = trouble.try_set(refused);
            let _ = busy.try_set(false);
            if all_taken {
                shown.reload();
            }
        });
    };
    view! {
        <label class="field">
            <span>{words.add_media}</span>
            <input id="media-files" type="file" multiple accept=ACCEPTED disabled=move || busy.get() on:change=choose/>
        </label>
        <div role="alert">
            {move || trouble.get().into_iter().map(|it| view! { <p class="error">{it}</p> }).collect_view()}
        </div>
    }
}

fn why_not(file: &str, cause: &ApiError) -> String {
    let words = text().questionnaires;
    match cause.code() {
        Some(Code::TooLarge) => (words.medium_too_large)(file),
        Some(Code::UnsupportedMedia) => (words.medium_of_no_kind)(file),
        _ => format!("{file}: {}", problem::words(cause)),
    }
}
