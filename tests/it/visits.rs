//! Visits as the office reads them.

use domain::visit::{CallBack, Position};
use serde_json::json;

use crate::world::{Phone, World};

#[tokio::test(flavor = "multi_thread")]
async fn one_visit_shows_all_its_revisions_and_no_name() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.sent(&["办事跑了三趟"]);
    draft.statements[0].value.summary = "跑多趟".to_owned();
    phone.receipts(&Phone::freeze(&mut draft));
    draft.statements[0].value.words = "另一句话".to_owned();
    phone.receipts(&Phone::freeze(&mut draft));
    let office = world.sign_in("office");
    let table = office.get("/api/v1/visits").ok();
    assert_eq!((table["total_n"].as_u64(), table["visits"][0]["statements_n"].as_u64()), (Some(1), Some(1)));
    let path = format!("/api/v1/visits/{}", draft.id());
    let answer = office.get(&path);
    assert!(!answer.text().contains("李桂兰"));
    let of_statement: Vec<_> = answer.ok()["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["kind"] == "statement")
        .cloned()
        .collect();
    assert_eq!(of_statement.len(), 3);
    assert_eq!(of_statement[2]["parked"], "words_changed");
    assert_eq!(of_statement[2]["said"]["statement"]["words"], "另一句话");

    let decided = json!([{"statement": draft.statements[0].id, "state": "waiting", "kind": "problem"}]);
    assert_eq!(office.get(&path).ok()["decided"], decided);

    // Who it was: with a reason, on record, and not for everyone.
    assert_eq!(office.post(&format!("{path}/identity"), &json!({"reason": " "})).problem().0, 422);
    let revealed = office.post(&format!("{path}/identity"), &json!({"reason": "回访"})).ok();
    assert_eq!(revealed["identity"]["name"], "李桂兰");
    assert_eq!(
        world.sign_in("section").post(&format!("{path}/identity"), &json!({"reason": "x"})).status,
        403
    );
    assert_eq!(world.sign_in("section").get(&path).status, 200);
    assert_eq!(world.sign_in("visitor2").get(&path).status, 404);
    assert_eq!(world.sign_in("branch").get("/api/v1/visits").status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_visit_stays_on_record_and_counts_no_more() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.sent(&["记错了"]);
    draft.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut draft));
    let office = world.sign_in("office");
    assert_eq!(office.get("/api/v1/visits?odd_only=true").ok()["visits"][0]["withdrawn"], true);
    assert_eq!(office.get("/api/v1/queue").ok()["lines"], json!([]));
    assert!(!office.get("/api/v1/export/statements.csv").text().contains("记错了"));
    assert!(office.get("/api/v1/export/visits.csv").text().contains("走错了门"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_is_seen_and_comes_in_when_it_may() {
    let world = World::start().await;
    let mut phone = world.phone("visitor");
    let mut draft = phone.sent(&["原话"]);
    draft.statements[0].value.words = "另一句话".to_owned();
    phone.receipts(&Phone::freeze(&mut draft));
    phone.unit = world.units[1];
    let astray = phone.sent(&["记在了别的股室"]);
    let office = world.sign_in("office");
    let answer = office.get("/api/v1/parked");
    assert!(!answer.text().contains("李桂兰"));
    let page = answer.ok();
    assert_eq!(page["total_n"], 4);
    let reasons: Vec<_> =
        page["parked"].as_array().unwrap().iter().map(|it| &it["revision"]["parked"]).collect();
    assert_eq!(reasons, ["not_your_unit", "not_your_unit", "not_your_unit", "words_changed"]);
    assert_eq!(
        (&page["parked"][3]["visit_known"], &page["parked"][0]["visit_known"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(office.get("/api/v1/visits").ok()["total_n"], 1);
    for login in ["visitor", "section", "branch", "leader"] {
        assert_eq!(world.sign_in(login).get("/api/v1/parked").status, 403, "{login}");
    }
    assert_eq!(world.sign_in("approver").post("/api/v1/parked/judging", &json!(null)).status, 403);

    // Nothing has changed: nothing comes in.
    let judged = office.post("/api/v1/parked/judging", &json!(null)).ok();
    assert_eq!(judged, json!({"taken_n": 0, "parked_n": 4}));
    let form = json!({"name": "王小明", "role": "visitor", "unit": world.units[1]});
    world.sign_in("sysadmin").put(&format!("/api/v1/accounts/{}", phone.account), &form).ok();
    let judged = office.post("/api/v1/parked/judging", &json!(null)).ok();
    assert_eq!(judged, json!({"taken_n": 3, "parked_n": 1}));
    let detail = office.get(&format!("/api/v1/visits/{}", astray.id())).ok();
    assert_eq!((&detail["line"]["complete"], &detail["named"]), (&json!(true), &json!(true)));
    let words: Vec<String> = office
        .get("/api/v1/export/statements.csv?machine_names=true")
        .text()
        .lines()
        .filter(|it| it.contains("另一句话"))
        .map(str::to_owned)
        .collect();
    assert_eq!(words, Vec::<String>::new(), "changed words came in");
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_leave_only_by_right_and_with_a_reason() {
    let world = World::start().await;
    world.phone("visitor").sent(&["一"]);
    let office = world.sign_in("office");
    assert!(!office.get("/api/v1/export/visits.csv").text().contains("李桂兰"));
    assert_eq!(office.get("/api/v1/export/visits.csv?identities=true").problem().0, 422);
    let with = office.get("/api/v1/export/visits.csv?identities=true&reason=%E5%9B%9E%E8%AE%BF");
    assert!(with.text().contains("李桂兰"));
    assert!(with.bytes.starts_with(b"\xef\xbb\xbf") && with.text().contains("\r\n"));
    assert!(!office.get("/api/v1/export/visits.csv?no_mark=true").bytes.starts_with(b"\xef\xbb\xbf"));
    assert_eq!(
        world.sign_in("approver").get("/api/v1/export/visits.csv?identities=true&reason=x").status,
        403
    );
    assert_eq!(office.get("/api/v1/export/nothing.csv").status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_and_a_position_leave_only_with_a_reason() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["办事跑了三趟"]);
    draft.visit.value.call_back = CallBack { wanted: true, how: "13900001111".to_owned() };
    draft.visit.value.position = Some(Position { latitude: 27.123, longitude: 110.5, accuracy_m: 8.0 });
    phone.receipts(&Phone::freeze(&mut draft));
    let mut astray = phone.draft(&["记在了别的股室"]);
    astray.unit = world.units[1];
    astray.visit.value.call_back = CallBack { wanted: true, how: "13900002222".to_owned() };
    phone.receipts(&Phone::freeze(&mut astray));
    let path = format!("/api/v1/visits/{}", draft.id());
    for login in ["office", "section", "approver"] {
        let answer = world.sign_in(login).get(&path);
        assert!(!answer.text().contains("13900001111") && !answer.text().contains("27.123"), "{login}");
        let detail = answer.ok();
        let visit = detail["revisions"].as_array().unwrap().iter().find(|it| it["kind"] == "visit").unwrap();
        assert_eq!(visit["said"]["visit"]["call_back"]["wanted"], true, "{login}");
        assert_eq!(detail["reachable"], true, "{login}");
    }
    let office = world.sign_in("office");
    let parked = office.get("/api/v1/parked");
    assert_eq!(parked.ok()["total_n"], 3);
    assert!(!parked.text().contains("13900002222"));
    let revealed = office.post(&format!("{path}/identity"), &json!({"reason": "回访"})).ok();
    assert_eq!(
        (&revealed["call_back_how"], &revealed["position"]["latitude"]),
        (&json!("13900001111"), &json!(27.123))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_shows_the_notice_that_was_told() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let before = office.get("/api/v1/campaign").ok();
    let mut draft = phone.draft(&["一"]);
    before["notice_version"].as_str().unwrap().clone_into(&mut draft.visit.value.consent.told);
    phone.receipts(&Phone::freeze(&mut draft));
    let mut versions = vec![before["notice_version"].clone()];
    for notice in ["第二版的告知内容", "第三版的告知内容"] {
        let mut was = office.get("/api/v1/campaign").ok();
        for id in ["id", "notice_version"] {
            was.as_object_mut().unwrap().remove(id);
        }
        let mut now = was.clone();
        now["notice"] = json!(notice);
        now["was"] = was;
        versions.push(office.put("/api/v1/campaign", &now).ok()["notice_version"].clone());
    }
    // Three of one day are three.
    assert_eq!(versions, ["2026-11-23", "2026-11-23-2", "2026-11-23-3"].map(|it| json!(it)));
    let path = format!("/api/v1/visits/{}", draft.id());
    assert_eq!(office.get(&path).ok()["notice"], before["notice"]);
    "没有这一版".clone_into(&mut draft.visit.value.consent.told);
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(office.get(&path).ok().get("notice"), None);
}
