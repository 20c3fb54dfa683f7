//! Answers as JSON: an object by names, groups as objects, repeats as arrays of objects.

use serde_json::{Map, Value};

use super::{Filling, LastRecord, Setting};
use crate::{
    expression::text_from_number,
    questionnaire::{Kind, Questionnaire, TURNS_MAX},
};

/// An answer that the questionnaire has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAnswer {
    /// `/data/group/name`
    pub path: String,
}

impl<'q> Filling<'q> {
    /// A record that was filled in elsewhere. Defaults are not set anew; what is computed is computed.
    ///
    /// A text, number or boolean is an answer; an array of them is one of several choices, `null` is none.
    pub fn from_json(
        questionnaire: &'q Questionnaire,
        setting: Setting,
        answers: &Value,
    ) -> (Self, Vec<UnknownAnswer>) {
        Self::read(questionnaire, setting, answers, LastRecord::Elsewhere)
    }

    /// The same on the device where it is filled in, after another record as [`Filling::new_after`] takes it.
    pub fn from_json_after(
        questionnaire: &'q Questionnaire,
        setting: Setting,
        answers: &Value,
        last: &Value,
    ) -> Self {
        let last = LastRecord::read(questionnaire, setting, last);
        Self::read(questionnaire, setting, answers, last).0
    }

    fn read(
        questionnaire: &'q Questionnaire,
        setting: Setting,
        answers: &Value,
        last: LastRecord,
    ) -> (Self, Vec<UnknownAnswer>) {
        let mut filling = Self::empty(questionnaire, setting, last);
        let mut unknown = Vec::new();
        let root = filling.document.root();
        let form = filling.document.add(root, 0);
        filling.take_group(form, 0, answers, "/data", &mut unknown);
        filling.index();
        filling.run_all();
        (filling, unknown)
    }

    fn take_group(
        &mut self,
        node: u32,
        question: u32,
        answers: &Value,
        path: &str,
        unknown: &mut Vec<UnknownAnswer>,
    ) {
        let questionnaire = self.questionnaire;
        let empty = Map::new();
        let given = answers.as_object().unwrap_or(&empty);
        let mut n_known = 0;
        for child in &questionnaire.question(question).children {
            let asked = questionnaire.question(*child);
            let answer = given.get(&asked.name);
            n_known += usize::from(answer.is_some());
            let answer = answer.unwrap_or(&Value::Null);
            match &asked.kind {
                Kind::Repeat => {
                    let turns = answer.as_array().map_or(&[][..], Vec::as_slice);
                    for (n, turn) in turns.iter().enumerate() {
                        if n >= TURNS_MAX || self.is_full() {
                            // What there is no room for is said, not dropped in silence.
                            unknown.push(UnknownAnswer { path: format!("{path}/{}[{}]", asked.name, n + 1) });
                            break;
                        }
                        let turn_node = self.document.add(node, *child);
                        self.take_group(turn_node, *child, turn, &format!("{path}/{}", asked.name), unknown);
                    }
                }
                Kind::Group | Kind::Form => {
                    let group = self.document.add(node, *child);
                    self.take_group(group, *child, answer, &format!("{path}/{}", asked.name), unknown);
                }
                _ => {
                    let leaf = self.document.add(node, *child);
                    if answer.is_null() {
                        continue;
                    }
                    let text = text_of(answer);
                    if asked.logic.calculation.is_some() && asked.triggers.is_empty() && !text.is_empty() {
                        self.given.insert(leaf, text.clone());
                    }
                    self.document.set_text(leaf, text);
                }
            }
        }
        if n_known < given.len() {
            let names = questionnaire.question(question).children.iter();
            let names: Vec<&str> = names.map(|it| questionnaire.question(*it).name.as_str()).collect();
            let others = given.keys().filter(|it| !names.contains(&it.as_str()));
            unknown.extend(others.map(|it| UnknownAnswer { path: format!("{path}/{it}") }));
        }
    }

    /// What is asked and answered, as JSON; answers are texts.
    pub fn to_json(&self) -> Value {
        self.as_json(|it| self.document.is_relevant(it))
    }

    /// The same with the answers to what is not asked at the moment: what [`Filling::from_json`] goes on from.
    pub fn to_json_whole(&self) -> Value {
        self.as_json(|_| true)
    }

    fn as_json(&self, is_in: impl Fn(u32) -> bool) -> Value {
        match self.nodes[0].first() {
            Some(form) => self.group_as_json(*form, &is_in),
            None => Value::Object(Map::new()),
        }
    }

    fn group_as_json(&self, node: u32, is_in: &dyn Fn(u32) -> bool) -> Value {
        let mut object = Map::new();
        for child in self.document.children(node).iter().filter(|it| is_in(**it)) {
            let question = self.questionnaire.question(self.question_of(*child));
            match question.kind {
                Kind::Repeat => {
                    let turns =
                        object.entry(question.name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(turns) = turns {
                        turns.push(self.group_as_json(*child, is_in));
                    }
                }
                Kind::Group | Kind::Form => {
                    object.insert(question.name.clone(), self.group_as_json(*child, is_in));
                }
                _ => {
                    let text = self.document.text(*child);
                    if !text.is_empty() {
                        object.insert(question.name.clone(), Value::from(text));
                    }
                }
            }
        }
        Value::Object(object)
    }
}

fn text_of(answer: &Value) -> String {
    match answer {
        Value::Null | Value::Object(_) => String::new(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), text_from_number)
        }
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(several) => several.iter().map(text_of).collect::<Vec<_>>().join(" "),
    }
}
