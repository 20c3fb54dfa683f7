//! Changes: what a phone pulls to know whom to visit and what became of what it sent.

use serde::{Deserialize, Serialize};

use crate::{
    campaign::{Campaign, Colleague},
    id::{AccountId, AssignmentId, RecordId, RespondentId},
    respondent::Respondent,
};

/// A page of changes, in the server's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// Opaque; sent back to go on from here. Carries the epoch and the version of the reader's scope.
    pub cursor: String,
    /// Ask again at once.
    pub more: bool,
    /// The reader's scope or the server's history changed: what the phone had pulled is superseded
    /// by what follows. What the phone itself recorded stays.
    pub restart: bool,
    pub epoch: String,
    pub changes: Vec<Change>,
}

/// The current state of one thing. A later one replaces an earlier one of the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    Campaign { campaign: Campaign },
    Colleague { colleague: Colleague },
    ColleagueGone { id: AccountId },
    Respondent { respondent: Respondent },
    RespondentGone { id: RespondentId },
    Assignment { assignment: Assignment },
    AssignmentGone { id: AssignmentId },
    VisitProgress { progress: VisitProgress },
}

/// 走访任务: this unit should visit this respondent by this date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assignment {
    pub id: AssignmentId,
    pub respondent: RespondentId,
    /// yyyy-MM-dd
    pub due_on: String,
    #[serde(default)]
    pub note: String,
    pub done: bool,
}

/// What became of a visit that this phone's user sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitProgress {
    pub visit: RecordId,
    /// Everything that belongs to it is stored.
    pub complete: bool,
    pub statements: Vec<StatementProgress>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementProgress {
    pub statement: RecordId,
    pub state: StatementState,
    /// What the office asks for, when it was sent back for completion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// How far the office is with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatementState {
    /// 待归类
    Waiting,
    /// 已归类
    Sorted,
    /// 已转办
    Referred,
    /// 退回补充
    SentBack,
}

impl StatementState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sorted, Self::Referred, Self::SentBack];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sorted => "sorted",
            Self::Referred => "referred",
            Self::SentBack => "sent_back",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}
