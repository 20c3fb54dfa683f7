//! Proofs on the real binary: what it acknowledges is there, whatever is done to it. `src/bin/prove.rs` runs them; short
//! runs are in `it/proofs.rs`, long ones in `make deep`, and their results in docs/proofs.md.

mod bad_line;
mod full_disk;
mod kill;
mod ledger;
pub mod served;
mod storm;
mod syscalls;
pub mod visitor;
pub mod wire;

#[path = "../cluster.rs"]
mod cluster;

pub use bad_line::{BadLine, over_a_bad_line};
pub use full_disk::{FullDisk, in_a_room_of_its_own, on_a_full_disk};
pub use kill::{Kill, through_kills};
pub use storm::{Storm, through_a_storm};
pub use syscalls::in_order;

use std::path::PathBuf;

use cluster::Cluster;

/// Where the database of a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    Sqlite,
    /// On a throw-away cluster.
    Postgres,
}

impl Engine {
    /// The cluster and the address of a new database; nothing and an empty one for SQLite.
    pub fn place(self) -> (Option<Cluster>, String) {
        match self {
            Self::Sqlite => (None, String::new()),
            Self::Postgres => {
                let cluster = Cluster::start(&[]);
                let address = cluster.address(&cluster.new_database());
                (Some(cluster), address)
            }
        }
    }
}

/// A seed that was not given.
pub fn new_seed() -> u64 {
    let mut bytes = [0; 8];
    // Any seed will do.
    let _ = getrandom::fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// A folder that is removed with what is in it, and the data folder in it.
///
/// # Errors
///
/// The disk's.
pub fn folders() -> anyhow::Result<(tempfile::TempDir, PathBuf)> {
    let all = tempfile::TempDir::new()?;
    let data = all.path().join("data");
    Ok((all, data))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server's clock is the real one, and visits must be of today"
)]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}
