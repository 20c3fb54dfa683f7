//! Functions of texts.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::Digest;

use super::{
    error::ErrorKind,
    function::{Call, Outcome},
    number::{count, round, whole},
    value::Value,
};

pub(super) fn string<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = if call.arguments.is_empty() { call.context()? } else { call.value(0)? };
    Ok(call.evaluation.text(value).into())
}

pub(super) fn concat<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.texts_from(0)?.concat().into())
}

pub(super) fn join<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.texts_from(1)?.join(&*call.text(0)?).into())
}

pub(super) fn contains<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.text(0)?.contains(&*call.text(1)?).into())
}

pub(super) fn starts_with<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.text(0)?.starts_with(&*call.text(1)?).into())
}

pub(super) fn ends_with<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(call.text(0)?.ends_with(&*call.text(1)?).into())
}

pub(super) fn string_length<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    Ok(count(call.text(0)?.chars().count()).into())
}

pub(super) fn normalize_space<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let value = if call.arguments.is_empty() { call.context()? } else { call.value(0)? };
    let text = call.evaluation.text(value);
    let words: Vec<&str> = text.split([' ', '\t', '\r', '\n']).filter(|it| !it.is_empty()).collect();
    Ok(words.join(" ").into())
}

/// From a place, counted from 0, to before another; negative places are counted from the end.
pub(super) fn substr<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let text = call.text(0)?;
    let n_chars = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |number: f64| {
        let place = whole(number);
        usize::try_from(if place < 0 { place.saturating_add(n_chars) } else { place }.clamp(0, n_chars))
            .unwrap_or_default()
    };
    let start = place(call.number(1)?);
    let end = if call.arguments.len() > 2 { place(call.number(2)?) } else { usize::MAX };
    Ok(text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>().into())
}

/// As in XPath 1.0 (4.2): from a place, counted from 1, so many characters; both rounded.
pub(super) fn substring<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let text = call.text(0)?;
    let start = round(call.number(1)?);
    let end = if call.arguments.len() > 2 { start + round(call.number(2)?) } else { f64::INFINITY };
    let within = |(n, it): (usize, char)| (count(n + 1) >= start && count(n + 1) < end).then_some(it);
    Ok(text.chars().enumerate().filter_map(within).collect::<String>().into())
}

pub(super) fn substring_before<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (text, mark) = (call.text(0)?, call.text(1)?);
    Ok(text.split_once(&*mark).map_or(String::new(), |(before, _)| before.to_owned()).into())
}

pub(super) fn substring_after<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (text, mark) = (call.text(0)?, call.text(1)?);
    Ok(text.split_once(&*mark).map_or(String::new(), |(_, after)| after.to_owned()).into())
}

pub(super) fn translate<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let to: Vec<char> = to.chars().collect();
    let translated = text.chars().filter_map(|it| match from.chars().position(|from| from == it) {
        None => Some(it),
        Some(place) => to.get(place).copied(),
    });
    Ok(translated.collect::<String>().into())
}

pub(super) fn regex<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let pattern = regex_lite::Regex::new(&call.text(1)?);
    let pattern = pattern.map_err(|_| call.error(ErrorKind::BadPattern))?;
    Ok(pattern.is_match(&call.text(0)?).into())
}

/// A random UUID of version 4 (RFC 9562), or so many random characters.
pub(super) fn uuid<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    if call.arguments.is_empty() {
        let mut random = call.evaluation.random();
        let bytes = (u128::from(random.roll()) << 64) | u128::from(random.roll());
        return Ok(uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid().to_string().into());
    }
    let n = usize::try_from(whole(call.number(0)?)).unwrap_or(0).min(UUID_CHARS_MAX);
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    // Not before the argument is known: that may be up to chance itself.
    let mut random = call.evaluation.random();
    let digit = |_| digits[random.below(digits.len())] as char;
    Ok((0..n).map(digit).collect::<String>().into())
}

/// Most characters that `uuid` gives.
const UUID_CHARS_MAX: usize = 1_000;

/// A digest of a text in UTF-8, as base64 unless hex is asked for (XForms 1.1, 7.8.1).
pub(super) fn digest<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (text, algorithm) = (call.text(0)?, call.text(1)?);
    let encoding = if call.arguments.len() > 2 { call.text(2)? } else { Cow::Borrowed("base64") };
    let bytes = text.as_bytes();
    let digest = match &*algorithm {
        "MD5" => md5::Md5::digest(bytes).to_vec(),
        "SHA-1" => sha1::Sha1::digest(bytes).to_vec(),
        "SHA-256" => sha2::Sha256::digest(bytes).to_vec(),
        "SHA-384" => sha2::Sha384::digest(bytes).to_vec(),
        "SHA-512" => sha2::Sha512::digest(bytes).to_vec(),
        _ => return Err(call.error(ErrorKind::UnknownDigest)),
    };
    match &*encoding {
        "base64" => Ok(STANDARD.encode(digest).into()),
        "hex" => Ok(digest.iter().map(|it| format!("{it:02x}")).collect::<String>().into()),
        _ => Err(call.error(ErrorKind::UnknownDigest)),
    }
}

/// The text that base64 holds; nothing of what is no base64 or no UTF-8.
pub(super) fn base64_decode<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let bytes = STANDARD.decode(call.text(0)?.trim()).unwrap_or_default();
    Ok(String::from_utf8(bytes).map_or(Value::EMPTY, Value::from))
}
