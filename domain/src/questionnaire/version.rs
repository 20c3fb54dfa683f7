//! A published version: the sheets that a questionnaire was read from, as they are handed out and never change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Questionnaire,
    medium::Media,
    xlsform::{self, Files, Sheet},
};
use crate::envelope::Hash;

/// What is published. Its JSON is canonical: fields in this order, files in the order of their names, no blanks; the
/// SHA-256 of it names the version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Survey, choices and settings.
    pub sheets: Vec<Sheet>,
    /// Files of choices and of `pulldata`, by name, as rows of cells.
    pub files: Files,
    /// Files that labels and choices show or play, by name. Versions of before there were any have none, and keep their hash.
    #[serde(default, skip_serializing_if = "Media::is_empty")]
    pub media: Media,
}

impl Version {
    /// Sheets without any file.
    pub fn of(sheets: Vec<Sheet>) -> Self {
        Self { sheets, ..Self::default() }
    }

    /// The questionnaire that its sheets make; `None` where there is an error in them.
    pub fn questionnaire(&self) -> Option<Questionnaire> {
        xlsform::read(self, "").questionnaire
    }

    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts by text")
    }

    /// The SHA-256 of each file, as the canonical JSON holds it.
    pub fn tables(&self) -> BTreeMap<String, Hash> {
        let json = |rows| serde_json::to_vec(rows).expect("texts are JSON");
        self.files.iter().map(|(name, rows)| (name.clone(), Hash::of(&json(rows)))).collect()
    }
}

/// Reads what was published; `None` for what is none, or has an error in it.
pub fn read(json: &str) -> Option<Questionnaire> {
    serde_json::from_str::<Version>(json).ok()?.questionnaire()
}
