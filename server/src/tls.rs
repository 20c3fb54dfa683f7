//! Lines encrypted by this server itself: with a certificate from files, or with one that it gets for itself by ACME.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context, anyhow, bail, ensure};
use futures_util::StreamExt;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_acme::{AcmeConfig, acme::ACME_TLS_ALPN_NAME, caches::DirCache};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{App, blobs::private_folder};

/// How often the files are looked at again; whoever cannot wait sends a SIGHUP.
const LOOKS_EVERY: Duration = Duration::from_mins(1);
/// Below the data folder: the account and the certificates that were had by ACME.
const ACME_FOLDER: &str = "acme";
const HTTP: &[u8] = b"http/1.1";

/// What lines are encrypted with.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Encrypts with what the files hold, also when that changes.
    ///
    /// # Errors
    ///
    /// Never with the cryptography that is built in.
    pub fn of(files: &Arc<Files>) -> anyhow::Result<Self> {
        Self::with(Arc::clone(files) as Arc<dyn ResolvesServerCert>, vec![HTTP.to_vec()])
    }

    fn with(resolver: Arc<dyn ResolvesServerCert>, protocols: Vec<Vec<u8>>) -> anyhow::Result<Self> {
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = protocols;
        // Of what both can do the best is taken, whatever a browser would rather have.
        config.ignore_client_order = true;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    ///
    /// When it speaks something else, or breaks off.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// A certificate with its chain and its key, in two PEM files.
#[derive(Debug)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// What was read last and fits together.
    held: RwLock<Held>,
}

#[derive(Debug)]
struct Held {
    /// The bytes of both files.
    read: (Vec<u8>, Vec<u8>),
    certified: Arc<CertifiedKey>,
}

impl Files {
    /// Reads them; `now` is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// When one is not there, does not hold what it should, they do not belong together, or the certificate is not valid
    /// at this time; says which.
    pub fn open(certificate: PathBuf, key: PathBuf, now: i64) -> anyhow::Result<Arc<Self>> {
        let held = RwLock::new(read(&certificate, &key, now)?);
        Ok(Arc::new(Self { certificate, key, held }))
    }

    /// Reads them again; whether they have changed. New connections get what is new, those that are there go on.
    ///
    /// # Errors
    ///
    /// As [`Files::open`]; then what was held stays.
    pub fn reread(&self, now: i64) -> anyhow::Result<bool> {
        let held = read(&self.certificate, &self.key, now)?;
        let mut place = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let changed = place.read != held.read;
        *place = held;
        Ok(changed)
    }

    /// Rereads them every minute and at each SIGHUP, as long as the server runs.
    pub async fn follow(self: Arc<Self>, app: App) {
        use tokio::signal::unix::{SignalKind, signal};
        let mut told = signal(SignalKind::hangup()).ok();
        let mut complaint = String::new();
        loop {
            let told = async {
                match &mut told {
                    Some(told) => drop(told.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! { () = told => {}, () = tokio::time::sleep(LOOKS_EVERY) => {} }
            match self.reread(app.now()) {
                Ok(changed) => {
                    complaint.clear();
                    if changed {
                        tracing::warn!("the certificate has changed; new connections get the new one");
                    }
                }
                // Said once: while it is renewed, the two files do not belong together for a moment.
                Err(cause) if complaint != cause.to_string() => {
                    tracing::error!(
                        cause = format!("{cause:#}"),
                        "the certificate that was read before stays"
                    );
                    complaint = cause.to_string();
                }
                Err(_) => {}
            }
        }
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&held.certified))
    }
}

fn read(certificate: &Path, key: &Path, now: i64) -> anyhow::Result<Held> {
    let (in_certificate, in_key) = (certificate.display(), key.display());
    let bytes_of =
        |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let read = (bytes_of(certificate)?, bytes_of(key)?);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read.0)
        .collect::<Result<_, _>>()
        .map_err(|cause| anyhow!("{in_certificate} is no PEM file: {cause}"))?;
    let Some(own) = chain.first() else { bail!("there is no certificate in {in_certificate}") };
    let private = PrivateKeyDer::from_pem_slice(&read.1)
        .map_err(|_| anyhow!("there is no private key in {in_key} that is not encrypted"))?;
    check_time(own, now).with_context(|| format!("the certificate in {in_certificate}"))?;
    let certified = CertifiedKey::from_der(chain, private, &provider()).map_err(|cause| match cause {
        rustls::Error::InconsistentKeys(_) => {
            anyhow!("the key in {in_key} is not that of the certificate in {in_certificate}")
        }
        other => anyhow!("the key in {in_key} cannot be used: {other}"),
    })?;
    Ok(Held { read, certified: Arc::new(certified) })
}

fn check_time(certificate: &CertificateDer<'_>, now: i64) -> anyhow::Result<()> {
    let (_, read) = X509Certificate::from_der(certificate).map_err(|_| anyhow!("cannot be read"))?;
    let (valid, now) = (read.validity(), now / 1_000);
    ensure!(now <= valid.not_after.timestamp(), "expired on {}", valid.not_after);
    ensure!(
        now >= valid.not_before.timestamp(),
        "is not valid before {}: is the clock right?",
        valid.not_before
    );
    Ok(())
}

/// How certificates are had by ACME.
pub struct Acme {
    pub domains: Vec<String>,
    /// The mail address that the authority writes to.
    pub contact: Option<String>,
    /// Address of the authority's directory.
    pub directory: String,
    /// A PEM file with whom to trust at that address, where the system does not.
    pub root: Option<PathBuf>,
}

impl Acme {
    /// Encrypts with what it gets and renews by TLS-ALPN-01: the authority asks at port 443 of each domain. Account and
    /// certificates are kept in the data folder. Until there is one, no client can be answered.
    ///
    /// # Errors
    ///
    /// When there is nobody to trust, or no folder to keep anything in.
    pub fn begin(self, data: &Path) -> anyhow::Result<Tls> {
        let folder = data.join(ACME_FOLDER);
        private_folder(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let trust = Arc::new(self.trust()?);
        let config = AcmeConfig::new_with_client_config(self.domains, trust);
        let contact = self.contact.map(|it| format!("mailto:{it}"));
        let config = config.directory(self.directory).contact(contact).cache(DirCache::new(folder));
        let mut state = config.state();
        let resolver: Arc<dyn ResolvesServerCert> = state.resolver();
        tokio::spawn(async move {
            while let Some(event) = state.next().await {
                match event {
                    Ok(event) => tracing::info!(?event, "ACME"),
                    Err(cause) => tracing::error!(%cause, "no certificate by ACME; it is tried again"),
                }
            }
        });
        Tls::with(resolver, vec![HTTP.to_vec(), ACME_TLS_ALPN_NAME.to_vec()])
    }

    fn trust(&self) -> anyhow::Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        if let Some(root) = &self.root {
            let file = CertificateDer::pem_file_iter(root);
            for it in file.with_context(|| format!("cannot read {}", root.display()))? {
                roots.add(it.with_context(|| format!("{} is no PEM file", root.display()))?)?;
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        ensure!(!roots.is_empty(), "there is nobody to trust: the system has no certificates of authorities");
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use tempfile::TempDir;

    use super::*;

    /// 2026-11-23
    const NOW: i64 = 1_795_399_200_000;

    /// A certificate of ten years' standing and its key, as PEM.
    fn made(until: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2016, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    struct Written(TempDir);

    impl Written {
        fn new((certificate, key): &(String, String)) -> Self {
            let it = Self(TempDir::new().unwrap());
            it.write((certificate, key));
            it
        }

        fn write(&self, (certificate, key): (&str, &str)) {
            std::fs::write(self.0.path().join("a.pem"), certificate).unwrap();
            std::fs::write(self.0.path().join("a.key"), key).unwrap();
        }

        fn open(&self) -> anyhow::Result<Arc<Files>> {
            Files::open(self.0.path().join("a.pem"), self.0.path().join("a.key"), NOW)
        }

        #[track_caller]
        fn refused(&self, words: &str) {
            let cause = format!("{:#}", self.open().unwrap_err());
            assert!(cause.contains(words), "{cause}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_files_is_said() {
        let good = made(2030);
        let written = Written::new(&good);
        written.open().unwrap();
        written.write((&good.0, &made(2030).1));
        written.refused("a.key is not that of the certificate in");
        written.write((&good.1, &good.1));
        written.refused("there is no certificate in");
        written.write((&good.0, &good.0));
        written.refused("there is no private key in");
        let expired = made(2020);
        written.write((&expired.0, &expired.1));
        written.refused("expired on Jan  1");
        std::fs::remove_file(written.0.path().join("a.key")).unwrap();
        written.refused("cannot read");
    }

    #[test]
    fn what_does_not_fit_together_changes_nothing() {
        let (old, new) = (made(2030), made(2031));
        let written = Written::new(&old);
        let files = written.open().unwrap();
        assert!(!files.reread(NOW).unwrap());
        // Half renewed.
        written.write((&new.0, &old.1));
        files.reread(NOW).unwrap_err();
        assert_eq!(files.held.read().unwrap().read.0, old.0.as_bytes());
        written.write((&new.0, &new.1));
        assert!(files.reread(NOW).unwrap());
        assert_eq!(files.held.read().unwrap().read.0, new.0.as_bytes());
    }
}
