//! Answers as JSON: an object by names, groups as objects, repeats as arrays of objects.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{Filling, LastRecord, Setting};
use crate::{
    expression::{Document, text_from_number},
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

    /// A record of before, of whichever version, to be read by another: nothing is computed anew, and an answer that is none to the
    /// question of that name any more is left out.
    pub(super) fn as_it_stood(
        questionnaire: &'q Questionnaire,
        setting: Setting,
        answers: &Value,
    ) -> Document {
        let mut filling = Self::empty(questionnaire, setting, LastRecord::None);
        let root = filling.document.root();
        let form = filling.document.add(root, 0);
        filling.take_group(form, 0, answers, "/data", &mut Vec::new());
        filling.index();
        for number in questionnaire.numbers() {
            for node in filling.nodes(number).to_vec() {
                if let Some(fits) = filling.what_still_fits(node) {
                    filling.document.set_text(node, fits);
                }
            }
        }
        filling.document
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
        serde_json::to_value(self.asked()).unwrap_or_default()
    }

    /// The same, to be written at once: no tree is made of it.
    pub fn asked(&self) -> impl Serialize + '_ {
        Form { filling: self, whole: false }
    }

    /// The same with the answers to what is not asked at the moment: what [`Filling::from_json`] goes on from.
    pub fn whole(&self) -> impl Serialize + '_ {
        Form { filling: self, whole: true }
    }
}

/// All answers, as they are written.
struct Form<'f, 'q> {
    filling: &'f Filling<'q>,
    whole: bool,
}

/// Those within a node.
struct Group<'f, 'q> {
    form: &'f Form<'f, 'q>,
    node: u32,
}

/// Those of the turns of a repeat.
struct Turns<'f, 'q> {
    form: &'f Form<'f, 'q>,
    nodes: &'f [u32],
}

impl Form<'_, '_> {
    fn is_in(&self, node: u32) -> bool {
        self.whole || self.filling.document.is_relevant(node)
    }
}

impl Serialize for Form<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.filling.nodes[0].first() {
            Some(node) => Group { form: self, node: *node }.serialize(serializer),
            None => serializer.serialize_map(None)?.end(),
        }
    }
}

impl Serialize for Group<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = self.form;
        let Filling { document, questionnaire, .. } = form.filling;
        let mut map = serializer.serialize_map(None)?;
        // The turns of a repeat stand beside each other.
        let same = |one: &u32, other: &u32| document.name_place(*one) == document.name_place(*other);
        for nodes in document.children(self.node).chunk_by(same) {
            let question = questionnaire.question(form.filling.question_of(nodes[0]));
            match question.kind {
                Kind::Repeat if nodes.iter().any(|it| form.is_in(*it)) => {
                    map.serialize_entry(&question.name, &Turns { form, nodes })?;
                }
                Kind::Repeat => {}
                _ if !form.is_in(nodes[0]) => {}
                Kind::Group | Kind::Form => {
                    map.serialize_entry(&question.name, &Group { form, node: nodes[0] })?;
                }
                _ => match document.text(nodes[0]) {
                    "" => {}
                    text => map.serialize_entry(&question.name, text)?,
                },
            }
        }
        map.end()
    }
}

impl Serialize for Turns<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nodes = self.nodes.iter().filter(|it| self.form.is_in(**it));
        serializer.collect_seq(nodes.map(|node| Group { form: self.form, node: *node }))
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
