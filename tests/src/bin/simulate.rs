//! Runs the simulator.
//!
//! `cargo run --release -p tests --bin simulate -- --seeds 0..2000 --steps 500`, or `--seed 7` for the trace of one.

use std::{ops::Range, process::ExitCode, time::Instant};

use clap::Parser;
use tests::simulator::{Bug, Simulation};

/// Simulates phones, a server and a bad network, and looks at the invariants after every step.
#[derive(Parser)]
struct Simulate {
    /// Seeds to run, the last one not included.
    #[arg(long, default_value = "0..200", value_parser = range)]
    seeds: Range<u64>,
    /// One seed, with all that happens in it.
    #[arg(long)]
    seed: Option<u64>,
    /// Steps a seed.
    #[arg(long, default_value_t = 500)]
    steps: usize,
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("A..B")?;
    let number = |it: &str| it.parse::<u64>().map_err(|_| format!("{it} is no number"));
    Ok(number(from)?..number(to)?)
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn main() -> ExitCode {
    let simulate = Simulate::parse();
    if let Some(seed) = simulate.seed {
        let mut simulation = Simulation::new(seed, Bug::None).traced();
        let done = simulation.run(simulate.steps);
        simulation.trace().iter().for_each(|it| println!("{it}"));
        return match done {
            Ok(done) => {
                println!("{done:?}");
                ExitCode::SUCCESS
            }
            Err(violation) => {
                println!("{violation}");
                ExitCode::FAILURE
            }
        };
    }
    let (begun, seeds_n) = (Instant::now(), simulate.seeds.clone().count());
    let (mut stored_n, mut removed_n, mut epochs_n) = (0, 0, 0);
    for seed in simulate.seeds {
        match Simulation::new(seed, Bug::None).run(simulate.steps) {
            Ok(done) => {
                stored_n += done.stored_n;
                removed_n += done.removed_n;
                epochs_n += done.epochs_n;
            }
            Err(violation) => {
                println!(
                    "{violation}\nsee it with: simulate --seed {} --steps {}",
                    violation.seed, simulate.steps
                );
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "{} steps in {:.0} s: every invariant held. {stored_n} revisions stored, {removed_n} let go of by phones, \
         {epochs_n} times another history",
        seeds_n * simulate.steps,
        begun.elapsed().as_secs_f64(),
    );
    ExitCode::SUCCESS
}
