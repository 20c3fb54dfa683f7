//! `zoufang person`.

use std::{fs::OpenOptions, io::BufWriter, os::unix::fs::OpenOptionsExt, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::{
    id::{RecordId, RespondentId},
    person::{LETTERS_MIN, PersonAsked, PersonChosen},
};
use uuid::Uuid;

use super::{DataFolder, open};
use crate::{Clock, persons, routes, store};

/// Find everything of one person, and hand it out. To destroy it takes two people, at their desks.
#[derive(Args)]
pub struct Person {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List what may be a person's: ids of the directory and of visits, with day and name.
    Find(Find),
    /// Write everything of the named ids into a ZIP.
    Copy(Copy),
}

#[derive(Args)]
struct Find {
    #[command(flatten)]
    folder: DataFolder,
    /// Part of a name, organisation, telephone, address or id number.
    text: String,
    /// Why; it goes on record.
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
struct Copy {
    #[command(flatten)]
    folder: DataFolder,
    /// An id of the directory, with every visit to them; may be given several times.
    #[arg(long, value_name = "ID")]
    respondent: Vec<Uuid>,
    /// An id of a visit; may be given several times.
    #[arg(long, value_name = "ID")]
    visit: Vec<Uuid>,
    /// Why; it goes on record.
    #[arg(long)]
    reason: String,
    /// The file to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Person {
    /// Does it.
    ///
    /// # Errors
    ///
    /// When the data or the file cannot be had, or a reason is missing.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        match self.command {
            Command::Find(find) => find.run(clock).await,
            Command::Copy(copy) => copy.run(clock).await,
        }
    }
}

impl Find {
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    async fn run(self, clock: Clock) -> anyhow::Result<()> {
        if self.reason.trim().is_empty() {
            bail!("--reason takes a reason");
        }
        if self.text.trim().chars().count() < LETTERS_MIN {
            bail!("{LETTERS_MIN} letters at least");
        }
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        let mut db = app.db.write().await?;
        store::audit::note(&mut db, app.now(), None, "find_person", "person", self.reason.trim()).await?;
        db.commit().await?;
        let asked = PersonAsked { text: self.text, reason: self.reason };
        let found = persons::find(&mut app.db.read().await?, &asked).await?;
        for it in &found.respondents {
            println!("respondent {} {} {}", it.id, it.respondent.name, it.respondent.place);
        }
        for it in &found.visits {
            let where_it_is = if it.in_answers { " (in answers)" } else { "" };
            println!("visit {} {} {} {}{where_it_is}", it.id, it.day, it.name, it.place);
        }
        if found.more {
            println!("there is more: write more of the name");
        }
        app.db.close().await;
        Ok(())
    }
}

impl Copy {
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let chosen = PersonChosen {
            respondents: self.respondent.into_iter().map(RespondentId).collect(),
            visits: self.visit.into_iter().map(RecordId).collect(),
            reason: self.reason,
        };
        if let Some(field) = chosen.wrong_field() {
            bail!("{field}: name somebody, with --respondent or --visit, and a reason");
        }
        let opened = open(&self.folder, clock).await?;
        let app = opened.app.clone();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.out);
        let file = file.with_context(|| format!("cannot write {}", self.out.display()))?;
        routes::persons::note_copy(&app, None, &chosen).await?;
        let copied = persons::gather(&mut app.db.read().await?, &chosen).await?;
        let (of, runtime) = (app.clone(), tokio::runtime::Handle::current());
        let written = tokio::task::spawn_blocking(move || {
            persons::write_zip(&of, copied, BufWriter::new(&file), &runtime)?;
            file.sync_all()
        });
        written.await?.with_context(|| format!("cannot write {}", self.out.display()))?;
        app.db.close().await;
        println!("{}", self.out.display());
        Ok(())
    }
}
