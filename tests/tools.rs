//! What is not ours: an S3 server, a provider, a speech server and public tus clients (see `tools/` and `need.sh`), and a line to them or from
//! them that breaks when the test says so.

#![allow(dead_code, reason = "each journey uses its part")]

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU16, AtomicU32, Ordering},
    },
};

use server::blobs::{Blobs, Bucket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Where `need.sh` puts them; without them a journey says that it did not run, and fails when CI is set.
#[expect(clippy::print_stderr, reason = "this is how a journey says so")]
pub fn tools() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
    if folder.join("python/requirements.txt").exists() && folder.join("node/installed.json").exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the tools are installed (tests/need.sh)");
    eprintln!("did not run: it needs what tests/need.sh installs");
    None
}

/// A script of `tools/`.
pub fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tools").join(name)
}

/// An S3 server that holds everything in memory.
pub struct BucketServer {
    pub port: u16,
    process: Child,
    /// It ends when this is closed, also when this process is killed.
    _input: Option<ChildStdin>,
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

static SHARED: OnceLock<BucketServer> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

impl BucketServer {
    /// The one that all tests of this process share; `None` without the tools.
    pub fn shared() -> Option<&'static Self> {
        let tools = tools()?;
        Some(SHARED.get_or_init(|| Self::start(&tools, false)))
    }

    /// One of its own; `keyed` asks everyone for a key and knows none.
    pub fn start(tools: &std::path::Path, keyed: bool) -> Self {
        let mut command = Command::new(tools.join("python/bin/python"));
        if keyed {
            command.env("KEYED", "1");
        }
        let (port, process, input) = started(command.arg(script("bucket.py")));
        Self { port, process, _input: input }
    }

    /// A new, empty bucket; its name.
    pub fn new_bucket(&self) -> String {
        let name = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let config = ureq::Agent::config_builder().max_idle_connections(0);
        let agent: ureq::Agent = config.build().into();
        let address = format!("http://127.0.0.1:{}/{name}", self.port);
        agent.put(address).send_empty().expect("a bucket is made");
        name
    }
}

/// A provider of OpenID Connect that holds everything in memory.
pub struct ProviderServer {
    port: u16,
    process: Child,
    /// It ends when this is closed, also when this process is killed.
    _input: Option<ChildStdin>,
}

impl Drop for ProviderServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl ProviderServer {
    /// `None` without the tools.
    pub fn start() -> Option<Self> {
        let mut command = Command::new(tools()?.join("python/bin/python"));
        let (port, process, input) = started(command.arg(script("oidc.py")));
        Some(Self { port, process, _input: input })
    }

    /// As it names itself.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A speech server that knows English.
pub struct SpeechServer {
    port: u16,
    process: Child,
    /// It ends when this is closed, also when this process is killed.
    _input: Option<ChildStdin>,
}

impl Drop for SpeechServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl SpeechServer {
    /// `None` without the tools.
    pub fn start() -> Option<Self> {
        let mut command = Command::new(tools()?.join("python/bin/python"));
        let (port, process, input) = started(command.arg(script("speech.py")));
        Some(Self { port, process, _input: input })
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A script that prints its port and ends when its standard input does.
fn started(command: &mut Command) -> (u16, Child, Option<ChildStdin>) {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("the script starts");
    let mut line = String::new();
    let output = process.stdout.take().expect("its output");
    BufReader::new(output).read_line(&mut line).expect("its port");
    let port = line.trim().parse().expect("its port");
    let input = process.stdin.take();
    (port, process, input)
}

/// The settings of a bucket behind a port, as environment variables.
pub fn settings(port: u16) -> Vec<(OsString, OsString)> {
    [
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "zoufang".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "no secret".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.into(), value.into()))
    .collect()
}

/// A bucket behind a port.
pub fn bucket(name: &str, port: u16) -> Bucket {
    Bucket::new(&format!("s3://{name}/county"), settings(port)).expect("an address")
}

/// The same as where the bytes of a server lie.
pub fn blobs(name: &str, port: u16) -> Blobs {
    Blobs::Bucket(bucket(name, port))
}

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Whole,
    /// Whoever calls is cut off.
    Cut,
    /// Whoever calls gets no answer.
    Silent,
}

/// A line to a port of this machine.
pub struct Line {
    pub port: u16,
    condition: watch::Sender<Condition>,
    /// Bytes it carries there before it is cut by itself.
    left: Arc<AtomicI64>,
    /// Where it leads.
    there: Arc<AtomicU16>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Line {
    /// A whole one.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let condition = watch::Sender::new(Condition::Whole);
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let there = Arc::new(AtomicU16::new(port));
        let (changes, left_here, leads_to) = (condition.clone(), Arc::clone(&left), Arc::clone(&there));
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let port = leads_to.load(Ordering::Relaxed);
                tokio::spawn(carry(near, port, changes.clone(), Arc::clone(&left_here)));
            }
        });
        Self { port: own, condition, left, there, task }
    }

    /// Whoever calls from now on gets to another port.
    pub fn lead_to(&self, port: u16) {
        self.there.store(port, Ordering::Relaxed);
    }

    /// Cuts it once it has carried so many bytes more.
    pub fn cut_after(&self, bytes: i64) {
        self.left.store(bytes, Ordering::Relaxed);
    }

    pub fn cut(&self) {
        self.condition.send_replace(Condition::Cut);
    }

    /// From here on nothing comes through, and nothing breaks.
    pub fn silence(&self) {
        self.condition.send_replace(Condition::Silent);
    }

    pub fn mend(&self) {
        self.left.store(i64::MAX, Ordering::Relaxed);
        self.condition.send_replace(Condition::Whole);
    }

    /// Whether it is cut.
    pub fn is_cut(&self) -> bool {
        *self.condition.borrow() == Condition::Cut
    }
}

async fn carry(mut near: TcpStream, port: u16, condition: watch::Sender<Condition>, left: Arc<AtomicI64>) {
    let mut changes = condition.subscribe();
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        let now = *changes.borrow_and_update();
        match now {
            Condition::Whole => {}
            Condition::Cut => return,
            Condition::Silent => {
                if changes.changed().await.is_err() {
                    return;
                }
                continue;
            }
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            n = near.read(&mut up) => {
                let Ok(n @ 1..) = n else { return };
                let before = left.fetch_sub(i64::try_from(n).expect("a small number"), Ordering::Relaxed);
                let passes = usize::try_from(before.max(0)).expect("a small number").min(n);
                // Whoever is called may have gone; that cuts nobody else off.
                if far.write_all(&up[..passes]).await.is_err() { return }
                if passes < n {
                    condition.send_replace(Condition::Cut);
                    return;
                }
            }
            n = far.read(&mut down) => {
                let Ok(n @ 1..) = n else { return };
                if near.write_all(&down[..n]).await.is_err() { return }
            }
        }
    }
}
