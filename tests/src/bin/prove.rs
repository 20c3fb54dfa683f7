//! Proves on the real binary that what it acknowledges is there, whatever is done to it. Each prints one line of what
//! was reached, and fails when something does not hold. docs/proofs.md has the results.

use std::{fmt::Display, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use tests::proofs::{
    BadLine, Engine, FullDisk, Kill, Storm, in_a_room_of_its_own, in_order, new_seed, on_a_full_disk,
    over_a_bad_line, through_a_storm, through_kills,
};

/// Proves what the server promises, on the real binary.
#[derive(Parser)]
struct Prove {
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Subcommand)]
enum Proof {
    /// The server is killed at random moments while clients push.
    Kill(KillWords),
    /// Each record comes five times at once.
    Storm(StormWords),
    /// A disk of 64 MiB becomes full at random moments; needs root for a disk of its own.
    FullDisk(FullDiskWords),
    /// Files and the log are synced before an answer's first byte; needs strace.
    Syscalls { binary: PathBuf },
    /// 64 kbit/s, 800 ms, cut every 5 s.
    BadLine(BadLineWords),
}

#[derive(Args)]
struct KillWords {
    binary: PathBuf,
    #[arg(long, value_enum, default_value = "sqlite")]
    engine: Engine,
    #[arg(long, default_value_t = 20)]
    clients: usize,
    #[arg(long, default_value_t = 1_000)]
    kills: usize,
    /// Visits to be acknowledged at least.
    #[arg(long, default_value_t = 100_000)]
    acks: usize,
    /// No more kills after so long, in seconds.
    #[arg(long, default_value_t = 3_600)]
    within: u64,
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct StormWords {
    binary: PathBuf,
    #[arg(long, value_enum, default_value = "sqlite")]
    engine: Engine,
    #[arg(long, default_value_t = 50_000)]
    records: usize,
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct FullDiskWords {
    binary: PathBuf,
    /// How often the disk becomes full.
    #[arg(long, default_value_t = 40)]
    rounds: usize,
    #[arg(long)]
    seed: Option<u64>,
    /// The small disk, where it is there already.
    #[arg(long, hide = true)]
    at: Option<PathBuf>,
}

#[derive(Args)]
struct BadLineWords {
    binary: PathBuf,
    #[arg(long, value_enum, default_value = "sqlite")]
    engine: Engine,
    /// The line is so many times as fast.
    #[arg(long, default_value_t = 1)]
    times: u32,
    #[arg(long)]
    seed: Option<u64>,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what the person at the console reads")]
fn main() -> ExitCode {
    match Prove::parse().proof.run() {
        Ok(reached) => {
            println!("{reached}");
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("does not hold: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

/// With `CI` set everything runs, or it fails.
fn did_not_run(needs: &str) -> anyhow::Result<String> {
    if std::env::var_os("CI").is_some() {
        anyhow::bail!("it did not run: it needs {needs}");
    }
    Ok(format!("did not run: it needs {needs}"))
}

fn said<T: Display>(reached: anyhow::Result<T>, seed: u64) -> anyhow::Result<String> {
    reached.map(|it| it.to_string()).map_err(|it| it.context(format!("seed {seed}")))
}

impl Proof {
    fn run(self) -> anyhow::Result<String> {
        match self {
            Self::Kill(words) => {
                let KillWords { binary, engine, clients, kills, acks, within, seed } = words;
                let (seed, within) = (seed.unwrap_or_else(new_seed), Duration::from_secs(within));
                said(through_kills(&binary, Kill { engine, clients, kills, acks, seed, within }), seed)
            }
            Self::Storm(StormWords { binary, engine, records, seed }) => {
                let seed = seed.unwrap_or_else(new_seed);
                said(through_a_storm(&binary, Storm { engine, records, seed }), seed)
            }
            Self::FullDisk(FullDiskWords { binary, rounds, seed, at }) => {
                let seed = seed.unwrap_or_else(new_seed);
                if let Some(place) = at {
                    return said(on_a_full_disk(&binary, FullDisk { rounds, seed }, &place), seed);
                }
                let (rounds, seed) = (rounds.to_string(), seed.to_string());
                let words = ["full-disk", "--rounds", &rounds, "--seed", &seed].map(std::ffi::OsStr::new);
                let words = [&words[..], &[binary.as_os_str(), "--at".as_ref()]].concat();
                match in_a_room_of_its_own(&words)? {
                    Some(()) => Ok("the small disk is gone again".to_owned()),
                    None => did_not_run("root, to mount a small disk that only it sees"),
                }
            }
            Self::Syscalls { binary } => {
                in_order(&binary)?.map_or_else(|| did_not_run("strace (tests/need.sh)"), Ok)
            }
            Self::BadLine(BadLineWords { binary, engine, times, seed }) => {
                let seed = seed.unwrap_or_else(new_seed);
                said(over_a_bad_line(&binary, BadLine { engine, times, seed }), seed)
            }
        }
    }
}
