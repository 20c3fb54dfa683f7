//! Answers to questionnaires: kept as they came, looked at again, shown, handed out, destroyed.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

use calamine::Reader as _;
use clap::Parser;
use domain::{
    answers::{Answers, Evaluated},
    draft::Draft,
    envelope::{FORM_VERSION, Hash, Header, RecordKind, freeze},
    id::RecordId,
    sync::{ParkReason, Receipt, ReceiptState},
};
use serde_json::{Value, json};

use crate::{
    questionnaires::{csv, publish, take},
    world::{Client, NOW, Phone, World, new_id, on_postgres},
};

const SURVEY: &str = "integer,people,家里几口人,,,yes
    text,why,为什么,${people} = 0,,
    calculate,twice,,,${people} * 2,
    select_multiple l,needs,需要什么,,,
    begin_repeat,person,家里人,,,
    text,called,怎么称呼,,,
    end_repeat,,,,,";

const CANARY: &str = "金丝雀答卷";

fn answers(draft: &Draft, version: &str, given: Value) -> Answers {
    Answers {
        visit: draft.id(),
        questionnaire: "household".to_owned(),
        version: version.parse().unwrap(),
        language: String::new(),
        evaluated: Evaluated { at: NOW, offset_minutes: 480, seed: 7, tables: BTreeMap::new() },
        answers: given,
        finished: true,
    }
}

fn envelope(draft: &Draft, record: RecordId, parents: Vec<Hash>, answers: &Answers) -> Vec<u8> {
    let header = Header {
        id: record,
        kind: RecordKind::Answers,
        campaign: draft.campaign,
        unit: draft.unit,
        visit: draft.id(),
        parents,
        form: FORM_VERSION,
        claimed_at: NOW,
    };
    freeze(&header, answers)
}

/// Sends answers for a visit; answers their record and receipt.
pub fn send(phone: &Phone, draft: &Draft, version: &str, given: Value) -> (RecordId, Receipt) {
    let record = RecordId(new_id());
    let bytes = envelope(draft, record, Vec::new(), &answers(draft, version, given));
    (record, phone.receipts(&[bytes]).remove(0))
}

async fn answered(world: &World, client: &Client, draft: &Draft) -> Value {
    server::checking::check_waiting(&world.app).await.unwrap();
    client.get(&format!("/api/v1/visits/{}", draft.id())).ok()["answered"].clone()
}

pub fn published(office: &Client) -> String {
    take(office, &csv("household", SURVEY, &["water", "road"])).ok();
    publish(office, "household")
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_kept_as_they_came_shown_by_their_labels_and_what_does_not_fit_is_flagged() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let version = published(&office);
    let phone = world.phone("visitor");
    let draft = phone.sent(&["一"]);
    let given = json!({
        "people": "3", "twice": "7", "needs": "water road", "person": [{"called": CANARY}, {}], "odd": "x",
    });
    let (record, receipt) = send(&phone, &draft, &version, given.clone());
    assert_eq!(receipt.state, ReceiptState::Stored);
    let mut shown = answered(&world, &office, &draft).await;
    let shown = shown[0].take();
    assert_eq!((&shown["title"], &shown["version"]), (&json!("入户问卷"), &json!(1)));
    let flags =
        json!([{"path": "/data/odd", "kind": "unknown"}, {"path": "/data/twice", "kind": "different"}]);
    assert_eq!((&shown["flags"], &shown["checked"]), (&flags, &json!(true)));
    let lines: Vec<_> =
        shown["lines"].as_array().unwrap().iter().map(|it| (&it["label"], &it["answer"])).collect();
    assert!(lines.contains(&(&json!("需要什么"), &json!("WATER；ROAD"))), "{lines:?}");
    assert!(lines.contains(&(&json!("怎么称呼"), &json!(CANARY))), "{lines:?}");
    let detail = office.get(&format!("/api/v1/visits/{}", draft.id())).ok();
    let revision = detail["revisions"].as_array().unwrap().iter().find(|it| it["kind"] == "answers").unwrap();
    assert_eq!(revision["said"]["answers"]["answers"], given, "as they came");
    assert_eq!(office.get("/api/v1/questionnaires/kept").ok()[0]["flagged_n"], 1);
    // Whoever recorded it sees it, another visitor nothing of it; and the very bytes are here.
    assert_eq!(phone.client.get(&format!("/api/v1/visits/{}", draft.id())).status, 200);
    assert_eq!(world.sign_in("visitor2").get(&format!("/api/v1/visits/{}", draft.id())).status, 404);
    let again = envelope(&draft, record, Vec::new(), &answers(&draft, &version, given));
    assert_eq!(phone.receipts(&[again]).remove(0), receipt);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_came_about_with_other_files_are_flagged() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let form = csv("household", "select_one_from_file places.csv,where,哪个村,,,", &[]);
    take(&office, &form).ok();
    let file = |rows: &str| {
        let path = "/api/v1/questionnaires/household/files/places.csv";
        let headers = [("content-type", "application/octet-stream")];
        office.send("PUT", path, &headers, rows.as_bytes().to_vec()).ok();
        publish(&office, "household")
    };
    let old = file("name,label\nlijiaao,李家坳\n");
    take(&office, &form).ok();
    let new = file("name,label\nlijiaao,李家坳\ndongjie,东街\n");
    assert_ne!(old, new);
    let tables = |version: &str| {
        let content = office.get(&format!("/api/v1/questionnaires/{version}")).text();
        serde_json::from_str::<domain::questionnaire::version::Version>(&content).unwrap().tables()
    };
    let phone = world.phone("visitor");
    let flags = async |used| {
        let draft = phone.sent(&["一"]);
        let mut given = answers(&draft, &new, json!({"where": "lijiaao"}));
        given.evaluated.tables = used;
        phone.receipts(&[envelope(&draft, RecordId(new_id()), Vec::new(), &given)]);
        answered(&world, &office, &draft).await[0]["flags"].clone()
    };
    assert_eq!(flags(tables(&new)).await, json!([]));
    let other = json!([{"path": "places.csv", "kind": "other_table"}]);
    assert_eq!(flags(tables(&old)).await, other, "kept, and flagged");
    assert_eq!(flags(BTreeMap::new()).await, json!([]), "phones of before said nothing of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_a_version_that_is_not_known_wait_for_it() {
    let world = World::start().await;
    let office = world.sign_in("office");
    // The version as another server published it.
    let elsewhere = World::start().await;
    let version = published(&elsewhere.sign_in("office"));
    let phone = world.phone("visitor");
    let draft = phone.sent(&["一"]);
    let (_, receipt) = send(&phone, &draft, &version, json!({"people": "0", "twice": "1"}));
    assert_eq!(receipt.state, ReceiptState::Stored, "kept all the same");
    let shown = answered(&world, &office, &draft).await;
    assert_eq!((&shown[0]["checked"], &shown[0]["version"]), (&json!(false), &Value::Null));
    assert_eq!(published(&office), version, "the same sheets are the same version");
    let shown = answered(&world, &office, &draft).await;
    assert_eq!((&shown[0]["checked"], &shown[0]["version"]), (&json!(true), &json!(1)));
    assert_eq!(shown[0]["flags"], json!([{"path": "/data/twice", "kind": "different"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn amended_answers_stand_and_those_of_another_visit_are_set_aside() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let version = published(&office);
    let phone = world.phone("visitor");
    let (draft, other) = (phone.sent(&["一"]), phone.sent(&["二"]));
    let (record, first) = send(&phone, &draft, &version, json!({"people": "60"}));
    let later = answers(&draft, &version, json!({"people": "6"}));
    phone.receipts(&[envelope(&draft, record, vec![first.hash], &later)]);
    let shown = answered(&world, &office, &draft).await;
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["lines"][0]["answer"], "6");
    let wrong = envelope(&draft, RecordId(new_id()), Vec::new(), &answers(&other, &version, json!({})));
    let state = phone.receipts(&[wrong]).remove(0).state;
    assert_eq!(state, ReceiptState::Parked { reason: ParkReason::Invalid });
    let nothing = Answers { answers: json!("x"), ..answers(&draft, &version, json!({})) };
    let state = phone.receipts(&[envelope(&draft, RecordId(new_id()), Vec::new(), &nothing)]).remove(0).state;
    assert_eq!(state, ReceiptState::Parked { reason: ParkReason::Invalid });
}

fn files(zip: &[u8]) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..zip.len())
        .map(|n| {
            let mut file = zip.by_index(n).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

/// The sheets of a workbook in order, each with its rows as texts; trailing empty cells left out.
fn sheets(book: &[u8]) -> Vec<(String, Vec<Vec<String>>)> {
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(book)).unwrap();
    let names = book.sheet_names();
    let rows = |range: calamine::Range<calamine::Data>| {
        range.rows().map(|it| trimmed(it.iter().map(ToString::to_string).collect())).collect()
    };
    names.into_iter().map(|it| (it.clone(), rows(book.worksheet_range(&it).unwrap()))).collect()
}

/// What a workbook of the same tables as these files must hold: the same texts, without what guards them in a CSV.
fn sheets_of(files: &BTreeMap<String, String>) -> Vec<(String, Vec<Vec<String>>)> {
    ["answers.csv", "1-person.csv", "codebook.csv"]
        .map(|name| {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(files[name].as_bytes());
            let unguarded = |it: &str| it.trim_start_matches(['\'', '\t']).to_owned();
            let rows = reader.records().map(|it| trimmed(it.unwrap().iter().map(unguarded).collect()));
            (name.trim_end_matches(".csv").to_owned(), rows.collect())
        })
        .to_vec()
}

fn trimmed(mut row: Vec<String>) -> Vec<String> {
    while row.last().is_some_and(String::is_empty) {
        row.pop();
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_leave_as_tables_of_all_versions_whose_columns_stay() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let first = published(&office);
    let phone = world.phone("visitor");
    let draft = phone.sent(&["一"]);
    let given = json!({"people": "2", "twice": "4", "needs": "road", "person": [{"called": "=1+1"}]});
    let (record, _) = send(&phone, &draft, &first, given);
    take(&office, &csv("household", "text,note,还有什么,,,\n    integer,people,几口人,,,", &[])).ok();
    let second = publish(&office, "household");
    let (later, _) = send(&phone, &draft, &second, json!({"people": "5", "note": "没有"}));
    let unknown = Hash::of(b"nowhere").to_string();
    let (lost, _) = send(&phone, &draft, &unknown, json!({"people": "9"}));
    let path = "/api/v1/questionnaires/household/export?no_mark=true";
    let all = files(&office.get(path).bytes);
    assert_eq!(all.keys().collect::<Vec<_>>(), ["1-person.csv", "answers.csv", "codebook.csv"]);
    let (visit, unit) = (draft.id(), "人民参与和促进法治股");
    let about = "visit,day,unit,respondent_kind,version,finished,flags,withdrawn";
    let day = "2026-11-23";
    let mut rows = vec![
        format!("{record},{visit},{day},{unit},household,1,1,0,0,2,,4,road,0,1,"),
        format!("{later},{visit},{day},{unit},household,2,1,0,0,5,,,,,,没有"),
        format!("{lost},{visit},{day},{unit},household,{unknown},1,0,0,,,,,,,"),
    ];
    // In the order of their ids, which are of no time here.
    rows.sort();
    rows.insert(0, format!("KEY,{about},people,why,twice,needs,needs/water,needs/road,note"));
    assert_eq!(all["answers.csv"].lines().collect::<Vec<_>>(), rows);
    assert_eq!(
        all["1-person.csv"],
        format!("KEY,PARENT_KEY,called\r\n{record}/person[1],{record},\"'=1+1\"\r\n"),
        "a formula is guarded"
    );
    assert!(all["codebook.csv"].contains("water = WATER"));
    let labelled = files(&office.get(&format!("{path}&labels=true&several=joined")).bytes);
    let header = labelled["answers.csv"].lines().next().unwrap();
    assert!(header.ends_with("几口人,为什么,twice,需要什么,还有什么"), "{header}");
    let book = office.get(&format!("{path}&format=xlsx")).bytes;
    assert_eq!(sheets(&book), sheets_of(&all));
    assert_eq!(office.get("/api/v1/questionnaires/nothing/export").status, 404);
    let out = world.folder().join("answers.zip");
    let data = world.folder();
    let mut line = vec!["zoufang", "export", "--questionnaire", "household", "--no-mark"];
    line.extend(["--data", data.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let address = world.database.address();
    line.extend(address.iter().flat_map(|it| ["--database", it.as_str()]));
    server::cli::run(server::cli::Cli::parse_from(line), world.app.clock.clone()).await.unwrap();
    assert_eq!(files(&std::fs::read(out).unwrap()), all, "the command writes the same");
    let acts = world.with_account("auditor", "auditor").get("/api/v1/audit").text();
    assert!(acts.contains("questionnaire household") && acts.contains("\"export\""), "it is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_rest_sealed_and_go_with_the_words_of_their_visit() {
    let world = World::start().await;
    let (office, approver) = (world.sign_in("office"), world.sign_in("approver"));
    let version = published(&office);
    let phone = world.phone("visitor");
    let draft = phone.sent(&["一"]);
    send(&phone, &draft, &version, json!({"people": "0", "why": CANARY}));
    assert!(answered(&world, &office, &draft).await.to_string().contains(CANARY));
    if !on_postgres() {
        for entry in std::fs::read_dir(world.folder()).unwrap().flatten().filter(|it| it.path().is_file()) {
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = bytes.windows(CANARY.len()).any(|it| it == CANARY.as_bytes());
            assert!(!found, "{:?} has it in the clear", entry.path());
        }
    }
    let reason = "%E6%9C%AC%E4%BA%BA%E8%A6%81%E5%A4%8D%E5%88%B6%E4%BB%B6";
    let copy = office.get(&format!("/api/v1/persons/copy?visits={}&reason={reason}", draft.id()));
    assert!(files(&copy.bytes)["person.json"].contains(CANARY), "it is handed out to whom it is of");
    let new = json!({"chosen": {"visits": [draft.id()], "reason": "本人申请删除"}, "words": true});
    let proposed = office.post("/api/v1/persons/erasures", &new).ok();
    let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
    approver.post(&path, &json!({"do": "approve"})).ok();
    assert_eq!(answered(&world, &office, &draft).await, json!([]));
    let all = files(&office.get("/api/v1/questionnaires/household/export").bytes);
    assert_eq!(all["answers.csv"].lines().count(), 1, "the header is left");
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}
