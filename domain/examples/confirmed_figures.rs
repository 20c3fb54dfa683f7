//! Judges what an office's confirmations are worth, on parts of what ships that were left out. Prints figures only.
//!
//! `cargo run --release -p domain --example confirmed_figures`
//!
//! Three fifths of the sentences stand for what ships, a fifth is confirmed bit by bit, and a fifth is judged. Once the
//! office agrees with what ships; once it takes eight types for others of their group, drawn by lot, which is what a
//! taxonomy of one's own comes to. Each is done for several lots; what is printed is the mean of what was gained, and
//! its standard error over the lots.

use std::{collections::HashMap, time::Instant};

use domain::{
    random::Random,
    suggesting::{
        Ruled, Suggester,
        confirmed::{Agreed, Confirmed, calm_of, learn},
        said::{SHIPPED, Said, read},
    },
    taxonomy::Taxonomy,
};

const LOTS_N: u64 = 6;
const SHIFTED_N: usize = 8;
const CONFIRMED_NS: [usize; 6] = [20, 50, 100, 200, 400, 900];

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let taxonomy = Taxonomy::shipped();
    let all = read(SHIPPED, &taxonomy)?;
    let [codes, kinds] = calm_of(&all);
    println!("told of what ships: types {codes:.2?}, kinds {kinds:.2?}");
    print_cost(&all);
    for (name, shifted_n) in
        [("the office agrees with what ships", 0), ("eight types are taken for others", SHIFTED_N)]
    {
        println!("{name}");
        let mut gained: Vec<Vec<[f64; 6]>> = vec![Vec::new(); CONFIRMED_NS.len()];
        let mut reliability = [(0_usize, 0_usize, 0.0); 10];
        let started = Instant::now();
        for lot in 0..LOTS_N {
            for (of_n, one) in
                gained.iter_mut().zip(one_lot(&all, &taxonomy, lot, shifted_n, &mut reliability))
            {
                of_n.push(one);
            }
        }
        for (n, of_n) in CONFIRMED_NS.iter().zip(&gained) {
            let [types, gain, kinds, kinds_gain] =
                [0, 1, 2, 3].map(|it| mean_and_error(of_n.iter().map(|row| row[it])));
            println!(
                "  {n} confirmed: type first {:.3}, gained {:+.3} ± {:.3}; kind {:.3}, gained {:+.3} ± {:.3}",
                types.0, gain.0, gain.1, kinds.0, kinds_gain.0, kinds_gain.1
            );
            let [gain, kinds_gain] = [4, 5].map(|it| mean_and_error(of_n.iter().map(|row| row[it])));
            println!(
                "    each learned at once: types gained {:+.3} ± {:.3}; kinds {:+.3} ± {:.3}",
                gain.0, gain.1, kinds_gain.0, kinds_gain.1
            );
        }
        println!("  reliability of the first suggestion with {} confirmed", CONFIRMED_NS[3]);
        for (n, right_n, sure) in reliability.into_iter().filter(|it| it.0 > 0) {
            println!("    sure {:.2}: right {:.3} of {n}", sure / share(n, 1), share(right_n, n));
        }
        println!("  {:.1} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// For each number of confirmations: types right and gained, kinds right and gained, as shares; then types and kinds gained
/// by what ships when each is learned at once.
fn one_lot(
    all: &[Said],
    taxonomy: &Taxonomy,
    lot: u64,
    shifted_n: usize,
    reliability: &mut [(usize, usize, f64); 10],
) -> Vec<[f64; 6]> {
    let mut random = Random::of(lot);
    let mut order: Vec<Said> = all.to_vec();
    random.shuffle(&mut order);
    let others = others_of(taxonomy, shifted_n, &mut random);
    let (shipped, rest) = order.split_at(all.len() * 3 / 5);
    let of_office: Vec<Confirmed> = rest
        .iter()
        .map(|it| {
            let code = others.get(it.code).map_or(it.code, String::as_str);
            Confirmed::of(it.words, it.kind, Some(code).filter(|it| !it.is_empty()))
        })
        .collect();
    let (confirmed, judged) = of_office.split_at(of_office.len() / 2);
    let mut at_once = Suggester::learn(shipped);
    let before = Agreed::of(&at_once, judged);
    let mut corrected_n = 0;
    CONFIRMED_NS
        .iter()
        .map(|n| {
            let suggester = Suggester::learn_confirmed(shipped, &confirmed[..*n]);
            let after = Agreed::of(&suggester, judged);
            if *n == CONFIRMED_NS[3] {
                count(reliability, &suggester, judged);
            }
            for it in corrected_n..*n {
                at_once.correct(&confirmed[it], &confirmed[..it]);
            }
            corrected_n = *n;
            let corrected = Agreed::of(&at_once, judged);
            let (types, kinds) = (share(after.types, after.types_n), share(after.kinds, after.kinds_n));
            [
                types,
                types - share(before.types, before.types_n),
                kinds,
                kinds - share(before.kinds, before.kinds_n),
                share(corrected.types, corrected.types_n) - share(before.types, before.types_n),
                share(corrected.kinds, corrected.kinds_n) - share(before.kinds, before.kinds_n),
            ]
        })
        .collect()
}

/// What learning a version costs, figures and all, and how large it is.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn print_cost(all: &[Said]) {
    let confirmed: Vec<Confirmed> = all
        .iter()
        .map(|it| Confirmed::of(it.words, it.kind, Some(it.code).filter(|it| !it.is_empty())))
        .collect();
    print_correction(&confirmed);
    for n in [20, 1_000, confirmed.len()] {
        for in_use_n in [0, n * 10 / 11] {
            let started = Instant::now();
            let bytes = learn(&confirmed[..n], in_use_n, &Ruled::shipped()).suggester.to_bytes();
            let seconds = started.elapsed().as_secs_f64();
            println!("{n} confirmed, {in_use_n} known before: {seconds:.1} s, {} bytes", bytes.len());
        }
    }
}

/// What it takes to learn one confirmation at once, 16 earlier ones again included.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn print_correction(confirmed: &[Confirmed]) {
    let mut suggester = Suggester::learn_confirmed(&[], confirmed);
    let longest = confirmed.iter().max_by_key(|it| it.words.chars().count()).map_or("", |it| it.words);
    let long: String = longest.chars().cycle().take(440).collect();
    let long = vec![Confirmed { words: &long, ..confirmed[0] }; 1_000];
    for (name, these) in [("a sentence that ships", &confirmed[..1_000]), ("440 letters", &long)] {
        // The first takes a copy of the weights.
        suggester.correct(&these[0], &[]);
        let mut took: Vec<f64> = Vec::new();
        for n in 1..these.len() {
            let started = Instant::now();
            suggester.correct(&these[n], &these[..n]);
            took.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        took.sort_by(f64::total_cmp);
        println!("one confirmation at once, {name}: p50 {:.3} ms, p95 {:.3} ms", took[500], took[950]);
    }
}

/// Which types the office takes for which others of their group.
fn others_of(taxonomy: &Taxonomy, n: usize, random: &mut Random) -> HashMap<String, String> {
    let mut leaves: Vec<_> = taxonomy.leaves().collect();
    random.shuffle(&mut leaves);
    let other = |code: &str, parent: &str| {
        let of_group = leaves.iter().filter(|it| it.parent == parent && it.code != code);
        of_group.map(|it| it.code.clone()).next()
    };
    leaves.iter().filter_map(|it| Some((it.code.clone(), other(&it.code, &it.parent)?))).take(n).collect()
}

fn count(reliability: &mut [(usize, usize, f64); 10], suggester: &Suggester, judged: &[Confirmed]) {
    for it in judged {
        let Some(first) = suggester.suggest(it.words).suggestions.into_iter().next() else { continue };
        // Whether it has a type was left open.
        let Some(code) = it.code else { continue };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
        let tenth = &mut reliability[((first.confidence * 10.0) as usize).min(9)];
        tenth.0 += 1;
        tenth.1 += usize::from(code == first.code);
        tenth.2 += first.confidence;
    }
}

/// The mean, and its standard error.
fn mean_and_error(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = share(values.len(), 1);
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (square / n).sqrt())
}

#[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
fn share(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}
