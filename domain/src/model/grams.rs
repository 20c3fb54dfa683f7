//! A text as the counts of its characters and pairs of characters.

/// Letters at the beginning of a text that count more: there people name what it is about.
const HEAD_LETTERS: usize = 20;
/// How often a letter or pair of the head counts. Chosen by cross-validation.
const HEAD_COUNT: u32 = 5;

/// One letter or pair, as its hash, and where it stands.
pub(super) struct Gram {
    pub hash: u32,
    /// Counted in characters.
    pub start: usize,
    /// 1 or 2.
    pub letters_n: usize,
}

/// The letters and pairs of a text, in its order. Case does not matter; blanks part words and count for nothing.
pub(super) fn grams(text: &str) -> impl Iterator<Item = Gram> {
    let mut before: Option<char> = None;
    text.chars().enumerate().flat_map(move |(at, letter)| {
        let letter = letter.to_ascii_lowercase();
        let blank = letter.is_whitespace() || letter.is_control();
        let pair = before.filter(|_| !blank).map(|first| Gram {
            hash: hash(first, letter),
            start: at - 1,
            letters_n: 2,
        });
        let single = (!blank).then(|| Gram { hash: hash('\0', letter), start: at, letters_n: 1 });
        before = (!blank).then_some(letter);
        single.into_iter().chain(pair)
    })
}

/// How much one occurrence counts.
pub(super) fn count_of(gram: &Gram) -> u32 {
    if gram.start < HEAD_LETTERS { HEAD_COUNT } else { 1 }
}

/// Each gram of a text once, with its count, in the order of the text.
pub(crate) fn counts(text: &str) -> Vec<(u32, u32)> {
    // A table of places in `all`, by the upper bits of the hash, at least half of it free; sorting takes thrice as long.
    let slots_n = (text.len() * 2).next_power_of_two().max(2);
    let mut slots = vec![0_u32; slots_n];
    let mut all: Vec<(u32, u32)> = Vec::with_capacity(text.len() / 2);
    for gram in grams(text) {
        let mut at = ((u64::from(gram.hash) * slots_n as u64) >> 32) as usize;
        loop {
            let place = slots[at] as usize;
            if place == 0 {
                all.push((gram.hash, count_of(&gram)));
                slots[at] = u32::try_from(all.len()).expect("a text has less than 4 GB");
                break;
            }
            if all[place - 1].0 == gram.hash {
                all[place - 1].1 += count_of(&gram);
                break;
            }
            at = (at + 1) & (slots_n - 1);
        }
    }
    all
}

fn hash(first: char, second: char) -> u32 {
    spread(u64::from(u32::from(first)) << 32 | u64::from(u32::from(second)))
}

/// Spreads letters over 32 bits (the finalizer of MurmurHash3, 64 bits, by Appleby, public domain).
pub(crate) fn spread(letters: u64) -> u32 {
    let mut mixed = letters;
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^= mixed >> 33;
    #[expect(clippy::cast_possible_truncation, reason = "a hash is cut to its lower half")]
    let hash = mixed as u32;
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_letters_and_pairs() {
        let places: Vec<(usize, usize)> = grams("路灯 A").map(|it| (it.start, it.letters_n)).collect();
        assert_eq!(places, [(0, 1), (1, 1), (0, 2), (3, 1)]);
    }

    #[test]
    fn the_head_counts_more() {
        let text: String = "路".repeat(HEAD_LETTERS + 3);
        let total: u32 = counts(&text).iter().map(|it| it.1).max().unwrap();
        assert_eq!(total, 20 * HEAD_COUNT + 3);
        assert_eq!(counts("ABAB"), counts("abab"));
        assert_eq!(counts("").len(), 0);
    }
}
