//! Batches and lines that nobody honest sends, and lines that break: nothing is lost and nothing let in.

use std::{io::Write, net::TcpStream};

use domain::{
    changes::Changes,
    draft::Draft,
    envelope::{Envelope, Header, freeze, open},
    id::UnitId,
    sync::{ParkReason, ReceiptState, RefuseReason},
    visit::Visit,
};
use serde_json::{Value, json};

use crate::world::{Phone, World, at_once, new_id};

/// An envelope with another header, written as JSON.
fn forged(envelope: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let Envelope { header, payload, .. } = open(envelope).unwrap();
    let mut header = serde_json::to_value(header).unwrap();
    change(&mut header);
    with_header(&header.to_string(), payload)
}

fn with_header(header: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(u32::try_from(header.len()).unwrap().to_be_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(payload);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_about_unit_author_role_and_arrival_are_not_believed() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let envelopes = Phone::freeze(&mut phone.draft(&["一"]));
    let visit = envelopes.last().unwrap();
    let state = |bytes: Vec<u8>| phone.receipts(&[bytes])[0].state;
    let parked = |reason| ReceiptState::Parked { reason };
    let refused = ReceiptState::Refused { reason: RefuseReason::NotAnEnvelope };
    assert_eq!(
        state(forged(visit, |it| it["unit"] = json!(UnitId(new_id())))),
        parked(ParkReason::NotYourUnit)
    );
    assert_eq!(
        state(forged(visit, |it| it["unit"] = json!(world.units[1]))),
        parked(ParkReason::NotYourUnit)
    );
    assert_eq!(
        state(forged(visit, |it| it["campaign"] = json!(new_id()))),
        parked(ParkReason::UnknownCampaign)
    );
    for (name, value) in [
        ("author", json!(new_id())),
        ("role", json!("office")),
        ("received_at", json!(0)),
        ("is_serious", json!(true)),
    ] {
        assert_eq!(state(forged(visit, |it| it[name] = value)), refused, "{name}");
    }
    for time in ["9223372036854775808", "1e400", "1.5", "\"0\"", "null"] {
        let header = serde_json::to_string(&open(visit).unwrap().header).unwrap();
        let (before, after) = header.split_once("\"claimed_at\":").unwrap();
        let after = after.trim_start_matches(|it: char| it.is_ascii_digit());
        let header = format!("{before}\"claimed_at\":{time}{after}");
        assert_eq!(state(with_header(&header, open(visit).unwrap().payload)), refused, "{time}");
    }
    let header = serde_json::to_string(&open(visit).unwrap().header).unwrap();
    let twice = header.replacen('{', "{\"form\":1,", 1);
    assert_eq!(state(with_header(&twice, b"{}")), refused);
    // What was honest is taken all the same, under the name of the session.
    assert!(phone.receipts(&envelopes).iter().all(|it| it.state == ReceiptState::Stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_batch_are_malformed() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let send = |body: String| {
        let headers = [("content-type", "application/json")];
        phone.client.send("POST", "/api/v1/records/batch", &headers, body.into_bytes()).problem()
    };
    let malformed = (400, "malformed".to_owned());
    assert_eq!(send("[".repeat(100_000)), malformed);
    assert_eq!(send("{\"envelopes\":".repeat(100_000)), malformed);
    assert_eq!(send(json!({"envelopes": [], "unit": new_id()}).to_string()), malformed);
    assert_eq!(send("{\"envelopes\":[],\"envelopes\":[]}".to_owned()), malformed);
    for number in ["1e400", "-0", "9223372036854775808"] {
        assert_eq!(send(format!("{{\"envelopes\":[{number}]}}")), malformed, "{number}");
    }
    let too_large = (413, "too_large".to_owned());
    assert_eq!(send(json!({"envelopes": vec![""; 600_000]}).to_string()), too_large);
    assert_eq!(send(json!({"envelopes": vec![""; 1_000_000]}).to_string()), too_large);
    let office = world.sign_in("office");
    for version in ["9223372036854775808", "-1", "1e400"] {
        let body = format!("{{\"version\":{version},\"act\":{{\"do\":\"undo\"}}}}").into_bytes();
        let path = format!("/api/v1/queue/{}/acts", new_id());
        let answer = office.send("POST", &path, &[("content-type", "application/json")], body);
        assert_eq!(answer.problem(), malformed, "{version}");
    }
    phone.sent(&["以后照收"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_anywhere_loses_nothing_that_was_confirmed() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..=255).cycle().take(400_000).collect();
    let (mut draft, id) = crate::uploads::with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.begin_upload(id, &bytes).ok();
    let mut reached = 0;
    for cut in [1, 2, 1_000, 16_384, 65_535] {
        let part = &bytes[reached..(reached + 65_536).min(bytes.len())];
        let head = format!(
            "PATCH /api/v1/uploads/{id} HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\ntus-resumable: 1.0.0\r\n\
             content-type: application/offset+octet-stream\r\nupload-offset: {reached}\r\ncontent-length: {}\r\n\r\n",
            phone.client.cookie(),
            part.len()
        );
        let mut line = TcpStream::connect(("127.0.0.1", world.port)).unwrap();
        line.write_all(head.as_bytes()).unwrap();
        line.write_all(&part[..cut.min(part.len())]).unwrap();
        drop(line);
        // What came before the cut counts as soon as the server has kept it, and nothing else does.
        let cut = cut.min(part.len());
        loop {
            let now = usize::try_from(phone.reached(id)).unwrap();
            assert!((reached..=reached + cut).contains(&now), "cut after {cut}: {now}");
            let next = &bytes[now..(now + 30_000).min(bytes.len())];
            let answer = phone.part(id, now, next);
            if answer.status != 409 {
                answer.ok();
                reached = now + next.len();
                break;
            }
        }
        assert_eq!(phone.reached(id), reached as u64);
    }
    phone.part(id, reached, &bytes[reached..]).ok();
    assert_eq!(phone.client.get(&format!("/api/v1/attachments/{id}")).bytes, bytes);
}

/// A later revision of the visit of a draft, at another place.
fn revision(draft: &Draft, first: &[u8], parent: &[u8], place: &str) -> Vec<u8> {
    let header = open(first).unwrap().header;
    let header = Header { parents: vec![domain::envelope::Hash::of(parent)], ..header };
    freeze(&header, &Visit { place: place.to_owned(), ..draft.visit.value.clone() })
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_out_of_order_and_side_by_side_are_all_kept() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let mut draft = phone.draft(&["一"]);
    let envelopes = Phone::freeze(&mut draft);
    let first = envelopes.last().unwrap();
    let second = revision(&draft, first, first, "第二版");
    let third = revision(&draft, first, &second, "第三版");
    phone.receipts(&envelopes);
    phone.receipts(std::slice::from_ref(&third));
    phone.receipts(std::slice::from_ref(&second));
    let office = world.sign_in("office");
    let csv = || office.get("/api/v1/export/visits.csv").text();
    assert!(csv().contains("第三版"), "{}", csv());
    let beside = revision(&draft, first, &second, "另一个第三版");
    assert_eq!(phone.receipts(std::slice::from_ref(&beside))[0].state, ReceiptState::Stored);
    let shown = office.get(&format!("/api/v1/visits/{}", draft.id())).text();
    assert!(["第二版", "第三版", "另一个第三版"].iter().all(|it| shown.contains(it)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_skipped_by_a_reader_while_others_write() {
    let world = World::start().await;
    let (phone, reader) = (world.phone("visitor"), world.phone("visitor"));
    let pull = |cursor: &str| -> Changes {
        serde_json::from_value(reader.client.get(&format!("/api/v1/changes?cursor={cursor}")).ok()).unwrap()
    };
    // One reader, asked on between the writes of four.
    let reading = std::sync::Mutex::new((pull("").cursor, std::collections::BTreeSet::new()));
    let read_on = || {
        let mut reading = reading.lock().unwrap();
        let (cursor, seen) = &mut *reading;
        let page = pull(cursor);
        seen.extend(page.changes.iter().filter_map(|it| match it {
            domain::changes::Change::VisitProgress { progress } => Some(progress.visit),
            _ => None,
        }));
        *cursor = page.cursor;
        page.changes.is_empty()
    };
    let sent = at_once(4, || {
        let one = |_| {
            let id = phone.sent(&["同时"]).id();
            read_on();
            id
        };
        (0..5).map(one).collect::<Vec<_>>()
    });
    while !read_on() {}
    let seen = &reading.lock().unwrap().1;
    assert!(sent.iter().flatten().all(|it| seen.contains(it)));
}
