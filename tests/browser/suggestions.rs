//! Suggestions at the office's desk: accepted together, learned from, gone back from, read a second time.

use domain::{agreement::is_sampled, draft::Draft, id::RecordId};
use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::{Client, Phone, World, new_id},
};

const PLAIN: [&str; 3] = [
    "养老金三个月没发到卡上，不知道找谁",
    "申请交上去半年了一点音信都没有，打电话就说还在走流程",
    "材料跑了五趟，每次都说还差一样，一次也不讲清楚",
];
const GRAVE: &str = "低保评的时候没有公开，村支书的亲戚评上了，我家老人瘫在床上反倒没有";

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_accepted_together_and_taken_back() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    for words in PLAIN.iter().chain([&GRAVE]) {
        phone.sent(&[words]);
    }
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let offered_n = |level: &str| {
        let offer = office.get(&format!("/api/v1/queue/batches?level={level}")).ok();
        offer["statements"].as_array().unwrap().len()
    };
    let (sure, fair) = (offered_n("0.80"), offered_n("0.50"));
    assert!(fair > 0);
    let sorted_n = || {
        let lines = office.get("/api/v1/queue?state=sorted").ok()["lines"].clone();
        lines.as_array().unwrap().len()
    };
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("4 条待归类").await;
    browser.click("开始归类").await;
    browser.find(".suggested").await;
    browser.click("批量采纳").await;
    browser
        .sees(&if sure > 0 {
            format!("采纳这 {sure} 条")
        } else {
            "没有可以一起采纳的".to_owned()
        })
        .await;
    // Enter confirms nothing while nobody looks at a statement.
    browser.keys("\u{e007}").await;
    browser.click("较有把握").await;
    browser.sees(&format!("采纳这 {fair} 条")).await;
    assert_eq!(sorted_n(), 0);
    look(&browser, "office-batch").await;
    browser.click(&format!("采纳这 {fair} 条")).await;
    browser.sees(&format!("已采纳 {fair} 条")).await;
    browser.sees("低保评的时候没有公开").await;
    assert_eq!(sorted_n(), fair);
    browser.click("撤销").await;
    browser.sees(&format!("已撤销 {fair} 条")).await;
    assert_eq!(sorted_n(), 0);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

fn sort(office: &Client, id: RecordId, category: &str) {
    let act = json!({"do": "sort", "kind": "problem", "category": category});
    office.post(&format!("/api/v1/queue/{id}/acts"), &json!({"version": 0, "act": act})).ok();
}

/// Sends a statement; its id is drawn for a second reading.
fn drawn(phone: &Phone, words: &str) -> RecordId {
    let mut draft: Draft = phone.draft(&[words]);
    while !is_sampled(phone.campaign, draft.statements[0].id) {
        draft.statements[0].id = RecordId(new_id());
    }
    phone.receipts(&Phone::freeze(&mut draft));
    draft.statements[0].id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_learned_and_gone_back_from_and_a_sample_is_read_blind() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    let (office, other) = (world.sign_in("office"), world.sign_in("office2"));
    let said: Vec<String> = (1..=20).map(|n| format!("{n}组的路坑坑洼洼，下雨就没法走")).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let ids: Vec<RecordId> = phone.sent(&said).statements.iter().map(|it| it.id).collect();
    let drawn = drawn(&phone, "桥头的路坑坑洼洼，下雨就没法走");
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("21 条待归类").await;
    browser.goto_inside("/suggestions").await;
    browser.sees("随程序带的").await;
    browser.sees("逐条确认满 20 条才能学").await;
    look(&browser, "office-suggestions-none").await;
    for id in ids {
        sort(&office, id, "ZX2");
    }
    sort(&other, drawn, "GL1");
    browser.sees("现在有 21 条逐条确认的可以学").await;
    browser.click("现在学一版").await;
    browser.sees("已经换上").await;
    browser.sees("第 1 版").await;
    browser.sees("两张皮").await;
    look(&browser, "office-suggestions").await;
    let in_use = || office.get("/api/v1/suggester-versions").ok()["in_use"].clone();
    assert_eq!(in_use(), json!(1));
    browser.click("改回这一版").await;
    browser.sees("已改用随程序带的").await;
    assert_eq!(in_use(), Value::Null);
    browser.click("撤销").await;
    browser.sees("已改用第 1 版").await;
    assert_eq!(in_use(), json!(1));

    // What someone else decided, without that.
    browser.click("去复核").await;
    browser.sees("桥头的路坑坑洼洼").await;
    look(&browser, "office-second-reading").await;
    browser.click("记下，下一条").await;
    browser.sees("问题要有类型").await;
    let choose = "const types = document.querySelector('#second-type');
        types.value = 'ZX2'; types.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.run(choose, vec![]).await;
    browser.click("记下，下一条").await;
    browser.sees("抽到的都复核过了").await;
    browser.goto_inside("/suggestions").await;
    browser.sees("1 条里 0 条一致").await;
    let mut browser = browser;
    browser.resize(PHONE).await;
    look(&browser, "office-suggestions-narrow").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
