//! One person's data: found, handed out, destroyed once a second person signed it off.

use std::io::{Cursor, Read};

use clap::Parser;
use domain::{draft::Draft, envelope::Hash, id::RecordId, sync::ReceiptState};
use serde_json::{Value, json};
use server::{blobs::path_of, cli::Cli};

use crate::{
    answers,
    uploads::with_voice,
    world::{Phone, World},
};

const NAME: &str = "金丝雀李桂兰";
const TELEPHONE: &str = "13912345678";
const CALL_BACK: &str = "打堂弟电话13787654321";
const VOICE: &[u8] = b"RIFF\x24\x00\x00\x00WAVEfmt a canary that speaks";
const WORDS: &str = "听录音";

/// A named visit with a recording.
fn visited(phone: &Phone, name: &str, telephone: &str, voice: &[u8]) -> (Draft, RecordId) {
    let (mut draft, id) = with_voice(phone, voice);
    CALL_BACK.clone_into(&mut draft.visit.value.call_back.how);
    let identity = &mut draft.identity.as_mut().unwrap().value;
    name.clone_into(&mut identity.name);
    telephone.clone_into(&mut identity.telephone);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(id, voice).ok();
    (draft, id)
}

/// A household on the list, a visit to them, and one to somebody else; answers the ids of the household and of the first visit.
fn filled(world: &World) -> (Value, RecordId, RecordId) {
    let office = world.sign_in("office");
    let form = json!({"kind": "household", "name": NAME, "place": "李家坳村", "telephone": TELEPHONE});
    office.post("/api/v1/respondents", &form).ok();
    let phone = world.phone("visitor");
    let (draft, voice) = visited(&phone, NAME, TELEPHONE, VOICE);
    visited(&phone, "另一位陈秀英", "13800138000", b"somebody else");
    let found = find(world, "桂兰");
    (found["respondents"][0]["id"].clone(), draft.id(), voice)
}

fn find(world: &World, text: &str) -> Value {
    let asked = json!({"text": text, "reason": "本人申请查阅"});
    world.sign_in("office").post("/api/v1/persons/search", &asked).ok()
}

fn files(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..zip.len())
        .map(|n| {
            let mut file = zip.by_index(n).unwrap();
            let (name, mut bytes) = (file.name().unwrap().into_owned(), Vec::new());
            file.read_to_end(&mut bytes).unwrap();
            (name, bytes)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_gets_everything_of_theirs_and_nothing_of_others() {
    let world = World::start().await;
    let (household, visit, voice) = filled(&world);
    // By any of what leads to a person, whatever its case; not by what somebody said.
    for (text, n) in [("桂兰", 1), (TELEPHONE, 1), ("13787654321", 2), ("陈秀英", 1), (WORDS, 0)] {
        assert_eq!(find(&world, text)["visits"].as_array().unwrap().len(), n, "{text}");
    }
    let office = world.sign_in("office");
    let short = json!({"text": "桂", "reason": "本人申请查阅"});
    assert_eq!(office.post("/api/v1/persons/search", &short).problem(), (422, "invalid".to_owned()));
    let no_reason = json!({"text": "桂兰", "reason": " "});
    assert_eq!(office.post("/api/v1/persons/search", &no_reason).problem(), (422, "invalid".to_owned()));

    let looked = json!({"reason": "回访核实"});
    office.post(&format!("/api/v1/visits/{visit}/identity"), &looked).ok();
    let (household, reason) =
        (household.as_str().unwrap(), "%E6%9C%AC%E4%BA%BA%E8%A6%81%E5%A4%8D%E5%88%B6%E4%BB%B6");
    let chosen = format!("respondents={household}&visits={visit}&reason={reason}");
    let answer = office.get(&format!("/api/v1/persons/copy?{chosen}"));
    assert_eq!((answer.status, &answer.headers["content-type"]), (200, &"application/zip".parse().unwrap()));
    let files = files(&answer.bytes);
    assert_eq!(files.len(), 2, "{:?}", files.iter().map(|it| &it.0).collect::<Vec<_>>());
    let all = String::from_utf8(files[0].1.clone()).unwrap();
    for part in [NAME, TELEPHONE, CALL_BACK, WORDS, "李家坳村", "read_identity"] {
        assert!(all.contains(part), "{part}");
    }
    assert!(!all.contains("陈秀英") && !all.contains("回访核实"), "reasons may name others");
    assert_eq!((&*files[1].0, &files[1].1[..]), (&*format!("attachments/{voice}.wav"), VOICE));

    let lines = world.with_account("auditor", "auditor").get("/api/v1/audit").ok()["lines"].clone();
    let copied = lines.as_array().unwrap().iter().filter(|it| it["act"] == "copy_person");
    assert!(copied.clone().all(|it| it["reason"] == "本人要复制件"));
    assert_eq!(copied.count(), 2, "the household and the visit");
    for wrong in ["reason=x", "visits=x&reason=x", &*format!("visits={visit}")] {
        let answer = office.get(&format!("/api/v1/persons/copy?{wrong}"));
        assert_eq!(answer.problem(), (422, "invalid".to_owned()), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_destroy_who_it_was_and_the_words_stay() {
    let world = World::start().await;
    let (household, visit, voice) = filled(&world);
    let (office, approver) = (world.sign_in("office"), world.sign_in("approver"));
    let new = json!({"chosen": {"respondents": [household], "visits": [visit], "reason": "本人申请删除"}});
    let proposed = office.post("/api/v1/persons/erasures", &new).ok();
    assert_eq!((&proposed["state"], &proposed["own"]), (&json!("proposed"), &json!(true)));
    let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
    assert_eq!(office.post(&path, &json!({"do": "approve"})).status, 403);
    assert_eq!(find(&world, "桂兰")["visits"].as_array().unwrap().len(), 1, "nothing is gone yet");

    let done = approver.post(&path, &json!({"do": "approve"})).ok();
    assert_eq!(
        (&done["state"], &done["visits_n"], &done["words"]),
        (&json!("approved"), &json!(1), &json!(false))
    );
    assert!(done["backups_until"].is_null(), "there are no scheduled ones");
    assert_eq!(approver.post(&path, &json!({"do": "approve"})).problem(), (409, "conflict".to_owned()));
    for text in ["桂兰", TELEPHONE] {
        let found = find(&world, text);
        assert_eq!((&found["respondents"], &found["visits"]), (&json!([]), &json!([])), "{text}");
    }
    assert_eq!(find(&world, "陈秀英")["visits"].as_array().unwrap().len(), 1, "others stay");
    assert!(!path_of(&world.folder(), Hash::of(VOICE)).exists());
    assert_eq!(world.phone("visitor").client.get(&format!("/api/v1/attachments/{voice}")).status, 404);
    let left = office.get(&format!("/api/v1/visits/{visit}")).ok();
    assert!(left["revisions"].to_string().contains(WORDS) && left["names_destroyed_at"].is_i64());
    assert!(left["words_destroyed_at"].is_null());
    assert_eq!(office.get("/api/v1/respondents").ok()["total_n"], 0);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
    // The same household may be put on the list anew, and is another one.
    let form = json!({"kind": "household", "name": NAME, "place": "李家坳村", "telephone": TELEPHONE});
    office.post("/api/v1/respondents", &form).ok();
    assert_ne!(find(&world, "桂兰")["respondents"][0]["id"], household);
    assert_eq!(office.get("/api/v1/persons/erasures").ok()[0]["reason"], "本人申请删除", "a stub stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_go_too_when_it_is_said_and_what_is_returned_stays() {
    let world = World::start().await;
    let (_, visit, _) = filled(&world);
    let (office, approver) = (world.sign_in("office"), world.sign_in("approver"));
    let new = json!({"chosen": {"visits": [visit], "reason": "本人申请删除"}, "words": true});
    let decide = |body: &Value| {
        let proposed = office.post("/api/v1/persons/erasures", &new).ok();
        let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
        approver.post(&path, body)
    };
    assert_eq!(decide(&json!({"do": "return", "reason": " "})).problem(), (422, "invalid".to_owned()));
    assert_eq!(decide(&json!({"do": "return", "reason": "还没有核实身份"})).ok()["state"], "returned");
    assert_eq!(find(&world, "桂兰")["visits"].as_array().unwrap().len(), 1);
    decide(&json!({"do": "approve"})).ok();
    let left = office.get(&format!("/api/v1/visits/{visit}")).ok();
    assert!(!left["revisions"].to_string().contains(WORDS) && left["words_destroyed_at"].is_i64());
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
    let unknown = json!({"chosen": {"visits": [crate::world::new_id()], "reason": "x"}});
    assert_eq!(office.post("/api/v1/persons/erasures", &unknown).problem(), (422, "invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_is_found_handed_out_and_destroyed_too() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let (mut draft, _) = with_voice(&phone, VOICE);
    // Of a unit that is not this person's: all of it is set aside.
    draft.unit = domain::id::UnitId(crate::world::new_id());
    NAME.clone_into(&mut draft.identity.as_mut().unwrap().value.name);
    CALL_BACK.clone_into(&mut draft.visit.value.call_back.how);
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert!(receipts.iter().all(|it| matches!(it.state, ReceiptState::Parked { .. })));
    let visit = draft.id();
    for (text, n) in [("桂兰", 1), ("13787654321", 1), (WORDS, 0)] {
        assert_eq!(find(&world, text)["visits"].as_array().unwrap().len(), n, "{text}");
    }
    let found = &find(&world, "桂兰")["visits"][0];
    assert_eq!(
        (&found["id"], &found["name"], &found["set_aside"]),
        (&json!(visit), &json!(NAME), &json!(true))
    );

    let (office, approver) = (world.sign_in("office"), world.sign_in("approver"));
    let copy = office.get(&format!("/api/v1/persons/copy?visits={visit}&reason=x"));
    let all = String::from_utf8(files(&copy.bytes)[0].1.clone()).unwrap();
    assert!([NAME, CALL_BACK, WORDS].iter().all(|it| all.contains(it)), "{all}");

    let new = json!({"chosen": {"visits": [visit], "reason": "本人申请删除"}, "words": true});
    let proposed = office.post("/api/v1/persons/erasures", &new).ok();
    let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
    approver.post(&path, &json!({"do": "approve"})).ok();
    assert_eq!(find(&world, "桂兰")["visits"], json!([]));
    let parked = office.get("/api/v1/parked").text();
    assert!(!parked.contains("桂兰") && !parked.contains(WORDS), "{parked}");
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}

/// `zoufang person`, beside the running server.
async fn person(world: &World, words: &[&str]) -> anyhow::Result<()> {
    let (folder, address) = (world.folder(), world.database.address().unwrap_or_default());
    let words = ["zoufang", "person"].iter().chain(words).chain(&["--data"]).map(std::ffi::OsStr::new);
    let cli = Cli::parse_from(words.chain([folder.as_os_str(), "--database".as_ref(), address.as_ref()]));
    server::cli::run(cli, world.app.clock.clone()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_hands_out_the_same_and_overwrites_nothing() {
    let world = World::start().await;
    let (_, visit, _) = filled(&world);
    let (folder, visit) = (tempfile::TempDir::new().unwrap(), visit.to_string());
    let file = folder.path().join("person.zip");
    let out = file.to_str().unwrap();
    person(&world, &["find", "桂兰", "--reason", "本人申请查阅"]).await.unwrap();
    person(&world, &["find", "桂兰", "--reason", " "]).await.unwrap_err();
    person(&world, &["copy", "--reason", "x", "--out", out]).await.unwrap_err();
    assert!(!file.exists());
    let copy = ["copy", "--visit", &visit, "--reason", "本人要复制件", "--out", out];
    person(&world, &copy).await.unwrap();
    let written = std::fs::read(&file).unwrap();
    let kept = files(&written);
    assert!(String::from_utf8_lossy(&kept[0].1).contains(NAME));
    assert_eq!(kept[1].1, VOICE);
    person(&world, &copy).await.unwrap_err();
    assert_eq!(std::fs::read(&file).unwrap(), written);
    let lines = world.with_account("auditor", "auditor").get("/api/v1/audit").ok()["lines"].to_string();
    assert!(lines.contains("copy_person") && lines.contains("find_person"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_say_of_a_person_is_found_handed_out_and_goes_with_the_words() {
    let world = World::start().await;
    let (office, approver) = (world.sign_in("office"), world.sign_in("approver"));
    let version = answers::published(&office);
    let phone = world.phone("visitor");
    let (draft, other) = (phone.sent(&["一"]), phone.sent(&["二"]));
    let given = json!({"people": "2", "needs": "water", "person": [{"called": NAME}, {"called": TELEPHONE}]});
    answers::send(&phone, &draft, &version, given);
    answers::send(&phone, &other, &version, json!({"people": "3", "person": [{"called": "另一位"}]}));
    let visit = draft.id();
    for text in ["桂兰在", "金丝雀李", TELEPHONE] {
        let found = find(&world, text)["visits"].clone();
        let expected = usize::from(text != "桂兰在");
        assert_eq!(found.as_array().unwrap().len(), expected, "{text}");
    }
    let found = &find(&world, "金丝雀李")["visits"][0];
    assert_eq!((&found["id"], &found["in_answers"]), (&json!(visit), &json!(true)));
    // By what was answered, not by what names the questionnaire or its version.
    for text in ["household", &version[..20]] {
        assert_eq!(find(&world, text)["visits"], json!([]), "{text}");
    }
    let copy = office.get(&format!("/api/v1/persons/copy?visits={visit}&reason=x"));
    let all: Value = serde_json::from_slice(&files(&copy.bytes)[0].1).unwrap();
    let lines = all["visits"][0]["answered"][0]["lines"].as_array().unwrap();
    let told: Vec<_> = lines.iter().map(|it| (&it["label"], &it["answer"])).collect();
    assert!(told.contains(&(&json!("怎么称呼"), &json!(NAME))), "{told:?}");
    assert!(told.contains(&(&json!("需要什么"), &json!("WATER"))), "in words: {told:?}");

    let erase = |words: bool| {
        let chosen = json!({"visits": [visit], "reason": "本人申请删除"});
        let proposed =
            office.post("/api/v1/persons/erasures", &json!({"chosen": chosen, "words": words})).ok();
        let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
        approver.post(&path, &json!({"do": "approve"})).ok();
    };
    erase(false);
    assert_eq!(find(&world, TELEPHONE)["visits"][0]["in_answers"], json!(true), "names alone are not enough");
    erase(true);
    assert_eq!(find(&world, TELEPHONE)["visits"], json!([]));
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}
