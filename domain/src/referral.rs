//! A referral (转办): what is outside the bureau's duty, passed to the body it belongs to, with the
//! answer tracked.

use serde::{Deserialize, Serialize};

use crate::{
    day::is_day,
    id::{IssueId, RecordId, ReferralId},
    text::{check_line, check_text},
};

/// To whom something is passed on, and by when they should answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Passing {
    /// The body it belongs to, in words.
    pub to: String,
    /// yyyy-MM-dd
    pub answer_by: String,
    #[serde(default)]
    pub note: String,
}

impl Passing {
    /// Checks what the app checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.to.trim().is_empty() || check_line(&self.to).is_err() {
            return Err("to");
        }
        if !is_day(&self.answer_by) {
            return Err("answer_by");
        }
        check_text(&self.note).map_err(|_| "note")
    }
}

/// Something that was passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Referral {
    pub id: ReferralId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<IssueId>,
    /// The statement's opening words or the issue's title.
    pub about: String,
    pub passing: Passing,
    /// What came back; `None` while nothing has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<i64>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    pub version: u32,
}

impl Referral {
    /// Whether an answer is late on `today` (yyyy-MM-dd).
    pub fn is_overdue(&self, today: &str) -> bool {
        self.answer.is_none() && self.passing.answer_by.as_str() < today
    }
}

/// A referral is changed or answered; without an answer it is open again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReferralChange {
    /// The version that was looked at.
    pub version: u32,
    pub passing: Passing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl ReferralChange {
    /// Checks what the app checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self) -> Result<(), &'static str> {
        self.passing.check()?;
        match &self.answer {
            Some(answer) if answer.trim().is_empty() || check_text(answer).is_err() => Err("answer"),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn passing() -> Passing {
        Passing { to: "县水利局".into(), answer_by: "2026-12-01".into(), note: String::new() }
    }

    #[test]
    fn a_body_and_a_day_are_needed() {
        assert_eq!(passing().check(), Ok(()));
        assert_eq!(Passing { to: " ".into(), ..passing() }.check(), Err("to"));
        assert_eq!(Passing { answer_by: "尽快".into(), ..passing() }.check(), Err("answer_by"));
        let blank = ReferralChange { version: 1, passing: passing(), answer: Some(" ".into()) };
        assert_eq!(blank.check(), Err("answer"));
    }

    #[test]
    fn an_answer_is_late_from_the_day_after() {
        let open = Referral {
            id: ReferralId(Uuid::from_u128(1)),
            statement: None,
            issue: None,
            about: String::new(),
            passing: passing(),
            answer: None,
            answered_at: None,
            created_at: 0,
            version: 1,
        };
        assert!(!open.is_overdue("2026-12-01"));
        assert!(open.is_overdue("2026-12-02"));
        assert!(!Referral { answer: Some("已修".into()), ..open }.is_overdue("2026-12-02"));
    }
}
