//! Questionnaires as the office keeps and publishes them, and as visitors are offered them.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::Hash,
    questionnaire::{
        finding::{Finding, Severity},
        layout::ColumnChange,
        medium::{Media, NamedMedium},
        xlsform::{Files, Sheet},
    },
    respondent::RespondentKind,
};

/// A questionnaire that visitors may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferedQuestionnaire {
    /// The form's id, the same in all versions.
    pub id: String,
    pub title: String,
    /// The version to ask: the SHA-256 of its canonical JSON.
    pub version: Hash,
    /// Whom it is for; everybody where it is empty.
    pub respondent_kinds: Vec<RespondentKind>,
    /// Milliseconds since 1970, by the server's clock.
    pub published_at: i64,
}

/// A questionnaire as the office keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptQuestionnaire {
    pub id: String,
    pub title: String,
    pub respondent_kinds: Vec<RespondentKind>,
    /// When what is not published was taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_at: Option<i64>,
    /// The latest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<i64>,
    pub versions_n: u32,
    /// Offered to visitors no more.
    pub closed: bool,
    pub answers_n: u32,
    /// How many of them are to be looked at.
    pub flagged_n: u32,
}

/// Something that is wrong with a form, or may be, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormFault {
    pub sheet: String,
    /// From 1; 0 is the sheet as a whole.
    pub row: u32,
    /// The column's header; empty for the row as a whole.
    pub column: String,
    /// A word for machines.
    pub code: String,
    /// With one of these the form cannot be used.
    pub is_error: bool,
    pub chinese: String,
    pub english: String,
}

impl FormFault {
    /// A finding in words.
    pub fn of(finding: &Finding) -> Self {
        Self {
            sheet: finding.sheet.clone(),
            row: u32::try_from(finding.row).unwrap_or(u32::MAX),
            column: finding.column.clone(),
            code: finding.fault.code().to_owned(),
            is_error: finding.fault.severity() == Severity::Error,
            chinese: finding.fault.in_chinese(),
            english: finding.fault.to_string(),
        }
    }
}

/// A questionnaire to be written further: what is not published yet, else the latest version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EditedQuestionnaire {
    pub kept: KeptQuestionnaire,
    /// Names these sheets and files, for [`DraftEdit`].
    pub upon: Hash,
    pub sheets: Vec<Sheet>,
    /// Files of choices by name, as rows of cells.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub files: Files,
    /// Files that labels and choices show or play, by name.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    #[serde(default)]
    pub media: Media,
    /// What publishing it does to the columns that are there.
    pub changes: Vec<ColumnChange>,
}

/// What was written: the sheets as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DraftEdit {
    /// What it was written upon: [`EditedQuestionnaire::upon`], then [`KeptDraft::draft`]; absent where there is no such
    /// questionnaire yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upon: Option<String>,
    pub sheets: Vec<Sheet>,
}

/// A draft as it was kept, broken or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptDraft {
    /// Names it, for the next [`DraftEdit`].
    pub draft: Hash,
    /// What hinders publishing, and what may be meant otherwise.
    pub faults: Vec<FormFault>,
    /// What publishing it does to the columns that are there; nothing while something hinders it.
    pub changes: Vec<ColumnChange>,
}

/// What became of a file that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TakenForm {
    /// The form's id; absent when there is an error: then nothing was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub title: String,
    pub faults: Vec<FormFault>,
    /// What stands unpublished under this id and was not named: then nothing was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<StandingDraft>,
}

/// What is not published, for whoever is about to put another in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StandingDraft {
    /// Names it.
    pub draft: Hash,
    pub title: String,
    /// When it was written last, milliseconds since 1970.
    pub at: i64,
    /// Who wrote it last; empty where that was not noted yet.
    pub by: String,
}

/// A questionnaire to be looked at: what is not published yet, else the latest version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownQuestionnaire {
    pub kept: KeptQuestionnaire,
    /// Names what is not published, for [`Publication`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Hash>,
    pub languages: Vec<String>,
    pub faults: Vec<FormFault>,
    pub lines: Vec<QuestionLine>,
    /// Files that labels and choices show or play.
    pub media: Vec<NamedMedium>,
    /// What publishing it does to the columns that are there.
    pub changes: Vec<ColumnChange>,
}

/// A question as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionLine {
    /// How many groups it is in.
    pub depth: u32,
    /// The word of the type column.
    pub kind: String,
    pub name: String,
    pub label: String,
    pub hint: String,
    pub required: bool,
    /// When it is asked, as an expression; empty for always.
    pub relevant: String,
    /// The first of them; `choices_n` in all.
    pub choices: Vec<String>,
    pub choices_n: u32,
}

/// Publishes what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// What [`ShownQuestionnaire::draft`] said: another draft is not published unseen.
    pub draft: String,
    /// Whom it is for; everybody where it is empty.
    #[serde(default)]
    pub respondent_kinds: Vec<RespondentKind>,
}

/// Whether visitors are offered a questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Offering {
    pub closed: bool,
}
