//! Lists of respondents: which column is what, which rows can be taken.
//!
//! Pure: the server reads files into rows of text, the clerk confirms what the columns mean.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde::{Deserialize, Serialize};

use crate::{respondent::RespondentKind, setup::RespondentForm, text::check_line};

/// The header stands within the first rows.
const HEADER_WITHIN: usize = 10;
/// Most rows of one list.
pub const ROWS_MAX: usize = 50_000;
/// Most columns of one list; real ones have about ten.
pub const COLUMNS_MAX: usize = 256;
/// Rows that a preview shows.
pub const PREVIEW_ROWS: usize = 8;
/// Bad rows, and repeated ones, that are listed; beyond it they are only counted.
pub const BAD_ROWS_LISTED: usize = 200;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Kind,
    Name,
    Place,
    Organisation,
    Telephone,
    Address,
    IdNumber,
    Unit,
    Ignored,
}

impl Column {
    /// Every meaning, in the order of the screen.
    pub const ALL: [Self; 9] = [
        Self::Kind,
        Self::Name,
        Self::Place,
        Self::Organisation,
        Self::Telephone,
        Self::Address,
        Self::IdNumber,
        Self::Unit,
        Self::Ignored,
    ];

    /// Parts of headers that name it, the more telling first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::IdNumber => &["身份证", "证件号", "身份号", "idnumber", "id_number"],
            Self::Kind => &["受访人类别", "类别", "类型", "对象类", "kind"],
            Self::Telephone => &["联系电话", "电话", "手机", "联系方式", "telephone", "phone"],
            Self::Unit => &["走访单位", "负责单位", "责任单位", "包联单位", "责任股室", "股室", "unit"],
            Self::Organisation => &[
                "单位名称",
                "企业",
                "店名",
                "字号",
                "商户",
                "公司",
                "工作单位",
                "原单位",
                "单位",
                "organisation",
            ],
            Self::Name => &["姓名", "户主", "业主", "负责人", "经营者", "法人", "name"],
            Self::Address => &["住址", "地址", "门牌", "address"],
            Self::Place => &["行政村", "所在村", "村组", "村", "社区", "乡镇", "街道", "所在地", "place"],
            Self::Ignored => &[],
        }
    }

    /// The columns in the order in which headers are tried: the narrow before the wide.
    const TRIED: [Self; 8] = [
        Self::IdNumber,
        Self::Kind,
        Self::Telephone,
        Self::Unit,
        Self::Organisation,
        Self::Name,
        Self::Address,
        Self::Place,
    ];
}

/// What a header's column holds, by its words.
pub fn column_of(header: &str) -> Column {
    let header: String =
        header.chars().filter(|it| !it.is_whitespace()).flat_map(char::to_lowercase).collect();
    let named = |column: &Column| column.names().iter().any(|it| header.contains(it));
    Column::TRIED.into_iter().find(named).unwrap_or(Column::Ignored)
}

/// Where the header stands (from 0) and what its columns hold; `None` without a name column.
pub fn find_header(rows: &[Vec<String>]) -> Option<(usize, Vec<Column>)> {
    rows.iter().take(HEADER_WITHIN).enumerate().find_map(|(n, row)| {
        let mut seen = BTreeSet::new();
        let columns: Vec<Column> = row
            .iter()
            .map(|it| column_of(it))
            // A meaning is taken once; a second column like it is left for the clerk.
            .map(|it| if it == Column::Ignored || seen.insert(it) { it } else { Column::Ignored })
            .collect();
        let names = columns.contains(&Column::Name) || columns.contains(&Column::Organisation);
        // One telling word alone may stand in a title; a header has at least two.
        (names && seen.len() >= 2).then_some((n, columns))
    })
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BadReason {
    /// Neither a name nor an organisation.
    NoName,
    UnknownKind,
    UnknownUnit,
    /// Excel wrote a long number as 4.3E+17; the digits are lost in the file.
    LostDigits,
    TooLong,
}

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BadRow {
    /// Line of the file, from 1.
    pub line: usize,
    /// Column, from 1; 0 for the row as a whole.
    pub column: usize,
    pub reason: BadReason,
}

/// A row that says the same as an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepeatedRow {
    /// Line of the file, from 1.
    pub line: usize,
    /// Line of the first row like it.
    pub first: usize,
}

/// What became of a list, or would become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    pub header: Vec<String>,
    /// What each column of the header was taken as.
    pub columns: Vec<Column>,
    /// The first rows below the header.
    pub preview: Vec<Vec<String>>,
    /// Rows that can be taken, or were.
    pub good_n: usize,
    /// At most [`BAD_ROWS_LISTED`].
    pub bad: Vec<BadRow>,
    pub bad_n: usize,
    /// Rows that repeat an earlier one of the file; at most [`BAD_ROWS_LISTED`].
    pub repeated: Vec<RepeatedRow>,
    pub repeated_n: usize,
    /// Rows whose household is in the directory already.
    pub known_n: usize,
    /// Whether the rows are in the directory now.
    pub taken: bool,
}

/// What a list comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Each with its line of the file, from 1.
    pub good: Vec<(usize, RespondentForm)>,
    pub bad: Vec<BadRow>,
    /// Rows that repeat an earlier one of the file.
    pub repeated: Vec<RepeatedRow>,
}

/// Reads the rows below the header. Blank rows are passed over.
///
/// `kind` is what rows without a kind column are; `units` are the known units by name.
pub fn read_rows(
    rows: &[Vec<String>],
    header: usize,
    columns: &[Column],
    kind: Option<RespondentKind>,
    units: &BTreeMap<String, crate::id::UnitId>,
) -> Read {
    let mut read = Read::default();
    // The line on which each household stands first.
    let mut seen = BTreeMap::new();
    for (n, row) in rows.iter().enumerate().skip(header + 1) {
        let line = n + 1;
        if row.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        match read_row(row, columns, kind, units) {
            Ok(form) => match seen.entry(form.same_key()) {
                Entry::Vacant(free) => {
                    free.insert(line);
                    read.good.push((line, form));
                }
                Entry::Occupied(known) => read.repeated.push(RepeatedRow { line, first: *known.get() }),
            },
            Err((column, reason)) => read.bad.push(BadRow { line, column, reason }),
        }
    }
    read
}

fn read_row(
    row: &[String],
    columns: &[Column],
    kind: Option<RespondentKind>,
    units: &BTreeMap<String, crate::id::UnitId>,
) -> Result<RespondentForm, (usize, BadReason)> {
    let mut form = RespondentForm {
        kind: kind.unwrap_or(RespondentKind::Other),
        name: String::new(),
        place: String::new(),
        organisation: String::new(),
        telephone: String::new(),
        address: String::new(),
        id_number: String::new(),
        unit: None,
    };
    let mut has_kind = kind.is_some();
    for (n, (cell, column)) in row.iter().zip(columns).enumerate() {
        // Excel's own guard against rounding is no part of the number.
        let cell = cell.trim().trim_start_matches(['\'', '\t']).trim();
        if cell.is_empty() {
            continue;
        }
        if check_line(cell).is_err() {
            return Err((n + 1, BadReason::TooLong));
        }
        match column {
            Column::Kind => {
                form.kind = kind_of(cell).ok_or((n + 1, BadReason::UnknownKind))?;
                has_kind = true;
            }
            Column::Unit => form.unit = Some(*units.get(cell).ok_or((n + 1, BadReason::UnknownUnit))?),
            Column::Telephone | Column::IdNumber if is_scientific(cell) => {
                return Err((n + 1, BadReason::LostDigits));
            }
            Column::Telephone => cell.clone_into(&mut form.telephone),
            Column::IdNumber => cell.clone_into(&mut form.id_number),
            Column::Name => cell.clone_into(&mut form.name),
            Column::Place => cell.clone_into(&mut form.place),
            Column::Organisation => cell.clone_into(&mut form.organisation),
            Column::Address => cell.clone_into(&mut form.address),
            Column::Ignored => {}
        }
    }
    if form.name.is_empty() && form.organisation.is_empty() {
        return Err((0, BadReason::NoName));
    }
    if !has_kind {
        return Err((0, BadReason::UnknownKind));
    }
    if form.name.is_empty() {
        form.name.clone_from(&form.organisation);
    }
    Ok(form)
}

/// The kind that a cell names, in the words of offices' lists.
pub fn kind_of(cell: &str) -> Option<RespondentKind> {
    let is = |words: &[&str]| words.iter().any(|it| cell.contains(it));
    if is(&["脱贫", "贫困", "农户", "household"]) {
        Some(RespondentKind::Household)
    } else if is(&["老干", "离休", "退休", "离退", "retired"]) {
        Some(RespondentKind::RetiredCadre)
    } else if is(&["经营", "业主", "个体", "企业", "商户", "公司", "business"]) {
        Some(RespondentKind::Business)
    } else if is(&["其他", "其它", "other"]) {
        Some(RespondentKind::Other)
    } else {
        None
    }
}

/// `4.3E+17`
fn is_scientific(cell: &str) -> bool {
    let Some((digits, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let number = |it: &str| !it.is_empty() && it.chars().all(|it| it.is_ascii_digit() || it == '.');
    number(digits) && number(exponent.trim_start_matches(['+', '-']))
}

/// Rows of a comma- or tab-separated text: quotes hold separators and line ends.
pub fn separator_of(text: &str) -> u8 {
    let head: String = text.lines().take(HEADER_WITHIN).collect();
    let count = |it: char| head.matches(it).count();
    [(b'\t', count('\t')), (b';', count(';')), (b',', count(','))]
        .into_iter()
        .max_by_key(|it| it.1)
        .map_or(b',', |it| it.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &[&[&str]]) -> Vec<Vec<String>> {
        text.iter().map(|row| row.iter().map(|it| (*it).to_owned()).collect()).collect()
    }

    #[test]
    fn headers_are_known_by_their_words() {
        for (header, column) in [
            ("户主姓名", Column::Name),
            ("联系电话", Column::Telephone),
            ("企业名称", Column::Organisation),
            ("法人", Column::Name),
            ("家庭住址", Column::Address),
            ("所在行政村", Column::Place),
            ("身份证号码", Column::IdNumber),
            ("受访人类别", Column::Kind),
            ("责任单位", Column::Unit),
            ("备注", Column::Ignored),
        ] {
            assert_eq!(column_of(header), column, "{header}");
        }
    }

    #[test]
    fn a_title_above_the_header_is_passed_over() {
        let rows =
            rows(&[&["城关镇脱贫户姓名册", "", ""], &["序号", "姓名", "村"], &["1", "李桂兰", "李家坳村"]]);
        let (header, columns) = find_header(&rows).unwrap();
        assert_eq!((header, columns), (1, vec![Column::Ignored, Column::Name, Column::Place]));
    }

    #[test]
    fn bad_rows_say_line_and_column_and_the_rest_is_read() {
        let rows = rows(&[
            &["类别", "姓名", "村", "电话", "责任单位"],
            &["脱贫户", "李桂兰", "李家坳村", "13800000000", ""],
            &["脱贫户", "", "李家坳村", "", ""],
            &["神仙", "张三", "李家坳村", "", ""],
            &["脱贫户", "王五", "石桥村", "1.38E+10", ""],
            &["脱贫户", "赵六", "石桥村", "", "没有的股"],
            &["", "", "", "", ""],
            &["脱贫户", "李桂兰 ", "李家坳村", "13900000000", ""],
            &["个体户", "周志国", "城关镇", "'013800000000", ""],
        ]);
        let (header, columns) = find_header(&rows).unwrap();
        let read = read_rows(&rows, header, &columns, None, &BTreeMap::new());
        let bad: Vec<_> = read.bad.iter().map(|it| (it.line, it.column, it.reason)).collect();
        assert_eq!(
            bad,
            [
                (3, 0, BadReason::NoName),
                (4, 1, BadReason::UnknownKind),
                (5, 4, BadReason::LostDigits),
                (6, 5, BadReason::UnknownUnit),
            ]
        );
        assert_eq!(read.repeated, [RepeatedRow { line: 8, first: 2 }]);
        assert_eq!(read.good.len(), 2);
        assert_eq!(read.good[1].1.telephone, "013800000000");
    }

    #[test]
    fn a_list_without_kinds_takes_the_given_one() {
        let rows = rows(&[&["企业名称", "负责人"], &["鸿达竹木制品厂", ""]]);
        let (header, columns) = find_header(&rows).unwrap();
        let read = read_rows(&rows, header, &columns, Some(RespondentKind::Business), &BTreeMap::new());
        assert_eq!(read.good[0].1.name, "鸿达竹木制品厂");
        assert_eq!(read.good[0].1.kind, RespondentKind::Business);
    }

    proptest! {
        #[test]
        fn every_row_is_taken_repeated_bad_or_blank(cells in proptest::collection::vec(proptest::collection::vec("[ 李桂兰0-9E+.村]{0,6}", 3), 0..20)) {
            let mut rows = rows(&[&["类别", "姓名", "电话"]]);
            rows.extend(cells.clone());
            let (header, columns) = find_header(&rows).unwrap();
            let read = read_rows(&rows, header, &columns, Some(RespondentKind::Other), &BTreeMap::new());
            let blank = cells.iter().filter(|row| row.iter().all(|it| it.trim().is_empty())).count();
            for it in &read.repeated {
                prop_assert!(it.first < it.line && read.good.iter().any(|good| good.0 == it.first));
            }
            prop_assert_eq!(read.good.len() + read.bad.len() + read.repeated.len() + blank, cells.len());
        }
    }
}
