//! What a tree says of answers.

use std::{
    borrow::Cow,
    cell::{Cell, OnceCell, RefCell, RefMut},
};

use chrono::{DateTime, FixedOffset};

use super::{
    STEPS_MAX,
    error::{ErrorKind, ExpressionError},
    function::{Call, Outcome},
    node::{Document, NodeRef, Tables},
    number::{number_from_text, text_from_number},
    syntax::{Expr, Expression, Link},
    time::{self, DayOrTime},
    token::Operator,
    value::{Plain, Value},
    walk::Way,
};
use crate::random::Random;

/// What an expression is asked about, and everything that is not in it. The same world gives the same value.
#[derive(Clone, Copy)]
pub struct World<'a> {
    pub answers: &'a Document,
    pub tables: &'a Tables,
    pub moment: Moment,
    /// Where `random`, `uuid` and `randomize` begin.
    pub seed: u64,
    pub words: Words,
    /// The label of a choice: asked for a question, as the expression names it, and a value.
    pub choice_name: &'a dyn Fn(&str, &str) -> Option<String>,
}

/// When an expression is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// Minutes that the clock on the wall is ahead of UTC; -1439 to 1439.
    pub offset_minutes: i32,
}

impl Moment {
    /// Reads a time with an offset, as [`Moment::to_text`] and devices write it; `None` for what is none.
    pub fn read(text: &str) -> Option<Self> {
        let utc = FixedOffset::east_opt(0)?;
        match time::read(text.trim(), utc)? {
            DayOrTime::Time(it) => {
                Some(Self { at: it.timestamp_millis(), offset_minutes: it.offset().local_minus_utc() / 60 })
            }
            DayOrTime::Date(_) => None,
        }
    }

    /// As answers hold it: `2026-11-26T09:30:00.000+08:00`; empty where there is no such time.
    pub fn to_text(self) -> String {
        let offset = FixedOffset::east_opt(self.offset_minutes.saturating_mul(60));
        let at = DateTime::from_timestamp_millis(self.at).zip(offset);
        at.map(|(at, offset)| time::text_from_time(at.with_timezone(&offset))).unwrap_or_default()
    }
}

/// Whose words for months and days of the week are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    English,
    Chinese,
}

impl Expression {
    /// What it says at a node, `.`; without a node only what reads none can be said.
    ///
    /// # Errors
    ///
    /// What cannot be said, and where in the expression.
    pub fn evaluate(&self, world: &World<'_>, node: Option<NodeRef>) -> Result<Plain, ExpressionError> {
        let evaluation = Evaluation::new(world, node);
        let value = evaluation.value(&self.root, Frame::at(node))?;
        Ok(match value {
            Value::Nodes(_) => Plain::Text(evaluation.text(value).into_owned()),
            Value::Number(number) => Plain::Number(number),
            Value::Text(text) => Plain::Text(text.into_owned()),
            Value::Boolean(truth) => Plain::Boolean(truth),
            Value::Date(date) => Plain::Date(date),
            Value::Time(time) => Plain::Time(time),
        })
    }

    /// The nodes that it leads to from a node; none when it says something else.
    ///
    /// # Errors
    ///
    /// As [`Expression::evaluate`].
    pub fn find(&self, world: &World<'_>, node: Option<NodeRef>) -> Result<Vec<NodeRef>, ExpressionError> {
        let evaluation = Evaluation::new(world, node);
        match evaluation.value(&self.root, Frame::at(node))? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Ok(Vec::new()),
        }
    }

    /// Whether it holds at a node.
    ///
    /// # Errors
    ///
    /// As [`Expression::evaluate`].
    pub fn holds(&self, world: &World<'_>, node: Option<NodeRef>) -> Result<bool, ExpressionError> {
        self.holds_of(world, node, node)
    }

    /// Whether it holds of a row of a table, or of a turn of a repeat, for the question that asks: `current()`.
    ///
    /// # Errors
    ///
    /// As [`Expression::evaluate`].
    pub fn holds_of(
        &self,
        world: &World<'_>,
        row: Option<NodeRef>,
        question: Option<NodeRef>,
    ) -> Result<bool, ExpressionError> {
        let evaluation = Evaluation { turn: row, ..Evaluation::new(world, question) };
        let value = evaluation.value(&self.root, Frame::at(row))?;
        Ok(evaluation.boolean(&value))
    }
}

/// One evaluation of one expression.
pub(super) struct Evaluation<'a> {
    pub world: &'a World<'a>,
    pub current: Option<NodeRef>,
    /// The turn of a repeat that may be chosen.
    pub turn: Option<NodeRef>,
    steps_left: Cell<u32>,
    random: OnceCell<RefCell<Random>>,
}

/// What `.`, `position()` and `last()` are.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub node: Option<NodeRef>,
    pub position: usize,
    pub size: usize,
}

impl Frame {
    fn at(node: Option<NodeRef>) -> Self {
        Self { node, position: 1, size: 1 }
    }
}

impl<'a> Evaluation<'a> {
    fn new(world: &'a World<'a>, current: Option<NodeRef>) -> Self {
        Self { world, current, turn: None, steps_left: Cell::new(STEPS_MAX), random: OnceCell::new() }
    }

    pub fn value(&self, expr: &'a Expr, frame: Frame) -> Outcome<'a> {
        self.step(1)?;
        match expr {
            Expr::Number(number) => Ok(Value::Number(*number)),
            Expr::Text(text) => Ok(Value::Text(Cow::Borrowed(text))),
            Expr::Question(question) => self.question(question).map(Value::Nodes),
            Expr::Chain { first, rest } => self.chain(first, rest, frame),
            Expr::Negate { n, of } => {
                let number = self.number(&self.value(of, frame)?);
                Ok(Value::Number(if n % 2 == 1 { -number } else { number }))
            }
            Expr::Union(parts) => self.union(parts, frame),
            Expr::Call { function, arguments, at } => {
                (function.run)(&Call { evaluation: self, frame, function, arguments, at: *at })
            }
            Expr::Path(path) => self.path(path, frame).map(Value::Nodes),
        }
    }

    /// Counts steps, so that no expression takes for ever.
    pub fn step(&self, n: usize) -> Result<(), ExpressionError> {
        let left = u32::try_from(n).ok().and_then(|it| self.steps_left.get().checked_sub(it));
        self.steps_left.set(left.ok_or(ErrorKind::TooMuchWork.at(0))?);
        Ok(())
    }

    pub fn document(&self, node: NodeRef) -> &'a Document {
        if node.document == 0 { self.world.answers } else { self.world.tables.at(node.document) }
    }

    pub fn offset(&self) -> FixedOffset {
        FixedOffset::east_opt(self.world.moment.offset_minutes * 60)
            .unwrap_or(FixedOffset::east_opt(0).expect("UTC is an offset"))
    }

    pub fn now(&self) -> DateTime<FixedOffset> {
        let utc = DateTime::from_timestamp_millis(self.world.moment.at).unwrap_or_default();
        utc.with_timezone(&self.offset())
    }

    /// Chance of its own for each question, so that the order in which questions are evaluated changes nothing.
    pub fn random(&self) -> RefMut<'_, Random> {
        let random = self.random.get_or_init(|| {
            let mut seed = self.world.seed;
            let mut node = self.current;
            while let Some(it) = node {
                let document = self.document(it);
                let place = document.name_place(it.node).map_or(0, |it| u64::from(it) + 1);
                let position = document.position(it.node) as u64;
                seed = Random::of(seed ^ (place << 32) ^ position).roll();
                let parent = document.parent(it.node);
                node = (parent != it.node).then_some(NodeRef { node: parent, ..it });
            }
            RefCell::new(Random::of(seed))
        });
        random.borrow_mut()
    }
}

/// What values are as another type.
impl<'a> Evaluation<'a> {
    pub fn node_text(&self, node: NodeRef) -> Cow<'a, str> {
        self.document(node).whole_text(node.node)
    }

    pub fn text(&self, value: Value<'a>) -> Cow<'a, str> {
        match value {
            Value::Nodes(nodes) => nodes.first().map_or(Cow::Borrowed(""), |it| self.node_text(*it)),
            Value::Number(number) => text_from_number(number).into(),
            Value::Text(text) => text,
            Value::Boolean(truth) => if truth { "true" } else { "false" }.into(),
            Value::Date(date) => time::text_from_date(date).into(),
            Value::Time(time) => time::text_from_time(time).into(),
        }
    }

    pub fn number(&self, value: &Value<'a>) -> f64 {
        match value {
            Value::Nodes(nodes) => nodes.first().map_or(f64::NAN, |it| self.read(&self.node_text(*it))),
            Value::Number(number) => *number,
            Value::Text(text) => self.read(text),
            Value::Boolean(truth) => f64::from(u8::from(*truth)),
            Value::Date(date) => time::days(*date),
            Value::Time(time) => time::fractional_days(*time),
        }
    }

    /// The number that a text is; of a date or a time, its days.
    fn read(&self, text: &str) -> f64 {
        let number = number_from_text(text);
        if !number.is_nan() {
            return number;
        }
        match time::read(text, self.offset()) {
            None => f64::NAN,
            Some(DayOrTime::Date(date)) => time::days(date),
            Some(DayOrTime::Time(time)) => time::fractional_days(time),
        }
    }

    pub fn boolean(&self, value: &Value<'a>) -> bool {
        match value {
            Value::Nodes(nodes) => {
                let there = |it: &NodeRef| {
                    let document = self.document(*it);
                    !document.children(it.node).is_empty() || !document.text(it.node).is_empty()
                };
                nodes.first().is_some_and(there)
            }
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
            Value::Boolean(truth) => *truth,
            Value::Date(_) | Value::Time(_) => true,
        }
    }

    /// The date or the time that a value is, unless it is neither.
    pub fn moment(&self, value: &Value<'a>) -> Option<DayOrTime> {
        match value {
            Value::Nodes(nodes) => time::read(&self.node_text(*nodes.first()?), self.offset()),
            Value::Text(text) => time::read(text, self.offset()),
            Value::Date(date) => Some(DayOrTime::Date(*date)),
            Value::Time(time) => Some(DayOrTime::Time(*time)),
            Value::Number(_) | Value::Boolean(_) => None,
        }
    }
}

/// Operators.
impl<'a> Evaluation<'a> {
    fn chain(&self, first: &'a Expr, rest: &'a [Link], frame: Frame) -> Outcome<'a> {
        let mut left = self.operand(first, frame)?;
        for Link { operator, right } in rest {
            // What decides alone keeps the rest from being looked at.
            match operator {
                Operator::Or if self.boolean(&left) => return Ok(true.into()),
                Operator::And if !self.boolean(&left) => return Ok(false.into()),
                _ => {}
            }
            let right = self.operand(right, frame)?;
            left = self.apply(*operator, &left, &right);
        }
        Ok(left)
    }

    /// What an operand says. An answer is its text: to operators one node and its text are the same, and there is no list of
    /// nodes to be made.
    fn operand(&self, expr: &'a Expr, frame: Frame) -> Outcome<'a> {
        let one = match expr {
            Expr::Path(path) if path.is_here() => frame.node.map(Way::One),
            Expr::Question(question) => match self.beginning(question)? {
                Some((from, path)) => Some(self.way(from, path)?.0),
                None => Some(Way::Nowhere),
            },
            _ => None,
        };
        match one {
            Some(Way::Nowhere) => Ok(Value::EMPTY),
            Some(Way::One(node)) if self.document(node).children(node.node).is_empty() => {
                self.step(1)?;
                Ok(Value::Text(Cow::Borrowed(self.document(node).text(node.node))))
            }
            Some(Way::One(_) | Way::Forks(_)) | None => self.value(expr, frame),
        }
    }

    fn apply(&self, operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
        let numbers = |of: fn(f64, f64) -> f64| Value::Number(of(self.number(left), self.number(right)));
        match operator {
            // The left one has not decided.
            Operator::Or | Operator::And => self.boolean(right).into(),
            Operator::Plus => numbers(|a, b| a + b),
            Operator::Minus => numbers(|a, b| a - b),
            Operator::Times => numbers(|a, b| a * b),
            Operator::Div => numbers(|a, b| a / b),
            Operator::Mod => numbers(|a, b| a % b),
            Operator::Equal
            | Operator::Unequal
            | Operator::Less
            | Operator::AtMost
            | Operator::More
            | Operator::AtLeast => self.compare(operator, left, right).into(),
        }
    }

    /// Whether it holds of any node where nodes are compared (XPath 1.0, 3.4); where there is none, of nothing.
    fn compare(&self, operator: Operator, left: &Value<'a>, right: &Value<'a>) -> bool {
        match (left, right) {
            (Value::Nodes(_), Value::Boolean(truth)) => ordered(operator, &self.boolean(left), truth),
            (Value::Boolean(truth), Value::Nodes(_)) => ordered(operator, truth, &self.boolean(right)),
            (Value::Nodes(nodes), _) => {
                self.any_text(nodes, |text| self.compare(operator, &Value::Text(text), right))
            }
            (_, Value::Nodes(nodes)) => {
                self.any_text(nodes, |text| self.compare_single(operator, left, &Value::Text(text)))
            }
            _ => self.compare_single(operator, left, right),
        }
    }

    fn any_text(&self, nodes: &[NodeRef], holds: impl Fn(Cow<'a, str>) -> bool) -> bool {
        if nodes.is_empty() {
            holds(Cow::Borrowed(""))
        } else {
            nodes.iter().any(|it| holds(self.node_text(*it)))
        }
    }

    fn compare_single(&self, operator: Operator, left: &Value<'a>, right: &Value<'a>) -> bool {
        let equality = matches!(operator, Operator::Equal | Operator::Unequal);
        if !equality {
            let (left, right) = self.days_or_numbers(left, right);
            return ordered(operator, &left, &right);
        }
        match (left, right) {
            (Value::Boolean(_), _) | (_, Value::Boolean(_)) => {
                ordered(operator, &self.boolean(left), &self.boolean(right))
            }
            (Value::Number(_), _) | (_, Value::Number(_)) => {
                ordered(operator, &self.number(left), &self.number(right))
            }
            (Value::Text(left), Value::Text(right)) => ordered(operator, left, right),
            _ => {
                let (a, b) = self.days_or_numbers(left, right);
                if a.is_nan() || b.is_nan() {
                    ordered(operator, &self.text(left.clone()), &self.text(right.clone()))
                } else {
                    ordered(operator, &a, &b)
                }
            }
        }
    }

    /// Both as numbers; a date beside a time is that day's midnight.
    fn days_or_numbers(&self, left: &Value<'a>, right: &Value<'a>) -> (f64, f64) {
        let midnight = |date| time::midnight(date, self.offset()).map_or(f64::NAN, time::fractional_days);
        if !matches!((left, right), (Value::Number(_), _) | (_, Value::Number(_))) {
            match (self.moment(left), self.moment(right)) {
                (Some(DayOrTime::Date(date)), Some(DayOrTime::Time(time))) => {
                    return (midnight(date), time::fractional_days(time));
                }
                (Some(DayOrTime::Time(time)), Some(DayOrTime::Date(date))) => {
                    return (time::fractional_days(time), midnight(date));
                }
                _ => {}
            }
        }
        (self.number(left), self.number(right))
    }
}

fn ordered<T: PartialOrd>(operator: Operator, left: &T, right: &T) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::Unequal => left != right,
        Operator::Less => left < right,
        Operator::AtMost => left <= right,
        Operator::More => left > right,
        Operator::AtLeast => left >= right,
        Operator::Or
        | Operator::And
        | Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::Div
        | Operator::Mod => false,
    }
}
