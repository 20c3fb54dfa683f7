//! Files that offices have their lists in, as rows of text: CSV in UTF-8 or GB18030, and xlsx.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use domain::{
    import::{ROWS_MAX, separator_of},
    problem::Code,
};

use crate::error::Error;

/// Largest list, in bytes.
pub const LIST_BYTES_MAX: usize = 20 * 1024 * 1024;

/// The rows of a file, recognised by its content.
///
/// # Errors
///
/// `unsupported_media` for a file that is neither; `too_large` above [`ROWS_MAX`] rows.
pub fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, Error> {
    let rows = if bytes.starts_with(b"PK") {
        xlsx_rows(bytes)?
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        // The old binary .xls: Excel saves it as .xlsx on request.
        return Err(Code::UnsupportedMedia.into());
    } else {
        csv_rows(&decoded(bytes)?)?
    };
    if rows.len() > ROWS_MAX { Err(Error::too_large(ROWS_MAX)) } else { Ok(rows) }
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
        rows.extend(std::iter::repeat_n(Vec::new(), empty_lines_at(text, start)));
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
    let unreadable = |_| Error::from(Code::UnsupportedMedia);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let sheet = book.worksheet_range_at(0).ok_or(Code::UnsupportedMedia)?.map_err(unreadable)?;
    let (above, left) = sheet.start().unwrap_or((0, 0));
    let mut rows = vec![Vec::new(); above as usize];
    for row in sheet.rows() {
        let cells = row.iter().map(cell_text);
        rows.push(std::iter::repeat_n(String::new(), left as usize).chain(cells).collect());
    }
    Ok(rows)
}

fn cell_text(cell: &Data) -> String {
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

    #[test]
    fn what_is_no_list_is_said_so() {
        assert_eq!(rows(b"PK not a workbook").unwrap_err().code(), Code::UnsupportedMedia);
        assert_eq!(rows(&[0xff, 0xff, 0x80]).unwrap_err().code(), Code::UnsupportedMedia);
    }
}
