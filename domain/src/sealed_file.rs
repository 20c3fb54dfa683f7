//! What waits on a phone, as it rests there: handed on by someone else who signs in on that phone, or saved as a file that the
//! office takes in. Whoever carries it cannot read it.
//!
//! ```text
//! file   = "zoufang sealed 1\n" header "\n" row*
//! header = a Header, in JSON without line breaks
//! row    = table (1 byte: the place in the phone's list of tables) | length of key (2 bytes) | key (UTF-8)
//!        | length of bytes (4 bytes) | bytes
//! ```
//!
//! Numbers are big-endian. The bytes of a row are suite byte 1, a nonce of 12 bytes, and AES-256-GCM under the key that
//! [`group`] names, with [`place`] as associated data; what begins otherwise was never sealed.

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

const MAGIC: &[u8] = b"zoufang sealed 1\n";
/// The first byte of what is sealed. Nothing that was kept in the clear begins so: JSON does not, nor an envelope, nor any of
/// the recordings and photos that a browser makes.
pub const SUITE: u8 = 1;
/// Most bytes of a file that goes in one request.
pub const PIECE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Tables of a phone whose rows a file holds, by their place in the phone's list; the numbers are part of the format.
pub mod table {
    /// JSON of `Draft`, by its visit.
    pub const DRAFT: u8 = 0;
    /// JSON of `OutboxItem`.
    pub const OUTBOX: u8 = 2;
    /// An envelope, byte for byte.
    pub const ENVELOPE: u8 = 3;
    /// JSON of `MediaItem`, by its id.
    pub const MEDIA: u8 = 4;
    /// A slice of it, by `id/number`.
    pub const SLICE: u8 = 5;

    /// Its name, which places are made of.
    pub fn name(table: u8) -> Option<&'static str> {
        Some(match table {
            DRAFT => "draft",
            OUTBOX => "outbox",
            ENVELOPE => "envelope",
            MEDIA => "media",
            SLICE => "slice",
            _ => return None,
        })
    }
}

/// Whose a file is, and what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub account: AccountId,
    /// The phone's key sealed to the office, as in `OpenPhoneKey`; absent where the phone cannot seal.
    #[serde(default)]
    pub sealed: Option<String>,
}

/// A row, as it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// One of [`table`].
    pub table: u8,
    pub key: &'a str,
    pub bytes: &'a [u8],
}

/// The bytes are no such file, or not a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASealedFile;

/// A file with nothing in it yet.
pub fn begin(header: &Header) -> Vec<u8> {
    let header = crate::envelope::to_json(header);
    [MAGIC, &header, b"\n"].concat()
}

/// Adds a row. A key has at most 65,535 bytes, a row at most 4 GiB.
pub fn push(file: &mut Vec<u8>, row: Row<'_>) {
    file.push(row.table);
    file.extend(u16::try_from(row.key.len()).expect("our keys are short").to_be_bytes());
    file.extend(row.key.as_bytes());
    file.extend(u32::try_from(row.bytes.len()).expect("no row has 4 GiB").to_be_bytes());
    file.extend(row.bytes);
}

/// Reads a file; its rows come in their order.
///
/// # Errors
///
/// [`NotASealedFile`]; a table of a later version is none.
pub fn read(file: &[u8]) -> Result<(Header, Vec<Row<'_>>), NotASealedFile> {
    let rest = file.strip_prefix(MAGIC).ok_or(NotASealedFile)?;
    let end = rest.iter().position(|it| *it == b'\n').ok_or(NotASealedFile)?;
    let header = serde_json::from_slice(&rest[..end]).map_err(|_| NotASealedFile)?;
    let mut rest = &rest[end + 1..];
    let mut rows = Vec::new();
    while let Some((table, after)) = rest.split_first() {
        let (length, after) = after.split_first_chunk().ok_or(NotASealedFile)?;
        let (key, after) =
            after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(NotASealedFile)?;
        let (length, after) = after.split_first_chunk().ok_or(NotASealedFile)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| NotASealedFile)?;
        let (bytes, after) = after.split_at_checked(length).ok_or(NotASealedFile)?;
        let key = std::str::from_utf8(key).map_err(|_| NotASealedFile)?;
        table::name(*table).ok_or(NotASealedFile)?;
        rows.push(Row { table: *table, key, bytes });
        rest = after;
    }
    Ok((header, rows))
}

/// What has a key of its own: the record that `key` names, or else the table.
pub fn group<'a>(table: &'a str, key: &'a str) -> &'a str {
    const ID_CHARS: usize = 36;
    key.split('/').find(|it| it.len() == ID_CHARS).unwrap_or(table)
}

/// Where something lies, which what is sealed is bound to. `store` is the database's name.
pub fn place(store: &str, table: &str, key: &str) -> String {
    [store, table, key].join("/")
}

/// Name of a person's database: one each, so that colleagues who share a phone do not mix.
pub fn store(account: AccountId) -> String {
    format!("zoufang-{account}")
}

/// What came of a file, or of a piece of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TakenIn {
    /// Envelopes that are durable here, those from before too.
    pub records_n: usize,
    /// Of them, set aside until the office or whose they are takes them in.
    pub parked_n: usize,
    /// Voices and photos that are here whole.
    pub attachments_n: usize,
    /// Voices and photos of which more is to come.
    pub begun_n: usize,
    /// Rows that could not be opened or read, and envelopes that were refused.
    pub unreadable_n: usize,
}

impl TakenIn {
    /// Adds what came of the next piece.
    pub fn add(&mut self, next: &Self) {
        self.records_n += next.records_n;
        self.parked_n += next.parked_n;
        self.attachments_n += next.attachments_n;
        self.begun_n = next.begun_n;
        self.unreadable_n += next.unreadable_n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { account: AccountId(uuid::Uuid::from_u128(7)), sealed: Some("04ff".to_owned()) }
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let mut file = begin(&header());
        let rows = [
            Row { table: table::OUTBOX, key: "o/1/甲", bytes: b"\x01abc" },
            Row { table: table::SLICE, key: "", bytes: b"" },
            Row { table: table::DRAFT, key: "x", bytes: b"\n\n" },
        ];
        for row in rows {
            push(&mut file, row);
        }
        assert_eq!(read(&file), Ok((header(), rows.to_vec())));
        // What is cut short is said, unless it ends between two rows.
        let whole: Vec<usize> = (0..file.len()).filter(|it| read(&file[..*it]).is_ok()).collect();
        assert_eq!(whole.len(), 3, "{whole:?}");
    }

    #[test]
    fn nothing_else_is_such_a_file() {
        let mut other_table = begin(&header());
        push(&mut other_table, Row { table: 1, key: "k", bytes: b"b" });
        let mut no_text = begin(&header());
        push(&mut no_text, Row { table: 0, key: "kk", bytes: b"b" });
        let at = no_text.len() - 7;
        no_text[at] = 0xff;
        for wrong in [&b""[..], b"zoufang sealed 2\n{}\n", b"zoufang sealed 1\n{}\n", &other_table, &no_text]
        {
            assert_eq!(read(wrong), Err(NotASealedFile), "{wrong:?}");
        }
    }

    #[test]
    fn records_have_keys_of_their_own() {
        let id = uuid::Uuid::from_u128(9).to_string();
        assert_eq!(group("slice", &format!("{id}/000001")), id);
        assert_eq!(group("outbox", &format!("o/0000000000001/{id}/ff")), id);
        assert_eq!(group("meta", "history"), "meta");
        assert_eq!(place("zoufang-7", "draft", "k"), "zoufang-7/draft/k");
    }
}
