//! A whole server for one test: real router, free port, own data folder, a clock that the test moves.

#![allow(dead_code, reason = "each journey uses its part of the world")]

use std::{
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    draft::{Beginning, Draft},
    id::{AccountId, CampaignId, RecordId, UnitId},
    respondent::{Identity, RespondentKind},
    statement::Kind,
    sync::{Receipt, Receipts},
    visit::{Entered, Given},
};
use serde_json::{Value, json};
use server::{
    App, Clock,
    blobs::Blobs,
    serving::{self, Patience},
};
use sqlx::Connection;
use tempfile::TempDir;
use uuid::Uuid;

#[path = "cluster.rs"]
pub mod cluster;

#[path = "tools.rs"]
pub mod tools;

use cluster::Cluster;

/// Where the database of a world is.
#[derive(Clone)]
pub enum Where {
    /// Nowhere yet: where this run of the journeys puts it.
    New,
    Folder,
    Cluster(String),
    /// On a cluster of the test's own: its address.
    Address(String),
}

impl Where {
    /// The address on PostgreSQL, where it is there.
    pub fn address(&self) -> Option<String> {
        match self {
            Self::Cluster(name) => Some(Cluster::shared().address(name)),
            Self::Address(address) => Some(address.clone()),
            Self::New | Self::Folder => None,
        }
    }
}

/// What a copy of a data folder holds of a database that is elsewhere.
const DUMP: &str = "postgres.dump";

/// With `ZOUFANG_TEST_ON=postgres` the journeys run on PostgreSQL.
pub fn on_postgres() -> bool {
    std::env::var("ZOUFANG_TEST_ON").is_ok_and(|it| it == "postgres")
}

/// A database with the tables that a server finds missing in an empty one. They are made once and copied: making them took more of
/// a journey's time than the journey.
async fn laid_out() -> String {
    static TEMPLATE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let make = async || {
        let name = Cluster::shared().new_database();
        let address = Cluster::shared().address(&name);
        let mut db = sqlx::PgConnection::connect(&address).await.expect("the database");
        let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
        let migrator = sqlx::migrate::Migrator::new(migrations).await.expect("migrations");
        migrator.run(&mut db).await.expect("they run");
        db.close().await.expect("nobody uses it");
        name
    };
    Cluster::shared().copy_of(TEMPLATE.get_or_init(make).await)
}

/// 2026-11-23 10:00 in China.
pub const NOW: i64 = 1_795_399_200_000;
pub const PASSWORD: &str = "correct horse 1";

/// A server with a campaign, two units and an account for each role that a journey needs.
pub struct World {
    pub app: App,
    pub url: String,
    pub port: u16,
    pub clock: Arc<AtomicI64>,
    pub data: Arc<TempDir>,
    pub database: Where,
    /// Where the bytes of attachments lie, unless in the folder.
    pub blobs: Option<Blobs>,
    server: tokio::task::JoinHandle<()>,
    pub units: Vec<UnitId>,
    /// Serves the service worker as another build would.
    pub new_build: Arc<AtomicBool>,
    /// That other build lists a file that does not arrive whole.
    pub broken_build: Arc<AtomicBool>,
    /// That other build lists one file more, which answers 404.
    pub missing_file: Arc<AtomicBool>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    /// A set-up server at [`NOW`].
    pub async fn start() -> Self {
        Self::start_at(Some(NOW)).await
    }

    /// A set-up server whose attachments lie elsewhere than in the folder.
    pub async fn start_with(database: Where, blobs: Blobs) -> Self {
        let data = Arc::new(TempDir::new().expect("a data folder"));
        let clock = Arc::new(AtomicI64::new(NOW));
        let mut world = Self::serve(data, database, Some(blobs), clock, false, 0).await;
        world.set_up().await;
        world
    }

    /// Another server on the same PostgreSQL and the same bucket, with a folder of its own.
    pub async fn beside(&self) -> Self {
        let data = self.folder_with_its_keys();
        let (database, clock) = (self.database.clone(), Arc::clone(&self.clock));
        let mut world = Self::serve(data, database, self.blobs.clone(), clock, false, 0).await;
        world.units.clone_from(&self.units);
        world
    }

    /// An empty data folder for one more server that is to sign as this one does.
    pub fn folder_with_its_keys(&self) -> Arc<TempDir> {
        let data = Arc::new(TempDir::new().expect("a data folder"));
        server::blobs::private_folder(&data.path().join("keys")).expect("a folder for keys");
        copy_folder(&self.data.path().join("keys"), &data.path().join("keys"));
        data
    }

    /// The same on SQLite, wherever the other journeys run: for what only SQLite does.
    pub async fn start_on_sqlite() -> Self {
        let data = Arc::new(TempDir::new().expect("a data folder"));
        let clock = Arc::new(AtomicI64::new(NOW));
        let mut world = Self::serve(data, Where::Folder, None, clock, false, 0).await;
        world.set_up().await;
        world
    }

    /// The same on a database of the test's own PostgreSQL.
    pub async fn start_at_address(address: String) -> Self {
        let data = Arc::new(TempDir::new().expect("a data folder"));
        let clock = Arc::new(AtomicI64::new(NOW));
        let mut world = Self::serve(data, Where::Address(address), None, clock, false, 0).await;
        world.set_up().await;
        world
    }

    /// A set-up server; without a time it has the system's, as a browser does.
    pub async fn start_at(now: Option<i64>) -> Self {
        let data = Arc::new(TempDir::new().expect("a data folder"));
        let clock = Arc::new(AtomicI64::new(now.unwrap_or(0)));
        let mut world = Self::serve(data, Where::New, None, clock, now.is_none(), 0).await;
        world.set_up().await;
        world
    }

    /// A server on a folder that is there already, at the system's time.
    pub async fn on(data: Arc<TempDir>) -> Self {
        Self::serve(data, Where::Folder, None, Arc::default(), true, 0).await
    }

    /// The same at a time of its own.
    pub async fn on_at(data: Arc<TempDir>, now: i64) -> Self {
        let database = if data.path().join(DUMP).exists() {
            let database = Cluster::shared().new_database();
            Cluster::shared().load(&database, &data.path().join(DUMP));
            // The server that it was taken of is not here.
            Cluster::shared().sql_in(&database, "delete from server");
            Where::Cluster(database)
        } else {
            Where::Folder
        };
        Self::serve(data, database, None, Arc::new(AtomicI64::new(now)), false, 0).await
    }

    /// The demo's county, at the system's time.
    pub async fn demo() -> Self {
        let data = Arc::new(TempDir::new().expect("a data folder"));
        let world = Self::serve(data, Where::New, None, Arc::default(), true, 0).await;
        server::demo::fill(&world.app).await.expect("the demo fills");
        world
    }

    async fn serve(
        data: Arc<TempDir>,
        database: Where,
        blobs: Option<Blobs>,
        clock: Arc<AtomicI64>,
        real: bool,
        port: u16,
    ) -> Self {
        let database = match database {
            Where::New if on_postgres() => Where::Cluster(laid_out().await),
            Where::New => Where::Folder,
            known => known,
        };
        let address = database.address();
        let clock_of_app = a_clock(Arc::clone(&clock), real);
        let app = App::open(data.path(), address.as_deref(), clock_of_app).await.expect("a database");
        let app = App { blobs: blobs.clone().unwrap_or_else(|| app.blobs.clone()), ..app };
        let mut app = app.begin().await.expect("ready to serve");
        // A test machine's disk may be nearly full; the guard has a test of its own.
        app.room_min = 0;
        // Hashing a dozen passwords took a third of a journey's time; what it costs in use has a test of its own.
        app.password_cost = server::auth::PasswordCost { memory_kib: 64, passes: 1 };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let new_build = Arc::new(AtomicBool::new(false));
        let broken_build = Arc::new(AtomicBool::new(false));
        let missing_file = Arc::new(AtomicBool::new(false));
        let builds = Builds {
            new: Arc::clone(&new_build),
            broken: Arc::clone(&broken_build),
            missing: Arc::clone(&missing_file),
        };
        let router =
            server::router(app.clone()).layer(axum::middleware::from_fn_with_state(builds, as_another_build));
        let server = tokio::spawn(async move {
            serving::serve(listener, None, router, Patience::default(), std::future::pending()).await;
        });
        let url = format!("http://localhost:{port}");
        Self {
            app,
            url,
            port,
            clock,
            data,
            database,
            blobs,
            server,
            units: Vec::new(),
            new_build,
            broken_build,
            missing_file,
        }
    }

    /// Ends the server as a power cut would and starts another on the same folder and port.
    pub async fn restart(self) -> Self {
        let (data, clock, port, units) =
            (Arc::clone(&self.data), Arc::clone(&self.clock), self.port, self.units.clone());
        let (database, blobs) = (self.database.clone(), self.blobs.clone());
        let real = clock.load(Ordering::Relaxed) == 0;
        drop(self);
        let mut world = Self::serve(data, database, blobs, clock, real, port).await;
        world.units = units;
        world
    }

    /// A copy of the data folder as it is.
    pub fn back_up(&self) -> TempDir {
        let copy = TempDir::new().expect("a folder");
        copy_folder(self.data.path(), copy.path());
        if let Where::Cluster(database) = &self.database {
            Cluster::shared().dump(database, &copy.path().join(DUMP));
        }
        copy
    }

    /// Stops the server, puts a copy of the folder back, and starts it again.
    pub async fn restore(self, copy: &TempDir) -> Self {
        self.server.abort();
        self.app.db.close().await;
        for entry in std::fs::read_dir(self.data.path()).expect("the folder").flatten() {
            let path = entry.path();
            let gone = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
            gone.expect("the folder is emptied");
        }
        copy_folder(copy.path(), self.data.path());
        if let Where::Cluster(database) = &self.database {
            Cluster::shared().load(database, &copy.path().join(DUMP));
        }
        self.restart().await
    }

    /// Runs a statement on the connection that writes.
    pub async fn on_the_writer(&self, sql: &'static str) {
        let mut db = self.app.db.write().await.expect("the writer");
        server::store::sql(sql).execute(&mut db).await.expect("a statement");
        db.commit().await.expect("a commit");
    }

    async fn set_up(&mut self) {
        let token = self.app.first_token().await.expect("a database").expect("the first start");
        let first = json!({
            "token": token,
            "sysadmin": {"login": "sysadmin", "name": "系统管理员", "password": PASSWORD},
            "office": {"login": "office", "name": "陈晓", "password": PASSWORD},
            "office_unit": "综合办公室",
        });
        Client::new(&self.url).post("/api/v1/first-accounts", &first).ok();
        let sysadmin = self.sign_in("sysadmin");
        for (name, kind) in
            [("人民参与和促进法治股", "section"), ("公共法律服务股", "section"), ("机关第一党支部", "branch")]
        {
            let unit = sysadmin.post("/api/v1/units", &json!({"name": name, "kind": kind})).ok();
            self.units.push(UnitId(id_of(&unit["id"])));
        }
        let accounts = [
            ("visitor", "王小明", "visitor", 0),
            ("visitor2", "刘芳", "visitor", 1),
            ("branch", "赵书记", "branch", 2),
            ("section", "孙股长", "section", 0),
            ("office2", "何静", "office", 0),
            ("approver", "郑主任", "approver", 0),
            ("leader", "李局长", "leader", 0),
        ];
        for (login, name, role, unit) in accounts {
            let form = json!({"login": login, "name": name, "role": role, "unit": self.units[unit]});
            self.add_account(&sysadmin, &form);
        }
        let campaign = json!({
            "name": "作风建设大走访", "starts_on": "2026-09-01", "ends_on": "2030-12-31", "phases": [],
            "notice": "我是县司法局的，想听听您对干部作风的意见，可以不留名；要录音先问您。",
        });
        self.sign_in("office").put("/api/v1/campaign", &campaign).ok();
    }

    fn add_account(&self, sysadmin: &Client, form: &Value) {
        let made = sysadmin.post("/api/v1/accounts", form).ok();
        let set = json!({"token": token_of(&made), "password": PASSWORD});
        Client::new(&self.url).post("/api/v1/invitation/password", &set).ok();
    }

    /// A signed-in client of a new account of one more role.
    pub fn with_account(&self, login: &str, role: &str) -> Client {
        self.with_account_in(login, role, &Value::Null)
    }

    /// The same in a unit.
    pub fn with_account_in(&self, login: &str, role: &str, unit: &Value) -> Client {
        let form = json!({"login": login, "name": login, "role": role, "unit": unit});
        self.add_account(&self.sign_in("sysadmin"), &form);
        self.sign_in(login)
    }

    /// A signed-in client.
    pub fn sign_in(&self, login: &str) -> Client {
        let client = Client::new(&self.url);
        client.post("/api/v1/session", &json!({"login": login, "password": PASSWORD})).ok();
        client
    }

    /// A phone of an account, which makes envelopes as the app does.
    pub fn phone(&self, login: &str) -> Phone {
        let client = self.sign_in(login);
        let session = client.get("/api/v1/session").ok();
        Phone {
            account: AccountId(id_of(&session["account"]["id"])),
            unit: UnitId(id_of(&session["account"]["unit"]["id"])),
            campaign: CampaignId(id_of(&session["campaign"]["id"])),
            client,
        }
    }

    /// The address of one more server in this process, on the same data, that asks more of whoever signs in.
    pub async fn under(&self, rules: server::auth::Rules) -> String {
        self.with_policy(server::policy::Policy { rules, ..self.app.policy }).await
    }

    /// The same, where clues stay off the network.
    pub async fn on_paper(&self) -> String {
        self.with_policy(server::policy::Policy { clues_on_paper: true, ..self.app.policy }).await
    }

    async fn with_policy(&self, policy: server::policy::Policy) -> String {
        self.serves_too(App { policy, ..self.app.clone() }).await
    }

    /// The same, where one signs in by a provider too, or alone.
    pub async fn by_provider(&self, issuer: &str, rules: server::auth::Rules) -> String {
        let provider = server::oidc::Provider::new(issuer, "zoufang", "a secret").expect("a provider");
        let policy = server::policy::Policy { rules, ..self.app.policy };
        self.serves_too(App { provider: Some(Arc::new(provider)), policy, ..self.app.clone() }).await
    }

    /// The same, where recordings are heard as by `app`.
    pub async fn with_speech(&self, app: &App) -> String {
        self.serves_too(App { speech: app.speech.clone(), ..self.app.clone() }).await
    }

    async fn serves_too(&self, app: App) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let router = server::router(app);
        tokio::spawn(serving::serve(listener, None, router, Patience::default(), std::future::pending()));
        format!("http://localhost:{port}")
    }

    /// A second person approves whatever was proposed to release.
    pub fn approve_all(&self) {
        let approver = self.sign_in("approver");
        for proposal in approver.get("/api/v1/proposals").ok().as_array().expect("proposals") {
            let path = format!("/api/v1/releases/{}/decision", id_of(&proposal["release"]["id"]));
            approver.post(&path, &json!({"do": "approve"})).ok();
        }
    }

    /// Moves the clock.
    pub fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn folder(&self) -> PathBuf {
        self.data.path().to_owned()
    }
}

/// Where a fixture lies (see `src/bin/fixture.rs`), and a copy of its data folder.
pub fn fixture(version: &str) -> (PathBuf, Arc<TempDir>) {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(version);
    let data = TempDir::new().expect("a folder");
    copy_folder(&fixture, data.path());
    for beside in ["phone.json", "made.json"] {
        // The first fixture has none of the second.
        let _ = std::fs::remove_file(data.path().join(beside));
    }
    // Git keeps no such modes, and a key that others may read is refused. The first fixtures have none.
    for key in std::fs::read_dir(data.path().join("keys")).into_iter().flatten().flatten() {
        let only_ours = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(key.path(), only_ours).expect("a key of our own");
    }
    (fixture, Arc::new(data))
}

/// Copies everything below one folder into another.
pub fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a real browser has a real clock, and the server must agree")]
pub fn a_clock(clock: Arc<AtomicI64>, real: bool) -> Clock {
    Clock {
        now: Arc::new(move || {
            if real {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                return i64::try_from(since.expect("after 1970").as_millis())
                    .expect("before the year 292 million");
            }
            clock.load(Ordering::Relaxed)
        }),
        random: Arc::new(random),
    }
}

/// What the site is made out to be.
#[derive(Clone)]
struct Builds {
    new: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
    missing: Arc<AtomicBool>,
}

/// The file that another build lists besides.
const ADDED: (&str, &str) = ("/added.txt", "added");

/// Gives the service worker another version's name, once the world says so.
async fn as_another_build(
    axum::extract::State(builds): axum::extract::State<Builds>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let new = builds.new.load(Ordering::Relaxed);
    if new && request.uri().path() == ADDED.0 {
        let missing = builds.missing.load(Ordering::Relaxed);
        let status = if missing { http::StatusCode::NOT_FOUND } else { http::StatusCode::OK };
        return axum::response::IntoResponse::into_response((status, ADDED.1));
    }
    let worker = new && request.uri().path() == "/sw.js";
    let mut request = request;
    if worker {
        request.headers_mut().remove("accept-encoding");
        request.headers_mut().remove("if-none-match");
    }
    let response = next.run(request).await;
    if !worker {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the worker");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    let text = text.replacen("const NAME = PREFIX + \"", "const NAME = PREFIX + \"next-", 1);
    let listed = format!(
        "const FILES = {{\n  \"{}\": \"{}\",",
        ADDED.0,
        domain::envelope::Hash::of(ADDED.1.as_bytes())
    );
    let text = text.replacen("const FILES = {", &listed, 1);
    let text = if builds.broken.load(Ordering::Relaxed) {
        // The first file's hash.
        text.replacen("\":\"", "\":\"00", 1).replacen("\": \"", "\": \"00", 1)
    } else {
        text
    };
    parts.headers.remove("content-length");
    parts.headers.remove("etag");
    axum::response::Response::from_parts(parts, text.into())
}

/// Does the same `n` times at once; answers what each came to.
pub fn at_once<T: Send>(n: usize, act: impl Fn() -> T + Sync) -> Vec<T> {
    let handle = tokio::runtime::Handle::current();
    let act = &act;
    std::thread::scope(|scope| {
        let acts: Vec<_> = (0..n)
            .map(|_| {
                let handle = handle.clone();
                scope.spawn(move || {
                    let _inside = handle.enter();
                    act()
                })
            })
            .collect();
        tokio::task::block_in_place(|| acts.into_iter().map(|it| it.join().expect("it ends")).collect())
    })
}

/// 32 random bytes.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}

/// A random id.
pub fn new_id() -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&random()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The token in the link of an invitation.
pub fn token_of(invitation: &Value) -> String {
    let (_, hash) = invitation["path"].as_str().expect("a link").split_once('#').expect("a hash");
    domain::invitation::parts(hash).expect("a whole link").0.to_owned()
}

/// The id that a JSON text holds.
pub fn id_of(value: &Value) -> Uuid {
    value.as_str().expect("an id").parse().expect("an id")
}

/// What a request was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The JSON of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text());
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Status and code of a problem.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().expect("a problem with a code").to_owned())
    }
}

/// Someone at a browser or a script.
pub struct Client {
    url: String,
    cookie: std::sync::Mutex<Option<String>>,
    agent: ureq::Agent,
}

/// The first event of a stream that has no end.
fn first_event(stream: impl std::io::Read) -> Vec<u8> {
    let mut read = Vec::new();
    for byte in std::io::Read::bytes(stream) {
        read.extend(byte);
        if read.ends_with(b"\n\n") {
            break;
        }
    }
    read
}

impl Client {
    pub fn new(url: &str) -> Self {
        // A connection each: the server may close one whose body it did not want to read to its end.
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
        // Where an answer leads is the journey's to look at.
        let agent = config.max_redirects(0).max_redirects_will_error(false).build().into();
        Self { url: url.to_owned(), cookie: std::sync::Mutex::default(), agent }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.json("PUT", path, body)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], Vec::new())
    }

    fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, &[("content-type", "application/json")], body.to_string().into_bytes())
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = self.cookie.lock().expect("a cookie jar").clone() {
            request = request.header("cookie", cookie);
        }
        let request = request.body(body).expect("a request");
        let answer = tokio::task::block_in_place(|| {
            let mut answer = self.agent.run(request).expect("the server answers");
            Answer {
                status: answer.status().as_u16(),
                headers: answer.headers().clone(),
                bytes: if answer.headers().get("content-type").is_some_and(|it| it == "text/event-stream") {
                    first_event(answer.body_mut().as_reader())
                } else {
                    answer.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap_or_default()
                },
            }
        });
        if let Some(set) = answer.headers.get("set-cookie").and_then(|it| it.to_str().ok()) {
            let pair = set.split(';').next().unwrap_or_default().to_owned();
            *self.cookie.lock().expect("a cookie jar") = Some(pair);
        }
        answer
    }

    /// An answer without end, to be read on.
    pub fn stream(&self, path: &str) -> impl std::io::Read + use<> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("cookie", self.cookie());
        let answer = tokio::task::block_in_place(|| request.call().expect("the server answers"));
        answer.into_body().into_reader()
    }

    /// The session token, for a browser to use.
    pub fn cookie(&self) -> String {
        self.cookie.lock().expect("a cookie jar").clone().expect("signed in")
    }
}

/// What a visitor's phone does, without the browser.
pub struct Phone {
    pub client: Client,
    pub account: AccountId,
    pub unit: UnitId,
    pub campaign: CampaignId,
}

impl Phone {
    /// A draft of a visit in which each of `words` was said.
    pub fn draft(&self, words: &[&str]) -> Draft {
        let beginning = Beginning {
            id: RecordId(new_id()),
            campaign: self.campaign,
            unit: self.unit,
            account: self.account,
            name: "王小明".to_owned(),
            respondent_kind: RespondentKind::Household,
            place: "李家坳村".to_owned(),
            identity: Some((
                RecordId(new_id()),
                Identity { name: "李桂兰".to_owned(), ..Identity::default() },
            )),
            entered: Entered::OnTheSpot,
        };
        let mut draft = Draft::begin(beginning, NOW - 3_600_000);
        draft.visit.value.consent.given = Given::Spoken;
        for words in words {
            let index = draft.add_statement(RecordId(new_id()), Kind::Problem, NOW);
            (*words).clone_into(&mut draft.statements[index].value.words);
        }
        draft
    }

    /// Freezes what changed and answers its envelopes.
    pub fn freeze(draft: &mut Draft) -> Vec<Vec<u8>> {
        draft.freeze(NOW).into_iter().map(|it| it.envelope).collect()
    }

    /// Pushes envelopes.
    pub fn push(&self, envelopes: &[Vec<u8>]) -> Answer {
        let envelopes: Vec<String> = envelopes.iter().map(|it| STANDARD.encode(it)).collect();
        self.client.post("/api/v1/records/batch", &json!({ "envelopes": envelopes }))
    }

    /// Pushes envelopes and reads their receipts.
    #[track_caller]
    pub fn receipts(&self, envelopes: &[Vec<u8>]) -> Vec<Receipt> {
        self.answer(envelopes).receipts
    }

    /// Pushes envelopes and reads the whole answer.
    #[track_caller]
    pub fn answer(&self, envelopes: &[Vec<u8>]) -> Receipts {
        serde_json::from_value(self.push(envelopes).ok()).expect("receipts")
    }

    /// A visit that was sent.
    #[track_caller]
    pub fn sent(&self, words: &[&str]) -> Draft {
        let mut draft = self.draft(words);
        self.receipts(&Self::freeze(&mut draft));
        draft
    }

    /// Uploads bytes as the app does; answers the last answer.
    pub fn upload(&self, id: RecordId, bytes: &[u8]) -> Answer {
        self.begin_upload(id, bytes).ok();
        self.part(id, 0, bytes)
    }

    /// How much of an upload the server says it has.
    #[track_caller]
    pub fn reached(&self, id: RecordId) -> u64 {
        let head = self.client.send(
            "HEAD",
            &format!("/api/v1/uploads/{id}"),
            &[("tus-resumable", "1.0.0")],
            Vec::new(),
        );
        head.headers["upload-offset"].to_str().expect("a number").parse().expect("a number")
    }

    /// Announces an upload.
    pub fn begin_upload(&self, id: RecordId, bytes: &[u8]) -> Answer {
        let hash = domain::envelope::Hash::of(bytes);
        let metadata =
            format!("id {},sha256 {}", STANDARD.encode(id.to_string()), STANDARD.encode(hash.to_string()));
        let length = bytes.len().to_string();
        let headers =
            [("tus-resumable", "1.0.0"), ("upload-length", &*length), ("upload-metadata", &*metadata)];
        self.client.send("POST", "/api/v1/uploads", &headers, Vec::new())
    }

    /// Sends one part of an upload.
    pub fn part(&self, id: RecordId, offset: usize, bytes: &[u8]) -> Answer {
        let offset = offset.to_string();
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("content-type", "application/offset+octet-stream"),
            ("upload-offset", &*offset),
        ];
        self.client.send("PATCH", &format!("/api/v1/uploads/{id}"), &headers, bytes.to_vec())
    }
}

/// `zoufang backup`, beside the running server.
pub async fn backup(world: &World, words: &[&str]) {
    use clap::Parser;
    let folder = world.folder();
    let words = ["zoufang", "backup"].iter().chain(words).chain(&["--data"]).map(std::ffi::OsStr::new);
    let address = world.database.address().unwrap_or_default();
    let whereabouts = [folder.as_os_str(), "--database".as_ref(), address.as_ref()];
    let cli = server::cli::Cli::parse_from(words.chain(whereabouts));
    server::cli::run(cli, world.app.clock.clone()).await.expect("a backup noted");
}

/// All that is here counts as backed up from now on.
pub async fn confirm_backup(world: &World) {
    backup(world, &["confirm", "--up-to", "now"]).await;
}
