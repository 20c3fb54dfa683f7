//! Fields that write a cell as it is typed.

use domain::questionnaire::{Column, editing::Part};

use super::{desk::Desk, faults::field_id};
use crate::prelude::*;

/// What is wrong with a cell, below its field.
#[component]
pub fn CellFaults(
    desk: Desk,
    part: Part,
    key: u32,
    column: Column,
    language: String,
    id: String,
) -> impl IntoView {
    let faults = Memo::new(move || desk.faults_at(part, key, Some((column, language.clone()))));
    view! { <p class="error" id=id>{move || faults.get().join("；")}</p> }
}

/// A cell of words.
#[component]
pub fn CellField(
    desk: Desk,
    part: Part,
    key: u32,
    column: Column,
    language: String,
    label: String,
    /// Words may go over several lines.
    #[prop(optional)]
    long: bool,
) -> impl IntoView {
    let id = field_id(part, key, column.header(), &language);
    let error_id = format!("{id}-error");
    let value = desk.cell(part, key, column, language.clone());
    let wrong = {
        let language = language.clone();
        Memo::new(move || !desk.faults_at(part, key, Some((column, language.clone()))).is_empty())
    };
    let write = {
        let language = language.clone();
        move |event| desk.write(part, key, column, &language, event_target_value(&event))
    };
    let (for_id, described) = (id.clone(), error_id.clone());
    let field = if long {
        view! {
            <textarea id=id class="short" autocomplete="off" prop:value=move || value.get() on:input=write aria-invalid=move || wrong.get().to_string() aria-describedby=described></textarea>
        }
        .into_any()
    } else {
        view! {
            <input id=id type="text" autocomplete="off" prop:value=move || value.get() on:input=write aria-invalid=move || wrong.get().to_string() aria-describedby=described/>
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label for=for_id>{label}</label>
            {field}
            <CellFaults desk part key column language id=error_id/>
        </div>
    }
}

/// A cell of words in every language of the form.
#[component]
pub fn SpokenFields(
    desk: Desk,
    key: u32,
    column: Column,
    label: &'static str,
    languages: Vec<String>,
) -> impl IntoView {
    languages
        .into_iter()
        .map(|language| {
            let label = if language.is_empty() { label.to_owned() } else { format!("{label} · {language}") };
            view! { <CellField desk part=Part::Survey key column language label long=true/> }
        })
        .collect_view()
}
