//! The database. All SQL lives below this module, one named constant a statement.

pub(crate) mod accounts;
pub(crate) mod agreement;
pub(crate) mod answers;
pub(crate) mod assignments;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod audit_chain;
pub(crate) mod blob_keys;
pub(crate) mod campaigns;
pub(crate) mod changes;
pub(crate) mod clues;
pub(crate) mod confirmations;
pub(crate) mod devices;
pub mod engine;
pub(crate) mod envelope_keys;
pub(crate) mod erasures;
pub(crate) mod export;
pub(crate) mod figures;
pub(crate) mod handovers;
pub(crate) mod invitations;
pub(crate) mod issues;
pub(crate) mod last_answers;
pub(crate) mod likenesses;
pub(crate) mod lives;
pub(crate) mod many;
pub(crate) mod measures;
pub(crate) mod meetings;
pub(crate) mod meta;
pub(crate) mod official;
pub(crate) mod oidc;
pub(crate) mod openrosa;
pub(crate) mod parts;
pub(crate) mod persons;
pub(crate) mod questionnaire_media;
pub(crate) mod questionnaires;
pub(crate) mod queue;
pub(crate) mod queue_page;
pub(crate) mod records;
pub(crate) mod releases;
pub(crate) mod removals;
pub(crate) mod respondents;
pub(crate) mod rising;
pub(crate) mod rules;
pub(crate) mod sealing;
pub(crate) mod second_factors;
pub(crate) mod servers;
pub(crate) mod sessions;
mod sign_offs;
pub(crate) mod statements;
pub(crate) mod suggester_versions;
pub(crate) mod suggestions;
pub mod tables;
pub(crate) mod taxonomy;
pub(crate) mod transcripts;
pub(crate) mod tries;
pub(crate) mod units;
pub(crate) mod uploads;
pub(crate) mod visit_table;
pub(crate) mod visits;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use sqlx::{
    Connection as _, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

pub use blob_keys::get as blob_key;
use engine::Link;
pub use engine::{Connection, sql, sql_made};
pub use envelope_keys::of_row as envelope_key;
pub use lives::Reach;
pub use sealing::clear_traces;

use crate::{keys::FieldKey, vault::Vault};

/// Readers at once; more would only wait for the disk.
const READERS: u32 = 6;
/// Connections of one server to PostgreSQL; a cluster's limit is usually 100 for all servers.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Statements that a connection keeps prepared; there are about 250.
const STATEMENTS: usize = 512;
/// What other servers write is asked for this often, should no word of it arrive.
const ASKS_EVERY: Duration = Duration::from_secs(5);
/// Other servers are told of writing at most this often.
const TELLS_EVERY: Duration = Duration::from_millis(500);
/// How long a connection or the turn to write is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same where the database may be down: a phone that hears of it soon tries again by itself.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(3);

/// The database.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    /// How many transactions have written so far, here and, on PostgreSQL, by other servers.
    written: watch::Sender<i64>,
    /// Seals and opens what leads to a person, and what phones sent.
    vault: Arc<Vault>,
}

/// SQLite with many readers and one writer, or PostgreSQL.
#[derive(Clone)]
enum Pools {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

/// A transaction that may write. Nothing is durable before its `commit` returns; dropped, nothing stays.
pub struct Transaction {
    connection: Connection,
    written: watch::Sender<i64>,
    /// Its number among those that write; on SQLite the next.
    number: Option<i64>,
}

/// Work that one server does at a time; it ends when this is dropped.
pub struct Turn {
    held: Option<Connection>,
}

impl Turn {
    /// Ends it now, so that another may have it at once; dropped, it ends a moment later.
    ///
    /// # Errors
    ///
    /// The database's; it has ended anyway.
    pub async fn end(self) -> sqlx::Result<()> {
        match self.held.map(|it| it.link) {
            Some(Link::PostgresBegun(it)) => it.rollback().await,
            Some(Link::SqliteBegun(_) | Link::SqliteReading(_) | Link::PostgresReading(_)) | None => Ok(()),
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Transaction {
    /// Makes what was written durable.
    ///
    /// # Errors
    ///
    /// The database's; then nothing of it may be taken as kept.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self.connection.link {
            Link::SqliteBegun(it) => it.commit().await?,
            Link::PostgresBegun(it) => it.commit().await?,
            Link::SqliteReading(_) | Link::PostgresReading(_) => {}
        }
        self.written.send_modify(|it| *it = self.number.unwrap_or(*it + 1).max(*it));
        Ok(())
    }
}

impl Db {
    /// Opens the database of a data folder, or the one on PostgreSQL where `postgres` names it
    /// (`postgres://user:password@host/name`), and brings it up to date.
    ///
    /// # Errors
    ///
    /// When it cannot be opened or written, was written by a later version, or its settings are not the ones
    /// that durability needs.
    pub async fn open(data: &Path, postgres: Option<&str>) -> anyhow::Result<Self> {
        let key = FieldKey::open(data)?;
        let vault = Arc::new(Vault::of(key.secret()));
        let db = match postgres {
            Some(address) => Self::open_postgres(address, vault).await?,
            None => Self::open_sqlite(data, vault).await?,
        };
        sealing::begin(&db, &key).await?;
        Ok(db)
    }

    fn new(pools: Pools, vault: Arc<Vault>) -> Self {
        Self { pools, written: watch::channel(0).0, vault }
    }

    fn connection(&self, link: Link) -> Connection {
        Connection { link, vault: Arc::clone(&self.vault) }
    }

    async fn open_sqlite(data: &Path, vault: Arc<Vault>) -> anyhow::Result<Self> {
        let file = data.join("zoufang.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // WAL with NORMAL may roll an acknowledged record back after a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(STATEMENTS)
            .pragma("secure_delete", "on")
            .pragma("trusted_schema", "off");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
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
        SQLITE_MIGRATIONS.run(&writer).await.context("cannot bring the database up to date")?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .connect_with(options.read_only(true))
            .await?;
        let db = Self::new(Pools::Sqlite { readers, writer }, vault);
        assert_sqlite(&mut *db.write().await?).await?;
        Ok(db)
    }

    async fn open_postgres(address: &str, vault: Arc<Vault>) -> anyhow::Result<Self> {
        let options: PgConnectOptions = address.parse().context("the address of the database is not one")?;
        // Parameters of statements are what people said: they are not for the log.
        let options = options.statement_cache_capacity(STATEMENTS).application_name("zoufang");
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(POSTGRES_PATIENCE)
            .connect_with(options)
            .await
            .context("cannot open the database")?;
        POSTGRES_MIGRATIONS.run(&pool).await.context("cannot bring the database up to date")?;
        let db = Self::new(Pools::Postgres(pool), vault);
        assert_postgres(&mut db.read().await?).await?;
        Ok(db)
    }

    /// Whether the database of a data folder is as this version makes it; it stays as it is.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn is_current(data: &Path, postgres: Option<&str>) -> anyhow::Result<bool> {
        let applied: Option<i64> = if let Some(address) = postgres {
            let mut db = sqlx::PgConnection::connect(address).await.context("cannot open the database")?;
            sqlx::query_scalar(APPLIED).fetch_one(&mut db).await?
        } else {
            let options = SqliteConnectOptions::new().filename(data.join("zoufang.db")).read_only(true);
            let opened = sqlx::SqliteConnection::connect_with(&options).await;
            let mut db = opened.context("cannot open the database")?;
            let applied = sqlx::query_scalar(APPLIED).fetch_one(&mut db).await?;
            db.close().await?;
            applied
        };
        Ok(applied == Some(Self::schema()))
    }

    /// The number of the last migration, by which a backup's layout is named; the same on both engines.
    pub fn schema() -> i64 {
        SQLITE_MIGRATIONS.iter().map(|it| it.version).max().unwrap_or(0)
    }

    /// A connection to read with.
    ///
    /// # Errors
    ///
    /// When none becomes free in time.
    pub async fn read(&self) -> sqlx::Result<Connection> {
        Ok(self.connection(match &self.pools {
            Pools::Sqlite { readers, .. } => Link::SqliteReading(readers.acquire().await?),
            Pools::Postgres(pool) => Link::PostgresReading(pool.acquire().await?),
        }))
    }

    /// Begins to read one moment's state, whatever is written meanwhile, until it is dropped.
    ///
    /// # Errors
    ///
    /// When no connection becomes free in time.
    pub async fn moment(&self) -> sqlx::Result<Connection> {
        Ok(self.connection(match &self.pools {
            Pools::Sqlite { readers, .. } => Link::SqliteBegun(readers.begin().await?),
            Pools::Postgres(pool) => Link::PostgresBegun(pool.begin_with(MOMENT).await?),
        }))
    }

    /// Begins a transaction that may write, when it is this one's turn: one at a time writes, on PostgreSQL
    /// across all servers too. So sequences are in the order of the commits, and what was read stays true.
    ///
    /// # Errors
    ///
    /// When the writer stays busy.
    pub async fn write(&self) -> sqlx::Result<Transaction> {
        let (connection, number) = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                (self.connection(Link::SqliteBegun(writer.begin_with("begin immediate").await?)), None)
            }
            Pools::Postgres(pool) => {
                let mut begun = self.connection(Link::PostgresBegun(pool.begin().await?));
                let number = sql(WRITE).fetch_one(&mut begun).await?.get(0);
                (begun, Some(number))
            }
        };
        Ok(Transaction { connection, written: self.written.clone(), number })
    }

    /// The connection that writes, for what no transaction can hold.
    async fn outside_transactions(&self) -> sqlx::Result<Connection> {
        Ok(self.connection(match &self.pools {
            Pools::Sqlite { writer, .. } => Link::SqliteReading(writer.acquire().await?),
            Pools::Postgres(pool) => Link::PostgresReading(pool.acquire().await?),
        }))
    }

    /// Opens what is sealed in this database.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Takes the turn at work that one server does at a time; `None` while another one has it.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn turn(&self, work: &'static str) -> sqlx::Result<Option<Turn>> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(Some(Turn { held: None })) };
        let mut held = self.connection(Link::PostgresBegun(pool.begin().await?));
        let free = sql(TURN).bind(work).fetch_optional(&mut held).await?;
        Ok(free.map(|_| Turn { held: Some(held) }))
    }

    /// Tells how many transactions have written so far, whenever there is one more.
    pub fn written(&self) -> watch::Receiver<i64> {
        self.written.subscribe()
    }

    /// Whether other servers may write too.
    pub fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_))
    }

    /// Closes the database, so that its files are whole without a log beside them.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

static SQLITE_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/postgres");
const APPLIED: &str = "select max(version) from _sqlx_migrations where success";
const MOMENT: &str = "begin isolation level repeatable read read only";
/// A locked row, not an advisory lock: CockroachDB and YugabyteDB have it too. What writes looks for rows by their keys; a
/// plan that was made while a table was empty would read it from end to end until the table is analyzed.
const WRITE: &str = "update turn set written = written + 1 where name = 'write'
    returning written, set_config('enable_seqscan', 'off', true)";
const TURN: &str = "select name from turn where name = $1 for update skip locked";

const JOURNAL_MODE: &str = "pragma journal_mode";
const SYNCHRONOUS: &str = "pragma synchronous";
const FOREIGN_KEYS: &str = "pragma foreign_keys";

/// Refuses to run on settings that could lose what was acknowledged.
async fn assert_sqlite(db: &mut Connection) -> anyhow::Result<()> {
    let mode: String = sql(JOURNAL_MODE).fetch_one(db).await?.get(0);
    let synchronous: i64 = sql(SYNCHRONOUS).fetch_one(db).await?.get(0);
    let foreign_keys: i64 = sql(FOREIGN_KEYS).fetch_one(db).await?.get(0);
    if mode != "wal" || synchronous != 2 || foreign_keys != 1 {
        bail!(
            "the database refuses safe settings: journal {mode}, synchronous {synchronous}, foreign keys {foreign_keys}"
        );
    }
    Ok(())
}

const FSYNC: &str = "show fsync";
const SYNCHRONOUS_COMMIT: &str = "show synchronous_commit";
const FULL_PAGE_WRITES: &str = "show full_page_writes";
const ENCODING: &str = "show server_encoding";

/// The same for PostgreSQL.
async fn assert_postgres(db: &mut Connection) -> anyhow::Result<()> {
    for (setting, bad) in [(FSYNC, "off"), (SYNCHRONOUS_COMMIT, "off"), (FULL_PAGE_WRITES, "off")] {
        let value: String = sql(setting).fetch_one(db).await?.get(0);
        if value == bad {
            bail!("the database has an unsafe setting: {} is {bad}", setting.trim_start_matches("show "));
        }
    }
    let encoding: String = sql(ENCODING).fetch_one(db).await?.get(0);
    if !encoding.eq_ignore_ascii_case("utf8") {
        bail!("the database must be in UTF-8, and is in {encoding}");
    }
    Ok(())
}

const WRITTEN: &str = "select written from turn where name = 'write'";
const NOTIFY: &str = "select pg_notify('zoufang', '')";
/// Where servers on one PostgreSQL tell each other that something was written.
const CHANNEL: &str = "zoufang";

impl Db {
    /// Notices what other servers write and tells them of what this one writes, until the database is closed. On
    /// SQLite there is nobody else. A database without `listen` is asked every few seconds.
    pub async fn follow_others(&self) {
        let Pools::Postgres(pool) = &self.pools else { return };
        let mut written = self.written();
        let mut ears = ears(pool).await;
        while !pool.is_closed() {
            let here = *written.borrow_and_update();
            let heard = async {
                match &mut ears {
                    Some(ears) => ears.recv().await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            let own = tokio::select! {
                heard = heard => {
                    if !heard { ears = None; }
                    false
                }
                changed = written.changed() => changed.is_ok(),
                () = tokio::time::sleep(ASKS_EVERY) => {
                    if ears.is_none() { ears = self::ears(pool).await; }
                    false
                }
            };
            let told = if own { self.tell(here).await } else { self.ask().await };
            if let Err(cause) = told
                && !pool.is_closed()
            {
                tracing::warn!(%cause, "what other servers write cannot be followed");
                tokio::time::sleep(TELLS_EVERY).await;
            }
        }
    }

    /// Wakes the other servers. They are told at most once in [`TELLS_EVERY`], and never on a commit's path:
    /// PostgreSQL lets transactions that notify commit one after the other.
    async fn tell(&self, before: i64) -> sqlx::Result<()> {
        tokio::time::sleep(TELLS_EVERY).await;
        let mut db = self.read().await?;
        let written: i64 = sql(WRITTEN).fetch_one(&mut db).await?.get(0);
        self.notice(written);
        if written > before {
            sql(NOTIFY).fetch_one(&mut db).await?;
        }
        Ok(())
    }

    async fn ask(&self) -> sqlx::Result<()> {
        let written = sql(WRITTEN).fetch_one(&mut self.read().await?).await?.get(0);
        self.notice(written);
        Ok(())
    }

    fn notice(&self, written: i64) {
        self.written.send_if_modified(|it| std::mem::replace(it, written.max(*it)) < written);
    }
}

/// Hears what other servers tell; `None` when the database has no such thing, or not now.
async fn ears(pool: &PgPool) -> Option<PgListener> {
    let mut ears = PgListener::connect_with(pool).await.ok()?;
    ears.listen(CHANNEL).await.ok()?;
    Some(ears)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite does by itself when the disk is full or fails.
    const ENDED_BY_SQLITE: &str = "rollback";

    #[tokio::test]
    async fn a_writer_whose_transaction_sqlite_ended_is_not_handed_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path(), None).await.unwrap();
        for nested in [false, true] {
            let mut lost = db.write().await.unwrap();
            if nested {
                lost.savepoint().await.unwrap();
                sql(ENDED_BY_SQLITE).execute(&mut lost).await.unwrap();
                let cause = lost.release().await.unwrap_err();
                assert!(matches!(cause, sqlx::Error::InvalidSavePointStatement), "{cause:?}");
            } else {
                sql(ENDED_BY_SQLITE).execute(&mut lost).await.unwrap();
            }
            lost.commit().await.unwrap_err();
            let mut next = db.write().await.unwrap();
            meta::set(&mut next, "key", "value").await.unwrap();
            next.commit().await.unwrap();
        }
    }
}
