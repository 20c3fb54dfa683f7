//! Accepting suggestions together, and taking that back at once.

use serde_json::{Value, json};

use crate::world::{Client, Phone, World};

/// Plain matters about which the machine is sure, one that asks for attention, and one of which nobody can be sure.
const PLAIN: [&str; 3] = [
    "养老金三个月没发到卡上，不知道找谁",
    "申请交上去半年了一点音信都没有，打电话就说还在走流程",
    "材料跑了五趟，每次都说还差一样，一次也不讲清楚",
];
const GRAVE: &str = "低保评的时候没有公开，村支书的亲戚评上了，我家老人瘫在床上反倒没有";
const VAGUE: &str = "那件事你们看着办吧";

async fn waiting() -> (World, Client, Phone) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    for words in PLAIN.iter().chain([&GRAVE, &VAGUE]) {
        phone.sent(&[words]);
    }
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    (world, office, phone)
}

fn offer(office: &Client, query: &str) -> Value {
    office.get(&format!("/api/v1/queue/batches?level=0.5{query}")).ok()
}

fn accept(office: &Client, statements: &Value) -> Value {
    office.post("/api/v1/queue/batches", &json!({"level": 0.5, "statements": statements})).ok()
}

fn states(office: &Client) -> Vec<String> {
    let page = office.get("/api/v1/queue").ok();
    page["lines"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sure_is_accepted_together_and_taken_back_at_once() {
    let (world, office, _) = waiting().await;
    let offered = offer(&office, "");
    let statements = &offered["statements"];
    let n = statements.as_array().unwrap().len();
    assert!((1..=PLAIN.len()).contains(&n), "{offered}");
    let counted: u64 = offered["types"].as_array().unwrap().iter().map(|it| it["n"].as_u64().unwrap()).sum();
    assert_eq!((counted, &offered["left_n"]), (n as u64, &json!(5 - n)));
    let shown = offered["types"].to_string();
    assert!(!shown.contains("低保") && !shown.contains("看着办"), "{shown}");

    let done = accept(&office, statements);
    assert_eq!((&done["done_n"], &done["passed_over_n"]), (&json!(n), &json!(0)));
    assert_eq!(states(&office).iter().filter(|it| *it == "sorted").count(), n);
    // Each is an act of its own, with its version.
    let id = statements[0]["id"].as_str().unwrap();
    let item = office.get(&format!("/api/v1/queue/{id}")).ok();
    assert_eq!((&item["version"], &item["history"][0]["act"]), (&json!(1), &json!("sort")));
    assert_eq!(item["standing"]["category"], statements[0]["category"]);
    assert_eq!(offer(&office, "")["statements"], json!([]));
    // What nobody read one by one is neither learned from nor agreement.
    assert_eq!(office.get("/api/v1/suggester-versions").ok()["confirmed_n"], 0);
    let agreement = office.get("/api/v1/agreement").ok();
    let sum = |it: &str| -> u64 {
        agreement["months"].as_array().unwrap().iter().map(|month| month[it].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("n"), sum("in_batch")), (0, n as u64));

    let path = format!("/api/v1/queue/batches/{}/undoing", done["batch"].as_str().unwrap());
    let undone = office.post(&path, &json!(null)).ok();
    assert_eq!((&undone["done_n"], &undone["passed_over_n"]), (&json!(n), &json!(0)));
    assert!(states(&office).iter().all(|it| it == "waiting"));
    assert_eq!(office.post(&path, &json!(null)).problem(), (404, "not_found".to_owned()));
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let acts: Vec<&str> =
        log["lines"].as_array().unwrap().iter().filter_map(|it| it["act"].as_str()).collect();
    let count = |act: &str| acts.iter().filter(|it| **it == act).count();
    assert_eq!((count("sort"), count("undo"), count("accept_batch"), count("undo_batch")), (n, n, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_someone_decided_meanwhile_stays() {
    let (world, office, phone) = waiting().await;
    let other = world.sign_in("office2");
    let statements = offer(&office, "")["statements"].clone();
    let n = statements.as_array().unwrap().len();
    let path = |at: usize| format!("/api/v1/queue/{}/acts", statements[at]["id"].as_str().unwrap());
    let sort = |version: u64| json!({"version": version, "act": {"do": "sort", "kind": "praise"}});
    // Before it is accepted.
    other.post(&path(0), &sort(0)).ok();
    let done = accept(&office, &statements);
    assert_eq!((&done["done_n"], &done["passed_over_n"]), (&json!(n - 1), &json!(1)));
    // And after: one more comes in, is accepted, and is decided otherwise before the batch is taken back.
    let late = phone.sent(&[PLAIN[0]]).statements[0].id;
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let more = offer(&office, "")["statements"].clone();
    if let Some(first) = more.as_array().unwrap().first() {
        assert_eq!(first["id"], json!(late));
        let done = accept(&office, &more);
        other.post(&format!("/api/v1/queue/{late}/acts"), &sort(1)).ok();
        let undoing = format!("/api/v1/queue/batches/{}/undoing", done["batch"].as_str().unwrap());
        assert_eq!(office.post(&undoing, &json!(null)).ok()["passed_over_n"], 1);
        let item = office.get(&format!("/api/v1/queue/{late}")).ok();
        assert_eq!(item["standing"]["kind"], "praise");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accepts_unread_what_would_not_be_offered() {
    let (_world, office, _) = waiting().await;
    let page = office.get("/api/v1/queue").ok();
    let grave = page["lines"].as_array().unwrap().iter().find(|it| it["opening"] == GRAVE).unwrap();
    let made_up = json!([{"id": grave["id"], "version": 0, "kind": "problem", "category": "XC1"}]);
    let done = accept(&office, &made_up);
    assert_eq!((&done["done_n"], &done["passed_over_n"]), (&json!(0), &json!(1)));
    assert!(states(&office).iter().all(|it| it == "waiting"));
    let too_low = office.get("/api/v1/queue/batches?level=0.3");
    assert_eq!(too_low.problem(), (422, "invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_keeps_to_the_filter() {
    let (_world, office, _) = waiting().await;
    let all = offer(&office, "")["statements"].as_array().unwrap().len();
    let some = offer(&office, "&text=%E5%85%BB%E8%80%81%E9%87%91")["statements"].as_array().unwrap().len();
    assert!(some < all, "{some} of {all}");
    assert_eq!(offer(&office, "&from=2026-12-01")["statements"], json!([]));
}
