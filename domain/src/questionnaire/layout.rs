//! Records of all versions of a questionnaire as tables: one for the form, one for each repeat, joined by keys.
//!
//! Columns never move: what a version takes out keeps its column, and what it adds stands behind all that was there. So
//! what a spreadsheet made of last month's file still fits this month's.

mod change;
mod codebook;
mod headers;
mod rows;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Metadatum, Question, Questionnaire, Source};

pub use change::{Change, ColumnChange, changes};
pub use rows::{Cell, Row};

/// Most choices of a question that get a column each; of longer lists there is the one column of all that was chosen.
pub const CHOICE_COLUMNS_MAX: usize = 300;

/// How tables are written. Which columns there are hangs on [`Several`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// Whether the groups that a question is in stand before its name.
    pub prefixes: bool,
    /// Whether headers and choices are words for people, or names.
    pub labels: bool,
    /// The language of labels.
    pub language: String,
}

/// How the answers are written to a question of which several choices can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Several {
    /// In one column.
    Joined,
    /// A column for each choice with 1 or 0; nothing where nothing was answered.
    Split,
    /// The one column, then those.
    Both,
}

/// Tables for the records of some versions of a questionnaire.
#[derive(Clone, Debug)]
pub struct Layout<'q> {
    versions: Vec<&'q Questionnaire>,
    pub tables: Vec<Table>,
    /// By version, by question: where its answers stand.
    places: Vec<Vec<Place>>,
}

/// One table. Before its columns stand the key of the row and, in that of a repeat, the key of the row it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The repeats from the outermost, each with the groups that it is in; empty for the form's own table.
    pub path: Vec<String>,
    /// The table whose rows it belongs to.
    pub parent: Option<usize>,
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The groups within the table, then the question.
    pub path: Vec<String>,
    pub holds: Holds,
    /// The first version that has it, by its place, and the question there; its groups are those of `path`.
    first: (usize, u32),
    /// The last version that has it, by its place, and the question there.
    last: (usize, u32),
    /// Places of the versions that have it, with its question there.
    versions: BTreeMap<usize, u32>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    Answer,
    /// Whether this choice was chosen.
    Choice(String),
}

/// Where a question's answers stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    table: usize,
    answer: Option<usize>,
    choices: BTreeMap<String, usize>,
}

impl<'q> Layout<'q> {
    /// The tables of versions of one questionnaire, the oldest first. Questions are the same if they have the same name in
    /// the same repeat, whichever group they are in; only names that a version has twice in a repeat are told apart by their
    /// groups.
    pub fn of(versions: &[&'q Questionnaire], several: Several) -> Self {
        let form = Table { path: Vec::new(), parent: None, columns: Vec::new() };
        let mut layout = Self { versions: versions.to_vec(), tables: vec![form], places: Vec::new() };
        let mut known = Known::default();
        for (version, form) in versions.iter().enumerate() {
            layout.places.push(vec![Place::default(); form.questions.len()]);
            known.twice = names_twice(form);
            for number in form.numbers().skip(1) {
                layout.add(version, number, several, &mut known);
            }
        }
        layout
    }

    fn add(&mut self, version: usize, number: u32, several: Several, known: &mut Known) {
        let form = self.versions[version];
        let question = form.question(number);
        let place = if question.kind == Kind::Repeat {
            Place { table: self.table(form, number, version, known), ..Place::default() }
        } else {
            let mut place = Place { table: self.table_above(form, number, version), ..Place::default() };
            if is_answered(question) {
                if several != Several::Split || choices_apart(form, question).is_none() {
                    place.answer = Some(self.column(version, number, place.table, Holds::Answer, known));
                }
                for choice in
                    choices_apart(form, question).filter(|_| several != Several::Joined).into_iter().flatten()
                {
                    let holds = Holds::Choice(choice.clone());
                    let column = self.column(version, number, place.table, holds, known);
                    place.choices.insert(choice, column);
                }
            }
            place
        };
        self.places[version][number as usize] = place;
    }

    fn table_above(&self, form: &Questionnaire, number: u32, version: usize) -> usize {
        form.repeat_of(number).map_or(0, |it| self.places[version][it as usize].table)
    }

    fn table(&mut self, form: &Questionnaire, repeat: u32, version: usize, known: &mut Known) -> usize {
        let parent = self.table_above(form, repeat, version);
        let path = path_in_table(form, repeat);
        let tables = known.tables.entry((parent, form.question(repeat).name.clone())).or_default();
        let n_above = self.tables[parent].path.len();
        let own_path = |it: usize| &self.tables[it].path[n_above..];
        let twice = known.twice.contains(&short_key(form, repeat));
        if let Some(table) = same(tables, own_path, &path, twice) {
            return table;
        }
        let path = self.tables[parent].path.iter().cloned().chain(path).collect();
        self.tables.push(Table { path, parent: Some(parent), columns: Vec::new() });
        tables.push(self.tables.len() - 1);
        self.tables.len() - 1
    }

    fn column(
        &mut self,
        version: usize,
        number: u32,
        table: usize,
        holds: Holds,
        known: &mut Known,
    ) -> usize {
        let form = self.versions[version];
        let path = path_in_table(form, number);
        let columns = &mut self.tables[table].columns;
        let key = (table, form.question(number).name.clone(), holds.clone());
        let places = known.columns.entry(key).or_default();
        let twice = known.twice.contains(&short_key(form, number));
        let place = same(places, |it| &columns[it].path, &path, twice).unwrap_or_else(|| {
            let here = (version, number);
            columns.push(Column { path, holds, first: here, last: here, versions: BTreeMap::new() });
            places.push(columns.len() - 1);
            columns.len() - 1
        });
        let column = &mut columns[place];
        column.last = (version, number);
        column.versions.insert(version, number);
        place
    }

    /// The question of a column as the last version that has it asks it.
    pub fn question(&self, column: &Column) -> &'q Question {
        let (version, number) = column.last;
        self.versions[version].question(number)
    }
}

/// What was given a place already. Nothing of it is decided anew for a further version, or columns would move.
#[derive(Default)]
struct Known {
    /// Names that the version at hand has twice in one repeat.
    twice: BTreeSet<Vec<String>>,
    /// Tables by the table that they belong to, and name.
    tables: BTreeMap<(usize, String), Vec<usize>>,
    /// Columns by table, name and what they hold.
    columns: BTreeMap<(usize, String, Holds), Vec<usize>>,
}

/// Which of some places of one name is that of a path: the one in the same groups, else, for a name that is there once, the
/// first.
fn same<'p>(
    places: &[usize],
    path_of: impl Fn(usize) -> &'p [String],
    path: &[String],
    twice: bool,
) -> Option<usize> {
    let there = places.iter().copied().find(|it| path_of(*it) == path);
    there.or_else(|| places.first().copied().filter(|_| !twice))
}

/// Names of the repeats around a question, and its own.
fn short_key(form: &Questionnaire, number: u32) -> Vec<String> {
    let path = form.path(number);
    let repeats = path[..path.len() - 1].iter().filter(|it| form.question(**it).kind == Kind::Repeat);
    repeats.chain([&number]).map(|it| form.question(*it).name.clone()).collect()
}

fn names_twice(form: &Questionnaire) -> BTreeSet<Vec<String>> {
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for number in form.numbers().skip(1) {
        let question = form.question(number);
        let counts = is_answered(question) || question.kind == Kind::Repeat;
        let key = short_key(form, number);
        if counts && !seen.insert(key.clone()) {
            twice.insert(key);
        }
    }
    twice
}

/// The groups around a question within its repeat, and its own name.
fn path_in_table(form: &Questionnaire, number: u32) -> Vec<String> {
    let path = form.path(number);
    let repeat = path[..path.len() - 1].iter().rposition(|it| form.question(*it).kind == Kind::Repeat);
    path[repeat.unwrap_or(0) + 1..].iter().map(|it| form.question(*it).name.clone()).collect()
}

/// Whether a record can hold an answer to it that says something.
fn is_answered(question: &Question) -> bool {
    let counted = question.implied && question.kind == Kind::Calculate;
    let silent = matches!(question.kind, Kind::Note | Kind::Metadata(Metadatum::Audit));
    !question.kind.is_group() && !silent && !counted
}

/// The choices that get a column each.
fn choices_apart(form: &Questionnaire, question: &Question) -> Option<Vec<String>> {
    let Kind::SelectMultiple(choices) = &question.kind else { return None };
    let Source::List(list) = &choices.from else { return None };
    let mut seen = BTreeSet::new();
    let names = form.lists.get(list)?.choices.iter().map(|it| it.name.clone());
    let names: Vec<String> = names.filter(|it| seen.insert(it.clone())).collect();
    (names.len() <= CHOICE_COLUMNS_MAX).then_some(names)
}
