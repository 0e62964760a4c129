//! The talk about one generation: asked for, followed through lost connections, stopped, revealed.

use gloo_net::http::Request;
use js_sys::{Function, Promise, Uint8Array};
use palate_shared::api::generation::{Finish, StreamEvent};
use palate_shared::ids::ComparisonId;
use palate_shared::routes;
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::sse::Reader;
use crate::error::{Error, Result};
use crate::json::{self, Value};
use crate::{api, dom};

/// Tries to go on after the connection was lost, before giving up; counted anew with everything that arrives.
const TRIES: u32 = 6;
/// Wait before the first of them, milliseconds; doubled each time.
const WAIT_MS: u64 = 150;

/// Events that are read between two frames.
const AT_ONCE: usize = 50;

#[derive(Deserialize)]
struct Queued {
    position: u32,
}

#[derive(Deserialize)]
struct Delta {
    pane: u8,
    text: String,
}

#[derive(Deserialize)]
struct Done {
    pane: u8,
    finish: Finish,
    first_token_ms: Option<u32>,
    duration_ms: u32,
    leaks: bool,
}

/// The usual event, read where it stands: a long answer has tens of thousands, and a parser would leave garbage for each.
/// `None` for any other, and for texts with escapes.
fn plain_delta(data: &str) -> Option<StreamEvent> {
    let rest = data.strip_prefix("{\"type\":\"delta\",\"pane\":")?;
    let (pane, rest) = rest.split_once(",\"text\":\"")?;
    let text = rest.strip_suffix("\"}")?;
    let is_plain = !text.contains(['\\', '"']);
    Some(StreamEvent::Delta {
        pane: pane.parse().ok()?,
        text: is_plain.then(|| text.to_owned())?,
    })
}

/// Reads an event without serde's buffering of tagged unions; `None` for what a later server may add.
///
/// # Errors
/// When it is of another shape.
fn event(data: &str) -> std::result::Result<Option<StreamEvent>, json::Error> {
    if let Some(delta) = plain_delta(data) {
        return Ok(Some(delta));
    }
    let value = Value::parse(data)?;
    let tag: String = value.field("type").read()?;
    Ok(Some(match tag.as_str() {
        "queued" => {
            let Queued { position } = value.read()?;
            StreamEvent::Queued { position }
        }
        "delta" => {
            let Delta { pane, text } = value.read()?;
            StreamEvent::Delta { pane, text }
        }
        "done" => {
            let Done {
                pane,
                finish,
                first_token_ms,
                duration_ms,
                leaks,
            } = value.read()?;
            StreamEvent::Done {
                pane,
                finish,
                first_token_ms,
                duration_ms,
                leaks,
            }
        }
        "end" => StreamEvent::End,
        _ => return Ok(None),
    }))
}

/// Follows a generation to its end, also through lost connections.
///
/// # Errors
/// When the connection stays lost, or the server refuses.
pub(crate) async fn follow(
    id: &ComparisonId,
    signal: &AbortSignal,
    mut tell: impl FnMut(StreamEvent),
) -> Result<()> {
    let url = routes::COMPARISON_STREAM.replace("{id}", id.as_str());
    let mut last: Option<String> = None;
    let mut lost = 0;
    loop {
        let before = last.clone();
        match listen(&url, signal, &mut last, &mut tell).await {
            Ok(true) => return Ok(()),
            Ok(false) | Err(Error::Network) => {}
            Err(error) => return Err(error),
        }
        if last != before {
            lost = 0;
        }
        if lost >= TRIES || signal.aborted() {
            return Err(Error::Network);
        }
        dom::sleep(WAIT_MS << lost).await;
        lost += 1;
    }
}

/// Listens until the stream ends; whether it was the end of the generation too.
async fn listen(
    url: &str,
    signal: &AbortSignal,
    last: &mut Option<String>,
    tell: &mut impl FnMut(StreamEvent),
) -> Result<bool> {
    let mut request = Request::get(url).abort_signal(Some(signal));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = api::finish(request.send().await).await?;
    let call = |object: &JsValue, method: &str| -> Option<JsValue> {
        let method: Function = dom::get(object, method)?.dyn_into().ok()?;
        method.call0(object).ok()
    };
    let body = dom::get(&response, "body").ok_or(Error::Network)?;
    let bytes = call(&body, "getReader").ok_or(Error::Network)?;
    let mut reader = Reader::default();
    loop {
        let piece: Promise = call(&bytes, "read")
            .and_then(|promise| promise.dyn_into().ok())
            .ok_or(Error::Network)?;
        let piece = JsFuture::from(piece).await.map_err(|_| Error::Network)?;
        let Some(piece) = dom::get(&piece, "value") else {
            return Ok(false);
        };
        let piece = piece.unchecked_into::<Uint8Array>().to_vec();
        for (at, sent) in reader.take(&piece).into_iter().enumerate() {
            if at % AT_ONCE == AT_ONCE - 1 {
                // The page may draw.
                dom::sleep(0).await;
            }
            let event = event(&sent.data).map_err(|error| Error::Decode(error.to_string()))?;
            if sent.id.is_some() {
                *last = sent.id;
            }
            match event {
                Some(StreamEvent::End) => return Ok(true),
                Some(event) => tell(event),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_event_is_read_where_it_stands_and_any_other_is_left_to_the_parser() {
        let sent = |text: &str| {
            let delta = StreamEvent::Delta {
                pane: 3,
                text: text.to_owned(),
            };
            serde_json::to_string(&delta).expect("writes")
        };
        for text in [
            "",
            " plain, with ä and {braces}",
            "\",\"text\":\"",
            "a\nb",
            "\\",
        ] {
            let data = sent(text);
            let found = plain_delta(&data);
            assert_eq!(found.is_some(), !data.contains('\\'), "{data}");
            if let Some(found) = found {
                assert_eq!(serde_json::to_string(&found).expect("writes"), data);
            }
        }
        assert_eq!(plain_delta(r#"{"type":"end"}"#), None);
        assert_eq!(
            plain_delta(r#"{"type":"delta","pane":300,"text":"a"}"#),
            None
        );
        assert_eq!(
            plain_delta(r#"{"type":"delta","pane":1,"text":"a","x":"b"}"#),
            None
        );
    }
}
