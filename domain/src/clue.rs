//! Sealed clues (线索封存): what is sealed to the discipline group alone, byte for byte, and what the group notes of it.
//!
//! A clue is sealed where it is written down, under a fresh AES-256-GCM key of its own. That key is sealed once to each member's
//! key and once to the recovery key: HPKE of RFC 9180 in base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
//! AES-256-GCM, with [`INFO`] and the clue's 16 bytes as associated data; the 65 bytes of the encapsulated key, then the 48
//! of the sealed one.
//!
//! In the clear it is: the length of the [`Content`] (4 bytes, big-endian), the content as JSON, the bytes of its attachments in the
//! order in which it lists them, and zeros up to a multiple of [`STEP_BYTES`], so that the length tells little. That is cut into
//! chunks of [`CHUNK_BYTES`]; each, sealed with its tag of 16 bytes, is one part. The nonce of part n, counted from 0, is
//! 7 zero bytes, n (4 bytes, big-endian), and 1 for the last part, else 0: parts that are left out, added or moved do not open. The
//! associated data are the byte [`SUITE`] and the clue's 16 bytes.
//!
//! What the group notes of a clue ([`Note`]) rests under a key of its own, made of the clue's by HKDF-SHA256 without salt, with
//! [`NOTE_INFO`]: whoever can open the clue, and nobody else, reads its ledger. A note is the byte [`SUITE`], 12 random bytes as the
//! nonce, and the JSON, padded with blanks to a multiple of [`NOTE_STEP_BYTES`] and sealed with its tag; the associated data
//! are the clue's 16 bytes and the note's.

mod slip;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    attachment::AttachmentKind,
    campaign::Unit,
    device::DeviceKey,
    envelope::Hash,
    id::{AccountId, CampaignId, ClueId, UnitId},
    respondent::{Identity, RespondentKind},
    statement::Kind,
};

pub use slip::{SlipCodes, read_slip, slip};

/// How a clue is sealed; further suites get further numbers.
pub const SUITE: u8 = 1;
/// What binds a clue's sealed key to its use.
pub const INFO: &[u8] = b"zoufang clue v1";
/// What the key of a clue's notes is made with.
pub const NOTE_INFO: &[u8] = b"zoufang clue note v1";
/// A clue in the clear is padded to a multiple of this, in bytes.
pub const STEP_BYTES: usize = 4 * 1024;
/// Longest chunk, in bytes: with its tag it stays below 1 MiB, and it is a multiple of [`STEP_BYTES`].
pub const CHUNK_BYTES: usize = 255 * STEP_BYTES;
/// Bytes that sealing adds to a chunk.
pub const TAG_BYTES: usize = 16;
/// Longest part, in bytes.
pub const PART_BYTES_MAX: usize = CHUNK_BYTES + TAG_BYTES;
/// Most parts of a clue: nearly 128 MiB, eleven hours of voice.
pub const PARTS_MAX: usize = 128;
/// Most keys that a clue is sealed to.
pub const WRAPS_MAX: usize = 64;
/// Bytes of a sealed key: an uncompressed point, and 32 bytes with their tag.
pub const WRAP_BYTES: usize = 65 + 32 + TAG_BYTES;
/// A note is padded to a multiple of this, in bytes.
pub const NOTE_STEP_BYTES: usize = 1024;
/// Longest sealed note, in bytes.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// A disposal opinion is due this many days after a clue was received (监督执纪工作规则: one month).
pub const OPINION_DAYS: i64 = 30;

const PREFIX: &[u8] = b"zoufang sealed clue v1\0";

/// The nonce of a part, counted from 0.
pub fn nonce(part: u32, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&part.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

/// The associated data of every part of a clue.
pub fn part_place(id: ClueId) -> [u8; 17] {
    let mut place = [SUITE; 17];
    place[1..].copy_from_slice(id.0.as_bytes());
    place
}

/// A clue in the clear, padded: its content as JSON, and its attachments in the order of the content.
pub fn padded(json: &[u8], attachments: &[Vec<u8>]) -> Vec<u8> {
    let mut clear = u32::try_from(json.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    clear.extend(json);
    clear.extend(attachments.concat());
    clear.resize(clear.len().next_multiple_of(STEP_BYTES), 0);
    clear
}

/// The content of a clue in the clear, or of its first chunk, and where its attachments begin.
pub fn content_of(clear: &[u8]) -> Option<(Content, usize)> {
    let (length, rest) = clear.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let content = serde_json::from_slice(rest.get(..length)?).ok()?;
    Some((content, 4 + length))
}

/// What whoever has the recovery key's 32 bytes shows to the server, which knows the SHA-256 of it.
pub fn recovery_proof(secret: &[u8]) -> Hash {
    Hash::of(&[b"zoufang clue recovery v1", secret].concat())
}

/// The name of a public key: the SHA-256 of its 65 bytes. `None` where the text is no point as 130 hexadecimal digits.
pub fn key_name(public: &str) -> Option<Hash> {
    public.parse::<DeviceKey>().ok().map(|it| it.device())
}

/// A name or hash in groups of four digits, to be compared by eye; the first 32 digits, which nobody can meet by chance.
pub fn fingerprint(name: Hash) -> String {
    in_groups(&name.to_string()[..32])
}

/// A text of letters and digits in groups of four.
pub fn in_groups(text: &str) -> String {
    let groups = text.as_bytes().chunks(4);
    groups.map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// Crockford's digits: none looks like another.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What the visitor keeps of a clue: 80 random bits as 16 digits, in groups of four.
pub fn receipt_code(random: [u8; 10]) -> String {
    in_groups(&base32(&random))
}

/// The bytes of [`base32`], read leniently: blanks, small letters, and letters that were mistaken for digits.
pub fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for letter in text.chars().filter(|it| !it.is_whitespace() && *it != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let digit = DIGITS.iter().position(|it| char::from(*it) == letter)?;
        bits.extend((0..5).rev().map(|it| digit >> it & 1 == 1));
    }
    let bytes = bits.chunks_exact(8);
    Some(bytes.map(|it| it.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect())
}

/// Bytes as Crockford's base 32, five bits a digit, filled up with zeros.
pub fn base32(bytes: &[u8]) -> String {
    let n = bytes.len().saturating_mul(8).div_ceil(5);
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |it| it >> (7 - at % 8) & 1);
    let digit = |n: usize| (0..5).fold(0, |value, it| value << 1 | bit(n * 5 + it));
    (0..n).map(|it| char::from(DIGITS[usize::from(digit(it))])).collect()
}

/// The number by which the group speaks of a clue: the year of its arrival and six digits of its own id. It does not count: a
/// gap would tell a member who is recused that there is one.
pub fn number(id: ClueId, received_day: &str) -> String {
    let year = received_day.get(..4).unwrap_or_default();
    format!("{year}-{}", &base32(id.0.as_bytes())[..6])
}

/// Everything that was sealed, in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// As said; empty for a voice or photo alone.
    pub words: String,
    pub summary: String,
    pub kind: Kind,
    pub about: String,
    pub happened: String,
    /// Device clock, milliseconds since 1970: when it was written down.
    pub said_at: i64,
    pub campaign: CampaignId,
    pub unit: UnitId,
    /// The unit's name, as whoever sealed it knows it.
    pub unit_name: String,
    pub place: String,
    pub respondent_kind: RespondentKind,
    /// Who said it, as far as whoever wrote it down knows; absent for an unnamed respondent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    pub recorded_by: Recorder,
    /// The code that the visitor keeps, by which the group finds the clue when asked about it; empty where nobody has one.
    pub receipt: String,
    /// Members to whom it was not sealed because the case concerns them (当事人回避); nobody is to re-wrap it to them.
    pub left_out: Vec<AccountId>,
    pub attachments: Vec<ClueAttachment>,
    /// What else the office had of it, as it came: what was added later, what stood beside it, what was set aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revised>,
    /// Why the office handed it over, and what it had made of it; empty for what was sealed where it was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A further revision of what was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revised {
    /// Milliseconds since 1970, by the server's clock.
    pub received_at: i64,
    /// The payload of its envelope as it came: the JSON of a [`crate::statement::Statement`], unless it was set aside for being none.
    pub payload: String,
}

/// Who wrote a clue down, or handed it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorder {
    pub account: AccountId,
    pub name: String,
}

/// A voice or photo within a clue; its bytes follow the content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClueAttachment {
    pub kind: AttachmentKind,
    pub media_type: String,
    pub bytes_n: u64,
    pub sha256: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// A clue's key as one recipient gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Wrap {
    /// The name of the recipient's key.
    pub key: Hash,
    /// [`WRAP_BYTES`] as hexadecimal digits.
    pub sealed: String,
}

impl Wrap {
    /// Whether it has the form of a sealed key.
    pub fn is_one(&self) -> bool {
        self.sealed.len() == 2 * WRAP_BYTES
            && self.sealed.starts_with("04")
            && self.sealed.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// Says that all parts of a clue are here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    pub suite: u8,
    pub wraps: Vec<Wrap>,
    /// The SHA-256 of each part, in order.
    pub parts: Vec<Hash>,
}

impl Sealed {
    /// Checks what can be told without opening it.
    ///
    /// # Errors
    ///
    /// The field that does not fit.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.suite != SUITE {
            return Err("suite");
        }
        if !(1..=WRAPS_MAX).contains(&self.wraps.len()) || !self.wraps.iter().all(Wrap::is_one) {
            return Err("wraps");
        }
        let mut keys: Vec<Hash> = self.wraps.iter().map(|it| it.key).collect();
        keys.sort();
        if keys.windows(2).any(|it| it[0] == it[1]) {
            return Err("wraps");
        }
        if (1..=PARTS_MAX).contains(&self.parts.len()) { Ok(()) } else { Err("parts") }
    }

    /// What names this sealing: the SHA-256 of the clue's id, the suite, how many recipients there are and their keys
    /// and wraps, how many parts there are and their hashes; numbers are 4 bytes, big-endian.
    pub fn hash(&self, id: ClueId) -> Hash {
        let mut all = Sha256::new();
        all.update(id.0.as_bytes());
        all.update([self.suite]);
        all.update(u32::try_from(self.wraps.len()).unwrap_or(u32::MAX).to_be_bytes());
        for wrap in &self.wraps {
            all.update(wrap.key.0);
            all.update(wrap.sealed.as_bytes());
        }
        all.update(u32::try_from(self.parts.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.parts.iter().for_each(|it| all.update(it.0));
        Hash(all.finalize().into())
    }
}

/// What the server signs once a clue is durable: a prefix of its own, the clue's 16 bytes, and [`Sealed::hash`].
pub fn receipt_bytes(id: ClueId, sealed: Hash) -> Vec<u8> {
    [PREFIX, id.0.as_bytes(), &sealed.0].concat()
}

/// Answers a clue that is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClueReceipt {
    /// A [`crate::receipt::Signature`] over [`receipt_bytes`].
    pub signature: String,
}

/// Which parts of a clue are here already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartsHere {
    /// Counted from 0.
    pub parts: Vec<u32>,
}

/// A key that clues are sealed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClueKey {
    /// 65 bytes as hexadecimal digits; the SHA-256 of these bytes is its name.
    pub public: String,
    /// Whose it is; absent for the recovery key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Of the member; empty for the recovery key.
    #[serde(default)]
    pub name: String,
}

/// What a phone needs to seal a clue without a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sealing {
    /// Members' and the recovery key, without those that the group's standing rule leaves out for this person's unit.
    pub keys: Vec<ClueKey>,
    /// 线索不上网: nothing of a clue is kept or sent, a slip is shown instead.
    #[serde(default)]
    pub on_paper: bool,
}

/// A member's secret key, as it rests on the server: nobody there can open it.
///
/// 32 bytes, the scalar, big-endian; sealed by AES-256-GCM under what Argon2id (one lane, 32 bytes) makes of the passphrase,
/// with `zoufang clue key v1 `, and the account's id as text, as associated data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WrappedSecret {
    /// 16 bytes as hexadecimal digits.
    pub salt: String,
    /// KiB, from 32,768 to 1,048,576.
    pub memory: u32,
    /// From 1 to 16.
    pub passes: u32,
    /// 12 bytes as hexadecimal digits.
    pub iv: String,
    /// 48 bytes as hexadecimal digits.
    pub wrap: String,
}

impl WrappedSecret {
    /// Whether it has the form of one.
    pub fn is_one(&self) -> bool {
        let is_hex = |text: &str, n: usize| {
            text.len() == 2 * n && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        };
        is_hex(&self.salt, 16)
            && is_hex(&self.iv, 12)
            && is_hex(&self.wrap, 48)
            && (32_768..=1_048_576).contains(&self.memory)
            && (1..=16).contains(&self.passes)
    }
}

/// A member's new key; the one before it stays with the clues that were sealed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewClueKey {
    /// 65 bytes as hexadecimal digits.
    pub public: String,
    pub secret: WrappedSecret,
    /// By the first member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<NewRecoveryKey>,
}

/// The recovery key; its secret is printed and kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRecoveryKey {
    /// 65 bytes as hexadecimal digits.
    pub public: String,
    /// The SHA-256 of what [`Recover::proof`] is, 64 hexadecimal digits.
    pub proof_hash: String,
}

/// Gives everything to one more key by the recovery key. Without wraps it asks what there is to give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// The SHA-256 of `zoufang clue recovery v1` and the secret's 32 bytes, as hexadecimal digits: who has the paper knows it.
    pub proof: String,
    #[serde(default)]
    pub wraps: Vec<RecoveredWrap>,
}

/// A clue's key, sealed to the recovery key or to the one that gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveredWrap {
    pub id: ClueId,
    /// The name of the key, 64 hexadecimal digits.
    pub key: String,
    /// [`WRAP_BYTES`] as hexadecimal digits.
    pub sealed: String,
}

/// The group's keys, as a member sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupKeys {
    /// This person's own secret, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnKey>,
    pub keys: Vec<ClueKey>,
    /// Members who have no key yet.
    pub without: Vec<String>,
    pub recusals: Vec<Recusal>,
    /// What a recusal can be about.
    pub units: Vec<Unit>,
    /// 线索不上网.
    pub on_paper: bool,
}

/// A member's own key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnKey {
    pub public: String,
    pub secret: WrappedSecret,
}

/// The standing rule: clues from a unit are not sealed to a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recusal {
    pub account: AccountId,
    pub unit: UnitId,
}

/// Adds to the standing rule, or takes from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetRecusal {
    pub account: AccountId,
    pub unit: UnitId,
    /// Whether it is to hold.
    pub holds: bool,
}

/// What stands with a clue in a member's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedClue {
    pub id: ClueId,
    /// yyyy-MM-dd.
    pub received_day: String,
    pub parts_n: u32,
    /// The clue's key, sealed to this person's.
    pub wrap: Wrap,
    /// Names of the keys that it is sealed to.
    pub sealed_to: Vec<Hash>,
    pub notes: Vec<SealedNote>,
}

/// A note as it rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealedNote {
    pub id: uuid::Uuid,
    pub step: Step,
    /// Milliseconds since 1970, the server's clock.
    pub at: i64,
    pub by: AccountId,
    pub by_name: String,
    /// Hexadecimal digits.
    pub sealed: String,
}

/// Adds to a clue's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// Random; a note that is sent twice is kept once.
    pub id: uuid::Uuid,
    pub step: Step,
    /// Hexadecimal digits.
    pub sealed: String,
}

/// As much of a note as the server must know to see that two people complete a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Anything else.
    Note,
    /// A handover or passing on that waits for a second member.
    Propose,
    /// Another member than the one who proposed it completes it.
    Confirm,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 3] = [Self::Note, Self::Propose, Self::Confirm];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Propose => "propose",
            Self::Confirm => "confirm",
        }
    }

    /// The step of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// One line of a clue's ledger, in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Note {
    /// 处置意见
    Dispose { how: Disposal, opinion: String },
    /// 移交: to whom, and who approved it.
    HandOver { to: String, approved_by: String },
    /// 按管理权限转送: what belongs to another authority.
    PassOn { to: String, approved_by: String },
    /// The second member completes what was proposed; who received it there.
    Complete { received_by: String },
    /// 办结: what came of it, in one line.
    Close { outcome: String },
    /// 备注
    Remark { text: String },
}

impl Note {
    /// What the server learns of it.
    pub fn step(&self) -> Step {
        match self {
            Self::HandOver { .. } | Self::PassOn { .. } => Step::Propose,
            Self::Complete { .. } => Step::Confirm,
            Self::Dispose { .. } | Self::Close { .. } | Self::Remark { .. } => Step::Note,
        }
    }
}

/// 处置方式: the four of the 监督执纪工作规则.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposal {
    /// 谈话函询
    Talk,
    /// 初步核实
    Verify,
    /// 暂存待查
    Hold,
    /// 予以了结
    Settle,
}

impl Disposal {
    /// All of them, in the order of the rules.
    pub const ALL: [Self; 4] = [Self::Talk, Self::Verify, Self::Hold, Self::Settle];
}

/// How far a clue is, by its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClueState {
    /// No opinion yet.
    Received,
    Disposed(Disposal),
    /// Waits for the second member.
    Leaving,
    /// Handed over or passed on, by two members.
    Left,
    Closed,
}

/// How far a clue is, by its notes in their order.
pub fn state_of<'a>(notes: impl IntoIterator<Item = &'a Note>) -> ClueState {
    notes.into_iter().fold(ClueState::Received, |state, note| match note {
        Note::Dispose { how, .. } => ClueState::Disposed(*how),
        Note::HandOver { .. } | Note::PassOn { .. } => ClueState::Leaving,
        Note::Complete { .. } => ClueState::Left,
        Note::Close { .. } => ClueState::Closed,
        Note::Remark { .. } => state,
    })
}

/// Gives a clue to one more key: by a member who can open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rewrap {
    /// The name of that key, 64 hexadecimal digits.
    pub key: String,
    /// [`WRAP_BYTES`] as hexadecimal digits.
    pub sealed: String,
}

impl Rewrap {
    /// What it adds, where it has the form of a sealed key.
    pub fn wrap(&self) -> Option<Wrap> {
        let wrap = Wrap { key: self.key.parse().ok()?, sealed: self.sealed.clone() };
        wrap.is_one().then_some(wrap)
    }
}

/// One line of the group's own log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClueLogLine {
    /// Milliseconds since 1970.
    pub at: i64,
    pub by: String,
    /// A word of [`LOG_ACTS`].
    pub act: String,
    /// Absent where it was about none in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clue: Option<ClueId>,
    /// yyyy-MM-dd, of that clue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_day: Option<String>,
}

/// What the group's log speaks of.
pub const LOG_ACTS: [&str; 9] =
    ["list", "open", "note", "propose", "confirm", "rewrap", "key", "recuse", "recover"];

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id() -> ClueId {
        ClueId(Uuid::from_bytes(std::array::from_fn(|it| u8::try_from(it).unwrap())))
    }

    fn sealed() -> Sealed {
        let wrap = Wrap { key: Hash([1; 32]), sealed: format!("04{}", "ab".repeat(WRAP_BYTES - 1)) };
        Sealed { suite: SUITE, wraps: vec![wrap], parts: vec![Hash([2; 32])] }
    }

    #[test]
    fn a_nonce_says_which_part_it_is_and_whether_it_is_the_last() {
        assert_eq!(nonce(0x0102, true), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1]);
        assert_ne!(nonce(0, false), nonce(0, true));
    }

    #[test]
    fn codes_are_digits_that_nobody_mistakes() {
        assert_eq!(base32(b"hello!!!"), "D1JPRV3F44GJ2");
        assert_eq!(unbase32("d1jp rv3f-44gj2"), Some(b"hello!!!".to_vec()));
        assert_eq!(unbase32("O1IL"), unbase32("0111"));
        assert_eq!(unbase32("中"), None);
        let secret: [u8; 32] = std::array::from_fn(|it| u8::try_from(it * 7).unwrap());
        assert_eq!(unbase32(&in_groups(&base32(&secret))), Some(secret.to_vec()));
        assert_eq!(receipt_code([0xff; 10]), "ZZZZ ZZZZ ZZZZ ZZZZ");
        assert_eq!(number(id(), "2026-11-23"), "2026-000G40");
        assert_eq!(fingerprint(Hash([0x0a; 32])), "0a0a 0a0a 0a0a 0a0a 0a0a 0a0a 0a0a 0a0a");
    }

    #[test]
    fn what_has_another_form_is_not_taken() {
        assert_eq!(sealed().check(), Ok(()));
        let with = |change: &dyn Fn(&mut Sealed)| {
            let mut it = sealed();
            change(&mut it);
            it.check()
        };
        assert_eq!(with(&|it| it.suite = 0), Err("suite"));
        assert_eq!(with(&|it| it.wraps.clear()), Err("wraps"));
        assert_eq!(with(&|it| it.wraps.push(it.wraps[0].clone())), Err("wraps"));
        assert_eq!(with(&|it| it.wraps[0].sealed.truncate(200)), Err("wraps"));
        assert_eq!(with(&|it| it.wraps[0].sealed = "é".repeat(113)), Err("wraps"));
        assert_eq!(with(&|it| it.parts.clear()), Err("parts"));
        assert_eq!(with(&|it| it.parts = vec![Hash([0; 32]); PARTS_MAX + 1]), Err("parts"));
    }

    #[test]
    fn every_byte_of_a_sealing_is_in_its_hash() {
        let hash = sealed().hash(id());
        let mut other = sealed();
        other.parts[0].0[31] ^= 1;
        assert_ne!(other.hash(id()), hash);
        assert_ne!(sealed().hash(ClueId(Uuid::nil())), hash);
        let mut other = sealed();
        other.wraps[0].sealed.replace_range(225.., "c");
        assert_ne!(other.hash(id()), hash);
    }

    #[test]
    fn a_ledger_says_how_far_a_clue_is() {
        let dispose = Note::Dispose { how: Disposal::Verify, opinion: String::new() };
        let remark = Note::Remark { text: String::new() };
        let propose = Note::PassOn { to: String::new(), approved_by: String::new() };
        let complete = Note::Complete { received_by: String::new() };
        assert_eq!(state_of([]), ClueState::Received);
        assert_eq!(state_of([&dispose, &remark]), ClueState::Disposed(Disposal::Verify));
        assert_eq!(state_of([&dispose, &propose]), ClueState::Leaving);
        assert_eq!(state_of([&propose, &complete, &remark]), ClueState::Left);
        assert_eq!(
            [&propose, &complete, &remark].map(Note::step),
            [Step::Propose, Step::Confirm, Step::Note]
        );
    }
}
