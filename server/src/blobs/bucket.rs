//! Bytes of attachments in an S3-compatible bucket. What the bucket has answered for is durable.
//!
//! Wholes lie under `blobs/ab/<sha256>`, as in the folder, so that one can be copied to the other. Parts are
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

use super::Whole;
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

    fn whole(&self, hash: Hash) -> Path {
        let name = hash.to_string();
        self.prefix.clone().join("blobs").join(&name[..2]).join(name)
    }

    fn parts(&self, id: RecordId) -> Path {
        self.prefix.clone().join("parts").join(id.to_string())
    }

    fn file(&self, name: &str) -> Path {
        self.prefix.clone().join("backups").join(name)
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
        let found: Vec<_> = self.store.list(Some(&self.prefix.clone().join("backups"))).try_collect().await?;
        Ok(found.iter().filter_map(|it| it.location.filename()).map(str::to_owned).collect())
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// The bucket's.
    pub async fn forget_file(&self, name: &str) -> Result<(), Error> {
        Ok(self.store.delete(&self.file(name)).await?)
    }

    pub(super) async fn keep_part(&self, id: RecordId, name: &str, bytes: Bytes) -> Result<(), Error> {
        self.store.put(&self.parts(id).join(name), bytes.into()).await?;
        Ok(())
    }

    pub(super) async fn assemble(
        &self,
        id: RecordId,
        parts: &[String],
        expected: Hash,
    ) -> Result<Option<()>, Error> {
        // It was put together before, by this server or another, and that was not noted.
        if self.is_whole(expected).await? {
            return Ok(Some(()));
        }
        let paths: Vec<Path> = parts.iter().map(|it| self.parts(id).join(it.as_str())).collect();
        let store = Arc::clone(&self.store);
        let pieces = futures_util::stream::iter(paths)
            .then(move |path| {
                let store = Arc::clone(&store);
                async move { get(&*store, &path, None).await.map(|it| it.into_stream().map_err(Error::from)) }
            })
            .try_flatten()
            .boxed();
        match self.keep_whole(expected, pieces).await {
            Err(Error::File(cause)) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other,
        }
    }

    pub(super) async fn keep_whole(
        &self,
        expected: Hash,
        pieces: impl Stream<Item = Result<Bytes, Error>>,
    ) -> Result<Option<()>, Error> {
        let path = self.whole(expected);
        let mut sent = None;
        let kept = async {
            let Some(last) = self.send(&path, pieces, &mut sent, expected).await? else { return Ok(None) };
            match &mut sent {
                Some(upload) => drop(upload.complete().await?),
                None => drop(self.store.put(&path, last.into()).await?),
            }
            Ok(Some(()))
        };
        let kept = kept.await;
        // An upload that is never completed is paid for until someone notices it.
        if let (Ok(None) | Err(_), Some(mut upload)) = (&kept, sent)
            && !matches!(tokio::time::timeout(ABORT_WITHIN, upload.abort()).await, Ok(Ok(())))
        {
            tracing::warn!("what was sent of a whole to the bucket could not be thrown away");
        }
        kept
    }

    /// Sends all but the last bytes, which it answers, as an upload of several chunks where there are more than
    /// one holds; `None` when the bytes do not have their hash. No object is there before that upload is completed.
    async fn send(
        &self,
        path: &Path,
        pieces: impl Stream<Item = Result<Bytes, Error>>,
        upload: &mut Option<Box<dyn MultipartUpload>>,
        expected: Hash,
    ) -> Result<Option<Vec<u8>>, Error> {
        let (mut hash, mut held) = (Sha256::new(), Vec::new());
        let mut pieces = pin!(pieces);
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            hash.update(&piece);
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
        if Hash(hash.finalize().into()) != expected {
            return Ok(None);
        }
        match upload {
            Some(upload) => {
                upload.put_part(held.into()).await.map(|()| Some(Vec::new())).map_err(Error::from)
            }
            None => Ok(Some(held)),
        }
    }

    pub(super) async fn forget_parts(&self, id: RecordId, names: &[String]) -> Result<(), Error> {
        let paths: Vec<_> = names.iter().map(|it| Ok(self.parts(id).join(it.as_str()))).collect();
        self.forget(futures_util::stream::iter(paths)).await
    }

    pub(super) async fn forget_upload(&self, id: RecordId) -> Result<(), Error> {
        self.forget(self.store.list(Some(&self.parts(id))).map_ok(|it| it.location)).await
    }

    pub(super) async fn forget_whole(&self, hash: Hash) -> Result<(), Error> {
        match self.store.delete(&self.whole(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    }

    /// The names of all objects that are parts of an upload, noted or not.
    ///
    /// # Errors
    ///
    /// The bucket's.
    pub async fn parts_of(&self, id: RecordId) -> Result<Vec<String>, Error> {
        let found: Vec<_> = self.store.list(Some(&self.parts(id))).try_collect().await?;
        Ok(found.iter().filter_map(|it| it.location.filename()).map(str::to_owned).collect())
    }

    async fn forget(
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

    pub(super) async fn is_whole(&self, expected: Hash) -> Result<bool, Error> {
        let mut pieces = match get(&*self.store, &self.whole(expected), None).await {
            Ok(found) => found.into_stream(),
            Err(Error::File(cause)) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(cause) => return Err(cause),
        };
        let mut hash = Sha256::new();
        while let Some(piece) = pieces.try_next().await? {
            hash.update(&piece);
        }
        Ok(Hash(hash.finalize().into()) == expected)
    }

    pub(super) async fn read(&self, hash: Hash, part: Option<Range<u64>>) -> Result<Whole, Error> {
        let found = get(&*self.store, &self.whole(hash), part).await?;
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
