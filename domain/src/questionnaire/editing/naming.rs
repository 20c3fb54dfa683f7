//! Names of questions, and who refers to them.

use std::collections::BTreeSet;

use super::{Book, Column, Part, Refusal};
use crate::{expression::is_name, questionnaire::logic::names_in};

/// A place that refers to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The row of the survey; `None` for the settings.
    pub key: Option<u32>,
    /// The name of the question there.
    pub name: String,
    /// The header of the column.
    pub column: String,
}

impl Book {
    /// The names of questions with their labels, in order.
    pub fn names(&self) -> Vec<(String, String)> {
        let named = self.lines().into_iter().filter(|it| !it.name.is_empty());
        named.map(|it| (it.name, it.label)).collect()
    }

    /// Where a question is referred to, in the order of the survey.
    pub fn referrers(&self, name: &str) -> Vec<Referrer> {
        let mut found = Vec::new();
        for part in [Part::Survey, Part::Settings] {
            let Some(ruled) = self.ruled(part) else { continue };
            let headers = &ruled.rows[ruled.header].cells;
            for row in ruled.below() {
                let cells = headers.iter().zip(row.cells.iter()).enumerate();
                let refers = |place: usize, cell: &str| {
                    (part == Part::Settings || ruled.columns[place].is_some())
                        && names_in(cell).iter().any(|it| it == name)
                };
                found.extend(cells.filter(|(place, (_, cell))| refers(*place, cell)).map(
                    |(_, (header, _))| Referrer {
                        key: (part == Part::Survey).then_some(row.key),
                        name: row.cell(ruled.plain(Column::Name)).to_owned(),
                        column: header.trim().to_owned(),
                    },
                ));
            }
        }
        found
    }

    pub(super) fn rename(&mut self, key: u32, name: &str) -> Result<(), Refusal> {
        let before = self.cell(Part::Survey, key, Column::Name, "").to_owned();
        if before == name {
            return Ok(());
        }
        if !is_name(name) {
            return Err(Refusal::NotAName { name: name.to_owned() });
        }
        let lines = self.lines();
        if let Some(other) = lines.iter().find(|it| it.name == name && it.key != key) {
            return Err(Refusal::Taken { name: name.to_owned(), key: other.key });
        }
        let paths = self.paths_to(key, &before, name);
        self.rewrite(paths);
        self.write(Part::Survey, key, Column::Name, "", name)?;
        // Of two with one name nobody knows which is meant.
        let only = lines.iter().filter(|it| it.name == before).count() == 1;
        if only && !before.is_empty() {
            self.follow(&before, name);
        }
        Ok(())
    }

    /// Writes the new name wherever the old one was referred to; columns that nobody knows stay as they are.
    fn follow(&mut self, before: &str, name: &str) {
        for part in Part::ALL {
            let Some(ruled) = self.ruled(part) else { continue };
            let header = ruled.header;
            let known: Vec<bool> =
                ruled.columns.iter().map(|it| part == Part::Settings || it.is_some()).collect();
            for row in &mut self.table_mut(part).rows[header + 1..] {
                for (place, _) in known.iter().enumerate().filter(|it| *it.1) {
                    let renamed = row.cells.get(place).and_then(|it| renamed(it, before, name));
                    if let Some(text) = renamed {
                        row.write(place, &text);
                    }
                }
            }
        }
    }

    /// A name that no question has, of a stem and a number.
    pub(super) fn free_name(&self, stem: &str) -> String {
        let taken: BTreeSet<String> = self.lines().into_iter().map(|it| it.name).collect();
        free(stem, &taken)
    }
}

/// The first of `stem1`, `stem2` and so on that is not taken.
pub(super) fn free(stem: &str, taken: &BTreeSet<String>) -> String {
    let mut names = (1..).map(|n| format!("{stem}{n}"));
    names.find(|it| !taken.contains(it)).expect("there are more numbers than rows")
}

/// A text with `${before}` as `${name}`; `None` where it is not in it.
fn renamed(text: &str, before: &str, name: &str) -> Option<String> {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut found = false;
    for part in parts {
        out.push_str("${");
        match part.split_once('}') {
            Some((inner, rest)) if inner.trim().trim_start_matches("last-saved#") == before => {
                found = true;
                let saved = inner.trim().starts_with("last-saved#");
                out.push_str(if saved { "last-saved#" } else { "" });
                out.push_str(name);
                out.push('}');
                out.push_str(rest);
            }
            Some(_) | None => out.push_str(part),
        }
    }
    found.then_some(out)
}
