//! Questions that are added, and those that ask for something else.

use super::{Book, Column, NewKind, Part, Refusal};
use crate::questionnaire::{Kind, Source};

impl Book {
    pub(super) fn add(
        &mut self,
        kind: NewKind,
        after: Option<u32>,
        label: &str,
        choices: &[String],
    ) -> Result<(), Refusal> {
        self.table_mut(Part::Survey);
        let ruled = self.ruled(Part::Survey).expect("it was made above");
        let place = match after {
            Some(key) => ruled.at(key).ok_or(Refusal::Gone)? + 1,
            None => ruled.rows.len(),
        };
        let language = ruled.languages(Column::Label).next().unwrap_or_default().to_owned();
        let (name, mut word) = (self.free_name(kind.stem()), kind.word().to_owned());
        if kind.has_choices() {
            let list = self.free_list();
            self.begin_list(&list, choices);
            word = format!("{word} {list}");
        }
        let columns =
            [(Column::Type, "", &*word), (Column::Name, "", &*name), (Column::Label, &*language, label)];
        self.insert(place, &columns);
        if kind == NewKind::Calculate {
            let calculation = self.place_of(Part::Survey, Column::Calculation, "");
            self.table_mut(Part::Survey).rows[place].write(calculation, "''");
        }
        if let Some(end) = kind.end_word() {
            self.insert(place + 1, &[(Column::Type, "", end)]);
        }
        Ok(())
    }

    fn insert(&mut self, place: usize, cells: &[(Column, &str, &str)]) {
        let mut row = self.row(Vec::new());
        for (column, language, text) in cells.iter().filter(|it| !it.2.is_empty()) {
            row.write(self.place_of(Part::Survey, *column, language), text);
        }
        self.table_mut(Part::Survey).rows.insert(place, row);
    }

    pub(super) fn retype(&mut self, key: u32, kind: NewKind, choices: &[String]) -> Result<(), Refusal> {
        let before = self.kind(key);
        if before.as_ref().is_some_and(|it| NewKind::of(it) == Some(kind)) {
            return Ok(());
        }
        let mut word = kind.word().to_owned();
        if kind.has_choices() {
            let kept = before.as_ref().and_then(Kind::choices).map(|it| (it.from.clone(), it.or_other));
            let (from, or_other) = match kept {
                Some((Source::List(list), or_other)) => (list, or_other),
                Some((Source::Question(name), or_other)) => (format!("${{{name}}}"), or_other),
                Some((Source::File(file), or_other)) => {
                    word += "_from_file";
                    (file, or_other)
                }
                None => {
                    let list = self.free_list();
                    self.begin_list(&list, choices);
                    (list, false)
                }
            };
            word = format!("{word} {from}{}", if or_other { " or_other" } else { "" });
        }
        self.end_with(key, kind)?;
        self.write(Part::Survey, key, Column::Type, "", &word)
    }

    /// A group or repeat that becomes the other ends as that, too; a question that becomes one ends behind itself, and what
    /// was one and becomes a question ends no more.
    fn end_with(&mut self, key: u32, kind: NewKind) -> Result<(), Refusal> {
        let ruled = self.ruled(Part::Survey).ok_or(Refusal::Gone)?;
        let place = ruled.at(key).ok_or(Refusal::Gone)?;
        let end = super::lines::Spans::of(&ruled).of[place].end;
        match (end, kind.end_word()) {
            (Some(end), Some(word)) => {
                let column = self.place_of(Part::Survey, Column::Type, "");
                self.table_mut(Part::Survey).rows[end].write(column, word);
            }
            (Some(end), None) => drop(self.table_mut(Part::Survey).rows.remove(end)),
            (None, Some(word)) => self.insert(place + 1, &[(Column::Type, "", word)]),
            (None, None) => {}
        }
        Ok(())
    }
}
