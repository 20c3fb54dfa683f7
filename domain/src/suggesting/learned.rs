//! What is learned from sentences: for every feature a row of weights, those of all types and all kinds side by side.

use std::collections::BTreeSet;

use super::features::{Feature, Words};
use crate::{
    model::{
        rows::DIRECTIONS_N,
        solving::{LANES, Row, Solved, solve},
        vocabulary::{Vector, Vocabulary},
    },
    statement::Kind,
};

/// A text to learn from.
#[derive(Clone, Copy)]
pub(super) struct Example<'a> {
    pub words: &'a str,
    pub kind: Kind,
    /// The type's code, empty for none; `None` where nobody said whether there is one.
    pub code: Option<&'a str>,
    /// As if it had been said so many times.
    pub weight: f32,
}

/// Weights of types and kinds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learned {
    /// The types' codes in alphabetical order; the empty one, which speaks for no type, is the first.
    pub codes: Vec<String>,
    words: Words,
    pub(super) vocabulary: Vocabulary,
    /// For each feature what the types weigh on average, in units.
    averages: Vec<f32>,
    /// For each feature the weights of the types, of the kinds, and zeros up to `lanes_n`, in units; each is a multiple
    /// of what [`step`] says of its row, until one is corrected.
    pub(super) table: Vec<i16>,
    pub(super) lanes_n: usize,
    pub(super) unit: f32,
    /// What each type and kind says to a text that has no feature.
    pub(super) none: Vec<f32>,
}

/// How far what is right is to be ahead of the next, in scores, once one example more is learned. Chosen by experiment
/// among 0.1, 0.3, 0.5 and 0.6: `cargo run --release -p domain --example confirmed_figures`.
const MARGIN: f32 = 0.5;

/// What the examples with a feature weigh together, at least: two sentences that ship, or one that an office confirmed. What is in
/// one shipped sentence alone makes nothing better, and twice as much to look through.
const KNOWN_MIN: f32 = 1.0;

/// The greatest weight in units: with it 127 steps, one more unit each at worst, are within an `i16`.
const UNITS_MAX: f32 = 127.0 * 257.0;

/// What is learned, before what follows from it.
pub(super) struct Parts {
    pub codes: Vec<String>,
    pub words: Words,
    pub vocabulary: Vocabulary,
    pub table: Vec<i16>,
    pub unit: f32,
    pub none: Vec<f32>,
}

/// A known feature of a text.
#[derive(Clone, Copy)]
pub(super) struct Found {
    number: u32,
    /// Counted in characters.
    start: usize,
    letters_n: usize,
}

/// The features of the clauses that begin at `start` or behind it.
pub(super) fn from(found: &[Found], start: usize) -> &[Found] {
    // No feature reaches from one clause into another.
    &found[found.iter().take_while(|it| it.start < start).count()..]
}

/// What speaks for each type and kind, about -1 to 1.
pub(super) struct Scores {
    /// In the order of [`Learned::codes`].
    pub codes: Vec<f32>,
    /// In the order of [`Kind::ALL`].
    pub kinds: Vec<f32>,
}

impl Learned {
    /// Learns from examples. The same examples in the same order give the same weights, bit for bit.
    pub fn of(examples: &[Example]) -> Self {
        let mut codes: Vec<String> =
            examples.iter().filter_map(|it| it.code).chain([""]).map(str::to_owned).collect();
        codes.sort_unstable();
        codes.dedup();
        let words = Words::shipped();
        let texts: Vec<Vec<(u32, f32)>> = examples.iter().map(|it| distinct(&words, it.words)).collect();
        let vocabulary = vocabulary(examples, &texts);
        let vectors: Vec<Vector> = texts.iter().map(|it| vector(&vocabulary, it)).collect();
        let code_of =
            |it: &Example| it.code.and_then(|own| codes.binary_search_by(|code| code.as_str().cmp(own)).ok());
        let kind_of = |it: &Example| Kind::ALL.iter().position(|kind| *kind == it.kind);
        let solve_for = |label_of: &dyn Fn(&Example) -> Option<usize>, labels_n: usize| {
            let row = |(example, vector): (&Example, _)| {
                let shared = &[0.0; DIRECTIONS_N];
                Some(Row { vector, shared, label: label_of(example)?, weight: example.weight })
            };
            let rows: Vec<Row> = examples.iter().zip(&vectors).filter_map(row).collect();
            solve(&rows, vocabulary.len(), labels_n)
        };
        let of_codes = solve_for(&code_of, codes.len());
        let of_kinds = solve_for(&kind_of, Kind::ALL.len());
        Self::of_solved(codes, words, vocabulary, &of_codes, &of_kinds)
    }

    fn of_solved(
        codes: Vec<String>,
        words: Words,
        vocabulary: Vocabulary,
        of_codes: &Solved,
        of_kinds: &Solved,
    ) -> Self {
        let side_by_side = |codes_row: &[f32], kinds_row: &[f32]| {
            [&codes_row[..codes.len()], &kinds_row[..Kind::ALL.len()]].concat()
        };
        let lanes_n = (codes.len() + Kind::ALL.len()).next_multiple_of(LANES);
        let rows: Vec<Vec<f32>> = (0..)
            .zip(&vocabulary.idf)
            .map(|(number, idf)| {
                let row = side_by_side(of_codes.weights.row(number), of_kinds.weights.row(number));
                row.into_iter().map(|it| it * idf).collect()
            })
            .collect();
        let most = rows.iter().flatten().fold(f32::MIN_POSITIVE, |most, it| most.max(it.abs()));
        let unit = most / UNITS_MAX;
        let mut table = vec![0; rows.len() * lanes_n];
        for (units, row) in table.chunks_exact_mut(lanes_n).zip(&rows) {
            let step = step(row.iter().map(|it| it.abs() / unit).fold(0.0, f32::max));
            for (unit_n, weight) in units.iter_mut().zip(row) {
                #[expect(clippy::cast_possible_truncation, reason = "at most i16::MAX units")]
                let rounded = (weight / unit / f32::from(step)).round() as i16 * step;
                *unit_n = rounded;
            }
        }
        let none = side_by_side(&of_codes.weights.of_none, &of_kinds.weights.of_none);
        Self::put_together(Parts { codes, words, vocabulary, table, unit, none })
    }

    /// The same of what was learned before.
    pub fn put_together(parts: Parts) -> Self {
        let Parts { codes, words, vocabulary, table, unit, none } = parts;
        let lanes_n = none.len().next_multiple_of(LANES);
        #[expect(clippy::cast_precision_loss, reason = "sums of some sixty types")]
        let average = |row: &[i16]| {
            row[..codes.len()].iter().copied().map(i32::from).sum::<i32>() as f32 / codes.len() as f32
        };
        let averages = table.chunks_exact(lanes_n).map(average).collect();
        Self { codes, words, vocabulary, averages, table, lanes_n, unit, none }
    }

    /// The same with the `features_n` that are known best alone: those that were in most examples.
    pub fn of_most_common(&self, features_n: usize) -> Self {
        let vocabulary = &self.vocabulary;
        let mut numbers: Vec<usize> = (0..vocabulary.len()).collect();
        numbers.sort_by(|one, other| {
            vocabulary.idf[*one].total_cmp(&vocabulary.idf[*other]).then(one.cmp(other))
        });
        numbers.truncate(features_n);
        numbers.sort_unstable();
        let (hashes, idf) = numbers.iter().map(|it| (vocabulary.hashes[*it], vocabulary.idf[*it])).unzip();
        let rows = numbers.iter().flat_map(|it| &self.table[it * self.lanes_n..][..self.lanes_n]);
        Self::put_together(Parts {
            codes: self.codes.clone(),
            words: self.words.clone(),
            vocabulary: Vocabulary::new(hashes, idf),
            table: rows.copied().collect(),
            unit: self.unit,
            none: self.none.clone(),
        })
    }

    /// The known features of a text, in its order. Takes time in proportion to its length.
    pub fn read(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::with_capacity(text.len());
        self.words.features(text, |Feature { hash, start, letters_n, .. }| {
            found.extend(self.vocabulary.find(hash).map(|number| Found { number, start, letters_n }));
        });
        found
    }

    /// What speaks for each type and kind.
    pub fn scores(&self, found: &[Found]) -> Scores {
        let mut sums = vec![0_i32; self.lanes_n];
        let mut square = 0.0_f32;
        let mut seen = vec![0_u64; self.vocabulary.len() / 64 + 1];
        for it in found {
            let at = it.number as usize;
            let bit = 1 << (at % 64);
            if seen[at / 64] & bit == 0 {
                seen[at / 64] |= bit;
                square += self.vocabulary.idf[at].powi(2);
                add(&mut sums, self.row(it.number));
            }
        }
        let scale = if square > 0.0 { self.unit / square.sqrt() } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "sums of a text's few hundred features")]
        let mut scores: Vec<f32> =
            self.none.iter().zip(&sums).map(|(none, sum)| none + *sum as f32 * scale).collect();
        let kinds = scores.split_off(self.codes.len());
        Scores { codes: scores, kinds }
    }

    /// Learns one example more, as far as one step of at most `step_max` goes (passive-aggressive, for several labels:
    /// Crammer et al. 2006, JMLR 7). A feature or type that is not known stays so until all is learned anew.
    pub fn correct(&mut self, example: &Example, step_max: f32) {
        let found = self.read(example.words);
        let Scores { codes, kinds } = self.scores(&found);
        let code = example.code.and_then(|own| self.codes.iter().position(|it| it == own));
        let kind = Kind::ALL.iter().position(|it| *it == example.kind);
        let mut steps = vec![0.0_f32; self.none.len()];
        let (of_codes, of_kinds) = steps.split_at_mut(self.codes.len());
        correction(of_codes, &codes, code, step_max);
        correction(of_kinds, &kinds, kind, step_max);
        // The right one and the next, where they were not far enough apart.
        let steps: Vec<(usize, f32)> = steps.into_iter().enumerate().filter(|it| it.1 != 0.0).collect();
        if steps.is_empty() {
            return;
        }
        let numbers: BTreeSet<u32> = found.iter().map(|it| it.number).collect();
        let square: f32 = numbers.iter().map(|it| self.vocabulary.idf[*it as usize].powi(2)).sum();
        for number in numbers {
            let idf = self.vocabulary.idf[number as usize];
            let units = idf * idf / (square.sqrt() * self.unit);
            self.step(number, &steps, units);
        }
    }

    /// Moves a feature's weights.
    fn step(&mut self, number: u32, steps: &[(usize, f32)], units: f32) {
        let row = &mut self.table[number as usize * self.lanes_n..][..self.lanes_n];
        let mut moved = 0_i32;
        for &(at, step) in steps {
            let weight = &mut row[at];
            #[expect(clippy::cast_possible_truncation, reason = "a float beyond an i16 becomes its greatest")]
            let by = (step * units).round() as i16;
            let before = *weight;
            *weight = weight.saturating_add(by);
            if at < self.codes.len() {
                moved += i32::from(*weight) - i32::from(before);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "sums of some sixty types")]
        let average = moved as f32 / self.codes.len() as f32;
        self.averages[number as usize] += average;
    }

    /// How much each of `letters_n` letters of a text spoke for a type against the others, in no unit.
    pub fn spoke(&self, found: &[Found], letters_n: usize, code: usize) -> Vec<f32> {
        let mut spoke = vec![0.0; letters_n];
        for &Found { number, start, letters_n } in found {
            #[expect(clippy::cast_precision_loss, reason = "1 to 3")]
            let parts_n = letters_n as f32;
            let each = (f32::from(self.row(number)[code]) - self.averages[number as usize]) / parts_n;
            spoke[start..start + letters_n].iter_mut().for_each(|it| *it += each);
        }
        spoke
    }

    fn row(&self, number: u32) -> &[i16] {
        &self.table[number as usize * self.lanes_n..][..self.lanes_n]
    }
}

/// How far each label is to move, when `label` is right: it and the one that spoke most against it, until they are
/// [`MARGIN`] apart or as far as `step_max` lets them. Nothing where nobody said which is right.
fn correction(steps: &mut [f32], scores: &[f32], label: Option<usize>, step_max: f32) {
    let Some(label) = label else { return };
    let others = scores.iter().enumerate().filter(|it| it.0 != label);
    let Some((other, score)) = others.max_by(|one, other| one.1.total_cmp(other.1)) else { return };
    // A vector has length 1.
    let step = ((score + MARGIN - scores[label]) / 2.0).clamp(0.0, step_max);
    steps[label] = step;
    steps[other] = -step;
}

/// What the weights of a feature are multiples of, when the greatest of them is `most` units: so that a byte holds each.
fn step(most: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "most is at most i16::MAX")]
    let step = (most / 127.0).ceil() as i16;
    step.max(1)
}

/// `to += what`; both are whole lanes.
#[inline]
fn add(to: &mut [i32], what: &[i16]) {
    for (to, what) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(what.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            to[lane] += i32::from(what[lane]);
        }
    }
}

/// Each feature of a text once, as its hash and weight.
fn distinct(words: &Words, text: &str) -> Vec<(u32, f32)> {
    let mut all = Vec::new();
    words.features(text, |it| all.push((it.hash, it.weight)));
    all.sort_unstable_by_key(|it| it.0);
    all.dedup_by_key(|it| it.0);
    all
}

/// The features that are known from enough examples, each with how telling it is.
fn vocabulary(examples: &[Example], texts: &[Vec<(u32, f32)>]) -> Vocabulary {
    // Hash, weight of the feature, weight of the example.
    let mut all: Vec<(u32, f32, f32)> = Vec::new();
    for (example, text) in examples.iter().zip(texts) {
        all.extend(text.iter().map(|it| (it.0, it.1, example.weight)));
    }
    all.sort_unstable_by_key(|it| it.0);
    let is_known = |same: &&[(u32, f32, f32)]| same.iter().map(|it| it.2).sum::<f32>() >= KNOWN_MIN;
    let of_same = |same: &[(u32, f32, f32)]| {
        #[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
        let rare = (1.0 + texts.len() as f32) / (1.0 + same.len() as f32);
        (same[0].0, (rare.ln() + 1.0) * same[0].1)
    };
    let known = all.chunk_by(|one, other| one.0 == other.0).filter(is_known);
    let (hashes, idf) = known.map(of_same).unzip();
    Vocabulary::new(hashes, idf)
}

/// A text's features by how telling they are, of length 1 unless none is known.
fn vector(vocabulary: &Vocabulary, text: &[(u32, f32)]) -> Vector {
    let numbers = text.iter().filter_map(|it| vocabulary.find(it.0));
    let mut vector: Vector = numbers.map(|it| (it, vocabulary.idf[it as usize])).collect();
    let length = vector.iter().map(|it| it.1 * it.1).sum::<f32>().sqrt();
    for it in &mut vector {
        it.1 /= length.max(f32::MIN_POSITIVE);
    }
    vector
}
