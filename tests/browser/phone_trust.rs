//! What a phone lets go of, and on whose word: in a real browser with its own Ed25519.

use serde_json::json;

use crate::{
    driver::{Browser, DESK, PHONE, on_store},
    phone::{begin_unnamed, look, sign_in, sign_in_again},
    phone_faults::{meddle, send, visits},
    world::{World, confirm_backup},
};

/// How many frozen envelopes lie on the phone, and in which states their items are.
const HELD: &str = "const db = await opened();
    const envelopes = await all(db, 'envelope');
    const items = (await texts(db, 'outbox')).map((it) => JSON.parse(it).state);
    db.close();
    done({ n: envelopes.length, states: [...new Set(items.map((it) => it.state))],
        signed: items.every((it) => typeof it.sequence === 'number') });";

async fn held(browser: &Browser) -> serde_json::Value {
    browser.run_async(&on_store(HELD), vec![]).await
}

async fn sent(browser: &Browser, world: &World) {
    sign_in(browser, world, "visitor").await;
    browser.sees("开始走访").await;
    begin_unnamed(browser).await;
    browser.keys("送出以后还留着").await;
    send(browser).await;
    let office = world.sign_in("office");
    browser.until("a visit at the office", async || (!visits(&office).is_empty()).then_some(())).await;
    browser
        .until("all stored", async || (held(browser).await["states"] == json!(["stored"])).then_some(()))
        .await;
}

/// Comes back to the app, which pulls.
async fn pull(browser: &Browser) {
    browser.reload().await;
    browser.sees("最近送出").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_bytes_stay_until_a_backup_is_confirmed() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sent(&browser, &world).await;
    let held_now = held(&browser).await;
    assert_eq!(held_now["signed"], true, "{held_now}");
    let n = held_now["n"].as_u64().unwrap();
    assert!(n >= 2, "a visit and what was said");
    confirm_backup(&world).await;
    pull(&browser).await;
    browser.until("nothing held", async || (held(&browser).await["n"] == 0).then_some(())).await;
    // What was sent is shown all the same.
    browser.sees("最近送出").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_is_said_and_nothing_goes_until_a_person_signs_in_again() {
    let mut world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sent(&browser, &world).await;
    let before = held(&browser).await;
    std::fs::remove_file(server::keys::path_of(&world.folder())).unwrap();
    world = world.restart().await;
    confirm_backup(&world).await;
    pull(&browser).await;
    browser.sees("服务器的签名变了").await;
    look(&browser, "phone-other-key").await;
    assert_eq!(held(&browser).await, before);
    sign_in_again(&browser, &world).await;
    browser.sees_no_more("服务器的签名变了").await;
    browser.until("nothing held", async || (held(&browser).await["n"] == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_ed25519_sends_keeps_all_and_says_so() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    let old =
        "SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'));";
    meddle(&browser, old).await;
    sent(&browser, &world).await;
    confirm_backup(&world).await;
    pull(&browser).await;
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.sees("这个浏览器验不了服务器的签名").await;
    let held = held(&browser).await;
    assert!(held["n"].as_u64().unwrap() >= 2, "{held}");
    assert_eq!(held["signed"], false, "{held}");
}

/// A person's session on this device is over, whoever ended it.
async fn end_sessions(world: &World) {
    world.on_the_writer("delete from session").await;
}

fn set_aside_n(world: &World) -> u64 {
    world.sign_in("office").get("/api/v1/parked").ok()["total_n"].as_u64().unwrap()
}

async fn say(browser: &Browser, words: &str) {
    begin_unnamed(browser).await;
    browser.keys(words).await;
    send(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_after_the_signing_in_has_ended_is_kept_and_taken_in_later() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    const DEVICE: &str = "const done = arguments[0]; fetch('/api/v1/session').then((it) => it.json()).then((it) => done(it.device ?? null));";
    let device = browser
        .until("a session that is bound", async || {
            let device = browser.run_async(DEVICE, vec![]).await;
            device.is_string().then_some(device)
        })
        .await;
    say(&browser, "登录还在的时候说的").await;
    let office = world.sign_in("office");
    browser.until("a visit at the office", async || (visits(&office).len() == 1).then_some(())).await;

    end_sessions(&world).await;
    say(&browser, "登录过期以后说的").await;
    browser.until("it to be set aside", async || (set_aside_n(&world) > 0).then_some(())).await;
    browser.sees("登录已到期").await;
    browser.sees("1 份有内容放在一边").await;
    browser.goto(&format!("{}/sent", world.url)).await;
    browser.press(".rows > :first-child").await;
    browser.sees("登录过期以后送到的，已留底，重新登录就收下").await;
    look(&browser, "phone-signed-out-visit").await;
    let office = world.sign_in("office");
    assert_eq!(visits(&office).len(), 1, "nobody vouches for it yet");

    // The same person signs in on the same device.
    sign_in_again(&browser, &world).await;
    browser.until("it at the office", async || (visits(&office).len() == 2).then_some(())).await;
    browser.sees_no_more("放在一边").await;
    assert_eq!(browser.run_async(DEVICE, vec![]).await, device);

    // They never sign in again: the office looks at it and takes it in.
    end_sessions(&world).await;
    say(&browser, "停用以后才送到的").await;
    browser.until("it to be set aside", async || (set_aside_n(&world) > 0).then_some(())).await;
    let desk = Browser::start(DESK).await;
    sign_in(&desk, &world, "office").await;
    desk.goto(&format!("{}/parked", world.url)).await;
    desk.sees("送来时本人没有登录").await;
    desk.sees("停用以后才送到的").await;
    look(&desk, "office-parked-signed-out").await;
    desk.click("已核对，收下王小明的").await;
    desk.sees("没有搁置的记录").await;
    let office = world.sign_in("office");
    assert_eq!(visits(&office).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_room_for_a_key_sends_all_the_same() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.find("#login").await;
    const NO_ROOM: &str = "const real = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (value, key) {
            if (key === 'device') throw new DOMException('full', 'QuotaExceededError');
            return real.call(this, value, key);
        };";
    meddle(&browser, NO_ROOM).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    say(&browser, "手机满了也送得出去").await;
    let office = world.sign_in("office");
    browser.until("a visit at the office", async || (visits(&office).len() == 1).then_some(())).await;
    assert_eq!(set_aside_n(&world), 0);
}
