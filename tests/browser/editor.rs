//! The office writes a questionnaire, and a phone fills it in.

use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{begin_unnamed, look, sign_in},
    phone_forms::pulled,
    world::{Client, PASSWORD, World},
};

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const ESCAPE: &str = "\u{e00c}";
const DELETE: &str = "\u{e017}";
const UP: &str = "\u{e013}";
const DOWN: &str = "\u{e015}";

/// Presses a key with Alt held on the chosen line; one that moved has the focus again soon.
async fn alt(browser: &Browser, key: &str) {
    const FOCUSED: &str = "return document.activeElement.classList.contains('outline-line')";
    browser
        .until("the focus on a line", async || {
            (browser.run(FOCUSED, vec![]).await == json!(true)).then_some(())
        })
        .await;
    for kind in ["rawKeyDown", "keyUp"] {
        let event = json!({ "type": kind, "modifiers": 1, "key": key, "code": key });
        browser.cdp("Input.dispatchKeyEvent", event).await;
    }
}

pub async fn begin(browser: &Browser, world: &World) {
    sign_in(browser, world, "office").await;
    browser.goto(&format!("{}/questionnaires", world.url)).await;
    browser.fill("#new-title", "用水问卷").await;
    browser.fill("#new-id", "yongshui").await;
    browser.press("#begin").await;
    browser.sees("还没有题目").await;
}

/// Adds a question of a type by keys alone; what it says is typed where the focus is then.
pub async fn add(browser: &Browser, kind: &str, label: &str) {
    const CHOOSE: &str = "const select = document.querySelector('#new-kind'); select.value = arguments[0];
        select.dispatchEvent(new Event('change', { bubbles: true })); document.querySelector('#add-question').focus();
        return document.querySelectorAll('.outline-line').length;";
    let before = browser.run(CHOOSE, vec![json!(kind)]).await.as_u64().unwrap();
    browser.keys(ENTER).await;
    const READY: &str = "return document.querySelectorAll('.outline-line').length > arguments[0]
        && document.activeElement.id.includes('-label-') && !document.activeElement.value";
    browser
        .until("the new question's field", async || {
            (browser.run(READY, vec![json!(before)]).await == json!(true)).then_some(())
        })
        .await;
    browser.keys(label).await;
}

/// Gives the chosen question a name.
pub async fn name(browser: &Browser, name: &str) {
    browser.fill(".properties [id*='-name-']", name).await;
    browser.keys(TAB).await;
}

/// Waits until all that was written is at the server; answers its sheets.
pub async fn kept(browser: &Browser, office: &Client, wanted: impl Fn(&str) -> bool) -> Value {
    browser
        .until("what was written, at the server", async || {
            let edited = office.get("/api/v1/questionnaires/yongshui/draft").ok();
            wanted(&edited["sheets"].to_string()).then(|| edited["sheets"].clone())
        })
        .await
}

/// The names of the survey, in order.
fn names(sheets: &Value) -> Vec<String> {
    let rows = sheets[0]["rows"].as_array().unwrap()[1..].iter();
    rows.map(|it| it[1].as_str().unwrap_or_default().to_owned()).collect()
}

pub async fn choose_line(browser: &Browser, says: &str) {
    const LINE: &str = "const line = [...document.querySelectorAll('.outline-line')].find((it) => it.innerText.includes(arguments[0]));
        line?.click(); line?.focus(); return Boolean(line);";
    browser
        .until("a line of the outline", async || {
            (browser.run(LINE, vec![json!(says)]).await == json!(true)).then_some(())
        })
        .await;
}

/// Drags a line in front of another, by the pointer.
async fn drag(browser: &Browser, what: &str, before: &str) {
    const PLACES: &str = "const place = (says) => {
            const line = [...document.querySelectorAll('.outline-line')].find((it) => it.innerText.includes(says));
            const { left, top, width } = line.getBoundingClientRect();
            return [Math.round(left + width / 3), Math.round(top + 8)];
        };
        return [...arguments].map(place);";
    let places = browser.run(PLACES, vec![json!(what), json!(before)]).await;
    let [from, to] = [0, 1].map(|n| (places[n][0].as_f64().unwrap(), places[n][1].as_f64().unwrap()));
    browser.drag(from, to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_written_tried_published_and_filled_in() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(DESK).await;
    begin(&browser, &world).await;
    let office = world.sign_in("office");
    look(&browser, "editor-empty").await;
    add(&browser, "integer", "家里几口人").await;
    name(&browser, "people").await;
    add(&browser, "select_one", "水够不够用").await;
    name(&browser, "water").await;
    browser.fill(".choices-editor li:nth-child(1) [id*='-label-']", "够用").await;
    browser.fill(".choices-editor li:nth-child(2) [id*='-label-']", "不够用").await;
    add(&browser, "text", "为什么不够").await;
    name(&browser, "why").await;

    // The phone is drawn once nothing was typed for a while; until then its last question has no words.
    const ASKED: &str = "return document.querySelector('.phone-frame').innerText.includes('为什么不够')";
    let asked = async || {
        browser
            .until("it, on the phone", async || {
                (browser.run(ASKED, vec![]).await == json!(true)).then_some(())
            })
            .await;
    };
    asked().await;
    // The condition: a name by what its question says, and a function by its beginning.
    browser.press(".properties [id*='-relevant-'][role=combobox]").await;
    browser.keys("${够不够").await;
    browser.sees("${water}").await;
    look(&browser, "editor-completing").await;
    browser.keys(ESCAPE).await;
    browser.find(".properties [id*='-relevant-'][aria-expanded=false]").await;
    browser.keys("用").await;
    browser.find(".properties [id*='-relevant-'][aria-expanded=true]").await;
    browser.keys(ENTER).await;
    browser.keys(" = 'c2' and no").await;
    browser.keys(DOWN).await;
    browser.keys(UP).await;
    browser.keys(TAB).await;
    browser.keys("${people} > 40").await;
    browser.sees("1 处要改").await;
    browser.find(".logic .error:not(:empty)").await;
    look(&browser, "editor-broken-expression").await;
    browser.keys(")").await;
    browser.sees("可以发布").await;
    let sheets = kept(&browser, &office, |it| it.contains("> 40)")).await;
    assert_eq!(names(&sheets), ["people", "water", "why"]);
    let relevant = sheets[0]["rows"][3].as_array().unwrap().last().unwrap();
    assert!(relevant.as_str().unwrap().starts_with("${water} = 'c2' and no"), "{relevant}");

    // The phone beside it follows, and is tried.
    browser.find(".phone-frame .question").await;
    browser.sees("已保存").await;
    browser.run("[...document.querySelectorAll('.phone-frame label')].find((it) => it.innerText.includes('不够用')).click()", vec![]).await;
    asked().await;
    look(&browser, "editor").await;
    // What is chosen is marked on the phone.
    const BESIDE: &str =
        "return [...document.querySelectorAll('.phone-frame .beside')].map((it) => it.innerText).join()";
    for (line, says) in [("家里几口人", "家里几口人"), ("水够不够用", "够用")] {
        choose_line(&browser, line).await;
        browser
            .until("its mark", async || {
                let beside = browser.run(BESIDE, vec![]).await;
                let marked = beside.as_str()?;
                (marked.starts_with(line) && marked.contains(says)).then_some(())
            })
            .await;
    }

    order(&browser, &office).await;
    mend(&browser, &office).await;
    views(&mut browser).await;
    publish(&browser).await;
    fill_in(&world).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

/// Order by keys and by drag; the new place is said.
async fn order(browser: &Browser, office: &Client) {
    choose_line(browser, "为什么不够").await;
    alt(browser, "ArrowUp").await;
    let sheets = kept(browser, office, |it| it.find("why") < it.find("water")).await;
    assert_eq!(names(&sheets), ["people", "why", "water"]);
    const SAID: &str = "return document.querySelector('.editor > [role=status]').innerText";
    assert_eq!(browser.run(SAID, vec![]).await, json!("为什么不够，第 2 题，共 3 题"));
    let focused = browser.run("return document.activeElement.innerText", vec![]).await;
    assert!(focused.as_str().unwrap().contains("为什么不够"), "the focus stays with it: {focused}");
    drag(browser, "水够不够用", "为什么不够").await;
    let sheets = kept(browser, office, |it| it.find("water") < it.find("why")).await;
    assert_eq!(names(&sheets), ["people", "water", "why"]);
    // Into a group behind it and out again.
    choose_line(browser, "家里几口人").await;
    add(browser, "begin_group", "用水").await;
    choose_line(browser, "水够不够用").await;
    alt(browser, "ArrowRight").await;
    browser.find("[data-depth='1'] .outline-line").await;
    alt(browser, "ArrowLeft").await;
    browser
        .until("no depth", async || (!browser.has("[data-depth='1'] .outline-line").await).then_some(()))
        .await;
    choose_line(browser, "分组").await;
    browser.keys(DELETE).await;
    browser.sees("已删除“用水”").await;
    kept(browser, office, |it| !it.contains("begin_group")).await;
}

/// Names that cannot be, and a question that others refer to.
async fn mend(browser: &Browser, office: &Client) {
    choose_line(browser, "为什么不够").await;
    name(browser, "people").await;
    browser.sees("另一题已叫“people”").await;
    name(browser, "1x").await;
    browser.sees("不能作名称").await;
    choose_line(browser, "水够不够用").await;
    name(browser, "supply").await;
    let sheets = kept(browser, office, |it| it.contains("${supply}")).await;
    assert!(!sheets.to_string().contains("water"), "what referred to it follows: {sheets}");
    choose_line(browser, "水够不够用").await;
    browser.keys(DELETE).await;
    browser.sees("还有题目用到：why").await;
    browser.sees("1 处要改").await;
    browser.press("#faults > summary").await;
    browser.click("去看").await;
    browser
        .until("the field that refers to it", async || {
            let id = browser.run("return document.activeElement.id", vec![]).await;
            id.as_str()?.contains("-relevant-").then_some(())
        })
        .await;
    look(browser, "editor-referrers").await;
    browser.press("#faults > summary").await;
    browser.click("撤销").await;
    browser.sees("可以发布").await;
    kept(browser, office, |it| it.contains("supply")).await;
}

/// Dark, large, English, narrow.
async fn views(browser: &mut Browser) {
    choose_line(browser, "水够不够用").await;
    browser.dark(true).await;
    const STILL: &str = "return document.getAnimations().length === 0";
    browser.until("the dark", async || (browser.run(STILL, vec![]).await == json!(true)).then_some(())).await;
    look(browser, "editor-dark").await;
    browser.dark(false).await;
    browser.resize(PHONE).await;
    look(browser, "editor-narrow").await;
    browser.resize(DESK).await;
    const LARGE: &str = "document.documentElement.dataset.size = arguments[0]";
    browser.run(LARGE, vec![json!("large")]).await;
    look(browser, "editor-large").await;
    browser.run(LARGE, vec![json!("normal")]).await;
    choose_line(browser, "问卷设置").await;
    browser.sees("编号 yongshui").await;
    look(browser, "editor-settings").await;
    browser.find("[data-stand=kept]").await;
    const SPEAK: &str = "localStorage.setItem('language', arguments[0])";
    browser.run(SPEAK, vec![json!("en")]).await;
    browser.reload().await;
    browser.sees("What is asked").await;
    look(browser, "editor-english").await;
    browser.run(SPEAK, vec![json!("zh")]).await;
    browser.reload().await;
    browser.sees("问什么").await;
}

async fn publish(browser: &Browser) {
    browser.press("#to-publish:not(:disabled)").await;
    browser.sees("有未发布的内容").await;
    browser.press("#publish").await;
    browser.sees("使用中").await;
}

async fn fill_in(world: &World) {
    let phone = Browser::start(PHONE).await;
    sign_in(&phone, world, "visitor").await;
    let offered = world.sign_in("visitor").get("/api/v1/questionnaires").ok();
    pulled(&phone, offered[0]["version"].as_str().unwrap()).await;
    begin_unnamed(&phone).await;
    phone.click("问卷：用水问卷").await;
    phone.fill_labelled("家里几口人", "3").await;
    phone.click("够用").await;
    phone.sees_no_more("为什么不够").await;
    phone.click("不够用").await;
    phone.sees("为什么不够").await;
    assert_eq!(phone.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_write_each_is_told_and_nothing_is_lost() {
    let world = World::start_at(None).await;
    let browser = Browser::start(DESK).await;
    begin(&browser, &world).await;
    let office = world.sign_in("office");
    add(&browser, "text", "我的第一题").await;
    kept(&browser, &office, |it| it.contains("我的第一题")).await;
    browser.find("[data-stand=kept]").await;
    let path = "/api/v1/questionnaires/yongshui/draft";
    let mut theirs = office.get(path).ok();
    theirs["sheets"][0]["rows"][1][2] = json!("对方改过的");
    office.put(path, &json!({ "upon": theirs["upon"], "sheets": theirs["sheets"] })).ok();
    add(&browser, "text", "我的第二题").await;
    browser.sees("另有人改过或发布了这份问卷").await;
    look(&browser, "editor-conflict").await;
    assert_eq!(office.get(path).ok()["sheets"], theirs["sheets"], "theirs stands");
    browser.click("换成对方的（可撤销）").await;
    browser.sees("对方改过的").await;
    browser.sees_no_more("我的第二题").await;
    // Mine is a step away.
    browser.click("撤销").await;
    browser.sees("我的第二题").await;
    kept(&browser, &office, |it| it.contains("我的第二题") && !it.contains("对方改过的")).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_outlasts_a_broken_line_and_leaving() {
    let world = World::start_at(None).await;
    let browser = Browser::start(DESK).await;
    begin(&browser, &world).await;
    let office = world.sign_in("office");
    browser.offline(true).await;
    add(&browser, "text", "断网时写的").await;
    browser.sees("还没有存上").await;
    look(&browser, "editor-offline").await;
    browser.offline(false).await;
    kept(&browser, &office, |it| it.contains("断网时写的")).await;
    browser.find("[data-stand=kept]").await;
    // Left before it was kept.
    browser.keys("，接着写的").await;
    browser.goto_inside("/questionnaires").await;
    browser.sees("新建问卷").await;
    kept(&browser, &office, |it| it.contains("断网时写的，接着写的")).await;
    // Going on with it, and with what is published, is the same screen.
    browser.click("用水问卷").await;
    browser.press("#edit").await;
    browser.sees("断网时写的，接着写的").await;
    // The session ends: the words stay, and are kept once somebody is signed in again.
    browser.run_async("const done = arguments[0]; fetch('/api/v1/session', { method: 'DELETE', headers: { 'x-zoufang': '1' } }).then(() => done(true))", vec![]).await;
    add(&browser, "text", "退出以后写的").await;
    browser.sees("还没有存上").await;
    browser.sees("重新登录").await;
    let here = browser.window().await;
    browser.open_window(&format!("{}/sign-in", world.url)).await;
    browser.fill("#login", "office").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.until("the way in", async || (!browser.has("#login").await).then_some(())).await;
    browser.close_window(&here).await;
    kept(&browser, &office, |it| it.contains("退出以后写的")).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
