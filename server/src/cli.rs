//! The command line: `zoufang serve` and the tools beside it.

pub mod categorize;
pub mod check;
pub mod export;
pub mod import;
pub mod serve;
pub mod user;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::{App, Clock};

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
    /// Say what the machine makes of texts on standard input.
    Categorize(categorize::Categorize),
    /// Write visits, statements or issues as CSV.
    Export(export::Export),
    /// Take a list of respondents in.
    Import(import::Import),
    /// Verify that everything acknowledged is here, byte for byte.
    Check(check::Check),
}

/// Where the data lies.
#[derive(Args, Clone)]
pub struct DataFolder {
    /// Folder of the database and the attachments.
    #[arg(long, default_value = "data", env = "ZOUFANG_DATA")]
    data: PathBuf,
}

impl DataFolder {
    /// Sees that no other server works on this folder; held until the file is dropped.
    ///
    /// # Errors
    ///
    /// When another does, or the folder cannot be made.
    pub fn lock(&self) -> anyhow::Result<std::fs::File> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("cannot make the folder {}", self.data.display()))?;
        let path = self.data.join("lock");
        let file =
            std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(_) => anyhow::bail!("another Zoufang server is using {}", self.data.display()),
        }
    }
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
        Command::Categorize(categorize) => categorize.run(),
        Command::Export(export) => export.run(clock).await,
        Command::Import(import) => import.run(clock).await,
        Command::Check(check) => check.run(clock).await,
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
    App::open(data, clock).await
}
