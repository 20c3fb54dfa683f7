//! Second factors: the sealed secrets of authenticator apps, and recovery codes.

use domain::id::AccountId;

use super::engine::{Connection, sql};

/// The second factor of an account.
pub struct SecondFactor {
    /// What the authenticator app was told.
    pub secret: Vec<u8>,
    /// A first code was told: it is asked for from now on.
    pub active: bool,
}

const KEEP: &str =
    "insert into second_factor (account, secret, active_at, last_step) values ($1, $2, null, 0)
    on conflict (account) do update set secret = excluded.secret, last_step = 0
    where second_factor.active_at is null";
const GET: &str = "select secret, active_at from second_factor where account = $1";
const IS_ACTIVE: &str = "select 1 from second_factor where account = $1 and active_at is not null";
const ACTIVATE: &str = "update second_factor set active_at = $2 where account = $1 and active_at is null";
const USE_STEP: &str = "update second_factor set last_step = $2 where account = $1 and last_step < $2";
const REMOVE: &str = "delete from second_factor where account = $1";
const ADD_CODE: &str = "insert into recovery_code (account, code) values ($1, $2)";
const USE_CODE: &str = "delete from recovery_code where account = $1 and code = $2";
const REMOVE_CODES: &str = "delete from recovery_code where account = $1";
const CODES_LEFT: &str = "select count(*) from recovery_code where account = $1";

/// Keeps a secret that is yet to be confirmed; answers whether there is not an active one already.
pub async fn keep(db: &mut Connection, account: AccountId, secret: &[u8]) -> sqlx::Result<bool> {
    let sealed = db.vault.seal_second_factor(account, secret);
    Ok(sql(KEEP).bind(account.0).bind(sealed).execute(db).await? > 0)
}

/// The second factor of an account, active or not yet.
///
/// # Errors
///
/// The database's, and when the secret does not open: then nobody comes in by it.
pub async fn get(db: &mut Connection, account: AccountId) -> sqlx::Result<Option<SecondFactor>> {
    let Some(row) = sql(GET).bind(account.0).fetch_optional(&mut *db).await? else { return Ok(None) };
    let sealed: Vec<u8> = row.get("secret");
    let secret = db.vault.open_second_factor(account, &sealed);
    let secret = secret.map_err(|it| sqlx::Error::Decode(it.into()))?;
    Ok(Some(SecondFactor { secret, active: row.get::<Option<i64>>("active_at").is_some() }))
}

/// Whether codes are asked of the account.
pub async fn is_active(db: &mut Connection, account: AccountId) -> sqlx::Result<bool> {
    Ok(sql(IS_ACTIVE).bind(account.0).fetch_optional(db).await?.is_some())
}

/// A first code was told; answers whether it was the first.
pub async fn activate(db: &mut Connection, account: AccountId, at: i64) -> sqlx::Result<bool> {
    Ok(sql(ACTIVATE).bind(account.0).bind(at).execute(db).await? > 0)
}

/// Takes the code of a step; answers whether none of this step or a later one was taken before.
pub async fn use_step(db: &mut Connection, account: AccountId, step: i64) -> sqlx::Result<bool> {
    Ok(sql(USE_STEP).bind(account.0).bind(step).execute(db).await? > 0)
}

/// Takes the second factor away, with its recovery codes; answers whether there was one.
pub async fn remove(db: &mut Connection, account: AccountId) -> sqlx::Result<bool> {
    sql(REMOVE_CODES).bind(account.0).execute(&mut *db).await?;
    Ok(sql(REMOVE).bind(account.0).execute(db).await? > 0)
}

/// Puts recovery codes in the place of those that there were.
pub async fn keep_recovery_codes(
    db: &mut Connection,
    account: AccountId,
    codes: &[String],
) -> sqlx::Result<()> {
    sql(REMOVE_CODES).bind(account.0).execute(&mut *db).await?;
    for code in codes {
        let blinded = db.vault.blind_recovery_code(account, code);
        sql(ADD_CODE).bind(account.0).bind(blinded).execute(&mut *db).await?;
    }
    Ok(())
}

/// Uses a recovery code up; answers whether it was one.
pub async fn use_recovery_code(db: &mut Connection, account: AccountId, code: &str) -> sqlx::Result<bool> {
    let blinded = db.vault.blind_recovery_code(account, code);
    Ok(sql(USE_CODE).bind(account.0).bind(blinded).execute(db).await? > 0)
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(db: &mut Connection, account: AccountId) -> sqlx::Result<i64> {
    Ok(sql(CODES_LEFT).bind(account.0).fetch_one(db).await?.get(0))
}
