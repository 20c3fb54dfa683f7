//! `zoufang import`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::respondent::RespondentKind;

use super::{DataFolder, open};
use crate::{Clock, routes};

/// Take lists in.
#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    folder: DataFolder,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A list of respondents: CSV in UTF-8 or GB18030, or .xlsx, columns found by name.
    Respondents {
        file: PathBuf,
        /// Say what would be taken, and take nothing.
        #[arg(long)]
        dry_run: bool,
        /// What rows without a kind column are: business, household, `retired_cadre` or other.
        #[arg(long)]
        kind: Option<String>,
    },
}

impl Import {
    /// Takes the list in, or says what would be taken.
    ///
    /// # Errors
    ///
    /// When the file cannot be read as a list.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let What::Respondents { file, dry_run, kind } = self.what;
        let kind = match kind {
            Some(word) => {
                Some(RespondentKind::from_word(&word).with_context(|| format!("there is no kind {word}"))?)
            }
            None => None,
        };
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let app = open(&self.folder, clock, false).await?;
        let taken = routes::respondents::take(&app, bytes.into(), None, kind, !dry_run, None).await;
        app.db.close().await;
        match taken {
            Ok(report) => {
                say(&report, dry_run);
                Ok(())
            }
            Err(cause) => bail!("{} is no list that can be read ({})", file.display(), cause.code().title()),
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn say(report: &domain::import::ImportReport, dry_run: bool) {
    let verb = if dry_run { "would be taken" } else { "taken" };
    println!(
        "{} {verb}, {} known already, {} repeated in the file, {} bad",
        report.good_n, report.known_n, report.repeated_n, report.bad_n
    );
    for bad in &report.bad {
        println!("line {} column {}: {:?}", bad.line, bad.column, bad.reason);
    }
}
