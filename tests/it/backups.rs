//! Backups, and moving from one engine to the other.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicI64},
};

use server::{App, backup, store::Db};
use tempfile::TempDir;

use crate::world::{Phone, World, a_clock, cluster::Cluster};

async fn filled() -> (World, Vec<Vec<u8>>) {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut envelopes = Vec::new();
    for n in 0..7 {
        let words = format!("第{n}次：材料不全 \"引号\" \u{202e}倒着 𠮷");
        let mut draft = phone.draft(&[&*words, "没有挂牌子"]);
        envelopes.extend(Phone::freeze(&mut draft));
        "补充".clone_into(&mut draft.statements[0].value.summary);
        envelopes.extend(Phone::freeze(&mut draft));
    }
    phone.receipts(&envelopes);
    world.app.reading.caught_up(&world.app.db).await;
    (world, envelopes)
}

fn key() -> age::x25519::Identity {
    age::x25519::Identity::generate()
}

async fn made(world: &World, key: &age::x25519::Identity, folder: &Path) -> std::path::PathBuf {
    let file = folder.join("zoufang.backup");
    backup::make(&world.app, &file, vec![Box::new(key.to_public())]).await.expect("a backup");
    file
}

fn opens(key: &age::x25519::Identity) -> Vec<Box<dyn age::Identity>> {
    vec![Box::new(key.clone())]
}

async fn everything(db: &Db) -> Vec<String> {
    let mut db = db.read().await.unwrap();
    let mut all = Vec::new();
    for table in server::store::tables::TABLES {
        let columns = server::store::tables::columns(&mut db, table).await.unwrap();
        let mut rows = Vec::new();
        let each = async |some: Vec<Vec<serde_json::Value>>| {
            rows.extend(some.iter().map(|it| format!("{table} {}", serde_json::to_string(it).unwrap())));
            Ok(())
        };
        server::store::tables::rows(&mut db, table, &columns, each).await.unwrap();
        rows.sort();
        all.extend(rows);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_serving_restores_everything() {
    let (world, envelopes) = filled().await;
    let (key, folder) = (key(), TempDir::new().unwrap());
    let file = made(&world, &key, folder.path()).await;
    let (_, counts) = backup::verify(&file, &opens(&key), None).unwrap();
    assert_eq!(counts.revisions_n, envelopes.len() as u64);
    // With other keys nothing is put there.
    let clock = || a_clock(Arc::new(AtomicI64::new(world.app.now())), false);
    let strange = TempDir::new().unwrap();
    let app = App::open(strange.path(), None, clock()).await.unwrap();
    let refused = backup::load(&app, &file, &opens(&key)).await.unwrap_err().to_string();
    assert!(refused.contains("--keys"), "{refused}");
    assert!(backup::verify(&file, &opens(&key), Some(app.db.vault())).is_err());
    backup::verify(&file, &opens(&key), Some(world.app.db.vault())).unwrap();
    let restored = world.folder_with_its_keys();
    let app = App::open(restored.path(), None, a_clock(Arc::new(AtomicI64::new(world.app.now())), false))
        .await
        .unwrap();
    backup::load(&app, &file, &opens(&key)).await.unwrap();
    let lost: Vec<String> = {
        let there = everything(&app.db).await;
        everything(&world.app.db).await.into_iter().filter(|it| !there.contains(it)).collect()
    };
    // A server that starts notes a stretch of history of its own.
    assert_eq!(lost, Vec::<String>::new());
    let found = server::cli::check::check(&app).await.unwrap();
    assert_eq!((found.revisions_n, found.damaged), (envelopes.len(), vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_cut_or_changed_is_refused() {
    let (world, _) = filled().await;
    let (key, folder) = (key(), TempDir::new().unwrap());
    let file = made(&world, &key, folder.path()).await;
    let whole = std::fs::read(&file).unwrap();
    assert!(backup::verify(&file, &opens(&age::x25519::Identity::generate()), None).is_err(), "another key");
    for length in [0, 10, 300, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert!(backup::verify(&file, &opens(&key), None).is_err(), "cut to {length}");
    }
    for at in [5, 250, whole.len() / 3, whole.len() - 2] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&file, &changed).unwrap();
        assert!(backup::verify(&file, &opens(&key), None).is_err(), "changed at {at}");
    }
    std::fs::write(&file, [&*whole, b"more"].concat()).unwrap();
    assert!(backup::verify(&file, &opens(&key), None).is_err(), "something follows");
    std::fs::write(&file, &whole).unwrap();
    backup::verify(&file, &opens(&key), None).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_folder_leaves_no_half_backup() {
    let (world, _) = filled().await;
    let recipients: Vec<Box<dyn age::Recipient + Send + Sync>> = vec![Box::new(key().to_public())];
    assert!(backup::make(&world.app, Path::new("/nowhere/zoufang.backup"), recipients).await.is_err());
    // The connection it read with is as good as new.
    world.sign_in("office").get("/api/v1/visits").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_to_postgresql() {
    let (world, envelopes) = filled().await;
    let cluster = Cluster::shared();
    let address = cluster.address(&cluster.new_database());
    let to = Db::open(world.data.path(), Some(&address)).await.unwrap();
    let counts = backup::migrate(&world.app.db, &to).await.unwrap();
    assert_eq!(counts.revisions_n, envelopes.len() as u64);
    assert_eq!(everything(&to).await, everything(&world.app.db).await);
    assert!(backup::migrate(&world.app.db, &to).await.is_err(), "not into what holds records");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_whose_record_is_not_read_out_yet_are_in_the_backup() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes = b"a voice".repeat(100);
    let id = domain::id::RecordId(crate::world::new_id());
    phone.upload(id, &bytes).ok();
    let (key, folder) = (key(), TempDir::new().unwrap());
    let file = made(&world, &key, folder.path()).await;
    assert_eq!(backup::verify(&file, &opens(&key), None).unwrap().1.attachments_n, 1);
}
