//! Sentences as people say them, each with its kind and type: what ships to learn from.

use crate::{statement::Kind, taxonomy::Taxonomy};

/// The sentences that ship: kind, code and words a line, parted by tabs; `-` where no type is spoken for.
pub const SHIPPED: &str = include_str!("../../data/said.tsv");

/// A sentence, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    pub kind: Kind,
    /// The type's code; empty where no type is spoken for.
    pub code: &'a str,
    pub words: &'a str,
}

/// A line that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a kind, a leaf's code or -, and words, parted by tabs")]
pub struct SaidError {
    pub line: usize,
}

/// Reads sentences, one a line.
///
/// # Errors
///
/// [`SaidError`], naming the line.
pub fn read<'a>(tsv: &'a str, taxonomy: &Taxonomy) -> Result<Vec<Said<'a>>, SaidError> {
    let lines = tsv.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(n, line)| said(line, taxonomy).ok_or(SaidError { line: n + 1 })).collect()
}

fn said<'a>(line: &'a str, taxonomy: &Taxonomy) -> Option<Said<'a>> {
    let (kind, rest) = line.split_once('\t')?;
    let (code, words) = rest.split_once('\t')?;
    let code = if code == "-" { "" } else { code };
    let known = code.is_empty() || taxonomy.is_leaf(code);
    (known && !words.trim().is_empty()).then_some(Said { kind: Kind::from_word(kind)?, code, words })
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn every_type_and_kind_is_spoken_for_and_nothing_is_said_twice() {
        let taxonomy = Taxonomy::shipped();
        let all = read(SHIPPED, &taxonomy).unwrap();
        let mut of_codes: HashMap<&str, usize> = HashMap::new();
        let mut of_kinds: HashMap<Kind, usize> = HashMap::new();
        for it in &all {
            *of_codes.entry(it.code).or_default() += 1;
            *of_kinds.entry(it.kind).or_default() += 1;
        }
        assert!(taxonomy.leaves().all(|it| of_codes.get(it.code.as_str()) >= Some(&40)), "{of_codes:?}");
        assert!(Kind::ALL.iter().all(|it| of_kinds.get(it) >= Some(&400)), "{of_kinds:?}");
        assert_eq!(all.iter().map(|it| it.words).collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = |tsv| read(tsv, &Taxonomy::shipped()).err();
        assert_eq!(error("problem\tGL1\t推\n\nproblem\tGL\t推"), Some(SaidError { line: 3 }));
        assert_eq!(error("anger\tGL1\t推"), Some(SaidError { line: 1 }));
        assert_eq!(error("none\t-\t "), Some(SaidError { line: 1 }));
        assert_eq!(error("none\t-\t没有"), None);
    }
}
