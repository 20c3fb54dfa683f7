//! A questionnaire: what is asked, in which order, when, and what is computed from it.
//!
//! It is read from an XLSForm ([`xlsform::read`]), the format that the field writes its forms in (xlsform.org). A place in
//! [`Questionnaire::questions`] is the number of a question; 0 is the form itself, the node `data` above all others, and
//! groups and repeats are questions with children. The numbers are in the order of the survey, parents before children, and
//! they are the places of names in the documents that expressions walk.

mod choices;
mod columns;
pub mod editing;
pub mod filling;
pub mod finding;
pub mod graph;
mod kind;
pub mod last_saved;
pub mod layout;
mod logic;
pub mod medium;
mod parameters;
pub mod printed;
pub mod sheets;
pub mod shown;
pub mod submission;
mod survey;
pub mod version;
pub mod xform;
pub mod xlsform;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::expression::{Expression, Record, Reference, Tables};

pub use columns::Column;
pub use graph::{Graph, Task};
pub use kind::{Choices, Kind, Metadatum, Scale, Source};
use medium::Media;

/// Most rows of a survey sheet: the largest forms of the field have some thousand.
pub const QUESTIONS_MAX: usize = 10_000;
/// Most choices of all lists together.
pub const CHOICES_MAX: usize = 200_000;
/// Groups and repeats that may be within each other.
pub const GROUP_DEPTH_MAX: usize = 30;
/// Most turns of one repeat.
pub const TURNS_MAX: usize = 1_000;

/// Most nodes of one record: turns of repeats within each other are many soon.
pub const NODES_MAX: usize = 200_000;

/// A text by language; the language of a column without one is the empty text.
pub type Texts = BTreeMap<String, String>;

/// A questionnaire that can be filled in: every name in it leads somewhere, and nothing hangs on itself.
#[derive(Clone, Debug)]
pub struct Questionnaire {
    /// Stable name of the form, the same in all its versions.
    pub id: String,
    pub title: String,
    pub version: String,
    /// Languages of labels in the order of the columns; empty when there is only one, without a name.
    pub languages: Vec<String>,
    /// The language that is shown first; the first one unless the form says so itself.
    pub default_language: String,
    /// Whether the form says which language is shown first.
    pub default_language_given: bool,
    /// What a finished record is called.
    pub instance_name: Option<Expression>,
    /// `pages` and the like.
    pub style: String,
    /// Settings that only other programs read, by the names of the settings sheet.
    pub settings: BTreeMap<String, String>,
    /// Attached files that the form reads by `instance`, beside those of choices and of `pulldata`.
    pub attached: Vec<String>,
    /// Files that labels and choices show or play, as far as they are here.
    pub media: Media,
    pub questions: Vec<Question>,
    pub lists: BTreeMap<String, ChoiceList>,
    /// Lists of choices and attached files, as expressions look them up.
    pub tables: Tables,
    pub graph: Graph,
    /// Questions whose logic reads the record before.
    reads_last: BTreeSet<u32>,
    names: Arc<[String]>,
    /// Questions of a name.
    by_name: BTreeMap<String, Vec<u32>>,
}

/// One row of the survey sheet.
#[derive(Clone, Debug, Default)]
pub struct Question {
    pub name: String,
    pub kind: Kind,
    /// The group or repeat that it is in; the form is in itself.
    pub parent: u32,
    pub children: Vec<u32>,
    /// The row of the survey sheet, from 1; 0 for the form.
    pub row: usize,
    pub label: Texts,
    pub hint: Texts,
    pub guidance_hint: Texts,
    /// Names of files by kind: image, big-image, audio, video.
    pub media: BTreeMap<String, Texts>,
    pub required_message: Texts,
    pub constraint_message: Texts,
    /// Words of the appearance column.
    pub appearance: Vec<String>,
    pub parameters: BTreeMap<String, String>,
    /// What only other programs read, by the place in an XForm and the attribute: `bind::`, `body::` or `instance::`.
    pub kept: BTreeMap<String, String>,
    /// Whether it has no row of its own: the words of `other`, and how often a repeat is there.
    pub implied: bool,
    pub logic: Logic,
    /// What it is before anyone answers, as it is.
    pub default: Option<String>,
    /// Questions whose answers make it compute anew; without any, all that it reads do.
    pub triggers: Vec<u32>,
    /// The same as the form names them.
    trigger_names: Vec<String>,
}

/// The expressions of a question.
#[derive(Clone, Debug, Default)]
pub struct Logic {
    pub relevant: Option<Expression>,
    pub required: Option<Expression>,
    pub constraint: Option<Expression>,
    pub calculation: Option<Expression>,
    pub read_only: Option<Expression>,
    pub choice_filter: Option<Expression>,
    pub repeat_count: Option<Expression>,
    /// A default that is computed once, when the record begins.
    pub default: Option<Expression>,
}

/// A list of the choices sheet, or a file of choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChoiceList {
    pub choices: Vec<Choice>,
    /// Places in `choices` by name.
    places: BTreeMap<String, Vec<usize>>,
}

/// One choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What an answer holds.
    pub name: String,
    pub label: Texts,
    pub media: BTreeMap<String, Texts>,
    /// Cells of further columns, for choice filters.
    pub more: BTreeMap<String, String>,
    /// It stands in no row: `or_other` asks for it.
    pub implied: bool,
}

impl ChoiceList {
    fn add(&mut self, choice: Choice) {
        self.places.entry(choice.name.clone()).or_default().push(self.choices.len());
        self.choices.push(choice);
    }

    /// The place of the choice with this name, the first where a form allows several.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places(name).first().copied()
    }

    /// The places of all choices with this name.
    pub fn places(&self, name: &str) -> &[usize] {
        self.places.get(name).map_or(&[], Vec::as_slice)
    }
}

impl Questionnaire {
    pub fn question(&self, number: u32) -> &Question {
        &self.questions[number as usize]
    }

    /// The numbers of all questions, the form first.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.questions.len()).expect("bounded by QUESTIONS_MAX")
    }

    /// From the form down to a question, both included.
    pub fn path(&self, number: u32) -> Vec<u32> {
        let mut path = vec![number];
        let mut it = number;
        while it != 0 {
            it = self.question(it).parent;
            path.push(it);
        }
        path.reverse();
        path
    }

    /// A question and all that are in it; their numbers follow each other.
    pub fn within(&self, number: u32) -> std::ops::Range<u32> {
        let mut end = number;
        while let Some(last) = self.question(end).children.last() {
            end = *last;
        }
        number..end + 1
    }

    /// The only question of a name.
    pub fn named(&self, name: &str) -> Option<u32> {
        match self.by_name.get(name).map(Vec::as_slice) {
            Some(&[number]) => Some(number),
            _ => None,
        }
    }

    /// How an expression at `from` gets to a question: within the innermost repeat that both are in, else from the root.
    pub fn reference(&self, from: u32, to: u32) -> Reference {
        let (path, own) = (self.path(to), self.path(from));
        let shared = path[..path.len() - 1].iter().zip(&own).take_while(|(a, b)| a == b);
        let repeat =
            shared.map(|(it, _)| *it).enumerate().filter(|(_, it)| self.question(*it).kind == Kind::Repeat);
        match repeat.last() {
            None => Reference { path, up: None, of_turn: false, n_shared: 0 },
            Some((place, _)) => {
                let up = Some(own.len() - 1 - place);
                Reference { path, up, of_turn: false, n_shared: place + 1 }
            }
        }
    }

    /// Notes in an expression at `from` where each `${name}` is; names that lead nowhere stay unknown.
    pub fn resolve(&self, expression: &mut Expression, from: u32) {
        expression.resolve(&mut |name, record| match record {
            Record::This => self.named(name).map(|it| self.reference(from, it)),
            Record::LastSaved => {
                let whole = |it| Reference { path: self.path(it), up: None, of_turn: false, n_shared: 0 };
                self.named(name).map(whole)
            }
        });
    }

    /// The same in the filter of a question whose choices are answers to another one, `chosen`: what is in that one's
    /// repeat is of the turn that may be chosen.
    pub(crate) fn resolve_turns(&self, filter: &mut Expression, asking: u32, chosen: u32) {
        let turn = self.question(chosen).parent;
        let repeat = self.repeat_of(chosen);
        filter.resolve(&mut |name, record| {
            let to = self.named(name)?;
            match record {
                Record::This if repeat.is_some_and(|it| self.within(it).contains(&to) && it != to) => {
                    Some(Reference { of_turn: true, ..self.reference(turn, to) })
                }
                Record::This => Some(self.reference(asking, to)),
                Record::LastSaved => {
                    Some(Reference { path: self.path(to), up: None, of_turn: false, n_shared: 0 })
                }
            }
        });
    }

    /// The innermost repeat that a question is in.
    pub fn repeat_of(&self, number: u32) -> Option<u32> {
        let path = self.path(self.question(number).parent);
        path.into_iter().rev().find(|it| self.question(*it).kind == Kind::Repeat)
    }

    /// The choices of a question, unless it has none or they are answers.
    pub fn choices(&self, number: u32) -> Option<&ChoiceList> {
        match &self.question(number).kind.choices()?.from {
            Source::List(list) | Source::File(list) => self.lists.get(list),
            Source::Question(_) => None,
        }
    }

    /// The label of a choice; the question is `${name}`, a name or a path, as expressions write it.
    pub fn choice_label(&self, question: &str, value: &str, language: &str) -> Option<String> {
        let name = question.trim().strip_prefix("${").and_then(|it| it.strip_suffix('}')).unwrap_or(question);
        let number = self.named(name.trim().rsplit('/').next()?)?;
        let list = self.choices(number)?;
        Some(text_in(&list.choices[list.place(value)?].label, language)?.to_owned())
    }
}

/// A text in a language, else without one, else in any.
pub fn text_in<'t>(texts: &'t Texts, language: &str) -> Option<&'t str> {
    texts.get(language).or_else(|| texts.get("")).or_else(|| texts.values().next()).map(String::as_str)
}
