//! Numbers in words.

use crate::locale;

/// A share as a percentage without decimals.
pub(crate) fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// Bytes as people read them, decimal units.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..=999 => format!("{count} B"),
        1_000..=999_999 => format!("{:.0} kB", count as f64 / 1e3),
        1_000_000..=9_999_999 => format!("{} MB", locale::decimal(count as f64 / 1e6, 1)),
        _ => format!("{:.0} MB", count as f64 / 1e6),
    }
}

/// A weight with its sign and two decimals.
pub(crate) fn signed(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "+" };
    format!("{sign}{}", locale::decimal(value.abs(), 2))
}

/// The first words of an answer.
pub(crate) fn opening(text: &str) -> String {
    let mut words: String = text
        .split_whitespace()
        .take(12)
        .collect::<Vec<_>>()
        .join(" ");
    if text.split_whitespace().nth(12).is_some() {
        words.push('…');
    }
    words
}

/// Logistic function.
pub(crate) fn sigmoid(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(46_000_000), "46 MB");
        assert_eq!(bytes(1_500_000), "1.5 MB");
        assert_eq!(bytes(64_200), "64 kB");
    }

    #[test]
    fn an_opening_is_a_dozen_words_on_one_line() {
        assert_eq!(opening("one\n\ntwo"), "one two");
        assert_eq!(opening(&"word ".repeat(20)).split(' ').count(), 12);
    }

    #[test]
    fn weights_show_their_sign() {
        assert_eq!(signed(0.126), "+0.13");
        assert_eq!(signed(-2.0), "-2.00");
    }

    #[test]
    fn the_logistic_function_is_even_at_zero() {
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
