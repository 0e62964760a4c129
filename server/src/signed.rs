//! Signed single-use tokens: rights that cost nothing to give and are stored only once they are spent.
//!
//! A token is `RANDOM EXPIRY . HMAC`, all hex: 16 random bytes, the expiry in milliseconds (8 bytes, big endian) and the
//! first 16 bytes of an HMAC-SHA-256 over both and what the token is bound to.

use crate::secret::{Purpose, Secret, equal_in_constant_time, random_hex};

/// A token whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The random part, hex: names the token in the spent set.
    pub id: String,
    /// When it expires, milliseconds since the Unix epoch.
    pub expires_at: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Altered, made up, or bound to something else.
    #[error("the signature does not hold")]
    Invalid,
    /// Too old.
    #[error("expired")]
    Expired,
}

/// A new token for `purpose`, bound to `bound`, good until `expires_at` (milliseconds since the Unix epoch).
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn issue(
    secret: &Secret,
    purpose: Purpose,
    bound: &str,
    expires_at: i64,
) -> Result<String, rand::rand_core::OsError> {
    let head = format!("{}{expires_at:016x}", random_hex::<16>()?);
    let mac = signature(secret, purpose, &head, bound);
    Ok(format!("{head}.{mac}"))
}

/// Checks signature and expiry. Whether the token is spent is the database's to say.
///
/// # Errors
/// When the token is altered, bound to something else, or expired.
pub fn verify(
    secret: &Secret,
    purpose: Purpose,
    token: &str,
    bound: &str,
    now_ms: i64,
) -> Result<Verified, TokenError> {
    let (head, mac) = token.split_once('.').ok_or(TokenError::Invalid)?;
    let expected = signature(secret, purpose, head, bound);
    if head.len() != 48 || !equal_in_constant_time(mac.as_bytes(), expected.as_bytes()) {
        return Err(TokenError::Invalid);
    }
    let (id, expiry) = head.split_at_checked(32).ok_or(TokenError::Invalid)?;
    let expires_at = i64::from_str_radix(expiry, 16).map_err(|_| TokenError::Invalid)?;
    if expires_at <= now_ms {
        return Err(TokenError::Expired);
    }
    Ok(Verified {
        id: id.to_owned(),
        expires_at,
    })
}

fn signature(secret: &Secret, purpose: Purpose, head: &str, bound: &str) -> String {
    hex::encode(&secret.mac(purpose, &[head.as_bytes(), bound.as_bytes()])[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        Secret::load_or_create(dir.path()).expect("is made")
    }

    #[test]
    fn a_token_is_good_for_its_purpose_its_owner_and_its_time() {
        let secret = secret();
        let token = issue(&secret, Purpose::Ballot, "ann", 5_000).expect("is issued");
        let check = |purpose, bound, now| verify(&secret, purpose, &token, bound, now);
        assert_eq!(
            check(Purpose::Ballot, "ann", 4_999).map(|token| token.expires_at),
            Ok(5_000)
        );
        assert_eq!(check(Purpose::Ballot, "bob", 1), Err(TokenError::Invalid));
        assert_eq!(check(Purpose::Work, "ann", 1), Err(TokenError::Invalid));
        assert_eq!(
            check(Purpose::Ballot, "ann", 5_000),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn every_altered_character_is_refused() {
        let secret = secret();
        let token = issue(&secret, Purpose::Ballot, "ann", 5_000).expect("is issued");
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).expect("is ASCII");
            assert_eq!(
                verify(&secret, Purpose::Ballot, &altered, "ann", 1),
                Err(TokenError::Invalid),
                "at {at}"
            );
        }
        for odd in ["", ".", "é.é", "0.0"] {
            assert_eq!(
                verify(&secret, Purpose::Ballot, odd, "ann", 1),
                Err(TokenError::Invalid)
            );
        }
    }
}
