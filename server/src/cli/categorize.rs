//! `zoufang categorize`.

use std::io::{self, BufRead, Write};

use anyhow::Context;
use clap::Args;
use domain::categorize::{Categorization, shipped};
use serde_json::json;

/// Read one text a line on standard input, print one JSON object a line.
#[derive(Args)]
pub struct Categorize {}

impl Categorize {
    /// Reads to the end of the input.
    ///
    /// # Errors
    ///
    /// When a line is not UTF-8 (its number is named) or the output cannot be written.
    pub fn run(self) -> anyhow::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        for (n, line) in io::stdin().lock().split(b'\n').enumerate() {
            let line = line.context("cannot read the input")?;
            let text = std::str::from_utf8(&line).with_context(|| format!("line {} is not UTF-8", n + 1))?;
            let object = as_json(&shipped().categorize(text.trim_end_matches('\r')));
            match writeln!(out, "{object}") {
                // Whoever reads the pipe has seen enough.
                Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written.context("cannot write the output")?,
            }
        }
        match out.flush() {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
                Err(cause).context("cannot write the output")
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// `{"kind":{"value":…,"confidence":…},"suggestions":[{"code":…,"confidence":…,"evidence":[…]},…]}`
fn as_json(made: &Categorization) -> serde_json::Value {
    let suggestions: Vec<_> = made
        .suggestions
        .iter()
        .map(|it| {
            let evidence: Vec<&str> = it.evidence.iter().map(|it| it.text.as_str()).collect();
            json!({"code": it.code, "confidence": it.confidence, "evidence": evidence})
        })
        .collect();
    json!({"kind": {"value": made.kind.value, "confidence": made.kind.confidence}, "suggestions": suggestions})
}
