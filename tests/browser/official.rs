//! The office notes what was established, and has the official monthly table of it.

use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::World,
};

/// What a link of the page leads to, as the browser downloads it.
async fn behind(browser: &Browser, css: &str) -> String {
    const READ: &str = "const done = arguments[1];
        fetch(document.querySelector(arguments[0]).href).then((it) => it.text()).then(done);";
    let text = browser.run_async(READ, vec![json!(css)]).await;
    text.as_str().expect("a text").trim_start_matches('\u{feff}').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_established_is_noted_and_counts_in_the_column_that_the_office_says() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let text =
        json!({"title": "窗口办事拖", "wording": "", "category": "GL2", "source": "visits", "state": "open"});
    let issue = office.post("/api/v1/issues", &text).ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/issues/{issue}/finding");
    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;

    // More are punished than were dealt with: the words say what is wrong, and nothing is noted.
    browser.goto_inside(&format!("/issues/{issue}")).await;
    browser.find("#established-on").await;
    let today = server::day::of(world.app.now());
    const DAY: &str = "const day = document.querySelector('#established-on'); day.value = arguments[0];
        day.dispatchEvent(new Event('input', { bubbles: true })); day.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.run(DAY, vec![json!(today)]).await;
    browser.fill("#handled-n", "1").await;
    browser.fill("#disciplined-n", "2").await;
    const NOTE: &str = "document.querySelector('#established-on').closest('form').requestSubmit()";
    browser.run(NOTE, vec![]).await;
    browser.sees("处分人数不能比处理人数多").await;
    assert_eq!(office.get(&path).ok()["established_on"], Value::Null);
    browser.fill("#handled-n", "3").await;
    browser.run(NOTE, vec![]).await;
    browser.sees("不算查处的问题").await;
    assert_eq!(office.get(&path).ok()["disciplined_n"], 2);
    look(&browser, "office-finding").await;

    browser.goto_inside("/taxonomy").await;
    browser.sees("官方月报表").await;
    browser.sees("填报前请对照 ccdi.gov.cn 的原表").await;
    let table = behind(&browser, "#official-table").await;
    let rows: Vec<Vec<&str>> = table.lines().map(|it| it.split(',').collect()).collect();
    let total = rows[0].iter().position(|it| it.contains("总计")).expect("a total");
    assert_eq!([1, 2, 3].map(|row| rows[row][total].trim().to_owned()), ["1", "3", "2"]);

    // The mapping comes back with a code that is not there, then as it was: each fault by line and column.
    let mapping = behind(&browser, "a[href='/api/v1/official/mapping.csv']").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mapping.csv");
    std::fs::write(&file, mapping.replace(",XS3,", ",XS3 NO1,")).expect("a file");
    browser.choose_file("#mapping-file", &file).await;
    browser.sees("第 5 行").await;
    const SHOW: &str =
        "document.querySelector('#official-month').closest('section').scrollIntoView({ block: 'start' })";
    browser.run(SHOW, vec![]).await;
    look(&browser, "office-official-faults").await;
    assert_eq!(behind(&browser, "a[href='/api/v1/official/mapping.csv']").await, mapping);
    std::fs::write(&file, mapping.replace("GL2 GL5", "GL5").replace(",XS3,", ",XS3 GL2,")).expect("a file");
    browser.choose_file("#mapping-file", &file).await;
    browser.sees("对照表已换上").await;
    browser.sees_no_more("第 5 行").await;
    let moved = behind(&browser, "#official-table").await;
    let rows: Vec<Vec<&str>> = moved.lines().map(|it| it.split(',').collect()).collect();
    let papers = rows[0].iter().position(|it| it.contains("文山会海")).expect("a column");
    assert_eq!(rows[1][papers].trim(), "1");
    browser.resize(PHONE).await;
    browser.run(SHOW, vec![]).await;
    look(&browser, "office-official-narrow").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
