//! `zoufang export`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    mem,
    path::PathBuf,
};

use anyhow::{Context, bail};
use axum::body::Bytes;
use clap::{Args, ValueEnum};
use domain::{
    csv::Guard,
    day::is_day,
    questionnaire::layout::{Several, Wording},
};
use tokio::{runtime::Handle, sync::mpsc};

use super::{DataFolder, open};
use crate::{
    Clock,
    export::{self, Style, What},
    export_answers::{self, Files},
    routes, store,
};

/// Write visits, statements or issues as CSV, or the answers to a questionnaire as a ZIP of CSV or a workbook.
#[derive(Args)]
pub struct Export {
    #[arg(required_unless_present = "questionnaire")]
    what: Option<What>,
    /// The answers to the questionnaire with this id, instead: a table for the form and one for each repeat, and a codebook.
    #[arg(long, value_name = "ID", conflicts_with_all = ["what", "from", "to", "identities"])]
    questionnaire: Option<String>,
    /// With --questionnaire: words for people in headers and for choices, instead of names.
    #[arg(long, requires = "questionnaire")]
    labels: bool,
    /// With --questionnaire: one workbook (.xlsx) of as many sheets, instead of a ZIP of CSV.
    #[arg(long, requires = "questionnaire")]
    xlsx: bool,
    /// With --questionnaire: how several choices are written.
    #[arg(long, requires = "questionnaire", value_enum, default_value = "both")]
    several: SeveralWord,
    /// With --questionnaire: photos, recordings and files that were answers in `media/` of the ZIP; REASON goes into the audit log.
    #[arg(long, requires = "questionnaire", conflicts_with = "xlsx", value_name = "REASON")]
    media: Option<String>,
    /// With --questionnaire: leave the groups out of the headers.
    #[arg(long, requires = "questionnaire")]
    no_prefixes: bool,
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

/// How several choices are written.
#[derive(Clone, Copy, ValueEnum)]
enum SeveralWord {
    /// In one column.
    Joined,
    /// A column for each, with 1 or 0.
    Split,
    Both,
}

impl Export {
    /// Writes the file.
    ///
    /// # Errors
    ///
    /// When the data or the file cannot be had, or a day is none.
    pub async fn run(mut self, clock: Clock) -> anyhow::Result<()> {
        let Some(what) = self.what else {
            let questionnaire = self.questionnaire.take().unwrap_or_default();
            return self.run_answers(questionnaire, clock).await;
        };
        for day in [&self.from, &self.to] {
            if !day.is_empty() && !is_day(day) {
                bail!("{day} is no day; write it as 2026-11-30");
            }
        }
        if self.identities.is_some() && !what.has_identities() {
            bail!("only visits are exported with identities");
        }
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        let days = routes::export::days(app, mem::take(&mut self.from), mem::take(&mut self.to))
            .await
            .context("no campaign is set up yet")?;
        let reason = self.identities.as_deref().unwrap_or_default();
        if self.identities.is_some() && reason.trim().is_empty() {
            bail!("--identities takes a reason");
        }
        let object = export::object(what, self.identities.is_some());
        let mut db = app.db.write().await?;
        store::audit::note(&mut db, app.now(), None, "export", &object, reason).await?;
        db.commit().await?;
        let style = Style {
            machine_names: self.machine_names,
            mark: !self.no_mark,
            guard: if self.raw { Guard::Raw } else { Guard::Spreadsheet },
            identities: self.identities.is_some(),
        };
        let mut pieces = export::begin(app.clone(), what, days, style);
        self.write(&mut pieces).await?;
        app.db.close().await;
        Ok(())
    }

    async fn run_answers(self, questionnaire: String, clock: Clock) -> anyhow::Result<()> {
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        app.reading.caught_up(&app.db).await;
        let versions = store::questionnaires::versions(&mut app.db.read().await?, &questionnaire).await?;
        if versions.is_empty() {
            bail!("no questionnaire {questionnaire} is published here");
        }
        if self.media.as_deref().is_some_and(|it| it.trim().is_empty()) {
            bail!("--media takes a reason");
        }
        let mut db = app.db.write().await?;
        let object = format!("questionnaire {questionnaire}");
        store::audit::note(&mut db, app.now(), None, "export", &object, "").await?;
        if let Some(reason) = &self.media {
            store::audit::note(&mut db, app.now(), None, "export_media", &object, reason.trim()).await?;
        }
        db.commit().await?;
        let style = export_answers::Style {
            several: match self.several {
                SeveralWord::Joined => Several::Joined,
                SeveralWord::Split => Several::Split,
                SeveralWord::Both => Several::Both,
            },
            wording: Wording { prefixes: !self.no_prefixes, labels: self.labels, language: String::new() },
            mark: !self.no_mark,
            guard: if self.raw { Guard::Raw } else { Guard::Spreadsheet },
            files: if self.media.is_some() { Files::Beside } else { Files::Named },
        };
        if self.xlsx {
            let (of, runtime) = (app.clone(), Handle::current());
            let made = move || export_answers::workbook(&of, &questionnaire, &versions, &style, &runtime);
            let book = tokio::task::spawn_blocking(made).await??;
            self.out()?.write_all(&book).context("cannot write the file")?;
        } else {
            let mut pieces = export_answers::begin(app.clone(), questionnaire, versions, style);
            self.write(&mut pieces).await?;
        }
        app.db.close().await;
        Ok(())
    }

    /// The file, or standard output.
    fn out(&self) -> anyhow::Result<Box<dyn Write>> {
        Ok(match &self.out {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
            )),
            None => Box::new(io::stdout().lock()),
        })
    }

    /// Writes what comes to it.
    async fn write<E: std::error::Error + Send + Sync + 'static>(
        &self,
        pieces: &mut mpsc::Receiver<Result<Bytes, E>>,
    ) -> anyhow::Result<()> {
        let mut out = self.out()?;
        while let Some(piece) = pieces.recv().await {
            match out.write_all(&piece?) {
                // Whoever reads the pipe has seen enough.
                Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written.context("cannot write the file")?,
            }
        }
        out.flush().context("cannot write the file")
    }
}
