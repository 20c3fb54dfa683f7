//! A record being filled in: answers, and what follows from them.

mod answers;
mod check;

use std::collections::{BTreeMap, BTreeSet};

pub use answers::UnknownAnswer;
pub use check::{Problem, ProblemKind};

use serde_json::Value;

use super::{Kind, NODES_MAX, Questionnaire, TURNS_MAX, Task};
use crate::expression::{
    Document, Expression, ExpressionError, LAST_SAVED, Moment, NodeRef, Plain, Tables, Words, World,
};

/// What an evaluation hangs on beside the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub moment: Moment,
    pub seed: u64,
    pub words: Words,
}

/// A record being filled in. What follows from the answers is always up to date; what is not asked keeps its answer, so that
/// it is there again when it is asked again.
#[derive(Clone, Debug)]
pub struct Filling<'q> {
    questionnaire: &'q Questionnaire,
    setting: Setting,
    document: Document,
    /// By question, its nodes in order.
    nodes: Vec<Vec<u32>>,
    /// What could not be computed, by node and task; a default has none.
    failed: BTreeMap<(u32, Option<Task>), ExpressionError>,
    /// What a record brought for questions that are computed, by node.
    given: BTreeMap<u32, String>,
    last: LastRecord,
    /// As [`Filling::take_changed`] says; one may stand in it several times.
    changed: Vec<u32>,
}

/// What `${last-saved#name}` reads.
#[derive(Clone, Debug)]
enum LastRecord {
    /// It is on the device where this record was filled in: what reads it is taken as it comes.
    Elsewhere,
    /// There is none.
    None,
    /// The questionnaire's tables, and it among them.
    Here(Tables),
}

impl LastRecord {
    /// Answers as [`Filling::to_json`] has them, of whichever version; `null` where there are none.
    fn read(questionnaire: &Questionnaire, setting: Setting, answers: &Value) -> Self {
        if answers.is_null() {
            return Self::None;
        }
        let mut tables = questionnaire.tables.clone();
        tables.add(LAST_SAVED, Filling::as_it_stood(questionnaire, setting, answers));
        Self::Here(tables)
    }
}

impl<'q> Filling<'q> {
    /// A record at its beginning, with its defaults.
    pub fn new(questionnaire: &'q Questionnaire, setting: Setting) -> Self {
        Self::new_after(questionnaire, setting, &Value::Null)
    }

    /// The same after another record, whose answers `${last-saved#name}` reads; `null` when there is none.
    pub fn new_after(questionnaire: &'q Questionnaire, setting: Setting, last: &Value) -> Self {
        let last = LastRecord::read(questionnaire, setting, last);
        let mut filling = Self::empty(questionnaire, setting, last);
        let root = filling.document.root();
        filling.grow(root, 0);
        filling.start();
        filling
    }

    fn empty(questionnaire: &'q Questionnaire, setting: Setting, last: LastRecord) -> Self {
        Self {
            last,
            questionnaire,
            setting,
            document: Document::new(questionnaire.names.clone()),
            nodes: vec![Vec::new(); questionnaire.questions.len()],
            failed: BTreeMap::new(),
            given: BTreeMap::new(),
            changed: Vec::new(),
        }
    }

    pub fn questionnaire(&self) -> &'q Questionnaire {
        self.questionnaire
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The nodes of a question, one for each turn of the repeats it is in.
    pub fn nodes(&self, question: u32) -> &[u32] {
        &self.nodes[question as usize]
    }

    /// The question of a node.
    pub fn question_of(&self, node: u32) -> u32 {
        self.document.name_place(node).unwrap_or_default()
    }

    /// Whether a node is asked: it and all that it is in are relevant.
    pub fn is_asked(&self, node: u32) -> bool {
        let mut it = node;
        while it != self.document.root() {
            if !self.document.is_relevant(it) {
                return false;
            }
            it = self.document.parent(it);
        }
        true
    }

    /// Answers a question, and has anew what follows from it.
    pub fn answer(&mut self, node: u32, text: &str) {
        if self.document.text(node) != text {
            // A default that could not be computed is no matter any more.
            self.failed.remove(&(node, None));
            self.document.set_text(node, text);
            let question = self.question_of(node);
            self.changed.push(question);
            self.run(self.questionnaire.graph.readers(question).iter().copied().collect());
        }
    }

    /// Questions that have another answer, or are asked or not asked any more, since this was asked last: what a page has to
    /// draw anew. The form itself, 0, is among them where turns came or went: all of it is to be looked at then.
    pub fn take_changed(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    /// Adds a turn of a repeat below a node of its parent; `None` when there are too many.
    pub fn add_turn(&mut self, parent: u32, repeat: u32) -> Option<u32> {
        let node = self.grow_turn(parent, repeat)?;
        self.index();
        // As at the beginning: a default may read what is computed.
        self.run(self.tasks_about(repeat));
        if self.run_defaults(repeat, Some(node)) {
            self.run(self.tasks_about(repeat));
        }
        Some(node)
    }

    /// Takes a turn of a repeat out; answers its place, for [`Filling::put_back_turn`].
    pub fn remove_turn(&mut self, node: u32) -> usize {
        let place = self.document.remove(node);
        self.follow(self.question_of(node));
        place
    }

    /// Puts a turn back that was taken out, with its answers.
    pub fn put_back_turn(&mut self, node: u32, place: usize) {
        self.document.put_back(node, place);
        self.follow(self.question_of(node));
    }

    /// Has anew what follows from the turns of a repeat.
    fn follow(&mut self, repeat: u32) {
        self.index();
        self.run(self.tasks_about(repeat));
    }

    /// What an expression says at a node; the form itself unless told otherwise.
    ///
    /// # Errors
    ///
    /// As [`Expression::evaluate`].
    pub fn evaluate(&self, expression: &Expression, node: Option<u32>) -> Result<Plain, ExpressionError> {
        let node = node.or_else(|| self.nodes[0].first().copied());
        self.with_world(|world| expression.evaluate(world, node.map(|node| NodeRef { document: 0, node })))
    }

    /// The nodes of the record that an expression leads to from the form.
    ///
    /// # Errors
    ///
    /// As [`Expression::evaluate`].
    pub fn find(&self, expression: &Expression) -> Result<Vec<u32>, ExpressionError> {
        let form = self.nodes[0].first().map(|node| NodeRef { document: 0, node: *node });
        let nodes = self.with_world(|world| expression.find(world, form))?;
        Ok(nodes.into_iter().filter(|it| it.document == 0).map(|it| it.node).collect())
    }

    /// Whether an expression holds at a node.
    ///
    /// # Errors
    ///
    /// As [`Expression::evaluate`].
    pub fn holds(&self, expression: &Expression, node: u32) -> Result<bool, ExpressionError> {
        self.with_world(|world| expression.holds(world, Some(NodeRef { document: 0, node })))
    }

    fn with_world<T>(&self, say: impl FnOnce(&World<'_>) -> T) -> T {
        let language = &self.questionnaire.default_language;
        let tables = match &self.last {
            LastRecord::Here(tables) => tables,
            LastRecord::Elsewhere | LastRecord::None => &self.questionnaire.tables,
        };
        say(&World {
            answers: &self.document,
            tables,
            moment: self.setting.moment,
            seed: self.setting.seed,
            words: self.setting.words,
            choice_name: &|question, value| self.questionnaire.choice_label(question, value, language),
        })
    }
}

/// Nodes.
impl Filling<'_> {
    /// Adds a question with all that is in it; a repeat whose turns are not counted gets one.
    fn grow(&mut self, parent: u32, question: u32) {
        let asked = self.questionnaire.question(question);
        if asked.kind == Kind::Repeat {
            if asked.logic.repeat_count.is_none() {
                self.grow_turn(parent, question);
            }
            return;
        }
        let node = self.document.add(parent, question);
        self.fill(node, question);
    }

    fn fill(&mut self, node: u32, question: u32) {
        self.nodes[question as usize].push(node);
        let asked = self.questionnaire.question(question);
        // What another program puts there to be drawn upon is no answer.
        if let Some(default) = asked.default.as_ref().filter(|_| !asked.kind.is_attached()) {
            self.document.set_text(node, default.as_str());
        }
        for child in &asked.children {
            self.grow(node, *child);
        }
    }

    fn grow_turn(&mut self, parent: u32, repeat: u32) -> Option<u32> {
        if self.document.children_at(parent, repeat).len() >= TURNS_MAX || self.is_full() {
            return None;
        }
        let node = self.document.add(parent, repeat);
        self.fill(node, repeat);
        Some(node)
    }

    /// Whether there is no room for another turn.
    fn is_full(&self) -> bool {
        self.document.n_nodes() >= NODES_MAX
    }

    /// Whether a question reads a record that is not here.
    fn reads_elsewhere(&self, question: u32) -> bool {
        matches!(self.last, LastRecord::Elsewhere) && self.questionnaire.reads_last.contains(&question)
    }

    /// Finds the nodes of all questions anew.
    fn index(&mut self) {
        self.changed.push(0);
        self.nodes.iter_mut().for_each(Vec::clear);
        let mut open = vec![self.document.root()];
        while let Some(node) = open.pop() {
            if let Some(question) = self.document.name_place(node) {
                self.nodes[question as usize].push(node);
            }
            open.extend(self.document.children(node).iter().rev());
        }
    }
}

/// What follows.
impl Filling<'_> {
    /// Computes everything, then defaults that are computed, then what follows from them.
    fn start(&mut self) {
        self.run_all();
        if self.run_defaults(0, None) {
            self.run_all();
        }
    }

    fn run_all(&mut self) {
        let tasks = self.questionnaire.graph.tasks.iter().enumerate();
        self.run(tasks.filter(|(_, it)| !self.waits_for_trigger(**it)).map(|(n, _)| n).collect());
    }

    fn waits_for_trigger(&self, task: Task) -> bool {
        matches!(task, Task::Calculation(it) if !self.questionnaire.question(it).triggers.is_empty())
    }

    /// Computes the defaults of what is in a question; within a node, if one is given. Whether there was any.
    fn run_defaults(&mut self, question: u32, within: Option<u32>) -> bool {
        let mut any = false;
        for number in self.questionnaire.within(question) {
            let Some(default) = &self.questionnaire.question(number).logic.default else { continue };
            for node in self.nodes[number as usize].clone() {
                let inside = within.is_none_or(|it| self.is_within(node, it));
                if inside && self.document.text(node).is_empty() {
                    match self.evaluate(default, Some(node)) {
                        // Of a new turn, or of a form that is not drawn yet: nothing that stands on a page.
                        Ok(value) => self.document.set_text(node, value.to_text()),
                        Err(error) => {
                            self.failed.insert((node, None), error);
                        }
                    }
                    any = true;
                }
            }
        }
        any
    }

    fn is_within(&self, node: u32, above: u32) -> bool {
        let mut it = node;
        while it != self.document.root() && it != above {
            it = self.document.parent(it);
        }
        it == above
    }

    /// The tasks of a repeat and of all that is in it, and those that read any of it.
    fn tasks_about(&self, repeat: u32) -> BTreeSet<usize> {
        let within = self.questionnaire.within(repeat);
        let graph = &self.questionnaire.graph;
        let own = graph
            .tasks
            .iter()
            .enumerate()
            .filter(|(_, it)| within.contains(&it.question()) && **it != Task::Count(repeat))
            .filter(|(_, it)| !self.waits_for_trigger(**it));
        let readers = within.clone().flat_map(|it| graph.readers(it)).copied();
        own.map(|(n, _)| n).chain(readers).collect()
    }

    /// Runs tasks in the order of the graph, and those that read what they changed.
    fn run(&mut self, mut waiting: BTreeSet<usize>) {
        let graph = &self.questionnaire.graph;
        while let Some(place) = waiting.pop_first() {
            let task = graph.tasks[place];
            let readers: Vec<usize> = match task {
                Task::Count(repeat) if self.count(repeat) => self.tasks_about(repeat).into_iter().collect(),
                Task::Relevance(question) if self.judge(question) => {
                    let within = self.questionnaire.within(question);
                    self.changed.extend(within.clone());
                    within.flat_map(|it| graph.readers(it)).copied().collect()
                }
                Task::Calculation(question) if self.compute(question) => {
                    self.changed.push(question);
                    graph.readers(question).to_vec()
                }
                Task::Count(_) | Task::Relevance(_) | Task::Calculation(_) => continue,
            };
            // The graph has readers behind what they read; another turn of the same question may be before it.
            waiting.extend(readers.into_iter().filter(|it| *it > place));
        }
    }

    /// Has a repeat as many turns as it should have; whether that changed anything.
    fn count(&mut self, repeat: u32) -> bool {
        let asked = self.questionnaire.question(repeat);
        let Some(expression) = &asked.logic.repeat_count else { return false };
        let mut changed = false;
        for parent in self.nodes[asked.parent as usize].clone() {
            let value = self.evaluate(expression, Some(parent));
            let Some(wanted) = self.note(parent, Task::Count(repeat), value) else { continue };
            let wanted = turns(&wanted);
            while self.document.children_at(parent, repeat).len() < wanted {
                let Some(node) = self.grow_turn(parent, repeat) else { break };
                self.run_defaults(repeat, Some(node));
                changed = true;
            }
            // Turns beyond the count keep their answers, as what is not asked does.
            for (n, turn) in self.document.children_at(parent, repeat).to_vec().into_iter().enumerate() {
                let asked = n < wanted;
                changed |= self.document.is_relevant(turn) != asked;
                self.document.set_relevant(turn, asked);
            }
        }
        if changed {
            self.index();
        }
        changed
    }

    /// What came out, having noted what could not be computed.
    fn note<T>(&mut self, node: u32, task: Task, outcome: Result<T, ExpressionError>) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.failed.remove(&(node, Some(task)));
                Some(value)
            }
            Err(error) => {
                self.failed.insert((node, Some(task)), error);
                None
            }
        }
    }

    /// Has a question asked or not; whether that changed anything.
    fn judge(&mut self, question: u32) -> bool {
        let Some(expression) = &self.questionnaire.question(question).logic.relevant else { return false };
        if self.reads_elsewhere(question) {
            return false;
        }
        let mut changed = false;
        for n in 0..self.nodes[question as usize].len() {
            let node = self.nodes[question as usize][n];
            // What cannot be decided is asked rather than hidden.
            let holds = self.holds(expression, node);
            let relevant = self.note(node, Task::Relevance(question), holds).unwrap_or(true);
            changed |= self.document.is_relevant(node) != relevant;
            self.document.set_relevant(node, relevant);
        }
        changed
    }

    /// Computes a question; whether that changed anything.
    fn compute(&mut self, question: u32) -> bool {
        let Some(expression) = &self.questionnaire.question(question).logic.calculation else { return false };
        if self.reads_elsewhere(question) {
            return false;
        }
        let mut changed = false;
        for n in 0..self.nodes[question as usize].len() {
            let node = self.nodes[question as usize][n];
            let value = self.evaluate(expression, Some(node));
            let value = self.note(node, Task::Calculation(question), value);
            let text = value.map(|it| it.to_text()).unwrap_or_default();
            if self.document.text(node) != text {
                self.document.set_text(node, text);
                changed = true;
            }
        }
        changed
    }
}

/// How many turns a count stands for; none of what is no number.
fn turns(value: &Plain) -> usize {
    let number = crate::expression::number_from_text(&value.to_text());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let turns = number as usize;
    turns.min(TURNS_MAX)
}
