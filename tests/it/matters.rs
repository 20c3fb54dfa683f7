//! Several matters in one text: found, divided, put together again; and how grave a text is.

use domain::draft::Draft;
use serde_json::{Value, json};
use server::{
    App,
    policy::Policy,
    retention::{Retention, remove_due},
    store::sql_made,
    transcribing::transcribe_waiting,
};

use crate::{
    clues::{Member, recovery},
    transcripts::{Does, FakeSpeech, says, voice},
    world::{Answer, Client, Phone, World},
};

const FIRST: &str = "村里的公章一直揣在会计兜里，想盖就盖，从没个登记。";
const SECOND: &str = "还有一个事，村口到学校那段路的路灯全坏了，晚上娃娃放学看不见。";
const ONE: &str = "换个营业执照上的法人，来回折腾了五趟，每趟都说缺一样东西。";
const GRAVE: &str = "他带人上门把我老公打伤了，还说再告就弄死我。";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// One visit with these statements, sorted and compared.
async fn sent(words: &[&str]) -> (World, Client, Phone, Draft) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let draft = phone.sent(words);
    sort(&world).await;
    let office = world.sign_in("office");
    (world, office, phone, draft)
}

async fn sort(world: &World) {
    server::sorting::sort_waiting(&world.app).await.unwrap();
    server::comparing::compare_waiting(&world.app).await.unwrap();
}

fn both() -> String {
    [FIRST, SECOND].concat()
}

fn cut() -> usize {
    FIRST.chars().count()
}

fn id_of(draft: &Draft, n: usize) -> String {
    draft.statements[n].id.to_string()
}

fn item(office: &Client, id: &str) -> Value {
    office.get(&format!("/api/v1/queue/{id}")).ok()
}

fn act(office: &Client, id: &str, act: &Value) -> Answer {
    let version = item(office, id)["version"].clone();
    office.post(&format!("/api/v1/queue/{id}/acts"), &json!({"version": version, "act": act}))
}

fn lines(office: &Client, query: &str) -> Vec<Value> {
    office.get(&format!("/api/v1/queue?{query}")).ok()["lines"].as_array().unwrap().clone()
}

/// Divides a statement in two; the ids of its parts.
fn divided(office: &Client, id: &str) -> Vec<String> {
    let after = act(office, id, &json!({"do": "divide", "cuts": [cut()]})).ok();
    let parts = after["parts"].as_array().unwrap().iter();
    parts.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

async fn count(world: &World, sql: &str) -> i64 {
    let row = sql_made(sql.to_owned()).fetch_one(&mut world.app.db.read().await.unwrap()).await.unwrap();
    row.get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_several_matters_is_shown_with_them_and_read_by_someone() {
    let (_world, office, _phone, draft) = sent(&[&both(), ONE]).await;
    let shown = item(&office, &id_of(&draft, 0));
    let matters = shown["matters"].as_array().unwrap();
    let places: Vec<_> = matters.iter().map(|it| (it["start"].as_u64(), it["end"].as_u64())).collect();
    let (cut, end) = (cut() as u64, both().chars().count() as u64);
    assert_eq!(places, [(Some(0), Some(cut)), (Some(cut), Some(end))]);
    let code = |n: usize| matters[n]["made"]["suggestions"][0]["code"].clone();
    assert_ne!(code(0), code(1));
    assert_eq!(item(&office, &id_of(&draft, 1))["matters"], json!([]));
    let several = lines(&office, "several=true");
    assert_eq!((several.len(), &several[0]["matters_n"]), (1, &json!(2)));
    // Whoever accepts suggestions together does not read it.
    let offer = office.get("/api/v1/queue/batches?level=0.5").ok();
    let offered = offer["statements"].as_array().unwrap();
    assert!(offered.iter().all(|it| it["id"] != json!(id_of(&draft, 0))));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_sorted_counted_found_and_exported_in_the_place_of_their_whole() {
    let (world, office, _phone, draft) = sent(&[&both(), ONE]).await;
    let whole = id_of(&draft, 0);
    let parts = divided(&office, &whole);
    assert_eq!(parts.len(), 2);
    // What was said stays as it was said.
    let shown = item(&office, &whole);
    assert_eq!((&shown["words"], &shown["counted"]), (&json!(both()), &json!(false)));
    let texts: Vec<_> = parts.iter().map(|it| item(&office, it)["words"].clone()).collect();
    assert_eq!(texts, [json!(FIRST), json!(SECOND)]);
    let second = item(&office, &parts[1]);
    assert_eq!(second["part"], json!({"whole": whole, "number": 2, "parts_n": 2}));
    assert!(second["suggestion"]["suggestions"][0]["code"].is_string(), "suggested at once: {second}");
    assert_eq!((&second["visit"]["statements_n"], &second["matters"]), (&json!(3), &json!([])));

    let ids =
        |query: &str| -> Vec<Value> { lines(&office, query).iter().map(|it| it["id"].clone()).collect() };
    assert_eq!(ids("several=true"), [json!(parts[0]), json!(parts[1])]);
    let listed = ids("state=waiting");
    assert_eq!(listed.len(), 3);
    assert!(!listed.contains(&json!(whole)));
    assert_eq!(office.get("/api/v1/queue").ok()["counts"]["waiting"], 3);
    assert_eq!(ids("text=路灯"), [json!(parts[1])]);
    // Each goes where it belongs.
    act(&office, &parts[0], &json!({"do": "sort", "kind": "problem", "category": "ZX3"})).ok();
    let issue = json!({"do": "make_issue", "title": "路灯不亮", "category": "SQ2"});
    let made = act(&office, &parts[1], &issue).ok();
    assert_eq!(made["issue"]["n_said"], 1);
    let figures = office.get("/api/v1/figures?from=2026-01-01&to=2026-12-31").ok();
    assert_eq!(figures["statements_n"], 3);

    let csv = office.get("/api/v1/export/statements.csv?no_mark=true&machine_names=true").text();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let place = |name: &str| head.iter().position(|it| it == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    let of = |words: &str| rows.iter().find(|it| &it[place("words")] == words).unwrap();
    let second = of(SECOND);
    let from = (cut() + 1).to_string();
    assert!(second[place("part_of")].contains(&whole), "{second:?}");
    assert_eq!(
        (&second[place("part_from")], &second[place("part_to")]),
        (&*from, &*both().chars().count().to_string())
    );
    assert_eq!((&of(ONE)[place("part_of")], &of(ONE)[place("part_from")]), ("", ""));
    assert_eq!(count(&world, "select statements_n from visit").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_today_is_counted_as_people_gave_it() {
    let (_world, office, phone, draft) = sent(&[&both(), ONE]).await;
    let new = || office.get("/api/v1/queue").ok()["counts"]["new_today"].clone();
    assert_eq!(new(), 2);
    let parts = divided(&office, &id_of(&draft, 0));
    assert_eq!((parts.len(), new()), (2, json!(2)));
    act(&office, &id_of(&draft, 0), &json!({"do": "undo"})).ok();
    assert_eq!(new(), 2);
    let mut other = phone.sent(&[&both()]);
    divided(&office, &id_of(&other, 0));
    assert_eq!(new(), 3);
    other.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut other));
    assert_eq!(new(), 2, "what was withdrawn does not count, divided or not");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_of_a_recording_is_divided_and_taken_back_as_a_whole() {
    let world = World::start().await;
    let fake = FakeSpeech::start(Does::Answers(200, says(&both()))).await;
    let (draft, recording) = voice(&world.phone("visitor"), b"RIFF\x24\x00\x00\x00WAVEfmt two matters");
    transcribe_waiting(&fake.heard_by(&world.app)).await.unwrap();
    sort(&world).await;
    let (office, whole) = (world.sign_in("office"), id_of(&draft, 0));
    let cuts = json!({"do": "divide", "cuts": [cut()]});
    assert_eq!(act(&office, &whole, &cuts).problem().0, 422, "nobody accepted it yet");
    let of_recording = format!("/api/v1/transcripts/{recording}/acts");
    office.post(&of_recording, &json!({"do": "accept", "text": both()})).ok();
    assert_eq!(item(&office, &whole)["matters"].as_array().unwrap().len(), 2);

    let parts = divided(&office, &whole);
    let said = |id: &str| {
        let it = item(&office, id);
        (it["words"].clone(), it["transcript"].clone(), it["attachments"][0]["id"].clone())
    };
    assert_eq!(said(&parts[0]), (json!(""), json!(FIRST), json!(recording)));
    assert_eq!(said(&parts[1]), (json!(""), json!(SECOND), json!(recording)));
    assert_eq!(said(&whole).1, json!(both()));
    sort(&world).await;
    assert_eq!(lines(&office, "text=公章")[0]["id"], json!(parts[0]));
    act(&office, &parts[1], &json!({"do": "sort", "kind": "request", "category": "SQ2"})).ok();

    // Taken back, nothing is left that was cut from it, whatever was decided of that.
    office.post(&of_recording, &json!({"do": "take_back"})).ok();
    sort(&world).await;
    let back = item(&office, &whole);
    assert_eq!(
        (&back["counted"], &back["parts"], &back["transcript"]),
        (&json!(true), &json!([]), &json!(""))
    );
    assert_eq!(lines(&office, "text=公章"), Vec::<Value>::new());
    assert_eq!(office.get("/api/v1/queue").ok()["counts"]["waiting"], 2);
    assert_eq!(act(&office, &parts[0], &json!({"do": "sort", "kind": "praise"})).problem().0, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_puts_it_together_whatever_was_decided_of_its_parts() {
    let (world, office, phone, draft) = sent(&[&both()]).await;
    let whole = id_of(&draft, 0);
    let parts = divided(&office, &whole);
    let issue = json!({"do": "make_issue", "title": "路灯不亮", "category": "SQ2"});
    let made = act(&office, &parts[1], &issue).ok()["issue"]["id"].clone();
    act(&office, &parts[1], &json!({"do": "sort", "kind": "request", "category": "SQ2"})).ok();
    // Nothing else can be done to what has parts in its place.
    let sort = json!({"do": "sort", "kind": "praise"});
    assert_eq!(act(&office, &whole, &sort).problem().0, 422);
    let back = act(&office, &whole, &json!({"do": "undo"})).ok();
    assert_eq!(
        (&back["counted"], &back["parts"], &back["words"]),
        (&json!(true), &json!([]), &json!(both()))
    );
    assert_eq!(back["matters"].as_array().unwrap().len(), 2, "it can be divided again");
    let listed = lines(&office, "");
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &json!(whole)));
    let issue = office.get(&format!("/api/v1/issues/{}", made.as_str().unwrap())).ok();
    assert_eq!((&issue["text"]["state"], &issue["n_said"]), (&json!("dropped"), &json!(0)));
    // A part that was put back is decided no more, and says so.
    assert_eq!(act(&office, &parts[0], &sort).problem().0, 410);
    assert_eq!(count(&world, "select statements_n from visit").await, 1);
    // Another cut makes other parts; who is late is told.
    let again = divided(&office, &whole);
    assert!(again.iter().all(|it| !parts.contains(it)));
    let late = office.post(&format!("/api/v1/queue/{whole}/acts"), &json!({"version": 0, "act": sort}));
    assert_eq!(late.problem(), (409, "conflict".to_owned()));
    drop(phone);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_cut_at_its_places_while_it_waits_and_by_the_office_alone() {
    let (world, office, _phone, draft) = sent(&[&both(), ONE, "没有意见"]).await;
    let whole = id_of(&draft, 0);
    let divide = |cuts: &[usize]| json!({"do": "divide", "cuts": cuts});
    for cuts in [&[][..], &[3], &[0], &[cut(), cut()], &[9_999]] {
        assert_eq!(act(&office, &whole, &divide(cuts)).problem().0, 422, "{cuts:?}");
    }
    let parts = divided(&office, &whole);
    assert_eq!(act(&office, &parts[0], &divide(&[12])).problem().0, 422, "a part stays whole");
    let other = id_of(&draft, 1);
    act(&office, &other, &json!({"do": "sort", "kind": "problem", "category": "YS1"})).ok();
    assert_eq!(act(&office, &other, &divide(&[11])).problem().0, 422, "it is sorted");
    for role in ["visitor", "leader", "branch"] {
        let client = world.sign_in(role);
        let request = json!({"version": 0, "act": divide(&[cut()])});
        assert_eq!(client.post(&format!("/api/v1/queue/{whole}/acts"), &request).status, 403, "{role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_it_is_one_matter_is_remembered_and_can_be_taken_back() {
    let (world, office, _phone, draft) = sent(&[&both()]).await;
    let id = id_of(&draft, 0);
    let after = act(&office, &id, &json!({"do": "one_matter"})).ok();
    assert_eq!((&after["matters"], &after["one_matter"]), (&json!([]), &json!(true)));
    // Also when it is looked at anew.
    world.on_the_writer("insert into unsorted (statement) select id from statement").await;
    sort(&world).await;
    assert_eq!(item(&office, &id)["matters"], json!([]));
    assert!(lines(&office, "several=true").is_empty());
    assert_eq!(lines(&office, "")[0]["matters_n"], 0);
    let back = act(&office, &id, &json!({"do": "undo"})).ok();
    assert_eq!(back["matters"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_sees_its_statement_as_far_as_its_parts_are_and_completes_it() {
    let (world, office, phone, mut draft) = sent(&[&both()]).await;
    let parts = divided(&office, &id_of(&draft, 0));
    let progress = || {
        let changes = phone.client.get("/api/v1/changes").ok()["changes"].clone();
        let all = changes.as_array().unwrap().clone();
        let of = all.into_iter().find(|it| it["kind"] == "visit_progress").unwrap();
        of["progress"]["statements"].clone()
    };
    act(&office, &parts[0], &json!({"do": "sort", "kind": "problem", "category": "ZX3"})).ok();
    assert_eq!((progress().as_array().unwrap().len(), &progress()[0]["state"]), (1, &json!("waiting")));
    act(&office, &parts[1], &json!({"do": "send_back", "comment": "哪一段路"})).ok();
    let told = progress();
    assert_eq!((&told[0]["state"], &told[0]["comment"]), (&json!("sent_back"), &json!("哪一段路")));
    assert_eq!(told[0]["statement"], json!(draft.statements[0].id));
    // The visitor completes the whole: the part waits anew, with what was added; the other stays sorted.
    "村口小学门前".clone_into(&mut draft.statements[0].value.about);
    phone.receipts(&Phone::freeze(&mut draft));
    let (first, second) = (item(&office, &parts[0]), item(&office, &parts[1]));
    assert_eq!((&second["standing"]["state"], &second["about"]), (&json!("waiting"), &json!("村口小学门前")));
    assert_eq!((&first["standing"]["state"], &first["about"]), (&json!("sorted"), &json!("村口小学门前")));
    assert_eq!(progress()[0]["state"], "waiting");
    // Withdrawn, they go with it.
    draft.visit.value.withdrawn = Some("走错了门".to_owned());
    phone.receipts(&Phone::freeze(&mut draft));
    assert!(lines(&office, "state=waiting").is_empty());
    assert_eq!(office.get("/api/v1/queue").ok()["counts"]["waiting"], 0);
    drop(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_destroyed_with_the_words_of_their_whole() {
    let (world, office, _phone, draft) = sent(&[&both()]).await;
    let parts = divided(&office, &id_of(&draft, 0));
    sort(&world).await;
    let retention = Retention { words_days: Some(30), without_backup: true, ..Retention::default() };
    let app = App { policy: Policy { retention, ..Policy::default() }, ..world.app.clone() };
    world.later(31 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    let office = world.sign_in("office");
    assert_eq!(item(&office, &parts[0])["words"], "");
    let left = "select count(*) from statement where words <> '' or transcript <> '' or summary <> ''";
    assert_eq!(count(&world, left).await, 0);
    for table in ["suggestion", "statement_search", "compared", "likeness"] {
        assert_eq!(count(&world, &format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_handed_over_with_its_whole() {
    let (world, office, _phone, draft) = sent(&[&both(), ONE]).await;
    let _member = Member::join(&world, "discipline", Some(&recovery()));
    let whole = id_of(&draft, 0);
    let parts = divided(&office, &whole);
    act(&office, &parts[1], &json!({"do": "send_back", "comment": "哪一段路"})).ok();
    let new = json!({"statements": [parts[0]], "reason": "点名道姓"});
    let proposed = office.post("/api/v1/handovers", &new).ok();
    assert_eq!(proposed["statements"][0]["words"], json!(both()));
    let path = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
    world.sign_in("approver").post(&path, &json!({"do": "approve"})).ok();
    for id in parts.iter().chain([&whole]) {
        let it = item(&office, id);
        assert_eq!((&it["words"], &it["handed_over"]), (&json!(""), &json!(true)));
    }
    let left = "select count(*) from statement where words like '%公章%' or words like '%路灯%'";
    assert_eq!(count(&world, left).await, 0);
    assert_eq!(count(&world, "select count(*) from decision where note <> ''").await, 0);
    // The stub counts once.
    assert_eq!(lines(&office, "").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_compared_with_what_others_say_and_their_whole_is_not() {
    let (world, office, phone, draft) = sent(&[&both()]).await;
    let parts = divided(&office, &id_of(&draft, 0));
    let other = phone.sent(&["村口到学校那段路的路灯全坏了，晚上娃娃放学看不见，太危险。"]);
    sort(&world).await;
    let like = item(&office, &id_of(&other, 0))["like"].clone();
    assert_eq!((&like["n"], &like["statements"][0]["id"]), (&json!(1), &json!(parts[1])));
    act(&office, &id_of(&draft, 0), &json!({"do": "undo"})).ok();
    sort(&world).await;
    let like = item(&office, &id_of(&other, 0))["like"].clone();
    assert!(like.is_null() || like["statements"][0]["id"] == json!(id_of(&draft, 0)), "{like}");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_grave_it_is_is_quoted_and_orders_the_queue_when_asked() {
    let (world, office, phone, draft) = sent(&[GRAVE, "收了我三千块钱，一张票都没有给"]).await;
    world.later(1_000);
    phone.sent(&[ONE]);
    sort(&world).await;
    let shown = item(&office, &id_of(&draft, 0))["severity"].clone();
    assert_eq!((&shown["level"], &shown["reasons"][0]["ground"]), (&json!("grave"), &json!("harm")));
    let quoted = &shown["reasons"][0];
    let place = |name: &str| usize::try_from(quoted[name].as_u64().unwrap()).unwrap();
    let words: String = GRAVE.chars().skip(place("start")).take(place("end") - place("start")).collect();
    assert_eq!(quoted["text"], json!(words));
    let levels = |query: &str| -> Vec<Value> {
        lines(&office, query).iter().map(|it| it["severity"].clone()).collect()
    };
    assert_eq!(levels("")[0], "ordinary", "nobody asked: the latest first");
    assert_eq!(levels("gravest_first=true"), ["grave", "serious", "ordinary"]);
    assert_eq!(levels("severity=grave"), ["grave"]);
    assert_eq!(levels("severity=serious&gravest_first=true"), ["grave", "serious"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gravest_first_go_on_page_after_page() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    for n in 0..22 {
        let words =
            [GRAVE.to_owned(), format!("{ONE}第{n}家。"), "收了我三千块钱，一张票都没有给".to_owned()];
        phone.sent(&words.each_ref().map(String::as_str));
    }
    sort(&world).await;
    let office = world.sign_in("office");
    let first = office.get("/api/v1/queue?gravest_first=true").ok();
    let cursor = first["cursor"].as_str().unwrap();
    let second = office.get(&format!("/api/v1/queue?gravest_first=true&cursor={cursor}")).ok();
    let all: Vec<Value> =
        [&first, &second].iter().flat_map(|it| it["lines"].as_array().unwrap().clone()).collect();
    assert_eq!((all.len(), second["cursor"].is_null()), (66, true));
    let n = |level: &str| all.iter().filter(|it| it["severity"] == level).count();
    assert_eq!((n("grave"), n("serious"), n("ordinary")), (22, 22, 22));
    let rank = |it: &Value| ["grave", "serious", "ordinary"].iter().position(|word| it["severity"] == **word);
    assert!(all.is_sorted_by_key(rank));
    let mut ids: Vec<&str> = all.iter().map(|it| it["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 66);
}
