//! What can go wrong, by kind.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error that names what is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device failed.
    #[error("device: {0}")]
    Device(String),
    /// Weights, heads or a pack do not parse or do not fit together.
    #[error("weights: {0}")]
    Weights(String),
    /// The caller's input does not fit.
    #[error("input: {0}")]
    Input(String),
}
