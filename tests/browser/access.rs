//! Accounts as people open them: a one-time link, a second factor, a confirmation; and a second person's approval.

use serde_json::json;
use server::auth::Rules;
use totp_rs::Totp;

use crate::{
    branch::with_proposal,
    driver::{Browser, DESK, NARROW, PHONE},
    phone::{look, sign_in},
    world::{Client, PASSWORD, World, tools::ProviderServer},
};

const MINUTE: i64 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_colleague_sets_the_own_password() {
    let world = World::start().await;
    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "sysadmin").await;
    browser.sees("账号").await;
    browser.goto(&format!("{}/accounts", world.url)).await;
    browser.fill("#name", "周敏").await;
    browser.fill("#login", "zhou").await;
    browser.press("form.card button[type=submit]").await;
    browser.sees("请选单位").await;
    browser.press("#unit option:nth-child(2)").await;
    browser.press("form.card button[type=submit]").await;
    browser.sees("请把下面的链接或二维码交给 zhou 本人").await;
    browser.find(".once svg").await;
    look(&browser, "access-link").await;
    let link = browser.run("return document.querySelector('.once code').textContent", vec![]).await;
    let link = link.as_str().unwrap().to_owned();

    browser.resize(NARROW).await;
    // The same page is loaded anew: only what stands behind # differs.
    browser.goto(&format!("{}/icon.svg", world.url)).await;
    browser.goto(&link).await;
    browser.sees("周敏，您好").await;
    look(&browser, "access-welcome").await;
    for (weak, why) in [("1234567", "8"), ("zhou2026!", "账号"), ("password1", "常见")] {
        browser.fill("#new-password", weak).await;
        browser.press("form button.main").await;
        browser.sees(why).await;
    }
    browser.fill("#new-password", "走村入户听真话").await;
    browser.press("form button.main").await;
    browser.sees("8").await;
    browser.fill("#new-password", "走村入户听真话一二三").await;
    browser.press("form button.main").await;
    browser.until("the first screen", async || (browser.path().await == "/").then_some(())).await;
    browser.goto(&format!("{}/icon.svg", world.url)).await;
    browser.goto(&link).await;
    browser.sees("这个链接已经用过").await;
    look(&browser, "access-link-gone").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_set_up_and_asked_for() {
    let world = World::start().await;
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "branch").await;
    browser.sees("今天").await;
    browser.goto(&format!("{}/access", world.url)).await;
    browser.click("设置").await;
    browser.sees("扫这个码").await;
    browser.find("svg.qr, .qr svg, svg").await;
    look(&browser, "access-second-factor").await;
    let link = browser.run("return document.querySelector('a[href^=otpauth]').href", vec![]).await;
    let app = Totp::from_url(link.as_str().unwrap()).unwrap();
    let code =
        |steps: i64| app.generate(u64::try_from(world.app.now() / 1_000 + steps * 30).unwrap()).to_string();
    browser.fill("#first-code", "000000").await;
    browser.click("启用").await;
    browser.sees("验证码不对").await;
    browser.fill("#first-code", &code(0)).await;
    browser.click("启用").await;
    browser.sees("备用码").await;
    look(&browser, "access-recovery-codes").await;
    let spare = browser.run("return document.querySelector('.codes code').textContent", vec![]).await;
    browser.click("已收好").await;
    browser.sees("还剩 10 个备用码").await;

    for (code, comes_in) in [("123123", false), (spare.as_str().unwrap(), true)] {
        browser.goto(&format!("{}/sign-in", world.url)).await;
        browser.fill("#login", "branch").await;
        browser.fill("#password", PASSWORD).await;
        browser.click("登录").await;
        browser.sees("验证码").await;
        look(&browser, "access-code").await;
        browser.fill("#code", code).await;
        browser.click("登录").await;
        if comes_in {
            browser.until("the first screen", async || (browser.path().await == "/").then_some(())).await;
        } else {
            browser.sees("验证码不对").await;
        }
    }
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_grave_waits_for_a_confirmation_and_goes_on_by_itself() {
    let world = World::start().await;
    let visit = world.phone("visitor").sent(&["办事跑了三趟"]).id();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("今天").await;
    world.later(11 * MINUTE);
    browser.goto(&format!("{}/visits/{visit}", world.url)).await;
    browser.click("看是谁").await;
    browser.fill("dialog[open] input", "回访").await;
    browser.press("dialog[open] button.main").await;
    browser.sees("确认是本人").await;
    look(&browser, "access-confirm").await;
    browser.fill("#confirmation", "不是这个密码").await;
    browser.click("确认，继续").await;
    browser.sees("密码不对").await;
    browser.fill("#confirmation", PASSWORD).await;
    browser.click("确认，继续").await;
    browser.sees("李桂兰").await;
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").text();
    assert_eq!(
        (log.matches("\"read_identity\"").count(), log.matches("\"confirm\"").count()),
        (1, 1),
        "{log}"
    );
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_returns_or_approves_what_goes_to_a_branch() {
    let world = World::start().await;
    let issue = with_proposal(&world);
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "approver").await;
    browser.sees("办件拖延").await;
    look(&browser, "access-approver-home").await;
    browser.goto(&format!("{}/issues/{issue}", world.url)).await;
    browser.sees("等签发").await;
    look(&browser, "access-proposal").await;
    let choices = browser.run("return document.querySelector('fieldset').innerText", vec![]).await;
    assert!(choices.as_str().unwrap().contains("机关第一党支部\n等签发"), "{choices}");
    browser.click("退回").await;
    browser.find("dialog[open]").await;
    browser.press("dialog[open] button.main").await;
    browser.sees("请写明理由").await;
    look(&browser, "access-proposal-return").await;
    const SAID: &str = "return [...document.querySelectorAll('p.error')].filter((it) => it.innerText).length";
    assert_eq!(browser.run(SAID, vec![]).await, json!(1), "what is wrong is said once");
    browser.press("dialog[open] .dialog-head button").await;
    assert_eq!(world.sign_in("branch").get("/api/v1/releases").ok(), json!([]));
    browser.click("签发").await;
    browser.sees("已签发").await;
    assert_eq!(world.sign_in("branch").get("/api/v1/releases").ok()[0]["title"], "办件拖延");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_in_by_the_provider_that_an_administrator_bound() {
    let Some(provider) = ProviderServer::start() else { return };
    let world = World::start().await;
    // Whoever types a password where none counts is led to the provider.
    let rules = Rules { provider_only: true, ..Rules::default() };
    let url = world.by_provider(&provider.issuer(), rules).await;
    let put = Client::new(&provider.issuer()).put("/users/chen-xiao", &json!({}));
    assert_eq!(put.status, 204);

    let admin = Browser::start(DESK).await;
    admin.goto(&format!("{url}/sign-in")).await;
    admin.fill("#login", "sysadmin").await;
    admin.fill("#password", PASSWORD).await;
    admin.click("登录").await;
    admin.sees("今天").await;
    admin.goto(&format!("{url}/accounts")).await;
    let field = "input[aria-label='统一身份标识 陈晓']";
    admin.find(field).await;
    look(&admin, "provider-accounts").await;
    let bind = "const field = document.querySelector(arguments[0]);
        field.value = 'chen-xiao';
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    admin.run(bind, vec![json!(field)]).await;
    admin.sees("已绑定").await;

    for (browser, seen) in [(Browser::start(DESK).await, "desk"), (Browser::start(PHONE).await, "phone")] {
        browser.goto(&format!("{url}/sign-in")).await;
        browser.sees("用统一身份认证登录").await;
        look(&browser, &format!("provider-sign-in-{seen}")).await;
        browser.fill("#login", "office").await;
        browser.fill("#password", PASSWORD).await;
        browser.press("form button.main").await;
        // The provider's own page; a stranger to us first.
        browser.fill("input[name=sub]", "nobody").await;
        browser.press("button[type=submit], input[type=submit]").await;
        browser.sees("请找本单位管理员绑定").await;
        look(&browser, &format!("provider-unknown-{seen}")).await;
        browser.click("用统一身份认证登录").await;
        browser.fill("input[name=sub]", "chen-xiao").await;
        browser.press("button[type=submit], input[type=submit]").await;
        browser.sees("今天").await;
        browser.sees("陈晓").await;
    }
}
