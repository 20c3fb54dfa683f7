//! How fast the server takes visits in and gives them out again. `make bench` runs it; see docs/figures.md.
//!
//! `bench run BINARY [VISITS]`: all of it on SQLite and on PostgreSQL; what is measured on a filled database is
//! measured with so many visits, 100,000 unless told. What the others measure:
//!
//! `bench accept URL TOKEN CLIENTS SECONDS [PID]`: visits of about 4 kB with three statements, one a request,
//! each durable before its answer; prints the rate, the 99th percentile and the server's memory.
//! `bench fill URL TOKEN VISITS`: the same visits in batches, until so many are stored.
//! `bench read URL TOKEN PATH [PID]`: one answer, its bytes, its lines, the time to its first byte and to its last.
//! `bench pull URL TOKEN CHANGES`: what a new phone pulls, page after page, compressed on the wire.
//! `bench voices BINARY MIB`: one recording after the other of so many MiB, sent in parts, put together, and read again as a
//! whole and by ranges; on SQLite and a folder.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts far below 2^52, and seconds of a run"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use domain::{attachment::AttachmentKind, changes::Changes, sending::Step};
use tests::{
    proofs::{
        Engine, folders, new_seed,
        served::{Sender, Served, get},
        visitor::{Sealed, pushing, uploading},
        wire::{Answer, Wire},
    },
    simulator::Dice,
};

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", binary] => run(Path::new(binary), 100_000)?,
        ["run", binary, visits] => run(Path::new(binary), visits.parse()?)?,
        ["accept", url, token, clients, seconds, rest @ ..] => {
            let server = Server::new(url, token)?;
            let accepted = server.accept(clients.parse()?, Duration::from_secs(seconds.parse()?), 1)?;
            println!("{accepted}{}", memory(rest.first().copied()));
        }
        ["fill", url, token, visits] => {
            let server = Server::new(url, token)?;
            println!("{}", server.fill(visits.parse()?)?);
        }
        ["read", url, token, path, rest @ ..] => {
            println!("{}{}", Server::new(url, token)?.read(path)?, memory(rest.first().copied()));
        }
        ["pull", url, token, changes] => {
            println!("{}", Server::new(url, token)?.pull(changes.parse()?)?);
        }
        ["voices", binary, mib] => {
            println!("{}", Running::start(Path::new(binary), String::new())?.voices(mib.parse()?)?);
        }
        _ => bail!(
            "usage: bench run BINARY [VISITS] | accept URL TOKEN CLIENTS SECONDS [PID] | fill URL TOKEN VISITS | \
             read URL TOKEN PATH [PID] | pull URL TOKEN CHANGES | voices BINARY MIB"
        ),
    }
    Ok(())
}

/// A server that runs for less of a second than this, in hundredths, rests.
const BUSY_TICKS: u64 = 5;
/// Sorting is waited for this long at most.
const RESTS_WITHIN: Duration = Duration::from_mins(10);
/// Seconds that each rate is measured for.
const RATE_S: u64 = 10;
/// Recordings that are sent one after the other.
const VOICES: usize = 3;
/// Sent at a time, in bytes: the most that the server takes.
const PART_BYTES: usize = 4 << 20;
/// Ranges that are read of each recording, and how long each is, in bytes.
const RANGES: usize = 50;
const RANGE_BYTES: usize = 64 << 10;

/// What the office's queue is asked for, a page each, and how often.
const QUEUE: [&str; 6] = [
    "state=waiting",
    "state=waiting&kind=problem",
    "",
    "text=%E8%B7%AF%E7%81%AF",
    "category=GL1",
    "state=waiting&unit=",
];
const QUEUE_TIMES: usize = 40;

/// A server of the bench's own; its data goes with it.
struct Running {
    served: Served,
    server: Server,
    _all: tempfile::TempDir,
}

impl Running {
    fn start(binary: &Path, database: String) -> anyhow::Result<Self> {
        let (all, data) = folders()?;
        let mut served = Served::new(binary, data, database)?;
        let sender = served.set_up()?;
        let server = Server { port: served.port, sender };
        Ok(Self { served, server, _all: all })
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn run(binary: &Path, visits: usize) -> anyhow::Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (cluster, first) = engine.place();
        let another = || cluster.as_ref().map_or_else(String::new, |it| it.address(&it.new_database()));
        println!("{engine:?}:");
        for clients in [1, 8, 32, 64] {
            println!("{}", Running::start(binary, another())?.accepted(clients)?);
        }
        let running = Running::start(binary, first)?;
        let server = &running.server;
        println!("{}", server.fill(visits)?);
        // Whoever asks waits until all is read out, a few seconds at a time.
        while server.visits_n()? < visits {
            std::thread::sleep(Duration::from_millis(500));
        }
        println!("with {visits} visits stored, {:.0} s after the last:", running.rests()?);
        println!("{}", server.queue()?);
        for path in ["/api/v1/export/visits.csv", "/api/v1/export/statements.csv"] {
            println!("{path}: {}{}", server.read(path)?, running.memory());
        }
        println!("{}", server.pull(50_000)?);
        println!("{}", running.accepted(32)?);
        println!("during exports: {}", running.while_exporting()?);
    }
    Ok(())
}

impl Running {
    fn memory(&self) -> String {
        memory(self.served.id().as_deref())
    }

    fn accepted(&self, clients: usize) -> anyhow::Result<String> {
        let accepted = self.server.accept(clients, Duration::from_secs(RATE_S), 1)?;
        Ok(format!("{accepted}{}", self.memory()))
    }

    /// Sends [`VOICES`] recordings of so many MiB and reads them again; answers the rates.
    fn voices(&self, mib: usize) -> anyhow::Result<String> {
        let (mut dice, mut line) = (Dice::of(new_seed()), Wire::open(self.server.port)?);
        let (mut sent, mut last, mut read, mut ranges) = [Duration::ZERO; 4].into();
        for _ in 0..VOICES {
            let sealed =
                Sealed::made(&self.server.sender, &mut dice, 1, &[(AttachmentKind::Voice, mib << 20)]);
            let token = &self.server.sender.token;
            line.ask(&pushing(token, &sealed.envelopes, None))?;
            let (id, _, bytes) = &sealed.media[0];
            line.ask(&uploading(token, *id, bytes, Step::Announce))?;
            let began = Instant::now();
            for from in (0..bytes.len()).step_by(PART_BYTES) {
                let to = (from + PART_BYTES).min(bytes.len());
                let part = uploading(token, *id, bytes, Step::Send(from, to));
                let asked = Instant::now();
                let answer = line.ask(&part)?;
                if answer.status != 204 {
                    bail!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
                }
                last = if to == bytes.len() { last + asked.elapsed() } else { last };
            }
            sent += began.elapsed();
            let path = format!("/api/v1/attachments/{id}");
            let began = Instant::now();
            if self.server.read_bytes(&path, None)? < bytes.len() {
                bail!("the recording came back short");
            }
            read += began.elapsed();
            let began = Instant::now();
            for n in 0..RANGES {
                let from = bytes.len() / RANGES * n;
                self.server.read_bytes(&path, Some((from, from + RANGE_BYTES)))?;
            }
            ranges += began.elapsed();
        }
        let rate = |took: Duration| (VOICES * mib) as f64 / took.as_secs_f64();
        Ok(format!(
            "{VOICES} recordings of {mib} MiB: sent {:.0} MiB/s (the last part, with putting together, {:.2} s), \
             read {:.0} MiB/s, a range of 64 KiB {:.1} ms{}",
            rate(sent),
            last.as_secs_f64() / VOICES as f64,
            rate(read),
            ranges.as_secs_f64() * 1e3 / (VOICES * RANGES) as f64,
            self.memory(),
        ))
    }

    /// Waits until the server has nothing left to do, sorting included; answers how long that took, in seconds.
    fn rests(&self) -> anyhow::Result<f64> {
        let began = Instant::now();
        loop {
            let before = self.ticks()?;
            std::thread::sleep(Duration::from_secs(1));
            if self.ticks()? - before < BUSY_TICKS || began.elapsed() > RESTS_WITHIN {
                return Ok(began.elapsed().as_secs_f64());
            }
        }
    }

    /// The time that the server's process has run for, in hundredths of a second.
    fn ticks(&self) -> anyhow::Result<u64> {
        let id = self.served.id().context("the server runs")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
        // proc(5): utime and stime are the 14th and the 15th of all.
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(ticks.sum::<Result<u64, _>>()?)
    }

    /// The same with 32 clients while one export follows the other.
    fn while_exporting(&self) -> anyhow::Result<String> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let exports = scope.spawn(|| -> anyhow::Result<usize> {
                let mut n = 0;
                while !over.load(Ordering::Relaxed) {
                    self.server.read("/api/v1/export/visits.csv")?;
                    n += 1;
                }
                Ok(n)
            });
            let accepted = self.accepted(32);
            over.store(true, Ordering::Relaxed);
            let n = exports.join().map_err(|_| anyhow::anyhow!("an export failed"))??;
            Ok(format!("{} ({n} exports meanwhile)", accepted?))
        })
    }
}

/// `, VmRSS 80 MB, VmHWM 90 MB` of a process.
fn memory(pid: Option<&str>) -> String {
    let Some(pid) = pid else { return String::new() };
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let lines = status.lines().filter(|it| it.starts_with("VmRSS") || it.starts_with("VmHWM"));
    lines.map(|it| format!(", {}", it.split_whitespace().collect::<Vec<_>>().join(" "))).collect()
}

struct Server {
    port: u16,
    sender: Sender,
}

impl Server {
    fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let port = url.trim_end_matches('/').rsplit_once(':').context("http://127.0.0.1:port")?.1.parse()?;
        let answer = Wire::open(port)?.ask(&get("/api/v1/session", token))?;
        if answer.status != 200 {
            bail!("the server answers {}", answer.status);
        }
        let sender = Sender { token: token.to_owned(), session: serde_json::from_slice(&answer.body)? };
        Ok(Self { port, sender })
    }

    /// A request with `n` visits.
    fn request(&self, n: usize, dice: &mut Dice) -> Vec<u8> {
        let visits = (0..n).flat_map(|_| Sealed::made(&self.sender, dice, 3, &[]).envelopes);
        pushing(&self.sender.token, &visits.collect::<Vec<_>>(), None)
    }

    fn accept(&self, clients: usize, lasts: Duration, visits_each: usize) -> anyhow::Result<String> {
        // As many as could be taken in twice the wanted rate; made before the clock starts.
        let prepared_n = (lasts.as_secs() as usize * 12_000 / visits_each).max(1);
        let mut dice = Dice::of(new_seed());
        let prepared: Vec<Vec<u8>> = (0..prepared_n).map(|_| self.request(visits_each, &mut dice)).collect();
        let next = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let times = Mutex::new(Vec::new());
        let began = Instant::now();
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let clients: Vec<_> = (0..clients)
                .map(|_| {
                    scope.spawn(|| -> anyhow::Result<()> {
                        let mut line = Wire::open(self.port)?;
                        let mut own = Vec::new();
                        while !over.load(Ordering::Relaxed) {
                            let Some(request) = prepared.get(next.fetch_add(1, Ordering::Relaxed)) else {
                                break;
                            };
                            let sent = Instant::now();
                            let answer = line.ask(request)?;
                            own.push(sent.elapsed());
                            all_stored(&answer, visits_each)?;
                        }
                        times.lock().map_err(|_| anyhow::anyhow!("a client failed"))?.extend(own);
                        Ok(())
                    })
                })
                .collect();
            while began.elapsed() < lasts && next.load(Ordering::Relaxed) < prepared.len() {
                std::thread::sleep(Duration::from_millis(10));
            }
            over.store(true, Ordering::Relaxed);
            clients
                .into_iter()
                .try_for_each(|it| it.join().map_err(|_| anyhow::anyhow!("a client failed"))?)
        })?;
        let took = began.elapsed().as_secs_f64();
        let mut times = times.into_inner()?;
        times.sort();
        let at = |share: usize| {
            times.get(times.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        Ok(format!(
            "{clients} clients: {:.0} visits/s ({} in {took:.1} s), p50 {:.1} ms, p99 {:.1} ms",
            (times.len() * visits_each) as f64 / took,
            times.len() * visits_each,
            at(50),
            at(99)
        ))
    }

    /// How long the office waits for a page of the queue, the pages after it, and one statement with all that stands beside it.
    fn queue(&self) -> anyhow::Result<String> {
        let mut line = Wire::open(self.port)?;
        let mut ask = |path: &str| -> anyhow::Result<(Duration, serde_json::Value)> {
            let began = Instant::now();
            let answer = line.ask(&get(path, &self.sender.token))?;
            if answer.status != 200 {
                bail!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
            }
            Ok((began.elapsed(), serde_json::from_slice(&answer.body)?))
        };
        let unit = self.sender.session.account.unit.as_ref().map(|it| it.id.to_string()).unwrap_or_default();
        let (mut pages, mut items, mut slowest) = (Vec::new(), Vec::new(), Vec::new());
        for asked in QUEUE {
            let asked = if asked.ends_with("unit=") { format!("{asked}{unit}") } else { asked.to_owned() };
            let (mut cursor, from) = (String::new(), pages.len());
            for _ in 0..QUEUE_TIMES {
                let path = format!("/api/v1/queue?{asked}{cursor}");
                let (took, page) = ask(&path)?;
                pages.push(took);
                for id in
                    page["lines"].as_array().into_iter().flatten().filter_map(|it| it["id"].as_str()).take(1)
                {
                    items.push(ask(&format!("/api/v1/queue/{id}"))?.0);
                }
                cursor = page["cursor"].as_str().map(|it| format!("&cursor={it}")).unwrap_or_default();
            }
            let most = pages[from..].iter().max().copied().unwrap_or_default();
            slowest.push(format!("{:.0} ms {asked}", most.as_secs_f64() * 1e3));
        }
        let p95 = |times: &mut Vec<Duration>| {
            times.sort();
            times.get(times.len() * 95 / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        Ok(format!(
            "queue: {} pages, p95 {:.1} ms (the slowest of each: {}); {} statements, p95 {:.1} ms",
            pages.len(),
            p95(&mut pages),
            slowest.join(", "),
            items.len(),
            p95(&mut items),
        ))
    }

    /// Twenty visits a request, four clients, until `visits` are stored.
    fn fill(&self, visits: usize) -> anyhow::Result<String> {
        const EACH: usize = 20;
        const CLIENTS: usize = 4;
        let began = Instant::now();
        let left = Arc::new(AtomicUsize::new(visits.div_ceil(EACH)));
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let left = Arc::clone(&left);
                    scope.spawn(move || -> anyhow::Result<()> {
                        let (mut line, mut dice) = (Wire::open(self.port)?, Dice::of(new_seed()));
                        while left
                            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1))
                            .is_ok()
                        {
                            all_stored(&line.ask(&self.request(EACH, &mut dice))?, EACH)?;
                        }
                        Ok(())
                    })
                })
                .collect();
            clients
                .into_iter()
                .try_for_each(|it| it.join().map_err(|_| anyhow::anyhow!("a client failed"))?)
        })?;
        let took = began.elapsed().as_secs_f64();
        Ok(format!("{visits} visits in batches of {EACH}: {:.0} visits/s", visits as f64 / took))
    }

    /// Pulls as a new phone does until `wanted` changes came; answers the cursor's changes, bytes on the wire and time.
    fn pull(&self, wanted: usize) -> anyhow::Result<String> {
        let began = Instant::now();
        let (mut n, mut wire, mut cursor, mut pages) = (0, 0, String::new(), 0);
        while n < wanted {
            let url = format!("http://127.0.0.1:{}/api/v1/changes?cursor={cursor}", self.port);
            let request = ureq::get(url).header("authorization", format!("Bearer {}", self.sender.token));
            let mut answer = request.header("accept-encoding", "gzip").call()?;
            let packed = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
            wire += packed.len();
            let mut page = Vec::new();
            if answer.headers().get("content-encoding").is_some_and(|it| it == "gzip") {
                flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut page)?;
            } else {
                page = packed;
            }
            let page: Changes = serde_json::from_slice(&page)?;
            n += page.changes.len();
            pages += 1;
            cursor = page.cursor;
            if !page.more {
                break;
            }
        }
        let took = began.elapsed().as_secs_f64();
        Ok(format!("pull of {n} changes in {pages} pages: {took:.2} s, {wire} bytes on the wire"))
    }

    /// How many visits are read out by now, as the figures count them.
    fn visits_n(&self) -> anyhow::Result<usize> {
        let url = format!("http://127.0.0.1:{}/api/v1/figures", self.port);
        let request = ureq::get(url).header("authorization", format!("Bearer {}", self.sender.token));
        let figures: domain::figures::Figures =
            serde_json::from_slice(&request.call()?.body_mut().read_to_vec()?)?;
        Ok(usize::try_from(figures.visits_n)?)
    }

    /// Reads an answer, or a range of it, to its end; answers its bytes, head included.
    fn read_bytes(&self, path: &str, range: Option<(usize, usize)>) -> anyhow::Result<usize> {
        let range = range.map_or_else(String::new, |(from, to)| format!("range: bytes={from}-{to}\r\n"));
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{range}connection: close\r\n\r\n",
            self.sender.token
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(request.as_bytes())?;
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 18]);
        loop {
            let n = stream.read(&mut buffer)?;
            if n == 0 {
                return Ok(bytes);
            }
            bytes += n;
        }
    }

    fn read(&self, path: &str) -> anyhow::Result<String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            self.sender.token
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let began = Instant::now();
        stream.write_all(request.as_bytes())?;
        let (mut bytes, mut lines, mut first) = (0, 0, None);
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = stream.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            first.get_or_insert_with(|| began.elapsed());
            bytes += n;
            lines += buffer[..n].iter().filter(|it| **it == b'\n').count();
        }
        let took = began.elapsed().as_secs_f64();
        let first = first.unwrap_or_default().as_secs_f64() * 1e3;
        Ok(format!(
            "{lines} lines, {bytes} bytes in {took:.2} s ({:.0} lines/s), first byte {first:.1} ms",
            lines as f64 / took
        ))
    }
}

/// Each of a visit's five records is durable, with all that belongs to it.
fn all_stored(answer: &Answer, visits: usize) -> anyhow::Result<()> {
    const WORD: &[u8] = b"\"stored\"";
    let stored = answer.body.windows(WORD.len()).filter(|it| *it == WORD).count();
    if answer.status != 200 || stored != 5 * visits {
        bail!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    Ok(())
}
