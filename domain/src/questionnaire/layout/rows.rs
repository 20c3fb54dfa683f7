//! A record as rows of tables.

use super::{Holds, Layout, Place, Wording};
use crate::{
    csv::{BETWEEN_CHOICES, CellType},
    day,
    expression::number_from_text,
    questionnaire::{Kind, Question, filling::Filling},
};

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub table: usize,
    /// Keys, then a cell for each column of the table.
    pub cells: Vec<Cell>,
}

/// One cell, with what it may be taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub cell_type: CellType,
    pub text: String,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self { cell_type: CellType::Text, text: text.into() }
    }

    /// A key is a word of ours: guarded, no other program would find the rows that belong together.
    fn key(key: &str) -> Self {
        Self { cell_type: CellType::Plain, text: key.to_owned() }
    }

    fn empty() -> Self {
        Self::text("")
    }
}

impl Layout<'_> {
    /// The rows of a record, that of the form's table first, then turns in the order of the form. `version` is the place of
    /// its questionnaire among those of the layout; `key` is of no other record. What is not asked has an empty cell.
    pub fn rows(&self, version: usize, record: &Filling<'_>, key: &str, wording: &Wording) -> Vec<Row> {
        let mut rows = Vec::new();
        let form = record.nodes(0).first().copied();
        let mut writer = Writer { layout: self, version, record, wording, rows: &mut rows };
        if let Some(form) = form {
            writer.row(0, form, key, None);
        }
        rows
    }
}

struct Writer<'w, 'q> {
    layout: &'w Layout<'q>,
    version: usize,
    record: &'w Filling<'w>,
    wording: &'w Wording,
    rows: &'w mut Vec<Row>,
}

impl Writer<'_, '_> {
    fn row(&mut self, table: usize, node: u32, key: &str, parent_key: Option<&str>) {
        let mut cells = vec![Cell::key(key)];
        cells.extend(parent_key.map(Cell::key));
        let n_keys = cells.len();
        cells.resize(n_keys + self.layout.tables[table].columns.len(), Cell::empty());
        let place = self.rows.len();
        self.rows.push(Row { table, cells: Vec::new() });
        self.fill(node, key, n_keys, &mut cells);
        self.rows[place].cells = cells;
    }

    /// Fills the cells of what is within a node, and adds the rows of its turns.
    fn fill(&mut self, node: u32, key: &str, n_keys: usize, cells: &mut [Cell]) {
        let document = self.record.document();
        let mut turn = 0;
        let mut before = None;
        for child in document.children(node) {
            let number = self.record.question_of(*child);
            turn = if before == Some(number) { turn + 1 } else { 1 };
            before = Some(number);
            if !document.is_relevant(*child) {
                continue;
            }
            let question = self.record.questionnaire().question(number);
            let place = &self.layout.places[self.version][number as usize];
            match question.kind {
                Kind::Group | Kind::Form => self.fill(*child, key, n_keys, cells),
                Kind::Repeat => {
                    let turn_key = format!("{key}/{}[{turn}]", question.name);
                    self.row(place.table, *child, &turn_key, Some(key));
                }
                _ => self.answer(number, document.text(*child), place, &mut cells[n_keys..]),
            }
        }
    }

    fn answer(&self, number: u32, text: &str, place: &Place, cells: &mut [Cell]) {
        if text.is_empty() {
            return;
        }
        let question = self.record.questionnaire().question(number);
        if let Some(column) = place.answer {
            cells[column] = Cell { cell_type: cell_type(question, text), text: self.said(number, text) };
        }
        for column in place.choices.values() {
            cells[*column] = Cell { cell_type: CellType::Plain, text: "0".to_owned() };
        }
        for chosen in text.split_whitespace().filter(|_| !place.choices.is_empty()) {
            if let Some(column) = place.choices.get(chosen) {
                "1".clone_into(&mut cells[*column].text);
            }
        }
    }

    /// An answer in the words that are asked for.
    fn said(&self, number: u32, text: &str) -> String {
        let question = self.record.questionnaire().question(number);
        if !self.wording.labels {
            return text.to_owned();
        }
        let label = |name: &str| {
            let label = self.layout.choice_label((self.version, number), name, &self.wording.language);
            label.unwrap_or_else(|| name.to_owned())
        };
        match question.kind {
            Kind::SelectOne(_) => label(text),
            Kind::SelectMultiple(_) | Kind::Rank(_) => {
                text.split_whitespace().map(label).collect::<Vec<_>>().join(BETWEEN_CHOICES)
            }
            _ => text.to_owned(),
        }
    }
}

/// What a cell may be taken for: a record may hold anything where a number was asked for.
fn cell_type(question: &Question, text: &str) -> CellType {
    let plain = match question.kind {
        Kind::Integer | Kind::Decimal | Kind::Range(_) => {
            !number_from_text(text).is_nan() && text.len() <= crate::csv::EXACT_DIGITS_MAX
        }
        Kind::Date => day::is_day(text),
        _ => false,
    };
    if plain { CellType::Plain } else { CellType::Text }
}

impl Holds {
    /// The choice that a column is of.
    pub fn choice(&self) -> Option<&str> {
        match self {
            Self::Answer => None,
            Self::Choice(name) => Some(name),
        }
    }
}
