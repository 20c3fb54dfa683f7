//! Chance that is the same for the same seed.

use std::cell::Cell;

/// Numbers from a seed by SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195).
#[derive(Debug)]
pub(super) struct Chance {
    state: Cell<u64>,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }

    pub(super) fn next(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1, 1 not included.
    pub(super) fn fraction(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let fraction = (self.next() >> 11) as f64;
        fraction / 9_007_199_254_740_992.0
    }
}

/// The modulus of the Park-Miller generator, 2^31 - 1.
const MODULUS: i64 = 2_147_483_647;

/// Shuffles by the inside-out variant of Fisher-Yates with the Park-Miller generator, as the ODK XForms specification
/// asks: the same seed gives the same order in every client.
pub(super) fn shuffle<T: Copy>(items: &[T], seed: i64) -> Vec<T> {
    let mut state = seed % MODULUS;
    if state <= 0 {
        state += MODULUS - 1;
    }
    let mut shuffled: Vec<T> = Vec::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        state = state * 16_807 % MODULUS;
        // (state - 1) / (MODULUS - 1) is the random fraction; times n + 1, rounded down.
        let wide = i128::from(state - 1) * (n as i128 + 1) / i128::from(MODULUS - 1);
        let place = usize::try_from(wide).expect("a fraction below 1 of a place is a place");
        if place == n {
            shuffled.push(*item);
        } else {
            shuffled.push(shuffled[place]);
            shuffled[place] = *item;
        }
    }
    shuffled
}
