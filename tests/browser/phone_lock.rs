//! A phone that locks: what whoever finds it can read, and how its owner comes back to what was recorded.

use serde_json::json;

use crate::{
    driver::{Browser, NARROW, PHONE, PIN, on_store},
    phone::{begin_unnamed, installed, kept, look, sign_in},
    phone_faults::{meddle, send, visits},
    world::{PASSWORD, World},
};

/// A browser whose PIN the journey enters itself.
async fn phone_without_pin() -> Browser {
    let mut browser = Browser::start(PHONE).await;
    browser.unlocks = false;
    browser
}

async fn choose(browser: &Browser, pin: &str, again: &str) {
    browser.fill("#pin", pin).await;
    browser.fill("#pin-again", again).await;
    browser.press("form button.main").await;
}

async fn enter(browser: &Browser, pin: &str) {
    browser.fill("#pin", pin).await;
    browser.press("form button.main").await;
}

/// Waits until the office has the one visit.
async fn arrives(browser: &Browser, world: &World) {
    let office = world.sign_in("office");
    browser.until("the visit to arrive", async || (visits(&office).len() == 1).then_some(())).await;
}

/// Lets the seconds that a try must wait pass at once.
const NO_WAITS: &str = "const real = window.setTimeout;
    window.setTimeout = (call, ms, ...more) =>
        ms === 1000 ? (Promise.resolve().then(call), 0) : real(call, ms, ...more);";

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_found_gives_nothing_away() {
    let world = World::start_at(None).await;
    let mut browser = phone_without_pin().await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("设一个解锁口令").await;
    look(&browser, "phone-choose-pin").await;
    browser.reload().await;
    browser.sees("设一个解锁口令").await;
    for (pin, again, why) in
        [("2468", "2468", "至少要 6 位"), ("123456", "123456", "太好猜了"), (PIN, "246811", "两遍不一样")]
    {
        choose(&browser, pin, again).await;
        browser.sees(why).await;
    }
    choose(&browser, PIN, PIN).await;
    browser.sees("开始走访").await;
    installed(&browser).await;

    browser.click("开始走访").await;
    browser.click("现场登记").await;
    browser.sees("先告诉对方").await;
    browser.fill_labelled("姓名", "慕容秋水").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.find("textarea").await;
    browser.keys("闸口那一段路灯三年没亮过").await;
    kept(&browser).await;
    browser.run("localStorage.setItem('control', '摆在明处的字')", vec![]).await;
    const CONTROL: &str = "const request = indexedDB.open('control', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('kept');
        const db = await answered(request);
        const t = db.transaction('kept', 'readwrite', { durability: 'strict' });
        t.objectStore('kept').put(new TextEncoder().encode('也摆在明处的字'), 'control');
        t.oncomplete = () => { db.close(); done(true); };";
    assert_eq!(browser.run_async(&on_store(CONTROL), vec![]).await, json!(true));
    browser.kill().await;
    // What is planted in the clear is found, so that finding nothing says something.
    assert_ne!(browser.in_profile("也摆在明处的字"), Vec::<String>::new());
    for secret in ["慕容秋水", "闸口那一段路灯三年没亮过", PIN, "张敏"] {
        assert_eq!(browser.in_profile(secret), Vec::<String>::new(), "{secret}");
    }

    browser.open().await;
    browser.goto(&world.url).await;
    browser.sees("您记下的内容在这台手机上是加密的").await;
    look(&browser, "phone-locked").await;
    assert!(!browser.page_text().await.contains("闸口"));
    enter(&browser, "135790").await;
    browser.sees("再错 9 次").await;
    look(&browser, "phone-wrong-pin").await;
    enter(&browser, PIN).await;
    browser.sees("没写完的").await;
    browser.click("继续").await;
    browser.sees("闸口那一段路灯三年没亮过").await;
    send(&browser).await;
    // A kill can cost the signing in: then what was sent waits for it.
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("解锁口令").await;
    enter(&browser, PIN).await;
    arrives(&browser, &world).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_pin_loses_nothing() {
    let world = World::start_at(None).await;
    let mut browser = phone_without_pin().await;
    sign_in(&browser, &world, "visitor").await;
    choose(&browser, PIN, PIN).await;
    browser.sees("开始走访").await;
    begin_unnamed(&browser).await;
    browser.keys("忘了口令以前记的").await;
    kept(&browser).await;
    meddle(&browser, NO_WAITS).await;
    for wrong_n in 1..10 {
        enter(&browser, "135790").await;
        browser.sees(&format!("再错 {} 次", 10 - wrong_n)).await;
        browser
            .until("the wait to be over", async || {
                (!browser.has("form button.main:disabled").await).then_some(())
            })
            .await;
        // A restart forgets no try.
        if wrong_n == 4 {
            browser.reload().await;
        }
    }
    enter(&browser, "135790").await;
    browser.sees("已经作废").await;
    look(&browser, "phone-pin-void").await;
    browser.reload().await;
    browser.sees("已经作废").await;

    browser.fill("#password", "不是这个").await;
    choose(&browser, "975310", "975310").await;
    browser.sees("账号或密码不对").await;
    browser.fill("#password", PASSWORD).await;
    choose(&browser, "975310", "975310").await;
    browser.sees("忘了口令以前记的").await;
    browser.resize(NARROW).await;
    browser.reload().await;
    // Forgotten once more, of a phone that the server has just told nothing.
    browser.click("忘了解锁口令").await;
    look(&browser, "narrow-choose-pin-anew").await;
    browser.fill("#password", PASSWORD).await;
    choose(&browser, "864200", "864200").await;
    browser.sees("忘了口令以前记的").await;
    browser.reload().await;
    enter(&browser, "975310").await;
    browser.sees("再错 9 次").await;
    enter(&browser, "864200").await;
    browser.sees("忘了口令以前记的").await;
    send(&browser).await;
    arrives(&browser, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_put_away_locks_and_goes_on_where_it_was() {
    let world = World::start_at(None).await;
    let browser = phone_without_pin().await;
    sign_in(&browser, &world, "visitor").await;
    choose(&browser, PIN, PIN).await;
    browser.sees("开始走访").await;
    const LATER: &str = "const real = Date.now; window.later = 0; Date.now = () => real() + window.later;";
    meddle(&browser, LATER).await;
    enter(&browser, PIN).await;
    begin_unnamed(&browser).await;
    browser.keys("放下手机以前").await;
    let looks = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))";
    browser.run(&format!("window.later = 4 * 60_000; {looks}"), vec![]).await;
    browser.keys("，又拿起来").await;
    kept(&browser).await;
    browser.run(&format!("window.later += 6 * 60_000; {looks}"), vec![]).await;
    browser.sees("解锁口令").await;
    assert!(!browser.page_text().await.contains("放下手机"));
    enter(&browser, PIN).await;
    browser.sees("放下手机以前，又拿起来").await;
    send(&browser).await;
    browser.sees_no_more("等待上传").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_one_phone_have_a_pin_each() {
    let world = World::start_at(None).await;
    let browser = phone_without_pin().await;
    sign_in(&browser, &world, "visitor").await;
    choose(&browser, PIN, PIN).await;
    browser.sees("开始走访").await;
    browser.reload().await;
    browser.click("换人登录").await;
    sign_in(&browser, &world, "visitor2").await;
    browser.sees("设一个解锁口令").await;
    choose(&browser, "864200", "864200").await;
    browser.sees("开始走访").await;
    browser.reload().await;
    enter(&browser, PIN).await;
    browser.sees("口令不对").await;
    enter(&browser, "864200").await;
    browser.sees("开始走访").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_windows_that_choose_a_pin_the_first_counts() {
    let world = World::start_at(None).await;
    let browser = phone_without_pin().await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("设一个解锁口令").await;
    let first = browser.window().await;
    browser.open_window(&world.url).await;
    browser.sees("设一个解锁口令").await;
    choose(&browser, PIN, PIN).await;
    browser.sees("开始走访").await;
    begin_unnamed(&browser).await;
    browser.keys("另一个窗口先设了口令").await;
    kept(&browser).await;
    browser.close_window(&first).await;
    choose(&browser, "975310", "975310").await;
    browser.sees("您记下的内容在这台手机上是加密的").await;
    enter(&browser, "975310").await;
    browser.sees("口令不对").await;
    enter(&browser, PIN).await;
    browser.sees("没写完的").await;
    browser.click("继续").await;
    browser.sees("另一个窗口先设了口令").await;
}
