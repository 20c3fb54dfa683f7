//! `zoufang categorize eval`.

use std::{fs, hint::black_box, path::PathBuf, time::Instant};

use anyhow::Context;
use clap::Args;
use domain::{
    judging::{Judged, judge},
    model::Model,
};
use serde_json::json;

use super::{print, table};

/// Judge a model on lines of label, TAB, text.
///
/// Prints one JSON object: "n", "accuracy", "macro_f1", "coverage_at_95" (the largest share of the texts, the surest
/// first, of which 95 % are right), "accuracy_of_surest_70", "calibration_error", "labels" ({label: {"precision",
/// "recall", "f1", "n"}}), "confusion" ({actual: {guessed: n}}), "reliability" ([{"from", "to", "n", "confidence",
/// "accuracy"}]), "micros_per_text" ({"batch", "single"}, one thread: all in a row, and the median of each by itself) and
/// "model_bytes". A label that the model does not know counts as wrong.
#[derive(Args)]
pub struct Eval {
    /// A model that `train` wrote.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Lines of label, TAB, text.
    #[arg(long, value_name = "TSV")]
    input: PathBuf,
}

impl Eval {
    /// Judges and prints.
    ///
    /// # Errors
    ///
    /// What cannot be read.
    pub fn run(self) -> anyhow::Result<()> {
        let path = self.model.display();
        let bytes = fs::read(&self.model).with_context(|| format!("cannot read {path}"))?;
        let model = Model::from_bytes(&bytes).with_context(|| format!("{path} is no model"))?;
        let text = table::read(&self.input)?;
        let rows = table::rows(&self.input, &text, "label")?;
        let judged: Vec<Judged> = rows
            .iter()
            .filter_map(|&(actual, text)| {
                let best = *model.guess(text).first()?;
                Some(Judged { actual, guessed: best.label, confidence: best.confidence })
            })
            .collect();
        let mut figures = serde_json::to_value(judge(&judged))?;
        let texts: Vec<&str> = rows.iter().map(|it| it.1).collect();
        figures["micros_per_text"] =
            json!({"batch": batch(&model, &texts), "single": single(&model, &texts)});
        figures["model_bytes"] = bytes.len().into();
        print([Ok(figures)].into_iter())
    }
}

/// Microseconds a text when all are read in a row.
fn batch(model: &Model, texts: &[&str]) -> f64 {
    let began = Instant::now();
    for text in texts {
        black_box(model.guess(text));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of texts")]
    let micros = began.elapsed().as_secs_f64() * 1e6 / texts.len().max(1) as f64;
    micros
}

/// Microseconds of the median text, each by itself.
fn single(model: &Model, texts: &[&str]) -> f64 {
    let time = |text: &&str| {
        let began = Instant::now();
        black_box(model.guess(text));
        began.elapsed().as_secs_f64() * 1e6
    };
    let mut micros: Vec<f64> = texts.iter().map(time).collect();
    micros.sort_by(f64::total_cmp);
    micros.get(micros.len() / 2).copied().unwrap_or_default()
}
