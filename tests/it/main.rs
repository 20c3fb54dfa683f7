//! Journeys over HTTP: a real server, real requests, no browser.

#[path = "../world.rs"]
mod world;

mod branch;
mod export;
mod queue;
mod records;
mod setup;
mod uploads;
mod visits;
