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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Of its `instanceID`.
    pub instance: Hash,
    pub account: AccountId,
    /// Of its XML.
    pub content: Hash,
    /// Milliseconds since 1970; among all that take each other's place, another for each.
    pub received_at: i64,
    /// The `instanceID` of the very first record of which this is an edit; none for such a one itself.
    pub first: Option<String>,
}

const ADD: &str = "insert into submission (instance, account, content, received_at, first)
    values ($1, $2, $3, $4, $5) on conflict (instance) do nothing";
const GET: &str = "select account, content, received_at, first from submission where instance = $1";
const LAST_EDIT: &str = "select coalesce(max(received_at), 0) from submission where first = $1";

/// A record that came; none when it did not.
pub async fn get(db: &mut Connection, instance: Hash) -> sqlx::Result<Option<Submission>> {
    let row = sql(GET).bind(instance.0.to_vec()).fetch_optional(db).await?;
    row.map(|row| {
        Ok(Submission {
            instance,
            account: AccountId(row.get("account")),
            content: Hash(row.array("content")?),
            received_at: row.get("received_at"),
            first: row.get("first"),
        })
    })
    .transpose()
}

/// When the last edit of a record came; 0 when there is none.
pub async fn last_edit_at(db: &mut Connection, first: &str) -> sqlx::Result<i64> {
    Ok(sql(LAST_EDIT).bind(first).fetch_one(db).await?.get(0))
}

/// Notes a record, unless one of its `instanceID` is known; answers the one that stands, and whether it is this one.
pub async fn add(db: &mut Connection, new: &Submission) -> sqlx::Result<(Submission, bool)> {
    let query = sql(ADD).bind(new.instance.0.to_vec()).bind(new.account.0).bind(new.content.0.to_vec());
    let query = query.bind(new.received_at).bind(new.first.as_deref());
    let added = query.execute(&mut *db).await? > 0;
    let stands = get(db, new.instance).await?.ok_or(sqlx::Error::RowNotFound)?;
    Ok((stands, added))
}
