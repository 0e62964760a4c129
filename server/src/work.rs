//! Proof of work for a new session: a signed challenge, answered once, within ten minutes.

use palate_shared::api::session::{Challenge, Proof};
use palate_shared::pow;

use crate::clock::MINUTE_MS;
use crate::secret::{Purpose, Secret};
use crate::signed::{self, TokenError, Verified};

/// How long a challenge can be answered.
pub const LIFETIME_MS: i64 = 10 * MINUTE_MS;

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// The challenge is not one of this server, or asked for another amount of work.
    #[error("the challenge is not one of this server")]
    Foreign,
    /// The challenge is too old.
    #[error("the challenge has expired")]
    Expired,
    /// The hash has too few leading zero bits.
    #[error("the nonce does not do the work")]
    Undone,
}

/// A challenge of `bits` leading zero bits.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn challenge(
    secret: &Secret,
    bits: u32,
    now_ms: i64,
) -> Result<Challenge, rand::rand_core::OsError> {
    let challenge = signed::issue(
        secret,
        Purpose::Work,
        &bits.to_string(),
        now_ms + LIFETIME_MS,
    )?;
    Ok(Challenge { challenge, bits })
}

/// Checks challenge and work. Whether the challenge was answered before is the database's to say.
///
/// # Errors
/// When the challenge is foreign or expired, or the work is not done.
pub fn verify(
    secret: &Secret,
    proof: &Proof,
    bits: u32,
    now_ms: i64,
) -> Result<Verified, WorkError> {
    let verified = signed::verify(
        secret,
        Purpose::Work,
        &proof.challenge,
        &bits.to_string(),
        now_ms,
    )
    .map_err(|error| match error {
        TokenError::Invalid => WorkError::Foreign,
        TokenError::Expired => WorkError::Expired,
    })?;
    if pow::holds(&proof.challenge, &proof.nonce, bits) {
        Ok(verified)
    } else {
        Err(WorkError::Undone)
    }
}
