//! CSV cells: the only way a word leaves for a spreadsheet.
//!
//! Excel runs text that looks like a formula, rounds long numbers and cuts long cells; each column
//! says what it holds, and its cells are guarded accordingly. RFC 4180: CRLF, quotes doubled.
//!
//! A guard stands beside what was typed and never in its place: nobody's words lose a letter, not even one
//! that cannot be seen. What turns the direction of writing is ended where its cell ends; NUL never gets
//! into a record (see `text`).

/// Excel keeps this much of a cell, in UTF-16 units; a longer text goes on in further columns.
pub const CELL_UNITS_MAX: usize = 32_767;
/// What guards a cell takes room in it too, in UTF-16 units: one in front, and ends of bidi stretches.
const GUARD_UNITS: usize = 1_000;
/// Excel shows a number of more digits than this in powers of ten, and rounds it beyond 15.
pub const EXACT_DIGITS_MAX: usize = 11;
/// Between several choices in one cell.
pub const BETWEEN_CHOICES: &str = "；";
/// What Excel needs to see a file as UTF-8.
pub const MARK: &str = "\u{feff}";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellType {
    /// Anything a person wrote: guarded against being run as a formula, or as a number that it is not.
    Text,
    /// Digits that are no quantity (telephone, id number, an id): guarded against rounding.
    Digits,
    /// A quantity, a date or a word of ours: bare.
    Plain,
}

/// How cells are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// For a spreadsheet.
    Spreadsheet,
    /// Exactly as it is, for another program.
    Raw,
}

/// Writes one row.
pub fn write_row<'a>(out: &mut String, cells: impl IntoIterator<Item = (CellType, &'a str)>, guard: Guard) {
    for (n, (cell_type, text)) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_cell(out, cell_type, text, guard);
    }
    out.push_str("\r\n");
}

/// Writes one cell; commas between and the end of the line are the caller's.
pub fn write_cell(out: &mut String, cell_type: CellType, text: &str, guard: Guard) {
    if text.is_empty() {
        return;
    }
    let before = match (guard, cell_type) {
        (Guard::Spreadsheet, CellType::Text) if could_run(text) => "'",
        // A TAB in front keeps every digit and shows nothing.
        (Guard::Spreadsheet, CellType::Digits) if !text.is_empty() => "\t",
        (Guard::Spreadsheet, CellType::Text) if loses_digits(text) || becomes_another(text) => "\t",
        _ => "",
    };
    let after = if guard == Guard::Spreadsheet && may_turn(text) { closing(text) } else { String::new() };
    let is_special = |it: u8| matches!(it, b'"' | b',' | b'\r' | b'\n' | b'\t');
    let quoted = !before.is_empty()
        || text.bytes().any(is_special)
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    if !quoted {
        out.push_str(text);
        return out.push_str(&after);
    }
    out.push('"');
    out.push_str(before);
    for (n, part) in text.split('"').enumerate() {
        if n > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push_str(&after);
    out.push('"');
}

/// Whether a text can hold a mark that turns the direction: their first byte in UTF-8 begins few letters else.
fn may_turn(text: &str) -> bool {
    text.as_bytes().contains(&0xe2)
}

/// What ends the stretches of turned direction that a text begins: its own letters stay as they were typed,
/// and the cells after it stand where they should. At most as many as [`GUARD_UNITS`] has room for.
fn closing(text: &str) -> String {
    let mut open = Vec::new();
    for letter in text.chars() {
        match letter {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            '\u{202c}' | '\u{2069}' if open.last() == Some(&letter) => drop(open.pop()),
            _ => {}
        }
    }
    // Unicode nests 125 deep at most; what is beyond turns nothing.
    open.iter().rev().take(GUARD_UNITS - 1).collect()
}

/// Whether a spreadsheet might run the text: by its first character that is no space.
///
/// A plain number is no formula, whatever its sign.
pub fn could_run(text: &str) -> bool {
    let starts = |it: char| {
        matches!(it, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '|' | '＝' | '＋' | '－' | '＠')
    };
    let first = text.chars().next();
    let first_visible = text.chars().find(|it| !it.is_whitespace());
    let runs = first.is_some_and(starts) || first_visible.is_some_and(starts);
    runs && !is_number(text)
}

/// Whether a text is a quantity that a spreadsheet shows as it stands; `-inf` is a formula to it, a `+`
/// begins a telephone number sooner than a quantity, and `3E5` is something else once it has been read.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "1"));
    let all_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    text.len() <= EXACT_DIGITS_MAX && all_digits(whole) && all_digits(fraction) && !fraction.ends_with('0')
}

/// Whether a spreadsheet would change a text of digits: round it, or drop its leading zero.
fn loses_digits(text: &str) -> bool {
    let all_digits = text.bytes().all(|it| it.is_ascii_digit());
    all_digits && (text.len() > EXACT_DIGITS_MAX || (text.len() > 1 && text.starts_with('0')))
}

/// Longest text that a spreadsheet takes for a date, a time, an amount or a truth, in characters.
const ANOTHER_CHARS_MAX: usize = 40;

/// Whether a spreadsheet would make a date, a time, an amount or a truth of a text: `1-2`, `3E5`, `10:30`,
/// `5%`, `3月5日`, `Mar 5`, `TRUE`.
fn becomes_another(text: &str) -> bool {
    let text = text.trim();
    // No letter takes more than four bytes.
    if text.len() > 4 * ANOTHER_CHARS_MAX {
        return false;
    }
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return true;
    }
    let has_digit = text.bytes().any(|it| it.is_ascii_digit());
    if !has_digit || text.chars().count() > ANOTHER_CHARS_MAX || is_number(text) {
        return false;
    }
    let text = text.to_ascii_lowercase();
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let quantity = |it: char| it.is_ascii_digit() || "-/.:,%$€¥￥() e+年月日时分秒上下午".contains(it);
    let dated = |it: char| it.is_ascii_alphanumeric() || " -/,.:".contains(it);
    let hours = text.strip_suffix("am").or(text.strip_suffix("pm")).unwrap_or(&text);
    hours.chars().all(quantity) || (MONTHS.iter().any(|it| text.contains(it)) && text.chars().all(dated))
}

/// A text in pieces that a cell can hold; one empty piece for an empty text.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(end) = first_end(text) else { return Some(text) };
        rest = Some(&text[end..]);
        Some(&text[..end])
    })
}

/// Where the first cell of a text is full; `None` when all of it fits.
fn first_end(text: &str) -> Option<usize> {
    const ROOM: usize = CELL_UNITS_MAX - GUARD_UNITS;
    // No letter takes more of Excel's units than bytes.
    if text.len() <= ROOM {
        return None;
    }
    let mut units = 0;
    text.char_indices().find_map(|(at, letter)| {
        units += letter.len_utf16();
        (units > ROOM).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(cells: &[(CellType, &str)]) -> String {
        let mut out = String::new();
        write_row(&mut out, cells.iter().copied(), Guard::Spreadsheet);
        out
    }

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        use CellType::{Digits, Plain, Text};
        assert_eq!(
            row(&[(Text, "-inf"), (Text, "+8613800000000"), (Text, "-1e5")]),
            "\"'-inf\",\"'+8613800000000\",\"'-1e5\"\r\n"
        );
        assert_eq!(
            row(&[(Text, "430525194901011234"), (Text, "007"), (Text, "12")]),
            "\"\t430525194901011234\",\"\t007\",12\r\n"
        );
        assert_eq!(row(&[(Text, "=1+1"), (Text, " ＠x"), (Text, "-3.5")]), "\"'=1+1\",\"' ＠x\",-3.5\r\n");
        assert_eq!(
            row(&[(Digits, "013800000000"), (Digits, ""), (Plain, "12")]),
            "\"\t013800000000\",,12\r\n"
        );
        assert_eq!(row(&[(Text, "他说“好”, \"真\"")]), "\"他说“好”, \"\"真\"\"\"\r\n");
    }

    #[test]
    fn a_long_text_goes_on_and_nothing_is_cut() {
        // 𠮷 takes two of Excel's units.
        for letter in ["长", "𠮷"] {
            let text = letter.repeat(20_000) + "完";
            let pieces: Vec<&str> = pieces(&text).collect();
            assert_eq!((pieces.len(), pieces.concat()), (letter.encode_utf16().count(), text.clone()));
            assert!(pieces.iter().all(|it| it.encode_utf16().count() < CELL_UNITS_MAX));
        }
        assert_eq!(super::pieces("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn what_a_spreadsheet_would_make_something_else_of_stays_text() {
        for text in [
            "1-2",
            "3/4",
            "3E5",
            "10:30",
            "5%",
            "1,234",
            "3月5日",
            "2026年1月",
            "Mar 5",
            "5-Jan",
            "TRUE",
            "1.50",
        ] {
            assert_eq!(row(&[(CellType::Text, text)]), format!("\"\t{text}\"\r\n"), "{text}");
        }
        for text in ["12", "-3.5", "3组的路没修", "等了5个月", "may", "A1"] {
            assert_eq!(row(&[(CellType::Text, text)]), format!("{text}\r\n"), "{text}");
        }
    }

    #[test]
    fn turned_direction_ends_with_its_cell_and_the_words_stay() {
        let turned = "他说\u{202e}反了\u{2067}又反";
        let written = row(&[(CellType::Text, turned), (CellType::Text, "后")]);
        assert_eq!(written, format!("{turned}\u{2069}\u{202c},后\r\n"));
        let mut raw = String::new();
        write_row(&mut raw, [(CellType::Text, turned)], Guard::Raw);
        assert_eq!(raw, format!("{turned}\r\n"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(cells in proptest::collection::vec(any::<String>(), 1..6)) {
            let mut out = String::new();
            write_row(&mut out, cells.iter().map(|it| (CellType::Text, it.as_str())), Guard::Raw);
            let read = read_row(&out);
            prop_assert_eq!(read, cells);
        }

        #[test]
        fn no_guarded_text_starts_a_formula(text in "[ \\t]{0,2}[=+@＝＋＠|x-]{1,3}.{0,10}") {
            let mut out = String::new();
            write_row(&mut out, [(CellType::Text, text.as_str())], Guard::Spreadsheet);
            let cell = &read_row(&out)[0];
            prop_assert!(!could_run(cell), "{cell:?}");
            prop_assert!(cell.contains(&text));
        }
    }

    /// An RFC 4180 reader of one row, written apart from the writer.
    fn read_row(row: &str) -> Vec<String> {
        let row = row.strip_suffix("\r\n").unwrap();
        let mut cells = vec![String::new()];
        let mut quoted = false;
        let mut letters = row.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    cells.last_mut().unwrap().push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                other => cells.last_mut().unwrap().push(other),
            }
        }
        cells
    }
}
