//! Small statistics for figures shown to people.

use serde::{Deserialize, Serialize};

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Where fewer people than this are behind a figure, it is shown to nobody.
pub const FEWEST_PEOPLE: u64 = 10;

/// A share with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Point estimate in [0, 1].
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How many trials.
    pub n: u32,
}

impl From<Share> for Estimate {
    fn from(share: Share) -> Self {
        Self {
            value: share.value,
            low: share.low,
            high: share.high,
        }
    }
}

/// Wilson score interval at 95 % (Wilson 1927). A half success counts as half. `None` without trials.
pub fn wilson(successes: f64, n: u32) -> Option<Share> {
    if n == 0 {
        return None;
    }
    let (z, n_f) = (1.959_964, f64::from(n));
    let value = successes / n_f;
    let centre = (value + z * z / (2.0 * n_f)) / (1.0 + z * z / n_f);
    let half =
        z / (1.0 + z * z / n_f) * (value * (1.0 - value) / n_f + z * z / (4.0 * n_f * n_f)).sqrt();
    Some(Share {
        value,
        low: (centre - half).max(0.0),
        high: (centre + half).min(1.0),
        n,
    })
}

/// Held-out votes below which a page says "too early to tell".
pub const TOO_EARLY: u32 = 8;

/// A forecast's score against an outcome in {0, 1}: 1 right, 0 wrong, 0.5 for a forecast of exactly one half.
pub fn correct(p_first: f64, first_won: bool) -> f64 {
    match p_first.partial_cmp(&0.5) {
        Some(std::cmp::Ordering::Greater) => f64::from(u8::from(first_won)),
        Some(std::cmp::Ordering::Less) => f64::from(u8::from(!first_won)),
        _ => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_published_values() {
        // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
        let share = wilson(81.0, 263).expect("has trials");
        assert!(
            (share.low - 0.2553).abs() < 5e-5 && (share.high - 0.3662).abs() < 5e-5,
            "{share:?}"
        );
        assert_eq!(wilson(0.0, 0), None);
    }

    #[test]
    fn a_coin_is_half_right() {
        assert_eq!(correct(0.5, true) + correct(0.5, false), 1.0);
        assert_eq!(correct(0.7, true), 1.0);
        assert_eq!(correct(0.7, false), 0.0);
    }
}
