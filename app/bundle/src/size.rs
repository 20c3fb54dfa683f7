//! What a phone loads.

use std::fs;

use anyhow::ensure;

use crate::site_folder;

/// Prints files with their sizes, the largest first; answers the sum.
fn print(mut sizes: Vec<(u64, String)>, what: &str) -> u64 {
    sizes.sort();
    for (size, name) in sizes.iter().rev() {
        println!("{size:>9}  {name}");
    }
    let total: u64 = sizes.iter().map(|(size, _)| size).sum();
    println!("{total:>9}  {what}, in bytes (brotli)");
    total
}

/// Prints what a phone loads to open the app, compressed, and fails above `limit` bytes.
pub fn report(limit: Option<u64>) -> anyhow::Result<()> {
    let mut sizes: Vec<(u64, String)> = Vec::new();
    for entry in fs::read_dir(site_folder())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Icons are the system's to fetch, when the app is installed; the desk's screens no phone loads.
        if let Some(name) =
            name.strip_suffix(".br").filter(|it| !it.starts_with("icon") && !it.starts_with("desk."))
        {
            sizes.push((entry.metadata()?.len(), name.to_owned()));
        }
    }
    ensure!(!sizes.is_empty(), "build it first: cargo run -p bundle -- --release");
    // Kept on the phone like all else, and loaded when they are needed.
    let mut rest = sizes;
    for (start, what) in [
        ("form.", "what it loads besides to fill in a questionnaire"),
        ("suggest.", "what it loads besides to suggest types"),
    ] {
        let (these, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|(_, name)| name.starts_with(start));
        print(these, what);
        rest = others;
    }
    let total = print(rest, "what a phone loads");
    if let Some(limit) = limit {
        ensure!(total <= limit, "{total} bytes are more than the limit of {limit}");
    }
    Ok(())
}
