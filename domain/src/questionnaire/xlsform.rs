//! From the sheets of a workbook to a questionnaire. Pure: the server reads the file into rows of cells.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Questionnaire, Texts, choices,
    columns::{Column, column_of},
    finding::{Fault, Finding, Severity},
    logic,
    medium::Media,
    survey,
    version::Version,
};
use crate::expression::is_name;

/// A sheet of a workbook: rows of cells as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    pub name: String,
    pub rows: Vec<Vec<String>>,
}

/// Attached files by name, as rows of cells.
pub type Files = BTreeMap<String, Vec<Vec<String>>>;

/// What became of a workbook. With an error among the findings there is no questionnaire.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub questionnaire: Option<Questionnaire>,
    pub findings: Vec<Finding>,
}

/// Longest id of a form, in characters (xlsform.org).
const ID_CHARS_MAX: usize = 64;

/// Reads a workbook; `name` is what the form is called when its settings do not say.
pub fn read(version: &Version, name: &str) -> Outcome {
    let Version { sheets, files, media } = version;
    let mut findings = Findings::default();
    let find = |wanted: &str| sheets.iter().find(|it| it.name.trim().eq_ignore_ascii_case(wanted));
    if find("entities").is_some_and(|it| it.rows.len() > 1) {
        findings.add("entities", 0, "", Fault::EntitiesNotSupported);
    }
    let Some(survey) = find("survey") else {
        findings.add("survey", 0, "", Fault::NoSurvey);
        return Outcome { questionnaire: None, findings: findings.0 };
    };
    let settings = find("settings").map(|it| Settings::read(it, &mut findings)).unwrap_or_default();
    let lists = ["choices", "external_choices"].iter().filter_map(|it| find(it));
    let mut lists = choices::read(lists, media, settings.allows_same_choices, &mut findings);
    let root = settings.root.as_deref().unwrap_or("data");
    let survey = survey::read(survey, root, &mut lists, (files, media), &mut findings);
    let mut languages: Vec<String> = survey.languages;
    for language in lists.languages {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    languages.retain(|it| !it.is_empty());
    let first = languages.first().cloned().unwrap_or_default();
    let default_language = settings.default_language.clone().unwrap_or(first);
    if !default_language.is_empty() && !languages.contains(&default_language) && !languages.is_empty() {
        findings.add(
            "settings",
            2,
            "default_language",
            Fault::UnknownLanguage { language: default_language.clone() },
        );
    }
    let form = logic::Form {
        id: settings.id.unwrap_or_else(|| name.to_owned()),
        title: settings.title.unwrap_or_else(|| name.to_owned()),
        version: settings.version.unwrap_or_default(),
        style: settings.style.unwrap_or_default(),
        instance_name: settings.instance_name,
        languages,
        default_language,
        default_language_given: settings.default_language.is_some(),
        settings: settings.kept,
        attached: survey.attached,
        questions: survey.questions,
        lists: lists.lists,
        headers: survey.headers,
        files: files.clone(),
        media: media.clone(),
    };
    let questionnaire = logic::connect(form, &mut findings);
    let mut findings = findings.0;
    let sheet = |it: &Finding| ["survey", "choices", "settings"].iter().position(|name| *name == it.sheet);
    findings.sort_by(|a, b| (sheet(a), a.row, &a.column).cmp(&(sheet(b), b.row, &b.column)));
    let whole = findings.iter().all(|it| it.fault.severity() == Severity::Warning);
    Outcome { questionnaire: questionnaire.filter(|_| whole), findings }
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn add(&mut self, sheet: &str, row: usize, column: &str, fault: Fault) {
        self.0.push(Finding { sheet: sheet.to_owned(), row, column: column.to_owned(), fault });
    }
}

/// A sheet with its header read.
pub(super) struct Grid<'s> {
    pub name: &'s str,
    pub columns: Vec<Option<(Column, String)>>,
    pub headers: Vec<&'s str>,
    /// Rows below the header with their numbers, from 1.
    pub rows: Vec<(usize, &'s [String])>,
}

impl<'s> Grid<'s> {
    /// Finds the header, the first row with anything in it. `further` columns are another thing than unknown.
    pub fn read(sheet: &'s Sheet, further: bool, findings: &mut Findings) -> Self {
        let filled = |row: &[String]| row.iter().any(|it| !it.trim().is_empty());
        let first = sheet.rows.iter().position(|it| filled(it)).unwrap_or(0);
        let headers: Vec<&str> =
            sheet.rows.get(first).map(|it| it.iter().map(|it| it.trim()).collect()).unwrap_or_default();
        let columns: Vec<_> = headers.iter().map(|it| column_of(it)).collect();
        let mut seen = BTreeSet::new();
        for (header, column) in headers.iter().zip(&columns) {
            match column {
                Some((Column::Ignored, _)) => {}
                Some(column) if !seen.insert(column) => {
                    findings.add(
                        &sheet.name,
                        first + 1,
                        header,
                        Fault::SameColumn { column: (*header).to_owned() },
                    );
                }
                None if !further && !header.is_empty() => {
                    findings.add(
                        &sheet.name,
                        first + 1,
                        header,
                        Fault::UnknownColumn { column: (*header).to_owned() },
                    );
                }
                _ => {}
            }
        }
        let rows = sheet.rows.iter().enumerate().skip(first + 1).map(|(n, it)| (n + 1, it.as_slice()));
        let rows = rows.filter(|(_, it)| filled(it)).collect();
        Self { name: &sheet.name, columns, headers, rows }
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|it| it.as_ref().is_some_and(|it| it.0 == column))
    }

    /// The header of a column as it is written.
    pub fn header(&self, column: Column) -> &'s str {
        self.place(column).map_or("", |it| self.headers[it])
    }

    pub fn has(&self, column: Column) -> bool {
        self.place(column).is_some()
    }

    /// The cell of a row, without blanks around it.
    pub fn cell<'r>(&self, row: &'r [String], column: Column) -> &'r str {
        self.place(column).and_then(|it| row.get(it)).map_or("", |it| it.trim())
    }

    /// The texts of a row in all languages that have one.
    pub fn texts(&self, row: &[String], column: Column) -> Texts {
        let cells = self.columns.iter().zip(row).filter_map(|(it, cell)| match it {
            Some((it, language)) if *it == column && !cell.trim().is_empty() => {
                Some((language.clone(), cell.trim().to_owned()))
            }
            _ => None,
        });
        cells.collect()
    }

    /// Names of media files of a row, by kind.
    pub fn media(&self, row: &[String]) -> BTreeMap<String, Texts> {
        let columns = [Column::Image, Column::BigImage, Column::Audio, Column::Video];
        let media = columns.iter().filter_map(|it| Some((it.medium()?.to_owned(), self.texts(row, *it))));
        media.filter(|(_, texts)| !texts.is_empty()).collect()
    }

    /// Says which files a row names that are not there, or are of another kind than their column.
    pub fn check_media(&self, number: usize, row: &[String], media: &Media, findings: &mut Findings) {
        for ((column, header), cell) in self.columns.iter().zip(&self.headers).zip(row) {
            let Some(kind) = column.as_ref().and_then(|it| it.0.medium()) else { continue };
            let file = cell.trim().to_owned();
            let fault = match media.get(&file) {
                _ if file.is_empty() => continue,
                None => Fault::NoMedium { file },
                Some(it) if !it.media_type.fits(kind) => Fault::OddMedium { file },
                Some(_) => continue,
            };
            findings.add(self.name, number, header, fault);
        }
    }

    /// The cells of a row that only other programs read.
    pub fn kept(&self, row: &[String]) -> BTreeMap<String, String> {
        let cells = self.columns.iter().zip(row).filter_map(|(it, cell)| match it {
            Some((Column::Kept, attribute)) if !cell.trim().is_empty() => {
                Some((attribute.clone(), cell.trim().to_owned()))
            }
            _ => None,
        });
        cells.collect()
    }

    /// The languages of its columns, in their order.
    pub fn languages(&self) -> Vec<String> {
        let mut languages = Vec::new();
        for (column, language) in self.columns.iter().flatten() {
            if column.has_languages() && !languages.contains(language) {
                languages.push(language.clone());
            }
        }
        languages
    }
}

/// The settings sheet.
#[derive(Debug, Default)]
struct Settings {
    id: Option<String>,
    title: Option<String>,
    version: Option<String>,
    default_language: Option<String>,
    instance_name: Option<String>,
    style: Option<String>,
    /// What the form's own node is called.
    root: Option<String>,
    kept: BTreeMap<String, String>,
    allows_same_choices: bool,
}

/// Settings that only other programs read.
const SETTINGS_KEPT: [&str; 11] = [
    "public_key",
    "submission_url",
    "auto_send",
    "auto_delete",
    "client_editable",
    "namespaces",
    "instance_xmlns",
    "instance_id",
    "omit_instanceid",
    "prefix",
    "delimiter",
];

/// Settings that are of no consequence any more.
const SETTINGS_IGNORED: [&str; 6] = [
    "clean_text_values",
    "sms_keyword",
    "sms_separator",
    "sms_allow_media",
    "sms_date_format",
    "sms_datetime_format",
];

impl Settings {
    fn read(sheet: &Sheet, findings: &mut Findings) -> Self {
        let mut settings = Self::default();
        let mut rows = sheet.rows.iter().filter(|it| it.iter().any(|it| !it.trim().is_empty()));
        let (Some(headers), Some(values)) = (rows.next(), rows.next()) else { return settings };
        for (header, value) in headers.iter().zip(values) {
            let value = Some(value.trim().to_owned()).filter(|it| !it.is_empty());
            let key = header.trim().to_lowercase().replace(' ', "_");
            match key.as_str() {
                "form_id" | "id_string" | "set_form_id" => settings.id = value,
                "form_title" | "title" | "set_form_title" => settings.title = value,
                "version" => settings.version = value,
                "default_language" => settings.default_language = value,
                "instance_name" => settings.instance_name = value,
                "style" => settings.style = value,
                "name" => settings.root = value,
                "allow_choice_duplicates" => {
                    settings.allows_same_choices = value.is_some_and(|it| is_yes(&it) == Some(true));
                }
                "" => {}
                key if SETTINGS_IGNORED.contains(&key) => {}
                key if SETTINGS_KEPT.contains(&key) => {
                    settings.kept.extend(value.map(|it| (key.to_owned(), it)));
                }
                key if key.starts_with("attribute::") => {
                    // The attribute is one of XML, where capitals are letters of their own.
                    settings.kept.extend(value.map(|it| (header.trim().to_owned(), it)));
                }
                _ => findings.add(&sheet.name, 1, header, Fault::UnknownColumn { column: header.clone() }),
            }
        }
        if let Some(id) = &mut settings.id {
            if id.chars().count() > ID_CHARS_MAX {
                findings.add(&sheet.name, 2, "form_id", Fault::BadFormId { id: id.clone() });
            } else if id.contains(char::is_whitespace) {
                *id = id.split_whitespace().collect::<Vec<_>>().join("_");
                findings.add(&sheet.name, 2, "form_id", Fault::SpacedFormId { id: id.clone() });
            }
        }
        if let Some(root) = settings.root.as_ref().filter(|it| !is_name(it)) {
            findings.add(&sheet.name, 2, "name", Fault::BadName { name: root.clone() });
        }
        settings
    }
}

/// Whether a cell says yes or no; `None` when it says something else.
pub(super) fn is_yes(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "yes" | "true" | "true()" | "是" => Some(true),
        "" | "no" | "false" | "false()" | "否" => Some(false),
        _ => None,
    }
}
