//! `zoufang migrate`.

use anyhow::bail;
use clap::Args;

use super::DataFolder;
use crate::{App, Clock, backup, store::Db};

/// Move everything from the data folder's own SQLite database to PostgreSQL. Attachments stay where they are.
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    folder: DataFolder,
    /// The empty PostgreSQL database: postgres://user:password@host/name
    #[arg(long, value_name = "ADDRESS")]
    to: String,
}

impl Migrate {
    /// Moves it, and compares what arrived. The SQLite database stays as it was.
    ///
    /// # Errors
    ///
    /// When a server is running on the folder, the other database is not empty, or something did not arrive: then
    /// nothing stays in it.
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        if self.folder.database().is_some() {
            bail!("the data folder's own database is what is moved: leave --database out");
        }
        self.folder.see_data()?;
        let _alone = self.folder.lock()?;
        let from = App::open(&self.folder.data, None, clock).await?;
        let to = Db::open(&self.folder.data, Some(&self.to)).await?;
        let counts = backup::migrate(&from.db, &to).await?;
        from.db.close().await;
        to.close().await;
        println!("{} rows, {} revisions verified", counts.rows_n, counts.revisions_n);
        println!("start the server with --database and this data folder from now on");
        Ok(())
    }
}
