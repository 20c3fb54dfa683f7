//! Setting up: nothing needs a file edited by hand.

mod accounts;
mod assignments;
mod campaign;
mod first_accounts;
mod respondents;
mod units;

pub use self::{
    accounts::AccountsScreen, assignments::AssignmentsScreen, campaign::CampaignScreen,
    first_accounts::FirstAccountsScreen, respondents::RespondentsScreen, units::UnitsScreen,
};
use crate::i18n::problem::form_words;
