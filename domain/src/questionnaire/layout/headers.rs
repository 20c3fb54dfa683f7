//! What stands above columns.

use std::collections::BTreeMap;

use super::{Column, Holds, Layout, Table, Wording};
use crate::questionnaire::{Source, text_in};

/// The column of a row's own key.
pub const KEY: &str = "KEY";
/// The column of the key of the row that a turn belongs to.
pub const PARENT_KEY: &str = "PARENT_KEY";
/// Between groups and questions in a header.
const SEPARATOR: &str = "/";

impl Layout<'_> {
    /// The names of the tables, no two the same: that of the innermost repeat, with what it is in where that is needed or
    /// asked for; nothing for the form's own.
    pub fn table_names(&self, prefixes: bool) -> Vec<String> {
        let short = |it: &Table| it.path.last().cloned().unwrap_or_default();
        let mut names: Vec<String> = self.tables.iter().map(short).collect();
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *times.entry(name.clone()).or_default() += 1;
        }
        for (name, table) in names.iter_mut().zip(&self.tables) {
            if prefixes || times[name.as_str()] > 1 {
                *name = table.path.join(SEPARATOR);
            }
        }
        tell_apart(&mut names);
        names
    }

    /// The headers of a table, keys first; no two are the same.
    pub fn headers(&self, table: usize, wording: &Wording) -> Vec<String> {
        let table = &self.tables[table];
        let mut headers = vec![KEY.to_owned()];
        headers.extend(table.parent.map(|_| PARENT_KEY.to_owned()));
        let n_keys = headers.len();
        headers.extend(table.columns.iter().map(|it| self.header(it, wording)));
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for header in &headers {
            *times.entry(header.clone()).or_default() += 1;
        }
        for (header, column) in headers[n_keys..].iter_mut().zip(&table.columns) {
            if times[header.as_str()] > 1 {
                let path = full_path(column);
                *header = if wording.labels { format!("{header} ({path})") } else { path };
            }
        }
        tell_apart(&mut headers);
        headers
    }

    fn header(&self, column: &Column, wording: &Wording) -> String {
        let question = self.question(column);
        let mut parts: Vec<String> = Vec::new();
        if wording.prefixes {
            // Groups by their labels, where there are any.
            let form = self.versions[column.first.0];
            let path = form.path(column.first.1);
            let groups = &path[path.len() - column.path.len()..path.len() - 1];
            parts.extend(groups.iter().map(|it| {
                let group = form.question(*it);
                let label = text_in(&group.label, &wording.language).filter(|_| wording.labels);
                label.unwrap_or(&group.name).to_owned()
            }));
        }
        let label = text_in(&question.label, &wording.language).filter(|_| wording.labels);
        parts.push(label.unwrap_or(&question.name).to_owned());
        if let Holds::Choice(name) = &column.holds {
            let label = self.choice_label(column.last, name, &wording.language).filter(|_| wording.labels);
            parts.push(label.unwrap_or_else(|| name.clone()));
        }
        parts.join(SEPARATOR)
    }

    /// The label of a choice of a question of a version.
    pub(super) fn choice_label(
        &self,
        (version, number): (usize, u32),
        name: &str,
        language: &str,
    ) -> Option<String> {
        let form = self.versions[version];
        let list = match &form.question(number).kind.choices()?.from {
            Source::List(list) | Source::File(list) => form.lists.get(list)?,
            Source::Question(_) => return None,
        };
        text_in(&list.choices[list.place(name)?].label, language).map(str::to_owned)
    }
}

/// A column by names, groups and choice included.
pub(super) fn full_path(column: &Column) -> String {
    let choice = match &column.holds {
        Holds::Answer => None,
        Holds::Choice(name) => Some(name),
    };
    let parts: Vec<&str> = column.path.iter().chain(choice).map(String::as_str).collect();
    parts.join(SEPARATOR)
}

/// Numbers headers that are the same in spite of all: a question may be called as a choice of another one.
fn tell_apart(headers: &mut [String]) {
    let mut seen = std::collections::BTreeSet::new();
    for header in headers {
        let mut n = 2;
        let plain = header.clone();
        while !seen.insert(header.clone()) {
            *header = format!("{plain} {n}");
            n += 1;
        }
    }
}
