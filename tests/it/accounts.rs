//! How accounts are opened and closed: sessions, devices, second factors, confirmations.

use serde_json::{Value, json};
use server::auth::Rules;
use totp_rs::Totp;

use crate::world::{Answer, Client, PASSWORD, World, token_of};

const MINUTE: i64 = 60 * 1_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An authenticator app.
pub struct Authenticator(Totp);

impl Authenticator {
    pub fn code(&self, world: &World) -> String {
        self.code_at(world, 0)
    }

    /// The code so many steps of 30 s from now.
    fn code_at(&self, world: &World, steps: i64) -> String {
        let seconds = world.app.now() / 1_000 + steps * 30;
        self.0.generate(u64::try_from(seconds).unwrap()).to_string()
    }
}

/// Sets a second factor up, as its screen does; answers the app and the recovery codes.
pub fn set_up(world: &World, client: &Client) -> (Authenticator, Vec<String>) {
    let made = client.post("/api/v1/session/second-factor", &json!({})).ok();
    let app = Authenticator(Totp::from_url(made["link"].as_str().unwrap()).unwrap());
    let first = json!({"code": app.code(world)});
    let codes = client.post("/api/v1/session/second-factor/activation", &first).ok();
    let codes = codes["codes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    (app, codes.collect())
}

fn sign_in_with(world: &World, login: &str, code: &str) -> (Client, Answer) {
    let client = Client::new(&world.url);
    let body = json!({"login": login, "password": PASSWORD, "code": code});
    let answer = client.post("/api/v1/session/code", &body);
    (client, answer)
}

fn account(world: &World, login: &str) -> String {
    let all = world.sign_in("sysadmin").get("/api/v1/accounts").ok();
    let found = all.as_array().unwrap().iter().find(|it| it["account"]["login"] == login).unwrap();
    found["account"]["id"].as_str().unwrap().to_owned()
}

/// What was done, by the log, the latest first.
fn acts(auditor: &Client) -> Vec<String> {
    let log = auditor.get("/api/v1/audit").ok();
    log["lines"].as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_lists_and_ends_the_own_sessions() {
    let world = World::start().await;
    let (here, there) = (Client::new(&world.url), world.sign_in("visitor"));
    let body = json!({"login": "visitor", "password": PASSWORD}).to_string().into_bytes();
    let phone =
        "Mozilla/5.0 (Linux; Android 14; V2304A) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36";
    here.send(
        "POST",
        "/api/v1/session",
        &[("content-type", "application/json"), ("user-agent", phone)],
        body,
    )
    .ok();
    let sessions = here.get("/api/v1/sessions").ok()["sessions"].clone();
    let this = sessions.as_array().unwrap().iter().find(|it| it["this"] == true).unwrap();
    assert_eq!((&this["place"], &this["script"]), (&json!("Android · Chrome"), &json!(false)));
    let others: Vec<&str> = sessions
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["this"] == false)
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    let office = world.sign_in("office");
    for other in &others {
        let path = format!("/api/v1/sessions/{other}");
        assert_eq!(office.delete(&path).problem(), (404, "not_found".to_owned()), "not another one's to end");
        there.get("/api/v1/session").ok();
        here.delete(&path).ok();
        assert_eq!(here.delete(&path).status, 404);
    }
    assert_eq!(there.get("/api/v1/session").problem(), (401, "signed_out".to_owned()));
    assert_eq!(here.get("/api/v1/sessions").ok()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(here.delete("/api/v1/sessions/nonsense").status, 404);
    let auditor = world.with_account("auditor", "auditor");
    assert!(acts(&auditor).contains(&"end_session".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_the_sessions_of_others_and_sees_none() {
    let world = World::start().await;
    let (visitor, office) = (world.sign_in("visitor"), world.sign_in("office"));
    let id = account(&world, "visitor");
    assert_eq!(office.delete(&format!("/api/v1/accounts/{id}/sessions")).status, 403);
    let sysadmin = world.sign_in("sysadmin");
    sysadmin.delete(&format!("/api/v1/accounts/{id}/sessions")).ok();
    assert_eq!(visitor.get("/api/v1/session").status, 401);
    office.get("/api/v1/session").ok();
    assert_eq!(sysadmin.get(&format!("/api/v1/accounts/{id}/sessions")).status, 405);
    let auditor = world.with_account("auditor", "auditor");
    assert!(acts(&auditor).contains(&"end_sessions".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_for_after_the_password_and_taken_once() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let before = world.sign_in("office");
    let (app, recovery) = set_up(&world, &office);
    assert_eq!(before.get("/api/v1/session").status, 401, "who came in without a code is out");
    assert_eq!(office.post("/api/v1/session/second-factor", &json!({})).status, 409);
    assert_eq!(recovery.len(), 10);
    let state = office.get("/api/v1/session/second-factor").ok();
    assert_eq!(state, json!({"active": true, "required": false, "recovery_codes_n": 10}));

    let client = Client::new(&world.url);
    let asked = client.post("/api/v1/session", &json!({"login": "office", "password": PASSWORD}));
    assert_eq!(asked.problem(), (403, "confirm_first".to_owned()));
    assert_eq!(asked.json()["field"], "code");
    // The code that set it up is used.
    let (_, answer) = sign_in_with(&world, "office", &app.code(&world));
    assert_eq!(
        (answer.problem(), answer.json()["field"].clone()),
        ((401, "wrong_password".to_owned()), json!("code"))
    );
    world.later(MINUTE);
    let (_, answer) = sign_in_with(&world, "office", &app.code_at(&world, 2));
    assert_eq!(answer.status, 401, "two steps ahead");
    let (client, answer) = sign_in_with(&world, "office", &app.code_at(&world, 1));
    answer.ok();
    client.get("/api/v1/queue").ok();
    for steps in [1, 0, -1] {
        let (_, answer) = sign_in_with(&world, "office", &app.code_at(&world, steps));
        assert_eq!(answer.status, 401, "{steps}: none of before either");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_comes_in_once_and_stands_nowhere() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let (_, recovery) = set_up(&world, &office);
    let typed = recovery[3].to_uppercase().replace('-', " ");
    let (client, answer) = sign_in_with(&world, "office", &typed);
    answer.ok();
    assert_eq!(sign_in_with(&world, "office", &recovery[3]).1.status, 401);
    assert_eq!(client.get("/api/v1/session/second-factor").ok()["recovery_codes_n"], 9);
    let again = client.post("/api/v1/session/second-factor/recovery-codes", &json!({})).ok();
    assert_eq!(sign_in_with(&world, "office", &recovery[4]).1.status, 401, "those of before count no more");
    let other = again["codes"][0].as_str().unwrap();
    sign_in_with(&world, "office", other).1.ok();
    let auditor = world.with_account("auditor", "auditor");
    let acts = acts(&auditor);
    for act in ["set_up_second_factor", "use_recovery_code", "new_recovery_codes"] {
        assert!(acts.contains(&act.to_owned()), "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_slowed_though_the_password_is_known() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let (app, _) = set_up(&world, &office);
    world.later(MINUTE);
    let statuses: Vec<u16> = (0..6)
        .map(|it| {
            // The password alone forgives nothing.
            let body = json!({"login": "office", "password": PASSWORD});
            let path = if it % 2 == 0 { "/api/v1/session" } else { "/api/v1/session/code" };
            let body = if it % 2 == 0 {
                body
            } else {
                json!({"login": "office", "password": PASSWORD, "code": "000000"})
            };
            Client::new(&world.url).post(path, &body).status
        })
        .collect();
    assert_eq!(statuses, [403, 401, 403, 401, 403, 429]);
    assert_eq!(sign_in_with(&world, "office", &app.code(&world)).1.status, 429);
    world.later(15 * MINUTE);
    sign_in_with(&world, "office", &app.code(&world)).1.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_it_is_helped_by_an_administrator() {
    let world = World::start().await;
    let office = world.sign_in("office");
    set_up(&world, &office);
    let id = account(&world, "office");
    let path = format!("/api/v1/accounts/{id}/second-factor");
    let secadmin = world.with_account("secadmin", "secadmin");
    assert_eq!(world.sign_in("leader").delete(&path).status, 403);
    secadmin.get("/api/v1/accounts").ok();
    assert_eq!(
        secadmin.post("/api/v1/accounts", &json!({"login": "x", "name": "x", "role": "leader"})).status,
        403
    );
    secadmin.delete(&path).ok();
    assert_eq!(secadmin.delete(&path).status, 404);
    assert_eq!(office.get("/api/v1/session").status, 401);
    world.sign_in("office").get("/api/v1/queue").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_required_nothing_comes_before_it() {
    let world = World::start().await;
    let url = world.under(Rules { second_factor_required: true, ..Rules::default() }).await;
    let sign_in = |login: &str| {
        let client = Client::new(&url);
        client.post("/api/v1/session", &json!({"login": login, "password": PASSWORD})).ok();
        client
    };
    let office = sign_in("office");
    let refused = office.get("/api/v1/queue");
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    assert_eq!(refused.json()["field"], "second_factor");
    assert_eq!(office.get("/api/v1/session/second-factor").ok()["required"], true);
    set_up(&world, &office);
    office.get("/api/v1/queue").ok();
    let visitor = sign_in("visitor");
    visitor.get("/api/v1/changes").ok();
    assert_eq!(visitor.post("/api/v1/session/second-factor", &json!({})).status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_rests_sealed() {
    let world = World::start_on_sqlite().await;
    let office = world.sign_in("office");
    let made = office.post("/api/v1/session/second-factor", &json!({})).ok();
    let app = Totp::from_url(made["link"].as_str().unwrap()).unwrap();
    let secret = app.secret().as_ref().to_vec();
    for file in ["zoufang.db", "zoufang.db-wal"] {
        let bytes = std::fs::read(world.folder().join(file)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|it| it == secret), "{file}");
        assert!(!bytes.windows(32).any(|it| it == made["secret"].as_str().unwrap().as_bytes()), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_grave_wants_a_confirmation_of_the_last_ten_minutes() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let visit = phone.sent(&["办证要跑三趟"]).id();
    let (office, sysadmin) = (world.sign_in("office"), world.sign_in("sysadmin"));
    let identity = format!("/api/v1/visits/{visit}/identity");
    let reason = json!({"reason": "核对电话"});
    let export = "/api/v1/export/visits.csv?identities=true&reason=x";
    let form = json!({"login": "new", "name": "新来的", "role": "leader"});
    let id = account(&world, "visitor2");
    office.post(&identity, &reason).ok();
    world.later(10 * MINUTE);
    let grave = [
        office.get(export),
        office.post(&identity, &reason),
        office.post("/api/v1/session/second-factor", &json!({})),
        sysadmin.post("/api/v1/accounts", &form),
        sysadmin.post(&format!("/api/v1/accounts/{id}/invitation"), &json!({})),
        sysadmin.put(&format!("/api/v1/accounts/{id}"), &json!({"name": "刘芳", "role": "leader"})),
        sysadmin.delete(&format!("/api/v1/accounts/{id}/second-factor")),
    ];
    for answer in grave {
        assert_eq!(answer.problem(), (403, "confirm_first".to_owned()));
        assert_eq!(answer.json()["field"], "password");
    }
    // What is not grave is not asked about, and a visitor knows whom they visited.
    assert_eq!(office.get("/api/v1/export/visits.csv").status, 200);
    phone.client.post(&identity, &reason).ok();

    let confirm = |client: &Client, body: Value| client.post("/api/v1/session/confirmation", &body).status;
    assert_eq!(confirm(&office, json!({"password": "a wrong password"})), 401);
    assert_eq!(office.get(export).status, 403);
    assert_eq!(confirm(&office, json!({"password": PASSWORD})), 204);
    assert_eq!(office.get(export).status, 200);
    assert_eq!(world.sign_in("office").get(export).status, 200, "signing in is one");
    world.later(10 * MINUTE);
    assert_eq!(office.get(export).status, 403);

    // Where there is a second factor the password is not enough.
    confirm(&office, json!({"password": PASSWORD}));
    let (app, _) = set_up(&world, &office);
    world.later(11 * MINUTE);
    assert_eq!(office.get(export).json()["field"], "code");
    assert_eq!(confirm(&office, json!({"password": PASSWORD})), 401);
    assert_eq!(confirm(&office, json!({"code": app.code(&world)})), 204);
    assert_eq!(office.get(export).status, 200);
    let auditor = world.with_account("auditor", "auditor");
    assert!(acts(&auditor).contains(&"confirm".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_at_a_confirmation_is_slowed() {
    let world = World::start().await;
    let office = world.sign_in("office");
    let statuses: Vec<u16> = (0..6)
        .map(|_| office.post("/api/v1/session/confirmation", &json!({"password": "a wrong one"})).status)
        .collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
}

/// A new account of a section, and what its invitation says.
fn invited(world: &World, login: &str) -> Value {
    let form = json!({"login": login, "name": "新来的", "role": "section", "unit": world.units[0]});
    world.sign_in("sysadmin").post("/api/v1/accounts", &form).ok()
}

fn set_password(world: &World, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    Client::new(&world.url).post("/api/v1/invitation/password", &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_the_own_password_by_a_link_that_counts_once() {
    let world = World::start().await;
    let made = invited(&world, "new");
    assert_eq!(made["expires_at"], world.app.now() + 72 * HOUR);
    assert!(!made.to_string().contains("password"), "{made}");
    let (token, stranger) = (token_of(&made), Client::new(&world.url));
    // Nobody has a password to come in by, not even an empty one.
    for password in ["", PASSWORD] {
        let answer = stranger.post("/api/v1/session", &json!({"login": "new", "password": password}));
        assert_eq!(answer.problem(), (401, "wrong_password".to_owned()));
    }
    let seen = stranger.post("/api/v1/invitation", &json!({"token": token})).ok();
    assert_eq!((&seen["login"], &seen["name"]), (&json!("new"), &json!("新来的")));
    let key = world.sign_in("visitor").get("/api/v1/session").ok()["receipt_key"].clone();
    assert_eq!(seen["receipt_key"], key);
    let print = domain::invitation::fingerprint(key.as_str().unwrap());
    assert!(made["path"].as_str().unwrap().ends_with(&print));

    assert_eq!(set_password(&world, &token, "1234567").json()["field"], "password");
    assert_eq!(set_password(&world, &token, "password1").json()["field"], "password.well_known");
    assert_eq!(set_password(&world, &token, "new2026!").json()["field"], "password.login");
    set_password(&world, &token, PASSWORD).ok();
    assert_eq!(set_password(&world, &token, "another password").problem(), (410, "gone".to_owned()));
    assert_eq!(stranger.post("/api/v1/invitation", &json!({"token": token})).status, 410);
    world.sign_in("new").get("/api/v1/visits").ok();
    let log = world.with_account("auditor", "auditor").get("/api/v1/audit").text();
    assert!(log.contains("set_password") && !log.contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_after_72_hours_and_with_the_next_one() {
    let world = World::start().await;
    let made = invited(&world, "new");
    world.later(72 * HOUR);
    assert_eq!(set_password(&world, &token_of(&made), PASSWORD).status, 410);
    let path = format!("/api/v1/accounts/{}/invitation", made["account"].as_str().unwrap());
    let first = token_of(&world.sign_in("sysadmin").post(&path, &json!({})).ok());
    let second = token_of(&world.sign_in("sysadmin").post(&path, &json!({})).ok());
    assert_eq!(set_password(&world, &first, PASSWORD).status, 410);
    set_password(&world, &second, PASSWORD).ok();
    let signed_in = world.sign_in("new");
    // Another link takes the password away and ends the sessions.
    let third = token_of(&world.sign_in("sysadmin").post(&path, &json!({})).ok());
    assert_eq!(signed_in.get("/api/v1/session").status, 401);
    let body = json!({"login": "new", "password": PASSWORD});
    assert_eq!(Client::new(&world.url).post("/api/v1/session", &body).status, 401);
    set_password(&world, &third, PASSWORD).ok();
    world.sign_in("new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_of_no_use_to_who_was_disabled() {
    let world = World::start().await;
    let made = invited(&world, "new");
    let path = format!("/api/v1/accounts/{}", made["account"].as_str().unwrap());
    let form = json!({"name": "新来的", "role": "section", "unit": world.units[0], "disabled": true});
    world.sign_in("sysadmin").put(&path, &form).ok();
    assert_eq!(set_password(&world, &token_of(&made), PASSWORD).status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_strict_where_the_server_says_so() {
    let world = World::start().await;
    let url = world.under(Rules { strict_passwords: true, ..Rules::default() }).await;
    let sign_in = |password: &str| {
        let client = Client::new(&url);
        client.post("/api/v1/session", &json!({"login": "office", "password": password})).ok();
        client
    };
    let office = sign_in(PASSWORD);
    let change = |client: &Client, from: &str, to: &str| {
        client.post("/api/v1/session/password", &json!({"current": from, "new": to}))
    };
    assert_eq!(change(&office, PASSWORD, "only small letters").json()["field"], "new.classes");
    let nth = |n: usize| format!("Riverbank stones {n}");
    let all: Vec<String> = std::iter::once(PASSWORD.to_owned()).chain((1..=5).map(nth)).collect();
    for pair in all.windows(2) {
        assert_eq!(change(&office, &pair[0], &pair[0]).json()["field"], "new.used_before", "{pair:?}");
        change(&office, &pair[0], &pair[1]).ok();
        world.later(MINUTE);
    }
    for used in &all[1..] {
        assert_eq!(change(&office, &all[5], used).json()["field"], "new.used_before", "{used}");
    }
    // The sixth back is forgotten, if it has the classes.
    change(&office, &all[5], "Riverbank stones 6").ok();
    world.later(MINUTE);
    change(&office, "Riverbank stones 6", &all[1]).ok();

    world.later(90 * DAY);
    sign_in(&all[1]).get("/api/v1/queue").ok();
    world.later(1);
    let old = sign_in(&all[1]);
    assert_eq!(old.get("/api/v1/session").ok()["account"]["must_change_password"], true);
    assert_eq!(old.get("/api/v1/queue").problem(), (403, "forbidden".to_owned()));
    change(&old, &all[1], "Riverbank stones 7").ok();
    old.get("/api/v1/queue").ok();
    // Without the switch a password counts for ever.
    world.later(90 * DAY);
    let body = json!({"login": "office", "password": "Riverbank stones 7"});
    let elsewhere = Client::new(&world.url);
    elsewhere.post("/api/v1/session", &body).ok();
    elsewhere.get("/api/v1/queue").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_two_of_the_three_administrators() {
    let world = World::start().await;
    let sysadmin = world.sign_in("sysadmin");
    let add = |login: &str, name: &str, role: &str| {
        sysadmin.post("/api/v1/accounts", &json!({"login": login, "name": name, "role": role}))
    };
    // The sysadmin of the world is called 系统管理员.
    for role in ["secadmin", "auditor"] {
        let refused = add("second", " 系统 管理员", role);
        assert_eq!(
            (refused.status, refused.json()["field"].clone()),
            (422, json!("administrators")),
            "{role}"
        );
    }
    let auditor = add("auditor", "张三", "auditor").ok()["account"].as_str().unwrap().to_owned();
    add("leader2", "张三", "leader").ok();
    assert_eq!(add("second", "张三", "sysadmin").status, 422);
    let change = |id: &str, name: &str, role: &str, disabled: bool| {
        let form = json!({"name": name, "role": role, "disabled": disabled});
        sysadmin.put(&format!("/api/v1/accounts/{id}"), &form)
    };
    // Nor one after the other, nor by taking another name, nor by being let in again.
    assert_eq!(change(&auditor, "张三", "secadmin", false).json()["field"], "administrators");
    let other = add("secadmin", "李四", "secadmin").ok()["account"].as_str().unwrap().to_owned();
    assert_eq!(change(&other, "张三", "secadmin", false).status, 422);
    change(&auditor, "张三", "auditor", true).ok();
    change(&other, "张三", "secadmin", false).ok();
    assert_eq!(change(&auditor, "张三", "auditor", false).status, 422);
}
