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

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts far below 2^52, and seconds of a run"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    changes::Changes,
    draft::{Beginning, Draft},
    id::{AccountId, CampaignId, RecordId, UnitId},
    respondent::{Identity, RespondentKind},
    session::Session,
    statement::Kind,
    sync::Push,
    visit::{Entered, Given},
};
use serde_json::json;
use uuid::Uuid;

#[path = "../../cluster.rs"]
mod cluster;

use cluster::Cluster;

/// Visits made before the clock starts; a client that has sent its share begins anew with fresh ids.
const WORDS: &str = "去办低保，工作人员说材料不全，一次没有说清楚，来回跑了三趟；第二次去，窗口没有人，等了一个上午，\
    旁边的人说是开会去了，也没有挂牌子。后来打电话问，说还要村里盖章，村里又说章在镇上。希望一次讲明白要带什么。";

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", binary] => run(binary, 100_000)?,
        ["run", binary, visits] => run(binary, visits.parse()?)?,
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
        _ => bail!(
            "usage: bench run BINARY [VISITS] | accept URL TOKEN CLIENTS SECONDS [PID] | fill URL TOKEN VISITS | \
             read URL TOKEN PATH [PID] | pull URL TOKEN CHANGES"
        ),
    }
    Ok(())
}

/// Seconds that each rate is measured for.
const RATE_S: u64 = 10;
const PASSWORD: &str = "correct horse 1";

/// A server of the bench's own.
struct Running {
    child: std::process::Child,
    url: String,
    token: String,
    _data: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its data goes with it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Running {
    fn start(binary: &str, database: &str) -> anyhow::Result<Self> {
        let data = tempfile::TempDir::new()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");
        let mut serve = std::process::Command::new(binary);
        serve.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(data.path());
        serve.env("ZOUFANG_DATABASE", database);
        let mut child = serve.stdout(std::process::Stdio::piped()).spawn().context("the server starts")?;
        let said = std::io::BufReader::new(child.stdout.take().context("its output")?);
        let link = std::io::BufRead::lines(said)
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("first-accounts#")?.1.trim().to_owned()));
        let first = json!({
            "token": link.context("the first link")?, "office_unit": "综合办公室",
            "sysadmin": {"login": "sysadmin", "name": "甲", "password": PASSWORD},
            "office": {"login": "office", "name": "乙", "password": PASSWORD},
        });
        ureq::post(format!("{url}/api/v1/first-accounts")).content_type(JSON).send(first.to_string())?;
        let office = json!({"login": "office", "password": PASSWORD}).to_string();
        let answer = ureq::post(format!("{url}/api/v1/session")).content_type(JSON).send(office)?;
        let cookie = answer.headers().get("set-cookie").context("a cookie")?.to_str()?.to_owned();
        let cookie = cookie.split(';').next().unwrap_or_default();
        let campaign = json!({"name": "大走访", "starts_on": "2026-09-01", "ends_on": "2030-12-31", "phases": [], "notice": "说明"});
        let put = ureq::put(format!("{url}/api/v1/campaign")).header("cookie", cookie).content_type(JSON);
        put.send(campaign.to_string())?;
        let mut token = std::process::Command::new(binary);
        token.args(["user", "--data"]).arg(data.path()).args(["token", "office"]);
        let token = token.env("ZOUFANG_DATABASE", database).output()?;
        let token = String::from_utf8(token.stdout)?.lines().last().context("a token")?.to_owned();
        Ok(Self { child, url, token, _data: data })
    }
}

const JSON: &str = "application/json";

#[expect(clippy::print_stdout, reason = "the figures are what the tool is for")]
fn run(binary: &str, visits: usize) -> anyhow::Result<()> {
    let cluster = Cluster::shared();
    for engine in ["SQLite", "PostgreSQL"] {
        let place = || match engine {
            "SQLite" => String::new(),
            _ => cluster.address(&cluster.new_database()),
        };
        for clients in [1, 8, 32, 64] {
            let running = Running::start(binary, &place())?;
            println!("{engine}, {}", running.accepted(clients)?);
        }
        let running = Running::start(binary, &place())?;
        let server = Server::new(&running.url, &running.token)?;
        println!("{engine}, {}", server.fill(visits)?);
        // Whoever asks waits until all is read out, a few seconds at a time.
        while server.visits_n()? < visits {
            std::thread::sleep(Duration::from_millis(500));
        }
        for path in ["/api/v1/export/visits.csv", "/api/v1/export/statements.csv"] {
            println!("{engine}, {visits} visits stored, {path}: {}{}", server.read(path)?, running.memory());
        }
        println!("{engine}, {visits} visits stored, {}", server.pull(50_000)?);
        println!("{engine}, {visits} visits stored, {}", running.accepted(32)?);
        println!("{engine}, {visits} visits stored, during an export: {}", running.while_exporting(&server)?);
    }
    Ok(())
}

impl Running {
    fn memory(&self) -> String {
        memory(Some(&self.child.id().to_string()))
    }

    fn accepted(&self, clients: usize) -> anyhow::Result<String> {
        let server = Server::new(&self.url, &self.token)?;
        Ok(format!("{}{}", server.accept(clients, Duration::from_secs(RATE_S), 1)?, self.memory()))
    }

    /// The same with 32 clients while one export follows the other.
    fn while_exporting(&self, server: &Server) -> anyhow::Result<String> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let exports = scope.spawn(|| -> anyhow::Result<usize> {
                let mut n = 0;
                while !over.load(Ordering::Relaxed) {
                    server.read("/api/v1/export/visits.csv")?;
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
    host: String,
    token: String,
    session: Session,
}

impl Server {
    fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let host = url.strip_prefix("http://").context("http://host:port")?.trim_end_matches('/').to_owned();
        let request =
            format!("GET /api/v1/session HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n");
        let mut line = Line::open(&host)?;
        let (status, body) = line.ask(request.as_bytes())?;
        if status != 200 {
            bail!("the server answers {status}");
        }
        Ok(Self { host, token: token.to_owned(), session: serde_json::from_slice(&body)? })
    }

    /// A request with `n` visits.
    fn request(&self, n: usize) -> anyhow::Result<Vec<u8>> {
        let unit = self.session.account.unit.as_ref().context("the account has a unit")?.id;
        let campaign = self.session.campaign.as_ref().context("there is a campaign")?.id;
        let mut envelopes = Vec::new();
        for _ in 0..n {
            for envelope in visit(unit, campaign, self.session.account.id)? {
                envelopes.push(STANDARD.encode(envelope));
            }
        }
        let body = serde_json::to_vec(&Push { envelopes, known: None })?;
        let head = format!(
            "POST /api/v1/records/batch HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.host,
            self.token,
            body.len()
        );
        Ok([head.into_bytes(), body].concat())
    }

    fn accept(&self, clients: usize, lasts: Duration, visits_each: usize) -> anyhow::Result<String> {
        // As many as could be taken in twice the wanted rate; made before the clock starts.
        let prepared_n = (lasts.as_secs() as usize * 12_000 / visits_each).max(1);
        let prepared: Vec<Vec<u8>> =
            (0..prepared_n).map(|_| self.request(visits_each)).collect::<anyhow::Result<_>>()?;
        let next = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        let times = Mutex::new(Vec::new());
        let began = Instant::now();
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let clients: Vec<_> = (0..clients)
                .map(|_| {
                    scope.spawn(|| -> anyhow::Result<()> {
                        let mut line = Line::open(&self.host)?;
                        let mut own = Vec::new();
                        while !over.load(Ordering::Relaxed) {
                            let Some(request) = prepared.get(next.fetch_add(1, Ordering::Relaxed)) else {
                                break;
                            };
                            let sent = Instant::now();
                            let (status, body) = line.ask(request)?;
                            own.push(sent.elapsed());
                            if status != 200 || count(&body, b"\"stored\"") != 5 * visits_each {
                                bail!("{status} {}", String::from_utf8_lossy(&body));
                            }
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
                        let mut line = Line::open(&self.host)?;
                        while left
                            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1))
                            .is_ok()
                        {
                            let (status, body) = line.ask(&self.request(EACH)?)?;
                            if status != 200 || count(&body, b"\"stored\"") != 5 * EACH {
                                bail!("{status} {}", String::from_utf8_lossy(&body));
                            }
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
            let url = format!("http://{}/api/v1/changes?cursor={cursor}", self.host);
            let request = ureq::get(url).header("authorization", format!("Bearer {}", self.token));
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
        let url = format!("http://{}/api/v1/figures", self.host);
        let request = ureq::get(url).header("authorization", format!("Bearer {}", self.token));
        let figures: domain::figures::Figures =
            serde_json::from_slice(&request.call()?.body_mut().read_to_vec()?)?;
        Ok(usize::try_from(figures.visits_n)?)
    }

    fn read(&self, path: &str) -> anyhow::Result<String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            self.host, self.token
        );
        let mut stream = TcpStream::connect(&self.host)?;
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

fn count(bytes: &[u8], word: &[u8]) -> usize {
    bytes.windows(word.len()).filter(|it| *it == word).count()
}

/// One connection that is kept.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and reads its answer, which says its length.
    fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut part = [0; 1 << 14];
        loop {
            let n = self.stream.read(&mut part)?;
            if n == 0 {
                bail!("the server hung up");
            }
            self.buffer.extend_from_slice(&part[..n]);
            if let Some(answer) = self.whole()? {
                return Ok(answer);
            }
        }
    }

    fn whole(&self) -> anyhow::Result<Option<(u16, Vec<u8>)>> {
        let Some(end) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(&self.buffer[..end])?.to_ascii_lowercase();
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")).context("a length")?;
        let body = &self.buffer[end + 4..];
        Ok((body.len() >= length.trim().parse()?).then(|| (status, body.to_vec())))
    }
}

/// The envelopes of a visit with a name and three statements, about 4 kB.
fn visit(unit: UnitId, campaign: CampaignId, account: AccountId) -> anyhow::Result<Vec<Vec<u8>>> {
    let now = now();
    let identity =
        Identity {
            name: "李桂兰".to_owned(), address: "李家坳村三组".to_owned(), ..Identity::default()
        };
    let mut draft = Draft::begin(
        Beginning {
            id: RecordId(new_id(now)?),
            campaign,
            unit,
            account,
            name: "王小明".to_owned(),
            respondent_kind: RespondentKind::Household,
            place: "李家坳村".to_owned(),
            identity: Some((RecordId(new_id(now)?), identity)),
            entered: Entered::OnTheSpot,
        },
        now - 3_600_000,
    );
    draft.visit.value.consent.given = Given::Spoken;
    for _ in 0..3 {
        let index = draft.add_statement(RecordId(new_id(now)?), Kind::Problem, now);
        WORDS.clone_into(&mut draft.statements[index].value.words);
    }
    Ok(draft.freeze(now).into_iter().map(|it| it.envelope).collect())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server's clock is the real one, and visits must be of today"
)]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

/// A time-ordered id, as phones make them.
fn new_id(now: i64) -> anyhow::Result<Uuid> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|cause| anyhow::anyhow!("no randomness: {cause}"))?;
    Ok(uuid::Builder::from_unix_timestamp_millis(now.unsigned_abs(), &random).into_uuid())
}
