//! What stands at the door: published versions as XForms, with the files that they read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    envelope::Hash,
    openrosa::{LeftOut, version_label, xform},
    questionnaire::{
        medium::{Media, MediumType},
        version::{Version, read},
    },
};
use md5::{Digest, Md5};
use tokio::sync::Semaphore;

use crate::{App, error::Error, store};

/// Versions that are kept as they stand there; the largest take some megabytes.
const KEPT_MAX: usize = 20;
/// Records that are read at once: each is held in memory with its files.
const AT_ONCE: usize = 4;

/// What the door needs beside the database.
#[derive(Clone)]
pub struct Door {
    kept: Arc<Mutex<HashMap<Hash, Arc<Standing>>>>,
    /// Whose turn it is to send a record.
    pub reading: Arc<Semaphore>,
}

impl Default for Door {
    fn default() -> Self {
        Self { kept: Arc::default(), reading: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A published version as it is handed out.
pub struct Standing {
    pub form: String,
    pub title: String,
    /// What the XForm calls its version.
    pub label: String,
    /// The XForm, or why there is none.
    pub xform: Result<Served, LeftOut>,
    /// The files that it reads, by name.
    pub files: BTreeMap<String, Served>,
    /// What labels and choices show or play, by name; its bytes are read when they are asked for.
    pub media: BTreeMap<String, ServedMedium>,
}

/// A picture, sound or film.
pub struct ServedMedium {
    pub sha256: Hash,
    pub media_type: MediumType,
    /// As [`Served::md5`].
    pub md5: String,
}

/// Something that clients fetch, and recognise by its MD5 as OpenRosa wants it: what has not changed is not fetched again.
pub struct Served {
    pub bytes: String,
    /// `md5:` and the digits.
    pub md5: String,
}

impl Served {
    fn of(bytes: String) -> Self {
        let md5 = format!("md5:{}", hex::encode(Md5::digest(bytes.as_bytes())));
        Self { bytes, md5 }
    }
}

impl Door {
    /// A published version; `None` where there is none of this hash.
    ///
    /// # Errors
    ///
    /// The database's, or a version that cannot be read.
    pub async fn standing(&self, app: &App, hash: Hash) -> Result<Option<Arc<Standing>>, Error> {
        if let Some(kept) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&hash) {
            return Ok(Some(Arc::clone(kept)));
        }
        let mut db = app.db.read().await?;
        let Some((number, title)) = store::questionnaires::place(&mut db, hash).await? else {
            return Ok(None);
        };
        let Some(content) = store::questionnaires::content(&mut db, hash).await? else { return Ok(None) };
        drop(db);
        let made = tokio::task::spawn_blocking(move || made(&content, &title, version_label(number, hash)));
        let (mut made, media) = made.await.map_err(|_| Error::Damaged("questionnaire version"))??;
        let mut db = app.db.read().await?;
        for (name, medium) in media {
            let md5 = store::questionnaire_media::md5(&mut db, medium.sha256).await?;
            if let Some(md5) = md5.map(|it| format!("md5:{it}")) {
                let served = ServedMedium { sha256: medium.sha256, media_type: medium.media_type, md5 };
                made.media.insert(name, served);
            }
        }
        drop(db);
        let made = Arc::new(made);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(hash, Arc::clone(&made));
        Ok(Some(made))
    }
}

/// A version as it stands there without what labels and choices show or play, and what that is.
fn made(content: &str, title: &str, label: String) -> Result<(Standing, Media), Error> {
    let damaged = || Error::Damaged("questionnaire version");
    let version: Version = serde_json::from_str(content).map_err(|_| damaged())?;
    let form = read(content).ok_or_else(damaged)?;
    let mut files = BTreeMap::new();
    for (name, rows) in &version.files {
        files.insert(name.clone(), Served::of(csv(rows).ok_or_else(damaged)?));
    }
    let xform = xform(&form, &label).map(Served::of);
    let standing =
        Standing { form: form.id, title: title.to_owned(), label, xform, files, media: BTreeMap::new() };
    Ok((standing, version.media))
}

/// Rows as CSV for a program: exactly as they are.
fn csv(rows: &[Vec<String>]) -> Option<String> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.write_record(row)).ok()?;
    String::from_utf8(writer.into_inner().ok()?).ok()
}
