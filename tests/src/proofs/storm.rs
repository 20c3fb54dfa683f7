//! The same record comes five times at once: it is there once, and all five hear the same.

use std::{
    fmt,
    path::Path,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::scope,
    time::Instant,
};

use anyhow::bail;
use domain::{outbox::OutboxItem, sync::Receipts};

use super::{
    Engine, folders,
    ledger::{self, Found},
    served::{Sender, Served},
    visitor::{Sealed, Shared, pushing},
    wire::Wire,
};
use crate::simulator::Dice;

/// How often each record is sent at once.
const TIMES: usize = 5;
/// Records under way at once.
const GROUPS: usize = 4;
/// Statements of a visit: with the visit and the identity they are what is sent of it.
const STATEMENTS: usize = 3;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    pub engine: Engine,
    pub records: usize,
    pub seed: u64,
}

/// What was reached.
pub struct Weathered {
    asked: Storm,
    records_n: usize,
    took_s: f64,
    found: Found,
}

impl fmt::Display for Weathered {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (engine, seed) = (self.asked.engine, self.asked.seed);
        let (records_n, sent_n, took_s) = (self.records_n, self.records_n * TIMES, self.took_s);
        write!(
            to,
            "storm, {engine:?}, seed {seed}: {records_n} records sent {TIMES} times at once, {sent_n} requests in \
             {took_s:.0} s; {TIMES} receipts alike each. {}",
            self.found
        )
    }
}

/// One record under way, five times.
struct Group<'a> {
    sender: &'a Sender,
    port: u16,
    next: &'a (dyn Fn() -> Option<Sealed> + Sync),
    /// The record under way.
    now: Mutex<Option<(OutboxItem, Vec<u8>)>>,
    /// What is still to come of the visit.
    rest: Mutex<Vec<(OutboxItem, Vec<u8>)>>,
    heard: Mutex<Vec<Receipts>>,
    ready: Barrier,
    shared: &'a Shared,
    failed: &'a Mutex<Option<String>>,
}

/// Sends them and looks at what became of them.
///
/// # Errors
///
/// What does not hold, or what keeps it from being seen.
pub fn through_a_storm(binary: &Path, asked: Storm) -> anyhow::Result<Weathered> {
    let (_all, data) = folders()?;
    let (cluster, address) = asked.engine.place();
    let mut served = Served::new(binary, data, address)?;
    let sender = served.set_up()?;
    let (shared, failed) = (Shared::default(), Mutex::new(None));
    let (made_n, dice) = (AtomicUsize::new(0), Mutex::new(Dice::of(asked.seed)));
    let next = || {
        let each = STATEMENTS + 2;
        let wanted = made_n.fetch_add(each, Ordering::Relaxed) < asked.records;
        let mut dice = dice.lock().expect("no client panics");
        wanted.then(|| Sealed::made(&sender, &mut dice, STATEMENTS, &[]))
    };
    let groups: Vec<Group<'_>> = (0..GROUPS)
        .map(|_| Group {
            sender: &sender,
            port: served.port,
            next: &next,
            now: Mutex::default(),
            rest: Mutex::default(),
            heard: Mutex::default(),
            ready: Barrier::new(TIMES),
            shared: &shared,
            failed: &failed,
        })
        .collect();
    let began = Instant::now();
    scope(|scope| {
        for group in &groups {
            for _ in 0..TIMES {
                scope.spawn(|| group.run());
            }
        }
    });
    let took_s = began.elapsed().as_secs_f64();
    if let Some(failed) = failed.lock().expect("no client panics").take() {
        bail!("{failed}");
    }
    served.kill();
    let records_n = shared.revisions.lock().expect("no client panics").len();
    let found = ledger::everything_is_here(&served, &shared, cluster.as_ref())?;
    if found.revisions_n != records_n || found.acknowledged_n != records_n {
        bail!("{records_n} records were sent, and {} are there", found.revisions_n);
    }
    Ok(Weathered { asked, records_n, took_s, found })
}

impl Group<'_> {
    /// One of the five: at each record all wait for each other, so that they send at once.
    fn run(&self) {
        let mut line = None;
        loop {
            if self.ready.wait().is_leader() {
                self.turn_to_the_next();
            }
            self.ready.wait();
            let Some((_, envelope)) = self.now.lock().expect("no client panics").clone() else { return };
            let request = pushing(&self.sender.token, std::slice::from_ref(&envelope), None);
            match self.push(&mut line, &request) {
                Ok(receipts) => self.heard.lock().expect("no client panics").push(receipts),
                Err(cause) => *self.failed.lock().expect("no client panics") = Some(cause.to_string()),
            }
        }
    }

    fn push(&self, line: &mut Option<Wire>, request: &[u8]) -> anyhow::Result<Receipts> {
        let mut open = line.take().map_or_else(|| Wire::open(self.port), Ok)?;
        let answer = open.ask(request)?;
        *line = Some(open);
        if answer.status != 200 {
            bail!("a push got {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn turn_to_the_next(&self) {
        let mut now = self.now.lock().expect("no client panics");
        let mut heard = self.heard.lock().expect("no client panics");
        let mut failed = self.failed.lock().expect("no client panics");
        if let Some((item, _)) = now.take() {
            match alike(&item, &heard) {
                Ok(()) => {
                    self.shared.revisions.lock().expect("no client panics").push((item.record, item.hash));
                }
                Err(cause) => *failed = failed.take().or(Some(cause.to_string())),
            }
        }
        heard.clear();
        let mut rest = self.rest.lock().expect("no client panics");
        if rest.is_empty() && failed.is_none() {
            let visit = (self.next)();
            // What a visit names comes before it.
            rest.extend(visit.into_iter().flat_map(|it| it.items.into_iter().zip(it.envelopes)).rev());
        }
        *now = if failed.is_none() { rest.pop() } else { None };
    }
}

/// Whether five receipts came and all say the same of this record.
fn alike(item: &OutboxItem, heard: &[Receipts]) -> anyhow::Result<()> {
    let mut all = heard.iter().flat_map(|it| &it.receipts);
    let (Some(first), TIMES) = (all.next(), heard.len()) else {
        bail!("{} receipts came for {}", heard.len(), item.hash);
    };
    if first.hash != item.hash || all.any(|it| it != first) {
        bail!("receipts differ: {heard:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{envelope::Hash, sync::ReceiptState};

    use super::*;

    #[test]
    fn one_receipt_that_differs_or_is_missing_is_noticed() {
        let item: OutboxItem = serde_json::from_value(serde_json::json!({
            "record": uuid::Uuid::nil(), "visit": uuid::Uuid::nil(), "kind": "visit", "hash": Hash::of(b"x"),
            "bytes_n": 1, "frozen_at": 0, "state": {"state": "waiting"},
        }))
        .unwrap();
        let receipts = |sequence, state| Receipts {
            receipts: vec![domain::sync::Receipt {
                record: Some(item.record),
                hash: item.hash,
                state,
                epoch: "e".to_owned(),
                sequence,
            }],
            signature: None,
            mark: None,
        };
        let same = vec![receipts(1, ReceiptState::Stored); TIMES];
        alike(&item, &same).unwrap();
        alike(&item, &same[1..]).unwrap_err();
        for other in [receipts(2, ReceiptState::Stored), receipts(1, ReceiptState::Incomplete)] {
            alike(&item, &[&same[1..], &[other]].concat()).unwrap_err();
        }
    }
}
