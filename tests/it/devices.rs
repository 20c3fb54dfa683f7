//! What phones sign: a session bound to a device, and what a device sends after its signing in has ended.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    device::{self, DeviceKey, Stamp, batch_bytes, upload_bytes},
    envelope::Hash,
    id::RecordId,
    receipt::Signature,
    sync::{ParkReason, Receipt, ReceiptState, Receipts},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use server::auth::SESSION_IDLE_MS_MAX;

use crate::{
    uploads::with_voice,
    world::{Answer, Client, Phone, World, new_id},
};

/// A phone's key, as a browser makes it.
pub struct Key(EcdsaKeyPair);

impl Key {
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random);
        Self(pair.unwrap())
    }

    fn public(&self) -> DeviceKey {
        DeviceKey(self.0.public_key().as_ref().try_into().unwrap())
    }

    pub fn stamp(&self, bytes: &[u8]) -> String {
        let signature = self.0.sign(&SystemRandom::new(), bytes).unwrap();
        let signature = Signature(signature.as_ref().try_into().unwrap());
        Stamp { device: self.public().device(), signature }.to_string()
    }

    pub fn bind(&self, client: &Client) -> Answer {
        client.put("/api/v1/session/device", &json!({"key": self.public().to_string()}))
    }

    /// Pushes with this device's stamp.
    fn push(&self, client: &Client, envelopes: &[Vec<u8>]) -> Answer {
        let body = body(envelopes);
        let stamp = self.stamp(&batch_bytes(&body));
        push(client, Some(&stamp), body)
    }

    pub fn states(&self, client: &Client, envelopes: &[Vec<u8>]) -> Vec<ReceiptState> {
        let receipts: Receipts = serde_json::from_value(self.push(client, envelopes).ok()).unwrap();
        receipts.receipts.iter().map(|it: &Receipt| it.state).collect()
    }
}

fn body(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let envelopes: Vec<String> = envelopes.iter().map(|it| STANDARD.encode(it)).collect();
    json!({ "envelopes": envelopes }).to_string().into_bytes()
}

fn push(client: &Client, stamp: Option<&str>, body: Vec<u8>) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(stamp.map(|it| (device::HEADER, it)));
    client.send("POST", "/api/v1/records/batch", &headers, body)
}

fn parked(world: &World) -> Value {
    world.sign_in("office").get("/api/v1/parked").ok()
}

const SET_ASIDE: ReceiptState = ReceiptState::Parked { reason: ParkReason::SignedOut };

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_bound_pushes_with_its_devices_stamp_only() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let (key, other) = (Key::new(), Key::new());
    let first = Phone::freeze(&mut phone.draft(&["绑定以前"]));
    phone.push(&first).ok();
    assert_eq!(key.bind(&phone.client).status, 204);
    let session = phone.client.get("/api/v1/session").ok();
    assert_eq!(session["device"], json!(key.public().device()));
    // Binding once more is binding; another device, or another person's, is refused.
    assert_eq!(key.bind(&phone.client).status, 204);
    assert_eq!(other.bind(&phone.client).problem(), (409, "conflict".to_owned()));
    assert_eq!(key.bind(&world.sign_in("visitor2")).problem(), (409, "conflict".to_owned()));
    let wrong = phone.client.put("/api/v1/session/device", &json!({"key": "04"})).problem();
    assert_eq!(wrong, (422, "invalid".to_owned()));

    let second = Phone::freeze(&mut phone.draft(&["绑定以后"]));
    let signed_out = (401, "signed_out".to_owned());
    assert_eq!(phone.push(&second).problem(), signed_out);
    assert_eq!(other.push(&phone.client, &second).problem(), signed_out);
    let stamp_of_first = key.stamp(&batch_bytes(&body(&first)));
    assert_eq!(push(&phone.client, Some(&stamp_of_first), body(&second)).problem(), signed_out);
    assert_eq!(push(&phone.client, Some("no stamp"), body(&second)).problem(), signed_out);
    assert!(key.states(&phone.client, &second).iter().all(|it| *it == ReceiptState::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_signing_in_has_ended_waits_and_is_taken_in_by_signing_in() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let key = Key::new();
    key.bind(&phone.client);
    world.later(SESSION_IDLE_MS_MAX + 1);
    let envelopes = Phone::freeze(&mut phone.draft(&["会话过期以后说的"]));
    let signed_out = (401, "signed_out".to_owned());
    assert_eq!(phone.push(&envelopes).problem(), signed_out);
    assert_eq!(Key::new().push(&phone.client, &envelopes).problem(), signed_out);
    for _ in 0..2 {
        assert_eq!(key.states(&phone.client, &envelopes), vec![SET_ASIDE; envelopes.len()]);
    }
    // What is sent again is not on record again.
    let lines = world.with_account("auditor", "auditor").get("/api/v1/audit").ok().to_string();
    assert_eq!(lines.matches("push_signed_out").count(), 1, "{lines}");
    let page = parked(&world);
    assert_eq!(page["total_n"], json!(envelopes.len()));
    assert_eq!(page["parked"][0]["author"], json!(phone.account));
    let office = world.sign_in("office");
    // Neither a start nor the office's judging once more lets it in.
    office.post("/api/v1/parked/judging", &json!(null)).ok();
    let world = world.restart().await;
    assert_eq!(parked(&world)["total_n"], json!(envelopes.len()));
    let queue =
        |world: &World| world.sign_in("office").get("/api/v1/queue?state=waiting").ok()["lines"].clone();
    assert_eq!(queue(&world), json!([]));

    let again = world.phone("visitor");
    key.bind(&again.client);
    assert!(key.states(&again.client, &envelopes).iter().all(|it| *it == ReceiptState::Stored));
    assert_eq!(parked(&world)["total_n"], json!(0));
    assert!(queue(&world).to_string().contains("会话过期以后说的"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_takes_in_what_the_phone_of_a_disabled_account_sends_with_its_voices() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let key = Key::new();
    key.bind(&phone.client);
    let sysadmin = world.sign_in("sysadmin");
    let form = json!({"name": "王小明", "role": "visitor", "unit": phone.unit, "disabled": true});
    sysadmin.put(&format!("/api/v1/accounts/{}", phone.account), &form).ok();
    let bytes = vec![5_u8; 3_000];
    let (mut draft, voice) = with_voice(&phone, &bytes);
    let envelopes = Phone::freeze(&mut draft);
    let client = Client::new(&world.url);
    assert_eq!(key.states(&client, &envelopes), vec![SET_ASIDE; envelopes.len()]);
    // Bytes come in for what was taken in.
    assert_eq!(upload(&client, &key, voice, &bytes).problem(), (401, "signed_out".to_owned()));

    let taking_in = format!("/api/v1/parked/signed-out/{}", phone.account);
    assert_eq!(world.sign_in("branch").post(&taking_in, &json!(null)).status, 403);
    let judged = world.sign_in("office").post(&taking_in, &json!(null)).ok();
    assert_eq!(judged, json!({"taken_n": envelopes.len(), "parked_n": 0}));
    let states = key.states(&client, &envelopes);
    assert!(states.contains(&ReceiptState::Incomplete) && !states.contains(&SET_ASIDE), "{states:?}");
    assert_eq!(upload(&client, &Key::new(), voice, &bytes).status, 401);
    assert_eq!(upload(&client, &key, RecordId(new_id()), &bytes).status, 401);
    upload(&client, &key, voice, &bytes).ok();
    assert!(key.states(&client, &envelopes).iter().all(|it| *it == ReceiptState::Stored));
    let lines = world.with_account("auditor", "auditor").get("/api/v1/audit").ok().to_string();
    assert!(lines.contains("push_signed_out") && lines.contains("take_in"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_nobody_signs_in_on_fills_no_disk() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let key = Key::new();
    key.bind(&phone.client);
    let client = Client::new(&world.url);
    let words = vec!["一句"; 98];
    let mut held_n = 0;
    let refused = loop {
        let envelopes = Phone::freeze(&mut phone.draft(&words));
        let answer = key.push(&client, &envelopes);
        if answer.status != 200 {
            break answer;
        }
        held_n += envelopes.len();
        assert!(held_n <= 5_000, "there is no end to it");
    };
    assert_eq!((refused.problem(), held_n), ((401, "signed_out".to_owned()), 5_000));
    // Once the office has taken it in there is room again.
    let taken_in = format!("/api/v1/parked/signed-out/{}", phone.account);
    let judged = world.sign_in("office").post(&taken_in, &json!(null)).ok();
    assert_eq!(judged["taken_n"], json!(held_n));
    let envelopes = Phone::freeze(&mut phone.draft(&["还有地方"]));
    assert_eq!(key.states(&client, &envelopes), vec![SET_ASIDE; envelopes.len()]);
}

fn upload(client: &Client, key: &Key, id: RecordId, bytes: &[u8]) -> Answer {
    let metadata = format!(
        "id {},sha256 {}",
        STANDARD.encode(id.to_string()),
        STANDARD.encode(Hash::of(bytes).to_string())
    );
    let headers = [
        ("tus-resumable", "1.0.0"),
        (device::HEADER, &*key.stamp(&upload_bytes(id))),
        ("content-type", "application/offset+octet-stream"),
    ];
    let length = bytes.len().to_string();
    let announced = [&headers[..2], &[("upload-length", &*length), ("upload-metadata", &*metadata)]].concat();
    let begun = client.send("POST", "/api/v1/uploads", &announced, Vec::new());
    if begun.status != 201 {
        return begun;
    }
    let part = [&headers[..], &[("upload-offset", "0")]].concat();
    client.send("PATCH", &format!("/api/v1/uploads/{id}"), &part, bytes.to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_disabled_device_sends_is_set_aside_whoever_is_signed_in_there() {
    let world = World::start().await;
    let (phone, key) = (world.phone("visitor"), Key::new());
    key.bind(&phone.client).ok();
    let listed = phone.client.get("/api/v1/sessions").ok()["devices"].clone();
    assert_eq!((&listed[0]["this"], &listed[0]["disabled"]), (&json!(true), &json!(false)));
    let path = format!("/api/v1/devices/{}", key.public().device());
    assert_eq!(world.sign_in("visitor2").delete(&path).status, 404);
    let elsewhere = world.sign_in("visitor");
    elsewhere.delete(&path).ok();
    assert_eq!(elsewhere.delete(&path).status, 404, "it is already");
    assert_eq!(phone.client.get("/api/v1/session").status, 401);
    let first = Phone::freeze(&mut phone.draft(&["办证要跑三趟"]));
    assert!(key.states(&phone.client, &first).iter().all(|it| *it == SET_ASIDE));
    // Signed in again it is still not trusted, and nothing is lost.
    let again = world.sign_in("visitor");
    assert_eq!(key.bind(&again).status, 409);
    let second = Phone::freeze(&mut phone.draft(&["路灯坏了"]));
    assert!(key.states(&again, &second).iter().all(|it| *it == SET_ASIDE));
    assert_eq!(parked(&world)["total_n"], first.len() + second.len());
    // Another phone of the same person is.
    let (other, its_key) = (world.phone("visitor"), Key::new());
    its_key.bind(&other.client).ok();
    let third = Phone::freeze(&mut other.draft(&["桥没人修"]));
    assert!(its_key.states(&other.client, &third).iter().all(|it| *it != SET_ASIDE));
    let listed = other.client.get("/api/v1/sessions").ok()["devices"].clone();
    assert_eq!(listed.as_array().unwrap().iter().filter(|it| it["disabled"] == true).count(), 1);
    // It was found again: what it had sent comes in.
    let path = format!("{path}/restoration");
    assert_eq!(world.sign_in("visitor2").send("POST", &path, &[], Vec::new()).status, 404);
    again.send("POST", &path, &[], Vec::new()).ok();
    key.bind(&again).ok();
    assert!(key.states(&again, &second).iter().all(|it| *it != SET_ASIDE));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_disables_the_devices_of_who_lost_a_phone() {
    let world = World::start().await;
    let (phone, key) = (world.phone("visitor"), Key::new());
    key.bind(&phone.client).ok();
    world.sign_in("sysadmin").delete(&format!("/api/v1/accounts/{}/devices", phone.account)).ok();
    assert_eq!(phone.client.get("/api/v1/session").status, 401);
    let sent = Phone::freeze(&mut phone.draft(&["办证要跑三趟"]));
    assert!(key.states(&phone.client, &sent).iter().all(|it| *it == SET_ASIDE));
}
