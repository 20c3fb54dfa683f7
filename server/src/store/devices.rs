//! Devices: the keys that phones made for themselves.

use domain::{device::DeviceKey, envelope::Hash, id::AccountId};

use super::{
    engine::{Connection, sql},
    sessions,
};

/// A device and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    pub id: Hash,
    pub account: AccountId,
    pub key: DeviceKey,
    /// What it sends is set aside.
    pub disabled: bool,
}

/// A device as its owner's list shows it.
pub struct Listed {
    pub id: Hash,
    pub added_at: i64,
    pub disabled: bool,
}

impl Device {
    /// The device whose key is kept as these bytes.
    pub fn of(account: AccountId, key: Vec<u8>, disabled_at: Option<i64>) -> sqlx::Result<Self> {
        let other_length = |_| sqlx::Error::Decode("a device's key of another length".into());
        let key = DeviceKey(key.try_into().map_err(other_length)?);
        Ok(Self { id: key.device(), account, key, disabled: disabled_at.is_some() })
    }
}

const ADD: &str = "insert into device (id, account, public_key, added_at) values ($1, $2, $3, $4)
    on conflict (id) do nothing";
const GET: &str = "select account, public_key, disabled_at from device where id = $1";
const LIST: &str = "select id, added_at, disabled_at from device where account = $1 order by added_at desc";
const DISABLE: &str =
    "update device set disabled_at = $3 where account = $1 and id = $2 and disabled_at is null";
const RESTORE: &str =
    "update device set disabled_at = null where account = $1 and id = $2 and disabled_at is not null";
const BIND: &str = "update session set device = $2 where token_hash = $1 and (device is null or device = $2)";

/// Adds a device, unless it is here.
pub async fn add(db: &mut Connection, account: AccountId, key: &DeviceKey, at: i64) -> sqlx::Result<()> {
    let query = sql(ADD).bind(key.device().0.to_vec()).bind(account.0).bind(key.0.to_vec());
    query.bind(at).execute(db).await.map(drop)
}

pub async fn get(db: &mut Connection, id: Hash) -> sqlx::Result<Option<Device>> {
    let row = sql(GET).bind(id.0.to_vec()).fetch_optional(db).await?;
    row.map(|row| Device::of(AccountId(row.get("account")), row.get("public_key"), row.get("disabled_at")))
        .transpose()
}

/// The devices of an account, the latest first.
pub async fn list(db: &mut Connection, account: AccountId) -> sqlx::Result<Vec<Listed>> {
    let rows = sql(LIST).bind(account.0).fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                id: sessions::hash_of(row.get("id"))?,
                added_at: row.get("added_at"),
                disabled: row.get::<Option<i64>>("disabled_at").is_some(),
            })
        })
        .collect()
}

/// Disables a device of an account and ends its sessions; answers whether there was one that was not disabled yet.
pub async fn disable(db: &mut Connection, account: AccountId, id: Hash, at: i64) -> sqlx::Result<bool> {
    let disabled = sql(DISABLE).bind(account.0).bind(id.0.to_vec()).bind(at).execute(&mut *db).await? > 0;
    if disabled {
        sessions::end_on(db, id).await?;
    }
    Ok(disabled)
}

/// Trusts a device of an account again; answers whether there was one that was disabled.
pub async fn restore(db: &mut Connection, account: AccountId, id: Hash) -> sqlx::Result<bool> {
    Ok(sql(RESTORE).bind(account.0).bind(id.0.to_vec()).execute(db).await? > 0)
}

/// Binds a session to a device; answers whether it is, and not to another one.
pub async fn bind(db: &mut Connection, token_hash: [u8; 32], device: Hash) -> sqlx::Result<bool> {
    let bound = sql(BIND).bind(token_hash.to_vec()).bind(device.0.to_vec()).execute(db).await?;
    Ok(bound > 0)
}
