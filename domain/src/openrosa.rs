//! The door for ODK Collect: whether it is open, who may come in by it, and which questionnaires stand there.

use serde::{Deserialize, Serialize};

use crate::{
    envelope::Hash,
    id::AccountId,
    questionnaire::{
        Questionnaire,
        xform::{self, NoXForm},
    },
};

/// Digits of a version's hash in the version of its XForm: two versions of one form do not share 48 bits.
const HASH_DIGITS: usize = 12;

/// The door as the office keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenRosaDoor {
    pub open: bool,
    /// Whoever may record and belongs to a unit.
    pub accounts: Vec<AtTheDoor>,
    /// What is offered to visitors.
    pub forms: Vec<DoorForm>,
}

/// Someone who may have a password for the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AtTheDoor {
    pub id: AccountId,
    pub login: String,
    pub name: String,
    pub unit_name: String,
    /// When their password was made; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<i64>,
    /// When it last let them in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<i64>,
}

/// A questionnaire that visitors are offered, as it stands at the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DoorForm {
    pub id: String,
    pub title: String,
    /// Why it does not stand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
}

/// Why a questionnaire is not handed to clients of OpenRosa.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// It has answers encrypted (`public_key`), so that nobody here could read them.
    Encrypted,
    /// Its records would have no `instanceID` (`omit_instanceid`), and could not be told apart.
    NoInstanceId,
    /// A question that is not shown triggers another one ([`NoXForm::SilentTrigger`]).
    SilentTrigger,
}

/// Opens the door, or closes it for all at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenRosaSwitch {
    pub open: bool,
}

/// Asks for a password for the door; one that was there before counts no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDoorPassword {
    pub account: AccountId,
}

/// A password for the door: told once, and nowhere kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DoorPassword {
    pub login: String,
    pub password: String,
    /// The address to be typed into Collect.
    pub address: String,
    /// What a QR code says from which Collect takes all of it.
    pub settings: String,
}

/// The version that an XForm bears, and so every record that is made with it: which one of the form's it is, and that it is ours.
pub fn version_label(number: u32, hash: Hash) -> String {
    let mut digits = hash.to_string();
    digits.truncate(HASH_DIGITS);
    format!("{number}-{digits}")
}

/// The number in a [`version_label`]; `None` for what is none.
pub fn version_number(label: &str) -> Option<u32> {
    let (number, digits) = label.split_once('-')?;
    (digits.len() == HASH_DIGITS).then(|| number.parse().ok()).flatten()
}

/// The XForm of a published version as the door hands it out: named by `label`, and without settings by which records would go
/// elsewhere.
///
/// # Errors
///
/// Why there is none.
pub fn xform(form: &Questionnaire, label: &str) -> Result<String, LeftOut> {
    let says_yes = |name: &str| {
        form.settings
            .get(name)
            .is_some_and(|it| matches!(it.to_lowercase().as_str(), "yes" | "true" | "true()"))
    };
    if form.settings.contains_key("public_key") {
        return Err(LeftOut::Encrypted);
    }
    if says_yes("omit_instanceid") {
        return Err(LeftOut::NoInstanceId);
    }
    let mut form = form.clone();
    label.clone_into(&mut form.version);
    for name in ["submission_url", "attribute::id", "attribute::version"] {
        form.settings.remove(name);
    }
    xform::write(&form).map_err(|it| match it {
        NoXForm::SilentTrigger { .. } => LeftOut::SilentTrigger,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questionnaire::{
        version::{Version, read},
        xlsform::Sheet,
    };

    fn form(settings: &[(&str, &str)]) -> Questionnaire {
        let sheet = |name: &str, rows: Vec<Vec<&str>>| Sheet {
            name: name.to_owned(),
            rows: rows.into_iter().map(|it| it.into_iter().map(str::to_owned).collect()).collect(),
        };
        let (names, values) = settings.iter().copied().unzip();
        let sheets = vec![
            sheet("survey", vec![vec!["type", "name", "label"], vec!["text", "why", "Why"]]),
            sheet("settings", vec![names, values]),
        ];
        read(&Version { sheets, ..Version::default() }.to_json()).unwrap()
    }

    #[test]
    fn a_version_is_found_again_by_its_label() {
        let hash = Hash::of(b"x");
        let label = version_label(12, hash);
        assert_eq!(label, "12-2d711642b726");
        assert_eq!(version_number(&label), Some(12));
        for other in ["", "12", "x-2d711642b726", "12-2d71", "2026112701"] {
            assert_eq!(version_number(other), None, "{other}");
        }
    }

    #[test]
    fn records_come_here_and_bear_the_version() {
        let id = ("form_id", "household");
        let away = [id, ("version", "9"), ("submission_url", "https://evil.example")];
        let written = xform(&form(&away), "1-2d711642b726").unwrap();
        assert!(written.contains("id=\"household\" version=\"1-2d711642b726\""), "{written}");
        assert!(!written.contains("<submission"), "{written}");
        let editable = xform(&form(&[id, ("client_editable", "yes")]), "1").unwrap();
        assert!(editable.contains("odk:client-editable=\"true\""), "{editable}");
        assert_eq!(xform(&form(&[id, ("public_key", "MIIB")]), "1"), Err(LeftOut::Encrypted));
        assert_eq!(xform(&form(&[id, ("omit_instanceid", "yes")]), "1"), Err(LeftOut::NoInstanceId));
    }
}
