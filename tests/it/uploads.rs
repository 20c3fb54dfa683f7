//! Voices and photos in: resumed, verified, once.

use domain::{
    attachment::{Attachment, AttachmentKind},
    draft::Draft,
    envelope::Hash,
    id::RecordId,
    sync::ReceiptState,
};
use serde_json::json;

use crate::world::{NOW, Phone, World, at_once, new_id};

/// A draft with a voice that is these bytes.
pub fn with_voice(phone: &Phone, bytes: &[u8]) -> (Draft, RecordId) {
    let mut draft = phone.draft(&["听录音"]);
    let id = RecordId(new_id());
    let attachment = Attachment {
        kind: AttachmentKind::Voice,
        media_type: "audio/webm;codecs=opus".to_owned(),
        bytes_n: bytes.len() as u64,
        sha256: Hash::of(bytes),
        statement: Some(draft.statements[0].id),
        duration_ms: Some(3_000),
        gaps: Vec::new(),
        taken_at: NOW,
    };
    draft.attach(id, attachment, NOW);
    (draft, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_with_a_voice_is_stored_when_the_voice_is() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![7_u8; 10_000];
    let (mut draft, id) = with_voice(&phone, &bytes);
    let envelopes = Phone::freeze(&mut draft);
    assert_eq!(phone.receipts(&envelopes).last().unwrap().state, ReceiptState::Incomplete);
    phone.upload(id, &bytes).ok();
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));

    // Hearing it takes a reason and leaves a record; the one who recorded it may.
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
    let office = world.sign_in("office");
    let path = format!("/api/v1/attachments/{id}");
    assert_eq!(office.get(&path).problem(), (422, "invalid".to_owned()));
    assert_eq!(office.get(&format!("{path}?reason=%E6%A0%B8%E5%AF%B9")).bytes, bytes);
    assert_eq!(world.sign_in("branch").get(&path).status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_may_come_before_the_record() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![9_u8; 500];
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.upload(id, &bytes).ok();
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert!(receipts.iter().all(|it| it.state == ReceiptState::Stored), "{receipts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_upload_goes_on_where_it_broke_off() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let first = &bytes[..2_000];
    let hash = Hash::of(&bytes);
    let metadata = {
        use base64::{Engine, engine::general_purpose::STANDARD};
        format!("id {},sha256 {}", STANDARD.encode(id.to_string()), STANDARD.encode(hash.to_string()))
    };
    let headers = [("tus-resumable", "1.0.0"), ("upload-length", "5000"), ("upload-metadata", &*metadata)];
    let created = phone.client.send("POST", "/api/v1/uploads", &headers, Vec::new());
    assert_eq!(created.status, 201);
    phone.part(id, 0, first).ok();
    // The same part again, as after a lost answer.
    assert_eq!(phone.part(id, 0, first).problem(), (409, "wrong_offset".to_owned()));
    let world = world.restart().await;
    let phone = world.phone("visitor");
    let again = phone.client.send("POST", "/api/v1/uploads", &headers, Vec::new());
    assert_eq!(again.headers["location"], created.headers["location"]);
    let head = phone.client.send(
        "HEAD",
        &format!("/api/v1/uploads/{id}"),
        &[("tus-resumable", "1.0.0")],
        Vec::new(),
    );
    assert_eq!(head.headers["upload-offset"], "2000");
    phone.part(id, 2_000, &bytes[2_000..]).ok();
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

/// Over a line that breaks every few seconds no part would ever arrive whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_part_before_its_line_broke_is_kept() {
    use std::io::Write;
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let (mut draft, id) = with_voice(&phone, &bytes);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    phone.begin_upload(id, &bytes).ok();
    let head = format!(
        "PATCH /api/v1/uploads/{id} HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: 10000\r\n\r\n",
        phone.client.cookie()
    );
    let mut line = std::net::TcpStream::connect(("127.0.0.1", world.port)).unwrap();
    line.write_all(&[head.as_bytes(), &bytes[..4_000]].concat()).unwrap();
    drop(line);
    let began = std::time::Instant::now();
    while phone.reached(id) == 0 {
        assert!(began.elapsed().as_secs() < 60, "it is not kept");
    }
    assert_eq!(phone.reached(id), 4_000);
    phone.part(id, 4_000, &bytes[4_000..]).ok();
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_than_announced_are_not_taken() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![1_u8; 100];
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let metadata = {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let hash = Hash::of(&bytes);
        format!("id {},sha256 {}", STANDARD.encode(id.to_string()), STANDARD.encode(hash.to_string()))
    };
    let headers = [("tus-resumable", "1.0.0"), ("upload-length", "100"), ("upload-metadata", &*metadata)];
    phone.client.send("POST", "/api/v1/uploads", &headers, Vec::new()).ok();
    assert_eq!(phone.part(id, 0, &[2; 100]).problem(), (460, "wrong_checksum".to_owned()));
    assert_eq!(phone.part(id, 0, &[1; 101]).problem(), (413, "too_large".to_owned()));
    phone.part(id, 0, &bytes).ok();
    assert_eq!(phone.client.post("/api/v1/uploads", &json!({})).problem().0, 412);
}

/// The last part is durable and noted, and nothing more: as when the process died there.
async fn last_part_only(world: &World, phone: &Phone, id: RecordId, bytes: &[u8]) {
    phone.begin_upload(id, bytes).ok();
    let bytes_kept = axum::body::Bytes::copy_from_slice(bytes);
    let name = server::blobs::part_name(0, new_id());
    let key = server::blobs::key_of(&world.app, Hash::of(bytes)).await.unwrap();
    world.app.blobs.keep_part(&key, id, &name, bytes_kept).await.unwrap();
    let mut db = world.app.db.write().await.unwrap();
    let length = i64::try_from(bytes.len()).unwrap();
    let part = "insert into upload_part (upload, starts, length, name) values ($1, 0, $2, $3)";
    server::store::sql(part).bind(id.0).bind(length).bind(name).execute(&mut db).await.unwrap();
    let reach = "update upload set reached = length, created_at = 0 where id = $1";
    server::store::sql(reach).bind(id.0).execute(&mut db).await.unwrap();
    db.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_last_part_is_here_is_finished_after_a_restart() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![3_u8; 9_000];
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    last_part_only(&world, &phone, id, &bytes).await;
    let world = world.restart().await;
    let phone = world.phone("visitor");
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_length_is_answered_only_when_the_upload_is_done() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![4_u8; 9_000];
    let (mut draft, id) = with_voice(&phone, &bytes);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    last_part_only(&world, &phone, id, &bytes).await;
    assert_eq!(phone.reached(id), 9_000);
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_are_gone_are_asked_for_again() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![5_u8; 9_000];
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    last_part_only(&world, &phone, id, &bytes).await;
    world.app.blobs.forget_upload(id).await.unwrap();
    assert_eq!(phone.reached(id), 0);
    phone.upload(id, &bytes).ok();
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_another_or_other_bytes_are_not_the_attachment() {
    let world = World::start().await;
    let (phone, other) = (world.phone("visitor"), world.phone("visitor2"));
    let bytes = vec![6_u8; 700];
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.upload(id, &[1; 700]).ok();
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(receipts.last().unwrap().state, ReceiptState::Incomplete);
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).status, 404);

    let (mut draft, id) = with_voice(&phone, &bytes);
    other.upload(id, &bytes).ok();
    let receipts = phone.receipts(&Phone::freeze(&mut draft));
    assert_eq!(receipts.last().unwrap().state, ReceiptState::Incomplete);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_parts_at_once_are_taken_once() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.begin_upload(id, &bytes).ok();
    let (first, rest) = bytes.split_at(200_000);
    for (offset, part) in [(0, first), (first.len(), rest)] {
        // Nothing at all is no part, and stands in nobody's way.
        phone.part(id, offset, &[]).ok();
        let statuses: Vec<u16> = at_once(6, || phone.part(id, offset, part).status);
        assert_eq!(statuses.iter().filter(|it| **it == 204).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|it| matches!(it, 204 | 409)), "{statuses:?}");
    }
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

/// The headers of one tus request.
fn tus<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("tus-resumable", "1.0.0")], more].concat()
}

const PART: (&str, &str) = ("content-type", "application/offset+octet-stream");

#[tokio::test(flavor = "multi_thread")]
async fn the_creation_may_carry_the_first_part() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000).collect();
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let sha256 = Hash::of(&bytes).to_string();
    let metadata = format!("id {},sha256 {}", STANDARD.encode(id.to_string()), STANDARD.encode(sha256));
    let headers = tus(&[PART, ("upload-length", "3000"), ("upload-metadata", &metadata)]);
    let create = |body: &[u8]| phone.client.send("POST", "/api/v1/uploads", &headers, body.to_vec());
    let created = create(&bytes[..1_000]);
    assert_eq!((created.status, &created.headers["upload-offset"]), (201, &"1000".parse().unwrap()));
    // 30 days after 2026-11-23 02:00 UTC.
    assert_eq!(created.headers["upload-expires"], "Wed, 23 Dec 2026 02:00:00 GMT");
    // Again, as after a lost answer: it is not taken twice.
    assert_eq!(create(&bytes[..1_000]).headers["upload-offset"], "1000");
    let path = format!("/api/v1/uploads/{id}");
    let head = phone.client.send("HEAD", &path, &tus(&[]), Vec::new());
    assert_eq!(head.headers["upload-metadata"], metadata.as_str());
    assert_eq!(head.headers["cache-control"], "no-store");
    let last = phone.part(id, 1_000, &bytes[1_000..]);
    assert!(last.status == 204 && !last.headers.contains_key("upload-expires"));
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_checked_by_sha1_and_sha256() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = b"hello world, hello world".to_vec();
    let (_, id) = with_voice(&phone, &bytes);
    phone.begin_upload(id, &bytes).ok();
    let path = format!("/api/v1/uploads/{id}");
    let send = |checksum: &str, offset: &str, body: &[u8]| {
        let headers = tus(&[PART, ("upload-offset", offset), ("upload-checksum", checksum)]);
        phone.client.send("PATCH", &path, &headers, body.to_vec())
    };
    // Of "hello world".
    let sha1 = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
    let sha256 = "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";
    assert_eq!(send(sha1, "0", b"hello worle").problem(), (460, "wrong_checksum".to_owned()));
    assert_eq!(send(sha256, "0", b"hello worle").problem(), (460, "wrong_checksum".to_owned()));
    assert_eq!(send("md5 Kq5sNclPz7QV2+lfQIuc6Q==", "0", b"hello").problem().0, 400);
    send(sha1, "0", b"hello world").ok();
    assert_eq!(send(sha256, "11", b"hello world").headers["upload-offset"], "22");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_the_version_that_is_spoken() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let path = format!("/api/v1/uploads/{}", new_id());
    for asked_at in ["/api/v1/uploads", &path] {
        let able = phone.client.send("OPTIONS", asked_at, &[], Vec::new());
        assert_eq!(able.headers["tus-checksum-algorithm"], "sha1,sha256", "{asked_at}");
    }
    let refused = phone.client.send("PATCH", &path, &[("tus-resumable", "0.2.2")], Vec::new());
    assert_eq!((refused.status, &refused.headers["tus-version"]), (412, &"1.0.0".parse().unwrap()));
    let missing = phone.client.send("HEAD", &path, &tus(&[]), Vec::new());
    assert_eq!((missing.status, &missing.headers["tus-resumable"]), (404, &"1.0.0".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn post_stands_in_for_the_methods_that_a_network_stops() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = vec![8_u8; 400];
    let (_, id) = with_voice(&phone, &bytes);
    phone.begin_upload(id, &bytes).ok();
    let path = format!("/api/v1/uploads/{id}");
    let send = |method: &str, body: &[u8]| {
        let headers = tus(&[PART, ("upload-offset", "0"), ("x-http-method-override", method)]);
        phone.client.send("POST", &path, &headers, body.to_vec())
    };
    assert_eq!(send("PATCH", &bytes[..100]).headers["upload-offset"], "100");
    assert_eq!(send("HEAD", b"").headers["upload-offset"], "100");
    assert_eq!(send("PUT", b"").status, 405);
    assert_eq!(send("DELETE", b"").status, 204);
    assert_eq!(send("HEAD", b"").status, 404);
}
