//! Times the categorizer on texts from standard input, one a line.
//!
//! `cargo run --release -p domain --example categorize_speed < FILE`

use std::{hint::black_box, io::Read, time::Instant};

use domain::categorize::shipped;

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() -> std::io::Result<()> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let texts: Vec<&str> = input.lines().collect();
    let chars: usize = texts.iter().map(|it| it.chars().count()).sum();
    let categorizer = shipped();
    let started = Instant::now();
    let suggested =
        texts.iter().filter(|it| !black_box(categorizer.categorize(it)).suggestions.is_empty()).count();
    let micros = started.elapsed().as_secs_f64() * 1e6;
    #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
    let (n, chars) = (texts.len() as f64, chars as f64);
    println!("{} texts, {suggested} with a suggestion", texts.len());
    println!("{:.1} µs a text, {:.1} µs per 440 characters", micros / n, micros / chars * 440.0);
    Ok(())
}
