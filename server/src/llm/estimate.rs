//! What a text costs in tokens, where nobody said: an own estimate, and how far a reported number is believed.

/// Tokens of the frame around a message.
const PER_MESSAGE: u64 = 4;
/// No tokenizer packs more bytes of ordinary text into a token, on average over a text.
const MOST_BYTES_A_TOKEN: u64 = 16;
/// Tokens of templates and rules that a provider may add to a prompt.
const MOST_ADDED: u64 = 2_048;

/// Tokens of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read by the model.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
}

/// Tokens of a text: a quarter of its ASCII characters, and each other character.
pub fn text(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().filter(|char| !char.is_ascii()).count() as u64;
    ascii.div_ceil(4) + others
}

/// Tokens of a prompt of several messages.
pub fn prompt<'a>(messages: impl IntoIterator<Item = &'a str>) -> u64 {
    messages
        .into_iter()
        .map(|message| text(message) + PER_MESSAGE)
        .sum()
}

/// Whether `reported` tokens can be what a prompt of `bytes` in `messages` messages has: at most one for each byte and what
/// a provider adds, at least one for [`MOST_BYTES_A_TOKEN`].
pub fn can_be_input(reported: u64, bytes: u64, messages: u64) -> bool {
    let most = bytes + messages * PER_MESSAGE * 4 + MOST_ADDED;
    (bytes / MOST_BYTES_A_TOKEN..=most).contains(&reported)
}

/// Whether `reported` tokens can be what an answer of `bytes` has that was allowed `most` tokens: thoughts that are not
/// shown count as well, so it may be many for few bytes, but never more than allowed.
pub fn can_be_output(reported: u64, bytes: u64, most: u64) -> bool {
    (bytes.div_ceil(MOST_BYTES_A_TOKEN)..=most.max(bytes)).contains(&reported)
}

/// Price of `tokens` at `price_micro` for a million, rounded up.
pub fn price(tokens: u64, price_micro: u64) -> u64 {
    let product = u128::from(tokens) * u128::from(price_micro);
    u64::try_from(product.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_script_are_estimated() {
        assert_eq!(text(""), 0);
        assert_eq!(text("Twelve bytes"), 3);
        assert_eq!(text("你好"), 2);
        assert_eq!(prompt(["abcd", "abcde"]), 1 + 2 + 8);
    }

    #[test]
    fn numbers_that_cannot_be_are_not_believed() {
        assert!(can_be_input(250, 1_000, 2));
        assert!(!can_be_input(1, 1_000, 2), "too few");
        assert!(!can_be_input(1_000_000, 1_000, 2), "too many");
        assert!(can_be_output(250, 1_000, 500));
        assert!(can_be_output(500, 0, 500), "thoughts that are not shown");
        assert!(
            !can_be_output(0, 1_000, 500),
            "a text without tokens cannot be"
        );
        assert!(!can_be_output(u64::MAX, 1_000, 500));
    }

    #[test]
    fn prices_are_rounded_up_and_never_overflow() {
        assert_eq!(price(0, 5), 0);
        assert_eq!(price(1, 150_000), 1);
        assert_eq!(price(1_000_000, 150_000), 150_000);
        assert_eq!(price(u64::MAX, u64::MAX), u64::MAX);
    }
}
