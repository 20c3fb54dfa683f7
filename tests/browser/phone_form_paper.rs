//! The code on a printed questionnaire begins a visit as any other, and leads on to that questionnaire.

use serde_json::json;

use crate::{
    driver::{Browser, NARROW, PHONE},
    phone::{agree, installed, look, sign_in, to_notice},
    phone_forms::{FORM, kept_answers, publish, pulled},
    world::World,
};

/// From the code to whatever stands behind the notice.
async fn begin_by_code(browser: &Browser, world: &World, version: &str) {
    browser.goto(&format!("{}/start/form/{version}", world.url)).await;
    to_notice(browser).await;
    agree(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_we_are_is_said_before_the_printed_questionnaire_opens() {
    let world = World::start_at(None).await;
    let version = publish(&world.sign_in("office"), FORM, "household");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    installed(&browser).await;
    pulled(&browser, &version).await;
    browser.offline(true).await;
    browser.goto(&format!("{}/start/form/{version}", world.url)).await;
    to_notice(&browser).await;
    browser.sees("我是县司法局的").await;
    look(&browser, "phone-paper-about").await;
    agree(&browser).await;
    browser.sees("家里几口人").await;
    assert!(browser.path().await.ends_with(&format!("/form/{version}")), "{}", browser.path().await);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());

    // Who does not agree is asked nothing.
    browser.goto(&format!("{}/start/form/{version}", world.url)).await;
    browser.click("不留名").await;
    browser.click("不同意").await;
    browser.sees_no_more("开始记").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_questionnaire_that_is_not_here_says_so_and_leads_on() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    browser.offline(true).await;
    let version = publish(&office, FORM, "household");
    begin_by_code(&browser, &world, &version).await;
    browser.sees("这部手机上还没有这份问卷").await;
    look(&browser, "phone-paper-not-here").await;
    browser.click("再看一次").await;
    browser.sees("这部手机上还没有这份问卷").await;
    assert_eq!(browser.count(".form").await, 1, "it is said once");
    let page = browser.path().await;
    browser.click("不填这份，继续走访").await;
    browser.find("textarea:not([hidden])").await;

    // Once there is a network it is filled in, pulled or not.
    browser.goto_inside(&page).await;
    browser.sees("这部手机上还没有这份问卷").await;
    browser.offline(false).await;
    browser.click("再看一次").await;
    browser.fill_labelled("家里几口人", "3").await;
    kept_answers(&browser, |it| it["people"] == "3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_questionnaire_that_is_closed_or_was_followed_says_so() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let first = publish(&office, FORM, "household");
    let second = publish(&office, &FORM.replace("家里几口人", "一共几口人"), "household");
    let browser = Browser::start(NARROW).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &second).await;
    begin_by_code(&browser, &world, &first).await;
    browser.sees("已经停用，或者换成了新的版本").await;
    browser.sees_no_more("再看一次").await;
    browser.dark(true).await;
    look(&browser, "phone-paper-closed").await;
    browser.click("不填这份，继续走访").await;
    browser.click("问卷：入户问卷").await;
    browser.sees("一共几口人").await;
    let closed = office.put("/api/v1/questionnaires/household/offering", &json!({"closed": true}));
    assert_eq!(closed.status, 204);
    // What is on the phone is filled in all the same; what never was is not.
    begin_by_code(&browser, &world, &"0".repeat(64)).await;
    browser.sees("已经停用，或者换成了新的版本").await;
}
