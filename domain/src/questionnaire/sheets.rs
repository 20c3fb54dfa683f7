//! A questionnaire back as the sheets of an XLSForm: read again, they are the same questionnaire.

use std::collections::BTreeSet;

use super::{Choice, Choices, Kind, Metadatum, Question, Questionnaire, Source, Texts, xlsform::Sheet};
use crate::expression::Expression;

/// The sheets survey, choices and settings. Expressions are written as they were understood: with the blanks and the
/// quotation marks that they do not need left out. Rows that were disabled are not there.
pub fn write(form: &Questionnaire) -> Vec<Sheet> {
    let mut sheets = vec![survey(form)];
    sheets.extend(choices(form));
    sheets.push(settings(form));
    sheets
}

/// Columns of cells, each below its header; columns with nothing in them are left out, but those that every sheet has.
struct Columns {
    columns: Vec<(String, Vec<String>)>,
    n_kept: usize,
}

impl Columns {
    /// The columns that are always there.
    fn new(headers: &[&str]) -> Self {
        let columns = headers.iter().map(|it| ((*it).to_owned(), Vec::new())).collect();
        Self { columns, n_kept: headers.len() }
    }

    /// A column of cells, one a row.
    fn add(&mut self, header: impl Into<String>, cells: Vec<String>) {
        self.columns.push((header.into(), cells));
    }

    fn into_sheet(self, name: &str) -> Sheet {
        let n_rows = self.columns.iter().map(|(_, cells)| cells.len()).max().unwrap_or_default();
        let filled = |(n, (_, cells)): &(usize, (String, Vec<String>))| {
            *n < self.n_kept || cells.iter().any(|it| !it.is_empty())
        };
        let columns: Vec<_> =
            self.columns.into_iter().enumerate().filter(filled).map(|(_, column)| column).collect();
        let mut rows = vec![columns.iter().map(|(header, _)| header.clone()).collect::<Vec<_>>()];
        for n in 0..n_rows {
            rows.push(columns.iter().map(|(_, cells)| cells.get(n).cloned().unwrap_or_default()).collect());
        }
        Sheet { name: name.to_owned(), rows }
    }
}

/// What a row of the survey sheet is.
#[derive(Clone, Copy)]
enum Row<'q> {
    Attached(&'q str),
    Question(u32),
    End(u32),
}

fn survey(form: &Questionnaire) -> Sheet {
    let mut rows: Vec<Row<'_>> = form.attached.iter().map(|it| Row::Attached(it)).collect();
    add_rows(form, 0, &mut rows);
    let of = |say: &dyn Fn(&Question) -> String| -> Vec<String> {
        let cell = |row: &Row<'_>| match row {
            Row::Question(number) => say(form.question(*number)),
            Row::Attached(_) | Row::End(_) => String::new(),
        };
        rows.iter().map(cell).collect()
    };
    let mut sheet = Columns::new(&["type", "name"]);
    sheet.columns[0].1 = rows.iter().map(|it| type_word(form, *it)).collect();
    sheet.columns[1].1 = rows.iter().map(|it| name(form, *it)).collect();
    let spoken = texts(form, &rows);
    for (header, cells) in spoken {
        sheet.add(header, cells);
    }
    let logic = |of: fn(&super::Logic) -> Option<&Expression>| {
        move |it: &Question| of(&it.logic).map(ToString::to_string).unwrap_or_default()
    };
    let truth = |of: fn(&super::Logic) -> Option<&Expression>| {
        move |it: &Question| match of(&it.logic).map(ToString::to_string) {
            Some(it) if it == "true()" => "yes".to_owned(),
            other => other.unwrap_or_default(),
        }
    };
    sheet.add("required", of(&truth(|it| it.required.as_ref())));
    sheet.add("relevant", of(&logic(|it| it.relevant.as_ref())));
    sheet.add("constraint", of(&logic(|it| it.constraint.as_ref())));
    sheet.add("calculation", of(&logic(|it| it.calculation.as_ref())));
    let default = logic(|it| it.default.as_ref());
    sheet.add("default", of(&|it| it.default.clone().unwrap_or_else(|| default(it))));
    sheet.add("read_only", of(&truth(|it| it.read_only.as_ref())));
    sheet.add("appearance", of(&|it| it.appearance.join(" ")));
    sheet.add("parameters", of(&parameters));
    sheet.add("choice_filter", of(&logic(|it| it.choice_filter.as_ref())));
    sheet.add("repeat_count", of(&|it| repeat_count(form, it)));
    sheet.add("trigger", of(&|it| triggers(it)));
    let kept: BTreeSet<&String> = form.questions.iter().flat_map(|it| it.kept.keys()).collect();
    for attribute in kept {
        sheet.add(attribute, of(&|it| it.kept.get(attribute).cloned().unwrap_or_default()));
    }
    sheet.into_sheet("survey")
}

fn add_rows(form: &Questionnaire, group: u32, rows: &mut Vec<Row<'_>>) {
    for child in &form.question(group).children {
        let question = form.question(*child);
        if question.implied {
            continue;
        }
        rows.push(Row::Question(*child));
        if question.kind.is_group() {
            add_rows(form, *child, rows);
            rows.push(Row::End(*child));
        }
    }
}

fn type_word(form: &Questionnaire, row: Row<'_>) -> String {
    let word = match row {
        Row::Attached(file) => {
            return if file.ends_with(".xml") { "xml-external" } else { "csv-external" }.to_owned();
        }
        Row::End(it) if form.question(it).kind == Kind::Repeat => "end_repeat",
        Row::End(_) => "end_group",
        Row::Question(number) => return type_word_of(form.question(number)),
    };
    word.to_owned()
}

/// What stands in the type column for a question; for a group, where it begins.
pub(crate) fn type_word_of(question: &Question) -> String {
    match &question.kind {
        Kind::SelectOne(choices) => select("select_one", choices),
        Kind::SelectMultiple(choices) => select("select_multiple", choices),
        Kind::Rank(choices) => select("rank", choices),
        kind => plain_word(kind).to_owned(),
    }
}

fn select(word: &str, choices: &Choices) -> String {
    let other = if choices.or_other { " or_other" } else { "" };
    match &choices.from {
        Source::List(list) => format!("{word} {list}{other}"),
        Source::File(file) => format!("{word}_from_file {file}{other}"),
        Source::Question(name) => format!("{word} ${{{name}}}{other}"),
    }
}

fn plain_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Group | Kind::Form => "begin_group",
        Kind::Repeat => "begin_repeat",
        Kind::Text => "text",
        Kind::Integer => "integer",
        Kind::Decimal => "decimal",
        Kind::Range(_) => "range",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::DateTime => "dateTime",
        Kind::SelectOne(_) => "select_one",
        Kind::SelectMultiple(_) => "select_multiple",
        Kind::Rank(_) => "rank",
        Kind::Note => "note",
        Kind::Image => "image",
        Kind::Audio => "audio",
        Kind::Video => "video",
        Kind::File => "file",
        Kind::Barcode => "barcode",
        Kind::Geopoint => "geopoint",
        Kind::Geotrace => "geotrace",
        Kind::Geoshape => "geoshape",
        Kind::Acknowledge => "acknowledge",
        Kind::Calculate => "calculate",
        Kind::Hidden => "hidden",
        Kind::Metadata(it) => match it {
            Metadatum::Start => "start",
            Metadatum::End => "end",
            Metadatum::Today => "today",
            Metadatum::DeviceId => "deviceid",
            Metadatum::Username => "username",
            Metadatum::PhoneNumber => "phonenumber",
            Metadatum::Email => "email",
            Metadatum::SimSerial => "simserial",
            Metadatum::SubscriberId => "subscriberid",
            Metadatum::StartGeopoint => "start-geopoint",
            Metadatum::BackgroundGeopoint => "background-geopoint",
            Metadatum::BackgroundAudio => "background-audio",
            Metadatum::Audit => "audit",
        },
    }
}

fn name(form: &Questionnaire, row: Row<'_>) -> String {
    match row {
        Row::Attached(file) => file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned(),
        Row::Question(number) => form.question(number).name.clone(),
        Row::End(_) => String::new(),
    }
}

fn parameters(question: &Question) -> String {
    let pairs = question.parameters.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

fn repeat_count(form: &Questionnaire, repeat: &Question) -> String {
    let Some(count) = &repeat.logic.repeat_count else { return String::new() };
    let name = format!("{}_count", repeat.name);
    let implied = form.question(repeat.parent).children.iter().map(|it| form.question(*it));
    let mut implied = implied.filter(|it| it.implied && it.name == name && count.is_question());
    let written = implied.find_map(|it| it.logic.calculation.as_ref()).unwrap_or(count);
    written.to_string()
}

fn triggers(question: &Question) -> String {
    let names = question.trigger_names.iter().map(|it| format!("${{{it}}}"));
    names.collect::<Vec<_>>().join(", ")
}

/// A header and what it has texts for.
type Spoken<T> = (&'static str, fn(&T) -> Option<&Texts>);

/// Columns of texts, language after language in the order of the form, so that they come again in this order.
fn texts(form: &Questionnaire, rows: &[Row<'_>]) -> Vec<(String, Vec<String>)> {
    let columns: [Spoken<Question>; 9] = [
        ("label", |it| Some(&it.label)),
        ("hint", |it| Some(&it.hint)),
        ("guidance_hint", |it| Some(&it.guidance_hint)),
        ("constraint_message", |it| Some(&it.constraint_message)),
        ("required_message", |it| Some(&it.required_message)),
        ("image", |it| it.media.get("image")),
        ("big-image", |it| it.media.get("big-image")),
        ("audio", |it| it.media.get("audio")),
        ("video", |it| it.media.get("video")),
    ];
    let questions: Vec<Option<&Question>> = rows
        .iter()
        .map(|it| match it {
            Row::Question(number) => Some(form.question(*number)),
            Row::Attached(_) | Row::End(_) => None,
        })
        .collect();
    let mut spoken = in_languages(form, &columns, &questions);
    // A language that nothing is said in is one of the form's all the same.
    for language in &form.languages {
        let says = |texts: &Texts| texts.contains_key(language);
        let said = form.questions.iter().any(|it| columns.iter().any(|(_, of)| of(it).is_some_and(says)));
        let of_choice = |it: &Choice| says(&it.label) || it.media.values().any(says);
        let chosen = form.lists.values().flat_map(|it| &it.choices).any(of_choice);
        if !said && !chosen {
            // A blank column would be left out.
            spoken.push((format!("hint::{language}"), vec![" ".to_owned()]));
        }
    }
    spoken
}

fn in_languages<T>(
    form: &Questionnaire,
    columns: &[Spoken<T>],
    rows: &[Option<&T>],
) -> Vec<(String, Vec<String>)> {
    let languages = std::iter::once("").chain(form.languages.iter().map(String::as_str));
    let mut spoken = Vec::new();
    for language in languages {
        for (header, of) in columns {
            let cell = |it: Option<&T>| it.and_then(of)?.get(language).cloned();
            let cells: Vec<Option<String>> = rows.iter().copied().map(cell).collect();
            if cells.iter().any(Option::is_some) {
                let separator = if language.is_empty() { "" } else { "::" };
                let cells = cells.into_iter().map(Option::unwrap_or_default).collect();
                spoken.push((format!("{header}{separator}{language}"), cells));
            }
        }
    }
    spoken
}

fn choices(form: &Questionnaire) -> Option<Sheet> {
    let files: BTreeSet<&String> = form
        .questions
        .iter()
        .filter_map(|it| match &it.kind.choices()?.from {
            Source::File(file) => Some(file),
            Source::List(_) | Source::Question(_) => None,
        })
        .collect();
    let lists = form.lists.iter().filter(|(name, _)| !files.contains(name));
    let rows: Vec<(&String, &Choice)> = lists
        .flat_map(|(name, list)| list.choices.iter().map(move |it| (name, it)))
        .filter(|it| !it.1.implied)
        .collect();
    if rows.is_empty() {
        return None;
    }
    let columns: [Spoken<Choice>; 5] = [
        ("label", |it| Some(&it.label)),
        ("image", |it| it.media.get("image")),
        ("big-image", |it| it.media.get("big-image")),
        ("audio", |it| it.media.get("audio")),
        ("video", |it| it.media.get("video")),
    ];
    let mut sheet = Columns::new(&["list_name", "name"]);
    sheet.columns[0].1 = rows.iter().map(|(list, _)| (*list).clone()).collect();
    sheet.columns[1].1 = rows.iter().map(|(_, choice)| choice.name.clone()).collect();
    let all: Vec<Option<&Choice>> = rows.iter().map(|(_, choice)| Some(*choice)).collect();
    for (header, cells) in in_languages(form, &columns, &all) {
        sheet.add(header, cells);
    }
    let more: BTreeSet<&String> = rows.iter().flat_map(|(_, choice)| choice.more.keys()).collect();
    for column in more {
        let cells = rows.iter().map(|(_, it)| it.more.get(column).cloned().unwrap_or_default());
        sheet.add(column, cells.collect());
    }
    Some(sheet.into_sheet("choices"))
}

fn settings(form: &Questionnaire) -> Sheet {
    let mut sheet = Columns::new(&["form_title", "form_id"]);
    sheet.columns[0].1 = vec![form.title.clone()];
    sheet.columns[1].1 = vec![form.id.clone()];
    let same_names = form.lists.values().any(|it| it.places.values().any(|it| it.len() > 1));
    let root = Some(&form.questions[0].name).filter(|it| *it != "data");
    let default_language = Some(&form.default_language).filter(|_| form.default_language_given);
    let cells = [
        ("version", form.version.clone()),
        ("default_language", default_language.cloned().unwrap_or_default()),
        ("instance_name", form.instance_name.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("style", form.style.clone()),
        ("name", root.cloned().unwrap_or_default()),
        ("allow_choice_duplicates", if same_names { "yes" } else { "" }.to_owned()),
    ];
    for (header, cell) in cells {
        sheet.add(header, vec![cell]);
    }
    for (header, cell) in &form.settings {
        sheet.add(header, vec![cell.clone()]);
    }
    sheet.into_sheet("settings")
}
