//! Bytes of attachments in the data folder.
//!
//! A file is written beside its place, synced, renamed, and its folder synced, before any row
//! speaks of it: what the database says is here is here after a power cut.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    ops::Range,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    pin::pin,
};

use axum::body::Bytes;
use domain::{envelope::Hash, id::RecordId};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::Whole;
use crate::error::Error;

/// Read at a time, in bytes.
const PIECE: usize = 256 * 1024;

/// Where a whole lies.
pub fn path_of(data: &Path, hash: Hash) -> PathBuf {
    let name = hash.to_string();
    data.join("blobs").join(&name[..2]).join(name)
}

fn part_path(data: &Path, id: RecordId, name: &str) -> PathBuf {
    data.join("parts").join(id.to_string()).join(name)
}

/// Free room where the data lies, in bytes; all there can be when the system does not say.
pub fn room(data: &Path) -> u64 {
    rustix::fs::statvfs(data).map_or(u64::MAX, |it| it.f_bavail.saturating_mul(it.f_frsize))
}

pub(super) fn keep_part(data: &Path, id: RecordId, name: &str, bytes: &[u8]) -> io::Result<()> {
    write_durably(&part_path(data, id, name), bytes)
}

pub(super) fn assemble(
    data: &Path,
    id: RecordId,
    parts: &[String],
    expected: Hash,
) -> io::Result<Option<()>> {
    // It was put together before, and the power failed before that was noted.
    if is_whole(data, expected)? {
        return Ok(Some(()));
    }
    let mut hash = Sha256::new();
    let path = path_of(data, expected);
    let beside = path.with_extension(id.to_string());
    let mut all_here = true;
    let written = write_durably_beside(&beside, |file| {
        for name in parts {
            match File::open(part_path(data, id, name)) {
                Ok(mut part) => copy_hashing(&mut part, file, &mut hash)?,
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => all_here = false,
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    });
    if written.is_err() || !all_here || Hash(hash.finalize().into()) != expected {
        // On a full disk, half a whole would only keep it full.
        fs::remove_file(&beside)?;
        return written.map(|()| None);
    }
    fs::rename(&beside, &path)?;
    sync_folder(&path)?;
    Ok(Some(()))
}

pub(super) async fn keep_whole(
    data: &Path,
    expected: Hash,
    pieces: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<Option<()>, Error> {
    let path = path_of(data, expected);
    let beside = path.with_extension("new");
    let mut file = tokio::fs::File::from_std(create_beside(&beside)?);
    let mut hash = Sha256::new();
    let mut pieces = pin!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        hash.update(&piece);
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    if Hash(hash.finalize().into()) != expected {
        fs::remove_file(&beside)?;
        return Ok(None);
    }
    file.sync_all().await?;
    fs::rename(&beside, &path)?;
    sync_folder(&path)?;
    Ok(Some(()))
}

pub(super) fn forget_parts(data: &Path, id: RecordId, names: &[String]) -> io::Result<()> {
    names.iter().try_for_each(|it| unless_gone(fs::remove_file(part_path(data, id, it))))
}

pub(super) fn forget_upload(data: &Path, id: RecordId) -> io::Result<()> {
    unless_gone(fs::remove_dir_all(data.join("parts").join(id.to_string())))
}

/// It is gone from the disk when this returns.
pub(super) fn forget_whole(data: &Path, hash: Hash) -> io::Result<()> {
    let path = path_of(data, hash);
    if !path.exists() {
        return Ok(());
    }
    unless_gone(fs::remove_file(&path))?;
    sync_folder(&path)
}

fn unless_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn is_whole(data: &Path, expected: Hash) -> io::Result<bool> {
    let mut file = match File::open(path_of(data, expected)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    let mut hash = Sha256::new();
    copy_hashing(&mut file, &mut io::sink(), &mut hash)?;
    Ok(Hash(hash.finalize().into()) == expected)
}

pub(super) async fn read(data: &Path, hash: Hash, part: Option<Range<u64>>) -> io::Result<Whole> {
    let mut file = tokio::fs::File::open(path_of(data, hash)).await?;
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

fn copy_hashing(from: &mut impl Read, to: &mut impl Write, hash: &mut Sha256) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let n = from.read(&mut piece)?;
        if n == 0 {
            return Ok(());
        }
        hash.update(&piece[..n]);
        to.write_all(&piece[..n])?;
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    write_durably_beside(&beside, |file| file.write_all(bytes))?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

fn write_durably_beside(beside: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = create_beside(beside)?;
    fill(&mut file)?;
    file.sync_all()
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

    use super::*;

    #[test]
    fn parts_make_the_whole_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (data, id) = (folder.path(), RecordId(Uuid::from_u128(7)));
        let names = ["0-a", "4-b"].map(str::to_owned);
        keep_part(data, id, &names[0], b"one ").unwrap();
        keep_part(data, id, &names[1], b"two").unwrap();
        let right = Hash::of(b"one two");
        assert_eq!(assemble(data, id, &names, Hash::of(b"another")).unwrap(), None);
        assert!(!is_whole(data, Hash::of(b"another")).unwrap());
        assert_eq!(assemble(data, id, &names, right).unwrap(), Some(()));
        assert!(is_whole(data, right).unwrap());
        fs::write(path_of(data, right), b"one twp").unwrap();
        assert!(!is_whole(data, right).unwrap());
        forget_parts(data, id, &names[..1]).unwrap();
        assert_eq!(assemble(data, id, &names, right).unwrap(), None);
        forget_upload(data, id).unwrap();
        forget_upload(data, id).unwrap();
        forget_parts(data, id, &names).unwrap();
    }
}
