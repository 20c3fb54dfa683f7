//! Questionnaires that come with the program: one for each kind of respondent, and a library to take questions from.

/// A form by name, as CSV; the name is what `zoufang form ready` is given.
#[derive(Clone, Copy, Debug)]
pub struct ReadyForm {
    pub name: &'static str,
    pub csv: &'static str,
}

pub const READY_FORMS: [ReadyForm; 4] = [
    ReadyForm { name: "firm", csv: include_str!("../forms/firm.csv") },
    ReadyForm { name: "household", csv: include_str!("../forms/household.csv") },
    ReadyForm { name: "retired_cadre", csv: include_str!("../forms/retired_cadre.csv") },
    ReadyForm { name: "library", csv: include_str!("../forms/library.csv") },
];

#[cfg(test)]
mod tests {
    use domain::questionnaire::{version::Version, xlsform::read};

    use super::*;
    use crate::workbook;

    #[test]
    fn ready_forms_have_nothing_wrong_with_them_and_two_languages() {
        for form in READY_FORMS {
            let sheets = workbook::sheets(form.csv.as_bytes()).unwrap();
            let outcome = read(&Version::of(sheets), "unnamed");
            assert_eq!(outcome.findings, [], "{}", form.name);
            let questionnaire = outcome.questionnaire.unwrap();
            assert_eq!(questionnaire.id, form.name);
            assert_eq!(questionnaire.languages, ["中文 (zh)", "English (en)"]);
        }
    }
}
