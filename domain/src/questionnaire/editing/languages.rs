//! Languages: columns of the same header, one for each.

use super::{Book, Column, Part, Refusal, Row, Ruled, Setting};

/// What is said in languages, in the order in which columns are added.
const SPOKEN: [Column; 5] =
    [Column::Label, Column::Hint, Column::GuidanceHint, Column::ConstraintMessage, Column::RequiredMessage];

impl Book {
    /// The languages of what is said, in the order of the columns; the empty one is that of columns without a language.
    pub fn languages(&self) -> Vec<String> {
        let mut languages: Vec<String> = Vec::new();
        for part in [Part::Survey, Part::Choices] {
            let Some(ruled) = self.ruled(part) else { continue };
            for (column, language) in ruled.columns.iter().flatten() {
                if column.has_languages() && !languages.contains(language) {
                    languages.push(language.clone());
                }
            }
        }
        if languages.is_empty() {
            languages.push(String::new());
        }
        languages
    }

    pub(super) fn first_language(&self) -> String {
        let ruled = self.ruled(Part::Survey);
        let of_label = ruled.as_ref().and_then(|it| it.languages(Column::Label).next().map(str::to_owned));
        of_label.unwrap_or_else(|| self.languages().swap_remove(0))
    }

    pub(super) fn add_language(&mut self, language: &str, unnamed: &str) -> Result<(), Refusal> {
        let language = language.trim();
        if language.is_empty() || unnamed.trim().is_empty() {
            return Err(Refusal::NoLanguage);
        }
        let languages = self.languages();
        if languages.iter().any(|it| it == language) || language == unnamed.trim() {
            return Err(Refusal::SameLanguage);
        }
        self.table_mut(Part::Survey);
        for part in [Part::Survey, Part::Choices] {
            self.name_language(part, unnamed.trim());
            let Some(ruled) = self.ruled(part) else { continue };
            let said: Vec<Column> = SPOKEN.into_iter().filter(|it| ruled.plain(*it).is_some()).collect();
            for column in said {
                self.place_of(part, column, language);
            }
        }
        Ok(())
    }

    /// How many texts are said in a language.
    pub fn texts_n(&self, language: &str) -> usize {
        let in_part = |part: Part| {
            let Some(ruled) = self.ruled(part) else { return 0 };
            let places = places(&ruled, language);
            let texts = |row: &Row| places.iter().filter(|it| !row.cell(Some(**it)).is_empty()).count();
            ruled.below().map(texts).sum()
        };
        [Part::Survey, Part::Choices].into_iter().map(in_part).sum()
    }

    pub(super) fn remove_language(&mut self, language: &str) -> Result<(), Refusal> {
        let languages = self.languages();
        if !languages.iter().any(|it| it == language) {
            return Err(Refusal::Gone);
        }
        if languages.len() == 1 {
            return Err(Refusal::LastLanguage);
        }
        for part in [Part::Survey, Part::Choices] {
            let Some(ruled) = self.ruled(part) else { continue };
            let places = places(&ruled, language);
            for row in &mut self.table_mut(part).rows {
                row.drop_cells(&places);
            }
        }
        if self.setting(Setting::DefaultLanguage) == language {
            self.set(Setting::DefaultLanguage, "");
        }
        Ok(())
    }

    /// Says of columns without a language which they are in.
    fn name_language(&mut self, part: Part, language: &str) {
        let Some(ruled) = self.ruled(part) else { return };
        let header = ruled.header;
        let unnamed = ruled.columns.iter().enumerate().filter_map(|(place, it)| {
            let (column, own) = it.as_ref()?;
            let taken = ruled.place(*column, language).is_some();
            (column.has_languages() && own.is_empty() && !taken).then_some(place)
        });
        for place in unnamed.collect::<Vec<_>>() {
            let row = &mut self.table_mut(part).rows[header];
            let named = format!("{}::{language}", row.cells[place].trim());
            row.write(place, &named);
        }
    }
}

/// The places of the columns in which something is said in a language, from left to right.
fn places(ruled: &Ruled<'_>, language: &str) -> Vec<usize> {
    let columns = ruled.columns.iter().enumerate();
    let spoken =
        columns.filter(|(_, it)| it.as_ref().is_some_and(|it| it.0.has_languages() && it.1 == language));
    spoken.map(|(place, _)| place).collect()
}
