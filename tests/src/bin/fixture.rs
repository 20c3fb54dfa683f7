//! Makes the fixtures that every later build must open: a data folder with one of each thing, what the server
//! answers about them, and a phone's store with a visit in each state.
//!
//! `cargo run -p tests --bin fixture -- FOLDER` after `cargo run -p bundle`; with `ZOUFANG_TEST_ON=postgres` the
//! database is a dump beside the attachments. People and words are made up. `tests/fixtures/0.3` and `0.3-postgres`
//! are what it makes; 0.1 and 0.2 are what earlier states of it made.

#[path = "../../browser/driver.rs"]
mod driver;
#[path = "../../world.rs"]
mod world;

use std::{collections::BTreeMap, path::Path};

use domain::{
    attachment::{Attachment, AttachmentKind},
    envelope::Hash,
    id::RecordId,
};
use serde_json::{Value, json};

use driver::{Browser, PHONE};
use world::{Client, NOW, PASSWORD, Phone, World, id_of, new_id};

/// Every table of every database of the page, bytes in base64.
const STORE: &str = "const done = arguments[0];
    (async () => {
        const all = {};
        for (const { name } of await indexedDB.databases()) {
            const db = await new Promise((resolve) => { const r = indexedDB.open(name); r.onsuccess = () => resolve(r.result); });
            all[name] = {};
            for (const table of db.objectStoreNames) {
                all[name][table] = {};
                const store = db.transaction(table).objectStore(table);
                await new Promise((resolve) => {
                    store.openCursor().onsuccess = ({ target: { result } }) => {
                        if (!result) return resolve();
                        all[name][table][result.key] = btoa(String.fromCharCode(...result.value));
                        result.continue();
                    };
                });
            }
            db.close();
        }
        done(all);
    })();";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).expect("a folder"));
    std::fs::create_dir_all(&folder)?;
    let world = World::start_at(None).await;
    lists(&world);
    let attachments = visits(&world);
    let issue = office(&world);
    let meeting = branch(&world, &issue);
    server::sorting::sort_waiting(&world.app).await.expect("suggestions");
    let store = phone(&world).await;
    keep(&folder, "phone.json", &store)?;
    let made_at = world.app.now();
    let answers = answers(&world, &issue, &meeting);
    let revisions_n = server::cli::check::check(&world.app).await?.revisions_n;
    let made = json!({
        "made_at": made_at, "revisions_n": revisions_n, "attachments": attachments, "answers": answers,
    });
    keep(&folder, "made.json", &made)?;
    world.app.db.close().await;
    world::copy_folder(world.back_up().path(), &folder);
    Ok(())
}

fn keep(folder: &Path, name: &str, value: &Value) -> anyhow::Result<()> {
    Ok(std::fs::write(folder.join(name), serde_json::to_string(value)?)?)
}

/// Respondents of the directory, and whom the visitor's unit is to visit.
fn lists(world: &World) {
    let office = world.sign_in("office");
    let list = "姓名,村,类别,电话\r\n李桂兰,李家坳村,脱贫户,13800000000\r\n周志国,县城东街,退休干部,\r\n\
                鸿达竹木制品厂,城关镇,企业,\r\n";
    office.send("POST", "/api/v1/respondents/import?take=true", &[], list.as_bytes().to_vec()).ok();
    let listed = office.get("/api/v1/respondents").ok();
    let named = |it: &&Value| it["name"] == "李桂兰";
    let respondent =
        listed["respondents"].as_array().expect("a list").iter().find(named).expect("in the list");
    let assign = json!({
        "respondents": [respondent["id"]], "unit": world.units[0], "due_on": "2030-06-30", "note": "带上政策单",
    });
    office.post("/api/v1/assignments", &assign).ok();
}

/// One visit with a photo and a voice, one amended, one withdrawn; answers the hash of each attachment.
fn visits(world: &World) -> BTreeMap<String, String> {
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["以前的版本收下的话，附一张纸和一段录音"]);
    let statement = draft.statements[0].id;
    let voice: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let photo: Vec<u8> = (0..=255).rev().cycle().take(3_000).collect();
    let bytes = [
        (AttachmentKind::Voice, "audio/webm;codecs=opus", voice, Some(3_000)),
        (AttachmentKind::Photo, "image/jpeg", photo, None),
    ];
    let mut hashes = BTreeMap::new();
    let mut uploads = vec![];
    for (kind, media_type, bytes, duration_ms) in bytes {
        let (id, sha256) = (RecordId(new_id()), Hash::of(&bytes));
        let attachment = Attachment {
            kind,
            media_type: media_type.to_owned(),
            bytes_n: bytes.len() as u64,
            sha256,
            statement: Some(statement),
            duration_ms,
            gaps: Vec::new(),
            taken_at: NOW,
        };
        draft.attach(id, attachment, NOW);
        hashes.insert(id.to_string(), sha256.to_string());
        uploads.push((id, bytes));
    }
    phone.receipts(&Phone::freeze(&mut draft));
    for (id, bytes) in uploads {
        phone.upload(id, &bytes).ok();
    }

    let mut amended = phone.sent(&["办事跑了三趟"]);
    "三趟都是材料不全".clone_into(&mut amended.statements[0].value.summary);
    "惠民政策".clone_into(&mut amended.visit.value.policies);
    phone.receipts(&Phone::freeze(&mut amended));
    let mut withdrawn = phone.sent(&["记错了门"]);
    withdrawn.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut withdrawn));
    hashes
}

/// An issue of five households' statements, and a statement passed on; answers the issue's id.
fn office(world: &World) -> String {
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let act = |statement: RecordId, act: Value| {
        office.post(&format!("/api/v1/queue/{statement}/acts"), &json!({"version": 0, "act": act})).ok()
    };
    let mut issue = String::new();
    for (n, name) in ["甲家", "乙家", "丙家", "丁家", "戊家"].into_iter().enumerate() {
        let mut draft = phone.draft(&[&format!("说是来看我家，车都没下，字是村里替我签的，第{n}回")]);
        name.clone_into(&mut draft.identity.as_mut().expect("named").value.name);
        phone.receipts(&Phone::freeze(&mut draft));
        let how = if issue.is_empty() {
            json!({"do": "make_issue", "title": "走访流于形式", "category": "GL1"})
        } else {
            json!({"do": "join", "issue": issue})
        };
        let done = act(draft.statements[0].id, how);
        if issue.is_empty() {
            done["issue"]["id"].as_str().expect("an id").clone_into(&mut issue);
        }
    }
    let passed_on = phone.sent(&["养老金三个月没发到卡上"]).statements[0].id;
    act(passed_on, json!({"do": "refer", "passing": {"to": "县人社局", "answer_by": "2030-12-01"}}));
    let new = json!({
        "units": [world.units[2]], "title": "走访流于形式，签字代签",
        "wording": "有群众反映，个别走访没有入户，签字由他人代签。",
    });
    let released = office.post(&format!("/api/v1/issues/{issue}/releases"), &new).ok();
    assert_eq!(released["outcome"], "proposed", "{released}");
    world.approve_all();
    issue
}

/// A meeting about what was released, closed with two measures; answers its id.
fn branch(world: &World, issue: &str) -> String {
    let branch = world.sign_in("branch");
    let releases = world.sign_in("office").get(&format!("/api/v1/issues/{issue}/releases")).ok();
    let meeting = json!({
        "id": new_id(), "releases": [releases[0]["id"]],
        "header": {"held_on": "2026-11-23", "title": "大讨论", "due_n": 11, "present_n": 9},
    });
    let meeting = branch.post("/api/v1/meetings", &meeting).ok();
    let path = format!("/api/v1/meetings/{}", meeting["id"].as_str().expect("an id"));
    let item = &meeting["items"][0];
    let discussion = json!({
        "state": "agreed", "cause": "一人包联户数过多",
        "points": [{"speaker": "王", "text": "先把包联户数降下来。"}],
        "measures": [
            {"id": new_id(), "what": "每月抽两户电话回访，核对签字", "leader": "副局长", "person": "李梅",
                "by_when": "2030-12-05", "proof": "回访记录齐全"},
            {"id": new_id(), "what": "包联户数每人不超过八户", "leader": "副局长", "person": "李梅",
                "long_term": true, "proof": "名册可查"},
        ],
    });
    let noted = branch.put(
        &format!("{path}/items/{}", item["id"].as_str().expect("an id")),
        &json!({"version": item["version"], "discussion": discussion}),
    );
    noted.ok();
    let version = branch.get(&path).ok()["version"].clone();
    branch.post(&format!("{path}/closing"), &json!({"version": version})).ok();
    id_of(&meeting["id"]).to_string()
}

/// What the server says of all this to those who may ask.
fn answers(world: &World, issue: &str, meeting: &str) -> Value {
    let ask = |client: &Client, paths: Vec<String>| -> BTreeMap<String, Value> {
        paths.into_iter().map(|it| (it.clone(), client.get(&it).ok())).collect()
    };
    let office = world.sign_in("office");
    let visits = office.get("/api/v1/visits").ok();
    let visits = visits["visits"].as_array().expect("visits").iter();
    let of_office = visits.map(|it| format!("/api/v1/visits/{}", it["id"].as_str().expect("an id")));
    let of_office = of_office.chain([
        "/api/v1/visits".to_owned(),
        "/api/v1/issues".to_owned(),
        format!("/api/v1/issues/{issue}"),
        format!("/api/v1/issues/{issue}/releases"),
        "/api/v1/referrals".to_owned(),
        "/api/v1/measures".to_owned(),
        "/api/v1/respondents".to_owned(),
        "/api/v1/assignments".to_owned(),
    ]);
    let of_branch =
        ["/api/v1/releases".to_owned(), "/api/v1/meetings".to_owned(), format!("/api/v1/meetings/{meeting}")];
    json!({
        "office": ask(&office, of_office.collect()),
        "branch": ask(&world.sign_in("branch"), of_branch.to_vec()),
    })
}

/// What a phone holds: a visit that was sent, one that waits, and one being written when the battery died.
async fn phone(world: &World) -> Value {
    let mut browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("带上政策单").await;
    browser.click("开始走访").await;
    browser.fill("#search", "周志国").await;
    browser.click("周志国").await;
    say(&browser, "以前的版本送出的话").await;
    send(&browser).await;
    browser.sees("已上传").await;

    browser.offline(true).await;
    browser.click("开始走访").await;
    browser.click("不留名").await;
    say(&browser, "以前的版本还没送出的话").await;
    send(&browser).await;
    browser.sees("1 条等待上传").await;

    browser.click("开始走访").await;
    browser.click("不留名").await;
    say(&browser, "以前的版本没写完的话").await;
    let slip = browser.slip().await;
    browser.choose_file("input[type=file]", &slip.path().join("slip.jpg")).await;
    browser.find("img.slip").await;
    browser.find("[data-kept=kept]").await;
    browser.click("录音").await;
    browser.click("同意，开始录").await;
    browser.sees("00:03").await;
    browser.kill().await;
    browser.open().await;
    // A page of the same place that is not the app, and so leaves everything as it lies.
    browser.goto(&format!("{}/icon.svg", world.url)).await;
    browser.run_async(STORE, vec![]).await
}

async fn say(browser: &Browser, words: &str) {
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.fill("textarea", words).await;
    browser.find("[data-kept=kept]").await;
}

async fn send(browser: &Browser) {
    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
}
