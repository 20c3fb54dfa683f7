//! Times finding what a new statement is like among many: texts from standard input, one a line, so many times over with other
//! letters in the place of some.
//!
//! `cargo run --release -p domain --example likeness_speed -- 100000 < FILE`

use std::{io::Read, time::Instant};

use domain::likeness::index::{Index, Reading};

/// Texts that come last, each timed.
const NEW_N: usize = 1_000;

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n: usize = std::env::args().nth(1).ok_or("how many?")?.parse()?;
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let lines: Vec<&str> = input.lines().collect();
    let texts: Vec<String> =
        (0..n).map(|at| other_letters(lines[at % lines.len()], at / lines.len())).collect();
    let (old, new) = texts.split_at(n.saturating_sub(NEW_N));
    let mut index = Index::new(20_261_127);
    let readings = |texts: &[String]| texts.iter().map(|it| Reading::of(it)).collect::<Vec<_>>();
    let began = Instant::now();
    let known = readings(old);
    for (number, reading) in (0..).zip(&known) {
        if let Some(it) = reading {
            index.add(number, it);
        }
    }
    println!("{} read in {:.1} s", old.len(), began.elapsed().as_secs_f64());
    let (mut took, mut found_n) = (Vec::new(), 0);
    for text in new {
        let began = Instant::now();
        let Some(reading) = Reading::of(text) else { continue };
        let candidates = index.candidates(&reading);
        let known = candidates.iter().filter_map(|it| known.get(*it as usize)?.as_ref());
        found_n += known.filter(|it| index.compare(&reading, it).is_some()).count();
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let at = |of: usize| took[(took.len() - 1) * of / 100];
    println!(
        "a new one: p50 {:.2}, p95 {:.2}, most {:.2} ms; {found_n} likenesses of {}",
        at(50),
        at(95),
        at(100),
        took.len()
    );
    Ok(())
}

/// A text with every seventh letter another, another one each turn; as it is in the first.
fn other_letters(text: &str, turn: usize) -> String {
    let turned = |(at, letter): (usize, char)| {
        let is_other = turn > 0 && (at + turn).is_multiple_of(7);
        let code = u32::from(letter) + u32::try_from(turn).unwrap_or(0);
        if is_other { char::from_u32(code).unwrap_or(letter) } else { letter }
    };
    text.chars().enumerate().map(turned).collect()
}
