//! Opening what gives a person away: by right, for a reason, on record, so many a day.

use domain::{
    attachment::{Attachment, AttachmentKind},
    envelope::Hash,
    id::RecordId,
};
use image::ImageFormat;
use serde_json::{Value, json};

use crate::{
    content::{encoded, picture},
    uploads::with_voice,
    world::{NOW, Phone, World, new_id},
};

/// A visit with a photo that is here.
fn with_photo(phone: &Phone, bytes: &[u8]) -> RecordId {
    let (mut draft, id) = (phone.draft(&["书面意见"]), RecordId(new_id()));
    let attachment = Attachment {
        kind: AttachmentKind::Photo,
        media_type: "image/jpeg".to_owned(),
        bytes_n: bytes.len() as u64,
        sha256: Hash::of(bytes),
        statement: None,
        duration_ms: None,
        gaps: Vec::new(),
        taken_at: NOW,
    };
    draft.attach(id, attachment, NOW);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(id, bytes).ok();
    id
}

fn acts(auditor: &crate::world::Client) -> Vec<(Value, Value)> {
    let lines = auditor.get("/api/v1/audit?looks_only=true").ok()["lines"].as_array().unwrap().clone();
    lines.into_iter().map(|it| (it["act"].clone(), it["reason"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_seen_as_a_voice_is_heard() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = encoded(&picture(20, 20), ImageFormat::Jpeg);
    let id = with_photo(&phone, &bytes);
    let path = format!("/api/v1/attachments/{id}");
    let office = world.sign_in("office");
    assert_eq!(office.get(&path).problem(), (422, "invalid".to_owned()));
    let auditor = world.with_account("auditor", "auditor");
    assert_eq!(acts(&auditor), []);
    assert_eq!(office.get(&format!("{path}?reason=x")).status, 200);
    assert_eq!(acts(&auditor), [(json!("see_photo"), json!("x"))]);
    // Its section reads the visit, and does not see whose hand it is.
    assert_eq!(world.sign_in("section").get("/api/v1/visits").ok()["total_n"], 1);
    assert_eq!(world.sign_in("section").get(&format!("{path}?reason=x")).status, 403);
    // Whoever took it needs no reason, a colleague finds nothing.
    assert_eq!(phone.client.get(&path).status, 200);
    let stranger = world.sign_in("visitor2").get(&format!("{path}?reason=x"));
    let unknown = world.sign_in("visitor2").get(&format!("/api/v1/attachments/{}?reason=x", new_id()));
    assert_eq!((stranger.status, stranger.text()), (404, unknown.text()));
    assert_eq!(acts(&auditor).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_opens_so_many_a_day() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let visits: Vec<String> =
        (0..31).map(|_| format!("/api/v1/visits/{}/identity", phone.sent(&["一"]).id())).collect();
    let (mut draft, voice) = with_voice(&phone, &[7; 100]);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(voice, &[7; 100]).ok();
    let voice = format!("/api/v1/attachments/{voice}?reason=x");
    let office = world.sign_in("office");
    let reason = json!({"reason": "核对李桂兰的电话"});
    office.get(&voice);
    for visit in &visits[..29] {
        office.post(visit, &reason).ok();
    }
    let refused = office.post(&visits[29], &reason);
    assert_eq!(refused.problem(), (429, "slow_down".to_owned()));
    assert_eq!((&refused.json()["field"], &refused.json()["limit"]), (&json!("reveals"), &json!(30)));
    assert!(!refused.text().contains("李桂兰"));
    // What was opened that day is opened again; a colleague has a day of their own; tomorrow is another.
    office.post(&visits[0], &reason).ok();
    assert_eq!(office.get(&voice).status, 200);
    world.sign_in("office2").post(&visits[29], &json!({"reason": "x"})).ok();
    let auditor = world.with_account("auditor", "auditor");
    let day = auditor.get("/api/v1/audit/looks?day=2026-11-23");
    assert!(!day.text().contains("李桂兰"), "neither whose nor why");
    assert_eq!(day.ok()["looks"].as_array().unwrap().len(), 33);
    assert_eq!(world.sign_in("approver").get("/api/v1/audit/looks").ok(), day.ok());
    for login in ["office", "section", "leader", "sysadmin", "visitor", "branch"] {
        assert_eq!(world.sign_in(login).get("/api/v1/audit/looks").status, 403, "{login}");
    }
    assert_eq!(auditor.get("/api/v1/audit/looks?day=x").problem(), (422, "invalid".to_owned()));
    world.later(24 * 60 * 60 * 1_000);
    let office = world.sign_in("office");
    office.post(&visits[29], &reason).ok();
    assert_eq!(
        world.sign_in("approver").get("/api/v1/audit/looks").ok()["looks"].as_array().unwrap().len(),
        1
    );
}
