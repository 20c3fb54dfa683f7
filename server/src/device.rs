//! What phones send in, and whose it is: of whoever is signed in, or of the device that signed it once the signing in
//! has ended. What only a device vouches for is set aside until the office, or the same person signed in again, takes it in.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, request::Parts},
};
use domain::{
    device::{self, DeviceKey, Stamp, batch_bytes, sealed_bytes, upload_bytes},
    id::{AccountId, RecordId},
    problem::Code,
    role::{Action, Scope, scope},
    session::Account,
};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{
    App,
    auth::{self, Who},
    error::Error,
    extract::{Json, Raw, check_json},
    routes::uploads::metadata,
    sealed_file,
    store::{self, devices::Device},
};

/// Most revisions that wait for one person to sign in again.
const HELD_MAX: i64 = 5_000;
/// Most bytes of them.
const HELD_BYTES_MAX: i64 = 32 * 1024 * 1024;

/// Whether `stamp` is this device's under `bytes`.
fn is_signed(stamp: &Stamp, key: &DeviceKey, bytes: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.0).verify(bytes, &stamp.signature.0).is_ok()
}

fn stamp(headers: &HeaderMap) -> Option<Stamp> {
    headers.get(device::HEADER)?.to_str().ok()?.parse().ok()
}

/// The device whose stamp is under `bytes`.
async fn signer(app: &App, stamp: &Stamp, bytes: &[u8]) -> Result<Device, Error> {
    let device = store::devices::get(&mut app.db.read().await?, stamp.device).await?;
    let signer = device.filter(|it| is_signed(stamp, &it.key, bytes));
    signer.ok_or_else(|| Code::SignedOut.into())
}

/// Whether a stamp names a device that was disabled: what it sends is set aside, whoever is signed in there.
async fn is_disabled(app: &App, stamp: Option<&Stamp>) -> Result<bool, Error> {
    let Some(stamp) = stamp else { return Ok(false) };
    let device = store::devices::get(&mut app.db.read().await?, stamp.device).await?;
    Ok(device.is_some_and(|it| it.disabled))
}

/// The account of a device, whatever has become of it, as long as it is one that records.
async fn recorder(app: &App, id: AccountId) -> Result<Account, Error> {
    let listed = store::accounts::get(&mut app.db.read().await?, id).await?.ok_or(Code::SignedOut)?;
    if scope(listed.account.role, Action::Record) == Scope::Nothing {
        return Err(Code::Forbidden.into());
    }
    Ok(listed.account)
}

/// A JSON body that a phone sent in, and whose it is.
pub struct FromPhone<T> {
    pub who: Account,
    /// Only its device vouches for it.
    pub signed_out: bool,
    pub body: T,
}

impl<T: DeserializeOwned> FromRequest<App> for FromPhone<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let stamp = stamp(request.headers());
        let session = match auth::session(request.headers(), app).await {
            Ok(found) => {
                let device = found.device;
                let who = Who::of(found, app.policy.rules)?;
                who.may(Action::Record)?;
                Some((who, device))
            }
            Err(cause) if cause.code() == Code::SignedOut && stamp.is_some() => None,
            Err(cause) => return Err(cause),
        };
        check_json(request.headers())?;
        let Raw(bytes) = Raw::<{ crate::BODY_BYTES_MAX }>::from_request(request, app).await?;
        let (who, signed_out) = match (session, stamp) {
            (Some((who, None)), stamp) => {
                let set_aside = is_disabled(app, stamp.as_ref()).await?;
                (who.0, set_aside)
            }
            // Whoever has the session without the device has it from somewhere else.
            (Some((who, Some(device))), stamp) => {
                let signed = stamp.is_some_and(|it| {
                    it.device == device.id && is_signed(&it, &device.key, &batch_bytes(&bytes))
                });
                if !signed {
                    return Err(Code::SignedOut.into());
                }
                (who.0, false)
            }
            (None, Some(stamp)) => {
                let device = signer(app, &stamp, &batch_bytes(&bytes)).await?;
                (recorder(app, device.account).await?, true)
            }
            (None, None) => return Err(Code::SignedOut.into()),
        };
        if signed_out {
            check_held(app, who.id).await?;
        }
        let Json(body) = Json::of(&bytes)?;
        Ok(Self { who, signed_out, body })
    }
}

/// Whether more may be set aside for one person.
async fn check_held(app: &App, who: AccountId) -> Result<(), Error> {
    let (held_n, bytes_n) = store::records::held(&mut app.db.read().await?, who).await?;
    if held_n >= HELD_MAX || bytes_n >= HELD_BYTES_MAX { Err(Code::SignedOut.into()) } else { Ok(()) }
}

/// Whose a sealed file is: whoever says so by their device, whose stamp is under it. Without a stamp only who may take in what
/// was set aside vouches for it.
///
/// # Errors
///
/// `forbidden` where nobody vouches for it; `signed_out` when too much waits for that person already.
pub async fn author_of_file(
    app: &App,
    headers: &HeaderMap,
    who: &Who,
    file: &[u8],
) -> Result<Account, Error> {
    let account = sealed_file::account(file)?;
    let signer = match stamp(headers) {
        Some(stamp) => signer(app, &stamp, &sealed_bytes(file)).await.ok().filter(|it| it.account == account),
        None => None,
    };
    if signer.is_none() {
        who.may(Action::Sort)?;
    }
    check_held(app, account).await?;
    recorder(app, account).await
}

/// Whose upload it is: bytes come in for whoever is signed in, and for what was taken in of a device's.
pub struct Uploader(pub AccountId);

impl FromRequestParts<App> for Uploader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let stamp = stamp(&parts.headers);
        match (Who::from_request_parts(parts, app).await, stamp) {
            (Ok(who), _) => {
                who.may(Action::Record)?;
                Ok(Self(who.0.id))
            }
            (Err(cause), Some(stamp)) if cause.code() == Code::SignedOut => {
                let id = upload_of(parts).ok_or(Code::SignedOut)?;
                let device = signer(app, &stamp, &upload_bytes(id)).await?;
                let here = store::records::here(&mut app.db.read().await?, &[id]).await?;
                if here.author(id) != Some(device.account) {
                    return Err(Code::SignedOut.into());
                }
                Ok(Self(recorder(app, device.account).await?.id))
            }
            (Err(cause), _) => Err(cause),
        }
    }
}

/// The attachment that a request of an upload is about: its address ends with the id, or its metadata has it.
fn upload_of(parts: &Parts) -> Option<RecordId> {
    let last: Option<Uuid> = parts.uri.path().rsplit('/').next().and_then(|it| it.parse().ok());
    last.map(RecordId).or_else(|| metadata(&parts.headers, "id")?.parse().ok())
}

/// Binds the session that asks to a device, which is added where it is new.
///
/// # Errors
///
/// `conflict` when the device is another person's or disabled, or the session is bound to another device.
pub async fn bind(app: &App, who: &Account, token_hash: [u8; 32], key: &DeviceKey) -> Result<(), Error> {
    let mut db = app.db.write().await?;
    store::devices::add(&mut db, who.id, key, app.now()).await?;
    let device = store::devices::get(&mut db, key.device()).await?;
    if device.is_none_or(|it| it.account != who.id || it.disabled)
        || !store::devices::bind(&mut db, token_hash, key.device()).await?
    {
        return Err(Code::Conflict.into());
    }
    Ok(db.commit().await?)
}
