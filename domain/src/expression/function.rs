//! The functions by name: how many arguments each takes, and what does it.

use std::{borrow::Cow, fmt};

use super::{
    error::{ErrorKind, ExpressionError},
    evaluate::{Evaluation, Frame},
    lists, logic,
    node::NodeRef,
    numbers, place,
    syntax::Expr,
    texts, times,
    value::Value,
};

/// A function of the language.
pub(super) struct Definition {
    pub name: &'static str,
    /// Fewest arguments.
    pub min: usize,
    /// Most arguments; [`MANY`] for no limit.
    pub max: usize,
    pub run: Run,
}

pub(super) type Run = for<'c, 'a> fn(&Call<'c, 'a>) -> Outcome<'a>;
pub(super) type Outcome<'a> = Result<Value<'a>, ExpressionError>;

const MANY: usize = usize::MAX;

const fn define(name: &'static str, min: usize, max: usize, run: Run) -> Definition {
    Definition { name, min, max, run }
}

static FUNCTIONS: [Definition; 82] = [
    define("abs", 1, 1, numbers::abs),
    define("acos", 1, 1, numbers::acos),
    define("area", 1, 1, place::area),
    define("asin", 1, 1, numbers::asin),
    define("atan", 1, 1, numbers::atan),
    define("atan2", 2, 2, numbers::atan2),
    define("base64-decode", 1, 1, texts::base64_decode),
    define("boolean", 1, 1, logic::boolean),
    define("boolean-from-string", 1, 1, logic::boolean_from_string),
    define("ceiling", 1, 1, numbers::ceiling),
    define("checklist", 2, MANY, logic::checklist),
    define("coalesce", 2, MANY, logic::coalesce),
    define("concat", 0, MANY, texts::concat),
    define("contains", 2, 2, texts::contains),
    define("cos", 1, 1, numbers::cos),
    define("count", 1, 1, lists::count),
    define("count-non-empty", 1, 1, lists::count_non_empty),
    define("count-selected", 1, 1, lists::count_selected),
    define("current", 0, 0, lists::current),
    define("date", 1, 1, times::date),
    define("date-time", 1, 1, times::date_time),
    define("decimal-date-time", 1, 1, times::decimal_date_time),
    define("decimal-time", 1, 1, times::decimal_time),
    define("digest", 2, 3, texts::digest),
    define("distance", 1, MANY, place::distance),
    define("ends-with", 2, 2, texts::ends_with),
    define("exp", 1, 1, numbers::exp),
    define("exp10", 1, 1, numbers::exp10),
    define("false", 0, 0, logic::no),
    define("floor", 1, 1, numbers::floor),
    define("format-date", 2, 2, times::format_date),
    define("format-date-time", 2, 2, times::format_date),
    define("geofence", 2, 2, place::geofence),
    define("if", 3, 3, logic::if_then_else),
    define("indexed-repeat", 3, 7, lists::indexed_repeat),
    define("instance", 1, 1, lists::instance),
    define("int", 1, 1, numbers::int),
    define("join", 1, MANY, texts::join),
    define("jr:choice-name", 2, 2, lists::choice_name),
    define("jr:itext", 1, 1, lists::itext),
    define("last", 0, 0, lists::last),
    define("local-name", 0, 1, lists::name),
    define("log", 1, 1, numbers::log),
    define("log10", 1, 1, numbers::log10),
    define("max", 0, MANY, numbers::max),
    define("min", 0, MANY, numbers::min),
    define("name", 0, 1, lists::name),
    define("normalize-space", 0, 1, texts::normalize_space),
    define("not", 1, 1, logic::not),
    define("now", 0, 0, times::now),
    define("number", 0, 1, numbers::number),
    define("once", 1, 1, logic::once),
    define("pi", 0, 0, numbers::pi),
    define("position", 0, 1, lists::position),
    define("pow", 2, 2, numbers::pow),
    define("pulldata", 4, 4, lists::pulldata),
    define("random", 0, 0, numbers::random),
    define("randomize", 1, 2, lists::randomize),
    define("regex", 2, 2, texts::regex),
    define("round", 1, 2, numbers::round),
    define("selected", 2, 2, lists::selected),
    define("selected-at", 2, 2, lists::selected_at),
    define("sin", 1, 1, numbers::sin),
    define("sqrt", 1, 1, numbers::sqrt),
    define("starts-with", 2, 2, texts::starts_with),
    define("string", 0, 1, texts::string),
    define("string-length", 1, 1, texts::string_length),
    define("substr", 2, 3, texts::substr),
    define("substring", 2, 3, texts::substring),
    define("substring-after", 2, 2, texts::substring_after),
    define("substring-before", 2, 2, texts::substring_before),
    define("sum", 1, 1, numbers::sum),
    define("tan", 1, 1, numbers::tan),
    define("today", 0, 0, times::today),
    define("translate", 3, 3, texts::translate),
    define("true", 0, 0, logic::yes),
    define("uuid", 0, 1, texts::uuid),
    define("weighted-checklist", 2, MANY, logic::weighted_checklist),
    // Names that other clients know.
    define("is-selected", 2, 2, lists::selected),
    define("choice-name", 2, 2, lists::choice_name),
    define("format-datetime", 2, 2, times::format_date),
    define("decimal-date", 1, 1, times::decimal_date_time),
];

/// All functions.
#[cfg(test)]
pub(super) fn all() -> &'static [Definition] {
    &FUNCTIONS
}

/// The names of all functions, in the order of the alphabet but for what other clients call them.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|it| it.name)
}

/// The function of a name.
pub(super) fn named(name: &str) -> Option<&'static Definition> {
    FUNCTIONS.iter().find(|it| it.name == name)
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

/// One call of a function. Arguments are evaluated when they are asked for.
pub(super) struct Call<'c, 'a> {
    pub evaluation: &'c Evaluation<'a>,
    pub frame: Frame,
    pub function: &'static Definition,
    pub arguments: &'a [Expr],
    pub at: usize,
}

impl<'a> Call<'_, 'a> {
    pub fn value(&self, n: usize) -> Outcome<'a> {
        self.evaluation.value(&self.arguments[n], self.frame)
    }

    pub fn number(&self, n: usize) -> Result<f64, ExpressionError> {
        Ok(self.evaluation.number(&self.value(n)?))
    }

    pub fn text(&self, n: usize) -> Result<Cow<'a, str>, ExpressionError> {
        Ok(self.evaluation.text(self.value(n)?))
    }

    pub fn boolean(&self, n: usize) -> Result<bool, ExpressionError> {
        Ok(self.evaluation.boolean(&self.value(n)?))
    }

    /// Argument `n`, which must be nodes.
    pub fn nodes(&self, n: usize) -> Result<Vec<NodeRef>, ExpressionError> {
        match self.value(n)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err(self.error(ErrorKind::NotNodes { function: self.function.name, argument: n + 1 })),
        }
    }

    /// The arguments from `n` on, with the text of each node in place of nodes.
    pub fn texts_from(&self, n: usize) -> Result<Vec<Cow<'a, str>>, ExpressionError> {
        let mut texts = Vec::new();
        for argument in n..self.arguments.len() {
            match self.value(argument)? {
                Value::Nodes(nodes) => texts.extend(nodes.iter().map(|it| self.evaluation.node_text(*it))),
                value => texts.push(self.evaluation.text(value)),
            }
        }
        Ok(texts)
    }

    /// The same as numbers.
    pub fn numbers_of(&self, n: usize) -> Result<Vec<f64>, ExpressionError> {
        Ok(match self.value(n)? {
            Value::Nodes(nodes) => nodes
                .iter()
                .map(|it| self.evaluation.number(&Value::Text(self.evaluation.node_text(*it))))
                .collect(),
            value => vec![self.evaluation.number(&value)],
        })
    }

    /// The nodes of argument `n` wherever they are, not only those beside the question that asks.
    pub fn all_nodes(&self, n: usize) -> Result<Vec<NodeRef>, ExpressionError> {
        match &self.arguments[n] {
            Expr::Question(question) => self.evaluation.all_of(question),
            _ => self.nodes(n),
        }
    }

    pub fn error(&self, kind: ErrorKind) -> ExpressionError {
        kind.at(self.at)
    }
}
