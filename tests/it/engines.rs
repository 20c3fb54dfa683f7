//! What the engine may do to us: writers that commit late, and a database that dies.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use domain::{envelope::Hash, sync::ReceiptState};
use server::store::{Connection, sql};
use uuid::Uuid;

use crate::world::{Phone, World, cluster::Cluster, new_id};

const NOTE: &str = "insert into change (kind, id) values ('visit', $1)";
const AFTER: &str = "select sequence, id from change where sequence > $1 order by sequence";

async fn note(db: &mut Connection, id: Uuid) {
    sql(NOTE).bind(id).execute(db).await.unwrap();
}

/// What a reader gets who pages on from `cursor`.
async fn page(world: &World, cursor: &mut i64) -> Vec<Uuid> {
    let rows = sql(AFTER).bind(*cursor).fetch_all(&mut world.app.db.read().await.unwrap()).await.unwrap();
    for row in &rows {
        *cursor = row.get("sequence");
    }
    rows.iter().map(|row| row.get("id")).collect()
}

/// Two slow transactions that would commit in reverse while a reader pages: the later one waits for the
/// earlier, and the reader gets both.
#[tokio::test(flavor = "multi_thread")]
async fn no_reader_skips_what_a_slow_writer_commits_late() {
    let world = World::start().await;
    let mut cursor = 0;
    page(&world, &mut cursor).await;
    let (first, second) = (new_id(), new_id());
    let mut slow = world.app.db.write().await.unwrap();
    note(&mut slow, first).await;
    let db = world.app.db.clone();
    let quick = tokio::spawn(async move {
        let mut quick = db.write().await.unwrap();
        note(&mut quick, second).await;
        quick.commit().await.unwrap();
    });
    let mut seen = Vec::new();
    for _ in 0..50 {
        seen.extend(page(&world, &mut cursor).await);
        assert!(!quick.is_finished(), "it may not commit before the one that began before it");
    }
    assert!(seen.is_empty(), "{seen:?}");
    slow.commit().await.unwrap();
    quick.await.unwrap();
    seen.extend(page(&world, &mut cursor).await);
    assert_eq!(seen, [first, second]);
}

/// PostgreSQL is killed while phones push; it comes back, they go on, and what was acknowledged is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_takes_nothing_with_it_that_was_acknowledged() {
    let cluster = Cluster::start(&[]);
    let world = World::start_at_address(cluster.address(&cluster.new_database())).await;
    let (acknowledged, over) = (Mutex::new(Vec::<Hash>::new()), AtomicBool::new(false));
    let (taken, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let handle = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        // All have signed in before the first kill.
        let phones = ["visitor", "visitor2", "office"].map(|login| world.phone(login));
        std::thread::scope(|scope| {
            for phone in phones {
                let handle = handle.clone();
                let (acknowledged, over, taken, refused) = (&acknowledged, &over, &taken, &refused);
                scope.spawn(move || {
                    let _inside = handle.enter();
                    while !over.load(Ordering::Relaxed) {
                        let envelopes = Phone::freeze(&mut phone.draft(&["跑了三趟", "没有挂牌子"]));
                        let answer = phone.push(&envelopes);
                        if answer.status != 200 {
                            assert_eq!(answer.status, 503, "{}", answer.text());
                            assert!(answer.headers.contains_key("retry-after"));
                            refused.fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                        let receipts: domain::sync::Receipts = serde_json::from_slice(&answer.bytes).unwrap();
                        assert!(receipts.receipts.iter().all(|it| it.state == ReceiptState::Stored));
                        acknowledged.lock().unwrap().extend(receipts.receipts.iter().map(|it| it.hash));
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let until = |counter: &AtomicUsize, n: usize| {
                while counter.load(Ordering::Relaxed) < n {
                    std::thread::yield_now();
                }
            };
            let mut cluster = cluster;
            for round in 1..=3 {
                until(&taken, round * 10);
                let before = refused.load(Ordering::Relaxed);
                cluster.kill();
                until(&refused, before + 1);
                cluster = cluster.again();
                let now = taken.load(Ordering::Relaxed);
                until(&taken, now + 10);
            }
            over.store(true, Ordering::Relaxed);
        });
    });
    let rows =
        sql("select hash from revision").fetch_all(&mut world.app.db.read().await.unwrap()).await.unwrap();
    let mut here: Vec<Vec<u8>> = rows.iter().map(|row| row.get("hash")).collect();
    here.sort();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 120, "{}", acknowledged.len());
    for hash in &acknowledged {
        assert!(here.binary_search(&hash.0.to_vec()).is_ok(), "{hash} was acknowledged and is gone");
    }
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!(found.damaged, Vec::<String>::new());
}
