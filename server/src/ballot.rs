//! Ballots: single-use rights to submit one judgment, fetched in advance so that offline votes work.
//!
//! A ballot is `RANDOM EXPIRY . HMAC`, all hex: 16 random bytes, the expiry in milliseconds (8 bytes, big endian) and
//! the first 16 bytes of an HMAC-SHA-256 over both and the person. Only spent ballots are stored.

use palate_shared::ids::BallotId;

use crate::clock::DAY_MS;
use crate::secret::{Purpose, Secret, equal_in_constant_time, random_hex};

/// How long a ballot can be spent: a week, for votes given offline.
pub const LIFETIME_MS: i64 = 7 * DAY_MS;

/// A ballot whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The random part, hex: names the ballot in the spent set.
    pub id: String,
    /// When it expires, milliseconds since the Unix epoch.
    pub expires_at: i64,
}

/// Why a ballot is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BallotError {
    /// Altered, made up or of another person.
    #[error("the ballot was not given to this session")]
    Invalid,
    /// Too old.
    #[error("the ballot has expired")]
    Expired,
}

/// A blank ballot for `user_id`.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn issue(
    secret: &Secret,
    user_id: &str,
    now_ms: i64,
) -> Result<BallotId, rand::rand_core::OsError> {
    let head = format!("{}{:016x}", random_hex::<16>()?, now_ms + LIFETIME_MS);
    let mac = signature(secret, &head, user_id);
    Ok(BallotId(format!("{head}.{mac}")))
}

/// Checks signature and expiry. Whether the ballot is spent is the database's to say.
///
/// # Errors
/// When the ballot is altered, foreign or expired.
pub fn verify(
    secret: &Secret,
    ballot: &BallotId,
    user_id: &str,
    now_ms: i64,
) -> Result<Verified, BallotError> {
    let (head, mac) = ballot
        .as_str()
        .split_once('.')
        .ok_or(BallotError::Invalid)?;
    if head.len() != 48
        || !equal_in_constant_time(mac.as_bytes(), signature(secret, head, user_id).as_bytes())
    {
        return Err(BallotError::Invalid);
    }
    let (id, expiry) = head.split_at_checked(32).ok_or(BallotError::Invalid)?;
    let expires_at = i64::from_str_radix(expiry, 16).map_err(|_| BallotError::Invalid)?;
    if expires_at <= now_ms {
        return Err(BallotError::Expired);
    }
    Ok(Verified {
        id: id.to_owned(),
        expires_at,
    })
}

fn signature(secret: &Secret, head: &str, user_id: &str) -> String {
    hex::encode(&secret.mac(Purpose::Ballot, &[head.as_bytes(), user_id.as_bytes()])[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        Secret::load_or_create(dir.path()).expect("is made")
    }

    #[test]
    fn only_the_person_who_got_it_can_use_it_in_time() {
        let secret = secret();
        let ballot = issue(&secret, "ann", 1_000).expect("is issued");
        assert_eq!(
            verify(&secret, &ballot, "ann", 2_000).map(|b| b.expires_at),
            Ok(1_000 + LIFETIME_MS)
        );
        assert_eq!(
            verify(&secret, &ballot, "bob", 2_000),
            Err(BallotError::Invalid)
        );
        assert_eq!(
            verify(&secret, &ballot, "ann", 1_000 + LIFETIME_MS),
            Err(BallotError::Expired)
        );
    }

    #[test]
    fn every_altered_character_is_refused() {
        let secret = secret();
        let ballot = issue(&secret, "ann", 0).expect("is issued").0;
        for at in 0..ballot.len() {
            let mut altered = ballot.clone().into_bytes();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            let altered = BallotId(String::from_utf8(altered).expect("is ASCII"));
            assert_eq!(
                verify(&secret, &altered, "ann", 1),
                Err(BallotError::Invalid),
                "at {at}"
            );
        }
        for odd in ["", ".", "é.é", "0.0"] {
            assert_eq!(
                verify(&secret, &odd.into(), "ann", 1),
                Err(BallotError::Invalid)
            );
        }
    }
}
