//! Answers out: tables of all versions, table after table, page after page, within one moment's state; few records are in memory.

mod book;
mod zipped;

use std::{
    collections::{HashMap, HashSet},
    io,
};

use domain::{
    csv::{CellType, Guard},
    envelope::Hash,
    id::RecordId,
    questionnaire::{
        Questionnaire,
        layout::{Layout, Several, Wording},
    },
};
use serde_json::Value;
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::{
    App,
    checking::answers_of,
    questionnaires::read_versions,
    store::{self, Connection, answers::Exported, attachments::NamedFile},
};

pub use book::{NoBook, workbook};
pub use zipped::{begin, write_zip};

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
    /// A mark at the front of each table of a ZIP, by which Excel knows UTF-8.
    pub mark: bool,
    /// Of a ZIP; a workbook's cells say themselves what they are.
    pub guard: Guard,
    pub files: Files,
}

/// Photos, recordings and files that were answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Their names stand in the columns.
    Named,
    /// And they lie beside the tables of a ZIP, in `media/`, called so.
    Beside,
}

/// A cell as it is handed on.
type Cells<'c> = [(CellType, &'c str)];

/// Takes one row.
type Take<'t> = &'t mut dyn FnMut(&Cells<'_>) -> io::Result<()>;

/// Versions of a questionnaire as read for one export.
struct Versions {
    forms: Vec<Questionnaire>,
    places: HashMap<Hash, usize>,
}

impl Versions {
    fn read(versions: &[(Hash, String)]) -> io::Result<Self> {
        let forms = read_versions(versions).map_err(io::Error::other)?;
        let places = versions.iter().enumerate().map(|(n, it)| (it.0, n)).collect();
        Ok(Self { forms, places })
    }
}

/// One export under way: as many as there are connections for; the others wait.
struct Reading<'r> {
    id: &'r str,
    layout: &'r Layout<'r>,
    versions: &'r Versions,
    style: &'r Style,
    runtime: &'r Handle,
    db: Connection,
    _turn: tokio::sync::OwnedSemaphorePermit,
}

impl<'r> Reading<'r> {
    fn begin(
        app: &App,
        id: &'r str,
        (layout, versions): (&'r Layout<'r>, &'r Versions),
        style: &'r Style,
        runtime: &'r Handle,
    ) -> io::Result<Self> {
        let turn = runtime.block_on(app.exporting.clone().acquire_owned()).map_err(io::Error::other)?;
        let db = runtime.block_on(app.db.read()).map_err(io::Error::other)?;
        Ok(Self { id, layout, versions, style, runtime, db, _turn: turn })
    }

    /// Hands on all rows of a table, its headers first.
    fn each_row(&mut self, table: usize, take: Take<'_>) -> io::Result<()> {
        let headers = self.layout.headers(table, &self.style.wording);
        let mut headers: Vec<(CellType, &str)> = headers.iter().map(|it| (CellType::Text, &**it)).collect();
        if table == 0 {
            headers.splice(1..1, ABOUT.map(|it| (CellType::Text, it)));
        }
        take(&headers)?;
        let mut after = RecordId(Uuid::nil());
        loop {
            let page = self.page(after)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.record;
            let files = self.files(&page)?;
            for record in &page {
                self.each_row_of(record, table, &files, take)?;
            }
        }
    }

    /// The files that are here and that answers of their own visit name, each once, as what they are called and their hash.
    fn named_files(&mut self) -> io::Result<Vec<(String, Hash)>> {
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        let mut after = RecordId(Uuid::nil());
        loop {
            let page = self.page(after)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.record;
            let files = self.files(&page)?;
            for record in &page {
                let Some(answers) = answers_of(&record.envelope) else { continue };
                each_text(&answers.answers, &mut |text| {
                    let named = files.get(text).filter(|it| it.is_here && it.visit == record.visit);
                    if let Some(it) = named.filter(|it| seen.insert(it.name.clone())) {
                        found.push((it.name.clone(), it.sha256));
                    }
                });
            }
        }
    }

    fn page(&mut self, after: RecordId) -> io::Result<Vec<Exported>> {
        let page = store::answers::page(&mut self.db, self.id, after, AT_ONCE);
        self.runtime.block_on(page).map_err(io::Error::other)
    }

    /// Photos, recordings and files by the ids that answers are.
    fn files(&mut self, page: &[Exported]) -> io::Result<HashMap<String, NamedFile>> {
        let has_files = |it: &Questionnaire| it.questions.iter().any(|question| question.kind.is_attached());
        if !self.versions.forms.iter().any(has_files) {
            return Ok(HashMap::new());
        }
        let visits: Vec<RecordId> = page.iter().map(|it| it.visit).collect();
        self.runtime.block_on(store::attachments::files(&mut self.db, &visits)).map_err(io::Error::other)
    }

    /// The rows of a record in a table. Of a version that is not known here there is a row without answers.
    fn each_row_of(
        &self,
        record: &Exported,
        table: usize,
        files: &HashMap<String, NamedFile>,
        take: Take<'_>,
    ) -> io::Result<()> {
        let key = record.record.to_string();
        let version = self.versions.places.get(&record.version).copied();
        let answers = version.and_then(|version| Some((version, answers_of(&record.envelope)?)));
        let rows = answers.map(|(version, mut answers)| {
            name_files(&mut answers.answers, files);
            let filling = answers.filling(&self.versions.forms[version]);
            self.layout.rows(version, &filling, &key, &self.style.wording)
        });
        let about = if table == 0 { about(record, version) } else { Vec::new() };
        let Some(rows) = rows else {
            if table == 0 {
                let n = self.layout.tables[0].columns.len();
                let mut cells: Vec<_> =
                    [(CellType::Plain, key.as_str())].into_iter().chain(texts(&about)).collect();
                cells.extend(std::iter::repeat_n((CellType::Text, ""), n));
                take(&cells)?;
            }
            return Ok(());
        };
        for row in rows.iter().filter(|it| it.table == table) {
            let mut cells: Vec<_> = row.cells.iter().map(|it| (it.cell_type, it.text.as_str())).collect();
            cells.splice(1..1, texts(&about));
            take(&cells)?;
        }
        Ok(())
    }
}

/// Puts the names of files in the place of their ids.
fn name_files(answers: &mut Value, files: &HashMap<String, NamedFile>) {
    match answers {
        Value::String(text) => {
            if let Some(file) = files.get(text.as_str()) {
                text.clone_from(&file.name);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|it| name_files(it, files)),
        Value::Object(all) => all.values_mut().for_each(|it| name_files(it, files)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn each_text(answers: &Value, take: &mut dyn FnMut(&str)) {
    match answers {
        Value::String(text) => take(text),
        Value::Array(all) => all.iter().for_each(|it| each_text(it, take)),
        Value::Object(all) => all.values().for_each(|it| each_text(it, take)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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
