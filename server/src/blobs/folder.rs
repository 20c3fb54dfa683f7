//! Bytes of attachments in the data folder.
//!
//! A file is written beside its place, synced, renamed, and its folder synced, before any row
//! speaks of it: what the database says is here is here after a power cut.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    ops::Range,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    pin::pin,
};

use axum::body::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::{Whole, on_a_disk_thread};
use crate::error::Error;

/// Read at a time, in bytes.
const PIECE: usize = 256 * 1024;

/// Free room where the data lies, in bytes; all there can be when the system does not say.
pub fn room(data: &Path) -> u64 {
    rustix::fs::statvfs(data).map_or(u64::MAX, |it| it.f_bavail.saturating_mul(it.f_frsize))
}

/// Keeps a file that is all here.
pub(super) fn keep(data: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = data.join(name);
    let beside = path.with_extension("new");
    let mut file = create_beside(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    sync_folder(&path)
}

/// Keeps a file that comes in pieces; when one of them is an error, none.
pub(super) async fn keep_pieces(
    data: &Path,
    name: &str,
    attempt: &str,
    pieces: impl Stream<Item = Result<Vec<u8>, Error>>,
) -> Result<(), Error> {
    let path = data.join(name);
    let beside = path.with_extension(attempt);
    let mut file = tokio::fs::File::from_std(create_beside(&beside)?);
    let mut pieces = pin!(pieces);
    let written = async {
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(file.sync_all().await?)
    };
    if let Err(cause) = written.await {
        // On a full disk, half a whole would only keep it full.
        fs::remove_file(&beside)?;
        return Err(cause);
    }
    on_a_disk_thread(move || {
        fs::rename(&beside, &path)?;
        sync_folder(&path)
    })
    .await
}

pub(super) fn forget_below(data: &Path, name: &str) -> io::Result<()> {
    unless_gone(fs::remove_dir_all(data.join(name)))
}

/// It is gone from the disk when this returns.
pub(super) fn forget(data: &Path, name: &str) -> io::Result<()> {
    let path = data.join(name);
    if !path.exists() {
        return Ok(());
    }
    unless_gone(fs::remove_file(&path))?;
    sync_folder(&path)
}

/// The names of the files two folders below one.
pub(super) fn names_below(data: &Path, name: &str) -> io::Result<Vec<String>> {
    let folders = match fs::read_dir(data.join(name)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for folder in folders {
        for file in fs::read_dir(folder?.path())? {
            names.extend(file?.file_name().into_string());
        }
    }
    Ok(names)
}

fn unless_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) async fn read(data: &Path, name: &str, part: Option<Range<u64>>) -> io::Result<Whole> {
    let mut file = tokio::fs::File::open(data.join(name)).await?;
    let length = file.metadata().await?.len();
    let part = part.unwrap_or(0..length);
    file.seek(io::SeekFrom::Start(part.start)).await?;
    let rest = file.take(part.end.saturating_sub(part.start));
    let pieces = futures_util::stream::try_unfold(rest, |mut rest| async {
        let mut piece = Vec::with_capacity(PIECE);
        let n = (&mut rest).take(PIECE as u64).read_to_end(&mut piece).await?;
        Ok((n > 0).then_some((Bytes::from(piece), rest)))
    });
    Ok(Whole { bytes_n: length, pieces: pieces.boxed() })
}

fn create_beside(beside: &Path) -> io::Result<File> {
    if let Some(folder) = beside.parent() {
        private_folder(folder)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside)
}

/// Makes a folder that only the server's own user may look into.
///
/// # Errors
///
/// The disk's.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Syncs the folder of a file, and the one above it, which may be new too.
fn sync_folder(path: &Path) -> io::Result<()> {
    for folder in path.ancestors().skip(1).take(3) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::blobs::{BlobKey, Blobs, is_whole, part_name, path_of};
    use domain::{envelope::Hash, id::RecordId};

    #[tokio::test]
    async fn parts_make_the_whole_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (blobs, id) = (Blobs::Folder(folder.path().to_owned()), RecordId(Uuid::from_u128(7)));
        let names = [part_name(0, Uuid::from_u128(1)), part_name(4, Uuid::from_u128(2))];
        let (right, another) = (Hash::of(b"one two"), Hash::of(b"another"));
        let key = BlobKey::of(&[7; 32], right);
        let whole = async |hash| {
            let read = blobs.read(Some(&BlobKey::of(&[7; 32], hash)), hash, None).await;
            is_whole(read, hash).await.unwrap()
        };
        blobs.keep_part(&key, id, &names[0], "one ".into()).await.unwrap();
        blobs.keep_part(&key, id, &names[1], "two".into()).await.unwrap();
        assert_eq!(blobs.assemble(&key, id, &names, another).await.unwrap(), None);
        assert!(!whole(another).await);
        assert_eq!(blobs.assemble(&key, id, &names, right).await.unwrap(), Some(()));
        assert!(whole(right).await);
        let path = path_of(folder.path(), right);
        let mut changed = std::fs::read(&path).unwrap();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(!whole(right).await);
        // A part that was changed, or is gone, makes nothing.
        let part = folder.path().join("parts").join(id.to_string()).join(&names[1]);
        let kept = std::fs::read(&part).unwrap();
        std::fs::write(&part, &kept[1..]).unwrap();
        assert_eq!(blobs.assemble(&key, id, &names, right).await.unwrap(), None);
        std::fs::write(&part, kept).unwrap();
        blobs.forget_parts(id, &names[..1]).await.unwrap();
        assert_eq!(blobs.assemble(&key, id, &names, right).await.unwrap(), None);
        blobs.forget_upload(id).await.unwrap();
        blobs.forget_upload(id).await.unwrap();
        blobs.forget_parts(id, &names).await.unwrap();
    }
}
