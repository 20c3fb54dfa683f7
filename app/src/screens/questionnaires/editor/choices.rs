//! The choices of a question.

use domain::questionnaire::{
    Column,
    editing::{Act, Book, Part, Way},
};
use web_sys::KeyboardEvent;

use super::{
    desk::{Desk, focus_soon},
    faults::field_id,
    fields::CellFaults,
};
use crate::{i18n::text, prelude::*};

#[component]
pub fn ChoicesEditor(desk: Desk, key: u32, list: String, languages: Vec<String>) -> impl IntoView {
    let words = text().editor;
    let rows = {
        let list = list.clone();
        Memo::new(move || desk.with_book(|it| it.choices(&list).iter().map(|it| it.key).collect::<Vec<_>>()))
    };
    let users_n = desk.book_now(|it| it.users_n(&list));
    let lists = desk.book_now(Book::lists);
    let chosen = list.clone();
    let take = move |event| {
        let chosen = event_target_value(&event);
        let list = if chosen.is_empty() { desk.book_now(Book::free_list) } else { chosen };
        let choices = [1, 2].map(text().editor.new_choice).to_vec();
        desk.try_act(Act::TakeList { key, list, choices });
    };
    let add = StoredValue::new({
        let (list, first) = (list.clone(), languages.first().cloned().unwrap_or_default());
        move || {
            let n = rows.with_untracked(Vec::len) + 1;
            let act = Act::AddChoice { list: list.clone(), label: (text().editor.new_choice)(n) };
            if desk.try_act(act)
                && let Some(key) = rows.with_untracked(|it| it.last().copied())
            {
                focus_soon(field_id(Part::Choices, key, "label", &first));
            }
        }
    });
    let languages = StoredValue::new(languages);
    view! {
        <fieldset class="choices-editor">
            <legend>{words.choices}</legend>
            <div class="field">
                <label for="list-of">{words.list}</label>
                <select id="list-of" on:change=take>
                    {lists.into_iter().map(|it| view! { <option value=it.clone() selected=it == chosen>{it.clone()}</option> }).collect_view()}
                    <option value="">{words.new_list}</option>
                </select>
                {(users_n > 1).then(|| view! { <p class="hint">{(words.shared)(users_n)}</p> })}
            </div>
            <ul>
                <For
                    each=move || rows.get()
                    key=|it| *it
                    children=move |row| view! { <OneChoice desk key=row languages=languages.get_value() add=move || add.with_value(|it| it())/> }
                />
            </ul>
            <p><button id="add-choice" on:click=move |_| add.with_value(|it| it())>{words.add_choice}</button></p>
        </fieldset>
    }
}

#[component]
fn OneChoice(desk: Desk, key: u32, languages: Vec<String>, add: impl Fn() + Copy + 'static) -> impl IntoView {
    let words = text().editor;
    let field = move |column: Column, language: String, label: String| {
        let id = field_id(Part::Choices, key, column.header(), &language);
        let error_id = format!("{id}-error");
        let value = desk.cell(Part::Choices, key, column, language.clone());
        let of_write = language.clone();
        let write =
            move |event| desk.write(Part::Choices, key, column, &of_write, event_target_value(&event));
        let hear = move |event: KeyboardEvent| {
            if event.key() == "Enter" && !event.is_composing() {
                event.prevent_default();
                add();
            }
        };
        view! {
            <span class="choice-cell">
                <input id=id type="text" autocomplete="off" aria-label=label aria-describedby=error_id.clone() prop:value=move || value.get() on:input=write on:keydown=hear/>
                <CellFaults desk part=Part::Choices key column language id=error_id/>
            </span>
        }
    };
    let step = move |way| {
        if desk.try_act(Act::MoveChoice { key, way }) {
            desk.say(text().editor.choice_moved.to_owned());
        }
    };
    let spoken = languages.into_iter().map(|language| {
        let label = if language.is_empty() {
            words.choice_label.to_owned()
        } else {
            format!("{} · {language}", words.choice_label)
        };
        field(Column::Label, language, label)
    });
    view! {
        <li>
            {spoken.collect::<Vec<_>>()}
            {field(Column::Name, String::new(), words.choice_name.to_owned())}
            <span class="choice-acts">
                <button aria-label=words.up on:click=move |_| step(Way::Up)>"↑"</button>
                <button aria-label=words.down on:click=move |_| step(Way::Down)>"↓"</button>
                <button aria-label=words.remove on:click=move |_| { desk.try_act(Act::RemoveChoice { key }); }>"×"</button>
            </span>
        </li>
    }
}
