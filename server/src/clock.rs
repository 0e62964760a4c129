//! Times as they are stored and shown.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60 * 1000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Now, milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    to_ms(OffsetDateTime::now_utc())
}

/// RFC 3339 UTC with milliseconds dropped to what is stored; the epoch for times out of range.
pub fn rfc3339(at_ms: i64) -> String {
    at(at_ms)
        .format(&Rfc3339)
        .unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
}

/// The day of a time, `YYYY-MM-DD` UTC.
pub fn day(at_ms: i64) -> String {
    at(at_ms)
        .format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_else(|_| "1970-01-01".to_owned())
}

/// First millisecond after a day `YYYY-MM-DD`; `None` when it is not a day.
pub fn end_of_day(day: &str) -> Option<i64> {
    let date = Date::parse(day, format_description!("[year]-[month]-[day]")).ok()?;
    Some(to_ms(date.midnight().assume_utc()) + DAY_MS)
}

fn at(at_ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn to_ms(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_are_utc() {
        assert_eq!(rfc3339(1_763_856_000_123), "2025-11-23T00:00:00.123Z");
        assert_eq!(day(1_763_855_999_999), "2025-11-22");
        assert_eq!(end_of_day("2025-11-22"), Some(1_763_856_000_000));
        assert_eq!(end_of_day("2025-13-22"), None);
        assert_eq!(end_of_day("latest"), None);
    }
}
