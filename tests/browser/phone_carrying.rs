//! A phone that several people share, and one that cannot send: what rests there comes to the office unread.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE, PIN},
    phone::{begin_unnamed, installed, kept, look, sign_in},
    phone_faults::{send, visits},
    world::{Client, PASSWORD, World},
};

const WORDS: &str = "别人手机上替我捎去的话";

fn parked_n(office: &Client) -> u64 {
    office.get("/api/v1/parked").ok()["total_n"].as_u64().unwrap()
}

/// Waits until the server knows this device, whose word counts for what is carried.
async fn is_bound(browser: &Browser) {
    const ASKED: &str = "const done = arguments[0];
        fetch('/api/v1/session').then((it) => it.json()).then((it) => done(Boolean(it.device)));";
    browser
        .until("the device to be known", async || {
            (browser.run_async(ASKED, vec![]).await == json!(true)).then_some(())
        })
        .await;
}

/// Saves what was not sent, on the screen of settings.
pub async fn saved_file(browser: &Browser) -> Vec<u8> {
    const CATCH: &str = "const made = URL.createObjectURL;
        URL.createObjectURL = (it) => { window.saved = it; return made.call(URL, it); };";
    browser.run(CATCH, vec![]).await;
    browser.click("没传到的存成加密文件").await;
    const SAVED: &str = "const done = arguments[0]; const reader = new FileReader();
        reader.onload = () => done(reader.result.split(',')[1]);
        if (window.saved?.type === 'application/octet-stream') reader.readAsDataURL(window.saved); else done(null);";
    let saved = browser
        .until("the file", async || browser.run_async(SAVED, vec![]).await.as_str().map(str::to_owned))
        .await;
    STANDARD.decode(saved).unwrap()
}

/// What the office says of a file.
pub fn taken_in(office: &Client, file: Vec<u8>) -> Value {
    let kind = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/records/sealed?drafts=true", &kind, file).ok()
}

/// Records a visit with a photo without a network.
async fn record_offline(browser: &Browser) {
    browser.offline(true).await;
    begin_unnamed(browser).await;
    browser.keys(WORDS).await;
    let slip = browser.slip().await;
    browser.choose_file("input[type=file]", &slip.path().join("slip.jpg")).await;
    browser.find("img.slip").await;
    kept(browser).await;
    send(browser).await;
    browser.sees("等待上传").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_on_the_same_phone_carries_what_they_cannot_read() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    is_bound(&browser).await;
    record_offline(&browser).await;
    // Put away without a word, and picked up by a colleague.
    browser.unlocks = false;
    browser.reload().await;
    browser.click("换人登录").await;
    browser.sees("登录").await;
    browser.offline(false).await;
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "visitor2").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("设一个解锁口令").await;
    browser.fill("#pin", "864200").await;
    browser.fill("#pin-again", "864200").await;
    browser.press("form button.main").await;
    browser.sees("有别的账号的 1 份记录").await;
    look(&browser, "phone-others-wait").await;
    assert!(!browser.page_text().await.contains(WORDS));
    let office = world.sign_in("office");
    browser.until("what waited to be carried", async || (parked_n(&office) > 0).then_some(())).await;
    assert_eq!(visits(&office).len(), 0);
    let account = office.get("/api/v1/parked").ok()["parked"][0]["author"].clone();
    let judged =
        office.post(&format!("/api/v1/parked/signed-out/{}", account.as_str().unwrap()), &Value::Null);
    assert_eq!(judged.ok()["parked_n"], json!(0));
    assert_eq!(visits(&office).len(), 1);

    // Its owner finds it sent.
    browser.reload().await;
    browser.click("换人登录").await;
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("解锁口令").await;
    browser.fill("#pin", PIN).await;
    browser.press("form button.main").await;
    browser.sees("开始走访").await;
    browser.sees_no_more("等待上传").await;
    assert_eq!(visits(&office).len(), 1);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_saved_sealed_and_the_office_takes_it_in() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    record_offline(&browser).await;
    browser.goto_inside("/settings").await;
    look(&browser, "phone-save-sealed").await;
    let saved = saved_file(&browser).await;
    assert!(!String::from_utf8_lossy(&saved).contains(WORDS));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zoufang.sealed");
    std::fs::write(&file, &saved).unwrap();
    let desk = Browser::start(DESK).await;
    sign_in(&desk, &world, "office").await;
    desk.sees("开始归类").await;
    desk.goto(&format!("{}/parked", world.url)).await;
    desk.sees("收下手机存的加密文件").await;
    look(&desk, "office-take-in-file").await;
    desk.choose_file("input[type=file]", &file).await;
    desk.sees("录音照片 1 个").await;
    desk.sees(WORDS).await;
    look(&desk, "office-took-in-file").await;
    std::fs::write(&file, &saved[..saved.len() - 1]).unwrap();
    desk.choose_file("input[type=file]", &file).await;
    look(&desk, "office-file-cut-short").await;
    assert_eq!(desk.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_file_has_what_was_added_to_a_visit_that_was_sent() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    begin_unnamed(&browser).await;
    browser.keys("先送出的").await;
    send(&browser).await;
    browser.sees_no_more("等待上传").await;
    let office = world.sign_in("office");
    browser.until("the visit to arrive", async || (visits(&office).len() == 1).then_some(())).await;
    browser.offline(true).await;
    browser.press(".row[href^='/sent/']").await;
    browser.press(".foot .main").await;
    browser.sees("受访人原话 · 上传后不可改动").await;
    browser.click("概括").await;
    browser.fill("input[id^=summary]", "送出以后概括的").await;
    browser.click("念给对方听").await;
    browser.click("送出补充").await;
    browser.sees("等待上传").await;
    browser.goto_inside("/settings").await;
    let taken = taken_in(&office, saved_file(&browser).await);
    assert_eq!(taken["unreadable_n"], json!(0));
    assert!(office.get("/api/v1/parked").ok().to_string().contains("送出以后概括的"), "{taken}");
}
