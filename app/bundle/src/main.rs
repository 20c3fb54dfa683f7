//! Builds the app into `target/site`: wasm, its JavaScript, hashed names, the service worker's list.
//!
//! `cargo run -p bundle -- [--release]` builds; `cargo run -p bundle -- size --limit BYTES` says
//! what a phone loads and fails above the limit; `cargo run -p bundle -- sbom FILE` lists what all of it is made of.

#![expect(clippy::print_stdout, reason = "a command says what it did")]

mod build;
mod glue;
mod order;
mod sbom;
mod site;
mod size;
mod twins;

use std::path::PathBuf;

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words.as_slice() {
        [] => site::build(build::Profile::Dev),
        ["--release"] => site::build(build::Profile::Phone),
        ["size"] => size::report(None),
        ["size", "--limit", limit] => {
            size::report(Some(limit.parse().context("--limit takes a number of bytes")?))
        }
        ["sbom", file] => sbom::write(std::path::Path::new(file)),
        _ => bail!("usage: bundle [--release] | bundle size [--limit BYTES] | bundle sbom FILE"),
    }
}

/// The workspace's top folder.
fn top() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where the built site lies; the server embeds it.
fn site_folder() -> PathBuf {
    top().join("target/site")
}
