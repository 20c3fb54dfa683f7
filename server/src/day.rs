//! Days in China, where every user is.

use chrono::{DateTime, FixedOffset};

/// China's time, in seconds ahead of UTC.
const CHINA_S: i32 = 8 * 60 * 60;
/// A day, in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// No visit was recorded before this: 2020-01-01, in milliseconds since 1970.
const EARLIEST_MS: i64 = 1_577_808_000_000;
/// A device's clock may be ahead of the server's by this much, in milliseconds: one day.
const AHEAD_MS_MAX: i64 = 24 * 60 * 60 * 1_000;

/// yyyy-MM-dd of a time in milliseconds since 1970.
pub fn of(at: i64) -> String {
    let zone = FixedOffset::east_opt(CHINA_S).expect("eight hours is an offset");
    DateTime::from_timestamp_millis(at)
        .map_or_else(|| "1970-01-01".to_owned(), |it| it.with_timezone(&zone).format("%Y-%m-%d").to_string())
}

/// When the day of a time began, in milliseconds since 1970.
pub fn midnight(at: i64) -> i64 {
    let ahead = i64::from(CHINA_S) * 1_000;
    (at + ahead).div_euclid(DAY_MS) * DAY_MS - ahead
}

/// When a day, yyyy-MM-dd, begins, in milliseconds since 1970; `None` when it is no day.
pub fn begins(day: &str) -> Option<i64> {
    let noon = domain::day::read(day)?.and_hms_opt(12, 0, 0)?;
    Some(midnight(noon.and_utc().timestamp_millis()))
}

/// The day of a visit and whether the device's clock was beyond belief: then it is the day of arrival.
pub fn of_visit(claimed: i64, received: i64) -> (String, bool) {
    let believable = (EARLIEST_MS..=received.saturating_add(AHEAD_MS_MAX)).contains(&claimed);
    (of(if believable { claimed } else { received }), !believable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        assert_eq!(of(1_795_449_599_000), "2026-11-23");
        assert_eq!(of(1_795_449_600_000), "2026-11-24");
        assert_eq!(midnight(1_795_449_599_999), 1_795_363_200_000);
        assert_eq!(midnight(1_795_449_600_000), 1_795_449_600_000);
        assert_eq!(begins("2026-11-24"), Some(1_795_449_600_000));
        assert_eq!(begins("2026-11-31"), None);
    }

    #[test]
    fn a_clock_beyond_belief_gives_the_day_of_arrival() {
        let received = 1_795_424_461_686;
        assert_eq!(of_visit(0, received), ("2026-11-23".to_owned(), true));
        assert_eq!(of_visit(4_070_908_800_000, received), ("2026-11-23".to_owned(), true));
        assert_eq!(of_visit(received - 86_400_000, received), ("2026-11-22".to_owned(), false));
    }
}
