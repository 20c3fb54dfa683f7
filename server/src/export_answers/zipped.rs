//! As a ZIP of CSV, piece by piece: however many there are.

use std::io::{self, Write};

use axum::body::Bytes;
use domain::{
    csv::{CellType, MARK, write_row},
    envelope::Hash,
    questionnaire::layout::Layout,
};
use tokio::{runtime::Handle, sync::mpsc};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Files, Reading, Style, Versions};
use crate::{
    App,
    persons::{AHEAD, ToBody, put_blob},
};

/// Rows are handed on in pieces of about this many bytes.
const PIECE_BYTES: usize = 64 << 10;

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
    let versions = Versions::read(versions)?;
    let forms: Vec<_> = versions.forms.iter().collect();
    let layout = Layout::of(&forms, style.several);
    let mut reading = Reading::begin(app, id, (&layout, &versions), style, runtime)?;
    let mut zip = ZipWriter::new_stream(to);
    let options = SimpleFileOptions::default();
    for (table, name) in layout.table_names(style.wording.prefixes).iter().enumerate() {
        zip.start_file(file_name(table, name), options)?;
        let mut out = begin_table(style);
        reading.each_row(table, &mut |cells| {
            write_row(&mut out, cells.iter().copied(), style.guard);
            if out.len() >= PIECE_BYTES {
                zip.write_all(out.as_bytes())?;
                out.clear();
            }
            Ok(())
        })?;
        zip.write_all(out.as_bytes())?;
    }
    zip.start_file("codebook.csv", options)?;
    let mut out = begin_table(style);
    for row in layout.codebook(&style.wording) {
        write_row(&mut out, row.iter().map(|it| (CellType::Text, it.as_str())), style.guard);
    }
    zip.write_all(out.as_bytes())?;
    let files = if style.files == Files::Beside { reading.named_files()? } else { Vec::new() };
    // Files take long, and each asks the database for its key: the moment that was read is let go of.
    drop(reading);
    for (name, hash) in files {
        put_blob(app, &mut zip, format!("media/{name}"), hash, runtime)?;
    }
    zip.finish()?;
    Ok(())
}

fn begin_table(style: &Style) -> String {
    if style.mark { MARK.to_owned() } else { String::new() }
}

/// The file of a table: names of repeats may be in any script, and have nothing in them that a path has.
fn file_name(table: usize, name: &str) -> String {
    let plain = |it: char| if it.is_alphanumeric() || "-_.".contains(it) { it } else { '_' };
    match table {
        0 => "answers.csv".to_owned(),
        _ => format!("{table}-{}.csv", name.chars().map(plain).collect::<String>()),
    }
}
