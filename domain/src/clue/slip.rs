//! What a messenger carries in the place of the network (线索不上网): a file, or QR codes to be photographed.

use crate::{
    clue::{PART_BYTES_MAX, Sealed},
    envelope::Hash,
    id::ClueId,
};

/// The beginning of a slip's file.
const SLIP: &[u8] = b"zoufang clue slip v1\n";

/// A sealed slip (线索不上网): what a messenger carries in the place of the network. `zoufang clue slip v1` and a new line, the clue's 16 bytes, the length of the
/// [`Sealed`] (4 bytes, big-endian), it as JSON, and the parts one after the other, each but the last of [`PART_BYTES_MAX`].
pub fn slip(id: ClueId, sealed_json: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let length = u32::try_from(sealed_json.len()).unwrap_or(u32::MAX).to_be_bytes();
    [SLIP, id.0.as_bytes(), &length, sealed_json.as_bytes(), &parts.concat()].concat()
}

/// Reads a slip back; `None` where it is none, or was changed on its way.
pub fn read_slip(bytes: &[u8]) -> Option<(ClueId, Sealed, Vec<&[u8]>)> {
    let (id, rest) = bytes.strip_prefix(SLIP)?.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (json, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let sealed: Sealed = serde_json::from_slice(json).ok()?;
    let parts: Vec<&[u8]> = rest.chunks(PART_BYTES_MAX).collect();
    let whole = parts.len() == sealed.parts.len()
        && parts.iter().zip(&sealed.parts).all(|(part, hash)| Hash::of(part) == *hash);
    (whole && sealed.check().is_ok()).then_some((ClueId(uuid::Uuid::from_bytes(*id)), sealed, parts))
}

/// The beginning of what one of a slip's QR codes holds; `codes` of `public/clue.js` makes them. Then come the first 4 bytes of the
/// slip's SHA-256, the place of this one, counted from 0, how many there are, and its piece of the slip.
const CODE: &[u8] = b"ZFC1";

/// The QR codes of one slip, in whatever order they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlipCodes {
    name: [u8; 4],
    pieces: Vec<Option<Vec<u8>>>,
}

impl SlipCodes {
    /// Takes in what a code holds, and forgets those of another slip; whether it is one of a slip.
    pub fn add(&mut self, code: &[u8]) -> bool {
        let Some((name, rest)) = code.strip_prefix(CODE).and_then(|it| it.split_first_chunk::<4>()) else {
            return false;
        };
        let [at, n, piece @ ..] = rest else { return false };
        let (at, n) = (usize::from(*at), usize::from(*n));
        if at >= n {
            return false;
        }
        if *name != self.name || n != self.pieces.len() {
            *self = Self { name: *name, pieces: vec![None; n] };
        }
        self.pieces[at] = Some(piece.to_vec());
        true
    }

    /// How many there are in all; 0 before the first.
    pub fn n(&self) -> usize {
        self.pieces.len()
    }

    /// The places of those that are not here yet, counted from 1 as they are shown.
    pub fn missing(&self) -> Vec<usize> {
        self.pieces.iter().zip(1..).filter(|it| it.0.is_none()).map(|it| it.1).collect()
    }

    /// The slip, once all are here and belong together.
    pub fn whole(&self) -> Option<Vec<u8>> {
        let pieces: Option<Vec<&[u8]>> = self.pieces.iter().map(Option::as_deref).collect();
        let slip = pieces?.concat();
        Hash::of(&slip).0.starts_with(&self.name).then_some(slip)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::clue::{SUITE, WRAP_BYTES, Wrap};

    fn id() -> ClueId {
        ClueId(Uuid::from_bytes(std::array::from_fn(|it| u8::try_from(it).unwrap())))
    }

    fn sealed(parts: &[Vec<u8>]) -> Sealed {
        let wrap = Wrap { key: Hash([1; 32]), sealed: format!("04{}", "ab".repeat(WRAP_BYTES - 1)) };
        Sealed { suite: SUITE, wraps: vec![wrap], parts: parts.iter().map(|it| Hash::of(it)).collect() }
    }

    #[test]
    fn a_slip_is_read_as_it_was_made_or_not_at_all() {
        let parts = vec![vec![7; PART_BYTES_MAX], vec![8; 100]];
        let sealed = sealed(&parts);
        let bytes = slip(id(), &serde_json::to_string(&sealed).unwrap(), &parts);
        let read = read_slip(&bytes).unwrap();
        assert_eq!((read.0, &read.1), (id(), &sealed));
        assert_eq!(read.2, parts);
        for at in [0, 30, 60, 500, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let same_clue = read_slip(&changed).is_some_and(|it| it.0 == id());
            assert!(!same_clue, "byte {at}");
        }
        assert_eq!(read_slip(&bytes[..bytes.len() - 1]), None);
        assert_eq!(read_slip(b""), None);
    }

    fn codes(slip: &[u8]) -> Vec<Vec<u8>> {
        let pieces: Vec<&[u8]> = slip.chunks(100).collect();
        let n = u8::try_from(pieces.len()).unwrap();
        let code = |(piece, at): (&&[u8], u8)| [CODE, &Hash::of(slip).0[..4], &[at, n], piece].concat();
        pieces.iter().zip(0..).map(code).collect()
    }

    #[test]
    fn what_is_no_code_of_a_slip_changes_nothing() {
        let mut read = SlipCodes::default();
        assert_eq!((read.n(), read.whole()), (0, None));
        assert!(codes(&[7; 250])[1..].iter().all(|it| read.add(it)));
        for wrong in [&b""[..], b"https://example.org", b"ZFC1", b"ZFC1abcd\x03\x03", b"ZFC1abcd\x00"] {
            assert!(!read.add(wrong));
        }
        assert_eq!((read.n(), read.missing(), read.whole()), (3, vec![1], None));
        // Those of another slip begin anew.
        assert!(read.add(&codes(&[8; 150])[0]));
        assert_eq!((read.n(), read.missing()), (2, vec![2]));
    }

    proptest! {
        #[test]
        fn codes_are_put_together_in_whatever_order(
            slip in proptest::collection::vec(any::<u8>(), 1..2_000),
            order in any::<proptest::sample::Index>(),
            spoiled in any::<proptest::sample::Index>(),
        ) {
            let mut all = codes(&slip);
            let middle = order.index(all.len());
            all.rotate_left(middle);
            let mut read = SlipCodes::default();
            for (it, left_n) in all.iter().zip((0..all.len()).rev()) {
                prop_assert!(read.add(it) && read.add(it));
                prop_assert_eq!(read.missing().len(), left_n);
            }
            prop_assert_eq!(read.whole(), Some(slip));
            let at = 10 + spoiled.index(all[0].len() - 10);
            all[0][at] ^= 1;
            prop_assert!(read.add(&all[0]) && read.whole().is_none());
        }
    }
}
