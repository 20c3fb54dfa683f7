//! XForms beside those that pyxform makes of the same workbooks, and before ODK Validate.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use domain::{
    expression::Expression,
    questionnaire::{
        version::Version,
        xform,
        xlsform::{Files, read},
    },
};
use serde_json::{Value, json};
use server::{lists, workbook};
use tempfile::TempDir;

/// The Python that `tests/need.sh` installs; without it the test says that it did not run, and fails when CI is set.
#[expect(clippy::print_stderr, reason = "this is how a test says so")]
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/python");
    let python = folder.join("bin/python");
    // `need.sh` copies the list once all of it is installed.
    let list = std::fs::read_to_string(folder.join("requirements.txt")).unwrap_or_default();
    if list.contains("pyxform") {
        return Some(python);
    }
    assert!(std::env::var_os("CI").is_none(), "the tools are installed (tests/need.sh)");
    eprintln!("did not run: it needs what tests/need.sh installs");
    None
}

/// Forms that use what the library of ODK Collect does not read: names of Chinese letters, and `//` in paths.
const NOT_FOR_COLLECT: [&str; 2] = ["field_names", "paths"];

/// Writes the XForm of each form into a folder; how many there are.
fn write_all(forms: &Path, folder: &Path) -> usize {
    let mut n_forms = 0;
    let towns = lists::rows(include_bytes!("forms/towns.csv")).unwrap();
    let files = Files::from([("towns.csv".to_owned(), towns)]);
    for path in std::fs::read_dir(forms).unwrap().map(|it| it.unwrap().path()) {
        let is_form = path.extension().is_some_and(|it| it == "csv") && !path.ends_with("towns.csv");
        if !is_form {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let mut sheets = workbook::sheets(&std::fs::read(&path).unwrap()).unwrap();
        for sheet in &mut sheets {
            // Made-up names have the number of the row, which pyxform counts from where the sheet begins.
            let first = sheet.rows.iter().position(|it| !it.is_empty()).unwrap();
            sheet.rows.drain(..first);
        }
        let outcome = read(&Version { files: files.clone(), ..Version::of(sheets) }, name);
        let form = outcome.questionnaire.unwrap_or_else(|| panic!("{name}: {:?}", outcome.findings));
        std::fs::write(folder.join(format!("{name}.xml")), xform::write(&form).unwrap()).unwrap();
        n_forms += 1;
    }
    n_forms
}

/// Expressions are the same if they are read as the same: blanks and parentheses that change nothing are no matter.
/// pyxform makes one blank of several, in the texts of expressions, too, and straight quotation marks of those that Chinese
/// is written with.
fn canonical(value: &mut Value) {
    match value {
        Value::Object(object) if object.len() == 1 && object.contains_key("xpath") => {
            let text = object["xpath"].as_str().unwrap().trim();
            let read = Expression::parse(text).map_or_else(|_| text.to_owned(), |it| it.to_string());
            *value = Value::from(read.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        Value::Object(object) => object.values_mut().for_each(canonical),
        Value::Array(array) => array.iter_mut().for_each(canonical),
        Value::String(text) => *text = text.replace(['‘', '’'], "'").replace(['“', '”'], "\""),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is said by one and not by the other, by the way to it.
fn differences(way: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, value) in a {
                differences(&format!("{way}/{key}"), value, &b[key], found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{way}/{n}"), a, b, found);
            }
        }
        _ if ours != theirs => found.push(format!("{way}\n  ours   {ours}\n  theirs {theirs}")),
        _ => {}
    }
}

#[test]
fn xforms_say_what_those_of_pyxform_say_and_are_valid() {
    let Some(python) = python() else { return };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let n_forms = compare(&python, &own, &NOT_FOR_COLLECT);
    assert!(n_forms >= 50, "{n_forms} forms");
    compare(&python, &Path::new(env!("CARGO_MANIFEST_DIR")).join("forms"), &[]);
}

/// Compares the forms of a folder, of which Collect cannot read some; how many there are.
fn compare(python: &Path, forms: &Path, not_for_collect: &[&str]) -> usize {
    let folder = TempDir::new().unwrap();
    let n_forms = write_all(forms, folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/xforms.py");
    let output = Command::new(python).arg(script).arg(forms).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = lines.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let validated = lines.pop().unwrap();
    assert_eq!(lines.len(), n_forms);
    let mut found = BTreeMap::new();
    for line in &mut lines {
        canonical(line);
        let mut differ = Vec::new();
        differences("", &line["ours"], &line["theirs"], &mut differ);
        if !differ.is_empty() {
            found.insert(line["name"].to_string(), differ);
        }
    }
    let said: Vec<String> = found.iter().map(|(name, it)| format!("{name}\n{}", it.join("\n"))).collect();
    assert!(found.is_empty(), "{} forms differ\n{}", found.len(), said.join("\n\n"));
    assert_eq!(validated["invalid"], json!(not_for_collect), "{}", validated["said"].as_str().unwrap());
    n_forms
}
