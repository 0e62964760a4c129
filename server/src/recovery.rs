//! Recovery codes: 20 characters of Crockford's base 32 (<https://www.crockford.com/base32.html>), 100 random bit.

use crate::secret::{Purpose, Secret, random_bytes};

/// Without I, L, O and U: the first three are read as digits, the last makes words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code.
const LENGTH: usize = 20;
/// Characters between two dashes.
const GROUP: usize = 5;

/// A new code as it is shown.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn new_code() -> Result<String, rand::rand_core::OsError> {
    let bytes = random_bytes::<LENGTH>()?;
    let mut code = String::with_capacity(LENGTH + LENGTH / GROUP);
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)])); // 256 is a multiple of 32: uniform
    }
    Ok(code)
}

/// What is stored of a code, hex; `None` for a text that is no code. A search for it takes a time that tells nothing
/// about any code, since nobody without the server's key can choose or predict the hash.
pub fn hash(secret: &Secret, typed: &str) -> Option<String> {
    let code = canonical(typed)?;
    Some(hex::encode(
        secret.mac(Purpose::Recovery, &[code.as_bytes()]),
    ))
}

/// The characters of a code as they were made: upper case, without spaces and dashes, look-alikes read as digits.
fn canonical(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH);
    for letter in typed.chars() {
        if letter.is_whitespace() || letter == '-' {
            continue;
        }
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if code.len() == LENGTH || !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        code.push(letter);
    }
    (code.len() == LENGTH).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_four_groups_of_five_unambiguous_characters() {
        let codes: std::collections::HashSet<String> = (0..200)
            .map(|_| new_code().expect("has randomness"))
            .collect();
        assert_eq!(codes.len(), 200);
        let mut used = std::collections::BTreeSet::new();
        for code in &codes {
            let groups: Vec<&str> = code.split('-').collect();
            assert!(
                groups.len() == 4 && groups.iter().all(|group| group.len() == 5),
                "{code}"
            );
            used.extend(code.bytes().filter(|byte| *byte != b'-'));
        }
        assert!(used.iter().eq(ALPHABET.iter()), "all 32 and no other");
    }

    #[test]
    fn case_spaces_dashes_and_look_alikes_do_not_matter() {
        let code = "0123O-ABCDE-FGHJK-MNPQ1";
        for typed in [
            "01230abcdefghjkmnpq1",
            " o123o abcde fghjk mnpql\n",
            "0123-0ABCDEF-GHJKMNPQI",
        ] {
            assert_eq!(canonical(typed), canonical(code), "{typed}");
        }
        for odd in [
            "",
            "-",
            "0123OABCDEFGHJKMNPQ",
            "0123OABCDEFGHJKMNPQ11",
            "U123OABCDEFGHJKMNPQ1",
            "é123OABCDEFGHJKMNPQ1",
        ] {
            assert_eq!(canonical(odd), None, "{odd}");
        }
    }
}
