//! What was learned as bytes, to be kept as a version: some 70 a feature, and refused when damaged.
//!
//! Suite byte, [`SUGGESTING_VERSION`] (2 bytes), body, and the first eight bytes of the SHA-256 of all before. Numbers are
//! little-endian. The body: number of codes (2), each as length (2) and UTF-8; for types and for kinds scale and
//! most of what is told (8 each); the
//! unit of weights (4); what each type and kind says to a text without features (4 each); number of features (4); their
//! hashes as differences in LEB128; for each its idf (4), the step of its weights in units (2), and for each type and kind its weight in steps (1).

use std::sync::Arc;

use super::{
    Calm, Ruled, SUGGESTING_VERSION, Suggester, Told,
    features::Words,
    learned::{Learned, Parts},
};
use crate::{
    model::{
        bytes::{SUM_BYTES, put_leb128, sum, take, take_leb128},
        solving::LANES,
        vocabulary::Vocabulary,
    },
    statement::Kind,
};

/// What the bytes are made like; another way of writing takes another number.
const SUITE: u8 = 1;
/// Most bytes of a version. 5,000 confirmed texts of 400 letters beside what ships come to a quarter of it.
pub const VERSION_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Why bytes are no suggester.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    #[error("learned beside other rules, sentences or methods than these")]
    Other,
    #[error("damaged: it is not as it was written")]
    Damaged,
}

impl Suggester {
    /// What was learned, without the rules.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Learned { codes, vocabulary, table, lanes_n, unit, none, .. } = &*self.learned;
        let mut bytes = vec![SUITE];
        #[expect(clippy::cast_possible_truncation, reason = "some sixty short codes, features below 2^32")]
        {
            bytes.extend(version().to_le_bytes());
            bytes.extend((codes.len() as u16).to_le_bytes());
            for code in codes {
                bytes.extend((code.len() as u16).to_le_bytes());
                bytes.extend(code.as_bytes());
            }
            for told in [self.calm.codes, self.calm.kinds] {
                bytes.extend(told.scale.to_le_bytes());
                bytes.extend(told.most.to_le_bytes());
            }
            bytes.extend(unit.to_le_bytes());
            bytes.extend(none.iter().flat_map(|it| it.to_le_bytes()));
            bytes.extend((vocabulary.len() as u32).to_le_bytes());
        }
        let mut before = 0;
        for hash in &vocabulary.hashes {
            put_leb128(&mut bytes, hash - before);
            before = *hash;
        }
        for (idf, row) in vocabulary.idf.iter().zip(table.chunks_exact(*lanes_n)) {
            let row = &row[..none.len()];
            let step = row.iter().copied().fold(0, common_divisor).max(1);
            bytes.extend(idf.to_le_bytes());
            bytes.extend(step.to_le_bytes());
            bytes.extend(row.iter().map(|it| i8::try_from(it / step).unwrap_or(0).cast_unsigned()));
        }
        bytes.extend(sum(&bytes));
        bytes
    }

    /// Reads what [`Suggester::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// Bytes that are damaged or of another program; learn anew.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VersionError> {
        let (body, written) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(VersionError::Damaged)?;
        if bytes.len() > VERSION_BYTES_MAX || *written != sum(body) {
            return Err(VersionError::Damaged);
        }
        let mut rest = body;
        let head = take::<3>(&mut rest).ok_or(VersionError::Damaged)?;
        if head[0] != SUITE || head[1..] != version().to_le_bytes() {
            return Err(VersionError::Other);
        }
        let (learned, calm) = read(rest).ok_or(VersionError::Damaged)?;
        Ok(Self { rules: Ruled::shipped(), learned: Arc::new(learned), calm })
    }
}

/// The greatest; weights are multiples of a step that leaves each within a byte, so that they are of this.
fn common_divisor(one: i16, other: i16) -> i16 {
    if other == 0 { one.abs() } else { common_divisor(other, one % other) }
}

fn version() -> u16 {
    u16::try_from(SUGGESTING_VERSION).unwrap_or(u16::MAX)
}

fn read(mut bytes: &[u8]) -> Option<(Learned, Calm)> {
    let bytes = &mut bytes;
    let codes_n = usize::from(u16::from_le_bytes(take(bytes)?));
    let codes = (0..codes_n)
        .map(|_| {
            let length = usize::from(u16::from_le_bytes(take(bytes)?));
            String::from_utf8(bytes.split_off(..length)?.to_vec()).ok()
        })
        .collect::<Option<Vec<String>>>()?;
    if codes.first().is_none_or(|it| !it.is_empty()) {
        return None;
    }
    let mut told = || {
        let (scale, most) = (f64::from_le_bytes(take(bytes)?), f64::from_le_bytes(take(bytes)?));
        let is_told = scale.is_finite() && (0.0..=1.0).contains(&most);
        is_told.then_some(Told { scale, most })
    };
    let calm = Calm { codes: told()?, kinds: told()? };
    let unit = f32::from_le_bytes(take(bytes)?);
    let labels_n = codes_n + Kind::ALL.len();
    let none = (0..labels_n).map(|_| take(bytes).map(f32::from_le_bytes)).collect::<Option<Vec<f32>>>()?;
    let features_n = usize::try_from(u32::from_le_bytes(take(bytes)?)).ok()?;
    // Before room is made for them: at least so many bytes must follow.
    if bytes.len() < features_n.checked_mul(labels_n + 7)? {
        return None;
    }
    let mut before = 0_u32;
    let mut hashes = Vec::with_capacity(features_n);
    for _ in 0..features_n {
        before = before.checked_add(take_leb128(bytes)?)?;
        hashes.push(before);
    }
    let lanes_n = labels_n.next_multiple_of(LANES);
    let mut idf = Vec::with_capacity(features_n);
    let mut table = vec![0_i16; features_n * lanes_n];
    for row in table.chunks_exact_mut(lanes_n) {
        idf.push(f32::from_le_bytes(take(bytes)?));
        let step = i16::from_le_bytes(take(bytes)?);
        for (units, steps) in row.iter_mut().zip(bytes.split_off(..labels_n)?) {
            *units = i16::from(steps.cast_signed()).checked_mul(step)?;
        }
    }
    let vocabulary = Vocabulary::new(hashes, idf);
    let parts = Parts { codes, words: Words::shipped(), vocabulary, table, unit, none };
    bytes.is_empty().then(|| (Learned::put_together(parts), calm))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::shipped, *};

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let bytes = shipped().to_bytes();
        assert!(bytes.len() < 2_500_000, "{} bytes", bytes.len());
        let read = Suggester::from_bytes(&bytes).unwrap();
        assert!(read.learned == shipped().learned);
        assert!(read.to_bytes() == bytes);
    }

    #[test]
    fn a_cut_or_changed_version_is_refused() {
        let bytes = shipped().to_bytes();
        let error = |bytes: &[u8]| Suggester::from_bytes(bytes).err();
        for at in (0..bytes.len()).step_by(bytes.len() / 11) {
            assert_eq!(error(&bytes[..at]), Some(VersionError::Damaged), "{at}");
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            assert_eq!(error(&changed), Some(VersionError::Damaged), "{at}");
        }
    }

    #[test]
    fn what_was_learned_beside_other_rules_is_named() {
        let mut bytes = shipped().to_bytes();
        bytes.truncate(bytes.len() - SUM_BYTES);
        bytes[1] ^= 1;
        bytes.extend(sum(&bytes));
        assert_eq!(Suggester::from_bytes(&bytes).err(), Some(VersionError::Other));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            // With a head and a sum that are right, so that the body is looked at.
            let mut bytes = vec![SUITE];
            bytes.extend(version().to_le_bytes());
            bytes.extend(body);
            bytes.extend(sum(&bytes));
            let _ = Suggester::from_bytes(&bytes);
        }
    }
}
