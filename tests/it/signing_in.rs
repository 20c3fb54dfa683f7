//! Signing in: slowed for whoever guesses, the same for logins that there are and that there are not.

use serde_json::json;

use crate::world::{Answer, Client, PASSWORD, World, at_once};

fn try_in(client: &Client, login: &str, password: &str) -> Answer {
    client.post("/api/v1/session", &json!({"login": login, "password": password}))
}

/// Status, code and wait of each of some tries.
fn tries(client: &Client, login: &str, n: usize) -> Vec<(u16, String, Option<String>)> {
    (0..n)
        .map(|_| {
            let answer = try_in(client, login, "a wrong password");
            let (status, code) = answer.problem();
            let wait = answer.headers.get("retry-after").map(|it| it.to_str().unwrap().to_owned());
            (status, code, wait)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_there_is_not_is_told_apart_by_nothing() {
    let world = World::start().await;
    let client = Client::new(&world.url);
    let known = tries(&client, "visitor", 8);
    assert_eq!(known, tries(&client, "nobody", 8));
    assert_eq!((known[0].0, known[7].0), (401, 429));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tries_at_once_do_not_all_pass() {
    let world = World::start().await;
    let client = Client::new(&world.url);
    let statuses = at_once(20, || try_in(&client, "visitor", "a wrong password").status);
    assert_eq!(statuses.iter().filter(|it| **it == 401).count(), 5, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_thousand_guesses_the_owner_is_in_within_fifteen_minutes() {
    let world = World::start().await;
    let client = Client::new(&world.url);
    for _ in 0..40 {
        tries(&client, "visitor", 1);
        world.later(20 * 60 * 1_000);
    }
    tries(&client, "visitor", 1);
    assert_eq!(try_in(&client, "visitor", PASSWORD).status, 429);
    world.later(15 * 60 * 1_000);
    assert_eq!(try_in(&client, "visitor", PASSWORD).status, 200);
    // And what was wrong before is forgiven.
    assert!(tries(&client, "visitor", 5).iter().all(|it| it.0 == 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_a_password_is_slowed_too() {
    let world = World::start().await;
    let visitor = world.sign_in("visitor");
    let change = || {
        let body = json!({"current": "a wrong password", "new": "another password"});
        visitor.post("/api/v1/session/password", &body).status
    };
    let statuses: Vec<u16> = (0..6).map(|_| change()).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_is_looked_at_before_anything_is_hashed() {
    let world = World::start().await;
    let first = |name: &str| {
        json!({
            "token": "any", "office_unit": "办公室",
            "sysadmin": {"login": "a", "name": name, "password": "long enough 1"},
            "office": {"login": "b", "name": "乙", "password": "long enough 1"},
        })
    };
    let client = Client::new(&world.url);
    assert_eq!(client.post("/api/v1/first-accounts", &first("甲")).problem().1, "gone");
    let endless = "甲".repeat(100_000);
    assert_eq!(client.post("/api/v1/first-accounts", &first(&endless)).problem().1, "invalid");
}
