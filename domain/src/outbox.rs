//! The outbox: what a phone still owes the server, and when to try again.
//!
//! Invariant: an item moves to `Stored` only by a receipt that names exactly its hash, so losing an
//! answer can cost a second upload but never a record; its bytes go only after a signed one.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::{Hash, RecordKind},
    id::RecordId,
    sync::{BATCH_ENVELOPES_MAX, ParkReason, Receipt, ReceiptState, RefuseReason},
    text::MissingField,
};

/// Largest batch, in bytes of envelopes: base64 makes four of three and must stay below the push's limit.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// First wait after a failure, in milliseconds; it doubles.
pub const WAIT_MS_MIN: u64 = 2_000;
/// Longest wait of our own, in milliseconds.
pub const WAIT_MS_MAX: u64 = 5 * 60 * 1_000;
/// Longest wait that a server's Retry-After can ask for, in milliseconds.
pub const RETRY_AFTER_MS_MAX: u64 = 60 * 60 * 1_000;
/// An item that was set aside or refused is offered again at most this often, in milliseconds.
pub const PARKED_AGAIN_MS: i64 = 6 * 60 * 60 * 1_000;
/// Bytes go this long after they were stored, in milliseconds, when no backup was heard of: 14 days.
pub const KEEP_STORED_MS: i64 = 14 * 24 * 60 * 60 * 1_000;

/// One frozen envelope on the phone, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxItem {
    pub record: RecordId,
    pub visit: RecordId,
    pub kind: RecordKind,
    pub hash: Hash,
    pub bytes_n: usize,
    /// Device clock, milliseconds since 1970; items go oldest first.
    pub frozen_at: i64,
    pub state: OutboxState,
}

/// How far an item is. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", try_from = "StateFields")]
pub enum OutboxState {
    /// On this phone only.
    Waiting,
    /// The envelope is durable on the server; something that belongs to it is missing.
    Incomplete,
    /// Durable on the server with everything that belongs to it.
    Stored {
        /// The server's clock, milliseconds since 1970.
        at: i64,
        /// Place in the server's order of arrival; absent when the receipt's signature was not checked.
        sequence: Option<u64>,
    },
    /// Stored, and safe from the loss of the server's machine.
    BackedUp,
    /// Set aside on the server, kept there and here.
    Parked { reason: ParkReason, at: i64 },
    /// Not taken; kept here.
    Refused { reason: RefuseReason, at: i64 },
    /// The phone cannot read its bytes as they were frozen; they stay as they are, unsent.
    Damaged { at: i64 },
}

/// An [`OutboxState`] as it is read; see `ChangeFields` for why.
#[derive(Deserialize)]
struct StateFields {
    state: String,
    reason: Option<String>,
    at: Option<i64>,
    sequence: Option<u64>,
}

impl TryFrom<StateFields> for OutboxState {
    type Error = MissingField;

    fn try_from(fields: StateFields) -> Result<Self, MissingField> {
        let at = fields.at.ok_or(MissingField);
        let reason = fields.reason.unwrap_or_default();
        Ok(match fields.state.as_str() {
            "waiting" => Self::Waiting,
            "incomplete" => Self::Incomplete,
            "stored" => Self::Stored { at: at?, sequence: fields.sequence },
            "backed_up" => Self::BackedUp,
            "parked" => Self::Parked { reason: ParkReason::from_word(&reason).ok_or(MissingField)?, at: at? },
            "refused" => {
                Self::Refused { reason: RefuseReason::from_word(&reason).ok_or(MissingField)?, at: at? }
            }
            "damaged" => Self::Damaged { at: at? },
            _ => return Err(MissingField),
        })
    }
}

impl OutboxState {
    /// Whether it stands apart from what waits to be sent: nobody can say when it goes on.
    pub fn is_aside(&self) -> bool {
        match self {
            Self::Parked { .. } | Self::Refused { .. } | Self::Damaged { .. } => true,
            Self::Waiting | Self::Incomplete | Self::Stored { .. } | Self::BackedUp => false,
        }
    }

    /// Whether the server has it with everything that belongs to it.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Stored { .. } | Self::BackedUp)
    }
}

/// Whether the server signed an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Valid,
    /// This phone cannot tell: its browser has no Ed25519, or no key was told yet. It takes the answer's word and
    /// removes nothing.
    Unable,
    /// No signature, or not one of the key that is known: no receipt.
    Wrong,
}

/// What becomes of what the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Stays,
    /// Offered once more, for a receipt that can be checked.
    Again,
    /// Its bytes go.
    Goes,
}

impl OutboxItem {
    /// Whether this item belongs in a push at `now`.
    pub fn is_due(&self, now: i64) -> bool {
        match self.state {
            OutboxState::Waiting | OutboxState::Incomplete => true,
            OutboxState::Stored { .. } | OutboxState::BackedUp => false,
            OutboxState::Parked { at, .. }
            | OutboxState::Refused { at, .. }
            | OutboxState::Damaged { at } => is_due_again(at, now),
        }
    }

    /// Takes a receipt; one that does not name this very revision changes nothing. `now` is the device's clock,
    /// `server_now` the server's.
    pub fn take(&mut self, receipt: &Receipt, check: Check, now: i64, server_now: i64) {
        if check == Check::Wrong
            || receipt.hash != self.hash
            || receipt.record.is_some_and(|it| it != self.record)
            || self.state.is_settled()
        {
            return;
        }
        let signed = check == Check::Valid;
        self.state = match receipt.state {
            ReceiptState::Incomplete => OutboxState::Incomplete,
            ReceiptState::BackedUp if signed => OutboxState::BackedUp,
            ReceiptState::Stored | ReceiptState::BackedUp => {
                OutboxState::Stored { at: server_now, sequence: signed.then_some(receipt.sequence) }
            }
            ReceiptState::Parked { reason } => OutboxState::Parked { reason, at: now },
            ReceiptState::Refused { reason } => OutboxState::Refused { reason, at: now },
        };
    }

    /// What becomes of this item once a signed page told how far backups reach. Only the server's clock counts
    /// the days: a phone's may be years off.
    pub fn fate(&self, backed_up_to: u64, server_now: i64) -> Fate {
        match self.state {
            OutboxState::BackedUp => Fate::Goes,
            OutboxState::Stored { sequence: None, .. } => Fate::Again,
            OutboxState::Stored { sequence: Some(sequence), .. } if sequence <= backed_up_to => Fate::Goes,
            OutboxState::Stored { at, .. } if server_now.saturating_sub(at) >= KEEP_STORED_MS => Fate::Goes,
            _ => Fate::Stays,
        }
    }

    /// The same, set aside at `now` because the server failed at it alone.
    #[must_use]
    pub fn failed(&self, now: i64) -> Self {
        Self { state: OutboxState::Refused { reason: RefuseReason::Failed, at: now }, ..*self }
    }

    /// Whether it was set aside only because nobody was signed in: signing in brings it in.
    pub fn wants_signing_in(&self) -> bool {
        matches!(self.state, OutboxState::Parked { reason: ParkReason::SignedOut, .. })
    }

    /// The same, waiting to be sent.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { state: OutboxState::Waiting, ..*self }
    }
}

/// Whether what was set aside at `at` may be offered again at `now`.
pub fn is_due_again(at: i64, now: i64) -> bool {
    now.saturating_sub(at).saturating_abs() >= PARKED_AGAIN_MS
}

/// How long a Retry-After asks to wait, in milliseconds; `date` is the header read as a date.
pub fn retry_after_ms(header: &str, date: Option<i64>, now: i64) -> Option<u64> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|it| it.is_ascii_digit()) {
        let seconds: u64 = header.parse().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1_000));
    }
    date.map(|it| u64::try_from(it.saturating_sub(now)).unwrap_or(0))
}

/// The indices of the next batch: due items in their order, bounded in number and bytes.
///
/// Envelopes that are not on the server yet go before the ones that merely wait for an attachment.
pub fn next_batch(items: &[OutboxItem], now: i64) -> Vec<usize> {
    let due = |wanted: fn(&OutboxState) -> bool| {
        items.iter().enumerate().filter(move |(_, it)| it.is_due(now) && wanted(&it.state))
    };
    let fresh = due(|state| !matches!(state, OutboxState::Incomplete));
    let incomplete = due(|state| matches!(state, OutboxState::Incomplete));
    let mut bytes_n = 0;
    fresh
        .chain(incomplete)
        .take(BATCH_ENVELOPES_MAX)
        .take_while(|(_, it)| {
            let first = bytes_n == 0;
            bytes_n += it.bytes_n;
            first || bytes_n <= BATCH_BYTES_MAX
        })
        .map(|(n, _)| n)
        .collect()
}

/// How long to wait after `failures` failures in a row, in milliseconds.
///
/// `random` spreads phones that lost the network together; `retry_after_ms` is what
/// the server asked for.
pub fn wait_ms(failures: u32, random: u32, retry_after_ms: Option<u64>) -> u64 {
    if let Some(asked) = retry_after_ms {
        return asked.clamp(WAIT_MS_MIN, RETRY_AFTER_MS_MAX);
    }
    let full = WAIT_MS_MIN.saturating_mul(1 << failures.min(20)).min(WAIT_MS_MAX);
    // Between half and all of it.
    full / 2 + (full / 2) * u64::from(random) / u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn item(n: u128) -> OutboxItem {
        OutboxItem {
            record: RecordId(Uuid::from_u128(n)),
            visit: RecordId(Uuid::from_u128(0)),
            kind: RecordKind::Statement,
            hash: Hash::of(&n.to_be_bytes()),
            bytes_n: 100,
            frozen_at: 0,
            state: OutboxState::Waiting,
        }
    }

    fn receipt(item: &OutboxItem) -> Receipt {
        Receipt {
            record: Some(item.record),
            hash: item.hash,
            state: ReceiptState::Stored,
            epoch: "e".into(),
            sequence: 1,
        }
    }

    #[test]
    fn a_receipt_for_other_bytes_changes_nothing() {
        let mut mine = item(1);
        mine.take(&Receipt { hash: Hash::of(b"other"), ..receipt(&item(1)) }, Check::Valid, 5, 5);
        assert_eq!(mine.state, OutboxState::Waiting);
    }

    #[test]
    fn stored_is_for_good() {
        let mut mine = item(1);
        mine.take(&receipt(&item(1)), Check::Valid, 5, 6);
        mine.take(&Receipt { state: ReceiptState::Incomplete, ..receipt(&item(1)) }, Check::Valid, 7, 7);
        assert_eq!(mine.state, OutboxState::Stored { at: 6, sequence: Some(1) });
    }

    #[test]
    fn a_wrong_signature_or_another_record_is_no_receipt() {
        let mut mine = item(1);
        mine.take(&receipt(&item(1)), Check::Wrong, 5, 5);
        mine.take(&Receipt { record: Some(item(2).record), ..receipt(&item(1)) }, Check::Valid, 5, 5);
        assert_eq!(mine.state, OutboxState::Waiting);
    }

    #[test]
    fn bytes_go_with_a_backup_or_after_days_and_only_by_a_signed_word() {
        let mut mine = item(1);
        mine.take(&receipt(&item(1)), Check::Valid, 0, 0);
        assert_eq!(mine.fate(0, KEEP_STORED_MS - 1), Fate::Stays);
        assert_eq!(mine.fate(1, 0), Fate::Goes);
        assert_eq!(mine.fate(0, KEEP_STORED_MS), Fate::Goes);
        let mut unsigned = item(1);
        unsigned.take(&Receipt { state: ReceiptState::BackedUp, ..receipt(&item(1)) }, Check::Unable, 0, 0);
        assert_eq!(unsigned.state, OutboxState::Stored { at: 0, sequence: None });
        assert_eq!(unsigned.fate(9, 10 * KEEP_STORED_MS), Fate::Again);
        let mut safe = item(1);
        safe.take(&Receipt { state: ReceiptState::BackedUp, ..receipt(&item(1)) }, Check::Valid, 0, 0);
        assert_eq!(safe.fate(0, 0), Fate::Goes);
        assert_eq!(item(1).fate(u64::MAX, i64::MAX), Fate::Stays);
    }

    #[test]
    fn what_an_earlier_version_kept_is_read() {
        let state: OutboxState = serde_json::from_str(r#"{"state":"stored","at":5}"#).unwrap();
        assert_eq!(state, OutboxState::Stored { at: 5, sequence: None });
    }

    #[test]
    fn a_parked_item_does_not_block_and_is_offered_seldom() {
        let mut items = vec![item(1), item(2)];
        items[0].state = OutboxState::Parked { reason: ParkReason::Invalid, at: 0 };
        assert_eq!(next_batch(&items, 1_000), [1]);
        assert_eq!(next_batch(&items, PARKED_AGAIN_MS), [0, 1]);
    }

    #[test]
    fn what_the_phone_cannot_read_blocks_nothing() {
        let mut items = vec![item(1), item(2)];
        items[0].state = OutboxState::Damaged { at: 0 };
        assert_eq!(next_batch(&items, 1_000), [1]);
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after_ms("120", None, 0), Some(120_000));
        assert_eq!(retry_after_ms("99999999999999999999999", None, 0), Some(u64::MAX));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", Some(9_000), 4_000), Some(5_000));
        assert_eq!(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", Some(3_000), 4_000), Some(0));
        assert_eq!(retry_after_ms("soon", None, 0), None);
    }

    #[test]
    fn an_absurd_retry_after_is_capped() {
        assert_eq!(wait_ms(0, 0, Some(99_999_999_000)), RETRY_AFTER_MS_MAX);
    }

    proptest! {
        #[test]
        fn waits_stay_in_their_bounds(failures in any::<u32>(), random in any::<u32>()) {
            let wait = wait_ms(failures, random, None);
            prop_assert!((WAIT_MS_MIN / 2..=WAIT_MS_MAX).contains(&wait));
        }

        /// However many requests or answers the network loses, the server ends up with every
        /// record exactly once and the phone owes nothing.
        #[test]
        fn nothing_is_lost_or_doubled(
            n_items in 0..250_u128,
            network in prop::collection::vec(any::<(bool, bool)>(), 0..40),
        ) {
            let mut items: Vec<OutboxItem> = (0..n_items).map(item).collect();
            let mut server = BTreeMap::new();
            let calm = std::iter::repeat_n((true, true), 10);
            for (request_arrives, answer_arrives) in network.into_iter().chain(calm) {
                let batch = next_batch(&items, 0);
                if !request_arrives {
                    continue;
                }
                let receipts: Vec<Receipt> = batch.iter().map(|&n| receipt(&items[n])).collect();
                for &n in &batch {
                    *server.entry(items[n].record).or_insert(0) += 1;
                }
                if answer_arrives {
                    for (&n, receipt) in batch.iter().zip(&receipts) {
                        items[n].take(receipt, Check::Valid, 0, 0);
                    }
                }
            }
            let all_stored = items.iter().all(|it| matches!(it.state, OutboxState::Stored { .. }));
            prop_assert!(all_stored);
            prop_assert!(server.into_keys().eq(items.iter().map(|it| it.record)));
        }
    }
}
