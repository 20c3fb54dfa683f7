//! Everything of one person: finding it, handing it out, destroying it.

use serde::{Deserialize, Serialize};

use crate::{
    id::{RecordId, RespondentId},
    setup::RespondentForm,
    sign_off::SignOff,
    text::check_text,
};

/// Fewest letters of a name, telephone or number that are looked for.
pub const LETTERS_MIN: usize = 2;
/// Most visits that are found, handed out or destroyed at once: nobody is visited so often.
pub const VISITS_MAX: usize = 200;

/// What is looked for, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonAsked {
    /// Part of a name, organisation, telephone, address or id number, also as an answer to a questionnaire.
    pub text: String,
    pub reason: String,
}

/// What was found: the office sees which of it is the person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonFound {
    pub respondents: Vec<FoundRespondent>,
    pub visits: Vec<FoundVisit>,
    /// There are more: the text is to be longer.
    pub more: bool,
}

/// A respondent of the directory, also one that was taken off the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundRespondent {
    pub id: RespondentId,
    pub respondent: RespondentForm,
}

/// A visit whose identity fits, or what was answered to a questionnaire in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundVisit {
    pub id: RecordId,
    /// yyyy-MM-dd
    pub day: String,
    pub place: String,
    pub name: String,
    pub telephone: String,
    pub statements_n: u32,
    pub attachments_n: u32,
    /// It was set aside, or what fits was: day and place are not known, and nothing of it is counted.
    #[serde(default)]
    pub set_aside: bool,
    /// Answers to a questionnaire fit: they go with the words of the visit, not with its names.
    #[serde(default)]
    pub in_answers: bool,
    /// Who of the directory was visited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent: Option<RespondentId>,
}

/// What the office says is one person's, and why it is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonChosen {
    /// With every visit to them.
    #[serde(default)]
    pub respondents: Vec<RespondentId>,
    #[serde(default)]
    pub visits: Vec<RecordId>,
    pub reason: String,
}

impl PersonChosen {
    /// The name of a field that does not keep its rule.
    pub fn wrong_field(&self) -> Option<&'static str> {
        let n = self.respondents.len() + self.visits.len();
        if n == 0 || n > VISITS_MAX {
            return Some("visits");
        }
        (self.reason.trim().is_empty() || check_text(&self.reason).is_err()).then_some("reason")
    }
}

/// What is to be destroyed: names, numbers, recordings and photos; the words stay without them unless they go too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewErasure {
    pub chosen: PersonChosen,
    /// What was said goes too.
    #[serde(default)]
    pub words: bool,
}

/// What stays of it: who decided what, about how much; nobody's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonErasure {
    #[serde(flatten)]
    pub sign_off: SignOff,
    pub respondents_n: u32,
    pub visits_n: u32,
    /// What was said goes too.
    pub words: bool,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn somebody_is_chosen_for_a_reason() {
        let chosen = PersonChosen { respondents: vec![], visits: vec![], reason: "本人申请".to_owned() };
        assert_eq!(chosen.wrong_field(), Some("visits"));
        let one = PersonChosen { visits: vec![RecordId(Uuid::nil())], ..chosen.clone() };
        assert_eq!(one.wrong_field(), None);
        assert_eq!(PersonChosen { reason: " ".to_owned(), ..one.clone() }.wrong_field(), Some("reason"));
        let many = vec![RecordId(Uuid::nil()); VISITS_MAX + 1];
        assert_eq!(PersonChosen { visits: many, ..one }.wrong_field(), Some("visits"));
    }
}
