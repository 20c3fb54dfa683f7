//! The chosen question: what it says, what it asks for, when it is asked.

use domain::questionnaire::{
    Column,
    editing::{Act, NewKind, Part, Refusal, Way},
};

use super::{
    choices::ChoicesEditor,
    desk::{Chosen, Desk, focus_soon},
    faults::field_id,
    fields::{CellField, SpokenFields},
    logic::LogicField,
    settings::SettingsPanel,
};
use crate::{i18n::text, prelude::*};

/// What decides which fields are there; while it stays the same, they do.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Settings,
    Gone,
    Question { key: u32, kind: Option<NewKind>, list: Option<String>, languages: Vec<String> },
}

#[component]
pub fn Properties(desk: Desk) -> impl IntoView {
    let shape = Memo::new(move || match desk.chosen.get() {
        Chosen::Settings => Shape::Settings,
        Chosen::Row(key) => desk.with_book(|book| {
            let kind = book.kind(key);
            // All lines are looked through only where the type tells nothing: this follows every key.
            if kind.is_none() && !book.lines().iter().any(|it| it.key == key) {
                return Shape::Gone;
            }
            let kind = kind.as_ref().and_then(NewKind::of);
            Shape::Question { key, kind, list: book.list_of(key), languages: book.languages() }
        }),
    });
    view! {
        <section class="properties" aria-label=move || text().editor.properties>
            {move || match shape.get() {
                Shape::Settings => view! { <SettingsPanel desk/> }.into_any(),
                Shape::Gone => ().into_any(),
                Shape::Question { key, kind, list, languages } => view! {
                    <QuestionPanel desk key kind list languages/>
                }.into_any(),
            }}
        </section>
    }
}

#[component]
fn QuestionPanel(
    desk: Desk,
    key: u32,
    kind: Option<NewKind>,
    list: Option<String>,
    languages: Vec<String>,
) -> impl IntoView {
    let words = text().editor;
    let silent = kind.is_some_and(NewKind::is_silent);
    let faults = Memo::new(move || desk.faults_at(Part::Survey, key, None));
    let spoken = languages.clone();
    let seen = !silent && kind.is_none_or(|it| !it.is_group() && it != NewKind::Note);
    view! {
        <Acts desk key/>
        <p class="error" role="alert">{move || faults.get().join("；")}</p>
        {(!silent).then(|| view! { <SpokenFields desk key column=Column::Label label=words.label languages=spoken.clone()/> })}
        <div class="fields">
            <KindField desk key kind/>
            <NameField desk key/>
        </div>
        {seen.then(|| view! { <Ticks desk key/> })}
        {list.map(|list| view! { <ChoicesEditor desk key list languages=languages.clone()/> })}
        {(kind == Some(NewKind::Range)).then(|| view! {
            <CellField desk part=Part::Survey key column=Column::Parameters language=String::new() label=words.range.to_owned()/>
        })}
        {seen.then(|| view! { <SpokenFields desk key column=Column::Hint label=words.hint languages=languages.clone()/> })}
        <Logic desk key kind languages=languages.clone()/>
        <Appearance desk key kind/>
    }
}

/// Moving it and taking it out.
#[component]
fn Acts(desk: Desk, key: u32) -> impl IntoView {
    let words = text().editor;
    let step = move |way, words: &'static str| {
        view! { <button on:click=move |_| desk.step(key, way)>{words}</button> }
    };
    view! {
        <p class="buttons" role="group" aria-label=words.order>
            {step(Way::Up, words.up)}
            {step(Way::Down, words.down)}
            {step(Way::In, words.into_group)}
            {step(Way::Out, words.out_of_group)}
            <button class="danger" id="remove-question" on:click=move |_| desk.remove(key)>{words.remove}</button>
        </p>
    }
}

#[component]
fn KindField(desk: Desk, key: u32, kind: Option<NewKind>) -> impl IntoView {
    let words = text().editor;
    let id = field_id(Part::Survey, key, "type", "");
    let for_id = id.clone();
    let own = desk.book_now(|it| it.cell(Part::Survey, key, Column::Type, "").to_owned());
    let choose = move |event| {
        let word = event_target_value(&event);
        if let Some(kind) = NewKind::ALL.into_iter().find(|it| it.word() == word) {
            let choices = [1, 2].map(text().editor.new_choice).to_vec();
            desk.try_act(Act::Retype { key, kind, choices });
            focus_soon(field_id(Part::Survey, key, "type", ""));
        }
    };
    view! {
        <div class="field">
            <label for=for_id>{words.kind_label}</label>
            <select id=id on:change=choose>
                {kind.is_none().then(|| view! { <option value="" selected=true>{own}</option> })}
                {NewKind::ALL.map(|it| view! { <option value=it.word() selected=kind == Some(it)>{(words.kind)(it)}</option> }).collect_view()}
            </select>
        </div>
    }
}

/// The name, which is given once all of it is typed: half a name may be another question's.
#[component]
fn NameField(desk: Desk, key: u32) -> impl IntoView {
    let words = text().editor;
    let id = field_id(Part::Survey, key, "name", "");
    let [error_id, hint_id] = ["error", "hint"].map(|it| format!("{id}-{it}"));
    let value = desk.cell(Part::Survey, key, Column::Name, String::new());
    let refused = RwSignal::new(None::<Refusal>);
    let faults = Memo::new(move || desk.faults_at(Part::Survey, key, Some((Column::Name, String::new()))));
    let give = move |event| {
        let name = event_target_value(&event).trim().to_owned();
        refused.set(desk.act(Act::Rename { key, name }).err());
    };
    let said = move || match refused.get() {
        Some(refusal) => (text().editor.refused)(&refusal),
        None => faults.get().join("；"),
    };
    view! {
        <div class="field">
            <label for=id.clone()>{words.name}</label>
            <input id=id type="text" class="code" autocomplete="off" spellcheck="false" prop:value=move || value.get() on:change=give
                aria-invalid=move || refused.get().is_some().to_string() aria-describedby=format!("{hint_id} {error_id}")/>
            <p class="hint" id=hint_id>{words.name_hint}</p>
            <p class="error" id=error_id role="alert">{said}</p>
        </div>
    }
}

/// Whether it must be answered, and whether it can be.
#[component]
fn Ticks(desk: Desk, key: u32) -> impl IntoView {
    let words = text().editor;
    let tick = move |column: Column, label: &'static str| {
        let value = desk.cell(Part::Survey, key, column, String::new());
        let is_on =
            move || matches!(value.get().trim().to_lowercase().as_str(), "yes" | "true" | "true()" | "是");
        // An expression is shown below.
        let is_logic = move || {
            !is_on()
                && !matches!(
                    value.get().trim().to_lowercase().as_str(),
                    "" | "no" | "false" | "false()" | "否"
                )
        };
        let id = field_id(Part::Survey, key, column.header(), "");
        let set = move |event| {
            let on = if event_target_checked(&event) { "yes" } else { "" };
            desk.write(Part::Survey, key, column, "", on.to_owned());
        };
        view! {
            <label class="check"><input id=id type="checkbox" prop:checked=is_on on:change=set/>{label}</label>
            {move || is_logic().then(|| view! { <code>{value.get()}</code> })}
        }
    };
    view! { <div class="ticks">{tick(Column::Required, words.required)}{tick(Column::ReadOnly, words.read_only)}</div> }
}

/// When it is asked, what is allowed, what is computed.
#[component]
fn Logic(desk: Desk, key: u32, kind: Option<NewKind>, languages: Vec<String>) -> impl IntoView {
    let words = text().editor;
    let is = |it: NewKind| kind == Some(it);
    let computes = is(NewKind::Calculate) || is(NewKind::Hidden);
    let asks = kind.is_none_or(|it| !it.is_silent() && !it.is_group() && it != NewKind::Note);
    let mut fields = Vec::new();
    let mut add = |column, label, hint| {
        fields.push(view! { <LogicField desk key column label hint/> }.into_any());
    };
    if kind.is_none_or(|it| !it.is_silent()) {
        add(Column::Relevant, words.relevant, words.relevant_hint);
    }
    if computes || kind.is_none() || is(NewKind::Text) || is(NewKind::Integer) || is(NewKind::Decimal) {
        add(Column::Calculation, words.calculation, words.calculation_hint);
    }
    if asks || is(NewKind::Hidden) {
        add(Column::Default, words.default, words.default_hint);
    }
    if kind.is_some_and(NewKind::has_choices) {
        add(Column::ChoiceFilter, words.choice_filter, words.choice_filter_hint);
    }
    if is(NewKind::Repeat) {
        add(Column::RepeatCount, words.repeat_count, words.repeat_count_hint);
    }
    if asks {
        add(Column::Constraint, words.constraint, words.constraint_hint);
    }
    view! {
        <fieldset class="logic-fields">
            <legend>{words.logic}</legend>
            {fields}
            {asks.then(|| view! { <SpokenFields desk key column=Column::ConstraintMessage label=words.constraint_message languages/> })}
        </fieldset>
    }
}

/// How it looks: words that phones heed as ticks; others stay.
#[component]
fn Appearance(desk: Desk, key: u32, kind: Option<NewKind>) -> impl IntoView {
    let known = kind.map_or(&[][..], NewKind::appearances);
    let value = desk.cell(Part::Survey, key, Column::Appearance, String::new());
    let tick = move |word: &'static str| {
        let set = move |event| {
            let value = value.get_untracked();
            let mut all: Vec<&str> = value.split_whitespace().filter(|it| *it != word).collect();
            if event_target_checked(&event) {
                all.push(word);
            }
            desk.write(Part::Survey, key, Column::Appearance, "", all.join(" "));
        };
        let is_on = move || value.get().split_whitespace().any(|it| it == word);
        view! { <label class="check"><input type="checkbox" prop:checked=is_on on:change=set/>{(text().editor.appearance)(word)}</label> }
    };
    (!known.is_empty()).then(|| {
        view! {
            <fieldset>
                <legend>{text().editor.looks}</legend>
                <div class="ticks">{known.iter().map(|it| tick(it)).collect_view()}</div>
            </fieldset>
        }
    })
}
