//! Reads a file of votes, so that no page has to do it between two frames.

use js_sys::{Function, Reflect};
use palate_shared::infer::{FailureCode, Response};
use palate_shared::taste;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use crate::failure::{Result, failure};
use crate::js;
use crate::state::State;

/// Refusals that are told one by one.
const TOLD: usize = 5;
/// Events in one message, so that a page takes one in between two frames.
const PIECE: usize = 50;

/// Reads the file that was posted last.
pub(crate) async fn read(state: &State) -> Result<Response> {
    let file = state.files.take().pop();
    let text = match file {
        Some(file) => text(&file).await,
        None => Err("no file was posted".into()),
    };
    // The page then reads it itself, or says why it cannot.
    let text = text.map_err(|why| failure(FailureCode::Input, why))?;
    let found =
        taste::read(&text).map_err(|error| failure(FailureCode::File, error.to_string()))?;
    drop(text);
    let mut merge =
        state.with_session(|session| Ok(taste::merge(session.log(), found.taste.events)))?;
    let mut refused = found.refused;
    refused.extend(merge.refused);
    let summary = Response::Taste {
        new: merge.new.len(),
        known: merge.known + found.doubled,
        refused: refused.len(),
        first: refused.iter().take(TOLD).map(ToString::to_string).collect(),
    };
    // The order of the log, so that a page has only to append.
    merge.new.sort_by(|a, b| a.id.cmp(&b.id));
    state.brought.replace(merge.new);
    Ok(summary)
}

/// The next of the file's new events; they are let go after the last.
pub(crate) fn events(state: &State, from: usize) -> Response {
    let mut brought = state.brought.borrow_mut();
    let events: Vec<String> = brought
        .iter()
        .skip(from)
        .take(PIECE)
        .filter_map(|event| serde_json::to_string(event).ok())
        .collect();
    if events.is_empty() {
        *brought = Vec::new();
    }
    Response::Events { events }
}

async fn text(file: &Blob) -> std::result::Result<String, String> {
    let asked = || -> std::result::Result<js_sys::Promise, JsValue> {
        Reflect::get(file, &"text".into())?
            .dyn_into::<Function>()?
            .call0(file)?
            .dyn_into()
    };
    let promise = asked().map_err(|error| js::describe(&error))?;
    let text: js_sys::JsString = js::wait(promise)
        .await
        .map_err(|error| js::describe(&error))?;
    Ok(text.into())
}
