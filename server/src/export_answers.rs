//! Answers out: a ZIP of CSV, table after table, page after page, within one moment's state; few records are in memory.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use axum::body::Bytes;
use domain::{
    csv::{CellType, Guard, MARK, write_row},
    envelope::Hash,
    id::RecordId,
    questionnaire::layout::{Layout, Row, Several, Wording},
};
use tokio::{runtime::Handle, sync::mpsc};
use uuid::Uuid;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    App,
    checking::answers_of,
    persons::{AHEAD, ToBody},
    questionnaires::read_versions,
    store::{self, Connection, answers::Exported},
};

/// Records that are read at a time: at most 100 MiB of them, and mostly some hundred kilobytes.
const AT_ONCE: u32 = 200;

/// What stands in the form's own table beside the answers, behind its key.
const ABOUT: [&str; 8] =
    ["visit", "day", "unit", "respondent_kind", "version", "finished", "flags", "withdrawn"];

/// How it is written.
#[derive(Clone, Debug)]
pub struct Style {
    pub several: Several,
    pub wording: Wording,
    /// A mark at the front of each table, by which Excel knows UTF-8.
    pub mark: bool,
    pub guard: Guard,
}

/// All answers to a questionnaire of these versions, piece by piece.
pub fn begin(
    app: App,
    id: String,
    versions: Vec<(Hash, String)>,
    style: Style,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let written = write_zip(&app, &id, &versions, &style, ToBody::new(sender.clone()), &runtime);
        if let Err(cause) = written {
            tracing::error!(%cause, "answers could not be handed out whole");
            // Whoever reads it sees that it broke off.
            let _ = sender.blocking_send(Err(cause));
        }
    });
    receiver
}

/// Writes the ZIP to anything.
///
/// # Errors
///
/// The database's, and those of whoever reads it.
pub fn write_zip(
    app: &App,
    id: &str,
    versions: &[(Hash, String)],
    style: &Style,
    to: impl Write,
    runtime: &Handle,
) -> io::Result<()> {
    // As many as there are connections for; the others wait.
    let turn = runtime.block_on(app.exporting.clone().acquire_owned());
    let _turn = turn.map_err(io::Error::other)?;
    let mut db = runtime.block_on(app.db.read()).map_err(io::Error::other)?;
    let forms = read_versions(versions).map_err(io::Error::other)?;
    let forms: Vec<_> = forms.iter().collect();
    let places: HashMap<Hash, usize> = versions.iter().enumerate().map(|(n, it)| (it.0, n)).collect();
    let layout = Layout::of(&forms, style.several);
    let reading = Reading { id, layout: &layout, forms: &forms, places: &places, style, runtime };
    let mut zip = ZipWriter::new_stream(to);
    let options = SimpleFileOptions::default();
    for (table, name) in layout.table_names(style.wording.prefixes).iter().enumerate() {
        zip.start_file(file_name(table, name), options)?;
        reading.write_table(&mut db, table, &mut zip)?;
    }
    zip.start_file("codebook.csv", options)?;
    zip.write_all(codebook(&layout, style).as_bytes())?;
    zip.finish()?;
    Ok(())
}

/// The file of a table: names of repeats may be in any script, and have nothing in them that a path has.
fn file_name(table: usize, name: &str) -> String {
    let plain = |it: char| if it.is_alphanumeric() || "-_.".contains(it) { it } else { '_' };
    match table {
        0 => "answers.csv".to_owned(),
        _ => format!("{table}-{}.csv", name.chars().map(plain).collect::<String>()),
    }
}

fn codebook(layout: &Layout<'_>, style: &Style) -> String {
    let mut out = if style.mark { MARK.to_owned() } else { String::new() };
    for row in layout.codebook(&style.wording) {
        write_row(&mut out, row.iter().map(|it| (CellType::Text, it.as_str())), style.guard);
    }
    out
}

/// What reading one export needs.
struct Reading<'r> {
    id: &'r str,
    layout: &'r Layout<'r>,
    forms: &'r [&'r domain::questionnaire::Questionnaire],
    places: &'r HashMap<Hash, usize>,
    style: &'r Style,
    runtime: &'r Handle,
}

impl Reading<'_> {
    fn write_table(&self, db: &mut Connection, table: usize, to: &mut impl Write) -> io::Result<()> {
        let mut out = if self.style.mark { MARK.to_owned() } else { String::new() };
        let headers = self.layout.headers(table, &self.style.wording);
        let mut headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        if table == 0 {
            headers.splice(1..1, ABOUT);
        }
        write_row(&mut out, headers.iter().map(|it| (CellType::Text, *it)), self.style.guard);
        let mut after = RecordId(Uuid::nil());
        loop {
            to.write_all(out.as_bytes())?;
            out.clear();
            let page = self.runtime.block_on(store::answers::page(db, self.id, after, AT_ONCE));
            let page = page.map_err(io::Error::other)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.record;
            for record in &page {
                self.write_record(record, table, &mut out);
            }
        }
    }

    /// The rows of a record in a table. Of a version that is not known here there is a row without answers.
    fn write_record(&self, record: &Exported, table: usize, out: &mut String) {
        let key = record.record.to_string();
        let version = self.places.get(&record.version).copied();
        let answers = version.and_then(|version| Some((version, answers_of(&record.envelope)?)));
        let rows = answers.map(|(version, answers)| {
            let filling = answers.filling(self.forms[version]);
            self.layout.rows(version, &filling, &key, &self.style.wording)
        });
        let about = if table == 0 { about(record, version) } else { Vec::new() };
        let Some(rows) = rows else {
            if table == 0 {
                let cells = [(CellType::Plain, key.as_str())].into_iter().chain(texts(&about));
                let n = self.layout.tables[0].columns.len();
                write_row(out, cells.chain(std::iter::repeat_n((CellType::Text, ""), n)), self.style.guard);
            }
            return;
        };
        for row in rows.iter().filter(|it: &&Row| it.table == table) {
            let mut cells: Vec<(CellType, &str)> =
                row.cells.iter().map(|it| (it.cell_type, it.text.as_str())).collect();
            cells.splice(1..1, texts(&about));
            write_row(out, cells, self.style.guard);
        }
    }
}

/// What stands beside the answers, as [`ABOUT`] names it.
fn about(record: &Exported, version: Option<usize>) -> Vec<(CellType, String)> {
    let yes = |it: bool| u8::from(it).to_string();
    // As the others are called, by their numbers; else by the name that the record gives.
    let version = version.map_or_else(|| record.version.to_string(), |it| (it + 1).to_string());
    vec![
        (CellType::Plain, record.visit.to_string()),
        (CellType::Plain, record.day.clone()),
        (CellType::Text, record.unit.clone()),
        (CellType::Plain, record.respondent_kind.clone()),
        (CellType::Plain, version),
        (CellType::Plain, yes(record.finished)),
        (CellType::Plain, record.flags_n.to_string()),
        (CellType::Plain, yes(record.withdrawn)),
    ]
}

fn texts(cells: &[(CellType, String)]) -> impl Iterator<Item = (CellType, &str)> {
    cells.iter().map(|(cell_type, text)| (*cell_type, text.as_str()))
}
