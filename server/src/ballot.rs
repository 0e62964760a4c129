//! Ballots: single-use rights to submit one judgment, fetched in advance so that offline votes work.

use palate_shared::ids::BallotId;

use crate::clock::DAY_MS;
use crate::secret::{Purpose, Secret};
use crate::signed::{self, TokenError, Verified};

/// How long a ballot can be spent, days: for votes given offline.
pub const LIFETIME_DAYS: u16 = 7;

/// A blank ballot for `user_id`.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn issue(
    secret: &Secret,
    user_id: &str,
    now_ms: i64,
) -> Result<BallotId, rand::rand_core::OsError> {
    let expires_at = now_ms + i64::from(LIFETIME_DAYS) * DAY_MS;
    signed::issue(secret, Purpose::Ballot, user_id, expires_at).map(BallotId)
}

/// Checks that a ballot was given to `user_id` and is in time. Whether it is spent is the database's to say.
///
/// # Errors
/// When the ballot is altered, foreign or expired.
pub fn verify(
    secret: &Secret,
    ballot: &BallotId,
    user_id: &str,
    now_ms: i64,
) -> Result<Verified, TokenError> {
    signed::verify(secret, Purpose::Ballot, ballot.as_str(), user_id, now_ms)
}
