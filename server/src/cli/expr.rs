//! `zoufang expr`.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

use anyhow::Context;
use chrono::{Local, Offset, TimeZone};
use clap::Args;
use domain::expression::{
    Document, Expression, ExpressionError, Moment, NodeRef, Plain, Tables, Words, World, text_from_number,
};
use serde_json::{Number, Value, json};

use crate::Clock;

/// Say what an expression of the language of questionnaires comes to, without a questionnaire.
///
/// Prints one JSON object: {"type":T,"value":V}, where T is number, string, boolean, date or dateTime. A number is a JSON
/// number, and not-a-number and the infinities are the strings "NaN", "Infinity" and "-Infinity"; a date is
/// "2026-11-26", a dateTime "2026-11-26T09:30:00.000+08:00" (Z for UTC). Or {"error":{"code":…,"message":…,"at":…}}, where
/// `at` is the number of characters before the place, and the exit status is 1.
///
/// With - it reads one expression a line from standard input and answers each on a line of its own; the exit status is
/// then 0 whatever the answers are, unless the input cannot be read. `form eval` is the same with a questionnaire.
#[derive(Args)]
pub struct Expr {
    /// The expression; - for one a line on standard input.
    #[arg(allow_hyphen_values = true)]
    expression: String,
    #[command(flatten)]
    when: When,
}

/// What the outcome of an expression hangs on beside the answers.
#[derive(Args)]
pub struct When {
    /// The time that now() and today() are: 2026-11-26T09:30:00+08:00. The clock's unless given.
    #[arg(long, value_name = "TIME")]
    at: Option<chrono::DateTime<chrono::FixedOffset>>,
    /// How far the clock on the wall is ahead of UTC, where times without an offset are: +08:00. That of --at unless
    /// given, else that of this machine (TZ).
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    offset: Option<chrono::FixedOffset>,
    /// The number from which random(), uuid() and randomize() begin; another at each run unless given.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl When {
    /// The time, and minutes ahead of UTC.
    pub fn moment(&self, clock: &Clock) -> Moment {
        let at = self.at.map_or_else(|| (clock.now)(), |it| it.timestamp_millis());
        let of_machine = || Local.timestamp_millis_opt(at).single().map(|it| it.offset().fix());
        let offset = self.offset.or(self.at.map(|it| *it.offset())).or_else(of_machine);
        Moment { at, offset_minutes: offset.map_or(0, |it| it.local_minus_utc() / 60) }
    }

    pub fn seed(&self, clock: &Clock) -> u64 {
        self.seed.unwrap_or_else(|| {
            let random = (clock.random)();
            u64::from_be_bytes(*random.first_chunk().expect("32 bytes have a first eight"))
        })
    }
}

impl Expr {
    /// Evaluates what is given.
    ///
    /// # Errors
    ///
    /// When the input cannot be read or the output cannot be written.
    pub fn run(self, clock: &Clock) -> anyhow::Result<ExitCode> {
        let (answers, tables) = (Document::default(), Tables::default());
        let world = World {
            answers: &answers,
            tables: &tables,
            moment: self.when.moment(clock),
            seed: self.when.seed(clock),
            words: Words::English,
            choice_name: &|_, _| None,
        };
        let evaluate =
            |text: &str| Expression::parse(text).and_then(|it| it.evaluate(&world, None::<NodeRef>));
        answer(&self.expression, evaluate)
    }
}

/// Answers one expression, or for `-` each line of standard input.
///
/// # Errors
///
/// When the input cannot be read or the output cannot be written.
pub fn answer(
    text: &str,
    evaluate: impl Fn(&str) -> Result<Plain, ExpressionError>,
) -> anyhow::Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if text != "-" {
        let outcome = evaluate(text);
        writeln!(out, "{}", as_json(&outcome)).context("cannot write the output")?;
        out.flush().context("cannot write the output")?;
        return Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    for (n, line) in io::stdin().lock().split(b'\n').enumerate() {
        let line = line.context("cannot read the input")?;
        let line = std::str::from_utf8(&line).with_context(|| format!("line {} is not UTF-8", n + 1))?;
        match writeln!(out, "{}", as_json(&evaluate(line.trim_end_matches('\r')))) {
            // Whoever reads the pipe has seen enough.
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written.context("cannot write the output")?,
        }
    }
    match out.flush() {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            Err(cause).context("cannot write the output")
        }
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}

/// `{"type":…,"value":…}` or `{"error":{"code":…,"message":…,"at":…}}`.
fn as_json(outcome: &Result<Plain, ExpressionError>) -> Value {
    match outcome {
        Ok(Plain::Number(number)) => json!({"type": "number", "value": number_as_json(*number)}),
        Ok(Plain::Text(text)) => json!({"type": "string", "value": text}),
        Ok(Plain::Boolean(truth)) => json!({"type": "boolean", "value": truth}),
        Ok(it @ Plain::Date(_)) => json!({"type": "date", "value": it.to_text()}),
        Ok(it @ Plain::Time(_)) => json!({"type": "dateTime", "value": it.to_text()}),
        Err(error) => {
            json!({"error": {"code": error.kind.code(), "message": error.to_string(), "at": error.at}})
        }
    }
}

/// The largest number up to which every whole number is a double.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Whole numbers without a point; what JSON has no number for as a string.
fn number_as_json(number: f64) -> Value {
    let minus_zero = number == 0.0 && number.is_sign_negative();
    if number.fract() == 0.0 && number.abs() <= WHOLE_MAX && !minus_zero {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range")]
        let whole = number as i64;
        return whole.into();
    }
    Number::from_f64(number).map_or_else(|| text_from_number(number).into(), Value::Number)
}
