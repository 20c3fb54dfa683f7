//! How fast a large form is read, answered and checked: `cargo run --release -p domain --example form_speed`.

use std::{hint::black_box, time::Instant};

use domain::{
    expression::{Moment, Words},
    questionnaire::{
        Questionnaire,
        filling::{Filling, Setting},
        version::Version,
        xlsform::{Sheet, read},
    },
};
use serde_json::{Map, Value, json};

const SETTING: Setting =
    Setting { moment: Moment { at: 1_795_656_600_250, offset_minutes: 480 }, seed: 7, words: Words::English };

/// The server's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 500 questions: 440 plain ones, of which 200 hang on the one before and a third must be answered, and 3 repeats of 20
/// questions, one of them as often as an answer says.
fn sheets() -> Vec<Sheet> {
    let row = |cells: &[&str]| cells.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let mut rows = vec![row(&[
        "type",
        "name",
        "label",
        "relevant",
        "constraint",
        "calculation",
        "required",
        "repeat_count",
    ])];
    for n in 0..440 {
        let before = n - 1;
        let relevant = if n % 2 == 1 && n < 400 { format!("${{q{before}}} > 2") } else { String::new() };
        let (kind, constraint) = if n % 3 == 0 { ("integer", ". < 100") } else { ("decimal", "") };
        let required = if n % 3 == 1 { "yes" } else { "" };
        rows.push(row(&[kind, &format!("q{n}"), "A question", &relevant, constraint, "", required]));
    }
    for repeat in 0..3 {
        let count = if repeat == 1 { "${q439}" } else { "" };
        rows.push(row(&["begin_repeat", &format!("r{repeat}"), "A repeat", "", "", "", "", count]));
        for n in 0..18 {
            rows.push(row(&["integer", &format!("r{repeat}q{n}"), "A question", "", ". >= 0", ""]));
        }
        let sum = format!("${{r{repeat}q0}} + ${{r{repeat}q1}}");
        rows.push(row(&["calculate", &format!("r{repeat}sum"), "", "", "", &sum]));
        rows.push(row(&["select_one yn", &format!("r{repeat}yn"), "Yes?", "", "", ""]));
        rows.push(row(&["end_repeat", "", "", "", "", ""]));
    }
    rows.push(row(&["calculate", "total", "", "", "", "sum(${r0sum}) + sum(${r1sum}) + ${q0}"]));
    let choices =
        vec![row(&["list_name", "name", "label"]), row(&["yn", "y", "Yes"]), row(&["yn", "n", "No"])];
    vec![Sheet { name: "survey".to_owned(), rows }, Sheet { name: "choices".to_owned(), rows: choices }]
}

/// Every question answered, each repeat with 50 turns.
fn answers() -> Value {
    let mut answers = Map::new();
    for n in 0..440 {
        answers.insert(format!("q{n}"), json!(n % 7));
    }
    answers.insert("q439".to_owned(), json!(50));
    for repeat in 0..3 {
        let turn = |turn: usize| {
            let mut answers: Map<String, Value> =
                (0..18).map(|n| (format!("r{repeat}q{n}"), json!(n + turn))).collect();
            answers.insert(format!("r{repeat}yn"), json!("y"));
            Value::Object(answers)
        };
        answers.insert(format!("r{repeat}"), (0..50).map(turn).collect());
    }
    Value::Object(answers)
}

fn read_form(sheets: &[Sheet]) -> Questionnaire {
    let outcome = read(&Version::of(sheets.to_vec()), "large");
    outcome.questionnaire.expect("the form has nothing wrong with it")
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() {
    let sheets = sheets();
    let begun = Instant::now();
    let n_imports = 20;
    for _ in 0..n_imports {
        black_box(read_form(&sheets));
    }
    println!("import: {:?}", begun.elapsed() / n_imports);
    let form = read_form(&sheets);
    let answers = answers();
    let (mut filling, _) = Filling::from_json(&form, SETTING, &answers);
    println!(
        "{} questions, {} tasks, {} nodes",
        form.questions.len() - 1,
        form.graph.tasks.len(),
        filling.document().n_nodes()
    );
    println!("problems: {}", filling.problems().len());
    let node = |filling: &Filling<'_>, name: &str| filling.nodes(form.named(name).expect("it is there"))[0];
    for name in ["q0", "q438", "r0q0"] {
        let node = node(&filling, name);
        let begun = Instant::now();
        let n_answers = 2_000;
        for n in 0..n_answers {
            filling.answer(node, if n % 2 == 0 { "1" } else { "9" });
        }
        println!("answer to {name}: {:?}", begun.elapsed() / n_answers);
    }
    let begun = Instant::now();
    let n_records = 2_000;
    for _ in 0..n_records {
        let (filling, _) = Filling::from_json(&form, SETTING, &answers);
        black_box(filling.problems());
    }
    println!("whole records a second: {:.0}", f64::from(n_records) / begun.elapsed().as_secs_f64());
}
