//! Bytes of attachments in the data folder: parts as they arrive, wholes under their SHA-256.
//!
//! A file is written beside its place, synced, renamed, and its folder synced, before any row
//! speaks of it: what the database says is here is here after a power cut.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use domain::{envelope::Hash, id::RecordId};
use sha2::{Digest, Sha256};

/// Read at a time, in bytes.
const PIECE: usize = 256 * 1024;
/// Below this much free room nothing is taken in, in bytes: the database needs some to stay whole.
pub const ROOM_MIN: u64 = 512 * 1024 * 1024;

/// Where a whole lies.
pub fn path_of(data: &Path, hash: Hash) -> PathBuf {
    let name = hash.to_string();
    data.join("blobs").join(&name[..2]).join(name)
}

fn part_path(data: &Path, id: RecordId, starts: u64) -> PathBuf {
    data.join("parts").join(id.to_string()).join(format!("{starts:012}"))
}

/// Free room where the data lies, in bytes; all there can be when the system does not say.
pub fn room(data: &Path) -> u64 {
    rustix::fs::statvfs(data).map_or(u64::MAX, |it| it.f_bavail.saturating_mul(it.f_frsize))
}

/// Keeps a part; it is durable when this returns. Only one at a time works on an upload, and only where the
/// noted parts end: what lies there already was never noted.
///
/// # Errors
///
/// The disk's.
pub fn keep_part(data: &Path, id: RecordId, starts: u64, bytes: &[u8]) -> io::Result<()> {
    let path = part_path(data, id, starts);
    write_durably(&path, |file| file.write_all(bytes))
}

/// Puts the parts together; `None` when the whole does not have its hash, or a part is gone.
///
/// # Errors
///
/// The disk's.
pub fn assemble(data: &Path, id: RecordId, parts: &[u64], expected: Hash) -> io::Result<Option<()>> {
    // It was put together before, and the power failed before that was noted.
    if is_whole(data, expected)? {
        return Ok(Some(()));
    }
    let mut hash = Sha256::new();
    let path = path_of(data, expected);
    let beside = path.with_extension(id.to_string());
    let mut all_here = true;
    let written = write_durably_beside(&beside, |file| {
        for starts in parts {
            match File::open(part_path(data, id, *starts)) {
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

/// Keeps a whole whose bytes `fill` writes and vouches for; it is durable when this returns.
///
/// # Errors
///
/// The disk's, and what `fill` answers.
pub fn keep_whole(data: &Path, hash: Hash, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    write_durably(&path_of(data, hash), fill)
}

/// Removes the parts of an upload. Those that are gone already are no error.
///
/// # Errors
///
/// The disk's.
pub fn forget_parts(data: &Path, id: RecordId) -> io::Result<()> {
    match fs::remove_dir_all(data.join("parts").join(id.to_string())) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether the bytes under a hash are here and have it.
///
/// # Errors
///
/// The disk's.
pub fn is_whole(data: &Path, expected: Hash) -> io::Result<bool> {
    let mut file = match File::open(path_of(data, expected)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    let mut hash = Sha256::new();
    copy_hashing(&mut file, &mut io::sink(), &mut hash)?;
    Ok(Hash(hash.finalize().into()) == expected)
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

fn write_durably(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let beside = path.with_extension("new");
    write_durably_beside(&beside, fill)?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

fn write_durably_beside(beside: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = beside.parent() {
        private_folder(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside)?;
    fill(&mut file)?;
    file.sync_all()
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
        keep_part(data, id, 0, b"one ").unwrap();
        keep_part(data, id, 4, b"two").unwrap();
        let right = Hash::of(b"one two");
        assert_eq!(assemble(data, id, &[0, 4], Hash::of(b"another")).unwrap(), None);
        assert!(!is_whole(data, Hash::of(b"another")).unwrap());
        assert_eq!(assemble(data, id, &[0, 4], right).unwrap(), Some(()));
        assert!(is_whole(data, right).unwrap());
        fs::write(path_of(data, right), b"one twp").unwrap();
        assert!(!is_whole(data, right).unwrap());
        forget_parts(data, id).unwrap();
        forget_parts(data, id).unwrap();
    }
}
