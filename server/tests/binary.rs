//! The real binary: what its commands print, how they end, and what a kill leaves.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a panic is how a test fails")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use axum::{body::Body, http::Request};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    draft::{Beginning, Draft},
    id::RecordId,
    respondent::RespondentKind,
    session::Session,
    statement::Kind,
    sync::{Receipt, ReceiptState, Receipts},
    visit::{Entered, Given},
};
use serde_json::{Value, json};
use server::{App, Clock};
use tempfile::TempDir;
use tower::ServiceExt;

const NOW: i64 = 1_795_399_200_000;

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// A data folder with its first accounts, made as the first link makes them.
fn folder() -> TempDir {
    let data = TempDir::new().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clock = Clock { now: Arc::new(|| NOW), random: Arc::new(random) };
        let app = App::open(data.path(), None, clock).await.unwrap();
        let first = json!({
            "token": app.first_token().await.unwrap(), "office_unit": "综合办公室",
            "sysadmin": {"login": "sysadmin", "name": "甲", "password": "long enough 1"},
            "office": {"login": "office", "name": "乙", "password": "long enough 1"},
        });
        let router = server::router(app.clone());
        let post = |path: &str, cookie: &str, body: &Value| {
            let request = Request::post(path).header("content-type", "application/json");
            let request = request.header("cookie", cookie).body(Body::from(body.to_string())).unwrap();
            router.clone().oneshot(request)
        };
        assert_eq!(post("/api/v1/first-accounts", "", &first).await.unwrap().status(), 204);
        let office = json!({"login": "office", "password": "long enough 1"});
        let signed_in = post("/api/v1/session", "", &office).await.unwrap();
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().to_owned();
        let campaign = json!({"name": "大走访", "starts_on": "2026-09-01", "ends_on": "2030-12-31",
            "phases": [], "notice": "说明"});
        let put = Request::put("/api/v1/campaign").header("content-type", "application/json");
        let put = put.header("cookie", cookie).body(Body::from(campaign.to_string())).unwrap();
        assert!(router.oneshot(put).await.unwrap().status().is_success());
        app.db.close().await;
    });
    data
}

fn zoufang(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoufang"));
    command.args(arguments).env("ZOUFANG_DATA", data).stdin(Stdio::null());
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    zoufang(data, arguments).output().unwrap()
}

fn run_with(data: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = zoufang(data, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments does not read to the end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn wrong_arguments_and_missing_data_are_told_apart() {
    let empty = TempDir::new().unwrap();
    for arguments in
        [&["nothing"][..], &[], &["export", "everything"], &["user", "add", "x"], &["serve", "--listen", "x"]]
    {
        let output = run(empty.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(said(&output).contains("Usage") || said(&output).contains("error"), "{}", said(&output));
    }
    for arguments in [&["check"][..], &["export", "visits"], &["user", "token", "office"]] {
        let output = run(empty.path(), arguments);
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(said(&output).starts_with("zoufang: there is no Zoufang data in"), "{}", said(&output));
    }
}

#[test]
fn a_server_that_cannot_encrypt_as_it_is_told_does_not_start() {
    let folder = folder();
    let (certificate, key) = (folder.path().join("a.pem"), folder.path().join("a.key"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let serve = ["serve", "--listen", "127.0.0.1:0", "--room-min-mib", "0"];
    for (arguments, words) in [
        (&["--tls-certificate", certificate, "--tls-key", key][..], "cannot read"),
        (&["--tls-certificate", certificate], "tls_certificate and tls_key belong together"),
        (&["--tls-certificate", certificate, "--tls-key", key, "--acme-domain", "a.example"], "not both"),
        (&["--redirect-listen", "127.0.0.1:0"], "redirect_listen leads to encrypted lines"),
        (&["--acme-domain", "a.example", "--acme-root", certificate], "a.pem"),
    ] {
        let output = run(folder.path(), &[&serve, arguments].concat());
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}

#[test]
fn categorize_prints_one_object_a_line() {
    let empty = TempDir::new().unwrap();
    let output = run_with(empty.path(), &["categorize"], "办事跑了三趟都没办成\n\n窗口态度很好\n".as_bytes());
    assert_eq!(code(&output), 0, "{}", said(&output));
    let lines: Vec<Value> = out(&output).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert!(line["kind"]["value"].is_string() && line["kind"]["confidence"].is_number());
        for suggestion in line["suggestions"].as_array().unwrap() {
            assert!(suggestion["code"].is_string() && suggestion["confidence"].is_number());
            assert!(suggestion["evidence"].as_array().unwrap().iter().all(Value::is_string));
        }
        assert_eq!(line.as_object().unwrap().len(), 2);
    }
    assert!(!lines[0]["suggestions"].as_array().unwrap().is_empty());
    assert_eq!(lines[2]["kind"]["value"], "praise");
    let broken = run_with(empty.path(), &["categorize"], b"\xff\n");
    assert_eq!(code(&broken), 1);
    assert!(said(&broken).starts_with("zoufang: line 1 is not UTF-8"), "{}", said(&broken));
}

#[test]
fn accounts_are_kept_by_the_rules_of_the_screen() {
    let data = folder();
    let add = |arguments: &[&str]| run(data.path(), &[&["user", "add"], arguments].concat());
    let wang = ["wang", "--name", "王小明", "--role", "visitor"];
    assert!(said(&add(&wang)).contains("this role needs a unit"));
    let wang = [&wang[..], &["--unit", "综合办公室", "--site", "https://zf.example.cn/"]].concat();
    let link = out(&add(&wang));
    assert!(link.starts_with("https://zf.example.cn/welcome#") && link.trim().len() > 100, "{link}");
    assert!(said(&add(&wang)).contains("is taken"));
    let again = out(&run(data.path(), &["user", "reset", "wang"]));
    assert!(again.starts_with("http://localhost:8080/welcome#"), "{again}");
    let token = run(data.path(), &["user", "token", "wang"]);
    assert!(out(&token).trim().len() > 40, "{}", said(&token));
    assert_eq!(code(&run(data.path(), &["user", "end-sessions", "wang"])), 0);
    let none = run(data.path(), &["user", "reset-second-factor", "wang"]);
    assert_eq!((code(&none), said(&none)), (1, "zoufang: wang has no second factor\n".to_owned()));
    assert_eq!(code(&add(&["li", "--name", "李四", "--role", "auditor"])), 0);
    let second = add(&["li2", "--name", "李四", "--role", "secadmin"]);
    assert!(said(&second).contains("one role of sysadmin, secadmin and auditor"), "{}", said(&second));
    assert_eq!(code(&run(data.path(), &["user", "disable", "wang"])), 0);
    let unknown = run(data.path(), &["user", "disable", "nobody"]);
    assert_eq!((code(&unknown), said(&unknown)), (1, "zoufang: there is no account nobody\n".to_owned()));
}

#[test]
fn a_list_of_bad_rows_is_a_failure_that_says_why() {
    let data = folder();
    let file = data.path().join("list.csv");
    std::fs::write(&file, "姓名,村,类别\n李桂兰,李家坳村,贵宾\n,李家坳村,脱贫户\n").unwrap();
    let import = ["import", "respondents", file.to_str().unwrap()];
    let bad = run(data.path(), &import);
    assert_eq!(code(&bad), 1);
    assert!(out(&bad).contains("line 3 column 0: neither a name nor an organisation"), "{}", out(&bad));
    assert!(said(&bad).contains("no row of"));
    std::fs::write(&file, "姓名,村,类别\n李桂兰,李家坳村,脱贫户\n").unwrap();
    assert_eq!(code(&run(data.path(), &import)), 0);
    assert!(out(&run(data.path(), &import)).starts_with("0 taken, 1 known already"));
    assert_eq!(code(&run(data.path(), &["import", "respondents", "/nowhere"])), 1);
}

/// A server of its own process; killed when dropped.
struct Server {
    child: Child,
    port: u16,
    announced: String,
}

impl Server {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = zoufang(data, &all).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut announced = String::new();
        while reader.read_line(&mut announced).unwrap() > 0 {
            // The last line of each announcement.
            if announced.contains("sign in with your account") && !arguments.contains(&"--demo")
                || announced.contains("no demo was put in")
            {
                break;
            }
        }
        let port = announced.split("localhost:").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        Self { child, port, announced }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str, token: &str) -> T {
        let answer = ureq::get(format!("http://localhost:{}{path}", self.port))
            .header("authorization", format!("Bearer {token}"))
            .call()
            .unwrap();
        serde_json::from_reader(answer.into_body().into_reader()).unwrap()
    }

    fn push(&self, token: &str, envelopes: &[Vec<u8>]) -> Vec<Receipt> {
        let answer = ureq::post(format!("http://localhost:{}/api/v1/records/batch", self.port))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .send(&body(envelopes))
            .unwrap();
        let receipts: Receipts = serde_json::from_reader(answer.into_body().into_reader()).unwrap();
        receipts.receipts
    }

    /// Sends a push and does not wait for its answer.
    fn push_and_leave(&self, token: &str, envelopes: &[Vec<u8>]) -> TcpStream {
        let body = body(envelopes);
        let head = format!(
            "POST /api/v1/records/batch HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn body(envelopes: &[Vec<u8>]) -> String {
    let envelopes: Vec<String> = envelopes.iter().map(|it| STANDARD.encode(it)).collect();
    json!({ "envelopes": envelopes }).to_string()
}

fn visit(session: &Session, words: &str) -> Vec<Vec<u8>> {
    let new_id =
        || RecordId(uuid::Builder::from_random_bytes(random()[..16].try_into().unwrap()).into_uuid());
    let beginning = Beginning {
        id: new_id(),
        campaign: session.campaign.as_ref().unwrap().id,
        unit: session.account.unit.as_ref().unwrap().id,
        account: session.account.id,
        name: session.account.name.clone(),
        respondent_kind: RespondentKind::Other,
        place: String::new(),
        identity: None,
        entered: Entered::OnTheSpot,
    };
    let mut draft = Draft::begin(beginning, NOW);
    draft.visit.value.consent.given = Given::Spoken;
    let index = draft.add_statement(new_id(), Kind::Problem, NOW);
    words.clone_into(&mut draft.statements[index].value.words);
    draft.freeze(NOW).into_iter().map(|it| it.envelope).collect()
}

#[test]
fn what_was_acknowledged_outlives_a_kill_and_what_was_not_is_taken_again() {
    let data = folder();
    let token = out(&run(data.path(), &["user", "token", "office"])).trim().to_owned();
    let mut server = Server::start(data.path(), &[]);
    let session: Session = server.get("/api/v1/session", &token);
    let mut acknowledged: Vec<(Vec<Vec<u8>>, Vec<Receipt>)> = Vec::new();
    for round in 0..4 {
        let envelopes = visit(&session, &format!("第{round}次停电以前"));
        acknowledged.push((envelopes.clone(), server.push(&token, &envelopes)));
        let unanswered = visit(&session, &format!("第{round}次停电之中"));
        let mut line = server.push_and_leave(&token, &unanswered);
        if round % 2 == 0 {
            // The first byte of an answer has come, and no more of it is read.
            line.read_exact(&mut [0]).unwrap();
        }
        server.kill();
        server = Server::start(data.path(), &[]);
        for (envelopes, receipts) in &acknowledged {
            assert_eq!(server.push(&token, envelopes), *receipts);
        }
        assert!(server.push(&token, &unanswered).iter().all(|it| it.state == ReceiptState::Stored));
    }
    let check = run(data.path(), &["check"]);
    let told = "16 revisions, 0 attachments, 0 sealed clues\n";
    assert_eq!((code(&check), &*out(&check)), (0, told), "{}", said(&check));
}

#[test]
fn a_second_server_refuses_the_folder_and_the_tools_go_on() {
    let data = folder();
    let server = Server::start(data.path(), &["--demo"]);
    // The folder holds data of its own: nobody is told of accounts that are not there.
    assert!(!server.announced.contains("zoufang-demo"), "{}", server.announced);
    let second = run(data.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code(&second), 1);
    assert!(said(&second).contains("another Zoufang is using"), "{}", said(&second));
    assert_eq!(code(&run(data.path(), &["user", "token", "office"])), 0);
    assert_eq!(code(&run(data.path(), &["check"])), 0);
}

#[test]
fn exports_and_damage_are_said_by_text_and_exit_code() {
    use std::os::unix::fs::PermissionsExt;
    let data = folder();
    let token = out(&run(data.path(), &["user", "token", "office"])).trim().to_owned();
    std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = Server::start(data.path(), &[]);
    let session: Session = server.get("/api/v1/session", &token);
    server.push(&token, &visit(&session, "办事跑了三趟"));
    server.kill();
    let file = data.path().join("out.csv");
    let export = run(data.path(), &["export", "statements", "--out", file.to_str().unwrap()]);
    assert_eq!(code(&export), 0, "{}", said(&export));
    assert!(std::fs::read_to_string(&file).unwrap().contains("办事跑了三趟"));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(data.path()) & 0o007), (0o600, 0));
    let nameless = run(data.path(), &["export", "issues", "--identities", "回访"]);
    assert_eq!(code(&nameless), 1);
    assert!(said(&nameless).contains("only visits"));
    assert_eq!(code(&run(data.path(), &["export", "visits", "--from", "yesterday"])), 1);

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clock = Clock { now: Arc::new(|| NOW), random: Arc::new(random) };
        let app = App::open(data.path(), None, clock).await.unwrap();
        let mut db = app.db.write().await.unwrap();
        let damage = "update revision set sealed = x'00' where sequence = 1";
        server::store::sql(damage).execute(&mut db).await.unwrap();
        db.commit().await.unwrap();
        app.db.close().await;
    });
    let check = run(data.path(), &["check"]);
    assert_eq!(code(&check), 3);
    assert!(out(&check).starts_with("revision 1 does not have its hash\n"), "{}", out(&check));
}

#[test]
fn a_restore_drill_brings_back_records_and_key() {
    let (data, safe) = (folder(), TempDir::new().unwrap());
    let key = age::x25519::Identity::generate();
    let recipient = key.to_public().to_string();
    let identity = safe.path().join("identity");
    std::fs::write(&identity, age::secrecy::ExposeSecret::expose_secret(&key.to_string())).unwrap();
    let path = |name: &str| safe.path().join(name).display().to_string();
    let (file, keys, identity) = (path("backup"), path("keys"), identity.display().to_string());
    let made = run(data.path(), &["backup", "make", "--to", &file, "--recipient", &recipient]);
    assert!(made.status.success(), "{made:?}");
    assert!(run(data.path(), &["backup", "keys", "--to", &keys, "--recipient", &recipient]).status.success());
    let restored = TempDir::new().unwrap();
    let restore = ["restore", &file, "--identity", &identity, "--keys", &keys];
    let first = run(restored.path(), &restore);
    assert!(first.status.success(), "{first:?}");
    let key_of = |data: &std::path::Path| std::fs::read(data.join("keys/receipt.ed25519")).unwrap();
    assert_eq!(key_of(restored.path()), key_of(data.path()));
    // Its epoch is another, and the one that phones know is past.
    let told = |data: &Path, key: &str| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clock = Clock { now: Arc::new(|| NOW), random: Arc::new(random) };
            let app = App::open(data, None, clock).await.unwrap();
            let query = server::store::sql("select value from meta where key = $1").bind(key);
            let row = query.fetch_one(&mut app.db.read().await.unwrap()).await.unwrap();
            app.db.close().await;
            row.get::<String>(0)
        })
    };
    assert_eq!(told(restored.path(), "past_epochs"), told(data.path(), "epoch"));
    assert_ne!(told(restored.path(), "epoch"), told(data.path(), "epoch"));
    // Never over what is there.
    let second = run(restored.path(), &restore);
    assert!(!second.status.success() && String::from_utf8_lossy(&second.stderr).contains("new folder"));
    assert!(run(restored.path(), &["check"]).status.success());
}
