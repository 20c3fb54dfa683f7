//! The command line: `zoufang serve` and the tools beside it.

pub mod serve;
pub mod user;

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tokio::sync::Semaphore;

use crate::{App, Clock, store::Db};

/// 走访: survey and feedback collection for offices that listen.
#[derive(Parser)]
#[command(name = "zoufang", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site and the API.
    Serve(serve::Serve),
    /// Add, disable and reset accounts; make tokens for scripts.
    User(user::User),
}

/// Where the data lies.
#[derive(Args, Clone)]
pub struct DataFolder {
    /// Folder of the database and the attachments.
    #[arg(long, default_value = "data", env = "ZOUFANG_DATA")]
    data: PathBuf,
}

/// Does what the command line says.
///
/// # Errors
///
/// Whatever keeps it from being done, in one line with its causes.
pub async fn run(cli: Cli, clock: Clock) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(serve) => serve.run(clock).await,
        Command::User(user) => user.run(clock).await,
    }
}

/// Opens the data folder, making it when `create` says so.
///
/// # Errors
///
/// When it does not exist or its database cannot be opened.
pub async fn open(folder: &DataFolder, clock: Clock, create: bool) -> anyhow::Result<App> {
    let data = &folder.data;
    if create {
        std::fs::create_dir_all(data)
            .with_context(|| format!("cannot make the folder {}", data.display()))?;
    } else if !data.join("zoufang.db").exists() {
        anyhow::bail!("there is no Zoufang data in {}", data.display());
    }
    let db = Db::open(data).await?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(App {
        db,
        data: data.clone(),
        clock,
        hashing: Arc::new(Semaphore::new(cores)),
        arrived: Arc::default(),
    })
}
