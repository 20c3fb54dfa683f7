//! A server restored from a backup: its phones notice, and nothing that they hold is lost.

use domain::{changes::Changes, sync::ReceiptState};
use serde_json::json;

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

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receipt_told_is_noticed_missing_by_the_next_push_or_pull() {
    for by_push in [true, false] {
        let world = World::start().await;
        let phone = world.phone("visitor");
        let before = pull(&phone, None);
        let backup = world.back_up();
        let mut draft = phone.draft(&["收下了，还没有拉取"]);
        let envelopes = Phone::freeze(&mut draft);
        let told = phone.answer(&envelopes);
        let mark = told.mark.expect("a mark");
        let world = world.restore(&backup).await;
        // Others write more than was lost: neither sequence nor the old cursor gives it away.
        for _ in 0..3 {
            world.phone("visitor2").sent(&["别人说的"]);
        }
        let phone = world.phone("visitor");
        assert!(!pull(&phone, Some(&before.cursor)).restart);
        let epoch = if by_push {
            let body = json!({"envelopes": [], "known": mark});
            phone.client.post("/api/v1/records/batch", &body).ok();
            pull(&phone, None).epoch
        } else {
            let path = format!("/api/v1/changes?known={mark}");
            phone.client.get(&path).ok()["epoch"].as_str().unwrap().to_owned()
        };
        assert_ne!(epoch, before.epoch);
        // A phone of the history before is behind, not ahead: nothing begins anew.
        let body = json!({"envelopes": [], "known": mark});
        phone.client.post("/api/v1/records/batch", &body).ok();
        assert_eq!(pull(&phone, Some(&before.cursor)).epoch, epoch);
    }
}
