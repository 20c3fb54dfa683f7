//! `zoufang import`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::{import::BadReason, respondent::RespondentKind};

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
    /// When the file cannot be read as a list, or none of its rows can be taken.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let What::Respondents { file, dry_run, kind } = self.what;
        let kind = match kind {
            Some(word) => {
                Some(RespondentKind::from_word(&word).with_context(|| format!("there is no kind {word}"))?)
            }
            None => None,
        };
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let opened = open(&self.folder, clock).await?;
        let taken = routes::respondents::take(&opened.app, bytes.into(), None, kind, !dry_run, None).await;
        opened.app.db.close().await;
        match taken {
            Ok(report) => {
                say(&report, dry_run);
                if report.bad_n > 0 && report.good_n + report.known_n == 0 {
                    bail!("no row of {} can be taken", file.display());
                }
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
    for row in &report.repeated {
        println!("line {}: the same as line {}", row.line, row.first);
    }
    for bad in &report.bad {
        println!("line {} column {}: {}", bad.line, bad.column, in_words(bad.reason));
    }
}

fn in_words(reason: BadReason) -> &'static str {
    match reason {
        BadReason::NoName => "neither a name nor an organisation",
        BadReason::UnknownKind => "not a kind of respondent that is known; --kind says what such rows are",
        BadReason::UnknownUnit => "no unit of this name",
        BadReason::LostDigits => "the spreadsheet has rounded a long number; its digits are not in the file",
        BadReason::TooLong => "longer than a line",
    }
}
