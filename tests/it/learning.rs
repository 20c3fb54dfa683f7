//! Learning from the office's confirmations: versions that suggest, made, chosen, gone back from.

use std::sync::{Arc, atomic::AtomicI64};

use domain::draft::Draft;
use serde_json::{Value, json};
use server::{App, backup};

use crate::world::{Client, Phone, World, a_clock};

/// What this office takes for another type than what ships does: words that are learned at once.
const PLACES: [&str; 24] = [
    "一组",
    "二组",
    "三组",
    "四组",
    "桥头",
    "坝上",
    "河边",
    "老街",
    "新村",
    "学校门口",
    "祠堂边",
    "茶山脚",
    "水库边",
    "岭上",
    "村口",
    "井边",
    "市场外",
    "卫生室旁",
    "渡口",
    "林场",
    "砖厂边",
    "油坊后",
    "竹园",
    "晒坪",
];

pub fn words(place: &str) -> String {
    format!("{place}的路坑坑洼洼，下雨就没法走")
}

/// A world in which the office has confirmed `n` statements, all of one type, with the visits.
pub async fn confirmed(n: usize) -> (World, Client, Phone, Vec<Draft>) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let drafts: Vec<Draft> = PLACES[..n].iter().map(|it| phone.sent(&[&words(it)])).collect();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    for draft in &drafts {
        sort(&office, &draft.statements[0].id.to_string(), "ZX2");
    }
    (world, office, phone, drafts)
}

fn sort(office: &Client, id: &str, category: &str) -> Value {
    let act = json!({"do": "sort", "kind": "problem", "category": category});
    let version = office.get(&format!("/api/v1/queue/{id}")).ok()["version"].clone();
    office.post(&format!("/api/v1/queue/{id}/acts"), &json!({"version": version, "act": act})).ok()
}

fn first(office: &Client, id: &str) -> Value {
    office.get(&format!("/api/v1/queue/{id}")).ok()["suggestion"]["suggestions"][0]["code"].clone()
}

/// What ships suggests first for what is said of a place.
fn shipped(place: &str) -> String {
    domain::suggesting::shipped().suggest(&words(place)).suggestions[0].code.clone()
}

/// Sends one more of the kind and has it sorted.
async fn one_more(world: &World, phone: &Phone, place: &str) -> String {
    let id = phone.sent(&[&words(place)]).statements[0].id.to_string();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_learned_once_there_is_enough_and_suggests_and_is_gone_back_from() {
    let (world, office, phone, drafts) = confirmed(19).await;
    assert_eq!(server::learning::learn_if_due(&world.app).await.unwrap(), None, "too few");
    let too_few = office.post("/api/v1/suggester-versions", &json!(null));
    assert_eq!(too_few.problem(), (422, "invalid".to_owned()));
    let then = first(&office, &drafts[0].statements[0].id.to_string());
    assert_ne!(then, json!("ZX2"), "what was decided stays as it was when it was decided");
    let twentieth = one_more(&world, &phone, "砖厂边").await;
    assert_eq!(first(&office, &twentieth), "ZX2", "each was learned at once");
    let undecided = one_more(&world, &phone, "晒坪").await;
    sort(&office, &twentieth, "ZX2");

    let number = server::learning::learn_if_due(&world.app).await.unwrap().expect("it is due");
    assert_eq!(server::learning::learn_if_due(&world.app).await.unwrap(), None, "nothing more to learn from");
    server::sorting::sort_waiting(&world.app).await.unwrap();
    assert_eq!(first(&office, &undecided), json!("ZX2"));
    let versions = office.get("/api/v1/suggester-versions").ok();
    assert_eq!((&versions["in_use"], &versions["confirmed_n"]), (&json!(number), &json!(20)));
    let version = &versions["versions"][0];
    assert_eq!((&version["confirmed_n"], &version["kept"]), (&json!(20), &json!(true)));
    let right = |it: &str| version["figures"][it]["types"].as_u64().unwrap();
    assert!(right("after") > right("before"), "{version}");

    // Another server on the same database, or the same after a stop, suggests by it too.
    let back = office.put("/api/v1/suggester-versions/in-use", &json!({})).ok();
    assert_eq!((&back["in_use"], &back["chosen_by"]), (&Value::Null, &json!("陈晓")));
    server::sorting::sort_waiting(&world.app).await.unwrap();
    assert_eq!(
        first(&office, &undecided),
        shipped("晒坪"),
        "what led away from it does not lead away from it again"
    );
    office.put("/api/v1/suggester-versions/in-use", &json!({"version": number})).ok();
    let unknown = office.put("/api/v1/suggester-versions/in-use", &json!({"version": 99}));
    assert_eq!(unknown.problem(), (404, "not_found".to_owned()));
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let acts: Vec<&str> =
        log["lines"].as_array().unwrap().iter().filter_map(|it| it["act"].as_str()).collect();
    assert_eq!(acts.iter().filter(|it| **it == "use_suggester").count(), 3);
    assert_eq!(acts.iter().filter(|it| **it == "learn_suggester").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_worse_is_kept_and_does_not_suggest() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let said: Vec<String> = PLACES[..20].iter().map(|it| words(it)).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let draft = phone.sent(&said);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    // A fifth as what ships suggests, and the others four ways for much the same words: what is learned from them is wrong of
    // the fifth that is left out, each time.
    for (statement, code) in draft.statements.iter().zip(["", "JL3", "ZX2", "XS1", "GL5"].iter().cycle()) {
        let id = statement.id.to_string();
        let suggested = first(&office, &id);
        sort(&office, &id, if code.is_empty() { suggested.as_str().unwrap() } else { code });
    }
    let made = office.post("/api/v1/suggester-versions", &json!(null)).ok();
    let version = &made["versions"][0];
    let right = |it: &str| version["figures"][it]["types"].as_u64().unwrap();
    assert!(right("after") < right("before"), "{version}");
    assert_eq!((&made["in_use"], &version["kept"]), (&Value::Null, &json!(true)));
    assert_eq!(version["made_by"], json!("陈晓"));
    // Whoever wants it all the same may choose it.
    let chosen = office.put("/api/v1/suggester-versions/in-use", &json!({"version": version["number"]})).ok();
    assert_eq!(chosen["in_use"], version["number"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_or_no_longer_here_is_not_learned_from() {
    let (world, office, phone, drafts) = confirmed(22).await;
    let n = || office.get("/api/v1/suggester-versions").ok()["confirmed_n"].clone();
    assert_eq!(n(), 22);
    let taken_back = drafts[0].statements[0].id;
    office
        .post(&format!("/api/v1/queue/{taken_back}/acts"), &json!({"version": 1, "act": {"do": "undo"}}))
        .ok();
    assert_eq!(n(), 21);
    let mut withdrawn = drafts[1].clone();
    withdrawn.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut withdrawn));
    assert_eq!(n(), 20);
    let made = office.post("/api/v1/suggester-versions", &json!(null)).ok();
    assert_eq!(made["versions"][0]["confirmed_n"], 20);
    drop(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_outlive_a_move_to_another_data_folder() {
    let (world, office, ..) = confirmed(20).await;
    let made = office.post("/api/v1/suggester-versions", &json!(null)).ok();
    assert!(made["in_use"].is_number());
    let folder = world.folder_with_its_keys();
    let app = App::open(folder.path(), None, a_clock(Arc::new(AtomicI64::new(world.app.now())), false));
    let app = app.await.unwrap();
    backup::migrate(&world.app.db, &app.db).await.unwrap();
    let there = server::suggester::in_use(&app).await.unwrap();
    assert_eq!(json!(there.version()), made["in_use"]);
    assert_eq!(there.suggester.suggest(&words("晒坪")).suggestions[0].code, "ZX2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_heeded_at_once_until_it_is_taken_back() {
    let (world, office, phone, drafts) = confirmed(3).await;
    let id = |n: usize| drafts[n].statements[0].id.to_string();
    let fourth = one_more(&world, &phone, "砖厂边").await;
    assert_eq!(first(&office, &fourth), "ZX2");
    for n in 0..3 {
        let version = office.get(&format!("/api/v1/queue/{}", id(n))).ok()["version"].clone();
        let undo = json!({"version": version, "act": {"do": "undo"}});
        office.post(&format!("/api/v1/queue/{}/acts", id(n)), &undo).ok();
    }
    let fifth = one_more(&world, &phone, "晒坪").await;
    assert_eq!(first(&office, &fifth), shipped("晒坪"));
    assert_ne!(first(&office, &fifth), "ZX2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_suggested_anew_after_ten_decisions() {
    let (world, office, phone, _) = confirmed(0).await;
    let waits = one_more(&world, &phone, "晒坪").await;
    let drafts: Vec<String> = {
        let mut all = Vec::new();
        for place in &PLACES[..10] {
            all.push(one_more(&world, &phone, place).await);
        }
        all
    };
    let shipped = first(&office, &waits);
    for (n, id) in drafts.iter().enumerate() {
        sort(&office, id, "ZX2");
        server::sorting::sort_waiting(&world.app).await.unwrap();
        assert_eq!(first(&office, &waits) == shipped, n < 9, "{n}");
    }
    assert_eq!(first(&office, &waits), "ZX2");
}
