//! Signing in by a provider of OpenID Connect: a real one, made to say what is right and what is wrong.

use serde_json::{Value, json};
use server::auth::Rules;

use crate::{
    accounts::set_up,
    world::{Answer, Client, PASSWORD, World, id_of, tools::ProviderServer},
};

const CLIENT: &str = "zoufang";

/// A server that knows a provider, the provider, and whom it means: `visitor` is bound to the subject `min`.
struct Journey {
    world: World,
    provider: ProviderServer,
    url: String,
}

impl Journey {
    /// `None` without the tools.
    async fn begin() -> Option<Self> {
        Self::under(Rules::default()).await
    }

    async fn under(rules: Rules) -> Option<Self> {
        let provider = ProviderServer::start()?;
        let world = World::start().await;
        let url = world.by_provider(&provider.issuer(), rules).await;
        let journey = Self { world, provider, url };
        assert_eq!(journey.bind("visitor", "min").status, 204);
        journey.says("min", &json!({}));
        Some(journey)
    }

    /// The provider knows a person; what it claims of them goes into the id token.
    fn says(&self, subject: &str, claims: &Value) {
        let provider = Client::new(&self.provider.issuer());
        assert_eq!(provider.put(&format!("/users/{subject}"), claims).status, 204);
    }

    fn account(&self, login: &str) -> Value {
        let all = self.world.sign_in("sysadmin").get("/api/v1/accounts").ok();
        all.as_array().unwrap().iter().find(|it| it["account"]["login"] == login).unwrap().clone()
    }

    fn bind(&self, login: &str, subject: &str) -> Answer {
        let id = id_of(&self.account(login)["account"]["id"]);
        let sysadmin = Client::new(&self.url);
        sysadmin.post("/api/v1/session", &json!({"login": "sysadmin", "password": PASSWORD})).ok();
        sysadmin.put(&format!("/api/v1/accounts/{id}/subject"), &json!({"subject": subject}))
    }

    /// A browser that was sent to the provider, and where it was sent.
    fn sent(&self) -> (Client, String) {
        let browser = Client::new(&self.url);
        let there = leads(&browser.get("/api/v1/oidc/begin"));
        assert!(there.starts_with(&format!("{}/oauth2/authorize?", self.provider.issuer())), "{there}");
        (browser, there)
    }

    /// Where the provider leads back to once a person has signed in there.
    fn signed_in_there(&self, there: &str, subject: &str) -> String {
        let path = there.strip_prefix(&self.provider.issuer()).unwrap();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer =
            Client::new(&self.provider.issuer()).send("POST", path, &form, format!("sub={subject}").into());
        let back = leads(&answer);
        back.strip_prefix(&self.url).unwrap_or_else(|| panic!("leads back here: {back}")).to_owned()
    }

    /// A browser that has come back as a subject, and the word behind `#`.
    fn back(&self, subject: &str) -> (Client, String) {
        let (browser, there) = self.sent();
        let back = self.signed_in_there(&there, subject);
        let word = word(&browser.get(&back));
        (browser, word)
    }
}

fn header(answer: &Answer, name: &str) -> String {
    answer
        .headers
        .get(name)
        .unwrap_or_else(|| panic!("{name}: {}", answer.text()))
        .to_str()
        .unwrap()
        .to_owned()
}

#[track_caller]
fn leads(answer: &Answer) -> String {
    assert!(matches!(answer.status, 302 | 303), "{}", answer.text());
    header(answer, "location")
}

#[track_caller]
fn word(answer: &Answer) -> String {
    leads(answer).strip_prefix("/welcome/by-provider#").unwrap().to_owned()
}

fn finish(browser: &Client) -> Answer {
    browser.post("/api/v1/session/oidc", &json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_provider_names_is_signed_in_as_by_a_password() {
    let Some(journey) = Journey::begin().await else { return };
    let (browser, there) = journey.sent();
    for part in ["response_type=code", "code_challenge_method=S256", "code_challenge=", "state=", "nonce="] {
        assert!(there.contains(part), "{part} in {there}");
    }
    let back = journey.signed_in_there(&there, "min");
    let answer = browser.get(&back);
    assert_eq!(word(&answer), "known");
    // It comes along from the provider's site, lasts as long as a sign-in, and no script reads it.
    let cookie = header(&answer, "set-cookie");
    assert!(
        cookie.starts_with("oidc=") && cookie.contains("; Max-Age=300; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    // Nobody is signed in before the app's own screen asks.
    assert_eq!(browser.get("/api/v1/session").status, 401);
    let answer = finish(&browser);
    assert_eq!(answer.ok()["account"]["login"], "visitor");
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    assert!(cookies[0].starts_with("sid=") && cookies[0].contains("SameSite=Strict"), "{cookies:?}");
    assert!(cookies[1].starts_with("oidc=; ") && cookies[1].contains("Max-Age=0"), "{cookies:?}");
    assert_eq!(browser.get("/api/v1/session").ok()["account"]["login"], "visitor");
    let audit = journey.world.with_account("audit", "auditor").get("/api/v1/audit").text();
    assert!(audit.contains("sign_in_by_provider") && audit.contains("bind_subject"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn encrypted_cookies_are_of_this_host_alone() {
    let Some(journey) = Journey::begin().await else { return };
    let browser = Client::new(&journey.url);
    let answer = browser.send("GET", "/api/v1/oidc/begin", &[("host", "zoufang.example")], Vec::new());
    let cookie = header(&answer, "set-cookie");
    assert!(cookie.starts_with("__Host-oidc=") && cookie.ends_with("; SameSite=Lax; Secure"), "{cookie}");
    let back = "redirect_uri=https%3A%2F%2Fzoufang.example%2Fapi%2Fv1%2Foidc%2Freturn";
    assert!(leads(&answer).contains(back), "{}", leads(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_nobody_bound_is_told_so_and_no_account_is_made() {
    let Some(journey) = Journey::begin().await else { return };
    let before = journey.world.sign_in("sysadmin").get("/api/v1/accounts").ok();
    journey.says("stranger", &json!({}));
    let (browser, word) = journey.back("stranger");
    assert_eq!(word, "unknown");
    assert_eq!(finish(&browser).problem(), (410, "gone".to_owned()));
    assert_eq!(journey.world.sign_in("sysadmin").get("/api/v1/accounts").ok(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_gets_in_neither_before_nor_after_coming_back() {
    let Some(journey) = Journey::begin().await else { return };
    let (came_before, word) = journey.back("min");
    assert_eq!(word, "known");
    let listed = journey.account("visitor");
    let account = &listed["account"];
    let unit = &account["unit"]["id"];
    let form = json!({"name": account["name"], "role": "visitor", "unit": unit, "disabled": true});
    let path = format!("/api/v1/accounts/{}", id_of(&account["id"]));
    let answer = journey.world.sign_in("sysadmin").put(&path, &form);
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(finish(&came_before).problem(), (410, "gone".to_owned()));
    // It reads as one that there is not.
    assert_eq!(journey.back("min").1, "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_state_and_another_browser_are_refused() {
    let Some(journey) = Journey::begin().await else { return };
    let (browser, there) = journey.sent();
    let back = journey.signed_in_there(&there, "min");
    let (path, state) = back.split_once("state=").unwrap();
    let state = state.split('&').next().unwrap();
    // Another's code does not sign this browser in.
    let (victim, _) = journey.sent();
    assert_eq!(word(&victim.get(&back)), "again");
    assert_eq!(word(&Client::new(&journey.url).get(&back)), "again");
    let wrong = format!("{path}state={}x", &state[1..]);
    assert_eq!(word(&browser.get(&wrong)), "again");
    // And that try is over.
    assert_eq!(word(&browser.get(&back)), "again");
    assert_eq!(finish(&browser).problem(), (410, "gone".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_leads_to_one_session_whatever_is_sent_again() {
    let Some(journey) = Journey::begin().await else { return };
    let (browser, there) = journey.sent();
    let away = browser.cookie();
    let back = journey.signed_in_there(&there, "min");
    assert_eq!(word(&browser.get(&back)), "known");
    let known = browser.cookie();
    assert_eq!(finish(&browser).status, 200);
    let send = |method: &str, path: &str, cookie: &str| {
        let headers = [("cookie", cookie), ("content-type", "application/json")];
        Client::new(&journey.url).send(method, path, &headers, b"{}".to_vec())
    };
    // The code was used at the provider, and what it said was used here.
    assert_eq!(word(&send("GET", &back, &away)), "again");
    assert_eq!(send("POST", "/api/v1/session/oidc", &known).problem(), (410, "gone".to_owned()));
    assert_eq!(send("POST", "/api/v1/session/oidc", &away).problem(), (410, "gone".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_over() {
    let Some(journey) = Journey::begin().await else { return };
    let (browser, there) = journey.sent();
    let back = journey.signed_in_there(&there, "min");
    journey.world.later(10 * 60 * 1_000);
    assert_eq!(word(&browser.get(&back)), "again");
    let (browser, word) = journey.back("min");
    assert_eq!(word, "known");
    journey.world.later(5 * 60 * 1_000);
    assert_eq!(finish(&browser).problem(), (410, "gone".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_is_not_for_this_sign_in_is_refused() {
    let Some(journey) = Journey::begin().await else { return };
    for wrong in [
        json!({"nonce": "another"}),
        json!({"iss": "https://another.example"}),
        json!({"aud": "another"}),
        json!({"aud": [CLIENT, "another"]}),
        json!({"exp": 1}),
    ] {
        journey.says("min", &wrong);
        assert_eq!(journey.back("min").1, "again", "{wrong}");
    }
    journey.says("min", &json!({}));
    assert_eq!(journey.back("min").1, "known");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_there_may_begin_once_more() {
    let Some(journey) = Journey::begin().await else { return };
    let (browser, _) = journey.sent();
    assert_eq!(word(&browser.get("/api/v1/oidc/return?error=access_denied&state=x")), "again");
    assert_eq!(journey.back("min").1, "known");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_provider_one_is_told_so_and_the_password_still_works() {
    let Some(journey) = Journey::begin().await else { return };
    let (browser, there) = journey.sent();
    let back = journey.signed_in_there(&there, "min");
    drop(journey.provider);
    assert_eq!(word(&browser.get(&back)), "down");
    assert_eq!(word(&browser.get("/api/v1/oidc/begin")), "down");
    assert_eq!(browser.get("/api/v1/oidc").ok(), true);
    browser.post("/api/v1/session", &json!({"login": "visitor", "password": PASSWORD})).ok();
    // What answers, and is no provider, is as one that does not.
    let url = journey.world.by_provider(&journey.url, Rules::default()).await;
    assert_eq!(word(&Client::new(&url).get("/api/v1/oidc/begin")), "down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_as_after_a_password() {
    let Some(journey) = Journey::begin().await else { return };
    assert_eq!(journey.bind("office", "fang").status, 204);
    journey.says("fang", &json!({}));
    let office = journey.world.sign_in("office");
    let (app, _) = set_up(&journey.world, &office);
    // The code of setting up was one of this half minute.
    journey.world.later(60_000);
    let (browser, word) = journey.back("fang");
    assert_eq!(word, "known");
    assert_eq!(finish(&browser).problem(), (403, "confirm_first".to_owned()));
    let with = |code: &str| browser.post("/api/v1/session/oidc", &json!({"code": code}));
    assert_eq!(with("000000").problem(), (401, "wrong_password".to_owned()));
    assert_eq!(with(&app.code(&journey.world)).ok()["account"]["login"], "office");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_passwords_are_off_only_the_last_administrator_uses_one() {
    let rules = Rules { provider_only: true, ..Rules::default() };
    let Some(journey) = Journey::under(rules).await else { return };
    let by_password = |login: &str, password: &str| {
        let body = json!({"login": login, "password": password});
        Client::new(&journey.url).post("/api/v1/session", &body)
    };
    let refused = by_password("visitor", PASSWORD);
    assert_eq!(
        (refused.problem().1, refused.json()["field"].clone()),
        ("forbidden".to_owned(), json!("provider"))
    );
    // Who does not know the password learns nothing.
    assert_eq!(by_password("visitor", "a wrong password").problem().1, "wrong_password");
    assert_eq!(by_password("sysadmin", PASSWORD).status, 200);
    let _second = journey.world.with_account("second", "sysadmin");
    assert_eq!(by_password("sysadmin", PASSWORD).status, 200, "the other one could not get in either");
    assert_eq!(journey.bind("second", "er").status, 204);
    assert_eq!(by_password("sysadmin", PASSWORD).problem().1, "forbidden");
    assert_eq!(by_password("second", PASSWORD).status, 200, "the last who could");
    let (browser, word) = journey.back("min");
    assert_eq!(word, "known");
    assert_eq!(finish(&browser).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_is_one_accounts_and_its_binding_ends_sessions() {
    let Some(journey) = Journey::begin().await else { return };
    assert_eq!(journey.account("visitor")["subject"], "min");
    assert_eq!(journey.bind("office", "min").problem(), (409, "taken".to_owned()));
    assert_eq!(journey.bind("office", "张敏").problem(), (422, "invalid".to_owned()));
    let (browser, _) = journey.back("min");
    finish(&browser).ok();
    let id = id_of(&journey.account("visitor")["account"]["id"]);
    let sysadmin = journey.world.sign_in("sysadmin");
    assert_eq!(sysadmin.delete(&format!("/api/v1/accounts/{id}/subject")).status, 204);
    assert_eq!(sysadmin.delete(&format!("/api/v1/accounts/{id}/subject")).status, 404);
    assert_eq!(browser.get("/api/v1/session").status, 401);
    assert_eq!(journey.back("min").1, "unknown");
    assert_eq!(journey.bind("office", "min").status, 204);
    // A server without a provider has none of it.
    let without = Client::new(&journey.world.url);
    assert_eq!(without.get("/api/v1/oidc").ok(), false);
    for path in ["/api/v1/oidc/begin", "/api/v1/oidc/return?code=a&state=b"] {
        assert_eq!(without.get(path).problem(), (404, "not_found".to_owned()));
    }
    let path = format!("/api/v1/accounts/{id}/subject");
    assert_eq!(sysadmin.put(&path, &json!({"subject": "min"})).status, 404);
}
