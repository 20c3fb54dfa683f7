//! A PostgreSQL cluster for the tests of one process, started from Debian's programs and thrown away.

#![allow(dead_code, reason = "each journey uses its part")]

use std::{
    fs::File,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

/// A running cluster.
pub struct Cluster {
    pub programs: PathBuf,
    pub folder: PathBuf,
    pub port: u16,
    process: Arc<AtomicU32>,
}

static SHARED: OnceLock<Cluster> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Where Debian keeps the newest PostgreSQL that is installed.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("the package postgresql is installed (tests/need.sh)")
        .flatten()
        .map(|it| it.path().join("bin"))
        .filter(|it| it.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("the package postgresql is installed (tests/need.sh)")
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|it| it.stdout == b"0\n")
}

/// A program of PostgreSQL's: it refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        let user = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=QUIT"];
        command.args(user).arg(program).current_dir("/");
        command
    } else {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=QUIT").arg(program);
        command
    }
}

fn postgres_ids() -> (u32, u32) {
    let number = |flag: &str| {
        let out = Command::new("id").args([flag, "postgres"]).output().expect("the user postgres");
        String::from_utf8_lossy(&out.stdout).trim().parse().expect("a number")
    };
    (number("-u"), number("-g"))
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// Removes the folders of processes that are no more: whoever is killed cannot tidy up.
fn remove_left_ones() {
    for entry in std::fs::read_dir(std::env::temp_dir()).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix("zoufang-postgres-") else { continue };
        let process = rest.split('-').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            // Another process may be at it too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn done(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().expect("it runs");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

impl Cluster {
    /// The one that all tests of this process share.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// A cluster of its own, with further settings as `name=value`.
    pub fn start(settings: &[String]) -> Self {
        let folder = Self::new_folder();
        done(as_postgres(&programs().join("initdb")).arg("-D").arg(folder.join("data")).args([
            "-U",
            "zoufang",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]));
        Self::run(folder, settings)
    }

    /// A folder that the user of the server owns.
    pub fn new_folder() -> PathBuf {
        remove_left_ones();
        let folder = std::env::temp_dir().join(format!(
            "zoufang-postgres-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ));
        std::fs::create_dir_all(&folder).expect("a folder");
        if is_root() {
            let (user, group) = postgres_ids();
            chown(&folder, Some(user), Some(group)).expect("it is the server's");
        }
        folder
    }

    /// Runs what lies in a folder.
    pub fn run(folder: PathBuf, settings: &[String]) -> Self {
        let (programs, port) = (programs(), free_port());
        Self::run_at(programs, folder, port, settings)
    }

    /// Runs it again after `kill`, at the same port.
    pub fn again(&self) -> Self {
        Self::run_at(self.programs.clone(), self.folder.clone(), self.port, &[])
    }

    fn run_at(programs: PathBuf, folder: PathBuf, port: u16, settings: &[String]) -> Self {
        let process = Arc::new(AtomicU32::new(0));
        let ready = Arc::new(AtomicBool::new(false));
        let (server, data, settings) = (programs.join("postgres"), folder.join("data"), settings.to_vec());
        let (socket, running, over) = (folder.clone(), Arc::clone(&process), Arc::clone(&ready));
        // The server ends with the thread that started it: this one lives as long as the process.
        std::thread::spawn(move || {
            let mut command = as_postgres(&server);
            command.arg("-D").arg(data).args(["-p", &port.to_string(), "-k"]).arg(&socket);
            for setting in settings.iter().map(String::as_str).chain(["max_connections=400"]) {
                command.args(["-c", setting]);
            }
            // What a killed one left behind in memory may hold up the next for a moment.
            while !over.load(Ordering::Relaxed) {
                let log = File::options().append(true).create(true).open(socket.join("log"));
                let log = log.map_or_else(|_| Stdio::null(), Stdio::from);
                let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
                let mut child = command.spawn().expect("it starts");
                running.store(child.id(), Ordering::Relaxed);
                child.wait().expect("it ends");
            }
            loop {
                std::thread::park();
            }
        });
        let cluster = Self { programs, folder, port, process };
        cluster.until_ready();
        ready.store(true, Ordering::Relaxed);
        cluster
    }

    /// Another one that follows this one, and without which nothing is committed here from now on.
    pub fn with_a_standby(&self) -> Self {
        let folder = Self::new_folder();
        let mut copy = as_postgres(&self.programs.join("pg_basebackup"));
        copy.args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &self.address("postgres"), "-D"]);
        done(copy.arg(folder.join("data")));
        let standby = Self::run(folder, &[]);
        self.sql("alter system set synchronous_standby_names = '*'");
        self.sql("select pg_reload_conf()");
        let began = std::time::Instant::now();
        while self.asked("select sync_state from pg_stat_replication") != "sync" {
            assert!(began.elapsed().as_secs() < 60, "the standby does not follow");
            std::thread::yield_now();
        }
        standby
    }

    /// Makes a standby the one that writes.
    pub fn promote(&self) {
        assert_eq!(self.asked("select pg_promote()"), "t");
    }

    /// The one value that a statement answers.
    pub fn asked(&self, statement: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        let out = command.args(["-qAt", "-d", &self.address("postgres"), "-c", statement]).output();
        String::from_utf8_lossy(&out.expect("it runs").stdout).trim().to_owned()
    }

    fn until_ready(&self) {
        let began = std::time::Instant::now();
        while !Command::new(self.programs.join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
            .status()
            .is_ok_and(|it| it.success())
        {
            assert!(began.elapsed().as_secs() < 60, "PostgreSQL does not start");
            std::thread::yield_now();
        }
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&self) {
        done(Command::new("kill").args(["-9", &self.process.load(Ordering::Relaxed).to_string()]));
    }

    /// The address of one of its databases.
    pub fn address(&self, database: &str) -> String {
        format!("postgres://zoufang@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement outside of any database of a test.
    pub fn sql(&self, statement: &str) {
        self.sql_in("postgres", statement);
    }

    /// Runs a statement in a database.
    pub fn sql_in(&self, database: &str, statement: &str) {
        let mut psql = Command::new(self.programs.join("psql"));
        done(psql.args(["-q", "-d", &self.address(database), "-c", statement]));
    }

    /// A new, empty database; its name.
    pub fn new_database(&self) -> String {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("create database {name}"));
        name
    }

    /// A new database that is as another one, which nobody uses; its name.
    pub fn copy_of(&self, template: &str) -> String {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("create database {name} template {template}"));
        name
    }

    /// Writes all of a database to a file.
    pub fn dump(&self, database: &str, file: &Path) {
        let mut command = Command::new(self.programs.join("pg_dump"));
        done(command.args(["-Fc", "-Z0", "-d", &self.address(database), "-f"]).arg(file));
    }

    /// Replaces a database by what a file holds.
    pub fn load(&self, database: &str, file: &Path) {
        self.sql(&format!("drop database {database} with (force)"));
        self.sql(&format!("create database {database}"));
        done(Command::new(self.programs.join("pg_restore")).args(["-d", &self.address(database)]).arg(file));
    }
}
