//! `zoufang backup`.

use clap::{Args, Subcommand};

use super::{DataFolder, open};
use crate::{Clock, store};

/// Backups of a data folder.
#[derive(Args)]
pub struct Backup {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say that a copy of this data is about to be made: what is complete now will be in it.
    Begin(Begin),
    /// Say that a copy of this data off this host was made and verified: phones then let go of what is in it.
    Confirm(Confirm),
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
            Command::Begin(begin) => begin.run(clock).await,
            Command::Confirm(confirm) => confirm.run(clock).await,
        }
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
