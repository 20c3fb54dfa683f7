//! Many phrases at once: their beginnings are one automaton, so that a text is gone through once, however many there are.
//!
//! A phrase is letters as they stand in a text; … stands for some letters between its parts (`归…管…找`).

use std::collections::BTreeMap;

use daachorse::{CharwiseDoubleArrayAhoCorasick as Automaton, CharwiseDoubleArrayAhoCorasickBuilder};

/// What stands for letters between the parts of a phrase.
pub const ELLIPSIS: char = '…';

/// What may stand between the parts of a phrase.
#[derive(Clone, Copy)]
pub struct Gap {
    /// In characters.
    pub max: usize,
    /// Whether this letter may be a part of it.
    pub takes: fn(char) -> bool,
}

/// Where a phrase stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Counted in characters.
    pub start: usize,
    /// Its place among the phrases.
    pub phrase: usize,
    /// Counted in characters; not included.
    pub end: usize,
}

/// Phrases made ready.
pub struct Phrases {
    /// The parts of each, none empty.
    parts: Vec<Vec<Vec<char>>>,
    /// The first parts, each once; `None` where there is no phrase. Its values are places in `beginnings`.
    automaton: Option<Automaton<u32>>,
    /// For each first part the phrases that begin with it.
    beginnings: Vec<Vec<usize>>,
    gap: Gap,
}

/// A phrase, by its place, that is empty or has an empty part, or more phrases than can be made ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhraseError(pub usize);

impl Phrases {
    /// Makes phrases ready.
    ///
    /// # Errors
    ///
    /// [`PhraseError`], naming the first that is none.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>, gap: Gap) -> Result<Self, PhraseError> {
        let mut parts: Vec<Vec<Vec<char>>> = Vec::new();
        let mut by_beginning = BTreeMap::<&str, Vec<usize>>::new();
        for (n, phrase) in phrases.into_iter().enumerate() {
            let of_phrase: Vec<Vec<char>> = phrase.split(ELLIPSIS).map(|it| it.chars().collect()).collect();
            if of_phrase.iter().any(Vec::is_empty) {
                return Err(PhraseError(n));
            }
            by_beginning.entry(phrase.split(ELLIPSIS).next().unwrap_or_default()).or_default().push(n);
            parts.push(of_phrase);
        }
        let automaton = if by_beginning.is_empty() {
            None
        } else {
            // Without its filter, which is for texts in which hardly anything is found.
            let builder = CharwiseDoubleArrayAhoCorasickBuilder::new().use_prefilter(false);
            Some(builder.build(by_beginning.keys()).map_err(|_| PhraseError(parts.len()))?)
        };
        Ok(Self { parts, automaton, beginnings: by_beginning.into_values().collect(), gap })
    }

    /// Every phrase that is in a text, in the order of where they begin and then of the phrases. Takes time in proportion to
    /// the text's length and to what is found.
    pub fn find(&self, letters: &[char]) -> Vec<Found> {
        let mut all = Vec::new();
        let Some(automaton) = &self.automaton else { return all };
        let mut stepper = automaton.find_overlapping_stepper();
        for (n, letter) in letters.iter().enumerate() {
            stepper.consume(*letter);
            for beginning in stepper.matches() {
                for &phrase in &self.beginnings[beginning.value() as usize] {
                    let start = n + 1 - self.parts[phrase][0].len();
                    if let Some(end) = self.rest(phrase, letters, n + 1) {
                        all.push(Found { start, phrase, end });
                    }
                }
            }
        }
        all.sort_unstable();
        all
    }

    /// Where a phrase ends whose first part ends at `at`, if the rest of it is there.
    fn rest(&self, phrase: usize, letters: &[char], mut at: usize) -> Option<usize> {
        let takes = |it: usize| letters.get(it).is_some_and(|it| (self.gap.takes)(*it));
        for part in &self.parts[phrase][1..] {
            at = (at..=at + self.gap.max)
                .take_while(|&it| it == at || takes(it - 1))
                .find(|&it| letters[it..].starts_with(part))?
                + part.len();
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const NARROW: Gap = Gap { max: 2, takes: |it| it != '。' };

    fn found(phrases: &[&str], text: &str) -> Vec<(usize, usize, usize)> {
        let letters: Vec<char> = text.chars().collect();
        let found = Phrases::new(phrases.iter().copied(), NARROW).unwrap().find(&letters);
        found.iter().map(|it| (it.phrase, it.start, it.end)).collect()
    }

    #[test]
    fn phrases_are_found_with_what_stands_between() {
        assert_eq!(found(&["归…管…找"], "这归镇上管，找他"), [(0, 1, 7)]);
        assert_eq!(found(&["归…管"], "归他们几个管"), [], "too far");
        assert_eq!(found(&["归…管"], "归。管"), [], "another sentence");
        assert_eq!(found(&["归…管"], "归管"), [(0, 0, 2)]);
        assert_eq!(found(&["归…管"], "归"), []);
        assert_eq!(found(&[], "归管"), []);
    }

    #[test]
    fn one_within_another_and_one_twice_are_all_found() {
        assert_eq!(
            found(&["推", "推诿扯皮", "诿", "推"], "推诿扯皮"),
            [(0, 0, 1), (1, 0, 4), (3, 0, 1), (2, 1, 2)]
        );
    }

    #[test]
    fn what_is_no_phrase_is_named() {
        let error = |phrases: &[&str]| Phrases::new(phrases.iter().copied(), NARROW).err();
        assert_eq!(error(&["推", ""]), Some(PhraseError(1)));
        assert_eq!(error(&["推…"]), Some(PhraseError(0)));
        assert_eq!(error(&["推……诿"]), Some(PhraseError(0)));
    }

    /// The same by looking for every phrase at every letter.
    fn looked_for(phrases: &[String], letters: &[char]) -> Vec<Found> {
        let mut all = Vec::new();
        for start in 0..letters.len() {
            for (phrase, text) in phrases.iter().enumerate() {
                let mut at = Some(start);
                for (n, part) in text.split(ELLIPSIS).enumerate() {
                    let part: Vec<char> = part.chars().collect();
                    let gap_max = if n == 0 { 0 } else { NARROW.max };
                    at = at.and_then(|at| {
                        let far =
                            letters[at..].iter().take(gap_max).take_while(|it| (NARROW.takes)(**it)).count();
                        (at..=at + far).find(|it| letters[*it..].starts_with(&part)).map(|it| it + part.len())
                    });
                }
                all.extend(at.map(|end| Found { start, phrase, end }));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_looking_at_every_letter_finds(
            phrases in vec("[推诿归管a👨]{1,3}(…[推诿归管a👨]{1,2}){0,2}", 0..12),
            text in "[推诿归管a👨。]{0,40}",
        ) {
            let letters: Vec<char> = text.chars().collect();
            let found = Phrases::new(phrases.iter().map(String::as_str), NARROW).unwrap().find(&letters);
            prop_assert_eq!(found, looked_for(&phrases, &letters));
        }
    }
}
