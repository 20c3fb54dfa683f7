//! From tokens to a tree, by the grammar of XPath 1.0 (3).

use super::{
    CHARS_MAX, DEPTH_MAX,
    error::{ErrorKind, ExpressionError},
    function,
    syntax::{Axis, Expr, Expression, Link, LocationPath, Question, Record, Start, Step, Test},
    token::{Operator, Token, Tokens, tokens},
};

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// What is wrong with it and where, for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let length = text.chars().count();
        if length > CHARS_MAX {
            return Err(ErrorKind::TooLong { chars_max: CHARS_MAX }.at(CHARS_MAX));
        }
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Err(ErrorKind::Empty.at(0));
        }
        let mut parser = Parser { tokens, next: 0, depth: 0, length };
        let root = parser.nested()?;
        match parser.peek() {
            None => Ok(Self { root }),
            Some(_) => Err(parser.unexpected()),
        }
    }
}

struct Parser {
    tokens: Tokens,
    next: usize,
    depth: usize,
    /// Of the text, in characters: where it ends.
    length: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.length, |(_, at)| *at)
    }

    fn take(&mut self, mark: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Mark(it)) if *it == mark);
        self.next += usize::from(there);
        there
    }

    fn expect(&mut self, mark: &str) -> Result<(), ExpressionError> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> ExpressionError {
        let found = match self.peek() {
            None => return ErrorKind::UnexpectedEnd.at(self.length),
            Some(Token::Number(_)) => "a number".to_owned(),
            Some(Token::Text(_)) => "a text".to_owned(),
            Some(Token::Name(name)) => name.clone(),
            Some(Token::Question(name)) => format!("${{{name}}}"),
            Some(Token::Operator(operator)) => operator.word().to_owned(),
            Some(Token::Mark(mark)) => (*mark).to_owned(),
        };
        ErrorKind::Unexpected { found }.at(self.at())
    }

    /// An expression within parentheses, an argument or a predicate: where a tree grows deep.
    fn nested(&mut self) -> Result<Expr, ExpressionError> {
        if self.depth > DEPTH_MAX {
            return Err(ErrorKind::TooDeep { depth_max: DEPTH_MAX }.at(self.at()));
        }
        self.depth += 1;
        let expression = self.expression(0)?;
        self.depth -= 1;
        Ok(expression)
    }

    /// Operands with operators of this level or of a tighter one between them.
    fn expression(&mut self, level_min: u8) -> Result<Expr, ExpressionError> {
        let mut left = self.unary()?;
        while let Some(level) = self.operator().map(Operator::level).filter(|it| *it >= level_min) {
            let mut rest = Vec::new();
            while let Some(operator) = self.operator().filter(|it| it.level() == level) {
                self.next += 1;
                rest.push(Link { operator, right: self.expression(level + 1)? });
            }
            left = Expr::Chain { first: Box::new(left), rest };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<Operator> {
        match self.peek() {
            Some(Token::Operator(it)) => Some(*it),
            _ => None,
        }
    }

    fn unary(&mut self) -> Result<Expr, ExpressionError> {
        let mut n = 0;
        while self.operator() == Some(Operator::Minus) {
            self.next += 1;
            n += 1;
        }
        let of = self.union()?;
        Ok(if n == 0 { of } else { Expr::Negate { n, of: Box::new(of) } })
    }

    fn union(&mut self) -> Result<Expr, ExpressionError> {
        let at = self.at();
        let first = self.path()?;
        if !matches!(self.peek(), Some(Token::Mark("|"))) {
            return Ok(first);
        }
        let mut parts = vec![(first, at)];
        while self.take("|") {
            let at = self.at();
            parts.push((self.path()?, at));
        }
        Ok(Expr::Union(parts))
    }

    fn path(&mut self) -> Result<Expr, ExpressionError> {
        let at = self.at();
        if let Some(primary) = self.primary()? {
            let predicates = self.predicates()?;
            let mut steps = Vec::new();
            if self.take("/") {
                self.steps(&mut steps)?;
            } else if self.take("//") {
                steps.push(below());
                self.steps(&mut steps)?;
            }
            if predicates.is_empty() && steps.is_empty() {
                return Ok(primary);
            }
            let start = Start::Nodes { of: primary, predicates };
            return Ok(Expr::Path(Box::new(LocationPath { start, steps, at })));
        }
        let mut steps = Vec::new();
        let start = if self.take("//") {
            steps.push(below());
            self.steps(&mut steps)?;
            Start::Root
        } else if self.take("/") {
            if self.begins_step() {
                self.steps(&mut steps)?;
            }
            Start::Root
        } else {
            self.steps(&mut steps)?;
            Start::Context
        };
        Ok(Expr::Path(Box::new(LocationPath { start, steps, at })))
    }

    /// What is no path: a literal, a question, a call, something in parentheses.
    fn primary(&mut self) -> Result<Option<Expr>, ExpressionError> {
        let at = self.at();
        let called = matches!(self.tokens.get(self.next + 1), Some((Token::Mark("("), _)));
        let primary = match self.peek() {
            Some(Token::Number(number)) => Expr::Number(*number),
            Some(Token::Text(text)) => Expr::Text(text.clone()),
            Some(Token::Question(name)) => {
                let (of, name) = match name.strip_prefix("last-saved#") {
                    Some(name) => (Record::LastSaved, name),
                    None => (Record::This, name.as_str()),
                };
                Expr::Question(Question { name: name.to_owned(), of, at, reference: None })
            }
            Some(Token::Mark("(")) => {
                self.next += 1;
                let inner = self.nested()?;
                self.expect(")")?;
                return Ok(Some(inner));
            }
            Some(Token::Name(name)) if called && !is_node_test(name) => {
                let name = name.clone();
                return Ok(Some(self.call(&name, at)?));
            }
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(primary))
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Expr, ExpressionError> {
        let function = function::named(name)
            .ok_or_else(|| ErrorKind::UnknownFunction { name: name.to_owned() }.at(at))?;
        self.next += 2;
        let mut arguments = Vec::new();
        if !self.take(")") {
            arguments.push(self.nested()?);
            while self.take(",") {
                arguments.push(self.nested()?);
            }
            self.expect(")")?;
        }
        let (min, max, given) = (function.min, function.max, arguments.len());
        if given < min || given > max {
            return Err(ErrorKind::WrongArguments { function: function.name, min, max, given }.at(at));
        }
        Ok(Expr::Call { function, arguments, at })
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, ExpressionError> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.nested()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn begins_step(&self) -> bool {
        matches!(self.peek(), Some(Token::Name(_) | Token::Mark("." | ".." | "*" | "@")))
    }

    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), ExpressionError> {
        loop {
            steps.push(self.step()?);
            if self.take("//") {
                steps.push(below());
            } else if !self.take("/") {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Result<Step, ExpressionError> {
        let at = self.at();
        if self.take("@") {
            return Err(ErrorKind::Unsupported { what: "@" }.at(at));
        }
        if self.take("..") {
            return Ok(Step { axis: Axis::Parent, test: Test::Node, predicates: self.predicates()?, at });
        }
        if self.take(".") {
            return Ok(Step { axis: Axis::Itself, test: Test::Node, predicates: self.predicates()?, at });
        }
        let mut axis = Axis::Child;
        if let (Some(Token::Name(name)), Some((Token::Mark("::"), _))) =
            (self.peek(), self.tokens.get(self.next + 1))
        {
            axis = match name.as_str() {
                "child" => Axis::Child,
                "parent" => Axis::Parent,
                "self" => Axis::Itself,
                "descendant-or-self" => Axis::Below,
                _ => return Err(ErrorKind::UnsupportedAxis { axis: name.clone() }.at(at)),
            };
            self.next += 2;
        }
        let at = self.at();
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()?, at })
    }

    fn test(&mut self) -> Result<Test, ExpressionError> {
        let at = self.at();
        if self.take("*") {
            return Ok(Test::Element);
        }
        let Some(Token::Name(name)) = self.peek() else {
            return Err(self.unexpected());
        };
        let name = name.clone();
        self.next += 1;
        if !self.take("(") {
            return Ok(Test::Name(name));
        }
        match name.as_str() {
            "node" => {
                self.expect(")")?;
                Ok(Test::Node)
            }
            "text" => Err(ErrorKind::Unsupported { what: "text()" }.at(at)),
            "comment" => Err(ErrorKind::Unsupported { what: "comment()" }.at(at)),
            "processing-instruction" => {
                Err(ErrorKind::Unsupported { what: "processing-instruction()" }.at(at))
            }
            _ => {
                self.next -= 1;
                Err(self.unexpected())
            }
        }
    }
}

fn is_node_test(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn below() -> Step {
    Step { axis: Axis::Below, test: Test::Node, predicates: Vec::new(), at: 0 }
}
