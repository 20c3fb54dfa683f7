//! The one task that keeps what phones push: many requests share a transaction, and so a sync of the disk.
//!
//! When the shared transaction fails, nobody in it is acknowledged; each request is tried again alone, and then
//! each of its envelopes, so that what is bad fails alone.

use domain::{problem::Code, session::Account};
use tokio::sync::{mpsc, oneshot};

use crate::{
    error::Error,
    intake::{Arrived, Pushed, Taken, alone, take},
    reading_out::Reading,
    store::{
        Db,
        lives::{Standing, standing},
    },
};

/// Requests that share a transaction at most; further ones wait for the next.
const REQUESTS_AT_ONCE: usize = 64;
/// Requests that wait at most before others are held back at the door.
const WAITING_MAX: usize = 1_024;

/// Where routes hand in what was pushed.
#[derive(Clone)]
pub struct Batching(mpsc::Sender<Waiting>, Reading);

/// What was committed of a request.
pub struct Kept {
    pub taken: Vec<Taken>,
    /// As of the commit.
    pub standing: Standing,
}

/// A request that waits for the commit.
struct Waiting {
    who: Account,
    signed_out: bool,
    at: i64,
    arrived: Vec<Arrived>,
    answer: oneshot::Sender<Result<Kept, Error>>,
}

impl Waiting {
    fn pushed(&self) -> Pushed<'_> {
        Pushed { who: &self.who, signed_out: self.signed_out, at: self.at, arrived: &self.arrived }
    }
}

impl Batching {
    /// Starts the task; it ends with the last handle.
    pub fn start(db: Db, reading: Reading) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(run(db, reading.clone(), receiver));
        Self(sender, reading)
    }

    /// Keeps what `who` pushed, or only a device of theirs when they are `signed_out`, which arrived at `at`, and answers after the commit. Whoever goes away meanwhile changes nothing.
    ///
    /// # Errors
    ///
    /// `disk_full` or `busy`: then nothing is kept.
    pub async fn keep(
        &self,
        who: Account,
        signed_out: bool,
        at: i64,
        arrived: Vec<Arrived>,
    ) -> Result<Kept, Error> {
        let _busy = self.1.begin();
        let (answer, taken) = oneshot::channel();
        self.0
            .send(Waiting { who, signed_out, at, arrived, answer })
            .await
            .map_err(|_| Error::from(Code::Busy))?;
        taken.await.map_err(|_| Error::from(Code::Busy))?
    }
}

async fn run(db: Db, reading: Reading, mut receiver: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::with_capacity(REQUESTS_AT_ONCE);
    while receiver.recv_many(&mut waiting, REQUESTS_AT_ONCE).await > 0 {
        let pushed: Vec<Pushed<'_>> = waiting.iter().map(Waiting::pushed).collect();
        let together = together(&db, &reading, &pushed).await;
        match together {
            Ok((taken, standing)) => {
                for (waiting, taken) in waiting.drain(..).zip(taken) {
                    // Who has gone away asks again.
                    drop(waiting.answer.send(Ok(Kept { taken, standing: standing.clone() })));
                }
            }
            Err(cause) => {
                tracing::warn!(%cause, requests = waiting.len(), "a shared transaction failed; each alone now");
                for waiting in waiting.drain(..) {
                    let taken = by_itself(&db, &reading, waiting.pushed()).await;
                    drop(waiting.answer.send(taken));
                }
            }
        }
    }
}

async fn together(
    db: &Db,
    reading: &Reading,
    pushed: &[Pushed<'_>],
) -> Result<(Vec<Vec<Taken>>, Standing), Error> {
    let mut transaction = db.write().await?;
    let mut standing = standing(&mut transaction).await?;
    let taken = take(&mut transaction, pushed, &mut standing.revision).await?;
    transaction.commit().await?;
    reading.committed(&taken);
    Ok((taken, standing))
}

async fn by_itself(db: &Db, reading: &Reading, pushed: Pushed<'_>) -> Result<Kept, Error> {
    if let Ok((mut taken, standing)) = together(db, reading, &[pushed]).await {
        return Ok(Kept { taken: taken.pop().unwrap_or_default(), standing });
    }
    let mut transaction = db.write().await?;
    let mut standing = standing(&mut transaction).await?;
    let mut taken = Vec::with_capacity(pushed.arrived.len());
    for one in pushed.arrived {
        let alone_pushed = Pushed { arrived: std::slice::from_ref(one), ..pushed };
        let mut last = standing.revision;
        match alone(&mut transaction, async |db| Ok(take(db, &[alone_pushed], &mut last).await?)).await? {
            Ok(kept) => {
                standing.revision = last;
                taken.extend(kept.into_iter().flatten());
            }
            Err(cause) => {
                tracing::error!(%cause, "one record could not be kept");
                taken.push(one.failed());
            }
        }
    }
    transaction.commit().await?;
    reading.committed(std::slice::from_ref(&taken));
    Ok(Kept { taken, standing })
}
