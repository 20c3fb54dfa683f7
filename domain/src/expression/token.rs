//! An expression as tokens, by the lexical rules of XPath 1.0 (3.7).

use super::error::{ErrorKind, ExpressionError};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A name, perhaps with a prefix before a colon.
    Name(String),
    /// What stands within `${…}`.
    Question(String),
    Operator(Operator),
    /// One of `( ) [ ] , / // . .. @ :: * $ |`.
    Mark(&'static str),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Plus,
    Minus,
    Times,
    Div,
    Mod,
}

impl Operator {
    /// What binds tighter is higher; operators of one level are taken from left to right.
    pub(super) fn level(self) -> u8 {
        match self {
            Self::Or => 0,
            Self::And => 1,
            Self::Equal | Self::Unequal => 2,
            Self::Less | Self::AtMost | Self::More | Self::AtLeast => 3,
            Self::Plus | Self::Minus => 4,
            Self::Times | Self::Div | Self::Mod => 5,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Div => "div",
            Self::Mod => "mod",
        }
    }
}

/// Operators and marks that are signs, the longer before the shorter.
const SIGNS: [(&str, Token); 20] = [
    ("!=", Token::Operator(Operator::Unequal)),
    ("<=", Token::Operator(Operator::AtMost)),
    (">=", Token::Operator(Operator::AtLeast)),
    ("=", Token::Operator(Operator::Equal)),
    ("<", Token::Operator(Operator::Less)),
    (">", Token::Operator(Operator::More)),
    ("+", Token::Operator(Operator::Plus)),
    ("-", Token::Operator(Operator::Minus)),
    ("//", Token::Mark("//")),
    ("/", Token::Mark("/")),
    ("..", Token::Mark("..")),
    (".", Token::Mark(".")),
    ("::", Token::Mark("::")),
    ("(", Token::Mark("(")),
    (")", Token::Mark(")")),
    ("[", Token::Mark("[")),
    ("]", Token::Mark("]")),
    (",", Token::Mark(",")),
    ("@", Token::Mark("@")),
    ("|", Token::Mark("|")),
];

const WORDS: [(&str, Operator); 4] =
    [("or", Operator::Or), ("and", Operator::And), ("div", Operator::Div), ("mod", Operator::Mod)];

/// Each token with the characters before it.
pub(super) type Tokens = Vec<(Token, usize)>;

/// Reads a text as tokens.
pub(super) fn tokens(text: &str) -> Result<Tokens, ExpressionError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Tokens::new();
    let mut at = 0;
    while let Some(&first) = chars.get(at) {
        if first.is_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = token(&chars[at..], at, tokens.last().map(|(token, _)| token))?;
        tokens.push((token, at));
        at += length;
    }
    Ok(tokens)
}

fn token(chars: &[char], at: usize, before: Option<&Token>) -> Result<(Token, usize), ExpressionError> {
    let first = chars[0];
    let second = chars.get(1).copied().unwrap_or(' ');
    if first == '"' || first == '\'' {
        let length = chars[1..].iter().position(|it| *it == first);
        let length = length.ok_or(ErrorKind::UnclosedText.at(at))?;
        return Ok((Token::Text(chars[1..=length].iter().collect()), length + 2));
    }
    if first.is_ascii_digit() || first == '.' && second.is_ascii_digit() {
        return Ok(number(chars));
    }
    if first == '$' {
        return question(chars, at);
    }
    if first == '*' {
        let token = if ends_operand(before) { Token::Operator(Operator::Times) } else { Token::Mark("*") };
        return Ok((token, 1));
    }
    if begins_name(first) {
        let name = name(chars);
        let word = WORDS.iter().find(|(word, _)| *word == name && ends_operand(before));
        let length = name.chars().count();
        return Ok((word.map_or(Token::Name(name), |(_, it)| Token::Operator(*it)), length));
    }
    let starts = |sign: &str| sign.chars().zip(chars.iter()).filter(|(a, b)| a == *b).count() == sign.len();
    let sign = SIGNS.iter().find(|(sign, _)| starts(sign));
    sign.map(|(sign, token)| (token.clone(), sign.len()))
        .ok_or_else(|| ErrorKind::Unexpected { found: first.to_string() }.at(at))
}

/// Whether an operand ends with this token, so that an operator follows (XPath 1.0, 3.7).
fn ends_operand(token: Option<&Token>) -> bool {
    match token {
        None | Some(Token::Operator(_)) => false,
        Some(Token::Mark(mark)) => matches!(*mark, ")" | "]" | "." | ".." | "*"),
        Some(Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Question(_)) => true,
    }
}

fn number(chars: &[char]) -> (Token, usize) {
    let digits = |from: usize| chars[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let mut length = digits(0);
    if chars.get(length) == Some(&'.') {
        length += 1 + digits(length + 1);
    }
    let text: String = chars[..length].iter().collect();
    let number = text.parse().expect("digits with at most one point between them are a number");
    (Token::Number(number), length)
}

fn question(chars: &[char], at: usize) -> Result<(Token, usize), ExpressionError> {
    if chars.get(1) != Some(&'{') {
        return Err(ErrorKind::Unsupported { what: "$" }.at(at));
    }
    let length = chars.iter().position(|it| *it == '}').ok_or(ErrorKind::BadName.at(at))?;
    let inner: String = chars[2..length].iter().collect();
    let name = inner.trim();
    let bare = name.strip_prefix("last-saved#").unwrap_or(name);
    if !is_name(bare) {
        return Err(ErrorKind::BadName.at(at));
    }
    Ok((Token::Question(name.to_owned()), length + 1))
}

/// The name that stands at the front, with the prefix before a colon if it has one.
fn name(chars: &[char]) -> String {
    let part = |from: usize| chars[from..].iter().take_while(|it| continues_name(**it)).count();
    let mut length = part(0);
    let prefixed =
        chars.get(length) == Some(&':') && chars.get(length + 1).is_some_and(|it| begins_name(*it));
    if prefixed {
        length += 1 + part(length + 1);
    }
    chars[..length].iter().collect()
}

/// Whether a text can be the name of a question: a letter or `_`, then letters, digits, `_`, `-` and `.`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(continues_name)
}

fn begins_name(it: char) -> bool {
    it == '_' || it.is_alphabetic()
}

fn continues_name(it: char) -> bool {
    begins_name(it) || it.is_numeric() || it == '-' || it == '.' || it == '\u{b7}'
}
