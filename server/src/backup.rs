//! One file that holds everything: the rows of the database and the attachments, encrypted to age recipients.
//!
//! Within the encryption: eight bytes that name the format, then frames of a kind (one byte), a length (four bytes,
//! big-endian) and as many bytes. A file that was cut or changed anywhere is refused as a whole: age seals each
//! piece and the last, and the frame at the end names the SHA-256 of all before it.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use age::{Decryptor, Encryptor, Identity, Recipient};
use anyhow::{Context, bail};
use domain::envelope::Hash;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::{
    App,
    blobs::{self, BlobKey, Opening, Whole},
    error::Error,
    store::{self, Connection, Db, tables},
    vault::{Key, Vault},
};

const MAGIC: &[u8; 8] = b"zoufang1";
/// Largest frame that is read: a page of rows with the longest texts stays below it.
const FRAME_MAX: u32 = 256 * 1024 * 1024;
/// Frames on their way to the disk.
const AHEAD: usize = 4;

/// What stands at the beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last migration.
    pub schema: i64,
    /// Milliseconds since 1970.
    pub made_at: i64,
    /// The version of Zoufang that made it.
    pub version: String,
}

impl Head {
    /// Sees that this version can restore it.
    ///
    /// # Errors
    ///
    /// When another version made it.
    pub fn fits(&self) -> anyhow::Result<()> {
        if self.schema != Db::schema() {
            bail!(
                "this backup was made by version {}; restore it with that one, then start this one",
                self.version
            );
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Table {
    table: String,
    columns: Vec<String>,
}

impl Table {
    /// The value of a column in one of its rows.
    fn column<'a>(&self, row: &'a [Json], name: &str) -> Option<&'a Json> {
        self.columns.iter().position(|it| it == name).and_then(|it| row.get(it))
    }
}

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub rows_n: u64,
    pub revisions_n: u64,
    pub attachments_n: u64,
    /// The place of the last revision in the order of arrival.
    pub up_to: i64,
}

#[derive(Serialize, Deserialize)]
struct End {
    counts: Counts,
    sha256: Hash,
}

enum Frame {
    Head(Head),
    Table(Table),
    Rows(Vec<Vec<Json>>),
    /// An attachment in the clear, followed by pieces until its bytes are all there.
    Blob(Hash, u64),
    /// The same as it rests, sealed; its length is that of the sealed bytes.
    Sealed(Hash, u64),
    Piece(Vec<u8>),
    End(End),
}

impl Frame {
    fn encode(&self) -> serde_json::Result<(u8, Vec<u8>)> {
        Ok(match self {
            Self::Head(it) => (0, serde_json::to_vec(it)?),
            Self::Table(it) => (1, serde_json::to_vec(it)?),
            Self::Rows(it) => (2, serde_json::to_vec(it)?),
            Self::Blob(hash, length) => (3, serde_json::to_vec(&(hash, length))?),
            Self::Piece(it) => (4, it.clone()),
            Self::End(it) => (5, serde_json::to_vec(it)?),
            Self::Sealed(hash, length) => (6, serde_json::to_vec(&(hash, length))?),
        })
    }

    fn decode(kind: u8, bytes: Vec<u8>) -> anyhow::Result<Self> {
        Ok(match kind {
            0 => Self::Head(serde_json::from_slice(&bytes)?),
            1 => Self::Table(serde_json::from_slice(&bytes)?),
            2 => Self::Rows(serde_json::from_slice(&bytes)?),
            3 => {
                let (hash, length) = serde_json::from_slice(&bytes)?;
                Self::Blob(hash, length)
            }
            4 => Self::Piece(bytes),
            5 => Self::End(serde_json::from_slice(&bytes)?),
            6 => {
                let (hash, length) = serde_json::from_slice(&bytes)?;
                Self::Sealed(hash, length)
            }
            _ => bail!("a frame of an unknown kind"),
        })
    }
}

/// Makes a backup of everything that is committed at this moment, while others go on writing. The file is durable
/// under its name when this returns; before, nothing bears it.
///
/// # Errors
///
/// The database's or the disk's; then there is no such file.
pub async fn make(
    app: &App,
    to: &Path,
    recipients: Vec<Box<dyn Recipient + Send + Sync>>,
) -> anyhow::Result<Counts> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (path, made_at) = (to.to_owned(), app.now());
    let writing = tokio::task::spawn_blocking(move || write_file(&path, &recipients, receiver));
    let mut db = app.db.moment().await?;
    let told = tell(&mut db, app, made_at, &sender).await;
    drop((db, sender));
    let written = writing.await.context("writing broke down")?;
    // The disk's error says why nothing more could be told.
    let counts = match (told, written) {
        (_, Err(cause)) | (Err(cause), Ok(None)) => return Err(cause),
        (Ok(counts), Ok(Some(()))) => counts,
        (Err(_), Ok(Some(()))) | (Ok(_), Ok(None)) => bail!("the backup is not whole"),
    };
    Ok(counts)
}

/// How many of a table's rows are spoken of: nobody who keeps the server is to count clues.
fn counted(table: &str, n: usize) -> u64 {
    if tables::is_of_clues(table) { 0 } else { n as u64 }
}

async fn tell(
    db: &mut Connection,
    app: &App,
    made_at: i64,
    to: &mpsc::Sender<Frame>,
) -> anyhow::Result<Counts> {
    let say = async |frame| to.send(frame).await.context("the file cannot be written");
    let head = Head { schema: Db::schema(), made_at, version: env!("CARGO_PKG_VERSION").to_owned() };
    say(Frame::Head(head)).await?;
    let mut counts = Counts { up_to: store::records::last(db).await?, ..Counts::default() };
    for table in tables::TABLES {
        let columns = tables::columns(db, table).await?;
        let names = columns.iter().map(|it| it.name.clone()).collect();
        say(Frame::Table(Table { table: table.to_owned(), columns: names })).await?;
        tables::rows(db, table, &columns, async |rows| {
            counts.rows_n += counted(table, rows.len());
            if table == "revision" {
                counts.revisions_n += rows.len() as u64;
            }
            say(Frame::Rows(rows)).await
        })
        .await?;
    }
    for (_, hash) in store::attachments::stored_hashes(db).await? {
        counts.attachments_n += 1;
        let (frame, mut whole) =
            attachment(db, app, hash).await.with_context(|| format!("attachment {hash}"))?;
        say(frame).await?;
        while let Some(piece) = whole.pieces.try_next().await? {
            say(Frame::Piece(piece.into())).await?;
        }
    }
    // Its hash is the writer's to know.
    say(Frame::End(End { counts: counts.clone(), sha256: Hash([0; 32]) })).await?;
    Ok(counts)
}

/// An attachment as it rests, where this moment's state has its key; else in the clear.
async fn attachment(db: &mut Connection, app: &App, hash: Hash) -> Result<(Frame, Whole), Error> {
    if store::blob_keys::get(db, hash).await?.is_some() {
        match app.blobs.read_as_sealed(hash).await {
            Err(Error::File(cause)) if cause.kind() == io::ErrorKind::NotFound => {}
            other => return other.map(|whole| (Frame::Sealed(hash, whole.bytes_n), whole)),
        }
    }
    let whole = blobs::read(app, hash, None).await?;
    Ok((Frame::Blob(hash, whole.bytes_n), whole))
}

/// Writes frames as they come; `None` when they stop before the end.
fn write_file(
    path: &Path,
    recipients: &[Box<dyn Recipient + Send + Sync>],
    mut frames: mpsc::Receiver<Frame>,
) -> anyhow::Result<Option<()>> {
    let beside = PathBuf::from(format!("{}.part", path.display()));
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    let file = file.with_context(|| format!("cannot write {}", beside.display()))?;
    let recipients = recipients.iter().map(|it| &**it as &dyn Recipient);
    let mut writer = Encryptor::with_recipients(recipients)?.wrap_output(BufWriter::new(file))?;
    let mut hash = Sha256::new();
    let ended = write_frames(&mut writer, &mut hash, &mut frames);
    let kept = ended.and_then(|ended| {
        let file = writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(ended)
    });
    match kept {
        Ok(Some(())) => {
            fs::rename(&beside, path)?;
            let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(Some(()))
        }
        other => {
            // Half a backup is none.
            let _ = fs::remove_file(&beside);
            other
        }
    }
}

fn write_frames(
    writer: &mut impl Write,
    hash: &mut Sha256,
    frames: &mut mpsc::Receiver<Frame>,
) -> anyhow::Result<Option<()>> {
    let mut put = |hash: &mut Sha256, bytes: &[u8]| {
        hash.update(bytes);
        writer.write_all(bytes)
    };
    put(hash, MAGIC)?;
    while let Some(frame) = frames.blocking_recv() {
        let (frame, ends) = match frame {
            Frame::End(end) => {
                (Frame::End(End { sha256: Hash(hash.clone().finalize().into()), ..end }), true)
            }
            other => (other, false),
        };
        let (kind, bytes) = frame.encode()?;
        let length = u32::try_from(bytes.len()).context("a frame that is too long")?;
        put(hash, &[kind])?;
        put(hash, &length.to_be_bytes())?;
        put(hash, &bytes)?;
        if ends {
            return Ok(Some(()));
        }
    }
    Ok(None)
}

/// Reads a backup from its beginning.
struct Reader<R> {
    from: R,
    hash: Sha256,
}

/// Opens a backup's file for whoever holds one of its keys.
fn open(path: &Path, identities: &[Box<dyn Identity>]) -> anyhow::Result<Reader<impl Read>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let decryptor = Decryptor::new_buffered(BufReader::new(file)).context("this is no backup")?;
    let from =
        decryptor.decrypt(identities.iter().map(|it| &**it)).context("none of the keys opens this backup")?;
    let mut reader = Reader { from, hash: Sha256::new() };
    if reader.take(MAGIC.len())? != MAGIC {
        bail!("this is no backup, or one of a later version");
    }
    Ok(reader)
}

impl<R: Read> Reader<R> {
    fn take(&mut self, n: usize) -> anyhow::Result<Vec<u8>> {
        let mut bytes = vec![0; n];
        self.from.read_exact(&mut bytes).context("the backup was cut or changed")?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    /// The next frame; the one at the end is only given when all before it has its hash.
    fn frame(&mut self) -> anyhow::Result<Frame> {
        let so_far = Hash(self.hash.clone().finalize().into());
        let kind = self.take(1)?[0];
        let length = u32::from_be_bytes(self.take(4)?.try_into().unwrap_or_default());
        if length > FRAME_MAX {
            bail!("the backup was changed: a frame of {length} bytes");
        }
        let frame = Frame::decode(kind, self.take(length as usize)?).context("the backup was changed")?;
        if let Frame::End(end) = &frame {
            if end.sha256 != so_far {
                bail!("the backup was changed: it does not have its hash");
            }
            // age seals the end too: what was cut off right here would not be noticed otherwise.
            if self.from.read(&mut [0]).context("the backup was cut or changed")? != 0 {
                bail!("the backup was changed: something follows its end");
            }
        }
        Ok(frame)
    }
}

/// Reads a whole backup and compares every attachment and every revision with its hash: what is sealed where the vault that it
/// was sealed in is given. Nothing is written.
///
/// # Errors
///
/// Why it is refused.
pub fn verify(
    path: &Path,
    identities: &[Box<dyn Identity>],
    vault: Option<&Vault>,
) -> anyhow::Result<(Head, Counts)> {
    let mut reader = open(path, identities)?;
    let Frame::Head(head) = reader.frame()? else { bail!("the backup has no beginning") };
    let mut counts = Counts::default();
    let mut table = Table { table: String::new(), columns: Vec::new() };
    let mut keys = Keys::default();
    loop {
        match reader.frame()? {
            Frame::Table(next) => table = next,
            Frame::Rows(rows) => {
                counts.rows_n += counted(&table.table, rows.len());
                if table.table == "revision" {
                    counts.revisions_n += rows.len() as u64;
                    rows.iter()
                        .try_for_each(|row| verify_revision(&table, row, vault, &keys, &mut counts))?;
                }
                if let Some(vault) = vault {
                    rows.iter().try_for_each(|row| keys.take(&table, row, vault))?;
                }
            }
            Frame::Blob(hash, length) => {
                counts.attachments_n += 1;
                let mut blob = Blob::clear(&mut reader, hash, length);
                while blob.piece()?.is_some() {}
            }
            Frame::Sealed(hash, length) => {
                counts.attachments_n += 1;
                let key =
                    vault.map(|_| keys.of_blobs.get(&hash).with_context(|| without_key(hash))).transpose()?;
                match key {
                    Some(key) => {
                        let mut blob = Blob::sealed(&mut reader, key, hash, length)?;
                        while blob.piece()?.is_some() {}
                    }
                    // Without the keys, that nothing in the file was changed is all that can be told.
                    None => reader.pass_over(length)?,
                }
            }
            Frame::End(end) if end.counts == counts => return Ok((head, counts)),
            Frame::End(_) => bail!("the backup does not hold what it says"),
            Frame::Head(_) | Frame::Piece(_) => bail!("the backup is out of order"),
        }
    }
}

fn verify_revision(
    table: &Table,
    row: &[Json],
    vault: Option<&Vault>,
    keys: &Keys,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let bytes = |name: &str| table.column(row, name).and_then(tables::bytes_of);
    let sequence =
        table.column(row, "sequence").and_then(Json::as_i64).context("a revision without its place")?;
    // Versions before kept them in the clear, under this name.
    let clear = bytes("envelope");
    let sealed = bytes("sealed").unwrap_or_default();
    let hash = bytes("hash").and_then(|it| it.try_into().ok()).map(Hash);
    let hash = hash.with_context(|| format!("revision {sequence} has no hash"))?;
    // Without the keys, that nothing in the file was changed is all that can be told.
    let is_whole = match (clear, vault) {
        (Some(clear), _) => Hash::of(&clear) == hash,
        (None, Some(vault)) => match bytes("key") {
            Some(key) if keys.destroyed.contains(&key) => sealed.is_empty(),
            Some(key) => keys
                .of_envelopes
                .get(&key)
                .is_some_and(|it| vault.open_envelope(Some(it), hash, &sealed).is_ok()),
            None => vault.open_envelope(None, hash, &sealed).is_ok(),
        },
        (None, None) => true,
    };
    if !is_whole {
        bail!("revision {sequence} of the backup does not have its hash, or was sealed with another key");
    }
    counts.up_to = counts.up_to.max(sequence);
    Ok(())
}

fn without_key(hash: Hash) -> String {
    format!("attachment {hash} of the backup has no key")
}

/// The keys that a backup holds, as far as it was read.
#[derive(Default)]
struct Keys {
    of_blobs: HashMap<Hash, BlobKey>,
    /// By their id.
    of_envelopes: HashMap<Vec<u8>, Key>,
    /// The ids of those that were destroyed.
    destroyed: HashSet<Vec<u8>>,
}

impl Keys {
    /// Takes what a row holds of them.
    fn take(&mut self, table: &Table, row: &[Json], vault: &Vault) -> anyhow::Result<()> {
        let bytes = |name: &str| table.column(row, name).and_then(tables::bytes_of).unwrap_or_default();
        match &*table.table {
            "blob_key" => {
                let hash = bytes("sha256").try_into().ok().map(Hash).context("a key of no attachment")?;
                let key = vault.open_blob_key(hash, &bytes("sealed"));
                self.of_blobs.insert(hash, key.with_context(|| OTHER_KEY)?);
            }
            "envelope_key" => {
                let id = bytes("id");
                let named = uuid::Uuid::from_slice(&id).context("a key without its id")?;
                let key = vault.open_envelope_key(named, &bytes("sealed"));
                self.of_envelopes.insert(id, key.with_context(|| OTHER_KEY)?);
            }
            "destruction" => drop(self.destroyed.insert(bytes("key"))),
            _ => {}
        }
        Ok(())
    }
}

const OTHER_KEY: &str = "what is in the backup was sealed with another key";

impl<R: Read> Reader<R> {
    /// Reads so many bytes of pieces.
    fn pass_over(&mut self, mut left: u64) -> anyhow::Result<()> {
        while left > 0 {
            let Frame::Piece(piece) = self.frame()? else { bail!("an attachment of the backup is cut") };
            left = left.checked_sub(piece.len() as u64).context("an attachment longer than it says")?;
        }
        Ok(())
    }
}

/// An attachment that is being read.
struct Blob<'a, R> {
    reader: &'a mut Reader<R>,
    /// Opens it, as long as something of it is sealed.
    opening: Option<Opening>,
    hash: Sha256,
    /// Bytes to come.
    left: u64,
    expected: Hash,
}

impl<'a, R: Read> Blob<'a, R> {
    fn clear(reader: &'a mut Reader<R>, expected: Hash, left: u64) -> Self {
        Self { reader, opening: None, hash: Sha256::new(), left, expected }
    }

    fn sealed(reader: &'a mut Reader<R>, key: &BlobKey, expected: Hash, left: u64) -> anyhow::Result<Self> {
        let opening = Opening::begin(key, left, None).with_context(|| does_not_open(expected))?;
        Ok(Self { opening: Some(opening), ..Self::clear(reader, expected, left) })
    }

    /// Its next clear bytes; `None` at its end, when all of it has its hash.
    fn piece(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let expected = self.expected;
        while self.left > 0 {
            let Frame::Piece(piece) = self.reader.frame()? else { bail!("attachment {expected} is cut") };
            self.left =
                self.left.checked_sub(piece.len() as u64).context("an attachment longer than it says")?;
            let clear = match &mut self.opening {
                Some(opening) => opening.take(&piece).with_context(|| does_not_open(expected))?,
                None => piece,
            };
            if !clear.is_empty() {
                self.hash.update(&clear);
                return Ok(Some(clear));
            }
        }
        if let Some(mut opening) = self.opening.take() {
            let clear = opening.end().with_context(|| does_not_open(expected))?;
            self.hash.update(&clear);
            return Ok(Some(clear));
        }
        if Hash(self.hash.clone().finalize().into()) != expected {
            bail!("attachment {expected} of the backup does not have its hash");
        }
        Ok(None)
    }
}

fn does_not_open(hash: Hash) -> String {
    format!("attachment {hash} of the backup does not open: it was sealed with another key, or changed")
}

/// Puts a backup into an empty database, and its attachments where those of `app` lie. Verify it before.
///
/// # Errors
///
/// The database's, the disk's or the bucket's; then what is there is not to be used.
pub async fn load(app: &App, path: &Path, identities: &[Box<dyn Identity>]) -> anyhow::Result<()> {
    let mut reader = open(path, identities)?;
    let Frame::Head(head) = reader.frame()? else { bail!("the backup has no beginning") };
    head.fits()?;
    let mut db = app.db.write().await?;
    let mut table = Table { table: String::new(), columns: Vec::new() };
    let mut name = "";
    loop {
        match reader.frame()? {
            Frame::Table(next) => {
                name = tables::TABLES.into_iter().find(|it| *it == next.table).context("an unknown table")?;
                tables::empty(&mut db, name).await?;
                table = next;
            }
            Frame::Rows(rows) => {
                tables::insert(&mut db, name, &table.columns, &rows).await?;
                if name == "meta" {
                    is_sealed_by(&mut db, app.db.vault()).await?;
                }
            }
            Frame::Blob(hash, length) => {
                let key = store::blob_keys::make(&mut db, hash).await?;
                keep(app, &key, Blob::clear(&mut reader, hash, length)).await?;
            }
            Frame::Sealed(hash, length) => {
                let key = store::blob_keys::get(&mut db, hash).await?.with_context(|| without_key(hash))?;
                keep(app, &key, Blob::sealed(&mut reader, &key, hash, length)?).await?;
            }
            Frame::End(_) => break,
            Frame::Head(_) | Frame::Piece(_) => bail!("the backup is out of order"),
        }
    }
    for table in tables::TABLES {
        tables::count_on(&mut db, table).await?;
    }
    store::suggestions::look_at_all(&mut db).await?;
    db.commit().await?;
    Ok(())
}

/// Keeps an attachment where those of `app` lie.
async fn keep<R: Read>(app: &App, key: &BlobKey, blob: Blob<'_, R>) -> anyhow::Result<()> {
    let hash = blob.expected;
    let pieces = futures_util::stream::try_unfold(blob, async |mut blob| {
        let piece = blob.piece().map_err(|cause| Error::File(io::Error::other(cause)))?;
        Ok(piece.map(|it| (it.into(), blob)))
    });
    let kept = app.blobs.keep_whole(key, hash, "restored", pieces).await?;
    kept.with_context(|| format!("attachment {hash} was not kept as it is"))
}

/// Sees that what was sealed opens here.
async fn is_sealed_by(db: &mut Connection, vault: &Vault) -> anyhow::Result<()> {
    let sealed_by = store::meta::get(db, store::meta::SEALED_BY).await?;
    if sealed_by.is_some_and(|it| it != vault.fingerprint().to_string()) {
        bail!(
            "what leads to a person is sealed in this backup, and not with the key that is here: {NEEDS_KEYS}"
        );
    }
    Ok(())
}

/// What to do about it.
pub const NEEDS_KEYS: &str = "give the copy of the keys with --keys, as `zoufang backup keys` wrote it";

/// Moves every row from one database to another, empty one, and compares what arrived; attachments stay where they are.
///
/// # Errors
///
/// Either database's, or what is not the same on both sides.
pub async fn migrate(from: &Db, to: &Db) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    let (mut source, mut target) = (from.moment().await?, to.write().await?);
    if store::records::last(&mut target).await? > 0 || tables::count(&mut target, "audit").await? > 0 {
        bail!("the database to move to is in use already: it must be a new one");
    }
    for table in tables::TABLES.into_iter().rev() {
        tables::empty(&mut target, table).await?;
    }
    for table in tables::TABLES {
        let columns = tables::columns(&mut source, table).await?;
        let names: Vec<String> = columns.iter().map(|it| it.name.clone()).collect();
        tables::rows(&mut source, table, &columns, async |rows| {
            counts.rows_n += counted(table, rows.len());
            Ok(tables::insert(&mut target, table, &names, &rows).await?)
        })
        .await?;
        tables::count_on(&mut target, table).await?;
        let (here, there) =
            (tables::count(&mut source, table).await?, tables::count(&mut target, table).await?);
        if here != there {
            bail!("{table}: {here} rows here, {there} there");
        }
    }
    store::suggestions::look_at_all(&mut target).await?;
    let (n, wrong) = store::records::verify(&mut target).await?;
    if !wrong.is_empty() {
        bail!("{} revisions did not arrive as they were", wrong.len());
    }
    counts.revisions_n = n as u64;
    counts.up_to = store::records::last(&mut target).await?;
    target.commit().await?;
    Ok(counts)
}
