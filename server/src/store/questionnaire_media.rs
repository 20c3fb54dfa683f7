//! Pictures, sounds and films that questionnaires name, by their SHA-256.

use domain::{
    envelope::Hash,
    questionnaire::medium::{Medium, MediumType},
};

use super::engine::{Connection, Row, sql};

const KEEP: &str = "insert into questionnaire_medium (hash, media_type, md5, bytes, taken_at)
    values ($1, $2, $3, $4, $5) on conflict (hash) do nothing";
const GET: &str = "select media_type, bytes from questionnaire_medium where hash = $1";
const MD5: &str = "select md5 from questionnaire_medium where hash = $1";

/// Keeps a file; `md5` in hexadecimal digits.
pub async fn keep(
    db: &mut Connection,
    medium: &Medium,
    md5: &str,
    bytes: &[u8],
    at: i64,
) -> sqlx::Result<()> {
    let query = sql(KEEP).bind(medium.sha256.0.to_vec()).bind(medium.media_type.as_str()).bind(md5);
    query.bind(bytes.to_vec()).bind(at).execute(db).await.map(drop)
}

/// A file, and what it is.
pub async fn get(db: &mut Connection, hash: Hash) -> sqlx::Result<Option<(MediumType, Vec<u8>)>> {
    let row = sql(GET).bind(hash.0.to_vec()).fetch_optional(db).await?;
    let medium = |row: &Row| Some((MediumType::of(row.get("media_type"))?, row.get("bytes")));
    Ok(row.as_ref().and_then(medium))
}

/// The MD5 of a file, in hexadecimal digits.
pub async fn md5(db: &mut Connection, hash: Hash) -> sqlx::Result<Option<String>> {
    let row = sql(MD5).bind(hash.0.to_vec()).fetch_optional(db).await?;
    Ok(row.map(|row| row.get("md5")))
}
