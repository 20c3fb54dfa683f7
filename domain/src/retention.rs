//! What is kept for so many days and then destroyed, and how many of it went when.

use serde::{Deserialize, Serialize};

/// What has days of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RetentionKind))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Recordings.
    Voice,
    /// Photos and scanned sheets.
    Photo,
    /// Who was visited, how to reach them and where it was exactly.
    Names,
    /// What was said.
    Words,
    /// Who stands in the directory: from when they were taken off it, or their campaign ended.
    Directory,
    /// Entries of the audit log.
    Audit,
}

impl Kind {
    /// All kinds, in the order in which they go: what gives a person away the most goes first.
    pub const ALL: [Self; 6] =
        [Self::Voice, Self::Photo, Self::Names, Self::Words, Self::Directory, Self::Audit];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Photo => "photo",
            Self::Names => "names",
            Self::Words => "words",
            Self::Directory => "directory",
            Self::Audit => "audit",
        }
    }

    /// The kind of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How long a kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Days {
    pub kind: Kind,
    /// From when it was here, whole, or had to be here no more; for good when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// How many will be due within seven days.
    pub due_n: u32,
}

/// So many of a kind went at a time; of names and words, those of so many visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Removal {
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    pub kind: Kind,
    pub n: u32,
}

/// Most removals that are listed: those of a season and more.
pub const REMOVALS_MAX: u32 = 500;

/// What is kept for how long, and what went, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kept {
    pub days: Vec<Days>,
    pub removals: Vec<Removal>,
}
