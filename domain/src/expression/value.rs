//! What an expression says.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::{
    node::NodeRef,
    number::text_from_number,
    time::{text_from_date, text_from_time},
};

/// What an expression gives while it is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// In the order of the document, unless shuffled.
    Nodes(Vec<NodeRef>),
    Number(f64),
    Text(Cow<'a, str>),
    Boolean(bool),
    Date(NaiveDate),
    Time(DateTime<FixedOffset>),
}

/// What an expression gave, without nodes: the first node's text stands for them.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    Number(f64),
    Text(String),
    Boolean(bool),
    Date(NaiveDate),
    Time(DateTime<FixedOffset>),
}

impl Plain {
    /// As it is kept in an answer.
    pub fn to_text(&self) -> String {
        match self {
            Self::Number(number) => text_from_number(*number),
            Self::Text(text) => text.clone(),
            Self::Boolean(truth) => truth.to_string(),
            Self::Date(date) => text_from_date(*date),
            Self::Time(time) => text_from_time(*time),
        }
    }
}

impl Value<'_> {
    pub(super) const EMPTY: Self = Self::Text(Cow::Borrowed(""));
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}
