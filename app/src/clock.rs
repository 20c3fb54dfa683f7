//! The device's clock, and times as Chinese offices write them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveTime, TimeZone, Timelike, Weekday};
use domain::day;

/// China has one time zone and no summer time: UTC+8.
const CHINA_OFFSET_S: i32 = 8 * 3600;

/// The time, in milliseconds since 1970, UTC, as this device has it.
pub fn now() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    let now = js_sys::Date::now() as i64;
    now
}

/// `2026-11-22`
pub fn date(at: i64) -> String {
    local(at).date_naive().to_string()
}

/// `2026-11-22 14:02`
pub fn date_time(at: i64) -> String {
    format!("{} {}", date(at), time(at))
}

/// `14:02`
pub fn time(at: i64) -> String {
    let local = local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// Month and day of month, each from 1.
pub fn month_day(at: i64) -> (u32, u32) {
    let local = local(at);
    (local.month(), local.day())
}

/// The day of the week.
pub fn weekday(at: i64) -> Weekday {
    local(at).weekday()
}

/// Whole days from the day of `at` to the day of `now`; 0 is today, 1 yesterday.
pub fn days_ago(at: i64, now: i64) -> i64 {
    (local(now).date_naive() - local(at).date_naive()).num_days()
}

/// Hour of the day, 0 to 23.
pub fn hour(at: i64) -> u32 {
    local(at).hour()
}

/// When `date` (yyyy-MM-dd) and `time` (HH:mm) was or will be, in milliseconds since 1970, UTC.
pub fn read(date: &str, time: &str) -> Option<i64> {
    let date = day::read(date)?;
    let (hour, minute) = time.split_once(':')?;
    let time = NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)?;
    Some(china().from_local_datetime(&date.and_time(time)).single()?.timestamp_millis())
}

fn local(at: i64) -> DateTime<FixedOffset> {
    DateTime::from_timestamp_millis(at).unwrap_or_default().with_timezone(&china())
}

fn china() -> FixedOffset {
    FixedOffset::east_opt(CHINA_OFFSET_S).expect("eight hours are less than a day")
}
