//! A text as letters, pairs of letters, the edges of its clauses, and the groups that its words belong to.

use std::collections::BTreeMap;

use crate::model::{grams::spread, vocabulary::Index};

/// Words that speak for much the same matter, a group a line.
const SHIPPED_WORDS: &str = include_str!("../../data/words.txt");
/// Letters of the longest word.
const WORD_LETTERS_MAX: usize = 3;
/// How much more a group counts than a letter or pair. Chosen by cross-validation.
const GROUP_WEIGHT: f32 = 1.5;
/// Stands before the first letter of a clause and behind its last.
const EDGE: char = '\0';
/// Stands before the number of a group.
const GROUP: char = '\u{1}';

/// One feature, as its hash, and where it stands.
pub(super) struct Feature {
    pub hash: u32,
    /// How much it counts beside others.
    pub weight: f32,
    /// Counted in characters.
    pub start: usize,
    /// 1 to 3.
    pub letters_n: usize,
}

/// The groups of words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    /// Words by their hashes.
    index: Index,
    /// The hashes of each word's groups.
    groups: Vec<Vec<u32>>,
}

/// A line of words that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a name and words of at most {WORD_LETTERS_MAX} characters")]
pub(super) struct WordsError {
    pub line: usize,
}

impl Words {
    /// The groups that ship.
    pub fn shipped() -> Self {
        Self::read(SHIPPED_WORDS).expect("the shipped words are read by a test")
    }

    /// Reads groups, one a line: a name and words, parted by blanks.
    pub fn read(lines: &str) -> Result<Self, WordsError> {
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let used = lines.lines().enumerate().filter(|(_, it)| !it.trim().is_empty() && !it.starts_with('#'));
        for (number, (n, line)) in (0..).zip(used) {
            let error = WordsError { line: n + 1 };
            let group = hash(GROUP, GROUP, char::from_u32(number).ok_or(error)?);
            for word in line.split_whitespace().skip(1) {
                let letters: Vec<char> = word.chars().map_while(folded).collect();
                let hash = match letters[..] {
                    [one] => hash(EDGE, EDGE, one),
                    [one, two] => hash(EDGE, one, two),
                    [one, two, three] => hash(one, two, three),
                    _ => return Err(error),
                };
                groups.entry(hash).or_default().push(group);
            }
        }
        let (hashes, groups): (Vec<u32>, _) = groups.into_iter().unzip();
        Ok(Self { index: Index::of(&hashes), groups })
    }

    /// Calls `each` with the features of a text, in its order. Case does not matter, nor which number is named.
    pub fn features(&self, text: &str, mut each: impl FnMut(Feature)) {
        let (mut first, mut second) = (EDGE, EDGE);
        for (at, letter) in text.chars().map(folded).chain([None]).enumerate() {
            let mut plain =
                |hash, letters_n| each(Feature { hash, weight: 1.0, start: at - letters_n, letters_n });
            let Some(letter) = letter else {
                if second != EDGE {
                    plain(hash(second, EDGE, EDGE), 1);
                }
                (first, second) = (EDGE, EDGE);
                continue;
            };
            let mut each_of = |hash, letters_n, is_plain: bool| {
                let start = at + 1 - letters_n;
                if is_plain {
                    each(Feature { hash, weight: 1.0, start, letters_n });
                }
                for &hash in self.index.find(hash).into_iter().flat_map(|it| &self.groups[it as usize]) {
                    each(Feature { hash, weight: GROUP_WEIGHT, start, letters_n });
                }
            };
            each_of(hash(EDGE, EDGE, letter), 1, true);
            if second == EDGE {
                each_of(hash(EDGE, GROUP, letter), 1, true);
            } else {
                each_of(hash(EDGE, second, letter), 2, true);
            }
            if first != EDGE {
                each_of(hash(first, second, letter), 3, false);
            }
            (first, second) = (second, letter);
        }
    }
}

/// Where the last clauses of a text begin that have at least `letters_min` letters together, counted in characters;
/// 0 when all of it has fewer.
pub(super) fn tail_start(letters: &[char], letters_min: usize) -> usize {
    let mut letters_n = 0;
    for (at, letter) in letters.iter().enumerate().rev() {
        if folded(*letter).is_some() {
            letters_n += 1;
        } else if letters_n >= letters_min {
            return at + 1;
        }
    }
    0
}

/// The letter that stands for all that count alike; none for what parts clauses.
fn folded(letter: char) -> Option<char> {
    match letter {
        '0'..='9' => Some('0'),
        'A'..='Z' => Some(letter.to_ascii_lowercase()),
        '四' | '五' | '六' | '七' | '八' | '九' => Some('三'),
        _ if letter.is_ascii() => letter.is_ascii_lowercase().then_some(letter),
        '，' | '。' | '、' | '！' | '？' | '；' | '：' | '“' | '”' | '（' | '）' | '…' | '—' => {
            None
        }
        _ => (!letter.is_whitespace() && !letter.is_control()).then_some(letter),
    }
}

fn hash(first: char, second: char, third: char) -> u32 {
    spread(
        u64::from(u32::from(first)) << 42 | u64::from(u32::from(second)) << 21 | u64::from(u32::from(third)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(words: &str, text: &str) -> Vec<Feature> {
        let mut all = Vec::new();
        Words::read(words).unwrap().features(text, |it| all.push(it));
        all
    }

    fn places(words: &str, text: &str) -> Vec<(usize, usize)> {
        features(words, text).iter().map(|it| (it.start, it.letters_n)).collect()
    }

    fn hashes(words: &str, text: &str) -> Vec<u32> {
        features(words, text).iter().map(|it| it.hash).collect()
    }

    #[test]
    fn a_clause_is_its_letters_pairs_and_edges() {
        assert_eq!(places("", "路灯坏"), [(0, 1), (0, 1), (1, 1), (0, 2), (2, 1), (1, 2), (2, 1)]);
        assert_eq!(places("", "路，灯"), [(0, 1), (0, 1), (0, 1), (2, 1), (2, 1), (2, 1)]);
        assert!(places("", "，。 \n").is_empty());
    }

    #[test]
    fn the_tail_is_whole_clauses() {
        let start = |text: &str, letters_min| tail_start(&text.chars().collect::<Vec<_>>(), letters_min);
        assert_eq!(start("路灯坏了，请来修，谢谢。", 2), 9);
        assert_eq!(start("路灯坏了，请来修，谢谢。", 3), 5);
        assert_eq!(start("路灯坏了，请来修，谢谢。", 6), 0);
        assert_eq!(start("", 1), 0);
    }

    #[test]
    fn a_word_counts_for_its_groups() {
        let words = "# 灯\n灯 灯 路灯 红绿灯\n路 路灯";
        let of_groups: Vec<(usize, usize)> = features(words, "红绿灯路灯")
            .iter()
            .filter(|it| it.weight > 1.0)
            .map(|it| (it.start, it.letters_n))
            .collect();
        assert_eq!(of_groups, [(2, 1), (0, 3), (4, 1), (3, 2), (3, 2)]);
        assert_eq!(Words::read("a\n灯 信号灯的杆").err(), Some(WordsError { line: 2 }));
    }

    #[test]
    fn case_and_which_number_do_not_matter() {
        assert_eq!(hashes("", "APP收3元"), hashes("", "app收8元"));
        assert_ne!(hashes("", "路灯"), hashes("", "灯路"));
    }

    #[test]
    fn the_shipped_words_read() {
        assert!(Words::read(SHIPPED_WORDS).unwrap().groups.len() > 2_000);
    }
}
