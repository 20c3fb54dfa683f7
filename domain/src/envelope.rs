//! Envelopes: the bytes in which a record travels and rests.
//!
//! Layout: one suite byte, the header's length as four bytes big-endian, the header as JSON, the
//! payload. The SHA-256 over all of it names the revision. The bytes are made once, on the phone,
//! and resent as they are; nothing on the way re-encodes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::id::{CampaignId, RecordId, UnitId};

/// Payload in the clear. Sealed suites get further numbers.
pub const SUITE_CLEAR: u8 = 0;

/// Largest envelope, in bytes: a 20,000-character text at four bytes each, escaped, with room.
pub const ENVELOPE_BYTES_MAX: usize = 512 * 1024;

/// Largest header, in bytes; real ones have about 400.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Most parents a revision may name; two is a merge of a fork.
pub const PARENTS_MAX: usize = 8;

/// The form version that this build writes.
pub const FORM_VERSION: u16 = 1;

const PREFIX_BYTES: usize = 5;

/// A SHA-256, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (hex_digit(pair[0])? << 4) | hex_digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(digit: u8) -> Result<u8, NotAHash> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(NotAHash),
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    Visit,
    Identity,
    Statement,
    Attachment,
    /// Answers to a questionnaire.
    Answers,
}

impl RecordKind {
    /// The word in the header and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Identity => "identity",
            Self::Statement => "statement",
            Self::Attachment => "attachment",
            Self::Answers => "answers",
        }
    }
}

/// What the server may know of a record without opening its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub id: RecordId,
    pub kind: RecordKind,
    pub campaign: CampaignId,
    /// The unit at the time of capture; it stays when the visitor moves.
    pub unit: UnitId,
    /// The visit this record belongs to; its own id for a visit.
    pub visit: RecordId,
    /// The revisions this one supersedes; empty for the first.
    pub parents: Vec<Hash>,
    /// [`FORM_VERSION`] of the build that wrote the payload.
    pub form: u16,
    /// The device's clock when the bytes were made, in milliseconds since 1970; a claim only.
    pub claimed_at: i64,
}

/// An envelope's parts, read from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    pub suite: u8,
    pub header: Header,
    pub payload: &'a [u8],
}

/// Why bytes are not an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("longer than {ENVELOPE_BYTES_MAX} bytes")]
    TooLong,
    #[error("ends before its header does")]
    Truncated,
    #[error("the header is not readable")]
    Header,
    #[error("a visit must belong to itself and nothing else may")]
    Belonging,
}

/// Makes the bytes of a record in the clear. Freezes them: keep and resend exactly these.
///
/// # Panics
///
/// Never: records and headers hold only text, numbers and lists, which JSON can always write.
pub fn freeze(header: &Header, payload: &impl Serialize) -> Vec<u8> {
    freeze_json(header, &to_json(payload))
}

/// The same of a payload that is JSON already.
///
/// # Panics
///
/// Never, as [`freeze`].
pub fn freeze_json(header: &Header, payload: &[u8]) -> Vec<u8> {
    let header = to_json(header);
    let length = u32::try_from(header.len()).expect("a header is far below 4 GiB");
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + header.len() + payload.len());
    bytes.push(SUITE_CLEAR);
    bytes.extend(length.to_be_bytes());
    bytes.extend(header);
    bytes.extend(payload);
    bytes
}

/// JSON of what has string keys and no failing parts, as all that we keep and send.
///
/// # Panics
///
/// Never, for such. Without the error's own words, which a phone would load: they are half a hundredth of what it does.
pub fn to_json(value: &impl Serialize) -> Vec<u8> {
    let Ok(json) = serde_json::to_vec(value) else { unreachable!("plain data can always be written") };
    json
}

/// Reads an envelope without opening its payload.
///
/// # Errors
///
/// [`EnvelopeError`] when the bytes cannot have been made by [`freeze`].
pub fn open(bytes: &[u8]) -> Result<Envelope<'_>, EnvelopeError> {
    if bytes.len() > ENVELOPE_BYTES_MAX {
        return Err(EnvelopeError::TooLong);
    }
    let (prefix, rest) = bytes.split_at_checked(PREFIX_BYTES).ok_or(EnvelopeError::Truncated)?;
    let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
    if length > HEADER_BYTES_MAX {
        return Err(EnvelopeError::Header);
    }
    let (header, payload) = rest.split_at_checked(length).ok_or(EnvelopeError::Truncated)?;
    let header: Header = serde_json::from_slice(header).map_err(|_| EnvelopeError::Header)?;
    if header.parents.len() > PARENTS_MAX {
        return Err(EnvelopeError::Header);
    }
    if (header.kind == RecordKind::Visit) != (header.id == header.visit) {
        return Err(EnvelopeError::Belonging);
    }
    Ok(Envelope { suite: prefix[0], header, payload })
}

impl Envelope<'_> {
    /// Reads the payload; `None` when it is sealed, malformed, or of a later form version.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        if self.suite != SUITE_CLEAR {
            return None;
        }
        serde_json::from_slice(self.payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn header() -> Header {
        let id = RecordId(Uuid::from_u128(7));
        Header {
            id,
            kind: RecordKind::Visit,
            campaign: CampaignId(Uuid::from_u128(1)),
            unit: UnitId(Uuid::from_u128(2)),
            visit: id,
            parents: vec![Hash::of(b"before")],
            form: FORM_VERSION,
            claimed_at: -1,
        }
    }

    proptest! {
        #[test]
        fn what_was_frozen_opens_unchanged(words in any::<String>()) {
            let bytes = freeze(&header(), &words);
            let envelope = open(&bytes).unwrap();
            prop_assert_eq!(&envelope.header, &header());
            prop_assert_eq!(envelope.read::<String>(), Some(words));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = open(&bytes);
        }

        #[test]
        fn a_hash_reads_back(bytes in any::<[u8; 32]>()) {
            prop_assert_eq!(Hash(bytes).to_string().parse(), Ok(Hash(bytes)));
        }
    }

    #[test]
    fn a_cut_envelope_is_refused() {
        let bytes = freeze(&header(), &"x");
        assert_eq!(open(&bytes[..bytes.len() / 2]), Err(EnvelopeError::Truncated));
        assert_eq!(open(&[]), Err(EnvelopeError::Truncated));
    }

    #[test]
    fn an_unknown_header_field_is_refused() {
        let mut value = serde_json::to_value(header()).unwrap();
        value["author"] = "someone".into();
        let header = serde_json::to_vec(&value).unwrap();
        let mut bytes = vec![SUITE_CLEAR];
        bytes.extend(u32::try_from(header.len()).unwrap().to_be_bytes());
        bytes.extend(header);
        assert_eq!(open(&bytes), Err(EnvelopeError::Header));
    }

    #[test]
    fn a_statement_cannot_be_its_own_visit() {
        let wrong = Header { kind: RecordKind::Statement, ..header() };
        assert_eq!(open(&freeze(&wrong, &"x")), Err(EnvelopeError::Belonging));
    }
}
