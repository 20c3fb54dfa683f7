//! CSV out: rows of the store as lines, handed on piece by piece.

mod columns;

use std::{borrow::Cow, time::Duration};

use axum::body::Bytes;
use domain::{
    csv::{CellType, Guard, MARK, pieces, write_cell, write_row},
    problem::Code,
};
use tokio::sync::mpsc;

use crate::{
    App,
    error::Error,
    store::{
        self,
        export::{Days, ReadRow},
    },
    taxonomy,
    vault::Vault,
};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Visits,
    Statements,
    Issues,
}

impl What {
    /// The word in addresses, file names and the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Statements => "statements",
            Self::Issues => "issues",
        }
    }
}

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Machine names in the header rather than Chinese ones.
    pub machine_names: bool,
    /// A mark at the front, by which Excel knows UTF-8.
    pub mark: bool,
    pub guard: Guard,
    /// Names, telephones, addresses; by right and with a reason only.
    pub identities: bool,
}

impl What {
    /// Whether its rows are people's: only these can leave with identities.
    pub fn has_identities(self) -> bool {
        match self {
            Self::Visits => true,
            Self::Statements | Self::Issues => false,
        }
    }
}

/// What the audit log says was exported.
pub fn object(what: What, identities: bool) -> String {
    format!("export {}{}", what.as_str(), if identities { " with identities" } else { "" })
}

/// The text of a cell: the row's own where it can be, else made.
type Value<R> = Box<dyn for<'a> Fn(&'a R) -> Cow<'a, str> + Send + Sync>;

/// A column of rows `R`.
pub struct Column<R> {
    pub chinese: String,
    pub machine: String,
    pub cell_type: CellType,
    pub value: Value<R>,
}

/// A column from its names, type and value.
pub fn column<R>(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl for<'a> Fn(&'a R) -> Cow<'a, str> + Send + Sync + 'static,
) -> Column<R> {
    Column { chinese: chinese.to_owned(), machine: machine.to_owned(), cell_type, value: Box::new(value) }
}

/// A column whose cells are a field of the row.
fn plain<R>(
    chinese: &str,
    machine: &str,
    cell_type: CellType,
    value: impl for<'a> Fn(&'a R) -> &'a str + Send + Sync + 'static,
) -> Column<R> {
    column(chinese, machine, cell_type, move |it| Cow::Borrowed(value(it)))
}

/// A column of long texts and the one in which they go on: 20,000 characters may fill one and a half cells.
pub fn long_columns<R: 'static>(
    chinese: &str,
    machine: &str,
    value: impl for<'a> Fn(&'a R) -> &'a str + Send + Sync + Copy + 'static,
) -> [Column<R>; 2] {
    [
        plain(chinese, machine, CellType::Text, move |it| pieces(value(it)).next().unwrap_or_default()),
        plain(&format!("{chinese}（续）"), &format!("{machine}_2"), CellType::Text, move |it| {
            pieces(value(it)).nth(1).unwrap_or_default()
        }),
    ]
}

/// The header of an export, and its rows as lines.
pub struct Writer<R> {
    columns: Vec<Column<R>>,
    style: Style,
}

impl<R> Writer<R> {
    pub fn new(columns: Vec<Column<R>>, style: Style) -> Self {
        Self { columns, style }
    }

    /// The first line.
    pub fn header(&self) -> String {
        let mut out = if self.style.mark { MARK.to_owned() } else { String::new() };
        let names = self.columns.iter().map(|it| {
            (CellType::Text, if self.style.machine_names { it.machine.as_str() } else { it.chinese.as_str() })
        });
        write_row(&mut out, names, self.style.guard);
        out
    }

    /// Adds the line of a row.
    pub fn line(&self, out: &mut String, row: &R) {
        for (n, column) in self.columns.iter().enumerate() {
            if n > 0 {
                out.push(',');
            }
            write_cell(out, column.cell_type, &(column.value)(row), self.style.guard);
        }
        out.push_str("\r\n");
    }
}

/// Exports that read at once.
pub const AT_ONCE: usize = 2;
/// Bytes that are handed on at once.
const PIECE: usize = 64 * 1024;
/// Pieces that wait at most for whoever takes them.
const PIECES_WAITING: usize = 4;
/// Texts of rows that the engine is ahead of the writing.
const TEXTS_AHEAD: usize = 1;
/// Who takes nothing for so long is gone: an export holds the database's state of its beginning.
const TAKES_WITHIN: Duration = Duration::from_mins(2);

/// Where pieces of an export go.
struct Pieces {
    text: String,
    out: mpsc::Sender<Result<Bytes, Error>>,
}

impl Pieces {
    /// Hands on what is there.
    async fn hand_on(&mut self) -> Result<(), Error> {
        let piece = std::mem::replace(&mut self.text, String::with_capacity(PIECE + PIECE / 4));
        match tokio::time::timeout(TAKES_WITHIN, self.out.send(Ok(piece.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Code::Busy.into()),
        }
    }

    /// Writes the rows that come, while the engine puts the next ones together.
    async fn lines<R: ReadRow>(
        &mut self,
        writer: &Writer<R>,
        vault: &Vault,
        mut texts: mpsc::Receiver<String>,
    ) -> Result<(), Error> {
        let mut row = R::default();
        while let Some(text) = texts.recv().await {
            row.begin(text);
            while row.read_next().map_err(|cause| sqlx::Error::Decode(cause.into()))? {
                row.open(vault);
                writer.line(&mut self.text, &row);
                if self.text.len() >= PIECE {
                    self.hand_on().await?;
                }
            }
        }
        Ok(())
    }
}

/// Begins an export: its pieces, the header first; an error is the last. All of it is one moment's state.
pub fn begin(app: App, what: What, days: Days, style: Style) -> mpsc::Receiver<Result<Bytes, Error>> {
    let (out, pieces) = mpsc::channel(PIECES_WAITING);
    in_background(async move || {
        let mut pieces = Pieces { text: String::new(), out };
        if let Err(cause) = write_all(app, what, days, style, &mut pieces).await {
            // Nobody may be there to hear it.
            drop(pieces.out.send(Err(cause)).await);
        }
    });
    pieces
}

async fn write_all(app: App, what: What, days: Days, style: Style, pieces: &mut Pieces) -> Result<(), Error> {
    let scheme = taxonomy::in_use(&app, &mut app.db.read().await?).await?;
    match what {
        What::Visits => write(app, what, days, columns::visits(style), style, pieces).await,
        What::Statements => write(app, what, days, columns::statements(style, &scheme), style, pieces).await,
        What::Issues => write(app, what, days, columns::issues(style, &scheme), style, pieces).await,
    }
}

/// A million rows are seconds of work: not on the threads that answer everybody else.
fn in_background<T: Send + 'static, W: Future<Output = T>>(
    work: impl FnOnce() -> W + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work()))
}

/// Writes an export: the engine puts rows together on one thread, and on this one they become lines.
async fn write<R: ReadRow>(
    app: App,
    what: What,
    days: Days,
    columns: Vec<Column<R>>,
    style: Style,
    pieces: &mut Pieces,
) -> Result<(), Error> {
    let writer = Writer::new(columns, style);
    pieces.text.push_str(&writer.header());
    pieces.hand_on().await?;
    let (sender, texts) = mpsc::channel(TEXTS_AHEAD);
    let db = app.db.clone();
    let read = in_background(move || read(app, what, days, style, sender));
    let written = pieces.lines(&writer, db.vault(), texts).await;
    let read = read.await.map_err(|_| Error::from(Code::Internal))?;
    // What ended the writing goes before what it cut off.
    written?;
    read?;
    pieces.hand_on().await
}

/// Hands on what is exported as texts of rows, when it is its turn.
async fn read(
    app: App,
    what: What,
    days: Days,
    style: Style,
    texts: mpsc::Sender<String>,
) -> Result<(), Error> {
    // Readers of other things keep their connections.
    let _turn = app.exporting.acquire().await.map_err(|_| Error::from(Code::Busy))?;
    let mut db = app.db.moment().await?;
    Ok(match what {
        What::Visits => store::export::visits(&mut db, &days, style.identities, texts).await,
        What::Statements => store::export::statements(&mut db, &days, texts).await,
        What::Issues => store::export::issues(&mut db, &days, texts).await,
    }?)
}
