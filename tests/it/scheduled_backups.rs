//! Backups that the server makes by itself: when they are due, whole at their target, and old ones removed.

use std::sync::atomic::Ordering;

use domain::sync::ReceiptState;
use server::{
    backing_up::{Plan, Target, back_up, due},
    backup,
    blobs::Blobs,
};
use tempfile::TempDir;

use crate::world::{
    NOW, Phone, World,
    tools::{BucketServer, blobs},
};

const HOUR: i64 = 60 * 60 * 1_000;

fn plan(target: Target, key: &age::x25519::Identity) -> Plan {
    Plan { target, recipients: vec![key.to_public()], every_ms: 24 * HOUR, keep: 2 }
}

fn progress(world: &World) -> serde_json::Value {
    world.sign_in("sysadmin").get("/api/v1/setup").ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_made_when_due_and_few_are_kept() {
    let world = World::start().await;
    let (key, folder) = (age::x25519::Identity::generate(), TempDir::new().unwrap());
    let target = Target::Folder { folder: folder.path().to_owned(), off_host: true };
    let plan = plan(target, &key);
    let phone = world.phone("visitor");
    for day in 0..4 {
        world.clock.store(NOW + day * 24 * HOUR, Ordering::Relaxed);
        let mut draft = phone.draft(&["每天一条"]);
        let envelopes = Phone::freeze(&mut draft);
        assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
        assert!(due(&world.app, &plan).await.unwrap());
        back_up(&world.app, &plan).await.unwrap();
        assert!(!due(&world.app, &plan).await.unwrap());
        // The folder is said to lie elsewhere, and the bytes came back from it.
        assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::BackedUp));
    }
    let names = plan.target.names().await.unwrap();
    assert_eq!(names, ["zoufang-20261125T020000Z.age", "zoufang-20261126T020000Z.age"]);
    let opens: Vec<Box<dyn age::Identity>> = vec![Box::new(key)];
    backup::verify(&folder.path().join(&names[1]), &opens, Some(world.app.db.vault())).unwrap();
    assert_eq!(std::fs::read_dir(world.data.path().join("backup")).unwrap().count(), 0, "nothing stays here");
    assert_eq!(progress(&world)["backup_at"], NOW + 3 * 24 * HOUR);
    // A clock that was set back by years does not put the next one off.
    world.clock.store(NOW - 9_000 * 24 * HOUR, Ordering::Relaxed);
    assert!(due(&world.app, &plan).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_backup_is_told_and_tried_again() {
    let world = World::start().await;
    let (key, folder) = (age::x25519::Identity::generate(), TempDir::new().unwrap());
    let gone = folder.path().join("gone");
    let plan = plan(Target::Folder { folder: gone.clone(), off_host: true }, &key);
    let phone = world.phone("visitor");
    let envelopes = Phone::freeze(&mut phone.draft(&["还没有备份"]));
    phone.receipts(&envelopes);
    back_up(&world.app, &plan).await.unwrap_err();
    assert_eq!(progress(&world)["backup_failed_at"], NOW);
    assert!(
        phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored),
        "nothing is let go of"
    );
    assert!(!due(&world.app, &plan).await.unwrap());
    world.clock.store(NOW + HOUR, Ordering::Relaxed);
    assert!(due(&world.app, &plan).await.unwrap());
    std::fs::create_dir(&gone).unwrap();
    back_up(&world.app, &plan).await.unwrap();
    assert!(progress(&world).get("backup_failed_at").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_on_this_host_is_no_backup_for_phones() {
    let world = World::start().await;
    let (key, folder) = (age::x25519::Identity::generate(), TempDir::new().unwrap());
    let plan = plan(Target::Folder { folder: folder.path().to_owned(), off_host: false }, &key);
    let phone = world.phone("visitor");
    let envelopes = Phone::freeze(&mut phone.draft(&["只在本机"]));
    phone.receipts(&envelopes);
    back_up(&world.app, &plan).await.unwrap();
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_takes_backups_and_gives_them_back() {
    let Some(server) = BucketServer::shared() else { return };
    let world = World::start().await;
    let Blobs::Bucket(bucket) = blobs(&server.new_bucket(), server.port) else { unreachable!("a bucket") };
    let key = age::x25519::Identity::generate();
    let plan = plan(Target::Bucket(bucket), &key);
    for day in 0..3 {
        world.clock.store(NOW + day * 24 * HOUR, Ordering::Relaxed);
        world.phone("visitor").sent(&["进桶"]);
        back_up(&world.app, &plan).await.unwrap();
    }
    let names = plan.target.names().await.unwrap();
    assert_eq!(names, ["zoufang-20261124T020000Z.age", "zoufang-20261125T020000Z.age"]);
}
