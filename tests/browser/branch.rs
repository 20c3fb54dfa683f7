//! A branch in its meeting room.

use serde_json::json;

use crate::{
    driver::{Browser, DESK},
    phone::{look, sign_in},
    world::{Phone, World},
};

/// An issue that was said by enough people, and that the office proposed to release to the branch; answers its id.
pub fn with_proposal(world: &World) -> String {
    let office = world.sign_in("office");
    let phone = world.phone("visitor");
    let issue = office
        .post("/api/v1/issues", &json!({
            "title": "办件拖延", "wording": "有的申请交上去很久没有回音。", "source": "visits", "state": "open", "category": "GL2",
        }))
        .ok();
    let id = issue["id"].as_str().unwrap();
    for n in 0..6 {
        let mut draft = phone.draft(&[&format!("申请交上去一点音信都没有，第{n}户")]);
        format!("李桂兰{n}").clone_into(&mut draft.identity.as_mut().unwrap().value.name);
        phone.receipts(&Phone::freeze(&mut draft));
        let statement = draft.statements[0].id;
        let act = json!({"version": 0, "act": {"do": "join", "issue": id}});
        office.post(&format!("/api/v1/queue/{statement}/acts"), &act).ok();
    }
    let release = json!({
        "units": [world.units[2]], "title": "办件拖延", "wording": "有的申请交上去很久没有回音。",
    });
    let outcome = office.post(&format!("/api/v1/issues/{id}/releases"), &release).ok();
    assert_eq!(outcome["outcome"], "proposed", "{outcome}");
    id.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_discusses_agrees_and_prints_its_minutes() {
    let world = World::start_at(None).await;
    with_proposal(&world);
    world.approve_all();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "branch").await;
    browser.sees("办件拖延").await;
    assert!(!browser.page_text().await.contains("一点音信都没有"), "a quote reached the branch");
    look(&browser, "branch-home").await;
    browser.click("准备讨论会").await;
    browser.fill("#meeting-title", "十一月讨论会").await;
    browser.press("fieldset input[type=checkbox]").await;
    browser.press("button[type=submit]").await;
    browser.sees("第 1 项 / 共 1 项").await;
    look(&browser, "branch-noting-empty").await;
    browser.click("加一条发言").await;
    browser.fill(".point input:not(.surname)", "材料清单要贴在门口").await;
    browser.sees("有一条发言还缺姓，没有存").await;
    // Not closed before all is kept, and what is not agreed is named.
    browser.click("结束会议").await;
    browser.sees("这些还没有存全").await;
    browser.sees("这些还没有议定").await;
    look(&browser, "branch-not-closed").await;
    browser.press("dialog[open] .dialog-head button").await;
    browser.fill(".surname", "陈").await;
    browser.fill("textarea[id^=cause]", "窗口之间不通气").await;
    browser.click("加一条措施").await;
    browser.find(".measure").await;
    browser.fill(".measure input[type=text]", "十二类事项清单上墙").await;
    browser.click("议定，下一条").await;
    browser.sees("已议定").await;
    browser.sees("已存").await;
    look(&browser, "branch-noting").await;
    browser.click("投影").await;
    browser.sees("陈：材料清单要贴在门口").await;
    look(&browser, "branch-projector").await;
    browser.click("结束会议").await;
    browser.press("dialog button.main").await;
    browser.click("会议记录").await;
    browser.sees("十二类事项清单上墙").await;
    look(&browser, "branch-minutes").await;
    browser.goto(&format!("{}/measures", world.url)).await;
    browser.sees("十二类事项清单上墙").await;
    look(&browser, "branch-measures").await;
    let csv = world.sign_in("office").get("/api/v1/export/issues.csv").text();
    assert!(csv.contains("十二类事项清单上墙") && csv.contains("窗口之间不通气"), "{csv}");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
