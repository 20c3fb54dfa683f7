//! Every screen of every role, on the demo's data: looked at, and nothing for axe to find.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, NARROW, Size},
    phone::look,
    world::{Client, World},
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

async fn tour(browser: &Browser, world: &World, role: &str, mode: &str, paths: &[(&str, String)]) {
    for (name, path) in paths {
        browser.goto(&format!("{}{path}", world.url)).await;
        // Neither the PIN, which is entered while this waits, nor what has not come yet.
        const IS_HERE: &str = "return !!document.querySelector('h1') && !document.getElementById('pin')";
        browser
            .until("what is asked for", async || {
                let is_here = browser.run(IS_HERE, vec![]).await == true;
                (is_here && !browser.page_text().await.contains("正在打开")).then_some(())
            })
            .await;
        look(browser, &format!("tour-{role}-{name}-{mode}")).await;
        const TROUBLE: &str =
            "return document.querySelector('[role=alert] .notice.cinnabar')?.textContent ?? null";
        assert_eq!(browser.run(TROUBLE, vec![]).await, Value::Null, "{role} at {path}");
    }
}

/// One of each thing that has a screen of its own, as a role finds it.
struct Found {
    issue: String,
    visit: String,
    meeting: String,
    /// A Monday at most three weeks ago.
    week: String,
}

fn found(world: &World) -> Found {
    let client = Client::new(&world.url);
    let sign_in = json!({"login": "office", "password": server::demo::PASSWORD});
    client.post("/api/v1/session", &sign_in).ok();
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    Found {
        issue: id(&client.get("/api/v1/issues").ok()["issues"][0]),
        visit: id(&client.get("/api/v1/visits").ok()["visits"][0]),
        meeting: id(&client.get("/api/v1/meetings").ok()[0]),
        week: {
            let figures = client.get("/api/v1/figures").ok();
            let weeks = figures["weeks"].as_array().expect("weeks");
            weeks[weeks.len().saturating_sub(3)]["monday"].as_str().expect("a day").to_owned()
        },
    }
}

/// The screens of a role, each by a name.
fn screens(role: &str, found: &Found) -> Vec<(&'static str, String)> {
    let paths: &[(&'static str, &str)] = match role {
        "office" => &[
            ("home", "/"),
            ("queue", "/queue"),
            ("queue-all", "/queue?state=all"),
            ("issues", "/issues"),
            ("issue", "/issues/:issue"),
            ("referrals", "/referrals"),
            ("visits", "/visits"),
            ("visit", "/visits/:visit"),
            ("parked", "/parked"),
            ("respondents", "/respondents"),
            ("assignments", "/assignments"),
            ("figures", "/figures"),
            ("rules", "/rules"),
            ("suggestions", "/suggestions"),
            ("second-readings", "/second-readings"),
            ("export", "/export"),
            ("campaign", "/campaign"),
            ("persons", "/persons"),
            ("removals", "/removals"),
            ("settings", "/settings"),
            ("access", "/access"),
        ],
        "branch" => &[("home", "/"), ("meetings", "/meetings"), ("measures", "/measures")],
        "sysadmin" => &[("home", "/"), ("units", "/units"), ("accounts", "/accounts")],
        "section" => {
            &[("home", "/"), ("visits", "/visits"), ("measures", "/measures"), ("figures", "/figures")]
        }
        "approver" => &[
            ("home", "/"),
            ("issue", "/issues/:issue"),
            ("visit", "/visits/:visit"),
            ("looks", "/looks"),
            ("persons", "/persons"),
        ],
        "leader" => &[
            ("home", "/"),
            // A stretch so short that small counts are left out.
            ("figures", "/figures?from=:week"),
            ("issue", "/issues/:issue"),
            ("meeting", "/meetings/:meeting"),
            ("minutes", "/meetings/:meeting/minutes"),
        ],
        _ => &[
            ("home", "/"),
            ("audit", "/audit"),
            ("checkpoints", "/audit/checkpoints"),
            ("removals", "/removals"),
        ],
    };
    let filled = |path: &str| {
        path.replace(":issue", &found.issue)
            .replace(":week", &found.week)
            .replace(":visit", &found.visit)
            .replace(":meeting", &found.meeting)
    };
    paths.iter().map(|(name, path)| (*name, filled(path))).collect()
}

/// What opens above a screen.
async fn dialogs(browser: &Browser, world: &World, mode: &str, found: &Found) {
    let visit = format!("/visits/{}", found.visit);
    for (name, path, button) in [
        ("enter-issue", "/issues", "录入问题"),
        ("import", "/respondents", "导入名单"),
        ("reveal", &*visit, "看是谁"),
    ] {
        browser.goto(&format!("{}{path}", world.url)).await;
        browser.click(button).await;
        browser.find("dialog[open]").await;
        look(browser, &format!("tour-office-{name}-{mode}")).await;
    }
}

/// The discipline group's desk, opened with the passphrase that the console tells.
async fn clues(browser: &Browser, world: &World, mode: &str) {
    sign_in(browser, world, "discipline").await;
    browser.goto(&format!("{}/clues", world.url)).await;
    browser.fill("#passphrase", server::demo::PASSWORD).await;
    look(browser, &format!("tour-discipline-unlock-{mode}")).await;
    browser.press("form button.main").await;
    browser.sees("待提处置意见").await;
    look(browser, &format!("tour-discipline-clues-{mode}")).await;
    browser.press("article.card button").await;
    browser.sees("（演示）").await;
    look(browser, &format!("tour-discipline-clue-{mode}")).await;
}

async fn all(mode: &str, size: Size, set: &str, dark: bool) {
    let world = World::demo().await;
    let found = found(&world);
    server::auditing::link_waiting(&world.app).await.expect("the audit log is linked");
    let browser = Browser::start(size).await;
    browser.dark(dark).await;
    for login in ["office", "branch", "sysadmin", "section", "approver", "leader", "auditor"] {
        sign_in(&browser, &world, login).await;
        browser.run(set, vec![]).await;
        tour(&browser, &world, login, mode, &screens(login, &found)).await;
        if login == "office" {
            dialogs(&browser, &world, mode, &found).await;
        }
    }
    clues(&browser, &world, mode).await;
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
