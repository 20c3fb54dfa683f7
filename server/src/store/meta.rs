//! Facts about this database as a whole.

use super::{
    engine::{Connection, sql},
    records,
};

/// Names the history of this database; another one starts when it is restored behind its phones.
pub const EPOCH: &str = "epoch";
/// Names of the histories before, with spaces between.
pub const PAST_EPOCHS: &str = "past_epochs";
/// Revisions up to this place are verified off this host, or confirmed to be.
const BACKED_UP_TO: &str = "backed_up_to";
/// Revisions up to this place are in the backup that is being made.
const BACKING_UP_TO: &str = "backing_up_to";
/// SHA-256 of the token of the first-start link, in hexadecimal; removed once used.
pub const FIRST_TOKEN: &str = "first_token";

/// Names the key that opens what is sealed here.
pub const SEALED_BY: &str = "sealed_by";
/// Revisions up to this place were sealed, while a database from before is being sealed.
pub const SEALED_TO: &str = "sealed_to";
/// How far sealing has come; absent while something is in the clear.
pub const SEALING: &str = "sealing";
/// How far the audit chain has come, signed: place, hash, time, signature.
pub const AUDIT_HEAD: &str = "audit_head";

/// When the last scheduled backup was whole at its target, in milliseconds since 1970.
pub const BACKUP_AT: &str = "backup_at";
/// When a scheduled backup failed, unless one succeeded since.
pub const BACKUP_FAILED_AT: &str = "backup_failed_at";
/// When what was due was last removed.
pub const REMOVED_DUE_AT: &str = "removed_due_at";
/// When the present epoch began, unless it is the first: the database was restored behind its phones.
pub const EPOCH_BEGAN_AT: &str = "epoch_began_at";
/// Set while the door for ODK Collect is open.
pub const OPENROSA_OPEN: &str = "openrosa_open";
/// Set when the folder was filled with the demo.
pub const DEMO: &str = "demo";

const GET: &str = "select value from meta where key = $1";
const SET: &str = "insert into meta (key, value) values ($1, $2)
    on conflict (key) do update set value = excluded.value";
const REMOVE: &str = "delete from meta where key = $1";

pub async fn get(db: &mut Connection, key: &str) -> sqlx::Result<Option<String>> {
    Ok(sql(GET).bind(key).fetch_optional(db).await?.map(|row| row.get(0)))
}

/// A time that is noted under a key.
pub async fn time(db: &mut Connection, key: &str) -> sqlx::Result<Option<i64>> {
    Ok(get(db, key).await?.and_then(|it| it.parse().ok()))
}

pub async fn set(db: &mut Connection, key: &str, value: &str) -> sqlx::Result<()> {
    sql(SET).bind(key).bind(value).execute(db).await?;
    Ok(())
}

pub async fn remove(db: &mut Connection, key: &str) -> sqlx::Result<()> {
    sql(REMOVE).bind(key).execute(db).await?;
    Ok(())
}

const PLACE_OF: &str = "select min(sequence) from revision where record = $1 and parked is null";

/// Revisions up to this place are backed up, with the bytes of their attachments.
pub async fn backed_up_to(db: &mut Connection) -> sqlx::Result<i64> {
    place(db, BACKED_UP_TO).await
}

async fn place(db: &mut Connection, key: &str) -> sqlx::Result<i64> {
    Ok(get(db, key).await?.and_then(|it| it.parse().ok()).unwrap_or(0))
}

/// Notes that a backup of all that is here begins; answers up to which revision. Call it before the backup's
/// snapshot is taken, and [`end_backup`] once the backup is verified off this host.
pub async fn begin_backup(db: &mut Connection) -> sqlx::Result<i64> {
    let latest = records::last(db).await?;
    set(db, BACKING_UP_TO, &latest.to_string()).await?;
    Ok(latest)
}

/// Notes that what [`begin_backup`] began is verified; answers up to which revision all is backed up.
pub async fn end_backup(db: &mut Connection) -> sqlx::Result<i64> {
    let begun = place(db, BACKING_UP_TO).await?;
    confirm_backup(db, begun).await
}

/// Notes that everything up to a revision is backed up; answers up to which it is.
pub async fn confirm_backup(db: &mut Connection, up_to: i64) -> sqlx::Result<i64> {
    let confirmed = up_to.min(records::last(db).await?).max(backed_up_to(db).await?);
    set(db, BACKED_UP_TO, &confirmed.to_string()).await?;
    Ok(confirmed)
}

/// The bytes of an attachment are complete only now: a backup that has its record does not have them. Call it
/// in the transaction that notes them.
pub async fn came_late(db: &mut Connection, record: domain::id::RecordId) -> sqlx::Result<()> {
    let place_of: Option<i64> = sql(PLACE_OF).bind(record.0).fetch_one(&mut *db).await?.get(0);
    let Some(before) = place_of.map(|it| it - 1) else { return Ok(()) };
    for key in [BACKED_UP_TO, BACKING_UP_TO] {
        if place(db, key).await? > before {
            set(db, key, &before.to_string()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{
        envelope::{Hash, Header, RecordKind},
        id::{AccountId, CampaignId, RecordId, UnitId},
        sync::ParkReason,
    };
    use uuid::Uuid;

    use super::*;
    use crate::store::{
        Db,
        records::{NewRevision, keep},
    };

    #[tokio::test]
    async fn a_backup_holds_what_was_complete_when_it_began() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = Db::open(folder.path(), None).await.unwrap().write().await.unwrap();
        // Never committed, it needs neither campaign nor author.
        sql("pragma defer_foreign_keys = on").execute(&mut db).await.unwrap();
        let header = Header {
            id: RecordId(Uuid::from_u128(2)),
            kind: RecordKind::Attachment,
            campaign: CampaignId(Uuid::nil()),
            unit: UnitId(Uuid::nil()),
            visit: RecordId(Uuid::from_u128(1)),
            parents: vec![],
            form: 1,
            claimed_at: 0,
        };
        // Set aside, but for the last one.
        for n in 0..3 {
            let envelope = &[n];
            let revision = NewRevision {
                sequence: i64::from(n) + 1,
                header: &header,
                hash: Hash::of(envelope),
                envelope,
                author: AccountId(Uuid::nil()),
                received_at: 0,
                parked: Some(ParkReason::Invalid),
            };
            keep(&mut db, &[revision]).await.unwrap();
        }
        sql("update revision set parked = null where sequence = 3").execute(&mut db).await.unwrap();
        assert_eq!(begin_backup(&mut db).await.unwrap(), 3);
        assert_eq!(backed_up_to(&mut db).await.unwrap(), 0);
        came_late(&mut db, header.id).await.unwrap();
        assert_eq!(end_backup(&mut db).await.unwrap(), 2);
        assert_eq!(confirm_backup(&mut db, 1).await.unwrap(), 2);
        assert_eq!(confirm_backup(&mut db, 99).await.unwrap(), 3);
        came_late(&mut db, header.id).await.unwrap();
        assert_eq!(backed_up_to(&mut db).await.unwrap(), 2);
        came_late(&mut db, RecordId(Uuid::from_u128(9))).await.unwrap();
        assert_eq!(backed_up_to(&mut db).await.unwrap(), 2);
    }
}
