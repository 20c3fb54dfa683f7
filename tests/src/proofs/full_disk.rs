//! A small disk becomes full at random moments while clients push.

use std::{
    ffi::OsStr,
    fmt,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::Ordering,
    thread::{ScopedJoinHandle, scope},
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{
    ledger::{self, Found},
    served::{LOOKS_EVERY, Sender, Served, get},
    visitor::{Shared, Visitor},
    wire::Wire,
};
use crate::simulator::Dice;

/// Of the disk, in MiB.
const SIZE_MIB: usize = 64;
const CLIENTS: usize = 8;
/// Visits a round: few, for all of them must fit in the end.
const VISITS: usize = 24;
/// Refusals to wait for in each round.
const REFUSALS: usize = 10;
/// Written at a time to fill the disk, at most, in bytes.
const PIECE: usize = 4 * 1024 * 1024;
/// Something that was to come and did not come for so long does not come.
const COMES_WITHIN: Duration = Duration::from_mins(1);
/// What is read while the disk is full.
const READ: [&str; 4] = ["/api/v1/session", "/api/v1/figures", "/api/v1/changes", "/api/v1/visits"];

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct FullDisk {
    pub rounds: usize,
    pub seed: u64,
}

/// What was reached.
pub struct Filled {
    asked: FullDisk,
    visits_n: usize,
    refused_n: usize,
    read_n: usize,
    slowest_read: Duration,
    killed_n: usize,
    found: Found,
}

impl fmt::Display for Filled {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "full disk, SQLite, {SIZE_MIB} MiB, seed {}: full {} times, {} of them with a kill; {} visits acknowledged, \
             {} answers 507, no other failure; {} reads meanwhile, all 200, the slowest {} ms. {}",
            self.asked.seed,
            self.asked.rounds,
            self.killed_n,
            self.visits_n,
            self.refused_n,
            self.read_n,
            self.slowest_read.as_millis(),
            self.found
        )
    }
}

/// Runs this program again with `words` and the path of a small disk that only it sees; `None` where such a disk
/// cannot be made: that takes root.
///
/// # Errors
///
/// When it fails.
pub fn in_a_room_of_its_own(words: &[&OsStr]) -> anyhow::Result<Option<()>> {
    /// By this exit code the shell says that the proof ran and failed; every other failure is of unshare or mount.
    const FAILED: i32 = 70;
    let place = tempfile::TempDir::new()?;
    let script = format!(
        "mount -t tmpfs -o size={SIZE_MIB}m,mode=700 proof \"$1\" || exit; place=$1; shift; \"$@\" \"$place\" || exit {FAILED}"
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(place.path());
    let status = command.arg(std::env::current_exe()?).args(words).stdin(Stdio::null()).status()?;
    match status.code() {
        Some(0) => Ok(Some(())),
        Some(FAILED) => bail!("on the small disk"),
        _ => Ok(None),
    }
}

/// What takes the room away.
struct Ballast(PathBuf);

impl Ballast {
    /// Takes all that there is, piece by piece, and gives `slack` bytes back.
    fn grow(&self, dice: &mut Dice, slack: usize) -> std::io::Result<()> {
        let mut file = File::options().append(true).create(true).open(&self.0)?;
        let zeros = vec![0; PIECE];
        loop {
            match file.write(&zeros[..=dice.below(PIECE)]) {
                Ok(_) => {}
                Err(cause) if cause.kind() == std::io::ErrorKind::StorageFull => break,
                Err(cause) => return Err(cause),
            }
        }
        let length = file.metadata()?.len();
        file.set_len(length.saturating_sub(slack as u64))
    }

    fn shrink(&self) -> std::io::Result<()> {
        File::create(&self.0).map(drop)
    }
}

struct Filler<'a> {
    served: Served,
    sender: &'a Sender,
    shared: &'a Shared,
    ballast: Ballast,
    dice: Dice,
    /// Was read out while there was room.
    attachment: Option<String>,
    read_n: usize,
    slowest_read: Duration,
    killed_n: usize,
}

/// Fills and empties the disk at `place` so many times.
///
/// # Errors
///
/// What does not hold, or what keeps it from being seen.
pub fn on_a_full_disk(binary: &Path, asked: FullDisk, place: &Path) -> anyhow::Result<Filled> {
    let mut served = Served::new(binary, place.join("data"), String::new())?;
    let sender = served.set_up()?;
    let shared = Shared::default();
    shared.may_begin.store(0, Ordering::Relaxed);
    let (port, mut dice) = (served.port, Dice::of(asked.seed));
    let ballast = Ballast(place.join("ballast"));
    let mut filler = Filler {
        served,
        sender: &sender,
        shared: &shared,
        ballast,
        dice: Dice::of(dice.roll()),
        attachment: None,
        read_n: 0,
        slowest_read: Duration::ZERO,
        killed_n: 0,
    };
    scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let mut visitor = Visitor::new(&sender, port, &shared, Dice::of(dice.roll()), 507);
                visitor.attached_of_10 = 3;
                scope.spawn(move || visitor.run())
            })
            .collect();
        let filled = (0..asked.rounds).try_for_each(|_| filler.round(&clients));
        shared.over.store(true, Ordering::Relaxed);
        let ended =
            clients.into_iter().map(|it| it.join().map_err(|_| anyhow::anyhow!("a client failed"))?);
        ended.collect::<anyhow::Result<()>>().and(filled)
    })
    .map_err(|it| anyhow::anyhow!("{it}{}", filler.served.said()))?;
    filler.served.kill();
    filler.served.start()?;
    filler.served.kill();
    let found = ledger::everything_is_here(&filler.served, &shared, None)?;
    Ok(Filled {
        asked,
        visits_n: shared.visits_n.load(Ordering::Relaxed),
        refused_n: shared.refused_n.load(Ordering::Relaxed),
        read_n: filler.read_n,
        slowest_read: filler.slowest_read,
        killed_n: filler.killed_n,
        found,
    })
}

impl Filler<'_> {
    fn round(&mut self, clients: &[ScopedJoinHandle<'_, anyhow::Result<()>>]) -> anyhow::Result<()> {
        let visits = || self.shared.visits_n.load(Ordering::Relaxed);
        let refused = || self.shared.refused_n.load(Ordering::Relaxed);
        let before = visits();
        self.shared.may_begin.store(before + VISITS, Ordering::Relaxed);
        let first = before + self.dice.below(VISITS / 2);
        self.until(clients, "visits", || visits() >= first)?;
        let slack = if self.dice.chance(500) { 0 } else { self.dice.below(256 * 1024) };
        self.ballast.grow(&mut self.dice, slack)?;
        let (so_far, began) = (refused(), Instant::now());
        while refused() < so_far + REFUSALS && visits() < before + VISITS {
            // What a failed try gives back is not for the next one.
            self.ballast.grow(&mut self.dice, 0)?;
            self.still(clients, began, "refusals")?;
            std::thread::sleep(LOOKS_EVERY);
        }
        self.read()?;
        let kills = self.dice.chance(250);
        if kills {
            self.served.kill();
            self.killed_n += 1;
        }
        self.ballast.shrink()?;
        if kills {
            self.served.start()?;
        }
        // By itself.
        self.until(clients, "the server to recover", || visits() == before + VISITS)?;
        let whole = self.shared.wholes.lock().expect("no client panics").last().copied();
        self.attachment = whole.map(|(id, _)| format!("/api/v1/attachments/{id}"));
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "asked of the one who waits")]
    fn still(
        &self,
        clients: &[ScopedJoinHandle<'_, anyhow::Result<()>>],
        began: Instant,
        what: &str,
    ) -> anyhow::Result<()> {
        if clients.iter().any(ScopedJoinHandle::is_finished) {
            bail!("a client ended");
        }
        if began.elapsed() > COMES_WITHIN {
            bail!("waited for {what}");
        }
        Ok(())
    }

    fn until(
        &self,
        clients: &[ScopedJoinHandle<'_, anyhow::Result<()>>],
        what: &str,
        is_so: impl Fn() -> bool,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        while !is_so() {
            self.still(clients, began, what)?;
            std::thread::sleep(LOOKS_EVERY);
        }
        Ok(())
    }

    /// Whoever only reads does not notice.
    fn read(&mut self) -> anyhow::Result<()> {
        for path in READ.into_iter().chain(self.attachment.as_deref()) {
            let began = Instant::now();
            let answer = Wire::open(self.served.port)?.ask(&get(path, &self.sender.token))?;
            if answer.status != 200 {
                bail!("{path} got {} while the disk was full", answer.status);
            }
            self.read_n += 1;
            self.slowest_read = self.slowest_read.max(began.elapsed());
        }
        Ok(())
    }
}
