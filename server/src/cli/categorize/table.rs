//! Tables of two columns parted by a TAB.

use std::{fs, path::Path};

use anyhow::Context;
use domain::text::TEXT_CHARS_MAX;

/// Longest first column, in bytes.
const FIRST_BYTES_MAX: usize = 300;

/// A file of text.
///
/// # Errors
///
/// When it cannot be read, or where it is not UTF-8.
pub fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8(bytes).map_err(|cause| {
        let before = &cause.as_bytes()[..cause.utf8_error().valid_up_to()];
        let line = before.iter().filter(|it| **it == b'\n').count() + 1;
        anyhow::anyhow!("{}, line {line}: not UTF-8", path.display())
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The rows of a table, both columns filled.
///
/// # Errors
///
/// The first line that is none, and why.
pub fn rows<'a>(path: &Path, text: &'a str, first: &str) -> anyhow::Result<Vec<(&'a str, &'a str)>> {
    let rows = text.lines().enumerate().map(|(n, line)| {
        row(line, first).map_err(|why| anyhow::anyhow!("{}, line {}: {why}", path.display(), n + 1))
    });
    rows.collect()
}

fn row<'a>(line: &'a str, first: &str) -> Result<(&'a str, &'a str), String> {
    let Some((left, right)) = line.split_once('\t') else {
        return Err(format!("no TAB between {first} and text"));
    };
    let left = left.trim();
    if left.is_empty() {
        return Err(format!("no {first} before the TAB"));
    }
    if left.len() > FIRST_BYTES_MAX {
        return Err(format!("a {first} of more than {FIRST_BYTES_MAX} bytes"));
    }
    if right.trim().is_empty() {
        return Err("no text after the TAB".to_owned());
    }
    if right.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("a text of more than {TEXT_CHARS_MAX} characters"));
    }
    Ok((left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, error: &str) {
        let found = rows(Path::new("x.tsv"), text, "label").unwrap_err();
        assert_eq!(found.to_string(), error);
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        check("a\tb\nab", "x.tsv, line 2: no TAB between label and text");
        check(" \tb", "x.tsv, line 1: no label before the TAB");
        check("a\tb\n\na\tb", "x.tsv, line 2: no TAB between label and text");
        check("a\t \n", "x.tsv, line 1: no text after the TAB");
        check(&format!("a\t{}", "x".repeat(20_001)), "x.tsv, line 1: a text of more than 20000 characters");
    }

    #[test]
    fn a_text_may_hold_tabs_and_end_in_a_carriage_return() {
        assert_eq!(rows(Path::new("x"), "a\tb\tc\r\nd\te", "id").unwrap(), [("a", "b\tc"), ("d", "e")]);
    }

    #[test]
    fn what_is_not_utf8_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tsv");
        fs::write(&path, b"a\tb\na\t\xff").unwrap();
        assert!(read(&path).unwrap_err().to_string().ends_with("x.tsv, line 2: not UTF-8"));
        fs::write(&path, "\u{feff}a\tb").unwrap();
        assert_eq!(read(&path).unwrap(), "a\tb");
    }
}
