//! What was acknowledged against what is there.

#![expect(clippy::zero_sized_map_values, reason = "a set of what is compared by key")]

use std::{collections::HashMap, fmt::Display, path::Path, process::Command};

use anyhow::{Context, bail};
use domain::{envelope::Hash, id::RecordId};
use futures_util::TryStreamExt;
use server::{
    blobs::Blobs,
    store::{Db, blob_key, engine::Row, envelope_key, sql},
};
use uuid::Uuid;

use super::{cluster::Cluster, served::Served, visitor::Shared};

/// Revisions read at once.
const PAGE: &str = "select sequence, record, hash, revision.sealed, \
    envelope_key.id as key_id, envelope_key.sealed as key_sealed \
    from revision left join envelope_key on envelope_key.id = revision.key \
    where sequence > $1 order by sequence limit 5000";
const ONE: &str = "select revision.sealed, envelope_key.id as key_id, envelope_key.sealed as key_sealed \
    from revision left join envelope_key on envelope_key.id = revision.key where record = $1 and hash = $2";
const INTEGRITY: &str = "pragma integrity_check";

fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

async fn open(served: &Served) -> anyhow::Result<Db> {
    Db::open(&served.data, Some(&*served.database).filter(|it| !it.is_empty())).await
}

/// Whether these revisions are there, byte for byte; beside the running server.
///
/// # Errors
///
/// When one is missing or has other bytes.
pub fn are_here(served: &Served, revisions: &[(RecordId, Hash)]) -> anyhow::Result<()> {
    wait(async {
        let db = open(served).await?;
        let mut reading = db.read().await?;
        for (record, hash) in revisions {
            let found = sql(ONE).bind(record.0).bind(hash.0.to_vec()).fetch_all(&mut reading).await?;
            let opens = |row: &Row| is_whole(&db, *hash, row);
            match found.as_slice() {
                [one] if opens(one) => {}
                others => bail!("{record} {hash} was acknowledged and is there {} times", others.len()),
            }
        }
        drop(reading);
        db.close().await;
        Ok(())
    })
}

/// What was found in the end.
pub struct Found {
    pub revisions_n: usize,
    pub acknowledged_n: usize,
    pub wholes_n: usize,
}

impl Display for Found {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { revisions_n, acknowledged_n, wholes_n } = self;
        write!(
            to,
            "{acknowledged_n} revisions and {wholes_n} attachments acknowledged, each there once and equal by "
        )?;
        write!(
            to,
            "hash; {revisions_n} revisions in all; the database is whole; `zoufang check` found nothing"
        )
    }
}

/// Looks at everything, with the server stopped: what was acknowledged is there and equal, nothing is there twice,
/// and the database, `zoufang check` and, on PostgreSQL, `pg_amcheck` find nothing wrong.
///
/// # Errors
///
/// What does not hold.
pub fn everything_is_here(
    served: &Served,
    shared: &Shared,
    cluster: Option<&Cluster>,
) -> anyhow::Result<Found> {
    let mut times = wait(revisions(served))?;
    let revisions_n = times.len();
    let mut acknowledged = std::mem::take(&mut *shared.revisions.lock().expect("no client panics"));
    acknowledged.sort_unstable();
    acknowledged.dedup();
    for (record, hash) in &acknowledged {
        if times.remove(&(record.0, *hash)).is_none() {
            bail!("{record} {hash} was acknowledged and is gone");
        }
    }
    let mut wholes = std::mem::take(&mut *shared.wholes.lock().expect("no client panics"));
    wholes.sort_unstable();
    wholes.dedup();
    let found = wait(hashes_of(served, wholes.iter().map(|it| it.1)))?;
    for (id, hash) in &wholes {
        let found = found.get(hash).with_context(|| format!("{id} was acknowledged and is gone"))?;
        if found != hash {
            bail!("{id} was acknowledged and has other bytes");
        }
    }
    check(served, cluster)?;
    Ok(Found { revisions_n, acknowledged_n: acknowledged.len(), wholes_n: wholes.len() })
}

/// Whether the revision in a row has its hash.
fn is_whole(db: &Db, hash: Hash, row: &Row) -> bool {
    let key = envelope_key(db.vault(), row);
    key.is_ok_and(|key| db.vault().open_envelope(key.as_ref(), hash, row.get("sealed")).is_ok())
}

/// The hashes that wholes which are here have once they are opened, by those that they are to have.
async fn hashes_of(
    served: &Served,
    hashes: impl Iterator<Item = Hash>,
) -> anyhow::Result<HashMap<Hash, Hash>> {
    let db = open(served).await?;
    let blobs = Blobs::Folder(served.data.clone());
    let mut found = HashMap::new();
    for hash in hashes {
        let key = blob_key(&mut db.read().await?, hash).await?;
        let Ok(whole) = blobs.read(key.as_ref(), hash, None).await else { continue };
        let bytes = whole.pieces.try_collect::<Vec<_>>().await.unwrap_or_default().concat();
        found.insert(hash, Hash::of(&bytes));
    }
    db.close().await;
    Ok(found)
}

/// How often each revision is there; each has its hash.
async fn revisions(served: &Served) -> anyhow::Result<HashMap<(Uuid, Hash), ()>> {
    let db = open(served).await?;
    let mut reading = db.read().await?;
    let (mut here, mut after) = (HashMap::new(), 0_i64);
    loop {
        let rows = sql(PAGE).bind(after).fetch_all(&mut reading).await?;
        let Some(last) = rows.last() else { break };
        after = last.get("sequence");
        for row in &rows {
            let (record, hash): (Uuid, Vec<u8>) = (row.get("record"), row.get("hash"));
            let hash = Hash(hash.try_into().map_err(|_| anyhow::anyhow!("a hash has 32 bytes"))?);
            if !is_whole(&db, hash, row) {
                bail!("{record} {hash} has other bytes");
            }
            if here.insert((record, hash), ()).is_some() {
                bail!("{record} {hash} is there twice");
            }
        }
    }
    if served.database.is_empty() {
        let rows = sql(INTEGRITY).fetch_all(&mut reading).await?;
        let said: Vec<String> = rows.iter().map(|it| it.get(0)).collect();
        if said != ["ok"] {
            bail!("integrity_check: {said:?}");
        }
    }
    drop(reading);
    db.close().await;
    Ok(here)
}

fn check(served: &Served, cluster: Option<&Cluster>) -> anyhow::Result<()> {
    let checked = served.run(&["check"])?;
    if !checked.status.success() {
        bail!("zoufang check: {}", String::from_utf8_lossy(&checked.stdout));
    }
    let Some(cluster) = cluster else { return Ok(()) };
    let amcheck = cluster.programs.join("pg_amcheck");
    if Path::exists(&amcheck) {
        let (port, name) = (cluster.port.to_string(), served.database.rsplit('/').next().unwrap_or_default());
        let at = ["-h", "127.0.0.1", "-p", &port, "-U", "zoufang", "--install-missing", name];
        let run = Command::new(amcheck).args(at).output()?;
        if !run.status.success() {
            let (out, said) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
            bail!("pg_amcheck: {out}{said}");
        }
    }
    Ok(())
}
