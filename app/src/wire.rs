//! Messages of the worker, read without serde's buffering of tagged unions, which would be a twentieth of the download.
//!
//! Mirrors the tags and the inline variants of [`palate_shared::infer::Response`]; everything else is that crate's own.

use palate_shared::infer::{DeviceReport, FromWorker, MethodInfo, Response};
use serde::Deserialize;

use crate::json::{Error, Value};

#[derive(Deserialize)]
struct Ready {
    methods: Vec<MethodInfo>,
    device: DeviceReport,
}

#[derive(Deserialize)]
struct Learned {
    n_fit: u32,
    n_held_out: u32,
    lesson: String,
    refit_ms: f64,
    certainty: f64,
    certainty_before: f64,
}

#[derive(Deserialize)]
struct States {
    states: serde_json::Value,
}

#[derive(Deserialize)]
struct Pow {
    nonce: String,
}

#[derive(Deserialize)]
struct Progress {
    loaded: u64,
    total: u64,
}

/// Reads one message. `None` for answers that pages never ask for (benches and tests).
///
/// # Errors
/// When the text is not a message of the worker.
pub(crate) fn from_worker(text: &str) -> Result<Option<FromWorker>, Error> {
    let message = Value::parse(text)?;
    let id = message.field("id").read()?;
    let body = message.field("body");
    let tag: String = body.field("type").read()?;
    let body = match tag.as_str() {
        "hello" => Response::Hello,
        "done" => Response::Done,
        "ready" => {
            let Ready { methods, device } = body.read()?;
            Response::Ready { methods, device }
        }
        "learned" => {
            let Learned {
                n_fit,
                n_held_out,
                lesson,
                refit_ms,
                certainty,
                certainty_before,
            } = body.read()?;
            Response::Learned {
                n_fit,
                n_held_out,
                lesson,
                refit_ms,
                certainty,
                certainty_before,
            }
        }
        "states" => {
            let States { states } = body.read()?;
            Response::States { states }
        }
        "taste" => Response::Taste {
            new: body.field("new").read()?,
            known: body.field("known").read()?,
            refused: body.field("refused").read()?,
            first: body.field("first").read()?,
        },
        "events" => Response::Events {
            events: body.field("events").read()?,
        },
        "pow" => {
            let Pow { nonce } = body.read()?;
            Response::Pow { nonce }
        }
        "progress" => {
            let Progress { loaded, total } = body.read()?;
            Response::Progress { loaded, total }
        }
        "question" => Response::Question(body.read()?),
        "profile" => Response::Profile(body.read()?),
        "compared" => Response::Compared(body.read()?),
        "device" => Response::Device(body.read()?),
        "failed" => Response::Failed(body.read()?),
        _ => return Ok(None),
    };
    Ok(Some(FromWorker { id, body }))
}
