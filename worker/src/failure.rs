//! Failures in words for people.

use palate_models::Error;
use palate_shared::infer::{Failure, FailureCode};

/// Result of this crate.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// A failure with a code and one or two sentences.
pub(crate) fn failure(code: FailureCode, message: impl Into<String>) -> Failure {
    Failure {
        code,
        message: message.into(),
    }
}

/// What a model says while it works on votes; `weights` of a session come from the pack.
pub(crate) fn of_session(error: Error) -> Failure {
    match error {
        Error::Weights(detail) => pack(&detail),
        other => of_encoder(other),
    }
}

/// What the encoder says.
pub(crate) fn of_encoder(error: Error) -> Failure {
    match error {
        Error::Device(detail) => device(&detail),
        Error::Weights(detail) => failure(
            FailureCode::WeightsCorrupt,
            format!("The text encoder on this server cannot be used: {detail}. Try again later."),
        ),
        Error::Input(detail) => failure(
            FailureCode::Input,
            format!("This cannot be worked on: {detail}."),
        ),
    }
}

/// The pack is missing or corrupt.
pub(crate) fn pack(detail: &str) -> Failure {
    failure(
        FailureCode::Pack,
        format!(
            "The questions and answers did not arrive whole: {detail}. Reload the page to try again."
        ),
    )
}

/// The device failed.
pub(crate) fn device(detail: &str) -> Failure {
    failure(
        FailureCode::Device,
        format!("The part that computes failed: {detail}. It is started again."),
    )
}

/// The network broke.
pub(crate) fn network(what: &str) -> Failure {
    failure(
        FailureCode::Network,
        format!(
            "The connection broke while {what} was loading. What arrived is kept; try again to go on from there."
        ),
    )
}
