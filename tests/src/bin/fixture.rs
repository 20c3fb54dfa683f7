//! Makes the fixtures that every later build must open: a data folder, and a phone's store with a visit
//! waiting to be sent.
//!
//! `cargo run -p tests --bin fixture -- FOLDER` after `cargo run -p bundle`.

#[path = "../../browser/driver.rs"]
mod driver;
#[path = "../../world.rs"]
mod world;

use driver::{Browser, PHONE};
use world::{PASSWORD, World};

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
    world.phone("visitor").sent(&["以前的版本收下的话"]);
    server::sorting::sort_waiting(&world.app).await.expect("suggestions");
    let browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("开始走访").await;
    browser.offline(true).await;
    browser.click("开始走访").await;
    browser.click("不留名").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.fill("textarea", "以前的版本还没送出的话").await;
    browser.find("[data-kept=kept]").await;
    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.sees("1 条等待上传").await;
    let store = browser.run_async(STORE, vec![]).await;
    std::fs::write(folder.join("phone.json"), serde_json::to_string_pretty(&store)?)?;
    world.app.db.close().await;
    std::fs::copy(world.folder().join("zoufang.db"), folder.join("zoufang.db"))?;
    Ok(())
}
