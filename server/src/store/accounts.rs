//! Accounts, and the units they belonged to.

use domain::{
    campaign::Unit,
    id::{AccountId, UnitId},
    password::PAST_PASSWORDS,
    role::Role,
    session::Account,
};

use super::{
    engine::{Connection, Row, sql},
    tries, units,
};

/// An account as it is made.
pub struct NewAccount<'a> {
    pub id: AccountId,
    /// Lower case.
    pub login: &'a str,
    pub name: &'a str,
    pub role: Role,
    pub unit: Option<UnitId>,
    /// Empty until a password is set by a link.
    pub password_hash: &'a str,
    pub at: i64,
}

/// What signing in needs to know.
pub struct Credentials {
    pub id: AccountId,
    pub password_hash: String,
}

/// An account as the list of accounts shows it.
pub struct Listed {
    pub account: Account,
    pub disabled: bool,
    /// Whom the provider means by it.
    pub subject: Option<String>,
    /// When the password was set, in milliseconds since 1970; 0 where that was not noted.
    pub password_at: i64,
}

const ADD: &str = "insert into account
    (id, login, name, role, unit, password_hash, created_at, password_at)
    values ($1, $2, $3, $4, $5, $6, $7, $7)";
const JOIN_UNIT: &str = "insert into membership (account, unit, since) values ($1, $2, $3)
    on conflict (account, unit) do nothing";
const GET: &str =
    "select account.id, login, account.name, role, must_change_password, disabled_at, password_at,
        subject, unit.id as unit,
        unit.name as unit_name, unit.kind as unit_kind
    from account left join unit on unit.id = account.unit
        left join oidc_subject on oidc_subject.account = account.id where account.id = $1";
const BY_LOGIN: &str =
    "select account.id, login, account.name, role, must_change_password, disabled_at, password_at,
        subject, unit.id as unit,
        unit.name as unit_name, unit.kind as unit_kind
    from account left join unit on unit.id = account.unit
        left join oidc_subject on oidc_subject.account = account.id where login = $1";
const LIST: &str =
    "select account.id, login, account.name, role, must_change_password, disabled_at, password_at,
        subject, unit.id as unit,
        unit.name as unit_name, unit.kind as unit_kind
    from account left join unit on unit.id = account.unit
        left join oidc_subject on oidc_subject.account = account.id order by login";
const CREDENTIALS: &str = "select id, password_hash from account
    where login = $1 and disabled_at is null and password_hash <> ''";
const SET_PASSWORD: &str = "update account set password_hash = $2, password_at = $3, must_change_password = 0
    where id = $1 returning login";
const REMOVE_PASSWORD: &str = "update account set password_hash = '' where id = $1";
const KEEP_PAST: &str = "insert into past_password (account, password_hash, ended_at)
    select id, password_hash, $2 from account where id = $1 and password_hash <> ''
    on conflict (account, password_hash) do nothing";
const FORGET_PAST: &str = "delete from past_password where account = $1 and password_hash not in (
    select password_hash from past_password where account = $1 order by ended_at desc limit $2)";
const PAST: &str = "select password_hash from account where id = $1 and password_hash <> ''
    union all select password_hash from past_password where account = $1";
const DISABLE: &str = "update account set disabled_at = $2 where id = $1";
const CHANGE: &str = "update account set name = $2, role = $3, unit = $4 where id = $1";
const WAS_MEMBER: &str = "select 1 from membership where account = $1 and unit = $2";
const COUNT: &str = "select count(*) from account";

pub async fn add(db: &mut Connection, account: &NewAccount<'_>) -> sqlx::Result<()> {
    sql(ADD)
        .bind(account.id.0)
        .bind(account.login)
        .bind(account.name)
        .bind(account.role.as_str())
        .bind(account.unit.map(|it| it.0))
        .bind(account.password_hash)
        .bind(account.at)
        .execute(&mut *db)
        .await?;
    if let Some(unit) = account.unit {
        join_unit(db, account.id, unit, account.at).await?;
    }
    Ok(())
}

async fn join_unit(db: &mut Connection, id: AccountId, unit: UnitId, at: i64) -> sqlx::Result<()> {
    sql(JOIN_UNIT).bind(id.0).bind(unit.0).bind(at).execute(db).await?;
    Ok(())
}

pub async fn get(db: &mut Connection, id: AccountId) -> sqlx::Result<Option<Listed>> {
    sql(GET).bind(id.0).fetch_optional(db).await?.as_ref().map(listed).transpose()
}

pub async fn by_login(db: &mut Connection, login: &str) -> sqlx::Result<Option<Listed>> {
    sql(BY_LOGIN).bind(login).fetch_optional(db).await?.as_ref().map(listed).transpose()
}

pub async fn list(db: &mut Connection) -> sqlx::Result<Vec<Listed>> {
    sql(LIST).fetch_all(db).await?.iter().map(listed).collect()
}

pub async fn credentials(db: &mut Connection, login: &str) -> sqlx::Result<Option<Credentials>> {
    let row = sql(CREDENTIALS).bind(login).fetch_optional(db).await?;
    Ok(row.map(|row| Credentials { id: AccountId(row.get(0)), password_hash: row.get(1) }))
}

/// Sets another password; wrong tries at the one before are forgiven. That one is kept as one of the past where the
/// policy forbids to use it again.
pub async fn set_password(
    db: &mut Connection,
    id: AccountId,
    hash: &str,
    at: i64,
    keep_past: bool,
) -> sqlx::Result<()> {
    if keep_past {
        sql(KEEP_PAST).bind(id.0).bind(at).execute(&mut *db).await?;
    }
    // The present one is one of them.
    let kept = if keep_past { i64::try_from(PAST_PASSWORDS).unwrap_or(i64::MAX) - 1 } else { 0 };
    sql(FORGET_PAST).bind(id.0).bind(kept).execute(&mut *db).await?;
    match sql(SET_PASSWORD).bind(id.0).bind(hash).bind(at).fetch_optional(&mut *db).await? {
        Some(row) => tries::forgive(db, row.get(0)).await,
        None => Ok(()),
    }
}

/// Takes the password away, so that nobody signs in until another is set by a link.
pub async fn remove_password(
    db: &mut Connection,
    id: AccountId,
    at: i64,
    keep_past: bool,
) -> sqlx::Result<()> {
    if keep_past {
        sql(KEEP_PAST).bind(id.0).bind(at).execute(&mut *db).await?;
    }
    sql(REMOVE_PASSWORD).bind(id.0).execute(db).await?;
    Ok(())
}

/// The hashes of the present password and of those of before that are kept.
pub async fn past_passwords(db: &mut Connection, id: AccountId) -> sqlx::Result<Vec<String>> {
    Ok(sql(PAST).bind(id.0).fetch_all(db).await?.iter().map(|row| row.get(0)).collect())
}

/// Disables an account at a time, or enables it again.
pub async fn disable(db: &mut Connection, id: AccountId, at: Option<i64>) -> sqlx::Result<()> {
    sql(DISABLE).bind(id.0).bind(at).execute(db).await?;
    Ok(())
}

/// Gives an account another name, role or unit; earlier units stay on record.
pub async fn change(
    db: &mut Connection,
    id: AccountId,
    name: &str,
    role: Role,
    unit: Option<UnitId>,
    at: i64,
) -> sqlx::Result<()> {
    let query = sql(CHANGE).bind(id.0).bind(name).bind(role.as_str()).bind(unit.map(|it| it.0));
    query.execute(&mut *db).await?;
    match unit {
        Some(unit) => join_unit(db, id, unit, at).await,
        None => Ok(()),
    }
}

/// Whether the account belongs to the unit, or once did.
pub async fn was_member(db: &mut Connection, id: AccountId, unit: UnitId) -> sqlx::Result<bool> {
    Ok(sql(WAS_MEMBER).bind(id.0).bind(unit.0).fetch_optional(db).await?.is_some())
}

pub async fn count(db: &mut Connection) -> sqlx::Result<i64> {
    Ok(sql(COUNT).fetch_one(db).await?.get(0))
}

/// An account in a row that has the columns of `account` and `unit`, `unit_name`, `unit_kind`.
pub fn account_of(row: &Row) -> sqlx::Result<Account> {
    let role: String = row.get("role");
    let role = Role::from_word(&role).ok_or_else(|| sqlx::Error::Decode("an unknown role".into()))?;
    let unit = row.get::<Option<uuid::Uuid>>("unit").map(|id| Unit {
        id: UnitId(id),
        name: row.get("unit_name"),
        kind: units::kind_of(row.get("unit_kind")),
    });
    Ok(Account {
        id: AccountId(row.get("id")),
        login: row.get("login"),
        name: row.get("name"),
        role,
        unit,
        must_change_password: row.get::<i64>("must_change_password") != 0,
    })
}

fn listed(row: &Row) -> sqlx::Result<Listed> {
    Ok(Listed {
        account: account_of(row)?,
        disabled: row.get::<Option<i64>>("disabled_at").is_some(),
        subject: row.get("subject"),
        password_at: row.get("password_at"),
    })
}
