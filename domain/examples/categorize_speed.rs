//! Times suggestions on texts from standard input, one a line: the whole, and the rules alone that are a part of it.
//!
//! `cargo run --release -p domain --example categorize_speed < FILE`

use std::{hint::black_box, io::Read, time::Instant};

use domain::{
    categorize::{Categorizer, SHIPPED_RULES},
    suggesting,
    taxonomy::Taxonomy,
};

/// Both are timed in turn so many times; the least disturbed turn counts.
const TURNS_N: usize = 7;

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() -> std::io::Result<()> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let texts: Vec<&str> = input.lines().collect();
    let chars: usize = texts.iter().map(|it| it.chars().count()).sum();
    let started = Instant::now();
    let suggester = suggesting::shipped();
    println!("learned in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    let rules = Categorizer::new(&Taxonomy::shipped(), SHIPPED_RULES).expect("a test reads them");
    let (mut whole, mut part) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TURNS_N {
        whole = whole.min(micros(&texts, |it| suggester.suggest(it).suggestions.len()));
        part = part.min(micros(&texts, |it| rules.categorize(it).suggestions.len()));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
    let (n, chars) = (texts.len() as f64, chars as f64);
    println!("{} texts of {:.0} characters", texts.len(), chars / n);
    for (name, micros) in [("whole", whole), ("rules alone", part)] {
        println!("{name}: {:.1} µs a text, {:.1} µs per 440 characters", micros / n, micros / chars * 440.0);
    }
    Ok(())
}

fn micros(texts: &[&str], suggest: impl Fn(&str) -> usize) -> f64 {
    let started = Instant::now();
    for text in texts {
        black_box(suggest(text));
    }
    started.elapsed().as_secs_f64() * 1e6
}
