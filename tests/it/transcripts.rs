//! Recordings to transcripts: a real recogniser hears them, servers fail in every way there is, and only what a person
//! accepts counts.

use std::{
    net::Ipv4Addr,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    attachment::{Attachment, AttachmentKind},
    clue::content_of,
    draft::Draft,
    envelope::Hash,
    id::RecordId,
};
use serde_json::{Value, json};
use server::{
    App,
    policy::Policy,
    retention::{Retention, remove_due},
    speech::Speech,
    store::sql_made,
    transcribing::transcribe_waiting,
};
use tokio::sync::Notify;

use crate::{
    clues::{Member, recovery},
    world::{Answer, Client, NOW, Phone, World, new_id, tools::SpeechServer},
};

const MINUTE_MS: i64 = 60 * 1_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// What a fake speech server hears, and what a visit's other statement says.
const HEARD: &str = "养老金三个月没发到卡上，不知道找谁";
const CORRECTED: &str = "养老金五个月没发到卡上，不知道找谁";
const OTHER: &str = "村口的路灯坏了半年";

/// What a fake speech server does.
#[derive(Clone)]
pub enum Does {
    Answers(u16, String),
    Leads(String),
    /// Says that it was asked, and answers once it may.
    Waits(Arc<Notify>, Arc<Notify>),
    /// Says nothing, ever.
    Hangs,
}

/// A speech server that does as it is told, and remembers what it was asked.
#[derive(Clone)]
pub struct FakeSpeech {
    pub port: u16,
    does: Arc<Mutex<Does>>,
    asked_n: Arc<AtomicUsize>,
    last: Arc<Mutex<(HeaderMap, Vec<u8>)>>,
}

impl FakeSpeech {
    pub async fn start(does: Does) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake =
            Self { port, does: Arc::new(Mutex::new(does)), asked_n: Arc::default(), last: Arc::default() };
        let router = axum::Router::new()
            .route("/v1/audio/transcriptions", axum::routing::post(answer))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn now(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    fn asked_n(&self) -> usize {
        self.asked_n.load(Ordering::Relaxed)
    }

    /// The same server with this one to hear for it.
    pub fn heard_by(&self, app: &App) -> App {
        by(app, &format!("http://127.0.0.1:{}", self.port))
    }
}

async fn answer(State(fake): State<FakeSpeech>, headers: HeaderMap, body: Bytes) -> Response {
    fake.asked_n.fetch_add(1, Ordering::Relaxed);
    *fake.last.lock().unwrap() = (headers, body.to_vec());
    let does = fake.does.lock().unwrap().clone();
    match does {
        Does::Answers(status, text) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Does::Leads(there) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, there)]).into_response(),
        Does::Waits(asked, goes_on) => {
            asked.notify_one();
            goes_on.notified().await;
            says(HEARD).into_response()
        }
        Does::Hangs => std::future::pending().await,
    }
}

/// As a speech server says it, in two segments.
pub fn says(text: &str) -> String {
    let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |it| it.0);
    json!({
        "task": "transcribe", "language": "zh", "duration": 4.0, "text": text,
        "segments": [{"start": 0.0, "end": 2.0, "text": text[..half]}, {"start": 2.0, "end": 4.0, "text": text[half..]}],
    })
    .to_string()
}

fn by(app: &App, address: &str) -> App {
    let speech = Speech::new(address, "sensevoice", "zh", Some("a key"), Duration::from_secs(5));
    App { speech: Some(Arc::new(speech.unwrap())), ..app.clone() }
}

/// Bytes that are a WAV as far as anyone looks.
fn wav(n: u8) -> Vec<u8> {
    [&b"RIFF\x24\x00\x00\x00WAVEfmt a voice "[..], &[n]].concat()
}

/// A visit whose first statement is a voice alone, and whose second has words.
pub fn voice(phone: &Phone, bytes: &[u8]) -> (Draft, RecordId) {
    let mut draft = phone.draft(&["", OTHER]);
    let id = attach(&mut draft, 0, bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(id, bytes).ok();
    (draft, id)
}

/// Attaches a voice to one of a visit's statements.
fn attach(draft: &mut Draft, statement: usize, bytes: &[u8]) -> RecordId {
    attach_to(draft, Some(statement), bytes)
}

/// The same, or to the whole visit.
fn attach_to(draft: &mut Draft, statement: Option<usize>, bytes: &[u8]) -> RecordId {
    let id = RecordId(new_id());
    let attachment = Attachment {
        kind: AttachmentKind::Voice,
        media_type: "audio/wav".to_owned(),
        bytes_n: bytes.len() as u64,
        sha256: Hash::of(bytes),
        statement: statement.map(|it| draft.statements[it].id),
        duration_ms: Some(4_000),
        gaps: Vec::new(),
        taken_at: NOW,
    };
    draft.attach(id, attachment, NOW);
    id
}

fn item(office: &Client, draft: &Draft) -> Value {
    office.get(&format!("/api/v1/queue/{}", draft.statements[0].id)).ok()
}

fn act(office: &Client, id: RecordId, act: &Value) -> Answer {
    office.post(&format!("/api/v1/transcripts/{id}/acts"), act)
}

fn accept(office: &Client, id: RecordId, text: &str) -> Answer {
    act(office, id, &json!({"do": "accept", "text": text}))
}

fn found_n(office: &Client, text: &str) -> usize {
    let page = office.get(&format!("/api/v1/queue?text={}", percent(text))).ok();
    page["lines"].as_array().unwrap().len()
}

fn percent(text: &str) -> String {
    text.bytes().map(|it| format!("%{it:02X}")).collect()
}

fn export(office: &Client) -> String {
    office.get("/api/v1/export/statements.csv?machine_names=true").text()
}

fn progress(office: &Client) -> Value {
    office.get("/api/v1/transcripts").ok()
}

/// Waiting, under way, heard, accepted, failed.
fn counts(office: &Client) -> [u64; 5] {
    let it = progress(office);
    ["waiting_n", "under_way_n", "heard_n", "accepted_n", "failed_n"].map(|name| it[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_recogniser_hears_words_with_their_times() {
    let Some(server) = SpeechServer::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spoken.wav");
    let spoken = Command::new("espeak-ng")
        .args(["-v", "en-us", "-s", "130", "-w"])
        .arg(&file)
        .arg("we have waited five months for the money")
        .status();
    assert!(spoken.unwrap().success());
    let world = World::start().await;
    let (draft, id) = voice(&world.phone("visitor"), &std::fs::read(&file).unwrap());
    let speech = Speech::new(&server.address(), "en-us", "en", None, Duration::from_mins(2)).unwrap();
    let app = App { speech: Some(Arc::new(speech)), ..world.app.clone() };
    assert_eq!(transcribe_waiting(&app).await.unwrap(), 1);
    assert_eq!(transcribe_waiting(&app).await.unwrap(), 0, "each is heard once");
    let office = world.sign_in("office");
    let transcript = item(&office, &draft)["transcripts"][0].clone();
    assert_eq!((&transcript["state"], &transcript["attachment"]), (&json!("heard"), &json!(id)));
    let text = transcript["heard"]["text"].as_str().unwrap();
    for word in ["waited", "five", "money"] {
        assert!(text.contains(word), "{text}");
    }
    let segments = transcript["heard"]["segments"].as_array().unwrap();
    let times: Vec<u64> = segments
        .iter()
        .flat_map(|it| [&it["start_ms"], &it["end_ms"]])
        .map(|it| it.as_u64().unwrap())
        .collect();
    assert!(!times.is_empty() && times.is_sorted(), "{times:?}");
    assert!((1_000..6_000).contains(times.last().unwrap()), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_asked_as_openai_is_and_its_key_stays_in_the_header() {
    let world = World::start().await;
    let fake = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    voice(&world.phone("visitor"), &wav(1));
    assert_eq!(transcribe_waiting(&fake.heard_by(&world.app)).await.unwrap(), 1);
    let (headers, body) = fake.last.lock().unwrap().clone();
    assert_eq!(headers["authorization"], "Bearer a key");
    assert_eq!(headers["content-length"], body.len().to_string());
    let text = String::from_utf8_lossy(&body);
    for (name, value) in [
        ("model", "sensevoice"),
        ("language", "zh"),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "segment"),
    ] {
        assert!(text.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}: {text}");
    }
    assert!(text.contains("filename=\"recording.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF"), "{text}");
    assert!(body.windows(wav(1).len()).any(|it| it == wav(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_machine_heard_counts_once_a_person_accepted_it_and_not_before() {
    let world = World::start().await;
    let fake = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    let phone = world.phone("visitor");
    let (draft, id) = voice(&phone, &wav(1));
    phone.sent(&[CORRECTED]);
    let office = world.sign_in("office");
    assert_eq!(counts(&office), [1, 0, 0, 0, 0]);
    transcribe_waiting(&fake.heard_by(&world.app)).await.unwrap();
    let sort = async || {
        server::sorting::sort_waiting(&world.app).await.unwrap();
        server::comparing::compare_waiting(&world.app).await.unwrap();
    };
    sort().await;
    assert_eq!(counts(&office), [0, 0, 1, 0, 0]);
    // A suggestion and nothing else: found by nobody, in no export, suggested nothing by, like nothing.
    let before = item(&office, &draft);
    assert_eq!(before["transcripts"][0]["heard"]["text"], HEARD);
    assert_eq!(
        (&before["words"], &before["transcript"], &before["like"]),
        (&json!(""), &json!(""), &Value::Null)
    );
    assert_eq!(before["suggestion"]["suggestions"], json!([]));
    assert_eq!((found_n(&office, "养老金三个月"), found_n(&office, "养老金")), (0, 1));
    assert!(!export(&office).contains("养老金三个月"));
    assert_eq!(office.get("/api/v1/queue?heard=true").ok()["lines"].as_array().unwrap().len(), 1);
    let rests = sql_made("select heard from transcript".to_owned());
    let rests = rests.fetch_one(&mut world.app.db.read().await.unwrap()).await.unwrap();
    let sealed: &[u8] = rests.get(0);
    assert!(!sealed.windows("养老金".len()).any(|it| it == "养老金".as_bytes()), "it rests sealed");

    // Accepted, with a word that the machine misheard put right.
    assert_eq!(accept(&office, id, " ").problem().0, 422);
    let accepted = accept(&office, id, &format!(" {CORRECTED}\n")).ok();
    assert_eq!((&accepted["state"], &accepted["accepted"]["by"]), (&json!("accepted"), &json!("陈晓")));
    assert_eq!(
        (&accepted["accepted"]["text"], &accepted["accepted"]["at"]),
        (&json!(CORRECTED), &json!(NOW))
    );
    assert_eq!(accepted["heard"]["text"], HEARD, "what the machine heard stays as it was");
    let after = item(&office, &draft);
    assert_eq!((&after["words"], &after["transcript"]), (&json!(""), &json!(CORRECTED)));
    assert_eq!(after["version"], before["version"].as_u64().unwrap() + 1);
    assert!(!after["suggestion"]["suggestions"].as_array().unwrap().is_empty(), "sorted at once: {after}");
    sort().await;
    assert_eq!(item(&office, &draft)["like"]["n"], 1);
    assert_eq!(found_n(&office, "养老金五个月"), 2);
    assert_eq!(export(&office).matches(CORRECTED).count(), 2);
    assert_eq!(counts(&office), [0, 0, 0, 1, 0]);
    assert_eq!(accept(&office, id, HEARD).problem(), (409, "conflict".to_owned()));
    let waiting = office.get("/api/v1/queue").ok();
    let line =
        waiting["lines"].as_array().unwrap().iter().find(|it| it["id"] == json!(draft.statements[0].id));
    assert_eq!(line.unwrap()["opening"], CORRECTED);

    // Taken back, nothing of it counts.
    let undone = act(&office, id, &json!({"do": "take_back"})).ok();
    assert_eq!((&undone["state"], &undone["accepted"]), (&json!("heard"), &Value::Null));
    assert_eq!(act(&office, id, &json!({"do": "take_back"})).problem().0, 409);
    sort().await;
    let back = item(&office, &draft);
    assert_eq!((&back["transcript"], &back["suggestion"]["suggestions"]), (&json!(""), &json!([])));
    assert_eq!(found_n(&office, "养老金五个月"), 1);
    assert_eq!(export(&office).matches(CORRECTED).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_of_a_whole_visits_recording_finds_its_statements_and_sorts_none() {
    let world = World::start().await;
    let member = Member::join(&world, "discipline", Some(&recovery()));
    let fake = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let mut draft = phone.draft(&[OTHER, "办证来回跑了五趟"]);
    let id = attach_to(&mut draft, None, &wav(1));
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(id, &wav(1)).ok();
    phone.sent(&["村里的路灯都不亮"]);
    transcribe_waiting(&fake.heard_by(&world.app)).await.unwrap();
    let sort = async || {
        server::sorting::sort_waiting(&world.app).await.unwrap();
        server::comparing::compare_waiting(&world.app).await.unwrap();
    };
    sort().await;
    let found = |text: &str| -> Vec<(Value, Value)> {
        let page = office.get(&format!("/api/v1/queue?text={}", percent(text))).ok();
        let lines = page["lines"].as_array().unwrap().clone();
        lines.iter().map(|it| (it["id"].clone(), it["heard_in_visit"].clone())).collect()
    };
    let heard = || office.get("/api/v1/queue?heard=true").ok()["lines"].as_array().unwrap().len();
    // It is checked beside any statement of its visit.
    assert_eq!((heard(), found("养老金").len()), (2, 0));
    let before = item(&office, &draft);

    accept(&office, id, CORRECTED).ok();
    sort().await;
    assert_eq!((heard(), found("养老金五个月").len()), (0, 2));
    assert!(found("养老金五个月").iter().all(|it| it.1 == json!(true)), "and it says where");
    let own = json!(draft.statements[0].id);
    assert!(found("路灯").contains(&(own.clone(), json!(false))), "{:?}", found("路灯"));
    assert_eq!(found("路灯").len(), 2);
    // Some of the words are its own, some are heard: it is told.
    assert_eq!(found("路灯 养老金"), [(own, json!(true))]);
    let after = item(&office, &draft);
    for same in ["words", "transcript", "suggestion", "matters", "severity", "like", "version"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert!(!export(&office).contains("养老金"));
    // What is sent once more, or read anew, is found as before.
    world.on_the_writer("insert into unsorted (statement) select id from statement").await;
    sort().await;
    assert_eq!(found("养老金五个月").len(), 2);

    act(&office, id, &json!({"do": "take_back"})).ok();
    sort().await;
    assert_eq!((heard(), found("养老金").len()), (2, 0));
    accept(&office, id, CORRECTED).ok();
    sort().await;

    // A stub is found by nothing, and with the words of the visit all of it goes.
    let new = json!({"statements": [draft.statements[0].id], "reason": "涉及具体人"});
    let proposed = office.post("/api/v1/handovers", &new).ok();
    let decision = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
    world.sign_in("approver").post(&decision, &json!({"do": "approve"})).ok();
    world.on_the_writer("insert into unsorted (statement) select id from statement").await;
    sort().await;
    assert_eq!(found("养老金"), [(json!(draft.statements[1].id), json!(true))]);
    let retention = Retention { words_days: Some(30), without_backup: true, ..Retention::default() };
    let policy = Policy { retention, ..Policy::default() };
    world.later(31 * DAY_MS);
    remove_due(&App { policy, ..world.app.clone() }).await.unwrap();
    let rows = sql_made("select count(*) from statement_search".to_owned());
    let rows = rows.fetch_one(&mut world.app.db.read().await.unwrap()).await.unwrap();
    assert_eq!(rows.get::<i64>(0), 0);
    drop(member);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_is_told_and_tried_again_as_far_as_that_helps() {
    let world = World::start().await;
    let elsewhere = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    let fake = FakeSpeech::start(Does::Hangs).await;
    let app = fake.heard_by(&world.app);
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let huge = format!("{{\"text\": \"{}\"}}", " ".repeat(33 * 1024 * 1024));
    let there = format!("http://127.0.0.1:{}/v1/audio/transcriptions", elsewhere.port);
    let cases = [
        (Does::Answers(500, "a word that is nobody's business".to_owned()), "waiting", "error"),
        (Does::Answers(200, "<html>".to_owned()), "waiting", "junk"),
        (Does::Hangs, "waiting", "slow"),
        (Does::Answers(401, String::new()), "waiting", "key"),
        (Does::Answers(503, String::new()), "waiting", "busy"),
        (Does::Leads(there), "waiting", "redirect"),
        (Does::Answers(413, String::new()), "failed", "too_large"),
        (Does::Answers(415, String::new()), "failed", "refused"),
        (Does::Answers(200, huge), "failed", "too_long"),
    ];
    for (n, (does, state, reason)) in (0_u8..).zip(cases) {
        fake.now(does);
        let (draft, id) = voice(&phone, &wav(n));
        assert_eq!(transcribe_waiting(&app).await.unwrap(), 0, "{reason}");
        let transcript = item(&office, &draft)["transcripts"][0].clone();
        assert_eq!((&transcript["state"], &transcript["reason"]), (&json!(state), &json!(reason)));
        let asked_n = fake.asked_n();
        assert_eq!(transcribe_waiting(&app).await.unwrap(), 0);
        assert_eq!(fake.asked_n(), asked_n, "{reason}: not before its time");
        fake.now(Does::Answers(200, says(HEARD)));
        if state == "failed" {
            assert_eq!(progress(&office)["failed"][0]["reason"], reason);
            act(&office, id, &json!({"do": "try_again"})).ok();
            assert_eq!(act(&office, id, &json!({"do": "try_again"})).problem().0, 409);
        } else {
            world.later(MINUTE_MS);
        }
        assert_eq!(transcribe_waiting(&app).await.unwrap(), 1, "{reason}");
        let transcript = item(&office, &draft)["transcripts"][0].clone();
        assert_eq!((&transcript["state"], &transcript["reason"]), (&json!("heard"), &Value::Null));
    }
    assert_eq!(elsewhere.asked_n(), 0, "where it leads nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_uses_no_try_up_and_one_that_fails_is_given_up() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    for n in 0..2 {
        voice(&phone, &wav(n));
    }
    let fake = FakeSpeech::start(Does::Answers(500, String::new())).await;
    // A port where nobody listens.
    let nobody = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let down = by(&world.app, &format!("http://localhost:{nobody}"));
    for _ in 0..10 {
        assert_eq!(transcribe_waiting(&down).await.unwrap(), 0);
        assert_eq!(counts(&office), [2, 0, 0, 0, 0]);
        world.later(MINUTE_MS);
    }
    let url = world.with_speech(&down).await;
    let asked = Client::new(&url);
    asked.post("/api/v1/session", &json!({"login": "office", "password": crate::world::PASSWORD})).ok();
    let it = progress(&asked);
    assert_eq!((&it["on"], &it["held_up"]), (&json!(true), &json!("down")));
    assert_eq!(progress(&office)["on"], false);

    let app = fake.heard_by(&world.app);
    for _ in 0..10 {
        transcribe_waiting(&app).await.unwrap();
        world.later(3 * 60 * MINUTE_MS);
    }
    assert_eq!(fake.asked_n(), 10, "five tries each");
    assert_eq!(counts(&office), [0, 0, 0, 0, 2]);
    let failed = progress(&office)["failed"].clone();
    assert_eq!((&failed[1]["reason"], &failed[1]["tries_n"]), (&json!("error"), &json!(5)));
    fake.now(Does::Answers(200, json!({"text": ""}).to_string()));
    assert_eq!(office.post("/api/v1/transcripts/retries", &json!({})).ok()["waiting_n"], 2);
    assert_eq!(transcribe_waiting(&app).await.unwrap(), 2);
    // Nothing was understood: that is an answer too.
    assert_eq!(counts(&office), [0, 0, 2, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_destroyed_while_it_is_heard_is_not_kept() {
    for voice_only in [true, false] {
        let world = World::start().await;
        let (asked, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let fake = FakeSpeech::start(Does::Waits(Arc::clone(&asked), Arc::clone(&goes_on))).await;
        voice(&world.phone("visitor"), &wav(1));
        let app = fake.heard_by(&world.app);
        let hearing = tokio::spawn(async move { transcribe_waiting(&app).await.unwrap() });
        asked.notified().await;
        assert_eq!(counts(&world.sign_in("office")), [0, 1, 0, 0, 0]);
        world.later(31 * DAY_MS);
        let days = |it: bool| it.then_some(30);
        let retention = Retention {
            voice_days: days(voice_only),
            words_days: days(!voice_only),
            without_backup: true,
            ..Retention::default()
        };
        let policy = Policy { retention, ..Policy::default() };
        assert_eq!(remove_due(&App { policy, ..world.app.clone() }).await.unwrap(), 1);
        goes_on.notify_one();
        assert_eq!(hearing.await.unwrap(), 0);
        let rows = sql_made("select count(*) from transcript".to_owned());
        let rows = rows.fetch_one(&mut world.app.db.read().await.unwrap()).await.unwrap();
        assert_eq!(rows.get::<i64>(0), 0, "voice only: {voice_only}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_outlives_its_voice_and_goes_with_the_words() {
    let world = World::start().await;
    let fake = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let (draft, id) = voice(&phone, &wav(1));
    let (unread, _) = voice(&phone, &wav(2));
    transcribe_waiting(&fake.heard_by(&world.app)).await.unwrap();
    accept(&office, id, HEARD).ok();
    let after = |voice_days, words_days| {
        let retention = Retention { voice_days, words_days, without_backup: true, ..Retention::default() };
        App { policy: Policy { retention, ..Policy::default() }, ..world.app.clone() }
    };
    world.later(31 * DAY_MS);
    assert_eq!(remove_due(&after(Some(30), None)).await.unwrap(), 2);
    // A sign-in does not last as long.
    let office = world.sign_in("office");
    let kept = item(&office, &draft);
    assert_eq!((&kept["transcript"], &kept["transcripts"][0]["heard"]), (&json!(HEARD), &Value::Null));
    assert_eq!(kept["transcripts"][0]["accepted"]["text"], HEARD);
    assert_eq!(item(&office, &unread)["transcripts"], json!([]), "nobody can compare it any more");
    assert_eq!(remove_due(&after(None, Some(30))).await.unwrap(), 2);
    let gone = item(&office, &draft);
    assert_eq!((&gone["transcript"], &gone["transcripts"]), (&json!(""), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_over_takes_its_transcript_along_and_leaves_the_others() {
    let world = World::start().await;
    let member = Member::join(&world, "discipline", Some(&recovery()));
    let fake = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let mut draft = phone.draft(&["", OTHER]);
    let ids = [attach(&mut draft, 0, &wav(1)), attach(&mut draft, 1, &wav(2))];
    phone.receipts(&Phone::freeze(&mut draft));
    for (n, id) in (1..).zip(ids) {
        phone.upload(id, &wav(n)).ok();
    }
    assert_eq!(transcribe_waiting(&fake.heard_by(&world.app)).await.unwrap(), 2);
    accept(&office, ids[0], HEARD).ok();
    accept(&office, ids[1], CORRECTED).ok();
    let new = json!({"statements": [draft.statements[0].id], "reason": "涉及具体人"});
    let proposed = office.post("/api/v1/handovers", &new).ok();
    let decision = format!("/api/v1/handovers/{}/decision", proposed["id"].as_str().unwrap());
    world.sign_in("approver").post(&decision, &json!({"do": "approve"})).ok();

    let gone = item(&office, &draft);
    assert_eq!(
        (&gone["handed_over"], &gone["transcript"], &gone["transcripts"]),
        (&json!(true), &json!(""), &json!([]))
    );
    let clear = member.open(&member.clues()[0]);
    assert_eq!(content_of(&clear).unwrap().0.note, format!("涉及具体人\n{HEARD}"));
    // The visit's words have another key since; what was heard of the other statement opens with it.
    let other = office.get(&format!("/api/v1/queue/{}", draft.statements[1].id)).ok();
    assert_eq!((&other["words"], &other["transcript"]), (&json!(OTHER), &json!(CORRECTED)));
    assert_eq!(other["transcripts"][0]["heard"]["text"], HEARD);
    act(&office, ids[1], &json!({"do": "take_back"})).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_at_a_time_hears_and_what_a_stop_left_is_heard_again() {
    let world = World::start().await;
    let fake = FakeSpeech::start(Does::Answers(200, says(HEARD))).await;
    voice(&world.phone("visitor"), &wav(1));
    let app = fake.heard_by(&world.app);
    if crate::world::on_postgres() {
        let turn = world.app.db.turn("transcribe").await.unwrap();
        assert!(turn.is_some());
        assert_eq!(transcribe_waiting(&app).await.unwrap(), 0, "another server is at it");
        turn.unwrap().end().await.unwrap();
    }
    world.on_the_writer("update transcript set state = 'under_way'").await;
    assert_eq!(transcribe_waiting(&app).await.unwrap(), 1);
    assert_eq!(fake.asked_n(), 1);
    // Without a speech server nothing is asked, and what came waits.
    voice(&world.phone("visitor"), &wav(2));
    assert_eq!(transcribe_waiting(&world.app).await.unwrap(), 0);
    assert_eq!(counts(&world.sign_in("office")), [1, 0, 1, 0, 0]);
}
