//! Whole tests: journeys over HTTP (`it`), in a real browser (`browser`), the tools that load and measure
//! (`src/bin`), and the simulator. What the journeys share stands in `world.rs`, which each takes in as a module.

pub mod proofs;
pub mod simulator;
