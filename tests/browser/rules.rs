//! The rules at the office's desk: tried while they are typed, kept as a version, gone back from.

use serde_json::json;

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::World,
};

const ODD: &str = "窗口的人跟我打哈哈过招，一问就是转圈圈";

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_tried_while_they_are_typed_and_what_waits_is_suggested_by_them() {
    let world = World::start_at(None).await;
    world.phone("visitor").sent(&[ODD, "没有打哈哈过招，办得很快"]);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("2 条待归类").await;
    browser.goto_inside("/rules").await;
    browser.find("#rules-lines").await;
    let choose = "const select = document.querySelector('#rules-target');
        select.value = 'JL4'; select.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.run(choose, vec![]).await;
    look(&browser, "office-rules").await;

    browser.fill("#rules-lines", "9 打哈哈").await;
    browser.sees("第 1 行：开头要写 1、2 或 3").await;
    look(&browser, "office-rules-fault").await;
    browser.fill("#rules-lines", "3 打哈哈…招|转圈圈").await;
    browser.sees("最近 2 条里有 1 条说到").await;
    browser.sees("说的是没有，不算").await;
    browser.fill("#rules-sentence", "他们就会打哈哈过招").await;
    browser.sees("八小时外（").await;
    look(&browser, "office-rules-tried").await;

    // Another clerk keeps the same type meanwhile: what is typed stays, and theirs is shown beside it.
    let rules = json!({"target": "JL4", "text": "2 打马虎眼"});
    let other = json!({"version": 1, "change": {"do": "save", "rules": rules}});
    world.sign_in("office").post("/api/v1/rules/versions", &other).ok();
    browser.click("保存为新的一版").await;
    browser.sees("别人先改了").await;
    browser.sees("2 打马虎眼").await;
    look(&browser, "office-rules-conflict").await;
    browser.click("保存为新的一版").await;
    browser.sees("已存为第 3 版").await;
    server::sorting::sort_waiting(&world.app).await.unwrap();
    browser.goto_inside("/queue").await;
    browser.sees("建议：“八小时之外”失管").await;

    browser.goto_inside("/rules").await;
    browser.sees("在用第 3 版").await;
    browser.run(&choose.replace("JL4", "@words"), vec![]).await;
    browser.fill("#rules-lines", "转圈圈").await;
    browser.sees("要用 | 隔开两个以上").await;
    browser.fill("#rules-lines", "绕圈子|转圈圈\n快|麻利").await;
    browser.sees("第 2 行：1 条").await;
    look(&browser, "office-rules-words").await;
    browser.click("保存为新的一版").await;
    browser.sees("已存为第 4 版").await;
    browser.click("回到这一版").await;
    browser.sees("已存为第 5 版").await;
    let mut browser = browser;
    browser.resize(PHONE).await;
    look(&browser, "office-rules-narrow").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
