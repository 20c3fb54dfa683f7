//! Several matters in one text: where one ends and the next begins.
//!
//! A text may be cut at the ends of its sentences, and at a clause where a new matter is announced ("还有一件事"). Of all ways to cut it
//! the cheapest is taken, found by dynamic programming over these places, as linear text segmentation does (Utiyama and Isahara 2001,
//! "A statistical model for domain-independent text segmentation", ACL 39): a piece costs the less the surer it is what it speaks for,
//! a cut costs the more the less the words say that something new begins. Without such words pieces must speak for different types,
//! each for itself. A wrong cut costs an office more than one that is missing: in doubt it is one matter.

mod links;

use serde::{Deserialize, Serialize};

use self::links::{Link, announces, link, places_of};
use crate::{
    categorize::{Categorization, Evidence},
    statement::Kind,
};

/// Most pieces of one text.
pub const MATTERS_MAX: usize = 6;
/// A longer text is a letter, to be read as a whole, in characters.
pub const TEXT_CHARS_MAX: usize = 600;
/// Most places that are weighed in one text: with more it is a letter too.
const PLACES_MAX: usize = 16;
/// A shorter piece is no matter of its own, in Chinese characters.
const PIECE_MIN: usize = 8;

// What pieces and cuts cost, as logarithms of likelihoods: chosen on `matters/making.txt`,
// `cargo run --release -p domain --example reading_figures`.

/// What a cut costs where words say that another matter follows: less than nothing.
const SAID_CUT: f64 = -1.4;
/// Where words say that something is added, and the pieces speak for different types.
const ADDED_CUT: f64 = -0.6;
/// Where a written list goes on with its next number.
const COUNTED_CUT: f64 = 0.3;
/// Where praise turns to something else, or the other way round.
const TURNED_CUT: f64 = -0.8;
/// Where nothing says so.
const SILENT_CUT: f64 = 0.6;
/// How sure it must be what pieces speak for that are cut apart where something is added, and where nothing is said.
const ADDED_SURE_MIN: f64 = 0.45;
const SILENT_SURE_MIN: f64 = 0.65;
/// A text that is as sure as this of one type has one matter, unless its words say otherwise.
const WHOLE_SURE: f64 = 0.6;
/// How likely praise must be to count as such.
const PRAISE_MIN: f64 = 0.6;

/// One matter of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Matter {
    /// In characters (Unicode scalar values) of the text.
    pub start: usize,
    /// In characters, not included.
    pub end: usize,
    /// What the piece alone speaks for; evidence counts characters of the whole text.
    pub made: Categorization,
}

/// The matters of a text, in its order: together they are the text, and there is one where it cannot be told that there are
/// more. `suggest` is what a text speaks for; it is asked some ten times for a text of ten sentences, and once for most.
pub fn matters(text: &str, suggest: impl Fn(&str) -> Categorization) -> Vec<Matter> {
    let letters: Vec<char> = text.chars().collect();
    let whole = || vec![Matter { start: 0, end: letters.len(), made: suggest(text) }];
    if letters.len() > TEXT_CHARS_MAX {
        return whole();
    }
    let announced = announces(&letters);
    let places = places_of(&letters).into_iter();
    let places: Vec<(usize, Link)> =
        places.map(|at| (at, link(&letters, at, announced))).filter(|it| it.1 != Link::GoesOn).collect();
    if places.is_empty() || places.len() > PLACES_MAX {
        return whole();
    }
    let one = whole();
    let is_said = places.iter().any(|it| !matches!(it.1, Link::Silent | Link::Counts));
    let is_sure = one[0].made.suggestions.first().is_some_and(|it| it.confidence >= WHOLE_SURE);
    if is_sure && !is_said {
        return one;
    }
    Cutting::new(&letters, &places, &suggest).cheapest()
}

/// Where an office may cut a text: at the ends of sentences, and of clauses where a sentence is long or something new is announced in it.
/// In characters, rising; never the beginning or the end, never within a quotation.
pub fn places(text: &str) -> Vec<usize> {
    places_of(&text.chars().collect::<Vec<_>>())
}

/// Cuts a text at some of its [`places`]; the pieces in its order, byte for byte. `None` where a cut is none of them, or there are
/// none or too many.
pub fn divide<'a>(text: &'a str, cuts: &[usize]) -> Option<Vec<&'a str>> {
    let allowed = places(text);
    let rises = cuts.is_sorted_by(|one, other| one < other);
    let fits = !cuts.is_empty() && cuts.len() < MATTERS_MAX && cuts.iter().all(|it| allowed.contains(it));
    if !rises || !fits {
        return None;
    }
    let bytes: Vec<usize> = text.char_indices().map(|it| it.0).chain([text.len()]).collect();
    let ends: Vec<usize> = [0].into_iter().chain(cuts.iter().copied()).chain([bytes.len() - 1]).collect();
    Some(ends.windows(2).map(|it| &text[bytes[it[0]]..bytes[it[1]]]).collect())
}

/// A piece that may be, as it reads.
struct Piece {
    made: Categorization,
    /// What it speaks for, for comparing with its neighbours.
    code: Option<String>,
    sure: f64,
    is_praise: bool,
    letters_n: usize,
}

impl Piece {
    fn of(letters: &[char], suggest: &impl Fn(&str) -> Categorization) -> Self {
        let made = suggest(&letters.iter().collect::<String>());
        let kind = made.kind;
        let best = made.suggestions.first();
        let by_kind = if kind.value == Kind::Nothing { 0.1 } else { kind.confidence * 0.6 };
        Self {
            code: best.map(|it| it.code.clone()),
            sure: best.map_or(by_kind, |it| it.confidence.max(by_kind)).max(0.05),
            is_praise: kind.value == Kind::Praise && kind.confidence >= PRAISE_MIN,
            letters_n: letters.iter().filter(|it| is_han(**it)).count(),
            made,
        }
    }

    /// Whether it can be a matter of its own.
    fn stands(&self) -> bool {
        let says_something = self.made.kind.value != Kind::Nothing || self.code.is_some();
        self.letters_n >= PIECE_MIN && says_something
    }

    fn differs(&self, other: &Self) -> bool {
        self.is_praise != other.is_praise
            || matches!((&self.code, &other.code), (Some(own), Some(its)) if own != its)
    }
}

/// All pieces between places, and the cheapest way through them.
struct Cutting<'a> {
    letters: &'a [char],
    /// The beginning, the places and the end.
    ends: Vec<usize>,
    links: Vec<Link>,
    /// From each of `ends` to each later one.
    pieces: Vec<Vec<Piece>>,
}

/// The cheapest way up to a piece, which ends it.
#[derive(Clone, Copy)]
struct Way {
    cost: f64,
    /// Where the piece before begins; itself where there is none.
    before: usize,
    pieces_n: usize,
}

impl<'a> Cutting<'a> {
    fn new(letters: &'a [char], places: &[(usize, Link)], suggest: &impl Fn(&str) -> Categorization) -> Self {
        let links = places.iter().map(|it| it.1).collect();
        let inner = places.iter().map(|it| it.0);
        let ends: Vec<usize> = [0].into_iter().chain(inner).chain([letters.len()]).collect();
        let from = |from: usize| {
            ends[from + 1..].iter().map(|to| Piece::of(&letters[ends[from]..*to], suggest)).collect()
        };
        let pieces = (0..ends.len() - 1).map(from).collect();
        Self { letters, ends, links, pieces }
    }

    fn piece(&self, from: usize, to: usize) -> &Piece {
        &self.pieces[from][to - from - 1]
    }

    /// What a cut between two pieces costs; `None` where there is to be none.
    fn cut(&self, at: usize, before: &Piece, after: &Piece) -> Option<f64> {
        if !before.stands() || !after.stands() {
            return None;
        }
        let sure = before.sure.min(after.sure);
        match self.links[at - 1] {
            Link::Says => Some(SAID_CUT),
            Link::Adds => (before.differs(after) && sure >= ADDED_SURE_MIN).then_some(ADDED_CUT),
            Link::Turns => (before.is_praise != after.is_praise).then_some(TURNED_CUT),
            Link::Counts => (before.differs(after) && sure >= SILENT_SURE_MIN).then_some(COUNTED_CUT),
            Link::Silent => (before.differs(after) && sure >= SILENT_SURE_MIN).then_some(SILENT_CUT),
            Link::GoesOn => None,
        }
    }

    fn cheapest(&self) -> Vec<Matter> {
        let n = self.ends.len();
        // ways[to][from]: the cheapest cutting of all up to `to` whose last piece begins at `from`.
        let mut ways: Vec<Vec<Option<Way>>> = vec![Vec::new()];
        for to in 1..n {
            let first = Way { cost: -self.piece(0, to).sure.ln(), before: 0, pieces_n: 1 };
            let way = |from: usize| if from == 0 { Some(first) } else { self.way(&ways[from], from, to) };
            let row = (0..to).map(way).collect();
            ways.push(row);
        }
        let (mut to, mut from) = (n - 1, 0);
        for other in 1..n - 1 {
            let cost = |it: usize| ways[to][it].map_or(f64::INFINITY, |it| it.cost);
            if cost(other) < cost(from) {
                from = other;
            }
        }
        let mut all = Vec::new();
        loop {
            all.push(self.matter(from, to));
            let Some(way) = ways[to][from].filter(|_| from > 0) else { break };
            (to, from) = (from, way.before);
        }
        all.reverse();
        all
    }

    /// The cheapest way whose last piece is from `from` to `to`, of those up to `from`.
    fn way(&self, ways: &[Option<Way>], from: usize, to: usize) -> Option<Way> {
        let last = self.piece(from, to);
        let through = ways.iter().enumerate().filter_map(|(before, way)| {
            let way = way.filter(|it| it.pieces_n < MATTERS_MAX)?;
            let cut = self.cut(from, self.piece(before, from), last)?;
            Some(Way { cost: way.cost + cut - last.sure.ln(), before, pieces_n: way.pieces_n + 1 })
        });
        // The first of equals, so that the same text is always cut alike.
        through.reduce(|best, it| if it.cost < best.cost { it } else { best })
    }

    fn matter(&self, from: usize, to: usize) -> Matter {
        let start = self.ends[from];
        let mut made = self.piece(from, to).made.clone();
        for it in made.suggestions.iter_mut().flat_map(|it| &mut it.evidence) {
            *it = Evidence { start: it.start + start, end: it.end + start, text: it.text.clone() };
        }
        debug_assert!(self.ends[to] <= self.letters.len());
        Matter { start, end: self.ends[to], made }
    }
}

fn is_han(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

#[cfg(test)]
mod tests;
