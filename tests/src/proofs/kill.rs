//! The server is killed at random moments while clients push, and started again on the same folder.

use std::{
    fmt,
    path::Path,
    sync::atomic::Ordering,
    thread::{ScopedJoinHandle, scope},
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{
    Engine,
    cluster::Cluster,
    folders,
    ledger::{self, Found},
    served::{LOOKS_EVERY, Served},
    visitor::{Shared, Visitor},
};
use crate::simulator::Dice;

/// How often a kill comes while the server is still starting, of a thousand.
const IN_STARTING: u64 = 100;
/// How often PostgreSQL is killed with it, of a thousand: its recovery takes seconds.
const POSTGRES_TOO: u64 = 20;
/// What was acknowledged lately is looked for in the database after so many kills.
const LOOKS_AFTER: usize = 20;
/// A kill comes up to so long after the acknowledgement that it waits for, in microseconds.
const AFTER_US: usize = 20_000;
/// Without an acknowledgement for so long the server hangs.
const HANGS_AFTER: Duration = Duration::from_mins(1);

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub engine: Engine,
    pub clients: usize,
    pub kills: usize,
    /// Visits to be acknowledged at least.
    pub acks: usize,
    pub seed: u64,
    /// No more kills after so long.
    pub within: Duration,
}

/// What was reached.
pub struct Killed {
    asked: Kill,
    kills_n: usize,
    starting_n: usize,
    postgres_n: usize,
    visits_n: usize,
    broken_n: usize,
    refused_n: usize,
    starts: Vec<Duration>,
    took: Duration,
    found: Found,
}

impl fmt::Display for Killed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = |share: usize| {
            self.starts.get((self.starts.len() * share / 100).min(self.starts.len().saturating_sub(1)))
        };
        let ms = |share| start(share).copied().unwrap_or_default().as_millis();
        write!(
            to,
            "kill, {:?}, {} clients, seed {}: {} kills ({} in starting, {} of PostgreSQL too), {} visits acknowledged in \
             {:.0} s; {} lines broken, {} refused; start p50 {} ms, p99 {} ms. {}",
            self.asked.engine,
            self.asked.clients,
            self.asked.seed,
            self.kills_n,
            self.starting_n,
            self.postgres_n,
            self.visits_n,
            self.took.as_secs_f64(),
            self.broken_n,
            self.refused_n,
            ms(50),
            ms(99),
            self.found
        )
    }
}

struct Killer<'a> {
    asked: Kill,
    served: Served,
    cluster: Option<Cluster>,
    shared: &'a Shared,
    dice: Dice,
    began: Instant,
    kills_n: usize,
    starting_n: usize,
    postgres_n: usize,
    looked_n: usize,
    starts: Vec<Duration>,
}

/// Kills and starts until all that was asked for is reached, or the time is over.
///
/// # Errors
///
/// What does not hold, or what keeps it from being seen.
pub fn through_kills(binary: &Path, asked: Kill) -> anyhow::Result<Killed> {
    let (_all, data) = folders()?;
    let (cluster, address) = asked.engine.place();
    let mut served = Served::new(binary, data, address)?;
    let sender = served.set_up()?;
    let (shared, mut dice) = (Shared::default(), Dice::of(asked.seed));
    let port = served.port;
    let mut killer = Killer {
        asked,
        served,
        cluster,
        shared: &shared,
        dice: Dice::of(dice.roll()),
        began: Instant::now(),
        kills_n: 0,
        starting_n: 0,
        postgres_n: 0,
        looked_n: 0,
        starts: Vec::new(),
    };
    scope(|scope| {
        let clients: Vec<_> = (0..asked.clients)
            .map(|_| {
                let mut visitor = Visitor::new(&sender, port, &shared, Dice::of(dice.roll()), 503);
                scope.spawn(move || visitor.run())
            })
            .collect();
        let killed = killer.run(&clients);
        shared.over.store(true, Ordering::Relaxed);
        let ended =
            clients.into_iter().map(|it| it.join().map_err(|_| anyhow::anyhow!("a client failed"))?);
        // What a client saw says more than that it ended.
        ended.collect::<anyhow::Result<()>>().and(killed)
    })?;
    killer.end()
}

impl Killer<'_> {
    fn run(&mut self, clients: &[ScopedJoinHandle<'_, anyhow::Result<()>>]) -> anyhow::Result<()> {
        let each = (self.asked.acks / self.asked.kills.max(1)).max(1);
        while self.kills_n < self.asked.kills && self.began.elapsed() < self.asked.within {
            let more = self.dice.below(2 * each);
            self.until_acknowledged(more, clients)?;
            std::thread::sleep(Duration::from_micros(self.dice.below(AFTER_US) as u64));
            self.kill()?;
            if self.kills_n.is_multiple_of(LOOKS_AFTER) {
                self.look()?;
            }
        }
        let left = self.asked.acks.saturating_sub(self.shared.visits_n.load(Ordering::Relaxed));
        if self.kills_n == self.asked.kills {
            self.until_acknowledged(left, clients)?;
        }
        Ok(())
    }

    fn until_acknowledged(
        &self,
        more: usize,
        clients: &[ScopedJoinHandle<'_, anyhow::Result<()>>],
    ) -> anyhow::Result<()> {
        let mut before = self.shared.visits_n.load(Ordering::Relaxed);
        let (wanted, mut since) = (before + more, Instant::now());
        while before < wanted {
            std::thread::sleep(LOOKS_EVERY);
            let now = self.shared.visits_n.load(Ordering::Relaxed);
            if now > before {
                (before, since) = (now, Instant::now());
            }
            if clients.iter().any(ScopedJoinHandle::is_finished) {
                bail!("a client ended");
            }
            if since.elapsed() > HANGS_AFTER {
                bail!("nothing is acknowledged any more: {}", self.served.said());
            }
        }
        Ok(())
    }

    /// One kill; the server, and what it needs, runs again after it.
    fn kill(&mut self) -> anyhow::Result<()> {
        self.served.kill();
        self.kills_n += 1;
        if let Some(cluster) = self.cluster.take() {
            self.cluster = Some(if self.dice.chance(POSTGRES_TOO) {
                self.postgres_n += 1;
                cluster.kill();
                cluster.again()
            } else {
                cluster
            });
        }
        while self.kills_n < self.asked.kills && self.dice.chance(IN_STARTING) {
            let usual = self.starts.last().copied().unwrap_or(Duration::from_millis(100));
            let after = usual.mul_f64(f64::from(u8::try_from(self.dice.below(256))?) / 255.0);
            self.served.start_and_kill(after)?;
            self.starting_n += 1;
            self.kills_n += 1;
        }
        let (took, _) = self.served.start()?;
        self.starts.push(took);
        Ok(())
    }

    /// Whether what was acknowledged since the last look is there.
    fn look(&mut self) -> anyhow::Result<()> {
        let kept = self.shared.revisions.lock().expect("no client panics");
        let lately = kept[self.looked_n..].to_vec();
        self.looked_n = kept.len();
        drop(kept);
        ledger::are_here(&self.served, &lately)
    }

    fn end(mut self) -> anyhow::Result<Killed> {
        let took = self.began.elapsed();
        // It puts in order itself what the last kill left.
        self.served.kill();
        self.served.start()?;
        self.served.kill();
        let found = ledger::everything_is_here(&self.served, self.shared, self.cluster.as_ref())?;
        self.starts.sort_unstable();
        Ok(Killed {
            asked: self.asked,
            kills_n: self.kills_n,
            starting_n: self.starting_n,
            postgres_n: self.postgres_n,
            visits_n: self.shared.visits_n.load(Ordering::Relaxed),
            broken_n: self.shared.broken_n.load(Ordering::Relaxed),
            refused_n: self.shared.refused_n.load(Ordering::Relaxed),
            starts: self.starts,
            took,
            found,
        })
    }
}
