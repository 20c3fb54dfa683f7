//! The expression language of questionnaires: when a question is asked, what is computed, what is allowed.
//!
//! The subset of XPath 1.0 that the ODK XForms specification describes, with `${name}` as XLSForm writes it. A text is
//! parsed once; the tree is evaluated against a [`World`], which holds everything that is not pure: the time, a seed,
//! the answers, the tables. So phone and server agree.
//!
//! Where the specification leaves room, or we differ:
//!
//! - What is not there, or not asked, is the empty text: `${x} = ''` holds, and `count` does not count it.
//! - A node as a truth value is what it says, not that it is there: an unanswered question is false.
//! - `if` and `coalesce` hand on a value with its type.
//! - A date is a whole number of days since 1970-01-01; a time of day is a fraction of the day in UTC. Compared with a
//!   time, a date is its midnight at the world's offset.
//! - `date` of what is no date is an error, of nothing is nothing. `format-date` knows the hours, too.
//! - `regex` is searched for, not matched as a whole, as the specification has it; anchor it with `^` and `$`. Patterns are
//!   those of the crate regex-lite: no look-around, no back-references, and `\d`, `\w`, `\s` are ASCII.
//! - `round` rounds halves up, after as many decimals as are asked for, as the number is written.
//! - Without a questionnaire there is no node: paths and names are errors.
//! - Beyond the specification: `floor`, `ceiling`, `substring`, `last`, `name`, `local-name`, `base64-decode`,
//!   `date-time`, `geofence`; more than two arguments of `coalesce`; more than one of `distance`.
//! - `jr:itext` is an error: texts of a questionnaire have no ids.

mod comparing;
mod error;
mod evaluate;
mod function;
mod leading;
#[expect(clippy::unnecessary_wraps, reason = "functions of the language are of one type")]
mod lists;
#[expect(clippy::unnecessary_wraps, reason = "functions of the language are of one type")]
mod logic;
mod node;
mod number;
#[expect(clippy::unnecessary_wraps, reason = "functions of the language are of one type")]
mod numbers;
mod parse;
mod place;
mod random;
mod syntax;
mod texts;
mod time;
#[expect(clippy::unnecessary_wraps, reason = "functions of the language are of one type")]
mod times;
mod token;
mod value;
mod walk;
mod xpath;

pub use comparing::{Comparing, Comparison, Comparisons};
pub use error::{ErrorKind, ExpressionError};
pub use evaluate::{Moment, Words, World};
pub use function::names as function_names;
pub use leading::{From, Place, Tree};
pub use node::{Document, DocumentBuilder, NodeRef, Tables};
pub use number::{number_from_text, text_from_number};
pub use syntax::{Expression, Path, Record, Reference};
pub(crate) use time::{is_clock, is_time};
pub(crate) use token::is_name;
pub use value::{Plain, Value};
pub use walk::LAST_SAVED;
pub use xpath::{NamedPath, Origin, Site};

/// Longest expression, in characters: what a cell of a spreadsheet holds.
pub const CHARS_MAX: usize = 32_767;
/// Parentheses, arguments and predicates that may be within each other. Excel allows 64 functions.
pub const DEPTH_MAX: usize = 100;
/// Steps that one evaluation may take; a form of 10,000 nodes looked through a hundred times.
pub const STEPS_MAX: u32 = 1_000_000;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod properties;
