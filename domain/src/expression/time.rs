//! Dates and times as the ODK XForms specification writes them: `2026-11-26`, `2026-11-26T09:30:00.000+08:00`.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::{
    error::ErrorKind,
    evaluate::Words,
    number::{round, whole},
};

/// Milliseconds of a day.
pub(super) const DAY_MS: f64 = 86_400_000.0;

/// A date or a time that was read from a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum DayOrTime {
    Date(NaiveDate),
    Time(DateTime<FixedOffset>),
}

/// Reads a date or a time; a time without an offset is at `offset`.
pub(super) fn read(text: &str, offset: FixedOffset) -> Option<DayOrTime> {
    // Most texts are none, and this is asked of every one that is compared.
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    match text.split_once('T') {
        None => crate::day::read(text).map(DayOrTime::Date),
        Some((date, time)) => {
            let date = crate::day::read(date)?;
            let (time, own) = read_clock(time)?;
            at(date.and_time(time), own.unwrap_or(offset)).map(DayOrTime::Time)
        }
    }
}

/// Reads a date whose month and day may lack their zeros: 1970-1-2.
pub(super) fn read_loose(text: &str, offset: FixedOffset) -> Option<DayOrTime> {
    let (date, time) = text.find('T').map_or((text, ""), |it| text.split_at(it));
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |it: &str| (1..=2).contains(&it.len());
    if parts.next().is_some() || !short(month) || !short(day) {
        return None;
    }
    read(&format!("{year}-{month:0>2}-{day:0>2}{time}"), offset)
}

/// Reads `09:30`, `09:30:00`, `09:30:00.000`, each with `Z` or an offset behind it or with none.
pub(super) fn read_clock(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        None => (text, None),
        Some(at) => (&text[..at], Some(read_offset(&text[at..])?)),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let mut part = || parts.next().map(two_digits);
    let (hour, minute, second) = (part()??, part()??, part().unwrap_or(Some(0))?);
    if parts.next().is_some() || fraction.is_empty() || !fraction.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let milliseconds = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some((NaiveTime::from_hms_milli_opt(hour, minute, second, milliseconds)?, offset))
}

/// Whether a text is a time of day, with an offset or without.
pub(crate) fn is_clock(text: &str) -> bool {
    read_clock(text).is_some()
}

/// Whether a text is a day with a time of day.
pub(crate) fn is_time(text: &str) -> bool {
    let utc = FixedOffset::east_opt(0).expect("UTC is an offset");
    matches!(read(text, utc), Some(DayOrTime::Time(_)))
}

fn read_offset(text: &str) -> Option<FixedOffset> {
    if let Some(rest) = text.strip_prefix('Z') {
        return FixedOffset::east_opt(0).filter(|_| rest.is_empty());
    }
    let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "00"));
    let (hours, minutes) =
        (i32::try_from(two_digits(hours)?).ok()?, i32::try_from(two_digits(minutes)?).ok()?);
    if minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    FixedOffset::east_opt(if text.starts_with('-') { -seconds } else { seconds })
}

fn two_digits(text: &str) -> Option<u32> {
    let two = text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
    if two { text.parse().ok() } else { None }
}

fn at(local: NaiveDateTime, offset: FixedOffset) -> Option<DateTime<FixedOffset>> {
    local.and_local_timezone(offset).single()
}

/// The first moment of a day.
pub(super) fn midnight(date: NaiveDate, offset: FixedOffset) -> Option<DateTime<FixedOffset>> {
    at(date.and_time(NaiveTime::MIN), offset)
}

/// Days from 1970-01-01 to a date.
pub(super) fn days(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce() - EPOCH_DAY)
}

/// The number of 1970-01-01 in chrono's count of days.
const EPOCH_DAY: i32 = 719_163;

/// Days from 1970-01-01T00:00Z to a moment, with the fraction.
pub(super) fn fractional_days(time: DateTime<FixedOffset>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of 200,000 years are exact in a double")]
    let milliseconds = time.timestamp_millis() as f64;
    milliseconds / DAY_MS
}

/// The date so many days after 1970-01-01; fractions are left out.
pub(super) fn date_from_days(days: f64) -> Option<NaiveDate> {
    if !days.is_finite() || days.abs() > 100_000_000.0 {
        return None;
    }
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(whole(days.floor())).ok()?.checked_add(EPOCH_DAY)?)
}

/// The moment so many days after 1970-01-01T00:00Z, to the millisecond.
pub(super) fn time_from_days(days: f64, offset: FixedOffset) -> Option<DateTime<FixedOffset>> {
    if !days.is_finite() || days.abs() > 90_000_000.0 {
        return None;
    }
    let since = TimeDelta::try_milliseconds(whole(round(days * DAY_MS)))?;
    Some(DateTime::UNIX_EPOCH.checked_add_signed(since)?.with_timezone(&offset))
}

/// A date as text: `2026-11-26`.
pub(super) fn text_from_date(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// A moment as text: `2026-11-26T09:30:00.000+08:00`, with `Z` for UTC.
pub(super) fn text_from_time(time: DateTime<FixedOffset>) -> String {
    let utc = time.offset().local_minus_utc() == 0;
    time.format(if utc { "%Y-%m-%dT%H:%M:%S%.3fZ" } else { "%Y-%m-%dT%H:%M:%S%.3f%:z" }).to_string()
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAYS_ZH: [&str; 7] = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

/// A local time by a format with the escapes that the specification lists; `%%` is a percent sign.
pub(super) fn format(time: NaiveDateTime, format: &str, words: Words) -> Result<String, ErrorKind> {
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(it) = chars.next() {
        if it != '%' {
            text.push(it);
            continue;
        }
        let escape = chars.next();
        let weekday = time.weekday().num_days_from_sunday() as usize;
        match escape {
            Some('%') => text.push('%'),
            Some('Y') => text.push_str(&format!("{:04}", time.year())),
            Some('y') => text.push_str(&format!("{:02}", time.year().rem_euclid(100))),
            Some('m') => text.push_str(&format!("{:02}", time.month())),
            Some('n') => text.push_str(&time.month().to_string()),
            Some('b') => match words {
                Words::English => text.push_str(MONTHS[time.month0() as usize]),
                Words::Chinese => text.push_str(&format!("{}月", time.month())),
            },
            Some('d') => text.push_str(&format!("{:02}", time.day())),
            Some('e') => text.push_str(&time.day().to_string()),
            Some('a') => match words {
                Words::English => text.push_str(DAYS[weekday]),
                Words::Chinese => text.push_str(DAYS_ZH[weekday]),
            },
            Some('H') => text.push_str(&format!("{:02}", time.hour())),
            Some('h') => text.push_str(&time.hour().to_string()),
            Some('M') => text.push_str(&format!("{:02}", time.minute())),
            Some('S') => text.push_str(&format!("{:02}", time.second())),
            Some('3') => text.push_str(&format!("{:03}", time.and_utc().timestamp_subsec_millis())),
            other => {
                return Err(ErrorKind::BadFormat { escape: other.map_or(String::new(), String::from) });
            }
        }
    }
    Ok(text)
}
