//! Who asks: the sessions of requests that arrive at the same time are looked up by one statement. Each is looked up
//! anew at each request, so that whoever is signed out is so at once, at every server.

use std::collections::HashMap;

use domain::problem::Code;
use tokio::sync::{mpsc, oneshot};

use crate::{
    error::Error,
    store::{Db, sessions},
};

/// Requests that share a statement at most.
const AT_ONCE: usize = 64;
/// Requests that wait at most before others are held back at the door.
const WAITING_MAX: usize = 1_024;

/// Where requests ask.
#[derive(Clone)]
pub struct Asking(mpsc::Sender<Asked>);

struct Asked {
    token_hash: Vec<u8>,
    now: i64,
    idle_since: i64,
    answer: oneshot::Sender<Result<Option<sessions::Found>, Code>>,
}

impl Asking {
    /// Starts the task that looks sessions up; it ends with the last handle.
    pub fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(run(db, receiver));
        Self(sender)
    }

    /// The session of a token: not expired at `now`, not idle since before `idle_since`, its account not disabled.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn find(
        &self,
        token_hash: [u8; 32],
        now: i64,
        idle_since: i64,
    ) -> Result<Option<sessions::Found>, Error> {
        let (answer, found) = oneshot::channel();
        let asked = Asked { token_hash: token_hash.to_vec(), now, idle_since, answer };
        self.0.send(asked).await.map_err(|_| Error::from(Code::Busy))?;
        Ok(found.await.map_err(|_| Code::Busy)??)
    }
}

async fn run(db: Db, mut receiver: mpsc::Receiver<Asked>) {
    let mut asked = Vec::with_capacity(AT_ONCE);
    while receiver.recv_many(&mut asked, AT_ONCE).await > 0 {
        let found = look_up(&db, &asked).await;
        for one in asked.drain(..) {
            let answer = match &found {
                Ok(found) => Ok(found.get(&one.token_hash).cloned()),
                Err(code) => Err(*code),
            };
            // Who has gone away does not hear it.
            drop(one.answer.send(answer));
        }
    }
}

async fn look_up(db: &Db, asked: &[Asked]) -> Result<HashMap<Vec<u8>, sessions::Found>, Code> {
    let mut hashes: Vec<Vec<u8>> = asked.iter().map(|it| it.token_hash.clone()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    // They arrived within a millisecond of each other; the latest clock is everybody's.
    let now = asked.iter().map(|it| it.now).max().unwrap_or(0);
    let idle_since = asked.iter().map(|it| it.idle_since).max().unwrap_or(0);
    let found = async { sessions::find(&mut db.read().await?, &hashes, now, idle_since).await };
    found.await.map_err(|cause| {
        tracing::error!(%cause, "sessions could not be looked up");
        Error::from(cause).code()
    })
}
