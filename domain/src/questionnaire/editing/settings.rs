//! The settings sheet: a row of headers and a row of values.

use super::{Book, Part};

/// A setting that an editor writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Title,
    /// The form's id: the same in all its versions.
    Id,
    /// `pages` for one question a page.
    Style,
    /// The language that is shown first.
    DefaultLanguage,
    /// What a finished record is called, an expression.
    InstanceName,
}

impl Setting {
    /// The headers that mean it; the first is written.
    fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Title => &["form_title", "title", "set_form_title"],
            Self::Id => &["form_id", "id_string", "set_form_id"],
            Self::Style => &["style"],
            Self::DefaultLanguage => &["default_language"],
            Self::InstanceName => &["instance_name"],
        }
    }

    fn is(self, header: &str) -> bool {
        let key = header.trim().to_lowercase().replace(' ', "_");
        self.headers().contains(&key.as_str())
    }
}

impl Book {
    /// A setting; empty where it is not given.
    pub fn setting(&self, setting: Setting) -> &str {
        let find = || {
            let rows = &self.table(Part::Settings)?.rows;
            let mut filled = rows.iter().filter(|it| !it.is_blank());
            let (headers, values) = (filled.next()?, filled.next()?);
            Some(values.cell(headers.cells.iter().position(|it| setting.is(it))))
        };
        find().unwrap_or_default()
    }

    pub(super) fn set(&mut self, setting: Setting, text: &str) {
        if self.setting(setting) == text {
            return;
        }
        self.table_mut(Part::Settings);
        let new = self.row(Vec::new());
        let rows = &mut self.table_mut(Part::Settings).rows;
        let mut filled = rows.iter().enumerate().filter(|(_, it)| !it.is_blank()).map(|(place, _)| place);
        let header = filled.next().expect("it was made above");
        let values = filled.next();
        let values = values.unwrap_or_else(|| {
            rows.insert(header + 1, new);
            header + 1
        });
        let place = rows[header].cells.iter().position(|it| setting.is(it)).unwrap_or_else(|| {
            let place = rows.iter().map(|it| it.cells.len()).max().unwrap_or_default();
            rows[header].write(place, setting.headers()[0]);
            place
        });
        rows[values].write(place, text);
    }
}
