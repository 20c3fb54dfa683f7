//! CSV cells: the only way a word leaves for a spreadsheet.
//!
//! Excel runs text that looks like a formula, rounds long numbers and cuts long cells; each column
//! says what it holds, and its cells are guarded accordingly. RFC 4180: CRLF, quotes doubled.

/// Excel keeps this many characters of a cell; a longer text goes on in further columns.
pub const CELL_CHARS_MAX: usize = 32_767;
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

fn write_cell(out: &mut String, cell_type: CellType, text: &str, guard: Guard) {
    let before = match (guard, cell_type) {
        (Guard::Spreadsheet, CellType::Text) if could_run(text) => "'",
        // A TAB in front keeps every digit and shows nothing.
        (Guard::Spreadsheet, CellType::Digits) if !text.is_empty() => "\t",
        (Guard::Spreadsheet, CellType::Text) if loses_digits(text) => "\t",
        _ => "",
    };
    let quoted = !before.is_empty() || text.contains(['"', ',', '\r', '\n', '\t']) || text != text.trim();
    if !quoted {
        return out.push_str(text);
    }
    out.push('"');
    out.push_str(before);
    for letter in text.chars() {
        if letter == '"' {
            out.push('"');
        }
        out.push(letter);
    }
    out.push('"');
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

/// Whether a text is a quantity as a spreadsheet writes it; `-inf` is a formula to it, and a `+`
/// begins a telephone number sooner than a quantity.
fn is_number(text: &str) -> bool {
    !text.starts_with('+')
        && text.len() <= EXACT_DIGITS_MAX
        && text.ends_with(|it: char| it.is_ascii_digit())
        && text.parse::<f64>().is_ok()
}

/// Whether a spreadsheet would change a text of digits: round it, or drop its leading zero.
fn loses_digits(text: &str) -> bool {
    let all_digits = text.bytes().all(|it| it.is_ascii_digit());
    all_digits && (text.len() > EXACT_DIGITS_MAX || (text.len() > 1 && text.starts_with('0')))
}

/// A text in pieces that a cell can hold; one empty piece for an empty text.
pub fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        match rest.char_indices().nth(CELL_CHARS_MAX - 1) {
            Some((end, letter)) if end + letter.len_utf8() < rest.len() => {
                let (piece, later) = rest.split_at(end + letter.len_utf8());
                pieces.push(piece);
                rest = later;
            }
            _ => {
                pieces.push(rest);
                return pieces;
            }
        }
    }
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
            "\"'-inf\",\"'+8613800000000\",-1e5\r\n"
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
        let text = "长".repeat(CELL_CHARS_MAX) + "完";
        let pieces = pieces(&text);
        assert_eq!((pieces.len(), pieces.concat()), (2, text.clone()));
        assert_eq!(super::pieces(""), [""]);
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
            prop_assert!(cell.ends_with(&text));
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
