//! A campaign: a dated effort with phases; everything else belongs to one.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CampaignId, UnitId};

/// Most phases of one campaign.
pub const PHASES_MAX: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Campaign {
    pub id: CampaignId,
    pub name: String,
    /// yyyy-MM-dd
    pub starts_on: String,
    /// yyyy-MM-dd, the last day.
    pub ends_on: String,
    pub phases: Vec<Phase>,
    /// What a visitor tells before asking for consent; its version is `notice_version`.
    pub notice: String,
    pub notice_version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Phase {
    pub name: String,
    /// yyyy-MM-dd
    pub starts_on: String,
    /// yyyy-MM-dd, the last day.
    pub ends_on: String,
}

/// 股室站所、党支部、行业部门
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unit {
    pub id: UnitId,
    pub name: String,
    pub kind: UnitKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 股室站所
    Section,
    /// 党支部
    Branch,
    /// 行业部门
    Trade,
}

impl UnitKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Section, Self::Branch, Self::Trade];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Section => "section",
            Self::Branch => "branch",
            Self::Trade => "trade",
        }
    }

    /// The kind of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Someone who can be named as a second visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Colleague {
    pub id: AccountId,
    pub name: String,
    pub unit: UnitId,
}
