//! Short runs of the proofs on the real binary, the one that `make test` built just before; `make deep` has long ones.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::world::on_postgres;

/// Beside the folder of this test.
fn binary() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let binary = own.parent().unwrap().with_file_name("zoufang");
    assert!(binary.exists(), "{} is not built: cargo build -p server", binary.display());
    binary
}

/// Runs a proof with these words.
#[track_caller]
fn holds(proof: &str, words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prove"));
    let out = command.arg(proof).arg(binary()).args(words).stdin(Stdio::null()).output().unwrap();
    let (said, why) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{said}{why}");
}

fn engine() -> &'static str {
    if on_postgres() { "postgres" } else { "sqlite" }
}

#[test]
fn what_is_acknowledged_outlives_kills() {
    holds("kill", &["--engine", engine(), "--kills", "8", "--acks", "80"]);
}

#[test]
fn five_times_at_once_is_once() {
    holds("storm", &["--engine", engine(), "--records", "200"]);
}

#[test]
fn a_full_disk_acknowledges_nothing_and_recovers() {
    holds("full-disk", &["--rounds", "2"]);
}

#[test]
fn everything_is_synced_before_the_answer() {
    holds("syscalls", &[]);
}

#[test]
fn a_bad_line_lets_everything_through() {
    holds("bad-line", &["--engine", engine(), "--times", "20"]);
}
