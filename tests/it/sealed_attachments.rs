//! Voices, photos and files are nowhere in the clear, neither in the folder nor in the bucket nor on their way in; and who
//! destroys a key destroys the bytes, also in copies.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicI64},
};

use domain::{envelope::Hash, id::RecordId, sync::ReceiptState};
use server::{
    App, backup, blobs,
    policy::Policy,
    retention::{self, Retention},
    store::sql_made,
};
use tempfile::TempDir;

use crate::{
    sealed::holds,
    uploads::with_voice,
    world::{
        Phone, Where, World, a_clock, copy_folder, fixture,
        tools::{self, BucketServer},
    },
};

const CANARY: &[u8] = b"a canary that sings in no folder";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A recording of several chunks, with the canary in each and across their borders.
fn recording() -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..2_500_000_u32).flat_map(u32::to_le_bytes).take(2_500_000).collect();
    for at in [0, 500_000, (1 << 20) - 7, 2_000_000, 2_500_000 - CANARY.len()] {
        bytes[at..at + CANARY.len()].copy_from_slice(CANARY);
    }
    bytes
}

/// Everything below a folder.
fn all_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|it| it.path());
    entries
        .flat_map(
            |it| if it.is_dir() { all_below(&it) } else { vec![(it.clone(), std::fs::read(it).unwrap())] },
        )
        .collect()
}

/// Where the canary sits, below a folder.
fn singing(folder: &Path) -> Vec<PathBuf> {
    all_below(folder).into_iter().filter(|it| holds(&it.1, CANARY)).map(|it| it.0).collect()
}

/// Sends half of it, looks, and sends the rest.
fn send(phone: &Phone, id: RecordId, bytes: &[u8], half_way: impl FnOnce()) {
    let half = bytes.len() / 2;
    phone.begin_upload(id, bytes).ok();
    phone.part(id, 0, &bytes[..half]).ok();
    half_way();
    phone.part(id, half, &bytes[half..]).ok();
}

fn heard(phone: &Phone, id: RecordId) -> Vec<u8> {
    phone.client.get(&format!("/api/v1/attachments/{id}")).bytes
}

async fn keys_n(world: &World) -> i64 {
    let query = sql_made("select count(*) from blob_key".to_owned());
    query.fetch_one(&mut world.app.db.read().await.unwrap()).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_nowhere_in_the_folder_in_the_clear() {
    let world = World::start().await;
    let (phone, bytes) = (world.phone("visitor"), recording());
    let (mut draft, id) = with_voice(&phone, &bytes);
    let envelopes = Phone::freeze(&mut draft);
    phone.receipts(&envelopes);
    send(&phone, id, &bytes, || {
        let copy = world.back_up();
        assert!(copy.path().join("parts").join(id.to_string()).exists(), "it is on its way");
        assert_eq!(singing(copy.path()), Vec::<PathBuf>::new());
    });
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
    assert_eq!(singing(world.back_up().path()), Vec::<PathBuf>::new());
    assert!(heard(&phone, id) == bytes);
    for (starts, ends) in [(0, 99), ((1 << 20) - 20, (1 << 20) + 20), (2_499_990, 2_499_999)] {
        let range = format!("bytes={starts}-{ends}");
        let path = format!("/api/v1/attachments/{id}");
        let part = phone.client.send("GET", &path, &[("range", &*range)], Vec::new());
        assert_eq!((part.status, &part.bytes[..]), (206, &bytes[starts..=ends]));
        assert_eq!(part.headers["content-range"], format!("bytes {starts}-{ends}/2500000"));
    }
    // The same look finds what a version that sealed nothing kept; and that is sealed and removed.
    let clear = blobs::clear_path_of(&world.folder(), Hash::of(&bytes));
    std::fs::create_dir_all(clear.parent().unwrap()).unwrap();
    std::fs::write(&clear, &bytes).unwrap();
    std::fs::remove_file(blobs::path_of(&world.folder(), Hash::of(&bytes))).unwrap();
    world.on_the_writer("delete from blob_key").await;
    assert_eq!(singing(&world.folder()), std::slice::from_ref(&clear));
    assert!(heard(&phone, id) == bytes);
    blobs::seal_all(world.app.clone()).await;
    assert_eq!(singing(world.back_up().path()), Vec::<PathBuf>::new());
    assert!(heard(&phone, id) == bytes);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged, Vec::<String>::new());
}

/// A whole of before that was damaged is not sealed as if it were whole, and is said to be damaged.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_stays_as_it_is() {
    let (_, data) = fixture("0.3");
    let left = all_below(&data.path().join("blobs"));
    std::fs::write(&left[0].0, &left[0].1[1..]).unwrap();
    let world = World::on_at(data, crate::world::NOW).await;
    blobs::seal_all(world.app.clone()).await;
    let kept = all_below(&world.folder().join("blobs"));
    assert_eq!(kept.iter().map(|it| &it.0).collect::<Vec<_>>(), [&left[0].0]);
    assert_eq!(all_below(&world.folder().join("sealed")).len(), left.len() - 1);
    assert_eq!(server::cli::check::check(&world.app).await.unwrap().damaged.len(), 1);
}

/// Parts that came before parts were sealed make a whole with those that come after.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_that_began_before_parts_were_sealed() {
    let world = World::start().await;
    let (phone, bytes) = (world.phone("visitor"), recording());
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let (first, rest) = bytes.split_at(1_000_000);
    phone.begin_upload(id, &bytes).ok();
    phone.part(id, 0, first).ok();
    std::fs::write(world.folder().join("parts").join(id.to_string()).join("000000000000"), first).unwrap();
    world.on_the_writer("update upload_part set name = ''").await;
    world.on_the_writer("delete from blob_key").await;
    let world = world.restart().await;
    let phone = world.phone("visitor");
    assert_eq!(phone.reached(id), 1_000_000);
    phone.part(id, first.len(), rest).ok();
    assert!(heard(&phone, id) == bytes);
    assert_eq!(singing(world.back_up().path()), Vec::<PathBuf>::new());
}

/// A part that was changed on the disk makes no whole: everything comes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_changed_is_asked_for_again() {
    let world = World::start().await;
    let (phone, bytes) = (world.phone("visitor"), recording());
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let half = bytes.len() / 2;
    phone.begin_upload(id, &bytes).ok();
    phone.part(id, 0, &bytes[..half]).ok();
    let (path, mut sealed) = all_below(&world.folder().join("parts")).remove(0);
    sealed[600_000] ^= 1;
    std::fs::write(path, sealed).unwrap();
    assert_eq!(phone.part(id, half, &bytes[half..]).problem(), (460, "wrong_checksum".to_owned()));
    assert_eq!(phone.reached(id), 0);
    send(&phone, id, &bytes, || {});
    assert!(heard(&phone, id) == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_given_up_leaves_no_key() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let (_, one) = with_voice(&phone, b"the same bytes");
    let (_, other) = with_voice(&phone, b"the same bytes");
    for id in [one, other] {
        phone.begin_upload(id, b"the same bytes").ok();
        phone.part(id, 0, b"the same").ok();
    }
    assert_eq!(keys_n(&world).await, 1);
    let end = |id: RecordId| {
        let path = format!("/api/v1/uploads/{id}");
        assert_eq!(phone.client.send("DELETE", &path, &[("tus-resumable", "1.0.0")], vec![]).status, 204);
    };
    end(one);
    phone.part(other, 8, b" bytes").ok();
    assert_eq!(keys_n(&world).await, 1, "the other one stands upon it");
    let (_, third) = with_voice(&phone, b"more bytes");
    phone.begin_upload(third, b"more bytes").ok();
    assert_eq!(keys_n(&world).await, 2);
    end(third);
    assert_eq!(keys_n(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_destroys_a_key_destroys_every_copy() {
    let world = World::start().await;
    let (phone, bytes) = (world.phone("visitor"), recording());
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    send(&phone, id, &bytes, || {});
    let copy = TempDir::new().unwrap();
    copy_folder(&world.folder().join("sealed"), copy.path());
    let put_back = || {
        std::fs::create_dir_all(world.folder().join("sealed")).unwrap();
        copy_folder(copy.path(), &world.folder().join("sealed"));
    };
    assert!(blobs::verify(&world.app, Hash::of(&bytes)).await.unwrap());
    world.later(91 * DAY_MS);
    let phone = world.phone("visitor");
    let kept = Retention { voice_days: Some(90), without_backup: true, ..Retention::default() };
    let app = App { policy: Policy { retention: kept, ..Policy::default() }, ..world.app.clone() };
    assert_eq!(retention::remove_due(&app).await.unwrap(), 1);
    assert_eq!(keys_n(&world).await, 0);
    put_back();
    assert!(!blobs::verify(&world.app, Hash::of(&bytes)).await.unwrap());
    // The same words from another phone have a key of their own, and the copy does not open with it either.
    let (mut draft, again) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    send(&phone, again, &bytes, || {});
    assert!(heard(&phone, again) == bytes);
    put_back();
    assert!(!blobs::verify(&world.app, Hash::of(&bytes)).await.unwrap());
}

/// A backup whose age key was stolen gives no voice away without the copy of the keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_voices_sealed_and_restores_them() {
    let world = World::start().await;
    let (phone, bytes) = (world.phone("visitor"), recording());
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    send(&phone, id, &bytes, || {});
    phone.sent(&["听得见的话"]);
    world.app.reading.caught_up(&world.app.db).await;
    let (key, folder) = (age::x25519::Identity::generate(), TempDir::new().unwrap());
    let file = folder.path().join("backup");
    backup::make(&world.app, &file, vec![Box::new(key.to_public())]).await.unwrap();
    let mut opened = Vec::new();
    let decryptor =
        age::Decryptor::new_buffered(std::io::BufReader::new(std::fs::File::open(&file).unwrap()));
    let identity: &dyn age::Identity = &key;
    decryptor.unwrap().decrypt(std::iter::once(identity)).unwrap().read_to_end(&mut opened).unwrap();
    assert!(holds(&opened, "听得见的话".as_bytes()), "words can be looked for, so that this finds something");
    assert!(!holds(&opened, CANARY));

    let opens = || vec![Box::new(key.clone()) as Box<dyn age::Identity>];
    let vault = Some(world.app.db.vault());
    assert_eq!(backup::verify(&file, &opens(), vault).unwrap().1.attachments_n, 1);
    let other = server::vault::Vault::of(&[3; 32]);
    backup::verify(&file, &opens(), Some(&other)).unwrap_err();
    let data = world.folder_with_its_keys();
    let clock = a_clock(Arc::new(AtomicI64::new(world.app.now())), false);
    let app = App::open(data.path(), None, clock).await.unwrap();
    backup::load(&app, &file, &opens()).await.unwrap();
    let found = server::cli::check::check(&app).await.unwrap();
    assert_eq!((found.attachments_n, found.damaged), (1, vec![]));
    assert_eq!(singing(data.path()), Vec::<PathBuf>::new());
}

/// The bucket of the tests takes any signature.
const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=zoufang/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// The bytes of every object in a bucket.
fn objects(name: &str, port: u16) -> Vec<Vec<u8>> {
    let get = |path: &str| {
        let asked =
            ureq::get(format!("http://127.0.0.1:{port}/{name}{path}")).header("authorization", SIGNED);
        let mut answer = tokio::task::block_in_place(|| asked.call()).unwrap();
        answer.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap()
    };
    let listed = String::from_utf8(get("?list-type=2")).unwrap();
    let names = listed.split("<Key>").skip(1).map(|it| it.split_once("</Key>").unwrap().0);
    names.map(|it| get(&format!("/{it}"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_nowhere_in_the_bucket_in_the_clear() {
    let Some(server) = BucketServer::shared() else { return };
    let name = server.new_bucket();
    let world = World::start_with(Where::New, tools::blobs(&name, server.port)).await;
    let (phone, bytes) = (world.phone("visitor"), recording());
    let (mut draft, id) = with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    let sing = || objects(&name, server.port).iter().filter(|it| holds(it, CANARY)).count();
    send(&phone, id, &bytes, || {
        assert_eq!((objects(&name, server.port).len(), sing()), (1, 0));
    });
    assert_eq!((objects(&name, server.port).len(), sing()), (1, 0));
    assert!(heard(&phone, id) == bytes);
    // What a version that sealed nothing kept is found, sealed and removed.
    let hash = Hash::of(&bytes).to_string();
    let address = format!("http://127.0.0.1:{}/{name}/county/blobs/{}/{hash}", server.port, &hash[..2]);
    let put = ureq::put(address).header("authorization", SIGNED);
    tokio::task::block_in_place(|| put.send(&bytes[..])).unwrap();
    assert_eq!((objects(&name, server.port).len(), sing()), (2, 1));
    blobs::seal_all(world.app.clone()).await;
    assert_eq!((objects(&name, server.port).len(), sing()), (1, 0));
    assert!(heard(&phone, id) == bytes);
}
