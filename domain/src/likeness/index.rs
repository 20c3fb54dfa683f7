//! Finds, among many texts, those that a new one is like, within milliseconds. No text is held: what the index keeps are
//! numbers made with a key, which say nothing without it.

use std::collections::{HashMap, HashSet};

use super::{
    BAND_TEXTS_MAX, Likeness, MATTER_MIN, NEAR_MIN, RARE_SHARED_MIN, RARE_TEXTS_MAX, SHINGLE_LETTERS,
    jaccard, letters, min_hashes, mix, shingle,
};
use crate::model::grams::counts;

/// Shorter texts, such as "没有意见", are said by many and of no one matter.
pub const LETTERS_MIN: usize = 8;
/// Most texts that a new one is compared with, the latest first.
pub const CANDIDATES_MAX: usize = 200;

/// A text as it is compared.
#[derive(Clone, Debug)]
pub struct Reading {
    letters: Vec<char>,
    /// Ascending, each once.
    shingles: Vec<u64>,
    /// Letters and pairs by hash, ascending, with how often each stands in the text.
    counts: Vec<(u32, u32)>,
}

impl Reading {
    /// Reads a text; `None` when it is shorter than [`LETTERS_MIN`] letters.
    pub fn of(text: &str) -> Option<Self> {
        let letters = letters(text);
        if letters.len() < LETTERS_MIN {
            return None;
        }
        let mut shingles: Vec<u64> = letters.windows(SHINGLE_LETTERS).map(shingle).collect();
        shingles.sort_unstable();
        shingles.dedup();
        let mut counts = counts(text);
        counts.sort_unstable_by_key(|it| it.0);
        Some(Self { letters, shingles, counts })
    }
}

/// Texts by number, as they are found again.
#[derive(Debug)]
pub struct Index {
    key: u64,
    /// By all letters, by bands of MinHashes, by shingles: hashes of the three do not meet.
    texts_of: Chains,
    /// In how many texts a letter or pair stands.
    texts_n_of: HashMap<u32, u32>,
    texts_n: u32,
}

impl Index {
    /// An empty one; `key` should be random and is to be kept nowhere else.
    pub fn new(key: u64) -> Self {
        Self { key, texts_of: Chains::default(), texts_n_of: HashMap::new(), texts_n: 0 }
    }

    /// Adds a text. Each number may be added once.
    pub fn add(&mut self, number: u32, text: &Reading) {
        self.texts_of.add(self.whole(text), number, CANDIDATES_MAX);
        for band in self.bands(text) {
            self.texts_of.add(band, number, BAND_TEXTS_MAX);
        }
        for shingle in &text.shingles {
            self.texts_of.add(self.keyed(*shingle), number, RARE_TEXTS_MAX);
        }
        for (gram, _) in &text.counts {
            *self.texts_n_of.entry(*gram).or_default() += 1;
        }
        self.texts_n += 1;
    }

    /// Texts that may be like this one, at most [`CANDIDATES_MAX`]; itself among them where it was added.
    pub fn candidates(&self, text: &Reading) -> Vec<u32> {
        let mut found: Vec<u32> = self.texts_of.of(self.whole(text)).collect();
        for band in self.bands(text) {
            found.extend(self.texts_of.of(band));
        }
        let mut shared: HashMap<u32, u8> = HashMap::new();
        for shingle in text.shingles.iter().map(|it| self.keyed(*it)) {
            if self.texts_of.n(shingle) <= RARE_TEXTS_MAX {
                for number in self.texts_of.of(shingle) {
                    let n = shared.entry(number).or_default();
                    *n = n.saturating_add(1);
                }
            }
        }
        found.extend(shared.into_iter().filter(|it| it.1 >= RARE_SHARED_MIN).map(|it| it.0));
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.dedup();
        found.truncate(CANDIDATES_MAX);
        found
    }

    /// How alike two texts of the index are, with the Jaccard index or the cosine, whichever is more, 0 to 1; `None` when they are
    /// about different matters.
    pub fn compare(&self, one: &Reading, other: &Reading) -> Option<(Likeness, f32)> {
        if one.letters == other.letters {
            return Some((Likeness::Same, 1.0));
        }
        let near = jaccard(&one.shingles, &other.shingles);
        let alike = self.cosine(&one.counts, &other.counts);
        let likeness = match near >= NEAR_MIN {
            true => Likeness::Near,
            false if alike >= MATTER_MIN && shares_rare(self, one, other) => Likeness::Matter,
            false => return None,
        };
        Some((likeness, near.max(alike)))
    }

    /// How much a letter or pair tells texts apart, `ln((1 + n) / (1 + df)) + 1`; one that stands in one text alone is not counted.
    fn telling(&self, gram: u32) -> f32 {
        let texts_n = self.texts_n_of.get(&gram).copied().unwrap_or(0);
        if texts_n < 2 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
        let share = (1.0 + self.texts_n as f32) / (1.0 + texts_n as f32);
        share.ln() + 1.0
    }

    fn cosine(&self, one: &[(u32, u32)], other: &[(u32, u32)]) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "letters of a text")]
        let value = |it: &(u32, u32)| (it.1 as f32).ln_1p() * self.telling(it.0);
        let length = |text: &[(u32, u32)]| text.iter().map(|it| value(it).powi(2)).sum::<f32>().sqrt();
        let (mut sum, mut at) = (0.0, 0);
        for it in one {
            at += other[at..].iter().take_while(|other| other.0 < it.0).count();
            if let Some(there) = other.get(at).filter(|other| other.0 == it.0) {
                sum += value(it) * value(there);
            }
        }
        let lengths = length(one) * length(other);
        if lengths > 0.0 { sum / lengths } else { 0.0 }
    }

    fn keyed(&self, shingle: u64) -> u64 {
        mix(shingle ^ self.key)
    }

    fn whole(&self, text: &Reading) -> u64 {
        text.letters.iter().fold(mix(self.key ^ 1 << 63), |sum, it| mix(sum ^ u64::from(u32::from(*it))))
    }

    fn bands(&self, text: &Reading) -> impl Iterator<Item = u64> + use<> {
        let key = self.key;
        min_hashes(&text.shingles).into_iter().zip(1_u64..).map(move |(hashes, band)| {
            hashes.into_iter().fold(mix(key ^ band << 48), |sum, it| mix(sum ^ it))
        })
    }
}

/// Whether two texts share shingles that few texts have.
fn shares_rare(index: &Index, one: &Reading, other: &Reading) -> bool {
    let there: HashSet<u64> = other.shingles.iter().copied().collect();
    let rare = |it: &&u64| there.contains(it) && index.texts_of.n(index.keyed(**it)) <= RARE_TEXTS_MAX;
    one.shingles.iter().filter(rare).count() >= usize::from(RARE_SHARED_MIN)
}

/// Numbers of texts by hash, the latest first: one list for all hashes, for most have one text.
#[derive(Debug, Default)]
struct Chains {
    /// Place of the latest link, and how many texts were added.
    ends: HashMap<u64, (u32, u32)>,
    /// A text's number, and the place of the link before, counted from 1; 0 for none.
    links: Vec<(u32, u32)>,
}

impl Chains {
    /// Adds a text; beyond `most` it is only counted.
    fn add(&mut self, hash: u64, number: u32, most: usize) {
        let end = self.ends.entry(hash).or_default();
        end.1 += 1;
        if end.1 as usize <= most {
            self.links.push((number, end.0));
            end.0 = u32::try_from(self.links.len()).expect("memory ends before four thousand million links");
        }
    }

    fn n(&self, hash: u64) -> usize {
        self.ends.get(&hash).map_or(0, |it| it.1 as usize)
    }

    fn of(&self, hash: u64) -> impl Iterator<Item = u32> {
        let link = |place: u32| (place as usize).checked_sub(1).and_then(|it| self.links.get(it));
        let first = self.ends.get(&hash).and_then(|it| link(it.0));
        std::iter::successors(first, move |it| link(it.1)).map(|it| it.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXTS: [&str; 6] = [
        "魅力之城小区临街门面烧烤店油烟直排，居民苦不堪言",
        "青山镇到县城的公交车一天只有两班，等车等半天",
        "魅力之城小区的烧烤店油烟扰民，窗户不敢开",
        "青山镇到县城的公交车，一天只有两班，我们等车等半天",
        "低保评的时候没有公开，村支书的亲戚评上了",
        "魅力之城小区临街门面烧烤店油烟直排，居民苦不堪言！",
    ];

    fn index(texts: &[&str]) -> (Index, Vec<Reading>) {
        let mut index = Index::new(7);
        let readings: Vec<Reading> = texts.iter().filter_map(|it| Reading::of(it)).collect();
        for (number, reading) in (0..).zip(&readings) {
            index.add(number, reading);
        }
        (index, readings)
    }

    fn like(index: &Index, readings: &[Reading], number: usize) -> Vec<(u32, Likeness)> {
        let own = &readings[number];
        let like = |it: u32| Some((it, index.compare(own, &readings[it as usize])?.0));
        index.candidates(own).into_iter().filter(|it| *it as usize != number).filter_map(like).collect()
    }

    #[test]
    fn a_new_text_finds_what_it_is_like() {
        let (index, readings) = index(&TEXTS);
        assert_eq!(like(&index, &readings, 5), [(2, Likeness::Matter), (0, Likeness::Same)]);
        assert_eq!(like(&index, &readings, 3), [(1, Likeness::Near)]);
        assert_eq!(like(&index, &readings, 4), []);
    }

    #[test]
    fn what_says_next_to_nothing_is_like_nothing() {
        assert!(Reading::of("没有意见。").is_none());
        assert!(Reading::of("……！！！？？？，，，").is_none());
    }

    #[test]
    fn many_with_the_same_words_are_found_up_to_a_bound() {
        let texts = vec!["村里的路灯坏了半年没人修"; CANDIDATES_MAX + 50];
        let (index, readings) = index(&texts);
        assert_eq!(index.candidates(&readings[0]).len(), CANDIDATES_MAX);
    }

    #[test]
    fn another_key_makes_other_numbers() {
        let reading = Reading::of(TEXTS[0]).unwrap();
        assert_ne!(Index::new(1).whole(&reading), Index::new(2).whole(&reading));
        assert_ne!(Index::new(1).keyed(reading.shingles[0]), Index::new(2).keyed(reading.shingles[0]));
    }

    proptest! {
        #[test]
        fn likeness_has_no_direction(texts in proptest::collection::vec("[路灯坏了烧烤店油烟低保]{8,20}", 2..12)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (index, readings) = index(&texts);
            for one in &readings {
                for other in &readings {
                    let (there, back) = (index.compare(one, other), index.compare(other, one));
                    prop_assert_eq!(there.map(|it| it.0), back.map(|it| it.0));
                }
            }
        }

        #[test]
        fn the_same_letters_are_always_found(text in "[路灯坏了烧烤店油烟低保]{8,20}", others in proptest::collection::vec("[路灯坏了烧烤店]{8,20}", 0..30)) {
            let mut texts: Vec<&str> = vec![&text];
            texts.extend(others.iter().map(String::as_str));
            let spaced = format!(" {text}。");
            texts.push(&spaced);
            let (index, readings) = index(&texts);
            let last = readings.len() - 1;
            prop_assert!(like(&index, &readings, last).contains(&(0, Likeness::Same)));
        }
    }
}
