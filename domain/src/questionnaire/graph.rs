//! What hangs on what: an answer has anew only what reads it, in an order in which nothing is read before it is known.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Questionnaire};
use crate::expression::{Expression, Path, Record};

/// Something that is computed for each turn of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// How many turns a repeat has.
    Count(u32),
    /// Whether a question is asked.
    Relevance(u32),
    /// What a question is.
    Calculation(u32),
}

impl Task {
    pub fn question(self) -> u32 {
        match self {
            Self::Count(it) | Self::Relevance(it) | Self::Calculation(it) => it,
        }
    }
}

/// Tasks in an order that works, and by question those that read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub tasks: Vec<Task>,
    readers: Vec<Vec<usize>>,
}

impl Graph {
    /// Places in [`Graph::tasks`] of those that read a question.
    pub fn readers(&self, question: u32) -> &[usize] {
        self.readers.get(question as usize).map_or(&[], Vec::as_slice)
    }
}

/// Draws the graph; an error names the questions of a circle.
pub(super) fn draw(questionnaire: &Questionnaire) -> Result<Graph, Vec<u32>> {
    let mut tasks = Vec::new();
    let mut reads = Vec::new();
    for number in questionnaire.numbers() {
        let question = questionnaire.question(number);
        let logic = &question.logic;
        let all = [
            (Task::Count(number), logic.repeat_count.as_ref(), question.parent),
            (Task::Relevance(number), logic.relevant.as_ref(), number),
            (Task::Calculation(number), logic.calculation.as_ref(), number),
        ];
        for (task, expression, from) in all {
            let Some(expression) = expression else { continue };
            tasks.push(task);
            let triggered = task == Task::Calculation(number) && !question.triggers.is_empty();
            reads.push(if triggered {
                question.triggers.iter().map(|it| Read { question: *it, plain: true }).collect()
            } else {
                reads_of(questionnaire, expression, from)
            });
        }
    }
    let before = prerequisites(questionnaire, &tasks, &reads)?;
    let order =
        order(&before).map_err(|circle| circle.iter().map(|it| tasks[*it].question()).collect::<Vec<_>>())?;
    let mut place = vec![0; tasks.len()];
    for (n, task) in order.iter().enumerate() {
        place[*task] = n;
    }
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); questionnaire.questions.len()];
    for (task, reads) in reads.iter().enumerate() {
        for read in reads {
            readers[read.question as usize].push(place[task]);
        }
    }
    for places in &mut readers {
        places.sort_unstable();
        places.dedup();
    }
    Ok(Graph { tasks: order.into_iter().map(|it| tasks[it]).collect(), readers })
}

/// A question that an expression reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    question: u32,
    /// Whether it is read as `${name}`, the turn beside it; a path may lead to another turn of the same question.
    plain: bool,
}

/// The questions that an expression at `from` reads.
pub fn read_by(questionnaire: &Questionnaire, expression: &Expression, from: u32) -> Vec<u32> {
    reads_of(questionnaire, expression, from).into_iter().map(|it| it.question).collect()
}

fn reads_of(questionnaire: &Questionnaire, expression: &Expression, from: u32) -> Vec<Read> {
    let indexed = expression.functions().contains(&"indexed-repeat");
    let mut reads = BTreeSet::new();
    for path in expression.paths() {
        match path {
            Path::Question { name, of: Record::This, .. } => {
                reads.extend(questionnaire.named(&name).map(|question| Read { question, plain: !indexed }));
            }
            Path::Question { of: Record::LastSaved, .. } => {}
            Path::Steps { absolute, steps, .. } => {
                let found = walk(questionnaire, from, absolute, &steps);
                reads.extend(found.into_iter().map(|question| Read { question, plain: false }));
            }
        }
    }
    reads.into_iter().collect()
}

/// The questions that a path may lead to: the one it leads to, else all that bear its last name.
fn walk(questionnaire: &Questionnaire, from: u32, absolute: bool, steps: &[String]) -> Vec<u32> {
    let mut it = from;
    let mut steps_left = steps.iter();
    let mut sure = true;
    if absolute {
        it = 0;
        sure = steps_left.next().is_some_and(|first| *first == questionnaire.question(0).name);
    }
    for step in steps_left {
        match step.as_str() {
            "." => {}
            ".." => it = questionnaire.question(it).parent,
            name => {
                let children = &questionnaire.question(it).children;
                match children.iter().find(|child| questionnaire.question(**child).name == name) {
                    Some(child) => it = *child,
                    None => sure = false,
                }
            }
        }
    }
    if sure {
        return vec![it];
    }
    steps.last().and_then(|name| questionnaire.by_name.get(name)).cloned().unwrap_or_default()
}

/// By task, the tasks that must come before it; an error names a question that hangs on itself.
fn prerequisites(
    questionnaire: &Questionnaire,
    tasks: &[Task],
    reads: &[Vec<Read>],
) -> Result<Vec<BTreeSet<usize>>, Vec<u32>> {
    let places: BTreeMap<Task, usize> = tasks.iter().enumerate().map(|(n, it)| (*it, n)).collect();
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); tasks.len()];
    for (n, task) in tasks.iter().enumerate() {
        for read in &reads[n] {
            let mut needed = vec![Task::Calculation(read.question)];
            for above in questionnaire.path(read.question) {
                needed.push(Task::Relevance(above));
                needed.push(Task::Count(above));
            }
            let needed: Vec<usize> = needed.iter().filter_map(|it| places.get(it)).copied().collect();
            let itself = read.question == task.question() && !matches!(task, Task::Count(_));
            if read.plain && (itself || needed.contains(&n)) {
                return Err(vec![task.question()]);
            }
            before[n].extend(needed.into_iter().filter(|it| *it != n));
        }
        // A turn must be there before anything is computed in it.
        let path = questionnaire.path(task.question());
        let repeats = path.iter().filter(|it| questionnaire.question(**it).kind == Kind::Repeat);
        before[n].extend(repeats.filter_map(|it| places.get(&Task::Count(*it))).filter(|it| **it != n));
    }
    Ok(before)
}

/// Puts each behind what must come before it (Kahn 1962); an error names a circle.
fn order(before: &[BTreeSet<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); before.len()];
    let mut n_waiting: Vec<usize> = before.iter().map(BTreeSet::len).collect();
    for (n, before) in before.iter().enumerate() {
        for it in before {
            behind[*it].push(n);
        }
    }
    let mut ready: BTreeSet<usize> = (0..before.len()).filter(|it| n_waiting[*it] == 0).collect();
    let mut order = Vec::with_capacity(before.len());
    while let Some(n) = ready.pop_first() {
        order.push(n);
        for it in &behind[n] {
            n_waiting[*it] -= 1;
            if n_waiting[*it] == 0 {
                ready.insert(*it);
            }
        }
    }
    let Some(mut it) = (0..before.len()).find(|it| n_waiting[*it] > 0) else { return Ok(order) };
    // Going back from one that waits to another that it waits for must come round.
    let mut way = Vec::new();
    while !way.contains(&it) {
        way.push(it);
        it = *before[it].iter().find(|it| n_waiting[**it] > 0).expect("what waits, waits for what waits");
    }
    way.drain(..way.iter().position(|other| *other == it).expect("it came round"));
    way.reverse();
    let first = way.iter().enumerate().min_by_key(|(_, it)| **it).map_or(0, |(place, _)| place);
    way.rotate_left(first);
    Err(way)
}
