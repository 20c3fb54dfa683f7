//! What an expression asks of single answers, where it does nothing else: for saying a condition in words.

use super::{
    syntax::{Expr, Expression, Record},
    text_from_number,
    token::Operator,
};

/// How an answer is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparing {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    /// Among several choices.
    Chosen,
    NotChosen,
}

/// A question of this record, and what its answer is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub question: String,
    pub comparing: Comparing,
    pub with: String,
}

/// Comparisons of which all must hold, or any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparisons {
    pub any: bool,
    pub each: Vec<Comparison>,
}

impl Expression {
    /// The comparisons that it consists of; `None` where there is more in it.
    pub fn comparisons(&self) -> Option<Comparisons> {
        if let Expr::Chain { first, rest } = &self.root
            && let operator @ (Operator::And | Operator::Or) = rest[0].operator
        {
            let parts = std::iter::once(&**first).chain(rest.iter().map(|it| &it.right));
            let each = parts.map(comparison).collect::<Option<Vec<_>>>()?;
            return Some(Comparisons { any: operator == Operator::Or, each });
        }
        Some(Comparisons { any: false, each: vec![comparison(&self.root)?] })
    }
}

fn comparison(part: &Expr) -> Option<Comparison> {
    match part {
        Expr::Chain { first, rest } => {
            let [link] = &rest[..] else { return None };
            let comparing = match link.operator {
                Operator::Equal => Comparing::Equal,
                Operator::Unequal => Comparing::Unequal,
                Operator::Less => Comparing::Less,
                Operator::AtMost => Comparing::AtMost,
                Operator::More => Comparing::More,
                Operator::AtLeast => Comparing::AtLeast,
                _ => return None,
            };
            match (question(first), value(&link.right)) {
                (Some(question), Some(with)) => Some(Comparison { question, comparing, with }),
                _ => {
                    let (question, with) = (question(&link.right)?, value(first)?);
                    Some(Comparison { question, comparing: turned(comparing), with })
                }
            }
        }
        Expr::Call { function, arguments, .. } => match (function.name, &arguments[..]) {
            ("selected", [asked, choice]) => Some(Comparison {
                question: question(asked)?,
                comparing: Comparing::Chosen,
                with: value(choice)?,
            }),
            ("not", [inner]) => {
                let inner = comparison(inner)?;
                Some(Comparison { comparing: opposite(inner.comparing), ..inner })
            }
            _ => None,
        },
        _ => None,
    }
}

/// As seen from the other side of the sign.
fn turned(comparing: Comparing) -> Comparing {
    match comparing {
        Comparing::Less => Comparing::More,
        Comparing::AtMost => Comparing::AtLeast,
        Comparing::More => Comparing::Less,
        Comparing::AtLeast => Comparing::AtMost,
        Comparing::Equal | Comparing::Unequal | Comparing::Chosen | Comparing::NotChosen => comparing,
    }
}

fn opposite(comparing: Comparing) -> Comparing {
    match comparing {
        Comparing::Equal => Comparing::Unequal,
        Comparing::Unequal => Comparing::Equal,
        Comparing::Less => Comparing::AtLeast,
        Comparing::AtMost => Comparing::More,
        Comparing::More => Comparing::AtMost,
        Comparing::AtLeast => Comparing::Less,
        Comparing::Chosen => Comparing::NotChosen,
        Comparing::NotChosen => Comparing::Chosen,
    }
}

fn question(part: &Expr) -> Option<String> {
    match part {
        Expr::Question(it) if it.of == Record::This => Some(it.name.clone()),
        _ => None,
    }
}

fn value(part: &Expr) -> Option<String> {
    match part {
        Expr::Text(text) => Some(text.clone()),
        Expr::Number(number) => Some(text_from_number(*number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Question, comparison and value.
    type Told<'t> = (&'t str, Comparing, &'t str);

    #[track_caller]
    fn check(text: &str, expected: Option<(bool, &[Told<'_>])>) {
        let said = Expression::parse(text).unwrap().comparisons();
        let expected = expected.map(|(any, each)| Comparisons {
            any,
            each: each
                .iter()
                .map(|(question, comparing, with)| Comparison {
                    question: (*question).to_owned(),
                    comparing: *comparing,
                    with: (*with).to_owned(),
                })
                .collect(),
        });
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn comparisons_are_taken_apart_and_nothing_else_is() {
        use Comparing::{AtLeast, Chosen, Equal, Less, NotChosen, Unequal};
        check("${a} = 'yes'", Some((false, &[("a", Equal, "yes")])));
        check("3 > ${a}", Some((false, &[("a", Less, "3")])));
        check("${a} != '' and selected(${b}, 'x')", Some((false, &[("a", Unequal, ""), ("b", Chosen, "x")])));
        check(
            "not(selected(${a}, 'x')) or not(${b} < 2)",
            Some((true, &[("a", NotChosen, "x"), ("b", AtLeast, "2")])),
        );
        for more in [
            "${a} = ${b}",
            "${a} + 1 > 3",
            "true()",
            "${a} = 1 and (${b} = 2 or ${c} = 3)",
            ". > 3",
            "${last-saved#a} = 1",
        ] {
            check(more, None);
        }
    }
}
