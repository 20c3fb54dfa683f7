//! `zoufang categorize`, and training, judging and grouping beside it.

mod eval;
mod group;
mod table;
mod train;

use std::io::{self, BufRead, Write};

use anyhow::Context;
use clap::{Args, Subcommand};
use domain::{categorize::Categorization, suggesting::shipped};
use serde_json::json;

/// Read one text a line on standard input, print one JSON object a line.
#[derive(Args)]
pub struct Categorize {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Train a model on labelled texts.
    Train(train::Train),
    /// Judge a model on labelled texts and print its figures.
    Eval(eval::Eval),
    /// Put texts together that say the same.
    Group(group::Group),
}

impl Categorize {
    /// Does what was asked; without a subcommand, reads to the end of the input.
    ///
    /// # Errors
    ///
    /// When a line cannot be read (its number and the reason are named) or the output cannot be written.
    pub fn run(self) -> anyhow::Result<()> {
        match self.what {
            None => categorize(),
            Some(What::Train(train)) => train.run(),
            Some(What::Eval(eval)) => eval.run(),
            Some(What::Group(group)) => group.run(),
        }
    }
}

fn categorize() -> anyhow::Result<()> {
    let lines = io::stdin().lock().split(b'\n').enumerate().map(|(n, line)| {
        let line = line.context("cannot read the input")?;
        let text = std::str::from_utf8(&line).with_context(|| format!("line {} is not UTF-8", n + 1))?;
        Ok(as_json(&shipped().suggest(text.trim_end_matches('\r'))))
    });
    print(lines)
}

/// Prints one JSON object a line. Whoever reads the pipe may have seen enough; that is no error.
fn print(objects: impl Iterator<Item = anyhow::Result<serde_json::Value>>) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let write = || {
        for object in objects {
            writeln!(out, "{}", object?)?;
        }
        anyhow::Ok(out.flush()?)
    };
    match write() {
        Err(cause) if is_broken_pipe(&cause) => Ok(()),
        written => written,
    }
}

fn is_broken_pipe(cause: &anyhow::Error) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe)
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
