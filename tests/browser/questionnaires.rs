//! The office takes a questionnaire in, mends it, publishes it, and reads what was answered.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::{Client, World},
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
    browser.click("连同照片、录音和文件").await;
    browser.find("#take-out button[disabled]").await;
    browser.fill_labelled("为什么要带上", "核对书面材料").await;
    browser.find("#take-out a[href*=\"media=true&reason=\"]").await;
    look(&browser, "questionnaire-take-out-media").await;
    browser.click("Excel 工作簿").await;
    browser.sees_no_more("为什么要带上").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_office_opens_the_door_and_makes_a_password_that_is_told_once() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.goto(&format!("{}/questionnaires", world.url)).await;
    browser.sees("没有开通").await;
    look(&browser, "door-closed").await;
    browser.press("#door-switch").await;
    browser.sees("接入密码").await;
    browser.click("生成密码").await;
    browser.sees("密码只显示这一次").await;
    look(&browser, "door-password").await;
    let said = browser.run("return document.querySelector('#door-password').textContent", vec![]).await;
    let password = said.as_str().unwrap().to_owned();
    let basic = format!("Basic {}", STANDARD.encode(format!("section:{password}")));
    let list = || {
        let headers = [("authorization", basic.as_str())];
        Client::new(&world.url).send("GET", "/openrosa/formList", &headers, Vec::new()).status
    };
    assert_eq!(list(), 200);
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.click("设好了").await;
    browser.sees_no_more(&password).await;
    browser.resize(PHONE).await;
    assert_eq!(browser.sideways_px().await, 0);
    look(&browser, "door-narrow").await;
    browser.resize(DESK).await;
    browser.click("收回").await;
    browser.sees_no_more("换一个").await;
    assert_eq!(list(), 401);
    browser.press("#door-switch").await;
    browser.sees("没有开通").await;
    assert_eq!(list(), 403);
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

/// A form with everything that paper has room for.
const ALL: &str = r#"survey,,,,,
,type,name,label,required,relevant
,note,hello,您好，这份问卷大约要十分钟。,,
,integer,people,家里几口人,yes,
,select_one l or_other,water,用水从哪里来,yes,
,select_multiple l,needs,最需要什么,,${people} > 3
,text,why,为什么,,"selected(${needs}, 'road')"
,begin_group,more,还有几句,,
,range,how,对这次走访满意吗,,
,date,since,从什么时候起,,
,acknowledge,told,知道可以不留名,,
,geopoint,where,在哪里,,
,image,slip,书面材料,,
,end_group,,,,
,begin_repeat,person,家里人,,${people} > 1
,text,called,怎么称呼,,
,integer,age,几岁,,
,end_repeat,,,,
choices,,,,,
,list_name,name,label,,
,l,well,水井,,
,l,road,道路,,
settings,,,,,
,form_id,form_title,,,
,yongshui,用水问卷,,,
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_printed_on_pages_of_a4() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let headers = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/questionnaires/drafts", &headers, ALL.as_bytes().to_vec()).ok();
    let shown = office.get("/api/v1/questionnaires/yongshui/questions").ok();
    let publication = json!({"draft": shown["draft"], "respondent_kinds": []});
    assert_eq!(office.post("/api/v1/questionnaires/yongshui/versions", &publication).status, 204);
    let browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.goto(&format!("{}/questionnaires/yongshui", world.url)).await;
    browser.click("打印问卷").await;
    browser.sees("若第 1 题大于 3").await;
    browser.sees("若第 3 题选“道路”").await;
    browser.sees("家里人（第 3 份）").await;
    assert!(browser.has(".qr").await, "a code begins a visit");
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    look(&browser, "questionnaire-paper").await;
    let wanted = json!({"printBackground": true, "preferCSSPageSize": true});
    let pdf = browser.cdp("Page.printToPDF", wanted).await;
    let pdf = STANDARD.decode(pdf["data"].as_str().unwrap()).unwrap();
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screens");
    std::fs::write(folder.join("questionnaire-paper.pdf"), &pdf).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert_eq!(text.matches("/Type /Page\n").count(), 2, "its pages");
    assert!(text.contains("/MediaBox [0 0 594.95") || text.contains("/MediaBox [0 0 595"), "A4");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
