//! What was acknowledged against what is there.

#![expect(clippy::zero_sized_map_values, reason = "a set of what is compared by key")]

use std::{collections::HashMap, fmt::Display, path::Path, process::Command};

use anyhow::{Context, bail};
use domain::{envelope::Hash, id::RecordId};
use server::{
    blobs::path_of,
    store::{Db, sql},
};
use uuid::Uuid;

use super::{cluster::Cluster, served::Served, visitor::Shared};

/// Revisions read at once.
const PAGE: &str = "select sequence, record, hash, sealed from revision where sequence > $1 \
    order by sequence limit 5000";
const ONE: &str = "select sealed from revision where record = $1 and hash = $2";
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
            let opens =
                |row: &server::store::engine::Row| db.vault().open_envelope(*hash, row.get(0)).is_ok();
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
    for (id, hash) in &wholes {
        let path = path_of(&served.data, *hash);
        let bytes = std::fs::read(path).with_context(|| format!("{id} was acknowledged and is gone"))?;
        if Hash::of(&bytes) != *hash {
            bail!("{id} was acknowledged and has other bytes");
        }
    }
    check(served, cluster)?;
    Ok(Found { revisions_n, acknowledged_n: acknowledged.len(), wholes_n: wholes.len() })
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
            if db.vault().open_envelope(hash, row.get("sealed")).is_err() {
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
