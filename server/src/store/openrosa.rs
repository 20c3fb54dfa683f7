//! The door for ODK Collect: passwords for it, and the records that came in by it.

use std::collections::HashMap;

use domain::{envelope::Hash, id::AccountId};

use super::engine::{Connection, sql};

const PASSWORD_HASH: &str = "select password_hash from openrosa_password where account = $1";
const KEEP_PASSWORD: &str = "insert into openrosa_password (account, password_hash, made_by, made_at)
    values ($1, $2, $3, $4)
    on conflict (account) do update set password_hash = excluded.password_hash, made_by = excluded.made_by,
        made_at = excluded.made_at, used_at = null";
const REMOVE_PASSWORD: &str = "delete from openrosa_password where account = $1";
const NOTE_USE: &str = "update openrosa_password set used_at = $2 where account = $1";
const PASSWORDS: &str = "select account, made_at, used_at from openrosa_password";

/// What rests of an account's password for the door.
pub async fn password_hash(db: &mut Connection, account: AccountId) -> sqlx::Result<Option<String>> {
    let row = sql(PASSWORD_HASH).bind(account.0).fetch_optional(db).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Keeps a password in the place of the one before.
pub async fn keep_password(
    db: &mut Connection,
    account: AccountId,
    hash: &str,
    by: AccountId,
    at: i64,
) -> sqlx::Result<()> {
    sql(KEEP_PASSWORD).bind(account.0).bind(hash).bind(by.0).bind(at).execute(db).await.map(drop)
}

/// Withdraws a password; `false` when there is none.
pub async fn remove_password(db: &mut Connection, account: AccountId) -> sqlx::Result<bool> {
    Ok(sql(REMOVE_PASSWORD).bind(account.0).execute(db).await? > 0)
}

/// Notes that a password let its account in.
pub async fn note_use(db: &mut Connection, account: AccountId, at: i64) -> sqlx::Result<()> {
    sql(NOTE_USE).bind(account.0).bind(at).execute(db).await.map(drop)
}

/// When passwords were made and last used, by account.
pub async fn passwords(db: &mut Connection) -> sqlx::Result<HashMap<AccountId, (i64, Option<i64>)>> {
    let rows = sql(PASSWORDS).fetch_all(db).await?;
    let one = |row: &super::engine::Row| {
        (AccountId(row.get("account")), (row.get("made_at"), row.get::<Option<i64>>("used_at")))
    };
    Ok(rows.iter().map(one).collect())
}

/// A record as it first came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Of its `instanceID`.
    pub instance: Hash,
    pub account: AccountId,
    /// Of its XML.
    pub content: Hash,
    /// Milliseconds since 1970.
    pub received_at: i64,
}

const ADD: &str = "insert into submission (instance, account, content, received_at) values ($1, $2, $3, $4)
    on conflict (instance) do nothing";
const GET: &str = "select account, content, received_at from submission where instance = $1";

/// Notes a record, unless one of its `instanceID` is known; answers the one that stands, and whether it is this one.
pub async fn add(db: &mut Connection, new: Submission) -> sqlx::Result<(Submission, bool)> {
    let query = sql(ADD).bind(new.instance.0.to_vec()).bind(new.account.0).bind(new.content.0.to_vec());
    let added = query.bind(new.received_at).execute(&mut *db).await? > 0;
    let row = sql(GET).bind(new.instance.0.to_vec()).fetch_one(db).await?;
    let content: Vec<u8> = row.get("content");
    let content = content.try_into().map_err(|_| sqlx::Error::Decode("a hash of another length".into()))?;
    let stands = Submission {
        instance: new.instance,
        account: AccountId(row.get("account")),
        content: Hash(content),
        received_at: row.get("received_at"),
    };
    Ok((stands, added))
}
