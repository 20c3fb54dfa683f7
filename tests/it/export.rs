//! CSV out: whole, guarded, in constant memory, and without names unless by right.

use std::collections::HashMap;

use domain::csv::Guard;
use server::{
    export::{self, Style, What},
    routes::export::days,
};

use crate::world::{Phone, World};

/// The rows of an export by the names of its columns.
fn read(bytes: &[u8]) -> Vec<HashMap<String, String>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_come_out_as_they_were_said() {
    let world = World::start().await;
    let words = ["他说：“明天再来”,\r\n第二天又没人", "=1+1", "１３８", "007", "-5 度还要排队"];
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&words);
    draft.statements[1].value.proposed = vec!["GL1".to_owned(), "GL2".to_owned()];
    phone.receipts(&Phone::freeze(&mut draft));
    let office = world.sign_in("office");
    let said = |address: &str| {
        let rows = read(&office.get(address).bytes);
        words.map(|it| {
            let guarded = [it.to_owned(), format!("'{it}"), format!("\t{it}")];
            let found = rows.iter().find(|row| guarded.contains(&row["words"]));
            found.unwrap_or_else(|| panic!("{it} in {rows:?}")).clone()
        })
    };
    let raw = said("/api/v1/export/statements.csv?machine_names=true&raw=true");
    assert_eq!(raw.each_ref().map(|it| &*it["words"]), words);
    let guarded = said("/api/v1/export/statements.csv?machine_names=true");
    let cells = guarded.each_ref().map(|it| &*it["words"]);
    assert_eq!(cells, [words[0], "'=1+1", words[2], "\t007", "'-5 度还要排队"]);
    // Several choices: joined, and a column each.
    assert_eq!(guarded[1]["proposed"], "GL1；GL2");
    assert_eq!((&*guarded[1]["proposed/GL1"], &*guarded[0]["proposed/GL1"]), ("1", "0"));
    assert_eq!((&*guarded[0]["kind/problem"], &*guarded[0]["kind/praise"]), ("1", "0"));
    let chinese = read(&office.get("/api/v1/export/statements.csv").bytes);
    assert_eq!(chinese[0].len(), guarded[0].len());
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_statements_leave_piece_by_piece_as_they_were_at_the_beginning() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let words: Vec<String> = (0..90).map(|it| format!("窗口让我跑了第{it}趟")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    for _ in 0..56 {
        phone.sent(&words);
    }
    let days = days(&world.app, String::new(), String::new()).await.unwrap();
    let style = Style { machine_names: false, mark: true, guard: Guard::Spreadsheet, identities: false };
    let mut pieces = export::begin(world.app.clone(), What::Statements, days, style);
    let (mut pieces_n, mut all) = (0, Vec::new());
    while let Some(piece) = pieces.recv().await {
        let piece = piece.unwrap();
        assert!(piece.len() < 128 * 1024, "a piece stays a piece");
        pieces_n += 1;
        all.extend_from_slice(&piece);
        if pieces_n == 2 {
            // What arrives meanwhile is taken in, and is in the next export.
            phone.sent(&["后来的一条"]);
        }
    }
    assert!(pieces_n > 10, "{pieces_n}");
    let rows = read(&all);
    assert_eq!(rows.len(), 56 * 90);
    let mut ids: Vec<&String> = rows.iter().map(|it| &it["意见编号"]).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "each once");
    let downloaded = world.sign_in("office").get("/api/v1/export/statements.csv");
    assert_eq!(read(&downloaded.bytes).len(), rows.len() + 1);
    let none = world.sign_in("office").get("/api/v1/export/statements.csv?from=2026-11-24");
    assert_eq!(read(&none.bytes).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_keeps_its_digits() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一"]);
    let identity = &mut draft.identity.as_mut().unwrap().value;
    identity.telephone = "013800000000".to_owned();
    identity.organisation = "@老街米粉".to_owned();
    phone.receipts(&Phone::freeze(&mut draft));
    let office = world.sign_in("office");
    let address = "/api/v1/export/visits.csv?identities=true&reason=x&machine_names=true";
    let row = read(&office.get(address).bytes).remove(0);
    assert_eq!((&*row["telephone"], &*row["organisation"]), ("\t013800000000", "'@老街米粉"));
    assert_eq!(row["respondent_kind"], "household");
    let plain = read(&office.get("/api/v1/export/visits.csv").bytes).remove(0);
    assert!(!plain.contains_key("电话") && !plain.values().any(|it| it.contains("13800000000")));
    assert_eq!(office.get("/api/v1/export/visits.csv?from=30.11.2026").problem().0, 422);
    for login in ["visitor", "section", "branch", "leader", "sysadmin"] {
        assert_eq!(world.sign_in(login).get("/api/v1/export/visits.csv").status, 403, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_at_a_person_is_on_record() {
    let world = World::start().await;
    let visit = world.phone("visitor").sent(&["一"]).id();
    let office = world.sign_in("office");
    office.get("/api/v1/export/visits.csv?identities=true&reason=%E5%9B%9E%E8%AE%BF");
    let reveal = serde_json::json!({"reason": "核对电话"});
    office.post(&format!("/api/v1/visits/{visit}/identity"), &reveal).ok();
    let auditor = world.with_account("auditor", "auditor");
    let page = auditor.get("/api/v1/audit?looks_only=true").ok();
    let lines: Vec<_> = page["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["by"].as_str().unwrap(),
                it["act"].as_str().unwrap(),
                it["object"].as_str().unwrap(),
                it["reason"].as_str().unwrap(),
            )
        })
        .collect();
    let object = format!("visit {visit}");
    assert_eq!(
        lines,
        [
            ("陈晓", "read_identity", &*object, "核对电话"),
            ("陈晓", "export", "export visits with identities", "回访"),
        ]
    );
    let all = auditor.get("/api/v1/audit").ok();
    assert!(all["lines"].as_array().unwrap().len() > 2);
    assert!(!auditor.get("/api/v1/audit").text().contains("李桂兰"));
    for login in ["office", "sysadmin", "leader", "visitor"] {
        assert_eq!(world.sign_in(login).get("/api/v1/audit").status, 403, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_to_a_person_leaves_only_with_identities() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一"]);
    draft.visit.value.call_back.how = "打 13800000000".to_owned();
    draft.visit.value.position =
        Some(domain::visit::Position { latitude: 27.25, longitude: 111.5, accuracy_m: 5.0 });
    phone.receipts(&Phone::freeze(&mut draft));
    let office = world.sign_in("office");
    let without = office.get("/api/v1/export/visits.csv").text();
    assert!(!without.contains("13800000000") && !without.contains("27.25"));
    let with = office.get("/api/v1/export/visits.csv?identities=true&reason=x").text();
    assert!(with.contains("打 13800000000") && with.contains("27.25, 111.5"));
    for file in ["statements", "issues"] {
        let address = format!("/api/v1/export/{file}.csv?identities=true&reason=x");
        assert_eq!(office.get(&address).problem(), (422, "invalid".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_beyond_belief_start_no_formula() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    for at in [i64::MAX, i64::MIN, 253_402_300_800_000] {
        let mut draft = phone.draft(&["一"]);
        draft.visit.value.started_at = at;
        phone.receipts(&Phone::freeze(&mut draft));
    }
    let rows = read(&world.sign_in("office").get("/api/v1/export/visits.csv?machine_names=true").bytes);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|it| it["started_at"].parse::<i64>().is_ok()), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_are_these() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let header = |address: &str| office.get(&format!("/api/v1/export/{address}&no_mark=true")).text();
    insta::assert_snapshot!("visits", header("visits.csv?identities=true&reason=x&machine_names=true"));
    insta::assert_snapshot!("visits_zh", header("visits.csv?identities=true&reason=x"));
    insta::assert_snapshot!("statements", header("statements.csv?machine_names=true"));
    insta::assert_snapshot!("statements_zh", header("statements.csv?"));
    insta::assert_snapshot!("issues", header("issues.csv?machine_names=true"));
    insta::assert_snapshot!("issues_zh", header("issues.csv?"));
}
