//! One person's data: found, handed out as a ZIP, destroyed once a second person signed it off.

use std::io::{self, Write};

use axum::body::Bytes;
use domain::{
    attachment::Content,
    envelope::{Hash, open},
    id::RecordId,
    person::{PersonAsked, PersonChosen, PersonFound, VISITS_MAX},
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::mpsc};
use zip::{
    ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use crate::{
    App, answered, blobs, day,
    error::Error,
    store::{self, Connection, envelope_keys::What, persons::Proposed},
};

/// Pieces on their way out.
pub const AHEAD: usize = 4;

/// Everything that may be a person's.
///
/// # Errors
///
/// The database's.
pub async fn find(db: &mut Connection, asked: &PersonAsked) -> Result<PersonFound, Error> {
    let text = asked.text.trim().to_lowercase();
    let mut respondents = store::persons::respondents(db, &text, VISITS_MAX).await?;
    let mut visits = store::persons::visits(db, &text, VISITS_MAX).await?;
    let answered = store::persons::answered(db, &text, VISITS_MAX).await?;
    for it in answered.into_iter().chain(store::persons::set_aside(db, &text, VISITS_MAX).await?) {
        match visits.iter_mut().find(|visit| visit.id == it.id) {
            Some(known) => known.in_answers |= it.in_answers,
            None => visits.push(it),
        }
    }
    let more = respondents.len() > VISITS_MAX || visits.len() > VISITS_MAX;
    respondents.truncate(VISITS_MAX);
    visits.truncate(VISITS_MAX);
    Ok(PersonFound { respondents, visits, more })
}

/// What is handed out: one text of JSON, and the files beside it.
pub struct Copied {
    pub json: Vec<u8>,
    files: Vec<(String, Hash)>,
}

/// Gathers everything of whom the office chose: the directory, every revision of every record, what was answered to
/// questionnaires in their words, who looked at it, and the
/// recordings and photos as they came.
///
/// # Errors
///
/// The database's.
pub async fn gather(db: &mut Connection, chosen: &PersonChosen) -> Result<Copied, Error> {
    let (mut files, mut objects, mut visits, mut directory) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for id in &chosen.respondents {
        directory.extend(store::persons::respondent(db, *id).await?);
        objects.push(format!("respondent {id}"));
    }
    for visit in store::persons::all_visits(db, &chosen.respondents, &chosen.visits).await? {
        objects.push(format!("visit {visit}"));
        let mut attached = Vec::new();
        let transcripts = store::transcripts::of_visit(db, visit).await?;
        for it in store::persons::attached(db, visit).await? {
            objects.push(format!("attachment {}", it.id));
            let ending = it.content.unwrap_or(Content::Unknown).as_str();
            let name = format!("attachments/{}.{ending}", it.id);
            let transcript = transcripts.iter().find(|of| of.attachment == it.id);
            attached
                .push(json!({"id": it.id, "file": it.is_here().then_some(&name), "transcript": transcript}));
            if it.is_here() {
                files.push((name, it.hash));
            }
        }
        let records = records(db, visit).await?;
        let answered = answered::answered(db, visit).await?;
        visits.push(json!({"id": visit, "records": records, "answered": answered, "attachments": attached}));
    }
    let openings = store::persons::openings(db, &objects).await?;
    let openings: Vec<Value> = openings
        .iter()
        .map(
            |it| json!({"day": day::of(it.at), "at": it.at, "by": it.by, "act": it.act, "object": it.object}),
        )
        .collect();
    let all = json!({"directory": directory, "visits": visits, "openings": openings});
    let json = serde_json::to_vec_pretty(&all).map_err(|_| Error::Damaged("json"))?;
    Ok(Copied { json, files })
}

/// Every revision of every record of a visit, with all that it says.
async fn records(db: &mut Connection, visit: RecordId) -> Result<Vec<Value>, Error> {
    let mut records = Vec::new();
    for record in store::persons::records(db, visit).await? {
        for revision in store::records::revisions(db, record).await? {
            let said = open(&revision.envelope).ok().map(|it| (it.header.kind, it.read::<Value>()));
            records.push(json!({
                "record": record,
                "received_at": revision.received_at,
                "kind": said.as_ref().map(|it| it.0.as_str()),
                // Absent where it was destroyed.
                "said": said.and_then(|it| it.1),
            }));
        }
    }
    Ok(records)
}

/// The ZIP of what was gathered, piece by piece: however long the recordings are, few of their bytes are in memory.
pub fn zip(app: App, copied: Copied) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let written = write_zip(&app, copied, ToBody(sender.clone()), &runtime);
        if let Err(cause) = written {
            tracing::error!(%cause, "a person's data could not be handed out whole");
            // Whoever reads it sees that it broke off.
            let _ = sender.blocking_send(Err(cause));
        }
    });
    receiver
}

/// Writes a ZIP to anything.
///
/// # Errors
///
/// The disk's, the bucket's, the database's, and those of whoever reads it.
pub fn write_zip(app: &App, copied: Copied, to: impl Write, runtime: &Handle) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(to);
    let options = SimpleFileOptions::default();
    zip.start_file("person.json", options)?;
    zip.write_all(&copied.json)?;
    for (name, hash) in copied.files {
        put_blob(app, &mut zip, name, hash, runtime)?;
    }
    zip.finish()?;
    Ok(())
}

/// Puts the bytes of an attachment into a ZIP as they came, piece by piece.
///
/// # Errors
///
/// The disk's, the bucket's, the database's, and those of whoever reads it.
pub fn put_blob<W: Write>(
    app: &App,
    zip: &mut ZipWriter<StreamWriter<W>>,
    name: String,
    hash: Hash,
    runtime: &Handle,
) -> io::Result<()> {
    // Recordings and photos are compressed already.
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file(name, options)?;
    let whole = runtime.block_on(blobs::read(app, hash, None)).map_err(io::Error::other)?;
    let mut pieces = whole.pieces;
    while let Some(piece) = runtime.block_on(pieces.try_next())? {
        zip.write_all(&piece)?;
    }
    Ok(())
}

/// What is written goes out as a body.
pub struct ToBody(mpsc::Sender<io::Result<Bytes>>);

impl ToBody {
    pub fn new(sender: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Self(sender)
    }
}

impl Write for ToBody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Destroys what was signed off, within the transaction that notes it: names, numbers and how to reach them by their keys,
/// recordings and photos, the words where they go too. Their bytes go after the commit ([`crate::retention::remove_bytes`]).
///
/// # Errors
///
/// The database's.
pub async fn erase(app: &App, db: &mut Connection, what: &Proposed) -> Result<(), Error> {
    const REASON: &str = "the person asked for it";
    let now = app.now();
    for visit in store::persons::all_visits(db, &what.respondents, &what.visits).await? {
        // Those of an earlier version have no key of their own that could be destroyed.
        store::envelope_keys::give_keys_to(db, visit).await?;
        let kinds: &[What] = if what.shown.words { &[What::Names, What::Words] } else { &[What::Names] };
        for kind in kinds {
            if let Some(key) = store::persons::key(db, visit, *kind).await? {
                store::envelope_keys::destroy(db, *kind, key, now, REASON).await?;
            }
        }
        for it in store::persons::attached(db, visit).await? {
            if !it.erased {
                // What is still on its way goes when it is here.
                store::erasures::add(db, it.id, REASON, now).await?;
            }
        }
    }
    for id in &what.respondents {
        store::respondents::remove(db, *id, now).await?;
        store::respondents::forget(db, *id, now).await?;
        // Phones drop whom they hold.
        store::changes::note(db, store::changes::Thing::Respondent, id.0, None, None).await?;
    }
    Ok(())
}
