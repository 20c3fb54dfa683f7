//! Numbers as XPath 1.0 (3.5, 4.2, 4.4) writes and reads them.

/// A number as text: without exponent, without a sign at zero, whole numbers without a point.
pub fn text_from_number(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

/// The number that a text is, or not-a-number: digits with one point at most, a minus before, blanks around.
pub fn number_from_text(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    if plain { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// The whole number nearest to it, halves up.
pub(super) fn round(number: f64) -> f64 {
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    // -0.5 to -0 rounds to negative zero.
    if rounded == 0.0 { rounded.copysign(number) } else { rounded }
}

/// The same after `decimals` decimals, counted in the digits that the number is written with: 12345.15 is half way
/// between tenths although the nearest double is not.
pub(super) fn round_to(number: f64, decimals: f64) -> f64 {
    if decimals.is_nan() || !number.is_finite() {
        return if decimals.is_nan() { f64::NAN } else { number };
    }
    let decimals = whole(decimals.clamp(-400.0, 400.0));
    let moved = shift(number, decimals);
    // Further to the right than a double can say there is nothing to round away.
    if moved.is_finite() { shift(round(moved), -decimals) } else { number }
}

fn shift(number: f64, places: i64) -> f64 {
    format!("{number}e{places}").parse().expect("a finite number with an exponent is a number")
}

/// The whole part, for numbers that are known to be small enough; 0 for not-a-number.
pub(super) fn whole(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and callers check the range")]
    let whole = number as i64;
    whole
}

/// A count as a number.
pub(super) fn count(n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, more than memory holds")]
    let count = n as f64;
    count
}
