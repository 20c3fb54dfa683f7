//! Voices and photos on a phone: how far their bytes are.

use serde::{Deserialize, Serialize};

use crate::{
    attachment::AttachmentKind, envelope::Hash, id::RecordId, outbox::is_due_again, problem::Code,
    text::MissingField,
};

/// One voice or photo on the phone, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaItem {
    pub id: RecordId,
    pub visit: RecordId,
    pub statement: Option<RecordId>,
    pub kind: AttachmentKind,
    pub media_type: String,
    /// Device clock, milliseconds since 1970.
    pub taken_at: i64,
    pub state: MediaState,
    /// Length and hash, once it is whole.
    #[serde(default)]
    pub whole: Option<Whole>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    pub bytes_n: u64,
    pub sha256: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", try_from = "StateFields")]
pub enum MediaState {
    /// Slices are still coming.
    Recording,
    /// Whole, in a draft.
    Kept,
    /// Its record was frozen; the bytes are to be sent.
    Owed,
    /// Its record is stored on the server, and with it the bytes.
    Stored { at: i64 },
    /// Not taken by the server for this reason, or not whole on this phone any more; it blocks nothing
    /// and is offered again seldom.
    Aside {
        #[serde(default)]
        why: Option<Code>,
        at: i64,
    },
    /// Taken out of its draft.
    Dropped { at: i64 },
}

/// A [`MediaState`] as it is read; see `ChangeFields` for why.
#[derive(Deserialize)]
struct StateFields {
    state: String,
    why: Option<Code>,
    at: Option<i64>,
}

impl TryFrom<StateFields> for MediaState {
    type Error = MissingField;

    fn try_from(fields: StateFields) -> Result<Self, MissingField> {
        let at = fields.at.ok_or(MissingField);
        Ok(match fields.state.as_str() {
            "recording" => Self::Recording,
            "kept" => Self::Kept,
            "owed" => Self::Owed,
            "stored" => Self::Stored { at: at? },
            "aside" => Self::Aside { why: fields.why, at: at? },
            "dropped" => Self::Dropped { at: at? },
            _ => return Err(MissingField),
        })
    }
}

impl MediaState {
    /// Whether the server lacks the bytes.
    pub fn is_owed(self) -> bool {
        matches!(self, Self::Owed | Self::Aside { .. })
    }

    /// What it is once the server's history is another: what it once had or did not take is offered again.
    #[must_use]
    pub fn again(self) -> Self {
        match self {
            Self::Stored { .. } | Self::Aside { .. } => Self::Owed,
            Self::Recording | Self::Kept | Self::Owed | Self::Dropped { .. } => self,
        }
    }
}

impl MediaItem {
    /// Whether its bytes are to be sent at `now`.
    pub fn is_due(&self, now: i64) -> bool {
        match self.state {
            MediaState::Owed => true,
            MediaState::Aside { at, .. } => is_due_again(at, now),
            MediaState::Recording
            | MediaState::Kept
            | MediaState::Stored { .. }
            | MediaState::Dropped { .. } => false,
        }
    }
}

/// Puts what is to be sent in order: photos, which are small, before voices.
pub fn in_order(owed: &mut [MediaItem]) {
    owed.sort_by_key(|it| (it.kind == AttachmentKind::Voice, it.taken_at));
}
