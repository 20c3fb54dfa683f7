//! Records in: once, byte for byte, whatever happens on the way.

use domain::{
    envelope::{Hash, RecordKind},
    id::UnitId,
    sync::{ParkReason, ReceiptState, RefuseReason},
    visit::Entered,
};
use serde_json::json;

use crate::world::{Client, Phone, World, at_once, new_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_stored_once_however_often_it_is_sent() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["办事跑了三趟", "窗口态度很好"]);
    let envelopes = Phone::freeze(&mut draft);
    let first = phone.receipts(&envelopes);
    assert!(first.iter().all(|it| it.state == ReceiptState::Stored), "{first:?}");
    for (receipt, envelope) in first.iter().zip(&envelopes) {
        assert_eq!(receipt.hash, Hash::of(envelope));
    }
    // An answer lost on the way: the very same receipts again.
    assert_eq!(phone.receipts(&envelopes), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_sends_nothing_under_a_colleagues_name() {
    let world = World::start().await;
    let (office, visitor) = (world.sign_in("office"), world.sign_in("visitor"));
    let of =
        |client: &Client| client.get("/api/v1/session").ok()["account"]["id"].as_str().unwrap().to_owned();
    let (own, other) = (of(&visitor), of(&office));
    let push = json!({"envelopes": []}).to_string().into_bytes();
    let push_for = |account: &str| {
        let headers = [("content-type", "application/json"), ("x-zoufang-account", account)];
        visitor.send("POST", "/api/v1/records/batch", &headers, push.clone())
    };
    push_for(&own).ok();
    assert_eq!(push_for(&other).problem(), (401, "signed_out".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_enters_slips_for_any_unit_there_is_and_a_section_for_its_own() {
    let world = World::start().await;
    let entered_for = |login: &str, unit: UnitId| {
        let phone = world.phone(login);
        let mut draft = phone.draft(&["意见箱里的一张纸"]);
        draft.unit = unit;
        draft.visit.value.entered = Entered::AtDesk;
        phone.receipts(&Phone::freeze(&mut draft)).last().unwrap().state
    };
    let not_theirs = ReceiptState::Parked { reason: ParkReason::NotYourUnit };
    assert_eq!(entered_for("office", world.units[1]), ReceiptState::Stored);
    assert_eq!(entered_for("office", UnitId(new_id())), not_theirs);
    assert_eq!(entered_for("section", world.units[0]), ReceiptState::Stored);
    assert_eq!(entered_for("section", world.units[1]), not_theirs);
    let visits = world.sign_in("office").get("/api/v1/visits?counted=true").ok();
    let mut units: Vec<&str> =
        visits["visits"].as_array().unwrap().iter().map(|it| it["unit_name"].as_str().unwrap()).collect();
    units.sort_unstable();
    assert_eq!(units, ["人民参与和促进法治股", "公共法律服务股"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_equal_pushes_at_once_keep_one_record() {
    let world = World::start().await;
    let mut draft = world.phone("visitor").draft(&["排队两小时"]);
    let envelopes = Phone::freeze(&mut draft);
    let phone = world.phone("visitor");
    let answers = at_once(5, || phone.receipts(&envelopes));
    assert!(answers.iter().all(|it| *it == answers[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_incomplete_until_everything_it_names_is_here() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一", "二"]);
    let envelopes = Phone::freeze(&mut draft);
    let (visit, rest) = envelopes.split_last().unwrap();
    assert_eq!(phone.receipts(std::slice::from_ref(visit))[0].state, ReceiptState::Incomplete);
    phone.receipts(rest);
    assert_eq!(phone.receipts(std::slice::from_ref(visit))[0].state, ReceiptState::Stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_does_not_hold_up_the_one_after_it() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut envelopes = Phone::freeze(&mut phone.draft(&["一"]));
    envelopes.insert(0, b"no envelope".to_vec());
    let receipts = phone.receipts(&envelopes);
    assert_eq!(receipts[0].state, ReceiptState::Refused { reason: RefuseReason::NotAnEnvelope });
    assert!(receipts[1..].iter().all(|it| it.state == ReceiptState::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_never_change_after_the_first_sending() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.sent(&["村支书的亲戚评上了"]);
    draft.statements[0].value.words = "没有意见".to_owned();
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(receipts[0].state, ReceiptState::Parked { reason: ParkReason::WordsChanged });
    let csv = world.sign_in("office").get("/api/v1/export/statements.csv").text();
    assert!(csv.contains("村支书的亲戚评上了") && !csv.contains("没有意见"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_into_the_visit_of_another() {
    let world = World::start().await;
    let mut draft = world.phone("visitor").sent(&["一"]);
    draft.visit.value.place = "别处".to_owned();
    let other = world.phone("visitor2");
    let receipts = other.receipts(&Phone::freeze(&mut draft));
    assert_eq!(receipts[0].state, ReceiptState::Parked { reason: ParkReason::NotYourUnit });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_in_1970_or_2099_costs_nothing() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    for at in [0, 4_070_908_800_000] {
        let mut draft = phone.draft(&["时间不对"]);
        draft.visit.value.started_at = at;
        let frozen: Vec<_> = draft.freeze(at).into_iter().map(|it| it.envelope).collect();
        assert!(phone.receipts(&frozen).iter().all(|it| it.state == ReceiptState::Stored));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_the_server() {
    let world = World::start().await;
    let mut draft = world.phone("visitor").draft(&["停电以前说的"]);
    let envelopes = Phone::freeze(&mut draft);
    let receipts = world.phone("visitor").receipts(&envelopes);
    let world = world.restart().await;
    assert_eq!(world.phone("visitor").receipts(&envelopes), receipts);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_clear_problems() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let json_type = [("content-type", "application/json")];
    let send = |body: &str| {
        phone.client.send("POST", "/api/v1/records/batch", &json_type, body.as_bytes().to_vec()).problem()
    };
    assert_eq!(send("{"), (400, "malformed".to_owned()));
    assert_eq!(send(r#"{"envelopes":[],"more":1}"#), (400, "malformed".to_owned()));
    assert_eq!(send(&json!({"envelopes": vec![""; 101]}).to_string()), (413, "too_large".to_owned()));
    let wrong_type = phone.client.send("POST", "/api/v1/records/batch", &[], b"{}".to_vec());
    assert_eq!(wrong_type.problem(), (415, "unsupported_media".to_owned()));
    assert_eq!(phone.client.get("/api/v1/nothing").problem(), (404, "not_found".to_owned()));
    let stranger = crate::world::Client::new(&world.url);
    assert_eq!(stranger.post("/api/v1/records/batch", &json!({"envelopes": []})).problem().0, 401);
    let leader = world.sign_in("leader");
    assert_eq!(leader.post("/api/v1/records/batch", &json!({"envelopes": []})).problem().0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_acknowledges_nothing_and_is_forgotten_once_there_is_room() {
    let world = World::start_on_sqlite().await;
    let phone = world.phone("visitor");
    let words = "长".repeat(15_000);
    let mut draft = phone.draft(&[&*words; 10]);
    let envelopes = Phone::freeze(&mut draft);
    world.on_the_writer("pragma max_page_count = 1").await;
    assert_eq!(phone.push(&envelopes).problem(), (507, "disk_full".to_owned()));
    assert!(!world.sign_in("office").get("/api/v1/export/statements.csv").text().contains(&words));
    world.on_the_writer("pragma max_page_count = 1000000").await;
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
    assert!(phone.receipts(&Phone::freeze(&mut phone.draft(&["以后"]))).iter().all(|it| it.sequence > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_guard_for_free_room_nothing_is_taken() {
    let world = World::start().await;
    let mut app = world.app.clone();
    app.room_min = u64::MAX;
    assert_eq!(app.check_room().unwrap_err().code(), domain::problem::Code::DiskFull);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_goes_on_when_nothing_can_be_written() {
    let world = World::start_on_sqlite().await;
    let phone = world.phone("visitor");
    world.on_the_writer("pragma query_only = on").await;
    world.later(10 * 60 * 1_000);
    phone.client.get("/api/v1/session").ok();
    phone.client.get("/api/v1/changes").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_have_this_shape() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一"]);
    let mut envelopes = Phone::freeze(&mut draft);
    envelopes.push(b"no envelope".to_vec());
    draft.statements[0].value.words = "二".to_owned();
    envelopes.push(Phone::freeze(&mut draft).remove(0));
    let mut answer = phone.push(&envelopes).ok();
    assert!(answer["mark"].take().is_string());
    answer["signature"] = json!(answer["signature"].as_str().map(str::len));
    for receipt in answer["receipts"].as_array_mut().unwrap() {
        // Ids, hashes and the epoch are others each time.
        for name in ["record", "hash", "epoch"] {
            let value = receipt[name].as_str().map(str::len);
            receipt[name] = json!(value.map(|it| format!("{it} characters")));
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_read_out_before_the_identity_that_arrived_with_it() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["先说的"]);
    let mut envelopes = Phone::freeze(&mut draft);
    // The visit first; then two revisions of one statement, which are read out one after the other.
    envelopes.sort_by_key(|it| {
        let kind = domain::envelope::open(it).unwrap().header.kind;
        [RecordKind::Visit, RecordKind::Statement, RecordKind::Identity].iter().position(|it| *it == kind)
    });
    draft.statements[0].value.summary = "补充".to_owned();
    let again = Phone::freeze(&mut draft);
    envelopes.splice(2..2, again);
    phone.push(&envelopes).ok();
    let office = world.sign_in("office");
    assert_eq!(office.get("/api/v1/visits").ok()["visits"][0]["complete"], true);
    let id = draft.id();
    let revealed = office.post(&format!("/api/v1/visits/{id}/identity"), &json!({"reason": "回访"})).ok();
    assert_eq!(revealed["identity"]["name"], "李桂兰");
}
