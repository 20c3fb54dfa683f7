//! The real binary, started, killed and started again on the same folder and port.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use domain::session::Session;
use serde_json::json;

use super::wire::Wire;

const PASSWORD: &str = "correct horse 1";
const JSON: &str = "application/json";
/// A start that takes longer has failed.
const STARTS_WITHIN: Duration = Duration::from_mins(1);
/// Between two tries at what is not there yet.
pub const LOOKS_EVERY: Duration = Duration::from_millis(2);

/// A server that ends when this is dropped.
pub struct Served {
    binary: PathBuf,
    pub data: PathBuf,
    /// Its address; empty for SQLite in the folder.
    pub database: String,
    pub port: u16,
    /// What it is started by, when not by itself.
    before: Vec<String>,
    child: Option<Child>,
    log: tempfile::NamedTempFile,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An account that may send, and where it belongs.
#[derive(Clone, Debug)]
pub struct Sender {
    pub token: String,
    pub session: Session,
}

impl Served {
    /// A server on a new folder, not started yet.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub fn new(binary: &Path, data: PathBuf, database: String) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // Not beside the data: a proof may fill that disk.
        let log = tempfile::NamedTempFile::new()?;
        Ok(Self { binary: binary.to_owned(), data, database, port, before: Vec::new(), child: None, log })
    }

    /// Started by another program from the next start on, for example `strace`.
    pub fn started_by(&mut self, before: Vec<String>) {
        self.before = before;
    }

    fn command(&self, before: &[String], words: &[&str]) -> Command {
        let mut command = match before {
            [] => Command::new(&self.binary),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(&self.binary);
                command
            }
        };
        command.args(words).env("ZOUFANG_DATA", &self.data).env("ZOUFANG_DATABASE", &self.database);
        // A small disk, or a full one, is for the proof to judge.
        command.env("ZOUFANG_ROOM_MIN_MIB", "0").stdin(Stdio::null());
        command
    }

    /// Runs one of its other commands.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn run(&self, words: &[&str]) -> anyhow::Result<Output> {
        Ok(self.command(&[], words).output()?)
    }

    /// What it said last, and every panic.
    pub fn said(&self) -> String {
        let said = std::fs::read(self.log.path()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        let lately = lines.len().saturating_sub(20);
        let panics = lines[..lately].iter().enumerate().filter(|it| it.1.contains("panicked"));
        let panics = panics.flat_map(|(n, _)| &lines[n..lately.min(n + 3)]);
        panics.chain(&lines[lately..]).map(|it| format!("\n  {it}")).collect()
    }

    fn spawn(&mut self) -> anyhow::Result<BufReader<std::process::ChildStdout>> {
        self.kill();
        let log = File::options().append(true).open(self.log.path())?;
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = self.command(&self.before, &["serve", "--listen", &listen]);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().context("the server starts")?;
        let said = BufReader::new(child.stdout.take().context("its output")?);
        self.child = Some(child);
        Ok(said)
    }

    /// Starts it and lets it die `after` so long, wherever it is by then.
    ///
    /// # Errors
    ///
    /// When it cannot be started at all.
    pub fn start_and_kill(&mut self, after: Duration) -> anyhow::Result<()> {
        let _said = self.spawn()?;
        std::thread::sleep(after);
        self.kill();
        Ok(())
    }

    /// Starts it, again and again where its database is not there yet; answers how long that took and the token of
    /// the first start.
    ///
    /// # Errors
    ///
    /// When it does not start within a minute.
    pub fn start(&mut self) -> anyhow::Result<(Duration, Option<String>)> {
        let began = Instant::now();
        while began.elapsed() < STARTS_WITHIN {
            for line in self.spawn()?.lines().map_while(Result::ok) {
                if let Some((_, token)) = line.split_once("first-accounts#") {
                    return Ok((began.elapsed(), Some(token.trim().to_owned())));
                }
                if line.contains("sign in with your account") {
                    return Ok((began.elapsed(), None));
                }
            }
            std::thread::sleep(LOOKS_EVERY);
        }
        bail!("the server does not start: {}", self.said());
    }

    /// Starts it for the first time and makes an account that may send.
    ///
    /// # Errors
    ///
    /// When one of the steps is refused.
    pub fn set_up(&mut self) -> anyhow::Result<Sender> {
        std::fs::create_dir_all(&self.data)?;
        let token = self.start()?.1.context("the first link")?;
        let url = format!("http://127.0.0.1:{}/api/v1", self.port);
        let first = json!({
            "token": token, "office_unit": "综合办公室",
            "sysadmin": {"login": "sysadmin", "name": "甲", "password": PASSWORD},
            "office": {"login": "office", "name": "乙", "password": PASSWORD},
        });
        ureq::post(format!("{url}/first-accounts")).content_type(JSON).send(first.to_string())?;
        let office = json!({"login": "office", "password": PASSWORD}).to_string();
        let answer = ureq::post(format!("{url}/session")).content_type(JSON).send(office)?;
        let cookie = answer.headers().get("set-cookie").context("a cookie")?.to_str()?.to_owned();
        let cookie = cookie.split(';').next().unwrap_or_default();
        let campaign = json!({
            "name": "大走访", "starts_on": "2026-09-01", "ends_on": "2030-12-31", "phases": [], "notice": "说明",
        });
        let put = ureq::put(format!("{url}/campaign")).header("cookie", cookie).content_type(JSON);
        put.send(campaign.to_string())?;
        let token = String::from_utf8(self.run(&["user", "token", "office"])?.stdout)?;
        let token = token.lines().last().context("a token")?.to_owned();
        let answer = Wire::open(self.port)?.ask(&get("/api/v1/session", &token))?;
        Ok(Sender { token, session: serde_json::from_slice(&answer.body)? })
    }

    /// The number of its process, while it runs by itself.
    pub fn id(&self) -> Option<String> {
        self.child.as_ref().map(|it| it.id().to_string())
    }

    /// Ends it at once, as a power cut would, but for what the system still holds of its files.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if !self.before.is_empty() {
            // What another program started is its only child; that program ends with it.
            let of = format!("/proc/{0}/task/{0}/children", child.id());
            let server = std::fs::read_to_string(of).unwrap_or_default();
            for id in server.split_whitespace() {
                drop(Command::new("kill").args(["-9", id]).status());
            }
            if !server.trim().is_empty() {
                drop(child.wait());
                return;
            }
        }
        drop(child.kill());
        drop(child.wait());
    }
}

/// A request without a body.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}
