//! What an earlier state left on a server: every build opens it, and everything is there.

use domain::envelope::Hash;
use serde_json::Value;

use crate::world::{World, fixture};

/// Where `now` lacks or changes something of `then`; what came to be known since is no loss.
fn losses(then: &Value, now: &Value, place: &str) -> Vec<String> {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => then
            .iter()
            .flat_map(|(name, it)| {
                losses(it, now.get(name).unwrap_or(&Value::Null), &format!("{place}.{name}"))
            })
            .collect(),
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            let pairs = then.iter().zip(now).enumerate();
            pairs.flat_map(|(n, (then, now))| losses(then, now, &format!("{place}[{n}]"))).collect()
        }
        (then, now) if then == now => vec![],
        (then, now) => vec![format!("{place}: {then} is {now}")],
    }
}

/// Opens what a version left, on SQLite or as a dump of PostgreSQL.
async fn check(version: &str) {
    let (fixture, data) = fixture(version);
    let made: Value = serde_json::from_slice(&std::fs::read(fixture.join("made.json")).unwrap()).unwrap();
    let world = World::on_at(data, made["made_at"].as_i64().unwrap()).await;
    let found = server::cli::check::check(&world.app).await.unwrap();
    assert_eq!((found.damaged, found.attachments_n), (vec![], 2));
    assert_eq!(found.revisions_n as u64, made["revisions_n"].as_u64().unwrap());
    for (login, answers) in made["answers"].as_object().unwrap() {
        let client = world.sign_in(login);
        for (path, then) in answers.as_object().unwrap() {
            assert_eq!(losses(then, &client.get(path).ok(), path), Vec::<String>::new());
        }
    }
    let visitor = world.sign_in("visitor");
    let attachments = made["attachments"].as_object().unwrap();
    assert_eq!(attachments.len(), 2);
    for (id, hash) in attachments {
        let bytes = visitor.get(&format!("/api/v1/attachments/{id}")).bytes;
        assert_eq!(Hash::of(&bytes).to_string(), *hash);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn version_0_2_is_there_whole_and_answers_as_it_did() {
    check("0.2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_0_3_is_there_whole_and_answers_as_it_did() {
    check("0.3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_0_3_on_postgresql_is_there_whole_and_answers_as_it_did() {
    check("0.3-postgres").await;
}
