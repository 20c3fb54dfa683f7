//! How often people agree: with what was suggested, and with each other on a second reading.

use domain::{
    agreement::is_sampled,
    id::{CampaignId, RecordId},
};
use serde_json::{Value, json};

use crate::world::{Client, Phone, World, new_id};

/// Sends a statement whose id is drawn for a second reading, or is not.
fn sent(phone: &Phone, campaign: CampaignId, words: &str, drawn: bool) -> RecordId {
    let mut draft = phone.draft(&[words]);
    while is_sampled(campaign, draft.statements[0].id) != drawn {
        draft.statements[0].id = RecordId(new_id());
    }
    phone.receipts(&Phone::freeze(&mut draft));
    draft.statements[0].id
}

fn sort(office: &Client, id: RecordId, category: &str) {
    let act = json!({"do": "sort", "kind": "problem", "category": category});
    office.post(&format!("/api/v1/queue/{id}/acts"), &json!({"version": 0, "act": act})).ok();
}

fn suggested(office: &Client, id: RecordId) -> String {
    let item = office.get(&format!("/api/v1/queue/{id}")).ok();
    item["suggestion"]["suggestions"][0]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn agreement_with_what_was_suggested_is_told_by_month_and_type() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let words = ["申请交上去半年了一点音信都没有，打电话就说还在走流程", "材料交上去三个月，没有一点音信"];
    let ids = words.map(|it| phone.sent(&[it]).statements[0].id);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let right = suggested(&office, ids[0]);
    sort(&office, ids[0], &right);
    let other = if suggested(&office, ids[1]) == right { "QT" } else { &right };
    sort(&office, ids[1], other);
    let months = office.get("/api/v1/agreement").ok()["months"].clone();
    let of =
        |category: &str| months.as_array().unwrap().iter().find(|it| it["category"] == category).cloned();
    let first = of(&right).unwrap();
    assert_eq!((&first["month"], &first["agreed"]), (&json!("2026-11"), &json!(1)));
    let all: u64 = months.as_array().unwrap().iter().map(|it| it["n"].as_u64().unwrap()).sum();
    let agreed: u64 = months.as_array().unwrap().iter().map(|it| it["agreed"].as_u64().unwrap()).sum();
    assert_eq!((all, agreed), (2, 1));
    let csv = office.get("/api/v1/agreement.csv").text();
    assert!(csv.starts_with("\u{feff}月份,"), "{csv}");
    assert!(csv.contains(&format!("2026-11,{right},")), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_reads_a_sample_blind_and_changes_nothing() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let words = "申请交上去半年了一点音信都没有";
    let drawn = [sent(&phone, phone.campaign, words, true), sent(&phone, phone.campaign, words, true)];
    let not_drawn = sent(&phone, phone.campaign, words, false);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let (office, other) = (world.sign_in("office"), world.sign_in("office2"));
    for id in drawn.into_iter().chain([not_drawn]) {
        sort(&office, id, "GL2");
    }
    // Who decided does not read it again.
    assert_eq!(office.get("/api/v1/second-readings").ok(), json!({"waiting_n": 0}));
    let answer = other.get("/api/v1/second-readings");
    assert!(!answer.text().contains("GL2"), "{}", answer.text());
    let waiting = answer.ok();
    assert_eq!((&waiting["waiting_n"], &waiting["next"]["words"]), (&json!(2), &json!(words)));
    assert_eq!(waiting["next"].as_object().unwrap().len(), 3, "no decision and no suggestion");

    let path = |id: &Value| format!("/api/v1/second-readings/{}", id.as_str().unwrap());
    let reading = |category: &str| json!({"kind": "problem", "category": category});
    let first = waiting["next"]["id"].clone();
    assert_eq!(other.post(&path(&first), &json!({"kind": "problem"})).problem().0, 422);
    assert_eq!(office.post(&path(&first), &reading("GL2")).problem().0, 404, "the own decision");
    assert_eq!(other.post(&path(&json!(not_drawn)), &reading("GL2")).problem().0, 404, "not drawn");
    let next = other.post(&path(&first), &reading("GL2")).ok();
    assert_eq!(next["waiting_n"], 1);
    assert_eq!(other.post(&path(&first), &reading("GL1")).problem().0, 404, "read already");
    let second = next["next"]["id"].clone();
    assert_eq!(other.post(&path(&second), &reading("GL1")).ok(), json!({"waiting_n": 0}));

    let agreement = office.get("/api/v1/agreement").ok();
    // One of two, as often as by chance: half of what the second person said is GL2, all of what the first said.
    assert_eq!(agreement["second_types"], json!({"n": 2, "agreed": 1, "kappa": 0.0}));
    assert_eq!(agreement["second_kinds"], json!({"n": 2, "agreed": 2}));
    for id in drawn {
        let item = office.get(&format!("/api/v1/queue/{id}")).ok();
        assert_eq!((&item["standing"]["category"], &item["version"]), (&json!("GL2"), &json!(1)));
    }
}
