//! The audit log: who looked at or changed what, and why; nothing personal. Its entries are a chain, each linked to
//! the hash of the one before, and what the chain has come to is signed, so that nothing leaves it unseen.
//!
//! A link is the SHA-256 of `zoufang audit v1`, a zero byte, the hash before (32 zero bytes before the first), the
//! link's place, the entry's sequence and time; 1 and the account's 16 bytes, or 0 and 16 zero bytes; the texts of act,
//! object and reason. What is signed of a checkpoint: `zoufang audit checkpoint v1`, a zero byte, its place, its hash, its
//! time; of the head as it stands, `zoufang audit head v1` and the same, so that no checkpoint of before passes for it;
//! of where the log was cut off once its days were over, `zoufang audit cut v1` and the same. Texts and numbers as in [`crate::receipt`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    envelope::Hash,
    receipt::{Signature, put_text},
    role::Role,
};

const LINK: &[u8] = b"zoufang audit v1\0";
const CHECKPOINT: &[u8] = b"zoufang audit checkpoint v1\0";
const STANDING: &[u8] = b"zoufang audit head v1\0";
const CUT: &[u8] = b"zoufang audit cut v1\0";

/// Most lines of one page.
pub const AUDIT_PAGE: u32 = 100;
/// Acts that open a name, voice or photo, the last all those of a questionnaire at once.
pub const OPENINGS: [&str; 5] = ["read_identity", "play_voice", "see_photo", "open_original", "export_media"];
/// Acts that show who was visited or who spoke.
pub const LOOKS: [&str; 6] =
    ["read_identity", "play_voice", "see_photo", "open_original", "export_media", "export"];
/// Most looks of a day that are listed: a county's office has some dozens.
pub const LOOKS_LISTED_MAX: u32 = 1_000;

/// Who opened which name, voice or photo; not whose it is, nor why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Look {
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    /// Name and role of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// One of [`OPENINGS`].
    pub act: String,
    /// Kind and id.
    pub object: String,
}

/// What was opened on one day, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LooksOfDay {
    /// yyyy-MM-dd
    pub day: String,
    /// How many one person may open a day.
    pub a_day: u32,
    pub looks: Vec<Look>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLine {
    /// Place in the log; none is ever missing.
    pub sequence: i64,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    /// Name and role of who did it; absent for the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// A word such as `read_identity`.
    pub act: String,
    /// Kind and id.
    pub object: String,
    /// As the person gave it.
    pub reason: String,
}

/// A page of the audit log, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    pub lines: Vec<AuditLine>,
    /// Where the next page begins, absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// An entry as it is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sequence: i64,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    pub account: Option<Uuid>,
    pub act: String,
    pub object: String,
    pub reason: String,
}

/// How far the chain has come: so many links, and the hash of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub n: i64,
    pub hash: Hash,
}

impl Head {
    /// Before the first link.
    pub const NONE: Self = Self { n: 0, hash: Hash([0; 32]) };

    /// The head once `entry` is linked.
    #[must_use]
    pub fn link(self, entry: &Entry) -> Self {
        let n = self.n + 1;
        let mut bytes = LINK.to_vec();
        bytes.extend(self.hash.0);
        for number in [n, entry.sequence, entry.at] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.push(u8::from(entry.account.is_some()));
        bytes.extend(entry.account.unwrap_or_default().into_bytes());
        for text in [&entry.act, &entry.object, &entry.reason] {
            put_text(&mut bytes, text);
        }
        Self { n, hash: Hash::of(&bytes) }
    }
}

/// A head as it is written down: `12 3f…`, place and hash.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.n, self.hash)
    }
}

/// The text is not a place and a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place and 64 hexadecimal digits, as in \"12 3f…\"")]
pub struct NotAHead;

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let (n, hash) = text.trim().split_once(char::is_whitespace).ok_or(NotAHead)?;
        let n = n.parse().ok().filter(|it| *it > 0).ok_or(NotAHead)?;
        // Printed in groups, to be read by eye.
        let hash: String = hash.split_whitespace().collect();
        Ok(Self { n, hash: hash.parse().map_err(|_| NotAHead)? })
    }
}

/// A head at a time, signed by the server's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub head: Head,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    pub signature: Signature,
}

/// A checkpoint as it is written down: place, hash, time, signature, with a blank between.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.head, self.at, self.signature)
    }
}

impl FromStr for Checkpoint {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let mut words = text.split_whitespace();
        let mut next = || words.next().ok_or(NotAHead);
        let head = format!("{} {}", next()?, next()?).parse()?;
        let at = next()?.parse().map_err(|_| NotAHead)?;
        let signature = next()?.parse().map_err(|_| NotAHead)?;
        if words.next().is_some() {
            return Err(NotAHead);
        }
        Ok(Self { head, at, signature })
    }
}

/// What is signed of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// For the archive.
    Checkpoint,
    /// As it stands now.
    Standing,
    /// It stands for all before it, which is gone.
    Cut,
}

/// What the signature of a head is over.
pub fn signed_bytes(what: Signed, head: Head, at: i64) -> Vec<u8> {
    let mut bytes = match what {
        Signed::Checkpoint => CHECKPOINT,
        Signed::Standing => STANDING,
        Signed::Cut => CUT,
    }
    .to_vec();
    bytes.extend(head.n.to_be_bytes());
    bytes.extend(head.hash.0);
    bytes.extend(at.to_be_bytes());
    bytes
}

/// A checkpoint as its reader sees it, to be printed for the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckpointLine {
    /// So many entries are linked up to here.
    pub n: i64,
    /// Of the last of them, 64 hexadecimal digits.
    pub hash: String,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    /// Ed25519, by the key that signs receipts, 128 hexadecimal digits.
    pub signature: String,
}

/// How the chain stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChainState {
    /// The key that verifies the signatures, 64 hexadecimal digits.
    pub key: String,
    /// Entries that are linked.
    pub linked_n: i64,
    /// Entries that wait to be linked: of the last second, unless linking fails.
    pub waiting_n: i64,
    /// The latest checkpoints, the latest first.
    pub checkpoints: Vec<CheckpointLine>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            sequence: 3,
            at: 5,
            account: Some(Uuid::from_u128(7)),
            act: "read_identity".to_owned(),
            object: "visit 1".to_owned(),
            reason: "回访".to_owned(),
        }
    }

    /// Made by hand from the description above, with Python's hashlib.
    #[test]
    fn a_link_has_the_hash_that_its_description_gives() {
        let first = Head::NONE.link(&entry());
        assert_eq!(first.to_string(), FIRST);
        assert_eq!(first.link(&Entry { sequence: 4, account: None, ..entry() }).to_string(), SECOND);
    }

    const FIRST: &str = "1 cd943e2f49f592c3b78e0ca2fd33f3ac8d375ce54e09ba2cf385350d8e4bbd7f";
    const SECOND: &str = "2 9a77c08356d29d437b44b2b8b2727499c8d6f8cee59446b7a066a4aeb9315e5d";

    #[test]
    fn whatever_is_changed_changes_the_hash() {
        let before = Head::NONE.link(&entry());
        let link = |it: Entry| before.link(&it);
        let others = [
            Entry { sequence: 4, ..entry() },
            Entry { at: 6, ..entry() },
            Entry { account: None, ..entry() },
            Entry { account: Some(Uuid::nil()), ..entry() },
            Entry { act: "read_identit".to_owned(), object: "yvisit 1".to_owned(), ..entry() },
            Entry { object: "visit 2".to_owned(), ..entry() },
            Entry { reason: String::new(), ..entry() },
        ];
        let mut hashes: Vec<_> = others.into_iter().map(|it| link(it).hash.0).collect();
        hashes.extend([link(entry()).hash.0, Head::NONE.link(&entry()).hash.0]);
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 9);
    }

    #[test]
    fn a_head_reads_back_from_its_text() {
        let head = Head::NONE.link(&entry());
        assert_eq!(head.to_string().parse(), Ok(head));
        assert_eq!(format!("  {} \t {}\n", head.n, head.hash).parse(), Ok(head));
        let checkpoint = Checkpoint { head, at: -5, signature: Signature([9; 64]) };
        assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint.clone()));
        assert_eq!(format!("{checkpoint} 1").parse::<Checkpoint>(), Err(NotAHead));
        assert_eq!(head.to_string().parse::<Checkpoint>(), Err(NotAHead));
        let text = head.to_string();
        assert_eq!(format!("{} {} {}", &text[..2], &text[2..10], &text[10..]).parse(), Ok(head));
        for wrong in ["", "1", "0 00", "-1 00", &format!("0 {}", head.hash), &head.to_string()[..60]] {
            assert_eq!(wrong.parse::<Head>(), Err(NotAHead), "{wrong}");
        }
    }
}
