//! The choices sheet, and files of choices.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CHOICES_MAX, Choice, ChoiceList,
    columns::Column,
    finding::Fault,
    medium::Media,
    xlsform::{Findings, Grid, Sheet},
};

/// All lists by name.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub lists: BTreeMap<String, ChoiceList>,
    /// The row of each choice, by list and name.
    pub rows: BTreeMap<String, Vec<usize>>,
    pub languages: Vec<String>,
}

pub(super) fn read<'s>(
    sheets: impl Iterator<Item = &'s Sheet>,
    media: &Media,
    same_allowed: bool,
    findings: &mut Findings,
) -> Lists {
    let mut lists = Lists::default();
    for sheet in sheets {
        let grid = Grid::read(sheet, true, findings);
        if grid.rows.is_empty() {
            continue;
        }
        for (column, name) in [(Column::ListName, "list_name"), (Column::Name, "name")] {
            if !grid.has(column) {
                findings.add(grid.name, 1, "", Fault::NoColumn { column: name });
                return lists;
            }
        }
        if grid.rows.len() > CHOICES_MAX {
            findings.add(grid.name, 0, "", Fault::TooMany { what: "choices", n_max: CHOICES_MAX });
            return lists;
        }
        lists.languages.extend(grid.languages());
        for (row_number, row) in &grid.rows {
            grid.check_media(*row_number, row, media, findings);
            add(&mut lists, &grid, *row_number, row, same_allowed, findings);
        }
    }
    lists
}

fn add(
    lists: &mut Lists,
    grid: &Grid<'_>,
    row_number: usize,
    row: &[String],
    same_allowed: bool,
    findings: &mut Findings,
) {
    let (list, name) = (grid.cell(row, Column::ListName), grid.cell(row, Column::Name));
    if list.is_empty() {
        return;
    }
    if name.is_empty() {
        findings.add(grid.name, row_number, grid.header(Column::Name), Fault::NoChoiceName);
        return;
    }
    let label = grid.texts(row, Column::Label);
    let media = grid.media(row);
    if label.is_empty() && media.is_empty() {
        findings.add(grid.name, row_number, grid.header(Column::Label), Fault::NoLabel);
    }
    let more = grid
        .columns
        .iter()
        .zip(&grid.headers)
        .zip(row)
        .filter(|((column, _), cell)| column.is_none() && !cell.trim().is_empty());
    let more = more.map(|((_, header), cell)| ((*header).to_owned(), cell.trim().to_owned())).collect();
    let known = lists.lists.entry(list.to_owned()).or_default();
    if known.place(name).is_some() && !same_allowed {
        let fault = Fault::SameChoice { list: list.to_owned(), name: name.to_owned() };
        findings.add(grid.name, row_number, grid.header(Column::Name), fault);
    }
    known.add(Choice { name: name.to_owned(), label, media, more, implied: false });
    lists.rows.entry(list.to_owned()).or_default().push(row_number);
}

/// Reads a file of choices: the columns that hold name and label are `name` and `label` unless told otherwise.
pub(super) fn from_file(rows: &[Vec<String>], name: &str, label: &str) -> ChoiceList {
    let mut list = ChoiceList::default();
    let Some((header, rows)) = rows.split_first() else { return list };
    for row in rows {
        let mut choice = Choice::default();
        for (column, cell) in header.iter().zip(row) {
            let (column, cell) = (column.trim(), cell.trim());
            if column == name {
                cell.clone_into(&mut choice.name);
            } else if column == label {
                choice.label.insert(String::new(), cell.to_owned());
            }
            if column != "name" && column != "label" {
                choice.more.insert(column.to_owned(), cell.to_owned());
            }
        }
        if !choice.name.is_empty() {
            list.add(choice);
        }
    }
    list
}

/// The columns that the choices of a list have beside name and label.
pub(super) fn more_columns(list: &ChoiceList) -> Vec<String> {
    let columns: BTreeSet<&String> = list.choices.iter().flat_map(|it| it.more.keys()).collect();
    columns.into_iter().cloned().collect()
}
