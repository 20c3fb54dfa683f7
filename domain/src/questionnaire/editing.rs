//! A questionnaire that is being written: its sheets as they are, and acts on them.
//!
//! [`Book`] is the sheets of an XLSForm whose rows have keys, so that a row is known wherever it is moved to. An [`Act`] is
//! done by [`Book::act`], from one book to the next; [`History`] undoes. Whatever an act does not name stays as it was:
//! columns and rows that nobody here knows, blank rows, sheets of other names. A book may be broken: what hinders
//! publishing is what [`super::xlsform::read`] finds in [`Book::sheets`].

mod acting;
mod adding;
mod completing;
mod following;
mod history;
mod kinds;
mod languages;
mod lines;
mod lists;
mod moving;
mod naming;
mod settings;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{
    columns::{Column, column_of},
    xlsform::Sheet,
};

pub use acting::{Act, Refusal};
pub use completing::{Completion, Offer, OfferKind, complete};
pub use history::History;
pub use kinds::NewKind;
pub use lines::{Line, LineKind};
pub use lists::ChoiceRow;
pub use moving::Way;
pub use naming::Referrer;
pub use settings::Setting;

/// The sheets of a form, their rows with keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    tables: Vec<Table>,
    /// A key that no row has had.
    next: u32,
}

/// A sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Table {
    name: String,
    rows: Vec<Row>,
}

/// A row of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// The same wherever the row is moved to, and no other row's.
    key: u32,
    cells: Arc<Vec<String>>,
}

impl Row {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|it| it.trim().is_empty())
    }

    /// The cell of a column, without blanks around it.
    fn cell(&self, place: Option<usize>) -> &str {
        place.and_then(|it| self.cells.get(it)).map_or("", |it| it.trim())
    }

    /// Takes cells out, at these places from left to right; what is behind them moves up.
    fn drop_cells(&mut self, places: &[usize]) {
        if places.first().is_some_and(|it| *it < self.cells.len()) {
            let cells = Arc::make_mut(&mut self.cells);
            for place in places.iter().rev() {
                if *place < cells.len() {
                    cells.remove(*place);
                }
            }
        }
    }

    fn write(&mut self, place: usize, text: &str) {
        let cells = Arc::make_mut(&mut self.cells);
        if cells.len() <= place {
            cells.resize(place + 1, String::new());
        }
        text.clone_into(&mut cells[place]);
    }
}

/// A sheet that acts write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Survey,
    Choices,
    Settings,
}

impl Part {
    const ALL: [Self; 3] = [Self::Survey, Self::Choices, Self::Settings];

    /// The sheet's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Choices => "choices",
            Self::Settings => "settings",
        }
    }

    /// The part that a sheet's name means.
    pub fn of_sheet(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| name.trim().eq_ignore_ascii_case(it.name()))
    }

    /// The headers that it begins with.
    fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Survey => &["type", "name", "label"],
            Self::Choices => &["list_name", "name", "label"],
            Self::Settings => &["form_title", "form_id"],
        }
    }
}

/// What a header means; `None` where nobody here knows it.
pub fn column(header: &str) -> Option<(Column, String)> {
    column_of(header.trim())
}

/// A sheet with its header read.
struct Ruled<'b> {
    rows: &'b [Row],
    /// The place of the header; rows of the sheet are below it.
    header: usize,
    columns: Vec<Option<(Column, String)>>,
}

impl Ruled<'_> {
    fn place(&self, column: Column, language: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.as_ref().is_some_and(|it| it.0 == column && it.1 == language))
    }

    /// The place of a column that has no languages.
    fn plain(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|it| it.as_ref().is_some_and(|it| it.0 == column))
    }

    /// The languages of a column, in their order.
    fn languages(&self, column: Column) -> impl Iterator<Item = &str> {
        self.columns.iter().flatten().filter(move |it| it.0 == column).map(|it| it.1.as_str())
    }

    /// The place of a row; `None` where it is gone, and for the header.
    fn at(&self, key: u32) -> Option<usize> {
        self.rows.iter().position(|it| it.key == key).filter(|it| *it > self.header)
    }

    /// Rows below the header.
    fn below(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().skip(self.header + 1)
    }
}

impl Book {
    /// The sheets of a form as they were read.
    pub fn of(sheets: Vec<Sheet>) -> Self {
        let mut book = Self::default();
        for sheet in sheets {
            let rows = sheet.rows.into_iter().map(|cells| book.row(cells)).collect();
            book.tables.push(Table { name: sheet.name, rows });
        }
        book
    }

    /// A form in which nothing is asked yet.
    pub fn empty(id: &str, title: &str) -> Self {
        let texts = |row: &[&str]| row.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let sheets = Part::ALL.map(|part| {
            let values = (part == Part::Settings).then(|| texts(&[title, id]));
            let rows = std::iter::once(texts(part.headers())).chain(values).collect();
            Sheet { name: part.name().to_owned(), rows }
        });
        Self::of(sheets.into())
    }

    /// The sheets as they stand.
    pub fn sheets(&self) -> Vec<Sheet> {
        let rows = |table: &Table| table.rows.iter().map(|it| it.cells.to_vec()).collect();
        self.tables.iter().map(|it| Sheet { name: it.name.clone(), rows: rows(it) }).collect()
    }

    /// The sheets under a form's id, without blank cells and rows behind what they say: what is published.
    pub fn published(&self, id: &str) -> Vec<Sheet> {
        let mut book = self.clone();
        book.set(Setting::Id, id);
        let mut sheets = book.sheets();
        for sheet in &mut sheets {
            for row in &mut sheet.rows {
                let n_said = row.iter().rposition(|it| !it.trim().is_empty()).map_or(0, |it| it + 1);
                row.truncate(n_said);
            }
            let n_rows = sheet.rows.iter().rposition(|it| !it.is_empty()).map_or(0, |it| it + 1);
            sheet.rows.truncate(n_rows);
        }
        sheets
    }

    /// How many rows there are in all.
    pub fn rows_n(&self) -> usize {
        self.tables.iter().map(|it| it.rows.len()).sum()
    }

    /// The key of a row of a sheet, from 1; `None` for the header, and where there is none.
    pub fn key_of(&self, part: Part, row: usize) -> Option<u32> {
        let ruled = self.ruled(part)?;
        let place = row.checked_sub(1).filter(|it| *it > ruled.header)?;
        Some(ruled.rows.get(place)?.key)
    }

    /// A cell without blanks around it; empty where there is no such row or column.
    pub fn cell(&self, part: Part, key: u32, column: Column, language: &str) -> &str {
        self.raw(part, key, column, language).trim()
    }

    /// A cell as it was written.
    pub fn raw(&self, part: Part, key: u32, column: Column, language: &str) -> &str {
        let find = || {
            let ruled = self.ruled(part)?;
            let cells = &self.table(part)?.rows.get(ruled.at(key)?)?.cells;
            cells.get(ruled.place(column, language)?)
        };
        find().map_or("", String::as_str)
    }

    fn row(&mut self, cells: Vec<String>) -> Row {
        self.next += 1;
        Row { key: self.next, cells: Arc::new(cells) }
    }

    fn table(&self, part: Part) -> Option<&Table> {
        self.tables.iter().find(|it| Part::of_sheet(&it.name) == Some(part))
    }

    /// A sheet with a header, made where there is none.
    fn table_mut(&mut self, part: Part) -> &mut Table {
        let place = self.tables.iter().position(|it| Part::of_sheet(&it.name) == Some(part));
        let place = place.unwrap_or_else(|| {
            self.tables.push(Table { name: part.name().to_owned(), rows: Vec::new() });
            self.tables.len() - 1
        });
        if self.tables[place].rows.iter().all(Row::is_blank) {
            let header = self.row(part.headers().iter().map(|it| (*it).to_owned()).collect());
            self.tables[place].rows.insert(0, header);
        }
        &mut self.tables[place]
    }

    fn ruled(&self, part: Part) -> Option<Ruled<'_>> {
        let rows = self.table(part)?.rows.as_slice();
        let header = rows.iter().position(|it| !it.is_blank())?;
        let columns = rows[header].cells.iter().map(|it| column_of(it.trim())).collect();
        Some(Ruled { rows, header, columns })
    }

    /// The place of a column, which is added behind all cells where it is not there.
    fn place_of(&mut self, part: Part, column: Column, language: &str) -> usize {
        self.table_mut(part);
        let ruled = self.ruled(part).expect("it was made above");
        if let Some(place) = ruled.place(column, language) {
            return place;
        }
        let header = ruled.header;
        let place = ruled.rows.iter().map(|it| it.cells.len()).max().unwrap_or_default();
        let name = if language.is_empty() {
            column.header().to_owned()
        } else {
            format!("{}::{language}", column.header())
        };
        self.table_mut(part).rows[header].write(place, &name);
        place
    }
}
