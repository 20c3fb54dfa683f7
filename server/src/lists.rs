//! Files that offices have their lists in, as rows of text: CSV in UTF-8 or GB18030, and xlsx.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx, XlsxError};
use domain::{
    import::{COLUMNS_MAX, ROWS_MAX, separator_of},
    problem::Code,
};

use crate::error::Error;

/// Largest list, in bytes.
pub const LIST_BYTES_MAX: usize = 20 * 1024 * 1024;
/// What a workbook may inflate to, in bytes: twice what 50,000 full rows take.
const INFLATED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What all cells of a list may hold together, in bytes: one shared text may stand in every cell.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Shared texts that a workbook may announce: room is set aside for as many as it says.
const SHARED_TEXTS_MAX: u64 = 1_000_000;

/// The rows of a file, recognised by its content. Reads as far as the limits and no further; takes the
/// thread for as long as that needs.
///
/// # Errors
///
/// `unsupported_media` for a file that is neither; `too_large` above [`ROWS_MAX`] rows and other limits.
pub fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, Error> {
    if bytes.starts_with(b"PK") {
        xlsx_rows(bytes)
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        // The old binary .xls: Excel saves it as .xlsx on request.
        Err(Code::UnsupportedMedia.into())
    } else {
        csv_rows(&decoded(bytes)?)
    }
}

/// UTF-8 with or without a mark at the front, else GB18030, which Chinese Excel writes.
fn decoded(bytes: &[u8]) -> Result<String, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, damaged) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    if damaged { Err(Code::UnsupportedMedia.into()) } else { Ok(text.into_owned()) }
}

fn csv_rows(text: &str) -> Result<Vec<Vec<String>>, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator_of(text))
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| Error::from(Code::UnsupportedMedia))?;
        let start = record.position().map_or(0, |it| usize::try_from(it.byte()).unwrap_or(0));
        let empty = empty_lines_at(text, start);
        if rows.len().saturating_add(empty) >= ROWS_MAX {
            return Err(Error::too_large(ROWS_MAX));
        }
        if record.len() > COLUMNS_MAX {
            return Err(Error::too_large(COLUMNS_MAX));
        }
        rows.extend(std::iter::repeat_n(Vec::new(), empty));
        rows.push(record.iter().map(str::to_owned).collect());
    }
    Ok(rows)
}

/// Empty lines from `start`, a byte offset, on. The reader passes over them; a spreadsheet counts them as rows,
/// and rows are what a clerk is told of.
fn empty_lines_at(text: &str, start: usize) -> usize {
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    // Of a `\r\n` before, the reader may have left the second half.
    let rest = if before.ends_with('\r') { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
    let ends = &rest[..rest.len() - rest.trim_start_matches(['\r', '\n']).len()];
    ends.replace("\r\n", "\n").len()
}

/// The first sheet. Numbers come without an exponent, as far as the file has their digits.
fn xlsx_rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, Error> {
    let unreadable = |_: XlsxError| Error::from(Code::UnsupportedMedia);
    refuse_bomb(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let first = book.sheet_names().into_iter().next().ok_or(Code::UnsupportedMedia)?;
    sheet_rows(&mut book, &first)
}

/// The rows of one sheet, within the limits of a list.
pub(crate) fn sheet_rows(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Vec<String>>, Error> {
    let unreadable = |_: XlsxError| Error::from(Code::UnsupportedMedia);
    let mut cells = book.worksheet_cells_reader(name).map_err(unreadable)?;
    let (mut rows, mut text_bytes): (Vec<Vec<String>>, usize) = (Vec::new(), 0);
    // Cell by cell: a sheet says where its cells stand, and two may span a billion empty ones.
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        let text = cell_text(&Data::from(cell.get_value().clone()));
        if text.is_empty() {
            continue;
        }
        let (row, column) = (row as usize, column as usize);
        text_bytes += text.len();
        if row >= ROWS_MAX {
            return Err(Error::too_large(ROWS_MAX));
        }
        if column >= COLUMNS_MAX {
            return Err(Error::too_large(COLUMNS_MAX));
        }
        if text_bytes > TEXT_BYTES_MAX {
            return Err(Error::too_large(TEXT_BYTES_MAX));
        }
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        let row = &mut rows[row];
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text;
    }
    Ok(rows)
}

/// Refuses a workbook that would inflate beyond every list, or have room set aside for what is not in it.
pub(crate) fn refuse_bomb(bytes: &[u8]) -> Result<(), Error> {
    let unreadable = |_| Error::from(Code::UnsupportedMedia);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (mut piece, mut inflated) = (vec![0; 64 * 1024], 0);
    for n in 0..archive.len() {
        let mut entry = archive.by_index(n).map_err(unreadable)?;
        let mut head = Vec::new();
        loop {
            let read = entry.read(&mut piece).map_err(|_| Error::from(Code::UnsupportedMedia))?;
            if read == 0 {
                break;
            }
            inflated += read as u64;
            if inflated > INFLATED_BYTES_MAX {
                return Err(Error::too_large(usize::try_from(INFLATED_BYTES_MAX).unwrap_or(usize::MAX)));
            }
            if head.len() < piece.len() {
                head.extend_from_slice(&piece[..read]);
            }
        }
        if announced(&head) > SHARED_TEXTS_MAX {
            return Err(Error::too_large(usize::try_from(SHARED_TEXTS_MAX).unwrap_or(usize::MAX)));
        }
    }
    Ok(())
}

/// How many shared texts the beginning of a file announces; in two-byte encodings too.
fn announced(head: &[u8]) -> u64 {
    let text: Vec<u8> = head.iter().copied().filter(|it| *it != 0).collect();
    let text = String::from_utf8_lossy(&text);
    let after_name = text.split("uniqueCount").skip(1);
    let numbers = after_name.map(|it| {
        let digits = it.trim_start_matches(|it: char| !it.is_ascii_digit());
        let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
        if end == 0 { 0 } else { digits[..end].parse().unwrap_or(u64::MAX) }
    });
    numbers.max().unwrap_or(0)
}

pub(crate) fn cell_text(cell: &Data) -> String {
    match cell {
        // Above 2^53 a number has lost digits; said as Excel shows it, so that the row is reported.
        Data::Float(number) if number.fract() == 0.0 && number.abs() >= 9_007_199_254_740_992.0 => {
            format!("{number:E}")
        }
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_list_in_three_encodings_reads_alike() {
        let text = "姓名,村\r\n李桂兰,\"李家坳\r\n村\"\r\n";
        let expected = rows(text.as_bytes()).unwrap();
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        assert_eq!(rows(&gb).unwrap(), expected);
        assert_eq!(rows(&with_mark).unwrap(), expected);
        assert_eq!(expected[1], ["李桂兰", "李家坳\r\n村"]);
    }

    #[test]
    fn lines_are_counted_as_the_file_has_them() {
        let read = rows("姓名,村\n\n李桂兰,李家坳村\n".as_bytes()).unwrap();
        assert_eq!((read.len(), read[1].len(), &*read[2][0]), (3, 0, "李桂兰"));
        let read = rows("姓名,村\r\n\r\n\r\n李桂兰,\"李家坳\r\n村\"\r\n王二,长岭村\r\n".as_bytes()).unwrap();
        assert_eq!((read.len(), &*read[3][0], &*read[4][0]), (5, "李桂兰", "王二"));
    }

    /// A workbook of one sheet with these cells, as XML.
    fn workbook(cells: &str, shared: &str) -> Vec<u8> {
        const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let rels = |entries: &str| {
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{entries}</Relationships>"
            )
        };
        let files = [
            (
                "_rels/.rels",
                rels(&format!(
                    "<Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/>"
                )),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"名单\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                rels(&format!(
                    "<Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                )),
            ),
            ("xl/sharedStrings.xml", shared.to_owned()),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{cells}</sheetData></worksheet>"),
            ),
        ];
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    const SHARED: &str = "<sst uniqueCount=\"1\"><si><t>李桂兰</t></si></sst>";

    #[test]
    fn a_workbook_reads_as_a_spreadsheet_shows_it() {
        let cells = "<row r=\"2\"><c r=\"B2\" t=\"inlineStr\"><is><t>姓名</t></is></c><c r=\"C2\" t=\"inlineStr\"><is><t>电话</t></is></c></row>\
            <row r=\"3\"><c r=\"B3\" t=\"s\"><v>0</v></c><c r=\"C3\"><v>13800000000</v></c></row>";
        let read = rows(&workbook(cells, SHARED)).unwrap();
        assert_eq!(read, [vec![], vec!["", "姓名", "电话"], vec!["", "李桂兰", "13800000000"]]);
    }

    #[test]
    fn hostile_workbooks_take_no_more_than_the_limits() {
        let too_large = |bytes: &[u8]| assert_eq!(rows(bytes).unwrap_err().code(), Code::TooLarge);
        // Two cells at the ends of a sheet would span 17 billion.
        let corners = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
        too_large(&workbook(corners, SHARED));
        too_large(&workbook("<row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row>", SHARED));
        too_large(&workbook(&" ".repeat(68_000_000), SHARED));
        too_large(&workbook("", "<sst uniqueCount=\"99999999999999\"></sst>"));
        // One text in every cell.
        let long = format!("<sst><si><t>{}</t></si></sst>", "长".repeat(100_000));
        let cells = "<row>".to_owned() + &"<c t=\"s\"><v>0</v></c>".repeat(250) + "</row>";
        too_large(&workbook(&cells, &long));
    }

    #[test]
    fn hostile_tables_take_no_more_than_the_limits() {
        let too_large = |text: &str| assert_eq!(rows(text.as_bytes()).unwrap_err().code(), Code::TooLarge);
        too_large(&"a,b\n".repeat(ROWS_MAX + 1));
        too_large(&("a,b".to_owned() + &"\n".repeat(1_000_000) + "a,b\n"));
        too_large(&("a".to_owned() + &",".repeat(1_000_000)));
    }

    #[test]
    fn what_is_no_list_is_said_so() {
        assert_eq!(rows(b"PK not a workbook").unwrap_err().code(), Code::UnsupportedMedia);
        assert_eq!(rows(&[0xff, 0xff, 0x80]).unwrap_err().code(), Code::UnsupportedMedia);
    }
}
