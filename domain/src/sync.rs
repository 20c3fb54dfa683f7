//! Sync: what phone and server say to each other about records, and how the server judges them.
//!
//! The phone pushes envelopes in batches and pulls changes by cursor. Every record of a batch has
//! an answer of its own, so that one bad record never blocks the ones after it.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::{Hash, Header, RecordKind},
    id::RecordId,
    statement::Statement,
    text::MissingField,
};

/// Most envelopes of one push.
pub const BATCH_ENVELOPES_MAX: usize = 100;
/// Largest push, in bytes of its JSON.
pub const BATCH_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most changes of one pull; a phone asks again while there is more.
pub const CHANGES_MAX: u32 = 1_000;

/// What a phone has waiting, oldest first, each visit after the records it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// Envelopes as standard base64 with padding, at most [`BATCH_ENVELOPES_MAX`].
    pub envelopes: Vec<String>,
    /// The `mark` of the latest answer, or the epoch alone, by which a server that was restored behind it notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// The server's word on a batch, one receipt per envelope and in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipts {
    pub receipts: Vec<Receipt>,
    /// A [`crate::receipt::Signature`] over [`crate::receipt::receipts_bytes`], by the key that signing in told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// How far the server's history reached then; opaque, sent back as `known`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// The server's word on one envelope.
///
/// Anything that is not a receipt naming exactly the hash that was sent is no receipt: a success
/// code alone, a page of a captive portal, a receipt for something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "ReceiptFields")]
pub struct Receipt {
    /// Absent when the header could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// SHA-256 of the bytes as they arrived.
    pub hash: Hash,
    #[serde(flatten)]
    pub state: ReceiptState,
    /// Names the server's history; a restored server has another.
    pub epoch: String,
    /// Place in the server's order of arrival; 0 when refused.
    pub sequence: u64,
}

/// A [`Receipt`] as it is read; see `ChangeFields` for why.
#[derive(Deserialize)]
struct ReceiptFields {
    record: Option<RecordId>,
    hash: Hash,
    state: String,
    reason: Option<String>,
    epoch: String,
    sequence: u64,
}

impl TryFrom<ReceiptFields> for Receipt {
    type Error = MissingField;

    fn try_from(fields: ReceiptFields) -> Result<Self, MissingField> {
        let reason = fields.reason.unwrap_or_default();
        let state = match fields.state.as_str() {
            "incomplete" => ReceiptState::Incomplete,
            "stored" => ReceiptState::Stored,
            "backed_up" => ReceiptState::BackedUp,
            "parked" => ReceiptState::Parked { reason: ParkReason::from_word(&reason).ok_or(MissingField)? },
            "refused" => {
                ReceiptState::Refused { reason: RefuseReason::from_word(&reason).ok_or(MissingField)? }
            }
            _ => return Err(MissingField),
        };
        let ReceiptFields { record, hash, epoch, sequence, .. } = fields;
        Ok(Self { record, hash, state, epoch, sequence })
    }
}

/// What became of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReceiptState {
    /// Durable, but records or attachments that belong to it are still missing.
    Incomplete,
    /// Durable here with everything that belongs to it.
    Stored,
    /// Stored, and verified off this host or confirmed to be.
    BackedUp,
    /// Durable and set aside for the office to look at; the phone keeps its copy.
    Parked { reason: ParkReason },
    /// Not kept: the phone keeps it and shows why.
    Refused { reason: RefuseReason },
}

impl ReceiptState {
    /// What is said of a revision that is durable here in place `sequence`; `complete` when everything that
    /// belongs to it is here too.
    pub fn of(parked: Option<ParkReason>, complete: bool, sequence: u64, backed_up_to: u64) -> Self {
        match parked {
            Some(reason) => Self::Parked { reason },
            None if !complete => Self::Incomplete,
            None if sequence <= backed_up_to => Self::BackedUp,
            None => Self::Stored,
        }
    }

    /// The words in JSON: the state, and the reason where there is one.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Incomplete => ("incomplete", ""),
            Self::Stored => ("stored", ""),
            Self::BackedUp => ("backed_up", ""),
            Self::Parked { reason } => ("parked", reason.as_str()),
            Self::Refused { reason } => ("refused", reason.as_str()),
        }
    }
}

/// Why a revision is set aside. Its bytes are kept all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ParkReason {
    /// The respondent's own words would change.
    WordsChanged,
    /// Another first revision of this record is here already.
    SameIdOtherContent,
    /// A later revision changes the record's kind, visit, campaign or unit.
    MovedElsewhere,
    /// The payload cannot be read by this version of the server.
    Unreadable,
    /// The payload breaks a rule that the phone should have kept.
    Invalid,
    /// The visitor has never belonged to the unit that the record names.
    NotYourUnit,
    /// No such campaign here.
    UnknownCampaign,
    /// The record belongs to another visitor.
    NotYourRecord,
    /// It came from a phone whose signing in has ended, signed by its key: it waits for the office, or for the same person
    /// to sign in again.
    SignedOut,
}

impl ParkReason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::WordsChanged,
        Self::SameIdOtherContent,
        Self::MovedElsewhere,
        Self::Unreadable,
        Self::Invalid,
        Self::NotYourUnit,
        Self::UnknownCampaign,
        Self::NotYourRecord,
        Self::SignedOut,
    ];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WordsChanged => "words_changed",
            Self::SameIdOtherContent => "same_id_other_content",
            Self::MovedElsewhere => "moved_elsewhere",
            Self::Unreadable => "unreadable",
            Self::Invalid => "invalid",
            Self::NotYourUnit => "not_your_unit",
            Self::UnknownCampaign => "unknown_campaign",
            Self::NotYourRecord => "not_your_record",
            Self::SignedOut => "signed_out",
        }
    }

    /// The reason of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why bytes were not kept at all: they are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefuseReason {
    NotBase64,
    NotAnEnvelope,
    TooLong,
    /// The server failed at this one record; the others are not held up by it.
    Failed,
}

impl RefuseReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::NotBase64, Self::NotAnEnvelope, Self::TooLong, Self::Failed];

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotBase64 => "not_base64",
            Self::NotAnEnvelope => "not_an_envelope",
            Self::TooLong => "too_long",
            Self::Failed => "failed",
        }
    }

    /// The reason of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A revision that the server already has of the record in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub hash: Hash,
    pub parents: Vec<Hash>,
    /// Set aside revisions take no part in the record's history.
    pub parked: bool,
}

/// How a revision that is readable and permitted fits what is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// These very bytes are here: the same receipt again.
    Same,
    /// The record's history goes on, or begins.
    Next,
    /// Two revisions with one parent: both are kept and the office sees it.
    Fork,
    Park(ParkReason),
}

/// Decides how the revision `hash` with `header` fits beside `known`, the revisions here.
///
/// `belongs` is the header of any earlier revision of the record. `words` is the earliest accepted
/// and the arriving statement, for records of that kind.
pub fn fit(
    known: &[Known],
    belongs: Option<&Header>,
    header: &Header,
    hash: Hash,
    words: Option<(&Statement, &Statement)>,
) -> Fit {
    if known.iter().any(|it| it.hash == hash) {
        return Fit::Same;
    }
    if belongs.is_some_and(|it| !same_place(it, header)) {
        return Fit::Park(ParkReason::MovedElsewhere);
    }
    if words.is_some_and(|(first, later)| !first.keeps_words(later)) {
        return Fit::Park(ParkReason::WordsChanged);
    }
    let accepted: Vec<&Known> = known.iter().filter(|it| !it.parked).collect();
    if header.parents.is_empty() {
        let rooted = accepted.iter().any(|it| it.parents.is_empty());
        return if rooted { Fit::Park(ParkReason::SameIdOtherContent) } else { Fit::Next };
    }
    if header.kind == RecordKind::Attachment {
        // An attachment is bytes; other bytes are another attachment.
        return Fit::Park(ParkReason::WordsChanged);
    }
    let forks = accepted.iter().any(|it| it.parents.iter().any(|parent| header.parents.contains(parent)));
    if forks { Fit::Fork } else { Fit::Next }
}

fn same_place(one: &Header, other: &Header) -> bool {
    one.kind == other.kind
        && one.visit == other.visit
        && one.campaign == other.campaign
        && one.unit == other.unit
}

/// The revisions that no other accepted revision supersedes, in the given order.
///
/// One is the current state; more than one is a fork.
pub fn heads(known: &[Known]) -> Vec<Hash> {
    let accepted = || known.iter().filter(|it| !it.parked);
    accepted()
        .filter(|it| !accepted().any(|other| other.parents.contains(&it.hash)))
        .map(|it| it.hash)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{CampaignId, UnitId},
        statement::Kind,
    };

    fn header(parents: &[&str]) -> Header {
        Header {
            id: RecordId(Uuid::from_u128(2)),
            kind: RecordKind::Statement,
            campaign: CampaignId(Uuid::from_u128(1)),
            unit: UnitId(Uuid::from_u128(1)),
            visit: RecordId(Uuid::from_u128(1)),
            parents: parents.iter().map(|it| hash(it)).collect(),
            form: 1,
            claimed_at: 0,
        }
    }

    fn hash(name: &str) -> Hash {
        Hash::of(name.as_bytes())
    }

    fn known(name: &str, parents: &[&str]) -> Known {
        Known { hash: hash(name), parents: parents.iter().map(|it| hash(it)).collect(), parked: false }
    }

    #[track_caller]
    fn check(here: &[Known], arriving: &str, parents: &[&str], expected: Fit) {
        assert_eq!(fit(here, None, &header(parents), hash(arriving), None), expected);
    }

    #[test]
    fn the_same_bytes_are_known() {
        check(&[known("a", &[])], "a", &[], Fit::Same);
    }

    #[test]
    fn a_revision_follows_its_parent() {
        check(&[known("a", &[])], "b", &["a"], Fit::Next);
    }

    #[test]
    fn a_second_child_is_a_fork() {
        check(&[known("a", &[]), known("b", &["a"])], "c", &["a"], Fit::Fork);
    }

    #[test]
    fn a_second_root_is_set_aside() {
        check(&[known("a", &[])], "b", &[], Fit::Park(ParkReason::SameIdOtherContent));
    }

    #[test]
    fn a_late_middle_revision_joins_without_a_fork() {
        let here = [known("a", &[]), known("c", &["b"])];
        check(&here, "b", &["a"], Fit::Next);
        let all = [known("a", &[]), known("c", &["b"]), known("b", &["a"])];
        assert_eq!(heads(&all), [hash("c")]);
    }

    #[test]
    fn answers_may_be_amended_and_both_revisions_stay() {
        let answers = Header { kind: RecordKind::Answers, ..header(&["a"]) };
        let first = Header { kind: RecordKind::Answers, ..header(&[]) };
        let here = [known("a", &[])];
        assert_eq!(fit(&here, Some(&first), &answers, hash("b"), None), Fit::Next);
        assert_eq!(
            fit(&here, Some(&header(&[])), &answers, hash("b"), None),
            Fit::Park(ParkReason::MovedElsewhere)
        );
    }

    #[test]
    fn changed_words_are_set_aside() {
        let said = |words: &str| Statement {
            words: words.into(),
            summary: String::new(),
            kind: Kind::Problem,
            about: String::new(),
            happened: String::new(),
            attachments: vec![],
            proposed: vec![],
        };
        let verdict = fit(
            &[known("a", &[])],
            None,
            &header(&["a"]),
            hash("b"),
            Some((&said("原话"), &said("改过的话"))),
        );
        assert_eq!(verdict, Fit::Park(ParkReason::WordsChanged));
    }

    #[test]
    fn a_receipt_is_flat_json() {
        let receipt = Receipt {
            record: None,
            hash: hash("a"),
            state: ReceiptState::Parked { reason: ParkReason::WordsChanged },
            epoch: "e".into(),
            sequence: 3,
        };
        let json = serde_json::to_value(&receipt).unwrap();
        assert_eq!(json["state"], "parked");
        assert_eq!(json["reason"], "words_changed");
        assert_eq!(serde_json::from_value::<Receipt>(json).unwrap(), receipt);
    }

    proptest! {
        /// In whatever order revisions of one history arrive, all are kept and its end is the head.
        #[test]
        fn order_of_arrival_does_not_matter(order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle()) {
            let mut here = Vec::new();
            for n in order {
                let parent = n.checked_sub(1).map(|it| format!("r{it}"));
                let parents: Vec<&str> = parent.as_deref().into_iter().collect();
                let name = format!("r{n}");
                prop_assert_eq!(fit(&here, None, &header(&parents), hash(&name), None), Fit::Next);
                here.push(known(&name, &parents));
            }
            prop_assert_eq!(heads(&here), vec![hash("r5")]);
        }
    }
}
