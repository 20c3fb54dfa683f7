//! A visitor with a phone.

use serde_json::{Value, json};

use crate::{
    driver::{Browser, NARROW, PHONE},
    world::{PASSWORD, World},
};

/// Signs in through the screen.
pub async fn sign_in(browser: &Browser, world: &World, login: &str) {
    browser.goto(&world.url).await;
    browser.fill("#login", login).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    // Whoever goes elsewhere before the answer is here is brought back by it.
    browser.until("the way in", async || (!browser.has("#login").await).then_some(())).await;
}

/// Waits until the service worker keeps the app's files.
pub async fn installed(browser: &Browser) {
    const READY: &str = "const done = arguments[0];
        navigator.serviceWorker.ready.then((it) => done(Boolean(it.active)));";
    assert_eq!(browser.run_async(READY, vec![]).await, json!(true));
}

/// Looks at the screen: saved, nothing sideways, nothing for axe to find.
pub async fn look(browser: &Browser, name: &str) {
    browser.shot(name).await;
    assert_eq!(browser.sideways_px().await, 0, "{name} scrolls sideways");
    let violations = browser.accessibility_violations().await;
    assert!(violations.is_empty(), "{name}: {violations:#?}");
}

/// Chromium writes cookies out every half minute: a kill before that costs the session and nothing
/// else, and the visitor signs in again.
pub async fn open_again(browser: &mut Browser, world: &World) {
    browser.kill().await;
    browser.open().await;
    sign_in_again(browser, world).await;
}

pub async fn sign_in_again(browser: &Browser, world: &World) {
    browser.goto(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("开始走访").await;
}

/// A visit from the start to the page of statements.
pub async fn begin_unnamed(browser: &Browser) {
    browser.click("开始走访").await;
    to_notice(browser).await;
    agree(browser).await;
    browser.find("textarea").await;
}

/// To what is told to a respondent who gives no name.
pub async fn to_notice(browser: &Browser) {
    browser.click("不留名").await;
    browser.sees("先告诉对方").await;
}

/// From there to what stands behind it.
pub async fn agree(browser: &Browser) {
    browser.click("口头同意").await;
    browser.click("开始记").await;
}

pub async fn kept(browser: &Browser) {
    browser.find("[data-kept=kept]").await;
}

async fn waiting_n(browser: &Browser) -> Value {
    browser.run("return document.querySelector('.strip')?.innerText ?? ''", vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_cold_cache_without_a_network_to_the_server() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let list = "姓名,村,类别,电话\r\n李桂兰,李家坳村,脱贫户,13800000000\r\n周志国,县城东街,退休干部,\r\n";
    office.send("POST", "/api/v1/respondents/import?take=true", &[], list.as_bytes().to_vec()).ok();
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    look(&browser, "phone-today-empty").await;
    installed(&browser).await;

    // The phone dies in town, is started in a village, and the server is out of reach.
    browser.kill().await;
    browser.open().await;
    browser.offline(true).await;
    browser.goto(&world.url).await;
    browser.sees("没有网络").await;
    browser.click("开始走访").await;
    look(&browser, "phone-start").await;
    browser.fill("#search", "李家").await;
    browser.click("李桂兰").await;
    browser.sees("先告诉对方").await;
    look(&browser, "phone-about").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.fill("textarea", "低保评的时候没有公开，村支书的亲戚评上了，我家老人瘫在床上反倒没有。").await;
    browser.click("再记一条").await;
    browser.fill("textarea", "帮扶的张主任隔三差五就来，帮我卖了两千斤橘子。").await;
    browser.click("表扬").await;
    kept(&browser).await;
    look(&browser, "phone-statements").await;

    // A dead battery in the middle of it.
    browser.kill().await;
    browser.open().await;
    browser.offline(true).await;
    browser.goto(&world.url).await;
    browser.sees("没写完的").await;
    look(&browser, "phone-today").await;
    browser.click("继续").await;
    browser.sees("橘子").await;
    browser.click("念给对方听").await;
    browser.sees("低保评的时候没有公开").await;
    browser.click("念过了，对方认可").await;
    look(&browser, "phone-read-back").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
    assert!(waiting_n(&browser).await.to_string().contains("1 条等待上传"));
    look(&browser, "phone-waiting").await;

    // After "saved" the phone dies once more; then the network is back.
    open_again(&mut browser, &world).await;
    browser.sees("已上传").await;
    browser.find(".steps .done:nth-child(2)").await;
    // What came by the device's word alone, before the signing in, is taken in by it.
    let csv = browser
        .until("it at the office", async || {
            let csv = office.get("/api/v1/export/statements.csv").text();
            csv.contains("两千斤橘子").then_some(csv)
        })
        .await;
    assert!(csv.contains("村支书的亲戚评上了，我家老人瘫在床上反倒没有。"), "{csv}");
    assert!(csv.contains("帮我卖了两千斤橘子"), "{csv}");
    assert!(!csv.contains("李桂兰"));
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_a_word_keeps_what_was_typed() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("窗口的人说回去等通知，等了").await;
    kept(&browser).await;
    browser.keys("两个月").await;
    kept(&browser).await;
    browser.kill().await;
    browser.open().await;
    browser.goto(&world.url).await;
    browser.click("继续").await;
    browser.sees("窗口的人说回去等通知，等了两个月").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_draft_is_written_in_one_window() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("第一个窗口").await;
    kept(&browser).await;
    let address = format!("{}{}", world.url, browser.path().await);
    let first = browser.window().await;
    browser.open_window(&address).await;
    browser.sees("正在另一个窗口里写").await;
    look(&browser, "phone-elsewhere").await;
    browser.close_window(&first).await;
    browser.keys("，还能写").await;
    kept(&browser).await;
    // The other window's list hears of it.
    browser.open_window(&world.url).await;
    browser.sees("没写完的").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_draft_comes_back() {
    let world = World::start_at(None).await;
    let browser = Browser::start(NARROW).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("不小心删掉的").await;
    kept(&browser).await;
    browser.goto(&world.url).await;
    browser.sees("没写完的").await;
    browser.click("删除").await;
    browser.sees_no_more("没写完的").await;
    browser.click("撤销").await;
    browser.sees("没写完的").await;
    browser.click("继续").await;
    browser.sees("不小心删掉的").await;
    look(&browser, "phone-narrow-statements").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_survives_a_kill_and_reaches_the_server() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.click("录音").await;
    browser.click("同意，开始录").await;
    browser.sees("正在录音").await;
    browser.sees("00:03").await;
    look(&browser, "phone-voice").await;
    browser.kill().await;
    browser.open().await;
    browser.goto(&world.url).await;
    browser.sees("录音 0 分").await;
    sign_in_again(&browser, &world).await;
    browser.click("继续").await;
    // At most two seconds are lost, of three.
    browser.sees("录音 0 分").await;
    browser.click("录音 0 分").await;
    browser.find("audio").await;
    const PLAYS: &str = "const done = arguments[0]; const audio = document.querySelector('audio');
        audio.muted = true;
        audio.addEventListener('timeupdate', () => audio.currentTime > 0.2 && done(true));
        audio.addEventListener('error', () => done(String(audio.error?.message)));
        audio.play().catch((e) => done(String(e)));";
    assert_eq!(browser.run_async(PLAYS, vec![]).await, json!(true));
    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
    browser.sees_no_more("等待上传").await;
    browser.sees_no_more("还在上传").await;
    let csv = world.sign_in("office").get("/api/v1/export/visits.csv?machine_names=true").text();
    let lines: Vec<&str> = csv.lines().collect();
    let column = lines[0].split(',').position(|it| it == "complete").unwrap();
    assert_eq!(lines[1].split(',').nth(column), Some("是"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_reads_in_the_dark_large_and_in_english() {
    let world = World::start_at(None).await;
    let browser = Browser::start(NARROW).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("大字也看得清").await;
    kept(&browser).await;
    let draft = browser.path().await;
    browser.goto(&format!("{}/settings", world.url)).await;
    look(&browser, "phone-settings").await;
    browser.click("长辈版").await;
    browser.click("深色").await;
    for (name, path) in [
        ("today", "/".to_owned()),
        ("start", "/start".to_owned()),
        ("about", format!("{draft}/about")),
        ("statements", draft.clone()),
        ("read", format!("{draft}/read")),
        ("tidy", format!("{draft}/tidy")),
        ("sent", "/sent".to_owned()),
        ("settings", "/settings".to_owned()),
        ("install", "/help/install".to_owned()),
    ] {
        browser.goto(&format!("{}{path}", world.url)).await;
        browser.find("h1").await;
        look(&browser, &format!("phone-large-dark-{name}")).await;
    }
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.click("English").await;
    browser.goto(&format!("{}{draft}", world.url)).await;
    browser.sees("What was said").await;
    look(&browser, "phone-large-dark-english").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_tidied_up_by_what_was_learned_without_a_network() {
    let world = World::start_at(None).await;
    let browser = with_version_installed(&world).await;
    begin_unnamed(&browser).await;
    browser.keys("娃儿的户口迁了三个月还没得个准信，去一回喊再等等").await;
    kept(&browser).await;
    let draft = browser.path().await;
    browser.offline(true).await;
    browser.goto(&format!("{}{draft}/tidy", world.url)).await;
    browser.sees("像是").await;
    browser.sees("慢作为").await;
    look(&browser, "phone-tidy").await;
    browser.click("就是这类").await;
    kept(&browser).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

/// A phone whose app is kept for the time without a network.
pub async fn with_version_installed(world: &World) -> Browser {
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    browser.reload().await;
    browser.sees("开始走访").await;
    browser
}

/// Asks whether there is a new version.
pub async fn ask_for_update(browser: &Browser) {
    const UPDATE: &str = "const done = arguments[0];
        navigator.serviceWorker.ready.then((it) => it.update()).then(() => done(true), (e) => done(String(e)));";
    assert_eq!(browser.run_async(UPDATE, vec![]).await, json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_waits_until_the_draft_is_written() {
    let world = World::start_at(None).await;
    let browser = with_version_installed(&world).await;
    begin_unnamed(&browser).await;
    browser.keys("更新的时候正在写").await;
    kept(&browser).await;
    world.new_build.store(true, std::sync::atomic::Ordering::Relaxed);
    ask_for_update(&browser).await;
    browser.sees("有新版本，写完再更新").await;
    browser.keys("，还在写").await;
    kept(&browser).await;
    // Not by loading a page: the driver may stop a service worker for good when its page goes.
    browser.press("a.back[href$='/about']").await;
    browser.press("a.back[href='/']").await;
    browser.sees("没写完的").await;
    browser.click("现在更新").await;
    browser.sees_no_more("有新版本").await;
    browser.click("继续").await;
    browser.sees("更新的时候正在写，还在写").await;
}

/// Between two pages, or taken in another window, a version takes over without this page's asking.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_that_took_over_elsewhere_is_loaded_when_asked_for() {
    let world = World::start_at(None).await;
    let browser = with_version_installed(&world).await;
    world.new_build.store(true, std::sync::atomic::Ordering::Relaxed);
    ask_for_update(&browser).await;
    browser.sees("有新版本").await;
    const ELSEWHERE: &str = "const done = arguments[0];
        navigator.serviceWorker.addEventListener('controllerchange', () => done(true));
        navigator.serviceWorker.ready.then((it) => it.waiting.postMessage('update'));";
    assert_eq!(browser.run_async(ELSEWHERE, vec![]).await, json!(true));
    browser.sees("有新版本").await;
    browser.click("现在更新").await;
    browser.sees_no_more("有新版本").await;
    browser.sees("开始走访").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_back_is_completed_and_mistakes_are_withdrawn() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("村里的路一直没修").await;
    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.find(".steps .done:nth-child(2)").await;
    let office = world.sign_in("office");
    let queue = office.get("/api/v1/queue").ok();
    let id = queue["lines"][0]["id"].as_str().unwrap().to_owned();
    let act = json!({"version": 0, "act": {"do": "send_back", "comment": "哪个组的路？"}});
    office.post(&format!("/api/v1/queue/{id}/acts"), &act).ok();
    browser.reload().await;
    browser.sees("办公室请补充：哪个组的路？").await;
    look(&browser, "phone-sent-back").await;
    browser.click("办公室请补充").await;
    browser.click("补充").await;
    browser.sees("受访人原话 · 上传后不可改动").await;
    browser.click("概括").await;
    browser.fill("input[id^=summary]", "吴家组的路").await;
    browser.click("念给对方听").await;
    browser.click("送出补充").await;
    browser
        .until("the summary in the office", async || {
            let item = office.get(&format!("/api/v1/queue/{id}")).ok();
            (item["summary"] == "吴家组的路" && item["standing"]["state"] == "waiting").then_some(())
        })
        .await;
    browser.goto(&format!("{}/sent", world.url)).await;
    browser.click("不留名").await;
    look(&browser, "phone-sent-visit").await;
    browser.click("撤回这次走访").await;
    browser.fill("#withdraw-reason", "走错了门").await;
    browser.press("dialog button.danger").await;
    browser.sees("已撤回").await;
    browser
        .until("the withdrawal in the office", async || {
            office.get("/api/v1/visits").ok()["visits"][0]["withdrawn"].as_bool().filter(|it| *it)
        })
        .await;
}
