//! Photos and recordings as answers to questionnaires: attachments of the visit, named by their ids.

use std::io::{Cursor, Read};

use domain::{
    attachment::{Attachment, AttachmentKind},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
};
use serde_json::{Value, json};

use crate::{
    answers::send,
    questionnaires::{csv, publish, take},
    world::{Client, NOW, Phone, World, new_id},
};

const SURVEY: &str = "image,slip,书面材料,,,yes
    begin_repeat,field,地块,,,
    file,deed,证件,,,
    end_repeat,,,,,
    text,why,为什么,,,";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF a written slip";
const PDF: &[u8] = b"%PDF-1.7 a deed";

fn attach(draft: &mut Draft, media_type: &str, bytes: &[u8]) -> RecordId {
    let id = RecordId(new_id());
    let attachment = Attachment {
        kind: AttachmentKind::Photo,
        media_type: media_type.to_owned(),
        bytes_n: bytes.len() as u64,
        sha256: Hash::of(bytes),
        statement: None,
        duration_ms: None,
        gaps: Vec::new(),
        taken_at: NOW,
    };
    draft.attach(id, attachment, NOW);
    id
}

async fn answered(world: &World, office: &Client, draft: &Draft) -> Value {
    server::checking::check_waiting(&world.app).await.unwrap();
    office.get(&format!("/api/v1/visits/{}", draft.id())).ok()["answered"][0].clone()
}

fn exported(office: &Client) -> Vec<String> {
    let zip = office.get("/api/v1/questionnaires/household/export?no_mark=true").bytes;
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut text = |n: usize| {
        let mut text = String::new();
        zip.by_index(n).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    (0..3).map(&mut text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_stands_with_the_question_that_it_answers_and_its_file_in_the_columns() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let taken = take(&office, &csv("household", SURVEY, &[])).ok();
    assert_eq!(taken["faults"][0]["code"], "required_apart", "nobody is held to it");
    let version = publish(&office, "household");
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一"]);
    let (slip, deed) = (attach(&mut draft, "image/jpeg", JPEG), attach(&mut draft, "application/pdf", PDF));
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(slip, JPEG).ok();
    phone.upload(deed, PDF).ok();
    let given = json!({"slip": slip, "field": [{"deed": deed}, {}], "why": slip.to_string() + " 这张"});
    send(&phone, &draft, &version, given);
    let shown = answered(&world, &office, &draft).await;
    assert_eq!(shown["flags"], json!([]));
    let lines = shown["lines"].as_array().unwrap();
    assert_eq!((&lines[0]["label"], &lines[0]["attachment"]), (&json!("书面材料"), &json!(slip)));
    assert_eq!(lines[2]["attachment"], json!(deed));
    // Opening it takes a reason, as everywhere.
    let path = format!("/api/v1/attachments/{slip}");
    assert_eq!(office.get(&path).problem(), (422, "invalid".to_owned()));
    assert_eq!(office.get(&format!("{path}?reason=x")).status, 200);

    let [answers, turns, codebook] = &exported(&office)[..] else { panic!("three tables") };
    assert!(answers.contains(&format!("{slip}.jpeg,{slip} 这张")), "{answers}");
    assert!(turns.contains(&format!("{deed}.pdf")), "{turns}");
    assert!(codebook.contains("/api/v1/attachments/ID"), "{codebook}");
}

/// Names and bytes of what lies in `media/`.
fn media(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut found = Vec::new();
    for n in 0..zip.len() {
        let mut file = zip.by_index(n).unwrap();
        if let Some(name) = file.name().unwrap().strip_prefix("media/").map(str::to_owned) {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            found.push((name, bytes));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn files_lie_beside_the_tables_for_whoever_says_why() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", SURVEY, &[])).ok();
    let version = publish(&office, "household");
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一"]);
    let (slip, deed) = (attach(&mut draft, "image/jpeg", JPEG), attach(&mut draft, "application/pdf", PDF));
    let (aside, late) = (
        attach(&mut draft, "image/jpeg", b"\xff\xd8\xff no answer"),
        attach(&mut draft, "image/jpeg", b"\xff\xd8\xff late"),
    );
    phone.receipts(&Phone::freeze(&mut draft));
    for (id, bytes) in [(slip, JPEG), (deed, PDF), (aside, b"\xff\xd8\xff no answer")] {
        phone.upload(id, bytes).ok();
    }
    // One file that two answers name, one whose bytes are not here yet; and one of another visit.
    send(
        &phone,
        &draft,
        &version,
        json!({"slip": slip, "field": [{"deed": deed}, {"deed": slip}, {"deed": late}]}),
    );
    let other = phone.sent(&["二"]);
    send(&phone, &other, &version, json!({"slip": aside}));

    let path = "/api/v1/questionnaires/household/export";
    assert_eq!(media(&office.get(path).bytes), [], "not unless they are asked for");
    let whole = office.get(&format!("{path}?media=true&reason=%E6%A0%B8%E5%AF%B9"));
    let expected = [(format!("{deed}.pdf"), PDF.to_vec()), (format!("{slip}.jpeg"), JPEG.to_vec())];
    assert_eq!(media(&whole.bytes), expected, "as they came, called as in the columns");
    for wrong in ["?media=true", "?media=true&reason=%20", "?media=true&reason=x&format=xlsx"] {
        assert_eq!(office.get(&format!("{path}{wrong}")).problem(), (422, "invalid".to_owned()), "{wrong}");
    }
    let lines = world.with_account("auditor", "auditor").get("/api/v1/audit").ok()["lines"].clone();
    let noted: Vec<_> = lines.as_array().unwrap().iter().filter(|it| it["act"] == "export_media").collect();
    assert_eq!((noted.len(), &noted[0]["reason"]), (1, &json!("核对")));
    assert_eq!(noted[0]["object"], "questionnaire household");
    // It is an opening as others are: who answers for them sees it, and it goes no further than a day's openings.
    let day = server::day::of(world.app.now());
    let looks = world.sign_in("approver").get(&format!("/api/v1/audit/looks?day={day}")).ok();
    assert_eq!(looks["looks"][0]["act"], "export_media", "{looks}");
    for n in 1..=server::looks::A_DAY {
        let seen = phone.sent(&["一句"]);
        let reveal = json!({"reason": "回访"});
        let path = format!("/api/v1/visits/{}/identity", seen.visit.id);
        let status = office.post(&path, &reveal).status;
        assert_eq!(status, if n < server::looks::A_DAY { 200 } else { 429 }, "{n}");
    }
    let again = office.get(&format!("{path}?media=true&reason=x"));
    assert_eq!(again.status, 200, "what was opened today is opened again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_no_attachment_is_flagged_until_it_is_here() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", SURVEY, &[])).ok();
    let version = publish(&office, "household");
    let phone = world.phone("visitor");
    // Of another visit, and no id at all.
    let mut other = phone.draft(&["另一次"]);
    let foreign = attach(&mut other, "image/jpeg", JPEG);
    phone.receipts(&Phone::freeze(&mut other));
    let mut draft = phone.sent(&["一"]);
    let late = attach(&mut draft, "image/jpeg", JPEG);
    let given = json!({"slip": late, "field": [{"deed": foreign}, {"deed": "1700.pdf"}]});
    send(&phone, &draft, &version, given);
    let flag = |path: &str| json!({"path": path, "kind": "no_attachment"});
    let (deed, named) = (flag("/data/field[1]/deed"), flag("/data/field[2]/deed"));
    let shown = answered(&world, &office, &draft).await;
    assert_eq!(shown["flags"], json!([flag("/data/slip"), deed, named]));
    assert_eq!(shown["lines"][0]["attachment"], json!(late), "nothing of it is dropped");
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(answered(&world, &office, &draft).await["flags"], json!([deed, named]));
}
