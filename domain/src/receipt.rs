//! What the server signs, byte for byte, and the texts of its key and signatures.
//!
//! One Ed25519 signature an answer. What is signed begins with a prefix of its own, so that a signature over
//! one thing is none over another; every text carries its length (4 bytes, big-endian), numbers are 8 bytes
//! big-endian, so that two different answers never have the same bytes.
//!
//! Receipts: `zoufang receipts v1`, a zero byte, the text of the mark, how many (4 bytes); for each: 1 and the record's 16 bytes, or
//! 0 and 16 zero bytes; the hash's 32 bytes; the texts of state, reason (empty without one) and epoch; the
//! sequence. Backups: `zoufang backed up v1`, a zero byte, the text of the epoch, the sequence.

use std::{fmt, str::FromStr};

use crate::{
    envelope::{Hash, NotAHash},
    sync::Receipt,
};

const RECEIPTS: &[u8] = b"zoufang receipts v1\0";
const BACKED_UP: &[u8] = b"zoufang backed up v1\0";

/// The server's public key, 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hash(self.0), f)
    }
}

impl FromStr for PublicKey {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        Ok(Self(text.parse::<Hash>()?.0))
    }
}

/// A signature, 128 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Signature {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let (one, other) = text.split_at_checked(64).ok_or(NotAHash)?;
        let (one, other): (Hash, Hash) = (one.parse()?, other.parse()?);
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&one.0);
        bytes[32..].copy_from_slice(&other.0);
        Ok(Self(bytes))
    }
}

/// What the signature of an answer to a push is over.
pub fn receipts_bytes(receipts: &[Receipt], mark: Option<&str>) -> Vec<u8> {
    let mut bytes = RECEIPTS.to_vec();
    put_text(&mut bytes, mark.unwrap_or_default());
    put_length(&mut bytes, receipts.len());
    for receipt in receipts {
        bytes.push(u8::from(receipt.record.is_some()));
        bytes.extend(receipt.record.map_or([0; 16], |it| it.0.into_bytes()));
        bytes.extend(receipt.hash.0);
        let (state, reason) = receipt.state.words();
        for text in [state, reason, &receipt.epoch] {
            put_text(&mut bytes, text);
        }
        bytes.extend(receipt.sequence.to_be_bytes());
    }
    bytes
}

/// What the signature of a page of changes is over.
pub fn backed_up_bytes(epoch: &str, backed_up_to: u64) -> Vec<u8> {
    let mut bytes = BACKED_UP.to_vec();
    put_text(&mut bytes, epoch);
    bytes.extend(backed_up_to.to_be_bytes());
    bytes
}

/// A text with its length before it.
pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn put_length(bytes: &mut Vec<u8>, n: usize) {
    // What is longer is cut off far before: no answer has 4 GiB.
    bytes.extend(u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::{
        id::RecordId,
        sync::{ParkReason, ReceiptState, RefuseReason},
    };

    fn receipt() -> Receipt {
        Receipt {
            record: Some(RecordId(Uuid::from_u128(1))),
            hash: Hash::of(b"a"),
            state: ReceiptState::Stored,
            epoch: "e".into(),
            sequence: 7,
        }
    }

    /// A change of the layout is another version of the prefix: phones hold keys, not layouts.
    #[test]
    fn the_layout_stays() {
        assert_eq!(
            Hash::of(&receipts_bytes(&[receipt()], Some("m"))).to_string(),
            "dae6461bae0e8cd0df899b1e0706a58738a4fdf7463beac4f61e79a869b720d0"
        );
        assert_eq!(backed_up_bytes("e", 258), b"zoufang backed up v1\0\0\0\0\x01e\0\0\0\0\0\0\x01\x02");
    }

    #[test]
    fn each_part_is_bound() {
        let one = receipt();
        let parked = |reason| ReceiptState::Parked { reason };
        let others = [
            Receipt { record: None, ..one.clone() },
            Receipt { record: Some(RecordId(Uuid::nil())), ..one.clone() },
            Receipt { hash: Hash::of(b"b"), ..one.clone() },
            Receipt { epoch: "f".into(), ..one.clone() },
            Receipt { sequence: 8, ..one.clone() },
            Receipt { state: ReceiptState::BackedUp, ..one.clone() },
            Receipt { state: ReceiptState::Incomplete, ..one.clone() },
            Receipt { state: parked(ParkReason::Invalid), ..one.clone() },
            Receipt { state: parked(ParkReason::Unreadable), ..one.clone() },
            Receipt { state: ReceiptState::Refused { reason: RefuseReason::Failed }, ..one.clone() },
        ];
        let n = others.len() + 1;
        let all: BTreeSet<Vec<u8>> =
            others.into_iter().chain([one]).map(|it| receipts_bytes(&[it], None)).collect();
        assert_eq!(all.len(), n);
    }

    #[test]
    fn the_mark_is_bound() {
        assert_ne!(receipts_bytes(&[receipt()], None), receipts_bytes(&[receipt()], Some("m")));
    }

    #[test]
    fn what_belongs_to_one_text_cannot_move_to_the_next() {
        let of = |epoch: &str, sequence| Receipt { epoch: epoch.into(), sequence, ..receipt() };
        assert_ne!(receipts_bytes(&[of("e", 0)], None), receipts_bytes(&[of("e\0", 0)], None));
        let (one, two) = (of("e", 1), of("f", 2));
        assert_ne!(
            receipts_bytes(&[one.clone(), two.clone()], None),
            receipts_bytes(&[two, one.clone()], None)
        );
        assert_ne!(
            receipts_bytes(std::slice::from_ref(&one), None),
            receipts_bytes(&[one.clone(), one], None)
        );
    }

    #[test]
    fn a_signature_is_read_as_it_is_written() {
        let mut bytes = [7; 64];
        bytes[63] = 0xab;
        assert_eq!(Signature(bytes).to_string().parse(), Ok(Signature(bytes)));
        assert_eq!(PublicKey([0xab; 32]).to_string().parse(), Ok(PublicKey([0xab; 32])));
        for wrong in ["", "00", &"0".repeat(127), &"0".repeat(129), &"é".repeat(64)] {
            assert!(wrong.parse::<Signature>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_are_those_of_the_json() {
        let states = [ReceiptState::Incomplete, ReceiptState::Stored, ReceiptState::BackedUp]
            .into_iter()
            .chain(ParkReason::ALL.map(|reason| ReceiptState::Parked { reason }))
            .chain(RefuseReason::ALL.map(|reason| ReceiptState::Refused { reason }));
        for state in states {
            let json = serde_json::to_value(Receipt { state, ..receipt() }).unwrap();
            let (word, reason) = state.words();
            assert_eq!(
                (json["state"].as_str().unwrap(), json["reason"].as_str().unwrap_or("")),
                (word, reason)
            );
            assert_eq!(serde_json::from_value::<Receipt>(json).unwrap().state, state);
        }
    }
}
