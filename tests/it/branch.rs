//! From an issue to a branch's measures: approved wording out, minutes kept, nothing overwritten.

use domain::id::RecordId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Client, Phone, World, new_id};

const WORDING: &str = "有群众反映，个别走访没有入户，签字由他人代签。";
/// What was said, in words that no release may quote.
const WORDS: &str = "说是来看我家，车都没下，字是村里替我签的";

/// A world in which five households said the same and the office made one issue of it.
async fn with_issue() -> (World, Client, String) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let office = world.sign_in("office");
    let mut issue = String::new();
    for n in 0..5 {
        let said = said_by(&phone, &format!("李桂兰{n}"), &format!("{WORDS}{n}"));
        let act = if issue.is_empty() {
            json!({"do": "make_issue", "title": "走访流于形式", "category": "GL1"})
        } else {
            json!({"do": "join", "issue": issue})
        };
        let path = format!("/api/v1/queue/{said}/acts");
        let made = office.post(&path, &json!({"version": 0, "act": act})).ok();
        made["issue"]["id"].as_str().unwrap_or(&issue.clone()).clone_into(&mut issue);
    }
    (world, office, issue)
}

/// A statement of someone met on the spot.
fn said_by(phone: &Phone, name: &str, words: &str) -> RecordId {
    let mut draft = phone.draft(&[words]);
    name.clone_into(&mut draft.identity.as_mut().unwrap().value.name);
    phone.receipts(&Phone::freeze(&mut draft));
    draft.statements[0].id
}

fn release(office: &Client, issue: &str, unit: &Value, wording: &str) -> Value {
    let new = json!({"units": [unit], "title": "走访流于形式，签字代签", "wording": wording});
    office.post(&format!("/api/v1/issues/{issue}/releases"), &new).ok()
}

/// A released issue on the agenda of a meeting that the branch has just begun.
async fn with_meeting() -> (World, Client, Value) {
    let (world, office, issue) = with_issue().await;
    let released = release(&office, &issue, &json!(world.units[2]), WORDING);
    world.approve_all();
    let branch = world.sign_in("branch");
    let header = json!({"held_on": "2026-11-23", "title": "大讨论", "due_n": 11, "present_n": 9});
    let new = json!({
        "id": new_id(), "header": header, "releases": [released["releases"][0]["id"]],
    });
    let meeting = branch.post("/api/v1/meetings", &new).ok();
    // As after a lost answer: the same meeting, not another.
    assert_eq!(branch.post("/api/v1/meetings", &new).ok()["id"], meeting["id"]);
    (world, branch, meeting)
}

fn item_path(meeting: &Value) -> String {
    let (meeting, item) = (meeting["id"].as_str().unwrap(), meeting["items"][0]["id"].as_str().unwrap());
    format!("/api/v1/meetings/{meeting}/items/{item}")
}

fn discussion(state: &str, measure: Uuid) -> Value {
    json!({
        "state": state, "cause": "一人包联户数过多",
        "points": [{"speaker": "王", "text": "先把包联户数降下来。"}],
        "measures": [{
            "id": measure, "what": "每月抽两户电话回访，核对签字", "leader": "副局长", "person": "李梅",
            "by_when": "2026-12-05", "proof": "回访记录齐全",
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_gives_no_speaker_away() {
    let (world, office, issue) = with_issue().await;
    let unit = json!(world.units[2]);
    let refused = release(&office, &issue, &unit, "有人说车都没下，字是村里替我签的；李桂兰0家也是。");
    let rules: Vec<&str> =
        refused["objections"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert_eq!((&refused["outcome"], rules), (&json!("refused"), vec!["quote", "name"]));
    assert_eq!(refused["objections"][0]["words"], "车都没下，字是村里替我签的");
    let path = format!("/api/v1/issues/{issue}/releases");
    assert_eq!(office.get(&path).ok(), json!([]));

    assert_eq!(release(&office, &issue, &unit, WORDING)["outcome"], "proposed");
    world.approve_all();
    let seen = world.sign_in("branch").get("/api/v1/releases");
    let text = seen.text();
    assert!(!text.contains(&issue) && !text.contains("李桂兰") && !text.contains("车都没下"), "{text}");
    let released = &seen.ok()[0];
    assert_eq!((&released["n_said"], &released["month"]), (&json!(5), &json!("2026-11")));
    // A time-ordered id would lead back to a visit.
    assert_eq!(crate::world::id_of(&released["id"]).get_version_num(), 4);

    let path = format!("/api/v1/releases/{}/withdrawal", released["id"].as_str().unwrap());
    assert_eq!(office.post(&path, &json!({"reason": " "})).problem(), (422, "invalid".to_owned()));
    office.post(&path, &json!({"reason": "措辞再核"})).ok();
    assert_eq!(world.sign_in("branch").get("/api/v1/releases").ok(), json!([]));
    let listed = office.get(&format!("/api/v1/issues/{issue}/releases")).ok();
    assert_eq!((&listed[0]["state"], &listed[0]["withdrawn"]), (&json!("taken_back"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_behind_an_issue_are_never_released() {
    let world = World::start().await;
    let said = world.phone("visitor").sent(&[WORDS]).statements[0].id;
    let office = world.sign_in("office");
    let act = json!({"do": "make_issue", "title": "走访流于形式", "category": "GL1"});
    let made = office.post(&format!("/api/v1/queue/{said}/acts"), &json!({"version": 0, "act": act})).ok();
    let path = format!("/api/v1/issues/{}/releases", made["issue"]["id"].as_str().unwrap());
    let mut new = json!({"units": [world.units[2]], "title": "走访流于形式", "wording": WORDING});
    let too_few = json!([{"rule": "too_few", "words": ""}]);
    assert_eq!(office.post(&path, &new).ok()["objections"], too_few);
    new["despite_few"] = json!("已征得本人同意");
    assert_eq!(office.post(&path, &new).ok()["objections"], too_few, "no reason overrules it");
    let read = office.get(&path.replace("/releases", "/proposals")).ok();
    assert_eq!(
        (&read["group"], &read["least"]),
        (&json!({"households": 1, "firms": 0}), &json!({"households": 5, "firms": 3}))
    );
    // Sections do not discuss.
    new["units"] = json!([world.units[0]]);
    assert_eq!(office.post(&path, &new).problem(), (422, "invalid".to_owned()));
    assert_eq!(world.sign_in("section").post(&path, &new).status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_approves_or_returns() {
    let (world, office, issue) = with_issue().await;
    let unit = json!(world.units[2]);
    let path = format!("/api/v1/issues/{issue}/releases");
    let proposals = format!("/api/v1/issues/{issue}/proposals");
    let decision = |it: &Value| format!("/api/v1/releases/{}/decision", it["id"].as_str().unwrap());
    let first = decision(&release(&office, &issue, &unit, WORDING)["releases"][0]);
    let (branch, approver) = (world.sign_in("branch"), world.sign_in("approver"));
    assert_eq!(branch.get("/api/v1/releases").ok(), json!([]));
    assert_eq!(world.sign_in("leader").get(&path).ok(), json!([]));
    assert_eq!(office.get(&proposals).ok()["proposals"][0]["own"], true);
    assert_eq!(office.post(&first, &json!({"do": "approve"})).status, 403);
    assert_eq!(approver.post(&first, &json!({"do": "return", "reason": " "})).problem().0, 422);
    approver.post(&first, &json!({"do": "return", "reason": "再概括些"})).ok();
    assert_eq!(approver.post(&first, &json!({"do": "approve"})).problem(), (404, "not_found".to_owned()));
    let listed = office.get(&proposals).ok();
    assert_eq!(
        (&listed["proposals"][0]["release"]["state"], &listed["proposals"][0]["returned"]),
        (&json!("returned"), &json!("再概括些"))
    );
    // A returned one stands in no one's way, and leaves no gap in what the branch counts.
    release(&office, &issue, &unit, WORDING);
    world.approve_all();
    let seen = branch.get("/api/v1/releases");
    assert!(!seen.text().contains("再概括些") && !seen.text().contains(&issue));
    assert_eq!((seen.ok().as_array().unwrap().len(), &seen.ok()[0]["number"]), (1, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_proposed_cannot_approve_in_another_role_either() {
    let (world, office, issue) = with_issue().await;
    let id = release(&office, &issue, &json!(world.units[2]), WORDING)["releases"][0]["id"].clone();
    let path = format!("/api/v1/releases/{}/decision", id.as_str().unwrap());
    let me = office.get("/api/v1/session").ok()["account"].clone();
    let form = json!({"name": "陈晓", "role": "approver", "unit": me["unit"]["id"]});
    world.sign_in("sysadmin").put(&format!("/api/v1/accounts/{}", me["id"].as_str().unwrap()), &form).ok();
    let me = world.sign_in("office");
    assert_eq!(me.get("/api/v1/proposals").ok()[0]["own"], true);
    assert_eq!(me.post(&path, &json!({"do": "approve"})).problem(), (403, "forbidden".to_owned()));
    // By then too few stand behind it.
    let read = me.get(&format!("/api/v1/issues/{issue}")).ok();
    let statements = read["statements"].as_array().unwrap().clone();
    let office = world.sign_in("office2");
    let leave = |it: &Value| {
        let path = format!("/api/v1/queue/{}", it["id"].as_str().unwrap());
        let version = office.get(&path).ok()["version"].clone();
        office.post(&format!("{path}/acts"), &json!({"version": version, "act": {"do": "leave"}})).ok();
    };
    leave(&statements[0]);
    let refused = world.sign_in("approver").post(&path, &json!({"do": "approve"}));
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("group")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_household_met_five_times_is_few() {
    let world = World::start().await;
    let (phone, elsewhere) = (world.phone("visitor"), world.phone("visitor2"));
    let office = world.sign_in("office");
    let mut said: Vec<RecordId> = (0..5).map(|n| said_by(&phone, "李桂兰", &format!("{WORDS}{n}"))).collect();
    let first = said.remove(0);
    let make = json!({"do": "make_issue", "title": "走访流于形式", "category": "GL1"});
    let made = office.post(&format!("/api/v1/queue/{first}/acts"), &json!({"version": 0, "act": make})).ok();
    let issue = made["issue"]["id"].as_str().unwrap().to_owned();
    let join = |said: RecordId| {
        let act = json!({"version": 0, "act": {"do": "join", "issue": issue}});
        office.post(&format!("/api/v1/queue/{said}/acts"), &act).ok();
    };
    said.into_iter().for_each(join);
    let read = office.get(&format!("/api/v1/issues/{issue}")).ok();
    assert_eq!((&read["n_said"], &read["n_households"]), (&json!(5), &json!(1)));
    let unit = json!(world.units[2]);
    let few = json!([{"rule": "few", "words": ""}]);
    let too_few = json!([{"rule": "too_few", "words": ""}]);
    assert_eq!(release(&office, &issue, &unit, WORDING)["objections"], too_few);

    // Five households told one section, a sixth another: whoever told that one alone stands out there.
    (1..5).for_each(|n| join(said_by(&phone, &format!("赵家{n}"), &format!("{WORDS}又{n}"))));
    let sixth = said_by(&elsewhere, "孙家", WORDS);
    assert_eq!(release(&office, &issue, &unit, WORDING)["outcome"], "proposed");
    withdraw_all(&office, &issue);
    join(sixth);
    assert_eq!(release(&office, &issue, &unit, WORDING)["objections"], few);
}

fn withdraw_all(office: &Client, issue: &str) {
    for release in office.get(&format!("/api/v1/issues/{issue}/releases")).ok().as_array().unwrap() {
        let path = format!("/api/v1/releases/{}/withdrawal", release["id"].as_str().unwrap());
        office.post(&path, &json!({"reason": "措辞再核"})).ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_has_one_release_of_an_issue_that_stands() {
    let (world, office, issue) = with_issue().await;
    let unit = json!(world.units[2]);
    let first = release(&office, &issue, &unit, WORDING);
    // As after a lost answer: the same one, not another.
    assert_eq!(release(&office, &issue, &unit, WORDING), first);
    let new = json!({"units": [unit], "title": "走访流于形式", "wording": WORDING});
    let path = format!("/api/v1/issues/{issue}/releases");
    assert_eq!(office.post(&path, &new).problem(), (409, "taken".to_owned()));
    assert_eq!(office.get(&path).ok().as_array().unwrap().len(), 1);
    withdraw_all(&office, &issue);
    assert_eq!(office.post(&path, &new).ok()["outcome"], "proposed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_is_read_in_no_open_meeting() {
    let (world, branch, meeting) = with_meeting().await;
    let release = meeting["items"][0]["release"]["id"].as_str().unwrap();
    let path = format!("/api/v1/releases/{release}/withdrawal");
    world.sign_in("office").post(&path, &json!({"reason": "措辞再核"})).ok();
    let path = format!("/api/v1/meetings/{}", meeting["id"].as_str().unwrap());
    let read = branch.get(&path);
    assert!(!read.text().contains("走访流于形式") && !read.text().contains("签字由他人代签"));
    assert_eq!(read.ok()["items"][0]["release"]["state"], "taken_back");
    world.later(60_000);
    let closed = branch.post(&format!("{path}/closing"), &json!({"version": meeting["version"]}));
    assert!(!closed.text().contains("走访流于形式"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_recorders_overwrite_nothing() {
    let (world, branch, meeting) = with_meeting().await;
    let other = world.sign_in("branch");
    let path = item_path(&meeting);
    let measure = new_id();
    let first = json!({"version": 1, "discussion": discussion("discussing", measure)});
    let noted = branch.put(&path, &first).ok();
    assert_eq!(noted["items"][0]["version"], 2);
    let late = other.put(&path, &json!({"version": 1, "discussion": {"state": "agreed"}}));
    assert_eq!(late.problem(), (409, "conflict".to_owned()));
    let read = branch.get(&format!("/api/v1/meetings/{}", meeting["id"].as_str().unwrap())).ok();
    assert_eq!(read["items"][0]["discussion"]["cause"], "一人包联户数过多");
    assert_eq!(read["items"][0]["discussion"]["measures"][0]["id"], json!(measure));

    // A full name, or an item with something noted taken off the agenda.
    let mut named = discussion("discussing", measure);
    named["points"][0]["speaker"] = json!("王小明");
    assert_eq!(branch.put(&path, &json!({"version": 2, "discussion": named})).problem().0, 422);
    let agenda = format!("/api/v1/meetings/{}/agenda", meeting["id"].as_str().unwrap());
    let emptied = json!({"version": read["version"], "releases": []});
    assert_eq!(branch.put(&agenda, &emptied).problem(), (422, "invalid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_are_seen_through() {
    let (world, branch, meeting) = with_meeting().await;
    let (path, measure) = (item_path(&meeting), new_id());
    branch.put(&path, &json!({"version": 1, "discussion": discussion("discussing", measure)})).ok();
    assert_eq!(branch.get("/api/v1/measures").ok()["measures_n"], 0, "not agreed on yet");
    branch.put(&path, &json!({"version": 2, "discussion": discussion("agreed", measure)})).ok();
    let listed = branch.get("/api/v1/measures").ok();
    assert_eq!((&listed["measures_n"], &listed["overdue_n"]), (&json!(1), &json!(0)));
    assert_eq!(listed["measures"][0].get("issue"), None, "a branch sees no issue");
    let issue = world.sign_in("leader").get("/api/v1/measures").ok()["measures"][0]["issue"].clone();
    let of_issue = format!("/api/v1/measures?issue={}", issue.as_str().unwrap());
    assert_eq!(world.sign_in("leader").get(&of_issue).ok()["measures_n"], 1);
    assert_eq!(branch.get(&of_issue).status, 403, "a branch asks for no issue");
    // The section that heard it sees what comes of it, another does not.
    assert_eq!(world.sign_in("section").get("/api/v1/measures").ok()["measures_n"], 1);
    let form = json!({"name": "孙股长", "role": "section", "unit": world.units[1]});
    let elsewhere = world.sign_in("section").get("/api/v1/session").ok()["account"]["id"].clone();
    world.sign_in("sysadmin").put(&format!("/api/v1/accounts/{}", elsewhere.as_str().unwrap()), &form).ok();
    assert_eq!(world.sign_in("section").get("/api/v1/measures").ok()["measures_n"], 0);

    world.later(13 * 24 * 60 * 60 * 1_000);
    assert_eq!(world.sign_in("branch").get("/api/v1/measures?overdue=true").ok()["overdue_n"], 1);
    let branch = world.sign_in("branch");
    let progress = json!({"id": new_id(), "version": 1, "state": "done", "note": "已回访 20 户"});
    let path = format!("/api/v1/measures/{measure}/progress");
    let done = branch.post(&path, &progress).ok();
    assert_eq!((&done["state"], &done["overdue"]), (&json!("done"), &json!(false)));
    // As after a lost answer.
    assert_eq!(branch.post(&path, &progress).ok()["progress"].as_array().unwrap().len(), 1);
    let late = json!({"id": new_id(), "version": 1, "state": "planned"});
    assert_eq!(branch.post(&path, &late).problem(), (409, "conflict".to_owned()));
    assert_eq!(world.sign_in("office").post(&path, &late).status, 403);
    let csv = world.sign_in("office").get("/api/v1/export/issues.csv").text();
    assert!(csv.contains("每月抽两户电话回访，核对签字") && csv.contains("一人包联户数过多"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_minutes_change_no_more() {
    let (world, branch, meeting) = with_meeting().await;
    let path = format!("/api/v1/meetings/{}", meeting["id"].as_str().unwrap());
    let closing = json!({"version": meeting["version"]});
    branch.post(&format!("{path}/closing"), &closing).ok();
    let late = json!({"version": 1, "discussion": {"state": "agreed"}});
    assert_eq!(branch.put(&item_path(&meeting), &late).problem(), (410, "gone".to_owned()));
    assert_eq!(branch.post(&format!("{path}/closing"), &closing).problem().0, 410);
    // Minutes are read by those who read what was released, and by nobody else.
    assert_eq!(world.sign_in("leader").get(&path).status, 200);
    assert_eq!(world.sign_in("section").get(&path).status, 403);
    let change = json!({"version": 2, "header": meeting["header"]});
    assert_eq!(world.sign_in("office").put(&path, &change).status, 403);
}

/// One statement in one unit: whoever reads no visits is not told its kind nor its week.
fn few_of_a_kind_and_of_a_week_are_left_out(world: &World, office: &Client, leader: &Client) {
    let other = format!("/api/v1/figures?unit={}", world.units[1]);
    let kinds = |figures: &Value| {
        let all = figures["kinds"].as_array().unwrap().clone();
        all.iter().map(|it| it["n"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let (all, few) = (office.get(&other).ok(), leader.get(&other).ok());
    assert_eq!((kinds(&all), &all["few_kinds_n"]), (vec![1, 0, 0, 0, 0], &json!(0)));
    assert_eq!((kinds(&few), &few["few_kinds_n"]), (vec![0, 0, 0, 0], &json!(1)));
    let week = json!([{"monday": "2026-11-23", "visits_n": 1, "problems_n": 1}]);
    assert_eq!((&all["weeks"], &few["weeks"]), (&week, &json!([{"monday": "2026-11-23", "visits_n": 1}])));
    assert_eq!(leader.get("/api/v1/figures").ok()["weeks"], office.get("/api/v1/figures").ok()["weeks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_count_what_stands() {
    let (world, office, _) = with_issue().await;
    let phone = world.phone("visitor2");
    let mut draft = phone.sent(&["记错了"]);
    draft.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&crate::world::Phone::freeze(&mut draft));
    let figures = office.get("/api/v1/figures").ok();
    assert_eq!((&figures["visits_n"], &figures["statements_n"]), (&json!(5), &json!(5)));
    assert_eq!(figures["categories"], json!([{"category": "GL1", "n": 5}]));
    assert_eq!(figures["weeks"].as_array().unwrap().len(), 1);
    assert_eq!(office.get("/api/v1/figures?from=2026-11-24&to=2026-11-30").ok()["visits_n"], 0);
    assert_eq!(office.get("/api/v1/figures?from=gestern").problem(), (422, "invalid".to_owned()));
    // Whoever reads no visits is not told what very few said in a few days.
    let lone = said_by(&phone, "孙家", "电话没人接");
    let sort = json!({"version": 0, "act": {"do": "sort", "kind": "problem", "category": "GL5"}});
    office.post(&format!("/api/v1/queue/{lone}/acts"), &sort).ok();
    let leader = world.sign_in("leader");
    let few = leader.get("/api/v1/figures?from=2026-11-20&to=2026-11-24").ok();
    assert_eq!((&few["categories"], &few["few_n"]), (&json!([{"category": "GL1", "n": 5}]), &json!(1)));
    assert_eq!(leader.get("/api/v1/figures").ok()["few_n"], 0);
    few_of_a_kind_and_of_a_week_are_left_out(&world, &office, &leader);
    assert_eq!(office.get("/api/v1/figures?from=2026-11-20&to=2026-11-24").ok()["few_n"], 0);
    let mut withdrawn = phone.sent(&["又记错了"]);
    withdrawn.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut withdrawn));
    let figures = office.get("/api/v1/figures").ok();
    // What a number opens is what it counts.
    assert_eq!(office.get("/api/v1/visits").ok()["total_n"], 8);
    assert_eq!(
        (&figures["visits_n"], figures["visits_n"].as_u64()),
        (&office.get("/api/v1/visits?counted=true").ok()["total_n"], Some(6))
    );
    assert_eq!(
        office.get("/api/v1/visits?counted=true&answered=true").ok()["total_n"],
        figures["answered_n"]
    );
    // A section sees its own unit whatever it asks for.
    let other = format!("/api/v1/figures?unit={}", world.units[1]);
    assert_eq!(world.sign_in("section").get(&other).ok()["visits_n"], 5);
    assert_eq!(world.sign_in("branch").get("/api/v1/figures").status, 403);
}
