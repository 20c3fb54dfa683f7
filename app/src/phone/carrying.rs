//! What waits on this phone goes as it rests: that of others to the server along with one's own, and all of one's own into a
//! file. Who carries it cannot read it; see `domain::sealed_file`.

use domain::{
    device::HEADER,
    envelope::Hash,
    id::AccountId,
    sealed_file::{self, Header, Row, table},
};
use js_sys::Uint8Array;

use crate::{
    api::{self, ApiError},
    local::{self, Database, LocalError, Table, Write},
    phone::{
        Phone,
        device::Device,
        lock::{self, Lock},
        sending::{OWED, SETTLED},
        sync::Stop,
        visits, waiting,
    },
};

/// A piece is sent once it has so many bytes; over a line of 20 kbit/s it gets through.
const PIECE_BYTES: usize = 128 * 1024;
/// Keys of the device's notes on what was carried for an account.
const CARRIED: &str = "carried/";

/// What waits of one person, as it rests.
struct Waiting {
    store: Database,
    header: Vec<u8>,
    /// Keys of the outbox.
    owed: Vec<String>,
}

impl Waiting {
    async fn of(account: AccountId) -> Result<Self, LocalError> {
        let store = lock::store(account);
        let sealed = Lock::read(account).await?.sealed();
        let owed = store.all(Table::Outbox, OWED).await?;
        let owed = owed.into_iter().map(|(key, _)| key).collect();
        Ok(Self { store, header: sealed_file::begin(&Header { account, sealed }), owed })
    }

    /// Hands over envelopes first, then what is attached to them, to `send` in pieces; the last one comes back.
    async fn pieces(&self, send: &mut impl AsyncFnMut(Vec<u8>) -> Result<(), Stop>) -> Result<Vec<u8>, Stop> {
        let mut file = self.header.clone();
        for (number, from, prefix_of) in [
            (table::ENVELOPE, Table::Envelope, envelope_of as fn(&str) -> &str),
            (table::MEDIA, Table::Media, record_of),
            (table::SLICE, Table::Slice, record_of),
        ] {
            for key in &self.owed {
                for (key, bytes) in self.store.all(from, prefix_of(key)).await? {
                    sealed_file::push(&mut file, Row { table: number, key: &key, bytes: &bytes });
                    if file.len() > PIECE_BYTES {
                        send(std::mem::replace(&mut file, self.header.clone())).await?;
                    }
                }
            }
        }
        Ok(file)
    }
}

/// Takes along what waits of others than `me`, unless it was taken along before.
///
/// # Errors
///
/// When the line breaks, or the store fails. What the server refuses is theirs to send, and no error.
pub async fn others(phone: Phone, me: AccountId) -> Result<(), Stop> {
    for account in waiting::others(me).await {
        let waiting = Waiting::of(account).await?;
        let mark = Hash::of(waiting.owed.concat().as_bytes()).0.to_vec();
        let name = [CARRIED, &account.to_string()].concat();
        if waiting.owed.is_empty() || local::device().get(Table::Meta, &name).await?.as_ref() == Some(&mark) {
            continue;
        }
        match carry(phone, me, &waiting).await {
            Ok(()) => {
                local::device().write(&[Write::Put { table: Table::Meta, key: name, bytes: mark }]).await?;
            }
            Err(Stop::Api(ApiError::Problem(_))) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

async fn carry(phone: Phone, me: AccountId, waiting: &Waiting) -> Result<(), Stop> {
    let device = Device::of(&waiting.store).await?;
    let mut send = async |piece: Vec<u8>| {
        if phone.account().is_none_or(|it| it.id != me) {
            return Err(LocalError::Nobody.into());
        }
        let stamp = device.of_sealed(&piece).await.unwrap_or_default();
        let headers = [("content-type", "application/octet-stream"), (HEADER, &*stamp)];
        let body = Uint8Array::from(&*piece).into();
        api::send("POST", "/api/v1/records/sealed", &headers, Some(body)).await?;
        Ok(())
    };
    let last = waiting.pieces(&mut send).await?;
    if last.len() > waiting.header.len() { send(last).await } else { Ok(()) }
}

/// All that was not sent of who is signed in, drafts too.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn file(account: AccountId) -> Result<Vec<u8>, LocalError> {
    let Waiting { store, header: mut file, owed } = Waiting::of(account).await?;
    let settled = store.all(Table::Outbox, SETTLED).await?;
    let mut push = |table, rows: Vec<(String, Vec<u8>)>| {
        for (key, bytes) in rows {
            sealed_file::push(&mut file, Row { table, key: &key, bytes: &bytes });
        }
    };
    push(table::DRAFT, store.all(Table::Draft, visits::LIVE).await?);
    for key in &owed {
        push(table::ENVELOPE, store.all(Table::Envelope, envelope_of(key)).await?);
    }
    for (id, item) in store.all(Table::Media, "").await? {
        // What was sent may have been amended since: then it is owed as well.
        let is_sent =
            settled.iter().any(|(it, _)| record_of(it) == id) && !owed.iter().any(|it| record_of(it) == id);
        if !is_sent {
            let slices = store.all(Table::Slice, &id).await?;
            push(table::MEDIA, vec![(id, item)]);
            push(table::SLICE, slices);
        }
    }
    Ok(file)
}

/// The key of an envelope, by that of its item in the outbox: state, when it was frozen, record and hash.
fn envelope_of(key: &str) -> &str {
    key.splitn(3, '/').nth(2).unwrap_or_default()
}

/// The record's id of the same.
fn record_of(key: &str) -> &str {
    key.split('/').nth(2).unwrap_or_default()
}
