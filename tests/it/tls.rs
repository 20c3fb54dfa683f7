//! Lines that the server encrypts itself.

use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use server::{
    serving::{self, Patience},
    tls::{Acme, Files, Tls},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::world::{NOW, PASSWORD, World};

/// Writes a certificate for this machine and its key; answers the certificate.
fn write_files(folder: &Path) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
    std::fs::write(folder.join("a.pem"), &certificate).unwrap();
    std::fs::write(folder.join("a.key"), key.serialize_pem()).unwrap();
    certificate
}

fn files(folder: &Path) -> Arc<Files> {
    Files::open(folder.join("a.pem"), folder.join("a.key"), NOW).unwrap()
}

/// Serves the world once more, encrypted; answers the port.
async fn serve(world: &World, tls: Tls, patience: Patience) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    serve_at(listener, world, tls, patience)
}

fn serve_at(listener: TcpListener, world: &World, tls: Tls, patience: Patience) -> u16 {
    let port = listener.local_addr().unwrap().port();
    let router = server::router(world.app.clone());
    tokio::spawn(serving::serve(listener, Some(tls), router, patience, std::future::pending()));
    port
}

/// Connects, trusting this certificate.
async fn connect(port: u16, trusted: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// One request over a connection that is here; answers what comes until the other side ends.
async fn ask(line: &mut TlsStream<TcpStream>, request: &str) -> String {
    line.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Whoever ends without saying goodbye ends too.
    let _ = line.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_line_has_its_cookie_and_says_to_stay_encrypted() {
    let world = World::start().await;
    let folder = TempDir::new().unwrap();
    let certificate = write_files(folder.path());
    let port = serve(&world, Tls::of(&files(folder.path())).unwrap(), Patience::default()).await;
    let body = format!(r#"{{"login":"office","password":"{PASSWORD}"}}"#);
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: localhost:{port}\r\norigin: https://localhost:{port}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(&mut connect(port, &certificate).await.unwrap(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    let (_, cookie) = answer.split_once("set-cookie: ").unwrap();
    let cookie = cookie.lines().next().unwrap();
    assert!(cookie.starts_with("__Host-sid=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;") && !cookie.contains("Domain"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let request = format!(
        "GET /api/v1/session HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {pair}\r\nconnection: close\r\n\r\n"
    );
    let answer = ask(&mut connect(port, &certificate).await.unwrap(), &request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Nothing is answered in the clear.
    let mut clear = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    clear.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut read = Vec::new();
    let _ = clear.read_to_end(&mut read).await;
    assert!(!read.starts_with(b"HTTP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_up_and_no_connection_lost() {
    let world = World::start().await;
    let folder = TempDir::new().unwrap();
    let old = write_files(folder.path());
    let files = files(folder.path());
    let port = serve(&world, Tls::of(&files).unwrap(), Patience::default()).await;
    let mut before = connect(port, &old).await.unwrap();
    let new = write_files(folder.path());
    assert!(files.reread(NOW).unwrap());
    connect(port, &old).await.unwrap_err();
    let request = format!("GET /sw.js HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    for line in [&mut before, &mut connect(port, &new).await.unwrap()] {
        assert!(ask(line, &request).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_shake_hands_is_let_go() {
    let world = World::start().await;
    let folder = TempDir::new().unwrap();
    let certificate = write_files(folder.path());
    let patience = Patience {
        handshake: Duration::from_millis(300),
        headers: Duration::from_millis(300),
        ..Patience::default()
    };
    let port = serve(&world, Tls::of(&files(folder.path())).unwrap(), patience).await;
    let mut silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // The first bytes of a handshake, and no more.
    silent.write_all(&[22, 3, 1, 0, 200, 1]).await.unwrap();
    let mut read = Vec::new();
    let _ = silent.read_to_end(&mut read).await;
    assert!(read.is_empty());
    // The same for a request that is begun and not ended.
    let answer = ask(&mut connect(port, &certificate).await.unwrap(), "GET / HTTP/1.1\r\nhost: lo").await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_clear_it_says_where_to_ask() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = serving::redirecting(8443);
    tokio::spawn(serving::serve(listener, None, router, Patience::default(), std::future::pending()));
    for (host, place) in [
        ("office.example:80", Some("https://office.example:8443/a?b=c")),
        ("a b", None),
        ("evil@x", Some("https://x:8443/a?b=c")),
    ] {
        let mut line = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("POST /a?b=c HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        line.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        let given = answer.lines().find_map(|it| it.strip_prefix("location: "));
        assert_eq!(given, place, "{answer}");
        assert!(
            answer.starts_with(if place.is_some() { "HTTP/1.1 308" } else { "HTTP/1.1 400" }),
            "{answer}"
        );
    }
}

/// An authority of this machine's own, which asks at `port` whether a name is ours.
struct Authority {
    process: Child,
    port: u16,
    management: u16,
    folder: TempDir,
}

impl Drop for Authority {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Authority {
    /// `None` where Debian's `pebble` is not installed (tests/need.sh).
    #[expect(clippy::print_stderr, reason = "this is how a journey says so")]
    fn start(asks_at: u16) -> Option<Self> {
        if Command::new("pebble").arg("-h").stderr(Stdio::null()).status().is_err() {
            assert!(std::env::var_os("CI").is_none(), "pebble is installed (tests/need.sh)");
            eprintln!("did not run: it needs pebble, which tests/need.sh installs");
            return None;
        }
        let free = || std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let (port, management) = (free(), free());
        let folder = TempDir::new().unwrap();
        write_files(folder.path());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": path("a.pem"), "privateKey": path("a.key"),
            "httpPort": 1, "tlsPort": asks_at, "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let mut file = std::fs::File::create(path("config.json")).unwrap();
        file.write_all(config.to_string().as_bytes()).unwrap();
        let mut command = Command::new("pebble");
        command.args(["-config", &path("config.json")]).env("PEBBLE_VA_NOSLEEP", "1");
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Some(Self { process, port, management, folder })
    }

    fn own_certificate(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("a.pem")).unwrap()
    }

    /// The root of what it signs.
    async fn root(&self) -> String {
        let request = "GET /roots/0 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let trusted = self.own_certificate();
        let mut line = until(|| connect(self.management, &trusted)).await;
        let answer = ask(&mut line, request).await;
        answer[answer.find("-----BEGIN").unwrap()..].to_owned()
    }
}

/// Tries until it succeeds, for a minute and a half at most.
async fn until<T, E: std::fmt::Debug, F: Future<Output = Result<T, E>>>(act: impl Fn() -> F) -> T {
    let began = Instant::now();
    loop {
        match act().await {
            Ok(done) => return done,
            Err(cause) => assert!(began.elapsed().as_secs() < 90, "{cause:?}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_had_from_an_authority_and_kept() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let Some(authority) = Authority::start(listener.local_addr().unwrap().port()) else { return };
    let root = authority.root().await;
    let world = World::start().await;
    let acme = Acme {
        domains: vec!["localhost".to_owned()],
        contact: Some("office@example.com".to_owned()),
        directory: format!("https://localhost:{}/dir", authority.port),
        root: Some(authority.folder.path().join("a.pem")),
    };
    let port = serve_at(listener, &world, acme.begin(&world.folder()).unwrap(), Patience::default());
    let mut line = until(|| connect(port, &root)).await;
    let request = format!("GET /sw.js HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    assert!(ask(&mut line, &request).await.starts_with("HTTP/1.1 200"));
    // Account and certificate, for the next start; a busy disk may have them a moment after the line.
    let kept = || async {
        let files = std::fs::read_dir(world.folder().join("acme")).map_or(0, Iterator::count);
        if files == 2 { Ok(()) } else { Err(files) }
    };
    until(kept).await;
}
