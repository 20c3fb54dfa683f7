//! Questionnaires that the office writes: kept as they are, broken or not, and never over another's work.

use serde_json::{Value, json};

use crate::{
    questionnaires::{csv, publish, take},
    world::{Answer, Client, World},
};

const PATH: &str = "/api/v1/questionnaires/household/draft";

/// A survey of rows below type, name, label and a column that only people read, with settings.
fn sheets(rows: &[[&str; 4]]) -> Value {
    let head = [["type", "name", "label", "备注"]];
    let survey: Vec<_> = head.iter().chain(rows).collect();
    json!([
        { "name": "survey", "rows": survey },
        { "name": "settings", "rows": [["form_title", "form_id"], ["入户问卷", "household"]] },
    ])
}

fn keep(office: &Client, upon: &Value, sheets: &Value) -> Answer {
    office.put(PATH, &json!({ "upon": upon, "sheets": sheets }))
}

const PEOPLE: [&str; 4] = ["integer", "people", "家里几口人", "老表第 3 题"];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_kept_broken_or_not_and_says_what_hinders() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let begun = keep(&office, &Value::Null, &sheets(&[])).ok();
    assert_eq!(begun["faults"][0]["code"], "no_questions");
    let broken = sheets(&[PEOPLE, ["intger", "a b", "", ""]]);
    let kept = keep(&office, &begun["draft"], &broken).ok();
    let faults = kept["faults"].as_array().unwrap();
    let codes: Vec<_> = faults.iter().map(|it| (&it["row"], it["code"].as_str().unwrap())).collect();
    let row = json!(3);
    for code in ["unknown_type", "bad_name"] {
        assert!(codes.contains(&(&row, code)), "{codes:?}");
    }
    // It is there again, as it was written, and cannot be published.
    let edited = office.get(PATH).ok();
    assert_eq!((&edited["sheets"], &edited["upon"]), (&broken, &kept["draft"]));
    let list = office.get("/api/v1/questionnaires/kept").ok();
    assert_eq!((&list[0]["title"], &list[0]["versions_n"]), (&json!("入户问卷"), &json!(0)));
    let publication = json!({ "draft": kept["draft"] });
    let published = office.post("/api/v1/questionnaires/household/versions", &publication);
    assert_eq!(published.problem(), (422, "invalid".to_owned()));
    assert_eq!(office.get("/api/v1/questionnaires/household/questions").status, 200);
    let printed = office.get("/api/v1/questionnaires/household/print");
    assert_eq!(printed.problem(), (422, "invalid".to_owned()));
    let mended = keep(&office, &kept["draft"], &sheets(&[PEOPLE])).ok();
    assert_eq!(mended["faults"][0]["code"], "unknown_column", "{mended}");
    publish(&office, "household");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_write_the_later_is_told_and_nothing_is_lost() {
    let world = World::start().await;
    let (one, other) = (world.sign_in("office"), world.sign_in("office"));
    let begun = keep(&one, &Value::Null, &sheets(&[PEOPLE])).ok();
    let theirs = sheets(&[PEOPLE, ["text", "why", "为什么", ""]]);
    let kept = keep(&other, &begun["draft"], &theirs).ok();
    let late = keep(&one, &begun["draft"], &sheets(&[PEOPLE, ["text", "how", "怎么样", ""]]));
    assert_eq!(late.problem(), (409, "conflict".to_owned()));
    assert_eq!(one.get(PATH).ok()["sheets"], theirs, "the other's words stand");
    // The same with what was published meanwhile.
    publish(&other, "household");
    assert_eq!(keep(&one, &kept["draft"], &theirs).problem(), (409, "conflict".to_owned()));
    let edited = one.get(PATH).ok();
    assert!(edited["kept"]["draft_at"].is_null());
    keep(&one, &edited["upon"], &theirs).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_questionnaire_takes_no_place_that_is_taken() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", "text,why,为什么,,,", &[])).ok();
    publish(&office, "household");
    assert_eq!(keep(&office, &Value::Null, &sheets(&[])).problem(), (409, "taken".to_owned()));
    let put = |id: &str, body: Value| office.put(&format!("/api/v1/questionnaires/{id}/draft"), &body);
    let other = put("other", json!({ "sheets": sheets(&[]) }));
    assert_eq!(other.problem(), (422, "invalid".to_owned()), "the settings name another");
    let twice = json!([{ "name": "survey", "rows": [] }, { "name": "Survey", "rows": [] }]);
    let strange = json!([{ "name": "notes", "rows": [] }]);
    for sheets in [twice, strange] {
        assert_eq!(put("other", json!({ "sheets": sheets })).problem(), (422, "invalid".to_owned()));
    }
    assert_eq!(put("a%20b", json!({ "sheets": [] })).problem(), (422, "invalid".to_owned()));
    let upon_nothing = put("other", json!({ "upon": "0".repeat(64), "sheets": [] }));
    assert_eq!(upon_nothing.problem(), (404, "not_found".to_owned()));
    assert_eq!(office.get("/api/v1/questionnaires/other/draft").status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_given_up_and_what_was_published_stands_again() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let discard = |upon: &Value| office.delete(&format!("{PATH}?upon={}", upon.as_str().unwrap_or_default()));
    assert_eq!(discard(&Value::Null).problem(), (404, "not_found".to_owned()));
    let begun = keep(&office, &Value::Null, &sheets(&[PEOPLE])).ok();
    let kept = keep(&office, &begun["draft"], &sheets(&[PEOPLE, ["text", "why", "为什么", ""]])).ok();
    assert_eq!(discard(&begun["draft"]).problem(), (409, "conflict".to_owned()), "it is another by now");
    assert_eq!(discard(&Value::Null).problem(), (409, "conflict".to_owned()));
    assert_eq!(office.get(PATH).ok()["upon"], kept["draft"], "nothing is lost");
    publish(&office, "household");
    let published = office.get(PATH).ok();
    assert_eq!(discard(&published["upon"]).problem(), (404, "not_found".to_owned()), "a version is no draft");
    let later = keep(&office, &published["upon"], &sheets(&[PEOPLE])).ok();
    assert_eq!(discard(&later["draft"]).status, 204);
    let again = office.get(PATH).ok();
    assert_eq!((&again["upon"], &again["sheets"]), (&published["upon"], &published["sheets"]));
    assert!(again["kept"]["draft_at"].is_null());
    // What never was published is gone as a whole.
    let path = "/api/v1/questionnaires/other/draft";
    let mut own = sheets(&[PEOPLE]);
    own[1]["rows"][1][1] = json!("other");
    let begun = office.put(path, &json!({ "sheets": own })).ok();
    assert_eq!(office.delete(&format!("{path}?upon={}", begun["draft"].as_str().unwrap())).status, 204);
    assert_eq!(office.get(path).status, 404);
    assert_eq!(office.get("/api/v1/questionnaires/kept").ok().as_array().unwrap().len(), 1);
    let acts = world.with_account("auditor", "auditor").get("/api/v1/audit").text();
    assert!(acts.contains("discard_questionnaire"));
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_nobody_knows_are_published_and_come_down_again() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let written = sheets(&[PEOPLE, ["", "", "", "以下由李会计填"], ["text", "why", "为什么", ""]]);
    keep(&office, &Value::Null, &written).ok();
    let version = publish(&office, "household");
    let content = office.get(&format!("/api/v1/questionnaires/{version}")).ok();
    let survey = json!([
        ["type", "name", "label", "备注"],
        PEOPLE,
        ["", "", "", "以下由李会计填"],
        ["text", "why", "为什么"]
    ]);
    assert_eq!(content["sheets"][0]["rows"], survey, "without blank cells behind them");
    let book = office.get("/api/v1/questionnaires/household/workbook");
    let read = server::workbook::sheets(&book.bytes).unwrap();
    assert_eq!(read[0].rows[0][3], "备注");
    assert_eq!(read[0].rows[1][3], "老表第 3 题");
    // Written further, it is as it was; and published once more it is the same version.
    let edited = office.get(PATH).ok();
    assert_eq!(edited["sheets"], content["sheets"]);
    let again = keep(&office, &edited["upon"], &written).ok();
    let publication = json!({ "draft": again["draft"] });
    let published = office.post("/api/v1/questionnaires/household/versions", &publication);
    assert_eq!(published.problem(), (409, "taken".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_does_to_columns_is_told_while_it_is_written() {
    let world = World::start().await;
    let office = world.sign_in("office");
    keep(&office, &Value::Null, &sheets(&[PEOPLE, ["text", "why", "为什么", ""]])).ok();
    publish(&office, "household");
    let edited = office.get(PATH).ok();
    assert_eq!(edited["changes"], json!([]));
    let next = sheets(&[
        ["text", "people", "家里几口人", ""],
        ["note", "n", "好", ""],
        ["text", "how", "怎么样", ""],
    ]);
    let kept = keep(&office, &edited["upon"], &next).ok();
    let changes = json!([
        { "column": "people", "change": "retyped" },
        { "column": "why", "change": "ended" },
        { "column": "how", "change": "added" },
    ]);
    let all = kept["changes"].as_array().unwrap();
    for change in changes.as_array().unwrap() {
        assert!(all.contains(change), "{change} among {all:?}");
    }
    assert_eq!(office.get(PATH).ok()["changes"], kept["changes"]);
    // What begins is on record, not each time that it is kept.
    let acts = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let acts: Vec<_> = acts["lines"].as_array().unwrap().iter().map(|it| it["act"].clone()).collect();
    for act in ["begin_questionnaire", "edit_questionnaire"] {
        assert_eq!(acts.iter().filter(|it| **it == act).count(), 1, "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workbook_of_a_draft_is_as_it_was_written() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let written = sheets(&[PEOPLE, ["intger", "wrong", "", "李会计"]]);
    keep(&office, &Value::Null, &written).ok();
    let book = office.get("/api/v1/questionnaires/household/workbook");
    let read = server::workbook::sheets(&book.bytes).unwrap();
    let trimmed = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
        let row = |row: &Vec<String>| {
            let end = row.iter().rposition(|it| !it.is_empty()).map_or(0, |it| it + 1);
            row[..end].to_vec()
        };
        rows.iter().map(row).collect()
    };
    let before: Vec<domain::questionnaire::xlsform::Sheet> = serde_json::from_value(written).unwrap();
    for (before, after) in before.iter().zip(&read) {
        assert_eq!((&before.name, trimmed(&before.rows)), (&after.name, trimmed(&after.rows)));
    }
}
