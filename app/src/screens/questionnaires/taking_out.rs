//! Answers out as a file: a ZIP of CSV, or a workbook.

use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlElement, Url};

use super::address;
use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::{segmented::Segmented, toast},
    prelude::*,
};

/// How they are wanted, and the button.
#[component]
pub fn TakeOut(
    id: String,
    /// Of labels; none where there is only one without a name.
    languages: Vec<String>,
) -> impl IntoView {
    let words = text().questionnaires;
    let (format, several) = (RwSignal::new("zip".to_owned()), RwSignal::new("both".to_owned()));
    let (labels, prefixes) = (RwSignal::new(false), RwSignal::new(true));
    let (media, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let is_book = move || format.with(|it| it == "xlsx");
    let language = RwSignal::new(languages.first().cloned().unwrap_or_default());
    let path = address(&id, "export");
    let address = Signal::derive(move || {
        let encoded = |it: &RwSignal<String>| it.with(|it| js_sys::encode_uri_component(it));
        let media = if media.get() && !is_book() {
            format!("&media=true&reason={}", encoded(&reason))
        } else {
            String::new()
        };
        format!(
            "{path}?format={}&several={}&labels={}&no_prefixes={}&language={}{media}",
            format.get(),
            several.get(),
            labels.get(),
            !prefixes.get(),
            encoded(&language),
        )
    });
    let options = |all: &[(&str, &str)]| {
        let all: Vec<_> = all.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        Signal::derive(move || all.clone())
    };
    let severals =
        [("both", words.several_both), ("joined", words.several_joined), ("split", words.several_split)];
    let severals = options(&severals);
    let formats = options(&[("zip", words.as_zip), ("xlsx", words.as_workbook)]);
    let choose_language = move |event| language.set(event_target_value(&event));
    let lacks_reason = move || media.get() && reason.with(|it| it.trim().is_empty());
    view! {
        <details class="card" id="take-out">
            <summary>{words.export}</summary>
            <Segmented name="format" label=Signal::derive(move || words.as_what.to_owned()) options=formats value=format on_choose=move |it| format.set(it)/>
            <Segmented name="several" label=Signal::derive(move || words.several.to_owned()) options=severals value=several on_choose=move |it| several.set(it)/>
            <Switch on=labels words=words.with_labels/>
            {(languages.len() > 1).then(|| view! {
                <label class="field">
                    <span>{words.language}</span>
                    <select on:change=choose_language>
                        {languages.into_iter().map(|it| view! { <option value=it.clone()>{it.clone()}</option> }).collect_view()}
                    </select>
                </label>
            })}
            <Switch on=prefixes words=words.with_groups/>
            <Show when=move || !is_book()><WithMedia media reason/></Show>
            <p class="quiet">{words.export_hint}</p>
            <p><Take address is_book=Signal::derive(is_book) lacks_reason=Signal::derive(lacks_reason)/></p>
        </details>
    }
}

#[component]
fn Switch(on: RwSignal<bool>, words: &'static str) -> impl IntoView {
    let change = move |event| on.set(event_target_checked(&event));
    view! { <label class="check"><input type="checkbox" prop:checked=move || on.get() on:change=change/>{words}</label> }
}

/// Whether photos, recordings and files go along, and why.
#[component]
fn WithMedia(media: RwSignal<bool>, reason: RwSignal<String>) -> impl IntoView {
    let words = text().questionnaires;
    view! {
        <Switch on=media words=words.with_media/>
        <Show when=move || media.get()>
            <label class="field">
                <span>{words.why_media}</span>
                <input bind:value=reason autocomplete="off"/>
            </label>
        </Show>
    }
}

/// The button: a workbook is fetched first, a ZIP is saved while it comes.
#[component]
fn Take(address: Signal<String>, is_book: Signal<bool>, lacks_reason: Signal<bool>) -> impl IntoView {
    let words = text().questionnaires.take_out;
    move || match (is_book.get(), lacks_reason.get()) {
        (true, _) => {
            view! { <button on:click=move |_| take_book(address.get_untracked())>{words}</button> }.into_any()
        }
        (false, true) => view! { <button disabled=true>{words}</button> }.into_any(),
        (false, false) => {
            view! { <a class="button" href=move || address.get() download="" rel="external">{words}</a> }
                .into_any()
        }
    }
}

/// A workbook is bounded: whether there is one has to be heard before it is saved.
fn take_book(address: String) {
    spawn_local(async move {
        if let Err(cause) = save(&address).await {
            let too_many = cause.code() == Some(domain::problem::Code::TooLarge);
            toast::say(if too_many {
                text().questionnaires.no_book.to_owned()
            } else {
                problem::words(&cause)
            });
        }
    });
}

async fn save(address: &str) -> Result<(), ApiError> {
    let response = api::send("GET", address, &[], None).await?;
    let name = response.headers().get("content-disposition").ok().flatten().unwrap_or_default();
    let name = name.split('"').nth(1).unwrap_or("zoufang.xlsx").to_owned();
    let blob = response.blob().map_err(|_| ApiError::Offline)?;
    let blob: Blob = JsFuture::from(blob).await.map_err(|_| ApiError::Offline)?.unchecked_into();
    let Ok(object) = Url::create_object_url_with_blob(&blob) else { return Err(ApiError::NotOurs) };
    let link = document().create_element("a").expect("a link is an element");
    let _ = link.set_attribute("href", &object);
    let _ = link.set_attribute("download", &name);
    link.unchecked_ref::<HtmlElement>().click();
    let _ = Url::revoke_object_url(&object);
    Ok(())
}
