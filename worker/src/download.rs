//! The encoder's files: from the cache where they are, from the server where they are not; checked before they are
//! used or kept, counted in one progress, stoppable, continued where they stopped.

use js_sys::Uint8Array;
use palate_shared::infer::{Failure, FailureCode, Response};
use palate_shared::pack::{WeightsFile, WeightsManifest};
use wasm_bindgen::JsValue;
use web_sys::AbortController;

use crate::cache::{Memory, Store};
use crate::failure::{Result, failure, network};
use crate::{messages, net};

/// Progress is told at most once per this many bytes, and at the end.
const PROGRESS_STEP: u64 = 256 << 10;
const WHAT: &str = "the text encoder";

/// What the encoder is made of.
pub(crate) struct EncoderFiles {
    /// One safetensors file.
    pub(crate) weights: Vec<u8>,
    /// `tokenizer.json`.
    pub(crate) tokenizer: Vec<u8>,
}

/// A download under way.
pub(crate) struct Download<'a> {
    url: &'a str,
    store: Store,
    abort: &'a AbortController,
    memory: &'a std::cell::RefCell<Memory>,
    progress: Progress,
}

struct Progress {
    loaded: u64,
    told: u64,
    total: u64,
}

/// Brings all files of the encoder at `url`.
pub(crate) async fn fetch_encoder(
    url: &str,
    abort: &AbortController,
    memory: &std::cell::RefCell<Memory>,
) -> Result<EncoderFiles> {
    let manifest = fetch_manifest(url, abort).await?;
    let total = manifest.bytes + manifest.tokenizer.bytes;
    let progress = Progress {
        loaded: 0,
        told: 0,
        total,
    };
    let mut download = Download {
        url,
        store: Store::open().await,
        abort,
        memory,
        progress,
    };
    download.progress.tell();
    let tokenizer = download.file(&manifest.tokenizer).await?;
    let mut weights = Vec::with_capacity(manifest.bytes as usize);
    for shard in &manifest.shards {
        weights.extend_from_slice(&download.file(shard).await?);
    }
    download.progress.tell();
    Ok(EncoderFiles { weights, tokenizer })
}

async fn fetch_manifest(url: &str, abort: &AbortController) -> Result<WeightsManifest> {
    let response = net::open(&format!("{url}/manifest.json"), 0, &abort.signal())
        .await
        .map_err(|_| broken(abort))?;
    if response.status() != 200 {
        return Err(missing(response.status()));
    }
    let bytes = net::body(&response).await.map_err(|_| broken(abort))?;
    WeightsManifest::read(&bytes).map_err(|error| {
        failure(
            FailureCode::WeightsCorrupt,
            format!("The list of the text encoder's files is refused: {error}. Try again later."),
        )
    })
}

impl Download<'_> {
    /// One verified file.
    async fn file(&mut self, file: &WeightsFile) -> Result<Vec<u8>> {
        let before = self.progress.loaded;
        if let Some(bytes) = self.kept(file).await {
            self.progress.set(before + file.bytes);
            return Ok(bytes);
        }
        let bytes = self.fetch(file, before).await?;
        if !is_intact(file, &bytes) {
            return Err(failure(
                FailureCode::WeightsCorrupt,
                "A part of the text encoder arrived damaged and was thrown away. Try again; the parts that were right are kept.",
            ));
        }
        if !self.store.put(&file.name, &bytes).await {
            self.memory
                .borrow_mut()
                .whole
                .insert(file.name.clone(), bytes.clone());
        }
        Ok(bytes)
    }

    /// From memory or cache, checked; a wrong entry is removed.
    async fn kept(&self, file: &WeightsFile) -> Option<Vec<u8>> {
        if let Some(bytes) = self.memory.borrow().whole.get(&file.name) {
            return Some(bytes.clone());
        }
        let bytes = self.store.get(&file.name).await?;
        if is_intact(file, &bytes) {
            return Some(bytes);
        }
        self.store.remove(&file.name).await;
        None
    }

    /// From the server, going on behind what an earlier try left. `before` counts the bytes of earlier files.
    async fn fetch(&mut self, file: &WeightsFile, before: u64) -> Result<Vec<u8>> {
        let mut bytes = self
            .memory
            .borrow_mut()
            .partial
            .remove(&file.name)
            .unwrap_or_default();
        let url = format!("{}/{}", self.url, file.name);
        let opened = net::open(&url, bytes.len() as u64, &self.abort.signal()).await;
        let response = match opened {
            Ok(response) => response,
            Err(_) => return Err(self.interrupted(file, bytes)),
        };
        match response.status() {
            200 => bytes.clear(),
            206 if net::continues_at(&response, bytes.len() as u64) => {}
            206 | 416 => {
                return Err(failure(
                    FailureCode::Network,
                    "The server could not go on with the text encoder where it stopped. Try again to start this part anew.",
                ));
            }
            status => return Err(missing(status)),
        }
        self.progress.set(before + bytes.len() as u64);
        let Ok(Some(pieces)) = net::Pieces::of(&response) else {
            return Err(self.interrupted(file, bytes));
        };
        loop {
            match pieces.next().await {
                Ok(Some(piece)) => {
                    append(&mut bytes, &piece);
                    if bytes.len() as u64 > file.bytes {
                        break;
                    }
                    self.progress.set(before + bytes.len() as u64);
                }
                Ok(None) if (bytes.len() as u64) < file.bytes => {
                    return Err(self.interrupted(file, bytes));
                }
                Ok(None) => break,
                Err(_) => return Err(self.interrupted(file, bytes)),
            }
        }
        Ok(bytes)
    }

    /// Keeps in memory what arrived, and says why no more did.
    fn interrupted(&self, file: &WeightsFile, bytes: Vec<u8>) -> Failure {
        if !bytes.is_empty() {
            self.memory
                .borrow_mut()
                .partial
                .insert(file.name.clone(), bytes);
        }
        broken(self.abort)
    }
}

impl Progress {
    fn set(&mut self, loaded: u64) {
        self.loaded = loaded;
        if loaded.abs_diff(self.told) >= PROGRESS_STEP {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.told = self.loaded;
        messages::tell(Response::Progress {
            loaded: self.loaded,
            total: self.total,
        });
    }
}

fn is_intact(file: &WeightsFile, bytes: &[u8]) -> bool {
    bytes.len() as u64 == file.bytes && net::sha256(bytes) == file.sha256
}

fn append(bytes: &mut Vec<u8>, piece: &Uint8Array) {
    let from = bytes.len();
    bytes.resize(from + piece.length() as usize, 0);
    piece.copy_to(&mut bytes[from..]);
}

/// A request or stream that ended early: by the person, or by the network.
fn broken(abort: &AbortController) -> Failure {
    if abort.signal().aborted() {
        return failure(
            FailureCode::Cancelled,
            "The download was stopped. What arrived is kept; start again to go on from there.",
        );
    }
    network(WHAT)
}

fn missing(status: u16) -> Failure {
    if status >= 500 {
        return failure(
            FailureCode::Network,
            format!(
                "The server answered {status} for the text encoder. What arrived is kept; try again in a while."
            ),
        );
    }
    failure(
        FailureCode::WeightsMissing,
        format!(
            "This server has no text encoder (it answered {status}), so new texts cannot be read here. Ranking works without it. \
             Whoever runs the server can add it with `cargo xtask weights`."
        ),
    )
}

/// A new way to stop a download.
pub(crate) fn new_abort() -> Result<AbortController> {
    AbortController::new()
        .map_err(|error: JsValue| crate::failure::device(&crate::js::describe(&error)))
}
