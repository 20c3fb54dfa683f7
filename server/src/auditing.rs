//! Links the audit log to a chain, signs how far it has come, and sees whether it is whole.
//!
//! An entry commits with the act that it is of; within a second it is linked to the hash of the one before. The head is
//! signed with every linking, in the database and in a file beside it, so that nobody without the server's key can make
//! another chain of what was linked, and nobody who has the database alone can cut it short. Each hour a checkpoint is
//! kept in both places, to be printed for the archive: what was printed holds against whoever has the key and the folder.
//!
//! What an entry says is the word of whoever could write to the database until it is linked.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{
    audit::{Checkpoint, Head, Signed, signed_bytes},
    receipt::PublicKey,
};

use crate::{
    App,
    keys::is_signed,
    store::{Connection, audit_chain as chain},
};

/// After a linking the next one waits so long, so that a storm of acts is linked together.
const LINKS_EVERY: Duration = Duration::from_millis(500);
/// Whether a checkpoint is due is looked at this often, even when nothing is written.
const LOOKS_EVERY: Duration = Duration::from_mins(1);
/// Between two checkpoints, in milliseconds.
const CHECKPOINT_EVERY_MS: i64 = 60 * 60 * 1_000;
/// Entries of one transaction.
const AT_ONCE: i64 = 500;

/// Links whatever is noted, until the database is closed.
pub async fn run(app: App) {
    let mut written = app.db.written();
    loop {
        written.mark_unchanged();
        match link_waiting(&app).await {
            Ok(()) => {}
            Err(sqlx::Error::PoolClosed) => return,
            // The entries stay, and the next look tries again.
            Err(cause) => tracing::error!(%cause, "the audit log could not be linked"),
        }
        tokio::time::sleep(LINKS_EVERY).await;
        // Nothing written for a while is no reason to miss a checkpoint.
        let _ = tokio::time::timeout(LOOKS_EVERY, written.changed()).await;
    }
}

/// Links every entry that waits, and keeps a checkpoint when one is due.
///
/// # Errors
///
/// The database's.
pub async fn link_waiting(app: &App) -> sqlx::Result<()> {
    while link_some(app).await? {}
    keep_checkpoint(app).await
}

/// Links some entries; answers whether there may be more.
async fn link_some(app: &App) -> sqlx::Result<bool> {
    let mut db = app.db.read().await?;
    let end = chain::end(&mut db).await?;
    if chain::waiting(&mut db, end.entry, 1).await?.is_empty() {
        return Ok(false);
    }
    drop(db);
    // Whoever writes is alone, on several servers too: what was linked meanwhile is seen here.
    let mut db = app.db.write().await?;
    let mut head = chain::end(&mut db).await?;
    let waiting = chain::waiting(&mut db, head.entry, AT_ONCE).await?;
    let mut links = Vec::with_capacity(waiting.len());
    for entry in &waiting {
        head = chain::End { head: head.head.link(entry), entry: entry.sequence };
        links.push((head.head, head.entry));
    }
    chain::add(&mut db, &links).await?;
    let standing = signed(app, Signed::Standing, head.head);
    chain::set_signed_head(&mut db, &standing).await?;
    db.commit().await?;
    // The next linking writes it down as well.
    if let Err(cause) = note_standing(&app.data, &standing) {
        tracing::error!(%cause, "how far the audit log has come could not be written beside the database");
    }
    Ok(!waiting.is_empty())
}

fn signed(app: &App, what: Signed, head: Head) -> Checkpoint {
    let at = app.now();
    Checkpoint { head, at, signature: app.receipt_key.sign(&signed_bytes(what, head, at)) }
}

async fn keep_checkpoint(app: &App) -> sqlx::Result<()> {
    let now = app.now();
    let is_due = |last: Option<&Checkpoint>, head: Head| {
        let new = last.map_or(head.n > 0, |it| head.n > it.head.n);
        // A clock that was set back must not put it off for years.
        new && last.is_none_or(|it| now - it.at >= CHECKPOINT_EVERY_MS || it.at > now)
    };
    let mut db = app.db.read().await?;
    let last = chain::checkpoints(&mut db, 1).await?;
    if !is_due(last.first(), chain::end(&mut db).await?.head) {
        return Ok(());
    }
    drop(db);
    let mut db = app.db.write().await?;
    let (last, head) = (chain::checkpoints(&mut db, 1).await?, chain::end(&mut db).await?.head);
    if !is_due(last.first(), head) {
        return Ok(());
    }
    let checkpoint = signed(app, Signed::Checkpoint, head);
    chain::check(&mut db, &checkpoint).await?;
    db.commit().await?;
    if let Err(cause) = write_down(&app.data, &checkpoint) {
        tracing::error!(%cause, "a checkpoint of the audit log could not be written beside the database");
    }
    Ok(())
}

/// Cuts off the entries that are older than a time; answers how many. A signed head stands for them: nothing else may be missing.
///
/// # Errors
///
/// The database's.
pub async fn cut(app: &App, older_than: i64) -> sqlx::Result<u32> {
    link_waiting(app).await?;
    let mut db = app.db.write().await?;
    let last = chain::cut(&mut db).await?.map_or(0, |it| it.head.n);
    let Some(end) = chain::last_before(&mut db, older_than).await?.filter(|it| it.head.n > last.max(1))
    else {
        return Ok(0);
    };
    let n = chain::cut_off(&mut db, end.entry, &signed(app, Signed::Cut, end.head)).await?;
    db.commit().await?;
    Ok(n)
}

/// The file of checkpoints in a data folder, a line each.
pub fn checkpoint_file(data: &Path) -> PathBuf {
    data.join("audit-checkpoints.txt")
}

fn write_down(data: &Path, checkpoint: &Checkpoint) -> std::io::Result<()> {
    let path = checkpoint_file(data);
    // A line that a full disk cut short stays a line of its own.
    let begin =
        if fs::read(&path).is_ok_and(|it| !it.is_empty() && !it.ends_with(b"\n")) { "\n" } else { "" };
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("{begin}{checkpoint}\n").as_bytes())?;
    file.sync_data()
}

/// The file of how far the chain has come, one line.
pub fn standing_file(data: &Path) -> PathBuf {
    data.join("audit-head.txt")
}

fn note_standing(data: &Path, standing: &Checkpoint) -> std::io::Result<()> {
    let (path, beside) = (standing_file(data), data.join("audit-head.new"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(format!("{standing}\n").as_bytes())?;
    fs::rename(beside, path)
}

/// What was written down beside the database.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The checkpoints, a line each.
    pub checkpoints: Vec<String>,
    /// How far the chain had come.
    pub standing: Option<String>,
}

/// What was written down in a data folder; nothing where there are no such files.
///
/// # Errors
///
/// The disk's.
pub fn written_down(data: &Path) -> std::io::Result<Written> {
    let read = |path: PathBuf| match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    };
    let checkpoints = read(checkpoint_file(data))?.unwrap_or_default();
    Ok(Written {
        checkpoints: checkpoints.lines().map(str::to_owned).collect(),
        standing: read(standing_file(data))?.map(|it| it.trim_end().to_owned()),
    })
}

/// What a walk along the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where the chain ends.
    pub head: Head,
    /// Where it was cut off, once the days of what stood before were over.
    pub cut: Option<Head>,
    pub checkpoints_n: usize,
    /// Entries that are not linked yet, and when the first of them was made.
    pub waiting_n: i64,
    pub waiting_since: Option<i64>,
    /// One line each; none when the log is whole.
    pub faults: Vec<String>,
}

/// Walks the whole chain: every entry is here, unchanged and in its order; the signatures are of `key`; and what
/// was `written` down, or `expected` as printed, is part of it.
///
/// # Errors
///
/// The database's.
pub async fn verify(
    db: &mut Connection,
    key: PublicKey,
    written: &Written,
    expected: &[Head],
) -> sqlx::Result<Verified> {
    let mut faults = Vec::new();
    let cut = chain::cut(db).await?;
    if let Some(it) = &cut
        && !is_signed(key, &signed_bytes(Signed::Cut, it.head, it.at), it.signature)
    {
        faults.push("where the log was cut off is not signed by this server's key".to_owned());
    }
    let cut = cut.map(|it| it.head);
    let end = walk(db, cut, &mut faults).await?;
    // The entry at the cut stays.
    let linked = end.head.n - cut.map_or(0, |it| it.n - 1);
    let here = chain::up_to_n(db, end.entry).await?;
    if here != linked {
        faults.push(format!("{here} entries are here up to the last link, and {linked} are linked"));
    }
    let is_here = |it: Head| cut.is_none_or(|cut| it.n >= cut.n);
    faults.extend(standing_fault(key, end.head, chain::signed_head(db).await?));
    if let Some(line) = &written.standing {
        match signed_by(key, Signed::Standing, line) {
            Some(it) if !is_here(it.head) => {}
            Some(it) => is_part(db, it.head, &mut faults).await?,
            None => faults.push(format!("what was written down is not signed by this server's key: {line}")),
        }
    }
    let kept = chain::checkpoints(db, i64::MAX).await?;
    let kept_lines: Vec<String> = kept.iter().map(ToString::to_string).collect();
    let strange = |it: &&String| !kept_lines.iter().any(|kept| kept.starts_with(it.as_str()));
    let goes_on =
        |it: &&String| signed_by(key, Signed::Checkpoint, it.as_str()).is_none_or(|it| is_here(it.head));
    for line in written.checkpoints.iter().filter(strange).filter(goes_on) {
        faults.push(format!("a checkpoint that was written down is not in the database: {line}"));
    }
    for line in &kept_lines {
        match signed_by(key, Signed::Checkpoint, line) {
            Some(it) => is_part(db, it.head, &mut faults).await?,
            None => faults.push(format!("a checkpoint is not signed by this server's key: {line}")),
        }
    }
    for head in expected.iter().filter(|it| is_here(**it)) {
        is_part(db, *head, &mut faults).await?;
    }
    let (waiting_n, waiting_since) = chain::waiting_n(db, end.entry).await?;
    Ok(Verified { head: end.head, cut, checkpoints_n: kept.len(), waiting_n, waiting_since, faults })
}

/// What is wrong with the head that the database has as signed.
fn standing_fault(key: PublicKey, end: Head, kept: Option<String>) -> Option<String> {
    let Some(text) = kept else {
        return (end.n > 0).then(|| "the head of the chain is not signed".to_owned());
    };
    match signed_by(key, Signed::Standing, &text) {
        Some(it) if it.head == end => None,
        Some(it) => {
            Some(format!("the chain ends at {end}, and the server signed that it ends at {}", it.head))
        }
        None => Some("the head of the chain is not signed by this server's key".to_owned()),
    }
}

/// Follows the links from the cut, or from the first; answers where they end.
async fn walk(db: &mut Connection, cut: Option<Head>, faults: &mut Vec<String>) -> sqlx::Result<chain::End> {
    let mut end = chain::End { head: Head::NONE, entry: 0 };
    if let Some(cut) = cut {
        let first = chain::walk(db, cut.n - 1, 1).await?;
        match first.first().filter(|it| it.head == cut && it.entry.is_some()) {
            Some(it) => end = chain::End { head: cut, entry: it.sequence },
            None => faults.push(format!("the log does not begin where it was cut off, at {cut}")),
        }
    }
    loop {
        let links = chain::walk(db, end.head.n, AT_ONCE).await?;
        if links.is_empty() {
            return Ok(end);
        }
        for link in links {
            if link.head.n != end.head.n + 1 {
                faults.push(format!("links {} to {} are missing", end.head.n + 1, link.head.n - 1));
            }
            if link.sequence <= end.entry {
                faults.push(format!("link {} is out of order", link.head.n));
            }
            match &link.entry {
                None => faults.push(format!("the entry {} is missing", link.sequence)),
                Some(entry) if Head { n: link.head.n - 1, ..end.head }.link(entry) != link.head => {
                    faults.push(format!("the entry {} or its link is not as it was linked", link.sequence));
                }
                Some(_) => {}
            }
            end = chain::End { head: link.head, entry: link.sequence };
        }
    }
}

fn signed_by(key: PublicKey, what: Signed, text: &str) -> Option<Checkpoint> {
    let it: Checkpoint = text.parse().ok()?;
    is_signed(key, &signed_bytes(what, it.head, it.at), it.signature).then_some(it)
}

async fn is_part(db: &mut Connection, head: Head, faults: &mut Vec<String>) -> sqlx::Result<()> {
    match chain::head_at(db, head.n).await? {
        Some(it) if it == head => {}
        Some(it) => faults.push(format!("at {} the chain has {}, and not {}", head.n, it.hash, head.hash)),
        None => faults.push(format!("the chain ends before {head}")),
    }
    Ok(())
}
