//! A PostgreSQL that follows another: that one is lost, and nothing that was acknowledged is lost with it.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{envelope::Hash, sync::ReceiptState};
use server::store::sql;

use crate::world::{
    Phone, Where, World,
    cluster::Cluster,
    tools::{BucketServer, Line, blobs},
};

/// After this the other one is not taken.
const PATIENCE: Duration = Duration::from_mins(1);

/// What phones hear while the one is lost and the other is taken.
#[derive(Default)]
struct Heard {
    acknowledged: Mutex<Vec<Hash>>,
    over: AtomicBool,
    taken_n: AtomicUsize,
    refused_n: AtomicUsize,
}

impl Heard {
    fn push_on(&self, phone: &Phone) {
        while !self.over.load(Ordering::Relaxed) {
            let envelopes = Phone::freeze(&mut phone.draft(&["跑了三趟"]));
            // The same bytes, until there are receipts.
            let answer = loop {
                let answer = phone.push(&envelopes);
                if answer.status == 200 || self.over.load(Ordering::Relaxed) {
                    break answer;
                }
                assert_eq!(answer.status, 503, "{}", answer.text());
                self.refused_n.fetch_add(1, Ordering::Relaxed);
            };
            if answer.status != 200 {
                return;
            }
            let receipts: domain::sync::Receipts = serde_json::from_slice(&answer.bytes).unwrap();
            assert!(receipts.receipts.iter().all(|it| it.state == ReceiptState::Stored));
            self.acknowledged.lock().unwrap().extend(receipts.receipts.iter().map(|it| it.hash));
            self.taken_n.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The first is killed in the middle of it, and the second takes its place.
    fn lose(&self, primary: &Cluster, standby: &Cluster, line: &Line) {
        let until = |counter: &AtomicUsize, n: usize| {
            let began = Instant::now();
            while counter.load(Ordering::Relaxed) < n {
                if began.elapsed() > PATIENCE {
                    self.over.store(true, Ordering::Relaxed);
                    panic!("waited in vain for {n}");
                }
                std::thread::yield_now();
            }
        };
        until(&self.taken_n, 40);
        primary.kill();
        until(&self.refused_n, 1);
        standby.promote();
        line.lead_to(standby.port);
        let now = self.taken_n.load(Ordering::Relaxed);
        until(&self.taken_n, now + 40);
        self.over.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_with_all_that_was_acknowledged() {
    let Some(bucket) = BucketServer::shared() else { return };
    let primary = Cluster::start(&[]);
    let database = primary.new_database();
    let standby = primary.with_a_standby();
    let line = Line::to(primary.port).await;
    let address = format!("postgres://zoufang@127.0.0.1:{}/{database}", line.port);
    let one = World::start_with(Where::Address(address), blobs(&bucket.new_bucket(), bucket.port)).await;
    let other = one.beside().await;
    let heard = Heard::default();
    let phones = [one.phone("visitor"), one.phone("office"), other.phone("visitor2"), other.phone("visitor")];
    let handle = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for phone in &phones {
                let (heard, handle) = (&heard, handle.clone());
                scope.spawn(move || {
                    let _inside = handle.enter();
                    heard.push_on(phone);
                });
            }
            heard.lose(&primary, &standby, &line);
        });
    });
    let rows =
        sql("select hash from revision").fetch_all(&mut one.app.db.read().await.unwrap()).await.unwrap();
    let mut here: Vec<Vec<u8>> = rows.iter().map(|row| row.get("hash")).collect();
    here.sort();
    let acknowledged = heard.acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 160, "{}", acknowledged.len());
    for hash in &acknowledged {
        assert!(here.binary_search(&hash.0.to_vec()).is_ok(), "{hash} was acknowledged and is gone");
    }
    let found = server::cli::check::check(&other.app).await.unwrap();
    assert_eq!(found.damaged, Vec::<String>::new());
}
