//! Every screen of every role, on the demo's data: looked at, and nothing for axe to find.

use std::sync::Arc;

use crate::{
    driver::{Browser, DESK, NARROW, Size},
    phone::look,
    world::World,
};

async fn sign_in(browser: &Browser, world: &World, login: &str) {
    browser.goto(&format!("{}/settings", world.url)).await;
    const LEAVE: &str = "const done = arguments[0]; localStorage.clear();
        fetch('/api/v1/session', { method: 'DELETE', headers: { 'x-zoufang': '1' } }).then(() => done(true));";
    browser.run_async(LEAVE, vec![]).await;
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", login).await;
    browser.fill("#password", server::demo::PASSWORD).await;
    browser.click("登录").await;
    browser.until("the first screen", async || (browser.path().await == "/").then_some(())).await;
}

async fn tour(browser: &Browser, world: &World, role: &str, mode: &str, paths: &[(&str, &str)]) {
    for (name, path) in paths {
        browser.goto(&format!("{}{path}", world.url)).await;
        browser.find("h1").await;
        browser
            .until("what is asked for", async || {
                (!browser.page_text().await.contains("正在打开")).then_some(())
            })
            .await;
        look(browser, &format!("tour-{role}-{name}-{mode}")).await;
    }
}

const OFFICE: [(&str, &str); 12] = [
    ("home", "/"),
    ("queue", "/queue"),
    ("issues", "/issues"),
    ("referrals", "/referrals"),
    ("visits", "/visits"),
    ("parked", "/parked"),
    ("respondents", "/respondents"),
    ("assignments", "/assignments"),
    ("figures", "/figures"),
    ("export", "/export"),
    ("campaign", "/campaign"),
    ("settings", "/settings"),
];
const BRANCH: [(&str, &str); 3] = [("home", "/"), ("meetings", "/meetings"), ("measures", "/measures")];
const SYSADMIN: [(&str, &str); 3] = [("home", "/"), ("units", "/units"), ("accounts", "/accounts")];

async fn all(mode: &str, size: Size, set: &str, dark: bool) {
    let world = World::demo().await;
    let browser = Browser::start(size).await;
    browser.dark(dark).await;
    for (login, paths) in [("office", &OFFICE[..]), ("branch", &BRANCH[..]), ("sysadmin", &SYSADMIN[..])] {
        sign_in(&browser, &world, login).await;
        browser.run(set, vec![]).await;
        tour(&browser, &world, login, mode, paths).await;
    }
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    drop(Arc::clone(&world.data));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_desk_in_the_light() {
    all("light", DESK, "", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_narrow_phone_in_the_dark_and_large() {
    all("narrow-dark-large", NARROW, "localStorage.setItem('size', 'large')", true).await;
}
