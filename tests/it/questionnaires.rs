//! Questionnaires: from a file to a published version that never changes.

use domain::envelope::Hash;
use serde_json::{Value, json};

use crate::world::{Answer, Client, World};

/// A form of CSV: its survey below its settings, and the list `l` where choices are named.
pub fn csv(id: &str, survey: &str, choices: &[&str]) -> String {
    let rows = |text: &str| text.lines().map(|it| format!(",{}\n", it.trim())).collect::<String>();
    let mut form = format!("survey\n,type,name,label,relevant,calculation,required\n{}", rows(survey));
    if !choices.is_empty() {
        form.push_str("choices\n,list_name,name,label\n");
        for it in choices {
            form.push_str(&format!(",l,{it},{}\n", it.to_uppercase()));
        }
    }
    form + &format!("settings\n,form_id,form_title\n,{id},入户问卷\n")
}

pub fn take(office: &Client, form: &str) -> Answer {
    let headers = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/questionnaires/drafts", &headers, form.as_bytes().to_vec())
}

/// The same in the place of what stands unpublished.
pub fn replace(office: &Client, form: &str) -> Value {
    let asked = take(office, form).ok();
    let upon = asked["stands"]["draft"].as_str().unwrap();
    let headers = [("content-type", "application/octet-stream")];
    let path = format!("/api/v1/questionnaires/drafts?upon={upon}");
    office.send("POST", &path, &headers, form.as_bytes().to_vec()).ok()
}

/// Publishes what waits to be; answers the version's hash.
pub fn publish(office: &Client, id: &str) -> String {
    let shown = office.get(&format!("/api/v1/questionnaires/{id}/questions")).ok();
    let publication = json!({"draft": shown["draft"], "respondent_kinds": ["household"]});
    let answer = office.post(&format!("/api/v1/questionnaires/{id}/versions"), &publication);
    assert_eq!(answer.status, 204, "{}", answer.text());
    let kept = office.get("/api/v1/questionnaires/kept").ok();
    let kept = kept.as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
    kept["version"].as_str().unwrap().to_owned()
}

const FIRST: &str = "integer,people,家里几口人,,,yes
    text,why,为什么,${people} = 0,,
    calculate,twice,,,${people} * 2,";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_errors_is_answered_with_where_and_what_to_write() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let wrong = csv("household", "intger,people,家里几口人,,,\ntext,why,为什么,${nobody} = 1,,", &[]);
    let taken = take(&office, &wrong).ok();
    assert!(taken["id"].is_null());
    let faults = taken["faults"].as_array().unwrap();
    let places: Vec<_> =
        faults.iter().map(|it| (&it["sheet"], &it["row"], &it["column"], &it["code"])).collect();
    assert_eq!(
        places,
        [
            (&json!("survey"), &json!(3), &json!("type"), &json!("unknown_type")),
            (&json!("survey"), &json!(4), &json!("relevant"), &json!("unknown_reference")),
        ]
    );
    assert!(faults[0]["chinese"].as_str().unwrap().contains("integer"), "what to write instead");
    assert_eq!(office.get("/api/v1/questionnaires/kept").ok(), json!([]), "nothing was kept");
    assert_eq!(take(&office, "PK\u{3}\u{4} no workbook").problem(), (415, "unsupported_media".to_owned()));
    let nobody = office.get("/api/v1/questionnaires/household/questions");
    assert_eq!(nobody.problem(), (404, "not_found".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_version_is_offered_and_never_changes() {
    let world = World::start().await;
    let (office, visitor) = (world.sign_in("office"), world.sign_in("visitor"));
    assert_eq!(take(&office, &csv("household", FIRST, &[])).ok()["id"], "household");
    assert_eq!(visitor.get("/api/v1/questionnaires").ok(), json!([]), "not before it is published");
    let first = publish(&office, "household");
    let offered = visitor.get("/api/v1/questionnaires").ok();
    let kinds = json!(["household"]);
    assert_eq!((&offered[0]["version"], &offered[0]["respondent_kinds"]), (&json!(first), &kinds));
    assert_eq!((&offered[0]["id"], &offered[0]["title"]), (&json!("household"), &json!("入户问卷")));
    let by_hash = |hash: &str| visitor.get(&format!("/api/v1/questionnaires/{hash}"));
    let version = by_hash(&first);
    assert_eq!(Hash::of(&version.bytes).to_string(), first, "its name is its hash");
    assert!(version.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let form = domain::questionnaire::version::read(&version.text()).unwrap();
    assert_eq!((form.id.as_str(), form.questions.len()), ("household", 4));

    let second = FIRST.replace("text,why", "select_one l,why");
    take(&office, &csv("household", &second, &["far", "ill"])).ok();
    let shown = office.get("/api/v1/questionnaires/household/questions").ok();
    assert_eq!(shown["changes"], json!([{"column": "why", "change": "retyped"}]));
    assert_eq!(shown["lines"][1]["choices"], json!(["FAR", "ILL"]));
    let later = publish(&office, "household");
    assert_ne!(later, first);
    assert_eq!(visitor.get("/api/v1/questionnaires").ok()[0]["version"], json!(later));
    assert_eq!(by_hash(&first).bytes, version.bytes, "old versions stay");
    assert_eq!(by_hash(&Hash::of(b"nothing").to_string()).status, 404);

    let offering = |closed: bool| {
        let answer = office.put("/api/v1/questionnaires/household/offering", &json!({ "closed": closed }));
        assert_eq!(answer.status, 204);
    };
    offering(true);
    assert_eq!(visitor.get("/api/v1/questionnaires").ok(), json!([]));
    assert_eq!(by_hash(&later).status, 200, "drafts of it go on");
    offering(false);
    assert_eq!(visitor.get("/api/v1/questionnaires").ok()[0]["version"], json!(later));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_seen_is_published_and_nothing_twice() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", FIRST, &[])).ok();
    let seen = office.get("/api/v1/questionnaires/household/questions").ok()["draft"].clone();
    replace(&office, &csv("household", "text,other,别的,,,", &[]));
    let path = "/api/v1/questionnaires/household/versions";
    let stale = office.post(path, &json!({ "draft": seen }));
    assert_eq!(stale.problem(), (409, "conflict".to_owned()), "another file came in between");
    publish(&office, "household");
    assert_eq!(office.post(path, &json!({ "draft": seen })).problem(), (404, "not_found".to_owned()));
    // The workbook that is handed out is the same form.
    let book = office.get("/api/v1/questionnaires/household/workbook");
    let headers = [("content-type", "application/octet-stream")];
    office.send("POST", "/api/v1/questionnaires/drafts", &headers, book.bytes).ok();
    let draft = office.get("/api/v1/questionnaires/household/questions").ok()["draft"].clone();
    assert_eq!(office.post(path, &json!({ "draft": draft })).problem(), (409, "taken".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_takes_the_place_of_a_draft_only_by_its_name() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", FIRST, &[])).ok();
    let other = csv("household", "text,other,别的,,,", &[]);
    let asked = take(&office, &other).ok();
    let stands = &asked["stands"];
    assert_eq!(
        (&asked["id"], &stands["title"], &stands["by"]),
        (&json!("household"), &json!("入户问卷"), &json!("陈晓"))
    );
    assert_eq!(stands["at"], crate::world::NOW);
    let questions = || office.get("/api/v1/questionnaires/household/questions").ok();
    assert_eq!(questions()["lines"][0]["name"], "people", "nothing was kept");
    let headers = [("content-type", "application/octet-stream")];
    let send = |path: &str| office.send("POST", path, &headers, other.as_bytes().to_vec()).ok();
    let stale = format!("/api/v1/questionnaires/drafts?upon={}", Hash::of(b"an earlier one"));
    assert_eq!(send(&stale)["stands"], *stands, "it is another by now");
    let named = format!("/api/v1/questionnaires/drafts?upon={}", stands["draft"].as_str().unwrap());
    assert!(send(&named)["stands"].is_null());
    assert_eq!(questions()["lines"][0]["name"], "other");
    // What is published is not written over: nobody needs to be asked.
    publish(&office, "household");
    assert!(take(&office, &csv("household", FIRST, &[])).ok()["stands"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_come_with_the_program_and_files_of_choices_are_taken_in() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let headers = [("content-type", "application/octet-stream")];
    let ready = |name: &str| {
        let path = format!("/api/v1/questionnaires/drafts?ready={name}");
        office.send("POST", &path, &headers, Vec::new())
    };
    assert_eq!(ready("firm").ok()["id"], "firm");
    assert_eq!(ready("nothing").problem(), (422, "invalid".to_owned()));
    publish(&office, "firm");

    let taken = take(&office, &csv("village", "select_one_from_file places.csv,where,哪个村,,,", &[])).ok();
    assert_eq!(taken["faults"][0]["code"], "no_file");
    let places = "name,label\nlijiaao,李家坳\n".as_bytes().to_vec();
    let path = "/api/v1/questionnaires/village/files/places.csv";
    let taken = office.send("PUT", path, &[("content-type", "text/csv")], places).ok();
    assert_eq!((&taken["id"], &taken["faults"]), (&json!("village"), &json!([])));
    let version = publish(&office, "village");
    let content = office.get(&format!("/api/v1/questionnaires/{version}")).ok();
    assert_eq!(content["files"]["places.csv"][1], json!(["lijiaao", "李家坳"]));
    let acts = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let acts: Vec<&Value> = acts["lines"].as_array().unwrap().iter().map(|it| &it["act"]).collect();
    for act in ["take_questionnaire", "publish_questionnaire"] {
        assert!(acts.contains(&&json!(act)), "{act} is on record");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_is_printed_with_its_numbers_and_its_version() {
    let world = World::start().await;
    let office = world.sign_in("office");
    take(&office, &csv("household", FIRST, &[])).ok();
    let path = "/api/v1/questionnaires/household/print";
    let draft = office.get(path).ok();
    assert_eq!((&draft["title"], &draft["version"]), (&json!("入户问卷"), &Value::Null));
    let version = publish(&office, "household");
    let printed = office.get(path).ok();
    assert_eq!((&printed["version"], &printed["number"]), (&json!(version), &json!(1)));
    let lines: Vec<_> =
        printed["lines"].as_array().unwrap().iter().map(|it| (&it["number"], &it["label"])).collect();
    assert_eq!(
        lines,
        [(&json!(1), &json!("家里几口人")), (&json!(2), &json!("为什么"))],
        "what is computed is not asked"
    );
    let condition = json!([{"number": 1, "must": "be", "with": "0"}]);
    assert_eq!(printed["lines"][1]["when"]["conditions"], condition);
    assert_eq!(office.get("/api/v1/questionnaires/nothing/print").problem(), (404, "not_found".to_owned()));
}
