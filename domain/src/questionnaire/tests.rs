//! Forms as rows of cells, what is found wrong with them, and what follows from answers.

mod answers;
mod reading;
mod writing_back;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Kind, Logic, NODES_MAX, Question, Questionnaire, TURNS_MAX, Task,
    filling::{Filling, ProblemKind, Setting},
    finding::Severity,
    sheets,
    version::Version,
    xlsform::{Files, Outcome, Sheet, read},
};
use crate::expression::{Expression, Moment, Words};

/// Sheets from a text: `# name` begins one, a line is a row, `|` stands between cells.
pub(super) fn sheets_of(text: &str) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        match line.strip_prefix("# ") {
            Some(name) => sheets.push(Sheet { name: name.to_owned(), rows: Vec::new() }),
            None => {
                let cells = line.split('|').map(|it| it.trim().to_owned()).collect();
                sheets.last_mut().unwrap().rows.push(cells);
            }
        }
    }
    sheets
}

fn outcome(text: &str) -> Outcome {
    outcome_of(&sheets_of(text))
}

fn outcome_of(sheets: &[Sheet]) -> Outcome {
    let fruits = [["name", "label", "kind"], ["kiwi", "Kiwi", "vine"], ["pear", "Pear", "tree"]];
    let fruits = fruits.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    let files = Files::from([("fruits.csv".to_owned(), fruits)]);
    read(&Version { files, ..Version::of(sheets.to_vec()) }, "form")
}

/// A form that has nothing wrong with it but warnings.
#[track_caller]
pub(super) fn form(text: &str) -> Questionnaire {
    let outcome = outcome(text);
    outcome.questionnaire.unwrap_or_else(|| panic!("{:?}", outcome.findings))
}

const SETTING: Setting =
    Setting { moment: Moment { at: 1_795_656_600_250, offset_minutes: 480 }, seed: 7, words: Words::English };

fn filled<'q>(form: &'q Questionnaire, answers: &Value) -> Filling<'q> {
    let (filling, unknown) = Filling::from_json(form, SETTING, answers);
    assert_eq!(unknown, []);
    filling
}

/// What is wrong with answers: path and kind.
fn problems(filling: &Filling<'_>) -> Vec<(String, ProblemKind)> {
    filling.problems().into_iter().map(|it| (filling.path(it.node), it.kind)).collect()
}

fn say(filling: &Filling<'_>, text: &str) -> String {
    let mut expression = Expression::parse(text).unwrap();
    filling.questionnaire().resolve(&mut expression, 0);
    filling.evaluate(&expression, None).unwrap().to_text()
}

/// The findings, as `sheet row column code`.
fn found(text: &str) -> Vec<String> {
    let findings = outcome(text).findings;
    findings.iter().map(|it| format!("{} {} {} {}", it.sheet, it.row, it.column, it.fault.code())).collect()
}
