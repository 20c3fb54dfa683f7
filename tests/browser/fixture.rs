//! What earlier builds left: every build opens it, and what waited to be sent is sent.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    driver::{Browser, PHONE},
    world::{PASSWORD, World},
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

#[tokio::test(flavor = "multi_thread")]
async fn version_0_1_opens_and_sends_what_waited() {
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/0.1");
    let data = Arc::new(tempfile::tempdir().unwrap());
    std::fs::copy(fixture.join("zoufang.db"), data.path().join("zoufang.db")).unwrap();
    let world = World::on(data).await;
    let store: Value = serde_json::from_slice(&std::fs::read(fixture.join("phone.json")).unwrap()).unwrap();
    let browser = Browser::start(PHONE).await;
    browser.goto(&format!("{}/icon.svg", world.url)).await;
    assert_eq!(browser.run_async(STORE, vec![store]).await, json!(true));
    browser.goto(&world.url).await;
    browser.sees("最近送出").await;
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser
        .until("what waited, on the server", async || {
            let csv = world.sign_in("office").get("/api/v1/export/statements.csv").text();
            (csv.contains("以前的版本收下的话") && csv.contains("以前的版本还没送出的话")).then_some(())
        })
        .await;
}
