//! A questionnaire begins with what was answered when the respondent was visited last, by whomever; and gives back what it took.

use domain::{
    answers::{Answers, Evaluated},
    envelope::{FORM_VERSION, Header, RecordKind, freeze},
    id::{RecordId, RespondentId},
};
use serde_json::{Value, json};

use crate::{
    driver::{Browser, PHONE, on_store},
    phone::{installed, look, sign_in},
    phone_forms::{publish, publish_with, pulled, rests},
    world::{Client, Phone, World, id_of, new_id},
};

const FORM: &str = "survey
,type,name,label,default
,integer,people,家里几口人,${last-saved#people}
,text,secret,别人不看的,
,note,before,上次说有 ${last-saved#people} 口人。,
settings
,form_id,form_title
,household,入户问卷
";
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Somebody on the list.
fn household(office: &Client) -> Value {
    office
        .post("/api/v1/respondents", &json!({"kind": "household", "name": "李桂兰", "place": "李家坳村"}))
        .ok();
    office.get("/api/v1/respondents").ok()["respondents"][0]["id"].clone()
}

fn assign(world: &World, household: &Value) {
    let assign = json!({"respondents": [household], "unit": world.units[1], "due_on": "2030-01-01"});
    assert_eq!(world.sign_in("office").post("/api/v1/assignments", &assign).ok()["assigned_n"], 1);
}

/// A visit by somebody else, so long from now.
fn visited(world: &World, household: &Value, version: &str, (people, in_ms): (&str, i64)) {
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["没有意见"]);
    draft.identity.as_mut().unwrap().value.respondent = Some(RespondentId(id_of(household)));
    draft.visit.value.started_at = world.app.now() + in_ms;
    let answers = Answers {
        visit: draft.id(),
        questionnaire: "household".to_owned(),
        version: version.parse().unwrap(),
        language: String::new(),
        evaluated: Evaluated::default(),
        answers: json!({"people": people, "secret": "金丝雀"}),
        finished: true,
    };
    let header = Header {
        id: RecordId(new_id()),
        kind: RecordKind::Answers,
        campaign: draft.campaign,
        unit: draft.unit,
        visit: draft.id(),
        parents: Vec::new(),
        form: FORM_VERSION,
        claimed_at: draft.visit.value.started_at,
    };
    let mut envelopes = Phone::freeze(&mut draft);
    envelopes.push(freeze(&header, &answers));
    phone.receipts(&envelopes);
}

/// Begins a visit to her and opens the questionnaire, which says how many there were before and begins with it.
async fn begins_with(browser: &Browser, world: &World, people: &str) {
    browser.goto(&format!("{}/start", world.url)).await;
    browser.click("李桂兰").await;
    browser.click("口头同意").await;
    browser.click("开始记").await;
    browser.click("问卷：入户问卷").await;
    browser.sees(&format!("上次说有 {people} 口人。")).await;
    let answer = browser.run("return document.querySelector('.form input').value", vec![]).await;
    assert_eq!(answer, json!(people));
}

/// Waits until what the server told rests on the phone, with this in it.
async fn told(browser: &Browser, text: &str) -> String {
    let script = on_store(
        "if (!name) return done('');
        const db = await opened(); const pulled = await texts(db, 'pulled'); db.close();
        done(pulled.find((it) => it.includes('\"started_at\"') && it.includes('\"household\"')) ?? '');",
    );
    browser
        .until("what the server told", async || {
            let told = browser.run_async(&script, vec![]).await;
            told.as_str().filter(|it| it.contains(text)).map(str::to_owned)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_begins_with_what_another_visitor_was_answered() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let household = household(&office);
    let version = publish(&office, FORM, "household");
    visited(&world, &household, &version, ("3", -HOUR_MS));
    assign(&world, &household);
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor2").await;
    installed(&browser).await;
    pulled(&browser, &version).await;
    rests(&browser, "last/").await;
    let resting = told(&browser, "\"people\":\"3\"").await;
    assert!(!resting.contains("金丝雀"), "nothing that it does not read: {resting}");
    browser.offline(true).await;
    begins_with(&browser, &world, "3").await;
    look(&browser, "phone-forms-last").await;

    // What was sent from here later counts before it.
    browser.fill_labelled("家里几口人", "6").await;
    browser.click("填完了").await;
    browser.sees("已填完").await;
    browser.click("念给对方听").await;
    browser.click("送出").await;
    browser.sees("最近送出").await;
    begins_with(&browser, &world, "6").await;

    // And what was answered to somebody else after that before this.
    browser.offline(false).await;
    browser.goto(&world.url).await;
    let path = format!("/api/v1/assignments?unit={}", world.units[1]);
    browser
        .until("the visit at the office", async || (office.get(&path).ok()[0]["done"] == true).then_some(()))
        .await;
    visited(&world, &household, &version, ("9", HOUR_MS));
    assign(&world, &household);
    browser.reload().await;
    told(&browser, "\"people\":\"9\"").await;
    browser.offline(true).await;
    begins_with(&browser, &world, "9").await;

    // With the assignment goes what was told.
    browser.offline(false).await;
    let open = office.get(&path).ok();
    let open = open.as_array().unwrap().iter().find(|it| it["done"] == false).unwrap();
    office.delete(&format!("/api/v1/assignments/{}", open["id"].as_str().unwrap())).ok();
    browser.goto(&world.url).await;
    let script = on_store(
        "if (!name) return done(null);
        const db = await opened(); const pulled = await texts(db, 'pulled'); db.close();
        done(!pulled.some((it) => it.includes('\"started_at\"')));",
    );
    browser
        .until("nothing told any more", async || {
            (browser.run_async(&script, vec![]).await == json!(true)).then_some(())
        })
        .await;
    begins_with(&browser, &world, "6").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_say_which_files_they_came_about_with() {
    let world = World::start_at(None).await;
    let office = world.sign_in("office");
    let form = "survey\n,type,name,label\n,select_one_from_file places.csv,place,哪个村\nsettings\n,form_id,form_title\n,places,哪个村\n";
    let rows = "name,label\nlijiaao,李家坳\n";
    let version = publish_with(&office, form, "places", &[("places.csv", rows.as_bytes())]);
    let browser = Browser::start(PHONE).await;
    sign_in(&browser, &world, "visitor").await;
    pulled(&browser, &version).await;
    crate::phone::begin_unnamed(&browser).await;
    browser.click("问卷：哪个村").await;
    browser.click("李家坳").await;
    let kept = crate::phone_forms::kept_answers(&browser, |it| it["place"] == "lijiaao").await;
    let content = office.get(&format!("/api/v1/questionnaires/{version}")).text();
    let tables = serde_json::from_str::<domain::questionnaire::version::Version>(&content).unwrap().tables();
    assert_eq!(tables.len(), 1);
    assert_eq!(kept["evaluated"]["tables"], json!(tables));
}

/// Opens so many versions with a table of some thousand rows, one after the other; how many bytes the wasm's memory had after each.
const OPEN_MANY: &str = "const [n, done] = arguments;
    let memory;
    const { instantiateStreaming } = WebAssembly;
    WebAssembly.instantiateStreaming = async (...all) => {
        const made = await instantiateStreaming.call(WebAssembly, ...all);
        memory = made.instance.exports.memory;
        return made;
    };
    (async () => {
        const { form: show } = zoufang;
        const field = document.body.appendChild(document.createElement('textarea'));
        const rows = Array.from({ length: 2000 }, (_, row) => [`r${row}`, `第 ${row} 行，写得长一些好占地方`]);
        const sizes = [];
        for (let at = 0; at < n; at++) {
            const survey = [['type', 'name', 'label'], ['text', 'q', `第 ${at} 版`]];
            const settings = [['form_id'], ['many']];
            const sheets = [{ name: 'survey', rows: survey }, { name: 'settings', rows: settings }];
            const files = { 'rows.csv': [['name', 'label'], ...rows] };
            field.value = JSON.stringify({ visit: { id: '', value: {} }, forms: [] });
            await show(field, JSON.stringify({ sheets, files }), '');
            if (!document.querySelector('.form').textContent.includes(`第 ${at} 版`)) throw new Error(`not shown: ${at}`);
            sizes.push(memory.buffer.byteLength);
        }
        done(sizes);
    })().catch((it) => done(String(it)));";

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_were_read_give_their_memory_back() {
    let world = World::start_at(None).await;
    let browser = Browser::start(PHONE).await;
    browser.goto(&world.url).await;
    browser.sees("登录").await;
    let sizes = browser.run_async(OPEN_MANY, vec![json!(200)]).await;
    let sizes: Vec<u64> = serde_json::from_value(sizes.clone()).unwrap_or_else(|_| panic!("{sizes}"));
    assert_eq!(sizes.len(), 200);
    assert!(sizes[0] > 1_000_000, "a version takes room: {}", sizes[0]);
    assert_eq!(sizes[49], sizes[199], "150 versions more take no more room: {sizes:?}");
}
