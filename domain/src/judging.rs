//! How good guesses were: figures of a model on texts whose labels are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// The precision at which coverage is asked for: one in twenty may be wrong.
pub const PRECISION_ASKED: f64 = 0.95;
/// Parts of the reliability diagram, of equal width.
const BINS_N: usize = 10;

/// A guess beside the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged<'a> {
    pub actual: &'a str,
    pub guessed: &'a str,
    /// 0 to 1.
    pub confidence: f64,
}

/// Figures of all guesses. Shares are 0 to 1, and 0 of nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub n: usize,
    pub accuracy: f64,
    /// Mean of the labels' F1, each counting alike.
    pub macro_f1: f64,
    /// The largest share of the texts, the surest first, of which 95 % are right.
    pub coverage_at_95: f64,
    /// How right the surest 70 % are.
    pub accuracy_of_surest_70: f64,
    /// How far confidence and accuracy are apart, on average over the texts.
    pub calibration_error: f64,
    /// By label.
    pub labels: BTreeMap<String, LabelFigures>,
    /// How often each was guessed for each: actual, then guessed, then how often.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
    /// By confidence, ascending; parts without texts are left out.
    pub reliability: Vec<Bin>,
}

/// Figures of one label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelFigures {
    /// Of those guessed, how many are.
    pub precision: f64,
    /// Of those that are, how many were guessed.
    pub recall: f64,
    pub f1: f64,
    /// How many are.
    pub n: usize,
}

/// A part of the reliability diagram: texts whose confidence is in `from..to`, or 1 in the last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub n: usize,
    /// Their mean.
    pub confidence: f64,
    pub accuracy: f64,
}

/// Judges guesses.
pub fn judge(judged: &[Judged]) -> Figures {
    let labels = labels(judged);
    let mut confusion: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for it in judged {
        let row = confusion.entry(it.actual.to_owned()).or_default();
        *row.entry(it.guessed.to_owned()).or_default() += 1;
    }
    let mut surest: Vec<&Judged> = judged.iter().collect();
    surest.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
    let reliability = reliability(judged);
    let apart = |it: &Bin| (it.confidence - it.accuracy).abs() * share(it.n, judged.len());
    Figures {
        n: judged.len(),
        accuracy: accuracy(&surest),
        macro_f1: mean(labels.values().map(|it| it.f1)),
        coverage_at_95: coverage(&surest),
        accuracy_of_surest_70: accuracy(&surest[..surest.len() * 7 / 10]),
        calibration_error: reliability.iter().map(apart).sum(),
        labels,
        confusion,
        reliability,
    }
}

fn labels(judged: &[Judged]) -> BTreeMap<String, LabelFigures> {
    let names: BTreeSet<&str> = judged.iter().flat_map(|it| [it.actual, it.guessed]).collect();
    let figures = |name: &str| {
        let n = judged.iter().filter(|it| it.actual == name).count();
        let guessed_n = judged.iter().filter(|it| it.guessed == name).count();
        let right_n = judged.iter().filter(|it| it.actual == name && it.guessed == name).count();
        LabelFigures {
            precision: share(right_n, guessed_n),
            recall: share(right_n, n),
            f1: share(2 * right_n, n + guessed_n),
            n,
        }
    };
    names.into_iter().map(|name| (name.to_owned(), figures(name))).collect()
}

fn reliability(judged: &[Judged]) -> Vec<Bin> {
    let mut bins: Vec<Vec<&Judged>> = vec![Vec::new(); BINS_N];
    for it in judged {
        let bin = (1..BINS_N).rev().find(|bin| it.confidence >= share(*bin, BINS_N)).unwrap_or_default();
        bins[bin].push(it);
    }
    let bins = bins.into_iter().enumerate().filter(|it| !it.1.is_empty());
    bins.map(|(at, within)| Bin {
        from: share(at, BINS_N),
        to: share(at + 1, BINS_N),
        n: within.len(),
        confidence: mean(within.iter().map(|it| it.confidence)),
        accuracy: accuracy(&within),
    })
    .collect()
}

fn accuracy(judged: &[&Judged]) -> f64 {
    share(judged.iter().filter(|it| it.actual == it.guessed).count(), judged.len())
}

fn coverage(surest: &[&Judged]) -> f64 {
    let (mut right_n, mut covered_n) = (0, 0);
    for (n, it) in (1..).zip(surest) {
        right_n += usize::from(it.actual == it.guessed);
        if share(right_n, n) >= PRECISION_ASKED {
            covered_n = n;
        }
    }
    share(covered_n, surest.len())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len();
    values.sum::<f64>() * share(1, n)
}

#[expect(clippy::cast_precision_loss, reason = "counts of texts")]
fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(all: &[(&'static str, &'static str, f64)]) -> Figures {
        let judged: Vec<Judged> =
            all.iter().map(|&(actual, guessed, confidence)| Judged { actual, guessed, confidence }).collect();
        judge(&judged)
    }

    #[test]
    fn figures_are_those_of_the_textbook() {
        let figures = judged(&[("a", "a", 0.9), ("a", "b", 0.6), ("b", "b", 0.8), ("b", "b", 0.7)]);
        assert!((figures.accuracy - 0.75).abs() < 1e-9);
        let b = figures.labels["b"];
        assert!((b.precision - 2.0 / 3.0).abs() < 1e-9 && (b.recall - 1.0).abs() < 1e-9);
        assert!((figures.macro_f1 - f64::midpoint(2.0 / 3.0, 0.8)).abs() < 1e-9);
        assert_eq!(figures.confusion["a"]["b"], 1);
        assert!((figures.coverage_at_95 - 0.75).abs() < 1e-9, "the surest three are right");
        let errors = [0.9 - 1.0_f64, 0.6, 0.8 - 1.0, 0.7 - 1.0].map(f64::abs).iter().sum::<f64>() / 4.0;
        assert!((figures.calibration_error - errors).abs() < 1e-9);
    }

    #[test]
    fn nothing_judged_is_nothing() {
        let figures = judged(&[]);
        assert_eq!((figures.n, figures.labels.len(), figures.reliability.len()), (0, 0, 0));
        assert!(figures.accuracy.abs() < 1e-9 && figures.macro_f1.abs() < 1e-9);
    }

    #[test]
    fn a_label_that_was_never_guessed_counts() {
        let figures = judged(&[("a", "a", 1.0), ("b", "a", 0.2)]);
        assert!((figures.labels["b"].f1).abs() < 1e-9);
        assert_eq!(figures.reliability.len(), 2);
        assert!((figures.reliability[1].to - 1.0).abs() < 1e-9);
    }
}
