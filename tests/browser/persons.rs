//! Somebody asks what is kept of them, and to have it deleted: two people at their desks do it.

use crate::{
    driver::{Browser, DESK},
    phone::{look, sign_in},
    world::World,
};

const LEAVE: &str = "const done = arguments[0]; localStorage.clear();
    fetch('/api/v1/session', { method: 'DELETE', headers: { 'x-zoufang': '1' } }).then(() => done(true));";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_somebody_is_found_and_destroyed_by_two() {
    let world = World::start().await;
    world.phone("visitor").sent(&["村里的路一直没修"]);
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("本人的信息").await;
    browser.goto(&format!("{}/persons", world.url)).await;
    browser.fill("#person", "桂").await;
    browser.fill("#person-reason", "本人申请删除").await;
    browser.press("form button.main").await;
    // Too short a text says what is wrong, and what was typed stays.
    browser.find("form .error:not(:empty)").await;
    browser.fill("#person", "桂兰").await;
    browser.press("form button.main").await;
    browser.sees("李桂兰").await;
    browser.press("fieldset input").await;
    look(&browser, "persons-found").await;
    browser.click("提请删除").await;
    browser.sees("待签发").await;
    browser.goto(&format!("{}/removals", world.url)).await;
    browser.sees("一直保存").await;
    look(&browser, "removals").await;

    browser.run_async(LEAVE, vec![]).await;
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "approver").await;
    browser.fill("#password", crate::world::PASSWORD).await;
    browser.click("登录").await;
    browser.sees("本人的信息").await;
    browser.goto(&format!("{}/persons", world.url)).await;
    browser.sees("本人申请删除").await;
    look(&browser, "persons-sign-off").await;
    browser.click("签发并销毁").await;
    browser.sees("已销毁").await;
    look(&browser, "persons-destroyed").await;
    let office = world.sign_in("office");
    let asked = serde_json::json!({"text": "桂兰", "reason": "核对"});
    let found = office.post("/api/v1/persons/search", &asked).ok();
    assert_eq!(found["visits"], serde_json::json!([]));
    let visit = office.get("/api/v1/visits").ok()["visits"][0]["id"].as_str().unwrap().to_owned();
    assert!(office.get(&format!("/api/v1/visits/{visit}")).text().contains("村里的路一直没修"));
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
