//! Several servers on one PostgreSQL and one bucket: any of them answers any request.

use std::{
    io::{BufRead, BufReader},
    sync::Arc,
};

use domain::{changes::Changes, sync::ReceiptState};
use server::{App, blobs::Blobs, servers};
use tempfile::TempDir;

use crate::world::{
    Client, NOW, Phone, Where, World, a_clock,
    cluster::Cluster,
    tools::{BucketServer, blobs},
};

async fn world(bucket: &BucketServer) -> World {
    let database = Where::Cluster(Cluster::shared().new_database());
    World::start_with(database, blobs(&bucket.new_bucket(), bucket.port)).await
}

fn pull(phone: &Phone, cursor: Option<&str>) -> Changes {
    let path = cursor.map_or("/api/v1/changes".to_owned(), |it| format!("/api/v1/changes?cursor={it}"));
    serde_json::from_value(phone.client.get(&path).ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_may_meet_another_server_at_each_request() {
    let Some(bucket) = BucketServer::shared() else { return };
    let one = world(bucket).await;
    let other = one.beside().await;
    assert_eq!(one.app.life, other.app.life, "one stretch of history");
    let (here, there) = (one.phone("visitor"), other.phone("visitor"));
    let mut cursor = pull(&here, None).cursor;
    let epoch = pull(&here, None).epoch;
    for round in 0..6 {
        let (pushing, pulling) = if round % 2 == 0 { (&here, &there) } else { (&there, &here) };
        let mut draft = pushing.draft(&["换了一台服务器"]);
        let envelopes = Phone::freeze(&mut draft);
        let receipts = pushing.receipts(&envelopes);
        assert!(receipts.iter().all(|it| it.state == ReceiptState::Stored && it.epoch == epoch));
        // The same again, at the other one: the same receipts.
        assert_eq!(pulling.receipts(&envelopes), receipts);
        let page = pull(pulling, Some(&cursor));
        assert!(!page.restart);
        assert_eq!((page.epoch.as_str(), page.changes.len()), (epoch.as_str(), 1), "seen at once everywhere");
        cursor = page.cursor;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_starts_later_or_again_serves_in_the_same_history() {
    let Some(bucket) = BucketServer::shared() else { return };
    let one = world(bucket).await;
    let phone = one.phone("visitor");
    phone.sent(&["先来的"]);
    let before = pull(&phone, None);
    let other = one.beside().await;
    let one = one.restart().await;
    one.phone("visitor").sent(&["后来的"]);
    let after = pull(&other.phone("visitor"), Some(&before.cursor));
    assert_eq!((after.epoch, after.restart, after.changes.len()), (before.epoch, false, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shares_too_little_does_not_start() {
    let Some(bucket) = BucketServer::shared() else { return };
    let one = world(bucket).await;
    let address = one.database.address().unwrap();
    let begin = async |data: Arc<TempDir>, blobs: Option<Blobs>| {
        let app =
            App::open(data.path(), Some(&address), a_clock(Arc::clone(&one.clock), false)).await.unwrap();
        let app = App { blobs: blobs.unwrap_or_else(|| app.blobs.clone()), ..app };
        app.begin().await.map(drop).unwrap_err().to_string()
    };
    let cause = begin(one.folder_with_its_keys(), None).await;
    assert!(cause.contains("several servers need one bucket"), "{cause}");
    let elsewhere = blobs(&bucket.new_bucket(), bucket.port);
    let cause = begin(one.folder_with_its_keys(), Some(elsewhere)).await;
    assert!(cause.contains("several servers need one bucket"), "{cause}");
    let other_key = one.folder_with_its_keys();
    std::fs::remove_file(server::keys::path_of(other_key.path())).unwrap();
    let cause = begin(other_key, one.blobs.clone()).await;
    assert!(cause.contains("another key"), "{cause}");
    let strange = TempDir::new().unwrap();
    let opened = App::open(strange.path(), Some(&address), a_clock(Arc::clone(&one.clock), false)).await;
    let cause = opened.err().unwrap().to_string();
    assert!(cause.contains("is missing"), "{cause}");
    assert!(!server::keys::field_key_path(strange.path()).exists(), "no key that opens nothing");
    let begins = async || {
        let data = one.folder_with_its_keys();
        let app =
            App::open(data.path(), Some(&address), a_clock(Arc::clone(&one.clock), false)).await.unwrap();
        app.begin().await.unwrap();
    };
    // Once the other is gone, its place is nobody's.
    servers::leave(&one.app).await.unwrap();
    begins().await;
    // So it is when it was not heard of for a minute.
    one.clock.store(NOW + 61_000, std::sync::atomic::Ordering::Relaxed);
    begins().await;
}

/// Reads the stream of a desk until its next word.
fn next_word(lines: &mut impl Iterator<Item = String>) {
    lines.find(|it| it == "event: changed").expect("the stream goes on");
    assert_eq!(lines.next().as_deref(), Some("data: written"), "without data a browser passes it over");
}

fn listen(world: &World) -> impl Iterator<Item = String> + use<> {
    listen_as(&world.sign_in("office"))
}

fn listen_as(client: &Client) -> impl Iterator<Item = String> + use<> {
    let stream = client.stream("/api/v1/live");
    BufReader::new(stream).lines().map_while(Result::ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_hears_what_is_written_here() {
    let world = World::start().await;
    let mut lines = listen(&world);
    tokio::task::block_in_place(|| next_word(&mut lines));
    world.phone("visitor").sent(&["新来的"]);
    tokio::task::block_in_place(|| next_word(&mut lines));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_signed_out_hears_nothing_more() {
    let world = World::start().await;
    let client = world.sign_in("office");
    let mut lines = listen_as(&client);
    tokio::task::block_in_place(|| next_word(&mut lines));
    client.delete("/api/v1/session").ok();
    world.phone("visitor").sent(&["新来的"]);
    let more = tokio::task::block_in_place(|| lines.filter(|it| it.starts_with("event")).count());
    assert_eq!(more, 0, "the stream ends, and with it this test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_hears_what_another_server_writes() {
    let Some(bucket) = BucketServer::shared() else { return };
    let one = world(bucket).await;
    let other = one.beside().await;
    let phone = other.phone("visitor");
    let mut lines = listen(&one);
    tokio::task::block_in_place(|| next_word(&mut lines));
    phone.sent(&["在另一台上"]);
    tokio::task::block_in_place(|| next_word(&mut lines));
}
