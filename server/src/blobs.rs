//! Bytes of attachments, in the data folder or in an S3-compatible bucket: parts as they arrive, wholes under
//! their SHA-256. What is kept is durable before any row speaks of it.

mod bucket;
mod folder;

use std::{io, ops::Range, path::PathBuf};

use axum::body::Bytes;
use domain::{envelope::Hash, id::RecordId, problem::Code};
use futures_util::{Stream, stream::BoxStream};
use uuid::Uuid;

pub use bucket::{Bucket, told};
pub use folder::{path_of, private_folder, room};

use crate::error::Error;

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

/// A whole that is read.
pub struct Whole {
    /// Bytes of all of it, also where a part is read.
    pub bytes_n: u64,
    /// What was asked for, piece by piece: a recording of hours takes no more memory than one of seconds.
    pub pieces: BoxStream<'static, io::Result<Bytes>>,
}

/// The name of a part of an upload, another one at each attempt: two servers may be sent the same place, and
/// only what the noted name stands for counts.
pub fn part_name(starts: u64, attempt: Uuid) -> String {
    format!("{}-{}", part_name_by_place(starts), attempt.simple())
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
    pub async fn keep_part(&self, id: RecordId, name: &str, bytes: Bytes) -> Result<(), Error> {
        match self {
            Self::Folder(data) => {
                let (data, name) = (data.clone(), name.to_owned());
                on_a_disk_thread(move || folder::keep_part(&data, id, &name, &bytes)).await
            }
            Self::Bucket(bucket) => bucket.keep_part(id, name, bytes).await,
        }
    }

    /// Puts the parts together; `None` when the whole does not have its hash, or a part is gone. Safe when
    /// several servers do it at once.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn assemble(&self, id: RecordId, parts: &[String], hash: Hash) -> Result<Option<()>, Error> {
        match self {
            Self::Folder(data) => {
                let (data, parts) = (data.clone(), parts.to_vec());
                on_a_disk_thread(move || folder::assemble(&data, id, &parts, hash)).await
            }
            Self::Bucket(bucket) => bucket.assemble(id, parts, hash).await,
        }
    }

    /// Keeps a whole from elsewhere; `None` when it does not have its hash. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's, and the first of `pieces`.
    pub async fn keep_whole(
        &self,
        hash: Hash,
        pieces: impl Stream<Item = Result<Bytes, Error>>,
    ) -> Result<Option<()>, Error> {
        match self {
            Self::Folder(data) => folder::keep_whole(data, hash, pieces).await,
            Self::Bucket(bucket) => bucket.keep_whole(hash, pieces).await,
        }
    }

    /// Removes these parts of an upload. Those that are gone already are no error.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn forget_parts(&self, id: RecordId, names: &[String]) -> Result<(), Error> {
        match self {
            Self::Folder(data) => {
                let (data, names) = (data.clone(), names.to_vec());
                on_a_disk_thread(move || folder::forget_parts(&data, id, &names)).await
            }
            Self::Bucket(bucket) => bucket.forget_parts(id, names).await,
        }
    }

    /// Removes every part of an upload that takes no more, also those that were never noted.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn forget_upload(&self, id: RecordId) -> Result<(), Error> {
        match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || folder::forget_upload(&data, id)).await
            }
            Self::Bucket(bucket) => bucket.forget_upload(id).await,
        }
    }

    /// Removes a whole, for good. One that is gone already is no error.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn forget_whole(&self, hash: Hash) -> Result<(), Error> {
        match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || folder::forget_whole(&data, hash)).await
            }
            Self::Bucket(bucket) => bucket.forget_whole(hash).await,
        }
    }

    /// Whether the bytes under a hash are here and have it: all of them are read.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's.
    pub async fn is_whole(&self, hash: Hash) -> Result<bool, Error> {
        match self {
            Self::Folder(data) => {
                let data = data.clone();
                on_a_disk_thread(move || folder::is_whole(&data, hash)).await
            }
            Self::Bucket(bucket) => bucket.is_whole(hash).await,
        }
    }

    /// A whole, or a range of its bytes.
    ///
    /// # Errors
    ///
    /// The disk's or the bucket's; `not found` as a file that is not there, from either.
    pub async fn read(&self, hash: Hash, part: Option<Range<u64>>) -> Result<Whole, Error> {
        match self {
            Self::Folder(data) => Ok(folder::read(data, hash, part).await?),
            Self::Bucket(bucket) => bucket.read(hash, part).await,
        }
    }
}

async fn on_a_disk_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Error::from(Code::Internal))??)
}
