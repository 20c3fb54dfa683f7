//! Receipts: signed by the key that signing in told, and `backed_up` once a backup is confirmed.

use domain::{
    changes::Changes,
    receipt::{PublicKey, Signature, backed_up_bytes, receipts_bytes},
    session::Session,
    sync::ReceiptState,
};
use ed25519_dalek::{Verifier, VerifyingKey};

use crate::{
    uploads::with_voice,
    world::{Phone, World, backup},
};

fn key(phone: &Phone) -> PublicKey {
    let session: Session = serde_json::from_value(phone.client.get("/api/v1/session").ok()).unwrap();
    session.receipt_key.expect("a key").parse().unwrap()
}

fn is_signed(key: PublicKey, bytes: &[u8], signature: Option<&str>) -> bool {
    let signature: Signature = signature.expect("a signature").parse().unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    VerifyingKey::from_bytes(&key.0).unwrap().verify(bytes, &signature).is_ok()
}

fn pull(phone: &Phone) -> Changes {
    serde_json::from_value(phone.client.get("/api/v1/changes").ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_signed_by_one_key_that_outlives_a_restart() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let known = key(&phone);
    let world = world.restart().await;
    let phone = world.phone("visitor");
    assert_eq!(key(&phone), known);
    let mut envelopes = Phone::freeze(&mut phone.draft(&["签了字的"]));
    envelopes.push(b"no envelope".to_vec());
    let mut answer = phone.answer(&envelopes);
    assert!(is_signed(
        known,
        &receipts_bytes(&answer.receipts, answer.mark.as_deref()),
        answer.signature.as_deref()
    ));
    answer.receipts[0].sequence += 1;
    assert!(!is_signed(
        known,
        &receipts_bytes(&answer.receipts, answer.mark.as_deref()),
        answer.signature.as_deref()
    ));
    let page = pull(&phone);
    assert!(is_signed(known, &backed_up_bytes(&page.epoch, page.backed_up_to), page.signature.as_deref()));
    assert!(!is_signed(
        known,
        &backed_up_bytes(&page.epoch, page.backed_up_to + 1),
        page.signature.as_deref()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_backup_is_told_by_receipt_and_pull() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = b"a voice".to_vec();
    let (mut draft, voice) = with_voice(&phone, &bytes);
    let envelopes = Phone::freeze(&mut draft);
    let first = phone.receipts(&envelopes);
    let last = first.iter().map(|it| it.sequence).max().unwrap();
    assert_eq!(pull(&phone).backed_up_to, 0);
    backup(&world, &["confirm", "--up-to", "now"]).await;
    assert_eq!(pull(&phone).backed_up_to, last);
    // Its bytes came after the backup: its receipt does not claim that they are in it.
    phone.upload(voice, &bytes).ok();
    let of_voice = |receipts: Vec<domain::sync::Receipt>| {
        receipts.into_iter().find(|it| it.record == Some(voice)).unwrap()
    };
    let late = of_voice(phone.receipts(&envelopes));
    assert_eq!(late.state, ReceiptState::Stored);
    assert_eq!(pull(&phone).backed_up_to, late.sequence - 1);
    backup(&world, &["begin"]).await;
    assert_eq!(pull(&phone).backed_up_to, late.sequence - 1);
    backup(&world, &["confirm", "--up-to", "begun"]).await;
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::BackedUp));
    // What comes now is in no backup.
    let mut other = phone.draft(&["后来的"]);
    assert!(phone.receipts(&Phone::freeze(&mut other)).iter().all(|it| it.state == ReceiptState::Stored));
}
