//! The rules as the office changes them: tried first, in use for what comes, gone back from.

use serde_json::{Value, json};

use crate::world::{Client, Phone, World};

/// What nobody but this office says of shirking.
const ODD: &str = "窗口的人跟我打哈哈过招，一问就是转圈圈";

fn first(office: &Client, id: &str) -> Value {
    let item = office.get(&format!("/api/v1/queue/{id}")).ok();
    item["suggestion"]["suggestions"][0]["code"].clone()
}

async fn say(world: &World, phone: &Phone, words: &str) -> String {
    let id = phone.sent(&[words]).statements[0].id.to_string();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    id
}

fn save(office: &Client, version: i64, text: &str) -> crate::world::Answer {
    let rules = json!({"target": "JL4", "text": text});
    office.post(
        "/api/v1/rules/versions",
        &json!({"version": version, "change": {"do": "save", "rules": rules}}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_tried_on_what_was_said_before_they_are_kept() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    say(&world, &phone, ODD).await;
    say(&world, &phone, "没有打哈哈过招，办得很快").await;
    let mut gone = phone.sent(&["他也打哈哈过招"]);
    gone.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut gone));
    let office = world.sign_in("office");
    let trial =
        |text: &str| office.post("/api/v1/rules/trials", &json!({"target": "JL4", "text": text})).ok();
    let found = trial("3 打哈哈…招|转圈圈");
    assert_eq!(
        (&found["looked_at_n"], &found["matched_n"], &found["more"]),
        (&json!(2), &json!(1), &json!(false))
    );
    let samples = found["samples"].as_array().unwrap();
    let denied: Vec<&Value> = samples.iter().filter(|it| it["denied"] == true).collect();
    assert_eq!((samples.len(), denied.len()), (2, 1), "{samples:?}");
    assert_eq!(denied[0]["matched"], "打哈哈过招");
    assert_eq!(
        trial("9 打哈哈\n3 |")["faults"],
        json!([{"line": 1, "wrong": "weight"}, {"line": 2, "wrong": "empty"}])
    );
    let unknown = office.post("/api/v1/rules/trials", &json!({"target": "NO1", "text": ""}));
    assert_eq!(unknown.problem(), (422, "invalid".to_owned()));
    let sentence = json!({"rules": {"target": "JL4", "text": "3 打哈哈…招"}, "sentence": ODD});
    let tried = office.post("/api/v1/rules/sentences", &sentence).ok();
    assert_eq!(tried["matches"][0]["matched"], "打哈哈过招");
    assert!(tried["made"]["suggestions"].is_array());
    assert_eq!(office.get("/api/v1/rules").ok()["version"], 1, "trying changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_suggests_what_comes_and_is_gone_back_from() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let office = world.sign_in("office");
    let before = say(&world, &phone, ODD).await;
    let shipped = first(&office, &before);
    assert_ne!(shipped, "JL4");
    assert_eq!(save(&office, 1, "7 打哈哈").problem(), (422, "invalid".to_owned()));
    assert_eq!(save(&office, 1, "3 打哈哈过招|转圈圈").ok()["version"], 2);
    assert_eq!(save(&office, 1, "3 又一句").problem(), (409, "conflict".to_owned()));
    let after = say(&world, &phone, &format!("{ODD}，天天如此")).await;
    let item = office.get(&format!("/api/v1/queue/{after}")).ok();
    let suggested = item["suggestion"]["suggestions"].as_array().unwrap().clone();
    assert_eq!(suggested[0]["code"], "JL4", "{suggested:?}");
    assert_eq!(suggested[0]["evidence"][0]["text"], "打哈哈过招");
    assert_eq!(first(&office, &before), "JL4", "what nobody decided on is suggested anew");

    let back = json!({"version": 2, "change": {"do": "go_back", "version": 1}});
    let kept = office.post("/api/v1/rules/versions", &back).ok();
    assert_eq!((&kept["version"], kept["versions"].as_array().unwrap().len()), (&json!(3), 3));
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let of_rules = domain::suggesting::shipped().suggest(&format!("{ODD}，天天如此"));
    assert_eq!(first(&office, &after), json!(of_rules.suggestions[0].code));
    assert_eq!(first(&office, &before), shipped);
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let noted = log["lines"].as_array().unwrap().iter().filter(|it| it["act"] == "change_rules").count();
    assert_eq!(noted, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_to_say_the_same_counts_in_the_rules_of_all_types() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let office = world.sign_in("office");
    let said = say(&world, &phone, ODD).await;
    say(&world, &phone, "路修好了").await;
    let shipped = first(&office, &said);
    assert_eq!(save(&office, 1, "3 绕圈子\n\n2 修好了").ok()["version"], 2);
    let trial = |target: &str, text: &str| {
        office.post("/api/v1/rules/trials", &json!({"target": target, "text": text})).ok()
    };
    let lines = |found: &Value| found["lines"].clone();
    let count = |line: usize, n: u32| json!({"line": line, "matched_n": n});
    assert_eq!(lines(&trial("JL4", "3 绕圈子\n\n2 修好了")), json!([count(1, 0), count(3, 1)]));

    let words = "绕圈子|转圈圈|兜圈子";
    let found = trial("@words", &format!("路|道\n{words}"));
    assert_eq!((&found["matched_n"], lines(&found)), (&json!(2), json!([count(1, 1), count(2, 1)])));
    assert_eq!(trial("@words", "绕圈子")["faults"], json!([{"line": 1, "wrong": "alone"}]));
    let of_words = |version: i64, text: &str| {
        let rules = json!({"target": "@words", "text": text});
        office.post(
            "/api/v1/rules/versions",
            &json!({"version": version, "change": {"do": "save", "rules": rules}}),
        )
    };
    assert_eq!(of_words(2, "绕圈子|").problem(), (422, "invalid".to_owned()));
    let kept = of_words(2, words).ok();
    assert_eq!((&kept["version"], &kept["versions"][0]["target"]), (&json!(3), &json!("@words")));
    // What villagers say is found and quoted as they said it, and what waited is suggested by it.
    assert_eq!(lines(&trial("JL4", "3 绕圈子")), json!([count(1, 1)]));
    let sentence = json!({"rules": {"target": "JL4", "text": "3 绕圈子"}, "sentence": "他们就会兜圈子"});
    assert_eq!(office.post("/api/v1/rules/sentences", &sentence).ok()["matches"][0]["matched"], "兜圈子");
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let item = office.get(&format!("/api/v1/queue/{said}")).ok();
    let suggested = &item["suggestion"]["suggestions"][0];
    assert_eq!((&suggested["code"], &suggested["evidence"][0]["text"]), (&json!("JL4"), &json!("转圈圈")));

    let back = json!({"version": 3, "change": {"do": "go_back", "version": 1}});
    office.post("/api/v1/rules/versions", &back).ok();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    assert_eq!(first(&office, &said), shipped);
}
