//! What hinders publishing, and what publishing does to the columns that are there.

use domain::questionnaire::editing::{Line, Part};

use super::desk::{Chosen, Desk, Placed, called, focus_soon};
use crate::{
    i18n::text,
    parts::pill::{Pill, Tone},
    prelude::*,
};

/// The id of the field of a cell.
pub fn field_id(part: Part, key: u32, header: &str, language: &str) -> String {
    let language: String = language.chars().filter(|it| it.is_alphanumeric()).collect();
    format!("{}-{key}-{header}-{language}", part.name())
}

/// How much is wrong; opened, what and where, each with a way there.
#[component]
pub fn FaultsLine(desk: Desk) -> impl IntoView {
    let counts = Memo::new(move || {
        desk.checked.with(|it| {
            let errors_n = it.faults.iter().filter(|it| it.fault.is_error).count();
            (errors_n, it.faults.len() - errors_n)
        })
    });
    let summary = move || {
        let words = text().editor;
        match counts.get() {
            (0, 0) => view! { <Pill tone=Tone::Pine>{words.all_well}</Pill> }.into_any(),
            (0, n) => view! { <Pill tone=Tone::Amber>{(words.warnings_n)(n)}</Pill> }.into_any(),
            (n, _) => view! { <Pill tone=Tone::Cinnabar>{(words.errors_n)(n)}</Pill> }.into_any(),
        }
    };
    view! {
        <details class="editor-more" id="faults">
            <summary>{move || text().editor.faults} " " {summary}</summary>
            <ul class="bad-rows">
                {move || {
                    let mut faults = desk.checked.with(|it| it.faults.clone());
                    faults.sort_by_key(|it| !it.fault.is_error);
                    faults.into_iter().map(|placed| view! { <OneFault desk placed/> }).collect_view()
                }}
            </ul>
        </details>
    }
}

#[component]
fn OneFault(desk: Desk, placed: Placed) -> impl IntoView {
    let words = text().questionnaires;
    let line = line_of(desk, &placed);
    let place = line.as_ref().map_or_else(|| (words.where_it_is)(&placed.fault), called);
    let tone = if placed.fault.is_error { Tone::Cinnabar } else { Tone::Amber };
    let fault = (words.fault)(&placed.fault);
    let go = move |_| {
        let Some(line) = &line else { return desk.choose(Chosen::Settings) };
        desk.chosen.set(Chosen::Row(line.key));
        let at = placed.key.zip(placed.part).zip(placed.column.as_ref());
        focus_soon(match at {
            Some(((key, part), (column, language))) => field_id(part, key, column.header(), language),
            None => format!("line-{}", line.key),
        });
    };
    view! { <li><Pill tone=tone>{place}</Pill> " " {fault} " " <button class="link" on:click=go>{text().editor.go_there}</button></li> }
}

/// The question that a fault is seen at: of a choice, the first that takes its choices from there.
fn line_of(desk: Desk, placed: &Placed) -> Option<Line> {
    let (part, key) = (placed.part?, placed.key?);
    desk.book_now(|book| {
        let lines = book.lines();
        let uses = |line: &Line| {
            let list = book.list_of(line.key);
            list.is_some_and(|it| book.choices(&it).iter().any(|it| it.key == key))
        };
        match part {
            Part::Survey => lines.into_iter().find(|it| it.key == key),
            Part::Choices => lines.into_iter().find(uses),
            Part::Settings => None,
        }
    })
}

/// What publishing does to exported tables.
#[component]
pub fn ChangesLine(desk: Desk) -> impl IntoView {
    view! {
        <details class="editor-more" id="changes">
            <summary>
                {move || text().editor.changes} " "
                {move || {
                    let n = desk.changes.with(Vec::len);
                    let tone = if n == 0 { Tone::Plain } else { Tone::Indigo };
                    view! { <Pill tone=tone>{(text().editor.changes_n)(n)}</Pill> }
                }}
            </summary>
            <dl>
                {move || desk.changes.get().into_iter().map(|it| view! {
                    <dt>{it.column}</dt><dd>{(text().questionnaires.change)(&it.change)}</dd>
                }).collect_view()}
            </dl>
        </details>
    }
}
