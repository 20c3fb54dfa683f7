//! A long questionnaire, most of which is out of sight.

use serde_json::json;

use crate::{
    driver::{Browser, PHONE},
    phone::{begin_unnamed, look, sign_in},
    phone_forms::{kept_answers, publish, pulled},
    world::World,
};

/// 65 questions: 20 to 39 hang on the first, the 59th must be answered.
fn long_form() -> String {
    let mut form = "survey\n,type,name,label,relevant,required\n".to_owned();
    for n in 0..65 {
        let relevant = if (20..40).contains(&n) { "${q0} > 2" } else { "" };
        let required = if n == 59 { "yes" } else { "" };
        form += &format!(",integer,q{n},第 {n} 题,{relevant},{required}\n");
    }
    form + "settings\n,form_id,form_title\n,long,长问卷\n"
}

/// How high what a CSS selector finds first stands on the page, in CSS pixels.
async fn height_px(browser: &Browser, css: &str) -> f64 {
    let script = "return document.querySelector(arguments[0]).getBoundingClientRect().height";
    browser.run(script, vec![json!(css)]).await.as_f64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_questionnaire_stays_in_order_and_what_is_out_of_sight_is_found() {
    let world = World::start_at(None).await;
    let version = publish(&world.sign_in("office"), &long_form(), "long");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &version).await;
    begin_unnamed(&browser).await;
    browser.click("问卷：长问卷").await;
    browser.sees("第 0 题").await;
    const NAMES: &str = "return [...document.querySelectorAll('.question input')].map((it) =>
        it.labels[0].textContent.match(/\\d+/)[0]).join(' ')";
    let in_order = (0..65).map(|it| it.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(browser.run(NAMES, vec![]).await, json!(in_order), "the order of the sheet");
    assert_eq!(browser.count(".together").await, 3, "the last five stand by themselves");

    const UNASKED: &str = ".together:nth-child(2)";
    assert!(height_px(&browser, UNASKED).await < 1.0, "twenty that are not asked take no room");
    browser.fill_labelled("第 0 题", "3").await;
    browser
        .until("what hangs on the answer", async || {
            (height_px(&browser, UNASKED).await > 1000.0).then_some(())
        })
        .await;

    browser.click("填完了").await;
    browser.sees("还有 1 处要看一下").await;
    const FOCUSED: &str = "const it = document.activeElement, at = it.getBoundingClientRect();
        return at.top >= 0 && at.bottom <= innerHeight ? it.labels[0].textContent : `out of sight: ${at.top}`";
    let focused = browser.run(FOCUSED, vec![]).await;
    assert!(focused.as_str().unwrap().contains("第 59 题"), "what is missing is gone to: {focused}");
    look(&browser, "phone-forms-long-missing").await;
    browser.keys("1").await;
    kept_answers(&browser, |it| it["q59"] == "1").await;
    browser.run("scrollTo(0, 0)", vec![]).await;
    let found = browser.run("return window.find('第 30 题', false, false, true)", vec![]).await;
    assert_eq!(found, json!(true), "the browser's own search finds what is out of sight");
    browser.click("填完了").await;
    browser.sees("已填完").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
