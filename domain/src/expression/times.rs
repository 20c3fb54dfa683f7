//! Functions of dates and times.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::{
    error::{ErrorKind, ExpressionError},
    function::{Call, Outcome},
    number::count,
    time::{self, DayOrTime},
    value::Value,
};

pub(super) fn today<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(Value::Date(call.evaluation.now().date_naive()))
}

pub(super) fn now<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(Value::Time(call.evaluation.now()))
}

/// The day of a date, a time or a number of days; nothing of nothing.
pub(super) fn date<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(read(call, call.value(0)?)?.map_or(Value::EMPTY, |it| match it {
        DayOrTime::Date(date) => Value::Date(date),
        DayOrTime::Time(time) => Value::Date(local(call, time)),
    }))
}

/// The moment of a time, a date (its midnight) or a number of days; nothing of nothing.
pub(super) fn date_time<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = call.value(0)?;
    if let Value::Number(days) = value {
        let time = time::time_from_days(days, call.evaluation.offset());
        return time.map(Value::Time).ok_or(call.error(ErrorKind::NotADate));
    }
    let Some(moment) = read(call, value)? else { return Ok(Value::EMPTY) };
    moment_of(call, moment).map(Value::Time).ok_or(call.error(ErrorKind::NotADate))
}

pub(super) fn decimal_date_time<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = call.value(0)?;
    if let Value::Number(days) = value {
        return Ok(days.into());
    }
    let moment = match read(call, value) {
        Ok(moment) => moment.and_then(|it| moment_of(call, it)),
        Err(ExpressionError { kind: ErrorKind::NotADate, .. }) => None,
        Err(other) => return Err(other),
    };
    Ok(moment.map_or(f64::NAN, time::fractional_days).into())
}

/// The part of the day that has gone by at a time of day, on the clock of the world's offset.
pub(super) fn decimal_time<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let text = call.text(0)?;
    let Some((clock, own)) = time::read_clock(text.trim()) else { return Ok(f64::NAN.into()) };
    let since = clock.signed_duration_since(chrono::NaiveTime::MIN).num_milliseconds();
    let shift = own.map_or(0, |it| call.evaluation.offset().local_minus_utc() - it.local_minus_utc());
    let milliseconds = (since + i64::from(shift) * 1_000).rem_euclid(86_400_000);
    Ok((count(usize::try_from(milliseconds).unwrap_or_default()) / time::DAY_MS).into())
}

/// For `format-date` and `format-date-time`; nothing of nothing.
pub(super) fn format_date<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = call.value(0)?;
    let moment = match value {
        Value::Number(days) => {
            let time = time::time_from_days(days, FixedOffset::east_opt(0).expect("UTC is an offset"));
            time.map(|it| it.naive_local()).ok_or(call.error(ErrorKind::NotADate))?
        }
        value => match read(call, value)? {
            None => return Ok(Value::EMPTY),
            Some(DayOrTime::Date(date)) => date.and_time(chrono::NaiveTime::MIN),
            Some(DayOrTime::Time(time)) => time.with_timezone(&call.evaluation.offset()).naive_local(),
        },
    };
    let text = time::format(moment, &call.text(1)?, call.evaluation.world.words);
    text.map(Value::from).map_err(|it| call.error(it))
}

/// A value as a date or a time; `None` of nothing.
fn read<'a>(call: &Call<'_, 'a>, value: Value<'a>) -> Result<Option<DayOrTime>, ExpressionError> {
    let not_a_date = || call.error(ErrorKind::NotADate);
    match value {
        Value::Boolean(_) => Err(not_a_date()),
        Value::Number(days) => {
            time::date_from_days(days).map(|it| Some(DayOrTime::Date(it))).ok_or_else(not_a_date)
        }
        Value::Date(date) => Ok(Some(DayOrTime::Date(date))),
        Value::Time(time) => Ok(Some(DayOrTime::Time(time))),
        Value::Text(_) | Value::Nodes(_) => {
            let text = call.evaluation.text(value);
            let text = text.trim();
            if text.is_empty() {
                return Ok(None);
            }
            let offset = call.evaluation.offset();
            let moment = time::read(text, offset).or_else(|| time::read_loose(text, offset));
            let days = super::number::number_from_text(text);
            let moment = moment.or_else(|| time::date_from_days(days).map(DayOrTime::Date));
            moment.map(Some).ok_or_else(not_a_date)
        }
    }
}

fn local(call: &Call<'_, '_>, time: DateTime<FixedOffset>) -> NaiveDate {
    time.with_timezone(&call.evaluation.offset()).date_naive()
}

fn moment_of(call: &Call<'_, '_>, moment: DayOrTime) -> Option<DateTime<FixedOffset>> {
    match moment {
        DayOrTime::Date(date) => time::midnight(date, call.evaluation.offset()),
        DayOrTime::Time(time) => Some(time),
    }
}
