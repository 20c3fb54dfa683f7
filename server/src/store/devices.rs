//! Devices: the keys that phones made for themselves.

use domain::{device::DeviceKey, envelope::Hash, id::AccountId};

use super::engine::{Connection, Row, sql};

/// A device and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    pub id: Hash,
    pub account: AccountId,
    pub key: DeviceKey,
}

const ADD: &str = "insert into device (id, account, public_key, added_at) values ($1, $2, $3, $4)
    on conflict (id) do nothing";
const GET: &str = "select id, account, public_key from device where id = $1";
const BIND: &str = "update session set device = $2 where token_hash = $1 and (device is null or device = $2)";

/// Adds a device, unless it is here.
pub async fn add(db: &mut Connection, account: AccountId, key: &DeviceKey, at: i64) -> sqlx::Result<()> {
    let query = sql(ADD).bind(key.device().0.to_vec()).bind(account.0).bind(key.0.to_vec());
    query.bind(at).execute(db).await.map(drop)
}

pub async fn get(db: &mut Connection, id: Hash) -> sqlx::Result<Option<Device>> {
    let row = sql(GET).bind(id.0.to_vec()).fetch_optional(db).await?;
    let device = |row: Row| {
        let (id, key) = (row.get("id"), row.get("public_key"));
        Ok(Device { id: hash(id)?, account: AccountId(row.get("account")), key: key_of(key)? })
    };
    row.map(device).transpose()
}

/// Binds a session to a device; answers whether it is, and not to another one.
pub async fn bind(db: &mut Connection, token_hash: [u8; 32], device: Hash) -> sqlx::Result<bool> {
    let bound = sql(BIND).bind(token_hash.to_vec()).bind(device.0.to_vec()).execute(db).await?;
    Ok(bound > 0)
}

/// A key as it is kept.
pub fn key_of(bytes: Vec<u8>) -> sqlx::Result<DeviceKey> {
    let bytes =
        bytes.try_into().map_err(|_| sqlx::Error::Decode("a device's key of another length".into()))?;
    Ok(DeviceKey(bytes))
}

fn hash(bytes: Vec<u8>) -> sqlx::Result<Hash> {
    let bytes =
        bytes.try_into().map_err(|_| sqlx::Error::Decode("a device's id of another length".into()))?;
    Ok(Hash(bytes))
}
