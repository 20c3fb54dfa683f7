//! One run of sending, without the network, the store and the clock: what is next, and what an answer does.
//!
//! Text first, then photos, then voices, then what waited for them, then the pull. Whoever drives it does what
//! [`Run::next`] says, keeps what follows from the answer in one write, and tells the run. Nothing of a run is
//! kept: after a crash the next one begins from what is.

use serde::{Deserialize, Serialize};

use crate::{
    id::RecordId,
    media::{MediaItem, MediaState},
    outbox::{OutboxItem, OutboxState, next_batch},
    problem::Code,
    sync::{ReceiptState, Receipts},
};

/// Single items that the server may fail at in a run, with nothing taken between, before it counts as broken.
const FAILURES_MAX: usize = 8;
/// A part of an upload that does not fit or arrives damaged is tried again this often.
const PART_TRIES_MAX: u32 = 4;

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Push(Vec<OutboxItem>),
    Upload(RecordId),
    Pull,
    /// There is nothing more; tells whether something failed that is to be tried again.
    Done(Result<(), Failure>),
}

/// What a failure says about what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// About nothing of it: the line, the session, a server that is full or busy. The run ends.
    Line,
    /// The server failed; perhaps at this alone.
    Internal,
    /// This is not taken; something else may be.
    OfOne,
}

impl Failure {
    /// The failure of an answer; without a code it was not the server that answered.
    pub fn of(code: Option<Code>) -> Self {
        match code {
            None
            | Some(
                Code::SignedOut
                | Code::WrongPassword
                | Code::ConfirmFirst
                | Code::Forbidden
                | Code::SlowDown
                | Code::Busy
                | Code::DiskFull,
            ) => Self::Line,
            Some(Code::Internal) => Self::Internal,
            Some(
                Code::Malformed
                | Code::Invalid
                | Code::NotFound
                | Code::MethodNotAllowed
                | Code::Conflict
                | Code::Taken
                | Code::WrongOffset
                | Code::Gone
                | Code::TooLarge
                | Code::UnsupportedMedia
                | Code::WrongTusVersion
                | Code::WrongChecksum,
            ) => Self::OfOne,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Fresh,
    Media,
    Rest,
    Pulled,
}

/// One run. It ends at [`Act::Done`], or when it is dropped after a [`Failure::Line`].
#[derive(Clone, Debug, Default)]
pub struct Run {
    phase: Phase,
    /// What is still to be offered in this phase.
    items: Vec<OutboxItem>,
    /// Parts of the batch under way, the next one last.
    parts: Vec<Vec<OutboxItem>>,
    /// What the server failed at standing alone, while it may fail at everything.
    doubted: Vec<OutboxItem>,
    taken: bool,
    /// What is still to be uploaded, the next one last.
    uploads: Vec<RecordId>,
    /// What was uploaded last, until its record has been offered.
    uploaded: Option<RecordId>,
    failed: Option<Failure>,
}

impl Run {
    /// A run that offers `owed`.
    pub fn begin(owed: &[OutboxItem]) -> Self {
        let fresh = owed.iter().filter(|it| it.state != OutboxState::Incomplete);
        Self { items: fresh.copied().collect(), ..Self::default() }
    }

    /// What to do next at `now`, with what is owed by now; `media` in the order of [`crate::media::in_order`].
    pub fn next(&mut self, owed: &[OutboxItem], media: &[MediaItem], now: i64) -> Act {
        loop {
            if let Some(batch) = self.next_part(now) {
                return Act::Push(batch);
            }
            match self.phase {
                Phase::Fresh => {
                    self.phase = Phase::Media;
                    let due = media.iter().rev().filter(|it| it.is_due(now) && it.whole.is_some());
                    self.uploads = due.map(|it| it.id).collect();
                }
                // What is here is settled at once: where the line breaks every few seconds, the next run would spend
                // itself on asking for it again, and never come to what is after it.
                Phase::Media if self.uploaded.is_some() => {
                    let id = self.uploaded.take();
                    let here =
                        |it: &&OutboxItem| Some(it.record) == id && it.state == OutboxState::Incomplete;
                    self.parts.extend(owed.iter().find(here).map(|it| vec![*it]));
                }
                Phase::Media => match self.uploads.pop() {
                    // What is wrong with a record is wrong with its bytes.
                    Some(id) if owed.iter().any(|it| it.record == id && it.state.is_aside()) => {}
                    Some(id) => {
                        self.uploaded = Some(id);
                        return Act::Upload(id);
                    }
                    None => {
                        self.phase = Phase::Rest;
                        let waiting = owed.iter().filter(|it| it.state == OutboxState::Incomplete);
                        self.items = waiting.copied().collect();
                    }
                },
                Phase::Rest => {
                    self.phase = Phase::Pulled;
                    return Act::Pull;
                }
                Phase::Pulled if self.doubted.is_empty() => {
                    return Act::Done(self.failed.map_or(Ok(()), Err));
                }
                Phase::Pulled => return Act::Done(Err(Failure::Internal)),
            }
        }
    }

    fn next_part(&mut self, now: i64) -> Option<Vec<OutboxItem>> {
        if self.parts.is_empty() {
            let batch = next_batch(&self.items, now);
            if batch.is_empty() {
                return None;
            }
            self.parts.push(batch.iter().map(|n| self.items[*n]).collect());
            for n in batch.into_iter().rev() {
                self.items.remove(n);
            }
        }
        self.parts.pop()
    }

    /// The server gave receipts: it does not fail at everything. Answers what is set aside by that.
    pub fn taken(&mut self) -> Vec<OutboxItem> {
        self.taken = true;
        std::mem::take(&mut self.doubted)
    }

    /// The push of `part` failed: it is split until what it failed for stands alone, and the rest goes on. Answers
    /// what is set aside, see [`OutboxItem::failed`]; none when the run ends by it.
    pub fn failed(&mut self, mut part: Vec<OutboxItem>, failure: Failure) -> Option<Vec<OutboxItem>> {
        if failure == Failure::Line {
            return None;
        }
        if part.len() > 1 {
            let rest = part.split_off(part.len() / 2);
            self.parts.extend([rest, part]);
        } else if failure == Failure::OfOne || self.taken {
            return Some(part);
        } else {
            self.doubted.append(&mut part);
            if self.doubted.len() >= FAILURES_MAX {
                // It is not one of them: the server fails at everything.
                return None;
            }
        }
        Some(Vec::new())
    }

    /// An upload failed for `code`: the state that the item gets, if it gets another.
    ///
    /// # Errors
    ///
    /// The failure that ends the run.
    pub fn upload_failed(&mut self, code: Option<Code>, now: i64) -> Result<Option<MediaState>, Failure> {
        self.uploaded = None;
        match Failure::of(code) {
            Failure::Line => Err(Failure::Line),
            Failure::Internal => {
                self.failed = Some(Failure::Internal);
                Ok(None)
            }
            Failure::OfOne => Ok(Some(MediaState::Aside { why: code, at: now })),
        }
    }
}

/// Not the server's word on what was sent: the phone keeps all and asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoReceipt;

/// What a phone knows of the server's history: words with a space between. The first is its epoch, the second the
/// mark of the latest answer (for `Push::known`, empty when there is none), the rest the epochs that the phone has
/// left behind: nothing that they said counts any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Option<String>);

impl History {
    /// The epoch, the mark, and the epochs left behind.
    fn parts(&self) -> (&str, &str, &str) {
        let text = self.0.as_deref().unwrap_or_default();
        let (epoch, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (mark, left) = rest.split_once(' ').unwrap_or((rest, ""));
        (epoch, mark, left)
    }

    /// Its name; empty before the first answer.
    pub fn epoch(&self) -> &str {
        self.parts().0
    }

    /// For `Push::known`: the mark of the latest answer, or its name alone. Without it, a server that was restored
    /// to a history which this phone has left would not notice.
    pub fn known(&self) -> &str {
        let (epoch, mark, _) = self.parts();
        if mark.is_empty() { epoch } else { mark }
    }

    /// Whether `epoch` is another history than the one known: then everything held is offered again, in the
    /// write that notes it.
    ///
    /// # Errors
    ///
    /// When the phone has left it behind.
    pub fn is_another(&self, epoch: &str) -> Result<bool, NoReceipt> {
        let (known, _, left) = self.parts();
        // Epochs are ids of one length.
        if left.contains(epoch) { Err(NoReceipt) } else { Ok(!known.is_empty() && known != epoch) }
    }

    /// Notes the server's history, and how far it reached.
    pub fn know(&mut self, epoch: &str, mark: Option<&str>) {
        let (known, before, left) = self.parts();
        let mark = mark.unwrap_or(if known == epoch { before } else { "" });
        let left_now = if known == epoch { "" } else { known };
        let space = if left_now.is_empty() { "" } else { " " };
        self.0 = Some([epoch, " ", mark, " ", left_now, space, left].concat());
    }
}

/// Whether `receipts` speak of exactly what was offered; answers the epoch that they name. Whose word they are, the
/// signature tells; whether it still counts, [`History::is_another`].
///
/// # Errors
///
/// When they do not: then none of them counts.
pub fn epoch_of<'a>(offered: &[OutboxItem], receipts: &'a Receipts) -> Result<&'a str, NoReceipt> {
    let receipts = &receipts.receipts;
    let epoch = &receipts.first().ok_or(NoReceipt)?.epoch;
    let each = offered.iter().zip(receipts).all(|(item, receipt)| {
        receipt.epoch == *epoch
            && (receipt.hash == item.hash || matches!(receipt.state, ReceiptState::Refused { .. }))
    });
    if receipts.len() == offered.len() && each { Ok(epoch) } else { Err(NoReceipt) }
}

/// An upload under way: it goes on where the server says.
#[derive(Clone, Debug)]
pub struct Upload {
    length: usize,
    reached: Option<usize>,
    failures_n: u32,
}

/// What an upload needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Announce it, which tells how far it is.
    Announce,
    /// Send the bytes from here to there.
    Send(usize, usize),
    Done,
}

impl Upload {
    /// One of so many bytes.
    pub fn of(length: usize) -> Self {
        Self { length, reached: None, failures_n: 0 }
    }

    /// The next step, in parts of at most `part_bytes`.
    pub fn next(&self, part_bytes: usize) -> Step {
        match self.reached {
            None => Step::Announce,
            Some(reached) if reached < self.length => {
                Step::Send(reached, self.length.min(reached + part_bytes))
            }
            Some(_) => Step::Done,
        }
    }

    /// The server has so many bytes.
    pub fn reached(&mut self, n: usize) {
        self.reached = Some(n);
    }

    /// A part failed for `code`; answers whether it is worth another try now.
    pub fn failed(&mut self, code: Option<Code>) -> bool {
        self.failures_n += 1;
        self.reached = None;
        matches!(code, Some(Code::WrongOffset | Code::WrongChecksum)) && self.failures_n < PART_TRIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        envelope::{Hash, RecordKind},
        sync::Receipt,
    };

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

    fn answer(items: &[OutboxItem], epoch: &str) -> Receipts {
        let receipts = items
            .iter()
            .map(|it| Receipt {
                record: Some(it.record),
                hash: it.hash,
                state: ReceiptState::Stored,
                epoch: epoch.into(),
                sequence: 1,
            })
            .collect();
        Receipts { receipts, signature: None, mark: None }
    }

    #[test]
    fn what_was_uploaded_is_settled_before_the_next_upload() {
        let owed = [1, 2].map(|n| OutboxItem { state: OutboxState::Incomplete, ..item(n) });
        let media = owed.map(|it| MediaItem {
            id: it.record,
            visit: it.visit,
            statement: None,
            kind: crate::attachment::AttachmentKind::Photo,
            media_type: String::new(),
            taken_at: 0,
            state: MediaState::Owed,
            whole: Some(crate::media::Whole { bytes_n: 1, sha256: it.hash }),
        });
        let mut run = Run::begin(&owed);
        assert_eq!(run.next(&owed, &media, 0), Act::Upload(owed[0].record));
        assert_eq!(run.next(&owed, &media, 0), Act::Push(vec![owed[0]]));
        assert_eq!(run.next(&owed, &media, 0), Act::Upload(owed[1].record));
        // What did not arrive is not offered for it.
        run.upload_failed(Some(Code::TooLarge), 0).unwrap();
        assert_eq!(run.next(&owed, &media, 0), Act::Push(owed.to_vec()));
    }

    /// Offers items to a server that fails at some of them; answers what was taken, what was set aside, how it
    /// ended, and how often it was asked.
    fn run(items_n: u128, poisoned: &[u128], why: Failure) -> (usize, usize, Result<(), Failure>, usize) {
        let items: Vec<OutboxItem> = (0..items_n).map(item).collect();
        let is_poisoned = |it: &OutboxItem| poisoned.iter().any(|n| item(*n).hash == it.hash);
        let (mut run, mut taken_n, mut aside_n, mut asked_n) = (Run::begin(&items), 0, 0, 0);
        loop {
            match run.next(&[], &[], 0) {
                Act::Push(part) => {
                    asked_n += 1;
                    if part.iter().any(is_poisoned) {
                        let Some(aside) = run.failed(part, why) else {
                            return (taken_n, aside_n, Err(why), asked_n);
                        };
                        aside_n += aside.len();
                    } else {
                        taken_n += part.len();
                        aside_n += run.taken().len();
                    }
                }
                Act::Upload(_) => unreachable!("there is nothing to upload"),
                Act::Pull => {}
                Act::Done(ended) => return (taken_n, aside_n, ended, asked_n),
            }
        }
    }

    #[test]
    fn a_poisoned_item_at_the_head_is_set_aside_and_blocks_nothing() {
        for why in [Failure::Internal, Failure::OfOne] {
            let (taken_n, aside_n, ended, _) = run(250, &[0, 1, 2, 77], why);
            assert_eq!((taken_n, aside_n, ended), (246, 4, Ok(())), "{why:?}");
        }
    }

    #[test]
    fn a_server_that_fails_at_everything_sets_nothing_aside() {
        let all: Vec<u128> = (0..250).collect();
        let (taken_n, aside_n, ended, asked_n) = run(250, &all, Failure::Internal);
        assert_eq!((taken_n, aside_n, ended), (0, 0, Err(Failure::Internal)));
        assert!(asked_n < 30, "{asked_n}");
        assert_eq!(run(1, &[0], Failure::Internal).2, Err(Failure::Internal));
    }

    #[test]
    fn a_broken_line_ends_the_run() {
        assert_eq!(run(3, &[1], Failure::Line), (0, 0, Err(Failure::Line), 1));
    }

    #[test]
    fn only_the_word_on_what_was_offered_counts() {
        let offered = [item(1), item(2)];
        let good = answer(&offered, "e");
        assert_eq!(epoch_of(&offered, &good), Ok("e"));
        assert_eq!(epoch_of(&offered, &answer(&offered[..1], "e")), Err(NoReceipt));
        assert_eq!(epoch_of(&offered, &answer(&[item(2), item(1)], "e")), Err(NoReceipt));
        assert_eq!(epoch_of(&offered, &answer(&[], "e")), Err(NoReceipt));
        let mut mixed = good;
        mixed.receipts[1].epoch = "f".into();
        assert_eq!(epoch_of(&offered, &mixed), Err(NoReceipt));
    }

    #[test]
    fn a_history_that_was_left_is_not_come_back_to() {
        let mut history = History::default();
        assert_eq!(history.is_another("a"), Ok(false));
        history.know("a", Some("mark"));
        history.know("a", None);
        assert_eq!((history.is_another("a"), history.known()), (Ok(false), "mark"));
        assert_eq!(history.is_another("b"), Ok(true));
        history.know("b", None);
        assert_eq!((history.is_another("a"), history.known()), (Err(NoReceipt), "b"));
        history.know("b", Some("later"));
        history.know("c", Some("latest"));
        assert_eq!((history.epoch(), history.known()), ("c", "latest"));
        for left in ["a", "b"] {
            assert_eq!(history.is_another(left), Err(NoReceipt), "{left}");
        }
    }

    #[test]
    fn an_epoch_that_an_earlier_version_kept_is_read() {
        let history: History = serde_json::from_str("\"a\"").unwrap();
        assert_eq!(
            (history.is_another("a"), history.is_another("b"), history.known()),
            (Ok(false), Ok(true), "a")
        );
        assert_eq!(serde_json::from_str::<History>("null").unwrap(), History::default());
    }

    #[test]
    fn an_upload_goes_on_where_the_server_is() {
        let mut upload = Upload::of(10);
        assert_eq!(upload.next(4), Step::Announce);
        upload.reached(4);
        assert_eq!(upload.next(4), Step::Send(4, 8));
        upload.reached(8);
        assert_eq!(upload.next(4), Step::Send(8, 10));
        assert!(upload.failed(Some(Code::WrongOffset)));
        assert_eq!(upload.next(4), Step::Announce);
        assert!(!upload.failed(None));
        upload.reached(10);
        assert_eq!(upload.next(4), Step::Done);
    }

    proptest! {
        /// Every item is offered, whatever else the server refuses for good.
        #[test]
        fn each_item_is_taken_or_set_aside(
            items_n in 1..300_u128,
            poisoned in prop::collection::btree_set(0..300_u128, 0..20),
        ) {
            let poisoned: Vec<u128> = poisoned.into_iter().filter(|it| *it < items_n).collect();
            let (taken_n, aside_n, ended, _) = run(items_n, &poisoned, Failure::OfOne);
            prop_assert_eq!(ended, Ok(()));
            prop_assert_eq!(aside_n, poisoned.len());
            prop_assert_eq!(taken_n + aside_n, usize::try_from(items_n).unwrap());
        }
    }
}
