//! An issue (问题): what the office makes of like statements, or enters from another source; the unit
//! of discussion.

use serde::{Deserialize, Serialize};

use crate::{
    id::{IssueId, RecordId, UnitId},
    referral::Referral,
    statement::Kind,
    taxonomy::Taxonomy,
    text::{check_line, check_text},
};

/// Where an issue comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 走访
    Visits,
    /// 自查
    SelfCheck,
    /// 督导检查
    Supervision,
    /// 明察暗访
    Inspection,
    /// 上级反馈
    Superior,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 5] =
        [Self::Visits, Self::SelfCheck, Self::Supervision, Self::Inspection, Self::Superior];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::SelfCheck => "self_check",
            Self::Supervision => "supervision",
            Self::Inspection => "inspection",
            Self::Superior => "superior",
        }
    }

    /// The source of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How far an issue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IssueState {
    /// 在办
    Open,
    /// 办结
    Settled,
    /// 不再作为问题: entered by mistake, or joined to another.
    Dropped,
}

impl IssueState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Open, Self::Settled, Self::Dropped];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settled => "settled",
            Self::Dropped => "dropped",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What the office writes of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssueText {
    pub title: String,
    /// The office's own words for it, never a quote; may be left for later.
    #[serde(default)]
    pub wording: String,
    /// Code of the taxonomy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    pub source: Source,
    pub state: IssueState,
}

impl IssueText {
    /// Checks what the app checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self, taxonomy: &Taxonomy) -> Result<(), &'static str> {
        if self.title.trim().is_empty() || check_line(&self.title).is_err() {
            return Err("title");
        }
        check_text(&self.wording).map_err(|_| "wording")?;
        match &self.category {
            Some(code) if !taxonomy.is_leaf(code) => Err("category"),
            Some(_) | None => Ok(()),
        }
    }

    /// The same of a text that takes the place of `before`, whose type it may keep though it is no longer offered.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check_upon(&self, before: &Self, taxonomy: &Taxonomy) -> Result<(), &'static str> {
        if self.category == before.category {
            return Self { category: None, ..self.clone() }.check(taxonomy);
        }
        self.check(taxonomy)
    }
}

/// An issue is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewIssue {
    /// Made by the screen, always v4, so that asking twice enters it once; made here where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<IssueId>,
    #[serde(flatten)]
    pub text: IssueText,
}

/// An issue is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssueChange {
    /// The version that was looked at.
    pub version: u32,
    pub text: IssueText,
}

/// An issue as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssueLine {
    pub id: IssueId,
    /// Counts the issues of the campaign, from 1.
    pub number: u32,
    pub text: IssueText,
    /// How often it was said.
    pub n_said: u32,
    /// By how many households and firms.
    pub n_households: u32,
    /// How many releases of it stand.
    pub n_releases: u32,
    pub version: u32,
}

/// A page of issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuePage {
    pub issues: Vec<IssueLine>,
    /// Goes on after this page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An issue with what it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Issue {
    #[serde(flatten)]
    pub line: IssueLine,
    /// The latest first.
    pub statements: Vec<IssueStatement>,
    pub referrals: Vec<Referral>,
}

/// A statement that belongs to an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssueStatement {
    pub id: RecordId,
    pub visit: RecordId,
    /// As said.
    pub words: String,
    /// By the visitor.
    pub summary: String,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    pub unit: UnitId,
    pub unit_name: String,
    /// yyyy-MM-dd of the visit.
    pub day: String,
    pub version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_needs_a_title_and_a_known_type() {
        let taxonomy = Taxonomy::shipped();
        let text = IssueText {
            title: "低保评定不公开".into(),
            wording: String::new(),
            category: Some("XC1".into()),
            source: Source::Visits,
            state: IssueState::Open,
        };
        assert_eq!(text.check(&taxonomy), Ok(()));
        assert_eq!(IssueText { title: " ".into(), ..text.clone() }.check(&taxonomy), Err("title"));
        let group = IssueText { category: Some("XC".into()), ..text.clone() };
        assert_eq!(group.check(&taxonomy), Err("category"));
        assert_eq!(IssueText { category: None, ..text }.check(&taxonomy), Ok(()));
    }

    #[test]
    fn words_read_back() {
        for it in Source::ALL {
            assert_eq!(Source::from_word(it.as_str()), Some(it));
        }
        for it in IssueState::ALL {
            assert_eq!(IssueState::from_word(it.as_str()), Some(it));
        }
    }
}
