//! Sealed clues: nobody but the members that a clue was sealed to finds anything of it, and they find all of it.

use std::{path::Path, sync::atomic::Ordering};

use domain::{
    clue::{
        CHUNK_BYTES, ClueKey, ClueReceipt, INFO, NewClueKey, NewRecoveryKey, Sealed, Sealing, WrappedSecret,
        content_of, key_name, nonce, padded, part_place, receipt_bytes,
    },
    envelope::Hash,
    id::ClueId,
};
use ed25519_dalek::{Signature, VerifyingKey};
use hpke::{
    Deserializable, Kem as _, OpModeR, Serializable, aead::AesGcm256, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    single_shot_open,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use server::clue_sealing;
use server::store::sql_made;

use crate::world::{Answer, Client, PASSWORD, World, id_of, new_id, random};

type Kem = DhP256HkdfSha256;

const CANARY: &str = "金丝雀副局长收受烟酒";

/// A member of the group with a key, as a browser makes it.
pub struct Member {
    pub client: Client,
    secret: <Kem as hpke::Kem>::PrivateKey,
    pub public: String,
}

impl Member {
    /// A member with an account of its own; the first one brings the recovery key.
    pub fn join(world: &World, login: &str, recovery: Option<&str>) -> Self {
        let client = world.with_account(login, "discipline");
        let member = Self::with_key(client);
        member.client.post("/api/v1/clue-group/key", &member.new_key(recovery)).ok();
        member
    }

    pub fn with_key(client: Client) -> Self {
        let (secret, public) = Kem::derive_keypair(&random());
        Self { client, secret, public: hex::encode(public.to_bytes()) }
    }

    pub fn new_key(&self, recovery: Option<&str>) -> Value {
        // To the server it is bytes that it cannot open.
        let secret = WrappedSecret {
            salt: "00".repeat(16),
            memory: 65_536,
            passes: 3,
            iv: "11".repeat(12),
            wrap: "22".repeat(48),
        };
        let recovery = recovery.map(|it| NewRecoveryKey { public: it.to_owned(), proof_hash: proof_hash() });
        let new = NewClueKey { public: self.public.clone(), secret, recovery };
        serde_json::to_value(new).unwrap()
    }

    fn key(&self, id: ClueId, wrap: &str) -> Option<[u8; 32]> {
        let bytes = hex::decode(wrap).unwrap();
        let encapped = <Kem as hpke::Kem>::EncappedKey::from_bytes(&bytes[..65]).ok()?;
        let opened = single_shot_open::<AesGcm256, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.secret,
            &encapped,
            INFO,
            &bytes[65..],
            id.0.as_bytes(),
        );
        opened.ok()?.try_into().ok()
    }

    pub fn clues(&self) -> Vec<Value> {
        self.client.get("/api/v1/clues").ok().as_array().unwrap().clone()
    }

    /// A clue in the clear, padded.
    pub fn open(&self, clue: &Value) -> Vec<u8> {
        let id = ClueId(id_of(&clue["id"]));
        let key = self.key(id, clue["wrap"]["sealed"].as_str().unwrap()).expect("sealed to this key");
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
        let parts_n = u32::try_from(clue["parts_n"].as_u64().unwrap()).unwrap();
        let mut clear = Vec::new();
        for n in 0..parts_n {
            let mut part = self.client.get(&format!("/api/v1/clues/{id}/content?n={n}")).bytes;
            let nonce = Nonce::assume_unique_for_key(nonce(n, n + 1 == parts_n));
            clear.extend(&*key.open_in_place(nonce, Aad::from(part_place(id)), &mut part).unwrap());
        }
        clear
    }
}

/// What whoever has the printed recovery key can show.
const PROOF: &str = "5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b";

fn proof_hash() -> String {
    Hash::of(&hex::decode(PROOF).unwrap()).to_string()
}

/// A recovery key's public half.
pub fn recovery() -> String {
    hex::encode(Kem::derive_keypair(&random()).1.to_bytes())
}

/// What a phone makes of words and bytes; `attachments_n` of random bytes.
pub fn content(words: &str, attachment: &[u8]) -> Value {
    json!({
        "words": words, "summary": "", "kind": "problem", "about": words, "happened": "", "said_at": 1,
        "campaign": new_id(), "unit": new_id(), "unit_name": "公共法律服务股", "place": "李家坳村",
        "respondent_kind": "household", "identity": {"name": "金丝雀举报人"},
        "recorded_by": {"account": new_id(), "name": "王小明"}, "receipt": "ABCD EFGH JKMN PQRS", "left_out": [],
        "attachments": [{
            "kind": "voice", "media_type": "audio/webm", "bytes_n": attachment.len(), "sha256": Hash::of(attachment),
        }],
    })
}

/// A clue that was sealed on a phone.
pub struct Clue {
    pub id: ClueId,
    pub sealed: Sealed,
    pub parts: Vec<Vec<u8>>,
}

pub fn seal(keys: &[ClueKey], words: &str, attachment: &[u8]) -> Clue {
    let id = ClueId(new_id());
    let json = content(words, attachment).to_string();
    let clear = padded(json.as_bytes(), &[attachment.to_vec()]);
    let (sealed, parts) = clue_sealing::seal(id, &clear, keys).unwrap();
    Clue { id, sealed, parts }
}

impl Clue {
    pub fn put(&self, client: &Client, n: usize) -> Answer {
        let path = format!("/api/v1/clues/{}/parts?n={n}", self.id);
        client.send("PUT", &path, &[("content-type", "application/octet-stream")], self.parts[n].clone())
    }

    pub fn complete(&self, client: &Client) -> Answer {
        let body = serde_json::to_value(&self.sealed).unwrap();
        client.post(&format!("/api/v1/clues/{}", self.id), &body)
    }

    pub fn send(&self, client: &Client) -> ClueReceipt {
        (0..self.parts.len()).for_each(|n| drop(self.put(client, n).ok()));
        serde_json::from_value(self.complete(client).ok()).unwrap()
    }
}

pub fn keys(client: &Client) -> Vec<ClueKey> {
    let sealing: Sealing = serde_json::from_value(client.get("/api/v1/clue-keys").ok()).unwrap();
    sealing.keys
}

/// Two members and a visitor.
async fn group() -> (World, Member, Member, Client) {
    let world = World::start().await;
    let one = Member::join(&world, "discipline", Some(&recovery()));
    let other = Member::join(&world, "discipline2", None);
    let visitor = world.sign_in("visitor");
    (world, one, other, visitor)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_is_read_by_the_members_byte_for_byte() {
    let (world, one, other, visitor) = group().await;
    let keys = keys(&visitor);
    assert_eq!(keys.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["", "discipline", "discipline2"]);
    let voice: Vec<u8> = (0..=250).cycle().take(CHUNK_BYTES + 5_000).collect();
    let clue = seal(&keys, CANARY, &voice);
    assert_eq!(clue.parts.len(), 2);
    let receipt = clue.send(&visitor);
    let key: [u8; 32] = world.app.receipt_key.public().0;
    let signed = receipt_bytes(clue.id, clue.sealed.hash(clue.id));
    let signature = Signature::from_slice(&hex::decode(&receipt.signature).unwrap()).unwrap();
    VerifyingKey::from_bytes(&key).unwrap().verify_strict(&signed, &signature).unwrap();
    for member in [&one, &other] {
        let listed = member.clues();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["received_day"], "2026-11-23");
        let clear = member.open(&listed[0]);
        let (content, starts) = content_of(&clear).unwrap();
        assert_eq!(
            (content.words.as_str(), content.identity.unwrap().name.as_str()),
            (CANARY, "金丝雀举报人")
        );
        assert_eq!(&clear[starts..starts + voice.len()], voice);
        assert_eq!(clear.len() % 4096, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_answers_that_were_lost_are_sent_again() {
    let (world, one, _, visitor) = group().await;
    let clue = seal(&keys(&visitor), CANARY, &vec![1; CHUNK_BYTES]);
    assert_eq!(clue.complete(&visitor).problem(), (422, "invalid".to_owned()), "nothing is here");
    clue.put(&visitor, 1).ok();
    clue.put(&visitor, 1).ok();
    let here = visitor.get(&format!("/api/v1/clues/{}/parts", clue.id)).ok();
    assert_eq!(here, json!({"parts": [1]}));
    assert_eq!(clue.complete(&visitor).problem(), (422, "invalid".to_owned()), "the first is missing");
    assert_eq!(one.clues().len(), 0);
    let world = world.restart().await;
    let visitor = world.sign_in("visitor");
    clue.put(&visitor, 0).ok();
    let first = clue.complete(&visitor).ok();
    assert_eq!(clue.complete(&visitor).ok(), first, "the same receipt");
    clue.put(&visitor, 0).ok();
    // Whatever comes under its id from now on is another clue's.
    let other = Clue { id: clue.id, ..seal(&keys(&visitor), "别的", &[2]) };
    assert_eq!(other.put(&visitor, 0).problem(), (409, "conflict".to_owned()));
    assert_eq!(other.complete(&visitor).problem(), (409, "conflict".to_owned()));
    let one = Member { client: world.sign_in("discipline"), ..one };
    assert_eq!(content_of(&one.open(&one.clues()[0])).unwrap().0.words, CANARY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_form_of_a_clue_is_refused() {
    let (_world, one, _, visitor) = group().await;
    let clue = seal(&keys(&visitor), CANARY, &[1]);
    let put = |n: usize, bytes: Vec<u8>| {
        visitor.send("PUT", &format!("/api/v1/clues/{}/parts?n={n}", clue.id), &[], bytes).status
    };
    assert_eq!([put(128, vec![1; 99]), put(0, vec![1; 16]), put(0, vec![1; 1024 * 1024])], [422, 422, 413]);
    clue.put(&visitor, 0).ok();
    let path = format!("/api/v1/clues/{}", clue.id);
    let change = |field: &str, value: Value| {
        let mut body = serde_json::to_value(&clue.sealed).unwrap();
        body[field] = value;
        visitor.post(&path, &body).problem()
    };
    for (field, value) in [("suite", json!(2)), ("wraps", json!([])), ("parts", json!([]))] {
        assert_eq!(change(field, value), (422, "invalid".to_owned()), "{field}");
    }
    assert_eq!(change("author", json!("x")), (400, "malformed".to_owned()));
    assert_eq!(one.clues().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_left_out_does_not_learn_that_there_is_a_clue() {
    let (_world, one, other, visitor) = group().await;
    let all = keys(&visitor);
    let without: Vec<ClueKey> = all.iter().filter(|it| it.public != other.public).cloned().collect();
    let clue = seal(&without, CANARY, &[1]);
    clue.send(&visitor);
    assert_eq!((one.clues().len(), other.clues().len()), (1, 0));
    one.open(&one.clues()[0]);
    let note = || json!({"id": new_id(), "step": "note", "sealed": "ab".repeat(40)});
    one.client.post(&format!("/api/v1/clues/{}/notes", clue.id), &note()).ok();
    let wrap = json!({"key": key_name(&other.public), "sealed": "00".repeat(113)});
    let ask = |id: uuid::Uuid| {
        [
            other.client.get(&format!("/api/v1/clues/{id}/content")),
            other.client.get(&format!("/api/v1/clues/{id}/content?n=1")),
            other.client.post(&format!("/api/v1/clues/{id}/notes"), &note()),
            other.client.post(&format!("/api/v1/clues/{id}/wraps"), &wrap),
        ]
        .map(|it| (it.status, it.text()))
    };
    assert_eq!(ask(clue.id.0), ask(new_id()));
    assert!(ask(clue.id.0).iter().all(|it| it.0 == 404));
    let log = |member: &Member| member.client.get("/api/v1/clue-group/log").ok().to_string();
    assert!(log(&one).contains(&clue.id.to_string()));
    assert!(!log(&other).contains(&clue.id.to_string()));
    let listed = other.client.get("/api/v1/clue-group/log").ok();
    assert!(
        listed.as_array().unwrap().iter().all(|it| it["act"] == "key" || it["act"] == "list"),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standing_rule_leaves_a_member_out_and_nobody_lifts_it_for_themselves() {
    let (world, one, other, visitor) = group().await;
    let account = other.client.get("/api/v1/session").ok()["account"]["id"].clone();
    let set = |member: &Member, account: &Value, holds: bool| {
        let rule = json!({"account": account, "unit": world.units[0], "holds": holds});
        member.client.post("/api/v1/clue-group/recusals", &rule)
    };
    set(&one, &account, true).ok();
    let names = |client: &Client| keys(client).into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(&visitor), ["", "discipline"]);
    assert_eq!(names(&world.sign_in("visitor2")), ["", "discipline", "discipline2"], "of another unit");
    assert_eq!(set(&other, &account, false).problem(), (422, "invalid".to_owned()));
    set(&one, &account, false).ok();
    assert_eq!(names(&visitor), ["", "discipline", "discipline2"]);
    let visitor_id = visitor.get("/api/v1/session").ok()["account"]["id"].clone();
    assert_eq!(set(&one, &visitor_id, true).status, 422, "no member");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_reads_what_another_one_gives_them() {
    let (world, one, _, visitor) = group().await;
    let clue = seal(&keys(&visitor), CANARY, &[1]);
    clue.send(&visitor);
    let late = Member::join(&world, "discipline3", None);
    assert_eq!(late.clues().len(), 0);
    let key = one.key(clue.id, one.clues()[0]["wrap"]["sealed"].as_str().unwrap()).unwrap();
    let to = ClueKey { public: late.public.clone(), account: None, name: String::new() };
    // Sealing the same key anew: what the browser of a member does.
    let wrap = clue_sealing::wrap(key, clue.id, &to.public).unwrap();
    let path = format!("/api/v1/clues/{}/wraps", clue.id);
    one.client.post(&path, &json!(wrap)).ok();
    assert_eq!(content_of(&late.open(&late.clues()[0])).unwrap().0.words, CANARY);
    let nobodys = clue_sealing::wrap(key, clue.id, &recovery()).unwrap();
    assert_eq!(one.client.post(&path, &json!(nobodys)).status, 422);
    // Whoever leaves the group is sealed to no more, and reads nothing.
    let account = late.client.get("/api/v1/session").ok()["account"]["id"].clone();
    let change = json!({"name": "离开的人", "role": "leader", "unit": null});
    world.sign_in("sysadmin").put(&format!("/api/v1/accounts/{}", id_of(&account)), &change);
    assert!(!keys(&visitor).iter().any(|it| it.public == late.public));
    assert_eq!(world.sign_in("discipline3").get("/api/v1/clues").status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_complete_a_handover() {
    let (_world, one, other, visitor) = group().await;
    let clue = seal(&keys(&visitor), CANARY, &[1]);
    clue.send(&visitor);
    let path = format!("/api/v1/clues/{}/notes", clue.id);
    let step = |member: &Member, step: &str| {
        let note = json!({"id": new_id(), "step": step, "sealed": "ab".repeat(40)});
        member.client.post(&path, &note).status
    };
    assert_eq!(step(&other, "confirm"), 409, "nothing was proposed");
    let proposal = json!({"id": new_id(), "step": "propose", "sealed": "ab".repeat(40)});
    one.client.post(&path, &proposal).ok();
    one.client.post(&path, &proposal).ok();
    let mut other_words = proposal.clone();
    other_words["sealed"] = "cd".repeat(40).into();
    assert_eq!(one.client.post(&path, &other_words).status, 409, "a note does not change");
    assert_eq!(step(&other, "propose"), 409, "one waits already");
    assert_eq!(step(&one, "confirm"), 422, "who proposed it");
    assert_eq!(step(&one, "note"), 204);
    assert_eq!(step(&other, "confirm"), 204);
    assert_eq!(step(&other, "confirm"), 409, "completed already");
    let listed = one.clues();
    let steps: Vec<&str> =
        listed[0]["notes"].as_array().unwrap().iter().map(|it| it["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["propose", "note", "confirm"]);
    let log = other.client.get("/api/v1/clue-group/log").ok();
    let acts: Vec<&str> = log.as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["list", "confirm", "note", "propose", "key", "key"]);
    for wrong in ["zz", "abc", "", &"ab".repeat(70_000)] {
        let note = json!({"id": new_id(), "step": "note", "sealed": wrong});
        assert_eq!(one.client.post(&path, &note).status, 422, "{}", wrong.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_members_own_and_the_first_brings_the_recovery_key() {
    let world = World::start().await;
    let first = Member::with_key(world.with_account("discipline", "discipline"));
    let post = |member: &Member, body: &Value| member.client.post("/api/v1/clue-group/key", body);
    assert_eq!(post(&first, &first.new_key(None)).problem(), (422, "invalid".to_owned()));
    assert_eq!(post(&first, &first.new_key(Some("04"))).status, 422);
    post(&first, &first.new_key(Some(&recovery()))).ok();
    let second = Member::with_key(world.with_account("discipline2", "discipline"));
    assert_eq!(second.client.get("/api/v1/clue-group").ok()["own"], Value::Null);
    assert_eq!(second.client.get("/api/v1/clue-group").ok()["without"], json!(["discipline2"]));
    assert_eq!(post(&second, &second.new_key(Some(&recovery()))).status, 409, "there is one");
    let stolen =
        Member { client: world.sign_in("discipline2"), ..Member::with_key(world.sign_in("discipline2")) };
    let taken = json!({"public": first.public, "secret": first.new_key(None)["secret"]});
    assert_eq!(post(&stolen, &taken).status, 409, "another's");
    let mut odd = second.new_key(None);
    odd["secret"]["memory"] = json!(1);
    assert_eq!(post(&second, &odd).status, 422, "a passphrase that anybody guesses");
    world.later(11 * 60 * 1_000);
    assert_eq!(post(&second, &second.new_key(None)).problem(), (403, "confirm_first".to_owned()));
    let second = Member { client: world.sign_in("discipline2"), ..second };
    post(&second, &second.new_key(None)).ok();
    assert_eq!(second.client.get("/api/v1/clue-group").ok()["own"]["public"], second.public.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_paper_from_the_safe_opens_what_no_member_can() {
    let world = World::start().await;
    let safe = Member::with_key(Client::new(&world.url));
    let one = Member::join(&world, "discipline", Some(&safe.public));
    let visitor = world.sign_in("visitor");
    let clue = seal(&keys(&visitor), CANARY, &[1]);
    clue.send(&visitor);
    // The only member has forgotten the passphrase, and makes another key.
    let again = Member::with_key(world.sign_in("discipline"));
    again.client.post("/api/v1/clue-group/key", &again.new_key(None)).ok();
    assert_eq!((again.clues().len(), one.clues().len()), (0, 0));
    let recover = |proof: &str, wraps: Value| {
        again.client.post("/api/v1/clue-group/recovery", &json!({"proof": proof, "wraps": wraps}))
    };
    for wrong in ["", &"00".repeat(32), &proof_hash()] {
        assert_eq!(recover(wrong, json!([])).problem(), (422, "invalid".to_owned()), "{wrong}");
    }
    let sealed = recover(PROOF, json!([])).ok();
    assert_eq!(sealed.as_array().unwrap().len(), 1);
    let key = safe.key(clue.id, sealed[0]["sealed"].as_str().unwrap()).unwrap();
    let wrap_to = |public: &str| {
        let wrap = clue_sealing::wrap(key, clue.id, public).unwrap();
        json!([{"id": clue.id, "key": wrap.key, "sealed": wrap.sealed}])
    };
    assert_eq!(recover(PROOF, wrap_to(&one.public)).status, 422, "only to the own key");
    recover(PROOF, wrap_to(&again.public)).ok();
    assert_eq!(content_of(&again.open(&again.clues()[0])).unwrap().0.words, CANARY);
    let log = again.client.get("/api/v1/clue-group/log").ok().to_string();
    assert!(log.contains("recover"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_are_told_that_clues_stay_off_the_network() {
    let (world, ..) = group().await;
    let told = |url: &str| {
        let client = Client::new(url);
        let answer = client.post("/api/v1/session", &json!({"login": "visitor", "password": PASSWORD})).ok();
        answer["sealing"]["on_paper"].clone()
    };
    assert_eq!((told(&world.url), told(&world.on_paper().await)), (json!(false), json!(true)));
    let office = world.sign_in("office").get("/api/v1/session").ok();
    assert_eq!(office["sealing"], Value::Null, "who seals nothing is told of nobody's keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_seals_so_many_a_day() {
    let (world, _, _, visitor) = group().await;
    let keys = keys(&visitor);
    for _ in 0..20 {
        seal(&keys, CANARY, &[1]).send(&visitor);
    }
    let one_more = seal(&keys, CANARY, &[1]);
    one_more.put(&visitor, 0).ok();
    assert_eq!(one_more.complete(&visitor).problem(), (429, "slow_down".to_owned()));
    one_more.send(&world.sign_in("visitor2"));
    world.later(24 * 60 * 60 * 1_000);
    seal(&keys, CANARY, &[1]).send(&world.sign_in("visitor"));
}

/// Everything that lies in the data folder, and a dump of the database.
fn everything(world: &World) -> Vec<u8> {
    fn read(folder: &Path, all: &mut Vec<u8>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() { read(&path, all) } else { all.extend(std::fs::read(path).unwrap()) }
        }
    }
    let mut all = Vec::new();
    read(world.back_up().path(), &mut all);
    all
}

fn found(bytes: &[u8], text: &str) -> bool {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let digits = hex::encode(text.as_bytes());
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
    holds(text.as_bytes()) || holds(&wide) || holds(digits.as_bytes())
}

/// What everybody else is told stays the same, byte for byte, whether there is a clue or not.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_others_see_tells_of_a_clue() {
    let (world, one, _, visitor) = group().await;
    let phone = world.phone("visitor");
    phone.sent(&["村里的路一直没修"]);
    world.app.reading.caught_up(&world.app.db).await;
    let auditor = world.with_account("auditor", "auditor");
    let all = [
        (
            "office",
            vec!["/api/v1/queue", "/api/v1/visits", "/api/v1/figures", "/api/v1/export/statements.csv"],
        ),
        ("approver", vec!["/api/v1/visits", "/api/v1/issues", "/api/v1/figures"]),
        ("leader", vec!["/api/v1/figures", "/api/v1/issues"]),
        ("sysadmin", vec!["/api/v1/setup", "/api/v1/accounts"]),
        ("visitor", vec!["/api/v1/changes"]),
    ];
    let read = || {
        let mut answers = Vec::new();
        for (login, paths) in &all {
            let client = world.sign_in(login);
            for path in paths {
                let answer = client.get(path);
                let tag = answer.headers.get("etag").cloned();
                answers.push((*login, *path, answer.status, answer.text(), tag));
            }
        }
        answers.push(("auditor", "audit", 200, auditor.get("/api/v1/audit").text(), None));
        answers
    };
    read();
    // An export is on record itself, so that two readings differ by what they did and nothing else.
    let (before, clue) = (read(), seal(&keys(&visitor), CANARY, &[7; 9]));
    let rows = backed_up_rows(&world).await;
    clue.send(&visitor);
    one.open(&one.clues()[0]);
    let after = read();
    let audit_lines = |text: &str| text.matches("\"act\"").count();
    for (before, after) in before.iter().zip(&after) {
        if before.0 == "auditor" {
            // One line of the export that was read in between.
            assert_eq!(audit_lines(&after.3), audit_lines(&before.3) + 1, "{}", after.3);
            assert!(!after.3.contains("clue"), "{}", after.3);
        } else {
            assert_eq!(before, after);
        }
    }
    assert_eq!(backed_up_rows(&world).await, rows, "what backups say of themselves");
}

/// What a backup counts of this database.
async fn backed_up_rows(world: &World) -> u64 {
    let mut db = world.app.db.read().await.unwrap();
    let mut n = 0;
    for table in server::store::tables::TABLES {
        // The log of sessions and of the audit grows by asking.
        if !server::store::tables::is_of_clues(table) && !["session", "audit", "audit_link"].contains(&table)
        {
            n += u64::try_from(server::store::tables::count(&mut db, table).await.unwrap()).unwrap();
        }
    }
    n
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clue_rests_nowhere_in_the_clear_and_comes_back_from_a_backup() {
    let (world, one, _, visitor) = group().await;
    let phone = world.phone("visitor");
    phone.sent(&["村里的路一直没修"]);
    world.app.reading.caught_up(&world.app.db).await;
    let clue = seal(&keys(&visitor), CANARY, "录音里的金丝雀".repeat(1_000).as_bytes());
    clue.send(&visitor);
    let bytes = everything(&world);
    assert!(found(&bytes, "村里的路一直没修"), "what is in the clear is found, so that this finds something");
    assert!(found(&bytes, "2026-11-23"));
    for canary in [CANARY, "金丝雀", "王小明", "ABCD EFGH JKMN PQRS", "录音里的"] {
        let named_elsewhere = canary == "王小明";
        assert!(named_elsewhere || !found(&bytes, canary), "{canary}");
    }
    let copy = world.back_up();
    let world = world.restore(&copy).await;
    let one = Member { client: world.sign_in("discipline"), ..one };
    assert_eq!(content_of(&one.open(&one.clues()[0])).unwrap().0.words, CANARY);
    assert!(world.clock.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_groups_log_is_only_added_to() {
    let (world, one, _, visitor) = group().await;
    let clue = seal(&keys(&visitor), CANARY, &[1]);
    clue.send(&visitor);
    one.open(&one.clues()[0]);
    for statement in ["update clue_log set act = 'list'", "delete from clue_log"] {
        let mut db = world.app.db.write().await.unwrap();
        sql_made(statement.to_owned()).execute(&mut db).await.unwrap_err();
    }
    // No log, no opening.
    world.on_the_writer("drop table clue_log").await;
    let answer = one.client.get(&format!("/api/v1/clues/{}/content", clue.id));
    assert_eq!(answer.status, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_lost_or_damaged_is_found() {
    let (world, _, _, visitor) = group().await;
    let (whole, lost, damaged) = (
        seal(&keys(&visitor), "one", &[1]),
        seal(&keys(&visitor), "two", &[2]),
        seal(&keys(&visitor), "three", &[3]),
    );
    for it in [&whole, &lost, &damaged] {
        it.send(&visitor);
    }
    let check = async || server::cli::check::check(&world.app).await.unwrap();
    let found = check().await;
    assert_eq!((found.clues_n, found.damaged), (3, vec![]));
    let mut db = world.app.db.write().await.unwrap();
    let lose = sql_made("delete from clue_part where clue = $1".to_owned());
    lose.bind(lost.id.0).execute(&mut db).await.unwrap();
    let damage = sql_made("update clue_part set bytes = $2 where clue = $1".to_owned());
    damage.bind(damaged.id.0).bind(vec![0_u8]).execute(&mut db).await.unwrap();
    db.commit().await.unwrap();
    let mut found = check().await.damaged;
    found.sort();
    let mut names = [&lost, &damaged].map(|it| it.id.to_string());
    names.sort();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().zip(&names).all(|(line, id)| line.starts_with(&format!("clue {id} "))), "{found:?}");
}
