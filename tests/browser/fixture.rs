//! What earlier builds left: every build opens it, and what waited to be sent is sent.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::envelope::Hash;
use serde_json::{Value, json};

use crate::{
    driver::{Browser, PHONE, on_store},
    phone::look,
    phone_faults::{send, visits},
    world::{Client, PASSWORD, World, fixture},
};

/// Puts a phone's store in place, as if this browser had run the earlier build.
const STORE: &str = "const [all, done] = arguments;
    (async () => {
        for (const [name, tables] of Object.entries(all)) {
            const db = await new Promise((resolve) => {
                const request = indexedDB.open(name, 1);
                request.onupgradeneeded = () => Object.keys(tables).forEach((it) => request.result.createObjectStore(it));
                request.onsuccess = () => resolve(request.result);
            });
            const t = db.transaction(Object.keys(tables), 'readwrite');
            for (const [table, entries] of Object.entries(tables))
                for (const [key, bytes] of Object.entries(entries))
                    t.objectStore(table).put(Uint8Array.from(atob(bytes), (it) => it.charCodeAt(0)), key);
            await new Promise((resolve) => { t.oncomplete = resolve; });
            db.close();
        }
        done(true);
    })();";

/// The phone's store of a fixture.
fn store(fixture: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(fixture.join("phone.json")).unwrap()).unwrap()
}

/// The app on a phone that has this store.
async fn opened(world: &World, store: &Value) -> Browser {
    let browser = Browser::start(PHONE).await;
    browser.goto(&format!("{}/icon.svg", world.url)).await;
    assert_eq!(browser.run_async(STORE, vec![store.clone()]).await, json!(true));
    browser.goto(&world.url).await;
    browser.sees("最近送出").await;
    browser
}

async fn sign_in(browser: &Browser, world: &World) {
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
}

/// Waits until the office has all of these words.
async fn arrived(browser: &Browser, office: &Client, words: &[&str]) {
    browser
        .until("what waited, on the server", async || {
            let csv = office.get("/api/v1/export/statements.csv").text();
            words.iter().all(|it| csv.contains(it)).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_0_1_opens_and_sends_what_waited() {
    let (fixture, data) = fixture("0.1");
    let world = World::on(data).await;
    let browser = opened(&world, &store(&fixture)).await;
    sign_in(&browser, &world).await;
    let office = world.sign_in("office");
    arrived(&browser, &office, &["以前的版本收下的话", "以前的版本还没送出的话"]).await;
}

/// What a table of the visitor's store holds, by key.
fn table(store: &Value, name: &str) -> BTreeMap<String, Vec<u8>> {
    let of_visitor = store.as_object().unwrap().iter().find(|it| it.0 != "zoufang-device").unwrap().1;
    let entries = of_visitor[name].as_object().unwrap().iter();
    entries.map(|(key, bytes)| (key.clone(), STANDARD.decode(bytes.as_str().unwrap()).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn version_0_2_lists_and_sends_all_that_the_phone_held() {
    lists_and_sends_all_that_the_phone_held("0.2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_0_3_lists_and_sends_all_that_the_phone_held() {
    lists_and_sends_all_that_the_phone_held("0.3").await;
}

/// Nothing that the earlier version kept lies there in the clear any more.
async fn rests_sealed(browser: &Browser) {
    const CLEAR: &str = "const db = await opened();
        const clear = [];
        for (const table of db.objectStoreNames) {
            const keys = await answered(db.transaction(table).objectStore(table).getAllKeys());
            const values = await answered(db.transaction(table).objectStore(table).getAll());
            values.forEach((it, n) => it instanceof Uint8Array && it[0] !== 1 && clear.push(`${table}/${keys[n]}`));
        }
        db.close();
        done(clear);";
    let clear = browser.run_async(&on_store(CLEAR), vec![]).await;
    assert_eq!(clear, json!(["meta/lock", "meta/whole"]));
}

async fn lists_and_sends_all_that_the_phone_held(version: &str) {
    let (fixture, data) = fixture(version);
    let world = World::on(data).await;
    let store = store(&fixture);
    let browser = opened(&world, &store).await;
    // Before anyone signs in: one that waits, one that was sent, one being written with what a kill cut off.
    browser.sees("1 条等待上传").await;
    browser.sees("没写完的").await;
    look(&browser, "fixture-today").await;
    for (visit, bytes) in table(&store, "sent") {
        browser.goto(&format!("{}/sent/{visit}", world.url)).await;
        let draft: Value = serde_json::from_slice(&bytes).unwrap();
        browser.sees(draft["statements"][0]["value"]["words"].as_str().unwrap()).await;
    }
    browser.goto(&world.url).await;
    browser.click("继续").await;
    browser.sees("以前的版本没写完的话").await;
    browser.find("img.slip").await;
    browser.sees("录音 0 分").await;
    look(&browser, "fixture-draft").await;

    sign_in(&browser, &world).await;
    let office = world.sign_in("office");
    arrived(&browser, &office, &["以前的版本送出的话", "以前的版本还没送出的话"]).await;
    browser.sees_no_more("等待上传").await;
    browser.click("继续").await;
    send(&browser).await;
    arrived(&browser, &office, &["以前的版本没写完的话"]).await;

    rests_sealed(&browser).await;

    // Byte for byte: every envelope by its hash, photo and voice as they lay in slices.
    let draft = table(&store, "draft").into_keys().next().unwrap();
    let draft = draft.trim_start_matches("d/");
    browser
        .until("a complete visit", async || {
            visits(&office).into_iter().find(|it| it["id"] == draft && it["complete"] == true)
        })
        .await;
    let mut hashes = vec![];
    for visit in visits(&office) {
        let detail = office.get(&format!("/api/v1/visits/{}", visit["id"].as_str().unwrap())).ok();
        let revisions = detail["revisions"].as_array().unwrap().iter();
        hashes.extend(revisions.map(|it| it["hash"].as_str().unwrap().to_owned()));
    }
    for (key, envelope) in table(&store, "envelope") {
        let hash = Hash::of(&envelope).to_string();
        assert!(key.ends_with(&hash) && hashes.contains(&hash), "{key}");
    }
    let mut media = BTreeMap::<String, Vec<u8>>::new();
    for (key, slice) in table(&store, "slice") {
        media.entry(key.split_once('/').unwrap().0.to_owned()).or_default().extend(slice);
    }
    assert_eq!(media.len(), 2);
    for (id, bytes) in media {
        assert!(server::blobs::verify(&world.app, Hash::of(&bytes)).await.unwrap(), "{id}");
    }
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!((found.damaged, found.attachments_n), (vec![], 4));
    assert_eq!(browser.console_errors().await, Vec::<String>::new());

    let mut browser = browser;
    browser.kill().await;
    for words in ["以前的版本送出的话", "以前的版本还没送出的话", "以前的版本没写完的话"]
    {
        assert_eq!(browser.in_profile(words), Vec::<String>::new(), "{words}");
    }
}
