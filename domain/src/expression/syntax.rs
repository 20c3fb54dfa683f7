//! The tree of an expression, how it is written, and what it depends on.

use std::fmt;

use super::{function::Definition, number::text_from_number, token::Operator};

/// A parsed expression. [`Expression::parse`] is the only way to one; `Display` writes it so that it parses to the
/// same.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub(super) root: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Number(f64),
    Text(String),
    Question(Question),
    /// Operators of one level, from left to right. Invariant: `rest` is not empty.
    Chain {
        first: Box<Expr>,
        rest: Vec<Link>,
    },
    /// So many minus signs before an operand; at least one.
    Negate {
        n: usize,
        of: Box<Expr>,
    },
    /// Nodes of several; at least two.
    Union(Vec<(Expr, usize)>),
    Call {
        function: &'static Definition,
        arguments: Vec<Expr>,
        at: usize,
    },
    Path(Box<LocationPath>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Link {
    pub operator: Operator,
    pub right: Expr,
}

/// `${name}`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub name: String,
    pub of: Record,
    pub at: usize,
    /// Where it is, once the questionnaire has been asked.
    pub reference: Option<Reference>,
}

/// Which record of answers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    This,
    /// `${last-saved#name}`: the last record of this form that was finished on this device.
    LastSaved,
}

/// The way to a question: from the root, and from the question that an expression belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// From the root down, by the places of names in the document's list of names.
    pub path: Vec<u32>,
    /// Levels up from the question that asks to a repeat that both are in; `None` when there is none.
    pub up: Option<usize>,
    /// Whether `up` is from the turn that can be chosen, not from the question that asks.
    pub of_turn: bool,
    /// How much of `path` leads to that repeat.
    pub n_shared: usize,
}

impl Reference {
    pub(super) fn below(&self) -> &[u32] {
        &self.path[self.n_shared..]
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct LocationPath {
    pub start: Start,
    pub steps: Vec<Step>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Start {
    Root,
    Context,
    /// What an expression gives, thinned out by predicates.
    Nodes {
        of: Expr,
        predicates: Vec<Expr>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub axis: Axis,
    pub test: Test,
    pub predicates: Vec<Expr>,
    /// Characters before what is tested.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Parent,
    Itself,
    /// `//`: itself and all that is below.
    Below,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Name(String),
    /// `*`
    Element,
    /// `node()`
    Node,
}

/// A path of names without predicates, as an author wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// `${name}`
    Question { name: String, of: Record, at: usize },
    /// `/data/name`, `../name`, `.`; steps are names, `..` or `.`, and `*` stands for whatever is not a plain name.
    Steps { absolute: bool, steps: Vec<String>, at: usize },
}

impl Expression {
    /// What it reads: questions and paths, predicates included, in the order of the text. Columns of tables are not
    /// among them.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        self.root.collect(Within::Question, &mut paths);
        paths
    }

    /// Whether it is one `${name}` of this record and nothing else.
    pub fn is_question(&self) -> bool {
        matches!(&self.root, Expr::Question(it) if it.of == Record::This)
    }

    /// Whether it reads the record that was finished last.
    pub fn reads_last_saved(&self) -> bool {
        self.paths().iter().any(|it| matches!(it, Path::Question { of: Record::LastSaved, .. }))
    }

    /// Tables that it names in calls of a function whose first argument is a table's name.
    pub fn tables_of(&self, called: &str) -> Vec<&str> {
        let mut tables = Vec::new();
        self.root.walk(&mut |it| match it {
            Expr::Call { function, arguments, .. } if function.name == called => {
                if let Some(Expr::Text(table)) = arguments.first() {
                    tables.push(table.as_str());
                }
            }
            _ => {}
        });
        tables
    }

    /// Names of the functions that it calls.
    pub fn functions(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.root.walk(&mut |it| {
            if let Expr::Call { function, .. } = it {
                names.push(function.name);
            }
        });
        names
    }

    /// The texts that are written in it.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        self.root.walk(&mut |it| {
            if let Expr::Text(text) = it {
                texts.push(text.as_str());
            }
        });
        texts
    }

    /// Notes where each `${name}` is; `find` is asked once for each.
    pub fn resolve(&mut self, find: &mut dyn FnMut(&str, Record) -> Option<Reference>) {
        self.root.walk_mut(&mut |it| {
            if let Expr::Question(it) = it {
                it.reference = find(&it.name, it.of);
            }
        });
    }
}

impl Expr {
    fn walk<'e>(&'e self, see: &mut dyn FnMut(&'e Expr)) {
        see(self);
        match self {
            Self::Number(_) | Self::Text(_) | Self::Question(_) => {}
            Self::Chain { first, rest } => {
                first.walk(see);
                for link in rest {
                    link.right.walk(see);
                }
            }
            Self::Negate { of, .. } => of.walk(see),
            Self::Union(parts) => parts.iter().for_each(|(it, _)| it.walk(see)),
            Self::Call { arguments, .. } => arguments.iter().for_each(|it| it.walk(see)),
            Self::Path(path) => {
                if let Start::Nodes { of, predicates } = &path.start {
                    of.walk(see);
                    for it in predicates {
                        it.walk(see);
                    }
                }
                path.steps.iter().flat_map(|it| &it.predicates).for_each(|it| it.walk(see));
            }
        }
    }

    fn walk_mut(&mut self, see: &mut dyn FnMut(&mut Expr)) {
        see(self);
        match self {
            Self::Number(_) | Self::Text(_) | Self::Question(_) => {}
            Self::Chain { first, rest } => {
                first.walk_mut(see);
                for link in rest {
                    link.right.walk_mut(see);
                }
            }
            Self::Negate { of, .. } => of.walk_mut(see),
            Self::Union(parts) => parts.iter_mut().for_each(|(it, _)| it.walk_mut(see)),
            Self::Call { arguments, .. } => arguments.iter_mut().for_each(|it| it.walk_mut(see)),
            Self::Path(path) => {
                if let Start::Nodes { of, predicates } = &mut path.start {
                    of.walk_mut(see);
                    for it in predicates {
                        it.walk_mut(see);
                    }
                }
                path.steps.iter_mut().flat_map(|it| &mut it.predicates).for_each(|it| it.walk_mut(see));
            }
        }
    }
}

/// What a relative path starts from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The question that the expression belongs to.
    Question,
    /// A node that a predicate is about.
    Elsewhere,
    /// A row of a table.
    Table,
}

impl Expr {
    fn collect(&self, within: Within, paths: &mut Vec<Path>) {
        match self {
            Self::Number(_) | Self::Text(_) => {}
            Self::Question(it) => {
                paths.push(Path::Question { name: it.name.clone(), of: it.of, at: it.at });
            }
            Self::Chain { first, rest } => {
                first.collect(within, paths);
                rest.iter().map(|it| &it.right).for_each(|it| it.collect(within, paths));
            }
            Self::Negate { of, .. } => of.collect(within, paths),
            Self::Union(parts) => parts.iter().for_each(|(it, _)| it.collect(within, paths)),
            Self::Call { arguments, .. } => arguments.iter().for_each(|it| it.collect(within, paths)),
            Self::Path(path) => path.collect(within, paths),
        }
    }

    /// Whether it gives rows of tables.
    fn is_table(&self) -> bool {
        match self {
            Self::Call { function, arguments, .. } => match function.name {
                "instance" => true,
                "randomize" => arguments[0].is_table(),
                _ => false,
            },
            Self::Path(path) => matches!(&path.start, Start::Nodes { of, .. } if of.is_table()),
            _ => false,
        }
    }

    fn is_current(&self) -> bool {
        matches!(self, Self::Call { function, .. } if function.name == "current")
    }
}

impl LocationPath {
    /// Whether it is `.` and nothing else.
    pub fn is_here(&self) -> bool {
        let here = |it: &Step| it.axis == Axis::Itself && it.test == Test::Node && it.predicates.is_empty();
        self.start == Start::Context && matches!(&self.steps[..], [step] if here(step))
    }

    fn collect(&self, within: Within, paths: &mut Vec<Path>) {
        let mut steps: Vec<String> = Vec::new();
        let mut from = within;
        match &self.start {
            Start::Root => from = Within::Elsewhere,
            Start::Context => {}
            Start::Nodes { of, predicates } => {
                of.collect(within, paths);
                from = match of {
                    of if of.is_table() => Within::Table,
                    of if of.is_current() => Within::Question,
                    _ => Within::Elsewhere,
                };
                let inner = if from == Within::Table { from } else { Within::Elsewhere };
                for it in predicates {
                    it.collect(inner, paths);
                }
            }
        }
        if from == Within::Elsewhere && self.start != Start::Root {
            steps.push("*".to_owned());
        }
        steps.extend(self.steps.iter().map(|it| match (it.axis, &it.test) {
            (Axis::Child, Test::Name(name)) => name.clone(),
            (Axis::Parent, Test::Node) => "..".to_owned(),
            (Axis::Itself, Test::Node) => ".".to_owned(),
            _ => "*".to_owned(),
        }));
        if from != Within::Table && !self.steps.is_empty() {
            paths.push(Path::Steps { absolute: self.start == Start::Root, steps, at: self.at });
        }
        let inner = if from == Within::Table { from } else { Within::Elsewhere };
        self.steps.iter().flat_map(|it| &it.predicates).for_each(|it| it.collect(inner, paths));
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.root, out)
    }
}

impl Expr {
    /// Written in parentheses unless it binds tighter than what it stands in.
    fn within(&self, level: u8, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = match self {
            Self::Chain { rest, .. } => rest[0].operator.level(),
            Self::Negate { .. } => 6,
            Self::Union(_) => 7,
            // A bare `/` would take what follows for its first step.
            Self::Path(path) if path.steps.is_empty() && path.start == Start::Root => 0,
            Self::Path(_) => 8,
            Self::Number(_) | Self::Text(_) | Self::Question(_) | Self::Call { .. } => 9,
        };
        if own > level { fmt::Display::fmt(self, out) } else { write!(out, "({self})") }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // More digits than a number holds were written.
            Self::Number(number) if number.is_infinite() => out.write_str(&"9".repeat(400)),
            Self::Number(number) => out.write_str(&text_from_number(*number)),
            Self::Text(text) => {
                let mark = if text.contains('"') { '\'' } else { '"' };
                write!(out, "{mark}{text}{mark}")
            }
            Self::Question(it) => match it.of {
                Record::This => write!(out, "${{{}}}", it.name),
                Record::LastSaved => write!(out, "${{last-saved#{}}}", it.name),
            },
            Self::Chain { first, rest } => {
                let level = rest[0].operator.level();
                first.within(level, out)?;
                for link in rest {
                    write!(out, " {} ", link.operator.word())?;
                    link.right.within(level, out)?;
                }
                Ok(())
            }
            Self::Negate { n, of } => {
                out.write_str(&"-".repeat(*n))?;
                of.within(6, out)
            }
            Self::Union(parts) => {
                for (n, (part, _)) in parts.iter().enumerate() {
                    out.write_str(if n == 0 { "" } else { " | " })?;
                    part.within(7, out)?;
                }
                Ok(())
            }
            Self::Call { function, arguments, .. } => {
                write!(out, "{}(", function.name)?;
                for (n, argument) in arguments.iter().enumerate() {
                    write!(out, "{}{argument}", if n == 0 { "" } else { ", " })?;
                }
                out.write_str(")")
            }
            Self::Path(path) => fmt::Display::fmt(path, out),
        }
    }
}

impl fmt::Display for LocationPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut slash = match &self.start {
            Start::Root => {
                out.write_str("/")?;
                false
            }
            Start::Context => false,
            Start::Nodes { of, predicates } => {
                of.within(8, out)?;
                predicates.iter().try_for_each(|it| write!(out, "[{it}]"))?;
                true
            }
        };
        for step in &self.steps {
            let axis = match (step.axis, &step.test) {
                (Axis::Below, _) => "descendant-or-self::",
                (Axis::Parent, Test::Node) if step.predicates.is_empty() => "..",
                (Axis::Itself, Test::Node) if step.predicates.is_empty() => ".",
                (Axis::Parent, _) => "parent::",
                (Axis::Itself, _) => "self::",
                (Axis::Child, _) => "",
            };
            let test = match &step.test {
                Test::Name(name) => name,
                Test::Element => "*",
                Test::Node if axis.starts_with('.') => "",
                Test::Node => "node()",
            };
            write!(out, "{}{axis}{test}", if slash { "/" } else { "" })?;
            step.predicates.iter().try_for_each(|it| write!(out, "[{it}]"))?;
            slash = true;
        }
        Ok(())
    }
}
