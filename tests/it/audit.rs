//! The audit log as a chain: it grows with the acts, and whatever is done to it behind the server's back is found.

use std::sync::atomic::Ordering;

use domain::{audit::Head, random::Random};
use serde_json::json;
use server::{
    auditing::{self, Verified, Written},
    store::{Connection, sql, sql_made},
};

use crate::world::{NOW, World};

const HOUR_MS: i64 = 60 * 60 * 1_000;

async fn verified(world: &World, expected: &[Head]) -> Verified {
    let written = auditing::written_down(world.data.path()).unwrap();
    let key = world.app.receipt_key.public();
    let mut db = world.app.db.read().await.unwrap();
    auditing::verify(&mut db, key, &written, expected).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_is_linked_and_each_hour_is_signed() {
    let world = World::start().await;
    let before = verified(&world, &[]).await;
    assert_eq!(before.head, Head::NONE);
    assert!(before.waiting_n > 10, "{before:?}");
    assert_eq!((before.waiting_since, before.faults), (Some(NOW), vec![]));

    auditing::link_waiting(&world.app).await.unwrap();
    let auditor = world.with_account("auditor", "auditor");
    let chain = auditor.get("/api/v1/audit/chain").ok();
    assert_eq!(chain["linked_n"], before.waiting_n);
    assert!(chain["waiting_n"].as_i64() > Some(0), "the account was added after it");
    assert_eq!(chain["checkpoints"].as_array().unwrap().len(), 1);

    world.clock.fetch_add(HOUR_MS, Ordering::Relaxed);
    auditing::link_waiting(&world.app).await.unwrap();
    auditing::link_waiting(&world.app).await.unwrap();
    let chain = auditor.get("/api/v1/audit/chain").ok();
    assert_eq!(chain["waiting_n"], 0);
    let printed: Vec<Head> = chain["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", it["n"], it["hash"].as_str().unwrap()).parse().unwrap())
        .collect();
    assert_eq!(printed.len(), 2, "one an hour, and none when nothing is new: {chain}");
    let after = verified(&world, &printed).await;
    assert_eq!((after.faults.clone(), after.checkpoints_n, after.waiting_n), (vec![], 2, 0));
    assert_eq!(printed[0], after.head);
    assert_eq!(auditing::written_down(world.data.path()).unwrap().checkpoints.len(), 2);

    // What was printed elsewhere is no part of it.
    let other = Head { n: 3, hash: after.head.hash };
    let longer = Head { n: after.head.n + 1, ..after.head };
    let found = verified(&world, &[other, longer]).await.faults;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("at 3 the chain has") && found[1].starts_with("the chain ends before"));
    for login in ["office", "sysadmin", "branch", "visitor"] {
        assert_eq!(world.sign_in(login).get("/api/v1/audit/chain").status, 403, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_noted_while_another_server_links_is_linked_once() {
    let world = World::start().await;
    let office = world.sign_in("office");
    for n in 0..20 {
        let form = json!({"kind": "business", "name": format!("第{n}家"), "place": "东街"});
        office.post("/api/v1/respondents", &form).ok();
        let (one, other) =
            tokio::join!(auditing::link_waiting(&world.app), auditing::link_waiting(&world.app));
        one.and(other).unwrap();
    }
    auditing::link_waiting(&world.app).await.unwrap();
    let found = verified(&world, &[]).await;
    assert_eq!((found.faults, found.waiting_n), (vec![], 0));
}

/// The engine itself refuses to change what is noted.
#[tokio::test(flavor = "multi_thread")]
async fn the_engine_only_adds() {
    let world = World::start().await;
    auditing::link_waiting(&world.app).await.unwrap();
    for table in ["audit", "audit_link", "audit_checkpoint"] {
        let column = if table == "audit" { "sequence" } else { "place" };
        for text in [format!("update {table} set {column} = {column}"), format!("delete from {table}")] {
            let mut db = world.app.db.write().await.unwrap();
            let refused = sql_made(text.clone()).execute(&mut db).await.unwrap_err();
            assert!(refused.to_string().contains("only added to"), "{text}: {refused}");
        }
    }
}

/// One thing that someone does who may write to the database and has not the server's key.
fn tampering(random: &mut Random, n: i64, first: &str) -> Vec<String> {
    let mut below = |n: i64| i64::try_from(random.below(usize::try_from(n).unwrap())).unwrap();
    let place = 1 + below(n);
    let entry = format!("(select entry from audit_link where place = {place})");
    let other = 1 + (place - 1 + 1 + below(n - 1)) % n;
    let column = ["act", "object", "reason"][usize::try_from(below(3)).unwrap()];
    match below(13) {
        0 => vec![format!("update audit set {column} = {column} || ' ' where sequence = {entry}")],
        1 => vec![format!("update audit set {column} = 'x{place}' where sequence = {entry}")],
        2 => vec![format!("update audit set at = at + {other} where sequence = {entry}")],
        3 => vec![format!(
            "update audit set account = (select id from account where id is distinct from audit.account
                order by id limit 1) where sequence = {entry}"
        )],
        // Gone, with its link or without.
        4 => vec![
            format!("delete from audit_checkpoint where place = {place}"),
            format!("update audit set sequence = -sequence where sequence = {entry}"),
        ],
        5 => vec![
            format!("delete from audit_checkpoint where place >= {place}"),
            format!("create temporary table gone as select entry from audit_link where place >= {place}"),
            format!("delete from audit_link where place >= {place}"),
            "delete from audit where sequence in (select entry from gone)".to_owned(),
        ],
        // Cut short to a checkpoint, whose signature is given out for that of the head.
        12 => vec![
            "create temporary table last as select * from audit_checkpoint order by place limit 1".to_owned(),
            "delete from audit_checkpoint where place > (select place from last)".to_owned(),
            "create temporary table gone as
                select entry from audit_link where place > (select place from last)"
                .to_owned(),
            "delete from audit_link where place > (select place from last)".to_owned(),
            "delete from audit where sequence in (select entry from gone)".to_owned(),
            format!("update meta set value = '{first}' where key = 'audit_head'"),
        ],
        6 => vec![
            format!("delete from audit_checkpoint where place = {place}"),
            format!("delete from audit_link where place = {place}"),
        ],
        // Two in each other's place.
        7 => vec![
            format!("create temporary table two as select * from audit_link where place in ({place}, {other})"),
            "update audit_link set entry = -entry where place in (select place from two)".to_owned(),
            "update audit_link set entry = (select entry from two where two.place <> audit_link.place)
                where place in (select place from two)"
                .to_owned(),
        ],
        8 => vec![format!(
            "update audit set act = it.act, object = it.object, account = it.account, reason = it.reason || '{place}'
                from (select * from audit where sequence = (select entry from audit_link where place = {other})) it
                where audit.sequence = {entry}"
        )],
        // A place of its own between two that are there.
        9 => vec![
            "update audit set sequence = sequence + 1000000".to_owned(),
            format!(
                "insert into audit (at, act, object) select at, act, object from audit
                    where sequence = 1000000 + {entry}"
            ),
        ],
        10 => vec![format!(
            "update audit_link set hash = (select hash from audit_link it where it.place = {other}) where place = {place}"
        )],
        _ => vec![
            "update audit_checkpoint set at = at + 1 where place = (select min(place) from audit_checkpoint)"
                .to_owned(),
        ],
    }
}

/// Lifts what the engine itself refuses, as whoever owns the database can.
async fn lift_refusals(db: &mut Connection) {
    let texts: Vec<String> = if db.is_postgres() {
        ["audit", "audit_link", "audit_checkpoint"]
            .iter()
            .flat_map(|it| {
                [
                    format!("drop trigger {it}_only_grows on {it}"),
                    format!("drop trigger {it}_loses_what_was_cut on {it}"),
                    format!("alter table {it} drop constraint if exists {it}_entry_fkey"),
                    format!("alter table {it} drop constraint if exists {it}_entry_key"),
                ]
            })
            .chain(["alter table audit_checkpoint drop constraint audit_checkpoint_place_fkey".to_owned()])
            .collect()
    } else {
        ["audit", "audit_link", "audit_checkpoint"]
            .iter()
            .flat_map(|it| [format!("drop trigger {it}_no_update"), format!("drop trigger {it}_no_delete")])
            .collect()
    };
    for text in texts {
        sql_made(text).execute(db).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_edits_behind_the_servers_back_are_all_found() {
    const EDITS: u64 = 1_000;
    let world = World::start().await;
    auditing::link_waiting(&world.app).await.unwrap();
    world.clock.fetch_add(HOUR_MS, Ordering::Relaxed);
    let office = world.sign_in("office");
    for n in 0..5 {
        let form = json!({"kind": "business", "name": format!("第{n}家"), "place": "东街"});
        office.post("/api/v1/respondents", &form).ok();
    }
    auditing::link_waiting(&world.app).await.unwrap();
    let n = verified(&world, &[]).await.head.n;
    let key = world.app.receipt_key.public();
    let first = auditing::written_down(world.data.path()).unwrap().checkpoints[0].clone();
    let mut random = Random::of(4);
    for edit in 0..EDITS {
        // Never committed, so that each begins with the whole log.
        let mut db = world.app.db.write().await.unwrap();
        lift_refusals(&mut db).await;
        if !db.is_postgres() {
            sql("pragma defer_foreign_keys = on").execute(&mut db).await.unwrap();
        }
        let whole = auditing::verify(&mut db, key, &Written::default(), &[]).await.unwrap();
        assert_eq!(whole.faults, Vec::<String>::new());
        let texts = tampering(&mut random, n, &first);
        for text in &texts {
            sql_made(text.clone()).execute(&mut db).await.unwrap_or_else(|cause| panic!("{text}: {cause}"));
        }
        let found = auditing::verify(&mut db, key, &Written::default(), &[]).await.unwrap();
        assert!(!found.faults.is_empty(), "edit {edit} was not found: {texts:#?}");
    }
}

/// Who has the database alone, and an older copy of it, can put that in its place: the folder knows better.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_put_back_to_an_earlier_state_is_found() {
    let world = World::start().await;
    auditing::link_waiting(&world.app).await.unwrap();
    let earlier = verified(&world, &[]).await.head;
    let standing = auditing::written_down(world.data.path()).unwrap().standing.unwrap();
    let form = json!({"kind": "business", "name": "东街米粉店", "place": "东街"});
    world.sign_in("office").post("/api/v1/respondents", &form).ok();
    auditing::link_waiting(&world.app).await.unwrap();
    assert_eq!(verified(&world, &[]).await.faults, Vec::<String>::new());
    let mut db = world.app.db.write().await.unwrap();
    lift_refusals(&mut db).await;
    for text in [
        format!(
            "delete from audit where sequence in (select entry from audit_link where place > {})",
            earlier.n
        ),
        format!("delete from audit_link where place > {}", earlier.n),
        format!("update meta set value = '{standing}' where key = 'audit_head'"),
    ] {
        if !db.is_postgres() {
            sql("pragma defer_foreign_keys = on").execute(&mut db).await.unwrap();
        }
        sql_made(text).execute(&mut db).await.unwrap();
    }
    db.commit().await.unwrap();
    let found = verified(&world, &[]).await.faults;
    assert!(found.len() == 1 && found[0].starts_with("the chain ends before"), "{found:?}");
}

/// A full disk may cut a line short: that alone is no fault, and the next line is whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_was_cut_short_is_no_alarm() {
    let world = World::start().await;
    auditing::link_waiting(&world.app).await.unwrap();
    let file = auditing::checkpoint_file(world.data.path());
    let line = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &line[..40]).unwrap();
    world.clock.fetch_add(HOUR_MS, Ordering::Relaxed);
    world.with_account("auditor", "auditor");
    auditing::link_waiting(&world.app).await.unwrap();
    assert_eq!(auditing::written_down(world.data.path()).unwrap().checkpoints.len(), 2);
    assert_eq!(verified(&world, &[]).await.faults, Vec::<String>::new());
    std::fs::write(&file, line.replace('1', "2")).unwrap();
    assert_eq!(verified(&world, &[]).await.faults.len(), 1);
}
