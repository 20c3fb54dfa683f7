//! What people do here, a file for each.

pub mod home;
pub mod install;
pub mod not_found;
pub mod places;
pub mod queue;
pub mod record;
pub mod sent;
pub mod settings;
pub mod sign_in;
pub mod start;
pub mod today;
