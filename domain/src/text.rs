//! Rules for typed text, the same on the phone and on the server.

use serde::{Deserialize, Serialize};

/// Longest text, in Unicode characters; the longest real message seen has 7,022.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// Longest single line such as a name or a place, in Unicode characters.
pub const LINE_CHARS_MAX: usize = 300;

/// What must change in a text. Holds none of it, for it may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TextError {
    #[error("longer than {chars_max} characters")]
    TooLong { chars_max: usize },
    #[error("holds a NUL, which no database and no spreadsheet keeps")]
    Nul,
}

/// Checks a text of up to [`TEXT_CHARS_MAX`] characters.
///
/// Everything else is kept as typed: emoji, direction marks, rare characters.
///
/// # Errors
///
/// [`TextError`], to show beside the field.
pub fn check_text(text: &str) -> Result<(), TextError> {
    check(text, TEXT_CHARS_MAX)
}

/// Checks a text of up to [`LINE_CHARS_MAX`] characters.
///
/// # Errors
///
/// [`TextError`], to show beside the field.
pub fn check_line(text: &str) -> Result<(), TextError> {
    check(text, LINE_CHARS_MAX)
}

fn check(text: &str, chars_max: usize) -> Result<(), TextError> {
    if text.contains('\0') {
        return Err(TextError::Nul);
    }
    // Bytes bound characters from above, so that most texts are not counted at all.
    if text.len() > chars_max && text.chars().count() > chars_max {
        return Err(TextError::TooLong { chars_max });
    }
    Ok(())
}

/// What was read lacks a field, or a word in it is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a field is missing or is not one of its words")]
pub struct MissingField;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_characters_and_marks_are_kept() {
        for text in ["㐂𠮷𰻝", "👨‍👩‍👧", "\u{202e}倒", "\u{feff}x", ""] {
            assert_eq!(check_text(text), Ok(()));
        }
    }

    #[test]
    fn the_limit_counts_characters() {
        assert_eq!(check_line(&"𠮷".repeat(300)), Ok(()));
        assert_eq!(check_line(&"𠮷".repeat(301)), Err(TextError::TooLong { chars_max: 300 }));
    }

    #[test]
    fn a_nul_is_refused() {
        assert_eq!(check_text("a\0b"), Err(TextError::Nul));
    }
}
