//! The command line: `zoufang serve` and the tools beside it.

pub mod audit;
pub mod backup;
pub mod categorize;
pub mod check;
pub mod config;
pub mod export;
pub mod expr;
pub mod form;
pub mod import;
pub mod migrate;
pub mod person;
pub mod restore;
pub mod serve;
pub mod user;

use std::{
    fs::{Permissions, TryLockError},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::{
    App, Clock,
    blobs::{Blobs, Bucket, private_folder},
};

/// 走访: survey and feedback collection for offices that listen.
#[derive(Parser)]
#[command(name = "zoufang", version)]
pub struct Cli {
    /// What the options are unless told otherwise: a file of TOML; zoufang.toml where the command is given, if there is
    /// one.
    #[arg(long, global = true, value_name = "FILE", env = "ZOUFANG_CONFIG")]
    config: Option<PathBuf>,
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
    /// See whether the audit log is whole.
    Audit(audit::Audit),
    /// Find everything of one person, and hand it out.
    Person(person::Person),
    /// Put a backup into a new data folder.
    Restore(restore::Restore),
    /// Move from SQLite to PostgreSQL.
    Migrate(migrate::Migrate),
    /// Say what is backed up.
    Backup(backup::Backup),
    /// Say what an expression of the language of questionnaires comes to.
    Expr(expr::Expr),
    /// Look at questionnaires: XLSForm as .xlsx, .xls or CSV.
    Form(form::Form),
    /// Look at the configuration.
    Config(config::Config),
}

/// Where the data lies.
#[derive(Args, Clone)]
pub struct DataFolder {
    /// Folder of the database and the attachments.
    #[arg(long, default_value = "data", env = "ZOUFANG_DATA")]
    data: PathBuf,
    /// A PostgreSQL database instead of the folder's own: postgres://user:password@host/name
    #[arg(long, value_name = "ADDRESS", env = "ZOUFANG_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// An S3-compatible bucket for the attachments instead of the folder: s3://name or s3://name/prefix. Its endpoint,
    /// region and keys are read from AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    #[arg(long, value_name = "ADDRESS", env = "ZOUFANG_BUCKET")]
    bucket: Option<String>,
}

impl DataFolder {
    /// The address of the database, unless it is the folder's own.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref().filter(|it| !it.is_empty())
    }

    /// Opens what lies there: the database, and the attachments in the folder or in the bucket.
    ///
    /// # Errors
    ///
    /// When the database or its key cannot be opened, or the bucket's address is none.
    pub async fn open(&self, clock: Clock) -> anyhow::Result<App> {
        let bucket = self.bucket()?;
        let mut app = App::open(&self.data, self.database(), clock).await?;
        if let Some(bucket) = bucket {
            app.blobs = Blobs::Bucket(bucket);
        }
        Ok(app)
    }

    fn bucket(&self) -> anyhow::Result<Option<Bucket>> {
        let address = self.bucket.as_deref().filter(|it| !it.is_empty());
        address.map(|it| Bucket::new(it, std::env::vars_os())).transpose()
    }

    /// Sees that the bucket, where there is one, takes bytes and gives them back.
    ///
    /// # Errors
    ///
    /// Why it does not, in words for whoever set it up.
    pub async fn see_bucket(&self, clock: &Clock) -> anyhow::Result<()> {
        let Some(bucket) = self.bucket()? else { return Ok(()) };
        let address = self.bucket.as_deref().unwrap_or_default();
        let probed = bucket.probe((clock.random)()).await;
        probed.with_context(|| format!("attachments cannot be kept in the bucket {address}"))
    }

    /// Sees that no other server works on this folder; held until the file is dropped.
    ///
    /// # Errors
    ///
    /// When another does, or the folder cannot be made.
    pub fn lock(&self) -> anyhow::Result<std::fs::File> {
        self.make()?;
        self.try_lock()?.with_context(|| format!("another Zoufang is using {}", self.data.display()))
    }

    /// The lock, unless another process holds it.
    fn try_lock(&self) -> anyhow::Result<Option<std::fs::File>> {
        let path = self.data.join("lock");
        let file =
            std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => {
                Err(cause).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Sees that there is something in it, unless the database is elsewhere.
    ///
    /// # Errors
    ///
    /// When there is nothing.
    pub fn see_data(&self) -> anyhow::Result<()> {
        if self.database().is_none() && !self.data.join("zoufang.db").exists() {
            anyhow::bail!("there is no Zoufang data in {}", self.data.display());
        }
        Ok(())
    }

    /// Makes the folder, or closes it to other users of this machine: it holds what people said.
    fn make(&self) -> anyhow::Result<()> {
        let data = &self.data;
        private_folder(data).with_context(|| format!("cannot make the folder {}", data.display()))?;
        let mode = std::fs::metadata(data)?.permissions().mode();
        if mode & OTHERS != 0 {
            // A group may be there for backups; everyone is there for nothing.
            std::fs::set_permissions(data, Permissions::from_mode(mode & !OTHERS))
                .with_context(|| format!("cannot close {} to others", data.display()))?;
        }
        Ok(())
    }
}

/// What every user of the machine may do with a file.
const OTHERS: u32 = 0o007;

/// A data folder opened by one of the tools beside the server.
pub struct Opened {
    pub app: App,
    /// Keeps a server from starting meanwhile; absent when one is running.
    _alone: Option<std::fs::File>,
}

/// Does what the command line says.
///
/// # Errors
///
/// Whatever keeps it from being done, in one line with its causes.
pub async fn run(cli: Cli, clock: Clock) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(serve) => serve.run(clock).await?,
        Command::User(user) => user.run(clock).await?,
        Command::Categorize(categorize) => categorize.run()?,
        Command::Export(export) => export.run(clock).await?,
        Command::Import(import) => import.run(clock).await?,
        Command::Backup(backup) => backup.run(clock).await?,
        Command::Check(check) => return check.run(clock).await,
        Command::Audit(audit) => return audit.run(clock).await,
        Command::Person(person) => person.run(clock).await?,
        Command::Restore(restore) => restore.run(clock).await?,
        Command::Migrate(migrate) => migrate.run(clock).await?,
        Command::Form(form) => return form.run(&clock),
        Command::Expr(expr) => return expr.run(&clock),
        Command::Config(config) => config.run(cli.config.as_deref())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a data folder for a tool. A server may be running on it: SQLite lets both write in turn, but only
/// when both know the database alike.
///
/// # Errors
///
/// When there is none, its database cannot be opened, or a server of another version is using it.
pub async fn open(folder: &DataFolder, clock: Clock) -> anyhow::Result<Opened> {
    let data = &folder.data;
    let database = folder.database();
    folder.see_data()?;
    folder.make()?;
    let alone = folder.try_lock()?;
    if alone.is_none() && !crate::store::Db::is_current(data, database).await? {
        anyhow::bail!("a server of another version is using {}; stop it first", data.display());
    }
    let app = folder.open(clock).await?;
    // What a server acknowledged right before it was stopped.
    crate::reading_out::read_out_waiting(&app.db, &app.reading).await?;
    Ok(Opened { app, _alone: alone })
}
