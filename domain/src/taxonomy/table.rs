//! The taxonomy as a table of seven columns: out for a spreadsheet, and in again with what is wrong by line and column.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Category, Taxonomy, columns, scheme::is_code};
use crate::{
    csv::{CellType, Guard, MARK, write_row},
    text::check_line,
};

/// The columns, in their order.
pub const COLUMNS: [&str; 7] = ["code", "parent", "short_zh", "name_zh", "name_en", "attention", "source"];
/// Longest table, in bytes: some forty times what ships.
pub const TABLE_BYTES_MAX: usize = 256 * 1024;
/// Most types of a table: more than a person finds one among.
pub const CATEGORIES_MAX: usize = 500;
/// Most faults that are listed.
pub const FAULTS_MAX: usize = 100;

/// What is wrong with a cell or a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// The first line lacks this column, or it is another.
    Header,
    /// The line has not seven cells.
    Cells,
    /// A quote that is not closed.
    Quote,
    /// Capital letters and digits, at most [`super::scheme::CODE_CHARS_MAX`].
    Code,
    /// It stands above already.
    Twice,
    /// No group above has this code.
    NoGroup,
    /// A group is of no group itself.
    Nested,
    /// It must not be empty.
    Empty,
    TooLong,
    /// 0, 1 or 2.
    Attention,
    /// More than [`TABLE_BYTES_MAX`] or [`CATEGORIES_MAX`].
    TooMuch,
    /// There is nothing in it.
    NoTypes,
    /// Not a day, yyyy-MM-dd.
    Day,
    /// Not one of the blocks of the official table.
    Block,
    /// A code that nobody knows here.
    UnknownCode,
    /// A code that counts in another class of the same day already.
    TwoClasses,
}

/// Where a table cannot be read, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TableFault {
    /// From 1; 0 for the table as a whole.
    pub line: usize,
    /// From 1, in the order of the file; 0 for the line as a whole.
    pub column: usize,
    pub wrong: Wrong,
}

/// Reads a table; its columns may stand in any order.
///
/// # Errors
///
/// What is wrong, at most [`FAULTS_MAX`] of it.
pub fn read(csv: &str) -> Result<Taxonomy, Vec<TableFault>> {
    let fault = |line, column, wrong| TableFault { line, column, wrong };
    if csv.len() > TABLE_BYTES_MAX {
        return Err(vec![fault(0, 0, Wrong::TooMuch)]);
    }
    let mut lines = csv.trim_start_matches(MARK).lines().enumerate().map(|(n, line)| (n + 1, line));
    let header = columns(lines.next().unwrap_or_default().1);
    let header: Vec<&str> = header.iter().map(|it| it.trim()).collect();
    let mut places = [0; COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|it| *it == name);
        *place = found.ok_or_else(|| vec![fault(1, 0, Wrong::Header)])?;
    }
    let (mut faults, mut taxonomy) = (Vec::new(), Taxonomy::default());
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for (n, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        if line.matches('"').count() % 2 == 1 {
            faults.push(fault(n, 0, Wrong::Quote));
            continue;
        }
        let cells = columns(line);
        if cells.len() != header.len() {
            faults.push(fault(n, 0, Wrong::Cells));
            continue;
        }
        // A spreadsheet's guards are no part of the words.
        let cells = places.map(|it| cells[it].trim().trim_start_matches(['\'', '\t']).trim().to_owned());
        let wrong = check(&cells, &seen);
        faults.extend(wrong.map(|(column, wrong)| fault(n, places[column] + 1, wrong)));
        let [code, parent, short_zh, name_zh, name_en, attention, source] = cells;
        seen.insert(code.clone(), parent.is_empty());
        let attention = attention.parse().unwrap_or(0);
        let category = Category { code, parent, short_zh, name_zh, name_en, attention, source };
        taxonomy.categories.push(category);
    }
    if taxonomy.categories.is_empty() && faults.is_empty() {
        faults.push(fault(0, 0, Wrong::NoTypes));
    }
    if taxonomy.categories.len() > CATEGORIES_MAX {
        faults.push(fault(0, 0, Wrong::TooMuch));
    }
    faults.truncate(FAULTS_MAX);
    if faults.is_empty() { Ok(taxonomy) } else { Err(faults) }
}

/// The first thing that is wrong in a line, and in which of [`COLUMNS`]. `seen` are the codes above, and which are groups.
fn check(cells: &[String; 7], seen: &BTreeMap<String, bool>) -> Option<(usize, Wrong)> {
    if let Some(column) = cells.iter().position(|it| check_line(it).is_err()) {
        return Some((column, Wrong::TooLong));
    }
    let [code, parent, short_zh, name_zh, _, attention, _] = cells;
    if !is_code(code) {
        return Some((0, Wrong::Code));
    }
    if seen.contains_key(code) {
        return Some((0, Wrong::Twice));
    }
    match seen.get(parent) {
        _ if parent.is_empty() => {}
        None => return Some((1, Wrong::NoGroup)),
        Some(false) => return Some((1, Wrong::Nested)),
        Some(true) => {}
    }
    if short_zh.is_empty() {
        return Some((2, Wrong::Empty));
    }
    if name_zh.is_empty() {
        return Some((3, Wrong::Empty));
    }
    (!matches!(attention.as_str(), "0" | "1" | "2")).then_some((5, Wrong::Attention))
}

/// The table, for a spreadsheet; [`read`] reads it back.
pub fn write(taxonomy: &Taxonomy) -> String {
    let mut out = MARK.to_owned();
    write_row(&mut out, COLUMNS.map(|it| (CellType::Plain, it)), Guard::Spreadsheet);
    for it in taxonomy.categories() {
        let attention = it.attention.to_string();
        let cells = [
            (CellType::Plain, it.code.as_str()),
            (CellType::Plain, &it.parent),
            (CellType::Text, &it.short_zh),
            (CellType::Text, &it.name_zh),
            (CellType::Text, &it.name_en),
            (CellType::Plain, &attention),
            (CellType::Text, &it.source),
        ];
        write_row(&mut out, cells, Guard::Spreadsheet);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(csv: &str) -> Vec<(usize, usize, Wrong)> {
        read(csv).unwrap_err().iter().map(|it| (it.line, it.column, it.wrong)).collect()
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(read(&write(&Taxonomy::shipped())).unwrap(), Taxonomy::shipped());
        assert_eq!(read(super::super::SHIPPED).unwrap(), Taxonomy::shipped());
    }

    #[test]
    fn columns_may_stand_in_another_order() {
        let csv = "parent,code,name_zh,short_zh,attention,source,name_en\n,A,全名,短名,1,方案,Name\n";
        let read = read(csv).unwrap();
        let it = &read.categories()[0];
        assert_eq!(
            (it.code.as_str(), it.short_zh.as_str(), it.name_en.as_str(), it.attention),
            ("A", "短名", "Name", 1)
        );
    }

    #[test]
    fn every_fault_says_line_and_column() {
        let head = COLUMNS.join(",");
        let of = |rest: &str| faults(&format!("{head}\n{rest}"));
        assert_eq!(faults("code,parent\nA,"), [(1, 0, Wrong::Header)]);
        assert_eq!(faults(&head), [(0, 0, Wrong::NoTypes)]);
        assert_eq!(of("A,,甲,甲,,0\n\nB,,乙,\"乙,,0,"), [(2, 0, Wrong::Cells), (4, 0, Wrong::Quote)]);
        assert_eq!(of("a,,甲,甲,,0,"), [(2, 1, Wrong::Code)]);
        assert_eq!(of("A,,甲,甲,,0,\nA,,甲,甲,,0,"), [(3, 1, Wrong::Twice)]);
        assert_eq!(of("A1,A,甲,甲,,0,"), [(2, 2, Wrong::NoGroup)]);
        assert_eq!(of("A,,甲,甲,,0,\nA1,A,甲,甲,,0,\nA2,A1,甲,甲,,0,"), [(4, 2, Wrong::Nested)]);
        assert_eq!(
            of("A,,,甲,,0,\nB,,乙,,,0,\nC,,丙,丙,,3,"),
            [(2, 3, Wrong::Empty), (3, 4, Wrong::Empty), (4, 6, Wrong::Attention)]
        );
        assert_eq!(of(&format!("A,,甲,{},,0,", "长".repeat(30_000))), [(2, 4, Wrong::TooLong)]);
    }
}
