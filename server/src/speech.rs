//! The bureau's speech server: anything that answers as OpenAI's `POST /v1/audio/transcriptions` does, on the bureau's own
//! network. What people said does not leave it: an address elsewhere is refused at the start and at each connection,
//! whatever its name resolves to by then, no redirect is followed, and no proxy is asked.

use std::{
    error::Error as _,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, ensure};
use axum::body::Bytes;
use domain::{
    attachment::Content,
    transcript::{self, Failure, Heard, NotHeard},
};
use futures_util::{StreamExt, stream, stream::BoxStream};
use reqwest::{
    Body, Client, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
    redirect::Policy,
};

/// How long the line to it may take.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes: 17 hours of speech with a time for each word.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A speech server.
pub struct Speech {
    address: Url,
    model: String,
    key: Option<String>,
    language: String,
    http: Client,
}

/// A recording on its way there.
pub struct Recording {
    pub content: Content,
    pub bytes_n: u64,
    pub pieces: BoxStream<'static, io::Result<Bytes>>,
}

/// An address that is not in the own network.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not in the own network: neither loopback nor private, link-local or unique local")]
struct Elsewhere;

/// Whether an address is within one's own walls: loopback, private (RFC 1918), link-local (RFC 3927, RFC 4291) or unique
/// local (RFC 4193).
pub fn is_own(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => it.is_loopback() || it.is_private() || it.is_link_local(),
        IpAddr::V6(it) => it.is_loopback() || it.is_unicast_link_local() || it.is_unique_local(),
    }
}

/// Resolves names as the system does, and refuses those that lead elsewhere, be it by one of several addresses.
struct OwnNetwork;

impl Resolve for OwnNetwork {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|it| !is_own(it.ip())) {
                return Err(Elsewhere.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Speech {
    /// A speech server that is not asked yet; it may take `within` for a recording.
    ///
    /// # Errors
    ///
    /// When the address is none, or one elsewhere.
    pub fn new(
        address: &str,
        model: &str,
        language: &str,
        key: Option<&str>,
        within: Duration,
    ) -> anyhow::Result<Self> {
        // By itself first: what stands behind nothing would be taken for a host.
        let _: Url = address.parse().with_context(|| format!("speech_server: {address} is no address"))?;
        let base = address.trim_end_matches('/').trim_end_matches("/v1");
        let address: Url = format!("{base}/v1/audio/transcriptions")
            .parse()
            .with_context(|| format!("speech_server: {address} is no address"))?;
        ensure!(
            matches!(address.scheme(), "http" | "https"),
            "speech_server: {address} is neither http nor https"
        );
        let host = address.host_str().unwrap_or_default();
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            ensure!(is_own(ip), "speech_server: {host} is {Elsewhere}. What people said does not leave it");
        }
        ensure!(!model.trim().is_empty(), "speech_model is empty");
        // What speaks TLS here is what speaks it to PostgreSQL; another call finds it set.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(OwnNetwork))
            .connect_timeout(CONNECTED_WITHIN)
            .timeout(within)
            .build()?;
        let (model, language) = (model.trim().to_owned(), language.trim().to_owned());
        Ok(Self { address, model, key: key.map(str::to_owned), language, http })
    }

    /// Sees at the start that a name does not lead elsewhere. One that is not known yet may be later: each connection
    /// asks again.
    ///
    /// # Errors
    ///
    /// When it does.
    pub async fn check(&self) -> anyhow::Result<()> {
        let (host, port) = (self.address.host_str().unwrap_or_default(), self.address.port().unwrap_or(80));
        match tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await {
            Ok(found) => {
                for it in found {
                    ensure!(
                        is_own(it.ip()),
                        "speech_server: {host} is {}, {Elsewhere}. What people said does not leave it",
                        it.ip()
                    );
                }
            }
            Err(cause) => tracing::warn!(%cause, host, "the speech server's name is not known at present"),
        }
        Ok(())
    }

    /// Has a recording transcribed. `boundary` occurs nowhere in it.
    ///
    /// # Errors
    ///
    /// [`Failure`].
    pub async fn hear(&self, recording: Recording, boundary: &str) -> Result<Heard, Failure> {
        let (head, tail) = self.around(recording.content, boundary);
        let length = head.len() as u64 + recording.bytes_n + tail.len() as u64;
        let of = |it: String| stream::iter([Ok(Bytes::from(it))]);
        let body = Body::wrap_stream(of(head).chain(recording.pieces).chain(of(tail)));
        let mut request = self
            .http
            .post(self.address.clone())
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
            .header(header::CONTENT_LENGTH, length)
            .body(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let mut answer = request.send().await.map_err(|it| failure(&it))?;
        refused(answer.status())?;
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|it| failure(&it))? {
            if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(Failure::TooLong);
            }
            bytes.extend_from_slice(&piece);
        }
        transcript::read(&bytes).map_err(|it| match it {
            NotHeard::Junk => Failure::Junk,
            NotHeard::TooLong => Failure::TooLong,
        })
    }

    /// What stands before and behind the recording in the form (RFC 7578).
    fn around(&self, content: Content, boundary: &str) -> (String, String) {
        let fields = [
            ("model", self.model.as_str()),
            ("language", self.language.as_str()),
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "segment"),
            ("timestamp_granularities[]", "word"),
        ];
        let fields = fields.iter().filter(|it| !it.1.is_empty()).map(|(name, value)| {
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        });
        let file = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"recording.{}\"\r\n\
             Content-Type: {}\r\n\r\n",
            content.as_str(),
            content.media_type()
        );
        (fields.collect::<String>() + &file, format!("\r\n--{boundary}--\r\n"))
    }
}

fn refused(status: StatusCode) -> Result<(), Failure> {
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(Failure::Redirect),
        401 | 403 => Err(Failure::Key),
        408 | 504 => Err(Failure::Slow),
        413 => Err(Failure::TooLarge),
        429 | 503 => Err(Failure::Busy),
        400..=499 => Err(Failure::Refused),
        _ => Err(Failure::Error),
    }
}

fn failure(cause: &reqwest::Error) -> Failure {
    let mut source = cause.source();
    while let Some(it) = source {
        if it.is::<Elsewhere>() {
            return Failure::Elsewhere;
        }
        source = it.source();
    }
    if cause.is_timeout() && !cause.is_connect() { Failure::Slow } else { Failure::Down }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(address: &str) -> anyhow::Result<Speech> {
        Speech::new(address, "sensevoice", "zh", None, Duration::from_secs(1))
    }

    #[test]
    fn an_address_elsewhere_is_refused_at_the_start() {
        for own in [
            "http://127.0.0.1:8000",
            "http://10.1.2.3",
            "https://172.16.0.9/",
            "http://192.168.1.5:8000/v1",
            "http://169.254.7.7",
            "http://[::1]:8000",
            "http://[fd12::3]",
            "http://[fe80::1]",
            "http://speech.county.example:8000",
        ] {
            let speech = new(own).unwrap_or_else(|cause| panic!("{own}: {cause}"));
            assert!(speech.address.as_str().ends_with("/v1/audio/transcriptions"), "{}", speech.address);
            assert!(!speech.address.as_str().contains("/v1/v1"));
        }
        for elsewhere in [
            "http://8.8.8.8",
            "https://203.0.113.7:8000",
            "http://0.0.0.0:8000",
            "http://172.32.0.1",
            "http://100.64.0.1",
            "http://[2001:db8::1]",
            "http://[::ffff:8.8.8.8]",
            // Other ways to write an address.
            "http://134744072",
            "http://0x08080808",
        ] {
            let cause = new(elsewhere).err().map(|it| it.to_string()).unwrap_or_default();
            assert!(cause.contains("own network"), "{elsewhere}: {cause}");
        }
        for none in ["", "10.1.2.3:8000", "ftp://10.1.2.3", "http://"] {
            assert!(new(none).is_err(), "{none}");
        }
        assert!(Speech::new("http://10.1.2.3", " ", "zh", None, Duration::ZERO).is_err());
    }

    #[tokio::test]
    async fn a_name_is_refused_by_what_it_resolves_to_at_each_connection() {
        let resolve = async |name: &str| OwnNetwork.resolve(name.parse().unwrap()).await;
        assert!(resolve("localhost").await.unwrap().all(|it| it.ip().is_loopback()));
        let refused = resolve("203.0.113.7").await.err().unwrap();
        assert!(refused.is::<Elsewhere>(), "{refused}");
    }

    #[test]
    fn a_mapped_address_counts_as_what_it_maps() {
        assert!(is_own("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!is_own("::ffff:1.1.1.1".parse().unwrap()));
    }
}
