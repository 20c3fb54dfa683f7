//! The key of this device: what it signs counts as this person's once their signing in has ended.

use std::cell::Cell;

use domain::{
    device::{batch_bytes, sealed_bytes, upload_bytes},
    id::RecordId,
    outbox::Fate,
    problem::Code,
};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    api::{self, ApiError},
    local::{Database, LocalError},
    phone::{Held, Phone, sending as outbox, sync::Stop},
};

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: makes a key that cannot leave this device, with its public half and its name. Fails in
    /// a browser without such keys, and on a page without a secure address.
    #[wasm_bindgen(catch)]
    async fn device() -> Result<JsValue, JsValue>;

    /// The `domain::device::Stamp` of a device under bytes.
    #[wasm_bindgen(catch)]
    async fn stamp(device: &JsValue, bytes: &[u8]) -> Result<JsValue, JsValue>;
}

thread_local! {
    /// Whether the session of this window is bound to this device.
    static BOUND: Cell<bool> = const { Cell::new(false) };
}

/// Someone has just signed in: their session is not bound yet.
pub fn begin_session() {
    BOUND.set(false);
}

/// This device, as far as its browser has keys.
pub struct Device(Option<JsValue>);

impl Device {
    /// This device, to which the session is bound. Once it is, what was set aside for want of signing in is offered again.
    ///
    /// # Errors
    ///
    /// When the line breaks, or the store fails.
    pub async fn bind(phone: Phone, held: &Held) -> Result<Self, Stop> {
        let mut this = held.database.device().await?;
        if this.is_none()
            && let Ok(made) = device().await
        {
            // A full phone has no room for a key, and sends all the same: that is what makes room.
            drop(held.database.keep_device(&made).await);
            this = held.database.device().await?;
        }
        if let Some(device) = this.as_ref().filter(|_| !BOUND.get()) {
            let key = device.unchecked_ref::<Array>().get(1).as_string().unwrap_or_default();
            // `BindDevice`, put together by hand: a whole writer of JSON for one key is half a kilobyte.
            let body = ["{\"key\":\"", &key, "\"}"].concat();
            let headers = [("content-type", "application/json")];
            match api::send("PUT", "/api/v1/session/device", &headers, Some(body.into())).await {
                Ok(_) => {
                    held.check()?;
                    let again = |it: &domain::outbox::OutboxItem| {
                        if it.wants_signing_in() { Fate::Again } else { Fate::Stays }
                    };
                    held.keep(&outbox::judged(&held.database, outbox::OWED, &again).await?).await?;
                    BOUND.set(true);
                    phone.read_all().await;
                }
                // What the device signs is taken all the same, and set aside.
                Err(cause) if cause.code() == Some(Code::SignedOut) => phone.expired.set(true),
                Err(ApiError::Problem(_)) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
        Ok(Self(this))
    }

    /// This device as one of those who record on it; nothing is bound.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn of(store: &Database) -> Result<Self, LocalError> {
        store.device().await.map(Self)
    }

    async fn stamp(&self, bytes: &[u8]) -> Option<String> {
        stamp(self.0.as_ref()?, bytes).await.ok()?.as_string()
    }

    /// The stamp of a push.
    pub async fn of_batch(&self, body: &str) -> Option<String> {
        self.stamp(&batch_bytes(body.as_bytes())).await
    }

    /// The stamp of an upload.
    pub async fn of_upload(&self, id: RecordId) -> Option<String> {
        self.stamp(&upload_bytes(id)).await
    }

    /// The stamp of a sealed file, or a piece of one.
    pub async fn of_sealed(&self, piece: &[u8]) -> Option<String> {
        self.stamp(&sealed_bytes(piece)).await
    }
}
