//! Where the names in paths lead, so that an editor can follow a question that gets another name.

use super::syntax::{Axis, Expr, Expression, LocationPath, Start, Step, Test};

/// A place that a path comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Above the form.
    Root,
    Form,
    /// A question, by a number of the caller's.
    Question(usize),
}

/// The questions as paths find them.
pub trait Tree {
    /// What a question, group or repeat is in.
    fn parent(&self, question: usize) -> Place;
    /// What is named so directly in a place.
    fn child(&self, of: Place, name: &str) -> Option<usize>;
    /// The one question of a name, wherever it is.
    fn named(&self, name: &str) -> Option<usize>;
}

/// What an expression is read from.
#[derive(Clone, Copy, Debug)]
pub struct From {
    /// The question that it belongs to.
    pub question: Place,
    /// What a path without a beginning starts from; none where that is a row of a table.
    pub here: Option<Place>,
}

impl Expression {
    /// Where in the text, in characters, names of paths stand that lead to a question; `${name}` is none of them.
    pub fn names_leading_to(&self, wanted: usize, from: From, tree: &dyn Tree) -> Vec<usize> {
        let mut following = Following { wanted, question: from.question, tree, found: Vec::new() };
        following.expr(&self.root, from.here);
        following.found
    }
}

struct Following<'t> {
    wanted: usize,
    question: Place,
    tree: &'t dyn Tree,
    found: Vec<usize>,
}

impl Following<'_> {
    /// Follows an expression at a place; where it leads to, if that is known.
    fn expr(&mut self, expr: &Expr, here: Option<Place>) -> Option<Place> {
        match expr {
            Expr::Number(_) | Expr::Text(_) => {}
            Expr::Question(it) => return self.tree.named(&it.name).map(Place::Question),
            Expr::Chain { first, rest } => {
                self.expr(first, here);
                for link in rest {
                    self.expr(&link.right, here);
                }
            }
            Expr::Negate { of, .. } => drop(self.expr(of, here)),
            Expr::Union(parts) => {
                for (it, _) in parts {
                    self.expr(it, here);
                }
            }
            Expr::Call { function, arguments, .. } => {
                for it in arguments {
                    self.expr(it, here);
                }
                return (function.name == "current").then_some(self.question);
            }
            Expr::Path(path) => return self.path(path, here),
        }
        None
    }

    fn path(&mut self, path: &LocationPath, here: Option<Place>) -> Option<Place> {
        let mut at = match &path.start {
            Start::Root => Some(Place::Root),
            Start::Context => here,
            Start::Nodes { of, predicates } => {
                let at = self.expr(of, here);
                for it in predicates {
                    self.expr(it, at);
                }
                at
            }
        };
        let mut anywhere = false;
        for step in &path.steps {
            at = self.step(step, at, anywhere);
            anywhere = step.axis == Axis::Below;
            for it in &step.predicates {
                self.expr(it, at);
            }
        }
        at
    }

    /// Where a step leads from a place; `anywhere` below it, after `//`.
    fn step(&mut self, step: &Step, from: Option<Place>, anywhere: bool) -> Option<Place> {
        let from = from?;
        match (step.axis, &step.test) {
            (Axis::Below | Axis::Itself, Test::Node) => Some(from),
            (Axis::Parent, Test::Node) => match from {
                Place::Root => None,
                Place::Form => Some(Place::Root),
                Place::Question(it) => Some(self.tree.parent(it)),
            },
            // The form's own element, whatever it is called.
            (Axis::Child, Test::Name(_)) if from == Place::Root && !anywhere => Some(Place::Form),
            (Axis::Child, Test::Name(name)) => {
                let child = if anywhere { self.tree.named(name) } else { self.tree.child(from, name) }?;
                if child == self.wanted {
                    self.found.push(step.at);
                }
                Some(Place::Question(child))
            }
            (Axis::Child | Axis::Parent | Axis::Itself | Axis::Below, _) => None,
        }
    }
}
