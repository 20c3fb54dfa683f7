//! Signing off: what one person proposes, another decides about.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignOffState {
    /// A second person is to decide.
    Proposed,
    /// Done.
    Approved,
    /// Not done.
    Returned,
}

impl SignOffState {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Returned => "returned",
        }
    }

    /// The state of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Proposed, Self::Approved, Self::Returned].into_iter().find(|it| it.as_str() == word)
    }
}

/// Who proposed something, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignOff {
    pub id: Uuid,
    pub state: SignOffState,
    /// Milliseconds since 1970, by the server's clock.
    pub proposed_at: i64,
    /// The name of who proposed it.
    pub proposed_by: String,
    /// Whoever asks proposed it themselves: another one decides.
    pub own: bool,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why it was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
    /// Until when scheduled backups may hold what was destroyed, in milliseconds since 1970; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups_until: Option<i64>,
}

impl SignOff {
    /// As one person sees it, where backups are kept for so many milliseconds.
    #[must_use]
    pub fn seen(self, own: bool, backups_ms: Option<i64>) -> Self {
        let done = self.decided_at.filter(|_| self.state == SignOffState::Approved);
        Self { own, backups_until: done.zip(backups_ms).map(|(at, ms)| at + ms), ..self }
    }
}

/// What a second person decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SignOffDecision))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// It is done at once.
    Approve,
    Return {
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back() {
        for it in [SignOffState::Proposed, SignOffState::Approved, SignOffState::Returned] {
            assert_eq!(SignOffState::from_word(it.as_str()), Some(it));
        }
    }

    #[test]
    fn backups_hold_what_was_destroyed_and_nothing_else() {
        let proposed = SignOff {
            id: Uuid::nil(),
            state: SignOffState::Proposed,
            proposed_at: 1,
            proposed_by: "陈晓".to_owned(),
            own: false,
            reason: "本人申请".to_owned(),
            decided_at: None,
            decided_by: None,
            returned: None,
            backups_until: None,
        };
        let done = |state| SignOff { state, decided_at: Some(5), ..proposed.clone() };
        assert_eq!(proposed.clone().seen(true, Some(10)).backups_until, None);
        assert_eq!(done(SignOffState::Returned).seen(false, Some(10)).backups_until, None);
        assert_eq!(done(SignOffState::Approved).seen(false, Some(10)).backups_until, Some(15));
        assert_eq!(done(SignOffState::Approved).seen(false, None).backups_until, None);
    }
}
