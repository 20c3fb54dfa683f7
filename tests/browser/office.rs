//! The office, at a desk.

use serde_json::json;

use crate::{
    driver::{Browser, DESK},
    phone::{look, sign_in},
    world::World,
};

const WORDS: [&str; 3] = [
    "低保评的时候没有公开，村支书的亲戚评上了，我家老人瘫在床上反倒没有。问了几回，村里说归镇上管，镇上又叫找村里。",
    "申请交上去半年了一点音信都没有，打电话就说还在走流程",
    "养老金三个月没发到卡上，不知道找谁",
];

/// What the office made of a statement, by its words.
fn state_of(world: &World, words: &str) -> (String, String) {
    let csv = world.sign_in("office").get("/api/v1/export/statements.csv?machine_names=true").text();
    let mut rows = csv.lines().map(|it| it.split(',').collect::<Vec<_>>());
    let header = rows.next().expect("a header");
    let column = |name: &str| {
        header.iter().position(|it| it.trim_start_matches('\u{feff}') == name).expect("a column")
    };
    let row = rows.find(|it| it[column("words")].contains(words)).expect("the statement");
    (row[column("state")].to_owned(), row[column("category")].to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_worked_by_keyboard_alone() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    for words in WORDS {
        phone.sent(&[words]);
    }
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("3 条待归类").await;
    look(&browser, "office-home").await;
    browser.click("开始归类").await;
    browser.sees("养老金").await;
    browser.find(".suggested, .deciding .quiet").await;

    // Passed on: T, to whom, Enter.
    browser.keys("t").await;
    browser.find("#refer-to").await;
    browser.fill("#refer-to", "县人社局").await;
    look(&browser, "office-refer").await;
    browser.keys("\u{e007}").await;
    browser.sees("转办 · 已办").await;

    // Confirmed: the next one, 1, Enter.
    browser.sees("申请交上去半年").await;
    browser.find(".suggested").await;
    browser.keys("1").await;
    browser.keys("\u{e007}").await;
    browser.sees("归类 · 已办").await;
    assert_eq!(state_of(&world, "申请交上去半年").0, "sorted");

    // Undone, and confirmed again.
    browser.keys("u").await;
    browser.sees("已撤销").await;
    browser.sees("申请交上去半年").await;
    assert_eq!(state_of(&world, "申请交上去半年").0, "waiting");
    browser.keys("\u{e007}").await;
    browser.sees("归类 · 已办").await;

    // Another type by a few letters, then made an issue.
    browser.sees("低保评的时候").await;
    browser.find(".suggested").await;
    look(&browser, "office-queue").await;
    browser.keys("c").await;
    browser.fill("#type-search", "优亲").await;
    browser.keys("\u{e007}").await;
    browser.keys("m").await;
    browser.fill("#issue-title", "低保评定不公开").await;
    look(&browser, "office-issue").await;
    browser.keys("\u{e007}").await;
    browser.sees("都归类好了").await;
    assert_eq!(state_of(&world, "低保评的时候"), ("sorted".to_owned(), "XC1".to_owned()));
    look(&browser, "office-queue-empty").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_keeps_its_place_and_an_undo_outlives_its_screen() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    for words in WORDS {
        phone.sent(&[words]);
    }
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("3 条待归类").await;
    browser.click("开始归类").await;
    browser.sees("养老金").await;
    browser.find(".suggested").await;

    // Escape leaves the search as it is; the address carries it.
    browser.fill("input[type=search]", "申请").await;
    browser.keys("\u{e00c}").await;
    browser.until("one line", async || (browser.count(".list-item").await == 1).then_some(())).await;
    let typed = browser.run("return document.querySelector('input[type=search]').value", vec![]).await;
    assert_eq!(typed, json!("申请"));
    browser.reload().await;
    browser.until("one line", async || (browser.count(".list-item").await == 1).then_some(())).await;

    // A line that was clicked takes Enter as confirming; a request with a type stays a request.
    browser.find(".suggested").await;
    browser.press(".list-item").await;
    browser.keys("1").await;
    browser.run("window.dispatchEvent(new KeyboardEvent('keydown', { key: '#', code: 'Digit3', shiftKey: true }))", vec![]).await;
    browser.keys("\u{e007}").await;
    browser.sees("归类 · 已办").await;
    browser.sees("没有符合条件的意见").await;
    look(&browser, "office-nothing-found").await;
    let kind = |words: &str| {
        let queue = world.sign_in("office").get("/api/v1/queue").ok();
        let lines = queue["lines"].as_array().unwrap();
        lines.iter().find(|it| it["opening"].as_str().unwrap().contains(words)).unwrap()["kind"].clone()
    };
    assert_eq!(
        (kind("申请交上去"), state_of(&world, "申请交上去").0),
        (json!("request"), "sorted".to_owned())
    );

    browser.click("走访记录").await;
    browser.sees("3 次走访").await;
    browser.click("撤销").await;
    browser.sees("已撤销").await;
    assert_eq!(state_of(&world, "申请交上去").0, "waiting");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_and_what_others_do_shows_by_itself() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    phone.sent(&[WORDS[0]]);
    phone.sent(&[WORDS[1]]);
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("2 条待归类").await;
    browser.click("开始归类").await;
    browser.sees("打电话就说还在走流程").await;
    // What is chosen stays chosen when the list grows and shrinks around it.
    browser.find(".deciding").await;
    browser.click("表扬").await;
    phone.sent(&[WORDS[2]]);
    browser.sees("养老金三个月没发到卡上").await;
    let office = world.sign_in("office");
    let latest = office.get("/api/v1/queue?state=waiting").ok()["lines"][0].clone();
    let act = json!({ "version": latest["version"], "act": { "do": "sort", "kind": "praise" } });
    office.post(&format!("/api/v1/queue/{}/acts", latest["id"].as_str().unwrap()), &act).ok();
    browser.sees_no_more("养老金三个月没发到卡上").await;
    let chosen = "return [...document.querySelectorAll('.deciding [aria-pressed=true], .deciding [aria-checked=true], .deciding input:checked')].map((it) => it.innerText || it.labels?.[0]?.innerText).join()";
    assert!(browser.run(chosen, vec![]).await.as_str().unwrap().contains("表扬"));
    look(&browser, "office-queue-live").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_tells_of_a_restore_and_of_backups() {
    let world = World::start_at(None).await;
    let plan = server::backing_up::Plan {
        target: server::backing_up::Target::Folder { folder: "/nowhere/at/all".into(), off_host: false },
        recipients: Vec::new(),
        every_ms: 1,
        keep: 1,
    };
    server::backing_up::back_up(&world.app, &plan).await.unwrap_err();
    let mut db = world.app.db.read().await.unwrap();
    let epoch = server::history::epoch(&mut db).await.unwrap();
    drop(db);
    server::history::begin_epoch(&world.app, &epoch, "a test").await.unwrap();
    for (who, shot) in [("office", "office-home-alarms"), ("sysadmin", "sysadmin-home-alarms")] {
        let browser = Browser::start(DESK).await;
        sign_in(&browser, &world, who).await;
        browser.sees("发现服务器的数据是从备份恢复的").await;
        browser.sees("自动备份没有成功").await;
        look(&browser, shot).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clerks_see_each_other_and_lose_nothing() {
    let world = World::start_at(None).await;
    world.phone("visitor").sent(&[WORDS[1]]);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let other = world.sign_in("office2");
    let queue = other.get("/api/v1/queue").ok();
    let id = queue["lines"][0]["id"].as_str().unwrap().to_owned();
    other.put(&format!("/api/v1/queue/{id}/presence"), &json!(null)).ok();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("今天").await;
    browser.goto(&format!("{}/queue", world.url)).await;
    browser.sees("何静也在看这一条").await;
    let sort = json!({"version": 0, "act": {"do": "sort", "kind": "problem", "category": "GL1"}});
    other.post(&format!("/api/v1/queue/{id}/acts"), &sort).ok();
    browser.find(".suggested").await;
    browser.keys("\u{e007}").await;
    browser.sees("别人先办了这一条").await;
    look(&browser, "office-conflict").await;
    assert_eq!(state_of(&world, WORDS[1]).1, "GL1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_server_is_set_up_by_screens_alone() {
    let world = World::start_at(None).await;
    let browser = Browser::start(DESK).await;
    browser.goto(&format!("{}/first-accounts", world.url)).await;
    browser.sees("这个链接已经用过").await;
    look(&browser, "setup-first-used").await;
    browser.goto(&format!("{}/first-accounts#sometoken", world.url)).await;
    browser.reload().await;
    browser.sees("设置第一批账号").await;
    look(&browser, "setup-first").await;
    sign_in(&browser, &world, "sysadmin").await;
    browser.sees("今天").await;
    browser.goto(&format!("{}/units", world.url)).await;
    browser.fill("#unit-name", "公证处").await;
    browser.click("添加").await;
    browser.until("the unit", async || browser.page_text().await.contains("公证处").then_some(())).await;
    look(&browser, "setup-units").await;
    browser.goto(&format!("{}/accounts", world.url)).await;
    browser.fill("#name", "新人").await;
    browser.fill("#login", "xinren").await;
    browser.click("添加").await;
    browser.sees("这个角色要归到一个单位").await;
    browser.run("const s = document.querySelector('#unit'); s.selectedIndex = 1; s.dispatchEvent(new Event('change'));", vec![]).await;
    browser.click("添加").await;
    browser.sees("只能用一次").await;
    assert_eq!(browser.count(".qr path").await, 1);
    look(&browser, "setup-accounts").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_entered_for_the_unit_that_collected_it() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.click("补录书面意见").await;
    browser.click("不留名").await;
    browser.sees("先告诉对方").await;
    // The clerk's own, until another is chosen.
    const CHOSEN: &str = "return document.querySelector('#collected-by')?.selectedOptions[0]?.text ?? ''";
    let chosen = async |unit: &str| {
        browser.until(unit, async || (browser.run(CHOSEN, vec![]).await == json!(unit)).then_some(())).await;
    };
    chosen("综合办公室").await;
    let choose = format!(
        "const it = document.querySelector('#collected-by'); it.value = '{}'; it.dispatchEvent(new Event('change'));",
        world.units[1]
    );
    browser
        .until("the units", async || {
            let n = browser.count("#collected-by option").await;
            (n == 4).then_some(())
        })
        .await;
    browser.run(&choose, vec![]).await;
    chosen("公共法律服务股").await;
    browser.click("签字同意").await;
    browser.find("[data-kept=kept]").await;
    look(&browser, "office-slip").await;
    // It is kept with the draft.
    browser.reload().await;
    browser.sees("先告诉对方").await;
    chosen("公共法律服务股").await;
    // Out of reach, no other unit looks chosen than the one that is.
    browser.offline(true).await;
    browser.click("开始记").await;
    browser.find("textarea").await;
    browser.press(".back").await;
    browser.goto_inside("/").await;
    browser.click("继续").await;
    browser.find("textarea").await;
    let about = browser.path().await + "/about";
    browser.goto_inside(&about).await;
    chosen("—").await;
    browser.offline(false).await;
    browser.click("再试一次").await;
    chosen("公共法律服务股").await;
    browser.click("开始记").await;
    browser.find("textarea").await;
    browser.keys("意见箱里收到的一张纸").await;
    browser.click("念给对方听").await;
    browser.click("送出").await;
    let visit = browser
        .until("the slip at the office", async || {
            let all = office.get("/api/v1/visits").ok()["visits"].clone();
            all.as_array().unwrap().iter().find(|it| it["complete"] == true).cloned()
        })
        .await;
    assert_eq!((&visit["unit_name"], &visit["form"]), (&json!("公共法律服务股"), &json!("slip")));
    assert_eq!(world.sign_in("section").get("/api/v1/figures").ok()["visits_n"], 0);

    // A record stays with its unit.
    let id = visit["id"].as_str().unwrap();
    browser.goto(&format!("{}/sent/{id}", world.url)).await;
    browser.click("补充").await;
    browser.goto(&format!("{}/record/{id}/about", world.url)).await;
    browser.find("#collected-by:disabled").await;
    chosen("公共法律服务股").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_which_rows_repeat_which() {
    let world = World::start_at(None).await;
    let list = "姓名,村,类别\n李桂兰,李家坳村,脱贫户\n周志国,县城东街,退休干部\n李 桂兰,李家坳村,脱贫户\n,李家坳村,脱贫户\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), list).unwrap();
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("今天").await;
    browser.goto(&format!("{}/respondents", world.url)).await;
    browser.click("导入名单").await;
    browser.choose_file("dialog input[type=file]", &folder.path().join("list.csv")).await;
    browser.sees("第 4 行：与第 2 行是同一户").await;
    browser.sees("第 5 行：没有姓名").await;
    browser.sees("表里重复 1 行").await;
    look(&browser, "office-import-repeated").await;
}
