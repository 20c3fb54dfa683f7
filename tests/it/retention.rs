//! What is removed once its time is over, and what is not.

use domain::{envelope::Hash, id::RecordId, retention::Kind, sync::ReceiptState};
use serde_json::{Value, json};
use server::{
    App, auditing,
    blobs::path_of,
    policy::Policy,
    retention::{self, Retention},
    store::sql_made,
};

use crate::{
    sealed::{found, on_disk},
    uploads::with_voice,
    world::{Phone, World, confirm_backup, fixture},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The server as one whose recordings have 90 days.
fn with_days(world: &World, without_backup: bool) -> App {
    keeping(world, Retention { voice_days: Some(90), without_backup, ..Retention::default() })
}

/// The server as one that keeps things so long.
fn keeping(world: &World, retention: Retention) -> App {
    App { policy: Policy { retention, ..Policy::default() }, ..world.app.clone() }
}

/// Destroys what is due, of all that was acknowledged by now; answers how many things.
async fn remove_due(app: &App) -> Result<u32, server::error::Error> {
    app.reading.caught_up(&app.db).await;
    retention::remove_due(app).await
}

fn is_here(world: &World, bytes: &[u8]) -> bool {
    path_of(world.data.path(), Hash::of(bytes)).exists()
}

/// A recording that is here; answers the envelopes of its visit.
fn recorded(phone: &Phone, bytes: &[u8]) -> (RecordId, RecordId, Vec<Vec<u8>>) {
    let (mut draft, id) = with_voice(phone, bytes);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    phone.upload(id, bytes).ok();
    (draft.id(), id, envelopes)
}

fn attachment(world: &World, visit: RecordId) -> Value {
    world.sign_in("office").get(&format!("/api/v1/visits/{visit}")).ok()["attachments"][0].clone()
}

pub async fn is_whole(world: &World) {
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!(found.damaged, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_goes_when_its_time_is_over_and_what_it_was_stays() {
    let world = World::start_on_sqlite().await;
    let phone = world.phone("visitor");
    let (visit, id, envelopes) = recorded(&phone, b"the first recording");
    let app = with_days(&world, false);
    confirm_backup(&world).await;
    world.later(89 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 0);
    let mut db = app.db.read().await.unwrap();
    let due_n = retention::due_next_week(&app, &mut db, Kind::Voice).await.unwrap();
    drop(db);
    assert_eq!(due_n, 1, "it is said beforehand");
    world.later(DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert!(!is_here(&world, b"the first recording"));
    assert_eq!(remove_due(&app).await.unwrap(), 0);

    let phone = world.phone("visitor");
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).status, 404);
    let left = attachment(&world, visit);
    assert_eq!((&left["stored"], left["erased_at"].is_i64()), (&json!(true), true));
    let line = world.with_account("auditor", "auditor").get("/api/v1/audit").ok()["lines"].clone();
    let line = line.as_array().unwrap().iter().find(|it| it["act"] == "erase").unwrap().clone();
    assert_eq!(
        (&line["object"], &line["reason"]),
        (&json!(format!("attachment {id}")), &json!("kept for 90 days"))
    );
    is_whole(&world).await;
    // A phone that offers it once more is answered as before, and its bytes do not come back.
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state != ReceiptState::Incomplete));
    phone.begin_upload(id, b"the first recording");
    assert_eq!(phone.reached(id), 19);
    assert!(!is_here(&world, b"the first recording"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_backup_has_stays_unless_it_is_said() {
    let world = World::start_on_sqlite().await;
    recorded(&world.phone("visitor"), b"a recording");
    world.later(200 * DAY_MS);
    assert_eq!(remove_due(&world.app).await.unwrap(), 0, "there are no days by default");
    assert_eq!(remove_due(&with_days(&world, false)).await.unwrap(), 0);
    assert!(is_here(&world, b"a recording"));
    assert_eq!(remove_due(&with_days(&world, true)).await.unwrap(), 1);
    assert!(!is_here(&world, b"a recording"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_two_recordings_go_with_the_second() {
    let world = World::start_on_sqlite().await;
    recorded(&world.phone("visitor"), b"the same bytes");
    world.later(50 * DAY_MS);
    let (_, later, _) = recorded(&world.phone("visitor"), b"the same bytes");
    world.later(50 * DAY_MS);
    let app = with_days(&world, true);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert!(is_here(&world, b"the same bytes"));
    assert_eq!(
        world.phone("visitor").client.get(&format!("/api/v1/attachments/{later}")).bytes,
        b"the same bytes"
    );
    is_whole(&world).await;
    world.later(50 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert!(!is_here(&world, b"the same bytes"));
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_an_upload_whose_record_is_on_its_way_stay() {
    let world = World::start_on_sqlite().await;
    recorded(&world.phone("visitor"), b"the same bytes");
    world.later(100 * DAY_MS);
    // The same bytes once more, and their record is still on the phone.
    let phone = world.phone("visitor");
    let (mut draft, later) = with_voice(&phone, b"the same bytes");
    phone.upload(later, b"the same bytes").ok();
    let app = with_days(&world, true);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert!(is_here(&world, b"the same bytes"));
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert!(receipts.iter().all(|it| it.state == ReceiptState::Stored), "{receipts:?}");
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{later}")).bytes, b"the same bytes");
    is_whole(&world).await;
    // Its own time over, nothing stands upon them any more.
    world.later(100 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert!(!is_here(&world, b"the same bytes"));
}

const NAME: &str = "金丝雀李桂兰";
const CALL_BACK: &str = "打堂弟电话13787654321";
const WORDS: &str = "金丝雀说村里的路一直没修";

/// A visit that names somebody; answers its draft and its envelopes.
fn visited(phone: &Phone) -> (domain::draft::Draft, Vec<Vec<u8>>) {
    let mut draft = phone.draft(&[WORDS]);
    draft.visit.value.call_back.wanted = true;
    CALL_BACK.clone_into(&mut draft.visit.value.call_back.how);
    NAME.clone_into(&mut draft.identity.as_mut().unwrap().value.name);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    (draft, envelopes)
}

async fn number(world: &World, text: &str) -> i64 {
    let mut db = world.app.db.read().await.unwrap();
    sql_made(text.to_owned()).fetch_one(&mut db).await.unwrap().get(0)
}

/// Who was visited, as the office is shown it.
fn revealed(world: &World, visit: RecordId) -> Value {
    let path = format!("/api/v1/visits/{visit}/identity");
    world.sign_in("office").post(&path, &json!({"reason": "回访核实"})).ok()
}

fn detail(world: &World, visit: RecordId) -> Value {
    world.sign_in("office").get(&format!("/api/v1/visits/{visit}")).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_go_with_their_key_and_words_stay() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let (mut draft, envelopes) = visited(&phone);
    let visit = draft.id();
    assert_eq!(revealed(&world, visit)["identity"]["name"], NAME);
    let app = keeping(&world, Retention { names_days: Some(30), ..Retention::default() });
    world.later(31 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 0, "no backup has it");
    confirm_backup(&world).await;
    assert_eq!(retention::announcement(&app).await.unwrap(), ["names: 30 days, 1 due now"]);
    world.on_the_writer("create table kept as select sequence, sealed from revision").await;
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert_eq!(remove_due(&app).await.unwrap(), 0);

    let left = revealed(&world, visit);
    assert_eq!((&left["identity"]["name"], &left["call_back_how"]), (&json!(""), &json!("")));
    let left = detail(&world, visit);
    assert!(left["names_destroyed_at"].is_i64() && left["words_destroyed_at"].is_null());
    assert!(left["revisions"].to_string().contains(WORDS));
    assert_eq!(number(&world, "select count(*) from revision where octet_length(sealed) = 0").await, 2);
    is_whole(&world).await;

    // One line a run, and the numbers for whoever looks whether it is done.
    let auditor = world.with_account("auditor", "auditor");
    let lines = auditor.get("/api/v1/audit").ok()["lines"].clone();
    let runs: Vec<_> = lines.as_array().unwrap().iter().filter(|it| it["act"] == "remove_due").collect();
    assert_eq!((runs.len(), &runs[0]["reason"]), (1, &json!("names 1")));
    let kept = auditor.get("/api/v1/audit/removals").ok();
    assert_eq!((&kept["removals"][0]["kind"], &kept["removals"][0]["n"]), (&json!("names"), &json!(1)));
    assert_eq!(kept, world.sign_in("office").get("/api/v1/audit/removals").ok());
    assert_eq!(world.sign_in("sysadmin").get("/api/v1/audit/removals").status, 403);

    // The phone is answered as before, and what it adds comes in.
    let phone = world.phone("visitor");
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::BackedUp));
    "补充的概括".clone_into(&mut draft.statements[0].value.summary);
    assert!(phone.receipts(&Phone::freeze(&mut draft)).iter().all(|it| it.state == ReceiptState::Stored));
    assert!(detail(&world, visit)["revisions"].to_string().contains("补充的概括"));

    // An older copy of the envelopes that is put back opens for nobody, and is found.
    world
        .on_the_writer(
            "update revision set sealed = (select sealed from kept where kept.sequence = revision.sequence)
            where octet_length(sealed) = 0",
        )
        .await;
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!(found.damaged.len(), 2, "{:?}", found.damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_go_and_are_found_by_nobody() {
    let world = World::start().await;
    let (draft, _) = visited(&world.phone("visitor"));
    world.app.reading.caught_up(&world.app.db).await;
    server::sorting::sort_waiting(&world.app).await.unwrap();
    let search = "/api/v1/queue?text=%E9%87%91%E4%B8%9D%E9%9B%80";
    let found_n = || world.sign_in("office").get(search).ok()["lines"].as_array().unwrap().len();
    assert_eq!(found_n(), 1);
    assert!(found(&on_disk(&world), WORDS), "it can be looked for, so that this finds something");
    let words = Retention { words_days: Some(30), without_backup: true, ..Retention::default() };
    world.later(31 * DAY_MS);
    assert_eq!(remove_due(&keeping(&world, words)).await.unwrap(), 1);
    assert_eq!(found_n(), 0);
    assert!(!found(&on_disk(&world), WORDS), "neither in the tables nor in the log");
    let left = detail(&world, draft.id());
    assert!(left["words_destroyed_at"].is_i64() && left["names_destroyed_at"].is_null());
    assert_eq!(revealed(&world, draft.id())["identity"]["name"], NAME);
    let export = world.sign_in("office").get("/api/v1/export/statements.csv");
    assert!(export.status == 200 && !export.text().contains("金丝雀"));
    is_whole(&world).await;
}

/// What was set aside has the same days, although nothing was ever read out of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_goes_too() {
    let world = World::start().await;
    let mut phone = world.phone("visitor");
    phone.unit = world.units[1];
    let mut draft = phone.draft(&[WORDS]);
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert!(receipts.iter().all(|it| it.state != ReceiptState::Incomplete), "{receipts:?}");
    assert_eq!(world.sign_in("office").get("/api/v1/parked").ok()["total_n"], 3);
    world.later(31 * DAY_MS);
    let days = Retention {
        names_days: Some(30),
        words_days: Some(30),
        without_backup: true,
        ..Retention::default()
    };
    assert_eq!(remove_due(&keeping(&world, days)).await.unwrap(), 2);
    assert_eq!(number(&world, "select count(*) from revision where octet_length(sealed) > 0").await, 0);
    assert_eq!(world.sign_in("office").get("/api/v1/parked").ok()["parked"], json!([]));
    is_whole(&world).await;
    // A revision that lost its bytes without being on record is damage.
    world.on_the_writer("delete from destruction").await;
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!(found.damaged.len(), 3, "{:?}", found.damaged);
}

#[tokio::test(flavor = "multi_thread")]
async fn envelopes_of_before_get_keys_of_their_own() {
    let version = if crate::world::on_postgres() { "0.3-postgres" } else { "0.3" };
    let (folder, data) = fixture(version);
    let made: Value = serde_json::from_slice(&std::fs::read(folder.join("made.json")).unwrap()).unwrap();
    let world = World::on_at(data, made["made_at"].as_i64().unwrap()).await;
    let without = "select count(*) from revision where key is null";
    let before = number(&world, without).await;
    let office = world.sign_in("office");
    let visits = office.get("/api/v1/visits").ok();
    retention::give_keys(&world.app).await.unwrap();
    let attachments = number(&world, "select count(*) from record where kind = 'attachment'").await;
    assert!(before > attachments);
    assert_eq!(number(&world, without).await, attachments);
    is_whole(&world).await;
    assert_eq!(office.get("/api/v1/visits").ok(), visits);
    let days = Retention { names_days: Some(1), without_backup: true, ..Retention::default() };
    world.later(DAY_MS);
    assert!(remove_due(&keeping(&world, days)).await.unwrap() > 0);
    is_whole(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_off_the_list_is_forgotten_and_with_the_campaign_all_are() {
    let world = World::start().await;
    let office = || world.sign_in("office");
    let add = |name: &str| {
        let form =
            json!({"kind": "household", "name": name, "place": "金丝雀镇", "telephone": "13787654321"});
        office().post("/api/v1/respondents", &form).ok();
        let all = office().get("/api/v1/respondents").ok()["respondents"].clone();
        let one = all.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
        one["id"].as_str().unwrap().to_owned()
    };
    let (gone, stays) = (add("金丝雀甲"), add("金丝雀乙"));
    office().delete(&format!("/api/v1/respondents/{gone}")).ok();
    let app = keeping(&world, Retention { directory_days: Some(30), ..Retention::default() });
    let names = || {
        let found = office().get("/api/v1/respondents").ok()["respondents"].clone();
        found.as_array().unwrap().iter().map(|it| it["name"].clone()).collect::<Vec<_>>()
    };
    let before = names();
    assert!(before.contains(&json!("金丝雀乙")) && !before.contains(&json!("金丝雀甲")), "{before:?}");

    world.later(29 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 0);
    assert_eq!(retention::announcement(&app).await.unwrap(), ["directory: 30 days, 0 due now"]);
    world.later(DAY_MS);
    assert_eq!(retention::announcement(&app).await.unwrap(), ["directory: 30 days, 1 due now"]);
    assert_eq!(remove_due(&app).await.unwrap(), 1);
    assert_eq!(remove_due(&app).await.unwrap(), 0);
    let text = json!({"text": "金丝雀", "reason": "本人申请查询"});
    let found = |id: &str| office().post("/api/v1/persons/search", &text).ok().to_string().contains(id);
    assert!(found(&stays) && !found(&gone));
    assert_eq!(names(), before);

    // The campaign ends in 2030; from 30 days after on nobody stands in its list, and all are still counted.
    world.later(5 * 365 * DAY_MS);
    let all = number(&world, "select count(*) from respondent where removed_at is null").await;
    assert_eq!(i64::from(remove_due(&app).await.unwrap()), all);
    assert_eq!(number(&world, "select count(*) from respondent where removed_at is null").await, all);
    assert!(!found(&stays));
    let kept = office().get("/api/v1/audit/removals").ok();
    let directory = kept["removals"].as_array().unwrap().iter().filter(|it| it["kind"] == "directory");
    assert_eq!(directory.map(|it| it["n"].as_i64().unwrap()).sum::<i64>(), all + 1);
}

async fn verified(world: &World, expected: &[domain::audit::Head]) -> auditing::Verified {
    let written = auditing::written_down(world.data.path()).unwrap();
    let mut db = world.app.db.read().await.unwrap();
    auditing::verify(&mut db, world.app.receipt_key.public(), &written, expected).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn old_entries_of_the_log_go_and_a_signature_stands_for_them() {
    let world = World::start().await;
    auditing::link_waiting(&world.app).await.unwrap();
    let printed = verified(&world, &[]).await.head;
    let days = Retention { audit_days: Some(30), ..Retention::default() };
    let app = keeping(&world, days);
    world.later(183 * DAY_MS);
    assert_eq!(remove_due(&app).await.unwrap(), 0, "never under six months");
    world.later(2 * DAY_MS);
    let office = world.sign_in("office");
    let form = json!({"kind": "business", "name": "东街米粉店", "place": "东街"});
    office.post("/api/v1/respondents", &form).ok();
    let before = number(&world, "select count(*) from audit").await;
    let gone = remove_due(&app).await.unwrap();
    assert_eq!(i64::from(gone), printed.n - 1, "all of half a year ago but the one at which the log goes on");
    assert_eq!(number(&world, "select count(*) from audit").await, before - i64::from(gone) + 1);
    auditing::link_waiting(&world.app).await.unwrap();
    let after = verified(&world, &[printed]).await;
    assert_eq!((after.faults, after.cut), (vec![], Some(printed)));
    assert_eq!(remove_due(&app).await.unwrap(), 0);

    // Whoever has the database and not the key cuts nothing off: neither unseen nor with a cut of their own.
    for text in ["delete from audit", "delete from audit_link", "delete from audit_cut"] {
        let mut db = world.app.db.write().await.unwrap();
        let refused = sql_made(text.to_owned()).execute(&mut db).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{text}: {refused}");
    }
    let forged = "insert into audit_cut (place, at, hash, signature)
        select link.place, cut.at, link.hash, cut.signature from audit_link link, audit_cut cut
        where link.place = (select max(place) from audit_link)";
    world.on_the_writer(forged).await;
    for text in [
        "delete from audit_checkpoint where place < (select max(place) from audit_cut)",
        "delete from audit_link where place < (select max(place) from audit_cut)",
    ] {
        world.on_the_writer(text).await;
    }
    let found = verified(&world, &[]).await.faults;
    assert!(found.iter().any(|it| it.contains("is not signed by this server's key")), "{found:?}");
}

/// Work that one server does at a time has its turn on both engines.
#[tokio::test(flavor = "multi_thread")]
async fn each_work_has_its_turn() {
    let world = World::start().await;
    for work in ["sort", "backup", "retention", "sealing attachments"] {
        // Another one may have it at this moment, and gives it back.
        let began = std::time::Instant::now();
        while world.app.db.turn(work).await.unwrap().is_none() {
            assert!(began.elapsed() < std::time::Duration::from_secs(20), "{work}");
            tokio::task::yield_now().await;
        }
    }
}
