//! The lock of a person's store: the PIN, and the office's key where it was forgotten.

use domain::{
    id::AccountId,
    phone_key::{OpenPhoneKey, PhoneKey, TRIES_MAX},
    sealed_file,
};
use js_sys::Array;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    api::{self, ApiError},
    local::{self, Database, Key, LocalError, Table, Write},
};

/// Names in the store, beside what is sealed.
const ROW: &str = "lock";
const TRIES: &str = "tries";
/// Says that nothing lies in the clear any more.
const WHOLE: &str = "whole";

#[wasm_bindgen(js_namespace = zoufang)]
extern "C" {
    /// In `public/first.js`: whether this browser has what sealing takes; a page without a secure address has not.
    #[wasm_bindgen(js_name = canSeal)]
    pub fn can_seal() -> bool;

    /// Makes the row that keeps a store's key, and the key: a new one, sealed to the office's, or the one given, with what it
    /// was sealed as in the place of the office's.
    #[wasm_bindgen(catch, js_name = makeKey)]
    async fn make_key(
        pin: &str,
        account: &str,
        office: &str,
        key: Option<String>,
    ) -> Result<JsValue, JsValue>;

    /// The key; null where the PIN is wrong.
    #[wasm_bindgen(catch, js_name = openKey)]
    async fn open_key(pin: &str, account: &str, row: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = rowParts)]
    fn row_parts(row: &str) -> Array;

    #[wasm_bindgen(js_name = withoutPin)]
    fn without_pin(row: &str) -> String;
}

/// What a locked store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub account: AccountId,
    /// Absent until a PIN has been chosen.
    row: Option<String>,
    /// Wrong PINs since the last right one.
    pub wrong_n: u32,
}

/// Why a store did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// The PIN is another.
    Wrong,
    /// This phone could not work it out: no memory left.
    Unable,
    Local(LocalError),
    Api(ApiError),
}

impl From<LocalError> for NotOpened {
    fn from(cause: LocalError) -> Self {
        Self::Local(cause)
    }
}

impl Lock {
    /// Of a store that is not locked.
    pub fn none(account: AccountId) -> Self {
        Self { account, row: None, wrong_n: 0 }
    }

    /// Reads the lock of a person's store.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn read(account: AccountId) -> Result<Self, LocalError> {
        let store = store(account);
        let row = store.get(Table::Meta, ROW).await?.and_then(|it| String::from_utf8(it).ok());
        let tries = store.get(Table::Meta, TRIES).await?;
        let wrong_n = tries.and_then(|it| crate::json::read(&it).ok()).unwrap_or(0);
        Ok(Self { account, row, wrong_n })
    }

    /// Whether a PIN has been chosen.
    pub fn is_chosen(&self) -> bool {
        self.row.is_some()
    }

    /// Whether a PIN still opens it: not after too many wrong ones.
    pub fn takes_pin(&self) -> bool {
        self.parts().is_some_and(|it| it.get(0).is_truthy())
    }

    /// The store's key as it was sealed to the office.
    pub fn sealed(&self) -> Option<String> {
        self.parts()?.get(1).as_string()
    }

    fn parts(&self) -> Option<Array> {
        self.row.as_deref().map(row_parts)
    }

    /// Opens the store. A try counts before its PIN is looked at, and a restart forgets none.
    ///
    /// # Errors
    ///
    /// Why it did not open.
    pub async fn open(&mut self, pin: &str) -> Result<Database, NotOpened> {
        let row = self.row.clone().ok_or(NotOpened::Wrong)?;
        let store = store(self.account);
        store.write(&[Write::json(Table::Meta, TRIES, &(self.wrong_n + 1))]).await?;
        let Ok(key) = open_key(pin, &self.account.to_string(), &row).await else {
            store.write(&[Write::json(Table::Meta, TRIES, &self.wrong_n)]).await?;
            return Err(NotOpened::Unable);
        };
        if !key.is_null() {
            store.write(&[Write::Delete { table: Table::Meta, key: TRIES.into() }]).await?;
            return opened(&store, key).await;
        }
        self.wrong_n += 1;
        if self.wrong_n >= TRIES_MAX {
            self.keep(&store, without_pin(&row)).await?;
        }
        Err(NotOpened::Wrong)
    }

    /// Chooses the first PIN, and seals what lies in the store from before there were any.
    ///
    /// # Errors
    ///
    /// Why it was not kept; [`NotOpened::Wrong`] when another window has chosen one meanwhile, which this lock then has: a key
    /// that something may rest under is never written over.
    pub async fn choose(&mut self, pin: &str, office: &str) -> Result<Database, NotOpened> {
        let name = format!("lock-{}", self.account);
        let Some(_turn) = local::lock_soon(&name).await else { return Err(LocalError::Blocked.into()) };
        *self = Self::read(self.account).await?;
        if self.is_chosen() { Err(NotOpened::Wrong) } else { self.make(pin, office, None).await }
    }

    /// Chooses another PIN for a store whose PIN was forgotten: the office's key opens it, for the account's password.
    ///
    /// # Errors
    ///
    /// Why it did not open.
    pub async fn recover(&mut self, password: String, pin: &str) -> Result<Database, NotOpened> {
        let sealed = self.sealed().unwrap_or_default();
        let asked = OpenPhoneKey { password, sealed: sealed.clone() };
        let opened = api::post::<PhoneKey>("/api/v1/session/phone-key", &asked).await;
        let key = opened.map_err(NotOpened::Api)?.key;
        self.make(pin, &sealed, Some(key)).await
    }

    async fn make(&mut self, pin: &str, office: &str, key: Option<String>) -> Result<Database, NotOpened> {
        let made = make_key(pin, &self.account.to_string(), office, key).await;
        let made: Array = made.map_err(|_| NotOpened::Unable)?.into();
        let store = store(self.account);
        self.keep(&store, made.get(0).as_string().unwrap_or_default()).await?;
        opened(&store, made.get(1)).await
    }

    async fn keep(&mut self, store: &Database, row: String) -> Result<(), LocalError> {
        let tries = Write::Delete { table: Table::Meta, key: TRIES.into() };
        let put = Write::Put { table: Table::Meta, key: ROW.into(), bytes: row.clone().into() };
        store.write(&[put, tries]).await?;
        self.row = Some(row);
        self.wrong_n = 0;
        Ok(())
    }
}

/// A store by its key, with nothing in the clear.
async fn opened(store: &Database, key: Key) -> Result<Database, NotOpened> {
    let sealed = store.sealed(key);
    if store.get(Table::Meta, WHOLE).await?.is_none() {
        if sealed.seal_all().await? {
            // The browser clears away in its own time where there is no room for this.
            drop(store.clear_away().await);
        }
        store.write(&[Write::json(Table::Meta, WHOLE, &true)]).await?;
    }
    Ok(sealed)
}

/// A person's store without its key.
pub fn store(account: AccountId) -> Database {
    Database::new(&sealed_file::store(account))
}
