//! Attachments as they are listed; their bytes lie in the data folder.

use std::collections::{BTreeSet, HashMap};

use domain::{
    attachment::{Attachment, AttachmentKind, Content},
    envelope::{Hash, Header},
    id::{AccountId, RecordId, UnitId},
};

use super::{
    engine::{Connection, Row, sql},
    many::{for_these, rows_in},
    transcripts,
    uploads::Upload,
};

/// An attachment as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    pub visit: RecordId,
    pub kind: AttachmentKind,
    /// As the recorder gave it.
    pub media_type: String,
    /// What its bytes are, once they were looked at.
    pub content: Option<Content>,
    pub bytes_n: u64,
    pub sha256: Hash,
    /// Its bytes are here.
    pub stored: bool,
    /// They were removed when their time was over.
    pub erased: bool,
    pub author: AccountId,
    pub unit: UnitId,
}

const KEEP_ROWS: &str = "insert into attachment
    (id, visit, statement, kind, media_type, bytes_n, sha256, duration_ms, gaps, taken_at) values ";
const UNLESS_KNOWN: &str = " on conflict (id) do nothing";
const STORED: &str = "update attachment set stored_at = $5
    where id = $1 and sha256 = $2 and bytes_n = $3 and stored_at is null
        and (select author from record where record.id = attachment.id) = $4";
const GET: &str =
    "select attachment.visit, attachment.kind, media_type, bytes_n, attachment.sha256, stored_at, author, unit, content,
        (select at from erasure where erasure.attachment = attachment.id) as erased_at
    from attachment join record on record.id = attachment.id
    left join upload on upload.id = attachment.id and upload.sha256 = attachment.sha256
    where attachment.id = $1 and ($2 is null or unit = $2) and ($3 is null or author = $3)";
const IS_STORED: &str = "select 1 from attachment where id = $1 and stored_at is not null";
const STORED_HASHES: &str = "select id, sha256 from attachment where stored_at is not null
        and id not in (select attachment from erasure)
    union select id, sha256 from upload where done_at is not null
        and id not in (select attachment from erasure) order by id";

/// Keeps what attachments are; their bytes come by upload.
pub async fn keep(db: &mut Connection, attachments: &[(&Header, &Attachment)]) -> sqlx::Result<()> {
    rows_in(db, KEEP_ROWS, 10, UNLESS_KNOWN, attachments, |query, (header, attachment)| {
        query
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
    })
    .await
}

/// Whether the bytes of an attachment are here, whole and verified.
pub async fn is_stored(db: &mut Connection, id: RecordId) -> sqlx::Result<bool> {
    Ok(sql(IS_STORED).bind(id.0).fetch_optional(db).await?.is_some())
}

/// Notes that a finished upload holds the bytes of its attachment; nothing changes when the record is not
/// here yet, speaks of other bytes, or is another author's.
pub async fn stored(db: &mut Connection, upload: &Upload, at: i64) -> sqlx::Result<()> {
    sql(STORED)
        .bind(upload.id.0)
        .bind(upload.sha256.to_vec())
        .bind(i64::try_from(upload.length).unwrap_or(i64::MAX))
        .bind(upload.account.0)
        .bind(at)
        .execute(&mut *db)
        .await?;
    transcripts::wait(db, upload.id, at).await
}

const OF_VISIT: &str = "select id from attachment where visit = $1";
const NAMED_IDS: &str = "select attachment.id, attachment.visit, attachment.sha256, stored_at, content,
        (select at from erasure where erasure.attachment = attachment.id) as erased_at
    from attachment left join upload on upload.id = attachment.id and upload.sha256 = attachment.sha256
    where attachment.visit in (";

/// The file of an attachment when it is handed out.
pub struct NamedFile {
    pub visit: RecordId,
    pub name: String,
    pub sha256: Hash,
    /// Its bytes are here, and were not removed.
    pub is_here: bool,
}

/// The attachments of a visit.
pub async fn ids_of_visit(db: &mut Connection, visit: RecordId) -> sqlx::Result<BTreeSet<RecordId>> {
    let rows = sql(OF_VISIT).bind(visit.0).fetch_all(db).await?;
    Ok(rows.iter().map(|row| RecordId(row.get("id"))).collect())
}

/// The files of the attachments of some visits, by their ids as texts.
pub async fn files(db: &mut Connection, visits: &[RecordId]) -> sqlx::Result<HashMap<String, NamedFile>> {
    let visits: Vec<_> = visits.iter().map(|it| it.0).collect();
    let rows = for_these(db, NAMED_IDS, ")", &[], &visits).await?;
    let named = |row: &Row| {
        let id = RecordId(row.get("id")).to_string();
        let file = NamedFile {
            visit: RecordId(row.get("visit")),
            name: format!("{id}.{}", content_of(row).unwrap_or(Content::Unknown).as_str()),
            sha256: hash_of(row)?,
            is_here: row.get::<Option<i64>>("stored_at").is_some()
                && row.get::<Option<i64>>("erased_at").is_none(),
        };
        Ok((id, file))
    };
    rows.iter().map(named).collect()
}

/// One attachment, if it is of the unit and by the author.
pub async fn get(
    db: &mut Connection,
    id: RecordId,
    unit: Option<UnitId>,
    author: Option<AccountId>,
) -> sqlx::Result<Option<Listed>> {
    let query = sql(GET).bind(id.0).bind(unit.map(|it| it.0)).bind(author.map(|it| it.0));
    query.fetch_optional(db).await?.as_ref().map(read).transpose()
}

/// Every attachment whose bytes must be here, with their hash: also where its record is acknowledged and not
/// read out yet.
pub async fn stored_hashes(db: &mut Connection) -> sqlx::Result<Vec<(RecordId, Hash)>> {
    let rows = sql(STORED_HASHES).fetch_all(db).await?;
    rows.iter().map(|row| Ok((RecordId(row.get("id")), hash_of(row)?))).collect()
}

/// The kind that a row's `kind` names.
pub fn kind_of(row: &Row) -> AttachmentKind {
    if row.get::<&str>("kind") == "voice" { AttachmentKind::Voice } else { AttachmentKind::Photo }
}

/// What a row's `content` says, if anything yet.
pub fn content_of(row: &Row) -> Option<Content> {
    row.get::<Option<&str>>("content").and_then(Content::of)
}

fn hash_of(row: &Row) -> sqlx::Result<Hash> {
    let bytes: Vec<u8> = row.get("sha256");
    bytes.try_into().map(Hash).map_err(|_| sqlx::Error::Decode("a hash of another length".into()))
}

fn read(row: &Row) -> sqlx::Result<Listed> {
    Ok(Listed {
        visit: RecordId(row.get("visit")),
        kind: kind_of(row),
        media_type: row.get("media_type"),
        content: content_of(row),
        bytes_n: u64::try_from(row.get::<i64>("bytes_n")).unwrap_or(0),
        sha256: hash_of(row)?,
        stored: row.get::<Option<i64>>("stored_at").is_some(),
        erased: row.get::<Option<i64>>("erased_at").is_some(),
        author: AccountId(row.get("author")),
        unit: UnitId(row.get("unit")),
    })
}
