//! A phone's store and its lists: damaged, taken by a newer version, used by two, found again.

use serde_json::json;

use crate::{
    driver::{Browser, PHONE, on_store},
    phone::{begin_unnamed, installed, kept, look, sign_in},
    phone_faults::{assigned, meddle, send, visits},
    world::{PASSWORD, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_gets_the_store_with_the_last_words_in_it() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("新版本来的时候正在写").await;
    let newer = on_store(
        "const db = await opened(3); const drafts = await texts(db, 'draft'); db.close(); done(drafts.join());",
    );
    let drafts = browser.run_async(&newer, vec![]).await;
    assert!(drafts.as_str().unwrap().contains("新版本来的时候正在写"), "{drafts}");
    browser.keys("，还在写").await;
    browser.find("[data-kept=not]").await;
    browser.sees("新版本的“走访”已经用过").await;
    look(&browser, "phone-newer-store").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_system_takes_away_is_opened_again() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let remember = "window.dbs = []; const open = IDBFactory.prototype.open;
        IDBFactory.prototype.open = function (...args) {
            const request = open.apply(this, args);
            request.addEventListener('success', () => window.dbs.push(request.result));
            return request;
        };";
    meddle(&browser, remember).await;
    begin_unnamed(&browser).await;
    browser.keys("连接断过").await;
    kept(&browser).await;
    browser.run("window.dbs.forEach((it) => it.close())", vec![]).await;
    browser.keys("一次").await;
    browser.find("[data-kept=saving]").await;
    kept(&browser).await;
    browser.reload().await;
    browser.sees("连接断过一次").await;
    // Two that ask at once open one: the device's, the one that the lock is read from, and the one that the PIN opens.
    assert_eq!(browser.run("return window.dbs.length", vec![]).await, json!(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_draft_is_said_and_the_rest_goes_on() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    for words in ["坏掉的一份", "好的一份"] {
        browser.goto(&world.url).await;
        begin_unnamed(&browser).await;
        browser.keys(words).await;
        kept(&browser).await;
    }
    browser.goto(&world.url).await;
    browser.sees("没写完的").await;
    let spoil = on_store(
        "const db = await opened();
        const [key] = (await all(db, 'draft')).find(([, it]) => new TextDecoder().decode(it).includes('坏掉'));
        const t = db.transaction('draft', 'readwrite');
        t.oncomplete = () => { db.close(); done(true); };
        const bytes = await answered(t.objectStore('draft').get(key));
        bytes[bytes.length >> 1] ^= 0x80;
        t.objectStore('draft').put(bytes, key);",
    );
    assert_eq!(browser.run_async(&spoil, vec![]).await, json!(true));
    browser.reload().await;
    browser.sees("有 1 份读不出来，已原样留着").await;
    look(&browser, "phone-damaged-draft").await;
    browser.click("继续").await;
    browser.sees("好的一份").await;
    send(&browser).await;
    browser.sees_no_more("等待上传").await;
    browser.sees("有 1 份读不出来，已原样留着").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_character_is_said_at_the_field_and_a_mark_turns_nothing_around() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    const TYPE: &str =
        "const it = document.querySelector('textarea'); it.value = arguments[0] ?? 'a\\ud800b';
        it.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.run(TYPE, vec![json!(null)]).await;
    const SAID: &str =
        "return document.querySelector('.field .error')?.innerText.includes('坏字符') ?? false";
    browser
        .until("a word at the field", async || (browser.run(SAID, vec![]).await == json!(true)).then_some(()))
        .await;
    look(&browser, "phone-bad-character").await;
    // What was typed around it is kept, with a mark where it was.
    kept(&browser).await;
    browser.reload().await;
    browser.sees("a\u{fffd}b").await;
    browser.run(TYPE, vec![json!("\u{202e}办事跑了三趟")]).await;
    browser.sees_no_more("看不见的坏字符").await;
    browser.click("再记一条").await;
    browser.keys("下一条").await;
    kept(&browser).await;
    // The closing mark stays behind what it closes.
    const MARKS: &str = "const words = document.querySelector('article:not(.chosen) .words'); const range = document.createRange();
        const left = (node) => { range.selectNodeContents(node); return range.getBoundingClientRect().left; };
        const texts = [...words.childNodes].filter((it) => it.nodeType === 3 && it.data.trim());
        return left(texts[0]) < left(texts[texts.length - 1]);";
    assert_eq!(browser.run(MARKS, vec![]).await, json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_is_offered_everything_again() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let counted = "const real = window.fetch; window.batches = 0;
        window.fetch = async (request) => {
            if (request.url?.endsWith('/records/batch')) window.batches += 1;
            return real(request);
        };
        window.waits = []; const later = window.setTimeout;
        window.setTimeout = (act, ms) => { window.waits.push(ms); return later(act, ms); };";
    meddle(&browser, counted).await;
    begin_unnamed(&browser).await;
    browser.keys("服务器用旧备份恢复过").await;
    send(&browser).await;
    browser.find(".steps .done:nth-child(2)").await;
    browser.sees_no_more("等待上传").await;
    // Its answers are signed: only the server itself can say that its history is another.
    world
        .on_the_writer(
            "insert into meta (key, value) select 'past_epochs', value from meta where key = 'epoch'",
        )
        .await;
    let another = "update meta set value = '01890000-0000-4000-8000-00000000000e' where key = 'epoch'";
    world.on_the_writer(another).await;
    browser.run("window.batches = 0; window.dispatchEvent(new Event('online'))", vec![]).await;
    browser
        .until("a second offer", async || {
            (browser.run("return window.batches > 0", vec![]).await == json!(true)).then_some(())
        })
        .await;
    browser.sees_no_more("等待上传").await;
    let left = on_store(
        "const db = await opened(); const items = await texts(db, 'outbox'); db.close(); done(items.map((it) => JSON.parse(it).state.state));",
    );
    browser
        .until("all to be stored again", async || {
            let states = browser.run_async(&left, vec![]).await;
            states.as_array().unwrap().iter().all(|it| it == "stored").then_some(())
        })
        .await;
    // The only window never takes the lock of its last run for another window's.
    assert_eq!(browser.run("return window.waits.includes(20_000)", vec![]).await, json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pulled_for_one_person_does_not_land_with_another() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    let held = "const real = window.fetch;
        window.fetch = async (request) => {
            const answer = await real(request);
            if (!window.hold || !request.url?.includes('/changes')) return answer;
            window.hold = false;
            const page = await answer.json();
            const respondent = { id: '01890000-0000-7000-8000-000000000001', kind: 'household', name: '甲的户主', place: '' };
            page.changes.push({ kind: 'respondent', respondent });
            await new Promise((resolve) => { window.release = resolve; });
            return new Response(JSON.stringify(page), { status: 200, headers: answer.headers });
        };";
    meddle(&browser, held).await;
    browser.sees("开始走访").await;
    browser.run("window.hold = true; window.dispatchEvent(new Event('online'))", vec![]).await;
    browser
        .until("a pull under way", async || {
            (browser.run("return Boolean(window.release)", vec![]).await == json!(true)).then_some(())
        })
        .await;
    browser.goto_inside("/settings").await;
    browser.click("退出登录").await;
    browser.fill("#login", "visitor2").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("登录").await;
    browser.sees("开始走访").await;
    browser.run("window.release()", vec![]).await;
    begin_unnamed(&browser).await;
    browser.keys("乙的话").await;
    send(&browser).await;
    browser.sees_no_more("等待上传").await;
    browser.goto_inside("/start").await;
    browser.sees("名单还没有下发").await;
    assert!(!browser.page_text().await.contains("甲的户主"));
    assert!(!browser.page_text().await.contains("不让保存"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_draft_is_found_again_for_a_week() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("删了又想要的").await;
    kept(&browser).await;
    browser.goto(&world.url).await;
    browser.click("删除").await;
    browser.sees_no_more("没写完的").await;
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.sees("最近删除").await;
    look(&browser, "phone-recently-deleted").await;
    browser.click("找回").await;
    browser.sees_no_more("最近删除").await;
    browser.goto(&world.url).await;
    browser.click("继续").await;
    browser.sees("删了又想要的").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawing_keeps_an_unfinished_amendment() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    begin_unnamed(&browser).await;
    browser.keys("先送出的").await;
    send(&browser).await;
    browser.sees_no_more("等待上传").await;
    browser.press(".row[href^='/sent/']").await;
    browser.press(".foot .main").await;
    browser.sees("受访人原话 · 上传后不可改动").await;
    browser.click("再记一条").await;
    browser.keys("补到一半的").await;
    kept(&browser).await;
    browser.goto(&format!("{}/sent", world.url)).await;
    browser.press(".row[href^='/sent/']").await;
    browser.click("撤回这次走访").await;
    const LONG: &str = "const it = document.querySelector('#withdraw-reason'); it.value = '错'.repeat(20001);
        it.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.run(LONG, vec![]).await;
    browser.press("dialog button.danger").await;
    browser.sees("有一处超过").await;
    browser.fill("#withdraw-reason", "走错了").await;
    // News of another window closes nothing.
    browser.run("new BroadcastChannel('zoufang').postMessage('kept')", vec![]).await;
    browser.keys("门").await;
    browser.press("dialog[open] button.danger").await;
    browser.sees("已撤回：走错了门").await;
    browser
        .until("the withdrawal in the office", async || {
            visits(&office)[0]["withdrawn"].as_bool().filter(|it| *it)
        })
        .await;
    browser.goto(&world.url).await;
    browser.click("继续").await;
    browser.sees("补到一半的").await;
    send(&browser).await;
    browser.sees_no_more("等待上传").await;
    let visit = visits(&office).remove(0);
    assert_eq!((&visit["withdrawn"], &visit["forked"]), (&json!(true), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_and_a_public_network_sign_nobody_out() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    let trouble = "const real = window.fetch; const mode = sessionStorage.getItem('mode');
        window.fetch = async (request) => {
            if (!mode || !request.url?.includes('/api/v1/')) return real(request);
            if (mode === 'portal') return new Response('<html>请登录</html>', { status: 200 });
            const problem = { type: '/problems/internal', title: '', status: 500, code: 'internal' };
            return new Response(JSON.stringify(problem), { status: 500, headers: { zoufang: '1' } });
        };";
    meddle(&browser, trouble).await;
    browser.run("sessionStorage.setItem('mode', 'trouble')", vec![]).await;
    browser.reload().await;
    begin_unnamed(&browser).await;
    browser.keys("照常记").await;
    send(&browser).await;
    assert!(!browser.page_text().await.contains("登录已到期"));
    browser.run("sessionStorage.setItem('mode', 'portal')", vec![]).await;
    browser.reload().await;
    browser.sees("网络需要登录").await;
    look(&browser, "phone-portal").await;
    browser.run("sessionStorage.removeItem('mode')", vec![]).await;
    browser.reload().await;
    browser.sees_no_more("等待上传").await;
    browser.find(".steps .done:nth-child(2)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_copied_later_has_its_own_day_and_every_visitor() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.click("开始走访").await;
    browser.click("不留名").await;
    browser.sees("先告诉对方").await;
    browser.click("口头同意").await;
    browser.click("收书面意见").await;
    for name in ["老刘", "小周"] {
        browser.fill("input[aria-label^=其他同行人]", name).await;
        browser.click("加上").await;
        browser.sees(name).await;
    }
    browser.click("更多").await;
    const DAY: &str = "const it = document.querySelector('#day'); it.value = '2026-09-03';
        it.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.run(DAY, vec![]).await;
    kept(&browser).await;
    look(&browser, "phone-about-more").await;
    browser.click("开始记").await;
    browser.find("textarea").await;
    browser.keys("纸上写的").await;
    send(&browser).await;
    let visit = browser.until("the visit", async || visits(&office).into_iter().next()).await;
    assert_eq!(visit["day"], "2026-09-03");
    assert_eq!(visit["visitors"], json!(["王小明", "老刘", "小周"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_ticks_its_assignment_off_at_once() {
    let world = World::start_at(None).await;
    assigned(&world);
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("带上政策单").await;
    installed(&browser).await;
    look(&browser, "phone-assigned").await;
    browser.offline(true).await;
    browser.click("李桂兰").await;
    browser.sees("先告诉对方").await;
    browser.sees("带上政策单").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.find("textarea").await;
    browser.keys("已经走访过了").await;
    send(&browser).await;
    browser.sees_no_more("要走访的").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_list_is_asked_for_again() {
    let world = World::start_at(None).await;
    assigned(&world);
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("李桂兰").await;
    let spoil = on_store(
        "const db = await opened();
        const t = db.transaction('pulled', 'readwrite');
        t.oncomplete = () => { db.close(); done(true); };
        t.objectStore('pulled').put(new Uint8Array([1, 2, 3]), 'directory');",
    );
    assert_eq!(browser.run_async(&spoil, vec![]).await, json!(true));
    browser.reload().await;
    browser.sees("李桂兰").await;
}
