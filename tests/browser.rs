//! Journeys in a real Chromium, as the people who use Zoufang make them.
//!
//! Each saves what it saw under `target/screens`, to be looked at.

#![allow(clippy::unwrap_used, reason = "a panic is how a journey fails")]

#[path = "browser/access.rs"]
mod access;
#[path = "browser/branch.rs"]
mod branch;
#[path = "browser/clues.rs"]
mod clues;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/editor.rs"]
mod editor;
#[path = "browser/editor_settings.rs"]
mod editor_settings;
#[path = "browser/fixture.rs"]
mod fixture;
#[path = "browser/likenesses.rs"]
mod likenesses;
#[path = "browser/matters.rs"]
mod matters;
#[path = "browser/office.rs"]
mod office;
#[path = "browser/official.rs"]
mod official;
#[path = "browser/persons.rs"]
mod persons;
#[path = "browser/phone.rs"]
mod phone;
#[path = "browser/phone_carrying.rs"]
mod phone_carrying;
#[path = "browser/phone_faults.rs"]
mod phone_faults;
#[path = "browser/phone_form_files.rs"]
mod phone_form_files;
#[path = "browser/phone_form_last.rs"]
mod phone_form_last;
#[path = "browser/phone_form_long.rs"]
mod phone_form_long;
#[path = "browser/phone_form_media.rs"]
mod phone_form_media;
#[path = "browser/phone_form_paper.rs"]
mod phone_form_paper;
#[path = "browser/phone_forms.rs"]
mod phone_forms;
#[path = "browser/phone_lock.rs"]
mod phone_lock;
#[path = "browser/phone_store.rs"]
mod phone_store;
#[path = "browser/phone_trust.rs"]
mod phone_trust;
#[path = "browser/questionnaires.rs"]
mod questionnaires;
#[path = "browser/rising.rs"]
mod rising;
#[path = "browser/rules.rs"]
mod rules;
#[path = "browser/suggestions.rs"]
mod suggestions;
#[path = "browser/taxonomy.rs"]
mod taxonomy;
#[path = "browser/tour.rs"]
mod tour;
#[path = "browser/transcripts.rs"]
mod transcripts;
#[path = "world.rs"]
mod world;
