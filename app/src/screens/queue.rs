//! The office's queue: list, reading, deciding; worked by keyboard alone.

mod deciding;
mod reading;
mod state;

use domain::{changes::StatementState, queue::QueueLine, statement::Kind, taxonomy::Taxonomy};
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::{
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
    },
    prelude::*,
    screens::today::when,
};

pub use self::reading::AttachmentLine;
use self::{
    deciding::Deciding,
    reading::Reading,
    state::{Panel, QueueDesk},
};

/// The queue.
#[component]
pub fn Queue() -> impl IntoView {
    let desk = QueueDesk::open();
    let search: NodeRef<html::Input> = NodeRef::new();
    let keys = window_event_listener(ev::keydown, move |event| press(desk, search, &event));
    on_cleanup(move || keys.remove());
    view! {
        <DeskFrame title=Signal::derive(|| text().office.queue.to_owned())>
            <main class="columns">
                <List desk search/>
                <Reading desk/>
                <Deciding desk/>
            </main>
        </DeskFrame>
    }
}

/// What a key does, unless someone is typing.
fn press(desk: QueueDesk, search: NodeRef<html::Input>, event: &KeyboardEvent) {
    let target = event.target().and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let typing = target.as_ref().is_some_and(|it| matches!(&*it.tag_name(), "INPUT" | "TEXTAREA" | "SELECT"));
    let key = event.key();
    if key == "Escape" {
        desk.panel.set(Panel::Decide);
        if let Some(target) = target.filter(|_| typing) {
            // Fails only where the element has left the page.
            let _ = target.blur();
        }
        return;
    }
    // A button that has the focus takes Enter itself.
    let on_button = target.is_some_and(|it| matches!(&*it.tag_name(), "BUTTON" | "A"));
    if typing || event.ctrl_key() || event.alt_key() || event.meta_key() || (on_button && key == "Enter") {
        return;
    }
    match &*key.to_lowercase() {
        "j" | "arrowdown" => desk.step(1),
        "k" | "arrowup" => desk.step(-1),
        "enter" => desk.confirm(),
        "1" => desk.choose(0),
        "2" => desk.choose(1),
        "3" => desk.choose(2),
        "c" => desk.panel.set(Panel::Type),
        "m" => desk.panel.set(Panel::Join),
        "t" => desk.panel.set(Panel::Refer),
        "b" => desk.panel.set(Panel::SendBack),
        "u" => desk.undo(),
        "/" => {
            if let Some(search) = search.get_untracked() {
                let _ = search.focus();
            }
        }
        _ => return,
    }
    event.prevent_default();
}

#[component]
fn List(desk: QueueDesk, search: NodeRef<html::Input>) -> impl IntoView {
    let nothing = move || desk.loaded.get() && desk.lines.with(Vec::is_empty);
    view! {
        <section class="list" aria-label=move || text().office.queue>
            <header>
                <h1>{move || text().office.queue}</h1>
                <span class="quiet">{move || (text().office.new_today)(desk.counts.get().new_today)}</span>
            </header>
            <div class="filters">
                <input
                    type="search"
                    node_ref=search
                    aria-label=move || text().office.search
                    placeholder=move || text().office.search
                    prop:value=move || desk.filter.with(|it| it.text.clone())
                    on:change=move |event| desk.search(event_target_value(&event))
                />
                <Filters desk/>
            </div>
            {move || desk.trouble.get().map(|it| view! { <p class="notice cinnabar" role="alert">{problem::words(&it)}</p> })}
            <Show when=nothing><Empty words=Signal::derive(|| text().office.nothing_waits.to_owned())/></Show>
            <ul>
                <For each=move || desk.lines.get() key=|it| (it.id, it.version, it.suggested.is_some()) let:line>
                    <li><Line desk line/></li>
                </For>
            </ul>
            <Show when=move || desk.cursor.with(Option::is_some)>
                <button class="link" on:click=move |_| desk.load_more()>{move || text().office.more}</button>
            </Show>
        </section>
    }
}

#[component]
fn Filters(desk: QueueDesk) -> impl IntoView {
    let state = move |event| {
        let word = event_target_value(&event);
        desk.refilter(|it| it.state = StatementState::from_word(&word));
    };
    let kind = move |event| {
        let word = event_target_value(&event);
        desk.refilter(|it| it.kind = Kind::from_word(&word));
    };
    let unit = move |event| {
        let word = event_target_value(&event);
        desk.refilter(|it| it.unit = word.parse().ok());
    };
    view! {
        <select aria-label=move || text().office.state on:change=state>
            {move || StatementState::ALL.map(|it| view! {
                <option value=it.as_str() selected=move || desk.filter.with(|f| f.state == Some(it))>
                    {(text().office.states)(it)}
                </option>
            }).collect_view()}
            <option value="" selected=move || desk.filter.with(|f| f.state.is_none())>{move || text().office.all}</option>
        </select>
        <select aria-label=move || text().office.kind on:change=kind>
            <option value="">{move || text().office.kind}</option>
            {move || Kind::ALL.map(|it| view! {
                <option value=it.as_str()>{(text().visitor.kinds)(it)}</option>
            }).collect_view()}
        </select>
        <select aria-label=move || text().office.unit on:change=unit>
            <option value="">{move || text().office.unit}</option>
            {move || desk.units.get().into_iter().map(|it| view! {
                <option value=it.id.to_string()>{it.name}</option>
            }).collect_view()}
        </select>
    }
}

#[component]
fn Line(desk: QueueDesk, line: QueueLine) -> impl IntoView {
    let id = line.id;
    let current = move || (desk.current.get() == Some(id)).then_some("true");
    let pill = {
        let line = line.clone();
        move || {
            let office = text().office;
            match (&line.category, &line.suggested, line.kind) {
                (Some(code), ..) => (Tone::Plain, type_name(code)),
                (None, _, Kind::Praise) => (Tone::Pine, (text().visitor.kinds)(Kind::Praise).to_owned()),
                (None, Some(it), _) => (Tone::Indigo, (office.suggests)(&type_name(&it.code))),
                (None, None, kind) if kind != Kind::Problem => {
                    (Tone::Plain, (text().visitor.kinds)(kind).to_owned())
                }
                (None, None, _) => (Tone::Plain, office.unsure.to_owned()),
            }
        }
    };
    let opening = line.opening.clone();
    let voice = opening.is_empty() && line.has_voice;
    view! {
        <button class="list-item" aria-current=current on:click=move |_| desk.go(id)>
            <header>
                {move || { let (tone, words) = pill(); view! { <Pill tone>{words}</Pill> } }}
                <span class="quiet">{move || when(line.received_at)}</span>
            </header>
            <span class="clamped">{if voice { text().office.voice_only.to_owned() } else { opening }}</span>
        </button>
    }
}

/// The name of a type without its group.
pub fn type_name(code: &str) -> String {
    Taxonomy::shipped().get(code).map_or_else(|| code.to_owned(), |it| it.name_zh.clone())
}
