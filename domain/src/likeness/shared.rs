//! What two texts share, to be marked in both.

use std::collections::HashSet;

use super::{SHINGLE_LETTERS, shingle};

/// A stretch of a text, in characters (Unicode scalar values).
pub type Stretch = std::ops::Range<usize>;

/// The stretches that two texts share, of the one and of the other: three letters at least, whatever stands between them.
pub fn shared(one: &str, other: &str) -> (Vec<Stretch>, Vec<Stretch>) {
    let (one, other) = (placed(one), placed(other));
    (stretches(&one, &shingles(&other)), stretches(&other, &shingles(&one)))
}

/// Letters, each with its place among the characters.
fn placed(text: &str) -> Vec<(usize, char)> {
    let letters = text.chars().enumerate().filter(|it| it.1.is_alphanumeric());
    letters.map(|(place, it)| (place, it.to_ascii_lowercase())).collect()
}

fn shingles(letters: &[(usize, char)]) -> HashSet<u64> {
    letters.windows(SHINGLE_LETTERS).map(of_window).collect()
}

fn of_window(window: &[(usize, char)]) -> u64 {
    let letters: Vec<char> = window.iter().map(|it| it.1).collect();
    shingle(&letters)
}

fn stretches(letters: &[(usize, char)], there: &HashSet<u64>) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for window in letters.windows(SHINGLE_LETTERS).filter(|it| there.contains(&of_window(it))) {
        let (start, end) = (window[0].0, window[SHINGLE_LETTERS - 1].0 + 1);
        match found.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str, stretches: Vec<Stretch>) -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        stretches.into_iter().map(|it| letters[it].iter().collect()).collect()
    }

    #[test]
    fn what_is_shared_is_quoted_as_it_stands() {
        let (one, other) = ("青山镇的路，坏了半年没人修", "我们青山镇 的路坏了半年");
        let (here, there) = shared(one, other);
        assert_eq!(quoted(one, here), ["青山镇的路，坏了半年"]);
        assert_eq!(quoted(other, there), ["青山镇 的路坏了半年"]);
        assert_eq!(shared("路灯坏了", "低保没评上"), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn stretches_lie_in_the_text_in_order(one in "[路灯坏了，。 ]{0,30}", other in "[路灯坏了，。 ]{0,30}") {
            let (here, _) = shared(&one, &other);
            let mut end = 0;
            for it in here {
                prop_assert!(it.start >= end && it.start < it.end && it.end <= one.chars().count());
                end = it.end;
            }
        }
    }
}
