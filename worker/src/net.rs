//! HTTP: whole small files with a check, and streams that can be stopped and continued.

use js_sys::{Promise, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, RequestInit, Response};

use crate::js;

/// Lower-case hex SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Starts a request; several may be under way together.
pub(crate) fn start(url: &str) -> Promise {
    js::scope().fetch_with_str(url)
}

/// Waits for the status line of a request.
pub(crate) async fn response(promise: Promise) -> Result<Response, JsValue> {
    js::wait(promise).await
}

/// The whole body.
pub(crate) async fn body(response: &Response) -> Result<Vec<u8>, JsValue> {
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Asks for a file from byte `from` on; the server may answer 206 with the rest or 200 with all of it.
pub(crate) async fn open(url: &str, from: u64, signal: &AbortSignal) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    init.set_signal(Some(signal));
    if from > 0 {
        let headers = Headers::new()?;
        headers.set("Range", &format!("bytes={from}-"))?;
        init.set_headers_headers(&headers);
    }
    js::wait(js::scope().fetch_with_str_and_init(url, &init)).await
}

/// Whether a 206 answer goes on at byte `from`.
pub(crate) fn continues_at(response: &Response, from: u64) -> bool {
    let range = response
        .headers()
        .get("content-range")
        .ok()
        .flatten()
        .unwrap_or_default();
    range
        .strip_prefix("bytes ")
        .and_then(|rest| rest.split('-').next())
        .and_then(|first| first.parse().ok())
        == Some(from)
}

/// The body of a response, piece by piece.
pub(crate) struct Pieces {
    reader: ReadableStreamDefaultReader,
}

impl Pieces {
    /// Takes the body; `None` when there is none.
    pub(crate) fn of(response: &Response) -> Result<Option<Self>, JsValue> {
        let Some(stream) = response.body() else {
            return Ok(None);
        };
        Ok(Some(Self {
            reader: ReadableStreamDefaultReader::new(&stream)?,
        }))
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&self) -> Result<Option<Uint8Array>, JsValue> {
        let step = JsFuture::from(self.reader.read()).await?;
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        Reflect::get(&step, &"value".into())?.dyn_into().map(Some)
    }
}
