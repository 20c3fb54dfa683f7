//! One IndexedDB database: opened, reopened when the system closes it, written to strictly.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{
    DomException, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest,
    IdbTransaction, IdbTransactionMode,
};

use super::{
    Table,
    seal::{Key, Place, SUITE},
};

/// Counts additions to the tables, and since 2 what rests may be sealed, which earlier versions would not understand. A database
/// of an earlier number gets what it lacks.
const VERSION: u32 = 2;
/// How long a blocked opening may take before it counts as failed, in milliseconds.
const BLOCKED_MS_MAX: i32 = 5_000;
/// The name under which the key of this device is kept: the one value that is no bytes.
const DEVICE: &str = "device";
/// What opens a store lies beside what it opens.
const IN_THE_CLEAR: [&str; 3] = ["lock", "tries", "whole"];
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
    /// A newer version of the app has been at this store; this one would not understand it.
    Newer,
    /// This browser keeps nothing: a private window, storage switched off.
    Unavailable,
    /// Nobody is signed in, or not the one whose store it was.
    Nobody,
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
        let bytes = domain::envelope::to_json(value);
        Self::Put { table, key: key.to_string(), bytes }
    }

    /// Whether it touches what lies under `key`.
    fn changes(&self, table: Table, key: &str) -> bool {
        self.table() == table
            && match self {
                Self::Put { key: same, .. } | Self::Delete { key: same, .. } => same == key,
                Self::DeleteAll { prefix, .. } => key.starts_with(prefix.as_str()),
            }
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
    connection: Rc<RefCell<Connection>>,
    /// Fulfilled when the write before has ended: sealing takes turns, or a later one could overtake it.
    before: Rc<RefCell<Promise>>,
    /// Under what its values rest; none for what is the device's.
    key: Option<Key>,
}

#[derive(Default)]
enum Connection {
    #[default]
    Closed,
    /// Fulfilled once it is one of the others; whoever comes meanwhile waits for the same.
    Opening(Promise),
    Open(IdbDatabase),
    Failed(LocalError),
}

type Flush = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

thread_local! {
    static FLUSH: RefCell<Option<Flush>> = const { RefCell::new(None) };
}

/// What is done before a newer version of the app gets the store: the open draft is kept.
pub fn before_closing(flush: impl Fn() -> Pin<Box<dyn Future<Output = ()>>> + 'static) {
    FLUSH.replace(Some(Rc::new(flush)));
}

/// Keeps what is being written now.
pub async fn flush() {
    if let Some(flush) = FLUSH.with_borrow(Clone::clone) {
        flush().await;
    }
}

impl Database {
    /// Names a database; it opens at first use.
    pub fn new(name: &str) -> Self {
        let before = Rc::new(RefCell::new(Promise::resolve(&JsValue::UNDEFINED)));
        Self { name: name.into(), connection: Rc::default(), before, key: None }
    }

    /// Whether its values rest sealed.
    pub fn is_sealed(&self) -> bool {
        self.key.is_some()
    }

    /// The same, whose values rest sealed under `key` from now on.
    #[must_use]
    pub fn sealed(&self, key: Key) -> Self {
        Self { key: Some(key), ..self.clone() }
    }

    /// The bytes under a key. What does not open comes as it rests, which nobody can read.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, LocalError> {
        let value = self.ask(table, |store| store.get(&key.into())).await?;
        if value.is_undefined() {
            return Ok(None);
        }
        Ok(Some(self.opened(table, key, bytes_of(&value)).await))
    }

    /// Keys and bytes of everything whose key begins with `prefix`, in the order of the keys.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn all(&self, table: Table, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, LocalError> {
        let all = match self.try_all(table, prefix).await {
            Err(LocalError::Failed(_)) => {
                self.let_go();
                self.try_all(table, prefix).await?
            }
            all => all?,
        };
        let mut opened = Vec::with_capacity(all.len());
        for (key, bytes) in all {
            let bytes = self.opened(table, &key, bytes).await;
            opened.push((key, bytes));
        }
        Ok(opened)
    }

    async fn opened(&self, table: Table, key: &str, bytes: Vec<u8>) -> Vec<u8> {
        match &self.key {
            Some(seal) => Place { store: &self.name, table, key }.open(seal, bytes).await,
            None => bytes,
        }
    }

    /// Seals what an earlier version kept in the clear, and answers whether anything lies there.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written; what was sealed by then stays so.
    pub async fn seal_all(&self) -> Result<bool, LocalError> {
        let mut any = false;
        for table in Table::ALL {
            let keys: Array = self.ask(table, IdbObjectStore::get_all_keys).await?.unchecked_into();
            for key in keys.iter().filter_map(|it| it.as_string()) {
                let value = self.ask(table, |store| store.get(&key.as_str().into())).await?;
                // The key of this device is no bytes, and cannot be read anyway.
                if value.is_instance_of::<Uint8Array>() {
                    let bytes = bytes_of(&value);
                    if table == Table::Meta && IN_THE_CLEAR.contains(&&*key) {
                        continue;
                    }
                    any = true;
                    if bytes.first() != Some(&SUITE) {
                        self.write(&[Write::Put { table, key, bytes }]).await?;
                    }
                }
            }
        }
        Ok(any)
    }

    /// Makes the browser clear away what was written over: Chromium appends to its files, and puts them together anew only
    /// after some megabytes. What is written here for that is gone again at the end.
    ///
    /// # Errors
    ///
    /// When the store cannot be written: a full phone has no room for it.
    pub async fn clear_away(&self) -> Result<(), LocalError> {
        const ROUNDS: usize = 14;
        const ROWS: usize = 32;
        // Larger values lie in files of their own.
        const ROW_BYTES: usize = 48 * 1024;
        let key = |n: usize| ["z/", &n.to_string()].concat();
        let put = |n| Write::Put { table: Table::Meta, key: key(n), bytes: vec![0; ROW_BYTES] };
        let mut done = Ok(());
        for _ in 0..ROUNDS {
            done = done.and(self.write(&(0..ROWS).map(put).collect::<Vec<_>>()).await);
            // After each, for looks while files are put together count for none of the new ones.
            done = done.and(self.look_in_vain().await);
        }
        self.write(&[Write::DeleteAll { table: Table::Meta, prefix: "z/".into() }]).await.and(done)?;
        self.look_in_vain().await
    }

    /// Chromium puts its first file below all others, where later ones are not put together with it until a hundred looks had
    /// to go through both: this looks for what was never there, between keys that were.
    async fn look_in_vain(&self) -> Result<(), LocalError> {
        const LOOKS: usize = 500;
        let transaction = self.transaction(&[Table::Meta], IdbTransactionMode::Readonly).await?;
        let store = store(&transaction, Table::Meta)?;
        for _ in 1..LOOKS {
            store.get(&"z/2!".into()).map_err(failed)?;
        }
        requested(&store.get(&"z/2!".into()).map_err(failed)?).await?;
        Ok(())
    }

    /// The key of this device, which only the browser can read.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn device(&self) -> Result<Option<JsValue>, LocalError> {
        let value = self.ask(Table::Meta, |store| store.get(&DEVICE.into())).await?;
        Ok((!value.is_undefined()).then_some(value))
    }

    /// Keeps the key of this device; returns when it is on disk.
    ///
    /// # Errors
    ///
    /// When it could not be kept.
    pub async fn keep_device(&self, device: &JsValue) -> Result<(), LocalError> {
        let transaction = self.transaction(&[Table::Meta], IdbTransactionMode::Readwrite).await?;
        let done = completed(&transaction);
        store(&transaction, Table::Meta)?.put_with_key(device, &DEVICE.into()).map_err(failed)?;
        done.await
    }

    async fn try_all(&self, table: Table, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, LocalError> {
        let range = range(prefix)?;
        let transaction = self.transaction(&[table], IdbTransactionMode::Readonly).await?;
        let store = store(&transaction, table)?;
        let keys = requested(&store.get_all_keys_with_key(&range).map_err(failed)?);
        let values = requested(&store.get_all_with_key(&range).map_err(failed)?);
        let keys: Array = keys.await?.unchecked_into();
        let values: Array = values.await?.unchecked_into();
        let both = keys.iter().zip(values.iter());
        Ok(both.filter_map(|(key, value)| Some((key.as_string()?, bytes_of(&value)))).collect())
    }

    /// How many keys there are, and the bytes under the last `n` of them, the very last first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn last(&self, table: Table, n: usize) -> Result<(usize, Vec<Vec<u8>>), LocalError> {
        let keys: Array = self.ask(table, IdbObjectStore::get_all_keys).await?.unchecked_into();
        let keys: Vec<JsValue> = keys.iter().collect();
        let mut latest = Vec::new();
        for key in keys.iter().rev().take(n) {
            let value = self.ask(table, |store| store.get(key)).await?;
            if !value.is_undefined() {
                let bytes = bytes_of(&value);
                let name = key.as_string().unwrap_or_default();
                latest.push(self.opened(table, &name, bytes).await);
            }
        }
        Ok((keys.len(), latest))
    }

    /// What one request answers. A connection that the system took away (iOS does, in the background) is
    /// opened anew once.
    async fn ask(
        &self,
        table: Table,
        request: impl Fn(&IdbObjectStore) -> Result<IdbRequest, JsValue>,
    ) -> Result<JsValue, LocalError> {
        let mut again = true;
        loop {
            let transaction = self.transaction(&[table], IdbTransactionMode::Readonly).await?;
            let answer = match store(&transaction, table).map(|it| request(&it).map_err(failed)) {
                Ok(Ok(request)) => requested(&request).await,
                Ok(Err(cause)) | Err(cause) => Err(cause),
            };
            match answer {
                Err(LocalError::Failed(_)) if std::mem::take(&mut again) => self.let_go(),
                answer => return answer,
            }
        }
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
        let turn = Turn::after(&self.before).await;
        let resting = self.as_they_rest(writes).await?;
        let kept = match self.try_write(&resting).await {
            // Writing the same twice is writing it once.
            Err(LocalError::Failed(_)) => {
                self.let_go();
                self.try_write(&resting).await
            }
            kept => kept,
        };
        drop(turn);
        kept
    }

    /// The same writes with their bytes sealed. It comes before the transaction, which would not wait for it.
    async fn as_they_rest(&self, writes: &[Write]) -> Result<Vec<Write>, LocalError> {
        let mut resting = writes.to_vec();
        if let Some(seal) = &self.key {
            for write in &mut resting {
                if let Write::Put { table, key, bytes } = write {
                    *bytes = Place { store: &self.name, table: *table, key }.seal(seal, bytes).await?;
                }
            }
        }
        Ok(resting)
    }

    async fn try_write(&self, writes: &[Write]) -> Result<(), LocalError> {
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
        // Begun at once, the reading comes before any other writing.
        let database = transaction.db();
        let reading = begin(&database, &tables, IdbTransactionMode::Readonly).map_err(failed)?;
        let mut read_back = Vec::new();
        for (n, write) in writes.iter().enumerate() {
            if let Write::Put { table, key, bytes } = write
                && !writes[n + 1..].iter().any(|it| it.changes(*table, key))
            {
                let request = store(&reading, *table)?.get(&key.into()).map_err(failed)?;
                read_back.push((requested(&request), bytes));
            }
        }
        done.await?;
        for (value, bytes) in read_back {
            let value = value.await?;
            if value.is_undefined() || bytes_of(&value) != *bytes {
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
        let database = self.connect().await?;
        if let Ok(transaction) = begin(&database, tables, mode) {
            return Ok(transaction);
        }
        self.let_go();
        begin(&self.connect().await?, tables, mode).map_err(failed)
    }

    /// The open connection; of several that ask at once, one opens it.
    async fn connect(&self) -> Result<IdbDatabase, LocalError> {
        let opening = match &*self.connection.borrow() {
            Connection::Open(database) => return Ok(database.clone()),
            Connection::Opening(promise) => Some(promise.clone()),
            Connection::Closed | Connection::Failed(_) => None,
        };
        let opening = opening.unwrap_or_else(|| {
            let this = self.clone();
            let promise = future_to_promise(async move {
                let opened = match open_database(&this.name).await {
                    Ok(database) => {
                        this.watch(&database);
                        Connection::Open(database)
                    }
                    Err(cause) => Connection::Failed(cause),
                };
                this.connection.replace(opened);
                Ok(JsValue::UNDEFINED)
            });
            self.connection.replace(Connection::Opening(promise.clone()));
            promise
        });
        first(async { drop(JsFuture::from(opening).await) }, wait(BLOCKED_MS_MAX)).await;
        match &*self.connection.borrow() {
            Connection::Open(database) => Ok(database.clone()),
            Connection::Failed(cause) => Err(cause.clone()),
            Connection::Opening(_) | Connection::Closed => Err(LocalError::Blocked),
        }
    }

    /// Closes the connection; the next use opens another.
    fn let_go(&self) {
        let open = matches!(&*self.connection.borrow(), Connection::Open(_));
        if open && let Connection::Open(database) = self.connection.take() {
            database.close();
        }
    }

    /// Lets go of the connection when a newer version wants in or the system takes it away.
    fn watch(&self, database: &IdbDatabase) {
        let this = self.clone();
        let gone = Closure::<dyn Fn()>::new(move || {
            let this = this.clone();
            spawn_local(async move {
                flush().await;
                this.let_go();
            });
        });
        let lost = {
            let this = self.clone();
            Closure::<dyn Fn()>::new(move || this.let_go())
        };
        database.set_onversionchange(Some(gone.as_ref().unchecked_ref()));
        database.set_onclose(Some(lost.as_ref().unchecked_ref()));
        // They live as long as the page, which seldom opens more than one.
        gone.forget();
        lost.forget();
    }
}

/// A turn at writing; dropping it gives it to the next.
struct Turn(Function);

impl Turn {
    async fn after(before: &RefCell<Promise>) -> Self {
        let mut end = None;
        let ours = Promise::new(&mut |resolve, _| end = Some(resolve));
        let turn = Self(end.expect("a promise runs what it is given at once"));
        let theirs = before.replace(ours);
        // It is never rejected.
        drop(JsFuture::from(theirs).await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.0.call0(&JsValue::NULL));
    }
}

pub(super) fn bytes_of(value: &JsValue) -> Vec<u8> {
    Uint8Array::new(value).to_vec()
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
    Ok(requested(&request).await?.unchecked_into())
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

/// What a request answers; listening begins at once.
fn requested(request: &IdbRequest) -> impl Future<Output = Result<JsValue, LocalError>> + use<> {
    // The promise's own functions are the handlers: nothing of ours stays behind.
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let request = request.clone();
    async move {
        match JsFuture::from(promise).await {
            Ok(_) => request.result().map_err(failed),
            Err(_) => Err(failed(cause_of(request.error()))),
        }
    }
}

/// When a transaction is on disk.
fn completed(transaction: &IdbTransaction) -> impl Future<Output = Result<(), LocalError>> + use<> {
    let promise = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    let transaction = transaction.clone();
    async move {
        match JsFuture::from(promise).await {
            Ok(_) => Ok(()),
            Err(_) => Err(failed(transaction.error().map_or_else(|| "aborted".into(), JsValue::from))),
        }
    }
}

fn cause_of(error: Result<Option<DomException>, JsValue>) -> JsValue {
    error.ok().flatten().map_or_else(|| "unknown".into(), JsValue::from)
}

pub(super) fn failed(cause: JsValue) -> LocalError {
    let name = Reflect::get(&cause, &"name".into()).ok().and_then(|it| it.as_string());
    match name.as_deref() {
        Some("QuotaExceededError") => LocalError::Full,
        Some("VersionError") => LocalError::Newer,
        Some(name) => LocalError::Failed(name.to_owned()),
        None => LocalError::Failed(cause.as_string().unwrap_or_default()),
    }
}

/// Waits so many milliseconds.
pub async fn wait(ms: i32) {
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
