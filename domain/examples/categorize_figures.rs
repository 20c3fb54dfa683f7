//! Judges suggestions on sentences whose kind and type are known. Prints figures only, no texts.
//!
//! `cargo run --release -p domain --example categorize_figures -- FILE` judges what ships;
//! `… -- --cross-validate FILE` learns from four fifths of the file and judges the fifth that was left out, five times.
//! A line of the file is kind, code (`-` where no type is spoken for) and sentence, parted by tabs.

use std::collections::HashMap;

use domain::{
    batch::{Unread, acceptable},
    categorize::{Categorization, FAIR_MIN, SURE_MIN},
    statement::Kind,
    suggesting::{
        Suggester,
        said::{Said, read},
        shipped,
    },
    taxonomy::Taxonomy,
};

const FOLDS_N: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.last().ok_or("which file?")?;
    let tsv = std::fs::read_to_string(path)?;
    let all = read(&tsv, &Taxonomy::shipped())?;
    let made = if arguments[0] == "--cross-validate" { cross_validated(&all) } else { by_shipped(&all) };
    let judged: Vec<(Said, Categorization)> = all.into_iter().zip(made).collect();
    print_shares(&judged);
    print_kinds(&judged);
    print_reliability(
        "kind",
        judged.iter().map(|(said, made)| (made.kind.confidence, made.kind.value == said.kind)),
    );
    print_batches(&judged);
    let first = |(said, made): &(Said, Categorization)| {
        made.suggestions.first().map(|it| (it.confidence, it.code == said.code))
    };
    print_reliability("first suggestion", judged.iter().filter_map(first));
    Ok(())
}

fn by_shipped(all: &[Said]) -> Vec<Categorization> {
    all.iter().map(|it| shipped().suggest(it.words)).collect()
}

/// Those of one kind and type are spread evenly over the parts.
fn cross_validated(all: &[Said]) -> Vec<Categorization> {
    let mut seen: HashMap<(Kind, &str), usize> = HashMap::new();
    let folds: Vec<usize> = all
        .iter()
        .map(|it| {
            let n = seen.entry((it.kind, it.code)).or_default();
            *n += 1;
            *n % FOLDS_N
        })
        .collect();
    let suggesters: Vec<Suggester> = (0..FOLDS_N)
        .map(|fold| {
            let others: Vec<Said> =
                all.iter().zip(&folds).filter(|it| *it.1 != fold).map(|it| *it.0).collect();
            Suggester::learn(&others)
        })
        .collect();
    all.iter().zip(&folds).map(|(it, fold)| suggesters[*fold].suggest(it.words)).collect()
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn print_shares(judged: &[(Said, Categorization)]) {
    let (typed, untyped): (Vec<_>, Vec<_>) = judged.iter().partition(|(said, _)| !said.code.is_empty());
    let kind_n = judged.iter().filter(|(said, made)| made.kind.value == said.kind).count();
    println!("kind right: {}", share(kind_n, judged.len()));
    let within = |all: &[&(Said, Categorization)], n: usize| {
        all.iter()
            .filter(|(said, made)| made.suggestions.iter().take(n).any(|it| it.code == said.code))
            .count()
    };
    println!("type first: {}", share(within(&typed, 1), typed.len()));
    println!("type within two: {}", share(within(&typed, 2), typed.len()));
    let silent_n = untyped.iter().filter(|(_, made)| made.suggestions.is_empty()).count();
    println!("no type, no suggestion: {}", share(silent_n, untyped.len()));
    for kind in Kind::ALL {
        let of_kind: Vec<_> = typed.iter().copied().filter(|(said, _)| said.kind == kind).collect();
        let (first, two) = (within(&of_kind, 1), within(&of_kind, 2));
        println!(
            "  of {}: first {}, within two {}",
            kind.as_str(),
            share(first, of_kind.len()),
            share(two, of_kind.len())
        );
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn print_kinds(judged: &[(Said, Categorization)]) {
    println!("kinds, a row each, as suggested: {}", Kind::ALL.map(Kind::as_str).join(", "));
    for kind in Kind::ALL {
        let suggested = Kind::ALL.map(|it| {
            judged
                .iter()
                .filter(|(said, made)| said.kind == kind && made.kind.value == it)
                .count()
                .to_string()
        });
        println!("  {}: {}", kind.as_str(), suggested.join(", "));
    }
}

/// How many would be accepted unread at each level, and how many of them rightly.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn print_batches(judged: &[(Said, Categorization)]) {
    let taxonomy = Taxonomy::shipped();
    for level in [SURE_MIN, FAIR_MIN] {
        let accepted = judged.iter().filter_map(|(said, made)| {
            let unread = Unread { kind_said: Kind::Problem, proposed: &[], suggestion: made, several: false };
            let (_, code) = acceptable(unread, level, &taxonomy)?;
            Some(code == said.code)
        });
        let accepted: Vec<bool> = accepted.collect();
        let right_n = accepted.iter().filter(|it| **it).count();
        println!(
            "accepted unread from {level}: {} of {}, right {}",
            accepted.len(),
            judged.len(),
            share(right_n, accepted.len())
        );
    }
}

/// How often what was said with a confidence was right, by tenths of confidence.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn print_reliability(of: &str, sure_and_right: impl Iterator<Item = (f64, bool)>) {
    let mut tenths = [(0_usize, 0_usize, 0.0); 10];
    for (sure, right) in sure_and_right {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
        let tenth = &mut tenths[((sure * 10.0) as usize).min(9)];
        tenth.0 += 1;
        tenth.1 += usize::from(right);
        tenth.2 += sure;
    }
    println!("reliability of the {of}");
    for (n, right_n, sure) in tenths.into_iter().filter(|it| it.0 > 0) {
        #[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
        let mean = sure / n as f64;
        println!("  sure {mean:.2}: right {}", share(right_n, n));
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
fn share(part: usize, all: usize) -> String {
    format!("{:.3} of {all}", part as f64 / all.max(1) as f64)
}
