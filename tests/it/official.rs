//! The official monthly table: of what was established, by a mapping that the office keeps.

use serde_json::{Value, json};

use crate::world::{Client, World};

fn issue(office: &Client, category: &str) -> String {
    let text = json!({"title": "窗口办事拖", "wording": "", "category": category, "source": "visits", "state": "open"});
    office.post("/api/v1/issues", &text).ok()["id"].as_str().unwrap().to_owned()
}

/// The number of a row, 1 to 6, in the column whose name holds some words.
fn cell(csv: &str, row: usize, column: &str) -> u32 {
    let rows: Vec<Vec<&str>> = csv.lines().map(|it| it.split(',').collect()).collect();
    let at = rows[0].iter().position(|it| it.contains(column)).unwrap();
    rows[row][at].trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_established_counts_by_the_mapping_of_its_day() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let today = server::day::of(world.app.now());
    let (one, _other) = (issue(&office, "GL2"), issue(&office, "GL2"));
    let path = format!("/api/v1/issues/{one}/finding");
    assert_eq!(office.get(&path).ok()["established_on"], Value::Null);
    let found =
        |day: &str| json!({"established_on": day, "level": "township", "handled_n": 3, "disciplined_n": 1});
    assert_eq!(office.put(&path, &found("2999-01-01")).problem(), (422, "invalid".to_owned()));
    assert_eq!(office.put(&path, &found(&today)).status, 204);
    assert_eq!(world.sign_in("leader").put(&path, &found(&today)).status, 403);
    let table = || office.get("/api/v1/official.csv").text();
    assert_eq!((cell(&table(), 1, "总计"), cell(&table(), 2, "总计"), cell(&table(), 3, "总计")), (1, 3, 1));
    assert_eq!((cell(&table(), 4, "消极应付"), cell(&table(), 1, "乡科级")), (1, 1));

    // Another mapping from now on; a bad one changes nothing.
    let mapping = office.get("/api/v1/official/mapping.csv").text();
    let moved = mapping.replace("GL2 GL5", "GL5").replace(",XS3,", ",XS3 GL2,");
    let bad = office.put("/api/v1/official/mapping.csv", &json!({"csv": mapping.replace("XS3", "NO1")})).ok();
    assert_eq!(bad["faults"], json!([{"line": 5, "column": 5, "wrong": "unknown_code"}]));
    assert_eq!(cell(&table(), 1, "消极应付"), 1);
    let taken = office.put("/api/v1/official/mapping.csv", &json!({"csv": moved})).ok();
    assert_eq!(taken["faults"], json!([]));
    assert_eq!((cell(&table(), 1, "消极应付"), cell(&table(), 1, "文山会海")), (0, 1));

    // What is no longer established is not counted; that it was is kept.
    let no_longer = json!({"level": "township", "handled_n": 0, "disciplined_n": 0});
    assert_eq!(office.put(&path, &no_longer).status, 204);
    assert_eq!(cell(&table(), 1, "总计"), 0);
    assert_eq!(office.get("/api/v1/official.csv?month=nie").problem(), (422, "invalid".to_owned()));
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let noted = log["lines"].as_array().unwrap().iter().filter(|it| it["act"] == "note_finding").count();
    assert_eq!(noted, 2);
}
