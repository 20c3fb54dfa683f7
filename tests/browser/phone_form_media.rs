//! Pictures and sounds of a questionnaire on a phone.

use std::io::Cursor;

use domain::envelope::Hash;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::{
    driver::{Browser, DESK, PHONE, on_store},
    phone::{begin_unnamed, installed, look, sign_in},
    phone_forms::{kept_answers, publish_with, pulled, rests},
    world::World,
};

const FORM: &str = "survey
,type,name,label::中文 (zh),label::English (en),media::image,media::audio,media::big-image
,select_one kinds,house,您住的是哪一种房子,What kind of house,houses.png,hello.wav,plan.png
,text,why,这张图里缺了什么,What is missing here,gone.png,,
choices
,list_name,name,label::中文 (zh),label::English (en),media::image
,kinds,brick,砖房,Brick,brick.png
,kinds,wood,木房,Wood,wood.png
,kinds,other,别的,Other,
settings
,form_id,form_title
,house,住房问卷
";

/// A house of a colour under a sky.
pub fn house(width: u32, height: u32, wall: [u8; 3]) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let (middle, roof) = (width / 2, height / 3);
        let under_roof = y >= roof / 3 && x.abs_diff(middle) * roof <= (y - roof / 3) * middle;
        let is_wall = y > roof && x.abs_diff(middle) < width / 3;
        Rgb(if is_wall {
            wall
        } else if y <= roof && under_roof {
            [90, 60, 50]
        } else {
            [196, 220, 232]
        })
    });
    let mut png = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// Half a second of silence.
pub fn wav() -> Vec<u8> {
    let samples_n = 4_000_u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples_n).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(b"\x01\0\x08\0data");
    wav.extend(samples_n.to_le_bytes());
    wav.resize(wav.len() + samples_n as usize, 0x80);
    wav
}

/// The files of the form but one.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("houses.png", house(640, 360, [181, 120, 90])),
        ("plan.png", house(1_200, 900, [120, 140, 110])),
        ("brick.png", house(200, 150, [176, 84, 62])),
        ("wood.png", house(200, 150, [150, 111, 70])),
        ("hello.wav", wav()),
    ]
}

fn of<'f>(files: &'f [(&'static str, Vec<u8>)]) -> Vec<(&'static str, &'f [u8])> {
    files.iter().map(|it| (it.0, &it.1[..])).collect()
}

/// Waits until as many pictures and sounds of the form can be seen and heard; answers what each is called.
async fn shown(browser: &Browser, n: usize) -> Vec<String> {
    const SHOWN: &str = "return [...document.querySelectorAll('.form .medium')]
        .filter((it) => it.localName === 'img' ? it.naturalWidth > 0 : it.duration > 0.4)
        .map((it) => it.alt || it.getAttribute('aria-label'));";
    browser
        .until("pictures and sounds", async || {
            let shown: Vec<String> = serde_json::from_value(browser.run(SHOWN, vec![]).await).unwrap();
            (shown.len() == n).then_some(shown)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_and_sounds_are_there_without_a_network() {
    let world = World::start_at(None).await;
    let files = files();
    let version = publish_with(&world.sign_in("office"), FORM, "house", &of(&files));
    let mut browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    browser.sees("开始走访").await;
    installed(&browser).await;
    pulled(&browser, &version).await;
    for (_, bytes) in &files {
        rests(&browser, &format!("media/{}", Hash::of(bytes))).await;
    }
    browser.kill().await;
    browser.open().await;
    browser.offline(true).await;
    browser.goto(&world.url).await;
    begin_unnamed(&browser).await;
    browser.click("问卷：住房问卷").await;
    browser.sees("您住的是哪一种房子").await;
    browser.press("details > summary").await;
    let shown_now = shown(&browser, 5).await;
    assert_eq!(
        shown_now,
        ["您住的是哪一种房子", "您住的是哪一种房子", "您住的是哪一种房子", "砖房", "木房"],
        "each is called as its words"
    );
    const PLAYS: &str = "return [...document.querySelectorAll('audio')].some((it) => it.autoplay || !it.paused || !it.controls);";
    assert_eq!(browser.run(PLAYS, vec![]).await, json!(false), "nothing plays by itself");
    look(&browser, "phone-form-media").await;
    browser.press("details > summary").await;
    browser.click("砖房").await;
    kept_answers(&browser, |it| it["house"] == "brick").await;
    // What was not attached leaves its words.
    browser.fill_labelled("这张图里缺了什么", "没有图").await;
    kept_answers(&browser, |it| it["why"] == "没有图").await;
    look(&browser, "phone-form-media-chosen").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_never_came_is_said_quietly_and_comes_with_the_network() {
    let world = World::start_at(None).await;
    let files = files();
    let version = publish_with(&world.sign_in("office"), FORM, "house", &of(&files));
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &version).await;
    let key = format!("media/{}", Hash::of(&files[0].1));
    for (_, bytes) in &files {
        rests(&browser, &format!("media/{}", Hash::of(bytes))).await;
    }
    let lose = on_store(&format!(
        "const db = await opened();
        await answered(db.transaction('pulled', 'readwrite').objectStore('pulled').delete('{key}')); db.close(); done(true);"
    ));
    browser.run_async(&lose, vec![]).await;
    browser.cdp("Network.clearBrowserCache", json!({})).await;
    browser.offline(true).await;
    begin_unnamed(&browser).await;
    browser.click("问卷：住房问卷").await;
    browser.sees("图片还没有下载到这部手机").await;
    browser.sees("您住的是哪一种房子").await;
    shown(&browser, 4).await;
    look(&browser, "phone-form-media-missing").await;
    browser.offline(false).await;
    let visit = browser.path().await;
    browser.goto(&format!("{}{visit}", world.url)).await;
    shown(&browser, 5).await;
    browser.sees_no_more("图片还没有下载").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_does_not_name_any_more_leaves_the_phone() {
    let world = World::start_at(None).await;
    let (office, files) = (world.sign_in("office"), files());
    let first = publish_with(&office, FORM, "house", &of(&files));
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &first).await;
    for (_, bytes) in &files {
        rests(&browser, &format!("media/{}", Hash::of(bytes))).await;
    }
    let without = FORM.replace("houses.png,hello.wav,plan.png", ",,");
    let second = publish_with(&office, &without, "house", &[]);
    browser.goto(&world.url).await;
    pulled(&browser, &second).await;
    let keys = on_store(
        "const db = await opened();
        const keys = await answered(db.transaction('pulled').objectStore('pulled').getAllKeys()); db.close();
        done(keys.filter((it) => it.startsWith('media/')));",
    );
    let left: Value = browser.run_async(&keys, vec![]).await;
    let mut wanted = [2, 3].map(|n: usize| format!("media/{}", Hash::of(&files[n].1)));
    wanted.sort();
    assert_eq!(left, json!(wanted));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_adds_files_sees_them_and_is_told_what_was_not_taken() {
    let world = World::start_at(None).await;
    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.goto(&format!("{}/questionnaires", world.url)).await;
    let folder = tempfile::TempDir::new().unwrap();
    let save = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    browser.choose_file("#form-file", &save("house.csv", FORM.as_bytes())).await;
    browser.sees("没有附上文件 houses.png").await;
    browser
        .choose_file("#media-files", &save("houses.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
        .await;
    browser.sees("houses.png 没有收下").await;
    look(&browser, "questionnaire-media-refused").await;
    let files = files();
    for (name, bytes) in &files {
        browser.choose_file("#media-files", &save(name, bytes)).await;
        browser.sees_no_more(&format!("没有附上文件 {name}")).await;
    }
    browser.sees("没有附上文件 gone.png").await;
    browser.sees_no_more("没有收下").await;
    const PICTURES: &str = "return [...document.querySelectorAll('.media-files img')].filter((it) => it.naturalWidth > 0).length;";
    browser
        .until("the pictures", async || (browser.run(PICTURES, vec![]).await == json!(4)).then_some(()))
        .await;
    look(&browser, "questionnaire-media").await;
    browser.resize(PHONE).await;
    look(&browser, "questionnaire-media-narrow").await;
    browser.resize(DESK).await;
    browser.press("#edit").await;
    shown(&browser, 5).await;
    look(&browser, "editor-media").await;
    browser.goto(&format!("{}/questionnaires/house/print", world.url)).await;
    const PRINTED: &str = "return [...document.querySelectorAll('.form-paper img')].filter((it) => it.naturalWidth > 0).length;";
    browser
        .until("printed pictures", async || (browser.run(PRINTED, vec![]).await == json!(3)).then_some(()))
        .await;
    look(&browser, "questionnaire-media-paper").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
