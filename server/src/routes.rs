//! Routes: one file a noun. A route reads the request, asks the role table, opens the transaction
//! and answers; what it decides is decided in `domain`, what it keeps is kept by `store`.

pub mod access;
pub mod agreement;
pub mod attachments;
pub mod audit;
pub mod batches;
pub mod changes;
pub mod clue_group;
pub mod clues;
pub mod export;
pub mod figures;
pub mod handovers;
pub mod invitation;
pub mod issues;
pub mod live;
pub mod measures;
pub mod meetings;
pub mod oidc;
pub mod persons;
pub mod questionnaires;
pub mod queue;
pub mod records;
pub mod releases;
pub mod respondents;
pub mod rising;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod suggester_versions;
pub mod transcripts;
pub mod uploads;
pub mod visits;
