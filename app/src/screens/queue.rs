//! The office's queue: list, reading, deciding; worked by keyboard alone.

mod batch;
mod deciding;
mod filter;
mod like;
mod parts;
mod reading;
mod state;
mod transcript;

use domain::{
    changes::StatementState, queue::QueueLine, role::Action, severity::Level, statement::Kind,
    transcript::TranscriptProgress,
};
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::{HtmlAudioElement, HtmlElement, KeyboardEvent, ScrollIntoViewOptions};

use crate::{
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
        remote::Remote,
    },
    prelude::*,
    screens::today::when,
    session::session,
    taxonomy,
};

pub use self::reading::AttachmentLine;
use self::{
    deciding::Deciding,
    filter::Filter,
    reading::Reading,
    state::{Panel, QueueDesk},
};

/// The queue. Its address carries the filter, so that a list keeps its place and figures can open it.
#[component]
pub fn Queue() -> impl IntoView {
    let desk = QueueDesk::open();
    let search: NodeRef<html::Input> = NodeRef::new();
    let keys = window_event_listener(ev::keydown, move |event| press(desk, search, &event));
    on_cleanup(move || keys.remove());
    Effect::new(move |_| {
        let statement = router::asked("statement").and_then(|it| it.parse().ok());
        let filter = Filter::read();
        // Another screen's address is none of ours.
        if untrack(router::path) == "/queue" {
            desk.ask(filter, statement);
        }
    });
    let refilter = Callback::new(move |filter: Filter| {
        router::rename(&filter.address());
    });
    view! {
        <DeskFrame title=Signal::derive(|| text().office.queue.to_owned())>
            <main class="columns">
                <List desk search refilter/>
                <Reading desk/>
                <Deciding desk/>
            </main>
        </DeskFrame>
    }
}

/// What has the focus when a key is pressed, as far as keys are concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Focus {
    /// Letters go into it.
    Typing,
    /// Arrows move within it.
    Choices,
    /// What is shown or chosen already: Enter goes on.
    Chosen,
    /// It takes Enter and Space itself.
    Button,
    Nothing,
}

fn focus_of(target: Option<&HtmlElement>) -> Focus {
    let Some(target) = target else { return Focus::Nothing };
    let is = |name: &str, value: &str| target.get_attribute(name).as_deref() == Some(value);
    match &*target.tag_name() {
        "INPUT" if is("type", "radio") => Focus::Choices,
        "INPUT" if is("type", "checkbox") => Focus::Button,
        "INPUT" | "TEXTAREA" | "SELECT" => Focus::Typing,
        "BUTTON" if is("aria-current", "true") || is("aria-pressed", "true") => Focus::Chosen,
        "BUTTON" | "A" | "SUMMARY" | "AUDIO" => Focus::Button,
        _ => Focus::Nothing,
    }
}

/// What a key does, unless someone is typing.
fn press(desk: QueueDesk, search: NodeRef<html::Input>, event: &KeyboardEvent) {
    let target = event.target().and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let focus = focus_of(target.as_ref());
    let key = event.key();
    if key == "Escape" {
        desk.panel.set(Panel::Decide);
        if let Some(target) = target.filter(|_| focus == Focus::Typing) {
            // Else the browser would empty a search; leaving the field fails only where it has left the page.
            event.prevent_default();
            let _ = target.blur();
        }
        return;
    }
    if focus == Focus::Typing || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let own = match focus {
        Focus::Choices => key.starts_with("Arrow"),
        Focus::Button => key == "Enter" || key == " ",
        Focus::Typing | Focus::Chosen | Focus::Nothing => false,
    };
    if !own && act_on(desk, search, &key, event) {
        event.prevent_default();
    }
}

/// Does what a key stands for; `false` when it stands for nothing.
fn act_on(desk: QueueDesk, search: NodeRef<html::Input>, key: &str, event: &KeyboardEvent) -> bool {
    if event.shift_key() {
        let code = event.code();
        let kind = code.strip_prefix("Digit").and_then(|it| it.parse::<usize>().ok());
        let Some(kind) = kind.and_then(|it| Kind::ALL.get(it.checked_sub(1)?)) else { return false };
        desk.choose_kind(*kind);
        return true;
    }
    match &*key.to_lowercase() {
        "j" | "arrowdown" => desk.step(1),
        "k" | "arrowup" => desk.step(-1),
        "enter" => desk.confirm(),
        "1" => desk.choose(0),
        "2" => desk.choose(1),
        "3" => desk.choose(2),
        " " => listen(),
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
        _ => return false,
    }
    true
}

/// Plays or stops the voice that is shown; one that asks for a reason first gets the focus.
fn listen() {
    let found = |selector: &str| document().query_selector(selector).ok().flatten();
    if let Some(voice) = found(".reading audio").and_then(|it| it.dyn_into::<HtmlAudioElement>().ok()) {
        // A voice that cannot be played says so itself.
        let _ = if voice.paused() { voice.play().map(drop) } else { voice.pause() };
    } else if let Some(reason) =
        found(".reading .voice-reason").and_then(|it| it.dyn_into::<HtmlElement>().ok())
    {
        let _ = reason.focus();
    }
}

#[component]
fn List(desk: QueueDesk, search: NodeRef<html::Input>, refilter: Callback<Filter>) -> impl IntoView {
    let nothing = move || desk.loaded.get() && desk.lines.with(Vec::is_empty);
    let all_done = move || desk.filter.with(|it| *it == Filter::default());
    let looked_for = move |event| {
        let words = event_target_value(&event);
        refilter.run(Filter { text: words, ..desk.filter.get_untracked() });
    };
    Effect::new(move |_| {
        desk.current.track();
        request_animation_frame(show_current);
    });
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
                    on:change=looked_for
                />
                <Filters desk refilter/>
                <button class="link" on:click=move |_| desk.panel.set(Panel::Batch)>{move || text().suggestions.batch}</button>
            </div>
            {move || desk.trouble.get().map(|it| view! { <p class="notice cinnabar" role="alert">{problem::words(&it)}</p> })}
            <Show when=nothing>
                {move || if all_done() {
                    view! { <Empty words=Signal::derive(|| text().office.nothing_waits.to_owned())/> }.into_any()
                } else {
                    view! {
                        <Empty words=Signal::derive(|| text().office.nothing_found.to_owned())/>
                        <button class="link" on:click=move |_| refilter.run(Filter::default())>{text().office.no_filter}</button>
                    }.into_any()
                }}
            </Show>
            <ul>
                <For each=move || desk.lines.get() key=|it| (it.id, it.version, it.suggested.is_some(), it.heard_in_visit) let:line>
                    <li><Line desk line/></li>
                </For>
            </ul>
            <Show when=move || desk.cursor.with(Option::is_some)>
                <button class="link" on:click=move |_| desk.load_more()>{move || text().office.more}</button>
            </Show>
        </section>
    }
}

/// Scrolls the line that is shown into view.
fn show_current() {
    if let Ok(Some(line)) = document().query_selector(".list-item[aria-current=true]") {
        let options = ScrollIntoViewOptions::new();
        // Setting a property of a fresh object cannot fail.
        let _ = js_sys::Reflect::set(&options, &"block".into(), &"nearest".into());
        line.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

#[component]
fn Filters(desk: QueueDesk, refilter: Callback<Filter>) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut Filter)| {
        let mut filter = desk.filter.get_untracked();
        change(&mut filter);
        refilter.run(filter);
    };
    let state = move |event| {
        let word = event_target_value(&event);
        change(&|it| it.state = StatementState::from_word(&word));
    };
    let kind = move |event| {
        let word = event_target_value(&event);
        change(&|it| it.kind = Kind::from_word(&word));
    };
    let unit = move |event| {
        let word = event_target_value(&event);
        change(&|it| it.unit = word.parse().ok());
    };
    let severity = move |event| {
        let word = event_target_value(&event);
        change(&|it| it.severity = Level::from_word(&word).unwrap_or_default());
    };
    let tick = move |of: fn(&mut Filter) -> &mut bool, words: fn() -> &'static str| {
        let ticked = move || *of(&mut desk.filter.get());
        let set = move |event| change(&|it| *of(it) = event_target_checked(&event));
        view! { <label class="check"><input type="checkbox" prop:checked=ticked on:change=set/>{words}</label> }
    };
    let days = move || desk.filter.with(|it| (text().office.days)(&it.from, &it.to));
    // Where there is no speech server, and was none, there is nothing to look for.
    let progress = if session().may(Action::Transcribe) { "/api/v1/transcripts" } else { "" };
    let transcripts = Remote::<TranscriptProgress>::load(move || progress.to_owned());
    let has_transcripts = move || {
        desk.filter.with(|it| it.heard) || transcripts.get().is_some_and(|it| it.on || it.heard_n > 0)
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
            <option value="" selected=move || desk.filter.with(|f| f.kind.is_none())>{move || text().office.kind}</option>
            {move || Kind::ALL.map(|it| view! {
                <option value=it.as_str() selected=move || desk.filter.with(|f| f.kind == Some(it))>{(text().visitor.kinds)(it)}</option>
            }).collect_view()}
        </select>
        <select aria-label=move || text().office.unit on:change=unit>
            <option value="" selected=move || desk.filter.with(|f| f.unit.is_none())>{move || text().office.unit}</option>
            {move || desk.units.get().into_iter().map(|it| {
                let id = it.id;
                view! { <option value=id.to_string() selected=move || desk.filter.with(|f| f.unit == Some(id))>{it.name}</option> }
            }).collect_view()}
        </select>
        <details class="more-filters" open=move || desk.filter.with(Filter::has_more)>
        <summary>{move || text().matters.more_filters}</summary>
        <select aria-label=move || text().matters.severity on:change=severity>
            {move || Level::ALL.map(|it| view! {
                <option value=it.as_str() selected=move || desk.filter.with(|f| f.severity == it)>{(text().matters.at_least)(it)}</option>
            }).collect_view()}
        </select>
        {tick(|it| &mut it.gravest_first, || text().matters.gravest_first)}
        {tick(|it| &mut it.several, || text().matters.only_several)}
        {tick(|it| &mut it.like, || text().transcripts.only_like)}
        {move || has_transcripts().then(|| tick(|it| &mut it.heard, || text().transcripts.only_heard))}
        </details>
        {move || desk.filter.with(|it| it.category.clone().or_else(|| it.confirmed.clone())).map(|code| view! {
            <button class="chip" on:click=move |_| change(&|it| { it.category = None; it.confirmed = None; })>
                {type_name(&code)} " ×"<span class="visually-hidden">{text().office.no_filter}</span>
            </button>
        })}
        {move || (!days().is_empty()).then(|| view! {
            <button class="chip" on:click=move |_| change(&|it| { it.from.clear(); it.to.clear(); })>
                {days()} " ×"<span class="visually-hidden">{text().office.no_filter}</span>
            </button>
        })}
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
    let state = line.state;
    // What waits needs no word.
    let decided = move || (state != StatementState::Waiting).then(|| (text().office.states)(state));
    let opening = line.opening.clone();
    let voice = opening.is_empty() && line.has_voice;
    let stub = line.handed_over;
    view! {
        <button class="list-item" aria-current=current on:click=move |_| desk.go(id)>
            <header>
                {move || (!stub).then(|| { let (tone, words) = pill(); view! { <Pill tone>{words}</Pill> } })}
                <span class="quiet">{decided} " " {move || when(line.received_at)}</span>
                {marks(&line)}
                {move || (line.n_like > 0).then(|| view! { <span class="quiet">{(text().office.like_too)(line.n_like)}</span> })}
            </header>
            <span class="clamped">{if stub {
                text().handovers.stub_short.to_owned()
            } else if voice {
                text().office.voice_only.to_owned()
            } else {
                opening
            }}</span>
        </button>
    }
}

/// What is to be seen of a line at once: where it was found, how grave, how many matters, which part.
fn marks(line: &QueueLine) -> impl IntoView + use<> {
    let (level, matters_n, part) = (line.severity, line.matters_n, line.part);
    let heard_in_visit = line.heard_in_visit;
    let class = if level == Level::Grave { "small cinnabar-words" } else { "small amber-words" };
    let stub = line.handed_over;
    move || {
        let words = text().matters;
        (!stub).then(|| view! {
            {heard_in_visit.then(|| view! { <span class="quiet">{text().transcripts.in_visit}</span> })}
            {(level > Level::Ordinary).then(|| view! { <span class=class>{(words.levels)(level)}</span> })}
            {(matters_n > 1).then(|| view! { <span class="quiet">{(words.holds_short)(matters_n)}</span> })}
            {part.map(|it| view! { <span class="quiet">{format!("{}/{}", it.number, it.parts_n)}</span> })}
        })
    }
}

/// The name of a type without its group, in the reader's language.
pub fn type_name(code: &str) -> String {
    taxonomy::scheme()
        .get(code)
        .map_or_else(|| code.to_owned(), |it| (text().office.type_name)(it).to_owned())
}

/// Group and type in words.
pub fn type_path(code: &str) -> String {
    (text().office.type_path)(&taxonomy::scheme(), code)
}
