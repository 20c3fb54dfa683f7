//! Questionnaires of a visit: a row for each, and filling one in. Both are drawn by `public/form.js` and what it loads.

use domain::{draft::Draft, id::RecordId};
use js_sys::{Array, Function, Reflect, Uint8Array};
use leptos::{html, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::Element;

use crate::{
    api, ids,
    local::Table,
    parts::frame::Frame,
    phone::{
        Phone,
        forms::{LAST, LIST},
        media,
        open_draft::{OpenDraft, open_draft},
        phone,
    },
    prelude::*,
    screens::{
        record::{KeptPill, NotKept, attachments::keep_file},
        today::title_of,
    },
};

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: draws beside the field.
    #[wasm_bindgen(js_name = form)]
    fn show(field: &Element, text: &str, last: &str, told: &str);
}

/// Where questionnaires are drawn. The field holds the draft when it begins, and then how far one of them is; a browser must not
/// write that into the file of its session.
#[component]
pub fn Forms(
    open: OpenDraft,
    /// The version that is filled in; empty for the rows.
    version: String,
) -> impl IntoView {
    let phone = phone();
    let field: NodeRef<html::Textarea> = NodeRef::new();
    let draft = open.draft.with_untracked(api::json);
    // A questionnaire may begin with what was answered last time: what this phone sent of it, or the server told of.
    let respondent = |it: &Draft| it.identity.as_ref()?.value.respondent;
    let (id, same) = open.draft.with_untracked(|it| (it.id(), respondent(it)));
    let is_last = |it: &&Draft| {
        same.is_some() && respondent(it) == same && it.id() != id && it.visit.value.withdrawn.is_none()
    };
    let last = phone.sent.with_untracked(|it| it.iter().find(is_last).map(api::json).unwrap_or_default());
    spawn_local(async move {
        let Ok(database) = phone.database() else { return };
        let mut pulled = Vec::new();
        for key in [&*[LIST, &*version].concat(), LAST] {
            let bytes = database.get(Table::Pulled, key).await.ok().flatten().unwrap_or_default();
            pulled.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        if let Some(field) = field.try_get_untracked().flatten() {
            show(&field, &pulled[0], &last, &pulled[1]);
        }
    });
    let take = move |event: web_sys::Event| match Reflect::get(&event, &"detail".into())
        .map(JsCast::dyn_into::<Array>)
    {
        Ok(Ok(asked)) => spawn_local(answer(phone, open, asked)),
        _ => {
            let told = event_target_value(&event);
            open.write(|it| it.fill_in(RecordId(ids::new_id()), &told));
        }
    };
    view! { <textarea hidden autocomplete="off" node_ref=field prop:value=draft on:input=take></textarea> }
}

/// What is drawn asks by a list with a function in front, which is told. Either for bytes of this phone: the id of an attachment, or
/// the key of what was pulled; told are the bytes, none where there are none. Or to keep a file: the file and its type; told is the
/// attachment's id, nothing where it was not kept.
async fn answer(phone: Phone, open: OpenDraft, asked: Array) {
    let told = if let Some(key) = asked.get(1).as_string() {
        let bytes = match (key.parse(), phone.database()) {
            (Ok(id), _) => media::bytes(phone, RecordId(id)).await.ok(),
            (Err(_), Ok(database)) => database.get(Table::Pulled, &key).await.ok().flatten(),
            (Err(_), Err(_)) => None,
        };
        Uint8Array::from(&*bytes.unwrap_or_default()).into()
    } else {
        let (file, media_type) = (asked.get(1), asked.get(2).as_string().unwrap_or_default());
        let kept = keep_file(phone, open, None, file.unchecked_ref(), &media_type).await;
        kept.map_or(JsValue::NULL, |it| it.to_string().into())
    };
    let tell: Function = asked.get(0).unchecked_into();
    let _ = tell.call1(&JsValue::NULL, &told);
}

/// The page on which one is filled in.
#[component]
pub fn FormPage() -> impl IntoView {
    let open = open_draft();
    let version = untrack(|| router::part(3).get());
    view! {
        <Frame
            title=Signal::derive(move || open.draft.with(title_of))
            back=open.draft.with_untracked(|it| format!("/record/{}", it.id()))
            aside=move || view! { <KeptPill open/> }
        >
            <NotKept open/>
            <Forms open version/>
        </Frame>
    }
}
