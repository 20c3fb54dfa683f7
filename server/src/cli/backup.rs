//! `zoufang backup`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DataFolder, open};
use crate::{Clock, backup, store};

/// Backups of a data folder.
#[derive(Args)]
pub struct Backup {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write one encrypted file of everything, also while a server is running.
    Make(Make),
    /// Write an encrypted copy of the keys: the one that signs receipts and the one that opens who was visited. Keep it
    /// apart from the backups: without it no backup can be read.
    Keys(Keys),
    /// Say that a copy of this data is about to be made: what is complete now will be in it.
    Begin(Begin),
    /// Say that a copy of this data off this host was made and verified: phones then let go of what is in it.
    Confirm(Confirm),
}

#[derive(Args)]
struct Make {
    #[command(flatten)]
    folder: DataFolder,
    /// The file to write; there is none before it is whole and on disk.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Who may open it: a public key of age (age1…), given once or several times.
    #[arg(long = "recipient", value_name = "KEY", required = true)]
    recipients: Vec<String>,
    /// The file lies off this host: phones then let go of what is in it, once it is read back and verified.
    #[arg(long, requires = "identity")]
    off_host: bool,
    /// With --off-host: a file with the age key that opens it, to read it back.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

#[derive(Args)]
struct Keys {
    #[command(flatten)]
    folder: DataFolder,
    /// The file to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Who may open it: a public key of age (age1…).
    #[arg(long, value_name = "KEY")]
    recipient: String,
}

#[derive(Args)]
struct Begin {
    #[command(flatten)]
    folder: DataFolder,
}

#[derive(Args)]
struct Confirm {
    #[command(flatten)]
    folder: DataFolder,
    /// `begun` for what was here at `zoufang backup begin`, `now` for all that is here (the server must not have
    /// run since the copy was begun), or the place in the order of arrival up to which the copy reaches.
    #[arg(long, value_parser = up_to)]
    up_to: UpTo,
}

#[derive(Clone, Copy)]
enum UpTo {
    Begun,
    Now,
    Place(i64),
}

fn up_to(text: &str) -> Result<UpTo, String> {
    match text {
        "begun" => Ok(UpTo::Begun),
        "now" => Ok(UpTo::Now),
        place => place.parse().map(UpTo::Place).map_err(|_| "`begun`, `now` or a number".to_owned()),
    }
}

impl Backup {
    /// Does it.
    ///
    /// # Errors
    ///
    /// When the data cannot be had.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        match self.command {
            Command::Make(make) => make.run(clock).await,
            Command::Keys(keys) => {
                crate::keys::back_up(&keys.folder.data, &keys.to, &recipient(&keys.recipient)?)
            }
            Command::Begin(begin) => begin.run(clock).await,
            Command::Confirm(confirm) => confirm.run(clock).await,
        }
    }
}

pub(super) fn recipient(key: &str) -> anyhow::Result<age::x25519::Recipient> {
    key.parse().map_err(|cause| anyhow::anyhow!("{key} is no public key of age: {cause}"))
}

impl Make {
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let mut recipients: Vec<Box<dyn age::Recipient + Send + Sync>> = Vec::new();
        for key in &self.recipients {
            recipients.push(Box::new(recipient(key)?));
        }
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        let mut db = app.db.write().await?;
        store::meta::begin_backup(&mut db).await?;
        db.commit().await?;
        let counts = backup::make(app, &self.to, recipients).await?;
        println!(
            "{} revisions, {} attachments in {}",
            counts.revisions_n,
            counts.attachments_n,
            self.to.display()
        );
        if let (true, Some(identity)) = (self.off_host, &self.identity) {
            let (_, read) =
                backup::verify(&self.to, &super::restore::identities(identity)?, Some(app.db.vault()))?;
            anyhow::ensure!(read == counts, "the backup does not hold what was written");
            let mut db = app.db.write().await?;
            let place = store::meta::end_backup(&mut db).await?;
            let object = format!("up to {place}");
            store::audit::note(&mut db, app.now(), None, "confirm_backup", &object, "").await?;
            db.commit().await?;
            println!("revisions up to {place} are backed up; phones let go of them");
        }
        app.db.close().await;
        Ok(())
    }
}

impl Begin {
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let opened = open(&self.folder, clock).await?;
        let mut db = opened.app.db.write().await?;
        let place = store::meta::begin_backup(&mut db).await?;
        db.commit().await?;
        opened.app.db.close().await;
        println!("revisions up to {place} will be in a copy that is begun now");
        Ok(())
    }
}

impl Confirm {
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        let mut db = app.db.write().await?;
        let confirmed = match self.up_to {
            UpTo::Begun => store::meta::end_backup(&mut db).await?,
            UpTo::Now => store::meta::confirm_backup(&mut db, i64::MAX).await?,
            UpTo::Place(place) => store::meta::confirm_backup(&mut db, place).await?,
        };
        let object = format!("up to {confirmed}");
        store::audit::note(&mut db, app.now(), None, "confirm_backup", &object, "").await?;
        db.commit().await?;
        app.db.close().await;
        println!("backed up: revisions up to {confirmed}");
        Ok(())
    }
}
