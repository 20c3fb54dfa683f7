//! Visits as the office reads them: a table, one visit with all its revisions, what was set aside.

use serde::{Deserialize, Serialize};

use crate::{
    answers::{Answers, Flag},
    attachment::Attachment,
    changes::StatementState,
    envelope::{Hash, RecordKind},
    id::{AccountId, RecordId, UnitId},
    queue::ItemAttachment,
    respondent::{Identity, RespondentKind},
    statement::{Kind, Statement},
    sync::ParkReason,
    visit::{Position, Visit},
};

/// Most revisions of one page of what was set aside.
pub const PARKED_PAGE: u32 = 50;
/// Most visits of one page.
pub const VISITS_PAGE: u32 = 50;

/// A visit in the table, without who was visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitLine {
    pub id: RecordId,
    /// yyyy-MM-dd
    pub day: String,
    pub unit: UnitId,
    pub unit_name: String,
    pub visitors: Vec<String>,
    pub respondent_kind: RespondentKind,
    /// `visit`, `symposium`, `telephone` or `slip`.
    pub form: String,
    pub place: String,
    pub statements_n: u32,
    pub attachments_n: u32,
    /// Everything that belongs to it is here.
    pub complete: bool,
    /// Revisions stand side by side.
    pub forked: bool,
    pub withdrawn: bool,
    /// The device's clock was beyond belief.
    pub clock_off: bool,
}

/// A page of visits, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitPage {
    pub visits: Vec<VisitLine>,
    /// How many fit the filter in all.
    pub total_n: u64,
    /// The next page, absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// One visit with everything in it but who was visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitDetail {
    pub line: VisitLine,
    /// Of the visit and its statements, in order of arrival.
    pub revisions: Vec<Revision>,
    pub attachments: Vec<ItemAttachment>,
    /// What the office decided of each statement.
    #[serde(default)]
    pub decided: Vec<Decided>,
    /// What was answered to questionnaires, as it stands.
    #[serde(default)]
    pub answered: Vec<Answered>,
    /// Who was visited is known, and hidden here.
    pub named: bool,
    /// How to call back or where it was exactly is known, and hidden here.
    #[serde(default)]
    pub reachable: bool,
    /// The words of the notice that was told, where its version is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// When who was visited was destroyed, in milliseconds since 1970; of what was sent later it may be known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names_destroyed_at: Option<i64>,
    /// The same of what was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words_destroyed_at: Option<i64>,
}

/// What the office decided of a statement so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decided {
    pub statement: RecordId,
    pub state: StatementState,
    pub kind: Kind,
    /// Code of the taxonomy, confirmed by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// What was answered to one questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answered {
    pub record: RecordId,
    /// The id of the form.
    pub questionnaire: String,
    /// Empty while no version of it is known here.
    pub title: String,
    /// Which version of it was answered, from 1; absent while it is not known here: then there are no lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    pub finished: bool,
    /// They were looked at: until then nothing is flagged.
    pub checked: bool,
    pub flags: Vec<Flag>,
    pub lines: Vec<AnsweredLine>,
}

/// A question and its answer, or the heading of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnsweredLine {
    /// `/data/person[2]/age`
    pub path: String,
    /// How many groups it is in.
    pub depth: u32,
    /// As it was asked; the name where there is no label.
    pub label: String,
    /// Choices by their labels; empty for a heading and for what an attachment answers.
    pub answer: String,
    /// The attachment that answers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<RecordId>,
}

/// One state of one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revision {
    pub record: RecordId,
    pub kind: RecordKind,
    pub hash: Hash,
    /// Milliseconds since 1970, by the server's clock.
    pub received_at: i64,
    /// Milliseconds since 1970, by the device's clock.
    pub claimed_at: i64,
    /// Who sent it.
    pub by: String,
    /// Why it was set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<ParkReason>,
    /// What it says; absent for identities and for what cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// What a revision says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Visit(Box<Visit>),
    Statement(Statement),
    Attachment(Attachment),
    Answers(Answers),
}

/// What was set aside, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParkedPage {
    pub parked: Vec<Parked>,
    /// How many are set aside in all.
    pub total_n: u32,
    /// Where the next page begins, absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// A revision that was set aside, without who was visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Parked {
    pub revision: Revision,
    /// Who sent it.
    pub author: AccountId,
    pub visit: RecordId,
    /// The visit itself came in and can be looked at.
    pub visit_known: bool,
    /// The unit that it names; empty when there is none such.
    pub unit_name: String,
}

/// What became of the things set aside when they were judged once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgedAgain {
    /// How many came in.
    pub taken_n: u32,
    /// How many stay set aside.
    pub parked_n: u32,
}

/// Why someone wants to know who was visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    pub reason: String,
}

/// Who was visited, and what leads to them; no identity for an unnamed respondent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revealed {
    pub identity: Option<Identity>,
    /// How they want to hear back: mostly a telephone.
    #[serde(default)]
    pub call_back_how: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}
