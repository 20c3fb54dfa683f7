//! Which texts say the same: word for word, nearly, or about the same matter.
//!
//! Same words are found by comparing, without exception. Near duplicates are looked for by MinHash (Broder 1997) and each
//! pair is verified by its true Jaccard index. What else may be one matter shares several triples of letters that few
//! texts have, such as names of places, and is verified by the cosine of what a model would read. The order of the texts
//! does not matter.

pub mod index;
pub mod shared;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::model::{Known, Read};

/// Letters of a shingle.
const SHINGLE_LETTERS: usize = 3;
/// Bands of MinHash, and hashes of a band: a pair with a Jaccard index of 0.5 is missed once in 70, with 0.7 never.
const BANDS_N: usize = 32;
const BAND_HASHES_N: usize = 3;
/// Near duplicates have at least this Jaccard index of shingles.
const NEAR_MIN: f32 = 0.5;
/// A shingle of more texts than this is no name of a matter.
const RARE_TEXTS_MAX: usize = 40;
/// Rare shingles that a pair must share to be looked at.
const RARE_SHARED_MIN: u8 = 3;
/// Texts about one matter have at least this cosine. Read off the groups of 4,326 messages to a government: at 0.4 one
/// matter falls apart into four groups, below 0.3 different matters of one place come together.
const MATTER_MIN: f32 = 0.33;
/// Groups are joined when their texts are alike by this on average, so that no chain runs from one matter to another.
const MATTER_MEAN_MIN: f32 = 0.24;
/// Near duplicates that share a band with more texts than this are compared with the first of them only.
const BAND_TEXTS_MAX: usize = 50;
/// Most words that stand for a group.
const WORDS_MAX: usize = 3;

/// How alike the texts of a group are: each to one other at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The same letters; blanks, punctuation and case aside.
    Same,
    /// Nearly the same words.
    Near,
    /// The same matter in other words.
    Matter,
}

impl Likeness {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Near => "near",
            Self::Matter => "matter",
        }
    }

    /// What [`Likeness::as_str`] wrote.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Same, Self::Near, Self::Matter].into_iter().find(|it| it.as_str() == word)
    }
}

/// Texts that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Places in the input, two at least; in the order of the letters of their texts.
    pub members: Vec<usize>,
    /// The loosest likeness that holds it together.
    pub likeness: Likeness,
    /// Words that most of its texts share, at most three, the longest first.
    pub words: Vec<String>,
}

/// Puts texts together, the largest groups first. Texts that are like no other are in none.
pub fn group(texts: &[&str]) -> Vec<Group> {
    let mut read: Vec<(Vec<char>, usize)> =
        texts.iter().enumerate().map(|(place, text)| (letters(text), place)).collect();
    // From here on nothing depends on the order of the input: texts with the same letters are one.
    read.sort_unstable();
    let mut distinct: Vec<Distinct> = Vec::new();
    for same in read.chunk_by(|one, other| one.0 == other.0).filter(|it| !it[0].0.is_empty()) {
        let places: Vec<usize> = same.iter().map(|it| it.1).collect();
        distinct.push(Distinct::new(same[0].0.clone(), texts[places[0]], places));
    }
    let pairs = pairs(&distinct);
    let mut groups: Vec<Group> = join(distinct.len(), &pairs)
        .into_iter()
        .map(|(members, likeness)| Group {
            words: words(&distinct, &members),
            members: members.iter().flat_map(|it| distinct[*it].places.iter().copied()).collect(),
            likeness,
        })
        .filter(|it| it.members.len() > 1)
        .collect();
    // The sort is stable, and groups are in the order of their first text.
    groups.sort_by_key(|it| std::cmp::Reverse(it.members.len()));
    groups
}

/// Texts with the same letters.
struct Distinct<'a> {
    letters: Vec<char>,
    /// One of them as typed.
    text: &'a str,
    places: Vec<usize>,
    /// Ascending, each once.
    shingles: Vec<u64>,
}

impl<'a> Distinct<'a> {
    fn new(letters: Vec<char>, text: &'a str, places: Vec<usize>) -> Self {
        let mut shingles: Vec<u64> = letters.windows(SHINGLE_LETTERS).map(shingle).collect();
        shingles.sort_unstable();
        shingles.dedup();
        Self { letters, text, places, shingles }
    }
}

/// Letters and digits without case: how a text is spaced and punctuated says nothing.
fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|it| it.is_alphanumeric()).map(|it| it.to_ascii_lowercase()).collect()
}

/// A code point has 21 bits, so three fit.
fn shingle(letters: &[char]) -> u64 {
    letters.iter().fold(0, |sum, it| sum << 21 | u64::from(u32::from(*it)))
}

/// Two distinct texts and how alike they are.
struct Pair {
    one: usize,
    other: usize,
    likeness: Likeness,
    /// Jaccard index or cosine, whichever is more.
    alike: f32,
}

/// All pairs that are alike, the most alike first.
fn pairs(distinct: &[Distinct]) -> Vec<Pair> {
    let known = Known::of(distinct.iter().map(|it| it.text));
    let vectors: Vec<Read> = distinct.iter().map(|it| known.read(it.text)).collect();
    let near = candidates_by_bands(distinct);
    let mut pairs: Vec<Pair> = near
        .into_iter()
        .chain(candidates_by_rare(distinct))
        .collect::<HashSet<_>>()
        .into_iter()
        .filter_map(|(one, other)| {
            let near = jaccard(&distinct[one].shingles, &distinct[other].shingles);
            let alike = vectors[one].cosine(&vectors[other]);
            let likeness = match near >= NEAR_MIN {
                true => Likeness::Near,
                false if alike >= MATTER_MIN => Likeness::Matter,
                false => return None,
            };
            Some(Pair { one, other, likeness, alike: near.max(alike) })
        })
        .collect();
    pairs.sort_by(|a, b| {
        let order = b.alike.total_cmp(&a.alike);
        order.then((a.one, a.other).cmp(&(b.one, b.other)))
    });
    pairs
}

/// Pairs whose MinHashes agree in a whole band.
fn candidates_by_bands(distinct: &[Distinct]) -> HashSet<(usize, usize)> {
    let mut bands: Vec<HashMap<[u64; BAND_HASHES_N], Vec<usize>>> = vec![HashMap::new(); BANDS_N];
    let mut candidates = HashSet::new();
    for (number, it) in distinct.iter().enumerate().filter(|it| !it.1.shingles.is_empty()) {
        for (band, hashes) in bands.iter_mut().zip(min_hashes(&it.shingles)) {
            let alike = band.entry(hashes).or_default();
            let compared = if alike.len() > BAND_TEXTS_MAX { &alike[..1] } else { &alike[..] };
            candidates.extend(compared.iter().map(|earlier| (*earlier, number)));
            alike.push(number);
        }
    }
    candidates
}

fn min_hashes(shingles: &[u64]) -> [[u64; BAND_HASHES_N]; BANDS_N] {
    let mut least = [[u64::MAX; BAND_HASHES_N]; BANDS_N];
    for shingle in shingles {
        let mut hash = mix(*shingle);
        for least in least.iter_mut().flatten() {
            *least = (*least).min(hash);
            // Another function of the same: an odd factor (L'Ecuyer 1999), and the upper half into the lower.
            hash = hash.wrapping_mul(0xd134_2543_de82_ef95);
            hash ^= hash >> 32;
        }
    }
    least
}

/// The finalizer of MurmurHash3, 64 bits (Appleby, public domain).
fn mix(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(0xff51_afd7_ed55_8ccd);
    value ^= value >> 33;
    value = value.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ value >> 33
}

/// Pairs that share shingles which few texts have.
fn candidates_by_rare(distinct: &[Distinct]) -> Vec<(usize, usize)> {
    let mut texts_of: HashMap<u64, Vec<usize>> = HashMap::new();
    for (number, it) in distinct.iter().enumerate() {
        for shingle in &it.shingles {
            texts_of.entry(*shingle).or_default().push(number);
        }
    }
    let mut candidates = Vec::new();
    let mut shared = vec![0_u8; distinct.len()];
    for (number, it) in distinct.iter().enumerate() {
        let rare = it.shingles.iter().map(|it| &texts_of[it]).filter(|it| it.len() <= RARE_TEXTS_MAX);
        let mut touched = Vec::new();
        for other in rare.flatten().copied().filter(|other| *other > number) {
            shared[other] = shared[other].saturating_add(1);
            if shared[other] == RARE_SHARED_MIN {
                candidates.push((number, other));
            }
            touched.push(other);
        }
        for other in touched {
            shared[other] = 0;
        }
    }
    candidates
}

/// Shared elements by all elements, of two ascending lists.
fn jaccard(one: &[u64], other: &[u64]) -> f32 {
    let (mut shared_n, mut at) = (0_usize, 0);
    for it in one {
        at += other[at..].iter().take_while(|other| *other < it).count();
        shared_n += usize::from(other.get(at) == Some(it));
    }
    let all_n = one.len() + other.len() - shared_n;
    #[expect(clippy::cast_precision_loss, reason = "counts of shingles")]
    let index = shared_n as f32 / all_n.max(1) as f32;
    index
}

/// Groups from pairs, the most alike first. Near duplicates always come together; others when what they
/// would bring together is alike on average.
fn join(distinct_n: usize, pairs: &[Pair]) -> Vec<(Vec<usize>, Likeness)> {
    let alike: HashMap<(usize, usize), f32> = pairs.iter().map(|it| ((it.one, it.other), it.alike)).collect();
    let mut group_of: Vec<usize> = (0..distinct_n).collect();
    let mut groups: Vec<(Vec<usize>, Likeness)> =
        (0..distinct_n).map(|it| (vec![it], Likeness::Same)).collect();
    for pair in pairs {
        let (one, other) = (group_of[pair.one], group_of[pair.other]);
        if one == other {
            continue;
        }
        let sum: f32 = (groups[one].0.iter())
            .flat_map(|a| groups[other].0.iter().map(move |b| (*a.min(b), *a.max(b))))
            .filter_map(|it| alike.get(&it))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
        let mean = sum / (groups[one].0.len() * groups[other].0.len()) as f32;
        if pair.likeness == Likeness::Matter && mean < MATTER_MEAN_MIN {
            continue;
        }
        let (kept, emptied) = (one.min(other), one.max(other));
        let (moved, likeness) = std::mem::replace(&mut groups[emptied], (Vec::new(), Likeness::Same));
        for it in &moved {
            group_of[*it] = kept;
        }
        groups[kept].0.extend(moved);
        groups[kept].1 = groups[kept].1.max(likeness).max(pair.likeness);
    }
    for (members, _) in &mut groups {
        members.sort_unstable();
    }
    groups
}

/// The longest runs of the first text whose shingles most texts of the group have.
fn words(distinct: &[Distinct], members: &[usize]) -> Vec<String> {
    let Some(first) = members.first().map(|it| &distinct[*it].letters) else { return Vec::new() };
    let mut shared = vec![false; first.len()];
    for (at, window) in first.windows(SHINGLE_LETTERS).enumerate() {
        let shingle = shingle(window);
        let has = |it: &&usize| distinct[**it].shingles.binary_search(&shingle).is_ok();
        if members.iter().filter(has).count() * 3 >= members.len() * 2 {
            shared[at..at + SHINGLE_LETTERS].fill(true);
        }
    }
    let mut words: Vec<String> = Vec::new();
    let mut start = 0;
    for run in shared.chunk_by(|one, other| one == other) {
        if run[0] {
            // A whole text would not stand for a group, it would be one.
            words.push(first[start..start + run.len()].iter().take(20).collect());
        }
        start += run.len();
    }
    words.sort_by_key(|it| std::cmp::Reverse(it.len()));
    words.truncate(WORDS_MAX);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXTS: [&str; 9] = [
        "魅力之城小区临街门面烧烤店油烟直排，居民苦不堪言",
        "青山镇到县城的公交车一天只有两班，等车等半天",
        "魅力之城小区临街门面烧烤店油烟直排，居民苦不堪言！",
        "反映魅力之城小区一楼门面烧烤店的油烟问题，晚上窗户都不敢开",
        "低保评的时候没有公开，村支书的亲戚评上了",
        "魅力之城小区的烧烤店油烟扰民，窗户不敢开",
        "青山镇到县城的公交车，一天只有两班，我们等车等半天",
        "……",
        "",
    ];

    #[test]
    fn the_same_nearly_the_same_and_the_same_matter_come_together() {
        let groups = group(&TEXTS);
        let members: Vec<Vec<usize>> = groups
            .iter()
            .map(|it| {
                let mut members = it.members.clone();
                members.sort_unstable();
                members
            })
            .collect();
        assert_eq!(members, [vec![0, 2, 3, 5], vec![1, 6]], "{groups:?}");
        assert_eq!(groups[0].likeness, Likeness::Matter);
        assert_eq!(groups[1].likeness, Likeness::Near);
        assert!(groups[0].words.iter().any(|it| it.contains("魅力之城小区")), "{groups:?}");
    }

    #[test]
    fn the_same_words_are_found_whatever_their_number() {
        // More than a band would compare, and shorter than a shingle.
        let texts = vec!["路烂"; 300];
        let groups = group(&texts);
        assert_eq!(groups.len(), 1);
        assert_eq!((groups[0].members.len(), groups[0].likeness), (300, Likeness::Same));
    }

    #[test]
    fn nothing_alike_is_no_group() {
        assert!(group(&["路灯坏了", "孩子上学远", "低保没评上"]).is_empty());
        assert!(group(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn the_order_of_the_texts_does_not_matter(order in Just((0..TEXTS.len()).collect::<Vec<_>>()).prop_shuffle()) {
            let mixed: Vec<&str> = order.iter().map(|it| TEXTS[*it]).collect();
            let found: Vec<Vec<&str>> =
                group(&mixed).iter().map(|it| it.members.iter().map(|it| mixed[*it]).collect()).collect();
            let expected: Vec<Vec<&str>> =
                group(&TEXTS).iter().map(|it| it.members.iter().map(|it| TEXTS[*it]).collect()).collect();
            let sorted = |mut groups: Vec<Vec<&'static str>>| {
                for members in &mut groups {
                    members.sort_unstable();
                }
                groups
            };
            prop_assert_eq!(sorted(found), sorted(expected));
        }

        #[test]
        fn each_text_is_in_one_group_at_most(texts in proptest::collection::vec("[路灯坏了烧烤店油烟]{0,12}", 0..30)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut seen = HashSet::new();
            for member in group(&texts).iter().flat_map(|it| &it.members) {
                prop_assert!(seen.insert(*member));
            }
        }
    }
}
