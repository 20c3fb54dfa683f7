//! What keeps a record from being finished.

use super::Filling;
use crate::{
    day,
    expression::{Document, ErrorKind, Expression, NodeRef, is_clock, is_time, number_from_text},
    questionnaire::{Choices, Kind, Source},
};

/// Something that is wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub node: u32,
    pub question: u32,
    pub kind: ProblemKind,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemKind {
    Missing,
    /// Its constraint does not hold.
    Refused,
    NotANumber,
    NotAWholeNumber,
    OutOfRange,
    NotADate,
    NotATime,
    NotAPlace,
    NotAChoice,
    /// One choice is there twice.
    ChosenTwice,
    /// It is computed, and comes to something else here.
    Different,
    /// An expression of the form could not be evaluated.
    Failed(ErrorKind),
}

/// Whether another engine's text of a value says what is computed here. That of ODK Collect writes what holds and what does not as
/// `1` and `0`, and a day that it reckoned as the moment at which that day began there.
fn says(given: &str, computed: &str) -> bool {
    let began = || given.strip_prefix(computed).is_some_and(|it| it.starts_with("T00:00:00.000"));
    match computed {
        "true" => matches!(given, "true" | "1"),
        "false" => matches!(given, "false" | "0"),
        _ => given == computed || (day::is_day(computed) && is_time(given) && began()),
    }
}

impl Filling<'_> {
    /// All that is wrong, in the order of the form.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut open = vec![self.document.root()];
        while let Some(node) = open.pop() {
            if let Some(question) = self.document.name_place(node) {
                let kind = self.problem(node);
                problems.extend(kind.map(|kind| Problem { node, question, kind }));
            }
            let asked = |it: &&u32| self.document.is_relevant(**it);
            open.extend(self.document.children(node).iter().filter(asked).rev());
        }
        problems
    }

    /// Where a node is: `/data/person[2]/age`.
    pub fn path(&self, node: u32) -> String {
        let mut parts = Vec::new();
        let mut it = node;
        while let Some(name) = self.document.name(it) {
            let repeat = self.questionnaire.question(self.question_of(it)).kind == Kind::Repeat;
            let turn = if repeat { format!("[{}]", self.document.position(it)) } else { String::new() };
            parts.push(format!("/{name}{turn}"));
            it = self.document.parent(it);
        }
        parts.reverse();
        parts.concat()
    }

    /// What is wrong with an answer that is asked for.
    pub fn problem(&self, node: u32) -> Option<ProblemKind> {
        if !self.failed.is_empty()
            && let Some((_, error)) =
                self.failed.range((node, None)..).next().filter(|((it, _), _)| *it == node)
        {
            return Some(ProblemKind::Failed(error.kind.clone()));
        }
        let asked = self.questionnaire.question(self.question_of(node));
        if asked.kind.is_group() {
            return None;
        }
        let text = self.document.text(node);
        if text.is_empty() {
            if asked.kind.may_be_left_out() {
                return None;
            }
            return match asked.logic.required.as_ref().map(|it| self.holds(it, node))? {
                Ok(true) => Some(ProblemKind::Missing),
                Ok(false) => None,
                Err(error) => Some(ProblemKind::Failed(error.kind)),
            };
        }
        if let Some(kind) = self.misfit(node, &asked.kind, text) {
            return Some(kind);
        }
        let constraint = asked.logic.constraint.as_ref();
        let constraint = constraint.filter(|_| !self.reads_elsewhere(self.question_of(node)));
        match constraint.map(|it| self.holds(it, node)) {
            Some(Ok(false)) => return Some(ProblemKind::Refused),
            Some(Err(error)) => return Some(ProblemKind::Failed(error.kind)),
            Some(Ok(true)) | None => {}
        }
        self.given.get(&node).filter(|it| !says(it, text)).map(|_| ProblemKind::Different)
    }

    /// What is wrong with an answer as one of its kind.
    fn misfit(&self, node: u32, kind: &Kind, text: &str) -> Option<ProblemKind> {
        let (fits, otherwise) = match kind {
            Kind::Integer => (is_whole(text), ProblemKind::NotAWholeNumber),
            Kind::Decimal => (!number_from_text(text).is_nan(), ProblemKind::NotANumber),
            Kind::Range(scale) => {
                let number = number_from_text(text);
                if number.is_nan() {
                    return Some(ProblemKind::NotANumber);
                }
                ((scale.start..=scale.end).contains(&number), ProblemKind::OutOfRange)
            }
            Kind::Date => (day::is_day(text), ProblemKind::NotADate),
            Kind::Time => (is_clock(text), ProblemKind::NotATime),
            Kind::DateTime => (is_time(text), ProblemKind::NotATime),
            Kind::Geopoint => (is_place(text), ProblemKind::NotAPlace),
            Kind::Geotrace | Kind::Geoshape => {
                (text.trim_end_matches(';').split(';').all(is_place), ProblemKind::NotAPlace)
            }
            Kind::SelectOne(choices) => (self.is_choice(node, choices, text), ProblemKind::NotAChoice),
            Kind::SelectMultiple(choices) | Kind::Rank(choices) => {
                let mut chosen: Vec<&str> = text.split_whitespace().collect();
                let n_chosen = chosen.len();
                chosen.sort_unstable();
                chosen.dedup();
                // Before any filter is asked: a hostile text may hold one word many times.
                if chosen.len() < n_chosen {
                    return Some(ProblemKind::ChosenTwice);
                }
                (chosen.iter().all(|it| self.is_choice(node, choices, it)), ProblemKind::NotAChoice)
            }
            Kind::Form
            | Kind::Group
            | Kind::Repeat
            | Kind::Text
            | Kind::Note
            | Kind::Image
            | Kind::Audio
            | Kind::Video
            | Kind::File
            | Kind::Barcode
            | Kind::Acknowledge
            | Kind::Calculate
            | Kind::Hidden
            | Kind::Metadata(_) => return None,
        };
        (!fits).then_some(otherwise)
    }

    /// What is left of an answer of before as one to the question that is asked by its name, where that is not all of it. Filters of
    /// choices are not asked: what they read may not be here.
    pub(super) fn what_still_fits(&self, node: u32) -> Option<String> {
        let asked = self.questionnaire.question(self.question_of(node));
        let text = self.document.text(node);
        let Some(choices) = asked.kind.choices() else {
            let is_answer = text.is_empty() || asked.kind.is_group();
            return (!is_answer && self.misfit(node, &asked.kind, text).is_some()).then(String::new);
        };
        let (Source::List(list) | Source::File(list)) = &choices.from else { return None };
        let known = self.questionnaire.lists.get(list)?;
        let one = matches!(asked.kind, Kind::SelectOne(_));
        let chosen: Vec<&str> = if one { vec![text] } else { text.split_whitespace().collect() };
        let left: Vec<&str> = chosen.iter().copied().filter(|it| known.place(it).is_some()).collect();
        (left.len() < chosen.len()).then(|| left.join(" "))
    }

    /// Whether there is a choice of this name that the filter lets through.
    fn is_choice(&self, node: u32, choices: &Choices, name: &str) -> bool {
        let list = match &choices.from {
            Source::List(list) | Source::File(list) => list,
            Source::Question(chosen) => {
                let chosen = self.questionnaire.named(chosen);
                return chosen.is_some_and(|it| {
                    self.nodes_to_choose(node, it).iter().any(|it| self.document.text(*it) == name)
                });
            }
        };
        // A file that is not attached is not known here.
        let Some(known) = self.questionnaire.lists.get(list) else { return true };
        known.places(name).iter().any(|it| self.passes(node, list, *it))
    }

    /// Whether a question's filter lets the choice at a place of its list through.
    fn passes(&self, node: u32, list: &str, place: usize) -> bool {
        let question = self.questionnaire.question(self.question_of(node));
        let Some(filter) = &question.logic.choice_filter else { return true };
        let tables = &self.questionnaire.tables;
        let (Some(root), Some(document)) = (tables.root(list), tables.get(list)) else { return true };
        let row = row_of(document, place).map(|node| NodeRef { node, ..root });
        let asking = Some(NodeRef { document: 0, node });
        self.with_world(|world| filter.holds_of(world, row, asking)).unwrap_or(true)
    }

    /// The nodes whose answers are the choices of a question at `node`: those of `chosen` that are asked and answered,
    /// beside the one that asks as far as both are in one repeat, and that the filter lets through.
    pub fn nodes_to_choose(&self, node: u32, chosen: u32) -> Vec<u32> {
        let questionnaire = self.questionnaire;
        let question = self.question_of(node);
        // Turns of the repeat itself are what is chosen from, even for a question in one of them.
        let repeat = questionnaire.repeat_of(chosen).unwrap_or_default();
        let shared = questionnaire.reference(question, repeat);
        let mut above = node;
        match shared.up {
            Some(up) => (0..up).for_each(|_| above = self.document.parent(above)),
            None => above = self.document.root(),
        }
        let filter = questionnaire.question(question).logic.choice_filter.as_ref();
        let asking = Some(NodeRef { document: 0, node });
        let offered = |it: &u32| {
            let turn = Some(NodeRef { document: 0, node: self.document.parent(*it) });
            let passes = |filter: &Expression| {
                self.with_world(|world| filter.holds_of(world, turn, asking)).unwrap_or(true)
            };
            !self.document.text(*it).is_empty() && self.is_asked(*it) && filter.is_none_or(passes)
        };
        let nodes = self.nodes[chosen as usize].iter().copied();
        nodes.filter(|it| self.is_within(*it, above)).filter(offered).collect()
    }

    /// The choices of a question that its filter lets through, by their places in the list.
    pub fn choices_at(&self, node: u32) -> Vec<usize> {
        let question = self.questionnaire.question(self.question_of(node));
        let Some(Source::List(name) | Source::File(name)) = question.kind.choices().map(|it| &it.from) else {
            return Vec::new();
        };
        let Some(list) = self.questionnaire.lists.get(name) else { return Vec::new() };
        (0..list.choices.len()).filter(|it| self.passes(node, name, *it)).collect()
    }
}

/// The row of a table at a place.
fn row_of(document: &Document, place: usize) -> Option<u32> {
    let root = document.children(document.root()).first()?;
    document.children(*root).get(place).copied()
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

/// Latitude, longitude, altitude and accuracy; the last two may be missing.
fn is_place(text: &str) -> bool {
    let numbers: Vec<f64> = text.split_whitespace().map(number_from_text).collect();
    let bounds = [90.0, 180.0, f64::INFINITY, f64::INFINITY];
    (2..=4).contains(&numbers.len()) && numbers.iter().zip(bounds).all(|(it, bound)| it.abs() <= bound)
}
