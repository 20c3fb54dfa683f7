//! The audit log: who looked at or changed what, and why.

use domain::{
    audit::{AUDIT_PAGE, AuditLine, LOOKS, Look, OPENINGS},
    id::AccountId,
    role::Role,
};

use super::engine::{Connection, sql};

const NOTE: &str = "insert into audit (at, account, act, object, reason) values ($1, $2, $3, $4, $5)";

/// Notes an act in the transaction that does it, so that neither stands without the other.
///
/// `object` names a kind and an id; neither it nor `act` holds anything personal.
pub async fn note(
    db: &mut Connection,
    at: i64,
    account: Option<AccountId>,
    act: &str,
    object: &str,
    reason: &str,
) -> sqlx::Result<()> {
    sql(NOTE).bind(at).bind(account.map(|it| it.0)).bind(act).bind(object).bind(reason).execute(db).await?;
    Ok(())
}

/// Notes what `by` did with an account, which may be their own.
pub async fn note_of_account(
    db: &mut Connection,
    at: i64,
    by: AccountId,
    act: &str,
    account: AccountId,
) -> sqlx::Result<()> {
    note(db, at, Some(by), act, &format!("account {account}"), "").await
}

const IS_NOTED: &str =
    "select 1 from audit where account = $1 and act = $2 and object = $3 and at >= $4 limit 1";

/// Whether an account is on record with an act on this object since a time.
pub async fn is_noted(
    db: &mut Connection,
    account: AccountId,
    act: &str,
    object: &str,
    since: i64,
) -> sqlx::Result<bool> {
    let query = sql(IS_NOTED).bind(account.0).bind(act).bind(object).bind(since);
    Ok(query.fetch_optional(db).await?.is_some())
}

const OTHERS_OPENED: &str = "select count(distinct object) from audit
    where account = $1 and act in ($2, $3, $4, $5, $6) and object <> $7 and at >= $8";

/// How many names, voices and photos but this one an account has opened since a time.
pub async fn others_opened_n(
    db: &mut Connection,
    account: AccountId,
    object: &str,
    since: i64,
) -> sqlx::Result<u32> {
    let [name, voice, photo, original, all] = OPENINGS;
    let query = sql(OTHERS_OPENED).bind(account.0).bind(name).bind(voice).bind(photo).bind(original);
    Ok(query.bind(all).bind(object).bind(since).fetch_one(db).await?.get(0))
}

const LOOKS_OF: &str = "select at, account.name, account.role, act, object
    from audit left join account on account.id = audit.account
    where act in ($1, $2, $3, $4, $5) and at >= $6 and at < $7
    order by sequence desc limit $8";

/// Who opened names, voices and photos between two times, the latest first; without the reasons, in which people may have
/// written whose.
pub async fn looks(db: &mut Connection, from: i64, to: i64, n_max: u32) -> sqlx::Result<Vec<Look>> {
    let [name, voice, photo, original, all] = OPENINGS;
    let query = sql(LOOKS_OF).bind(name).bind(voice).bind(photo).bind(original);
    let query = query.bind(all).bind(from).bind(to).bind(n_max);
    let rows = query.fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| Look {
            at: row.get("at"),
            by: row.get("name"),
            role: row.get::<Option<&str>>("role").and_then(Role::from_word),
            act: row.get("act"),
            object: row.get("object"),
        })
        .collect())
}

const BEFORE: &str = "select sequence, at, account.name, account.role, act, object, reason
    from audit left join account on account.id = audit.account
    where ($1 is null or sequence < $1) and ($2 = 0 or act in ($3, $4, $5, $6, $7, $8))
    order by sequence desc limit $9";

/// The lines before the place `before`, the latest first; only those that show who was visited or who
/// spoke, when `looks_only`.
pub async fn before(
    db: &mut Connection,
    before: Option<i64>,
    looks_only: bool,
) -> sqlx::Result<Vec<AuditLine>> {
    let [identity, voice, photo, original, all, export] = LOOKS;
    let query = sql(BEFORE).bind(before).bind(i64::from(looks_only));
    let query = query.bind(identity).bind(voice).bind(photo).bind(original).bind(all).bind(export);
    let rows = query.bind(AUDIT_PAGE).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| AuditLine {
            sequence: row.get("sequence"),
            at: row.get("at"),
            by: row.get("name"),
            role: row.get::<Option<&str>>("role").and_then(Role::from_word),
            act: row.get("act"),
            object: row.get("object"),
            reason: row.get("reason"),
        })
        .collect())
}
