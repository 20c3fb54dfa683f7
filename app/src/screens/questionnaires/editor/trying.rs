//! The phone beside it: the form as a visitor's phone draws it, to be tried. Nothing that is answered here is kept anywhere.

use domain::{
    envelope::Hash,
    questionnaire::{Column, editing::Part},
};
use leptos::{html, reactive::owner::LocalStorage, task::spawn_local};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{Element, MouseEvent};

use super::desk::{Chosen, Desk};
use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::toast,
    prelude::*,
};

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: draws beside the field, and is done once that is there; an error where it cannot be loaded.
    #[wasm_bindgen(catch, js_name = form)]
    async fn show(field: &Element, text: &str, last: &str) -> Result<(), JsValue>;

    /// Where a question is answered in what was drawn, by its name; nothing where it is not.
    #[wasm_bindgen(catch, js_name = formAt)]
    async fn form_at(name: &str) -> Result<JsValue, JsValue>;
}

/// The question of the phone's that is marked.
type Marked = StoredValue<Option<Element>, LocalStorage>;

/// Marks the chosen question in what was drawn, and brings it into sight; the page around the phone and the focus stay.
async fn follow(frame: Element, name: String, marked: Marked) {
    let Ok(found) = form_at(&name).await else { return };
    let question = found.dyn_into::<Element>().ok();
    let Some(before) = marked.try_update_value(|it| std::mem::replace(it, question.clone())) else { return };
    if let Some(before) = before {
        let _ = before.class_list().remove_1("beside");
    }
    let Some(question) = question else { return };
    let _ = question.class_list().add_1("beside");
    let (at, of) = (question.get_bounding_client_rect(), frame.get_bounding_client_rect());
    if at.top() < of.top() || at.bottom() > of.bottom() {
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let lower = (at.top() - of.top() - of.height() / 4.0) as i32;
        frame.set_scroll_top(frame.scroll_top() + lower);
    }
}

/// What was answered, as the form hands it over: the answers, and all of them to go on with.
type Tried = Option<(String, String)>;

/// A visit that there is not, with what was tried in it, as `public/form.js` reads drafts.
fn visit(version: &str, tried: &Tried) -> Value {
    let hash = Hash::of(version.as_bytes()).to_string();
    let forms: Vec<Value> = tried.iter().map(|(answers, kept)| json!(["", hash, answers, kept])).collect();
    json!({ "visit": { "id": "", "value": {} }, "forms": forms })
}

#[component]
pub fn Trying(desk: Desk) -> impl IntoView {
    let field: NodeRef<html::Textarea> = NodeRef::new();
    let frame: NodeRef<html::Div> = NodeRef::new();
    let tried: StoredValue<Tried> = StoredValue::new(None);
    let (marked, drawn_n): (Marked, _) = (StoredValue::new_local(None), RwSignal::new(0_u32));
    let version = Memo::new(move || desk.checked.with(|it| it.version.clone()));
    // The last one that could be read stays while a broken one is mended.
    let again = RwSignal::new(0_u32);
    let (wanted, busy) = (StoredValue::new(None::<String>), StoredValue::new(false));
    Effect::new(move |_| {
        again.track();
        let (Some(version), Some(field)) = (version.get(), field.get()) else { return };
        wanted.set_value(Some(version));
        // One is drawn at a time: what fills it in is still being loaded at the first.
        if busy.get_value() {
            return;
        }
        busy.set_value(true);
        spawn_local(async move {
            while let Some(version) = wanted.try_update_value(Option::take).flatten() {
                let Some(visit) = tried.try_with_value(|it| visit(&version, it)) else { return };
                field.set_value(&api::json(&visit));
                if show(&field, &version, "").await.is_err() {
                    toast::say(problem::words(&ApiError::Offline));
                }
                let _ = drawn_n.try_update(|it| *it += 1);
            }
            let _ = busy.try_set_value(false);
        });
    });
    let name = Memo::new(move || match desk.chosen.get() {
        Chosen::Row(key) => desk.with_book(|it| it.raw(Part::Survey, key, Column::Name, "").to_owned()),
        Chosen::Settings => String::new(),
    });
    Effect::new(move |_| {
        let (name, Some(frame)) = (name.get(), frame.get()) else { return };
        if drawn_n.get() > 0 {
            spawn_local(follow(frame.unchecked_into(), name, marked));
        }
    });
    let take = move |event| {
        let told = event_target_value(&event);
        let mut lines = told.lines().skip(1).map(str::to_owned);
        tried.set_value(lines.next().zip(lines.next()));
    };
    let begin_anew = move |_| {
        tried.set_value(None);
        again.update(|it| *it += 1);
    };
    // Once it is filled in, the form goes back to its visit, which is not there.
    let stay = move |event: MouseEvent| {
        let link = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        if link.is_some_and(|it| it.closest("a").ok().flatten().is_some()) {
            event.prevent_default();
            toast::say(text().editor.tried.to_owned());
        }
    };
    view! {
        <section class="trying" aria-label=move || text().editor.phone>
            <header class="section-head">
                <h2>{move || text().editor.phone}</h2>
                <button id="begin-anew" on:click=begin_anew>{move || text().editor.begin_anew}</button>
            </header>
            <p class="quiet">{move || if version.with(Option::is_some) { text().editor.phone_hint } else { text().editor.phone_waits }}</p>
            <div class="phone-frame" node_ref=frame on:click=stay>
                <textarea hidden autocomplete="off" node_ref=field on:input=take></textarea>
            </div>
        </section>
    }
}
