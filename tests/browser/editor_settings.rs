//! What holds for a questionnaire as a whole: its languages and lists; and what stands unpublished, replaced or given up.

use std::io::Write;

use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE},
    editor::{add, begin, choose_line, kept, name},
    phone::{look, sign_in},
    world::World,
};

/// The lists of the settings, in order, with what is said of each.
async fn lists(browser: &Browser) -> Vec<String> {
    const LISTS: &str = "return [...document.querySelectorAll('#lists li')].map((it) => it.innerText)";
    let lists = browser.run(LISTS, vec![]).await;
    lists.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_and_lists_come_and_go_and_each_step_can_be_taken_back() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(DESK).await;
    begin(&browser, &world).await;
    let office = world.sign_in("office");
    for (label, question, choice) in [("水够不够用", "water", "够用"), ("路好不好走", "road", "好走")]
    {
        add(&browser, "select_one", label).await;
        name(&browser, question).await;
        browser.fill(".choices-editor li:nth-child(1) [id*='-label-']", choice).await;
    }
    kept(&browser, &office, |it| it.contains("好走") && it.contains("够用")).await;

    // A list that is used stays; its question gone, it can go as well, and come back.
    choose_line(&browser, "问卷设置").await;
    browser.find("#lists").await;
    let before = lists(&browser).await;
    assert_eq!(before.len(), 2, "{before:?}");
    let last = before[1].split_whitespace().next().unwrap().to_owned();
    browser.click(&format!("上移 {last}")).await;
    let order = |sheets: &str| sheets.find("好走") < sheets.find("够用");
    let sheets = kept(&browser, &office, |it| {
        let choices = &it[it.find("list_name").unwrap_or_default()..];
        order(choices)
    })
    .await;
    assert_eq!(sheets[0]["rows"].as_array().unwrap().len(), 3, "the questions stay as they were");
    assert!(lists(&browser).await[0].starts_with(&last));
    browser.click(&format!("删除 {last}")).await;
    browser.sees("还有题目用到这个列表：路好不好走").await;
    assert_eq!(lists(&browser).await.len(), 2, "a question uses it");
    look(&browser, "editor-lists").await;
    choose_line(&browser, "路好不好走").await;
    browser.keys("\u{e017}").await;
    browser.sees("已删除“路好不好走”").await;
    choose_line(&browser, "问卷设置").await;
    browser.click(&format!("删除 {last}")).await;
    browser.sees(&format!("已删除列表“{last}”")).await;
    kept(&browser, &office, |it| !it.contains("好走")).await;
    browser.click("撤销").await;
    kept(&browser, &office, |it| it.contains("好走")).await;

    // A language with its texts.
    browser.fill("#new-language", "English (en)").await;
    browser.click("加语言").await;
    browser.find("#first-language").await;
    browser.fill("#new-language", "English (en)").await;
    browser.click("加语言").await;
    browser.find("#new-language-error:not(:empty)").await;
    look(&browser, "editor-languages").await;
    choose_line(&browser, "水够不够用").await;
    browser.fill(".properties [id*='-label-English']", "Is there enough water?").await;
    kept(&browser, &office, |it| it.contains("enough water")).await;
    choose_line(&browser, "问卷设置").await;
    browser.click("删除 English (en)").await;
    browser.sees("已删除“English (en)”").await;
    kept(&browser, &office, |it| !it.contains("enough water") && it.contains("水够不够用")).await;
    browser.click("撤销").await;
    kept(&browser, &office, |it| it.contains("enough water")).await;
    browser.resize(PHONE).await;
    look(&browser, "editor-languages-narrow").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

const FORM: &str = "survey,,,\n,type,name,label\n,integer,people,家里几口人\nsettings,,,\n,form_id,form_title,\n,yongshui,用水问卷,\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_unpublished_is_replaced_or_given_up_only_after_a_question() {
    let world = World::start_at(None).await;
    let browser = Browser::start(DESK).await;
    let office = world.sign_in("office");
    let file = |text: &str| {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    let shown = || office.get("/api/v1/questionnaires/yongshui/questions").ok();
    let labels = || shown().to_string();
    sign_in(&browser, &world, "office").await;
    let open = async || {
        browser.goto(&format!("{}/questionnaires", world.url)).await;
        browser.find("#form-file").await;
    };
    open().await;
    let first = file(FORM);
    browser.choose_file("#form-file", first.path()).await;
    browser.sees("有未发布的内容").await;
    let publication = json!({"draft": shown()["draft"], "respondent_kinds": []});
    assert_eq!(office.post("/api/v1/questionnaires/yongshui/versions", &publication).status, 204);

    // What is published has nothing to lose; what stands unpublished has, and whoever takes in another is asked.
    open().await;
    let second = file(&FORM.replace("家里几口人", "家里住几口人"));
    browser.choose_file("#form-file", second.path()).await;
    browser.sees("家里住几口人").await;
    open().await;
    let third = file(&FORM.replace("家里几口人", "一共几口人"));
    browser.choose_file("#form-file", third.path()).await;
    browser.find("#put-in-its-place").await;
    look(&browser, "questionnaire-stands").await;
    browser.press("#leave-it").await;
    browser.until("no question", async || (!browser.has("#leave-it").await).then_some(())).await;
    assert!(labels().contains("家里住几口人"), "left as it was");
    open().await;
    browser.choose_file("#form-file", third.path()).await;
    browser.press("#put-in-its-place").await;
    browser.sees("一共几口人").await;
    assert!(!labels().contains("家里住几口人"));

    // Given up after a question: what was published stands again.
    browser.press("#give-up").await;
    browser.find("#give-up-now").await;
    look(&browser, "questionnaire-give-up").await;
    browser.press("#give-up-now").await;
    browser.sees("已放弃未发布的内容").await;
    browser.sees_no_more("一共几口人").await;
    let after = shown();
    assert_eq!(after["draft"], Value::Null);
    browser.sees("家里几口人").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
