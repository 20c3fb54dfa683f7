//! Statements that say the same, at the office's desk: shown beside each other, decided together, put back together.

use serde_json::json;

use crate::{
    driver::{Browser, DESK},
    phone::{look, sign_in},
    world::{Phone, World},
};

const SAID: [&str; 4] = [
    "青山镇到县城的公交车一天只有两班，等车要等半天",
    "去县城办事不方便，青山镇到县城的公交车一天只有两班",
    "青山镇到县城的公交车一天只有两班，等车要等大半天！",
    "养老金三个月没发到卡上，不知道找谁",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_several_say_is_one_issue_and_is_put_back_by_one_undo() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    for (n, words) in SAID.iter().enumerate() {
        let mut draft = phone.draft(&[words]);
        draft.identity.as_mut().unwrap().value.name = format!("户主{n}");
        phone.receipts(&Phone::freeze(&mut draft));
    }
    server::sorting::sort_waiting(&world.app).await.unwrap();
    server::comparing::compare_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let waiting_n = || office.get("/api/v1/queue?state=waiting").ok()["lines"].as_array().unwrap().len();

    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("4 条待归类").await;
    browser.click("开始归类").await;
    browser.sees("另有 2 条相同").await;
    browser.click(SAID[2]).await;
    browser.sees("与另外 2 条像是同一件事（共 3 户）").await;
    look(&browser, "office-like").await;

    browser.click("不是一件事").await;
    browser.sees("与另外 1 条像是同一件事（共 2 户）").await;
    browser.click("撤销").await;
    // What was refused is compared anew after the acknowledgement.
    browser
        .until("the refusal taken back", async || {
            server::comparing::compare_waiting(&world.app).await.unwrap();
            let found = office.get("/api/v1/queue?like=true").ok()["lines"].clone();
            found.as_array().unwrap().iter().all(|it| it["n_like"] == 2).then_some(())
        })
        .await;
    browser.goto(&format!("{}/queue", world.url)).await;
    browser.click(SAID[2]).await;
    browser.sees("与另外 2 条像是同一件事（共 3 户）").await;
    browser.click("并入问题或立为新问题时，连同还没归类的 2 条一起").await;
    browser.click("立为新问题").await;
    browser.fill("#issue-title", "公交车班次太少").await;
    browser.press(".deciding form button.main").await;
    browser.until("one left", async || (waiting_n() == 1).then_some(())).await;
    let issues = office.get("/api/v1/issues").ok()["issues"].clone();
    assert_eq!((&issues[0]["n_said"], &issues[0]["n_households"]), (&json!(3), &json!(3)), "{issues}");
    browser.click("撤销").await;
    browser.until("all back", async || (waiting_n() == 4).then_some(())).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
