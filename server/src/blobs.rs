//! Bytes of attachments, in the data folder or in an S3-compatible bucket: parts as they arrive, wholes under
//! their SHA-256, all of them sealed (`sealed.rs`). What is kept is durable before any row speaks of it.
//!
//! Hashes, lengths and ranges are those of the clear bytes. What versions that sealed nothing left here is read as it is,
//! and sealed by [`seal_all`].

mod bucket;
mod folder;
mod sealed;

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use domain::{envelope::Hash, id::RecordId, problem::Code};
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use uuid::Uuid;

pub use bucket::{Bucket, told};
pub use folder::{private_folder, room};
pub use sealed::{BlobKey, Opening};

use sealed::{HEAD_BYTES, Sealing};

use crate::{App, error::Error, store, vault::NotOpened};

/// Below this much free room nothing is taken in, in bytes: the database needs some to stay whole.
pub const ROOM_MIN: u64 = 512 * 1024 * 1024;

/// Where the bytes lie.
#[derive(Clone, Debug)]
pub enum Blobs {
    /// Below the data folder; one server works on it.
    Folder(PathBuf),
    /// In a bucket; several servers may work on it.
    Bucket(Bucket),
}

/// Something that is read.
pub struct Whole {
    /// Bytes of all of it, also where a range is read.
    pub bytes_n: u64,
    /// What was asked for, piece by piece: a recording of hours takes no more memory than one of seconds.
    pub pieces: BoxStream<'static, io::Result<Bytes>>,
}

/// Where the wholes of versions that sealed nothing lie, below the data folder or the bucket's prefix.
const CLEAR: &str = "blobs";
/// Where wholes lie.
const SEALED: &str = "sealed";
/// Where parts lie.
const PARTS: &str = "parts";
/// Names of parts that are sealed end like this.
const SEALED_PART: &str = ".sealed";

fn name_in(place: &str, hash: Hash) -> String {
    let name = hash.to_string();
    format!("{place}/{}/{name}", &name[..2])
}

fn name_of_part(id: RecordId, name: &str) -> String {
    format!("{PARTS}/{id}/{name}")
}

/// Where a whole lies in a data folder.
pub fn path_of(data: &Path, hash: Hash) -> PathBuf {
    data.join(name_in(SEALED, hash))
}

/// Where a version that sealed nothing kept it.
pub fn clear_path_of(data: &Path, hash: Hash) -> PathBuf {
    data.join(name_in(CLEAR, hash))
}

/// The name of a part of an upload, another one at each attempt: two servers may be sent the same place, and
/// only what the noted name stands for counts.
pub fn part_name(starts: u64, attempt: Uuid) -> String {
    format!("{}-{}{SEALED_PART}", part_name_by_place(starts), attempt.simple())
}

/// The name of a part whose row has none.
pub fn part_name_by_place(starts: u64) -> String {
    format!("{starts:012}")
}

impl Blobs {
    /// Keeps a part; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// The disk's, or the bucket's: then nothing may be acknowledged.
    pub async fn keep_part(
        &self,
        key: &BlobKey,
        id: RecordId,
        name: &str,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let (key, path, name) = (key.clone(), name_of_part(id, name), name.to_owned());
        match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || folder::keep(&data, &path, &key.seal_part(id, &name, &bytes))).await
            }
            Self::Bucket(bucket) => {
                let sealed = on_a_disk_thread(move || Ok(key.seal_part(id, &name, &bytes))).await?;
                bucket.keep(&path, sealed).await
            }
        }
    }

    /// Puts the parts together; `None` when the whole does not have its hash, or a part is gone. Safe when
    /// several servers do it at once.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn assemble(
        &self,
        key: &BlobKey,
        id: RecordId,
        parts: &[String],
        hash: Hash,
    ) -> Result<Option<()>, Error> {
        // It was put together before, and that was not noted: the power failed.
        if is_whole(self.read(Some(key), hash, None).await, hash).await? {
            return Ok(Some(()));
        }
        let pieces = futures_util::stream::iter(parts).then(|name| self.part(key, id, name));
        match self.keep_whole(key, hash, &id.to_string(), pieces).await {
            Err(Error::File(cause)) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other,
        }
    }

    /// A part, all of it: it is a few MiB at most.
    async fn part(&self, key: &BlobKey, id: RecordId, name: &str) -> Result<Bytes, Error> {
        let pieces: Vec<Bytes> =
            self.read_file(&name_of_part(id, name), None).await?.pieces.try_collect().await?;
        let bytes = pieces.concat();
        // One that came before parts were sealed.
        if !name.ends_with(SEALED_PART) {
            return Ok(bytes.into());
        }
        let (key, name) = (key.clone(), name.to_owned());
        let opened = on_a_disk_thread(move || Ok(key.open_part(id, &name, &bytes))).await?;
        // A part that was changed makes no whole: what was sent is to come again.
        opened.map(Bytes::from).map_err(|_| Code::WrongChecksum.into())
    }

    /// Keeps a whole from its clear bytes; `None` when it does not have its hash. It is durable when this returns.
    /// Two `attempts` at the same bytes do not disturb each other.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's, and the first of `pieces`.
    pub async fn keep_whole(
        &self,
        key: &BlobKey,
        hash: Hash,
        attempt: &str,
        pieces: impl Stream<Item = Result<Bytes, Error>>,
    ) -> Result<Option<()>, Error> {
        let (path, sealed) = (name_in(SEALED, hash), seal(key, hash, pieces));
        let kept = match self {
            Self::Folder(data) => folder::keep_pieces(data, &path, attempt, sealed).await,
            Self::Bucket(bucket) => bucket.keep_pieces(&path, sealed).await,
        };
        match kept {
            Err(cause) if cause.code() == Code::WrongChecksum => Ok(None),
            other => other.map(Some),
        }
    }

    /// Removes these parts of an upload. Those that are gone already are no error.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn forget_parts(&self, id: RecordId, names: &[String]) -> Result<(), Error> {
        self.forget(names.iter().map(|it| name_of_part(id, it)).collect()).await
    }

    /// Removes every part of an upload that takes no more, also those that were never noted.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn forget_upload(&self, id: RecordId) -> Result<(), Error> {
        let below = format!("{PARTS}/{id}");
        match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || folder::forget_below(&data, &below)).await
            }
            Self::Bucket(bucket) => bucket.forget_below(&below).await,
        }
    }

    /// Removes a whole, for good. One that is gone already is no error.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn forget_whole(&self, hash: Hash) -> Result<(), Error> {
        self.forget(vec![name_in(SEALED, hash), name_in(CLEAR, hash)]).await
    }

    /// They are gone from the disk, or from the bucket, when this returns.
    async fn forget(&self, paths: Vec<String>) -> Result<(), Error> {
        match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || paths.iter().try_for_each(|it| folder::forget(&data, it))).await
            }
            Self::Bucket(bucket) => bucket.forget(&paths).await,
        }
    }

    /// A whole, or a range of its bytes. Without a key, what versions that sealed nothing left.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's; `not found` as a file that is not there, from either; `invalid data` when it does not open,
    /// also of a later piece.
    pub async fn read(
        &self,
        key: Option<&BlobKey>,
        hash: Hash,
        part: Option<Range<u64>>,
    ) -> Result<Whole, Error> {
        let clear = name_in(CLEAR, hash);
        let Some(key) = key else { return self.read_file(&clear, part).await };
        let sealed = self.read_sealed(key, hash, part.clone()).await;
        if !is_missing(&sealed) {
            return sealed;
        }
        // Not sealed yet; and when it is not there any more, sealed since.
        let clear = self.read_file(&clear, part.clone()).await;
        if is_missing(&clear) { self.read_sealed(key, hash, part).await } else { clear }
    }

    async fn read_sealed(&self, key: &BlobKey, hash: Hash, part: Option<Range<u64>>) -> Result<Whole, Error> {
        let path = name_in(SEALED, hash);
        let range = part.as_ref().map(sealed::sealed_range);
        let body = self.read_file(&path, range.clone()).await?;
        let pieces = match range {
            Some(it) if it.start > 0 => {
                let head = self.read_file(&path, Some(0..HEAD_BYTES as u64)).await?;
                head.pieces.chain(body.pieces).boxed()
            }
            Some(_) | None => body.pieces,
        };
        let opening = Opening::begin(key, body.bytes_n, part.as_ref()).map_err(damaged)?;
        let bytes_n = sealed::clear_length(body.bytes_n).map_err(damaged)?;
        Ok(Whole { bytes_n, pieces: open(opening, pieces) })
    }

    /// A file as it lies there, or a range of it.
    async fn read_file(&self, path: &str, range: Option<Range<u64>>) -> Result<Whole, Error> {
        match self {
            Self::Folder(data) => Ok(folder::read(data, path, range).await?),
            Self::Bucket(bucket) => bucket.read(path, range).await,
        }
    }

    /// A sealed whole as it lies there.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's; `not found` as a file that is not there, from either.
    pub async fn read_as_sealed(&self, hash: Hash) -> Result<Whole, Error> {
        self.read_file(&name_in(SEALED, hash), None).await
    }

    /// The hashes of what versions that sealed nothing left here.
    async fn in_the_clear(&self) -> Result<Vec<Hash>, Error> {
        let names = match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || folder::names_below(&data, CLEAR)).await?
            }
            Self::Bucket(bucket) => bucket.names_below(CLEAR).await?,
        };
        Ok(names.iter().filter_map(|it| it.parse().ok()).collect())
    }
}

/// A whole, or a range of its bytes, with the key that the database has of it.
///
/// # Errors
///
/// As [`Blobs::read`]; the database's.
pub async fn read(app: &App, hash: Hash, part: Option<Range<u64>>) -> Result<Whole, Error> {
    let key = store::blob_keys::get(&mut app.db.read().await?, hash).await?;
    let found = app.blobs.read(key.as_ref(), hash, part.clone()).await;
    if key.is_some() || !is_missing(&found) {
        return found;
    }
    // Sealed since.
    let key = store::blob_keys::get(&mut app.db.read().await?, hash).await?;
    app.blobs.read(key.as_ref(), hash, part).await
}

fn is_missing(found: &Result<Whole, Error>) -> bool {
    matches!(found, Err(Error::File(it)) if it.kind() == io::ErrorKind::NotFound)
}

/// Clear bytes of sealed ones, piece by piece. A chunk takes a millisecond: not on the threads that serve.
fn open(
    opening: Opening,
    pieces: BoxStream<'static, io::Result<Bytes>>,
) -> BoxStream<'static, io::Result<Bytes>> {
    let state = Some((opening, pieces));
    let opened = futures_util::stream::try_unfold(state, |state| async {
        let Some((mut opening, mut pieces)) = state else { return Ok(None) };
        loop {
            let Some(piece) = pieces.try_next().await? else {
                return Ok(Some((Bytes::from(opening.end().map_err(damaged)?), None)));
            };
            let (opened, clear) = on_another_thread(move || {
                let clear = opening.take(&piece);
                (opening, clear)
            })
            .await?;
            opening = opened;
            let clear = clear.map_err(damaged)?;
            if !clear.is_empty() {
                return Ok(Some((Bytes::from(clear), Some((opening, pieces)))));
            }
        }
    });
    opened.try_filter(|it| std::future::ready(!it.is_empty())).boxed()
}

/// Sealed bytes of clear ones, piece by piece; ends with `wrong_checksum` before the last of them when the clear ones do not
/// have their hash.
fn seal(
    key: &BlobKey,
    expected: Hash,
    pieces: impl Stream<Item = Result<Bytes, Error>>,
) -> impl Stream<Item = Result<Vec<u8>, Error>> {
    let state = Some((Sealing::begin(key), Box::pin(pieces)));
    futures_util::stream::try_unfold(state, move |state| async move {
        let Some((mut sealing, mut pieces)) = state else { return Ok(None) };
        let Some(piece) = pieces.try_next().await? else {
            let (last, hash) = on_another_thread(move || sealing.end()).await?;
            return if hash == expected { Ok(Some((last, None))) } else { Err(Code::WrongChecksum.into()) };
        };
        let (sealing, sealed) = on_another_thread(move || {
            let sealed = sealing.take(&piece);
            (sealing, sealed)
        })
        .await?;
        Ok(Some((sealed, Some((sealing, pieces)))))
    })
}

/// Whether the bytes under a hash are here and have it: all of them are read.
///
/// # Errors
///
/// The disk's, the bucket's and the database's.
pub async fn verify(app: &App, hash: Hash) -> Result<bool, Error> {
    is_whole(read(app, hash, None).await, hash).await
}

async fn is_whole(found: Result<Whole, Error>, hash: Hash) -> Result<bool, Error> {
    let mut pieces = match found {
        Ok(found) => found.pieces,
        Err(Error::File(cause)) if is_missing_or_damaged(&cause) => return Ok(false),
        Err(cause) => return Err(cause),
    };
    let mut digest = Digest::default();
    loop {
        match pieces.try_next().await {
            Ok(Some(piece)) => digest = digest.take(piece).await?,
            Ok(None) => return Ok(digest.end() == hash),
            Err(cause) if is_missing_or_damaged(&cause) => return Ok(false),
            Err(cause) => return Err(cause.into()),
        }
    }
}

/// The hash of bytes that come piece by piece.
#[derive(Default)]
struct Digest(sha2::Sha256);

impl Digest {
    async fn take(mut self, piece: Bytes) -> Result<Self, Error> {
        let taken = on_another_thread(move || {
            sha2::Digest::update(&mut self.0, &piece);
            self
        });
        Ok(taken.await?)
    }

    fn end(self) -> Hash {
        Hash(sha2::Digest::finalize(self.0).into())
    }
}

fn damaged(cause: NotOpened) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}

fn is_missing_or_damaged(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData)
}

async fn on_another_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}

async fn on_a_disk_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Error::from(Code::Internal))??)
}

/// The name of this work: one server does it at a time.
const WORK: &str = "sealing attachments";

/// Seals what versions that sealed nothing left in the clear, and removes that. What cannot be sealed is logged and stays as it is;
/// the next start tries again.
pub async fn seal_all(app: App) {
    match seal_each(&app).await {
        Ok(0) => {}
        Ok(n) => tracing::info!(n, "attachments of an earlier version rest sealed from now on"),
        Err(cause) => tracing::error!(%cause, "not every attachment of an earlier version was sealed"),
    }
}

/// Answers how many were sealed.
async fn seal_each(app: &App) -> Result<usize, Error> {
    let Some(_turn) = app.db.turn(WORK).await? else { return Ok(0) };
    let mut n = 0;
    for hash in app.blobs.in_the_clear().await? {
        match seal_one(app, hash).await {
            Ok(true) => n += 1,
            Ok(false) => tracing::warn!(%hash, "an attachment of an earlier version stays in the clear"),
            Err(cause) => tracing::error!(%cause, %hash, "an attachment could not be sealed"),
        }
    }
    Ok(n)
}

/// Seals one; `false` when no upload is known that it is of, or it does not have its hash.
async fn seal_one(app: &App, hash: Hash) -> Result<bool, Error> {
    let mut db = app.db.write().await?;
    if !store::uploads::has_finished(&mut db, hash).await? {
        return Ok(false);
    }
    let key = store::blob_keys::make(&mut db, hash).await?;
    db.commit().await?;
    let clear = app.blobs.read(None, hash, None).await?.pieces.map_err(Error::from);
    let attempt = app.new_public_id().to_string();
    if app.blobs.keep_whole(&key, hash, &attempt, clear).await?.is_none() {
        return Ok(false);
    }
    app.blobs.forget(vec![name_in(CLEAR, hash)]).await?;
    Ok(true)
}

/// The key of bytes that come in: what is here of an upload that began before keys has none yet.
///
/// # Errors
///
/// The database's.
pub async fn key_of(app: &App, hash: Hash) -> Result<BlobKey, Error> {
    if let Some(key) = store::blob_keys::get(&mut app.db.read().await?, hash).await? {
        return Ok(key);
    }
    let mut db = app.db.write().await?;
    let key = store::blob_keys::make(&mut db, hash).await?;
    db.commit().await?;
    Ok(key)
}
