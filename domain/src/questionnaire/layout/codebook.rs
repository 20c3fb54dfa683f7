//! A table of all columns: what was asked, of which kind, with which choices, in which versions.

use super::{Column, Layout, Wording};
use crate::questionnaire::{Source, sheets::type_word_of, text_in};

/// The headers of the codebook.
const HEADERS: [&str; 10] =
    ["table", "column", "name", "type", "label", "hint", "choices", "relevant", "required", "versions"];

/// What stands in the place of choices where a cell names a file.
const FILES: &str = "ID.ending of an attachment of the visit: in media/ where files were taken along, else GET /api/v1/attachments/ID?reason=…";

impl Layout<'_> {
    /// The codebook beside the tables, its headers first: a row for each column.
    pub fn codebook(&self, wording: &Wording) -> Vec<Vec<String>> {
        let mut rows = vec![HEADERS.map(str::to_owned).to_vec()];
        let names = self.table_names(wording.prefixes);
        for (n, (table, name)) in self.tables.iter().zip(&names).enumerate() {
            let headers = self.headers(n, wording);
            let n_keys = headers.len() - table.columns.len();
            for (header, column) in headers[n_keys..].iter().zip(&table.columns) {
                rows.push(self.entry(name, header, column, wording));
            }
        }
        rows
    }

    fn entry(&self, table: &str, header: &str, column: &Column, wording: &Wording) -> Vec<String> {
        let question = self.question(column);
        let said = |texts| text_in(texts, &wording.language).unwrap_or_default().to_owned();
        let choices = match column.holds.choice() {
            Some(name) => {
                let label = self.choice_label(column.last, name, &wording.language);
                format!("1 = {}\n0 = ", label.as_deref().unwrap_or(name))
            }
            None => self.choices(column, &wording.language),
        };
        let expression = |it: &Option<crate::expression::Expression>| {
            it.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let versions = column.versions.keys().map(|it| match self.versions[*it].version.as_str() {
            "" => (it + 1).to_string(),
            version => version.to_owned(),
        });
        vec![
            table.to_owned(),
            header.to_owned(),
            super::headers::full_path(column),
            type_word_of(question),
            said(&question.label),
            said(&question.hint),
            choices,
            expression(&question.logic.relevant),
            expression(&question.logic.required),
            versions.collect::<Vec<_>>().join(", "),
        ]
    }

    /// The choices of all versions, one a line, each as the last version that has it says it; of a file or of answers where
    /// they are from. Of photos, recordings and files where they are to be had.
    fn choices(&self, column: &Column, language: &str) -> String {
        if self.question(column).kind.is_attached() {
            return FILES.to_owned();
        }
        let mut lines: Vec<(String, String)> = Vec::new();
        for (version, number) in &column.versions {
            let form = self.versions[*version];
            let list = match form.question(*number).kind.choices().map(|it| &it.from) {
                Some(Source::List(list)) => form.lists.get(list),
                Some(Source::File(file)) => return file.clone(),
                Some(Source::Question(name)) => return format!("${{{name}}}"),
                None => None,
            };
            for choice in list.map_or(&[][..], |it| it.choices.as_slice()) {
                let line =
                    format!("{} = {}", choice.name, text_in(&choice.label, language).unwrap_or_default());
                match lines.iter_mut().find(|(name, _)| *name == choice.name) {
                    Some((_, known)) => *known = line,
                    None => lines.push((choice.name.clone(), line)),
                }
            }
        }
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }
}
