//! Respondents: whom we visit, as kinds, as a directory, and as the identity behind one visit.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AssignmentId, RespondentId, UnitId},
    text::{TextError, check_line},
};

/// 受访人类别
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RespondentKind {
    /// 经营业主
    Business,
    /// 脱贫户
    Household,
    /// 老干部职工
    RetiredCadre,
    /// 其他
    Other,
}

impl RespondentKind {
    /// All kinds in the order of the plan.
    pub const ALL: [Self; 4] = [Self::Business, Self::Household, Self::RetiredCadre, Self::Other];

    /// The word in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Household => "household",
            Self::RetiredCadre => "retired_cadre",
            Self::Other => "other",
        }
    }

    /// The kind of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Who was visited. The payload of a record of kind `identity`; hidden from the office's queue.
///
/// Absent for an unnamed respondent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Set when chosen from the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent: Option<RespondentId>,
    /// The assignment that this visit ticks off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<AssignmentId>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub organisation: String,
    #[serde(default)]
    pub telephone: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub id_number: String,
}

impl Identity {
    /// Checks lengths only: names, telephones and numbers come in every shape and stay as typed.
    ///
    /// # Errors
    ///
    /// [`TextError`], to show beside the field.
    pub fn check(&self) -> Result<(), TextError> {
        [&self.name, &self.organisation, &self.telephone, &self.address, &self.id_number]
            .into_iter()
            .try_for_each(|it| check_line(it))
    }
}

/// A respondent in the directory as a phone of its unit holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Respondent {
    pub id: RespondentId,
    pub kind: RespondentKind,
    pub name: String,
    /// Village, street or town, in words.
    pub place: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub organisation: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub telephone: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The unit that visits this respondent; `None` when any may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Visits by anyone in the calendar month of `month`, as a count: no unit, no name.
    #[serde(default)]
    pub visits_in_month: u32,
    /// yyyy-MM of `visits_in_month`.
    #[serde(default)]
    pub month: String,
}
