//! Ids: one newtype per thing, so that a unit's id cannot be passed as a visit's.
//!
//! Ids are made by the caller (UUIDv7 where time order helps the database, v4 for whatever is
//! shown beyond its unit, because a time-ordered id would link an anonymised issue to a visit).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = Uuid))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A visit, an identity, a statement, an attachment or answers.
    RecordId,
    CampaignId,
    UnitId,
    AccountId,
    /// A respondent in the office's directory.
    RespondentId,
    AssignmentId,
    IssueId,
    /// Suggestions that were accepted together.
    BatchId,
    /// A statement or an issue that was passed on.
    ReferralId,
    /// An issue as one branch sees it; always v4.
    ReleaseId,
    MeetingId,
    MeasureId,
    /// A sealed clue; always v4, made where it is sealed.
    ClueId,
}
