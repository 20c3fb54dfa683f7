//! `zoufang categorize group`.

use std::path::PathBuf;

use clap::Args;
use domain::likeness;
use serde_json::json;

use super::{print, table};

/// Put texts together that say the same, from lines of id, TAB, text.
///
/// Prints one JSON object a group and line, the largest first: "n" (how many texts), "likeness" ("same": word for word,
/// blanks and punctuation aside; "near": nearly; "matter": the same matter in other words; the loosest that holds the
/// group together), "words" (what most of them share, at most three) and "ids". Texts that are like no other are not
/// printed. The order of the lines does not matter to what is put together.
#[derive(Args)]
pub struct Group {
    /// Lines of id, TAB, text.
    #[arg(long, value_name = "TSV")]
    input: PathBuf,
}

impl Group {
    /// Groups and prints.
    ///
    /// # Errors
    ///
    /// What cannot be read.
    pub fn run(self) -> anyhow::Result<()> {
        let text = table::read(&self.input)?;
        let rows = table::rows(&self.input, &text, "id")?;
        let texts: Vec<&str> = rows.iter().map(|it| it.1).collect();
        let groups = likeness::group(&texts);
        print(groups.iter().map(|group| {
            let mut ids: Vec<&str> = group.members.iter().map(|it| rows[*it].0).collect();
            ids.sort_unstable();
            let likeness = group.likeness.as_str();
            Ok(json!({"n": ids.len(), "likeness": likeness, "words": group.words, "ids": ids}))
        }))
    }
}
