//! IndexedDB, as a handful of named boxes of JSON texts. One call to [`Store::apply`] is one durable transaction.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction,
};

use crate::dom;
use crate::error::{Error, Result};

const NAME: &str = "palate";
const VERSION: u32 = 1;

/// Vote events by id.
pub(crate) const EVENTS: &str = "events";
/// Votes to be sent, by event id.
pub(crate) const OUTBOX: &str = "outbox";
/// Small things by name: mode, blank ballots.
pub(crate) const SETTINGS: &str = "settings";

/// All boxes.
pub(crate) const BOXES: [&str; 3] = [EVENTS, OUTBOX, SETTINGS];

/// Values that are read or written between two frames.
pub(crate) const PIECE: usize = 50;

/// One change.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Stores `value` (JSON) in a box under a key.
    Put(&'static str, String, String),
    /// Removes a key of a box.
    Remove(&'static str, String),
    /// Empties a box.
    Clear(&'static str),
}

/// The open database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    database: IdbDatabase,
}

fn failed(error: &JsValue) -> Error {
    let error = dom::get(error, "target")
        .and_then(|target| dom::get(&target, "error"))
        .unwrap_or_else(|| error.clone());
    let name = dom::get(&error, "name")
        .and_then(|name| name.as_string())
        .unwrap_or_default();
    Error::Storage(match name.as_str() {
        "QuotaExceededError" => crate::strings::storage_full().to_owned(),
        _ => dom::describe(&error),
    })
}

/// The end of a request; its handlers are set at once, so that nothing is missed before it is waited for.
fn settled(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}

async fn answer(request: IdbRequest) -> Result<JsValue> {
    JsFuture::from(settled(&request))
        .await
        .and_then(|_| request.result())
        .map_err(|error| failed(&error))
}

async fn texts(request: std::result::Result<IdbRequest, JsValue>) -> Result<Vec<String>> {
    let values = answer(request.map_err(|error| failed(&error))?).await?;
    let values: Array = values.unchecked_into();
    Ok(values
        .iter()
        .filter_map(|value| value.as_string())
        .collect())
}

/// The end of a transaction; its handlers are set at once.
fn finished(transaction: &IdbTransaction) -> JsFuture {
    JsFuture::from(Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
        transaction.set_onerror(Some(&reject));
    }))
}

fn ask(transaction: &IdbTransaction, change: &Change) -> std::result::Result<IdbRequest, JsValue> {
    match change {
        Change::Put(name, key, value) => transaction
            .object_store(name)?
            .put_with_key(&JsValue::from_str(value), &JsValue::from_str(key)),
        Change::Remove(name, key) => transaction
            .object_store(name)?
            .delete(&JsValue::from_str(key)),
        Change::Clear(name) => transaction.object_store(name)?.clear(),
    }
}

impl Store {
    /// Opens the database, makes it when it is not there.
    ///
    /// # Errors
    /// When the browser has none, blocks it (private mode, policy), or another tab holds an older version open.
    pub(crate) async fn open() -> Result<Self> {
        let window = dom::window().ok_or_else(|| Error::Storage("no window".to_owned()))?;
        let factory: IdbFactory = Reflect::get(&window, &JsValue::from_str("indexedDB"))
            .ok()
            .and_then(|factory| factory.dyn_into().ok())
            .ok_or_else(|| Error::Storage(crate::strings::storage_missing().to_owned()))?;
        let request: IdbOpenDbRequest = factory
            .open_with_u32(NAME, VERSION)
            .map_err(|error| failed(&error))?;
        let upgrading = request.clone();
        let upgrade = Closure::once(move || {
            if let Ok(database) = upgrading
                .result()
                .map(JsCast::unchecked_into::<IdbDatabase>)
            {
                let there = database.object_store_names();
                for name in BOXES.into_iter().filter(|name| !there.contains(name)) {
                    drop(database.create_object_store(name));
                }
            }
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database: IdbDatabase = answer(request.into()).await?.unchecked_into();
        Ok(Self { database })
    }

    /// Every value of a box, in the order of the keys.
    ///
    /// # Errors
    /// When the browser cannot read.
    pub(crate) async fn all(&self, name: &str) -> Result<Vec<String>> {
        texts(self.open_box(name)?.get_all()).await
    }

    /// Every key of a box, in order.
    ///
    /// # Errors
    /// When the browser cannot read.
    pub(crate) async fn keys(&self, name: &str) -> Result<Vec<String>> {
        texts(self.open_box(name)?.get_all_keys()).await
    }

    /// The values of some keys of a box; `None` for a key that is not there.
    ///
    /// # Errors
    /// When the browser cannot read.
    pub(crate) async fn some(&self, name: &str, keys: &[String]) -> Result<Vec<Option<String>>> {
        let store = self.open_box(name)?;
        let mut requests = Vec::with_capacity(keys.len());
        let all = Array::new();
        for key in keys {
            let request = store.get(&JsValue::from_str(key));
            let request = request.map_err(|error| failed(&error))?;
            all.push(&settled(&request));
            requests.push(request);
        }
        JsFuture::from(Promise::all(&all))
            .await
            .map_err(|error| failed(&error))?;
        Ok(requests
            .iter()
            .map(|request| request.result().ok()?.as_string())
            .collect())
    }

    /// One value of a box.
    ///
    /// # Errors
    /// When the browser cannot read.
    pub(crate) async fn get(&self, name: &str, key: &str) -> Result<Option<String>> {
        let values = self.some(name, &[key.to_owned()]).await?;
        Ok(values.into_iter().next().flatten())
    }

    /// All changes or none; returns once the browser says that they are on disk (`durability: strict`).
    ///
    /// # Errors
    /// When the browser cannot write: full, blocked, or the database was deleted.
    pub(crate) async fn apply(&self, changes: &[Change]) -> Result<()> {
        let transaction = self.transaction("readwrite")?;
        let finished = finished(&transaction);
        for piece in changes.chunks(PIECE) {
            let mut last = None;
            for change in piece {
                last = Some(ask(&transaction, change).map_err(|error| failed(&error))?);
            }
            // The page may draw before the next piece; the transaction stays open for it, or knows why it failed.
            if let Some(last) = last
                && answer(last).await.is_err()
            {
                break;
            }
        }
        finished.await.map(drop).map_err(|error| failed(&error))
    }

    /// Replaces a value by what becomes of it; no other tab comes between.
    ///
    /// # Errors
    /// When the browser cannot write.
    pub(crate) async fn change(
        &self,
        name: &'static str,
        key: &str,
        change: impl FnOnce(Option<String>) -> Result<String>,
    ) -> Result<()> {
        let transaction = self.transaction("readwrite")?;
        let finished = finished(&transaction);
        let asked = transaction
            .object_store(name)
            .and_then(|store| store.get(&JsValue::from_str(key)));
        let before = answer(asked.map_err(|error| failed(&error))?).await?;
        let after = Change::Put(name, key.to_owned(), change(before.as_string())?);
        ask(&transaction, &after).map_err(|error| failed(&error))?;
        finished.await.map(drop).map_err(|error| failed(&error))
    }

    /// A box, to be read.
    fn open_box(&self, name: &str) -> Result<IdbObjectStore> {
        self.transaction("readonly")?
            .object_store(name)
            .map_err(|error| failed(&error))
    }

    fn transaction(&self, mode: &str) -> Result<IdbTransaction> {
        // web-sys offers the durability option only among its unstable interfaces.
        let open = || -> std::result::Result<IdbTransaction, JsValue> {
            let function: Function =
                Reflect::get(&self.database, &JsValue::from_str("transaction"))?.dyn_into()?;
            let names: Array = BOXES.into_iter().map(JsValue::from_str).collect();
            let options = Object::new();
            Reflect::set(
                &options,
                &JsValue::from_str("durability"),
                &JsValue::from_str("strict"),
            )?;
            Ok(function
                .call3(&self.database, &names, &JsValue::from_str(mode), &options)?
                .unchecked_into())
        };
        open().map_err(|error| failed(&error))
    }
}
