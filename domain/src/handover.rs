//! Handing over to the discipline group (移交纪检监察组): what turns out to concern a person leaves the office. It is proposed by
//! one person and signed off by another; then it is sealed as a clue ([`crate::clue`]), the office's own copies are
//! destroyed, and an ordinary stub stays: a statement that was passed on, without its words.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, IssueId, RecordId},
    sign_off::SignOff,
    text::check_text,
};

/// Most statements that are handed over at once.
pub const STATEMENTS_MAX: usize = 50;
/// Most members of the group who are left out of one handover.
pub const LEFT_OUT_MAX: usize = 64;
/// What stands in the place of an issue's title once all of it was handed over.
pub const STUB: &str = "—";

/// What is to be handed over, and why: one statement or some, or an issue with all that it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewHandover {
    #[serde(default)]
    pub statements: Vec<RecordId>,
    /// In the place of the statements: everything that it is made of, and its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueId>,
    /// Goes to the group with it and stays nowhere else.
    pub reason: String,
    /// Members of the group whom it concerns (当事人回避): it is not sealed to them, on top of those whom the group's standing rule
    /// leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<AccountId>,
}

impl NewHandover {
    /// The name of a field that does not keep its rule.
    pub fn wrong_field(&self) -> Option<&'static str> {
        if self.statements.is_empty() != self.issue.is_some() || self.statements.len() > STATEMENTS_MAX {
            return Some("statements");
        }
        if self.left_out.len() > LEFT_OUT_MAX {
            return Some("left_out");
        }
        (self.reason.trim().is_empty() || check_text(&self.reason).is_err()).then_some("reason")
    }
}

/// What is handed over, as whoever signs it off reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandoverStatement {
    pub id: RecordId,
    /// As said; empty for a voice or photo alone.
    pub words: String,
    pub summary: String,
    pub unit_name: String,
    /// yyyy-MM-dd
    pub day: String,
}

/// A handover; once it is signed off, nothing of what was said, and no reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Handover {
    #[serde(flatten)]
    pub sign_off: SignOff,
    pub statements_n: u32,
    /// While it is proposed.
    pub statements: Vec<HandoverStatement>,
    /// Names of the members to whom it will not be sealed, while it is proposed.
    pub left_out: Vec<String>,
}

/// A member of the discipline group who has a key: one to whom it may be sealed, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupMember {
    pub account: AccountId,
    pub name: String,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn statements_or_an_issue_are_handed_over_for_a_reason() {
        let one = NewHandover {
            statements: vec![RecordId(Uuid::nil())],
            issue: None,
            reason: "点名反映收受礼品".to_owned(),
            left_out: Vec::new(),
        };
        assert_eq!(one.wrong_field(), None);
        let whole = NewHandover { statements: vec![], issue: Some(IssueId(Uuid::nil())), ..one.clone() };
        assert_eq!(whole.wrong_field(), None);
        let both = NewHandover { issue: whole.issue, ..one.clone() };
        let none = NewHandover { statements: vec![], ..one.clone() };
        let many = NewHandover { statements: vec![RecordId(Uuid::nil()); STATEMENTS_MAX + 1], ..one.clone() };
        for wrong in [both, none, many] {
            assert_eq!(wrong.wrong_field(), Some("statements"));
        }
        assert_eq!(NewHandover { reason: "\n".to_owned(), ..one.clone() }.wrong_field(), Some("reason"));
        let left_out = vec![AccountId(Uuid::nil()); LEFT_OUT_MAX + 1];
        assert_eq!(NewHandover { left_out, ..one }.wrong_field(), Some("left_out"));
    }
}
