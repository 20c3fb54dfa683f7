//! Attachments as they are listed; their bytes lie in the data folder.

use domain::{attachment::Attachment, envelope::Header, id::RecordId};

use super::Connection;

const KEEP: &str = "insert into attachment
    (id, visit, statement, kind, media_type, bytes_n, sha256, duration_ms, gaps, taken_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing";
const IS_STORED: &str = "select 1 from attachment where id = $1 and stored_at is not null";

/// Keeps what an attachment is; its bytes come by upload.
pub async fn keep(db: &mut Connection, header: &Header, attachment: &Attachment) -> sqlx::Result<()> {
    sqlx::query(KEEP)
        .bind(header.id.0)
        .bind(header.visit.0)
        .bind(attachment.statement.map(|it| it.0))
        .bind(attachment.kind.as_str())
        .bind(&attachment.media_type)
        .bind(i64::try_from(attachment.bytes_n).unwrap_or(i64::MAX))
        .bind(attachment.sha256.0.to_vec())
        .bind(attachment.duration_ms.map(|it| i64::try_from(it).unwrap_or(i64::MAX)))
        .bind(serde_json::to_string(&attachment.gaps).unwrap_or_default())
        .bind(attachment.taken_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether the bytes of an attachment are here, whole and verified.
pub async fn is_stored(db: &mut Connection, id: RecordId) -> sqlx::Result<bool> {
    Ok(sqlx::query(IS_STORED).bind(id.0).fetch_optional(db).await?.is_some())
}
