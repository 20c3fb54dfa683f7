//! Changes: what a phone pulls to know whom to visit and what became of what it sent.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    campaign::{Campaign, Colleague},
    id::{AccountId, AssignmentId, RecordId, RespondentId},
    respondent::Respondent,
    text::MissingField,
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
    /// Changes that are still to come after this page.
    #[serde(default)]
    pub left_n: u32,
    /// Revisions up to this place in the order of arrival are backed up.
    #[serde(default)]
    pub backed_up_to: u64,
    /// A [`crate::receipt::Signature`] over [`crate::receipt::backed_up_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// The current state of one thing. A later one replaces an earlier one of the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "ChangeFields")]
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

/// A [`Change`] as it is read. Derived reading of a tagged enum would hold each field twice over, which a phone
/// pays for in what it loads.
#[derive(Deserialize)]
struct ChangeFields {
    kind: ChangeKind,
    id: Option<Uuid>,
    campaign: Option<Campaign>,
    colleague: Option<Colleague>,
    respondent: Option<Respondent>,
    assignment: Option<Assignment>,
    progress: Option<VisitProgress>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangeKind {
    Campaign,
    Colleague,
    ColleagueGone,
    Respondent,
    RespondentGone,
    Assignment,
    AssignmentGone,
    VisitProgress,
}

impl TryFrom<ChangeFields> for Change {
    type Error = MissingField;

    fn try_from(fields: ChangeFields) -> Result<Self, MissingField> {
        let id = fields.id.ok_or(MissingField);
        Ok(match fields.kind {
            ChangeKind::Campaign => Self::Campaign { campaign: fields.campaign.ok_or(MissingField)? },
            ChangeKind::Colleague => Self::Colleague { colleague: fields.colleague.ok_or(MissingField)? },
            ChangeKind::ColleagueGone => Self::ColleagueGone { id: AccountId(id?) },
            ChangeKind::Respondent => Self::Respondent { respondent: fields.respondent.ok_or(MissingField)? },
            ChangeKind::RespondentGone => Self::RespondentGone { id: RespondentId(id?) },
            ChangeKind::Assignment => Self::Assignment { assignment: fields.assignment.ok_or(MissingField)? },
            ChangeKind::AssignmentGone => Self::AssignmentGone { id: AssignmentId(id?) },
            ChangeKind::VisitProgress => {
                Self::VisitProgress { progress: fields.progress.ok_or(MissingField)? }
            }
        })
    }
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
