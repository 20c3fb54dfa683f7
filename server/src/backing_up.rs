//! Scheduled backups: one encrypted file at a time goes to a target, is read back from there, and old ones are removed.
//!
//! The server holds no key that opens them. What it verifies is that the target gives back the very bytes that
//! were encrypted here; whether they open is what a restore drill is for.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use age::{Recipient, x25519};
use anyhow::{Context, ensure};
use chrono::DateTime;
use domain::envelope::Hash;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use crate::{
    App, backup,
    blobs::{Bucket, private_folder},
    store::{self, meta},
};

/// Whether one is due is looked at this often.
const LOOKS_EVERY: Duration = Duration::from_mins(1);
/// After a failure there is no other try for so long, in milliseconds.
const TRIES_AGAIN_MS: i64 = 60 * 60 * 1_000;
/// The work's name among those that one server does at a time.
const WORK: &str = "backup";
/// Names of backups begin and end like this, with the time between; they sort by it.
const NAME: (&str, &str) = ("zoufang-", ".age");

/// Where backups go.
#[derive(Clone, Debug)]
pub enum Target {
    /// A folder; off this host when it lies on another machine, as whoever set it up says.
    Folder {
        folder: PathBuf,
        off_host: bool,
    },
    Bucket(Bucket),
}

/// When and where to.
#[derive(Clone)]
pub struct Plan {
    pub target: Target,
    /// Who may open them.
    pub recipients: Vec<x25519::Recipient>,
    /// Between two, in milliseconds.
    pub every_ms: i64,
    /// So many stay; older ones are removed.
    pub keep: usize,
}

impl Plan {
    /// For how long the backups hold what was here, in milliseconds.
    pub fn holds_ms(&self) -> i64 {
        i64::try_from(self.keep).unwrap_or(i64::MAX).saturating_mul(self.every_ms)
    }
}

/// Makes backups when they are due, until the database is closed.
pub async fn run(app: App, plan: Plan) {
    loop {
        match due(&app, &plan).await {
            Ok(true) => {
                if let Err(cause) = in_turn(&app, &plan).await {
                    tracing::error!("the backup failed: {cause:#}");
                }
            }
            Ok(false) => {}
            Err(sqlx::Error::PoolClosed) => return,
            Err(cause) => tracing::warn!(%cause, "whether a backup is due cannot be told"),
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// Whether it is time for a backup.
///
/// # Errors
///
/// The database's.
pub async fn due(app: &App, plan: &Plan) -> sqlx::Result<bool> {
    let mut db = app.db.read().await?;
    let (made, failed) =
        (meta::time(&mut db, meta::BACKUP_AT).await?, meta::time(&mut db, meta::BACKUP_FAILED_AT).await?);
    let now = app.now();
    // A clock that was set back must not put a backup off for years.
    let passed = |at: Option<i64>, ms: i64| at.is_none_or(|at| now - at >= ms || at > now);
    Ok(passed(made, plan.every_ms) && passed(failed, TRIES_AGAIN_MS))
}

async fn in_turn(app: &App, plan: &Plan) -> anyhow::Result<()> {
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(()) };
    // Another server may have made it since.
    if due(app, plan).await? { back_up(app, plan).await } else { Ok(()) }
}

/// Makes a backup now, sees that it is whole at its target, and removes old ones there. When it goes off this
/// host, phones then let go of what is in it.
///
/// # Errors
///
/// Whatever keeps it from being whole there; the start page of the office says that it failed.
pub async fn back_up(app: &App, plan: &Plan) -> anyhow::Result<()> {
    let made = make(app, plan).await;
    let mut db = app.db.write().await?;
    let now = app.now();
    match &made {
        Ok(name) => {
            meta::set(&mut db, meta::BACKUP_AT, &now.to_string()).await?;
            meta::remove(&mut db, meta::BACKUP_FAILED_AT).await?;
            if plan.target.is_off_host() {
                meta::end_backup(&mut db).await?;
            }
            store::audit::note(&mut db, now, None, "backup", name, "").await?;
        }
        Err(_) => meta::set(&mut db, meta::BACKUP_FAILED_AT, &now.to_string()).await?,
    }
    db.commit().await?;
    let name = made?;
    tracing::info!(name, "a backup is whole at its target");
    // One too many is no reason to say that the backup failed.
    if let Err(cause) = plan.target.keep(plan.keep).await {
        tracing::warn!("old backups could not be removed: {cause:#}");
    }
    Ok(())
}

async fn make(app: &App, plan: &Plan) -> anyhow::Result<String> {
    let time = DateTime::from_timestamp_millis(app.now()).unwrap_or_default().format("%Y%m%dT%H%M%SZ");
    let name = format!("{}{time}{}", NAME.0, NAME.1);
    let folder = app.data.join("backup");
    private_folder(&folder)?;
    // What a stop of the server left behind.
    for left in fs::read_dir(&folder)?.flatten() {
        fs::remove_file(left.path())?;
    }
    let file = folder.join(&name);
    let mut db = app.db.write().await?;
    meta::begin_backup(&mut db).await?;
    db.commit().await?;
    let recipients: Vec<Box<dyn Recipient + Send + Sync>> =
        plan.recipients.iter().map(|it| Box::new(it.clone()) as Box<dyn Recipient + Send + Sync>).collect();
    let (of, to, runtime) = (app.clone(), file.clone(), Handle::current());
    // Gigabytes are read and encrypted: not on the threads that answer everybody else.
    tokio::task::spawn_blocking(move || runtime.block_on(backup::make(&of, &to, recipients))).await??;
    let sent = plan.target.take(&name, &file).await;
    fs::remove_file(&file)?;
    sent.map(|()| name)
}

impl Target {
    /// Whether what lies there outlives this host.
    pub fn is_off_host(&self) -> bool {
        match self {
            Self::Folder { off_host, .. } => *off_host,
            Self::Bucket(_) => true,
        }
    }

    /// Takes a file and sees that the same bytes come back.
    async fn take(&self, name: &str, file: &Path) -> anyhow::Result<()> {
        let sent = hash_of(File::open(file)?)?;
        let back = match self {
            Self::Folder { folder, .. } => {
                let (from, to) = (file.to_owned(), folder.join(name));
                tokio::task::spawn_blocking(move || copy(&from, &to)).await??
            }
            Self::Bucket(bucket) => {
                bucket.take_file(name, file).await.context("the bucket does not take the backup")?;
                bucket.hash_of_file(name).await.context("the bucket does not give the backup back")?
            }
        };
        ensure!(back == sent, "the target gives back other bytes than it was given");
        Ok(())
    }

    /// The names of the backups there, the oldest first.
    ///
    /// # Errors
    ///
    /// The target's.
    pub async fn names(&self) -> anyhow::Result<Vec<String>> {
        let mut names = match self {
            Self::Folder { folder, .. } => fs::read_dir(folder)?
                .flatten()
                .filter_map(|it| it.file_name().into_string().ok())
                .collect::<Vec<_>>(),
            Self::Bucket(bucket) => bucket.files().await?,
        };
        names.retain(|it| it.starts_with(NAME.0) && it.ends_with(NAME.1));
        names.sort();
        Ok(names)
    }

    /// Removes all but the latest `n`; one always stays.
    async fn keep(&self, n: usize) -> anyhow::Result<()> {
        let names = self.names().await?;
        for name in names.iter().rev().skip(n.max(1)) {
            match self {
                Self::Folder { folder, .. } => fs::remove_file(folder.join(name))?,
                Self::Bucket(bucket) => bucket.forget_file(name).await?,
            }
        }
        Ok(())
    }
}

/// Copies a file so that it is durable under its name, and answers the hash of what lies there.
fn copy(from: &Path, to: &Path) -> anyhow::Result<Hash> {
    let beside = to.with_extension("part");
    let copied = (|| -> io::Result<()> {
        let mut target = File::create(&beside)?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.flush()?;
        target.sync_all()?;
        fs::rename(&beside, to)?;
        File::open(to.parent().unwrap_or(Path::new(".")))?.sync_all()
    })();
    if copied.is_err() {
        // Half a backup is none.
        let _ = fs::remove_file(&beside);
    }
    copied.with_context(|| format!("the backup cannot be put to {}", to.display()))?;
    Ok(hash_of(File::open(to)?)?)
}

fn hash_of(mut file: File) -> io::Result<Hash> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            return Ok(Hash(hash.finalize().into()));
        }
        hash.update(&piece[..n]);
    }
}
