//! Journeys in a real Chromium, as the people who use Zoufang make them.
//!
//! Each saves what it saw under `target/screens`, to be looked at.

#[path = "browser/branch.rs"]
mod branch;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/office.rs"]
mod office;
#[path = "browser/phone.rs"]
mod phone;
#[path = "browser/stopwatch.rs"]
mod stopwatch;
#[path = "browser/tour.rs"]
mod tour;
#[path = "world.rs"]
mod world;
