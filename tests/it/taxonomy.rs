//! The taxonomy as the office changes it: what a change would do, what it does, and what it leaves as it was.

use serde_json::{Value, json};

use crate::world::{Client, Phone, World};

const SLOW: &str = "申请交上去半年了一点音信都没有，打电话就说还在走流程";
const SLOW_TOO: &str = "材料交上去三个月了还在走流程，一点音信都没有";

/// An office before which some statements lie, with their ids.
async fn office_with(words: &[&str]) -> (World, Client, Vec<String>) {
    let world = World::start().await;
    let draft = world.phone("visitor").sent(words);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let ids = draft.statements.iter().map(|it| it.id.to_string()).collect();
    (world, office, ids)
}

fn item(office: &Client, id: &str) -> Value {
    office.get(&format!("/api/v1/queue/{id}")).ok()
}

fn first(office: &Client, id: &str) -> Value {
    item(office, id)["suggestion"]["suggestions"][0]["code"].clone()
}

fn sort_as(office: &Client, id: &str, code: &str) -> crate::world::Answer {
    let act = json!({"do": "sort", "kind": "problem", "category": code});
    let body = json!({"version": item(office, id)["version"], "act": act});
    office.post(&format!("/api/v1/queue/{id}/acts"), &body)
}

fn version(office: &Client) -> Value {
    office.get("/api/v1/taxonomy").ok()["version"].clone()
}

fn effect(office: &Client, change: &Value) -> Value {
    office.post("/api/v1/taxonomy/effects", &json!({"version": version(office), "change": change})).ok()
}

fn change(office: &Client, change: &Value) -> crate::world::Answer {
    office.post("/api/v1/taxonomy/versions", &json!({"version": version(office), "change": change}))
}

fn counted(office: &Client, code: &str) -> u64 {
    let figures = office.get("/api/v1/figures").ok();
    let of = figures["categories"].as_array().unwrap().iter().find(|it| it["category"] == code);
    of.map_or(0, |it| it["n"].as_u64().unwrap())
}

fn found(office: &Client, code: &str) -> usize {
    office.get(&format!("/api/v1/queue?confirmed={code}")).ok()["lines"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_type_counts_as_its_successor_and_no_decision_is_rewritten() {
    let (world, office, ids) = office_with(&[SLOW, SLOW_TOO]).await;
    assert_eq!((first(&office, &ids[0]), first(&office, &ids[1])), (json!("GL2"), json!("GL2")));
    sort_as(&office, &ids[1], "GL2").ok();
    let issue =
        json!({"title": "办事慢", "wording": "", "category": "GL2", "source": "visits", "state": "open"});
    let issue = office.post("/api/v1/issues", &issue).ok();

    let merge = json!({"do": "merge", "code": "GL2", "into": "GL1"});
    let told = effect(&office, &merge);
    let line = &told["lines"][0];
    assert_eq!((&line["difference"]["what"], &line["difference"]["into"]), (&json!("merged"), &json!("GL1")));
    let uses = json!({"confirmed_n": 1, "withdrawn_n": 0, "suggested_n": 1, "issues_n": 1, "releases_n": 0});
    assert_eq!((&line["uses"], &line["issues"]), (&uses, &json!(["1 · 办事慢"])));
    assert_eq!(told["suggested_anew_n"], 1);
    assert_eq!(version(&office), 1, "looking changes nothing");

    assert_eq!(change(&office, &merge).ok()["in_use"]["version"], 2);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    assert_eq!(first(&office, &ids[0]), "GL1");
    assert_eq!(item(&office, &ids[1])["standing"]["category"], "GL2", "what was decided stays");
    assert_eq!((counted(&office, "GL1"), counted(&office, "GL2")), (1, 0));
    assert_eq!((found(&office, "GL1"), found(&office, "GL2")), (1, 1));
    assert_eq!(sort_as(&office, &ids[0], "GL2").problem(), (422, "invalid".to_owned()));
    let csv = office.get("/api/v1/export/statements.csv").text();
    assert!(csv.contains("GL2,官僚主义 · 慢作为（并入不作为）"), "{csv}");
    // An issue keeps its type when something else of it is changed, and cannot be given one that is past.
    let path = format!("/api/v1/issues/{}", issue["id"].as_str().unwrap());
    let mut text = issue["text"].clone();
    text["title"] = json!("办事拖");
    let changed = office.put(&path, &json!({"version": issue["version"], "text": text})).ok();
    assert_eq!(changed["text"]["category"], "GL2");
    let late = json!({"title": "又一个", "category": "GL2", "source": "visits", "state": "open"});
    assert_eq!(office.post("/api/v1/issues", &late).problem(), (422, "invalid".to_owned()));

    change(&office, &json!({"do": "go_back", "version": 1})).ok();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    assert_eq!((first(&office, &ids[0]), counted(&office, "GL2")), (json!("GL2"), 1));
    let versions = office.get("/api/v1/taxonomy/versions").ok()["versions"].clone();
    let acts: Vec<&str> = versions.as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["go_back", "merge", "shipped"]);
    assert_eq!(versions[1]["made_by"], "陈晓");
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let audited = log["lines"].as_array().unwrap().iter().filter(|it| it["act"] == "change_taxonomy").count();
    assert_eq!(audited, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_type_is_read_and_counted_and_not_offered() {
    let (world, office, ids) = office_with(&[SLOW, SLOW_TOO]).await;
    sort_as(&office, &ids[1], "GL2").ok();
    change(&office, &json!({"do": "retire", "code": "GL2"})).ok();
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let suggested = item(&office, &ids[0])["suggestion"]["suggestions"].clone();
    assert!(suggested.as_array().unwrap().iter().all(|it| it["code"] != "GL2"), "{suggested}");
    assert_eq!(counted(&office, "GL2"), 1);
    let csv = office.get("/api/v1/export/statements.csv").text();
    assert!(csv.contains("GL2,官僚主义 · 慢作为,"), "{csv}");
    assert!(csv.lines().next().unwrap().contains(",建议/官僚主义 · 慢作为,"), "{csv}");
    assert_eq!(sort_as(&office, &ids[0], "GL2").problem(), (422, "invalid".to_owned()));
    change(&office, &json!({"do": "restore", "code": "GL2"})).ok();
    sort_as(&office, &ids[0], "GL2").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_does_not_take_away_what_is_in_use() {
    let (_world, office, ids) = office_with(&[SLOW]).await;
    let category = json!({"code": "GL9", "parent": "GL", "short_zh": "走流程", "name_zh": "动辄走流程", "name_en": "",
        "attention": 0, "source": "办公室"});
    let add = json!({"do": "add", "category": category});
    change(&office, &add).ok();
    let back = json!({"do": "go_back", "version": 1});
    assert_eq!(effect(&office, &back)["against"], json!([]));
    sort_as(&office, &ids[0], "GL9").ok();
    let against = effect(&office, &back)["against"].clone();
    assert_eq!((&against[0]["code"], &against[0]["uses"]["confirmed_n"]), (&json!("GL9"), &json!(1)));
    let refused = change(&office, &back);
    assert_eq!(refused.problem(), (422, "invalid".to_owned()));
    assert_eq!(version(&office), 2);
    // A code is given once.
    assert_eq!(change(&office, &add).problem(), (422, "invalid".to_owned()));
    // Whoever looked at another version looks again.
    let late = json!({"version": 1, "change": {"do": "retire", "code": "XS1"}});
    assert_eq!(office.post("/api/v1/taxonomy/versions", &late).problem(), (409, "conflict".to_owned()));
    assert_eq!(office.post("/api/v1/taxonomy/effects", &late).problem(), (409, "conflict".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_is_counted_apart_and_keeps_its_type() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.sent(&[SLOW, SLOW_TOO]);
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let office = world.sign_in("office");
    let category = json!({"code": "GL9", "parent": "GL", "short_zh": "走流程", "name_zh": "动辄走流程", "name_en": "",
        "attention": 0, "source": "办公室"});
    change(&office, &json!({"do": "add", "category": category})).ok();
    sort_as(&office, &draft.statements[0].id.to_string(), "GL9").ok();
    let uses = |code: &str| {
        let kept = office.get("/api/v1/taxonomy/versions").ok();
        let of = kept["uses"].as_array().unwrap().iter().find(|it| it["code"] == code).cloned();
        of.map(|it| {
            ["confirmed_n", "suggested_n", "withdrawn_n"].map(|name| it["uses"][name].as_u64().unwrap())
        })
    };
    assert_eq!((uses("GL9"), uses("GL2")), (Some([1, 0, 0]), Some([0, 1, 0])));
    draft.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!((uses("GL9"), uses("GL2")), (Some([0, 0, 1]), None));
    let retired = effect(&office, &json!({"do": "retire", "code": "GL2"}));
    assert_eq!(retired["suggested_anew_n"], 0);
    // It can be given again, and has its name then.
    let against = effect(&office, &json!({"do": "go_back", "version": 1}))["against"].clone();
    assert_eq!((&against[0]["code"], &against[0]["uses"]["withdrawn_n"]), (&json!("GL9"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_goes_out_and_comes_in_again_and_says_first_what_it_would_do() {
    let (_world, office, ids) = office_with(&[SLOW]).await;
    sort_as(&office, &ids[0], "GL2").ok();
    let table = office.get("/api/v1/taxonomy.csv").text();
    let same = json!({"do": "table", "csv": table});
    let nothing = effect(&office, &same);
    assert_eq!((&nothing["lines"], &nothing["reordered"]), (&json!([]), &json!(false)));
    assert_eq!(change(&office, &same).problem(), (422, "invalid".to_owned()), "there is nothing to change");

    // Without a type that is in use, and with the last group first.
    let mut lines: Vec<&str> = table.lines().collect();
    lines.retain(|it| !it.starts_with("GL2,"));
    let last = lines.pop().unwrap();
    lines.insert(1, last);
    let other = json!({"do": "table", "csv": lines.join("\n")});
    let told = effect(&office, &other);
    assert_eq!(told["lines"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&told["lines"][0]["difference"]["what"], &told["reordered"]),
        (&json!("retired"), &json!(true))
    );
    assert_eq!(told["lines"][0]["uses"]["confirmed_n"], 1);
    change(&office, &other).ok();
    assert_eq!(office.get("/api/v1/taxonomy.csv").text().lines().nth(1).unwrap(), last);
    assert_eq!(office.get("/api/v1/taxonomy.csv?version=1").text(), table);
    assert_eq!(office.get("/api/v1/taxonomy.csv?version=9").problem(), (404, "not_found".to_owned()));

    let bad = json!({"do": "table", "csv": table.replacen("GL3,GL,", "GL3,NO,", 1)});
    let line = table.lines().position(|it| it.starts_with("GL3,")).unwrap() + 1;
    let faults = json!([{"line": line, "column": 2, "wrong": "no_group"}]);
    assert_eq!(effect(&office, &bad)["faults"], faults);
    assert_eq!(change(&office, &bad).problem(), (422, "invalid".to_owned()));
    assert_eq!(version(&office), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_asked_for_only_when_they_changed() {
    let (world, office, _) = office_with(&[SLOW]).await;
    assert_eq!(office.get("/api/v1/taxonomy?known=1").status, 204);
    change(&office, &json!({"do": "retire", "code": "XS1"})).ok();
    let branch = world.sign_in("branch");
    let told = branch.get("/api/v1/taxonomy?known=1").ok();
    assert_eq!(
        (&told["version"], &told["scheme"]["past"][0]["category"]["code"]),
        (&json!(2), &json!("XS1"))
    );
}
