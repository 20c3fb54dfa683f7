//! A visit: one interview, when, where in general, how, with what consent.
//!
//! Who the respondent is stands in a record of its own ([`crate::respondent::Identity`]), so that
//! it can be hidden or destroyed without touching the rest.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, RecordId},
    respondent::RespondentKind,
    text::{MissingField, TextError, check_line, check_text},
};

/// Most visitors on one visit; usually there are two.
pub const VISITORS_MAX: usize = 10;
/// Most statements of one visit: a full day's symposium.
pub const STATEMENTS_MAX: usize = 200;
/// Most attachments of one visit.
pub const ATTACHMENTS_MAX: usize = 100;
/// Largest head count of a symposium.
pub const HEAD_COUNT_MAX: u16 = 999;

/// One interview. The payload of a record of kind `visit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Usually two; the first is the recorder.
    pub visitors: Vec<Visitor>,
    pub respondent_kind: RespondentKind,
    pub form: VisitForm,
    pub manner: Manner,
    /// Device clock, milliseconds since 1970.
    pub started_at: i64,
    /// Device clock, milliseconds since 1970; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// Where in general, in words: a village, a street, a firm's town.
    #[serde(default)]
    pub place: String,
    /// Only when the visitor asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Which policies were explained, in words.
    #[serde(default)]
    pub policies: String,
    pub consent: Consent,
    #[serde(default)]
    pub call_back: CallBack,
    #[serde(default)]
    pub reported_elsewhere: ReportedElsewhere,
    /// What was answered or settled on the spot, in the visitor's words.
    #[serde(default)]
    pub answered_on_the_spot: String,
    /// The notes were read back to the respondent.
    #[serde(default)]
    pub read_back: bool,
    #[serde(default)]
    pub entered: Entered,
    /// The records that belong to this visit: it is complete when all of them are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<RecordId>,
    #[serde(default)]
    pub statements: Vec<RecordId>,
    #[serde(default)]
    pub attachments: Vec<RecordId>,
    /// Why the visit was withdrawn; it stays on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
}

/// Who visited: an account of the unit, or a name for someone without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Visitor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "FormFields")]
pub enum VisitForm {
    /// 上门走访
    Visit,
    /// 座谈会
    Symposium { head_count: u16 },
    /// 电话
    Telephone,
    /// 收取书面意见
    Slip,
}

/// A [`VisitForm`] as it is read; see `ChangeFields` for why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormFields {
    kind: String,
    head_count: Option<u16>,
}

impl TryFrom<FormFields> for VisitForm {
    type Error = MissingField;

    fn try_from(fields: FormFields) -> Result<Self, MissingField> {
        match fields.kind.as_str() {
            "visit" => Ok(Self::Visit),
            "symposium" => Ok(Self::Symposium { head_count: fields.head_count.ok_or(MissingField)? }),
            "telephone" => Ok(Self::Telephone),
            "slip" => Ok(Self::Slip),
            _ => Err(MissingField),
        }
    }
}

impl VisitForm {
    /// The word in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Symposium { .. } => "symposium",
            Self::Telephone => "telephone",
            Self::Slip => "slip",
        }
    }
}

/// 书面或口头
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    #[default]
    Verbal,
    Written,
}

impl Manner {
    /// The word in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verbal => "verbal",
            Self::Written => "written",
        }
    }
}

/// A position, taken once, at the visitor's wish. Degrees WGS 84, metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
    pub accuracy_m: f64,
}

/// What was told and agreed to, as the law asks (PIPL 14, 17, 29).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Version of the notice that was told; its text is data of the campaign.
    pub told: String,
    pub given: Given,
    /// Separately for recording the voice.
    pub recording: Given,
}

/// How consent was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Given {
    #[default]
    NotAsked,
    Spoken,
    Signed,
    Refused,
}

impl Given {
    /// The word in the database and in exports with machine names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Spoken => "spoken",
            Self::Signed => "signed",
            Self::Refused => "refused",
        }
    }
}

/// Whether the respondent wants to hear back, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    pub wanted: bool,
    #[serde(default)]
    pub how: String,
}

/// Whether the same was already reported to someone else, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportedElsewhere {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<bool>,
    #[serde(default)]
    pub to: String,
}

/// Where the form was filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Entered {
    #[default]
    OnTheSpot,
    /// A clerk copied a paper slip.
    AtDesk,
}

/// What must change in a visit before it can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum VisitError {
    #[error("between 1 and {VISITORS_MAX} visitors are needed")]
    Visitors,
    #[error("a symposium has between 1 and {HEAD_COUNT_MAX} people")]
    HeadCount,
    #[error("more than {STATEMENTS_MAX} statements")]
    TooManyStatements,
    #[error("more than {ATTACHMENTS_MAX} attachments")]
    TooManyAttachments,
    #[error("a withdrawal needs a reason")]
    WithdrawnWithoutReason,
    #[error("a position outside the earth")]
    Position,
    #[error(transparent)]
    Text(#[from] TextError),
}

impl Visit {
    /// The records that belong to it: identity, statements, attachments.
    pub fn members(&self) -> impl Iterator<Item = RecordId> {
        self.identity.iter().chain(&self.statements).chain(&self.attachments).copied()
    }

    /// Checks what the phone checks before sending and the server on arrival.
    ///
    /// Times are not checked: a device's clock is a claim, however odd.
    ///
    /// # Errors
    ///
    /// [`VisitError`], for the app to put into words.
    pub fn check(&self) -> Result<(), VisitError> {
        if self.visitors.is_empty() || self.visitors.len() > VISITORS_MAX {
            return Err(VisitError::Visitors);
        }
        self.visitors.iter().try_for_each(|it| check_line(&it.name))?;
        if let VisitForm::Symposium { head_count } = self.form
            && !(1..=HEAD_COUNT_MAX).contains(&head_count)
        {
            return Err(VisitError::HeadCount);
        }
        if self.statements.len() > STATEMENTS_MAX {
            return Err(VisitError::TooManyStatements);
        }
        if self.attachments.len() > ATTACHMENTS_MAX {
            return Err(VisitError::TooManyAttachments);
        }
        if self.position.is_some_and(|it| !it.is_on_earth()) {
            return Err(VisitError::Position);
        }
        for text in [&self.place, &self.consent.told, &self.call_back.how, &self.reported_elsewhere.to] {
            check_line(text)?;
        }
        for text in [&self.policies, &self.answered_on_the_spot] {
            check_text(text)?;
        }
        match &self.withdrawn {
            Some(reason) if reason.trim().is_empty() => Err(VisitError::WithdrawnWithoutReason),
            Some(reason) => check_text(reason).map_err(VisitError::from),
            None => Ok(()),
        }
    }
}

impl Position {
    fn is_on_earth(self) -> bool {
        (-90.0..=90.0).contains(&self.latitude)
            && (-180.0..=180.0).contains(&self.longitude)
            && self.accuracy_m >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn visit() -> Visit {
        Visit {
            visitors: vec![Visitor { account: None, name: "王".into() }],
            respondent_kind: RespondentKind::Household,
            form: VisitForm::Visit,
            manner: Manner::Verbal,
            started_at: 0,
            ended_at: None,
            place: "李家坳村".into(),
            position: None,
            policies: String::new(),
            consent: Consent::default(),
            call_back: CallBack::default(),
            reported_elsewhere: ReportedElsewhere::default(),
            answered_on_the_spot: String::new(),
            read_back: false,
            entered: Entered::OnTheSpot,
            identity: None,
            statements: vec![],
            attachments: vec![],
            withdrawn: None,
        }
    }

    #[test]
    fn a_plain_visit_is_valid() {
        assert_eq!(visit().check(), Ok(()));
    }

    #[test]
    fn a_symposium_needs_people() {
        let visit = Visit { form: VisitForm::Symposium { head_count: 0 }, ..visit() };
        assert_eq!(visit.check(), Err(VisitError::HeadCount));
    }

    #[test]
    fn a_withdrawal_needs_a_reason() {
        let visit = Visit { withdrawn: Some(" ".into()), ..visit() };
        assert_eq!(visit.check(), Err(VisitError::WithdrawnWithoutReason));
    }

    #[test]
    fn a_clock_of_1970_or_2099_is_only_a_claim() {
        for started_at in [0, 4_070_908_800_000, i64::MIN] {
            assert_eq!(Visit { started_at, ..visit() }.check(), Ok(()));
        }
    }

    #[test]
    fn a_visit_reads_back_from_its_json() {
        let json = serde_json::to_string(&visit()).unwrap();
        assert_eq!(serde_json::from_str::<Visit>(&json).unwrap(), visit());
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let mut value = serde_json::to_value(visit()).unwrap();
        value["received_at"] = 1.into();
        assert!(serde_json::from_value::<Visit>(value).is_err());
    }
}
