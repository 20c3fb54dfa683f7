//! What people do here, a file for each.

pub mod export;
pub mod figures;
pub mod home;
pub mod install;
pub mod issues;
pub mod measures;
pub mod meetings;
pub mod not_found;
pub mod parked;
pub mod places;
pub mod queue;
pub mod record;
pub mod referrals;
pub mod sent;
pub mod settings;
pub mod setup;
pub mod sign_in;
pub mod start;
pub mod today;
pub mod visits;
