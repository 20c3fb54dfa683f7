//! Workbooks with forms, as sheets of rows of text: .xlsx, .xls, and CSV; and .xlsx back.

use std::{collections::HashSet, io::Cursor};

use calamine::{Data, Reader, Xls, Xlsx};
use domain::{
    import::{COLUMNS_MAX, ROWS_MAX},
    problem::Code,
    questionnaire::xlsform::Sheet,
};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::{
    error::Error,
    lists::{LIST_BYTES_MAX, cell_text, refuse_bomb, rows, sheet_rows},
};

/// Sheets that a form may have; others of a workbook are passed over.
const SHEETS: [&str; 5] = ["survey", "choices", "external_choices", "settings", "entities"];

/// The sheets of a form, recognised by their content. Takes the thread for as long as that needs.
///
/// CSV is either one survey sheet, or several with the sheet's name alone in the first column above each and that column
/// empty beside its rows, as pyxform reads it.
///
/// # Errors
///
/// `unsupported_media` for what is no workbook; `too_large` above the limits of a list; `invalid` with field `sheet` when
/// one is there twice.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Error> {
    if bytes.len() > LIST_BYTES_MAX {
        return Err(Error::too_large(LIST_BYTES_MAX));
    }
    if bytes.starts_with(b"PK") {
        xlsx_sheets(bytes)
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        xls_sheets(bytes)
    } else {
        csv_sheets(rows(bytes)?)
    }
}

/// A workbook of sheets, .xlsx: each cell a text, whatever it looks like, so that it is read as it is.
///
/// # Errors
///
/// What a workbook has no room for: a text of more than 32,767 UTF-16 units, or more than 1,048,576 rows.
pub fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    for sheet in sheets {
        let page = book.add_worksheet().set_name(&sheet.name)?;
        page.set_freeze_panes(1, 0)?;
        for (n, row) in (0..).zip(&sheet.rows) {
            for (column, cell) in (0..).zip(row).filter(|(_, it)| !it.is_empty()) {
                match n {
                    0 => page.write_string_with_format(n, column, cell, &bold)?,
                    _ => page.write_string(n, column, cell)?,
                };
            }
        }
    }
    book.save_to_buffer()
}

/// Sees that sheets are those of a form, each once.
///
/// # Errors
///
/// `invalid` with field `sheet`.
pub fn check_names(sheets: &[Sheet]) -> Result<(), Error> {
    if !sheets.iter().all(|it| is_sheet(&it.name)) {
        return Err(Error::invalid("sheet"));
    }
    each_once(sheets.iter().map(|it| &it.name))
}

fn is_sheet(name: &str) -> bool {
    SHEETS.iter().any(|it| name.trim().eq_ignore_ascii_case(it))
}

/// A sheet is there once: which of two is meant nobody can tell, and a thousand are no form.
fn each_once<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut names = names.map(|it| it.trim().to_ascii_lowercase());
    if names.all(|it| seen.insert(it)) { Ok(()) } else { Err(Error::invalid("sheet")) }
}

fn xlsx_sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Error> {
    refuse_bomb(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Error::from(Code::UnsupportedMedia))?;
    let names: Vec<String> = book.sheet_names().into_iter().filter(|it| is_sheet(it)).collect();
    each_once(names.iter())?;
    names.into_iter().map(|name| Ok(Sheet { rows: sheet_rows(&mut book, &name)?, name })).collect()
}

/// Old workbooks: at most 65,536 rows and 256 columns by their format.
fn xls_sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Error> {
    let unreadable = |_| Error::from(Code::UnsupportedMedia);
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut sheets = Vec::new();
    for name in book.sheet_names().into_iter().filter(|it| is_sheet(it)) {
        let range = book.worksheet_range(&name).map_err(unreadable)?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        if range.height() > ROWS_MAX || range.width() > COLUMNS_MAX {
            return Err(Error::too_large(ROWS_MAX));
        }
        let mut rows = vec![Vec::new(); first_row as usize];
        rows.extend(range.rows().map(|cells| {
            let before = std::iter::repeat_n(String::new(), first_column as usize);
            before.chain(cells.iter().map(|it: &Data| cell_text(it))).collect::<Vec<_>>()
        }));
        sheets.push(Sheet { name, rows });
    }
    Ok(sheets)
}

fn csv_sheets(rows: Vec<Vec<String>>) -> Result<Vec<Sheet>, Error> {
    let named = |row: &[String]| {
        let (first, rest) = row.split_first()?;
        (is_sheet(first) && rest.iter().all(|it| it.trim().is_empty())).then(|| first.trim().to_owned())
    };
    let names: Vec<String> = rows.iter().filter_map(|it| named(it)).collect();
    if names.is_empty() {
        return Ok(vec![Sheet { name: "survey".to_owned(), rows }]);
    }
    each_once(names.iter())?;
    let mut sheets: Vec<Sheet> = Vec::new();
    for (n, row) in rows.into_iter().enumerate() {
        if let Some(name) = named(&row) {
            // Rows above stay empty, so that a row has the number that the file shows.
            sheets.push(Sheet { name, rows: vec![Vec::new(); n + 1] });
        } else if let Some(sheet) = sheets.last_mut() {
            sheet.rows.push(row.into_iter().skip(1).collect());
        }
    }
    Ok(sheets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_holds_one_sheet_or_several() {
        let one = sheets(b"type,name,label\ntext,q,Q\n").unwrap();
        assert_eq!((one.len(), one[0].name.as_str(), one[0].rows.len()), (1, "survey", 2));
        let several = "survey,,\n,type,name\n,text,q\nchoices,,\n,list_name,name\n,l,a\n";
        let several = sheets(several.as_bytes()).unwrap();
        let names: Vec<&str> = several.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["survey", "choices"]);
        assert_eq!(several[1].rows[5], ["l", "a"], "rows keep their numbers");
    }

    #[test]
    fn a_sheet_that_is_there_twice_is_refused() {
        let twice = "survey,,\n,type,name\nSurvey ,,\n,type,name\n";
        assert_eq!(sheets(twice.as_bytes()).unwrap_err().code(), Code::Invalid);
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        assert!(sheets(b"PK\x03\x04 not a workbook").is_err());
        assert!(sheets(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0]).is_err());
        assert!(sheets(b"\xff\xfe\xff").is_err());
    }
}
