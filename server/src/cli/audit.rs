//! `zoufang audit`.

use std::process::ExitCode;

use anyhow::bail;
use chrono::DateTime;
use clap::{Args, Subcommand};
use domain::audit::Head;

use super::{DataFolder, open};
use crate::{Clock, auditing, store::Db};

/// See whether the audit log is whole.
#[derive(Args)]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Verify(Verify),
}

/// Walk the whole audit log: nothing in it was changed, removed, put in or put into another order.
///
/// Exit codes: 0 it is whole, 1 it could not be read, 2 wrong arguments, 3 it is not (each fault on a line of its own).
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Verify {
    #[command(flatten)]
    folder: DataFolder,
    /// A checkpoint as printed, place and hash: "12 3f…". It must be part of the log; may be given several times.
    #[arg(long, value_name = "CHECKPOINT")]
    expect: Vec<Head>,
}

impl Audit {
    /// Does it.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub async fn run(self, clock: Clock) -> anyhow::Result<ExitCode> {
        let Command::Verify(verify) = self.command;
        verify.run(clock).await
    }
}

impl Verify {
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    async fn run(self, clock: Clock) -> anyhow::Result<ExitCode> {
        self.folder.see_data()?;
        // A look changes nothing, and brings no database up to date.
        if !Db::is_current(&self.folder.data, self.folder.database()).await? {
            bail!("the database is of another version: start the server of this one first");
        }
        let app = open(&self.folder, clock).await?.app;
        let written = auditing::written_down(&app.data)?;
        let key = app.receipt_key.public();
        let found = auditing::verify(&mut app.db.moment().await?, key, &written, &self.expect).await?;
        app.db.close().await;
        for fault in &found.faults {
            println!("{fault}");
        }
        if let Some(cut) = found.cut {
            println!("cut off before {cut}, signed: the days of what stood there were over");
        }
        println!("linked up to {}", found.head);
        println!("{} checkpoints, signed by {key}", found.checkpoints_n);
        if let Some(since) = found.waiting_since.and_then(DateTime::from_timestamp_millis) {
            println!(
                "{} entries are not linked yet, the first of {}",
                found.waiting_n,
                since.format("%F %T UTC")
            );
        }
        if found.faults.is_empty() {
            println!("the audit log is whole");
            return Ok(ExitCode::SUCCESS);
        }
        println!("{} faults", found.faults.len());
        Ok(ExitCode::from(NOT_WHOLE))
    }
}

/// The exit code when something was changed or is missing.
const NOT_WHOLE: u8 = 3;
