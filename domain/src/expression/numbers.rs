//! Functions of numbers.

use super::{
    function::{Call, Outcome},
    number,
    value::Value,
};

pub(super) fn abs<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.abs().into())
}

pub(super) fn acos<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.acos().into())
}

pub(super) fn asin<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.asin().into())
}

pub(super) fn atan<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.atan().into())
}

/// The angle of the point with y and x, as in XPath 3.0.
pub(super) fn atan2<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.atan2(call.number(1)?).into())
}

pub(super) fn ceiling<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.ceil().into())
}

pub(super) fn cos<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.cos().into())
}

pub(super) fn exp<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.exp().into())
}

pub(super) fn exp10<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(10_f64.powf(call.number(0)?).into())
}

pub(super) fn floor<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.floor().into())
}

pub(super) fn int<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.trunc().into())
}

pub(super) fn log<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.ln().into())
}

pub(super) fn log10<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.log10().into())
}

/// Not-a-number of nothing, and when any is.
pub(super) fn max<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    extreme(call, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) })
}

/// Not-a-number of nothing, and when any is.
pub(super) fn min<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    extreme(call, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) })
}

fn extreme<'a>(call: &Call<'_, 'a>, of: fn(f64, f64) -> f64) -> Outcome<'a> {
    let mut numbers = Vec::new();
    for n in 0..call.arguments.len() {
        numbers.extend(call.numbers_of(n)?);
    }
    Ok(numbers.into_iter().reduce(of).unwrap_or(f64::NAN).into())
}

pub(super) fn number<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = if call.arguments.is_empty() { call.context()? } else { call.value(0)? };
    Ok(call.evaluation.number(&value).into())
}

pub(super) fn pi<'a>(_call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(std::f64::consts::PI.into())
}

pub(super) fn pow<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.powf(call.number(1)?).into())
}

pub(super) fn random<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.evaluation.random().fraction().into())
}

pub(super) fn round<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let number = call.number(0)?;
    if call.arguments.len() == 1 {
        return Ok(number::round(number).into());
    }
    Ok(number::round_to(number, call.number(1)?).into())
}

pub(super) fn sin<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.sin().into())
}

pub(super) fn sqrt<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.sqrt().into())
}

pub(super) fn sum<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let nodes = call.nodes(0)?;
    let number = |it| call.evaluation.number(&Value::Text(call.evaluation.node_text(it)));
    // From positive zero, which an empty sum of doubles is not.
    Ok(nodes.into_iter().map(number).fold(0.0, |a, b| a + b).into())
}

pub(super) fn tan<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.number(0)?.tan().into())
}
