//! A phone on a bad day: killed, full, tapped twice, answered wrongly, used by two.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::{
    driver::{Browser, PHONE, on_store},
    phone::{
        ask_for_update, begin_unnamed, installed, kept, look, open_again, sign_in, sign_in_again,
        with_version_installed,
    },
    world::{Client, World},
};

/// The visits that the office has, with what it says of each.
pub fn visits(office: &Client) -> Vec<Value> {
    office.get("/api/v1/visits").ok()["visits"].as_array().unwrap().clone()
}

async fn arrived(browser: &Browser, office: &Client) -> Value {
    browser
        .until("a complete visit at the office", async || {
            visits(office).into_iter().find(|it| it["complete"] == true)
        })
        .await
}

/// Runs a script in every page from its start, as a fault of the network or the device would be.
pub async fn meddle(browser: &Browser, script: &str) {
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    browser.reload().await;
}

pub async fn quota(browser: &Browser, world: &World, bytes: Option<u64>) {
    let mut parameters = json!({ "origin": world.url });
    if let Some(bytes) = bytes {
        parameters["quotaSize"] = bytes.into();
    }
    browser.cdp("Storage.overrideQuotaForOrigin", parameters).await;
}

async fn record(browser: &Browser) {
    browser.click("录音").await;
    browser.click("同意，开始录").await;
    browser.sees("正在录音").await;
    browser.sees("00:03").await;
}

pub async fn send(browser: &Browser) {
    browser.click("念给对方听").await;
    browser.sees("一条一条念").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_recording_is_sent_though_its_own_screen_comes_back_first() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    record(&browser).await;
    let voice = browser.path().await;
    browser.kill().await;
    browser.open().await;
    browser.goto(&format!("{}{voice}", world.url)).await;
    // A screen that the browser restores does not record by itself.
    browser.sees("还没有录").await;
    look(&browser, "phone-voice-restored").await;
    browser.click("打字").await;
    browser.sees("录音 0 分").await;
    sign_in_again(&browser, &world).await;
    browser.click("继续").await;
    send(&browser).await;
    let visit = arrived(&browser, &world.sign_in("office")).await;
    assert_eq!(visit["attachments_n"], 1);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_statement_takes_its_voice_along() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    record(&browser).await;
    browser.click("录完了").await;
    browser.sees("录音 0 分").await;
    browser.click("再记一条").await;
    browser.fill("textarea", "这一条留着").await;
    browser.press("article:not(.chosen) .row").await;
    browser.sees("录音 0 分").await;
    browser.click("删去这条").await;
    browser.sees_no_more("录音 0 分").await;
    kept(&browser).await;
    open_again(&mut browser, &world).await;
    browser.click("继续").await;
    browser.sees("这一条留着").await;
    assert!(!browser.page_text().await.contains("录音 0 分"));
    send(&browser).await;
    let visit = arrived(&browser, &world.sign_in("office")).await;
    assert_eq!((&visit["statements_n"], &visit["attachments_n"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_works_after_its_screen_is_gone() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("不小心删去的一条").await;
    let slip = browser.slip().await;
    browser.choose_file("input[type=file]", &slip.path().join("slip.jpg")).await;
    browser.find("img.slip").await;
    // A photo alone, on the screen that removed it.
    browser.press(".attachments button.quiet").await;
    browser.until("no photo", async || (!browser.has("img.slip").await).then_some(())).await;
    browser.click("撤销").await;
    browser.find("img.slip").await;
    // The whole statement, from another screen.
    browser.click("删去这条").await;
    browser.sees_no_more("不小心删去的一条").await;
    browser.press(".back").await;
    browser.sees("先告诉对方").await;
    browser.press(".back").await;
    browser.sees("没写完的").await;
    browser.click("撤销").await;
    browser.click("继续").await;
    browser.sees("不小心删去的一条").await;
    browser.find("img.slip").await;
    send(&browser).await;
    let visit = arrived(&browser, &world.sign_in("office")).await;
    assert_eq!((&visit["statements_n"], &visit["attachments_n"]), (&json!(1), &json!(1)));
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_upright_small_and_without_where_it_was_taken() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    let slip = browser.slip().await;
    browser.choose_file("input[type=file]", &slip.path().join("slip.jpg")).await;
    browser.find("img.slip").await;
    look(&browser, "phone-photo").await;
    const PHOTO: &str = "const image = document.querySelector('img.slip');
        await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), { width: 10, height: 20 });
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0, 10, 20);
        const colour = (y) => { const [r, , b] = context.getImageData(5, y, 1, 1).data; return r > b ? 'red' : 'blue'; };
        const [[, slice]] = await all(await opened(), 'slice');
        const text = new TextDecoder('latin1').decode(slice);
        done([image.naturalWidth, image.naturalHeight, colour(2), colour(17), text.includes('Exif'), slice.length < 700 * 1024]);";
    let photo = browser.run_async(&on_store(PHOTO), vec![]).await;
    assert_eq!(photo, json!([1000, 2000, "red", "blue", false, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tap_sends_nothing() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    const TWICE: &str = "const it = document.querySelector('.foot .main'); it.click(); it.click();";
    // Only reported as called at.
    browser.click("开始走访").await;
    browser.click("不留名").await;
    browser.sees("先告诉对方").await;
    browser.click("不同意").await;
    browser.sees("只报已上门").await;
    browser.run(TWICE, vec![]).await;
    browser.sees("最近送出").await;
    // A visit, then tidied up.
    begin_unnamed(&browser).await;
    browser.keys("窗口的人态度不好，让我跑了三趟").await;
    browser.click("念给对方听").await;
    browser.sees("一条一条念").await;
    browser.run(TWICE, vec![]).await;
    browser.sees("最近送出").await;
    browser.sees_no_more("等待上传").await;
    browser.until("two visits", async || (visits(&office).len() == 2).then_some(())).await;
    browser.press(".row[href^='/sent/']").await;
    browser.click("整理").await;
    browser.fill("input[id^=summary]", "办事跑多趟").await;
    browser.run(TWICE, vec![]).await;
    browser.sees("最近送出").await;
    browser.sees_no_more("等待上传").await;
    browser
        .until("the summary in the office", async || {
            let csv = office.get("/api/v1/export/statements.csv").text();
            csv.contains("办事跑多趟").then_some(())
        })
        .await;
    assert_eq!(office.get("/api/v1/parked").ok()["total_n"], 0);
    assert!(visits(&office).iter().all(|it| it["forked"] == false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_phone_keeps_the_words_on_the_screen_and_then_by_itself() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("写到一半").await;
    kept(&browser).await;
    quota(&browser, &world, Some(1)).await;
    // The browser notices within seconds.
    browser
        .until("the phone to be full", async || {
            browser.keys("满").await;
            browser.has("[data-kept=not]").await.then_some(())
        })
        .await;
    browser.sees("手机存储满了").await;
    look(&browser, "phone-full").await;
    // Sending is not possible either, and takes nothing away.
    browser.click("念给对方听").await;
    browser.sees("一条一条念").await;
    browser.click("送出").await;
    browser.sees("先前存的都在").await;
    quota(&browser, &world, None).await;
    kept(&browser).await;
    browser.press(".back").await;
    browser.sees("写到一半满").await;
    browser.press("article .row, article textarea").await;
    browser.fill("textarea", "写到一半，手机满了，又好了").await;
    kept(&browser).await;
    browser.reload().await;
    browser.sees("写到一半，手机满了，又好了").await;
    send(&browser).await;
    arrived(&browser, &world.sign_in("office")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_on_a_full_phone_stops_loudly_and_stays_playable() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let listens = "window.alarms = 0; const made = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () { window.alarms += 1; return made.call(this); };";
    meddle(&browser, listens).await;
    begin_unnamed(&browser).await;
    record(&browser).await;
    quota(&browser, &world, Some(1)).await;
    browser.sees("手机存储满了，录音已停").await;
    assert_eq!(browser.run("return window.alarms", vec![]).await, json!(1));
    look(&browser, "phone-voice-full").await;
    quota(&browser, &world, None).await;
    browser.click("录完了").await;
    browser.click("录音 0 分").await;
    browser.find("audio").await;
    send(&browser).await;
    let visit = arrived(&browser, &world.sign_in("office")).await;
    assert_eq!(visit["attachments_n"], 1);
}

/// One respondent whom the visitor's unit is to visit.
pub fn assigned(world: &World) {
    let office = world.sign_in("office");
    let list = "姓名,村,类别\r\n李桂兰,李家坳村,脱贫户\r\n";
    office.send("POST", "/api/v1/respondents/import?take=true", &[], list.as_bytes().to_vec()).ok();
    let respondents = office.get("/api/v1/respondents").ok();
    let assign = json!({
        "unit": world.units[0], "respondents": [respondents["respondents"][0]["id"]], "due_on": "2030-01-01",
        "note": "带上政策单",
    });
    office.post("/api/v1/assignments", &assign).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_lose_records_refuse_to_begin_from_today() {
    let world = World::start_at(None).await;
    assigned(&world);
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("李桂兰").await;
    let no_standalone = "Object.defineProperty(navigator, 'standalone', { value: false });
        Object.defineProperty(navigator, 'maxTouchPoints', { value: 5 });";
    meddle(&browser, no_standalone).await;
    const AGENTS: [(&str, &str); 3] = [
        (
            "wechat",
            "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.40",
        ),
        (
            "iphone",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
        ),
        (
            "ipad",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15",
        ),
    ];
    for (name, agent) in AGENTS {
        browser.cdp("Network.setUserAgentOverride", json!({ "userAgent": agent })).await;
        browser.goto(&world.url).await;
        browser.click("李桂兰").await;
        browser.sees("请换个地方打开").await;
        look(&browser, &format!("phone-refused-{name}")).await;
        browser.goto(&world.url).await;
        browser.sees("要走访的").await;
        assert!(!browser.page_text().await.contains("没写完的"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_without_a_network_holds_and_deletes_nothing() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("还没送出的一份").await;
    kept(&browser).await;
    installed(&browser).await;
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.sees("还有 1 份没有上传。退出不会删除").await;
    look(&browser, "phone-sign-out").await;
    browser.offline(true).await;
    browser.click("退出登录").await;
    browser.find("#login").await;
    browser.offline(false).await;
    browser.goto(&world.url).await;
    browser.find("#login").await;
    // The server has heard of it too.
    const ASKED: &str = "const done = arguments[0]; fetch('/api/v1/session').then((it) => done(it.status));";
    browser
        .until("the session to end", async || {
            (browser.run_async(ASKED, vec![]).await == json!(401)).then_some(())
        })
        .await;
    // The next person sees that something waits, and nothing of it.
    browser.fill("#login", "visitor2").await;
    browser.fill("#password", crate::world::PASSWORD).await;
    browser.click("登录").await;
    browser.sees("别的账号的 1 份记录").await;
    assert!(!browser.page_text().await.contains("没写完的"));
    look(&browser, "phone-another-user").await;
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.click("退出登录").await;
    browser.find("#login").await;
    sign_in_again(&browser, &world).await;
    browser.click("继续").await;
    browser.sees("还没送出的一份").await;
}

/// Answers in the server's place: what holds the word 毒 fails always; the rest goes through.
const POISON: &str = "const real = window.fetch; window.batches = 0;
    window.fetch = async (request) => {
        if (!request.url?.endsWith('/records/batch')) return real(request);
        window.batches += 1;
        const body = await request.clone().json();
        const said = body.envelopes.map((it) => new TextDecoder().decode(Uint8Array.from(atob(it), (c) => c.charCodeAt(0))));
        if (!said.some((it) => it.includes('毒'))) return real(request);
        const problem = { type: '/problems/internal', title: '', status: 500, code: 'internal' };
        return new Response(JSON.stringify(problem), { status: 500, headers: { zoufang: '1' } });
    };";

#[tokio::test(flavor = "multi_thread")]
async fn one_poisoned_record_holds_nobody_up() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    meddle(&browser, POISON).await;
    browser.offline(true).await;
    for words in ["有毒的一条", "好的一条", "也好的一条"] {
        begin_unnamed(&browser).await;
        browser.keys(words).await;
        send(&browser).await;
    }
    browser.offline(false).await;
    browser
        .until("two good visits", async || {
            let csv = office.get("/api/v1/export/statements.csv").text();
            (csv.contains("好的一条") && csv.contains("也好的一条")).then_some(())
        })
        .await;
    browser.sees("1 份有内容放在一边").await;
    browser.sees_no_more("等待上传").await;
    look(&browser, "phone-set-aside").await;
    browser.goto(&format!("{}/sent", world.url)).await;
    // The first that was sent is the last of the list.
    browser.press(".rows > :last-child").await;
    browser.sees("服务器没能存下这一条").await;
    assert!(!browser.has(".steps .done:nth-child(2)").await, "it is not uploaded");
    look(&browser, "phone-set-aside-visit").await;
    const SAVES: &str = "HTMLAnchorElement.prototype.click = function () { window.saved = this.download; }";
    browser.run(SAVES, vec![]).await;
    browser.click("没传到的存成加密文件").await;
    browser
        .until("a file", async || {
            browser
                .run("return window.saved ?? null", vec![])
                .await
                .as_str()
                .filter(|it| it.ends_with(".sealed"))
                .map(drop)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_that_was_damaged_on_the_phone_holds_nothing_up() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    installed(&browser).await;
    record(&browser).await;
    browser.click("录完了").await;
    browser.sees("录音 0 分").await;
    let slip = browser.slip().await;
    browser.choose_file("input[type=file]", &slip.path().join("slip.jpg")).await;
    browser.find("img.slip").await;
    kept(&browser).await;
    browser.offline(true).await;
    send(&browser).await;
    const FLIP: &str = "const done = arguments[0]; (async () => {
        const name = (await indexedDB.databases()).map((it) => it.name).find((it) => it !== 'zoufang-device');
        const db = await new Promise((resolve) => { indexedDB.open(name).onsuccess = (it) => resolve(it.target.result); });
        const t = db.transaction('slice', 'readwrite');
        t.oncomplete = () => { db.close(); done(true); };
        // Voices lie in several slices.
        t.objectStore('slice').openCursor().onsuccess = ({ target: { result: cursor } }) => {
            if (!cursor.key.endsWith('/000001')) return cursor.continue();
            const bytes = cursor.value; bytes[bytes.length >> 1] ^= 1; cursor.update(bytes);
        };
    })();";
    assert_eq!(browser.run_async(FLIP, vec![]).await, json!(true));
    browser.offline(false).await;
    browser.sees("1 份有内容放在一边").await;
    browser.press(".row[href^='/sent/']").await;
    browser.sees("本机读出来不完整").await;
    look(&browser, "phone-damaged-voice").await;
    let office = world.sign_in("office");
    let visit = visits(&office).remove(0);
    assert_eq!((&visit["complete"], &visit["attachments_n"]), (&json!(false), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_to_wait_is_not_asked_before() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let busy = "const real = window.fetch; window.asked = 0;
        window.fetch = async (request) => {
            if (!request.url?.endsWith('/records/batch')) return real(request);
            window.asked += 1;
            const problem = { type: '/problems/busy', title: '', status: 503, code: 'busy' };
            return new Response(JSON.stringify(problem), { status: 503, headers: { zoufang: '1', 'retry-after': '99999999' } });
        };";
    meddle(&browser, busy).await;
    begin_unnamed(&browser).await;
    browser.keys("等一等再传").await;
    send(&browser).await;
    browser
        .until("a first try", async || {
            (browser.run("return window.asked", vec![]).await == json!(1)).then_some(())
        })
        .await;
    for _ in 0..3 {
        browser.run("window.dispatchEvent(new Event('online'))", vec![]).await;
        browser.goto_inside("/sent").await;
        browser.sees("全部送出").await;
        browser.goto_inside("/").await;
        browser.sees("最近送出").await;
    }
    assert_eq!(browser.run("return window.asked", vec![]).await, json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symposium_by_telephone_and_everything_else_reaches_the_office() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    // A symposium that had nothing to say.
    begin_about(&browser, "不留名").await;
    browser.click("座谈会").await;
    browser.fill("#head-count", "12").await;
    browser.fill("#place", "吴家组").await;
    browser.click("开始记").await;
    browser.click("无意见").await;
    send(&browser).await;
    // By telephone, entered on the spot, wants to hear back.
    begin_about(&browser, "现场登记").await;
    browser.fill("#name", "赵·阿依古丽").await;
    browser.fill("#telephone", "+86 138 0000 0000").await;
    const TELEPHONE: &str = "[...document.querySelectorAll('.segmented label')]
        .find((it) => it.innerText.trim() === '电话').click()";
    browser.run(TELEPHONE, vec![]).await;
    browser.click("开始记").await;
    browser.find("textarea").await;
    browser.keys("想知道补贴什么时候发").await;
    browser.click("念给对方听").await;
    browser.click("希望有回音").await;
    browser.fill("#call-back-how", "打电话").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
    browser
        .until("both visits, complete", async || {
            let all = visits(&office);
            (all.len() == 2 && all.iter().all(|it| it["complete"] == true)).then_some(())
        })
        .await;
    let csv = office.get("/api/v1/export/visits.csv?machine_names=true").text();
    assert!(csv.contains("吴家组") && csv.contains("12"), "{csv}");
    assert!(!csv.contains("打电话"), "how to reach someone leaves with identities alone: {csv}");
    let identities = "/api/v1/export/visits.csv?identities=true&reason=x&machine_names=true";
    assert!(office.get(identities).text().contains("打电话"));
    let forms: Vec<Value> = visits(&office).into_iter().map(|it| it["form"].clone()).collect();
    assert!(forms.contains(&json!("symposium")) && forms.contains(&json!("telephone")), "{forms:?}");
    let statements = office.get("/api/v1/export/statements.csv?machine_names=true").text();
    assert!(statements.contains("none"), "{statements}");
    let identity = visits(&office).into_iter().find(|it| it["form"] == "telephone").unwrap();
    let id = identity["id"].as_str().unwrap();
    let revealed = office.post(&format!("/api/v1/visits/{id}/identity"), &json!({"reason": "回访"})).ok();
    assert_eq!(revealed["identity"]["name"], "赵·阿依古丽");
}

async fn begin_about(browser: &Browser, whom: &str) {
    browser.click("开始走访").await;
    browser.click(whom).await;
    browser.sees("先告诉对方").await;
    browser.click("口头同意").await;
}

/// Asks for a new version, whose installation fails.
async fn fails_to_update(browser: &Browser) {
    const STATE: &str = "const done = arguments[0];
        navigator.serviceWorker.ready.then((it) => done([!!it.installing, !!it.waiting]));";
    ask_for_update(browser).await;
    let state = browser
        .until("the installation to end", async || {
            Some(browser.run_async(STATE, vec![]).await).filter(|it| it[0] == false)
        })
        .await;
    assert_eq!(state, json!([false, false]));
}

/// How many files each version keeps, by its name.
async fn files_kept(browser: &Browser) -> Value {
    const FILES: &str = "const done = arguments[0]; (async () => {
        const kept = {};
        for (const name of await caches.keys()) kept[name] = (await (await caches.open(name)).keys()).length;
        done(kept);
    })();";
    browser.run_async(FILES, vec![]).await
}

async fn records_without_a_network(browser: &Browser, world: &World) {
    browser.offline(true).await;
    browser.goto(&world.url).await;
    browser.sees("没有网络").await;
    begin_unnamed(browser).await;
    browser.keys("旧版本照常记").await;
    kept(browser).await;
    assert!(!browser.page_text().await.contains("有新版本"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_new_version_leaves_the_old_one_working() {
    let world = World::start_at(None).await;
    let browser = with_version_installed(&world).await;
    world.broken_build.store(true, Ordering::Relaxed);
    world.new_build.store(true, Ordering::Relaxed);
    fails_to_update(&browser).await;
    records_without_a_network(&browser, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_with_a_file_missing_is_taken_once_it_is_whole() {
    let world = World::start_at(None).await;
    let browser = with_version_installed(&world).await;
    let before = files_kept(&browser).await;
    assert_eq!(before.as_object().unwrap().len(), 1, "{before}");
    world.missing_file.store(true, Ordering::Relaxed);
    world.new_build.store(true, Ordering::Relaxed);
    fails_to_update(&browser).await;
    assert_eq!(files_kept(&browser).await, before, "the old version whole, of the new one nothing");
    records_without_a_network(&browser, &world).await;

    // The file arrives; coming back to the app asks again.
    world.missing_file.store(false, Ordering::Relaxed);
    browser.offline(false).await;
    browser.goto(&world.url).await;
    browser.sees("没写完的").await;
    browser
        .until("the new version", async || {
            browser.run("document.dispatchEvent(new Event('visibilitychange'))", vec![]).await;
            browser.page_text().await.contains("有新版本").then_some(())
        })
        .await;
    let both = files_kept(&browser).await;
    let n = |name: &str| both.as_object().unwrap().iter().find(|it| it.0.contains(name)).unwrap().1.as_u64();
    let old_n = before.as_object().unwrap().values().next().unwrap().as_u64();
    assert_eq!(n("next-"), old_n.map(|it| it + 1), "{both}");
    // A script that waits for something is lost when the page goes.
    browser.run("window.isOld = true", vec![]).await;
    browser.click("现在更新").await;
    browser
        .until("the page anew", async || {
            (browser.run("return !window.isOld", vec![]).await == json!(true)).then_some(())
        })
        .await;
    browser
        .until("the new version alone", async || {
            let kept = files_kept(&browser).await;
            let kept = kept.as_object().unwrap();
            (kept.len() == 1 && kept.keys().all(|it| it.contains("next-"))).then_some(())
        })
        .await;
    browser.sees("没写完的").await;
    browser.click("继续").await;
    browser.sees("旧版本照常记").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_said_and_everything_is_taken() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let later = "const real = Date.now; Date.now = () => real() + 2 * 3600_000;";
    meddle(&browser, later).await;
    browser.sees("这台手机的时间和服务器差得多").await;
    look(&browser, "phone-clock-off").await;
    begin_unnamed(&browser).await;
    browser.keys("钟快了两小时").await;
    send(&browser).await;
    arrived(&browser, &world.sign_in("office")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_is_a_gap_and_a_microphone_that_is_taken_is_said() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let device = "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (it) => {
            if (window.denied) throw new DOMException('', 'NotAllowedError');
            const stream = await ask(it); window.track = stream.getTracks()[0]; return stream;
        };";
    meddle(&browser, device).await;
    begin_unnamed(&browser).await;
    browser.run("window.denied = true", vec![]).await;
    browser.click("录音").await;
    browser.click("同意，开始录").await;
    browser.sees("没有得到使用麦克风的许可").await;
    assert!(!browser.page_text().await.contains("正在录音"));
    look(&browser, "phone-voice-denied").await;
    browser.run("window.denied = false", vec![]).await;
    browser.click("同意，开始录").await;
    browser.sees("00:02").await;
    browser.run("window.track.dispatchEvent(new Event('mute'))", vec![]).await;
    browser.sees("被打断了").await;
    // A microphone that comes back in a pause starts nothing.
    browser.click("暂停").await;
    browser.sees("已暂停").await;
    browser.sees("中断 1 处").await;
    browser.run("window.track.dispatchEvent(new Event('unmute'))", vec![]).await;
    browser.click("接着录").await;
    browser.sees("正在录音").await;
    look(&browser, "phone-voice-gap").await;
    browser.sees("00:04").await;
    browser.run("window.track.stop()", vec![]).await;
    browser.sees("录音停住了").await;
    browser.sees("没有在录").await;
    browser.click("录完了").await;
    browser.sees("中断 1 处").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_whose_screen_is_left_is_sent_whole() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    record(&browser).await;
    browser.press(".back").await;
    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
    let visit = arrived(&browser, &world.sign_in("office")).await;
    assert_eq!(visit["attachments_n"], 1);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_a_full_phone_did_not_keep_outlive_their_screen() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("写到一半").await;
    kept(&browser).await;
    quota(&browser, &world, Some(1)).await;
    browser
        .until("the phone to be full", async || {
            browser.keys("满").await;
            browser.has("[data-kept=not]").await.then_some(())
        })
        .await;
    browser.goto_inside("/").await;
    browser.sees("没写完的").await;
    browser.click("继续").await;
    browser.sees("写到一半满").await;
    browser.goto_inside("/").await;
    browser.sees("没写完的").await;
    quota(&browser, &world, None).await;
    let kept_at_last = on_store(
        "const db = await opened(); const drafts = await texts(db, 'draft'); db.close();
        done(drafts.some((it) => it.includes('写到一半满')));",
    );
    browser
        .until("the words on disk", async || {
            (browser.run_async(&kept_at_last, vec![]).await == json!(true)).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_go_before_a_voice_that_is_on_its_way() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let slow = "const real = window.fetch; window.log = [];
        window.fetch = async (request) => {
            const answer = await real(request);
            if (!request.url?.includes('/api/v1/')) return answer;
            const what = request.url.endsWith('/batch') ? 'words' : request.method === 'PATCH' ? 'voice' : 'other';
            window.log.push(what);
            if (request.method === 'POST' && request.url.endsWith('/uploads') && !window.release)
                await new Promise((resolve) => { window.release = resolve; });
            return answer;
        };";
    meddle(&browser, slow).await;
    begin_unnamed(&browser).await;
    record(&browser).await;
    browser.click("录完了").await;
    browser.sees("录音 0 分").await;
    send(&browser).await;
    browser
        .until("an upload under way", async || {
            (browser.run("return Boolean(window.release)", vec![]).await == json!(true)).then_some(())
        })
        .await;
    begin_unnamed(&browser).await;
    browser.keys("要紧的话").await;
    send(&browser).await;
    browser.run("window.log = []; window.release()", vec![]).await;
    browser.sees_no_more("等待上传").await;
    let log = browser.run("return window.log.filter((it) => it !== 'other')", vec![]).await;
    assert_eq!((&log[0], &log[1]), (&json!("words"), &json!("voice")), "{log}");
    let all = visits(&world.sign_in("office"));
    assert!(all.len() == 2 && all.iter().all(|it| it["complete"] == true), "{all:?}");
}
