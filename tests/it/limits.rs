//! What goes beyond a limit or comes too slowly is answered with a problem, and holds nothing up.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use server::serving::{Patience, serve};

use crate::world::{Phone, World};

#[tokio::test(flavor = "multi_thread")]
async fn raw_bodies_over_their_limit_get_a_problem() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let draft = phone.sent(&["一"]);
    let bytes = vec![0; 4 * 1024 * 1024 + 1];
    phone.begin_upload(draft.id(), &bytes).ok();
    assert_eq!(phone.part(draft.id(), 0, &bytes).problem(), (413, "too_large".to_owned()));
    let office = world.sign_in("office");
    let list = vec![b'a'; 20 * 1024 * 1024 + 1];
    let answer = office.send("POST", "/api/v1/respondents/import", &[], list);
    assert_eq!(answer.problem(), (413, "too_large".to_owned()));
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let packed = office.send("POST", "/api/v1/respondents/import", &[("content-encoding", "gzip")], vec![1]);
    assert_eq!(packed.problem(), (415, "unsupported_media".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_talking_is_let_go() {
    let world = World::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let short = Duration::from_millis(50);
    let patience = Patience { headers: short, handshake: short, body: short, stop: short };
    let router = server::router(world.app.clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server =
        tokio::spawn(
            async move { serve(listener, None, router, patience, async { drop(stopped.await) }).await },
        );
    let answer_to = |text: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap_or_default();
        answer
    };
    tokio::task::block_in_place(|| {
        assert_eq!(answer_to("GET /api/v1/session HTTP/1.1\r\nhost: localhost\r\n").lines().next(), None);
        let slow = "POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                    content-length: 50\r\n\r\n{";
        assert!(answer_to(slow).starts_with("HTTP/1.1 400"));
    });
    // One that is in the middle of a request does not keep the server from ending.
    let mut hanging = TcpStream::connect(address).unwrap();
    hanging.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_is_heard_from_where_the_player_seeks() {
    let world = World::start().await;
    let phone = world.phone("visitor");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let (mut draft, id) = crate::uploads::with_voice(&phone, &bytes);
    phone.receipts(&Phone::freeze(&mut draft));
    phone.upload(id, &bytes).ok();
    let office = world.sign_in("office");
    let path = format!("/api/v1/attachments/{id}?reason=x");
    let part = |range: &str| office.send("GET", &path, &[("range", range)], Vec::new());
    let middle = part("bytes=100000-299998");
    assert_eq!((middle.status, &*middle.bytes), (206, &bytes[100_000..299_999]));
    assert_eq!(middle.headers["content-range"], "bytes 100000-299998/300000");
    assert_eq!(part("bytes=0-").bytes, bytes);
    assert_eq!(part("bytes=300000-").status, 416);
    assert_eq!(part("bytes=5-9").bytes, bytes[5..=9]);
    let whole = office.get(&path);
    assert_eq!(
        (whole.status, whole.bytes == bytes, &whole.headers["accept-ranges"]),
        (200, true, &"bytes".parse().unwrap())
    );
    // A hearing is put on record once: here at the first piece, at each beginning, and not between.
    let auditor = world.with_account("auditor", "auditor");
    let lines = auditor.get("/api/v1/audit?looks_only=true").ok()["lines"].as_array().unwrap().len();
    assert_eq!(lines, 3);
    // A branch hears nothing of what there is.
    let branch = world.sign_in("branch");
    let unknown = branch.get(&format!("/api/v1/attachments/{}", crate::world::new_id()));
    assert_eq!(branch.get(&path).text(), unknown.text());
    assert_eq!(unknown.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_needed_no_body_reaches_whoever_is_still_sending() {
    let world = World::start().await;
    let stranger = crate::world::Client::new(&world.url);
    let body = format!("{{\"envelopes\":[\"{}\"]}}", "A".repeat(8 * 1024 * 1024)).into_bytes();
    for _ in 0..10 {
        let headers = [("content-type", "application/json")];
        let answer = stranger.send("POST", "/api/v1/records/batch", &headers, body.clone());
        assert_eq!(answer.problem(), (401, "signed_out".to_owned()));
    }
}
