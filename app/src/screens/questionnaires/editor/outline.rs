//! The questions in order: chosen, added, moved by keys and by drag.

use std::collections::BTreeMap;

use domain::questionnaire::editing::{Act, Book, Line, LineKind, NewKind, Part, Way};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, KeyboardEvent};

use super::{
    desk::{Chosen, Desk, called, focus_soon},
    faults::field_id,
};
use crate::{
    i18n::text,
    parts::pill::{Pill, Tone},
    prelude::*,
};

/// What is dragged, and in front of what it would come to stand.
#[derive(Clone, Copy)]
struct Drag {
    key: RwSignal<Option<u32>>,
    over: RwSignal<Option<Target>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Row(u32),
    End,
}

impl Drag {
    fn begin(self, event: &Event, key: u32) {
        self.key.set(Some(key));
        // Some browsers drag nothing that carries nothing.
        let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
        let carried = get(event.as_ref(), "dataTransfer");
        if let Some((carried, set)) = carried.and_then(|it| Some((it.clone(), get(&it, "setData")?)))
            && let Ok(set) = set.dyn_into::<js_sys::Function>()
        {
            let _ = set.call2(&carried, &"text/plain".into(), &key.to_string().into());
        }
    }

    fn goes_over(self, event: &Event, target: Target) {
        if self.key.get_untracked().is_some() {
            // Otherwise nothing may be dropped here.
            event.prevent_default();
            if self.over.get_untracked() != Some(target) {
                self.over.set(Some(target));
            }
        }
    }

    fn drop(self, event: &Event, desk: Desk, target: Target) {
        event.prevent_default();
        if let Some(key) = self.key.get_untracked() {
            let before = match target {
                Target::Row(key) => Some(key),
                Target::End => None,
            };
            if before != Some(key) && desk.try_act(Act::Place { key, before }) {
                desk.chosen.set(Chosen::Row(key));
                desk.say_place(key);
            }
        }
        self.end();
    }

    fn end(self) {
        self.key.set(None);
        self.over.set(None);
    }
}

#[component]
pub fn Outline(desk: Desk) -> impl IntoView {
    let lines = Memo::new(move || desk.with_book(Book::lines));
    // The worst that is wrong with each.
    let wrong = Memo::new(move || {
        let mut wrong: BTreeMap<u32, bool> = BTreeMap::new();
        desk.checked.with(|it| {
            for it in it.faults.iter().filter(|it| it.part == Some(Part::Survey)) {
                if let Some(key) = it.key {
                    *wrong.entry(key).or_default() |= it.fault.is_error;
                }
            }
        });
        wrong
    });
    let drag = Drag { key: RwSignal::new(None), over: RwSignal::new(None) };
    view! {
        <section class="outline-column" aria-label=move || text().questionnaires.questions on:keydown=move |event: KeyboardEvent| hear(desk, &event)>
            <AddQuestion desk/>
            <button
                class="outline-line"
                id="line-settings"
                tabindex=move || if desk.chosen.get() == Chosen::Settings { "0" } else { "-1" }
                aria-current=move || (desk.chosen.get() == Chosen::Settings).then_some("true")
                on:click=move |_| desk.chosen.set(Chosen::Settings)
            >
                <span class="title">{move || text().editor.settings}</span>
            </button>
            <ol class="outline">
                <For
                    each=move || lines.get()
                    key=Line::clone
                    children=move |line| view! { <OutlineLine desk line drag wrong/> }
                />
                <li
                    class="drop-end"
                    data-over=move || (drag.over.get() == Some(Target::End)).to_string()
                    on:dragover=move |event| drag.goes_over(&event, Target::End)
                    on:drop=move |event| drag.drop(&event, desk, Target::End)
                >
                    {move || lines.with(Vec::is_empty).then(|| view! { <p class="quiet">{text().editor.no_questions}</p> })}
                </li>
            </ol>
            <p class="keys">
                <span><kbd>"↑ ↓"</kbd> " " {move || text().editor.key_choose}</span>
                <span><kbd>"Alt ↑ ↓"</kbd> " " {move || text().editor.key_move}</span>
                <span><kbd>"Alt → ←"</kbd> " " {move || text().editor.key_group}</span>
                <span><kbd>"Delete"</kbd> " " {move || text().editor.remove}</span>
            </p>
        </section>
    }
}

/// What keys do while a line has the focus.
fn hear(desk: Desk, event: &KeyboardEvent) {
    let on_line = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    if !on_line.is_some_and(|it| it.class_list().contains("outline-line")) {
        return;
    }
    let chosen = desk.chosen.get_untracked();
    let way = match event.key().as_str() {
        "ArrowUp" => Way::Up,
        "ArrowDown" => Way::Down,
        "ArrowRight" if event.alt_key() => Way::In,
        "ArrowLeft" if event.alt_key() => Way::Out,
        "Delete" => {
            if let Chosen::Row(key) = chosen {
                event.prevent_default();
                desk.remove(key);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    match chosen {
        Chosen::Row(key) if event.alt_key() => {
            desk.step(key, way);
            focus_soon(format!("line-{key}"));
        }
        Chosen::Settings if event.alt_key() => {}
        _ => choose_beside(desk, chosen, way),
    }
}

fn choose_beside(desk: Desk, chosen: Chosen, way: Way) {
    let rows = desk.asked().into_iter().map(|it| Chosen::Row(it.key));
    let all: Vec<Chosen> = std::iter::once(Chosen::Settings).chain(rows).collect();
    let place = all.iter().position(|it| *it == chosen).unwrap_or_default();
    let next = if way == Way::Up { place.checked_sub(1) } else { Some(place + 1) };
    if let Some(next) = next.and_then(|it| all.get(it)) {
        desk.choose(*next);
    }
}

#[component]
fn OutlineLine(desk: Desk, line: Line, drag: Drag, wrong: Memo<BTreeMap<u32, bool>>) -> impl IntoView {
    let (key, depth) = (line.key, line.depth.min(6));
    let target = Target::Row(key);
    let over = move || (drag.over.get() == Some(target)).to_string();
    if line.kind == LineKind::End {
        return view! {
            <li class="outline-end" data-depth=depth data-over=over
                on:dragover=move |event| drag.goes_over(&event, target)
                on:drop=move |event| drag.drop(&event, desk, target)
            >{move || text().editor.group_end}</li>
        }
        .into_any();
    }
    let kind = desk.book_now(|it| it.kind(key)).as_ref().and_then(NewKind::of);
    let (word, name) = (line.word.clone(), line.name.clone());
    let type_words = move || kind.map_or_else(|| word.clone(), |it| (text().editor.kind)(it).to_owned());
    let is_chosen = Memo::new(move || desk.chosen.get() == Chosen::Row(key));
    let state = Memo::new(move || wrong.with(|it| it.get(&key).copied()));
    view! {
        <li data-depth=depth data-over=over
            on:dragover=move |event| drag.goes_over(&event, target)
            on:drop=move |event| drag.drop(&event, desk, target)
        >
            <button
                class="outline-line"
                class:disabled=line.kind == LineKind::Disabled
                id=format!("line-{key}")
                draggable="true"
                tabindex=move || if is_chosen.get() { "0" } else { "-1" }
                aria-current=move || is_chosen.get().then_some("true")
                on:click=move |_| desk.chosen.set(Chosen::Row(key))
                on:dragstart=move |event| drag.begin(&event, key)
                on:dragend=move |_| drag.end()
            >
                <span class="title">{called(&line)}</span>
                <span class="quiet">{type_words} " · " {name}</span>
                {move || state.get().map(|is_error| if is_error {
                    view! { <Pill tone=Tone::Cinnabar>{text().editor.to_mend}</Pill> }
                } else {
                    view! { <Pill tone=Tone::Amber>{text().editor.to_look_at}</Pill> }
                })}
            </button>
        </li>
    }
    .into_any()
}

/// Adds a question of a type behind the chosen one, and begins with what it says.
#[component]
fn AddQuestion(desk: Desk) -> impl IntoView {
    let kind = RwSignal::new(NewKind::Text);
    let add = move |_| {
        let after = match desk.chosen.get_untracked() {
            Chosen::Row(key) => Some(key),
            Chosen::Settings => None,
        };
        let words = text().editor;
        let choices = [1, 2].map(words.new_choice).to_vec();
        let act = Act::Add { kind: kind.get_untracked(), after, label: String::new(), choices };
        if !desk.try_act(act) {
            return;
        }
        let Some(key) = desk.book_now(Book::newest) else { return };
        desk.chosen.set(Chosen::Row(key));
        desk.say_place(key);
        let language = desk.book_now(|it| it.languages().swap_remove(0));
        let first = if kind.get_untracked().is_silent() { "name" } else { "label" };
        let language = if first == "name" { "" } else { &language };
        focus_soon(field_id(Part::Survey, key, first, language));
    };
    let choose = move |event| {
        let word = event_target_value(&event);
        kind.set(NewKind::ALL.into_iter().find(|it| it.word() == word).unwrap_or(NewKind::Text));
    };
    view! {
        <div class="add-question">
            <select id="new-kind" aria-label=move || text().editor.new_kind on:change=choose>
                {move || NewKind::ALL.map(|it| view! { <option value=it.word()>{(text().editor.kind)(it)}</option> }).collect_view()}
            </select>
            <button id="add-question" on:click=add>{move || text().editor.add}</button>
        </div>
    }
}
