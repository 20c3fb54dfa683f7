//! A server restored from a backup: its phones notice, and nothing that they hold is lost.

use domain::{changes::Changes, sync::ReceiptState};

use crate::world::{Phone, World};

fn pull(phone: &Phone, cursor: Option<&str>) -> Changes {
    let path = cursor.map_or("/api/v1/changes".to_owned(), |it| format!("/api/v1/changes?cursor={it}"));
    serde_json::from_value(phone.client.get(&path).ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_begins_another_epoch_and_takes_everything_again() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    phone.sent(&["备份以前"]);
    let backup = world.back_up();
    let mut draft = phone.draft(&["备份以后"]);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    let before = pull(&phone, None);
    let world = world.restore(&backup).await;
    let phone = world.phone("visitor");
    // Others may have written as much as was lost since: that hides nothing.
    for _ in 0..3 {
        world.phone("visitor2").sent(&["别人说的"]);
    }
    let after = pull(&phone, Some(&before.cursor));
    assert!(after.restart);
    assert_ne!(after.epoch, before.epoch);
    let receipts = phone.receipts(&envelopes);
    assert!(receipts.iter().all(|it| it.state == ReceiptState::Stored && it.epoch == after.epoch));
    // It is noticed once.
    assert_eq!(pull(&phone, Some(&after.cursor)).epoch, after.epoch);
    assert_eq!(pull(&phone, Some(&before.cursor)).epoch, after.epoch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_outlives_restarts_of_the_same_history() {
    let mut world = World::start().await;
    let before = pull(&world.phone("visitor"), None);
    for _ in 0..3 {
        world = world.restart().await;
        world.phone("visitor").sent(&["又一次"]);
    }
    let after = pull(&world.phone("visitor"), Some(&before.cursor));
    assert!(!after.restart);
    assert_eq!((after.epoch, after.changes.len()), (before.epoch, 3));
}
