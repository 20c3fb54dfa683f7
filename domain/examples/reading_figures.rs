//! Figures of what is read in a text: several matters, severity, names. `-- --wrong` prints what is wrong of those
//! that the rules were made with, `-- FILE` where a file of texts, one a line, is cut.

use std::time::Instant;

use domain::{matters::matters, naming::named, severity::severity, suggesting::shipped};

const MATTERS: [(&str, &str); 2] = [
    ("making", include_str!("../src/matters/making.txt")),
    ("untouched", include_str!("../src/matters/untouched.txt")),
];
const SEVERITY: [(&str, &str); 2] = [
    ("making", include_str!("../src/severity/making.tsv")),
    ("untouched", include_str!("../src/severity/untouched.tsv")),
];
const NAMING: [(&str, &str); 2] = [
    ("making", include_str!("../src/naming/making.tsv")),
    ("untouched", include_str!("../src/naming/untouched.tsv")),
];

#[expect(clippy::print_stdout, reason = "figures are what this prints")]
fn main() {
    let wrong_too = std::env::args().any(|it| it == "--wrong");
    if let Some(file) = std::env::args().nth(1).filter(|it| !it.starts_with("--")) {
        return of_file(&file);
    }
    for (name, lines) in MATTERS {
        let (mut made_n, mut right_n, mut expected_n, mut whole_n) = (0, 0, 0, 0);
        for line in lines.lines() {
            let text = line.replace('|', "");
            let shown = cut(&text);
            let (own, its) = (places(&shown), places(line));
            made_n += own.len();
            expected_n += its.len();
            right_n += own.iter().filter(|it| its.contains(it)).count();
            whole_n += usize::from(own == its);
            if wrong_too && name == "making" && own != its {
                println!("  {shown}\n  {line}\n");
            }
        }
        let n = lines.lines().count();
        println!(
            "matters {name}: {right_n} of {made_n} cuts right, {right_n} of {expected_n} found, {whole_n} of {n} texts exactly"
        );
    }
    for (name, lines) in SEVERITY {
        let (mut right_n, mut n) = (0, 0);
        for (level, words) in lines.lines().filter_map(|it| it.split_once('\t')) {
            let made = severity(words);
            n += 1;
            right_n += usize::from(made.level.as_str() == level);
            if wrong_too && name == "making" && made.level.as_str() != level {
                println!("  {level} {words} {made:?}");
            }
        }
        println!("severity {name}: {right_n} of {n} right");
    }
    for (name, lines) in NAMING {
        let (mut made_n, mut right_n, mut expected_n) = (0, 0, 0);
        for (words, names) in lines.lines().filter_map(|it| it.split_once('\t')) {
            let expected: Vec<&str> = names.split('、').filter(|it| !it.is_empty()).collect();
            let made: Vec<String> = named(words).into_iter().map(|it| it.text).collect();
            made_n += made.len();
            expected_n += expected.len();
            right_n += made.iter().filter(|it| expected.contains(&it.as_str())).count();
            if wrong_too && name == "making" && made != expected {
                println!("  {words} {made:?} {names}");
            }
        }
        println!("naming {name}: {right_n} of {made_n} right, {right_n} of {expected_n} found");
    }
}

/// The text with `|` where it is cut.
fn cut(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let all = matters(text, |it| shipped().suggest(it));
    all.iter().map(|it| letters[it.start..it.end].iter().collect::<String>()).collect::<Vec<_>>().join("|")
}

/// Where the marks stand, in characters without them.
fn places(marked: &str) -> Vec<usize> {
    let marks = marked.chars().enumerate().filter(|it| it.1 == '|');
    marks.enumerate().map(|(n, (at, _))| at - n).collect()
}

#[expect(clippy::print_stdout, reason = "figures are what this prints")]
fn of_file(file: &str) {
    let text = std::fs::read_to_string(file).expect("a file of texts");
    let texts: Vec<&str> = text.lines().map(|it| it.rsplit('\t').next().unwrap_or(it)).collect();
    shipped();
    let begun = Instant::now();
    let (mut several_n, mut cuts_n) = (0, 0);
    for text in &texts {
        let shown = cut(&text.replace('|', " "));
        let n = shown.matches('|').count();
        several_n += usize::from(n > 0);
        cuts_n += n;
        if n > 0 {
            println!("{shown}");
        }
    }
    let micros = begun.elapsed().as_micros() / texts.len().max(1) as u128;
    println!("{several_n} of {} texts cut, {cuts_n} cuts, {micros} µs a text", texts.len());
}
