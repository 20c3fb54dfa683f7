//! Connecting questions: every name in an expression or a label must lead to one question.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ChoiceList, Graph, Logic, Question, Questionnaire, Source, choices,
    columns::Column,
    finding::Fault,
    graph,
    medium::Media,
    text_in,
    xlsform::{Files, Findings},
};
use crate::expression::{DocumentBuilder, Expression, Path, Tables};

/// A form whose names are not connected yet.
pub(super) struct Form {
    pub id: String,
    pub title: String,
    pub version: String,
    pub style: String,
    pub instance_name: Option<String>,
    pub languages: Vec<String>,
    pub default_language: String,
    pub default_language_given: bool,
    pub settings: BTreeMap<String, String>,
    pub attached: Vec<String>,
    pub questions: Vec<Question>,
    pub lists: BTreeMap<String, ChoiceList>,
    pub headers: BTreeMap<Column, String>,
    pub files: Files,
    pub media: Media,
}

/// Connects a form; `None` when its questions hang on themselves.
pub(super) fn connect(form: Form, findings: &mut Findings) -> Option<Questionnaire> {
    let mut by_name: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (number, question) in (0..).zip(&form.questions) {
        by_name.entry(question.name.clone()).or_default().push(number);
    }
    let names: Vec<String> = form.questions.iter().map(|it| it.name.clone()).collect();
    let mut questionnaire = Questionnaire {
        tables: tables(&form.lists, &form.default_language, &form.files),
        id: form.id,
        title: form.title,
        version: form.version,
        languages: form.languages,
        default_language: form.default_language,
        default_language_given: form.default_language_given,
        settings: form.settings,
        attached: form.attached,
        media: form.media,
        instance_name: None,
        style: form.style,
        questions: form.questions,
        lists: form.lists,
        graph: Graph::default(),
        reads_last: BTreeSet::new(),
        names: names.into(),
        by_name,
    };
    for number in questionnaire.numbers() {
        connect_question(&mut questionnaire, number, &form.headers, findings);
    }
    if let Some(text) = form.instance_name {
        match Expression::parse(&text) {
            Ok(mut expression) => {
                check(
                    &questionnaire,
                    &expression,
                    &At { sheet: "settings", row: 2, column: "instance_name" },
                    findings,
                );
                questionnaire.resolve(&mut expression, 0);
                questionnaire.instance_name = Some(expression);
            }
            Err(error) => findings.add("settings", 2, "instance_name", Fault::BadExpression { error }),
        }
    }
    questionnaire.reads_last = questionnaire.numbers().filter(|it| reads_last(&questionnaire, *it)).collect();
    match graph::draw(&questionnaire) {
        Ok(graph) => {
            questionnaire.graph = graph;
            Some(questionnaire)
        }
        Err(circle) => {
            let names: Vec<&str> =
                circle.iter().map(|it| questionnaire.question(*it).name.as_str()).collect();
            let row = circle.first().map_or(0, |it| questionnaire.question(*it).row);
            findings.add("survey", row, "", Fault::Cycle { names: names.join(", ") });
            None
        }
    }
}

/// Where a finding is.
struct At<'a> {
    sheet: &'a str,
    row: usize,
    column: &'a str,
}

fn connect_question(
    questionnaire: &mut Questionnaire,
    number: u32,
    headers: &BTreeMap<Column, String>,
    findings: &mut Findings,
) {
    let mut logic = std::mem::take(&mut questionnaire.questions[number as usize].logic);
    let question = questionnaire.question(number);
    let (row, parent) = (question.row, question.parent);
    let header = |column: Column| headers.get(&column).map_or("", String::as_str);
    for (column, from, expression) in expressions(&mut logic, number, parent) {
        // What an implied question computes is written beside the repeat.
        let column =
            if question.implied && column == Column::Calculation { Column::RepeatCount } else { column };
        check(questionnaire, expression, &At { sheet: "survey", row, column: header(column) }, findings);
        questionnaire.resolve(expression, from);
    }
    for (column, texts) in [(Column::Label, &question.label), (Column::Hint, &question.hint)] {
        for name in texts.values().flat_map(|it| names_in(it)).collect::<BTreeSet<_>>() {
            check_name(questionnaire, &name, &At { sheet: "survey", row, column: header(column) }, findings);
        }
    }
    if let Some(Source::Question(name)) = question.kind.choices().map(|it| &it.from) {
        let at = At { sheet: "survey", row, column: header(Column::Type) };
        check_name(questionnaire, name, &at, findings);
        let chosen = questionnaire.named(name);
        for (filter, chosen) in logic.choice_filter.iter_mut().zip(chosen) {
            questionnaire.resolve_turns(filter, number, chosen);
        }
    }
    let mut triggers = Vec::new();
    for name in &question.trigger_names {
        check_name(
            questionnaire,
            name,
            &At { sheet: "survey", row, column: header(Column::Trigger) },
            findings,
        );
        triggers.extend(questionnaire.named(name));
    }
    let question = &mut questionnaire.questions[number as usize];
    question.triggers = triggers;
    question.logic = logic;
}

/// The expressions of a question, each with its column and the question it is seen from.
fn expressions(
    logic: &mut Logic,
    number: u32,
    parent: u32,
) -> impl Iterator<Item = (Column, u32, &mut Expression)> {
    let all = [
        (Column::Relevant, number, &mut logic.relevant),
        (Column::Required, number, &mut logic.required),
        (Column::Constraint, number, &mut logic.constraint),
        (Column::Calculation, number, &mut logic.calculation),
        (Column::ReadOnly, number, &mut logic.read_only),
        (Column::ChoiceFilter, number, &mut logic.choice_filter),
        (Column::RepeatCount, parent, &mut logic.repeat_count),
        (Column::Default, number, &mut logic.default),
    ];
    all.into_iter().filter_map(|(column, from, it)| Some((column, from, it.as_mut()?)))
}

fn check(questionnaire: &Questionnaire, expression: &Expression, at: &At<'_>, findings: &mut Findings) {
    for path in expression.paths() {
        if let Path::Question { name, .. } = path {
            check_name(questionnaire, &name, at, findings);
        }
    }
    for text in expression.texts() {
        for name in names_in(text) {
            check_name(questionnaire, &name, at, findings);
        }
    }
}

fn check_name(questionnaire: &Questionnaire, name: &str, at: &At<'_>, findings: &mut Findings) {
    let fault = match questionnaire.by_name.get(name).map(Vec::as_slice) {
        Some([_]) => return,
        None | Some([]) => Fault::UnknownReference { name: name.to_owned() },
        Some(numbers) => {
            let rows: Vec<String> =
                numbers.iter().map(|it| questionnaire.question(*it).row.to_string()).collect();
            Fault::AmbiguousReference { name: name.to_owned(), rows: rows.join(", ") }
        }
    };
    findings.add(at.sheet, at.row, at.column, fault);
}

/// The names that stand in a text as `${name}`.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let parts = text.split("${").skip(1).filter_map(|it| it.split_once('}'));
    parts.map(|(name, _)| name.trim().trim_start_matches("last-saved#").to_owned()).collect()
}

fn reads_last(questionnaire: &Questionnaire, number: u32) -> bool {
    let logic = &questionnaire.question(number).logic;
    let read = [&logic.relevant, &logic.constraint, &logic.calculation];
    read.into_iter().flatten().any(Expression::reads_last_saved)
}

/// Files as tables as they are; lists as tables of name, label, then further columns.
fn tables(lists: &BTreeMap<String, ChoiceList>, language: &str, files: &Files) -> Tables {
    let mut tables = Tables::default();
    for (name, rows) in files {
        let Some((header, rows)) = rows.split_first() else { continue };
        let columns: Vec<String> = header.iter().map(|it| it.trim().to_owned()).collect();
        let mut builder = DocumentBuilder::new(&columns);
        for row in rows {
            builder.row(row.iter().map(|it| it.trim()));
        }
        // A file is known without its ending, as `instance` and `pulldata` name it.
        tables.add(name.strip_suffix(".csv").unwrap_or(name), builder.build());
    }
    for (name, list) in lists {
        let more = choices::more_columns(list);
        let columns: Vec<String> =
            ["name".to_owned(), "label".to_owned()].into_iter().chain(more.iter().cloned()).collect();
        let mut builder = DocumentBuilder::new(&columns);
        for choice in &list.choices {
            let label = text_in(&choice.label, language).unwrap_or_default();
            let cells = more.iter().map(|it| choice.more.get(it).map_or("", String::as_str));
            builder.row([choice.name.as_str(), label].into_iter().chain(cells));
        }
        tables.add(name, builder.build());
    }
    tables
}
