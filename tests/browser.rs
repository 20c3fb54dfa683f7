//! Journeys in a real Chromium, as the people who use Zoufang make them.
//!
//! Each saves what it saw under `target/screens`, to be looked at.

#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/phone.rs"]
mod phone;
#[path = "browser/stopwatch.rs"]
mod stopwatch;
#[path = "world.rs"]
mod world;
