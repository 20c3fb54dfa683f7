//! A clue from the door to the discipline group, and to nobody else.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    clue::{CHUNK_BYTES, ClueKey, padded},
    envelope::Hash,
    id::ClueId,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{begin_unnamed, installed, kept, look, sign_in, sign_in_again},
    phone_carrying::{saved_file, taken_in},
    phone_faults::send,
    world::{PASSWORD, World, new_id},
};

const CANARY: &str = "金丝雀副局长收了张家两条烟";
const PASSPHRASE: &str = "山高水长 春暖花开 二零二六";

/// A member of the group at a desk, with a key that was made there.
async fn member(world: &World, login: &str, first: bool) -> Browser {
    world.with_account(login, "discipline");
    let desk = Browser::start(DESK).await;
    sign_in(&desk, world, login).await;
    desk.sees("生成我的密钥").await;
    desk.fill("#passphrase", "太短了").await;
    desk.fill("#passphrase-again", "不一样").await;
    desk.press("form button.main").await;
    desk.sees("至少 12 个字符").await;
    desk.sees("两遍不一样").await;
    if first {
        look(&desk, "clues-make-key").await;
    }
    desk.fill("#passphrase", PASSPHRASE).await;
    desk.fill("#passphrase-again", PASSPHRASE).await;
    desk.press("form button.main").await;
    if first {
        desk.sees("封好放进保险柜").await;
        look(&desk, "clues-recovery-key").await;
        desk.click("已打印封存，继续").await;
    }
    desk.sees("还没有线索").await;
    desk
}

async fn unlock(desk: &Browser, passphrase: &str) {
    desk.fill("#passphrase", passphrase).await;
    desk.press("form button.main").await;
}

/// Seals what is being written, and answers the receipt code.
async fn seal(phone: &Browser) -> String {
    phone.press("dialog[open] button.main").await;
    phone.sees("请记下回执码").await;
    let code = phone.run("return document.querySelector('dialog[open] .words').textContent", vec![]).await;
    code.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_without_a_network_is_read_by_the_group_alone() {
    let world = World::start_at(None).await;
    let desk = member(&world, "discipline", true).await;
    look(&desk, "clues-empty").await;

    let mut phone = Browser::start(PHONE).await;
    sign_in(&phone, &world, "visitor").await;
    phone.sees("开始走访").await;
    installed(&phone).await;
    phone.offline(true).await;
    begin_unnamed(&phone).await;
    phone.fill("textarea", CANARY).await;
    kept(&phone).await;
    phone.click("涉及具体人和事，单独封存").await;
    phone.sees("只有他们能打开").await;
    look(&phone, "clue-ask").await;
    phone.dark(true).await;
    look(&phone, "clue-ask-dark").await;
    phone.dark(false).await;
    // Whoever is left out leaves nobody it could be sealed to.
    phone.press("dialog[open] input[type=checkbox]").await;
    phone.find("dialog[open] button.main:disabled").await;
    phone.press("dialog[open] input[type=checkbox]").await;
    let code = seal(&phone).await;
    assert_eq!(code.len(), 19, "{code}");
    look(&phone, "clue-sealed").await;
    phone.press("dialog[open] .dialog-head button").await;
    let text = phone.page_text().await;
    assert!(!text.contains("金丝雀") && !text.contains(&code), "{text}");
    phone.click("再记一条").await;
    phone.fill("textarea", "村里的路一直没修").await;
    kept(&phone).await;
    send(&phone).await;
    phone.sees("2 条等待上传").await;
    phone.goto_inside("/settings").await;
    let file = saved_file(&phone).await;
    phone.kill().await;
    for secret in [CANARY, &code] {
        assert_eq!(phone.in_profile(secret), Vec::<String>::new(), "{secret}");
    }
    phone.open().await;
    sign_in_again(&phone, &world).await;
    phone.sees("已上传").await;
    phone.sees_no_more("等待上传").await;

    let office = world.sign_in("office");
    // A file for the office has nothing of what is not the office's, not even that there is something.
    let taken = taken_in(&office, file);
    assert_eq!((&taken["records_n"], &taken["unreadable_n"]), (&json!(2), &json!(0)));
    let csv = office.get("/api/v1/export/statements.csv").text();
    assert!(csv.contains("村里的路一直没修") && !csv.contains("金丝雀"), "{csv}");

    desk.reload().await;
    desk.sees("离开这个页面后要重新输入").await;
    unlock(&desk, "不是这句不是这句不是这句").await;
    desk.sees("密语不对").await;
    look(&desk, "clues-unlock").await;
    unlock(&desk, PASSPHRASE).await;
    desk.sees("待提处置意见").await;
    look(&desk, "clues-list").await;
    desk.press("article.card button").await;
    desk.sees(CANARY).await;
    desk.sees(&code).await;
    look(&desk, "clues-one").await;
    desk.dark(true).await;
    look(&desk, "clues-one-dark").await;
    assert_eq!(desk.console_errors().await, Vec::<String>::new());
    assert_eq!(phone.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_hand_a_clue_over() {
    let world = World::start_at(None).await;
    let one = member(&world, "discipline", true).await;
    let phone = Browser::start(PHONE).await;
    sign_in(&phone, &world, "visitor").await;
    phone.sees("开始走访").await;
    begin_unnamed(&phone).await;
    phone.fill("textarea", CANARY).await;
    kept(&phone).await;
    phone.click("涉及具体人和事，单独封存").await;
    phone.sees("只有他们能打开").await;
    assert!(!phone.page_text().await.contains("新密钥"), "the first time there is nothing to compare with");
    seal(&phone).await;
    phone.sees_no_more("等待上传").await;

    // A member who comes later sees nothing before another one gives them access.
    let other = member(&world, "discipline2", false).await;
    phone.reload().await;
    phone.find("textarea").await;
    phone.fill("textarea", CANARY).await;
    kept(&phone).await;
    phone.click("涉及具体人和事，单独封存").await;
    phone.sees("新密钥，先向本人核对指纹").await;
    assert_eq!(phone.count("dialog[open] .notice").await, 1, "the other one is known");
    look(&phone, "clue-new-key").await;

    one.reload().await;
    unlock(&one, PASSPHRASE).await;
    one.sees("待提处置意见").await;
    one.click("密钥与回避").await;
    one.sees("有 1 条您能打开").await;
    look(&one, "clues-group").await;
    one.click("授权打开").await;
    one.sees("已授权 1 条").await;
    one.click("试开一遍").await;
    one.sees("1 条都打得开").await;
    one.click("返回").await;
    one.press("article.card button").await;
    one.sees(CANARY).await;
    one.fill("#ledger-what", "先作初步核实").await;
    one.press("#ledger-how option:nth-child(2)").await;
    one.press("form.card button[type=submit]").await;
    one.sees("处置意见：初步核实").await;
    one.press("#ledger-kind option:nth-child(2)").await;
    one.fill("#ledger-what", "驻县检察院纪检监察组").await;
    one.fill("#ledger-approved", "刘组长").await;
    one.press("form.card button[type=submit]").await;
    one.sees("已提出，等另一位成员确认").await;
    look(&one, "clues-proposed").await;

    other.reload().await;
    unlock(&other, PASSPHRASE).await;
    other.sees("待第二人确认移交").await;
    other.press("article.card button").await;
    other.sees("确认移交完成").await;
    other.fill("#received-by", "周检察官").await;
    other.click("确认移交完成").await;
    other.sees("接收人：周检察官").await;
    other.click("线索移交清单").await;
    other.sees("被反映人").await;
    look(&other, "clues-handover-list").await;
    other.run("localStorage.setItem('language', 'en')", vec![]).await;
    other.reload().await;
    other.sees("Leaving this page locks it again").await;
    unlock(&other, PASSPHRASE).await;
    other.sees("handed over").await;
    look(&other, "clues-list-en").await;
    for desk in [&one, &other] {
        assert_eq!(desk.console_errors().await, Vec::<String>::new());
    }
}

/// What the server seals by the formats, whose answers are known, a desk opens; and what no member can, the paper opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_passphrase_is_made_up_for_by_the_paper_from_the_safe() {
    let world = World::start_at(None).await;
    world.with_account("discipline", "discipline");
    let desk = Browser::start(DESK).await;
    sign_in(&desk, &world, "discipline").await;
    desk.fill("#passphrase", PASSPHRASE).await;
    desk.fill("#passphrase-again", PASSPHRASE).await;
    desk.press("form button.main").await;
    desk.sees("封好放进保险柜").await;
    let paper = desk.run("return document.querySelector('.paper .words').textContent", vec![]).await;
    let paper = paper.as_str().unwrap().to_lowercase();
    desk.click("已打印封存，继续").await;
    desk.sees("还没有线索").await;

    let visitor = world.sign_in("visitor");
    let keys = visitor.get("/api/v1/clue-keys").ok()["keys"].clone();
    let keys: Vec<ClueKey> = serde_json::from_value(keys).unwrap();
    let id = ClueId(new_id());
    let photo = vec![9; CHUNK_BYTES];
    let content = json!({
        "words": CANARY, "summary": "", "kind": "problem", "about": "", "happened": "", "said_at": 1,
        "campaign": new_id(), "unit": world.units[0], "unit_name": "公共法律服务股", "place": "李家坳村",
        "respondent_kind": "household", "recorded_by": {"account": new_id(), "name": "王小明"},
        "receipt": "ABCD EFGH JKMN PQRS", "left_out": [],
        "attachments": [{"kind": "voice", "media_type": "audio/webm", "bytes_n": photo.len(), "sha256": Hash::of(&photo)}],
    });
    let clear = padded(content.to_string().as_bytes(), &[photo]);
    let (sealed, parts) = server::clue_sealing::seal(id, &clear, &keys).unwrap();
    for (n, part) in parts.into_iter().enumerate() {
        visitor.send("PUT", &format!("/api/v1/clues/{id}/parts?n={n}"), &[], part).ok();
    }
    visitor.post(&format!("/api/v1/clues/{id}"), &json!(sealed)).ok();

    desk.reload().await;
    desk.click("忘了密语，重新生成密钥").await;
    desk.sees("生成我的密钥").await;
    desk.fill("#passphrase", PASSPHRASE).await;
    desk.fill("#passphrase-again", PASSPHRASE).await;
    desk.press("form button.main").await;
    desk.sees("还没有线索").await;
    desk.click("密钥与回避").await;
    desk.fill("#recovery", &format!("2222{}", &paper[4..])).await;
    desk.click("用恢复密钥打开").await;
    desk.sees("不是本组的恢复密钥").await;
    desk.fill("#recovery", &paper).await;
    desk.click("用恢复密钥打开").await;
    desk.sees("已授权 1 条").await;
    desk.click("返回").await;
    desk.press("article.card button").await;
    desk.sees(CANARY).await;
    desk.find("audio").await;
    assert!(!desk.page_text().await.contains("不符"));
    assert_eq!(desk.console_errors().await, Vec::<String>::new());
}

/// Keeps what is handed out as a file, for the test to carry.
const KEEP_FILE: &str = "const make = URL.createObjectURL;
    URL.createObjectURL = (it) => { window.handedOut = it; return make(it); };";
const FILE: &str = "const done = arguments[0];
    window.handedOut.arrayBuffer().then((it) => done(btoa(String.fromCharCode(...new Uint8Array(it)))));";

/// A photo of each of the codes that are shown, not quite straight, as base64 of JPEG.
const PHOTOS: &str = "return Array.from(document.querySelectorAll('#slip-codes canvas'), (code) => {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 1500;
        const pen = canvas.getContext('2d');
        pen.fillStyle = '#8a8f8c';
        pen.fillRect(0, 0, 1500, 1500);
        pen.translate(750, 740);
        pen.rotate(0.035);
        pen.scale(12, 12);
        pen.translate(-52.5, -52.5);
        pen.fillStyle = '#e9ebe6';
        pen.fillRect(0, 0, 105, 105);
        pen.imageSmoothingEnabled = false;
        pen.drawImage(code, 0, 0);
        return canvas.toDataURL('image/jpeg', 0.8).split(',')[1];
    });";

/// A phone that is off the network as to clues has sealed one and shows its slip.
async fn with_slip(url: &str) -> Browser {
    let phone = Browser::start(PHONE).await;
    phone.goto(url).await;
    phone.fill("#login", "visitor").await;
    phone.fill("#password", PASSWORD).await;
    phone.click("登录").await;
    phone.sees("开始走访").await;
    begin_unnamed(&phone).await;
    phone.fill("textarea", CANARY).await;
    kept(&phone).await;
    phone.run(KEEP_FILE, vec![]).await;
    phone.click("涉及具体人和事，单独封存").await;
    phone.sees("本单位线索不上网").await;
    phone.press("dialog[open] button.main").await;
    phone.sees("密封文件已经交给您").await;
    phone
}

async fn go_to_clues(desk: &Browser, url: &str) {
    desk.goto(&format!("{url}/clues")).await;
    desk.sees("离开这个页面后要重新输入").await;
    unlock(desk, PASSPHRASE).await;
}

/// The desk opens what the phone sealed.
async fn reads_the_clue(desk: &Browser, phone: &Browser, code: &str) {
    desk.press("article.card button").await;
    desk.sees(CANARY).await;
    desk.sees(code).await;
    for browser in [desk, phone] {
        assert_eq!(browser.console_errors().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn off_the_network_photos_of_a_phones_codes_are_enough() {
    let world = World::start_at(None).await;
    let url = world.on_paper().await;
    let desk = member(&world, "discipline", true).await;
    let phone = with_slip(&url).await;
    phone.sees("1 / ").await;
    look(&phone, "clue-codes").await;
    let folder = TempDir::new().unwrap();
    let photos = phone.run(PHOTOS, vec![]).await;
    let photos = photos.as_array().unwrap().iter().enumerate().map(|(n, it)| {
        let path = folder.path().join(format!("{n}.jpg"));
        std::fs::write(&path, STANDARD.decode(it.as_str().unwrap()).unwrap()).unwrap();
        path
    });
    let photos: Vec<_> = photos.collect();
    assert!((5..=9).contains(&photos.len()), "{} codes", photos.len());
    let code = seal(&phone).await;
    let no_code = folder.path().join("no-code.png");
    std::fs::write(&no_code, include_bytes!("../../public/icon-512.png")).unwrap();

    go_to_clues(&desk, &url).await;
    desk.choose_file("input[type=file]", &no_code).await;
    desk.sees("有照片里没有看清的密封码").await;
    let (first, others) = photos.split_first().unwrap();
    for photo in others.iter().rev() {
        desk.choose_file("input[type=file]", photo).await;
        desk.sees("还缺第 1").await;
    }
    desk.sees("还缺第 1 个").await;
    look(&desk, "clues-codes-missing").await;
    desk.choose_file("input[type=file]", first).await;
    desk.sees("待提处置意见").await;
    assert!(!desk.page_text().await.contains("还缺"));
    reads_the_clue(&desk, &phone, &code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn off_the_network_a_messenger_brings_what_the_phone_neither_keeps_nor_sends() {
    let world = World::start_at(None).await;
    let url = world.on_paper().await;
    let desk = member(&world, "discipline", true).await;
    let phone = with_slip(&url).await;
    look(&phone, "clue-slip").await;
    let slip = phone.run_async(FILE, vec![]).await;
    let slip = STANDARD.decode(slip.as_str().unwrap()).unwrap();
    let code = seal(&phone).await;
    phone.press("dialog[open] .dialog-head button").await;
    assert!(!phone.page_text().await.contains("等待上传"));
    assert_eq!(world.sign_in("discipline").get("/api/v1/clues").ok(), json!([]), "nothing was sent");

    let folder = TempDir::new().unwrap();
    let (whole, broken) = (folder.path().join("a.clue"), folder.path().join("b.clue"));
    std::fs::write(&whole, &slip).unwrap();
    std::fs::write(&broken, &slip[..slip.len() - 1]).unwrap();
    go_to_clues(&desk, &url).await;
    desk.sees("读入密封文件").await;
    look(&desk, "clues-on-paper").await;
    desk.choose_file("input[type=file]", &broken).await;
    desk.sees("这不是密封文件").await;
    desk.choose_file("input[type=file]", &whole).await;
    desk.sees("待提处置意见").await;
    reads_the_clue(&desk, &phone, &code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_hands_over_is_with_the_group_once_a_second_person_signs_it_off() {
    let world = World::start_at(None).await;
    let group = member(&world, "discipline", true).await;
    world.phone("visitor").sent(&[CANARY]);
    let office = Browser::start(DESK).await;
    sign_in(&office, &world, "office").await;
    office.goto(&format!("{}/queue", world.url)).await;
    office.sees(CANARY).await;
    office.press(".deciding button.link").await;
    office.press(".deciding form button.main").await;
    office.sees("请写明理由").await;
    office.fill("#hand-over", "点名反映收受烟酒").await;
    office.sees("就不会封存给他").await;
    look(&office, "handover-propose").await;
    office.press(".deciding form button.main").await;
    office.sees("已提请").await;

    let approver = Browser::start(DESK).await;
    sign_in(&approver, &world, "approver").await;
    approver.goto(&format!("{}/handovers", world.url)).await;
    approver.sees(CANARY).await;
    look(&approver, "handover-sign-off").await;
    approver.click("签发并移交").await;
    approver.sees("已移交").await;
    look(&approver, "handover-done").await;

    office.goto(&format!("{}/queue?state=referred", world.url)).await;
    office.sees("内容已移出综合办公室").await;
    look(&office, "handover-stub").await;
    group.goto(&format!("{}/clues", world.url)).await;
    unlock(&group, PASSPHRASE).await;
    group.sees("待提处置意见").await;
    group.press("article.card button").await;
    group.sees(CANARY).await;
    group.sees("点名反映收受烟酒").await;
    look(&group, "handover-clue").await;
    for browser in [office, approver, group] {
        assert_eq!(browser.console_errors().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_often_concerns_a_person_is_asked_about_before_it_is_confirmed() {
    let world = World::start_at(None).await;
    world.phone("visitor").sent(&["办个证，跑了好几趟才办下来"]);
    let office = Browser::start(DESK).await;
    sign_in(&office, &world, "office").await;
    office.goto(&format!("{}/queue", world.url)).await;
    office.sees("办个证").await;
    office.press(".deciding > button:not(.main):not(.link)").await;
    office.fill("#type-search", "ZF2").await;
    office.press(".deciding .rows button").await;
    office.press(".deciding > button.main").await;
    office.sees("要移交纪检监察组吗").await;
    look(&office, "handover-asked").await;
    let waiting = || world.sign_in("office").get("/api/v1/queue?state=waiting").ok()["lines"].clone();
    assert_eq!(waiting().as_array().unwrap().len(), 1, "nothing is decided before the answer");
    office.click("不移交，照常归类").await;
    office.sees("已归类").await;
    assert_eq!(waiting(), json!([]));
    let sorted = world.sign_in("office").get("/api/v1/queue?state=sorted").ok();
    assert_eq!(sorted["lines"][0]["category"], "ZF2");
    assert_eq!(office.console_errors().await, Vec::<String>::new());
}
