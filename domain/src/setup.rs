//! Set-up: what the office and the administrator fill in before the first visit.

use serde::{Deserialize, Serialize};

use crate::{
    campaign::{Campaign, PHASES_MAX, Phase, UnitKind},
    day::is_day,
    id::{AssignmentId, RespondentId, UnitId},
    respondent::RespondentKind,
    role::Role,
    session::Account,
    text::{check_line, check_text},
};

/// Most respondents that one request assigns.
pub const ASSIGNED_MAX: usize = 500;

/// A form that takes the place of what was on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change<T> {
    /// What was on the screen; what someone else made of it meanwhile is not overwritten. Absent for
    /// scripts, which overwrite.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub was: Option<T>,
    #[serde(flatten)]
    pub now: T,
}

impl<T: PartialEq> Change<T> {
    /// Whether `current` is what was on the screen, as far as the screen says.
    pub fn is_upon(&self, current: &T) -> bool {
        self.was.as_ref().is_none_or(|it| it == current)
    }
}

/// A campaign as its screen has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CampaignForm {
    pub name: String,
    /// yyyy-MM-dd
    pub starts_on: String,
    /// yyyy-MM-dd, the last day.
    pub ends_on: String,
    pub phases: Vec<Phase>,
    /// What a visitor tells before asking for consent.
    pub notice: String,
}

impl CampaignForm {
    /// A campaign as its screen has it.
    pub fn of(campaign: &Campaign) -> Self {
        Self {
            name: campaign.name.clone(),
            starts_on: campaign.starts_on.clone(),
            ends_on: campaign.ends_on.clone(),
            phases: campaign.phases.clone(),
            notice: campaign.notice.clone(),
        }
    }

    /// The first field that does not keep its rule.
    pub fn wrong_field(&self) -> Option<&'static str> {
        let in_order = |from: &str, to: &str| is_day(from) && is_day(to) && from <= to;
        if self.name.trim().is_empty() || check_line(&self.name).is_err() {
            return Some("name");
        }
        if !in_order(&self.starts_on, &self.ends_on) {
            return Some("ends_on");
        }
        let phase_fits = |it: &Phase| {
            !it.name.trim().is_empty() && check_line(&it.name).is_ok() && in_order(&it.starts_on, &it.ends_on)
        };
        if self.phases.len() > PHASES_MAX || !self.phases.iter().all(phase_fits) {
            return Some("phases");
        }
        check_text(&self.notice).is_err().then_some("notice")
    }
}

/// A unit as its screen has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UnitForm {
    pub name: String,
    pub kind: UnitKind,
}

/// An account as its screen has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountForm {
    /// Only looked at when the account is made.
    #[serde(default)]
    pub login: String,
    pub name: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    #[serde(default)]
    pub disabled: bool,
}

impl AccountForm {
    /// Whether one person would hold two of the three administrators' roles: by the account that this one was before,
    /// or by another one of the same name that is not disabled.
    pub fn holds_two(&self, before: Option<&Account>, others: &[ListedAccount]) -> bool {
        let was_another = before.is_some_and(|it| it.role.excludes(self.role));
        let name = normal(&self.name);
        let has_another = |it: &ListedAccount| {
            !it.disabled
                && before.is_none_or(|before| before.id != it.account.id)
                && it.account.role.excludes(self.role)
                && normal(&it.account.name) == name
        };
        was_another || (!self.disabled && others.iter().any(has_another))
    }
}

/// An account in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedAccount {
    pub account: Account,
    pub disabled: bool,
    /// Whom the provider means by this account, where one signs in by it.
    #[serde(default)]
    pub subject: Option<String>,
}

/// A respondent as the directory has it. Length rules are those of every line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RespondentForm {
    pub kind: RespondentKind,
    pub name: String,
    #[serde(default)]
    pub place: String,
    #[serde(default)]
    pub organisation: String,
    #[serde(default)]
    pub telephone: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub id_number: String,
    /// The unit that visits; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
}

impl RespondentForm {
    /// The first field that does not keep its rule.
    pub fn wrong_field(&self) -> Option<&'static str> {
        if self.name.trim().is_empty() && self.organisation.trim().is_empty() {
            return Some("name");
        }
        let lines = [
            ("name", &self.name),
            ("place", &self.place),
            ("organisation", &self.organisation),
            ("telephone", &self.telephone),
            ("address", &self.address),
            ("id_number", &self.id_number),
        ];
        lines.into_iter().find(|(_, it)| check_line(it).is_err()).map(|(name, _)| name)
    }

    /// What two rows about the same household have in common: the id number where there is one, else
    /// [`Self::name_key`].
    pub fn same_key(&self) -> String {
        let id_number = normal(&self.id_number);
        if id_number.is_empty() { self.name_key() } else { format!("id:{id_number}") }
    }

    /// Kind, name and place without spaces and without regard to case or width: what a row with an id number
    /// and one without have in common.
    pub fn name_key(&self) -> String {
        let who = if self.name.trim().is_empty() { &self.organisation } else { &self.name };
        let place = if self.place.trim().is_empty() { &self.address } else { &self.place };
        format!("{}:{}:{}", self.kind.as_str(), normal(who), normal(place))
    }
}

/// Without spaces, in lower case, full-width letters and digits as ordinary ones.
fn normal(text: &str) -> String {
    text.chars()
        .filter(|it| !it.is_whitespace())
        .map(|it| match it {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(it) - 0xfee0).unwrap_or(it),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// A respondent in the office's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedRespondent {
    pub id: RespondentId,
    #[serde(flatten)]
    pub respondent: RespondentForm,
    /// Visits in the whole campaign.
    pub visits_n: u32,
    /// The open assignment, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<String>,
}

/// A page of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Directory {
    pub total_n: u64,
    pub respondents: Vec<ListedRespondent>,
}

/// These respondents are to be visited by this unit by this day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// At most [`ASSIGNED_MAX`].
    pub respondents: Vec<RespondentId>,
    pub unit: UnitId,
    /// yyyy-MM-dd
    pub due_on: String,
    #[serde(default)]
    pub note: String,
}

/// What became of handing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandedOut {
    pub assigned_n: u32,
    /// The unit was to visit them already.
    pub open_already_n: u32,
}

/// An assignment in the office's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedAssignment {
    pub id: AssignmentId,
    pub name: String,
    pub place: String,
    pub unit: String,
    /// yyyy-MM-dd
    pub due_on: String,
    pub note: String,
    pub done: bool,
}

/// How far the set-up is, for whoever opens the app for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupProgress {
    pub campaign: bool,
    pub units_n: u32,
    pub visitors_n: u32,
    pub respondents_n: u32,
    pub assignments_n: u32,
    /// When the database was found to be an older one than its phones know, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_at: Option<i64>,
    /// When the last scheduled backup was whole at its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_at: Option<i64>,
    /// When a scheduled backup failed, unless one succeeded since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_failed_at: Option<i64>,
    /// Recordings whose time is over within a week, and which then are removed.
    #[serde(default)]
    pub due_voices_n: u32,
    /// The same of photos.
    #[serde(default)]
    pub due_photos_n: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;

    fn respondent(name: &str, place: &str, id_number: &str) -> RespondentForm {
        RespondentForm {
            kind: RespondentKind::Household,
            name: name.to_owned(),
            place: place.to_owned(),
            organisation: String::new(),
            telephone: String::new(),
            address: String::new(),
            id_number: id_number.to_owned(),
            unit: None,
        }
    }

    #[test]
    fn the_same_household_has_one_key() {
        assert_eq!(
            respondent("李 桂兰", "李家坳村", "").same_key(),
            respondent("李桂兰", "李家坳村　", "").same_key()
        );
        assert_eq!(respondent("甲", "", "４３Ｘ").same_key(), respondent("乙", "丙村", "43x").same_key());
        assert_ne!(
            respondent("李桂兰", "石桥村", "").same_key(),
            respondent("李桂兰", "李家坳村", "").same_key()
        );
    }

    #[test]
    fn one_person_holds_one_administrators_role() {
        let account = |n: u128, name: &str, role| Account {
            id: AccountId(uuid::Uuid::from_u128(n)),
            login: name.to_owned(),
            name: name.to_owned(),
            role,
            unit: None,
            must_change_password: false,
        };
        let form = |name: &str, role, disabled| AccountForm {
            login: String::new(),
            name: name.to_owned(),
            role,
            unit: None,
            disabled,
        };
        let sysadmin = account(1, "何静", Role::Sysadmin);
        let others = [ListedAccount { account: sysadmin.clone(), disabled: false, subject: None }];
        assert!(form("何 静", Role::Auditor, false).holds_two(None, &others));
        assert!(form("何静", Role::Secadmin, false).holds_two(None, &others));
        assert!(!form("何静", Role::Office, false).holds_two(None, &others));
        assert!(!form("何静", Role::Sysadmin, false).holds_two(None, &others));
        assert!(!form("张敏", Role::Auditor, false).holds_two(None, &others));
        assert!(!form("何静", Role::Auditor, true).holds_two(None, &others));
        // Whoever kept the server does not audit what they did.
        assert!(form("何静", Role::Auditor, false).holds_two(Some(&sysadmin), &others));
        assert!(!form("何静", Role::Office, false).holds_two(Some(&sysadmin), &others));
        let disabled = [ListedAccount { account: sysadmin, disabled: true, subject: None }];
        assert!(!form("何静", Role::Auditor, false).holds_two(None, &disabled));
    }

    #[test]
    fn a_campaign_ends_after_it_starts() {
        let form = |starts_on: &str, ends_on: &str| CampaignForm {
            name: "大走访".to_owned(),
            starts_on: starts_on.to_owned(),
            ends_on: ends_on.to_owned(),
            phases: Vec::new(),
            notice: String::new(),
        };
        assert_eq!(form("2026-09-01", "2026-12-31").wrong_field(), None);
        assert_eq!(form("2026-12-31", "2026-09-01").wrong_field(), Some("ends_on"));
        assert_eq!(form("2026-02-30", "2026-09-01").wrong_field(), Some("ends_on"));
    }
}
