//! One IndexedDB database: opened, reopened when the system closes it, written to strictly.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest,
    IdbTransaction, IdbTransactionMode,
};

use super::Table;

/// Counts additions to the tables; a database of an earlier number gets what it lacks.
const VERSION: u32 = 1;
/// How long a blocked opening may take before it counts as failed, in milliseconds.
const BLOCKED_MS_MAX: i32 = 5_000;
/// Sorts after every character of our keys.
const AFTER_ALL: &str = "\u{ffff}";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = IdbDatabase)]
    type StrictDatabase;

    /// web-sys has no way to ask for durability.
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn strict_transaction(
        this: &StrictDatabase,
        tables: &Array,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;

    #[wasm_bindgen(extends = IdbTransaction)]
    type StrictTransaction;

    #[wasm_bindgen(method, getter)]
    fn durability(this: &StrictTransaction) -> Option<String>;
}

/// Why the phone did not keep or find something. What was kept before is untouched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalError {
    /// There is no room left.
    Full,
    /// Another window holds an older version open.
    Blocked,
    /// This browser keeps nothing: a private window, storage switched off.
    Unavailable,
    /// It failed otherwise; the browser's word for it.
    Failed(String),
    /// What was read is not what was written.
    Damaged,
}

/// One change of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    Put {
        table: Table,
        key: String,
        bytes: Vec<u8>,
    },
    Delete {
        table: Table,
        key: String,
    },
    /// Everything whose key begins so.
    DeleteAll {
        table: Table,
        prefix: String,
    },
}

impl Write {
    /// Puts `value` as JSON.
    pub fn json(table: Table, key: impl ToString, value: &impl serde::Serialize) -> Self {
        let bytes = serde_json::to_vec(value).expect("what we keep has string keys and no failing parts");
        Self::Put { table, key: key.to_string(), bytes }
    }

    fn table(&self) -> Table {
        match self {
            Self::Put { table, .. } | Self::Delete { table, .. } | Self::DeleteAll { table, .. } => *table,
        }
    }
}

/// A database by name. Clones share the connection.
#[derive(Clone)]
pub struct Database {
    name: Rc<str>,
    connection: Rc<RefCell<Option<IdbDatabase>>>,
}

impl Database {
    /// Names a database; it opens at first use.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), connection: Rc::default() }
    }

    /// The bytes under a key.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, LocalError> {
        let transaction = self.transaction(&[table], IdbTransactionMode::Readonly).await?;
        let request = store(&transaction, table)?.get(&key.into()).map_err(failed)?;
        let value = requested(&request).await?;
        if value.is_undefined() { Ok(None) } else { Ok(Some(Uint8Array::new(&value).to_vec())) }
    }

    /// Keys and bytes of everything whose key begins with `prefix`, in the order of the keys.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn all(&self, table: Table, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, LocalError> {
        let transaction = self.transaction(&[table], IdbTransactionMode::Readonly).await?;
        let store = store(&transaction, table)?;
        let range = range(prefix)?;
        let keys = store.get_all_keys_with_key(&range).map_err(failed)?;
        let values = store.get_all_with_key(&range).map_err(failed)?;
        let keys: Array = requested(&keys).await?.unchecked_into();
        let values: Array = requested(&values).await?.unchecked_into();
        Ok(keys
            .iter()
            .zip(values.iter())
            .filter_map(|(key, value)| Some((key.as_string()?, Uint8Array::new(&value).to_vec())))
            .collect())
    }

    /// How many keys there are, and the bytes under the last `n` of them, the very last first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn last(&self, table: Table, n: usize) -> Result<(usize, Vec<Vec<u8>>), LocalError> {
        let transaction = self.transaction(&[table], IdbTransactionMode::Readonly).await?;
        let store = store(&transaction, table)?;
        let keys: Array = requested(&store.get_all_keys().map_err(failed)?).await?.unchecked_into();
        let keys: Vec<JsValue> = keys.iter().collect();
        let mut latest = Vec::new();
        for key in keys.iter().rev().take(n) {
            let value = requested(&store.get(key).map_err(failed)?).await?;
            latest.push(Uint8Array::new(&value).to_vec());
        }
        Ok((keys.len(), latest))
    }

    /// Does all of `writes` or none of it; returns when it is on disk and was read back.
    ///
    /// # Errors
    ///
    /// When it could not be kept; then nothing has changed, unless what was read back differs.
    pub async fn write(&self, writes: &[Write]) -> Result<(), LocalError> {
        if writes.is_empty() {
            return Ok(());
        }
        let tables: Vec<Table> =
            Table::ALL.into_iter().filter(|it| writes.iter().any(|w| w.table() == *it)).collect();
        let transaction = self.transaction(&tables, IdbTransactionMode::Readwrite).await?;
        // An old browser knows no durability and writes strictly.
        let durability = transaction.unchecked_ref::<StrictTransaction>().durability();
        if durability.is_some_and(|it| it != "strict") {
            return Err(LocalError::Failed("not strict".to_owned()));
        }
        let done = completed(&transaction);
        for write in writes {
            let store = store(&transaction, write.table())?;
            let request = match write {
                Write::Put { key, bytes, .. } => {
                    store.put_with_key(&Uint8Array::from(bytes.as_slice()), &key.into())
                }
                Write::Delete { key, .. } => store.delete(&key.into()),
                Write::DeleteAll { prefix, .. } => store.delete(&range(prefix)?),
            };
            request.map_err(failed)?;
        }
        done.await?;
        self.read_back(writes, &tables).await
    }

    async fn read_back(&self, writes: &[Write], tables: &[Table]) -> Result<(), LocalError> {
        let transaction = self.transaction(tables, IdbTransactionMode::Readonly).await?;
        for (n, write) in writes.iter().enumerate() {
            let Write::Put { table, key, bytes } = write else { continue };
            let later = |it: &Write| match it {
                Write::Put { table: other, key: same, .. } | Write::Delete { table: other, key: same } => {
                    other == table && same == key
                }
                Write::DeleteAll { table: other, prefix } => {
                    other == table && key.starts_with(prefix.as_str())
                }
            };
            if writes[n + 1..].iter().any(later) {
                continue;
            }
            let request = store(&transaction, *table)?.get(&key.into()).map_err(failed)?;
            let value = requested(&request).await?;
            if value.is_undefined() || Uint8Array::new(&value).to_vec() != *bytes {
                return Err(LocalError::Damaged);
            }
        }
        Ok(())
    }

    /// A transaction; when the system closed the connection in the meantime, it is opened anew once.
    async fn transaction(
        &self,
        tables: &[Table],
        mode: IdbTransactionMode,
    ) -> Result<IdbTransaction, LocalError> {
        let open = self.connection.borrow().clone();
        if let Some(database) = open
            && let Ok(transaction) = begin(&database, tables, mode)
        {
            return Ok(transaction);
        }
        self.connection.replace(None);
        let database = open_database(&self.name).await?;
        self.watch(&database);
        let transaction = begin(&database, tables, mode).map_err(failed);
        self.connection.replace(Some(database));
        transaction
    }

    /// Lets go of the connection when a newer version wants in or the system takes it away.
    fn watch(&self, database: &IdbDatabase) {
        let connection = Rc::clone(&self.connection);
        let gone = Closure::<dyn Fn()>::new(move || {
            if let Some(database) = connection.take() {
                database.close();
            }
        });
        database.set_onversionchange(Some(gone.as_ref().unchecked_ref()));
        database.set_onclose(Some(gone.as_ref().unchecked_ref()));
        // Lives as long as the connection, which is as long as the page.
        gone.forget();
    }
}

fn begin(
    database: &IdbDatabase,
    tables: &[Table],
    mode: IdbTransactionMode,
) -> Result<IdbTransaction, JsValue> {
    let names: Array = tables.iter().map(|it| JsValue::from_str(it.name())).collect();
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &"strict".into())?;
    let mode = if mode == IdbTransactionMode::Readwrite { "readwrite" } else { "readonly" };
    database.unchecked_ref::<StrictDatabase>().strict_transaction(&names, mode, &options)
}

fn store(transaction: &IdbTransaction, table: Table) -> Result<IdbObjectStore, LocalError> {
    transaction.object_store(table.name()).map_err(failed)
}

fn range(prefix: &str) -> Result<JsValue, LocalError> {
    let range = IdbKeyRange::bound(&prefix.into(), &format!("{prefix}{AFTER_ALL}").into()).map_err(failed)?;
    Ok(range.into())
}

async fn open_database(name: &str) -> Result<IdbDatabase, LocalError> {
    let factory: IdbFactory =
        crate::prelude::window().indexed_db().ok().flatten().ok_or(LocalError::Unavailable)?;
    let request = factory.open_with_u32(name, VERSION).map_err(|_| LocalError::Unavailable)?;
    let opened = {
        let request = request.clone();
        Closure::<dyn Fn()>::new(move || add_tables(&request))
    };
    request.set_onupgradeneeded(Some(opened.as_ref().unchecked_ref()));
    let blocked = async {
        wait(BLOCKED_MS_MAX).await;
        Err(LocalError::Blocked)
    };
    let result = first(requested(&request), blocked).await?;
    Ok(result.unchecked_into())
}

/// Adds the tables that an earlier version did not have; takes none away.
fn add_tables(request: &IdbOpenDbRequest) {
    let Ok(database) = request.result().map(JsCast::unchecked_into::<IdbDatabase>) else { return };
    let there = database.object_store_names();
    for table in Table::ALL {
        if !there.contains(table.name()) {
            // A failure aborts the upgrade, and with it the opening, which says so.
            drop(database.create_object_store(table.name()));
        }
    }
}

/// What a request answers.
async fn requested(request: &IdbRequest) -> Result<JsValue, LocalError> {
    let promise = Promise::new(&mut |resolve, reject| {
        let answered = {
            let request = request.clone();
            Closure::once_into_js(move || {
                drop(resolve.call1(&JsValue::NULL, &request.result().unwrap_or(JsValue::UNDEFINED)));
            })
        };
        request.set_onsuccess(Some(answered.unchecked_ref()));
        let refused = {
            let request = request.clone();
            Closure::once_into_js(move || drop(reject.call1(&JsValue::NULL, &cause_of(request.error()))))
        };
        request.set_onerror(Some(refused.unchecked_ref()));
    });
    JsFuture::from(promise).await.map_err(failed)
}

/// When a transaction is on disk.
fn completed(transaction: &IdbTransaction) -> impl Future<Output = Result<(), LocalError>> + use<> {
    let promise = Promise::new(&mut |resolve, reject| {
        let complete = Closure::once_into_js(move || drop(resolve.call0(&JsValue::NULL)));
        transaction.set_oncomplete(Some(complete.unchecked_ref()));
        let aborted = {
            let transaction = transaction.clone();
            Closure::once_into_js(move || {
                let cause = transaction.error().map_or_else(|| "aborted".into(), JsValue::from);
                drop(reject.call1(&JsValue::NULL, &cause));
            })
        };
        transaction.set_onabort(Some(aborted.unchecked_ref()));
    });
    async { JsFuture::from(promise).await.map(drop).map_err(failed) }
}

fn cause_of(error: Result<Option<DomException>, JsValue>) -> JsValue {
    error.ok().flatten().map_or_else(|| "unknown".into(), JsValue::from)
}

fn failed(cause: JsValue) -> LocalError {
    let name = Reflect::get(&cause, &"name".into()).ok().and_then(|it| it.as_string());
    match name.as_deref() {
        Some("QuotaExceededError") => LocalError::Full,
        Some(name) => LocalError::Failed(name.to_owned()),
        None => LocalError::Failed(cause.as_string().unwrap_or_default()),
    }
}

async fn wait(ms: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        drop(crate::prelude::window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms));
    });
    // A timer does not fail.
    drop(JsFuture::from(promise).await);
}

/// The answer of whichever is ready first.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    std::future::poll_fn(|context| match one.as_mut().poll(context) {
        std::task::Poll::Ready(answer) => std::task::Poll::Ready(answer),
        std::task::Poll::Pending => other.as_mut().poll(context),
    })
    .await
}
