//! What has risen over the months before, with its numbers; to the office alone.

use domain::draft::Draft;
use serde_json::{Value, json};

use crate::world::{Client, NOW, Phone, World};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const PATH: &str = "/api/v1/figures/rising";

/// A visit to a household of its own, so many days ago, at which something was said.
fn visit(phone: &Phone, n: usize, days_ago: i64, words: &str) -> Draft {
    let mut draft = phone.draft(&[words]);
    draft.visit.value.started_at = NOW - days_ago * DAY_MS;
    draft.identity.as_mut().unwrap().value.name = format!("户主{n}");
    phone.receipts(&Phone::freeze(&mut draft));
    draft
}

fn confirm(office: &Client, draft: &Draft, category: &str) {
    let act = json!({"do": "sort", "kind": "problem", "category": category});
    let path = format!("/api/v1/queue/{}/acts", draft.statements[0].id);
    office.post(&path, &json!({"version": 0, "act": act})).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rises_is_told_with_its_numbers_and_opens_what_it_is_made_of() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let rising = || office.get(PATH).ok();
    // October: 24 visits, at one of which it was said. November: the 1st to the 23rd.
    for n in 0..24 {
        let draft = visit(&phone, n, 40, "村口的路灯坏了半年");
        confirm(&office, &draft, if n == 0 { "GL2" } else { "SQ1" });
    }
    for n in 100..104 {
        confirm(&office, &visit(&phone, n, 2, "材料跑了五趟"), "GL2");
    }
    let before = rising();
    assert_eq!((&before["month"], &before["comparable"]), (&json!("2026-11"), &json!(true)));
    assert_eq!((&before["from"], &before["to"]), (&json!("2026-11-01"), &json!("2026-11-30")));
    assert_eq!(before["matters"], json!([]), "four are too few");
    for n in 104..107 {
        confirm(&office, &visit(&phone, n, 1, "材料跑了五趟"), "GL2");
    }
    let after = rising();
    // All units together, and the unit whose visits they are.
    let matters = after["matters"].as_array().unwrap();
    assert_eq!(matters.len(), 2, "{after}");
    let matter = &matters[1];
    assert_eq!((&matter["category"], &matter["unit"]), (&json!("GL2"), &json!(phone.unit)));
    assert_eq!(matter["now"], json!({"month": "2026-11", "statements_n": 7, "visits_n": 7}));
    assert_eq!(matter["before"][1], json!({"month": "2026-10", "statements_n": 1, "visits_n": 24}));
    assert_eq!((&matters[0]["unit"], &matter["households_n"]), (&Value::Null, &json!(7)));
    assert!((matter["expected"].as_f64().unwrap() - 1.5 * 7.0 / 24.0).abs() < 1e-9);
    let text = after.to_string();
    assert!(!text.contains("户主") && !text.contains("王小明") && !text.contains("五趟"), "{text}");
    let opened = format!("/api/v1/queue?confirmed=GL2&from=2026-11-01&to=2026-11-30&unit={}", phone.unit);
    assert_eq!(office.get(&opened).ok()["lines"].as_array().unwrap().len(), 7);

    // In October there was nothing before to compare with.
    let october = office.get(&format!("{PATH}?month=2026-10")).ok();
    assert_eq!((&october["comparable"], &october["matters"]), (&json!(false), &json!([])));
    for none in ["2026-13", "2026-1", "x", "2026-11-01"] {
        assert_eq!(office.get(&format!("{PATH}?month={none}")).problem().0, 422, "{none}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_household_that_says_it_often_is_no_rise() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    for n in 0..24 {
        visit(&phone, n, 40, "没有意见");
    }
    for _ in 0..9 {
        confirm(&office, &visit(&phone, 7, 2, "材料跑了五趟"), "GL2");
    }
    assert_eq!(office.get(PATH).ok()["matters"], json!([]));
    assert_eq!(world.sign_in("leader").get(PATH).status, 403);
}
