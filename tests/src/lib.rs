//! Whole tests: journeys over HTTP (`it`), in a real browser (`browser`), and the tools that load and measure
//! (`src/bin`). What they share stands in `world.rs`, which each takes in as a module; this library is empty.
