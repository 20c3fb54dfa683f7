//! The database. All SQL lives below this module, one named constant a statement.

pub(crate) mod accounts;
pub(crate) mod assignments;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod campaigns;
pub(crate) mod changes;
pub(crate) mod export;
pub(crate) mod figures;
pub(crate) mod issues;
pub(crate) mod lives;
pub(crate) mod measures;
pub(crate) mod meetings;
pub(crate) mod meta;
pub(crate) mod queue;
pub(crate) mod records;
pub(crate) mod releases;
pub(crate) mod respondents;
pub(crate) mod sessions;
pub(crate) mod statements;
pub(crate) mod suggestions;
pub(crate) mod tries;
pub(crate) mod units;
pub(crate) mod uploads;
pub(crate) mod visit_table;
pub(crate) mod visits;

use std::{path::Path, time::Duration};

use anyhow::{Context, bail};
use sqlx::{
    Connection as _, Row, Sqlite, SqlitePool, Transaction,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// The connection that statements run on, within a transaction or not.
pub type Connection = sqlx::SqliteConnection;

/// Readers at once; more would only wait for the disk.
const READERS: u32 = 4;

/// The database: many readers, one writer.
#[derive(Clone)]
pub struct Db {
    readers: SqlitePool,
    writer: SqlitePool,
}

impl Db {
    /// Opens the database of a data folder and brings it up to date.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or written, was written by a later version, or its settings
    /// are not the ones that durability needs.
    pub async fn open(data: &Path) -> anyhow::Result<Self> {
        let file = data.join("zoufang.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // WAL with NORMAL may roll an acknowledged record back after a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("secure_delete", "on")
            .pragma("trusted_schema", "off");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(20))
            // On a full disk SQLite ends the transaction by itself; sqlx goes on counting it and would
            // refuse every later one. Such a connection is closed, and another opened.
            .test_before_acquire(true)
            .before_acquire(|connection, _| {
                let clean = !connection.is_in_transaction();
                Box::pin(async move { Ok(clean) })
            })
            .connect_with(options.clone())
            .await
            .with_context(|| format!("cannot open the database {}", file.display()))?;
        MIGRATIONS.run(&writer).await.context("cannot bring the database up to date")?;
        assert_settings(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(20))
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { readers, writer })
    }

    /// Whether the database of a data folder is as this version makes it; it stays as it is.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn is_current(data: &Path) -> anyhow::Result<bool> {
        let options = SqliteConnectOptions::new().filename(data.join("zoufang.db")).read_only(true);
        let mut db = Connection::connect_with(&options).await.context("cannot open the database")?;
        let applied: Option<i64> = sqlx::query(APPLIED).fetch_one(&mut db).await?.get(0);
        db.close().await?;
        Ok(applied == MIGRATIONS.iter().map(|it| it.version).max())
    }

    /// A connection to read with.
    ///
    /// # Errors
    ///
    /// When none becomes free in time.
    pub async fn read(&self) -> sqlx::Result<PoolConnection<Sqlite>> {
        self.readers.acquire().await
    }

    /// Begins a transaction that may write. Nothing is durable before its `commit` returns.
    ///
    /// # Errors
    ///
    /// When the writer stays busy.
    pub async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("begin immediate").await
    }

    /// Closes the database, so that its files are whole without a log beside them.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");
const APPLIED: &str = "select max(version) from _sqlx_migrations where success";

const JOURNAL_MODE: &str = "pragma journal_mode";
const SYNCHRONOUS: &str = "pragma synchronous";
const FOREIGN_KEYS: &str = "pragma foreign_keys";

/// Refuses to run on settings that could lose what was acknowledged.
async fn assert_settings(pool: &SqlitePool) -> anyhow::Result<()> {
    let mode: String = sqlx::query(JOURNAL_MODE).fetch_one(pool).await?.get(0);
    let synchronous: i64 = sqlx::query(SYNCHRONOUS).fetch_one(pool).await?.get(0);
    let foreign_keys: i64 = sqlx::query(FOREIGN_KEYS).fetch_one(pool).await?.get(0);
    if mode != "wal" || synchronous != 2 || foreign_keys != 1 {
        bail!(
            "the database refuses safe settings: journal {mode}, synchronous {synchronous}, foreign keys {foreign_keys}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite does by itself when the disk is full or fails.
    const ENDED_BY_SQLITE: &str = "rollback";

    #[tokio::test]
    async fn a_writer_whose_transaction_sqlite_ended_is_not_handed_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).await.unwrap();
        for nested in [false, true] {
            let mut lost = db.write().await.unwrap();
            if nested {
                let mut savepoint = lost.begin().await.unwrap();
                sqlx::query(ENDED_BY_SQLITE).execute(&mut *savepoint).await.unwrap();
                savepoint.commit().await.unwrap_err();
            } else {
                sqlx::query(ENDED_BY_SQLITE).execute(&mut *lost).await.unwrap();
            }
            lost.commit().await.unwrap_err();
            let mut next = db.write().await.unwrap();
            meta::set(&mut next, "key", "value").await.unwrap();
            next.commit().await.unwrap();
        }
    }
}
