//! Photos, recordings and files as answers, given on a phone.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{begin_unnamed, look, open_again, sign_in, sign_in_again},
    phone_faults::{quota, send},
    phone_form_media::house,
    phone_forms::{kept_answers, publish_with, pulled},
    world::World,
};

const FORM: &str = "survey
,type,name,label,required
,image,slip,书面材料拍一张,yes
,audio,voice,请对方说几句,
,file,deed,有证件的附上,
,text,why,还有什么,
settings
,form_id,form_title
,papers,材料问卷
";

/// A folder with files to choose.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::TempDir::new().unwrap())
    }

    fn save(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

const PHOTO: &str = "input[type=file][accept='image/*'][data-node]";
const FILE: &str = "input[type=file][accept=''][data-node]";

async fn opened(browser: &Browser, world: &World) {
    let version = publish_with(&world.sign_in("office"), FORM, "papers", &[]);
    sign_in(browser, world, "visitor").await;
    pulled(browser, &version).await;
    begin_unnamed(browser).await;
    browser.click("问卷：材料问卷").await;
    browser.sees("书面材料拍一张").await;
}

fn is_id(it: &Value) -> bool {
    it.as_str().is_some_and(|it| it.len() == 36)
}

/// Waits until the photo that answers is on the page.
async fn sees_photo(browser: &Browser) {
    const SEEN: &str =
        "return [...document.querySelectorAll('.taken img')].some((it) => it.naturalWidth > 0);";
    browser.until("the photo", async || (browser.run(SEEN, vec![]).await == json!(true)).then_some(())).await;
}

async fn hears_voice(browser: &Browser) {
    const HEARD: &str = "return [...document.querySelectorAll('.taken audio')].some((it) => it.readyState > 0 && !it.autoplay);";
    browser
        .until("the recording", async || (browser.run(HEARD, vec![]).await == json!(true)).then_some(()))
        .await;
}

async fn record(browser: &Browser) {
    browser.click("录音").await;
    // Nothing is recorded before the respondent was asked.
    browser.sees("还没有录").await;
    browser.click("同意，开始录").await;
    browser.sees("正在录音").await;
    browser.sees("00:03").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_a_recording_and_a_file_answer_and_reach_the_office_with_their_questions() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    opened(&browser, &world).await;
    browser.offline(true).await;
    look(&browser, "phone-form-files").await;
    let files = Files::new();
    browser.choose_file(PHOTO, &files.save("slip.png", &house(800, 600, [210, 200, 180]))).await;
    sees_photo(&browser).await;
    let first = kept_answers(&browser, |it| is_id(&it["slip"])).await["answers"]["slip"].clone();
    // Taken out, put back, taken out again and another in its place.
    browser.click("删除").await;
    browser.sees("已删除。").await;
    kept_answers(&browser, |it| it["slip"].is_null()).await;
    look(&browser, "phone-form-files-removed").await;
    browser.click("撤销").await;
    sees_photo(&browser).await;
    kept_answers(&browser, |it| it["slip"] == first).await;
    browser.click("删除").await;
    browser.sees("已删除。").await;
    browser.choose_file(PHOTO, &files.save("slip.png", &house(700, 900, [150, 90, 80]))).await;
    sees_photo(&browser).await;
    browser.choose_file(FILE, &files.save("deed.pdf", b"%PDF-1.7 a deed")).await;
    browser.sees("已附上文件").await;
    record(&browser).await;
    browser.click("录完了").await;
    browser.sees("书面材料拍一张").await;
    hears_voice(&browser).await;
    sees_photo(&browser).await;
    look(&browser, "phone-form-files-taken").await;
    let kept = kept_answers(&browser, |it| is_id(&it["voice"]) && is_id(&it["deed"])).await;
    let answers = &kept["answers"];
    assert_ne!(answers["slip"], first);
    browser.click("填完了").await;
    browser.sees("已填完").await;
    send(&browser).await;
    open_again(&mut browser, &world).await;
    browser.sees("已上传").await;

    let office = world.sign_in("office");
    let path = format!("/api/v1/visits/{}", kept["visit"].as_str().unwrap());
    let detail = browser
        .until("the files at the office", async || {
            server::checking::check_waiting(&world.app).await.unwrap();
            let answer = office.get(&path);
            let detail = (answer.status == 200).then(|| answer.ok())?;
            (detail["line"]["complete"] == true && detail["answered"][0]["checked"] == true).then_some(detail)
        })
        .await;
    let answered = &detail["answered"][0];
    assert_eq!(answered["flags"], json!([]));
    let named: Vec<&Value> =
        answered["lines"].as_array().unwrap().iter().map(|it| &it["attachment"]).collect();
    assert_eq!(named, [&answers["slip"], &answers["voice"], &answers["deed"]]);
    assert_eq!(detail["attachments"].as_array().unwrap().len(), 3, "what was taken out stays behind");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    let desk = Browser::start(DESK).await;
    sign_in(&desk, &world, "office").await;
    desk.goto(&format!("{}/visits/{}", world.url, kept["visit"].as_str().unwrap())).await;
    desk.sees("请对方说几句").await;
    look(&desk, "visit-form-files").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_held_to_a_photo() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    opened(&browser, &world).await;
    assert!(!browser.page_text().await.contains("必答"));
    browser.fill_labelled("还有什么", "没有带材料").await;
    browser.click("填完了").await;
    browser.sees("已填完").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_a_kill_cut_off_answers_its_question() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(PHONE).await;
    opened(&browser, &world).await;
    record(&browser).await;
    browser.kill().await;
    browser.open().await;
    browser.goto(&world.url).await;
    sign_in_again(&browser, &world).await;
    browser.click("继续").await;
    browser.click("问卷：材料问卷").await;
    hears_voice(&browser).await;
    kept_answers(&browser, |it| is_id(&it["voice"])).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_unreadable_or_has_no_room_is_said_and_takes_nothing_away() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    opened(&browser, &world).await;
    let files = Files::new();
    browser.fill_labelled("还有什么", "写着的都在").await;
    kept_answers(&browser, |it| it["why"] == "写着的都在").await;
    browser.choose_file(FILE, &files.save("film.mp4", &vec![0; 26 * 1024 * 1024])).await;
    browser.sees("文件太大").await;
    browser.choose_file(PHOTO, &files.save("broken.jpg", b"\xff\xd8\xff no picture")).await;
    browser.sees("不是能打开的照片").await;
    look(&browser, "phone-form-files-refused").await;
    quota(&browser, &world, Some(1)).await;
    browser.fill_labelled("还有什么", "写着的都在").await;
    // The browser notices within seconds.
    browser
        .until("the phone to be full", async || {
            browser.keys("满").await;
            browser.has("[data-kept=not]").await.then_some(())
        })
        .await;
    let slip = files.save("slip.png", &house(800, 600, [210, 200, 180]));
    browser.choose_file(PHOTO, &slip).await;
    browser.sees("手机存储满了").await;
    assert!(!browser.has(".taken img").await, "what is not kept is no answer");
    quota(&browser, &world, None).await;
    browser.until("room again", async || browser.has("[data-kept=kept]").await.then_some(())).await;
    browser.choose_file(PHOTO, &slip).await;
    sees_photo(&browser).await;
    let why = |it: &Value| it["why"].as_str().is_some_and(|it| it.starts_with("写着的都在满"));
    kept_answers(&browser, |it| is_id(&it["slip"]) && why(it)).await;
}
