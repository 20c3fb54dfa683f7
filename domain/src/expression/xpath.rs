//! An expression as XPath, for programs that do not know `${name}`.

use super::syntax::{Axis, Expr, Expression, LocationPath, Record, Start, Step, Test};

/// Where in an expression a name stands; the path that is written for it hangs on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Where `.` is the question that the expression belongs to.
    Question,
    /// In a predicate, where `.` is what the predicate is about.
    Predicate,
    /// Where `indexed-repeat` wants a path from the root, whichever turn asks.
    Indexed,
}

/// A path that a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPath {
    pub from: Origin,
    /// Levels up from there, before the names.
    pub n_up: usize,
    pub names: Vec<String>,
}

/// What a path is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Root,
    /// `.`
    Here,
    /// `current()`
    Question,
    /// The record that was finished last.
    LastSaved,
}

impl Expression {
    /// It with a path in place of each `${name}`; `path` says which.
    #[must_use]
    pub fn with_paths(&self, path: &dyn Fn(&str, Record, Site) -> NamedPath) -> Self {
        let mut root = self.root.clone();
        root.put_paths(Site::Question, path);
        Self { root }
    }

    /// The same of an expression that stands in a predicate as a whole.
    #[must_use]
    pub fn with_paths_in_predicate(&self, path: &dyn Fn(&str, Record, Site) -> NamedPath) -> Self {
        let mut root = self.root.clone();
        root.put_paths(Site::Predicate, path);
        Self { root }
    }
}

impl NamedPath {
    fn parse(&self) -> LocationPath {
        let up = Step { axis: Axis::Parent, test: Test::Node, predicates: Vec::new(), at: 0 };
        let down = |name: &String| Step {
            axis: Axis::Child,
            test: Test::Name(name.clone()),
            predicates: Vec::new(),
            at: 0,
        };
        let call = |text: &str| Expression::parse(text).expect("it is an expression").root;
        let nodes = |of| Start::Nodes { of, predicates: Vec::new() };
        let mut steps = vec![up; self.n_up];
        let start = match self.from {
            Origin::Root => Start::Root,
            Origin::Here => {
                if self.n_up == 0 {
                    steps.push(Step { axis: Axis::Itself, test: Test::Node, predicates: Vec::new(), at: 0 });
                }
                Start::Context
            }
            Origin::Question => nodes(call("current()")),
            Origin::LastSaved => nodes(call("instance('__last-saved')")),
        };
        steps.extend(self.names.iter().map(down));
        LocationPath { start, steps, at: 0 }
    }
}

impl std::fmt::Display for NamedPath {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.parse(), out)
    }
}

impl Expr {
    fn put_paths(&mut self, site: Site, path: &dyn Fn(&str, Record, Site) -> NamedPath) {
        match self {
            Self::Number(_) | Self::Text(_) => {}
            Self::Question(it) => {
                let named = path(&it.name, it.of, site).parse();
                *self = Self::Path(Box::new(named));
            }
            Self::Chain { first, rest } => {
                first.put_paths(site, path);
                for link in rest {
                    link.right.put_paths(site, path);
                }
            }
            Self::Negate { of, .. } => of.put_paths(site, path),
            Self::Union(parts) => parts.iter_mut().for_each(|(it, _)| it.put_paths(site, path)),
            Self::Call { function, arguments, .. } => {
                for (n, argument) in arguments.iter_mut().enumerate() {
                    // The question and its repeats; the turns between them are numbers like any other.
                    let indexed = function.name == "indexed-repeat" && matches!(n, 0 | 1 | 3 | 5);
                    argument.put_paths(if indexed { Site::Indexed } else { site }, path);
                }
            }
            Self::Path(it) => it.put_paths(site, path),
        }
    }
}

impl LocationPath {
    fn put_paths(&mut self, site: Site, path: &dyn Fn(&str, Record, Site) -> NamedPath) {
        for step in &mut self.steps {
            step.predicates.iter_mut().for_each(|it| it.put_paths(Site::Predicate, path));
        }
        let Start::Nodes { of, predicates } = &mut self.start else { return };
        of.put_paths(site, path);
        for predicate in predicates.iter_mut() {
            predicate.put_paths(Site::Predicate, path);
        }
        // What was a name goes on as one path: clients do not know a path in parentheses.
        if let Expr::Path(named) = of
            && let Some(last) = named.steps.last_mut()
        {
            last.predicates.append(predicates);
            let mut named = std::mem::replace(
                &mut **named,
                LocationPath { start: Start::Root, steps: Vec::new(), at: 0 },
            );
            named.steps.append(&mut self.steps);
            *self = named;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let path = |name: &str, of, site| {
            let from = match (of, site) {
                (Record::LastSaved, _) => Origin::LastSaved,
                (Record::This, Site::Question) => Origin::Here,
                (Record::This, Site::Predicate) => Origin::Question,
                (Record::This, Site::Indexed) => Origin::Root,
            };
            NamedPath { from, n_up: usize::from(site != Site::Indexed), names: vec![name.to_owned()] }
        };
        let written = Expression::parse(text).unwrap().with_paths(&path).to_string();
        assert_eq!(written, expected, "{text}");
        assert!(Expression::parse(&written).is_ok(), "{written}");
    }

    #[test]
    fn names_are_written_as_paths() {
        check("${a} + 1", "../a + 1");
        check("count(${a})", "count(../a)");
        check("${a}[b = ${c}]/d", "../a[b = current()/../c]/d");
        check(
            "instance('l')/root/item[name = ${c}]/label",
            "instance(\"l\")/root/item[name = current()/../c]/label",
        );
        check("indexed-repeat(${a}, ${r}, ${n})", "indexed-repeat(/a, /r, ../n)");
        check("-(${a} * (${b} + 2))", "-(../a * (../b + 2))");
        check("../a", "../a");
    }
}
