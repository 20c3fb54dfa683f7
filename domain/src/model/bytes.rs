//! A model as bytes: small enough for a phone, and refused when damaged.
//!
//! Suite byte, body, and the first eight bytes of the SHA-256 of both. Numbers are little-endian. The body: number of
//! labels (2 bytes), each as length (2) and UTF-8; number of examples (4); temperature (4); number of letters and pairs
//! (4); their hashes as differences in LEB128; the greatest idf (4) and each in 255ths of it (1); for each label the
//! unit of its weights (4) and the weight of none (4); for each letter or pair and each label the weight in units (1).

use sha2::{Digest, Sha256};

use super::{Model, solving::Weights, vocabulary::Vocabulary};

/// Most bytes of a model, so that a phone can load it.
pub const BYTES_MAX: usize = 1_000_000;
/// What the bytes are made like; another way of counting or writing takes another number.
const SUITE: u8 = 1;
pub(crate) const SUM_BYTES: usize = 8;
/// A difference of hashes in LEB128, four bytes on average at the very most where so many fit, and the idf.
const GRAM_BYTES_MAX: usize = 5;
/// Why bytes are no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("made by another version (suite {suite}; this one reads {SUITE})")]
    Suite { suite: u8 },
    #[error("damaged: it is not as it was written")]
    Damaged,
}

/// How many letters and pairs have room beside these labels.
pub(super) fn grams_max(labels: &[String]) -> usize {
    let of_labels: usize = labels.iter().map(|it| it.len() + 10).sum();
    (BYTES_MAX - SUM_BYTES - 32).saturating_sub(of_labels) / (GRAM_BYTES_MAX + labels.len())
}

impl Model {
    /// The model as bytes, at most [`BYTES_MAX`] of them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![SUITE];
        let labels_n = self.labels.len();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "limited by LABELS_MAX, LABEL_BYTES_MAX and BYTES_MAX"
        )]
        {
            bytes.extend((labels_n as u16).to_le_bytes());
            for label in &self.labels {
                bytes.extend((label.len() as u16).to_le_bytes());
                bytes.extend(label.as_bytes());
            }
            bytes.extend(self.examples_n.to_le_bytes());
            bytes.extend(self.temperature.to_le_bytes());
            bytes.extend((self.vocabulary.len() as u32).to_le_bytes());
        }
        let mut before = 0;
        for hash in &self.vocabulary.hashes {
            put_leb128(&mut bytes, hash - before);
            before = *hash;
        }
        let idf_max = self.vocabulary.idf.iter().copied().fold(0.0, f32::max);
        bytes.extend(idf_max.to_le_bytes());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        bytes.extend(self.vocabulary.idf.iter().map(|it| (it / idf_max * 255.0).round() as u8));
        let units: Vec<f32> = (0..labels_n).map(|it| self.unit(it)).collect();
        for (unit, none) in units.iter().zip(&self.weights.of_none) {
            bytes.extend(unit.to_le_bytes());
            bytes.extend(none.to_le_bytes());
        }
        for row in self.weights.of_grams.chunks_exact(self.weights.lanes_n) {
            #[expect(clippy::cast_possible_truncation, reason = "-127 to 127")]
            bytes.extend(
                row.iter().zip(&units).map(|(it, unit)| (it / unit).round() as i8).map(i8::cast_unsigned),
            );
        }
        bytes.extend(sum(&bytes));
        bytes
    }

    /// A label's greatest weight is 127 units.
    fn unit(&self, label: usize) -> f32 {
        let rows = self.weights.of_grams.chunks_exact(self.weights.lanes_n);
        let most = rows.map(|it| it[label].abs()).fold(0.0, f32::max);
        if most > 0.0 { most / 127.0 } else { 1.0 }
    }

    /// Reads what [`Model::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`ModelError`]; train anew.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        match bytes.first() {
            Some(&SUITE) => {}
            Some(&suite) => return Err(ModelError::Suite { suite }),
            None => return Err(ModelError::Damaged),
        }
        let (body, written) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(ModelError::Damaged)?;
        if *written != sum(body) || bytes.len() > BYTES_MAX {
            return Err(ModelError::Damaged);
        }
        read(&body[1..]).ok_or(ModelError::Damaged)
    }
}

pub(crate) fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    *digest.first_chunk().expect("a digest has 32 bytes")
}

fn read(mut bytes: &[u8]) -> Option<Model> {
    let bytes = &mut bytes;
    let labels_n = usize::from(u16::from_le_bytes(take(bytes)?));
    let labels = (0..labels_n)
        .map(|_| {
            let length = usize::from(u16::from_le_bytes(take(bytes)?));
            String::from_utf8(bytes.split_off(..length)?.to_vec()).ok()
        })
        .collect::<Option<Vec<String>>>()?;
    let examples_n = u32::from_le_bytes(take(bytes)?);
    let temperature = f32::from_le_bytes(take(bytes)?);
    let grams_n = usize::try_from(u32::from_le_bytes(take(bytes)?)).ok()?;
    if grams_n > BYTES_MAX {
        return None;
    }
    let mut before = 0_u32;
    let mut hashes = Vec::with_capacity(grams_n);
    for _ in 0..grams_n {
        before = before.checked_add(take_leb128(bytes)?)?;
        hashes.push(before);
    }
    let idf_max = f32::from_le_bytes(take(bytes)?);
    let idf = bytes.split_off(..grams_n)?.iter().map(|it| f32::from(*it) / 255.0 * idf_max).collect();
    // Before room is made for them: so many numbers must follow.
    let usable = labels_n >= 2 && temperature.is_finite() && temperature > 0.0;
    if !usable || bytes.len() != labels_n * (8 + grams_n) {
        return None;
    }
    let mut weights = Weights::new(grams_n, labels_n);
    let mut units = Vec::with_capacity(labels_n);
    for none in weights.of_none.iter_mut().take(labels_n) {
        units.push(f32::from_le_bytes(take(bytes)?));
        *none = f32::from_le_bytes(take(bytes)?);
    }
    for row in weights.of_grams.chunks_exact_mut(weights.lanes_n) {
        let written = bytes.split_off(..labels_n)?;
        for ((weight, units_n), unit) in row.iter_mut().zip(written).zip(&units) {
            *weight = f32::from(units_n.cast_signed()) * unit;
        }
    }
    let vocabulary = Vocabulary::new(hashes, idf);
    bytes.is_empty().then_some(Model { labels, examples_n, vocabulary, weights, temperature })
}

pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    bytes.split_off(..N)?.try_into().ok()
}

pub(crate) fn put_leb128(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push((value & 0x7f) as u8);
}

pub(crate) fn take_leb128(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for shift in (0..35).step_by(7) {
        let [byte] = take(bytes)?;
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::tests::streets_and_schools, *};

    #[test]
    fn what_is_written_is_read_and_answers_alike() {
        let model = streets_and_schools();
        let bytes = model.to_bytes();
        assert!(bytes.len() <= BYTES_MAX);
        let read = Model::from_bytes(&bytes).unwrap();
        assert_eq!(read.guess("学校的路灯"), model.guess("学校的路灯"));
        assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = streets_and_schools().to_bytes();
        bytes[0] = 9;
        assert_eq!(Model::from_bytes(&bytes), Err(ModelError::Suite { suite: 9 }));
        assert_eq!(Model::from_bytes(&[]), Err(ModelError::Damaged));
    }

    #[test]
    fn a_cut_or_changed_model_is_refused() {
        let bytes = streets_and_schools().to_bytes();
        for at in (1..bytes.len()).step_by(7) {
            assert_eq!(Model::from_bytes(&bytes[..at]), Err(ModelError::Damaged), "{at}");
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            assert_eq!(Model::from_bytes(&changed), Err(ModelError::Damaged), "{at}");
        }
    }

    #[test]
    fn no_room_is_made_for_what_is_not_there() {
        for labels_n in [0_u16, 1, 65_535] {
            let mut bytes = vec![SUITE];
            bytes.extend(labels_n.to_le_bytes());
            bytes.extend(std::iter::repeat_n([0; 2], usize::from(labels_n)).flatten());
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(1_f32.to_le_bytes());
            let grams_n = 400_000;
            bytes.extend(u32::to_le_bytes(grams_n));
            bytes.extend(std::iter::repeat_n(1, grams_n as usize));
            bytes.extend(1_f32.to_le_bytes());
            bytes.extend(std::iter::repeat_n(1, if labels_n == 65_535 { 50_000 } else { 400_000 }));
            bytes.extend(sum(&bytes));
            assert_eq!(Model::from_bytes(&bytes), Err(ModelError::Damaged), "{labels_n}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            // With a sum that is right, so that the body is looked at.
            let mut bytes = vec![SUITE];
            bytes.extend(body);
            bytes.extend(sum(&bytes));
            let _ = Model::from_bytes(&bytes);
        }
    }
}
