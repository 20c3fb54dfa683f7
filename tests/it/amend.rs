//! Amendments: what is counted, shown and ticked off follows the latest revision.

use domain::{
    draft::Draft,
    id::{AssignmentId, RespondentId},
    statement::Kind,
};
use serde_json::{Value, json};

use crate::world::{Client, NOW, Phone, World, id_of};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A respondent on the list, assigned to the units of these numbers; answers its id and the assignments'.
fn assigned(world: &World, units: &[usize]) -> (Value, Vec<Value>) {
    let office = world.sign_in("office");
    let form = json!({"kind": "household", "name": "李桂兰", "place": "李家坳村", "organisation": "",
        "telephone": "", "address": "", "id_number": "", "unit": world.units[0]});
    office.post("/api/v1/respondents", &form).ok();
    let respondent = office.get("/api/v1/respondents").ok()["respondents"][0]["id"].clone();
    let mut assignments = Vec::new();
    for unit in units {
        let unit = world.units[*unit];
        let assign = json!({"respondents": [respondent], "unit": unit, "due_on": "2026-11-27"});
        office.post("/api/v1/assignments", &assign).ok();
        assignments.push(office.get(&format!("/api/v1/assignments?unit={unit}")).ok()[0]["id"].clone());
    }
    (respondent, assignments)
}

fn visit_to(phone: &Phone, respondent: &Value, assignment: &Value) -> Draft {
    let mut draft = phone.draft(&["没有意见"]);
    let identity = &mut draft.identity.as_mut().unwrap().value;
    identity.respondent = Some(RespondentId(id_of(respondent)));
    identity.assignment = Some(AssignmentId(id_of(assignment)));
    draft
}

fn done(office: &Client, n: usize, world: &World) -> Value {
    office.get(&format!("/api/v1/assignments?unit={}", world.units[n])).ok()[0]["done"].clone()
}

/// The changes since a cursor, which moves on.
fn pull(phone: &Phone, cursor: &mut String) -> Vec<Value> {
    let page = phone.client.get(&format!("/api/v1/changes?cursor={cursor}")).ok();
    page["cursor"].as_str().unwrap().clone_into(cursor);
    page["changes"].as_array().unwrap().clone()
}

fn visits_in_month(changes: &[Value]) -> &Value {
    &changes.iter().find(|it| it["kind"] == "respondent").unwrap()["respondent"]["visits_in_month"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_visit_opens_its_assignment_and_every_unit_hears_the_count() {
    let world = World::start().await;
    let (respondent, assignments) = assigned(&world, &[0, 1]);
    let (phone, other, office) = (world.phone("visitor"), world.phone("visitor2"), world.sign_in("office"));
    let mut draft = visit_to(&phone, &respondent, &assignments[0]);
    let (mut cursor, mut others) = (String::new(), String::new());
    pull(&phone, &mut cursor);
    pull(&other, &mut others);
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!((done(&office, 0, &world), done(&office, 1, &world)), (json!(true), json!(false)));
    // The other unit is assigned to them too, and holds their card.
    assert_eq!(visits_in_month(&pull(&other, &mut others)), 1);
    pull(&phone, &mut cursor);
    draft.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(done(&office, 0, &world), false);
    let changes = pull(&phone, &mut cursor);
    assert_eq!(visits_in_month(&changes), 0);
    assert!(changes.iter().any(|it| it["kind"] == "assignment" && it["assignment"]["done"] == false));
    assert_eq!(visits_in_month(&pull(&other, &mut others)), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_visit_of_the_unit_to_the_respondent_ticks_off() {
    let world = World::start().await;
    let (respondent, assignments) = assigned(&world, &[0, 1]);
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let mut of_another_unit = visit_to(&phone, &respondent, &assignments[1]);
    phone.receipts(&Phone::freeze(&mut of_another_unit));
    let mut to_another = visit_to(&phone, &json!(crate::world::new_id()), &assignments[0]);
    phone.receipts(&Phone::freeze(&mut to_another));
    assert_eq!((done(&office, 0, &world), done(&office, 1, &world)), (json!(false), json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_made_unnamed_later_shows_nobody_and_named_again_shows_them() {
    let world = World::start().await;
    let (respondent, assignments) = assigned(&world, &[0]);
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let mut draft = visit_to(&phone, &respondent, &assignments[0]);
    phone.receipts(&Phone::freeze(&mut draft));
    let path = format!("/api/v1/visits/{}/identity", draft.id());
    let reveal = || office.post(&path, &json!({"reason": "回访"})).ok()["identity"].clone();
    let export =
        || office.get("/api/v1/export/visits.csv?identities=true&reason=x").text().contains("李桂兰");
    assert_eq!((reveal()["name"].as_str(), export()), (Some("李桂兰"), true));
    let identity = draft.identity.take();
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!((reveal(), export()), (Value::Null, false));
    assert_eq!(done(&office, 0, &world), false);
    // The name itself is sent no second time.
    draft.identity = identity;
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!((reveal()["name"].as_str(), done(&office, 0, &world)), (Some("李桂兰"), json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_and_the_kind_follow_an_amendment_until_the_office_decides() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let mut draft = phone.sent(&["办事跑了三趟"]);
    let kind = || {
        let csv = office.get("/api/v1/export/statements.csv?machine_names=true&no_mark=true").bytes;
        let mut reader = csv::Reader::from_reader(&*csv);
        let column = reader.headers().unwrap().iter().position(|it| it == "kind").unwrap();
        reader.records().next().unwrap().unwrap()[column].to_owned()
    };
    draft.visit.value.started_at = NOW - 3 * DAY_MS;
    draft.statements[0].value.kind = Kind::Suggestion;
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(office.get("/api/v1/visits").ok()["visits"][0]["day"], "2026-11-20");
    assert_eq!(kind(), "suggestion");
    let act = json!({"version": 0, "act": {"do": "sort", "kind": "request"}});
    office.post(&format!("/api/v1/queue/{}/acts", draft.statements[0].id), &act).ok();
    draft.statements[0].value.kind = Kind::Praise;
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(kind(), "request");
}
