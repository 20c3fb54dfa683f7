//! The taxonomy at the office's desk: changed after looking at what that would do, gone back from, taken in as a table.

use serde_json::json;

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::World,
};

const SLOW: &str = "申请交上去半年了一点音信都没有，打电话就说还在走流程";

/// Chooses an option as a person does.
async fn choose(browser: &Browser, select: &str, value: &str) {
    let script = "const [selector, value] = arguments;
        const select = document.querySelector(selector);
        select.value = value; select.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.run(script, vec![json!(select), json!(value)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_is_renamed_and_merged_after_a_look_and_the_queue_shows_it() {
    let world = World::start_at(None).await;
    world.phone("visitor").sent(&[SLOW]);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let version = || office.get("/api/v1/taxonomy").ok()["version"].clone();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("1 条待归类").await;
    browser.goto_inside("/taxonomy").await;
    browser.sees("待归类的建议 1").await;
    look(&browser, "office-taxonomy").await;

    browser.click("慢作为").await;
    // A field that is only cleared says nothing of it.
    browser.fill("#type-short", " ").await;
    browser.click("看看会怎样").await;
    browser.sees("请写简称").await;
    browser.fill("#type-short", "拖着不办").await;
    look(&browser, "office-taxonomy-edit").await;
    browser.click("看看会怎样").await;
    browser.sees("改名：官僚主义 · 慢作为").await;
    assert_eq!(version(), 1);
    browser.click("照此修改").await;
    browser.sees("已改成第 2 版").await;
    browser.sees("拖着不办").await;

    // It goes first in its group, and back again.
    browser.click("拖着不办").await;
    browser.find("#type-order").await;
    choose(&browser, "#type-order", "").await;
    browser.sees("次序变了").await;
    browser.click("照此修改").await;
    browser.sees("换次序 拖着不办").await;
    let order = "return [...document.querySelectorAll('.row.type .code')].map((it) => it.textContent)";
    let shown = browser.run(order, vec![]).await;
    let shown: Vec<&str> = shown.as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    let place = shown.iter().position(|it| *it == "GL").unwrap();
    assert_eq!(shown[place + 1], "GL2");
    browser.click("拖着不办").await;
    browser.find("#type-order").await;
    choose(&browser, "#type-order", "GL1").await;
    browser.click("照此修改").await;
    browser.sees("已改成第 4 版").await;

    browser.click("拖着不办").await;
    browser.find("#type-into").await;
    choose(&browser, "#type-into", "GL1").await;
    browser.sees("统计时算在那一类里").await;
    browser.sees("还没归类的 1 条重新给建议").await;
    look(&browser, "office-taxonomy-effect").await;
    browser.click("照此修改").await;
    browser.sees("已改成第 5 版").await;
    browser.sees("并入不作为").await;
    server::sorting::sort_waiting(&world.app).await.unwrap();
    browser.goto_inside("/queue").await;
    browser.sees("建议：不作为").await;

    // Going back shows first what it would do, as everything else does.
    browser.goto_inside("/taxonomy").await;
    browser.click("回到这一版").await;
    browser.sees("恢复：").await;
    browser.click("照此修改").await;
    browser.sees("已改成第 6 版").await;
    let mut browser = browser;
    browser.resize(PHONE).await;
    browser.click("慢作为").await;
    browser.find("#type-short").await;
    look(&browser, "office-taxonomy-narrow").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
