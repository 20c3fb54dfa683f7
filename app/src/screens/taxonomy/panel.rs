//! The panel beside the tree: one type's words, and what can be done with it.

use domain::taxonomy::{Category, scheme::TaxonomyChange, table::CATEGORIES_MAX};
use leptos::{ev::SubmitEvent, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlElement, HtmlInputElement};

use super::{About, Desk};
use crate::{i18n::text, parts::field::Field, prelude::*, taxonomy};

/// Brings the panel into view, for those who work by keyboard too.
pub fn show() {
    if let Some(panel) =
        document().get_element_by_id("type-panel").and_then(|it| it.dyn_into::<HtmlElement>().ok())
    {
        panel.scroll_into_view();
        // What has left the page takes no focus.
        let _ = panel.focus();
    }
}

/// What is chosen, to be changed; without a choice, the table as a file.
#[component]
pub fn Panel(desk: Desk) -> impl IntoView {
    move || {
        let scheme = taxonomy::scheme();
        match desk.about.get() {
            About::Nothing => view! { <Table desk/> }.into_any(),
            About::New(group) => view! { <Form category=blank(&group) is_new=true desk/> }.into_any(),
            About::Type(code) => match (scheme.taxonomy.get(&code), scheme.past(&code)) {
                (Some(category), _) => {
                    view! { <Form category=category.clone() desk/> <Order code=code.clone() desk/> <Ending code desk/> }.into_any()
                }
                (None, Some(past)) => view! { <Past category=past.category.clone() desk/> }.into_any(),
                (None, None) => view! { <Table desk/> }.into_any(),
            },
        }
    }
}

/// A type with the next code that is free in its group.
fn blank(group: &str) -> Category {
    let scheme = taxonomy::scheme_untracked();
    let free = (1..=CATEGORIES_MAX).map(|n| format!("{group}{n}")).find(|it| scheme.get(it).is_none());
    let code = if group.is_empty() { String::new() } else { free.unwrap_or_default() };
    let empty = String::new;
    Category {
        code,
        parent: group.to_owned(),
        short_zh: empty(),
        name_zh: empty(),
        name_en: empty(),
        attention: 0,
        source: empty(),
    }
}

#[component]
fn Form(category: Category, desk: Desk, #[prop(optional)] is_new: bool) -> impl IntoView {
    let words = text().taxonomy;
    let signal = |it: &str| RwSignal::new(it.to_owned());
    let (code, short, full) = (signal(&category.code), signal(&category.short_zh), signal(&category.name_zh));
    let (english, source, parent) =
        (signal(&category.name_en), signal(&category.source), signal(&category.parent));
    let attention = RwSignal::new(category.attention);
    let scheme = taxonomy::scheme_untracked();
    let has_members =
        scheme.taxonomy.get(&category.code).is_some() && !scheme.taxonomy.is_leaf(&category.code);
    let groups: Vec<(String, String)> = scheme
        .taxonomy
        .categories()
        .iter()
        .filter(|it| it.parent.is_empty() && it.code != category.code)
        .map(|it| (it.code.clone(), it.short_zh.clone()))
        .collect();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = |it: RwSignal<String>| it.get_untracked().trim().to_owned();
        let category = Category {
            code: text(code),
            parent: parent.get_untracked(),
            short_zh: text(short),
            name_zh: text(full),
            name_en: text(english),
            attention: attention.get_untracked(),
            source: text(source),
        };
        desk.look(if is_new { TaxonomyChange::Add { category } } else { TaxonomyChange::Edit { category } });
    };
    let label = |words: &'static str| Signal::derive(move || words.to_owned());
    let weigh = move |event| attention.set(event_target_value(&event).parse().unwrap_or(0));
    view! {
        <h2>{if is_new { words.add_type.to_owned() } else { format!("{} · {}", category.code, category.short_zh) }}</h2>
        <form on:submit=submit novalidate>
            {is_new.then(|| view! { <Field id="type-code" label=label(words.code) hint=label(words.code_hint) value=code required=true/> })}
            <Field id="type-short" label=label(words.short_name) value=short required=true/>
            <Field id="type-full" label=label(words.full_name) value=full required=true/>
            <Field id="type-english" label=label(words.english_name) value=english/>
            {(!has_members).then(|| view! {
                <div class="field">
                    <label for="type-group">{words.group}</label>
                    <select id="type-group" on:change=move |event| parent.set(event_target_value(&event))>
                        <option value="" selected=move || parent.with(String::is_empty)>{words.no_group}</option>
                        {groups.into_iter().map(|(code, name)| {
                            let this = code.clone();
                            view! { <option value=code selected=move || parent.with(|it| *it == this)>{name}</option> }
                        }).collect_view()}
                    </select>
                </div>
            })}
            <div class="field">
                <label for="type-attention">{words.attention_label}</label>
                <select id="type-attention" on:change=weigh>
                    {[0_u8, 1, 2].map(|it| view! { <option value=it.to_string() selected=move || attention.get() == it>{(words.attention)(it)}</option> }).collect_view()}
                </select>
            </div>
            <Field id="type-source" label=label(words.source) value=source/>
            <button class="main" type="submit">{words.look_first}</button>
        </form>
        <button on:click=move |_| desk.open(About::Nothing)>{words.think_again}</button>
    }
}

/// Where a type stands in its group, or a group among groups.
#[component]
fn Order(code: String, desk: Desk) -> impl IntoView {
    let words = text().taxonomy;
    let scheme = taxonomy::scheme_untracked();
    let now = scheme.stands_after(&code).map(|it| it.code.clone()).unwrap_or_default();
    let beside =
        scheme.beside(&code).into_iter().map(|it| (it.code.clone(), (words.order_after)(&it.short_zh)));
    let places: Vec<(String, String)> =
        std::iter::once((String::new(), words.order_first.to_owned())).chain(beside).collect();
    let place = move |event| {
        desk.look(TaxonomyChange::Place { code: code.clone(), after: event_target_value(&event) });
    };
    view! {
        <hr/>
        <div class="field">
            <label for="type-order">{words.order}</label>
            <select id="type-order" on:change=place>
                {places.into_iter().map(|(after, name)| view! { <option selected=after == now value=after>{name}</option> }).collect_view()}
            </select>
        </div>
    }
}

/// Merging a type into another, or retiring it.
#[component]
fn Ending(code: String, desk: Desk) -> impl IntoView {
    let words = text().taxonomy;
    let scheme = taxonomy::scheme_untracked();
    if !scheme.taxonomy.is_leaf(&code) {
        return ().into_any();
    }
    let others: Vec<(String, String)> = scheme
        .taxonomy
        .leaves()
        .filter(|it| it.code != code)
        .map(|it| (it.code.clone(), scheme.path_zh(&it.code)))
        .collect();
    let code = StoredValue::new(code);
    let merge = move |event| {
        let into = event_target_value(&event);
        if !into.is_empty() {
            desk.look(TaxonomyChange::Merge { code: code.get_value(), into });
        }
    };
    view! {
        <hr/>
        <div class="field">
            <label for="type-into">{words.merge}</label>
            <select id="type-into" on:change=merge>
                <option value="">{words.merge_hint}</option>
                {others.into_iter().map(|(code, path)| view! { <option value=code>{path}</option> }).collect_view()}
            </select>
        </div>
        <button on:click=move |_| desk.look(TaxonomyChange::Retire { code: code.get_value() })>{words.retire}</button>
    }
    .into_any()
}

#[component]
fn Past(category: Category, desk: Desk) -> impl IntoView {
    let words = text().taxonomy;
    let code = category.code.clone();
    view! {
        <h2>{category.code} " · " {category.short_zh}</h2>
        <p>{category.name_zh}</p>
        <p class="quiet">{words.past_hint}</p>
        <button class="main" on:click=move |_| desk.look(TaxonomyChange::Restore { code: code.clone() })>{words.restore}</button>
        <button on:click=move |_| desk.open(About::Nothing)>{words.think_again}</button>
    }
}

/// All types as a file, out and in.
#[component]
fn Table(desk: Desk) -> impl IntoView {
    let words = text().taxonomy;
    let choose = move |event: web_sys::Event| {
        spawn_local(async move {
            if let Some(csv) = chosen_text(&event).await {
                desk.look(TaxonomyChange::Table { csv });
            }
        });
    };
    view! {
        <p>{words.choose}</p>
        <hr/>
        <h2>{words.table}</h2>
        <p class="quiet">{words.table_hint}</p>
        <p class="buttons"><a class="button" href="/api/v1/taxonomy.csv" download="" target="_self">{words.download}</a></p>
        <label class="field">
            <span>{words.take_table}</span>
            <input id="types-file" type="file" accept=".csv,text/csv" on:change=choose/>
        </label>
    }
}

/// The words of the file that was chosen: UTF-8, or as Chinese spreadsheets save them.
pub async fn chosen_text(event: &web_sys::Event) -> Option<String> {
    let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok())?;
    let file: File = input.files().and_then(|it| it.get(0))?;
    // The same file, mended, is chosen again.
    input.set_value("");
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    match String::from_utf8(js_sys::Uint8Array::new(&buffer).to_vec()) {
        Ok(text) => Some(text),
        Err(other) => {
            let decoder = web_sys::TextDecoder::new_with_label("gb18030").ok()?;
            decoder.decode_with_u8_array(other.as_bytes()).ok()
        }
    }
}
