//! The official monthly table of problems under the eight-point rules: which of its classes a type counts in, since when, and
//! what was established.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    csv::{CellType, Guard, MARK, write_row},
    day::is_day,
    taxonomy::{
        columns,
        table::{FAULTS_MAX, TABLE_BYTES_MAX, TableFault, Wrong},
    },
    text::check_line,
};

/// The mapping that ships, with its source.
pub const SHIPPED: &str = include_str!("../data/official.csv");
/// The columns of a mapping, in their order.
pub const COLUMNS: [&str; 6] = ["valid_from", "class", "block", "name_zh", "codes", "source"];
/// The two blocks of the table, as it names them.
pub const BLOCKS: [&str; 2] = ["形式主义、官僚主义问题", "享乐主义、奢靡之风问题"];
/// Most people that one problem can be said to concern.
pub const PEOPLE_MAX: u32 = 10_000;

/// 级别, of whom it was established.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 省部级
    Province,
    /// 地厅级
    Prefecture,
    /// 县处级
    County,
    /// 乡科级及以下
    #[default]
    Township,
}

impl Level {
    /// All levels, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Province, Self::Prefecture, Self::County, Self::Township];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Prefecture => "prefecture",
            Self::County => "county",
            Self::Township => "township",
        }
    }

    /// The level of a word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// As the table names it.
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Province => "省部级",
            Self::Prefecture => "地厅级",
            Self::County => "县处级",
            Self::Township => "乡科级及以下",
        }
    }
}

/// That an issue was established as a problem by whoever may, as the office noted it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssueFinding {
    /// yyyy-MM-dd; absent: it is not, or no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub established_on: Option<String>,
    pub level: Level,
    /// 批评教育和处理人数, at most [`PEOPLE_MAX`].
    pub handled_n: u32,
    /// 党纪政务处分人数, no more than were handled.
    pub disciplined_n: u32,
}

impl IssueFinding {
    /// Checks what the app checks before sending and the server on arrival; `today` is yyyy-MM-dd.
    ///
    /// # Errors
    ///
    /// The name of the field that does not keep its rule.
    pub fn check(&self, today: &str) -> Result<(), &'static str> {
        if self.established_on.as_deref().is_some_and(|it| !is_day(it) || it > today) {
            return Err("established_on");
        }
        if self.handled_n > PEOPLE_MAX {
            return Err("handled_n");
        }
        if self.disciplined_n > self.handled_n { Err("disciplined_n") } else { Ok(()) }
    }
}

/// A mapping to take in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MappingTable {
    pub csv: String,
}

/// What became of it: it counts where nothing is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MappingTaken {
    pub faults: Vec<TableFault>,
}

/// A class of the table, and the types that count in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// yyyy-MM-dd: the first day on which the table is so.
    pub valid_from: String,
    pub class: String,
    /// Index into [`BLOCKS`].
    pub block: usize,
    pub name_zh: String,
    /// Codes of the taxonomy.
    pub codes: Vec<String>,
    pub source: String,
}

/// The classes of the table at all times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    classes: Vec<Class>,
}

impl Mapping {
    /// The mapping that ships.
    ///
    /// # Panics
    ///
    /// Never: a test reads the file that ships.
    pub fn shipped() -> Self {
        Self::read(SHIPPED, |_| true).expect("the shipped mapping is read by a test")
    }

    /// Reads a mapping from CSV; `is_known` tells which codes there are.
    ///
    /// # Errors
    ///
    /// What is wrong, by line and column, at most [`FAULTS_MAX`] of it.
    pub fn read(csv: &str, is_known: impl Fn(&str) -> bool) -> Result<Self, Vec<TableFault>> {
        let fault = |line, column, wrong| TableFault { line, column, wrong };
        if csv.len() > TABLE_BYTES_MAX {
            return Err(vec![fault(0, 0, Wrong::TooMuch)]);
        }
        let mut lines = csv.trim_start_matches(MARK).lines().enumerate().map(|(n, line)| (n + 1, line));
        if columns(lines.next().unwrap_or_default().1) != COLUMNS {
            return Err(vec![fault(1, 0, Wrong::Header)]);
        }
        let (mut faults, mut classes) = (Vec::new(), Vec::<Class>::new());
        for (n, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            match class_of(line, &classes, &is_known) {
                Ok(class) => classes.push(class),
                Err((column, wrong)) => faults.push(fault(n, column, wrong)),
            }
        }
        if classes.is_empty() && faults.is_empty() {
            faults.push(fault(0, 0, Wrong::NoTypes));
        }
        faults.truncate(FAULTS_MAX);
        if faults.is_empty() { Ok(Self { classes }) } else { Err(faults) }
    }

    /// The classes of the table on a day, yyyy-MM-dd, in its order; none before the first.
    pub fn on(&self, day: &str) -> Vec<&Class> {
        let from = self.classes.iter().map(|it| it.valid_from.as_str()).filter(|it| *it <= day).max();
        self.classes.iter().filter(|it| Some(it.valid_from.as_str()) == from).collect()
    }
}

/// A class from a line; else the column, from 1, and what is wrong.
fn class_of(line: &str, above: &[Class], is_known: impl Fn(&str) -> bool) -> Result<Class, (usize, Wrong)> {
    let cells = columns(line).into_iter().map(|it| it.trim().trim_start_matches(['\'', '\t']).to_owned());
    let cells = <[String; 6]>::try_from(cells.collect::<Vec<_>>()).map_err(|_| (0, Wrong::Cells))?;
    if let Some(column) = cells.iter().position(|it| check_line(it).is_err()) {
        return Err((column + 1, Wrong::TooLong));
    }
    let [valid_from, class, block, name_zh, codes, source] = cells;
    if !is_day(&valid_from) {
        return Err((1, Wrong::Day));
    }
    let of_day = || above.iter().filter(|it| it.valid_from == valid_from);
    if class.is_empty() || name_zh.is_empty() {
        return Err((if class.is_empty() { 2 } else { 4 }, Wrong::Empty));
    }
    if of_day().any(|it| it.class == class) {
        return Err((2, Wrong::Twice));
    }
    let block = BLOCKS.iter().position(|it| *it == block).ok_or((3, Wrong::Block))?;
    let codes: Vec<String> = codes.split_whitespace().map(str::to_owned).collect();
    if codes.iter().any(|it| !is_known(it)) {
        return Err((5, Wrong::UnknownCode));
    }
    if codes.iter().any(|code| of_day().any(|it| it.codes.contains(code))) {
        return Err((5, Wrong::TwoClasses));
    }
    Ok(Class { valid_from, class, block, name_zh, codes, source })
}

/// An issue that was established, as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Established {
    /// Code of the taxonomy; empty where it has none.
    pub code: String,
    pub finding: IssueFinding,
}

/// What a cell of the table counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    problems: u32,
    handled: u32,
    disciplined: u32,
}

impl Counts {
    fn add(&mut self, finding: &IssueFinding) {
        self.problems += 1;
        self.handled += finding.handled_n;
        self.disciplined += finding.disciplined_n;
    }
}

/// A row's name, and what it counts.
type Measure = (&'static str, fn(&Counts) -> u32);

/// The table of a month, yyyy-MM, as CSV, this month and since the year began. `counts_as` leads to the code that a type counts as. What
/// no class takes is counted beside the total, in a column of its own.
pub fn monthly(
    mapping: &Mapping,
    month: &str,
    established: &[Established],
    counts_as: impl Fn(&str) -> String,
) -> String {
    let last = format!("{month}-31");
    let classes = mapping.on(&last);
    let mut head = vec!["时期".to_owned(), "项目".to_owned(), "总计".to_owned()];
    head.extend(Level::ALL.map(|it| it.name_zh().to_owned()));
    for (n, block) in BLOCKS.iter().enumerate() {
        head.push(format!("{block} 小计"));
        head.extend(classes.iter().filter(|it| it.block == n).map(|it| format!("{block} {}", it.name_zh)));
    }
    head.push("不在上列各类".to_owned());
    let mut out = MARK.to_owned();
    write_row(&mut out, head.iter().map(|it| (CellType::Text, it.as_str())), Guard::Spreadsheet);
    let year = month.split('-').next().unwrap_or_default();
    for (name, first) in [("本月", format!("{month}-01")), ("年初以来", format!("{year}-01-01"))] {
        let within = |it: &&Established| {
            it.finding.established_on.as_ref().is_some_and(|it| *it >= first && *it <= last)
        };
        let cells = cells(&classes, established.iter().filter(within), &counts_as);
        let measures: [Measure; 3] = [
            ("查处问题数", |it| it.problems),
            ("批评教育和处理人数", |it| it.handled),
            ("党纪政务处分人数", |it| it.disciplined),
        ];
        for (measure, of) in measures {
            let numbers: Vec<String> = cells.iter().map(|it| of(it).to_string()).collect();
            let words = [(CellType::Text, name), (CellType::Text, measure)];
            let numbers = numbers.iter().map(|it| (CellType::Plain, it.as_str()));
            write_row(&mut out, words.into_iter().chain(numbers), Guard::Spreadsheet);
        }
    }
    out
}

/// What each column counts, from the total on.
fn cells<'a>(
    classes: &[&Class],
    established: impl Iterator<Item = &'a Established>,
    counts_as: impl Fn(&str) -> String,
) -> Vec<Counts> {
    let (mut total, mut rest) = (Counts::default(), Counts::default());
    let mut levels: BTreeMap<Level, Counts> = BTreeMap::new();
    let mut blocks = [Counts::default(); BLOCKS.len()];
    let mut of_class = vec![Counts::default(); classes.len()];
    for it in established {
        total.add(&it.finding);
        levels.entry(it.finding.level).or_default().add(&it.finding);
        let successor = counts_as(&it.code);
        let takes = |code: &str| classes.iter().position(|class| class.codes.iter().any(|it| it == code));
        match takes(&it.code).or_else(|| takes(&successor)) {
            Some(class) => {
                of_class[class].add(&it.finding);
                blocks[classes[class].block].add(&it.finding);
            }
            None => rest.add(&it.finding),
        }
    }
    let mut cells = vec![total];
    cells.extend(Level::ALL.map(|it| levels.get(&it).copied().unwrap_or_default()));
    for (n, block) in blocks.into_iter().enumerate() {
        cells.push(block);
        cells.extend(classes.iter().zip(&of_class).filter(|(class, _)| class.block == n).map(|it| *it.1));
    }
    cells.push(rest);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::Taxonomy;

    fn faults(rest: &str) -> Vec<(usize, usize, Wrong)> {
        let csv = format!("{}\n{rest}", COLUMNS.join(","));
        let taxonomy = Taxonomy::shipped();
        let read = Mapping::read(&csv, |it| taxonomy.is_leaf(it));
        read.unwrap_err().iter().map(|it| (it.line, it.column, it.wrong)).collect()
    }

    #[test]
    fn the_shipped_mapping_reads_and_names_types_that_there_are() {
        let taxonomy = Taxonomy::shipped();
        let mapping = Mapping::read(SHIPPED, |it| taxonomy.is_leaf(it)).unwrap();
        assert_eq!(mapping.on("2026-11-30").len(), 11);
        assert!(mapping.on("2019-11-30").is_empty());
    }

    #[test]
    fn every_fault_says_line_and_column() {
        let block = BLOCKS[0];
        assert_eq!(faults(&format!("soon,F1,{block},甲,GL1,")), [(2, 1, Wrong::Day)]);
        assert_eq!(faults(&format!("2026-01-01,,{block},甲,GL1,")), [(2, 2, Wrong::Empty)]);
        assert_eq!(faults("2026-01-01,F1,别的,甲,GL1,"), [(2, 3, Wrong::Block)]);
        assert_eq!(faults(&format!("2026-01-01,F1,{block},甲,GL1 NO1,")), [(2, 5, Wrong::UnknownCode)]);
        let two = format!(
            "2026-01-01,F1,{block},甲,GL1,\n2026-01-01,F2,{block},乙,GL1,\n2026-01-01,F1,{block},丙,,"
        );
        assert_eq!(faults(&two), [(3, 5, Wrong::TwoClasses), (4, 2, Wrong::Twice)]);
        assert_eq!(faults("2026-01-01,F1"), [(2, 0, Wrong::Cells)]);
        assert_eq!(faults(""), [(0, 0, Wrong::NoTypes)]);
    }

    fn established(code: &str, day: &str, level: Level, handled_n: u32) -> Established {
        let finding = IssueFinding {
            established_on: Some(day.to_owned()),
            level,
            handled_n,
            disciplined_n: handled_n / 2,
        };
        Established { code: code.to_owned(), finding }
    }

    #[test]
    fn a_month_counts_itself_and_the_year_and_leaves_nothing_out() {
        let all = [
            established("GL2", "2026-11-03", Level::Township, 2),
            established("XL3", "2026-02-28", Level::County, 4),
            established("SQ1", "2026-11-30", Level::Township, 0),
            established("GL2", "2025-12-31", Level::Township, 9),
        ];
        let csv = monthly(&Mapping::shipped(), "2026-11", &all, str::to_owned);
        let rows: Vec<Vec<&str>> = csv.lines().map(|it| it.split(',').collect()).collect();
        let column = |name: &str| rows[0].iter().position(|it| it.contains(name)).unwrap();
        let cell = |row: usize, name: &str| rows[row][column(name)];
        assert_eq!((rows[1][0], rows[1][1], rows[4][0]), ("本月", "查处问题数", "年初以来"));
        assert_eq!(
            (cell(1, "总计"), cell(4, "总计"), cell(5, "总计"), cell(6, "总计")),
            ("2", "3", "6", "3")
        );
        assert_eq!((cell(1, "乡科级"), cell(4, "县处级")), ("2", "1"));
        assert_eq!((cell(1, "消极应付"), cell(4, "违规吃喝"), cell(1, "违规吃喝")), ("1", "1", "0"));
        assert_eq!((cell(1, "不在上列各类"), cell(1, "官僚主义问题 小计")), ("1", "1"));
    }

    #[test]
    fn a_merged_type_counts_where_its_successor_does() {
        let all = [established("GL9", "2026-11-03", Level::Township, 0)];
        let csv = monthly(&Mapping::shipped(), "2026-11", &all, |_| "GL2".to_owned());
        assert!(csv.lines().nth(1).unwrap().ends_with(",0"), "{csv}");
    }

    #[test]
    fn a_finding_is_neither_of_tomorrow_nor_of_more_than_there_are() {
        let mut finding =
            IssueFinding { established_on: Some("2026-11-28".to_owned()), ..IssueFinding::default() };
        assert_eq!(finding.check("2026-11-27"), Err("established_on"));
        assert_eq!(finding.check("2026-11-28"), Ok(()));
        finding.disciplined_n = 1;
        assert_eq!(finding.check("2026-11-28"), Err("disciplined_n"));
        finding.handled_n = PEOPLE_MAX + 1;
        assert_eq!(finding.check("2026-11-28"), Err("handled_n"));
    }
}
