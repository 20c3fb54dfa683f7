//! Every statement of the store is understood by both engines.

use std::path::Path;

use server::store::{Db, sql_made};

use crate::world::{World, cluster::Cluster};

/// Not the same text on both: (constant, only engine).
const ONE_ENGINE: [(&str, &str); 18] = [
    ("COLUMNS_SQLITE", "sqlite"),
    ("COLUMNS_POSTGRES", "postgres"),
    ("JOURNAL_MODE", "sqlite"),
    ("SYNCHRONOUS", "sqlite"),
    ("FOREIGN_KEYS", "sqlite"),
    ("INTEGRITY", "sqlite"),
    ("TURN", "postgres"),
    ("WRITE", "postgres"),
    ("WRITTEN", "postgres"),
    ("NOTIFY", "postgres"),
    ("FSYNC", "postgres"),
    ("SYNCHRONOUS_COMMIT", "postgres"),
    ("FULL_PAGE_WRITES", "postgres"),
    ("ENCODING", "postgres"),
    ("UNINDEX", "sqlite"),
    ("UNINDEX_POSTGRES", "postgres"),
    ("UNINDEX_ONE", "sqlite"),
    ("UNINDEX_ONE_POSTGRES", "postgres"),
];

/// Constants whose text is a statement, as (name, text).
fn statements() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/store");
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|it| it.path());
    let files = files.chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/store.rs")]);
    let mut found = Vec::new();
    // The columns that sealing reads are gone once it is done; the fixtures run its statements.
    for file in files.filter(|it| !it.ends_with("sealing.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        for part in text.split("\nconst ").skip(1) {
            let Some((name, rest)) = part.split_once(": &str =") else { continue };
            let Some((_, rest)) = rest.split_once('"') else { continue };
            let Some((statement, _)) = rest.split_once("\";") else { continue };
            // These get as many places as there are rows; every journey runs them.
            if name.ends_with("_ROWS") || name.ends_with("_IDS") {
                continue;
            }
            let verbs = ["select", "insert", "update", "delete", "pragma", "show"];
            if verbs.iter().any(|it| statement.starts_with(it)) {
                found.push((name.to_owned(), statement.to_owned()));
            }
        }
    }
    found
}

async fn refused(db: &Db, engine: &str) -> Vec<String> {
    let mut refused = Vec::new();
    for (name, text) in statements() {
        if ONE_ENGINE.iter().any(|(one, only)| *one == name && *only != engine) {
            continue;
        }
        let mut db = db.write().await.unwrap();
        if let Err(cause) = sql_made(text).prepare(&mut db).await {
            // The types of values come with them; the journeys on both engines bind them.
            if !cause.to_string().contains("could not determine data type of parameter") {
                refused.push(format!("{name}: {cause}"));
            }
        }
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_understood_by_both_engines() {
    assert!(statements().len() > 150, "{}", statements().len());
    let world = World::start_on_sqlite().await;
    assert_eq!(refused(&world.app.db, "sqlite").await, Vec::<String>::new());
    let cluster = Cluster::shared();
    let address = cluster.address(&cluster.new_database());
    let db = Db::open(world.data.path(), Some(&address)).await.unwrap();
    assert_eq!(refused(&db, "postgres").await, Vec::<String>::new());
}
