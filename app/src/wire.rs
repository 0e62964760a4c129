//! Messages of the worker, read without serde's buffering of tagged unions, which would be a twentieth of the download.
//!
//! Mirrors the tags and the inline variants of [`palate_shared::infer::Response`]; everything else is that crate's own.

use palate_shared::infer::{DeviceReport, Failure, FailureCode, MethodInfo, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

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

/// A message as it came, before its body has a type.
pub(crate) struct Message {
    /// The request that it answers; 0 when unasked.
    pub(crate) id: u64,
    /// What it says.
    pub(crate) body: Body,
}

/// What a message says, still without a type.
pub(crate) struct Body {
    tag: String,
    value: Value,
}

impl Message {
    /// Opens a message.
    ///
    /// # Errors
    /// When the text is not a message of the worker.
    pub(crate) fn open(text: &str) -> Result<Self, Error> {
        let message = Value::parse(text)?;
        let value = message.field("body");
        Ok(Self {
            id: message.field("id").read()?,
            body: Body {
                tag: value.field("type").read()?,
                value,
            },
        })
    }
}

impl Body {
    /// Reads what only one page asks for, there: `tag` names it.
    ///
    /// # Errors
    /// When it is something else, or of another shape.
    pub(crate) fn read<T: DeserializeOwned>(self, tag: &str) -> Result<Option<T>, Error> {
        if self.tag != tag {
            return Ok(None);
        }
        self.value.read().map(Some)
    }

    /// The failure, if it is one.
    pub(crate) fn or_failure(self) -> Result<Self, Failure> {
        match self.tag.as_str() {
            "failed" => Err(self.value.read().unwrap_or_else(|error| Failure {
                code: FailureCode::Device,
                message: error.to_string(),
            })),
            _ => Ok(self),
        }
    }

    /// Reads what several parts of the page know. `None` for the rest, and for answers that pages never ask for (benches
    /// and tests).
    ///
    /// # Errors
    /// When it is of another shape.
    pub(crate) fn response(self) -> Result<Option<Response>, Error> {
        let Self { tag, value: body } = self;
        Ok(Some(match tag.as_str() {
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
            "training" => Response::Training(body.read()?),
            "question" => Response::Question(body.read()?),
            "device" => Response::Device(body.read()?),
            "failed" => Response::Failed(body.read()?),
            _ => return Ok(None),
        }))
    }
}
