//! Setting up: nothing needs a file edited by hand.

mod accounts;
mod assignments;
mod campaign;
mod first_accounts;
mod password;
mod respondents;
mod units;

use domain::problem::Code;

pub use self::{
    accounts::AccountsScreen, assignments::AssignmentsScreen, campaign::CampaignScreen,
    first_accounts::FirstAccountsScreen, password::PasswordForm, respondents::RespondentsScreen,
    units::UnitsScreen,
};
use crate::{
    api::ApiError,
    i18n::{problem, text},
};

/// What is wrong with a form, naming the field.
pub fn form_words(cause: &ApiError) -> String {
    match cause {
        ApiError::Problem(it) if it.code == Code::Invalid => {
            (text().setup.wrong_field)(it.field.as_deref().unwrap_or_default())
        }
        ApiError::Problem(it) if it.code == Code::Taken => text().setup.taken.to_owned(),
        other => problem::words(other),
    }
}
