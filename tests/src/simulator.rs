//! Phones, a server and a bad network in one process, from one number.
//!
//! The phones run [`domain::sending`], the server decides by [`domain::sync`] and signs with its real key; both
//! keep what they know in stores that forget on a crash what was not synced. After every step the invariants of
//! [`check`] are looked at. `Simulation::new(seed, …)` does the same for the same seed.

mod check;
mod network;
mod phone;
mod server;
mod store;
mod world;

use domain::random::Random;

pub use check::Violation;
pub use world::{Done, Simulation};

/// A mistake put in on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bug {
    #[default]
    None,
    /// The server acknowledges what it has not committed yet.
    ReceiptBeforeCommit,
    /// The server hands out a cursor that is past a row under way.
    CursorPastUncommitted,
    /// The phone takes any success for a receipt and lets go.
    RemovalWithoutReceipt,
}

/// The source of everything that happens.
#[derive(Clone, Debug)]
pub struct Dice(Random);

impl Dice {
    /// The dice of a seed.
    pub fn of(seed: u64) -> Self {
        Self(Random::of(seed))
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0.roll()
    }

    /// One of `0..n`; 0 when there is none.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// True `n` times of a thousand.
    pub fn chance(&mut self, n: u64) -> bool {
        self.roll() % 1_000 < n
    }

    /// A stretch of time within ±10 years, in milliseconds.
    pub fn years(&mut self) -> i64 {
        const TEN_YEARS_MS: i64 = 10 * 366 * 24 * 60 * 60 * 1_000;
        i64::try_from(self.roll() >> 2).unwrap_or(0) % (2 * TEN_YEARS_MS) - TEN_YEARS_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invariants_hold_whatever_happens() {
        let mut stored_n = 0;
        for seed in 0..20 {
            let done = Simulation::new(seed, Bug::None).run(500);
            stored_n += done.unwrap_or_else(|it| panic!("{it}")).stored_n;
        }
        assert!(stored_n > 200, "too little happened: {stored_n}");
    }

    #[test]
    fn a_seed_does_the_same_each_time() {
        let trace = |seed| {
            let mut simulation = Simulation::new(seed, Bug::None).traced();
            simulation.run(300).unwrap_or_else(|it| panic!("{it}"));
            simulation.trace().to_vec()
        };
        assert_eq!(trace(7), trace(7));
        assert_ne!(trace(7), trace(8));
    }

    /// Runs seeds until the bug is found; 10,000 steps in all.
    #[track_caller]
    fn found(bug: Bug, invariant: &str) {
        for seed in 0..20 {
            if let Err(violation) = Simulation::new(seed, bug).run(500) {
                assert!(violation.what.starts_with(invariant), "{violation}");
                return;
            }
        }
        panic!("{bug:?} was not found within 10,000 steps");
    }

    #[test]
    fn a_receipt_before_the_commit_is_found() {
        found(Bug::ReceiptBeforeCommit, "I1");
    }

    #[test]
    fn a_cursor_past_an_uncommitted_row_is_found() {
        found(Bug::CursorPastUncommitted, "I5");
    }

    #[test]
    fn a_removal_without_a_receipt_is_found() {
        found(Bug::RemovalWithoutReceipt, "I2");
    }
}
