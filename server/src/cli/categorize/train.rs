//! `zoufang categorize train`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use domain::model::{Example, Model};
use serde_json::json;

use super::{print, table};

/// Train a model on lines of label, TAB, text; any labels, two at least, 20 lines at least.
///
/// Prints {"examples":n,"labels":[…],"bytes":n}. The same lines in the same order make the same model.
#[derive(Args)]
pub struct Train {
    /// Lines of label, TAB, text.
    #[arg(long, value_name = "TSV")]
    input: PathBuf,
    /// Where the model goes; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Texts without a label, one a line: which words are telling and which go together is learned from them too. It
    /// helps most where labels are few.
    #[arg(long, value_name = "FILE")]
    unlabelled: Option<PathBuf>,
}

impl Train {
    /// Trains and writes.
    ///
    /// # Errors
    ///
    /// What cannot be read, learned from or written; no model is written then.
    pub fn run(self) -> anyhow::Result<()> {
        let text = table::read(&self.input)?;
        let rows = table::rows(&self.input, &text, "label")?;
        let examples: Vec<Example> = rows.into_iter().map(|(label, text)| Example { label, text }).collect();
        let unlabelled = self.unlabelled.as_deref().map(table::read).transpose()?.unwrap_or_default();
        let unlabelled: Vec<&str> = unlabelled.lines().collect();
        let model = Model::train(&examples, &unlabelled)
            .with_context(|| format!("cannot train on {}", self.input.display()))?;
        let bytes = model.to_bytes();
        write_whole(&self.model, &bytes).with_context(|| format!("cannot write {}", self.model.display()))?;
        let made = json!({"examples": examples.len(), "labels": model.labels(), "bytes": bytes.len()});
        print([Ok(made)].into_iter())
    }
}

/// Writes beside the place first, so that there is either what was there or all that is new.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = (|| {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    })();
    if written.is_err() {
        // It may not even be there; what kept it from being written is what is told.
        fs::remove_file(&part).ok();
    }
    written
}
