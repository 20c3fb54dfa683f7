//! A question that gets another name is followed: `${name}` wherever it stands, and the names in paths that lead to it.

use super::{Book, Column, Part, Row, Ruled, lines::Spans};
use crate::{
    expression::{Expression, From, Place, Tree},
    questionnaire::{Kind, Source},
};

/// The survey as paths find its questions, which are numbered by the places of their rows.
struct Survey<'b> {
    rows: &'b [Row],
    spans: Spans,
    name: Option<usize>,
}

impl Survey<'_> {
    fn name(&self, place: usize) -> &str {
        self.rows[place].cell(self.name)
    }

    /// Rows that stand for something that has a name.
    fn named_rows(&self) -> impl Iterator<Item = usize> {
        let is_named = |it: &usize| {
            !self.spans.of[*it].blank && self.spans.of[*it].begin.is_none() && !self.name(*it).is_empty()
        };
        (0..self.rows.len()).filter(is_named)
    }
}

impl Tree for Survey<'_> {
    fn parent(&self, question: usize) -> Place {
        self.spans.of[question].parent.map_or(Place::Form, Place::Question)
    }

    fn child(&self, of: Place, name: &str) -> Option<usize> {
        let parent = match of {
            Place::Root => return None,
            Place::Form => None,
            Place::Question(it) => Some(it),
        };
        self.named_rows().find(|it| self.spans.of[*it].parent == parent && self.name(*it) == name)
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.named_rows().find(|it| self.name(*it) == name)
    }
}

/// A cell that is to say something else.
pub(super) struct Rewritten {
    part: Part,
    row: usize,
    place: usize,
    text: String,
}

impl Book {
    /// The cells whose paths lead to a question by its name, with another name in them.
    pub(super) fn paths_to(&self, key: u32, before: &str, name: &str) -> Vec<Rewritten> {
        let Some(ruled) = self.ruled(Part::Survey) else { return Vec::new() };
        let Some(wanted) = ruled.at(key) else { return Vec::new() };
        let survey = Survey { rows: ruled.rows, spans: Spans::of(&ruled), name: ruled.plain(Column::Name) };
        let mut rewritten = Vec::new();
        for (row, cells) in ruled.rows.iter().enumerate().skip(ruled.header + 1) {
            for (place, column) in ruled.columns.iter().enumerate() {
                let Some((column, _)) = column else { continue };
                let Some(from) = self.read_from(&ruled, &survey, *column, row) else { continue };
                let text =
                    cells.cells.get(place).and_then(|it| renamed(it, wanted, from, &survey, before, name));
                rewritten.extend(text.map(|text| Rewritten { part: Part::Survey, row, place, text }));
            }
        }
        let from = From { question: Place::Form, here: Some(Place::Form) };
        let settings = self.table(Part::Settings).map_or(&[][..], |it| &it.rows);
        for (row, cells) in settings.iter().enumerate() {
            for (place, cell) in cells.cells.iter().enumerate() {
                let text = renamed(cell, wanted, from, &survey, before, name);
                rewritten.extend(text.map(|text| Rewritten { part: Part::Settings, row, place, text }));
            }
        }
        rewritten
    }

    /// What the expression in a column of a row is read from; `None` for a column without one.
    fn read_from(&self, ruled: &Ruled<'_>, survey: &Survey<'_>, column: Column, row: usize) -> Option<From> {
        let (question, parent) = (Place::Question(row), survey.parent(row));
        let here = match column {
            Column::Relevant
            | Column::Required
            | Column::Constraint
            | Column::Calculation
            | Column::ReadOnly
            | Column::Default => Some(question),
            Column::RepeatCount => return Some(From { question: parent, here: Some(parent) }),
            // Of a list its columns; of a question in a repeat the turn that can be chosen.
            Column::ChoiceFilter => {
                let kind = self.kind(ruled.rows[row].key);
                match kind.as_ref().and_then(Kind::choices).map(|it| &it.from) {
                    Some(Source::Question(name)) => survey.named(name).map(|it| survey.parent(it)),
                    Some(Source::List(_) | Source::File(_)) | None => None,
                }
            }
            _ => return None,
        };
        Some(From { question, here })
    }

    pub(super) fn rewrite(&mut self, rewritten: Vec<Rewritten>) {
        for Rewritten { part, row, place, text } in rewritten {
            self.table_mut(part).rows[row].write(place, &text);
        }
    }
}

/// An expression with another name for a question in its paths; `None` where none leads to it.
fn renamed(
    text: &str,
    wanted: usize,
    from: From,
    survey: &Survey<'_>,
    before: &str,
    name: &str,
) -> Option<String> {
    // Most cells have no path with this name in them.
    if !text.contains(before) {
        return None;
    }
    let mut places = Expression::parse(text).ok()?.names_leading_to(wanted, from, survey);
    places.sort_unstable();
    let mut chars: Vec<char> = text.chars().collect();
    for at in places.iter().rev() {
        chars.splice(at..&(at + before.chars().count()), name.chars());
    }
    (!places.is_empty()).then(|| chars.into_iter().collect())
}
