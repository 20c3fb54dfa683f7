//! The office takes a questionnaire in, mends it, publishes it, and reads what was answered.

use std::io::Write;

use serde_json::json;

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::World,
};

const HEAD: &str = "survey,,,,,\n,type,name,label,required,relevant\n";
const REST: &str = ",text,why,为什么没有人,,${people} = 0\n,select_multiple l,needs,最需要什么,,\n\
    choices,,,,,\n,list_name,name,label,,\n,l,water,用水,,\n,l,road,道路,,\nsettings,,,,,\n,form_id,form_title,,,\n,yongshui,用水问卷,,,\n";

fn file(rows: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(file, "{HEAD}{rows}{REST}").unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_taken_in_mended_and_published() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.goto(&format!("{}/questionnaires", world.url)).await;
    browser.sees("还没有问卷").await;
    let wrong = file(",intger,people,家里几口人,yes,\n");
    browser.choose_file("#form-file", wrong.path()).await;
    browser.sees("没有收进").await;
    browser.sees("survey 第 3 行 type 列").await;
    look(&browser, "questionnaire-errors").await;
    let right = file(",integer,people,家里几口人,yes,\n");
    browser.choose_file("#form-file", right.path()).await;
    browser.sees("有未发布的内容").await;
    browser.sees("家里几口人").await;
    look(&browser, "questionnaire-draft").await;
    browser.press("#publish").await;
    browser.sees("使用中").await;
    browser.sees_no_more("有未发布的内容").await;
    let visitor = world.sign_in("visitor");
    assert_eq!(visitor.get("/api/v1/questionnaires").ok()[0]["id"], json!("yongshui"));
    look(&browser, "questionnaire-published").await;
    browser.press("#take-out summary").await;
    browser.click("Excel 工作簿").await;
    look(&browser, "questionnaire-take-out").await;
    browser.resize(PHONE).await;
    assert_eq!(browser.sideways_px().await, 0);
    look(&browser, "questionnaire-narrow").await;
    browser.resize(DESK).await;
    browser.click("停用").await;
    browser.sees("已停用").await;
    assert_eq!(visitor.get("/api/v1/questionnaires").ok(), json!([]));
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
