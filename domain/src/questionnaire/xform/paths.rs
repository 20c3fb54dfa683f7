//! How an XForm names questions.

use super::Writer;
use crate::{
    expression::{Expression, NamedPath, Origin, Record, Site},
    questionnaire::{Kind, Questionnaire, Source},
};

/// By question, its path from the root.
pub(super) fn all(form: &Questionnaire) -> Vec<String> {
    form.numbers().map(|it| format!("/{}", names(form, &form.path(it)).join("/"))).collect()
}

fn names(form: &Questionnaire, path: &[u32]) -> Vec<String> {
    path.iter().map(|it| form.question(*it).name.clone()).collect()
}

impl Writer<'_> {
    /// An expression of a question.
    pub fn expression(&self, expression: &Expression, from: u32) -> String {
        expression.with_paths(&|name, of, site| self.named(name, of, site, from)).to_string()
    }

    /// What a `${name}` in a label or a parameter of a question leads to.
    pub fn reference(&self, name: &str, from: u32) -> String {
        let (name, of) = match name.strip_prefix("last-saved#") {
            Some(name) => (name.trim(), Record::LastSaved),
            None => (name, Record::This),
        };
        self.named(name, of, Site::Question, from).to_string()
    }

    /// The filter of a question's choices, which is of each choice.
    pub fn filter(&self, filter: &Expression, from: u32) -> String {
        let chosen = match self.question(from).kind.choices().map(|it| &it.from) {
            Some(Source::Question(name)) => self.form.named(name),
            _ => None,
        };
        let path = |name: &str, of, site| {
            self.of_turn(name, of, chosen).unwrap_or_else(|| self.named(name, of, site, from))
        };
        filter.with_paths_in_predicate(&path).to_string()
    }

    /// What a name in a filter leads to where it is of the turn that may be chosen.
    fn of_turn(&self, name: &str, of: Record, chosen: Option<u32>) -> Option<NamedPath> {
        let (chosen, to) = (chosen?, self.form.named(name)?);
        let repeat = self.form.repeat_of(chosen)?;
        if of != Record::This || to == repeat || !self.form.within(repeat).contains(&to) {
            return None;
        }
        let turn = self.form.path(self.question(chosen).parent);
        let path = self.form.path(to);
        let n_shared = turn.iter().zip(&path).take_while(|(a, b)| a == b).count();
        let names = names(self.form, &path[n_shared..]);
        Some(NamedPath { from: Origin::Here, n_up: turn.len() - n_shared, names })
    }

    /// The nodes whose answers are choices of a question: above those answers, for the filter to stand behind.
    pub fn turns(&self, chosen: u32, from: u32) -> String {
        let above = self.question(chosen).parent;
        let repeat = self.form.repeat_of(chosen);
        let above_path = self.form.path(above);
        // For a question in a turn of the repeat, the other turns are to be chosen from, too: a path from the root would be
        // taken for that of its own turn.
        if let Some(repeat) = repeat.filter(|it| self.form.within(*it).contains(&from)) {
            let n_above = self.form.path(repeat).len() - 1;
            let names = names(self.form, &above_path[n_above..]);
            return NamedPath { from: Origin::Here, n_up: self.form.path(from).len() - n_above, names }
                .to_string();
        }
        let shared = self.form.reference(from, repeat.unwrap_or(above));
        let Some(up) = shared.up else { return self.path(above).to_owned() };
        let names = names(self.form, &above_path[shared.n_shared..]);
        NamedPath { from: Origin::Here, n_up: up, names }.to_string()
    }

    fn named(&self, name: &str, of: Record, site: Site, from: u32) -> NamedPath {
        let Some(to) = self.form.named(name) else {
            return NamedPath { from: Origin::Root, n_up: 0, names: vec![name.to_owned()] };
        };
        let path = self.form.path(to);
        let whole = |from| NamedPath { from, n_up: 0, names: names(self.form, &path) };
        let own = self.form.path(from);
        // What is in one repeat with the question is of its own turn, by the shortest way.
        let n_same = path[..path.len() - 1].iter().zip(&own).take_while(|(a, b)| a == b).count();
        let within_repeat = path[..n_same].iter().any(|it| self.question(*it).kind == Kind::Repeat);
        match (of, site) {
            (Record::LastSaved, _) => whole(Origin::LastSaved),
            (Record::This, Site::Indexed) => whole(Origin::Root),
            (Record::This, _) if !within_repeat => whole(Origin::Root),
            (Record::This, site) => {
                let from = if site == Site::Predicate { Origin::Question } else { Origin::Here };
                let names = names(self.form, &path[n_same..]);
                NamedPath { from, n_up: own.len() - n_same, names }
            }
        }
    }
}
