//! The keys of attachments' bytes, each sealed by the vault. Whoever destroys one destroys the bytes, in every copy of them.

use domain::envelope::Hash;

use super::engine::{Connection, sql};
use crate::{blobs::BlobKey, vault::Key};

const GET: &str = "select sealed from blob_key where sha256 = $1";
const ADD: &str = "insert into blob_key (sha256, sealed) values ($1, $2) on conflict (sha256) do nothing";
const DESTROY: &str = "delete from blob_key where sha256 = $1";
const DESTROY_UNUSED: &str = "delete from blob_key where sha256 = $1
    and not exists (select 1 from upload where upload.sha256 = blob_key.sha256)";

/// The key of the bytes that have a hash; none for those of versions that sealed nothing, and where it was destroyed.
///
/// # Errors
///
/// The database's; `Decode` when it does not open.
pub async fn get(db: &mut Connection, hash: Hash) -> sqlx::Result<Option<BlobKey>> {
    let row = sql(GET).bind(hash.0.to_vec()).fetch_optional(db).await?;
    let opened = row.map(|row| db.vault.open_blob_key(hash, row.get("sealed"))).transpose();
    opened.map_err(|cause| sqlx::Error::Decode(cause.into()))
}

/// The key of bytes that are to be kept: the one that is here, else a new one.
pub async fn make(db: &mut Connection, hash: Hash) -> sqlx::Result<BlobKey> {
    let sealed = db.vault.seal_blob_key(hash, &Key::random());
    sql(ADD).bind(hash.0.to_vec()).bind(sealed).execute(&mut *db).await?;
    get(db, hash).await?.ok_or(sqlx::Error::RowNotFound)
}

/// Destroys a key.
pub async fn destroy(db: &mut Connection, hash: Hash) -> sqlx::Result<()> {
    sql(DESTROY).bind(hash.0.to_vec()).execute(db).await.map(drop)
}

/// Destroys a key that no upload, finished or under way, stands upon any more.
pub async fn destroy_unused(db: &mut Connection, hash: Hash) -> sqlx::Result<()> {
    sql(DESTROY_UNUSED).bind(hash.0.to_vec()).execute(db).await.map(drop)
}
