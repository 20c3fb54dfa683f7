//! The server's keys, a file of 32 bytes each, made at the first start and read by nobody else: one signs receipts, one
//! opens what rests sealed in the database.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use domain::receipt::{PublicKey, Signature};
use ed25519_dalek::{SECRET_KEY_LENGTH, Signer, SigningKey, VerifyingKey};

use crate::{blobs::private_folder, vault::Vault};

/// Group's and others' part of a file's mode.
const ANYONE_ELSE: u32 = 0o077;

/// Signs what phones are told of what they sent.
pub struct ReceiptKey(SigningKey);

impl ReceiptKey {
    /// The key of these bytes.
    pub fn of(secret: &[u8; SECRET_KEY_LENGTH]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// Reads the key of a data folder; where there is none, `random` becomes it and is on disk when this returns.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made, is not 32 bytes long, or others may read it. It is never replaced: phones
    /// know the server by it.
    pub fn open(data: &Path, random: &[u8; SECRET_KEY_LENGTH]) -> anyhow::Result<Self> {
        let path = path_of(data);
        if let Some(secret) = read(&path, "receipt key", ", and make a new one if they may have")? {
            return Ok(Self::of(&secret));
        }
        make(&path, random).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self::of(random))
    }

    /// What phones are told at signing in.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes that [`domain::receipt`] made.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

/// Opens what rests sealed in the database.
pub struct FieldKey {
    path: PathBuf,
    secret: Secret,
    /// Whether it is on disk.
    is_kept: bool,
    /// Whether the folder is one that a server has worked in.
    is_servers: bool,
}

impl FieldKey {
    /// Reads the key of a data folder; where there is none, a new one that [`Self::keep`] puts on disk.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is not 32 bytes long, or others may read it.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let path = field_key_path(data);
        if let Some(secret) = read(&path, "field key", "")? {
            return Ok(Self { path, secret, is_kept: true, is_servers: true });
        }
        let mut secret = [0; SECRET_KEY_LENGTH];
        getrandom::fill(&mut secret)?;
        let is_servers = data.join("zoufang.db").exists() || path_of(data).exists();
        Ok(Self { path, secret, is_kept: false, is_servers })
    }

    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Where it lies, or will.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the data folder had it already.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Whether a database that holds something may be sealed with it: not from the folder of somebody who only looks.
    pub fn may_be_made(&self) -> bool {
        self.is_servers
    }

    /// Puts it on disk, unless it is there.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn keep(&self) -> anyhow::Result<()> {
        if self.is_kept {
            return Ok(());
        }
        make(&self.path, &self.secret).with_context(|| format!("cannot make {}", self.path.display()))
    }
}

/// The bytes of a key.
type Secret = [u8; SECRET_KEY_LENGTH];

/// Reads a key; `None` where there is no file. `or` is what to do, besides, when others may have read it.
fn read(path: &Path, name: &str, or: &str) -> anyhow::Result<Option<Secret>> {
    let mut file = match File::open(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.with_context(|| format!("cannot read the {name} {}", path.display()))?,
    };
    let mode = file.metadata()?.permissions().mode();
    if mode & ANYONE_ELSE != 0 {
        bail!("others may read the {name} {} (mode {:o}): chmod 600 it{or}", path.display(), mode & 0o777);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    let Ok(secret) = bytes.try_into().map_err(|it: Vec<u8>| it.len()) else {
        bail!(
            "the {name} {} is not {SECRET_KEY_LENGTH} bytes long: put it back from a backup",
            path.display(),
        );
    };
    Ok(Some(secret))
}

/// Whether `signature` is over `bytes`, by this key.
pub fn is_signed(key: PublicKey, bytes: &[u8], signature: Signature) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    VerifyingKey::from_bytes(&key.0).is_ok_and(|it| it.verify_strict(bytes, &signature).is_ok())
}

/// Writes a copy of a data folder's keys that only `recipient` can open. It is kept apart from backups.
///
/// # Errors
///
/// When a key is missing, or the file is there already or cannot be written.
pub fn back_up(data: &Path, to: &Path, recipient: &age::x25519::Recipient) -> anyhow::Result<()> {
    let mut secrets = fs::read(path_of(data)).context("cannot read the receipt key")?;
    secrets.extend(fs::read(field_key_path(data)).context("cannot read the field key")?);
    let sealed = age::encrypt(recipient, &secrets)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut file = file.with_context(|| format!("cannot write {}", to.display()))?;
    file.write_all(&sealed)?;
    Ok(file.sync_all()?)
}

fn open_copy(from: &Path, identities: &[Box<dyn age::Identity>]) -> anyhow::Result<Vec<Secret>> {
    let sealed = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    let decryptor = age::Decryptor::new_buffered(&*sealed).context("this is no copy of keys")?;
    let mut secrets = Vec::new();
    let opened = decryptor.decrypt(identities.iter().map(|it| &**it));
    opened.context("none of the keys opens this file")?.read_to_end(&mut secrets)?;
    match secrets.as_chunks::<SECRET_KEY_LENGTH>() {
        (some @ ([_] | [_, _]), []) => Ok(some.to_vec()),
        _ => bail!("{} holds no keys", from.display()),
    }
}

/// The vault of the key in such a copy; `None` in those of versions that sealed nothing.
///
/// # Errors
///
/// When the copy cannot be opened or is none.
pub fn vault_of_copy(from: &Path, identities: &[Box<dyn age::Identity>]) -> anyhow::Result<Option<Vault>> {
    Ok(open_copy(from, identities)?.get(1).map(Vault::of))
}

/// The vault of the key in a data folder; `None` where there is none.
///
/// # Errors
///
/// When the key cannot be read, or others may read it.
pub fn vault_of_folder(data: &Path) -> anyhow::Result<Option<Vault>> {
    Ok(read(&field_key_path(data), "field key", "")?.map(|it| Vault::of(&it)))
}

/// Puts such a copy into a data folder that has no keys yet. Copies of versions that sealed nothing hold the receipt key
/// alone.
///
/// # Errors
///
/// When there is a key, or the copy cannot be opened or is none.
pub fn restore(data: &Path, from: &Path, identities: &[Box<dyn age::Identity>]) -> anyhow::Result<()> {
    let paths = [path_of(data), field_key_path(data)];
    if paths.iter().any(|it| it.exists()) {
        bail!("there are keys in {} already", data.display());
    }
    let secrets = open_copy(from, identities)?;
    for (path, secret) in paths.iter().zip(&secrets) {
        make(path, secret)?;
    }
    Ok(())
}

/// Where the key that opens sealed values lies.
pub fn field_key_path(data: &Path) -> PathBuf {
    data.join("keys").join("field.key")
}

/// Where the key that signs receipts lies.
pub fn path_of(data: &Path) -> PathBuf {
    data.join("keys").join("receipt.ed25519")
}

/// Half a key is none: it is written beside its place, synced, put there, and its folders synced.
fn make(path: &Path, secret: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let folders: Vec<&Path> = path.ancestors().skip(1).take(2).collect();
    for folder in folders.iter().take(1) {
        private_folder(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(secret)?;
    file.sync_all()?;
    // Never in another key's place, were it made at this very moment.
    fs::hard_link(&beside, path)?;
    fs::remove_file(&beside)?;
    for folder in folders {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Verifier, VerifyingKey};

    use super::*;

    #[track_caller]
    fn refused(data: &Path, why: &str) {
        let cause = ReceiptKey::open(data, &[9; 32]).err().unwrap().to_string();
        assert!(cause.contains(why), "{cause}");
    }

    #[test]
    fn it_is_made_once_and_signs() {
        let folder = tempfile::tempdir().unwrap();
        let made = ReceiptKey::open(folder.path(), &[1; 32]).unwrap();
        let read = ReceiptKey::open(folder.path(), &[2; 32]).unwrap();
        assert_eq!(read.public(), made.public());
        let mode = path_of(folder.path()).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let public = VerifyingKey::from_bytes(&made.public().0).unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(&read.sign(b"one").0);
        public.verify(b"one", &signature).unwrap();
        public.verify(b"two", &signature).unwrap_err();
    }

    #[test]
    fn one_that_others_may_read_or_that_is_cut_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        ReceiptKey::open(folder.path(), &[1; 32]).unwrap();
        let path = path_of(folder.path());
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            refused(folder.path(), "chmod 600");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for length in [0, 31, 33] {
            fs::write(&path, vec![1; length]).unwrap();
            refused(folder.path(), "not 32 bytes");
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        refused(folder.path(), "cannot read");
    }
}
