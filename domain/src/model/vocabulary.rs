//! Which letters and pairs a model knows, and how much each tells texts apart.

use super::grams::counts;

/// A letter or pair must stand in this many texts: what stands in one cannot be learned from.
const TEXTS_MIN: u32 = 2;

/// The known letters and pairs. A number is a place in the order of their hashes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vocabulary {
    /// Ascending.
    pub hashes: Vec<u32>,
    /// Inverse document frequency, `ln((1 + n) / (1 + df)) + 1`.
    pub idf: Vec<f32>,
    index: Index,
}

/// Finds hashes: hash and number, by the upper bits of the hash; at least half of the slots are free.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    slots: Vec<(u32, u32)>,
}

/// A text as numbers and values, of length 1 unless nothing in it is known.
pub(crate) type Vector = Vec<(u32, f32)>;

const FREE: u32 = u32::MAX;

impl Vocabulary {
    /// The `grams_max` that stand in most of the texts.
    pub fn of(texts: &[Vec<(u32, u32)>], grams_max: usize) -> Self {
        let mut hashes: Vec<u32> = texts.iter().flatten().map(|it| it.0).collect();
        hashes.sort_unstable();
        let mut known: Vec<(u32, u32)> = Vec::new();
        for same in hashes.chunk_by(|one, other| one == other) {
            let texts_n = u32::try_from(same.len()).unwrap_or(u32::MAX);
            if texts_n >= TEXTS_MIN {
                known.push((texts_n, same[0]));
            }
        }
        known.sort_unstable_by_key(|&(texts_n, hash)| (std::cmp::Reverse(texts_n), hash));
        known.truncate(grams_max);
        known.sort_unstable_by_key(|it| it.1);
        #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
        let idf = |texts_n: u32| ((1.0 + texts.len() as f32) / (1.0 + texts_n as f32)).ln() + 1.0;
        Self::new(known.iter().map(|it| it.1).collect(), known.iter().map(|it| idf(it.0)).collect())
    }

    /// Puts hashes, ascending, and their weights together.
    pub fn new(hashes: Vec<u32>, idf: Vec<f32>) -> Self {
        Self { index: Index::of(&hashes), hashes, idf }
    }

    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The number of a letter or pair.
    pub fn find(&self, hash: u32) -> Option<u32> {
        self.index.find(hash)
    }

    /// A text's letters and pairs, the logarithm of how often by how telling.
    pub fn vector(&self, counts: &[(u32, u32)]) -> Vector {
        let mut vector: Vector = counts
            .iter()
            .filter_map(|&(hash, count)| {
                let number = self.find(hash)?;
                #[expect(clippy::cast_precision_loss, reason = "letters of a text")]
                let often = (count as f32).ln_1p();
                Some((number, often * self.idf[number as usize]))
            })
            .collect();
        let length = vector.iter().map(|it| it.1 * it.1).sum::<f32>().sqrt();
        if length > 0.0 {
            for it in &mut vector {
                it.1 /= length;
            }
        }
        vector
    }

    /// The vector of a text as typed.
    pub fn read(&self, text: &str) -> Vector {
        self.vector(&counts(text))
    }
}

impl Index {
    /// The numbers of hashes are their places in the order given.
    pub fn of(hashes: &[u32]) -> Self {
        let slots_n = (hashes.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![(0, FREE); slots_n];
        for (number, hash) in (0..).zip(hashes) {
            let mut at = slot(*hash, slots_n);
            while slots[at].1 != FREE {
                at = (at + 1) % slots_n;
            }
            slots[at] = (*hash, number);
        }
        Self { slots }
    }

    /// The number of a hash.
    #[inline]
    pub fn find(&self, hash: u32) -> Option<u32> {
        let mut at = slot(hash, self.slots.len());
        loop {
            let (there, number) = self.slots[at];
            if number == FREE {
                return None;
            }
            if there == hash {
                return Some(number);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

/// Where to look first: the upper bits, so that neighbours in hash are neighbours in memory.
fn slot(hash: u32, slots_n: usize) -> usize {
    ((u64::from(hash) * slots_n as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_most_texts_is_kept_and_found() {
        let texts: Vec<_> = ["路灯", "路灯坏", "路面", "猫"].map(counts).to_vec();
        let all = Vocabulary::of(&texts, 100);
        assert_eq!(all.len(), 3, "路, 灯, 路灯");
        for (number, hash) in all.hashes.iter().enumerate() {
            assert_eq!(all.find(*hash), Some(u32::try_from(number).unwrap()));
        }
        let few = Vocabulary::of(&texts, 1);
        assert_eq!(few.hashes, [counts("路")[0].0]);
        assert_eq!(few.find(counts("猫")[0].0), None);
    }

    #[test]
    fn a_vector_has_length_one() {
        let texts: Vec<_> = ["路灯", "路灯坏"].map(counts).to_vec();
        let vector = Vocabulary::of(&texts, 100).read("路灯路");
        let length: f32 = vector.iter().map(|it| it.1 * it.1).sum();
        assert!((length - 1.0).abs() < 1e-6);
        assert!(Vocabulary::of(&texts, 100).read("猫").is_empty());
    }
}
