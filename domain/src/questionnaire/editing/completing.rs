//! What an expression that is being typed may go on with.

use crate::expression::function_names;

/// Most that are offered at once: what a person reads through.
const OFFERS_MAX: usize = 12;

/// What may be put in the place of what was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// From here to the caret, in bytes, it takes the place of what is there.
    pub from: usize,
    pub offers: Vec<Offer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub kind: OfferKind,
    pub name: String,
    /// What the question says; empty for a function.
    pub label: String,
    /// What is written.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferKind {
    Question,
    Function,
}

/// What `text`, with the caret at a byte of it, may go on with: names of questions behind `$` and `${`, found by what they
/// say too, and functions by their beginning. `None` where nothing fits, and within quotation marks.
pub fn complete(text: &str, caret: usize, names: &[(String, String)]) -> Option<Completion> {
    let before = text.get(..caret)?;
    let (from, offers) = match before.rfind("${").filter(|it| !before[*it..].contains('}')) {
        Some(from) => (from, questions(&before[from + 2..], names)),
        None if is_quoted(before) => return None,
        None if before.ends_with('$') => (caret - 1, questions("", names)),
        None => {
            let continues = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | ':');
            let word = before.trim_end_matches(continues).len();
            (word, functions(&before[word..]))
        }
    };
    (!offers.is_empty()).then_some(Completion { from, offers })
}

fn questions(begun: &str, names: &[(String, String)]) -> Vec<Offer> {
    let begun = begun.trim().to_lowercase();
    let rank = |(name, label): &(String, String)| {
        let name = name.to_lowercase();
        [name.starts_with(&begun), name.contains(&begun), label.to_lowercase().contains(&begun)]
            .iter()
            .position(|it| *it)
    };
    let mut fitting: Vec<_> = names.iter().filter_map(|it| Some((rank(it)?, it))).collect();
    fitting.sort_by_key(|(rank, _)| *rank);
    let offer = |(_, (name, label)): (usize, &(String, String))| Offer {
        kind: OfferKind::Question,
        name: name.clone(),
        label: label.clone(),
        text: format!("${{{name}}}"),
    };
    fitting.into_iter().take(OFFERS_MAX).map(offer).collect()
}

fn functions(begun: &str) -> Vec<Offer> {
    if begun.is_empty() {
        return Vec::new();
    }
    let fitting = function_names().filter(|it| it.starts_with(begun)).take(OFFERS_MAX);
    let offer = |name: &str| Offer {
        kind: OfferKind::Function,
        name: name.to_owned(),
        label: String::new(),
        text: format!("{name}("),
    };
    fitting.map(offer).collect()
}

/// Whether a text ends within quotation marks.
fn is_quoted(text: &str) -> bool {
    let mut open = None;
    for it in text.chars().filter(|it| matches!(it, '\'' | '"')) {
        match open {
            None => open = Some(it),
            Some(mark) if mark == it => open = None,
            Some(_) => {}
        }
    }
    open.is_some()
}
