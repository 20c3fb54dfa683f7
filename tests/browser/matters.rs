//! Several matters in one text, at the office's desk: offered, cut elsewhere, divided, put together; how grave it is.

use serde_json::Value;

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::{Client, World},
};

const SEVERAL: &str = "村里的公章一直揣在会计兜里，想盖就盖，从没个登记。\
    还有一个事，村口到学校那段路的路灯全坏了，晚上娃娃放学看不见。报上去两回了。";
const GRAVE: &str = "他带人上门把我老公打伤了，还说再告就弄死我，医药费花了两万块。";
const ONE: &str = "换个营业执照上的法人，来回折腾了五趟，每趟都说缺一样东西。";

fn lines(office: &Client, query: &str) -> Vec<Value> {
    office.get(&format!("/api/v1/queue?state=waiting&{query}")).ok()["lines"].as_array().unwrap().clone()
}

/// Waits until so many wait.
async fn wait_n(browser: &Browser, office: &Client, n: usize) {
    browser.until("the queue", async || (lines(office, "").len() == n).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_divided_where_the_office_wants_it_and_put_together_again() {
    let world = World::start_at(None).await;
    world.phone("visitor").sent(&[SEVERAL]);
    world.later(1_000);
    world.phone("visitor").sent(&[ONE]);
    world.later(1_000);
    world.phone("visitor").sent(&[GRAVE]);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");

    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.click("开始归类").await;
    browser.sees("像是 2 件事").await;
    browser.click("更多条件").await;
    browser.sees("要紧的排在前面").await;
    look(&browser, "office-severity").await;
    browser.click("要紧的排在前面").await;
    browser
        .until("the filter", async || {
            browser
                .run("return location.search", vec![])
                .await
                .as_str()?
                .contains("gravest_first")
                .then_some(())
        })
        .await;
    browser.click("说了几件事的").await;
    browser.until("one line", async || (browser.count(".list-item").await == 1).then_some(())).await;
    browser.sees("这段话像是说了 2 件事").await;
    look(&browser, "office-several").await;

    // The cut is taken away and another one made, then both.
    browser.click("自己选在哪里分").await;
    browser.click("不在这里分").await;
    browser.sees_no_more("分成 2 条").await;
    browser.press(".cuts .cut:first-of-type").await;
    browser.sees("分成 2 条").await;
    look(&browser, "office-several-cuts").await;
    browser.click("分成 2 条").await;
    wait_n(&browser, &office, 4).await;
    browser.sees("一段话的第 1 部分，共 2 部分").await;
    look(&browser, "office-part").await;

    browser.click("看整段话").await;
    browser.sees("这段话已分成 2 条，分别归类").await;
    look(&browser, "office-divided").await;
    browser.click("合回一条").await;
    wait_n(&browser, &office, 3).await;
    browser.sees("这段话像是说了 2 件事").await;

    browser.click("是一件事").await;
    browser.sees_no_more("这段话像是说了 2 件事").await;
    assert!(lines(&office, "several=true").is_empty());
    browser.click("撤销").await;
    browser.sees("这段话像是说了 2 件事").await;
    browser.resize(PHONE).await;
    look(&browser, "office-several-phone").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
