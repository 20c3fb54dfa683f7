//! One way to run a statement on either engine: SQLite or PostgreSQL.
//!
//! A statement is a constant with `$1` placeholders, the same text for both. Where the engines' languages
//! part (searching text, looking into the engine itself) it is a pair of texts.

use std::{borrow::Cow, sync::Arc};

use futures_util::TryStreamExt as _;
use sqlx::{
    Column as _, Executor as _, Postgres, Row as _, SqlSafeStr as _, Sqlite, TypeInfo as _, ValueRef as _,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use crate::vault::Vault;

/// The connection that statements run on, within a transaction or not, and what opens the values that rest sealed.
pub struct Connection {
    pub(super) link: Link,
    pub(super) vault: Arc<Vault>,
}

/// One engine's connection.
pub(super) enum Link {
    SqliteReading(PoolConnection<Sqlite>),
    SqliteBegun(sqlx::Transaction<'static, Sqlite>),
    PostgresReading(PoolConnection<Postgres>),
    PostgresBegun(sqlx::Transaction<'static, Postgres>),
}

enum Engine<'c> {
    Sqlite(&'c mut sqlx::SqliteConnection),
    Postgres(&'c mut sqlx::PgConnection),
}

const SAVEPOINT: &str = "savepoint alone";
const RELEASE: &str = "release savepoint alone";
const ROLL_BACK: &str = "rollback to savepoint alone";

impl Connection {
    fn engine(&mut self) -> Engine<'_> {
        match &mut self.link {
            Link::SqliteReading(it) => Engine::Sqlite(it),
            Link::SqliteBegun(it) => Engine::Sqlite(it),
            Link::PostgresReading(it) => Engine::Postgres(it),
            Link::PostgresBegun(it) => Engine::Postgres(it),
        }
    }

    /// Whether statements go to PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.link, Link::PostgresReading(_) | Link::PostgresBegun(_))
    }

    /// Begins a part of the transaction that may fail alone. End it by `release` or `roll_back`.
    ///
    /// # Errors
    ///
    /// The database's; `InvalidSavePointStatement` when the transaction around it is lost.
    pub async fn savepoint(&mut self) -> sqlx::Result<()> {
        sql(SAVEPOINT).execute(self).await.map(|_| ())
    }

    /// Keeps the part that `savepoint` began.
    ///
    /// # Errors
    ///
    /// As `savepoint`'s.
    pub async fn release(&mut self) -> sqlx::Result<()> {
        sql(RELEASE).execute(self).await.map(|_| ()).map_err(lost)
    }

    /// Takes back the part that `savepoint` began.
    ///
    /// # Errors
    ///
    /// As `savepoint`'s.
    pub async fn roll_back(&mut self) -> sqlx::Result<()> {
        sql(ROLL_BACK).execute(self).await.map_err(lost)?;
        sql(RELEASE).execute(self).await.map(|_| ()).map_err(lost)
    }
}

/// SQLite ends a transaction by itself on a full disk: then there is no such savepoint any more.
fn lost(cause: sqlx::Error) -> sqlx::Error {
    match &cause {
        sqlx::Error::Database(it) if it.message().contains("no such savepoint") => {
            sqlx::Error::InvalidSavePointStatement
        }
        _ => cause,
    }
}

/// The text of a statement.
#[derive(Clone, Debug)]
pub enum Text {
    Same(&'static str),
    /// Put together from constants, as for a number of rows.
    Made(String),
}

/// A statement and its values.
pub struct Query<'q> {
    text: Text,
    values: Vec<Value<'q>>,
}

/// A statement whose text is the same on both engines.
pub fn sql<'q>(text: &'static str) -> Query<'q> {
    Query { text: Text::Same(text), values: Vec::new() }
}

/// A statement put together from constants. Values never go into its text.
pub fn sql_made<'q>(text: String) -> Query<'q> {
    Query { text: Text::Made(text), values: Vec::new() }
}

/// Hands a prepared statement to one engine.
macro_rules! run {
    ($query:expr, $arguments:ty, $call:ident, $executor:expr) => {{
        let Query { text, values } = $query;
        let mut arguments = <$arguments>::default();
        for value in values {
            value.add_to(&mut arguments);
        }
        match text {
            Text::Same(text) => sqlx::query_with(text, arguments).$call($executor),
            Text::Made(text) => sqlx::query_with(sqlx::AssertSqlSafe(text), arguments).$call($executor),
        }
    }};
}

impl<'q> Query<'q> {
    /// Adds the value of the next placeholder.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it and answers how many rows it changed.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn execute(self, db: &mut Connection) -> sqlx::Result<u64> {
        match db.engine() {
            Engine::Sqlite(db) => run!(self, SqliteArguments, execute, db).await.map(|it| it.rows_affected()),
            Engine::Postgres(db) => run!(self, PgArguments, execute, db).await.map(|it| it.rows_affected()),
        }
    }

    /// Sees whether the engine understands it, without running it.
    ///
    /// # Errors
    ///
    /// The database's, when it does not.
    pub async fn prepare(self, db: &mut Connection) -> sqlx::Result<()> {
        let text = match self.text {
            Text::Same(text) => text.to_owned(),
            Text::Made(text) => text,
        };
        let text = sqlx::AssertSqlSafe(text).into_sql_str();
        match db.engine() {
            Engine::Sqlite(db) => db.prepare(text).await.map(|_| ()),
            Engine::Postgres(db) => db.prepare(text).await.map(|_| ()),
        }
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn fetch_optional(self, db: &mut Connection) -> sqlx::Result<Option<Row>> {
        match db.engine() {
            Engine::Sqlite(db) => {
                run!(self, SqliteArguments, fetch_optional, db).await.map(|it| it.map(Row::Sqlite))
            }
            Engine::Postgres(db) => {
                run!(self, PgArguments, fetch_optional, db).await.map(|it| it.map(Row::Postgres))
            }
        }
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// `RowNotFound` when there is none; the database's.
    pub async fn fetch_one(self, db: &mut Connection) -> sqlx::Result<Row> {
        self.fetch_optional(db).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Hands on one row after the other; however many there are, few are in memory.
    ///
    /// # Errors
    ///
    /// The database's, and what `each` answers.
    pub async fn fetch_each<E: From<sqlx::Error>>(
        self,
        db: &mut Connection,
        mut each: impl AsyncFnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        match db.engine() {
            Engine::Sqlite(db) => {
                let mut rows = run!(self, SqliteArguments, fetch, db);
                while let Some(row) = rows.try_next().await? {
                    each(Row::Sqlite(row)).await?;
                }
            }
            Engine::Postgres(db) => {
                let mut rows = run!(self, PgArguments, fetch, db);
                while let Some(row) = rows.try_next().await? {
                    each(Row::Postgres(row)).await?;
                }
            }
        }
        Ok(())
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn fetch_all(self, db: &mut Connection) -> sqlx::Result<Vec<Row>> {
        match db.engine() {
            Engine::Sqlite(db) => run!(self, SqliteArguments, fetch_all, db)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Engine::Postgres(db) => run!(self, PgArguments, fetch_all, db)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        }
    }
}

/// How SQLite goes about a statement with `values_n` values, a line a step.
#[cfg(test)]
pub async fn plan(db: &mut Connection, text: &str, values_n: usize) -> Vec<String> {
    let query = sql_made(format!("explain query plan {text}"));
    let query = (0..values_n).fold(query, |query, _| query.bind(0_i64));
    let steps = query.fetch_all(db).await.expect("a statement that SQLite understands");
    steps.iter().map(|it| it.get("detail")).collect()
}

/// A value of a statement. Truth is 0 or 1, as both engines keep it here.
#[derive(Clone, Debug)]
pub enum Value<'q> {
    Number(Option<i64>),
    Text(Option<Cow<'q, str>>),
    Bytes(Option<Cow<'q, [u8]>>),
    Id(Option<Uuid>),
}

trait Arguments<'q> {
    fn number(&mut self, value: Option<i64>);
    fn text(&mut self, value: Option<Cow<'q, str>>);
    fn bytes(&mut self, value: Option<Cow<'q, [u8]>>);
    fn id(&mut self, value: Option<Uuid>);
}

/// What cannot be encoded is a mistake of ours that the engine then refuses: a value is missing.
macro_rules! arguments {
    ($arguments:ty) => {
        impl<'q> Arguments<'q> for $arguments {
            fn number(&mut self, value: Option<i64>) {
                drop(sqlx::Arguments::add(self, value));
            }
            fn text(&mut self, value: Option<Cow<'q, str>>) {
                drop(sqlx::Arguments::add(self, value.map(Cow::into_owned)));
            }
            fn bytes(&mut self, value: Option<Cow<'q, [u8]>>) {
                drop(sqlx::Arguments::add(self, value.map(Cow::into_owned)));
            }
            fn id(&mut self, value: Option<Uuid>) {
                drop(sqlx::Arguments::add(self, value));
            }
        }
    };
}
arguments!(SqliteArguments);
arguments!(PgArguments);

impl<'q> Value<'q> {
    fn add_to(self, arguments: &mut impl Arguments<'q>) {
        match self {
            Self::Number(it) => arguments.number(it),
            Self::Text(it) => arguments.text(it),
            Self::Bytes(it) => arguments.bytes(it),
            Self::Id(it) => arguments.id(it),
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl From<$number> for Value<'_> {
            fn from(it: $number) -> Self { Self::Number(Some(i64::from(it))) }
        }
        impl From<Option<$number>> for Value<'_> {
            fn from(it: Option<$number>) -> Self { Self::Number(it.map(i64::from)) }
        }
    )* };
}
numbers!(i64, u32, i32, bool);

macro_rules! values {
    ($($from:ty => $variant:ident),*) => { $(
        impl<'q> From<$from> for Value<'q> {
            fn from(it: $from) -> Self { Self::$variant(Some(it.into())) }
        }
        impl<'q> From<Option<$from>> for Value<'q> {
            fn from(it: Option<$from>) -> Self { Self::$variant(it.map(Into::into)) }
        }
    )* };
}
values!(&'q str => Text, String => Text, &'q String => Text, &'q [u8] => Bytes, Vec<u8> => Bytes, Uuid => Id);

impl<'q> From<&'q Option<String>> for Value<'q> {
    fn from(it: &'q Option<String>) -> Self {
        Self::Text(it.as_deref().map(Cow::Borrowed))
    }
}

/// A row that a statement answered.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A column, by its place from 0 or by its name.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    Place(usize),
    Name(&'a str),
}

impl From<usize> for At<'_> {
    fn from(it: usize) -> Self {
        Self::Place(it)
    }
}

impl<'a> From<&'a str> for At<'a> {
    fn from(it: &'a str) -> Self {
        Self::Name(it)
    }
}

impl Row {
    /// The value of a column.
    ///
    /// # Panics
    ///
    /// When there is no such column or it holds another type: a statement and its reader do not fit.
    #[expect(clippy::panic, reason = "as sqlx's own get")]
    pub fn get<'r, T: Column<'r>>(&'r self, at: impl Into<At<'r>>) -> T {
        let at = at.into();
        self.try_get(at).unwrap_or_else(|cause| panic!("column {at:?}: {cause}"))
    }

    /// The bytes of a column that always has so many.
    ///
    /// # Errors
    ///
    /// `Decode` when it has not.
    pub fn array<const N: usize>(&self, column: &str) -> sqlx::Result<[u8; N]> {
        let other_length = |_| sqlx::Error::Decode(format!("{column} of another length").into());
        self.get::<&[u8]>(column).try_into().map_err(other_length)
    }

    fn try_get<'r, T: Column<'r>>(&'r self, at: At<'_>) -> sqlx::Result<T> {
        let place = match at {
            At::Place(place) => place,
            At::Name(name) => self.place(name).ok_or_else(|| sqlx::Error::ColumnNotFound(name.to_owned()))?,
        };
        T::of(self, place)
    }

    fn place(&self, name: &str) -> Option<usize> {
        match self {
            Self::Sqlite(row) => row.columns().iter().position(|it| it.name() == name),
            Self::Postgres(row) => row.columns().iter().position(|it| it.name() == name),
        }
    }

    /// The value of a column, whatever its type.
    ///
    /// # Errors
    ///
    /// When there is no such column, or its type is none that is used here.
    pub fn value(&self, at: At<'_>) -> sqlx::Result<Value<'static>> {
        let At::Place(place) = at else { return Err(sqlx::Error::ColumnNotFound(format!("{at:?}"))) };
        let kind = match self {
            Self::Sqlite(row) => row.try_get_raw(place)?.type_info().name().to_owned(),
            Self::Postgres(row) => row.try_get_raw(place)?.type_info().name().to_owned(),
        };
        Ok(match kind.as_str() {
            "NULL" => Value::Text(None),
            "INTEGER" | "INT8" | "INT4" | "BOOL" => Value::Number(self.number(place)?),
            "TEXT" | "VARCHAR" => Value::Text(Option::<String>::of(self, place)?.map(Cow::Owned)),
            "BLOB" | "BYTEA" => Value::Bytes(Option::<Vec<u8>>::of(self, place)?.map(Cow::Owned)),
            "UUID" => Value::Id(Option::<Uuid>::of(self, place)?),
            other => return Err(sqlx::Error::Decode(format!("a column of type {other}").into())),
        })
    }

    /// A whole number, or truth as 0 or 1; PostgreSQL has several types for these.
    fn number(&self, place: usize) -> sqlx::Result<Option<i64>> {
        let row = match self {
            Self::Sqlite(row) => return row.try_get(place),
            Self::Postgres(row) => row,
        };
        let kind = {
            let value = row.try_get_raw(place)?;
            if value.is_null() {
                return Ok(None);
            }
            value.type_info().name().to_owned()
        };
        Ok(Some(match kind.as_str() {
            "BOOL" => row.try_get::<bool, _>(place)?.into(),
            "INT4" => row.try_get::<i32, _>(place)?.into(),
            _ => row.try_get(place)?,
        }))
    }
}

/// What a column can be read as.
pub trait Column<'r>: Sized {
    /// Reads the column at a place, from 0.
    ///
    /// # Errors
    ///
    /// When it holds another type, or nothing where something must be.
    fn of(row: &'r Row, place: usize) -> sqlx::Result<Self>;
}

macro_rules! columns {
    ($($kind:ty),*) => { $(
        impl<'r> Column<'r> for $kind {
            fn of(row: &'r Row, place: usize) -> sqlx::Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(place),
                    Row::Postgres(row) => row.try_get(place),
                }
            }
        }
        impl<'r> Column<'r> for Option<$kind> {
            fn of(row: &'r Row, place: usize) -> sqlx::Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(place),
                    Row::Postgres(row) => row.try_get(place),
                }
            }
        }
    )* };
}
columns!(String, &'r str, Vec<u8>, &'r [u8], Uuid);

fn nothing() -> sqlx::Error {
    sqlx::Error::Decode("nothing where a number must be".into())
}

macro_rules! number_columns {
    ($($number:ty),*) => { $(
        impl Column<'_> for $number {
            fn of(row: &Row, place: usize) -> sqlx::Result<Self> {
                let number = row.number(place)?.ok_or_else(nothing)?;
                number.try_into().map_err(|_| sqlx::Error::Decode("a number out of range".into()))
            }
        }
        impl Column<'_> for Option<$number> {
            fn of(row: &Row, place: usize) -> sqlx::Result<Self> {
                let number = row.number(place)?.map(TryInto::try_into).transpose();
                number.map_err(|_| sqlx::Error::Decode("a number out of range".into()))
            }
        }
    )* };
}
number_columns!(i64, u32, u64);

impl Column<'_> for bool {
    fn of(row: &Row, place: usize) -> sqlx::Result<Self> {
        Ok(row.number(place)?.ok_or_else(nothing)? != 0)
    }
}
