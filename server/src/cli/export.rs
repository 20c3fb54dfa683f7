//! `zoufang export`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;
use domain::{csv::Guard, day::is_day};

use super::{DataFolder, open};
use crate::{
    Clock,
    export::{self, Style, What},
    routes, store,
};

/// Write visits, statements or issues as CSV.
#[derive(Args)]
pub struct Export {
    what: What,
    #[command(flatten)]
    folder: DataFolder,
    /// The file to write; standard output without it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// First day, yyyy-MM-dd.
    #[arg(long, default_value = "")]
    from: String,
    /// Last day, yyyy-MM-dd.
    #[arg(long, default_value = "")]
    to: String,
    /// Machine names in the header instead of Chinese ones.
    #[arg(long)]
    machine_names: bool,
    /// No mark at the front; Excel then takes the file for another encoding.
    #[arg(long)]
    no_mark: bool,
    /// Cells exactly as they are, not guarded for spreadsheets.
    #[arg(long)]
    raw: bool,
    /// Visits only: with names, telephones and addresses; the reason goes on record.
    #[arg(long, value_name = "REASON")]
    identities: Option<String>,
}

impl Export {
    /// Writes the file.
    ///
    /// # Errors
    ///
    /// When the data or the file cannot be had, or a day is none.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        for day in [&self.from, &self.to] {
            if !day.is_empty() && !is_day(day) {
                bail!("{day} is no day; write it as 2026-11-30");
            }
        }
        if self.identities.is_some() && !self.what.has_identities() {
            bail!("only visits are exported with identities");
        }
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        let days =
            routes::export::days(app, self.from, self.to).await.context("no campaign is set up yet")?;
        let reason = self.identities.as_deref().unwrap_or_default();
        if self.identities.is_some() && reason.trim().is_empty() {
            bail!("--identities takes a reason");
        }
        let object = export::object(self.what, self.identities.is_some());
        let mut db = app.db.write().await?;
        store::audit::note(&mut db, app.now(), None, "export", &object, reason).await?;
        db.commit().await?;
        let style = Style {
            machine_names: self.machine_names,
            mark: !self.no_mark,
            guard: if self.raw { Guard::Raw } else { Guard::Spreadsheet },
            identities: self.identities.is_some(),
        };
        let mut out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
            )),
            None => Box::new(io::stdout().lock()),
        };
        let mut pieces = export::begin(app.clone(), self.what, days, style);
        while let Some(piece) = pieces.recv().await {
            match out.write_all(&piece?) {
                // Whoever reads the pipe has seen enough.
                Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written.context("cannot write the file")?,
            }
        }
        out.flush().context("cannot write the file")?;
        app.db.close().await;
        Ok(())
    }
}
