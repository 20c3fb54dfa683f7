//! What is said more often than before, as the office sees it among the figures.

use serde_json::json;

use crate::{
    driver::{Browser, DESK, NARROW},
    phone::{look, sign_in},
    world::{Phone, World},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_has_risen_is_shown_with_its_numbers_and_opens_what_it_is_made_of() {
    let world = World::start_at(None).await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let now = world.app.now();
    let visit = |n: usize, at: i64, words: &str| {
        let mut draft = phone.draft(&[words]);
        draft.visit.value.started_at = at;
        draft.identity.as_mut().unwrap().value.name = format!("户主{n}");
        phone.receipts(&Phone::freeze(&mut draft));
        let category = if words.contains("五趟") { "GL2" } else { "SQ1" };
        let act = json!({"do": "sort", "kind": "problem", "category": category});
        let path = format!("/api/v1/queue/{}/acts", draft.statements[0].id);
        office.post(&path, &json!({"version": 0, "act": act})).ok();
    };
    // Forty days ago is never this month.
    for n in 0..24 {
        visit(n, now - 40 * DAY_MS, "村口的路灯坏了半年");
    }
    for n in 100..107 {
        visit(n, now, "材料跑了五趟");
    }
    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.goto_inside("/figures").await;
    browser.sees("比前几个月多的").await;
    browser.sees("慢作为").await;
    browser.sees("看这些意见").await;
    look(&browser, "office-rising").await;
    browser.resize(NARROW).await;
    look(&browser, "office-rising-narrow").await;
    browser.resize(DESK).await;
    browser.click("看这些意见").await;
    browser.until("the queue", async || (browser.path().await == "/queue").then_some(())).await;
    browser.sees("材料跑了五趟").await;
    browser.sees_no_more("路灯").await;
    browser.until("all seven", async || (browser.count(".list .list-item").await == 7).then_some(())).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
