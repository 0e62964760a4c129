//! Numbers in words.

/// A share as a percentage without decimals.
pub(crate) fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// Bytes as people read them, decimal units.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..=999 => format!("{count} B"),
        1_000..=999_999 => format!("{:.0} kB", count as f64 / 1e3),
        1_000_000..=9_999_999 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.0} MB", count as f64 / 1e6),
    }
}

/// "1 vote", "2 votes".
pub(crate) fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How sure a probability of at least one half sounds.
pub(crate) fn strength(probability: f64) -> &'static str {
    match probability {
        p if p >= 0.9 => "very likely",
        p if p >= 0.75 => "likely",
        p if p >= 0.6 => "somewhat likely",
        _ => "close to a coin flip",
    }
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
    fn strength_grows_with_the_probability() {
        let said: Vec<_> = [0.5, 0.65, 0.8, 0.95].map(strength).into();
        assert_eq!(
            said,
            [
                "close to a coin flip",
                "somewhat likely",
                "likely",
                "very likely"
            ]
        );
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
