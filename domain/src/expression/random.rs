//! The order that a seed gives.

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
