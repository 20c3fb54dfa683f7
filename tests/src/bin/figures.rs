//! The figures of the phone, measured in a real Chromium with its processor slowed four times.
//!
//! `cargo run -p tests --bin figures` after `cargo run -p bundle -- --release`; prints one line a figure. With `questionnaire`
//! those of a large questionnaire alone; with `editor`, that of the office's editor, at a desk whose processor is not slowed.

#![expect(clippy::print_stdout, reason = "the figures are what the tool is for")]

#[path = "../../browser/driver.rs"]
mod driver;
#[path = "../../browser/stopwatch.rs"]
mod stopwatch;
#[path = "../../world.rs"]
mod world;

use serde_json::{Value, json};

use driver::{Browser, DESK, PHONE, PIN, on_store};
use stopwatch::{KeyCost, key_costs, open_to_key_ms, percentile};
use world::{PASSWORD, World};

/// 1.6 Mbit/s, in bytes per second.
const SLOW_LINE: f64 = 200_000.0;
const SLOW_LINE_MS: f64 = 150.0;
const SLOWER: u32 = 4;

#[tokio::main]
async fn main() {
    let world = World::start_at(None).await;
    match std::env::args().nth(1).as_deref() {
        Some("questionnaire") => return large_questionnaire(&world).await,
        Some("editor") => return large_in_editor(&world).await,
        Some("suggest") => return suggesting(&world).await,
        _ => {}
    }
    directory(&world);
    first_opening(&world).await;
    with_much_on_the_phone(&world).await;
    bare_field().await;
    large_questionnaire(&world).await;
    large_in_editor(&world).await;
    suggesting(&world).await;
}

/// 5,000 respondents in the list.
fn directory(world: &World) {
    let mut list = "姓名,村,类别\r\n".to_owned();
    for n in 0..5_000 {
        list += &format!("户主{n},第{}村,脱贫户\r\n", n % 50);
    }
    let office = world.sign_in("office");
    office.send("POST", "/api/v1/respondents/import?take=true", &[], list.into_bytes()).ok();
}

/// Nothing is on the phone yet: how long until signing in takes a key.
async fn first_opening(world: &World) {
    let mut samples = Vec::new();
    for _ in 0..3 {
        let browser = Browser::start(PHONE).await;
        browser.cpu(SLOWER).await;
        browser.network(false, SLOW_LINE_MS, SLOW_LINE).await;
        samples.push(open_to_key_ms(&browser, &world.url, "#login").await);
    }
    println!("sign-in accepts a key, 1.6 Mbit/s, 150 ms, CPU 4x, ms: {samples:.0?}");
}

async fn with_much_on_the_phone(world: &World) {
    let mut browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("开始走访").await;
    let ready = "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true));";
    browser.run_async(ready, vec![]).await;
    browser.goto(&format!("{}/start", world.url)).await;
    browser.sees("找到 5000 个").await;
    watch_sealing(&browser).await;
    twenty_statements(&browser).await;
    let draft = format!("{}{}", world.url, browser.path().await);
    five_hundred_visits(&browser).await;
    browser.cpu(SLOWER).await;

    browser.unlocks = false;
    let (mut opened, mut unlocked) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        opened.push(open_to_key_ms(&browser, &draft, "#pin").await);
        still(&browser).await;
        browser.fill("#pin", PIN).await;
        unlocked.push(
            until_there(
                &browser,
                "document.querySelector('form button.main').click()",
                "textarea:not([readonly])",
            )
            .await,
        );
    }
    browser.unlocks = true;
    println!("PIN from cache accepts a key, CPU 4x, ms: {opened:.0?}");
    println!("from the PIN to a recording screen that accepts a key, CPU 4x, ms: {unlocked:.0?}");
    touch(&browser).await;
    still(&browser).await;
    let costs = key_costs(&browser, &"a".repeat(120)).await;
    print_costs("20 statements, CPU 4x", &costs);
    saving(&browser).await;

    browser.goto(&format!("{}/", world.url)).await;
    browser.sees("最近送出").await;
    still(&browser).await;
    let to_list =
        within(&browser, "document.querySelector('a[href=\"/start\"]').click()", "找到 5000 个").await;
    let search = "const f = document.querySelector('#search'); f.value = '户主4999'; f.dispatchEvent(new Event('input', { bubbles: true }))";
    let found = within(&browser, search, "找到 1 个").await;
    println!("directory of 5,000 with 500 visits, CPU 4x, ms: opening {to_list:.0}, searching {found:.0}");
}

/// The same keys into an empty page: what the browser itself costs here.
async fn bare_field() {
    let browser = Browser::start(PHONE).await;
    browser.goto("data:text/html,<textarea autofocus></textarea>").await;
    browser.cpu(SLOWER).await;
    touch(&browser).await;
    still(&browser).await;
    print_costs("a bare field, CPU 4x", &key_costs(&browser, &"a".repeat(120)).await);
}

/// 500 questions: 440 plain ones, of which 200 hang on the one before and a third must be answered, and 3 repeats of 20 questions
/// with 50 turns each. As `domain/examples/form_speed.rs` makes it.
fn large_form() -> String {
    let mut form =
        "survey\n,type,name,label,relevant,constraint,calculation,required,repeat_count\n".to_owned();
    for n in 0..440 {
        let relevant = if n % 2 == 1 && n < 400 { format!("${{q{}}} > 2", n - 1) } else { String::new() };
        let (kind, constraint) = if n % 3 == 0 { ("integer", ". < 100") } else { ("decimal", "") };
        let required = if n % 3 == 1 { "yes" } else { "" };
        form += &format!(",{kind},q{n},第 {n} 题,{relevant},{constraint},,{required},\n");
    }
    for repeat in 0..3 {
        form += &format!(",begin_repeat,r{repeat},一组,,,,,50\n");
        for n in 0..18 {
            form += &format!(",integer,r{repeat}q{n},组里第 {n} 题,,. >= 0,,,\n");
        }
        form += &format!(",calculate,r{repeat}sum,,,,${{r{repeat}q0}} + ${{r{repeat}q1}},,\n");
        form += &format!(",select_one yn,r{repeat}yn,是不是,,,,,\n,end_repeat,,,,,,,\n");
    }
    form += ",calculate,total,,,,sum(${r0sum}) + sum(${r1sum}) + ${q0},,\n";
    form + "choices\n,list_name,name,label\n,yn,y,是\n,yn,n,否\nsettings\n,form_id,form_title\n,large,大问卷\n"
}

async fn large_questionnaire(world: &World) {
    let office = world.sign_in("office");
    let headers = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/questionnaires/drafts", &headers, large_form().into_bytes()).ok();
    let shown = office.get("/api/v1/questionnaires/large/questions").ok();
    let answer = office.post("/api/v1/questionnaires/large/versions", &json!({ "draft": shown["draft"] }));
    assert_eq!(answer.status, 204, "{}", answer.text());
    let browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.fill("#login", "visitor").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("开始走访").await;
    const PULLED: &str = "if (!name) return done(false);
        const db = await opened();
        const keys = await answered(db.transaction('pulled').objectStore('pulled').getAllKeys()); db.close();
        done(keys.filter((it) => it.startsWith('forms/')).length > 1);";
    browser
        .until("the questionnaire on the phone", async || {
            (browser.run_async(&on_store(PULLED), vec![]).await == json!(true)).then_some(())
        })
        .await;
    browser.click("开始走访").await;
    browser.click("不留名").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.cpu(SLOWER).await;
    const OPEN: &str = "document.querySelector('a[href*=\"/form/\"]').click()";
    let mut opened = Vec::new();
    for _ in 0..5 {
        browser.find("a[href*='/form/']").await;
        still(&browser).await;
        opened.push(until_there(&browser, OPEN, ".question input").await);
        still(&browser).await;
        browser.press("a.back").await;
    }
    println!("a questionnaire of 500 questions accepts a key, CPU 4x, ms: {opened:.0?}");
    browser.find("a[href*='/form/']").await;
    until_there(&browser, OPEN, ".question input").await;
    browser.run("document.querySelector('.question input').focus()", vec![]).await;
    still(&browser).await;
    print_costs("500 questions, CPU 4x", &key_costs(&browser, &"1".repeat(60)).await);
}

/// What a phone takes to suggest types: the first text, weights and all, and then each.
async fn suggesting(world: &World) {
    let browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.find("#login").await;
    browser.cpu(SLOWER).await;
    const TIMES: &str = "const [texts, done] = [arguments[0], arguments[arguments.length - 1]];
        (async () => {
          const took = [];
          for (const text of texts) {
            const began = performance.now();
            await zoufang.suggest(text);
            took.push(performance.now() - began);
          }
          done(took);
        })();";
    let said = domain::suggesting::said::SHIPPED.lines().filter_map(|it| it.split('\t').nth(2));
    let said: Vec<&str> = said.step_by(20).collect();
    let long: Vec<String> = said.iter().map(|it| it.chars().cycle().take(440).collect()).collect();
    for (name, texts) in [("a sentence", json!(said)), ("440 letters", json!(long))] {
        let took = browser.run_async(TIMES, vec![texts]).await;
        let mut took: Vec<f64> =
            took.as_array().expect("a list of times").iter().filter_map(serde_json::Value::as_f64).collect();
        let first = took.remove(0);
        // A slowed processor pauses now and then: the mean tells more than the half of them that no pause met.
        #[expect(clippy::cast_precision_loss, reason = "a count of texts")]
        let (mean, most) = (took.iter().sum::<f64>() / took.len() as f64, percentile(&took, 0.95));
        println!(
            "suggesting types, {name}, CPU 4x, ms: the first {first:.0}; then {mean:.2} on average, p95 {most:.1}"
        );
    }
}

/// A key in what a question of 500 says, in the editor.
async fn large_in_editor(world: &World) {
    let office = world.sign_in("office");
    let headers = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/questionnaires/drafts", &headers, large_form().into_bytes()).ok();
    let browser = Browser::start(DESK).await;
    browser.goto(&world.url).await;
    browser.fill("#login", "office").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.until("the way in", async || (!browser.has("#login").await).then_some(())).await;
    browser.goto(&format!("{}/questionnaires/large/edit", world.url)).await;
    browser.find(".phone-frame .question").await;
    browser.run("document.querySelectorAll('.outline-line')[250].click()", vec![]).await;
    browser.find(".properties textarea").await;
    still(&browser).await;
    browser.run("document.querySelector('.properties textarea').focus()", vec![]).await;
    print_costs("editor with 500 questions", &key_costs(&browser, &"a".repeat(60)).await);
}

fn print_costs(what: &str, costs: &[KeyCost]) {
    let all = |part: fn(&KeyCost) -> f64| costs.iter().map(part).collect::<Vec<_>>();
    let (to_frame, work) = (all(|it| it.to_frame), all(|it| it.work));
    println!(
        "key to frame, {what}, ms: p50 {:.1}, p95 {:.1}; without the wait for the frame's turn: p50 {:.1}, p95 {:.1}",
        percentile(&to_frame, 0.5),
        percentile(&to_frame, 0.95),
        percentile(&work, 0.5),
        percentile(&work, 0.95),
    );
}

/// Into the field as by a finger: a mouse's pointer would be moved about with every frame.
async fn touch(browser: &Browser) {
    browser.run("document.querySelector('textarea:not([readonly])').focus()", vec![]).await;
}

/// Waits until the page has done nothing long for a second: opening it is measured apart.
async fn still(browser: &Browser) {
    const STILL: &str = "const done = arguments[0]; let last = performance.now();
        new PerformanceObserver(() => { last = performance.now(); }).observe({ type: 'longtask' });
        const look = () => performance.now() - last > 1000 ? done(true) : requestAnimationFrame(look);
        look();";
    browser.run_async(STILL, vec![]).await;
}

/// Milliseconds from an act until the frame in which the page shows a text.
async fn within(browser: &Browser, act: &str, text: &str) -> f64 {
    let script = format!(
        "const done = arguments[0]; const began = performance.now();
         const look = () => document.body?.innerText.includes({text}) ? done(performance.now() - began) : requestAnimationFrame(look);
         {act}; requestAnimationFrame(look);",
        text = json!(text),
    );
    browser.run_async(&script, vec![]).await.as_f64().unwrap_or(f64::NAN)
}

async fn twenty_statements(browser: &Browser) {
    browser.click("不留名").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    for n in 0..20 {
        browser.find("textarea").await;
        browser.fill("textarea", &format!("第{n}条：办事跑了三趟，材料一次没有说全")).await;
        if n < 19 {
            browser.click("再记一条").await;
        }
    }
    browser.find("[data-kept=kept]").await;
}

/// Keeps hold of what the app seals, and of how long that takes.
async fn watch_sealing(browser: &Browser) {
    const WATCH: &str = "window.sealing = { ms: 0 }; const real = zoufang.seal;
        zoufang.seal = async (key, group, place, bytes) => {
            if (place.includes('/draft/')) Object.assign(window.sealing, { key, place, text: new TextDecoder().decode(bytes) });
            const began = performance.now();
            try { return await real(key, group, place, bytes); } finally { window.sealing.ms += performance.now() - began; }
        };";
    browser.run(WATCH, vec![]).await;
}

/// What sealing adds to keeping a draft of twenty statements.
async fn saving(browser: &Browser) {
    watch_sealing(browser).await;
    const SAVES: &str = "window.saves = []; let began = 0;
        const look = () => {
            const now = performance.now();
            if (document.querySelector('[data-kept=saving]')) began ||= now;
            else if (began && document.querySelector('[data-kept=kept]')) { window.saves.push(now - began); began = 0; }
        };
        new MutationObserver(look).observe(document.body, { subtree: true, attributes: true, childList: true });";
    browser.run(SAVES, vec![]).await;
    for n in 0..10 {
        browser.keys(&n.to_string()).await;
        browser
            .until("a save", async || {
                (browser.run("return window.saves.length", vec![]).await.as_u64()? > n).then_some(())
            })
            .await;
    }
    let saves = browser.run("return window.saves", vec![]).await;
    let saves: Vec<f64> = saves.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let sealing = browser.run("return window.sealing.ms", vec![]).await.as_f64().unwrap_or(f64::NAN);
    println!("keeping a draft of 20 statements, CPU 4x, ms: {saves:.0?}; of all, sealing took {sealing:.0}");
}

/// Milliseconds from an act until a field that a selector finds is there.
async fn until_there(browser: &Browser, act: &str, css: &str) -> f64 {
    let script = format!(
        "const done = arguments[0]; const began = performance.now();
         const look = () => document.querySelector({css}) ? done(performance.now() - began) : requestAnimationFrame(look);
         {act}; requestAnimationFrame(look);",
        css = json!(css),
    );
    browser.run_async(&script, vec![]).await.as_f64().unwrap_or(f64::NAN)
}

/// Copies of one visit under other ids, as sent and sealed, straight into the phone's store.
async fn five_hundred_visits(browser: &Browser) {
    const COPY: &str = "const done = arguments[0];
        (async () => {
            const { key, place, text } = window.sealing;
            const name = place.split('/')[0];
            const draft = JSON.parse(text);
            const rows = [];
            for (let n = 0; n < 500; n++) {
                const id = '019cafe0-0000-7000-8000-' + String(n).padStart(12, '0');
                draft.visit.id = id;
                const bytes = new TextEncoder().encode(JSON.stringify(draft));
                rows.push([await zoufang.seal(key, id, `${name}/sent/${id}`, bytes), id]);
            }
            const db = await new Promise((resolve) => { const r = indexedDB.open(name); r.onsuccess = () => resolve(r.result); });
            const t = db.transaction('sent', 'readwrite');
            rows.forEach(([bytes, id]) => t.objectStore('sent').put(bytes, id));
            t.oncomplete = () => { db.close(); done(true); };
        })();";
    browser.run_async(COPY, vec![]).await;
}
