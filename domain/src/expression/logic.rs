//! Functions of truth and choice.

use super::{
    error::{ErrorKind, ExpressionError},
    function::{Call, Outcome},
    number::count,
    value::Value,
};

pub(super) fn yes<'a>(_call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(true.into())
}

pub(super) fn no<'a>(_call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(false.into())
}

pub(super) fn boolean<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.boolean(0)?.into())
}

pub(super) fn not<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok((!call.boolean(0)?).into())
}

pub(super) fn boolean_from_string<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(matches!(&*call.text(0)?, "true" | "1").into())
}

pub(super) fn if_then_else<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    if call.boolean(0)? { call.value(1) } else { call.value(2) }
}

pub(super) fn coalesce<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    for n in 0..call.arguments.len() {
        let value = call.value(n)?;
        let nothing = match &value {
            Value::Number(number) => number.is_nan(),
            value => call.evaluation.text(value.clone()).is_empty(),
        };
        if !nothing {
            return Ok(value);
        }
    }
    Ok(Value::EMPTY)
}

/// The question's own value, if it has one.
pub(super) fn once<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let own = call.evaluation.current.map(|it| call.evaluation.node_text(it));
    match own.filter(|it| !it.is_empty()) {
        Some(own) => Ok(own.into()),
        None => call.value(0),
    }
}

pub(super) fn checklist<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let mut n_true = 0;
    for argument in 2..call.arguments.len() {
        n_true += call.numbers_of(argument)?.into_iter().filter(|it| *it > 0.0).count();
    }
    within(call, count(n_true))
}

pub(super) fn weighted_checklist<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    if !call.arguments.len().is_multiple_of(2) {
        return Err(call.error(ErrorKind::UnpairedWeight));
    }
    let mut sum = 0.0;
    for argument in (2..call.arguments.len()).step_by(2) {
        let (answers, weights) = (call.numbers_of(argument)?, call.numbers_of(argument + 1)?);
        if answers.len() != weights.len() {
            return Err(call.error(ErrorKind::UnpairedWeight));
        }
        let counted = answers.iter().zip(&weights).filter(|(answer, _)| **answer > 0.0);
        sum += counted.map(|(_, weight)| weight).sum::<f64>();
    }
    within(call, sum)
}

/// Whether a sum is from the first to the second argument; -1 there is no bound.
fn within<'a>(call: &Call<'_, 'a>, sum: f64) -> Result<Value<'a>, ExpressionError> {
    let (min, max) = (call.number(0)?, call.number(1)?);
    Ok(((min < 0.0 || sum >= min) && (max < 0.0 || sum <= max)).into())
}
