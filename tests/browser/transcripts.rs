//! What a machine heard in a recording, at the office's desk: followed by ear, put right, accepted, taken back.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use domain::{
    attachment::{Attachment, AttachmentKind},
    envelope::Hash,
    id::RecordId,
};
use serde_json::json;
use server::{App, speech::Speech, transcribing::transcribe_waiting};

use crate::{
    driver::{Browser, DESK, PHONE},
    phone::{look, sign_in},
    world::{NOW, Phone, World, new_id},
};

const HEARD: [&str; 3] = ["养老金三个月没发到卡上，", "去镇上问了两回都说不知道，", "现在也不知道该找谁。"];
const CORRECTED: &str = "养老金五个月没发到卡上，去镇上问了两回都说不知道，现在也不知道该找谁。";

/// Six seconds of a tone, as WAV.
fn tone() -> Vec<u8> {
    const RATE: u32 = 8_000;
    let samples: Vec<u8> =
        (0..RATE * 6).flat_map(|it| (if it / 20 % 2 == 0 { 900_i16 } else { -900 }).to_le_bytes()).collect();
    let n = u32::try_from(samples.len()).unwrap();
    [
        b"RIFF".as_slice(),
        &(36 + n).to_le_bytes(),
        b"WAVEfmt ",
        &16_u32.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * 2).to_le_bytes(),
        &2_u16.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &n.to_le_bytes(),
        &samples,
    ]
    .concat()
}

/// A speech server that always hears the same; its address.
async fn speech_server() -> String {
    let segments: Vec<_> =
        (0..).zip(HEARD).map(|(n, text)| json!({"start": 2 * n, "end": 2 * n + 2, "text": text})).collect();
    let answer = json!({"text": HEARD.concat(), "segments": segments}).to_string();
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let hear = axum::routing::post(async move |_: axum::body::Bytes| answer.clone());
    let router = axum::Router::new().route("/v1/audio/transcriptions", hear);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_machine_heard_is_followed_by_ear_put_right_and_accepted() {
    let world = World::start_at(None).await;
    let phone = world.phone("visitor");
    let (mut draft, id, bytes) = (phone.draft(&[""]), RecordId(new_id()), tone());
    let attachment = Attachment {
        kind: AttachmentKind::Voice,
        media_type: "audio/wav".to_owned(),
        bytes_n: bytes.len() as u64,
        sha256: Hash::of(&bytes),
        statement: Some(draft.statements[0].id),
        duration_ms: Some(6_000),
        gaps: Vec::new(),
        taken_at: NOW,
    };
    draft.attach(id, attachment, NOW);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(id, &bytes).ok();
    let speech = Speech::new(&speech_server().await, "m", "zh", None, Duration::from_secs(30)).unwrap();
    let app = App { speech: Some(Arc::new(speech)), ..world.app.clone() };
    assert_eq!(transcribe_waiting(&app).await.unwrap(), 1);
    server::sorting::sort_waiting(&world.app).await.unwrap();

    let mut browser = Browser::start(DESK).await;
    sign_in(&browser, &world, "office").await;
    browser.sees("等待 0 · 正在转 0 · 已采用 0 · 没转成 0").await;
    look(&browser, "office-transcripts-progress").await;
    browser.click("1 段待核对").await;
    browser.sees("机器转写，没有人核对过").await;
    // What is not opened yet asks why first.
    browser.press(".segment-heard:nth-of-type(2)").await;
    browser.sees("先打开录音，再点一句").await;
    browser.fill(&format!("#reason-{id}"), "核对转写").await;
    browser.press(".reading form.line button").await;
    browser.find(&format!("#voice-{id}")).await;
    browser.press(".segment-heard:nth-of-type(2)").await;
    browser.find(".segment-heard:nth-of-type(2)[aria-current=true]").await;
    look(&browser, "office-transcript").await;
    browser.resize(PHONE).await;
    look(&browser, "office-transcript-phone").await;
    assert_eq!(browser.sideways_px().await, 0);
    browser.resize(DESK).await;

    browser.fill(&format!("#transcript-{id}"), CORRECTED).await;
    browser.click("核对过，采用").await;
    browser.sees("陈晓核对采用").await;
    browser.sees("下面是核对过的录音转写").await;
    browser.find(".suggested").await;
    look(&browser, "office-transcript-accepted").await;
    let statement = draft.statements[0].id;
    let office = world.sign_in("office");
    let item = || office.get(&format!("/api/v1/queue/{statement}")).ok();
    assert_eq!((&item()["transcript"], &item()["words"]), (&json!(CORRECTED), &json!("")));
    browser.click("撤销采用").await;
    browser.sees("机器转写，没有人核对过").await;
    assert_eq!(item()["transcript"], "");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
