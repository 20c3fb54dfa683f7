//! The weights that part the labels: one against the rest, squared hinge loss, by dual coordinate descent.
//!
//! The method of LIBLINEAR (Hsieh et al. 2008, doi:10.1145/1390156.1390208), all labels in one pass over a row.

use super::{rows::DIRECTIONS_N, vocabulary::Vector};
use crate::random::Random;

/// How much a mistake costs beside large weights. Chosen by cross-validation.
const COST: f32 = 2.0;
/// Passes over the examples at most.
const PASSES_MAX: usize = 12;
/// A pass that violates no condition by more than this was the last.
const VIOLATION_MAX: f32 = 0.2;
/// Labels are handled so many at a time, which the processor does in one step.
pub(crate) const LANES: usize = 8;

/// One row of examples.
pub(crate) struct Row<'a> {
    pub vector: &'a Vector,
    /// Its part in the shared directions, as far as they count.
    pub shared: &'a [f32; DIRECTIONS_N],
    pub label: usize,
    /// As if it stood there so many times.
    pub weight: f32,
}

/// Weights, for each letter or pair those of all labels, filled up to a multiple of [`LANES`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    pub lanes_n: usize,
    pub of_grams: Vec<f32>,
    pub of_none: Vec<f32>,
}

impl Weights {
    pub fn new(width: usize, labels_n: usize) -> Self {
        let lanes_n = labels_n.next_multiple_of(LANES);
        Self { lanes_n, of_grams: vec![0.0; width * lanes_n], of_none: vec![0.0; lanes_n] }
    }

    pub fn row(&self, number: u32) -> &[f32] {
        &self.of_grams[number as usize * self.lanes_n..][..self.lanes_n]
    }

    pub fn row_mut(&mut self, number: u32) -> &mut [f32] {
        &mut self.of_grams[number as usize * self.lanes_n..][..self.lanes_n]
    }

    /// What each label says to a vector, above 0 for yes.
    pub fn scores(&self, vector: &Vector) -> Vec<f32> {
        let mut scores = self.of_none.clone();
        for &(number, value) in vector {
            add(&mut scores, self.row(number), value);
        }
        scores
    }

    /// Moves each label by its own step along a vector.
    pub fn step(&mut self, vector: &Vector, steps: &[f32]) {
        for &(number, value) in vector {
            add(self.row_mut(number), steps, value);
        }
        add(&mut self.of_none, steps, 1.0);
    }
}

/// `to += what · times`; both are whole lanes. Nearly all the time of training and guessing is spent here.
#[inline]
pub(crate) fn add(to: &mut [f32], what: &[f32], times: f32) {
    for (to, what) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(what.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            to[lane] += what[lane] * times;
        }
    }
}

/// Weights of letters and pairs, and of the shared directions.
pub(crate) struct Solved {
    pub weights: Weights,
    /// For each direction those of all labels.
    pub of_shared: Vec<f32>,
}

impl Solved {
    /// What each label says to a row.
    pub fn scores(&self, vector: &Vector, shared: &[f32; DIRECTIONS_N]) -> Vec<f32> {
        let mut scores = self.weights.scores(vector);
        for (part, weights) in shared.iter().zip(self.of_shared.chunks_exact(self.weights.lanes_n)) {
            add(&mut scores, weights, *part);
        }
        scores
    }

    fn step(&mut self, row: &Row, steps: &[f32]) {
        self.weights.step(row.vector, steps);
        for (part, weights) in row.shared.iter().zip(self.of_shared.chunks_exact_mut(steps.len())) {
            add(weights, steps, *part);
        }
    }
}

/// Solves for all labels. The same rows in the same order give the same weights, bit for bit.
pub(crate) fn solve(rows: &[Row], width: usize, labels_n: usize) -> Solved {
    let weights = Weights::new(width, labels_n);
    let lanes_n = weights.lanes_n;
    let mut solved = Solved { of_shared: vec![0.0; lanes_n * DIRECTIONS_N], weights };
    let costs = costs(rows, labels_n);
    let mut duals = vec![0.0_f32; rows.len() * lanes_n];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = Random::of(2);
    let mut steps = vec![0.0; lanes_n];
    for _ in 0..PASSES_MAX {
        random.shuffle(&mut order);
        let mut violation = 0.0_f32;
        for &at in &order {
            let row = &rows[at];
            let scores = solved.scores(row.vector, row.shared);
            let square = square(row);
            let duals = &mut duals[at * lanes_n..][..lanes_n];
            for label in 0..labels_n {
                let (side, cost) = if label == row.label { (1.0, COST * costs[label]) } else { (-1.0, COST) };
                let softness = 0.5 / (cost * row.weight);
                let slope = side * scores[label] - 1.0 + duals[label] * softness;
                let free = if duals[label] > 0.0 { slope } else { slope.min(0.0) };
                violation = violation.max(free.abs());
                let moved = (duals[label] - slope / (square + softness)).max(0.0);
                steps[label] = (moved - duals[label]) * side;
                duals[label] = moved;
            }
            if steps.iter().any(|it| *it != 0.0) {
                solved.step(row, &steps);
            }
        }
        if violation <= VIOLATION_MAX {
            break;
        }
    }
    solved
}

/// A label of few examples weighs each of them more, so that all labels count alike.
fn costs(rows: &[Row], labels_n: usize) -> Vec<f32> {
    let mut examples_n = vec![0.0_f32; labels_n];
    for row in rows {
        examples_n[row.label] += row.weight;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of labels")]
    let even = examples_n.iter().sum::<f32>() / labels_n as f32;
    examples_n.into_iter().map(|it| even / it.max(1.0)).collect()
}

/// The square of a row's length; its vector has length 1, and there is the weight of none.
fn square(row: &Row) -> f32 {
    let of = |parts: &mut dyn Iterator<Item = f32>| parts.map(|it| it * it).sum::<f32>();
    1.0 + of(&mut row.vector.iter().map(|it| it.1)) + of(&mut row.shared.iter().copied())
}

/// One correction learned: the step that would put the row right by itself, made smaller by `rate`.
pub(crate) fn correct(weights: &mut Weights, vector: &Vector, label: usize, labels_n: usize, rate: f32) {
    let scores = weights.scores(vector);
    let mut steps = vec![0.0; weights.lanes_n];
    for other in 0..labels_n {
        let side = if other == label { 1.0 } else { -1.0 };
        let short = 1.0 - side * scores[other];
        if short > 0.0 {
            steps[other] = rate * side * short / (2.0 + 0.5 / COST);
        }
    }
    weights.step(vector, &steps);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_parted_is_parted() {
        let vectors: Vec<Vector> = vec![vec![(0, 1.0)], vec![(1, 1.0)], vec![(2, 1.0)]];
        let shared = [0.0; DIRECTIONS_N];
        let rows: Vec<Row> = vectors
            .iter()
            .enumerate()
            .map(|(label, vector)| Row { vector, shared: &shared, label, weight: 1.0 })
            .collect();
        let solved = solve(&rows, 3, 3);
        for row in &rows {
            let scores = solved.scores(row.vector, row.shared);
            for other in (0..3).filter(|it| *it != row.label) {
                assert!(scores[row.label] > 0.0 && scores[other] < 0.0, "{scores:?}");
            }
        }
    }
}
