//! The work that the server asks for a new session, so that a thousand sessions cost something.

use sha2::{Digest, Sha256};

/// The most that is ever asked or tried; twenty bits are a million hashes, some seconds in a browser.
pub const MOST_BITS: u32 = 20;

/// The first number whose hash with the challenge, SHA-256 of `challenge:number`, begins with `bits` zero bits.
pub fn solve(challenge: &str, bits: u32) -> String {
    let start = begun(challenge);
    let mut nonce = 0_u64;
    loop {
        let text = nonce.to_string();
        if leading_zeros(&start.clone().chain_update(&text).finalize()) >= bits {
            return text;
        }
        nonce += 1;
    }
}

/// Whether the hash of `challenge:nonce` begins with at least `bits` zero bits.
pub fn holds(challenge: &str, nonce: &str, bits: u32) -> bool {
    leading_zeros(&begun(challenge).chain_update(nonce).finalize()) >= bits
}

fn begun(challenge: &str) -> Sha256 {
    Sha256::new().chain_update(challenge).chain_update(":")
}

fn leading_zeros(hash: &[u8]) -> u32 {
    let whole = hash.iter().take_while(|byte| **byte == 0).count();
    let rest = hash.get(whole).map_or(0, |byte| byte.leading_zeros());
    whole as u32 * 8 + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_bits_that_were_asked_for() {
        for bits in [0, 1, 8, 12] {
            let nonce = solve("challenge", bits);
            assert!(holds("challenge", &nonce, bits));
        }
        assert_eq!(leading_zeros(&[0, 0x10]), 11);
        assert_eq!(leading_zeros(&[0, 0]), 16);
    }

    #[test]
    fn the_answer_of_another_challenge_is_wrong() {
        let nonce = solve("challenge", 12);
        assert!(!holds("challengf", &nonce, 12));
        assert!(!holds("challenge", &format!("{nonce}0"), 12));
    }
}
