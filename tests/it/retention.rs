//! What is removed once its time is over, and what is not.

use domain::{attachment::AttachmentKind, envelope::Hash, id::RecordId, sync::ReceiptState};
use serde_json::{Value, json};
use server::{
    App,
    blobs::path_of,
    policy::Policy,
    retention::{self, Retention},
};

use crate::{
    uploads::with_voice,
    world::{Phone, World, confirm_backup},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The server as one whose recordings have 90 days.
fn with_days(world: &World, without_backup: bool) -> App {
    let retention = Retention { voice_days: Some(90), photo_days: None, without_backup };
    App { policy: Policy { retention, ..Policy::default() }, ..world.app.clone() }
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

async fn is_whole(world: &World) {
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
    assert_eq!(retention::remove_due(&app).await.unwrap(), 0);
    let mut db = app.db.read().await.unwrap();
    let due_n = retention::due_next_week(&app, &mut db, AttachmentKind::Voice).await.unwrap();
    drop(db);
    assert_eq!(due_n, 1, "it is said beforehand");
    world.later(DAY_MS);
    assert_eq!(retention::remove_due(&app).await.unwrap(), 1);
    assert!(!is_here(&world, b"the first recording"));
    assert_eq!(retention::remove_due(&app).await.unwrap(), 0);

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
    assert_eq!(retention::remove_due(&world.app).await.unwrap(), 0, "there are no days by default");
    assert_eq!(retention::remove_due(&with_days(&world, false)).await.unwrap(), 0);
    assert!(is_here(&world, b"a recording"));
    assert_eq!(retention::remove_due(&with_days(&world, true)).await.unwrap(), 1);
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
    assert_eq!(retention::remove_due(&app).await.unwrap(), 1);
    assert!(is_here(&world, b"the same bytes"));
    assert_eq!(
        world.phone("visitor").client.get(&format!("/api/v1/attachments/{later}")).bytes,
        b"the same bytes"
    );
    is_whole(&world).await;
    world.later(50 * DAY_MS);
    assert_eq!(retention::remove_due(&app).await.unwrap(), 1);
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
    assert_eq!(retention::remove_due(&app).await.unwrap(), 1);
    assert!(is_here(&world, b"the same bytes"));
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert!(receipts.iter().all(|it| it.state == ReceiptState::Stored), "{receipts:?}");
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{later}")).bytes, b"the same bytes");
    is_whole(&world).await;
    // Its own time over, nothing stands upon them any more.
    world.later(100 * DAY_MS);
    assert_eq!(retention::remove_due(&app).await.unwrap(), 1);
    assert!(!is_here(&world, b"the same bytes"));
}
