//! As one workbook (.xlsx): a sheet for each table, the codebook behind them. All of it is in memory, so it is bounded; a ZIP is not.

use std::io;

use domain::{
    csv::{CELL_UNITS_MAX, CellType},
    envelope::Hash,
    questionnaire::layout::Layout,
};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::runtime::Handle;

use super::{Cells, Reading, Style, Versions};
use crate::App;

/// Most cells of a workbook: some hundred megabytes while it is made.
const CELLS_MAX: usize = 1_000_000;
/// Longest name of a sheet, in characters (Excel).
const SHEET_NAME_CHARS_MAX: usize = 31;
/// A number of more digits is rounded by Excel (IEEE 754).
const DIGITS_MAX: usize = 15;

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum NoBook {
    /// More than a million cells, or more rows, columns or text than a sheet or a cell has room for.
    #[error("a workbook has no room for it")]
    NoRoom,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// All answers to a questionnaire of these versions. Takes the thread for as long as that needs.
///
/// # Errors
///
/// [`NoBook`].
pub fn workbook(
    app: &App,
    id: &str,
    versions: &[(Hash, String)],
    style: &Style,
    runtime: &Handle,
) -> Result<Vec<u8>, NoBook> {
    let versions = Versions::read(versions)?;
    let forms: Vec<_> = versions.forms.iter().collect();
    let layout = Layout::of(&forms, style.several);
    let mut reading = Reading::begin(app, id, (&layout, &versions), style, runtime)?;
    let mut book = Book { book: Workbook::new(), bold: Format::new().set_bold(), n_cells: 0 };
    for (table, name) in layout.table_names(style.wording.prefixes).iter().enumerate() {
        let mut page = Page::new(&sheet_name(table, name))?;
        // A closure of rows has an error of its own kind.
        let mut no_room = false;
        let read = reading.each_row(table, &mut |cells| {
            no_room = book.put(&mut page, cells).is_err();
            if no_room { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
        });
        if no_room {
            return Err(NoBook::NoRoom);
        }
        read?;
        book.book.push_worksheet(page.sheet);
    }
    let mut page = Page::new("codebook")?;
    for row in layout.codebook(&style.wording) {
        let cells: Vec<_> = row.iter().map(|it| (CellType::Text, it.as_str())).collect();
        book.put(&mut page, &cells)?;
    }
    book.book.push_worksheet(page.sheet);
    Ok(book.book.save_to_buffer()?)
}

struct Book {
    book: Workbook,
    bold: Format,
    n_cells: usize,
}

/// A sheet being written.
struct Page {
    sheet: Worksheet,
    row: u32,
}

impl Page {
    fn new(name: &str) -> Result<Self, NoBook> {
        let mut sheet = Worksheet::new();
        sheet.set_name(name)?.set_freeze_panes(1, 1)?;
        Ok(Self { sheet, row: 0 })
    }
}

impl Book {
    fn put(&mut self, page: &mut Page, cells: &Cells<'_>) -> Result<(), NoBook> {
        let (sheet, row) = (&mut page.sheet, page.row);
        self.n_cells += cells.iter().filter(|it| !it.1.is_empty()).count();
        if self.n_cells > CELLS_MAX {
            return Err(NoBook::NoRoom);
        }
        for (place, (cell_type, text)) in cells.iter().enumerate().filter(|(_, it)| !it.1.is_empty()) {
            let column = u16::try_from(place).map_err(|_| NoBook::NoRoom)?;
            if text.len() > CELL_UNITS_MAX && text.encode_utf16().count() > CELL_UNITS_MAX {
                return Err(NoBook::NoRoom);
            }
            match (row, number(*cell_type, text)) {
                (0, _) => sheet.write_string_with_format(row, column, *text, &self.bold)?,
                (_, Some(number)) => sheet.write_number(row, column, number)?,
                (_, None) => sheet.write_string(row, column, *text)?,
            };
        }
        page.row += 1;
        Ok(())
    }
}

/// What a workbook is told is a number: a quantity that it keeps to the last digit. All else is text, which nothing runs or rounds.
fn number(cell_type: CellType, text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'-' | b'.'));
    let exact = text.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX;
    (cell_type == CellType::Plain && is_plain && exact).then(|| text.parse().ok())?
}

/// What a sheet may be called (Excel): without `[]:*?/\`, and of two that would be called alike each has its number in front.
fn sheet_name(table: usize, name: &str) -> String {
    if table == 0 {
        return "answers".to_owned();
    }
    let plain = |it: char| if it.is_alphanumeric() || "-_.".contains(it) { it } else { '_' };
    format!("{table}-{name}").chars().map(plain).take(SHEET_NAME_CHARS_MAX).collect()
}

impl From<XlsxError> for NoBook {
    fn from(_: XlsxError) -> Self {
        Self::NoRoom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_as_it_is_becomes_a_number() {
        assert_eq!(number(CellType::Plain, "12.5"), Some(12.5));
        assert_eq!(number(CellType::Plain, "-3"), Some(-3.0));
        for text in ["2026-11-27", "1e5", "inf", "NaN", "1234567890123456", "", "-", "1.2.3"] {
            assert_eq!(number(CellType::Plain, text), None, "{text}");
        }
        assert_eq!(number(CellType::Digits, "13800000000"), None);
        assert_eq!(number(CellType::Text, "12"), None);
    }

    #[test]
    fn sheets_have_names_that_a_workbook_takes() {
        assert_eq!(sheet_name(0, "data"), "answers");
        assert_eq!(sheet_name(2, "家/成员"), "2-家_成员");
        assert!(sheet_name(12, &"长".repeat(40)).chars().count() == SHEET_NAME_CHARS_MAX);
    }
}
