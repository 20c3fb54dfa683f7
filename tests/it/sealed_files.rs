//! What rests on a phone, carried to the server by someone else or taken in from a file: nobody on the way can read it.

use domain::{
    device::{self, sealed_bytes},
    draft::Draft,
    id::RecordId,
    media::{MediaItem, MediaState, Whole},
    sealed_file::{self, Header, Row, TakenIn, group, place, table},
    sync::ReceiptState,
};
use hkdf::Hkdf;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    devices::Key,
    phone_key::sealed,
    uploads::with_voice,
    world::{Answer, Client, Phone, World, new_id, random},
};

const PHONE_KEY: [u8; 32] = [9; 32];
const SLICE_BYTES: usize = 1_000;

/// A row as a phone of `account` keeps it.
fn seal(store: &str, number: u8, key: &str, bytes: &[u8]) -> Vec<u8> {
    let name = table::name(number).unwrap();
    let mut derived = [0; 32];
    Hkdf::<Sha256>::new(None, &PHONE_KEY).expand(group(name, key).as_bytes(), &mut derived).unwrap();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derived).unwrap());
    let nonce: [u8; 12] = random()[..12].try_into().unwrap();
    let mut sealed = bytes.to_vec();
    let place = Aad::from(place(store, name, key));
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), place, &mut sealed).unwrap();
    [&[sealed_file::SUITE][..], &nonce, &sealed].concat()
}

/// A phone that fills files.
struct Resting {
    header: Header,
    store: String,
}

impl Resting {
    fn of(phone: &Phone) -> Self {
        let session = phone.client.get("/api/v1/session").ok();
        let office = session["office_key"].as_str().unwrap();
        let account = phone.account;
        let header = Header { account, sealed: Some(sealed(office, account.0, &PHONE_KEY)) };
        Self { header, store: sealed_file::store(account) }
    }

    fn file(&self, rows: &[(u8, String, Vec<u8>)]) -> Vec<u8> {
        let mut file = sealed_file::begin(&self.header);
        for (number, key, bytes) in rows {
            let bytes = seal(&self.store, *number, key, bytes);
            sealed_file::push(&mut file, Row { table: *number, key, bytes: &bytes });
        }
        file
    }
}

fn envelopes(draft: &mut Draft) -> Vec<(u8, String, Vec<u8>)> {
    let frozen = draft.freeze(crate::world::NOW);
    let key = |it: &domain::draft::Frozen| format!("{}/{}", it.item.record, it.item.hash);
    frozen.into_iter().map(|it| (table::ENVELOPE, key(&it), it.envelope)).collect()
}

fn media(draft: &Draft, id: RecordId, bytes: &[u8]) -> Vec<(u8, String, Vec<u8>)> {
    let attachment = &draft.attachments[0].value;
    let item = MediaItem {
        id,
        visit: draft.id(),
        statement: attachment.statement,
        kind: attachment.kind,
        media_type: attachment.media_type.clone(),
        taken_at: attachment.taken_at,
        state: MediaState::Owed,
        whole: Some(Whole { bytes_n: attachment.bytes_n, sha256: attachment.sha256 }),
    };
    let mut rows = vec![(table::MEDIA, id.to_string(), serde_json::to_vec(&item).unwrap())];
    let slices = bytes.chunks(SLICE_BYTES).enumerate();
    rows.extend(slices.map(|(n, it)| (table::SLICE, format!("{id}/{n:06}"), it.to_vec())));
    rows
}

fn send(client: &Client, stamp: Option<&str>, file: Vec<u8>, query: &str) -> Answer {
    let mut headers = vec![("content-type", "application/octet-stream")];
    headers.extend(stamp.map(|it| (device::HEADER, it)));
    client.send("POST", &format!("/api/v1/records/sealed{query}"), &headers, file)
}

fn taken_in(answer: &Answer) -> TakenIn {
    serde_json::from_value(answer.ok()).unwrap()
}

fn parked_n(world: &World) -> Value {
    world.sign_in("office").get("/api/v1/parked").ok()["total_n"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_carries_what_they_cannot_read_and_its_owner_has_it_taken_in() {
    let world = World::start().await;
    let (phone, colleague) = (world.phone("visitor"), world.sign_in("visitor2"));
    let key = Key::new();
    key.bind(&phone.client);
    let resting = Resting::of(&phone);
    let bytes: Vec<u8> = (0..=255).cycle().take(4_500).collect();
    let (mut draft, voice) = with_voice(&phone, &bytes);
    let texts = envelopes(&mut draft);
    let file = resting.file(&texts);
    assert!(!String::from_utf8_lossy(&file).contains("听录音"));

    // Only the device's own stamp counts, for these very bytes.
    let forbidden = (403, "forbidden".to_owned());
    let stamp = |file: &[u8]| key.stamp(&sealed_bytes(file));
    for wrong in [None, Some(Key::new().stamp(&sealed_bytes(&file))), Some(stamp(&file[1..]))] {
        assert_eq!(send(&colleague, wrong.as_deref(), file.clone(), "").problem(), forbidden);
    }
    let done = TakenIn { records_n: texts.len(), parked_n: texts.len(), ..TakenIn::default() };
    for _ in 0..2 {
        assert_eq!(taken_in(&send(&colleague, Some(&stamp(&file)), file.clone(), "")), done);
    }
    assert_eq!(parked_n(&world), json!(texts.len()));

    // The voice comes in pieces; one that broke off goes on where it is, and one that came twice counts once.
    let rows = media(&draft, voice, &bytes);
    let begun = TakenIn { begun_n: 1, ..TakenIn::default() };
    let first = resting.file(&rows[..3]);
    for _ in 0..2 {
        assert_eq!(taken_in(&send(&colleague, Some(&stamp(&first)), first.clone(), "")), begun);
    }
    let rest = resting.file(&rows[2..]);
    let whole = TakenIn { attachments_n: 1, ..TakenIn::default() };
    for _ in 0..2 {
        assert_eq!(taken_in(&send(&colleague, Some(&stamp(&rest)), rest.clone(), "")), whole);
    }
    // A voice that no record speaks of is none.
    let stray = resting.file(&media(&draft, RecordId(new_id()), &bytes));
    assert_eq!(taken_in(&send(&colleague, Some(&stamp(&stray)), stray.clone(), "")), TakenIn::default());

    // Nobody saw any of it; signing in takes it in, whole.
    let visits = colleague.get("/api/v1/visits").ok().to_string();
    assert!(!visits.contains("听录音"), "{visits}");
    let owner = world.phone("visitor");
    key.bind(&owner.client);
    let texts: Vec<Vec<u8>> = texts.into_iter().map(|(_, _, it)| it).collect();
    let states = key.states(&owner.client, &texts);
    assert!(states.iter().all(|it| *it == ReceiptState::Stored), "{states:?}");
    assert_eq!(owner.client.get(&format!("/api/v1/attachments/{voice}")).bytes, bytes);
    let audit = world.with_account("auditor", "auditor").get("/api/v1/audit").ok().to_string();
    assert!(audit.contains("take_in_sealed"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_takes_in_a_saved_file_with_its_drafts_and_says_what_it_could_not_read() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let resting = Resting::of(&phone);
    let (mut sent, bytes) = (phone.draft(&["送出而没有传到的"]), vec![3; 2_500]);
    let (mut unfinished, voice) = with_voice(&phone, &bytes);
    unfinished.statements[0].value.words = "没写完的一句".to_owned();
    let mut rows = envelopes(&mut sent);
    rows.push((table::DRAFT, format!("d/{}", unfinished.id()), serde_json::to_vec(&unfinished).unwrap()));
    rows.extend(media(&unfinished, voice, &bytes));
    let mut file = resting.file(&rows);
    // One that was damaged, one of no use: the rest comes in.
    let mut damaged = seal(&resting.store, table::ENVELOPE, "k", b"\0");
    *damaged.last_mut().unwrap() ^= 1;
    sealed_file::push(&mut file, Row { table: table::ENVELOPE, key: "k", bytes: &damaged });
    sealed_file::push(&mut file, Row { table: table::DRAFT, key: "d/k", bytes: b"{}" });

    let office = world.sign_in("office");
    let taken = taken_in(&send(&office, None, file.clone(), "?drafts=true"));
    let drafts_n = Phone::freeze(&mut unfinished).len();
    let records_n = rows.iter().filter(|it| it.0 == table::ENVELOPE).count() + drafts_n;
    let expected = TakenIn { records_n, parked_n: records_n, attachments_n: 1, begun_n: 0, unreadable_n: 2 };
    assert_eq!(taken, expected);
    assert_eq!(parked_n(&world), json!(records_n));
    let page = office.get("/api/v1/parked").ok().to_string();
    assert!(page.contains("没写完的一句") && page.contains("送出而没有传到的"), "{page}");
    let judged = office.post(&format!("/api/v1/parked/signed-out/{}", phone.account), &json!(null)).ok();
    assert_eq!(judged, json!({"taken_n": records_n, "parked_n": 0}));
    let queue = office.get("/api/v1/queue?state=waiting").ok().to_string();
    assert!(queue.contains("没写完的一句") && queue.contains("送出而没有传到的"), "{queue}");
    let reason = "?reason=%E6%A0%B8%E5%AF%B9";
    assert_eq!(office.get(&format!("/api/v1/attachments/{voice}{reason}")).bytes, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sealed_file_of_this_office_is_refused_and_keeps_nothing() {
    let world = World::start().await;
    let (phone, office) = (world.phone("visitor"), world.sign_in("office"));
    let resting = Resting::of(&phone);
    let file = resting.file(&envelopes(&mut phone.draft(&["原样"])));
    for wrong in [Vec::new(), b"{}".to_vec(), file[..file.len() - 1].to_vec(), file[1..].to_vec()] {
        assert_eq!(send(&office, None, wrong, "").problem(), (400, "malformed".to_owned()));
    }
    // Sealed for another person, or to another office.
    let theirs = Header { account: world.phone("visitor2").account, ..resting.header.clone() };
    let elsewhere = Header { sealed: Some("04".repeat(113)), ..resting.header.clone() };
    for header in [theirs, elsewhere] {
        let wrong = Resting { header, store: resting.store.clone() }.file(&[]);
        assert_eq!(send(&office, None, wrong, "").problem(), (422, "invalid".to_owned()));
    }
    let of_nobody = Header { account: domain::id::AccountId(new_id()), sealed: None };
    let wrong = Resting { header: of_nobody, store: String::new() }.file(&[]);
    assert_eq!(send(&office, None, wrong, "").problem(), (401, "signed_out".to_owned()));
    let json =
        office.send("POST", "/api/v1/records/sealed", &[("content-type", "application/json")], file.clone());
    assert_eq!(json.problem(), (415, "unsupported_media".to_owned()));
    let large = vec![0; sealed_file::PIECE_BYTES_MAX + 1];
    assert_eq!(send(&office, None, large, "").problem(), (413, "too_large".to_owned()));
    assert_eq!(send(&world.sign_in("branch"), None, file, "").problem(), (403, "forbidden".to_owned()));
    assert_eq!(parked_n(&world), json!(0));
}
