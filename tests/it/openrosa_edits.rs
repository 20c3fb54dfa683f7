//! Edits by the door for ODK Collect: a record that takes the place of another one (`deprecatedID`).

use serde_json::{Value, json};

use crate::{
    openrosa::{Collect, JPEG, assert_refused, at_the_door, only_visit, record},
    questionnaires::{csv, publish, take},
    world::{Client, World},
};

/// The record `instance` as an edit of `replaced`.
fn edit(label: &str, instance: &str, replaced: &str, people: &str) -> String {
    let twice = (people.parse::<u32>().unwrap() * 2).to_string();
    let replaces = format!("<orx:deprecatedID>uuid:{replaced}</orx:deprecatedID></orx:meta>");
    record(label, instance, people, &twice).replace("</orx:meta>", &replaces)
}

const SLIP: &[(&str, &[u8])] = &[("1700000000000.jpg", JPEG)];

/// What is answered as to how many people there are, now and in each revision.
async fn people(world: &World, office: &Client) -> (Value, Vec<Value>) {
    let visit = only_visit(world, office).await;
    let answered = visit["answered"].as_array().unwrap();
    assert_eq!(answered.len(), 1);
    assert_eq!(answered[0]["flags"], json!([]));
    let lines = answered[0]["lines"].as_array().unwrap();
    let now = lines.iter().find(|it| it["path"] == "/data/people").unwrap()["answer"].clone();
    let revisions = visit["revisions"].as_array().unwrap().iter().filter(|it| it["kind"] == "answers");
    (now, revisions.map(|it| it["said"]["answers"]["answers"]["people"].clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_supersedes_the_answers_and_overwrites_nothing() {
    let (world, office, collect, label) = at_the_door().await;
    assert_eq!(collect.submit(&record(&label, "1", "3", "6"), SLIP).status, 201);
    let second = edit(&label, "2", "1", "4");
    // In the very same moment, and an edit of an edit.
    for xml in [&second, &edit(&label, "3", "2", "5"), &second] {
        let answer = collect.submit(xml, SLIP);
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let said = people(&world, &office).await;
    assert_eq!(said, (json!("5"), vec![json!("3"), json!("4"), json!("5")]));
    let visit = only_visit(&world, &office).await;
    assert_eq!((&visit["line"]["forked"], &visit["line"]["complete"]), (&json!(false), &json!(true)));
    assert_eq!(visit["line"]["attachments_n"], 4, "the slip once, and each record as it came");
    assert_refused(&collect.submit(&edit(&label, "2", "1", "9"), SLIP), 409, "内容和这次的不一样");
    assert_eq!(people(&world, &office).await, said);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edits_of_one_record_stand_side_by_side() {
    let (world, office, collect, label) = at_the_door().await;
    for xml in [&record(&label, "1", "3", "6"), &edit(&label, "2", "1", "4"), &edit(&label, "3", "1", "5")] {
        assert_eq!(collect.submit(xml, SLIP).status, 201);
    }
    let (_, revisions) = people(&world, &office).await;
    assert_eq!(revisions, [json!("3"), json!("4"), json!("5")]);
    assert_eq!(only_visit(&world, &office).await["line"]["forked"], true, "the office sees it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_may_come_in_pieces_with_other_files() {
    let (world, office, collect, label) = at_the_door().await;
    assert_eq!(collect.submit(&record(&label, "1", "3", "6"), SLIP).status, 201);
    let retaken = edit(&label, "2", "1", "4").replace("1700000000000.jpg", "1700000000001.jpg");
    assert_eq!(collect.submit(&retaken, &[("audit.csv", b"event,node\n")]).status, 201);
    assert_eq!(
        only_visit(&world, &office).await["line"]["complete"],
        false,
        "the other slip is not here yet"
    );
    let slip = b"\xff\xd8\xff\xe0\x00\x10JFIF another slip";
    assert_eq!(collect.submit(&retaken, &[("1700000000001.jpg", slip)]).status, 201);
    let visit = only_visit(&world, &office).await;
    assert_eq!((&visit["line"]["complete"], &visit["line"]["attachments_n"]), (&json!(true), &json!(5)));
    assert_eq!(people(&world, &office).await.1, [json!("3"), json!("4")]);
}

/// The file that answers the only question for one, as it is listed.
async fn slip(world: &World, office: &Client) -> Value {
    let visit = only_visit(world, office).await;
    let lines = visit["answered"][0]["lines"].as_array().unwrap();
    let id = lines.iter().find_map(|it| it["attachment"].as_str()).unwrap();
    visit["attachments"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_of_an_old_name_may_come_after_the_answers() {
    let (world, office, collect, label) = at_the_door().await;
    assert_eq!(collect.submit(&record(&label, "1", "3", "6"), SLIP).status, 201);
    let original = slip(&world, &office).await;
    let second = edit(&label, "2", "1", "4");
    assert_eq!(collect.submit(&second, &[]).status, 201);
    assert_eq!(slip(&world, &office).await["id"], original["id"], "as long as nothing else came");
    let retaken = b"\xff\xd8\xff\xe0\x00\x10JFIF the same slip, taken once more";
    for _ in 0..2 {
        assert_eq!(collect.submit(&second, &[("1700000000000.jpg", retaken)]).status, 201);
    }
    let named = slip(&world, &office).await;
    assert_ne!(named["id"], original["id"]);
    assert_eq!(named["bytes_n"], retaken.len());
    assert_eq!(
        people(&world, &office).await.1,
        [json!("3"), json!("4"), json!("4")],
        "once, and nothing overwritten"
    );
    let visit = only_visit(&world, &office).await;
    assert_eq!((&visit["line"]["forked"], &visit["line"]["complete"]), (&json!(false), &json!(true)));

    // What is edited after that follows it.
    assert_eq!(collect.submit(&edit(&label, "3", "2", "5"), &[("1700000000000.jpg", retaken)]).status, 201);
    assert_eq!(slip(&world, &office).await["bytes_n"], retaken.len());
    // A file for what was edited since changes nothing.
    let late = b"\xff\xd8\xff\xe0\x00\x10JFIF too late";
    assert_eq!(collect.submit(&second, &[("audit.csv", late)]).status, 201);
    assert_eq!(people(&world, &office).await.0, "5");
    assert_eq!(only_visit(&world, &office).await["line"]["forked"], false);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_nothing_or_of_another_ones_is_refused_and_kept_nowhere() {
    let (world, office, collect, label) = at_the_door().await;
    assert_refused(&collect.submit(&edit(&label, "2", "1", "4"), SLIP), 409, "没有收到过");
    assert_refused(&collect.submit(&edit(&label, "2", "2", "4"), SLIP), 409, "没有收到过");
    assert_eq!(office.get("/api/v1/visits").ok()["total_n"], 0);
    assert_eq!(collect.submit(&record(&label, "1", "3", "6"), SLIP).status, 201);
    let other = Collect::of(&world, &office, "visitor2");
    assert_refused(&other.submit(&edit(&label, "2", "1", "4"), SLIP), 409, "另一个账号");
    // Answers to another form are no edit of these.
    take(&office, &csv("plain", "integer,people,几口人,,,", &[])).ok();
    publish(&office, "plain");
    let list = collect.get("/openrosa/formList?formID=plain").text();
    let plain = crate::openrosa::said(&list, "version")[0].to_owned();
    let foreign = edit(&plain, "2", "1", "4").replace("id=\"household\"", "id=\"plain\"");
    assert_refused(&collect.submit(&foreign, SLIP), 409, "没有收到过");
    assert_eq!(people(&world, &office).await, (json!("3"), vec![json!("3")]));
    // Once the original is there, the refused edit comes in.
    assert_eq!(collect.submit(&edit(&label, "2", "1", "4"), SLIP).status, 201);
    assert_eq!(people(&world, &office).await.0, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_destroyed_is_not_brought_back_by_an_edit() {
    let (world, office, collect, label) = at_the_door().await;
    assert_eq!(collect.submit(&record(&label, "1", "3", "6"), SLIP).status, 201);
    let visit = only_visit(&world, &office).await;
    let chosen = json!({"visits": [visit["line"]["id"]], "reason": "本人申请删除"});
    let proposed = office.post("/api/v1/persons/erasures", &json!({"chosen": chosen, "words": true})).ok();
    let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
    world.sign_in("approver").post(&path, &json!({"do": "approve"})).ok();
    assert_refused(&collect.submit(&edit(&label, "2", "1", "4"), SLIP), 409, "按规定删除");
    assert_eq!(only_visit(&world, &office).await["answered"], json!([]));
}
