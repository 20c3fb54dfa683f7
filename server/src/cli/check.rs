//! `zoufang check`.

use std::process::ExitCode;

use clap::Args;

use super::{DataFolder, open};
use crate::{App, Clock, blobs, store};

/// Verify that everything acknowledged is here, byte for byte.
///
/// Exit codes: 0 everything is whole, 1 the check could not be made, 2 wrong arguments, 3 something is
/// missing or damaged (each thing on a line of its own).
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Check {
    #[command(flatten)]
    folder: DataFolder,
}

impl Check {
    /// Reads every revision, every attachment and every part of a clue and compares it with its hash.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    pub async fn run(self, clock: Clock) -> anyhow::Result<ExitCode> {
        let opened = open(&self.folder, clock).await?;
        let found = check(&opened.app).await?;
        opened.app.db.close().await;
        for damage in &found.damaged {
            println!("{damage}");
        }
        let Found { revisions_n, attachments_n, clues_n, .. } = found;
        println!("{revisions_n} revisions, {attachments_n} attachments, {clues_n} sealed clues");
        if found.damaged.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        println!("{} damaged", found.damaged.len());
        Ok(ExitCode::from(DAMAGED))
    }
}

/// The exit code when something is missing or damaged.
const DAMAGED: u8 = 3;

/// What was found.
pub struct Found {
    pub revisions_n: usize,
    pub attachments_n: usize,
    /// Sealed clues; whether they open only the discipline group can tell.
    pub clues_n: usize,
    /// One line each.
    pub damaged: Vec<String>,
}

/// Reads everything.
///
/// # Errors
///
/// The database's, the disk's and the bucket's.
pub async fn check(app: &App) -> anyhow::Result<Found> {
    let mut db = app.db.read().await?;
    let mut damaged = store::records::integrity(&mut db).await?;
    let (revisions_n, wrong) = store::records::verify(&mut db).await?;
    damaged.extend(wrong.into_iter().map(|it| format!("revision {it} does not have its hash")));
    let stored = store::attachments::stored_hashes(&mut db).await?;
    for (id, hash) in &stored {
        if !blobs::verify(app, *hash).await? {
            damaged.push(format!("attachment {id} is missing or damaged"));
        }
    }
    let (clues_n, wrong) = store::clues::verify(&mut db).await?;
    damaged.extend(wrong.into_iter().map(|it| format!("clue {it} is missing a part, or has a damaged one")));
    Ok(Found { revisions_n, attachments_n: stored.len(), clues_n, damaged })
}
