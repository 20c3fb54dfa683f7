//! The nodes that names and paths lead to.

use std::collections::{BTreeMap, HashSet};

use super::{
    error::{ErrorKind, ExpressionError},
    evaluate::{Evaluation, Frame},
    function::Outcome,
    node::{Document, NodeRef},
    number::count,
    syntax::{Axis, Expr, LocationPath, Question, Record, Reference, Start, Step, Test},
    value::Value,
};

/// The table in which the last record that was finished stands, if there is one.
/// The table of what was answered last time, laid out as the record itself.
pub const LAST_SAVED: &str = "__last-saved";

/// Where a way of names leads.
pub(super) enum Way {
    Nowhere,
    One(NodeRef),
    /// To here; from here on to several.
    Forks(NodeRef),
}

impl<'a> Evaluation<'a> {
    pub fn question(&self, question: &Question) -> Result<Vec<NodeRef>, ExpressionError> {
        match self.beginning(question)? {
            Some((from, path)) => self.down(from, path),
            None => Ok(Vec::new()),
        }
    }

    /// Where the way to a question begins, and the way on from there; `None` when there is no such record.
    pub fn beginning<'q>(
        &self,
        question: &'q Question,
    ) -> Result<Option<(NodeRef, &'q [u32])>, ExpressionError> {
        let reference = reference(question)?;
        let Some(up) = reference.up else { return self.whole_way(question) };
        let from = if reference.of_turn { self.turn } else { self.current };
        let mut node = from.ok_or(ErrorKind::NoContext.at(question.at))?;
        for _ in 0..up {
            node.node = self.document(node).parent(node.node);
        }
        Ok(Some((node, reference.below())))
    }

    /// The same from the root.
    fn whole_way<'q>(&self, question: &'q Question) -> Result<Option<(NodeRef, &'q [u32])>, ExpressionError> {
        let reference = reference(question)?;
        let root = match question.of {
            Record::This => Some(NodeRef { document: 0, node: 0 }),
            Record::LastSaved => self.world.tables.root(LAST_SAVED),
        };
        Ok(root.map(|it| (it, &reference.path[..])))
    }

    /// The nodes of a question wherever they are.
    pub fn all_of(&self, question: &Question) -> Result<Vec<NodeRef>, ExpressionError> {
        match self.whole_way(question)? {
            Some((root, path)) => self.down(root, path),
            None => Ok(Vec::new()),
        }
    }

    /// Follows a way as long as there is one node of each name; what is left of it then.
    pub fn way<'q>(&self, from: NodeRef, path: &'q [u32]) -> Result<(Way, &'q [u32]), ExpressionError> {
        let document = self.document(from);
        let (mut one, mut left) = (from.node, path);
        while let Some((name, rest)) = left.split_first() {
            let children = document.children_at(one, *name);
            self.step(1 + children.len())?;
            match children {
                [child] if document.is_relevant(*child) => (one, left) = (*child, rest),
                [] | [_] => return Ok((Way::Nowhere, &[])),
                _ => return Ok((Way::Forks(NodeRef { node: one, ..from }), left)),
            }
        }
        Ok((Way::One(NodeRef { node: one, ..from }), left))
    }

    fn down(&self, from: NodeRef, path: &[u32]) -> Result<Vec<NodeRef>, ExpressionError> {
        let document = self.document(from);
        let (way, left) = self.way(from, path)?;
        let mut nodes = match way {
            Way::Nowhere => return Ok(Vec::new()),
            Way::One(node) | Way::Forks(node) => vec![node],
        };
        for name in left {
            let mut next = Vec::with_capacity(nodes.len());
            for node in nodes {
                let children = document.children_at(node.node, *name);
                self.step(1 + children.len())?;
                let relevant = children.iter().filter(|it| document.is_relevant(**it));
                next.extend(relevant.map(|it| NodeRef { node: *it, ..node }));
            }
            nodes = next;
        }
        Ok(nodes)
    }

    pub fn path(&self, path: &'a LocationPath, frame: Frame) -> Result<Vec<NodeRef>, ExpressionError> {
        let mut nodes = match &path.start {
            Start::Root if self.world.answers.n_nodes() == 1 => {
                return Err(ErrorKind::NoContext.at(path.at));
            }
            Start::Root => vec![NodeRef { document: 0, node: 0 }],
            Start::Context => vec![frame.node.ok_or(ErrorKind::NoContext.at(path.at))?],
            Start::Nodes { of, predicates } => match self.value(of, frame)? {
                Value::Nodes(nodes) => self.thin_out(nodes, predicates)?,
                _ => return Err(ErrorKind::NotNodes { function: "[ ]", argument: 1 }.at(path.at)),
            },
        };
        for step in &path.steps {
            // `.`, which most constraints begin with.
            if step.axis == Axis::Itself && step.test == Test::Node && step.predicates.is_empty() {
                continue;
            }
            let mut next = Vec::new();
            let n_before = nodes.len();
            for node in nodes {
                let candidates = self.candidates(node, step)?;
                if n_before == 1 && step.predicates.is_empty() {
                    next = candidates;
                } else {
                    next.extend(self.thin_out(candidates, &step.predicates)?);
                }
            }
            if n_before > 1 && matches!(step.axis, Axis::Parent | Axis::Below) {
                let mut seen = HashSet::new();
                next.retain(|it| seen.insert(*it));
            }
            nodes = next;
        }
        Ok(nodes)
    }

    fn candidates(&self, node: NodeRef, step: &Step) -> Result<Vec<NodeRef>, ExpressionError> {
        let document = self.document(node);
        let below: Vec<u32>;
        let (itself, parent) = ([node.node], [document.parent(node.node)]);
        let nodes: &[u32] = match step.axis {
            Axis::Itself => &itself,
            Axis::Parent if node.node == document.root() => &[],
            Axis::Parent => &parent,
            Axis::Child => document.children(node.node),
            Axis::Below => {
                below = all_below(document, node.node);
                &below
            }
        };
        self.step(nodes.len())?;
        let relevant = |it: u32| step.axis != Axis::Child || document.is_relevant(it);
        let named = |it: u32| match &step.test {
            Test::Node => true,
            Test::Element => document.name(it).is_some(),
            Test::Name(name) => document.name(it) == Some(name),
        };
        let nodes = nodes.iter().filter(|it| named(**it) && relevant(**it));
        Ok(nodes.map(|it| NodeRef { node: *it, ..node }).collect())
    }

    fn thin_out(
        &self,
        mut nodes: Vec<NodeRef>,
        predicates: &'a [Expr],
    ) -> Result<Vec<NodeRef>, ExpressionError> {
        for predicate in predicates {
            let size = nodes.len();
            let mut left = Vec::new();
            for (n, node) in nodes.into_iter().enumerate() {
                let position = n + 1;
                let holds = match self.value(predicate, Frame { node: Some(node), position, size })? {
                    #[expect(clippy::float_cmp, reason = "XPath 1.0 (2.4) has numbers equal to the position")]
                    Value::Number(number) => number == count(position),
                    value => self.boolean(&value),
                };
                if holds {
                    left.push(node);
                }
            }
            nodes = left;
        }
        Ok(nodes)
    }

    pub fn union(&self, parts: &'a [(Expr, usize)], frame: Frame) -> Outcome<'a> {
        let mut nodes = Vec::new();
        for (part, at) in parts {
            match self.value(part, frame)? {
                Value::Nodes(more) => nodes.extend(more),
                _ => return Err(ErrorKind::NotNodes { function: "|", argument: 1 }.at(*at)),
            }
        }
        let mut order = BTreeMap::new();
        for node in nodes {
            order.insert((node.document, self.way_to(node)), node);
        }
        Ok(Value::Nodes(order.into_values().collect()))
    }

    /// Places among siblings from the root down: the order of the document.
    fn way_to(&self, node: NodeRef) -> Vec<usize> {
        let document = self.document(node);
        let mut way = Vec::new();
        let mut it = node.node;
        while it != document.root() {
            let parent = document.parent(it);
            way.push(document.children(parent).iter().position(|child| *child == it).unwrap_or_default());
            it = parent;
        }
        way.reverse();
        way
    }
}

fn reference(question: &Question) -> Result<&Reference, ExpressionError> {
    let unknown = || ErrorKind::UnknownName { name: question.name.clone() }.at(question.at);
    question.reference.as_ref().ok_or_else(unknown)
}

/// A node and all that is asked below it, in the order of the document.
fn all_below(document: &Document, node: u32) -> Vec<u32> {
    let mut below = Vec::new();
    let mut open = vec![node];
    while let Some(it) = open.pop() {
        below.push(it);
        open.extend(document.children(it).iter().rev().filter(|it| document.is_relevant(**it)));
    }
    below
}
