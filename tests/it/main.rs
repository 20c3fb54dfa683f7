//! Journeys over HTTP: a real server, real requests, no browser.

#![allow(clippy::unwrap_used, reason = "a panic is how a journey fails")]

#[path = "../world.rs"]
mod world;

mod accounts;
mod agreement;
mod amend;
mod answer_files;
mod answers;
mod audit;
mod backups;
mod batches;
mod branch;
mod bucket;
mod clues;
mod collect;
mod content;
mod devices;
mod engines;
mod export;
mod fixture;
mod handovers;
mod hostile;
mod last_answers;
mod learning;
mod likenesses;
mod limits;
mod looks;
mod matters;
mod official;
mod oidc;
mod openrosa;
mod openrosa_edits;
mod persons;
mod phone_key;
mod proofs;
mod questionnaire_drafts;
mod questionnaire_media;
mod questionnaires;
mod queue;
mod receipts;
mod records;
mod restore;
mod retention;
mod rising;
mod routes;
mod rules;
mod scheduled_backups;
mod sealed;
mod sealed_attachments;
mod sealed_files;
mod servers;
mod setup;
mod signing_in;
mod standby;
mod statements;
mod taxonomy;
mod tls;
mod transcripts;
mod tus_clients;
mod uploads;
mod visible;
mod visits;
