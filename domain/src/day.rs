//! Days of the calendar, as China's offices count them.

use chrono::{DateTime, NaiveDate};

/// China keeps one time, 8 hours ahead of UTC, all year; in milliseconds.
const CHINA_MS_AHEAD: i64 = 8 * 60 * 60 * 1_000;

/// The day of the calendar that a text names, yyyy-MM-dd and nothing else.
pub fn read(text: &str) -> Option<NaiveDate> {
    let digits = |it: &&str| it.bytes().all(|it| it.is_ascii_digit());
    let mut parts = text.split('-').filter(digits);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let lengths = (year.len(), month.len(), day.len(), text.len());
    if lengths != (4, 2, 2, 10) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Whether a text is a day of the calendar, yyyy-MM-dd.
pub fn is_day(text: &str) -> bool {
    read(text).is_some()
}

/// The day in China at a time in milliseconds since 1970 UTC; the first day of 1970 when there is none.
pub fn in_china(at: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(at.saturating_add(CHINA_MS_AHEAD)).unwrap_or_default().date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_china_begins_at_16_hours_utc() {
        assert_eq!(in_china(1_795_276_799_999).to_string(), "2026-11-21");
        assert_eq!(in_china(1_795_276_800_000).to_string(), "2026-11-22");
        assert_eq!(in_china(i64::MAX).to_string(), "1970-01-01");
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        assert!(is_day("2028-02-29"));
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "+026-01-01",
            "2026-01-01-",
            "-2026-01-01",
            "2026--1-01",
            "明天",
            "",
        ] {
            assert!(!is_day(text), "{text}");
        }
    }
}
