//! Bytes of attachments in an S3-compatible bucket. What the bucket has answered for is durable.
//!
//! Wholes lie under `sealed/ab/<sha256>`, as in the folder, so that one can be copied to the other. Parts are
//! objects that are written once and never changed.

use std::{ffi::OsString, io, ops::Range, pin::pin, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use axum::body::Bytes;
use domain::{envelope::Hash, id::RecordId};
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetResult, MultipartUpload, ObjectStore, ObjectStoreExt,
    RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
};
use sha2::{Digest, Sha256};

use super::{PARTS, Whole};
use crate::error::Error;

/// Sent at a time to what is larger, in bytes: S3 takes no less than 5 MiB, and 10,000 of them.
const CHUNK: usize = 8 * 1024 * 1024;
/// For a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// For the answer to a request, and for each piece of it. A chunk takes as long over a line of 7 Mbit/s.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Later than this after the first try there is no other: a phone waits for the answer, and comes again.
const TRY_AGAIN_WITHIN: Duration = Duration::from_secs(8);
/// For throwing away what was sent of a whole that is none.
const ABORT_WITHIN: Duration = Duration::from_secs(5);

/// A bucket, or what lies under a prefix of it.
#[derive(Clone, Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Bucket {
    /// The bucket of an address, `s3://name` or `s3://name/prefix`. Its endpoint, region and keys are in
    /// `settings`, named as the environment variables of Amazon's own tools (`AWS_ENDPOINT_URL`, `AWS_REGION`,
    /// `AWS_ACCESS_KEY_ID`, …); others are passed over. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When the address or a setting is none.
    pub fn new(
        address: &str,
        settings: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Self> {
        let named = address.strip_prefix("s3://").map(|it| it.split_once('/').unwrap_or((it, "")));
        let Some((name, prefix)) = named.filter(|it| !it.0.is_empty()) else {
            bail!("{address} is no bucket: write s3://name or s3://name/prefix");
        };
        // What speaks TLS here is what speaks it to PostgreSQL; another call finds it set.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new()
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT_WITHIN)
            .with_read_timeout(ANSWER_WITHIN);
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        };
        let retry = RetryConfig { backoff, max_retries: 4, retry_timeout: TRY_AGAIN_WITHIN };
        let mut builder = AmazonS3Builder::new().with_client_options(options).with_retry(retry);
        for (key, value) in settings {
            let key: Option<AmazonS3ConfigKey> = key
                .to_str()
                .filter(|it| it.starts_with("AWS_"))
                .and_then(|it| it.to_ascii_lowercase().parse().ok());
            if let (Some(key), Some(value)) = (key, value.to_str()) {
                builder = builder.with_config(key, value);
            }
        }
        let store = builder
            .with_bucket_name(name)
            .build()
            .with_context(|| format!("the settings of the bucket {address} do not fit"))?;
        let prefix =
            Path::parse(prefix).with_context(|| format!("{address} has no prefix that a bucket takes"))?;
        Ok(Self { store: Arc::new(store), prefix })
    }

    /// Names it among all that servers may keep attachments in.
    pub fn place(&self) -> String {
        format!("{} {}", self.store, self.prefix)
    }

    /// Writes an object of its own, which `nonce` names, reads it back and removes it.
    ///
    /// # Errors
    ///
    /// Why the bucket cannot be used, in words for whoever set it up.
    pub async fn probe(&self, nonce: [u8; 32]) -> anyhow::Result<()> {
        let path = self.prefix.clone().join("probe").join(Hash(nonce).to_string());
        let bytes = Bytes::copy_from_slice(&nonce);
        let tried = async {
            self.store.put(&path, bytes.clone().into()).await?;
            let read = self.store.get(&path).await?.bytes().await?;
            self.store.delete(&path).await?;
            Ok(read)
        };
        match tried.await {
            Ok(read) if read == bytes => Ok(()),
            Ok(_) => bail!("it does not give back what was written"),
            Err(cause) => {
                let why = match &cause {
                    object_store::Error::NotFound { .. } => "there is no such bucket",
                    object_store::Error::PermissionDenied { .. }
                    | object_store::Error::Unauthenticated { .. } => {
                        "the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY may not write, read and delete in it"
                    }
                    _ => "it does not answer as a bucket does: see AWS_ENDPOINT_URL, AWS_REGION and the keys",
                };
                Err(anyhow::anyhow!("{}", told(&cause)).context(why))
            }
        }
    }

    /// The path of a name with slashes between.
    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), Path::join)
    }

    fn file(&self, name: &str) -> Path {
        self.path("backups").join(name)
    }

    /// Takes a file of any length; there is none of its name before it is whole.
    ///
    /// # Errors
    ///
    /// The file's or the bucket's.
    pub async fn take_file(&self, name: &str, file: &std::path::Path) -> Result<(), Error> {
        use tokio::io::AsyncReadExt;
        let mut file = tokio::fs::File::open(file).await?;
        let mut upload = self.store.put_multipart(&self.file(name)).await?;
        let sent = async {
            loop {
                let mut chunk = Vec::with_capacity(CHUNK);
                (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
                if chunk.is_empty() {
                    upload.complete().await?;
                    return Ok::<(), Error>(());
                }
                upload.put_part(chunk.into()).await?;
            }
        };
        let sent = sent.await;
        if sent.is_err() && !matches!(tokio::time::timeout(ABORT_WITHIN, upload.abort()).await, Ok(Ok(()))) {
            tracing::warn!("what was sent of a backup to the bucket could not be thrown away");
        }
        sent
    }

    /// The hash of a file that was taken.
    ///
    /// # Errors
    ///
    /// The bucket's; that it is not there.
    pub async fn hash_of_file(&self, name: &str) -> Result<Hash, Error> {
        let mut pieces = get(&*self.store, &self.file(name), None).await?.into_stream();
        let mut hash = Sha256::new();
        while let Some(piece) = pieces.try_next().await? {
            hash.update(&piece);
        }
        Ok(Hash(hash.finalize().into()))
    }

    /// The names of the files that were taken.
    ///
    /// # Errors
    ///
    /// The bucket's.
    pub async fn files(&self) -> Result<Vec<String>, Error> {
        self.names_below("backups").await
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// The bucket's.
    pub async fn forget_file(&self, name: &str) -> Result<(), Error> {
        Ok(self.store.delete(&self.file(name)).await?)
    }

    pub(super) async fn keep(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.store.put(&self.path(name), bytes.into()).await?;
        Ok(())
    }

    /// Keeps an object that comes in pieces; when one of them is an error, none.
    pub(super) async fn keep_pieces(
        &self,
        name: &str,
        pieces: impl Stream<Item = Result<Vec<u8>, Error>>,
    ) -> Result<(), Error> {
        let (path, mut sent) = (self.path(name), None);
        let kept = async {
            let last = self.send(&path, pieces, &mut sent).await?;
            match &mut sent {
                Some(upload) => {
                    upload.put_part(last.into()).await?;
                    upload.complete().await?;
                }
                None => drop(self.store.put(&path, last.into()).await?),
            }
            Ok(())
        };
        let kept = kept.await;
        // An upload that is never completed is paid for until someone notices it.
        if let (Err(_), Some(mut upload)) = (&kept, sent)
            && !matches!(tokio::time::timeout(ABORT_WITHIN, upload.abort()).await, Ok(Ok(())))
        {
            tracing::warn!("what was sent of a whole to the bucket could not be thrown away");
        }
        kept
    }

    /// Sends all but the last bytes, which it answers, as an upload of several chunks where there are more than
    /// one holds. No object is there before that upload is completed.
    async fn send(
        &self,
        path: &Path,
        pieces: impl Stream<Item = Result<Vec<u8>, Error>>,
        upload: &mut Option<Box<dyn MultipartUpload>>,
    ) -> Result<Vec<u8>, Error> {
        let mut held = Vec::new();
        let mut pieces = pin!(pieces);
        while let Some(piece) = pieces.try_next().await? {
            held.extend_from_slice(&piece);
            // Each of the same size: some of those that are compatible want it so.
            while held.len() > CHUNK {
                let rest = held.split_off(CHUNK);
                let upload = match upload {
                    Some(upload) => upload,
                    None => upload.insert(self.store.put_multipart(path).await?),
                };
                upload.put_part(std::mem::replace(&mut held, rest).into()).await?;
            }
        }
        Ok(held)
    }

    /// Removes objects; those that are gone already are no error.
    pub(super) async fn forget(&self, names: &[String]) -> Result<(), Error> {
        let paths: Vec<_> = names.iter().map(|it| Ok(self.path(it))).collect();
        self.forget_each(futures_util::stream::iter(paths)).await
    }

    pub(super) async fn forget_below(&self, name: &str) -> Result<(), Error> {
        self.forget_each(self.store.list(Some(&self.path(name))).map_ok(|it| it.location)).await
    }

    /// The names of all objects that are parts of an upload, noted or not.
    ///
    /// # Errors
    ///
    /// The bucket's.
    pub async fn parts_of(&self, id: RecordId) -> Result<Vec<String>, Error> {
        self.names_below(&format!("{PARTS}/{id}")).await
    }

    /// The last names of all objects below a name.
    pub(super) async fn names_below(&self, name: &str) -> Result<Vec<String>, Error> {
        let found: Vec<_> = self.store.list(Some(&self.path(name))).try_collect().await?;
        Ok(found.iter().filter_map(|it| it.location.filename()).map(str::to_owned).collect())
    }

    async fn forget_each(
        &self,
        paths: impl Stream<Item = object_store::Result<Path>> + Send + 'static,
    ) -> Result<(), Error> {
        let mut removed = self.store.delete_stream(paths.boxed());
        while let Some(removed) = removed.next().await {
            match removed {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
        Ok(())
    }

    pub(super) async fn read(&self, name: &str, part: Option<Range<u64>>) -> Result<Whole, Error> {
        let found = get(&*self.store, &self.path(name), part).await?;
        let bytes_n = found.meta.size;
        Ok(Whole { bytes_n, pieces: found.into_stream().map_err(io::Error::other).boxed() })
    }
}

/// What is not there is answered as a file that is not there.
async fn get(store: &dyn ObjectStore, path: &Path, part: Option<Range<u64>>) -> Result<GetResult, Error> {
    let options = GetOptions { range: part.map(Into::into), ..GetOptions::default() };
    store.get_opts(path, options).await.map_err(|cause| match cause {
        object_store::Error::NotFound { .. } => Error::File(io::ErrorKind::NotFound.into()),
        other => other.into(),
    })
}

/// What a bucket's error says, without the answer's body: that one may name keys.
pub fn told(cause: &object_store::Error) -> String {
    let text = cause.to_string();
    text.split('<').next().unwrap_or_default().trim_end_matches([' ', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_an_error_names_no_key() {
        let source = "403 Forbidden: <Error><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>".into();
        let cause = object_store::Error::Generic { store: "S3", source };
        assert_eq!(told(&cause), "Generic S3 error: 403 Forbidden");
    }

    #[test]
    fn an_address_names_a_bucket_and_perhaps_a_prefix() {
        let prefix = |address| Bucket::new(address, []).map(|it| it.prefix.to_string());
        assert_eq!(prefix("s3://zoufang").unwrap(), "");
        assert_eq!(prefix("s3://zoufang/").unwrap(), "");
        assert_eq!(prefix("s3://zoufang/county/one").unwrap(), "county/one");
        for wrong in ["zoufang", "s3://", "s3:///county", "https://zoufang", "s3://zoufang/a//b"] {
            assert!(prefix(wrong).is_err(), "{wrong}");
        }
    }
}
