//! The door for ODK Collect, asked as the protocol's documentation writes it (docs.getodk.org/openrosa): forms out, records in.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{envelope::Hash, role::Role};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::{
    questionnaires::{csv, publish, take},
    world::{Answer, Client, World, id_of, on_postgres},
};

const SURVEY: &str = "start,start,,,,
    end,end,,,,
    deviceid,deviceid,,,,
    integer,people,家里几口人,,,yes
    text,why,为什么,${people} = 0,,
    calculate,twice,,,${people} * 2,
    select_multiple l,needs,需要什么,,,
    image,slip,书面意见,,,
    begin_repeat,person,家里人,,,
    text,called,怎么称呼,,,
    end_repeat,,,,,";
const CANARY: &str = "金丝雀从门里来";
pub const JPEG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF a written slip";

/// A phone with Collect.
pub struct Collect {
    client: Client,
    pub login: String,
    pub password: String,
}

impl Collect {
    /// For an account that the office made a password for.
    pub fn of(world: &World, office: &Client, login: &str) -> Self {
        let made = make_password(office, login).ok();
        assert_eq!(made["login"], login);
        assert_eq!(made["address"], format!("{}/openrosa", world.url));
        Self {
            client: Client::new(&world.url),
            login: login.to_owned(),
            password: made["password"].as_str().unwrap().to_owned(),
        }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", self.login, self.password)));
        let mut all = vec![("authorization", basic.as_str()), ("x-openrosa-version", "1.0")];
        all.extend(headers);
        self.client.send(method, path, &all, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new())
    }

    /// Sends a record with files, by name.
    pub fn submit(&self, xml: &str, files: &[(&str, &[u8])]) -> Answer {
        self.submit_parts(&parts(xml.as_bytes(), files, false))
    }

    fn submit_parts(&self, body: &[u8]) -> Answer {
        let headers = [("content-type", "multipart/form-data; boundary=----7d1")];
        self.send("POST", "/openrosa/submission?deviceID=collect%3Ax", &headers, body.to_vec())
    }
}

fn make_password(office: &Client, login: &str) -> Answer {
    let door = office.get("/api/v1/openrosa").ok();
    let accounts = door["accounts"].as_array().unwrap();
    let account = accounts.iter().find(|it| it["login"] == login).unwrap();
    office.post("/api/v1/openrosa/passwords", &json!({"account": account["id"]}))
}

pub fn open(office: &Client, open: bool) {
    assert_eq!(office.put("/api/v1/openrosa", &json!({"open": open})).status, 204);
}

/// A body as Collect writes it: the record first, each file under its own name.
fn parts(xml: &[u8], files: &[(&str, &[u8])], more_follows: bool) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |name: &str, file: &str, kind: &str, bytes: &[u8]| {
        let head = format!(
            "------7d1\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    };
    part("xml_submission_file", "入户问卷_2026-11-23.xml", "text/xml", xml);
    for (name, bytes) in files {
        part(name, name, "application/octet-stream", bytes);
    }
    if more_follows {
        part("*isIncomplete*", "", "text/plain", b"yes");
    }
    body.extend(b"------7d1--\r\n");
    body
}

/// What stands between the tags of a name, each.
pub fn said<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|it| Some(it.split_once(&close)?.0)).collect()
}

/// The path of an address that was handed out.
fn path_of<'a>(world: &World, url: &'a str) -> &'a str {
    url.strip_prefix(world.url.as_str()).unwrap()
}

#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, words: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.headers["content-type"], "text/xml; charset=utf-8");
    assert_eq!(answer.headers["x-openrosa-version"], "1.0");
    assert!(text.contains("nature=\"submit_error\"") && text.contains(words), "{text}");
}

/// A world with the door open, its office, a published form and its label at the door.
pub async fn at_the_door() -> (World, Client, Collect, String) {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", SURVEY, &["water", "road"])).ok();
    publish(&office, "household");
    open(&office, true);
    let collect = Collect::of(&world, &office, "visitor");
    let list = collect.get("/openrosa/formList").text();
    let label = said(&list, "version")[0].to_owned();
    (world, office, collect, label)
}

/// A record as Collect writes it.
pub fn record(label: &str, instance: &str, people: &str, twice: &str) -> String {
    format!(
        "<?xml version='1.0' ?><data id=\"household\" version=\"{label}\" \
         xmlns:orx=\"http://openrosa.org/xforms\"><start>2026-11-23T09:30:00.250+08:00</start>\
         <end>2026-11-23T09:40:00.000+08:00</end><deviceid>collect:x</deviceid><people>{people}</people>\
         <twice>{twice}</twice><needs>water road</needs><slip>1700000000000.jpg</slip>\
         <person><called>{CANARY}</called></person><person><called/></person>\
         <orx:meta><orx:instanceID>uuid:{instance}</orx:instanceID></orx:meta></data>"
    )
}

pub async fn only_visit(world: &World, office: &Client) -> Value {
    server::checking::check_waiting(&world.app).await.unwrap();
    let page = office.get("/api/v1/visits").ok();
    assert_eq!(page["total_n"], 1, "{page}");
    office.get(&format!("/api/v1/visits/{}", page["visits"][0]["id"].as_str().unwrap())).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_stand_at_the_door_with_their_files_and_are_recognised() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let survey = "select_one_from_file 村 名.csv,village,哪个村,,,";
    let survey = survey.replace("村 名", "村名");
    take(&office, &csv("household", &survey, &[])).ok();
    let rows = "name,label\nlijia,\"李家,坳村\"\n";
    let csv_type = [("content-type", "text/csv")];
    let path = "/api/v1/questionnaires/household/files/%E6%9D%91%E5%90%8D.csv";
    office.send("PUT", path, &csv_type, rows.as_bytes().to_vec()).ok();
    publish(&office, "household");
    take(&office, &csv("plain", "text,why,为什么,,,", &[])).ok();
    publish(&office, "plain");
    open(&office, true);
    let collect = Collect::of(&world, &office, "visitor");
    let answer = collect.get("/openrosa/formList");
    assert_eq!((answer.status, &answer.headers["x-openrosa-version"]), (200, &"1.0".parse().unwrap()));
    assert!(answer.headers.contains_key("date"));
    let list = answer.text();
    assert_eq!(said(&list, "formID"), ["household", "plain"]);
    assert_eq!(said(&list, "name"), ["入户问卷", "入户问卷"]);
    assert_eq!(said(&list, "manifestUrl").len(), 1, "only where there are files");
    let form = collect.get(path_of(&world, said(&list, "downloadUrl")[0]));
    let md5 = |bytes: &[u8]| format!("md5:{}", hex::encode(Md5::digest(bytes)));
    assert_eq!(said(&list, "hash")[0], md5(&form.bytes));
    let label = said(&list, "version")[0];
    assert!(form.text().contains(&format!("id=\"household\" version=\"{label}\"")), "{}", form.text());
    let manifest = collect.get(path_of(&world, said(&list, "manifestUrl")[0])).text();
    assert_eq!(said(&manifest, "filename"), ["村名.csv"]);
    let file = collect.get(path_of(&world, said(&manifest, "downloadUrl")[0]));
    assert_eq!(file.text(), rows);
    assert_eq!(said(&manifest, "hash")[0], md5(&file.bytes));
    let one = collect.get("/openrosa/formList?formID=plain").text();
    assert_eq!(said(&one, "formID"), ["plain"]);
    office.put("/api/v1/questionnaires/plain/offering", &json!({"closed": true})).ok();
    assert_eq!(
        said(&collect.get("/openrosa/formList").text(), "formID"),
        ["household"],
        "closed is not listed"
    );
    for nothing in ["/openrosa/forms/x", "/openrosa/forms/00/manifest"] {
        assert_refused(&collect.get(nothing), 404, "没有这份问卷");
    }
    let hash = Hash::of(b"nothing");
    assert_refused(&collect.get(&format!("/openrosa/forms/{hash}")), 404, "没有这份问卷");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_becomes_a_visit_with_its_answers_and_files_once() {
    let (world, office, collect, label) = at_the_door().await;
    let may = collect.send("HEAD", "/openrosa/submission", &[], Vec::new());
    assert_eq!(may.status, 204);
    assert_eq!(may.headers["location"], format!("{}/openrosa/submission", world.url).as_str());
    let length = may.headers["x-openrosa-accept-content-length"].to_str().unwrap().parse::<usize>().unwrap();
    assert_eq!(length, server::openrosa::SUBMISSION_BYTES_MAX);
    let xml = record(&label, "1", "3", "7");
    let answer = collect.submit(&xml, &[("1700000000000.jpg", JPEG), ("audit.csv", b"event,node\n")]);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.text().contains("http://openrosa.org/http/response"), "{}", answer.text());
    assert!(answer.text().contains("已收到"), "{}", answer.text());
    let visit = only_visit(&world, &office).await;
    let line = &visit["line"];
    assert_eq!((&line["complete"], &line["respondent_kind"]), (&json!(true), &json!("household")));
    assert_eq!((&line["visitors"], &line["day"]), (&json!(["王小明"]), &json!("2026-11-23")));
    assert_eq!(line["attachments_n"], 3, "the slip, the audit log, and the record as it came");
    let answered = &visit["answered"][0];
    assert_eq!(
        (&answered["version"], &answered["finished"], &answered["checked"]),
        (&json!(1), &json!(true), &json!(true))
    );
    assert_eq!(answered["flags"], json!([{"path": "/data/twice", "kind": "different"}]));
    let lines: Vec<_> =
        answered["lines"].as_array().unwrap().iter().map(|it| (&it["label"], &it["answer"])).collect();
    for (label, answer) in [("需要什么", "WATER；ROAD"), ("怎么称呼", CANARY), ("家里几口人", "3")]
    {
        assert!(lines.contains(&(&json!(label), &json!(answer))), "{lines:?}");
    }
    let slip = answered["lines"].as_array().unwrap().iter().find(|it| it["label"] == "书面意见").unwrap();
    let named = |it: &&Value| it["id"] == slip["attachment"] && it["kind"] == "photo";
    assert_eq!(
        visit["attachments"].as_array().unwrap().iter().filter(named).count(),
        1,
        "it answers its question"
    );
    // Nothing of it is lost: the very bytes are among the visit's attachments.
    let reason = "?reason=%E6%A0%B8%E5%AF%B9%E5%8E%9F%E4%BB%B6";
    let originals: Vec<Vec<u8>> = visit["attachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| office.get(&format!("/api/v1/attachments/{}{reason}", it["id"].as_str().unwrap())).bytes)
        .collect();
    assert!(originals.contains(&xml.as_bytes().to_vec()), "as it came");
    // The same once more is the same; another under its name is not.
    assert_eq!(collect.submit(&xml, &[("1700000000000.jpg", JPEG)]).status, 201);
    assert_refused(&collect.submit(&record(&label, "1", "4", "8"), &[]), 409, "内容和这次的不一样");
    assert_refused(&collect.submit(&xml, &[("1700000000000.jpg", b"other")]), 409, "内容和这次的不一样");
    let other = Collect::of(&world, &office, "visitor2");
    assert_refused(&other.submit(&xml, &[]), 409, "另一个账号");
    let after = only_visit(&world, &office).await;
    assert_eq!(after["revisions"], visit["revisions"]);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
    let acts = world.with_account("auditor", "auditor").get("/api/v1/audit").text();
    for act in ["open_collect", "make_collect_password", "submit_by_collect"] {
        assert!(acts.contains(act), "{act} is on record");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_may_come_one_after_the_other() {
    let (world, office, collect, label) = at_the_door().await;
    let xml = record(&label, "2", "3", "6");
    let first = collect.submit_parts(&parts(xml.as_bytes(), &[], true));
    assert_eq!(first.status, 201, "{}", first.text());
    assert!(first.text().contains("请接着送"));
    let visit = only_visit(&world, &office).await;
    assert_eq!(visit["line"]["complete"], false, "its slip is not here yet");
    // A month between them changes nothing.
    world.later(30 * 24 * 60 * 60 * 1_000);
    assert_eq!(collect.submit(&xml, &[("1700000000000.jpg", JPEG)]).status, 201);
    let visit = only_visit(&world, &world.sign_in("office")).await;
    assert_eq!((&visit["line"]["complete"], &visit["line"]["forked"]), (&json!(true), &json!(false)));
    assert_eq!(visit["answered"][0]["flags"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_and_closed_forms_still_arrive_and_unknown_ones_do_not() {
    let (world, office, collect, label) = at_the_door().await;
    take(&office, &csv("household", "integer,people,几口人,,,", &[])).ok();
    publish(&office, "household");
    office.put("/api/v1/questionnaires/household/offering", &json!({"closed": true})).ok();
    let kept = collect.submit(&record(&label, "3", "0", "0"), &[("1700000000000.jpg", JPEG)]);
    assert_eq!(kept.status, 201, "{}", kept.text());
    assert_eq!(only_visit(&world, &office).await["answered"][0]["version"], 1);
    for strange in ["", "2026112701", "9-000000000000", "1-000000000000"] {
        assert_refused(&collect.submit(&record(strange, "4", "1", "2"), &[]), 404, "这个版本");
    }
    let other = record(&label, "5", "1", "2").replace("id=\"household\"", "id=\"nothing\"");
    assert_refused(&collect.submit(&other, &[]), 404, "没有这份问卷");
    assert_eq!(office.get("/api/v1/visits").ok()["total_n"], 1, "nothing of those");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_record_is_refused_in_words() {
    let (_world, office, collect, label) = at_the_door().await;
    let good = record(&label, "6", "1", "2");
    let bomb = format!("<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>{}", &good[22..]);
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    for (xml, status, words) in [
        (bomb.as_str(), 400, "不是可以读的 XML"),
        (&deep, 400, "不是可以读的 XML"),
        ("no XML", 400, "不是可以读的 XML"),
        (&good.replace("<data ", "<data encrypted=\"yes\" "), 422, "加密"),
        (&good.replace("uuid:6", ""), 422, "instanceID"),
        (&good.replace("<twice>2</twice>", "<twice>2</twice><twice>3</twice>"), 422, "/data/twice"),
        (&good.replace("1700000000000.jpg", "../../etc/passwd"), 400, "文件名"),
        (&good.replace("<people>", &format!("<people>{}", "9".repeat(1024 * 1024))), 413, "太大"),
        (&good.replace("<people>", &format!("<people>{}", "9".repeat(600 * 1024))), 413, "太大"),
        ("", 400, "xml_submission_file"),
    ] {
        assert_refused(&collect.submit(xml, &[]), status, words);
    }
    assert_refused(&collect.submit(&good, &[("..", b"x")]), 400, "文件名");
    assert_refused(&collect.submit(&good, &[("a/b.jpg", b"x")]), 400, "文件名");
    let giant = vec![0; server::openrosa::SUBMISSION_BYTES_MAX];
    assert_refused(&collect.submit(&good, &[("film.mp4", &giant)]), 413, "太大");
    let twice = [parts(good.as_bytes(), &[], false), parts(good.as_bytes(), &[], false)].concat();
    let twice = String::from_utf8(twice).unwrap().replacen("------7d1--\r\n", "", 1).into_bytes();
    assert_refused(&collect.submit_parts(&twice), 400, "不止一份");
    let cut = parts(good.as_bytes(), &[("a.jpg", JPEG)], false);
    assert_refused(&collect.submit_parts(&cut[..cut.len() - 40]), 400, "不完整");
    let json = [("content-type", "application/json")];
    assert_refused(&collect.send("POST", "/openrosa/submission", &json, b"{}".to_vec()), 415, "不完整");
    assert_eq!(office.get("/api/v1/visits").ok()["total_n"], 0);
    assert_eq!(office.get("/api/v1/parked").ok()["total_n"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_password_for_the_door_opens_it_and_only_while_it_is_open() {
    let (world, office, collect, label) = at_the_door().await;
    let stranger = Client::new(&world.url);
    for (method, path) in [
        ("GET", "/openrosa/formList"),
        ("GET", "/openrosa/forms/x"),
        ("GET", "/openrosa/forms/x/manifest"),
        ("GET", "/openrosa/forms/x/files/y"),
        ("HEAD", "/openrosa/submission"),
        ("POST", "/openrosa/submission"),
    ] {
        let answer = stranger.send(method, path, &[], Vec::new());
        assert_eq!(answer.status, 401, "{method} {path}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic "), "{path}");
        // A session opens nothing here, whoever's it is.
        assert_eq!(office.send(method, path, &[], Vec::new()).status, 401, "{method} {path}");
        assert_eq!(world.sign_in("visitor").send(method, path, &[], Vec::new()).status, 401);
    }
    // The password of the account is another one, and this one signs nobody in.
    let by_login = Collect {
        client: Client::new(&world.url),
        login: "visitor".into(),
        password: crate::world::PASSWORD.into(),
    };
    assert_refused(&by_login.get("/openrosa/formList"), 401, "接入密码不对");
    let session = json!({"login": "visitor", "password": collect.password});
    assert_eq!(stranger.post("/api/v1/session", &session).problem(), (401, "wrong_password".to_owned()));
    // Another one takes the place of the first; withdrawn, none is left.
    let again = Collect::of(&world, &office, "visitor");
    assert_refused(&collect.get("/openrosa/formList"), 401, "接入密码不对");
    assert_eq!(again.get("/openrosa/formList").status, 200);
    let door = office.get("/api/v1/openrosa").ok();
    let listed = door["accounts"].as_array().unwrap().iter().find(|it| it["login"] == "visitor").unwrap();
    assert!(listed["used_at"].is_i64() && listed["made_at"].is_i64(), "{listed}");
    open(&office, false);
    assert_refused(&again.get("/openrosa/formList"), 403, "没有开通");
    assert_refused(&again.submit(&record(&label, "7", "1", "2"), &[]), 403, "没有丢");
    open(&office, true);
    assert_eq!(again.get("/openrosa/formList").status, 200);
    let path = format!("/api/v1/openrosa/passwords/{}", id_of(&listed["id"]));
    assert_eq!(office.delete(&path).status, 204);
    assert_eq!(office.delete(&path).status, 404);
    assert_refused(&again.get("/openrosa/formList"), 401, "接入密码不对");
    assert_eq!(office.get("/api/v1/visits").ok()["total_n"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_and_keeps_nobody_from_signing_in() {
    let (world, office, collect, _) = at_the_door().await;
    let guess = Collect { client: Client::new(&world.url), login: "visitor".into(), password: "x".into() };
    let statuses: Vec<u16> = (0..6).map(|_| guess.get("/openrosa/formList").status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    let slowed = collect.get("/openrosa/formList");
    assert_refused(&slowed, 429, "过一会儿再试");
    assert!(slowed.headers.contains_key("retry-after"));
    world.sign_in("visitor");
    let other = Collect::of(&world, &office, "visitor2");
    assert_eq!(other.get("/openrosa/formList").status, 200, "nobody else waits");
    world.later(60 * 1_000);
    assert_eq!(collect.get("/openrosa/formList").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_roles_decides_who_may_have_a_password() {
    let (world, office, collect, _) = at_the_door().await;
    let door = office.get("/api/v1/openrosa").ok();
    let logins: Vec<&str> =
        door["accounts"].as_array().unwrap().iter().map(|it| it["login"].as_str().unwrap()).collect();
    assert_eq!(logins, ["section", "visitor", "visitor2"]);
    let sysadmin = world.sign_in("sysadmin");
    let accounts = sysadmin.get("/api/v1/accounts").ok();
    for it in accounts.as_array().unwrap() {
        let login = it["account"]["login"].as_str().unwrap();
        let made = office.post("/api/v1/openrosa/passwords", &json!({"account": it["account"]["id"]}));
        assert_eq!(made.status, if logins.contains(&login) { 201 } else { 404 }, "{login}");
    }
    // Whoever comes to be something else is not let in by a password of before.
    let role = |login: &str| {
        accounts.as_array().unwrap().iter().find(|it| it["account"]["login"] == login).unwrap()["account"]
            .clone()
    };
    let visitor = role("visitor");
    let again = Collect::of(&world, &office, "visitor");
    assert_ne!(again.password, collect.password);
    for (name, may) in [("leader", false), ("visitor", true)] {
        let form = json!({
            "login": "visitor", "name": "王小明", "role": name, "unit": visitor["unit"]["id"], "disabled": false,
        });
        let path = format!("/api/v1/accounts/{}", id_of(&visitor["id"]));
        let changed = sysadmin.put(&path, &form);
        assert!(changed.status < 300, "{}", changed.text());
        assert_eq!(again.get("/openrosa/formList").status, if may { 200 } else { 403 }, "{name}");
    }
    for it in Role::ALL {
        let may = domain::role::may_have_door_password(it);
        assert_eq!(may, matches!(it, Role::Visitor | Role::Section), "{it:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_collect_could_not_fill_in_is_not_at_the_door_and_the_office_is_told() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let sealed = csv("sealed", "text,why,为什么,,,", &[]).replace(
        "form_id,form_title\n,sealed,入户问卷",
        "form_id,form_title,public_key\n,sealed,加密问卷,MIIBIjAN",
    );
    take(&office, &sealed).ok();
    publish(&office, "sealed");
    open(&office, true);
    let collect = Collect::of(&world, &office, "visitor");
    assert_eq!(said(&collect.get("/openrosa/formList").text(), "formID"), Vec::<&str>::new());
    let door = office.get("/api/v1/openrosa").ok();
    assert_eq!(door["forms"], json!([{"id": "sealed", "title": "加密问卷", "left_out": "encrypted"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_the_door_rests_sealed_and_goes_with_its_visit() {
    let (world, office, collect, label) = at_the_door().await;
    let xml = record(&label, "8", "3", "6");
    assert_eq!(collect.submit(&xml, &[("1700000000000.jpg", JPEG)]).status, 201);
    let visit = only_visit(&world, &office).await;
    assert!(visit["answered"].to_string().contains(CANARY));
    if !on_postgres() {
        let mut folders = vec![world.folder()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = std::fs::read(entry.path()).unwrap();
                for secret in [CANARY.as_bytes(), collect.password.as_bytes()] {
                    let found = bytes.windows(secret.len()).any(|it| it == secret);
                    assert!(!found, "{:?} has it in the clear", entry.path());
                }
            }
        }
    }
    let chosen = json!({"visits": [visit["line"]["id"]], "reason": "本人申请删除"});
    let proposed = office.post("/api/v1/persons/erasures", &json!({"chosen": chosen, "words": true})).ok();
    let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
    world.sign_in("approver").post(&path, &json!({"do": "approve"})).ok();
    let gone = only_visit(&world, &office).await;
    assert_eq!(gone["answered"], json!([]));
    let reason = "?reason=%E6%A0%B8%E5%AF%B9%E5%8E%9F%E4%BB%B6";
    for it in visit["attachments"].as_array().unwrap() {
        let path = format!("/api/v1/attachments/{}{reason}", it["id"].as_str().unwrap());
        assert_eq!(office.get(&path).status, 404);
    }
    // Sent once more it is acknowledged, and does not come back.
    assert_eq!(collect.submit(&xml, &[]).status, 201);
    assert_eq!(only_visit(&world, &office).await["answered"], json!([]));
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_form_stand_at_the_door_by_their_names() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR a house";
    let world = World::start().await;
    let office = world.sign_in("office");
    let form = "survey\n,type,name,label,media::image::中文 (zh),media::audio\n,text,house,什么房子,房子 1.png,nothing.mp3\n\
        settings\n,form_id,form_title\n,house,住房问卷\n";
    take(&office, form).ok();
    let path = "/api/v1/questionnaires/house/files/%E6%88%BF%E5%AD%90%201.png";
    office.send("PUT", path, &[("content-type", "image/png")], PNG.to_vec()).ok();
    publish(&office, "house");
    open(&office, true);
    let collect = Collect::of(&world, &office, "visitor");
    let list = collect.get("/openrosa/formList").text();
    let form = collect.get(path_of(&world, said(&list, "downloadUrl")[0])).text();
    assert!(form.contains("<value form=\"image\">jr://images/房子 1.png</value>"), "{form}");
    let manifest = collect.get(path_of(&world, said(&list, "manifestUrl")[0])).text();
    assert_eq!(said(&manifest, "filename"), ["房子 1.png"], "what is not here is not promised");
    assert_eq!(said(&manifest, "hash"), [format!("md5:{}", hex::encode(Md5::digest(PNG)))]);
    let file = collect.get(path_of(&world, said(&manifest, "downloadUrl")[0]));
    assert_eq!((&file.bytes[..], &file.headers["content-type"]), (PNG, &"image/png".parse().unwrap()));
    let nobody = Client::new(&world.url).get(path_of(&world, said(&manifest, "downloadUrl")[0]));
    assert_eq!(nobody.status, 401);
}
