//! `zoufang restore`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use super::DataFolder;
use crate::{Clock, backup, history, keys, store};

/// Put a backup into a new, empty data folder. It is verified as a whole before anything is written.
#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    folder: DataFolder,
    /// The backup.
    file: PathBuf,
    /// A file with the age key that opens it, as `age-keygen` writes it.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// The copy of the keys, as `zoufang backup keys` wrote it: without them nobody can read who was visited. They may
    /// also lie in the new data folder already.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Only see whether it could be restored.
    #[arg(long)]
    verify_only: bool,
}

impl Restore {
    /// Restores it. Phones offer again what they still hold: another epoch begins.
    ///
    /// # Errors
    ///
    /// When the backup is not whole, or the data folder or database is not empty: then nothing was touched.
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let vault = match &self.keys {
            Some(keys) => keys::vault_of_copy(keys, &identities(&self.identity)?)?,
            // Half of the keys would have others made beside them.
            None if !keys::path_of(&self.folder.data).exists() => None,
            None => keys::vault_of_folder(&self.folder.data)?,
        };
        let (head, counts) = backup::verify(&self.file, &identities(&self.identity)?, vault.as_ref())?;
        println!(
            "{} revisions, {} attachments, {} rows; made by version {}",
            counts.revisions_n, counts.attachments_n, counts.rows_n, head.version
        );
        if self.verify_only {
            if vault.is_none() {
                println!(
                    "without its keys, neither what phones sent nor attachments could be compared with their hashes"
                );
            }
            return Ok(());
        }
        head.fits()?;
        if vault.is_none() {
            bail!("what leads to a person is sealed in a backup: {}", backup::NEEDS_KEYS);
        }
        if self.folder.data.join("zoufang.db").exists() {
            bail!("there is data in {}: restore into a new folder", self.folder.data.display());
        }
        let _alone = self.folder.lock()?;
        if let Some(keys) = &self.keys {
            keys::restore(&self.folder.data, keys, &identities(&self.identity)?)?;
        }
        self.folder.see_bucket(&clock).await?;
        let app = self.folder.open(clock).await?;
        let mut db = app.db.read().await?;
        if store::accounts::count(&mut db).await? > 0 {
            bail!("there is data in this database: restore into a new one");
        }
        drop(db);
        backup::load(&app, &self.file, &identities(&self.identity)?).await?;
        // The one that phones know becomes past: what they know of it begins no further one.
        let known = history::epoch(&mut app.db.read().await?).await?;
        history::begin_epoch(&app, &known, "restored from a backup").await?;
        let found = super::check::check(&app).await?;
        app.db.close().await;
        if !found.damaged.is_empty() {
            bail!("what was restored is damaged: {}", found.damaged.join("; "));
        }
        println!("restored to {}", self.folder.data.display());
        Ok(())
    }
}

/// The keys in a file.
///
/// # Errors
///
/// When there are none.
pub fn identities(file: &std::path::Path) -> anyhow::Result<Vec<Box<dyn age::Identity>>> {
    let name = file.display().to_string();
    let read = age::IdentityFile::from_file(name.clone()).with_context(|| format!("cannot read {name}"))?;
    let identities = read.into_identities().with_context(|| format!("{name} holds no age key"))?;
    Ok(identities.into_iter().map(|it| it as Box<dyn age::Identity>).collect())
}
