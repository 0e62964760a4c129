//! Where verified files of the encoder stay: the origin's private file system, else the Cache API, else memory.
//!
//! Names carry a hash, and whoever reads checks it again, so an entry is either right or useless.

use std::collections::HashMap;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Cache, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemRemoveOptions, FileSystemWritableFileStream, Response,
};

use crate::js;

/// Folder, and name of the Cache.
const NAME: &str = "palate-encoder";

/// A place for files, opened once.
pub(crate) enum Store {
    /// Origin private file system.
    Folder(FileSystemDirectoryHandle),
    /// Cache API.
    Cache(Cache),
    /// Neither is there.
    Nowhere,
}

impl Store {
    /// Opens the best place that this browser lets us write to.
    pub(crate) async fn open() -> Self {
        if let Ok(folder) = open_folder().await {
            return Self::Folder(folder);
        }
        open_cache().await.map_or(Self::Nowhere, Self::Cache)
    }

    /// The bytes kept under `name`; anything that goes wrong counts as absent.
    pub(crate) async fn get(&self, name: &str) -> Option<Vec<u8>> {
        match self {
            Self::Folder(folder) => read_file(folder, name).await.ok(),
            Self::Cache(cache) => read_cache(cache, name).await.ok().flatten(),
            Self::Nowhere => None,
        }
    }

    /// Keeps verified bytes; false when there is no place (a full disk, a private window).
    pub(crate) async fn put(&self, name: &str, bytes: &[u8]) -> bool {
        match self {
            Self::Folder(folder) => write_file(folder, name, bytes).await.is_ok(),
            Self::Cache(cache) => write_cache(cache, name, bytes).await.is_ok(),
            Self::Nowhere => false,
        }
    }

    /// Removes one file.
    pub(crate) async fn remove(&self, name: &str) {
        let removed = match self {
            Self::Folder(folder) => folder.remove_entry(name),
            Self::Cache(cache) => cache.delete_with_str(&address(name)),
            Self::Nowhere => return,
        };
        // Removing what is not there is no failure.
        let _ = JsFuture::from(removed).await;
    }
}

/// Removes everything ever kept, in every place.
pub(crate) async fn delete_all() {
    if let Ok(root) = root_folder().await {
        let options = FileSystemRemoveOptions::new();
        options.set_recursive(true);
        let _ = JsFuture::from(root.remove_entry_with_options(NAME, &options)).await;
    }
    if js::has(&js::scope(), "caches")
        && let Ok(caches) = js::scope().caches()
    {
        let _ = JsFuture::from(caches.delete(NAME)).await;
    }
}

/// Verified files that found no place, and pieces of files whose download stopped. Lives as long as the worker.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) whole: HashMap<String, Vec<u8>>,
    pub(crate) partial: HashMap<String, Vec<u8>>,
}

async fn root_folder() -> Result<FileSystemDirectoryHandle, JsValue> {
    let storage = js_sys::Reflect::get(&js::scope().navigator(), &"storage".into())?;
    if !js::has(&storage, "getDirectory") {
        return Err("this browser has no private file system".into());
    }
    js::wait(js::scope().navigator().storage().get_directory()).await
}

/// The folder, proven by a write: some browsers offer it and then refuse.
async fn open_folder() -> Result<FileSystemDirectoryHandle, JsValue> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    let folder: FileSystemDirectoryHandle = js::wait(
        root_folder()
            .await?
            .get_directory_handle_with_options(NAME, &options),
    )
    .await?;
    write_file(&folder, "probe", b"palate").await?;
    Ok(folder)
}

async fn file_handle(
    folder: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemFileHandle, JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(create);
    js::wait(folder.get_file_handle_with_options(name, &options)).await
}

async fn read_file(folder: &FileSystemDirectoryHandle, name: &str) -> Result<Vec<u8>, JsValue> {
    let file: File = js::wait(file_handle(folder, name, false).await?.get_file()).await?;
    let buffer = JsFuture::from(file.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Writes a file as a whole: what is written becomes visible when it is closed.
async fn write_file(
    folder: &FileSystemDirectoryHandle,
    name: &str,
    bytes: &[u8],
) -> Result<(), JsValue> {
    let handle = file_handle(folder, name, true).await?;
    if !js::has(&handle, "createWritable") {
        return Err("this browser cannot write files asynchronously".into());
    }
    let stream: FileSystemWritableFileStream = js::wait(handle.create_writable()).await?;
    // A copy: memory of a wasm module may move while the browser writes.
    let written = JsFuture::from(stream.write_with_js_u8_array(&Uint8Array::from(bytes))?).await;
    if let Err(error) = written {
        let _ = JsFuture::from(stream.abort()).await;
        return Err(error);
    }
    JsFuture::from(stream.close()).await.map(drop)
}

async fn open_cache() -> Option<Cache> {
    if !js::has(&js::scope(), "caches") {
        return None;
    }
    let opened: Promise = js::scope().caches().ok()?.open(NAME);
    js::wait(opened).await.ok()
}

/// The Cache API wants addresses.
fn address(name: &str) -> String {
    format!("/{NAME}/{name}")
}

async fn read_cache(cache: &Cache, name: &str) -> Result<Option<Vec<u8>>, JsValue> {
    let found = JsFuture::from(cache.match_with_str(&address(name))).await?;
    if found.is_undefined() {
        return Ok(None);
    }
    let response: Response = wasm_bindgen::JsCast::dyn_into(found)?;
    crate::net::body(&response).await.map(Some)
}

async fn write_cache(cache: &Cache, name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let response = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(bytes)))?;
    JsFuture::from(cache.put_with_str(&address(name), &response))
        .await
        .map(drop)
}
