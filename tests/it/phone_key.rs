//! A forgotten PIN: the phone's key comes back through the office's, for the account's password.

use domain::{
    phone_key::{INFO, PhoneKey},
    session::Session,
};
use hpke::{Kem as _, Serializable, kem::DhP256HkdfSha256 as Kem};
use serde_json::json;
use server::clue_sealing::seal_to;

use crate::world::{PASSWORD, World, new_id};

/// What a phone of `account` keeps for the office.
pub fn sealed(office: &str, account: uuid::Uuid, key: &[u8; 32]) -> String {
    seal_to(office, INFO, account.as_bytes(), key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_key_comes_back_for_the_password_of_its_owner() {
    let world = World::start().await;
    let visitor = world.sign_in("visitor");
    let session: Session = serde_json::from_value(visitor.get("/api/v1/session").ok()).unwrap();
    let office = session.office_key.clone().unwrap();
    let ours = sealed(&office, session.account.id.0, &[9; 32]);
    let ask = |password: &str, sealed: &str| {
        let body = json!({"password": password, "sealed": sealed});
        visitor.post("/api/v1/session/phone-key", &body)
    };
    assert_eq!(ask("不是这个口令", &ours).status, 401);
    let opened: PhoneKey = serde_json::from_value(ask(PASSWORD, &ours).ok()).unwrap();
    assert_eq!(opened.key, "09".repeat(32));

    let theirs = sealed(&office, new_id(), &[9; 32]);
    let other_office = Kem::derive_keypair(&[1; 32]).1;
    let elsewhere = sealed(&hex::encode(other_office.to_bytes()), session.account.id.0, &[9; 32]);
    for wrong in [&*theirs, &*elsewhere, &ours[2..], "", "zz"] {
        assert_eq!(ask(PASSWORD, wrong).status, 422, "{wrong}");
    }
    let body = json!({"password": PASSWORD, "sealed": ours});
    assert_eq!(world.sign_in("branch").post("/api/v1/session/phone-key", &body).status, 403);
    assert_eq!(world.sign_in("visitor2").post("/api/v1/session/phone-key", &body).status, 422);

    let audit = world.with_account("auditor", "auditor").get("/api/v1/audit").ok();
    let acts: Vec<_> =
        audit["lines"].as_array().unwrap().iter().filter(|it| it["act"] == "open_phone_key").collect();
    assert_eq!(acts.len(), 1, "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_key_slows_down_like_signing_in() {
    let world = World::start().await;
    let visitor = world.sign_in("visitor");
    let ask = |password: &str| {
        let body = json!({"password": password, "sealed": ""});
        visitor.post("/api/v1/session/phone-key", &body).status
    };
    for _ in 0..5 {
        assert_eq!(ask("猜一猜看看"), 401);
    }
    assert_eq!(ask(PASSWORD), 429);
}
