//! A visitor fills in a questionnaire.

use serde_json::{Value, json};

use crate::{
    driver::{Browser, NARROW, PHONE, on_store},
    phone::{begin_unnamed, installed, kept, look, open_again, sign_in},
    world::{Client, World},
};

/// A form with what most have: what hangs on an answer, a repeat, a list, a rule, two languages.
pub const FORM: &str = "survey
,type,name,label::中文 (zh),label::English (en),hint::中文 (zh),relevant,required,constraint,constraint_message::中文 (zh),appearance
,integer,people,家里几口人,How many people,,,yes,. < 50,请填 50 以内,
,select_one yn,cattle,养不养牛,Any cattle,,,yes,,,
,text,cattle_words,牛怎么样,How they are,照原话记,${cattle} = 'y',,,,multiline
,select_multiple need,needs,需要什么,What is needed,,,,,,
,begin_repeat,member,家庭成员,Members,,,,,,
,text,who,称呼,Called,,,,,,
,integer,age,年龄,Age,,,,. <= 120,请填 0 到 120,
,end_repeat,,,,,,,,,
,note,thanks,谢谢，${people} 口人都问到了。,Thanks,,,,,,
choices
,list_name,name,label::中文 (zh),label::English (en)
,yn,y,养,Yes
,yn,n,不养,No
,need,road,修路,A road
,need,water,通水,Water
settings
,form_id,form_title
,household,入户问卷
";

/// The same, one question a page.
fn paged() -> String {
    FORM.replace(
        ",form_id,form_title\n,household,入户问卷",
        ",form_id,form_title,style\n,paged,一页一题,pages",
    )
}

pub fn publish(office: &Client, form: &str, id: &str) -> String {
    publish_with(office, form, id, &[])
}

/// The same with files, by the names that the form gives them.
pub fn publish_with(office: &Client, form: &str, id: &str, files: &[(&str, &[u8])]) -> String {
    let headers = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/questionnaires/drafts", &headers, form.as_bytes().to_vec()).ok();
    for (name, bytes) in files {
        let path = format!("/api/v1/questionnaires/{id}/files/{name}");
        office.send("PUT", &path, &headers, bytes.to_vec()).ok();
    }
    let shown = office.get(&format!("/api/v1/questionnaires/{id}/questions")).ok();
    let publication = json!({ "draft": shown["draft"], "respondent_kinds": ["household"] });
    let answer = office.post(&format!("/api/v1/questionnaires/{id}/versions"), &publication);
    assert_eq!(answer.status, 204, "{}", answer.text());
    let offered = office.get("/api/v1/questionnaires/kept").ok();
    let one = offered.as_array().unwrap().iter().find(|it| it["id"] == id).unwrap();
    one["version"].as_str().unwrap().to_owned()
}

/// Waits until a version rests on the phone.
pub async fn pulled(browser: &Browser, version: &str) {
    rests(browser, &format!("forms/{version}")).await;
}

/// Waits until something that is pulled rests on the phone under this key.
pub async fn rests(browser: &Browser, key: &str) {
    // Before that there is no store.
    browser.sees("开始走访").await;
    let script = on_store(&format!(
        "if (!name) return done(false);
        const db = await opened();
        const keys = await answered(db.transaction('pulled').objectStore('pulled').getAllKeys()); db.close();
        done(keys.includes('{key}'));"
    ));
    browser
        .until(&format!("{key} on the phone"), async || {
            (browser.run_async(&script, vec![]).await == json!(true)).then_some(())
        })
        .await;
}

/// What the open draft holds of its questionnaires, in the order of `FilledIn`.
pub async fn forms_in_draft(browser: &Browser) -> Value {
    let script = on_store(
        "const db = await opened(); const drafts = await texts(db, 'draft'); db.close();
        done(drafts.map((it) => JSON.parse(it).forms ?? [])[0]);",
    );
    browser.run_async(&script, vec![]).await
}

pub async fn kept_answers(browser: &Browser, wanted: impl Fn(&Value) -> bool) -> Value {
    browser
        .until("the answers on disk", async || {
            let forms = forms_in_draft(browser).await;
            let answers: Value = serde_json::from_str(forms[0][2].as_str()?).ok()?;
            wanted(&answers["answers"]).then_some(answers)
        })
        .await
}

/// The office has the answers byte for byte, and has looked at them again.
async fn is_at_the_office(browser: &Browser, world: &World, visit: &str, (record, hash): (&str, &str)) {
    let office = world.sign_in("office");
    let detail = browser
        .until("the answers at the office", async || {
            server::checking::check_waiting(&world.app).await.unwrap();
            let answer = office.get(&format!("/api/v1/visits/{visit}"));
            let detail = (answer.status == 200).then(|| answer.ok());
            detail.filter(|it| it["answered"][0]["checked"] == true)
        })
        .await;
    let revisions = detail["revisions"].as_array().unwrap();
    let revision = revisions.iter().find(|it| it["record"] == record).unwrap();
    assert_eq!((&revision["hash"], &revision["kind"]), (&json!(hash), &json!("answers")), "byte for byte");
    let answered = &detail["answered"][0];
    assert_eq!((&answered["finished"], &answered["flags"]), (&json!(true), &json!([])));
    assert!(answered["lines"].to_string().contains("去年死了两头"), "{answered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_filled_in_without_a_network_and_survives_a_kill() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let version = publish(&office, FORM, "household");
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    pulled(&browser, &version).await;

    browser.kill().await;
    browser.open().await;
    browser.offline(true).await;
    browser.goto(&world.url).await;
    begin_unnamed(&browser).await;
    browser.sees("未填").await;
    look(&browser, "phone-forms-row").await;
    browser.click("问卷：入户问卷").await;
    browser.fill_labelled("家里几口人", "60").await;
    browser.click("养").await;
    browser.sees("请填 50 以内").await;
    browser.fill_labelled("牛怎么样", "去年死了两头").await;
    browser.sees_no_more("照原话记，不").await;
    browser.click("通水").await;
    browser.fill_labelled("称呼", "李桂兰").await;
    look(&browser, "phone-forms-error").await;
    browser.fill_labelled("家里几口人", "3").await;
    browser.sees("谢谢，3 口人都问到了。").await;
    browser.sees_no_more("请填 50 以内").await;
    kept_answers(&browser, |it| it["people"] == "3" && it["member"][0]["who"] == "李桂兰").await;
    // The screen goes dark with the key: the draft has it before it is kept, whenever the next frame is.
    const DARK: &str = "const typed = document.querySelector('.form input[inputmode=numeric], .form input');
        typed.value = '4'; typed.dispatchEvent(new Event('input', { bubbles: true }));
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        return [...document.querySelectorAll('textarea[hidden]')].map((it) => it.value).join();";
    let handed_over = browser.run(DARK, vec![]).await;
    assert!(handed_over.as_str().unwrap().contains("\"people\":\"4\""), "{handed_over}");
    kept_answers(&browser, |it| it["people"] == "4").await;
    browser.fill_labelled("家里几口人", "3").await;
    kept_answers(&browser, |it| it["people"] == "3").await;

    // A dead battery in the middle of it.
    browser.kill().await;
    browser.open().await;
    browser.offline(true).await;
    browser.goto(&world.url).await;
    browser.click("继续").await;
    browser.sees("已答 5 题").await;
    browser.click("问卷：入户问卷").await;
    browser.sees("去年死了两头").await;

    // What is not asked any more is kept, and not sent.
    browser.click("不养").await;
    browser.sees_no_more("去年死了两头").await;
    kept_answers(&browser, |it| it["cattle"] == "n" && it["cattle_words"].is_null()).await;
    browser.click("养").await;
    browser.sees("去年死了两头").await;
    browser.click("填完了").await;
    browser.sees("已填完").await;
    look(&browser, "phone-forms-finished").await;
    let filled = kept_answers(&browser, |it| it["cattle"] == "y").await;
    assert_eq!((&filled["finished"], &filled["version"]), (&json!(true), &json!(version)));

    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
    const SENT: &str = "const db = await opened(); const rows = await all(db, 'envelope'); db.close();
        const text = new TextDecoder();
        done(rows.map(([key, bytes]) => [key, text.decode(bytes)]).filter(([, it]) => it.includes('\"kind\":\"answers\"')));";
    let sent = browser.run_async(&on_store(SENT), vec![]).await;
    let (key, envelope) = (sent[0][0].as_str().unwrap(), sent[0][1].as_str().unwrap());
    assert!(envelope.contains("去年死了两头"), "{envelope}");
    open_again(&mut browser, &world).await;
    browser.sees("已上传").await;
    let visit = filled["visit"].as_str().unwrap();
    is_at_the_office(&browser, &world, visit, key.split_once('/').unwrap()).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_come_back_and_what_is_missing_is_gone_to() {
    let world = World::start_at(None).await;
    let version = publish(&world.sign_in("office"), FORM, "household");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &version).await;
    begin_unnamed(&browser).await;
    browser.click("问卷：入户问卷").await;
    browser.fill_labelled("称呼", "第一个人").await;
    browser.click("再加一个").await;
    browser.keys("第二个人").await;
    let members = |n: usize| move |it: &Value| it["member"].as_array().is_some_and(|it| it.len() == n);
    kept_answers(&browser, |it| it["member"][1]["who"] == "第二个人").await;
    browser.click("删除这一个").await;
    browser.sees("已删除。").await;
    kept_answers(&browser, members(1)).await;
    look(&browser, "phone-forms-undo").await;
    browser.click("撤销").await;
    let answers = kept_answers(&browser, members(2)).await;
    let who: Vec<&Value> =
        answers["answers"]["member"].as_array().unwrap().iter().map(|it| &it["who"]).collect();
    assert_eq!(who, ["第一个人", "第二个人"]);

    browser.click("填完了").await;
    browser.sees("这一题要答。").await;
    browser.sees("还有 2 处要看一下").await;
    const FOCUSED: &str = "return document.activeElement.closest('.question').innerText";
    let focused = browser.run(FOCUSED, vec![]).await;
    assert!(
        focused.as_str().unwrap().contains("家里几口人"),
        "the first that is missing has the focus: {focused}"
    );
    look(&browser, "phone-forms-missing").await;
    const ENGLISH: &str = "const it = document.querySelector('[data-part=language]');
        it.value = 'English (en)'; it.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.run(ENGLISH, vec![]).await;
    browser.sees("How many people").await;
    browser.sees_no_more("家里几口人").await;
    // The answers stay where they were.
    browser.sees("第 2 个 · 第二个人").await;
    browser.fill_labelled("How many people", "2").await;
    browser.click("No").await;
    browser.click("填完了").await;
    browser.sees("已填完").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_goes_on_with_the_version_it_was_begun_with() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let first = publish(&office, FORM, "household");
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &first).await;
    begin_unnamed(&browser).await;
    let visit = browser.path().await;
    browser.click("问卷：入户问卷").await;
    browser.fill_labelled("家里几口人", "4").await;
    kept_answers(&browser, |it| it["people"] == "4").await;
    let second = publish(&office, &FORM.replace("家里几口人", "一共几口人"), "household");
    assert_ne!(first, second);
    browser.goto(&world.url).await;
    browser.sees("没写完的").await;
    pulled(&browser, &second).await;
    browser.goto(&format!("{}{visit}", world.url)).await;
    browser.click("问卷：入户问卷").await;
    browser.sees("家里几口人").await;
    browser.goto(&world.url).await;
    begin_unnamed(&browser).await;
    browser.click("问卷：入户问卷").await;
    browser.sees("一共几口人").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_a_page_in_the_dark_large_and_in_english() {
    let world = World::start_at(None).await;
    let version = publish(&world.sign_in("office"), &paged(), "paged");
    let browser = Browser::start(NARROW).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &version).await;
    begin_unnamed(&browser).await;
    kept(&browser).await;
    let visit = browser.path().await;
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.click("长辈版").await;
    browser.click("深色").await;
    browser.goto(&format!("{}{visit}", world.url)).await;
    browser.click("问卷：一页一题").await;
    browser.sees("第 1 页").await;
    browser.click("下一页").await;
    browser.sees("这一题要答。").await;
    look(&browser, "phone-forms-large-dark-page").await;
    browser.fill_labelled("家里几口人", "2").await;
    browser.click("下一页").await;
    browser.sees("养不养牛").await;
    browser.sees_no_more("家里几口人").await;
    browser.click("不养").await;
    browser.click("下一页").await;
    // What hangs on cattle is passed over.
    browser.sees("需要什么").await;
    browser.click("上一页").await;
    browser.sees("养不养牛").await;
    kept_answers(&browser, |it| it["cattle"] == "n").await;
    browser.goto(&format!("{}/settings", world.url)).await;
    browser.click("English").await;
    browser.goto(&format!("{}{visit}", world.url)).await;
    browser.click("Questionnaire: 一页一题").await;
    browser.sees("How many people").await;
    look(&browser, "phone-forms-large-dark-english").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
