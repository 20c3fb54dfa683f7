//! The survey sheet: rows to questions.

use std::collections::BTreeMap;

use super::{
    Choice, ChoiceList, GROUP_DEPTH_MAX, Kind, Logic, QUESTIONS_MAX, Question, Scale, Source, Texts,
    choices::{self, Lists},
    columns::Column,
    finding::{Fault, Severity},
    kind::{RowKind, row_kind},
    logic::names_in,
    medium::Media,
    parameters::instead_of,
    xlsform::{Files, Findings, Grid, Sheet, is_yes},
};
use crate::expression::{Expression, is_name, number_from_text};

/// What the survey sheet holds.
pub(super) struct Survey {
    pub questions: Vec<Question>,
    pub languages: Vec<String>,
    /// The headers of columns with expressions, as they are written.
    pub headers: BTreeMap<Column, String>,
    /// Attached files that rows name.
    pub attached: Vec<String>,
}

/// Reads it; `root` is what the form's own node is called.
pub(super) fn read(
    sheet: &Sheet,
    root: &str,
    lists: &mut Lists,
    (files, media): (&Files, &Media),
    findings: &mut Findings,
) -> Survey {
    let grid = Grid::read(sheet, false, findings);
    let form = Question { name: root.to_owned(), ..Question::default() };
    let headers = grid.columns.iter().flatten().map(|(it, _)| (*it, grid.header(*it).to_owned())).collect();
    let survey = Survey { questions: vec![form], languages: grid.languages(), headers, attached: Vec::new() };
    let mut reader = Reader { grid: &grid, lists, files, media, findings, survey, open: vec![0] };
    for (column, name) in [(Column::Type, "type"), (Column::Name, "name")] {
        if !grid.has(column) {
            reader.fault(1, Column::Type, Fault::NoColumn { column: name });
            return reader.survey;
        }
    }
    if grid.rows.len() > QUESTIONS_MAX {
        reader.fault(0, Column::Type, Fault::TooMany { what: "rows", n_max: QUESTIONS_MAX });
        return reader.survey;
    }
    for (number, row) in &grid.rows {
        reader.row(*number, row);
    }
    reader.finish()
}

struct Reader<'r, 's> {
    grid: &'r Grid<'s>,
    lists: &'r mut Lists,
    files: &'r Files,
    media: &'r Media,
    findings: &'r mut Findings,
    survey: Survey,
    /// Groups and repeats that are begun, the form first.
    open: Vec<u32>,
}

impl Reader<'_, '_> {
    fn fault(&mut self, row: usize, column: Column, fault: Fault) {
        self.findings.add(self.grid.name, row, self.grid.header(column), fault);
    }

    fn row(&mut self, number: usize, row: &[String]) {
        let (word, name) = (self.grid.cell(row, Column::Type), self.grid.cell(row, Column::Name));
        if is_yes(self.grid.cell(row, Column::Disabled)) == Some(true) {
            return;
        }
        if word.is_empty() {
            if !name.is_empty() {
                self.fault(number, Column::Type, Fault::NoType);
            }
            return;
        }
        match row_kind(word) {
            Err(fault) => {
                self.fault(number, Column::Type, fault);
                // The rest of the row is looked at, so that all that is wrong is said at once.
                self.question(number, row, Kind::Text);
            }
            Ok(RowKind::End(kind)) => self.end(number, &kind),
            Ok(RowKind::Question(kind)) => self.question(number, row, kind),
            Ok(RowKind::Attached(ending)) => {
                let name = self.name(number, row, &Kind::Hidden);
                self.survey.attached.push(format!("{name}.{ending}"));
            }
        }
    }

    fn end(&mut self, number: usize, kind: &Kind) {
        let end = end_word(kind);
        let last = *self.open.last().expect("the form is never ended");
        let (row, begun) = (self.survey.questions[last as usize].row, &self.survey.questions[last as usize]);
        if last == 0 {
            self.fault(number, Column::Type, Fault::NotBegun { end });
            return;
        }
        let empty = begun.children.is_empty();
        if begun.kind != *kind {
            let begun = begin_word(&begun.kind);
            self.fault(number, Column::Type, Fault::WrongEnd { end, begun, row });
        }
        if empty {
            self.fault(row, Column::Type, Fault::EmptyGroup);
        }
        self.open.pop();
    }

    fn question(&mut self, number: usize, row: &[String], kind: Kind) {
        let name = self.name(number, row, &kind);
        let parameters = self.parameters(number, row, &kind);
        let kind = self.with_choices(number, kind, &parameters);
        let kind = self.with_scale(number, kind, &parameters);
        let grid = self.grid;
        let (mut logic, default) = self.logic(number, row, &kind);
        if kind == Kind::Calculate
            && logic.calculation.is_none()
            && default.is_none()
            && logic.default.is_none()
        {
            let missing = grid.cell(row, Column::Calculation).is_empty();
            if missing {
                self.fault(number, Column::Calculation, Fault::NoCalculation);
            }
        }
        let mut question = Question {
            name,
            parent: *self.open.last().expect("the form is never ended"),
            row: number,
            label: grid.texts(row, Column::Label),
            hint: grid.texts(row, Column::Hint),
            guidance_hint: grid.texts(row, Column::GuidanceHint),
            media: grid.media(row),
            required_message: grid.texts(row, Column::RequiredMessage),
            constraint_message: grid.texts(row, Column::ConstraintMessage),
            appearance: grid.cell(row, Column::Appearance).split_whitespace().map(str::to_owned).collect(),
            parameters,
            kept: grid.kept(row),
            logic: Logic::default(),
            default,
            kind,
            trigger_names: self.triggers(number, row),
            ..Question::default()
        };
        if let Some(count) = logic.repeat_count.take_if(|it| !it.is_question()) {
            self.add(implied_count(&question, count));
            let reference = format!("${{{}_count}}", question.name);
            logic.repeat_count = Expression::parse(&reference).ok();
        }
        question.logic = logic;
        self.check_seen(number, &question);
        self.grid.check_media(number, row, self.media, self.findings);
        let or_other = question.kind.choices().is_some_and(|it| it.or_other).then(|| other(&question));
        let is_group = question.kind.is_group();
        let place = self.add(question);
        if is_group {
            if self.open.len() > GROUP_DEPTH_MAX {
                self.fault(number, Column::Type, Fault::TooMany { what: "groups", n_max: GROUP_DEPTH_MAX });
            }
            self.open.push(place);
        }
        if let Some(other) = or_other {
            self.add(other);
        }
    }

    fn add(&mut self, question: Question) -> u32 {
        let place = u32::try_from(self.survey.questions.len()).expect("bounded by QUESTIONS_MAX");
        let siblings = &self.survey.questions[question.parent as usize].children;
        let same = siblings
            .iter()
            .map(|it| &self.survey.questions[*it as usize])
            .find(|it| it.name == question.name);
        if let Some(same) = same.filter(|it| !it.name.is_empty()) {
            let fault = Fault::SameName { name: question.name.clone(), row: same.row };
            self.fault(question.row, Column::Name, fault);
        }
        self.survey.questions[question.parent as usize].children.push(place);
        self.survey.questions.push(question);
        place
    }

    fn name(&mut self, number: usize, row: &[String], kind: &Kind) -> String {
        let name = self.grid.cell(row, Column::Name);
        if name.is_empty() {
            match kind {
                // Nothing refers to them, so that any name will do.
                Kind::Note => return format!("generated_note_name_{number}"),
                Kind::Group => return format!("generated_group_name_{number}"),
                Kind::Metadata(super::Metadatum::Audit) => return "audit".to_owned(),
                _ => self.fault(number, Column::Name, Fault::NoName),
            }
        } else if !is_name(name) {
            self.fault(number, Column::Name, Fault::BadName { name: name.to_owned() });
        } else if name == "meta" && self.open.len() == 1 {
            self.fault(number, Column::Name, Fault::ReservedName { name: name.to_owned() });
        }
        name.to_owned()
    }

    /// Reads `key=value` pairs with blanks, commas or semicolons between them.
    fn parameters(&mut self, number: usize, row: &[String], kind: &Kind) -> BTreeMap<String, String> {
        let cell = self.grid.cell(row, Column::Parameters).replace(" =", "=").replace("= ", "=");
        let mut parameters = BTreeMap::new();
        for pair in cell.split([' ', ',', ';', '\n']).filter(|it| !it.is_empty()) {
            match pair.split_once('=') {
                // One without a value says nothing.
                Some((key, "")) if !key.is_empty() => {}
                Some((key, value)) if !key.is_empty() => {
                    let key = key.to_lowercase();
                    if let Some(instead) = instead_of(kind, &key, value) {
                        let fault = Fault::BadParameter { parameter: pair.to_owned(), instead };
                        self.fault(number, Column::Parameters, fault);
                    }
                    parameters.insert(key, value.to_owned());
                }
                _ => {
                    let fault = Fault::BadParameter { parameter: pair.to_owned(), instead: "key=value" };
                    self.fault(number, Column::Parameters, fault);
                }
            }
        }
        parameters
    }

    fn triggers(&mut self, number: usize, row: &[String]) -> Vec<String> {
        let cell = self.grid.cell(row, Column::Trigger);
        let names = names_in(cell);
        if names.is_empty() && !cell.is_empty() {
            self.fault(number, Column::Trigger, Fault::BadTrigger { said: cell.to_owned() });
        }
        names
    }

    fn with_scale(&mut self, number: usize, kind: Kind, parameters: &BTreeMap<String, String>) -> Kind {
        let Kind::Range(mut scale) = kind else { return kind };
        for (key, place) in [("start", &mut scale.start), ("end", &mut scale.end), ("step", &mut scale.step)]
        {
            if let Some(text) = parameters.get(key) {
                *place = number_from_text(text);
            }
        }
        let Scale { start, end, step } = scale;
        if !(start.is_finite() && end.is_finite() && step.is_finite()) || step <= 0.0 || start >= end {
            let parameter = self.grid.header(Column::Parameters).to_owned();
            let fault = Fault::BadParameter { parameter, instead: "start=1 end=10 step=1" };
            self.fault(number, Column::Parameters, fault);
        }
        Kind::Range(scale)
    }

    /// Sees that the list of choices is there, with `other` in it where that is asked for.
    fn with_choices(&mut self, number: usize, kind: Kind, parameters: &BTreeMap<String, String>) -> Kind {
        let Some(choices) = kind.choices() else { return kind };
        match &choices.from {
            Source::List(name) => match self.lists.lists.get_mut(name) {
                None => self.fault(number, Column::Type, Fault::UnknownList { list: name.clone() }),
                Some(list) => {
                    if choices.or_other && list.place("other").is_none() {
                        list.add(other_choice(list));
                    }
                    let several = matches!(kind, Kind::SelectMultiple(_) | Kind::Rank(_));
                    let spaced = list.choices.iter().position(|it| it.name.contains(char::is_whitespace));
                    if let Some(place) = spaced.filter(|_| several) {
                        let fault = Fault::SpaceInChoice { name: list.choices[place].name.clone() };
                        let row = self.lists.rows.get(name).and_then(|it| it.get(place)).copied();
                        self.findings.add("choices", row.unwrap_or_default(), "name", fault);
                    }
                }
            },
            Source::File(name) => match self.files.get(name) {
                None if ![".csv", ".geojson", ".xml"].iter().any(|it| name.ends_with(it)) => {
                    self.fault(number, Column::Type, Fault::OddFile { file: name.clone() });
                }
                None => self.fault(number, Column::Type, Fault::NoFile { file: name.clone() }),
                Some(rows) => {
                    let value = parameters.get("value").map_or("name", String::as_str);
                    let label = parameters.get("label").map_or("label", String::as_str);
                    let list = choices::from_file(rows, value, label);
                    self.lists.lists.insert(name.clone(), list);
                }
            },
            Source::Question(_) => {}
        }
        kind
    }

    /// What a person sees must say something, and can be required only where it can be answered.
    fn check_seen(&mut self, number: usize, question: &Question) {
        let quiet =
            question.kind.is_silent() || question.kind.is_group() || question.logic.calculation.is_some();
        if quiet {
            return;
        }
        if question.kind.may_be_left_out() && question.logic.required.is_some() {
            self.fault(number, Column::Required, Fault::RequiredApart);
        }
        if question.label.is_empty() && question.media.is_empty() && question.hint.is_empty() {
            self.fault(number, Column::Label, Fault::NoLabel);
            return;
        }
        let languages = self.grid.columns.iter().flatten().filter(|(it, _)| *it == Column::Label);
        let missing: Vec<String> =
            languages.map(|(_, it)| it).filter(|it| !question.label.contains_key(*it)).cloned().collect();
        for language in missing.into_iter().filter(|_| !question.label.is_empty()) {
            self.fault(number, Column::Label, Fault::NoTranslation { language });
        }
    }

    /// Reads the expressions of a row, and a default that is none.
    fn logic(&mut self, number: usize, row: &[String], kind: &Kind) -> (Logic, Option<String>) {
        let mut logic = Logic {
            relevant: self.expression(number, row, Column::Relevant),
            required: self.truth(number, row, Column::Required),
            constraint: self.expression(number, row, Column::Constraint),
            calculation: self.expression(number, row, Column::Calculation),
            read_only: self.truth(number, row, Column::ReadOnly),
            choice_filter: self.expression(number, row, Column::ChoiceFilter),
            repeat_count: None,
            default: None,
        };
        if *kind == Kind::Repeat {
            logic.repeat_count = self.expression(number, row, Column::RepeatCount);
        }
        let default = self.grid.cell(row, Column::Default);
        if default.is_empty() {
            return (logic, None);
        }
        if is_computed(default) {
            logic.default = self.expression(number, row, Column::Default);
            return (logic, None);
        }
        (logic, Some(default.to_owned()))
    }

    fn truth(&mut self, number: usize, row: &[String], column: Column) -> Option<Expression> {
        match is_yes(self.grid.cell(row, column)) {
            Some(true) => Some(Expression::parse("true()").expect("true() is an expression")),
            Some(false) => None,
            None => self.expression(number, row, column),
        }
    }

    fn expression(&mut self, number: usize, row: &[String], column: Column) -> Option<Expression> {
        let cell = self.grid.cell(row, column);
        if cell.is_empty() {
            return None;
        }
        match Expression::parse(&straight(cell)) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.fault(number, column, Fault::BadExpression { error });
                None
            }
        }
    }

    fn finish(mut self) -> Survey {
        for place in self.open.split_off(1) {
            let question = &self.survey.questions[place as usize];
            let (row, end) = (question.row, end_word(&question.kind));
            let begun = format!("{} {}", begin_word(&question.kind), question.name);
            self.fault(row, Column::Type, Fault::NotEnded { begun, end });
        }
        let faultless = self.findings.0.iter().all(|it| it.fault.severity() == Severity::Warning);
        if self.survey.questions.len() == 1 && faultless {
            self.fault(0, Column::Type, Fault::NoQuestions);
        }
        self.survey
    }
}

fn begin_word(kind: &Kind) -> &'static str {
    if *kind == Kind::Repeat { "begin_repeat" } else { "begin_group" }
}

fn end_word(kind: &Kind) -> &'static str {
    if *kind == Kind::Repeat { "end_repeat" } else { "end_group" }
}

/// Quotation marks as expressions have them; word processors make curly ones of them.
fn straight(cell: &str) -> String {
    cell.replace(['‘', '’'], "'").replace(['“', '”'], "\"")
}

/// Whether a default is to be computed: it reads a question or calls a function. A date with its minus signs is none.
fn is_computed(default: &str) -> bool {
    let expression = Expression::parse(&straight(default));
    default.contains("${") || expression.is_ok_and(|it| !it.functions().is_empty())
}

/// How often a repeat is there, where that is more than an answer: a question of its own beside it, as other programs that
/// read the format have it, so that records of theirs and of ours are alike.
fn implied_count(repeat: &Question, count: Expression) -> Question {
    Question {
        name: format!("{}_count", repeat.name),
        kind: Kind::Calculate,
        parent: repeat.parent,
        row: repeat.row,
        implied: true,
        logic: Logic { calculation: Some(count), ..Logic::default() },
        ..Question::default()
    }
}

/// The choice `other` of a list that has none, in all languages of the list.
fn other_choice(list: &ChoiceList) -> Choice {
    let mut label = Texts::new();
    for (language, said) in list.choices.iter().flat_map(|it| &it.label) {
        let said_before = label.get(language).is_some_and(|it| it == "其他");
        let other = if said_before || is_chinese(said) { "其他" } else { "Other" };
        label.insert(language.clone(), other.to_owned());
    }
    // What is said in languages is not said in none, too.
    if label.len() > 1 {
        label.remove("");
    } else if label.is_empty() {
        label.insert(String::new(), "Other".to_owned());
    }
    Choice { name: "other".to_owned(), label, implied: true, ..Choice::default() }
}

/// The question for the words of `other`, in the languages of the question.
fn other(question: &Question) -> Question {
    let relevant = format!("selected(../{}, 'other')", question.name);
    let specify = |said: &String| if is_chinese(said) { "请说明" } else { "Specify other." };
    let mut label: Texts =
        question.label.iter().map(|(language, said)| (language.clone(), specify(said).to_owned())).collect();
    if label.is_empty() {
        label.insert(String::new(), "Specify other.".to_owned());
    }
    Question {
        name: format!("{}_other", question.name),
        kind: Kind::Text,
        parent: question.parent,
        row: question.row,
        label,
        implied: true,
        logic: Logic { relevant: Expression::parse(&relevant).ok(), ..Logic::default() },
        ..Question::default()
    }
}

/// Whether a text is Chinese: it has a Chinese character.
fn is_chinese(text: &str) -> bool {
    text.chars().any(|it| matches!(it, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}'))
}
