//! What was answered last: told to whoever is to visit that respondent again, and to nobody else.

use domain::{draft::Draft, id::RespondentId};
use serde_json::{Value, json};

use crate::{
    answers::send,
    questionnaires::{csv, publish, take},
    world::{Answer, Client, Phone, World, id_of},
};

/// Reads how many people there were, the roof, and nothing else.
const SURVEY: &str = "integer,people,家里几口人,,,
    text,secret,别人不看的,,,
    text,roof,屋顶,,,
    calculate,before,,,${last-saved#people},
    note,seen,上次屋顶：${last-saved#roof},,,";
const CANARY: &str = "金丝雀上次的回答";
const MINUTE_MS: i64 = 60_000;

/// A household, a questionnaire that reads the last visit, and the version of it.
struct Journey {
    world: World,
    office: Client,
    household: Value,
    version: String,
    /// Visits, each a minute after the one before.
    visits_n: std::cell::Cell<i64>,
}

impl Journey {
    async fn begin() -> Self {
        let world = World::start().await;
        let office = world.sign_in("office");
        let form = json!({"kind": "household", "name": "李桂兰", "place": "李家坳村"});
        office.post("/api/v1/respondents", &form).ok();
        let household = office.get("/api/v1/respondents").ok()["respondents"][0]["id"].clone();
        take(&office, &csv("household", SURVEY, &[])).ok();
        let version = publish(&office, "household");
        Self { world, office, household, version, visits_n: std::cell::Cell::default() }
    }

    fn assign(&self, unit: usize) {
        let unit = self.world.units[unit];
        let assign = json!({"respondents": [self.household], "unit": unit, "due_on": "2026-11-27"});
        assert_eq!(self.office.post("/api/v1/assignments", &assign).ok()["assigned_n"], 1);
    }

    /// A visit to the household in which something is answered; it is of no assignment.
    fn visited(&self, phone: &Phone, answers: Value) -> Draft {
        let mut draft = phone.draft(&["没有意见"]);
        draft.identity.as_mut().unwrap().value.respondent = Some(RespondentId(id_of(&self.household)));
        draft.visit.value.started_at += self.visits_n.replace(self.visits_n.get() + 1) * MINUTE_MS;
        phone.receipts(&Phone::freeze(&mut draft));
        send(phone, &draft, &self.version, answers);
        draft
    }

    fn destroy(&self, draft: &Draft, words: bool) {
        let new = json!({"chosen": {"visits": [draft.id()], "reason": "本人申请删除"}, "words": words});
        let proposed = self.office.post("/api/v1/persons/erasures", &new).ok();
        let path = format!("/api/v1/persons/erasures/{}/decision", proposed["id"].as_str().unwrap());
        self.world.sign_in("approver").post(&path, &json!({"do": "approve"})).ok();
    }
}

fn told(client: &Client) -> Value {
    client.get("/api/v1/last-answers").ok()
}

fn people(client: &Client) -> Vec<Value> {
    told(client).as_array().unwrap().iter().map(|it| it["answers"]["people"].clone()).collect()
}

fn again(client: &Client, told: &Answer) -> Answer {
    let tag = told.headers["etag"].to_str().unwrap();
    client.send("GET", "/api/v1/last-answers", &[("if-none-match", tag)], Vec::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_to_visit_again_is_told_what_the_questionnaire_reads_and_nothing_else() {
    let it = Journey::begin().await;
    let phone = it.world.phone("visitor");
    let given = json!({"people": "3", "secret": CANARY, "roof": "瓦", "odd": CANARY});
    let draft = it.visited(&phone, given);
    let other = it.world.sign_in("visitor2");
    for client in [&phone.client, &other, &it.office] {
        assert_eq!(told(client), json!([]), "nobody is to visit them");
    }
    it.assign(1);
    let answer = other.get("/api/v1/last-answers");
    let expected = json!([{
        "respondent": it.household, "questionnaire": "household", "visit": draft.id(),
        "started_at": draft.visit.value.started_at, "answers": {"people": "3", "roof": "瓦"},
    }]);
    assert_eq!(answer.ok(), expected);
    assert!(!answer.text().contains(CANARY) && !answer.text().contains("没有意见"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(told(&phone.client), json!([]), "of another unit, though it is their own");
    assert_eq!(told(&it.office), json!([]), "of no unit's assignments");

    // What has not changed is not opened again, and each time that it was is on record.
    assert_eq!((again(&other, &answer).status, again(&other, &answer).text()), (304, String::new()));
    let acts = it.world.with_account("auditor", "auditor").get("/api/v1/audit").ok()["lines"].clone();
    let acts = acts.as_array().unwrap();
    assert_eq!(acts.iter().filter(|it| it["act"] == "tell_last_answers").count(), 1, "{acts:?}");
    it.visited(&phone, json!({"people": "4"}));
    assert_eq!(again(&other, &answer).ok()[0]["answers"], json!({"people": "4"}));

    let closed = |closed: bool| {
        let path = "/api/v1/questionnaires/household/offering";
        assert_eq!(it.office.put(path, &json!({ "closed": closed })).status, 204);
    };
    closed(true);
    assert_eq!(told(&other), json!([]), "no questionnaire asks for it");
    closed(false);
    assert_eq!(people(&other), ["4"]);
    let unit = it.world.units[1];
    let assignment = it.office.get(&format!("/api/v1/assignments?unit={unit}")).ok()[0]["id"].clone();
    it.office.delete(&format!("/api/v1/assignments/{}", assignment.as_str().unwrap())).ok();
    assert_eq!(told(&other), json!([]), "they are not to visit them any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_open_version_reads_is_told_as_far_as_it_has_a_place_for_it() {
    let it = Journey::begin().await;
    it.visited(&it.world.phone("visitor"), json!({"people": "3", "roof": "瓦", "secret": "x"}));
    it.assign(1);
    let other = it.world.sign_in("visitor2");
    let version = |survey: &str| {
        take(&it.office, &csv("household", survey, &["tiles"])).ok();
        publish(&it.office, "household");
        told(&other)
    };
    // Another question reads it, another kind, and one that is new.
    let next = version(
        "select_one l,roof,屋顶,,,
        text,garden,院子,,,
        calculate,before,,,${last-saved#roof} + ${last-saved#garden},",
    );
    assert_eq!(next[0]["answers"], json!({"roof": "瓦"}));
    // Nothing that it reads was asked before.
    let next = version("text,garden,院子,,,\ncalculate,before,,,${last-saved#garden},");
    assert_eq!(next[0]["answers"], json!({}));
    assert_eq!(version("text,garden,院子,,,"), json!([]), "it reads nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_that_do_not_stand_are_not_told_of() {
    let it = Journey::begin().await;
    let phone = it.world.phone("visitor");
    let visits: Vec<Draft> = (1..=6).map(|n| it.visited(&phone, json!({"people": n.to_string()}))).collect();
    it.assign(1);
    let other = it.world.sign_in("visitor2");
    assert_eq!(people(&other), ["6"], "the last one alone");

    let mut withdrawn = visits[5].clone();
    withdrawn.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut withdrawn));
    assert_eq!(people(&other), ["5"]);

    it.destroy(&visits[4], true);
    assert_eq!(people(&other), ["4"], "its words were destroyed");
    it.destroy(&visits[3], false);
    assert_eq!(people(&other), ["3"], "whose it was was destroyed");

    let statement = visits[2].statements[0].id;
    let new = json!({"statements": [statement], "reason": "涉及某人"});
    let proposed = it.office.post("/api/v1/handovers", &new).ok();
    assert_eq!(people(&other), ["2"], "it may be the discipline group's");
    let decision = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
    it.world.sign_in("approver").post(&decision, &json!({"do": "return", "reason": "不涉及"})).ok();
    assert_eq!(people(&other), ["3"], "it is not");

    let household = it.household.as_str().unwrap();
    it.office.delete(&format!("/api/v1/respondents/{household}")).ok();
    assert_eq!(told(&other), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_of_ones_own_ends_it() {
    let it = Journey::begin().await;
    it.visited(&it.world.phone("visitor"), json!({"people": "3"}));
    it.assign(1);
    let phone = it.world.phone("visitor2");
    assert_eq!(people(&phone.client), ["3"]);
    let unit = it.world.units[1];
    let assignment = it.office.get(&format!("/api/v1/assignments?unit={unit}")).ok()[0]["id"].clone();
    let mut draft = phone.draft(&["没有意见"]);
    let identity = &mut draft.identity.as_mut().unwrap().value;
    identity.respondent = Some(RespondentId(id_of(&it.household)));
    identity.assignment = Some(domain::id::AssignmentId(id_of(&assignment)));
    phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(told(&phone.client), json!([]), "there is nothing left to do");
}
