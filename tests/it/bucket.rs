//! Attachments in an S3-compatible bucket, on a server of that kind that is not ours.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::{Duration, Instant},
};

use clap::Parser;
use domain::{envelope::Hash, id::RecordId, sync::ReceiptState};
use server::{
    App, backup,
    blobs::{self as blobs_of, Blobs},
    cli::Cli,
};
use tempfile::TempDir;

use crate::{
    uploads::with_voice,
    world::{
        Phone, Where, World, a_clock, at_once,
        cluster::Cluster,
        random,
        tools::{BucketServer, Line, blobs, bucket, tools},
    },
};

/// Bytes that are nowhere alike.
fn voice(n: u32) -> Vec<u8> {
    (0..n / 4).flat_map(|it| it.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

/// A visit whose voice is announced, and nothing of it here.
fn announced(phone: &Phone, bytes: &[u8]) -> (RecordId, Vec<Vec<u8>>) {
    let (mut draft, id) = with_voice(phone, bytes);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    phone.begin_upload(id, bytes).ok();
    (id, envelopes)
}

/// Sends all of it, in parts as large as they may be.
fn send(phone: &Phone, id: RecordId, bytes: &[u8]) -> u16 {
    let mut status = 0;
    for (n, part) in bytes.chunks(4 * 1024 * 1024).enumerate() {
        status = phone.part(id, n * 4 * 1024 * 1024, part).status;
    }
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_goes_into_the_bucket_and_comes_out_whole_and_by_range() {
    let Some(server) = BucketServer::shared() else { return };
    let world = World::start_with(Where::New, blobs(&server.new_bucket(), server.port)).await;
    let phone = world.phone("visitor");
    // One that takes several chunks, and one that takes none.
    for length in [18_000_000, 40_000] {
        let bytes = voice(length);
        let (id, envelopes) = announced(&phone, &bytes);
        assert_eq!(send(&phone, id, &bytes), 204);
        assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
        let path = format!("/api/v1/attachments/{id}");
        assert_eq!(Hash::of(&phone.client.get(&path).bytes), Hash::of(&bytes));
        let range = phone.client.send("GET", &path, &[("range", "bytes=20000-29999")], Vec::new());
        assert_eq!((range.status, &range.bytes[..]), (206, &bytes[20_000..30_000]));
    }
    assert!(!world.folder().join("sealed").exists() && !world.folder().join("parts").exists());
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!((found.attachments_n, found.damaged), (2, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_that_is_another_is_refused_and_comes_again() {
    let Some(server) = BucketServer::shared() else { return };
    let world = World::start_with(Where::New, blobs(&server.new_bucket(), server.port)).await;
    let phone = world.phone("visitor");
    for length in [10_000_000, 5_000] {
        let bytes = voice(length);
        let (id, _) = announced(&phone, &bytes);
        let mut other = bytes.clone();
        other[100] ^= 1;
        assert_eq!(send(&phone, id, &other), 460);
        assert!(!blobs_of::verify(&world.app, Hash::of(&bytes)).await.unwrap());
        let whole = world.app.blobs.read_as_sealed(Hash::of(&bytes)).await;
        assert!(whole.is_err(), "nothing bears its name");
        assert_eq!(phone.reached(id), 0);
        assert_eq!(send(&phone, id, &bytes), 204);
        assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_bucket_is_away_nothing_is_acknowledged_and_afterwards_all_is_taken() {
    let Some(server) = BucketServer::shared() else { return };
    let line = Line::to(server.port).await;
    let world = World::start_with(Where::New, blobs(&server.new_bucket(), line.port)).await;
    let phone = world.phone("visitor");
    let bytes = voice(2_000_000);
    let (id, envelopes) = announced(&phone, &bytes);
    let (first, rest) = bytes.split_at(1_000_000);
    phone.part(id, 0, first).ok();
    for break_it in [Line::cut, Line::silence] {
        break_it(&line);
        let began = Instant::now();
        let answer = phone.part(id, first.len(), rest);
        assert_eq!(answer.problem(), (503, "busy".to_owned()));
        assert!(answer.headers.contains_key("retry-after"));
        assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
        assert_eq!(phone.reached(id), 1_000_000);
        assert_eq!(phone.receipts(&envelopes).last().unwrap().state, ReceiptState::Incomplete);
        line.mend();
    }
    phone.part(id, first.len(), rest).ok();
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_goes_on_with_what_lies_in_the_bucket() {
    let Some(server) = BucketServer::shared() else { return };
    let world = World::start_with(Where::New, blobs(&server.new_bucket(), server.port)).await;
    let bytes = voice(300_000);
    let (id, _) = announced(&world.phone("visitor"), &bytes);
    world.phone("visitor").part(id, 0, &bytes[..100_000]).ok();
    let world = world.restart().await;
    let phone = world.phone("visitor");
    assert_eq!(phone.reached(id), 100_000);
    phone.part(id, 100_000, &bytes[100_000..]).ok();
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_that_are_sent_the_same_place_one_counts() {
    let Some(server) = BucketServer::shared() else { return };
    let database = Where::Cluster(Cluster::shared().new_database());
    let one = World::start_with(database, blobs(&server.new_bucket(), server.port)).await;
    let other = one.beside().await;
    let phones = [one.phone("visitor"), other.phone("visitor")];
    let bytes = voice(600_000);
    for lengths in [[200_000, 100_000], [100_000, 200_000], [150_000, 150_000]] {
        let (id, envelopes) = announced(&phones[0], &bytes);
        // Nobody can note a part yet: both put theirs into the bucket first.
        let turn = one.app.db.write().await.unwrap();
        let statuses = std::thread::scope(|scope| {
            let handle = tokio::runtime::Handle::current();
            let sending: Vec<_> = [0, 1]
                .map(|n| {
                    let (handle, phone, part) = (handle.clone(), &phones[n], &bytes[..lengths[n]]);
                    scope.spawn(move || {
                        let _inside = handle.enter();
                        phone.part(id, 0, part).status
                    })
                })
                .into();
            tokio::task::block_in_place(|| {
                handle.block_on(async {
                    let began = Instant::now();
                    while n_parts(&one, id).await < 2 {
                        assert!(began.elapsed() < Duration::from_secs(20), "each has an object of its own");
                        tokio::task::yield_now().await;
                    }
                    drop(turn);
                });
                sending.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
            })
        });
        let won = statuses.iter().position(|it| *it == 204).expect("one is taken");
        assert_eq!(statuses[1 - won], 409);
        assert_eq!(phones[1 - won].reached(id), lengths[won] as u64);
        assert_eq!(n_parts(&one, id).await, 1, "what does not count is removed");
        // The last part by both, and both put the whole together.
        let last = at_once(4, || {
            phones.each_ref().map(|it| it.part(id, lengths[won], &bytes[lengths[won]..]).status)
        });
        assert_eq!(last.iter().flatten().filter(|it| **it == 204).count(), 1, "{last:?}");
        assert!(phones[1].receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
        assert_eq!(phones[1].client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
    }
}

/// How many objects there are of an upload's parts.
async fn n_parts(world: &World, id: RecordId) -> usize {
    let Blobs::Bucket(bucket) = &world.app.blobs else { panic!("a bucket") };
    bucket.parts_of(id).await.unwrap().len()
}

fn opens(key: &age::x25519::Identity) -> Vec<Box<dyn age::Identity>> {
    vec![Box::new(key.clone())]
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_carry_attachments_between_folder_and_bucket() {
    let Some(server) = BucketServer::shared() else { return };
    let in_bucket = || blobs(&server.new_bucket(), server.port);
    let world = World::start_with(Where::New, in_bucket()).await;
    let phone = world.phone("visitor");
    let bytes = voice(9_000_000);
    let (id, _) = announced(&phone, &bytes);
    send(&phone, id, &bytes);
    let (key, folder) = (age::x25519::Identity::generate(), TempDir::new().unwrap());
    let (mut from, mut folders) = (world.app.clone(), Vec::new());
    // From the bucket into a folder, and from there into another bucket.
    for (name, to) in [("first", None), ("second", Some(in_bucket()))] {
        let file = folder.path().join(name);
        backup::make(&from, &file, vec![Box::new(key.to_public())]).await.unwrap();
        assert_eq!(backup::verify(&file, &opens(&key), None).unwrap().1.attachments_n, 1);
        let data = world.folder_with_its_keys();
        let clock = a_clock(Arc::new(AtomicI64::new(world.app.now())), false);
        let mut app = App::open(data.path(), None, clock).await.unwrap();
        app.blobs = to.unwrap_or(app.blobs);
        backup::load(&app, &file, &opens(&key)).await.unwrap();
        let found = server::cli::check::check(&app).await.unwrap();
        assert_eq!((found.attachments_n, found.damaged), (1, vec![]), "{name}");
        from = app;
        folders.push(data);
    }
    assert!(blobs_of::verify(&from, Hash::of(&bytes)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_on_a_bucket_that_it_cannot_use() {
    let (Some(server), Some(tools)) = (BucketServer::shared(), tools()) else { return };
    let keyed = BucketServer::start(&tools, true);
    let known = bucket(&server.new_bucket(), server.port);
    known.probe(random()).await.unwrap();
    let gone = Line::to(server.port).await;
    gone.cut();
    for (port, why) in [
        (server.port, "there is no such bucket"),
        (keyed.port, "may not write, read and delete in it"),
        (gone.port, "it does not answer as a bucket does"),
    ] {
        let cause = bucket("nobody-made-it", port).probe(random()).await.unwrap_err();
        assert!(cause.to_string().contains(why), "{cause:#}");
    }
    let data = TempDir::new().unwrap();
    let path = data.path().to_str().unwrap();
    let cli = Cli::parse_from(["zoufang", "serve", "--data", path, "--bucket", "attachments"]);
    let clock = a_clock(Arc::new(AtomicI64::new(0)), false);
    let cause = server::cli::run(cli, clock).await.unwrap_err();
    assert!(cause.to_string().contains("write s3://name"), "{cause:#}");
}
