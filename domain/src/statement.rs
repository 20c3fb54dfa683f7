//! A statement: one thing the respondent said, as said.

use serde::{Deserialize, Serialize};

use crate::{
    id::RecordId,
    text::{TextError, check_line, check_text},
};

/// Most attachments of one statement.
pub const STATEMENT_ATTACHMENTS_MAX: usize = 20;
/// Most categories a visitor may propose when tidying up.
pub const PROPOSED_MAX: usize = 3;

/// 意见性质
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 问题
    Problem,
    /// 建议
    Suggestion,
    /// 诉求
    Request,
    /// 表扬
    Praise,
    /// 无意见: asked and nothing to say is data too.
    #[serde(rename = "none")]
    Nothing,
}

impl Kind {
    /// All kinds in the order of the screens.
    pub const ALL: [Self; 5] = [Self::Problem, Self::Suggestion, Self::Request, Self::Praise, Self::Nothing];

    /// The word in JSON, in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Suggestion => "suggestion",
            Self::Request => "request",
            Self::Praise => "praise",
            Self::Nothing => "none",
        }
    }

    /// The kind of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// One thing said. The payload of a record of kind `statement`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// 受访人原话. Never changes after the first sending; empty when there is a voice alone.
    #[serde(default)]
    pub words: String,
    /// 概括, the visitor's; stands apart from the words.
    #[serde(default)]
    pub summary: String,
    pub kind: Kind,
    /// About which unit or person, in words.
    #[serde(default)]
    pub about: String,
    /// When it happened, in words.
    #[serde(default)]
    pub happened: String,
    /// Voice and photos that belong to this statement rather than to the whole visit.
    #[serde(default)]
    pub attachments: Vec<RecordId>,
    /// Codes of the taxonomy that the visitor chose when tidying up; the office decides.
    #[serde(default)]
    pub proposed: Vec<String>,
}

/// What a statement is sorted, compared and listed by: the respondent's own words, else what a person accepted of the
/// recordings, else the visitor's summary.
pub fn gist<'a>(words: &'a str, transcript: &'a str, summary: &'a str) -> &'a str {
    [words, transcript].into_iter().find(|it| !it.trim().is_empty()).unwrap_or(summary)
}

/// What must change in a statement before it can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StatementError {
    #[error("neither words nor a voice or photo")]
    Empty,
    #[error("more than {STATEMENT_ATTACHMENTS_MAX} attachments")]
    TooManyAttachments,
    #[error("more than {PROPOSED_MAX} proposed categories")]
    TooManyProposed,
    #[error(transparent)]
    Text(#[from] TextError),
}

impl Statement {
    /// Checks what the phone checks before sending and the server on arrival.
    ///
    /// # Errors
    ///
    /// [`StatementError`], for the app to put into words.
    pub fn check(&self) -> Result<(), StatementError> {
        if self.words.trim().is_empty() && self.attachments.is_empty() && self.kind != Kind::Nothing {
            return Err(StatementError::Empty);
        }
        if self.attachments.len() > STATEMENT_ATTACHMENTS_MAX {
            return Err(StatementError::TooManyAttachments);
        }
        if self.proposed.len() > PROPOSED_MAX {
            return Err(StatementError::TooManyProposed);
        }
        check_text(&self.words)?;
        check_text(&self.summary)?;
        self.proposed.iter().try_for_each(|it| check_line(it))?;
        check_line(&self.about)?;
        check_line(&self.happened).map_err(StatementError::from)
    }

    /// Whether `later` keeps what the respondent said here, word for word and voice for voice.
    pub fn keeps_words(&self, later: &Self) -> bool {
        self.words == later.words && self.attachments.iter().all(|it| later.attachments.contains(it))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn said(words: &str) -> Statement {
        Statement {
            words: words.into(),
            summary: String::new(),
            kind: Kind::Problem,
            about: String::new(),
            happened: String::new(),
            attachments: vec![],
            proposed: vec![],
        }
    }

    #[test]
    fn no_comment_needs_no_words() {
        assert_eq!(Statement { kind: Kind::Nothing, ..said("") }.check(), Ok(()));
        assert_eq!(said(" ").check(), Err(StatementError::Empty));
    }

    #[test]
    fn a_voice_alone_is_a_statement() {
        let voice = RecordId(Uuid::from_u128(3));
        assert_eq!(Statement { attachments: vec![voice], ..said("") }.check(), Ok(()));
    }

    #[test]
    fn own_words_go_before_a_transcript_and_that_before_a_summary() {
        assert_eq!(gist("原话", "转写", "概括"), "原话");
        assert_eq!(gist(" ", "转写", "概括"), "转写");
        assert_eq!(gist("", "", "概括"), "概括");
    }

    #[test]
    fn a_summary_may_change_and_the_words_may_not() {
        let first = said("跑了五趟");
        assert!(first.keeps_words(&Statement { summary: "多次往返".into(), ..first.clone() }));
        assert!(!first.keeps_words(&said("跑了六趟")));
    }
}
