//! The real binary: expressions and questionnaires at the console.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use domain::{
    expression::{Expression, Moment, Plain, Words},
    questionnaire::{
        Logic, Question, Questionnaire,
        filling::{Filling, Setting},
        medium::{Media, Medium, MediumType},
        sheets,
        version::Version,
        xlsform::{Files, Sheet, read},
    },
};
use serde_json::{Value, json};
use server::{lists, workbook};
use tempfile::TempDir;

fn zoufang(arguments: &[&str], input: &[u8]) -> Output {
    zoufang_at("UTC", arguments, input)
}

/// On a machine whose clock on the wall is that of `zone`.
fn zoufang_at(zone: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoufang"));
    command
        .env("TZ", zone)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read to the end closes its side.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The exit status, and each line of the output as JSON.
fn answers(output: &Output) -> (i32, Vec<Value>) {
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    (output.status.code().unwrap(), lines.map(|it| serde_json::from_str(it).unwrap()).collect())
}

#[track_caller]
fn check_expr(arguments: &[&str], status: i32, expected: Value) {
    let output = zoufang(&[&["expr"], arguments].concat(), b"");
    assert_eq!(answers(&output), (status, vec![expected]), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_expression_is_said_as_one_object() {
    check_expr(&["1 + 1"], 0, json!({"type": "number", "value": 2}));
    check_expr(&["-5"], 0, json!({"type": "number", "value": -5}));
    check_expr(&["0.5"], 0, json!({"type": "number", "value": 0.5}));
    check_expr(&["1 div 0"], 0, json!({"type": "number", "value": "Infinity"}));
    check_expr(&["-1 div 0"], 0, json!({"type": "number", "value": "-Infinity"}));
    check_expr(&["0 div 0"], 0, json!({"type": "number", "value": "NaN"}));
    check_expr(&["concat('走', '访')"], 0, json!({"type": "string", "value": "走访"}));
    check_expr(&["1 = 1"], 0, json!({"type": "boolean", "value": true}));
    check_expr(&["date('2020-01-01')"], 0, json!({"type": "date", "value": "2020-01-01"}));
    let noon = "2020-01-01T12:00:00.000Z";
    check_expr(&["date-time('2020-01-01T12:00')"], 0, json!({"type": "dateTime", "value": noon}));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let error = json!({"code": "unknown_function", "message": "there is no function foo", "at": 4});
    check_expr(&["1 + foo()"], 1, json!({"error": error}));
    let error = json!({"code": "unknown_name", "message": "there is no question name", "at": 0});
    check_expr(&["${name}"], 1, json!({"error": error}));
}

#[test]
fn time_and_chance_can_be_given() {
    let at = ["--at", "2026-11-26T00:30:00+08:00"];
    check_expr(&[&at[..], &["today()"]].concat(), 0, json!({"type": "date", "value": "2026-11-26"}));
    let utc = [&at[..], &["--offset", "+00:00", "today()"]].concat();
    check_expr(&utc, 0, json!({"type": "date", "value": "2026-11-25"}));
    let west = ["--offset", "-03:30", "date-time('2020-01-01')"];
    check_expr(&west, 0, json!({"type": "dateTime", "value": "2020-01-01T00:00:00.000-03:30"}));
    // A machine in China, without a word of where it stands.
    let output = zoufang_at("CST-8", &["expr", "date-time('2020-01-01T12:00')"], b"");
    let noon = json!({"type": "dateTime", "value": "2020-01-01T12:00:00.000+08:00"});
    assert_eq!(answers(&output), (0, vec![noon]));
    let seeded = || answers(&zoufang(&["expr", "--seed", "7", "uuid()"], b""));
    assert_eq!(seeded(), seeded());
    let unseeded = || answers(&zoufang(&["expr", "uuid()"], b""));
    assert_ne!(unseeded(), unseeded());
}

#[test]
fn each_line_is_answered_on_a_line() {
    let output = zoufang(&["expr", "-"], "1 + 1\r\n(\n\n'a'".as_bytes());
    let (status, lines) = answers(&output);
    assert_eq!(status, 0);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], json!({"type": "number", "value": 2}));
    assert_eq!(lines[1]["error"]["code"], "unexpected_end");
    assert_eq!(lines[2]["error"]["code"], "empty");
    assert_eq!(lines[3], json!({"type": "string", "value": "a"}));
    let broken = zoufang(&["expr", "-"], b"1\n\xff\n");
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("line 2 is not UTF-8"));
}

/// A workbook with these sheets, each a name and rows of cells.
fn save(folder: &Path, name: &str, sheets: &[(&str, &[&[&str]])]) -> String {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (sheet, rows) in sheets {
        let page = book.add_worksheet().set_name(*sheet).unwrap();
        for (n, row) in (0..).zip(*rows) {
            for (column, cell) in (0..).zip(*row) {
                match cell.parse::<f64>() {
                    Ok(number) => page.write(n, column, number).unwrap(),
                    Err(_) => page.write(n, column, *cell).unwrap(),
                };
            }
        }
    }
    let path = folder.join(name);
    book.save(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

const VISIT: [(&str, &[&[&str]]); 3] = [
    (
        "survey",
        &[
            &[
                "type",
                "name",
                "label::中文 (zh)",
                "label::English (en)",
                "relevant",
                "constraint",
                "calculation",
            ],
            &["integer", "n", "几人", "How many", "", ". < 10", ""],
            &["begin_repeat", "person", "家庭成员", "Person", "", "", ""],
            &["integer", "age", "年龄", "Age", "", "", ""],
            &["select_one yn", "works", "是否就业", "Works", "${age} >= 16", "", ""],
            &["end_repeat", "", "", "", "", "", ""],
            &["calculate", "oldest", "", "", "", "", "max(${age})"],
        ],
    ),
    (
        "choices",
        &[
            &["list_name", "name", "label::中文 (zh)", "label::English (en)"],
            &["yn", "1", "是", "Yes"],
            &["yn", "2", "否", "No"],
        ],
    ),
    ("settings", &[&["form_title", "form_id"], &["入户走访", "household"]]),
];

#[test]
fn a_form_is_checked() {
    let folder = TempDir::new().unwrap();
    let good = save(folder.path(), "visit.xlsx", &VISIT);
    let (status, lines) = answers(&zoufang(&["form", "check", "--json", &good], b""));
    assert_eq!(status, 0);
    let form = json!({"id": "household", "title": "入户走访", "version": "", "questions": 5});
    assert_eq!(lines, [json!({"ok": true, "form": form, "errors": [], "warnings": []})]);
    let bad = [("survey", &[&["type", "name", "label"][..], &["text", "q", "${who}"]][..])];
    let bad = save(folder.path(), "bad.xlsx", &bad);
    let (status, lines) = answers(&zoufang(&["form", "check", "--json", &bad], b""));
    assert_eq!(status, 1);
    let error = json!({
        "sheet": "survey", "row": 2, "column": "label", "code": "unknown_reference",
        "message": "there is no question who; look at how the name is written",
        "message_zh": "没有名为 who 的题目；请检查写法",
    });
    assert_eq!(lines, [json!({"ok": false, "form": null, "errors": [error], "warnings": []})]);
    let words = zoufang(&["form", "check", &bad], b"");
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("错误：survey 第 2 行 label 列：没有名为 who 的题目"), "{words}");
    assert!(words.contains("error: survey row 2 column label: there is no question who"), "{words}");
    let none = folder.path().join("none.xlsx");
    std::fs::write(&none, b"PK\x03\x04").unwrap();
    assert_eq!(zoufang(&["form", "check", none.to_str().unwrap()], b"").status.code(), Some(1));
}

#[test]
fn an_expression_is_said_of_a_record() {
    let folder = TempDir::new().unwrap();
    let form = save(folder.path(), "visit.xlsx", &VISIT);
    let record = folder.path().join("answers.json");
    let answers_json = json!({"n": 2, "person": [{"age": 41, "works": "1"}, {"age": 12, "works": "1"}]});
    std::fs::write(&record, answers_json.to_string()).unwrap();
    let eval = |more: &[&str], input: &[u8]| {
        let arguments = ["form", "eval", "--form", &form, "--answers", record.to_str().unwrap()];
        answers(&zoufang(&[&arguments[..], more].concat(), input))
    };
    assert_eq!(eval(&["${oldest} + 1"], b""), (0, vec![json!({"type": "number", "value": 42})]));
    let second = ["--node", "/data/person[2]/age", "concat(., ${works}, position(..))"];
    assert_eq!(eval(&second, b""), (0, vec![json!({"type": "string", "value": "122"})]));
    let (status, lines) = eval(&["-"], b"count(${person})\njr:choice-name('1', '${works}')\n${nobody}\n");
    assert_eq!(status, 0);
    assert_eq!(lines[0]["value"], 2);
    assert_eq!(lines[1]["value"], "是");
    assert_eq!(lines[2]["error"]["code"], "unknown_name");
}

#[test]
fn files_beside_a_form_are_its_tables() {
    let folder = TempDir::new().unwrap();
    let form = "type,name,label,calculation\nselect_one_from_file towns.csv,town,Town,\n\
                calculate,county,,\"pulldata('towns', 'county', 'name', ${town})\"\n";
    let path = folder.path().join("form.csv");
    std::fs::write(&path, form).unwrap();
    std::fs::write(folder.path().join("towns.csv"), "name,label,county\na,A,东\nb,B,西\n").unwrap();
    let record = folder.path().join("answers.json");
    std::fs::write(&record, r#"{"town": "b"}"#).unwrap();
    let (path, record) = (path.to_str().unwrap(), record.to_str().unwrap());
    let (status, lines) = answers(&zoufang(&["form", "check", "--json", path], b""));
    assert_eq!((status, &lines[0]["warnings"]), (0, &json!([])));
    let said = zoufang(&["form", "eval", "--form", path, "--answers", record, "${county}"], b"");
    assert_eq!(answers(&said), (0, vec![json!({"type": "string", "value": "西"})]));
}

/// The forms of `tests/forms`, which use all of the format: each with answers, and what expressions say of them.
fn shipped_forms() -> Vec<(String, Vec<Sheet>, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.retain(|it| it.extension().is_some_and(|it| it == "json"));
    paths.sort();
    let read = |path: &Path| std::fs::read(path).unwrap();
    let form = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let sheets = workbook::sheets(&read(&path.with_extension("csv"))).unwrap();
        (name, sheets, serde_json::from_slice(&read(path)).unwrap())
    };
    paths.iter().map(form).collect()
}

/// A file for each name that cells give one by its ending.
fn media_of(sheets: &[Sheet]) -> Media {
    let cells = sheets.iter().flat_map(|it| &it.rows).flatten();
    let media = cells.filter_map(|it| {
        let media_type = match it.trim().rsplit_once('.')?.1 {
            "png" => MediumType::Png,
            "jpg" => MediumType::Jpeg,
            "mp3" => MediumType::Mp3,
            "m4a" => MediumType::M4a,
            "mp4" => MediumType::Mp4,
            _ => return None,
        };
        let sha256 = domain::envelope::Hash::of(it.as_bytes());
        Some((it.trim().to_owned(), Medium { sha256, bytes_n: 1, media_type }))
    });
    media.collect()
}

/// The form without a finding, not even a warning.
fn questionnaire(name: &str, sheets: &[Sheet]) -> Questionnaire {
    let towns = include_bytes!("forms/towns.csv");
    let files = Files::from([("towns.csv".to_owned(), lists::rows(towns).unwrap())]);
    let version = Version { files, media: media_of(sheets), ..Version::of(sheets.to_vec()) };
    let outcome = read(&version, name);
    assert_eq!(outcome.findings, [], "{name}");
    outcome.questionnaire.unwrap()
}

const SETTING: Setting =
    Setting { moment: Moment { at: 1_795_656_600_250, offset_minutes: 480 }, seed: 7, words: Words::English };

#[test]
fn fifty_forms_say_what_they_should() {
    let forms = shipped_forms();
    assert!(forms.len() >= 50, "{} forms", forms.len());
    for (name, sheets, case) in forms {
        let form = questionnaire(&name, &sheets);
        let (filling, unknown) = Filling::from_json(&form, SETTING, &case["answers"]);
        assert_eq!(unknown, [], "{name}");
        for (text, expected) in case["says"].as_object().unwrap() {
            let mut expression = Expression::parse(text).unwrap();
            form.resolve(&mut expression, 0);
            let said = match filling.evaluate(&expression, None).unwrap() {
                Plain::Number(number) => {
                    (json!(number).as_f64() == expected.as_f64()).then_some(expected.clone())
                }
                Plain::Boolean(truth) => Some(json!(truth)),
                other => Some(json!(other.to_text())),
            };
            assert_eq!(said.as_ref(), Some(expected), "{name}: {text}");
        }
        let problems = filling.problems();
        let problems: Vec<_> = problems.iter().map(|it| (filling.path(it.node), &it.kind)).collect();
        assert_eq!(problems, [], "{name}");
    }
}

#[test]
fn a_form_is_the_same_from_a_workbook() {
    for (name, written, _) in shipped_forms() {
        let form = questionnaire(&name, &written);
        let sheets = sheets::write(&form);
        let book = workbook::xlsx(&sheets).unwrap();
        let again = questionnaire(&name, &workbook::sheets(&book).unwrap());
        assert_eq!(sheets::write(&again), sheets, "{name}");
        assert_eq!((again.lists, again.graph), (form.lists, form.graph), "{name}");
        // Rows have other numbers, and the texts of expressions their blanks elsewhere.
        let said = |it: &Question| {
            let mut it = it.clone();
            (it.row, it.logic) = (0, Logic::default());
            format!("{it:?}")
        };
        let (again, form): (Vec<_>, Vec<_>) =
            (again.questions.iter().map(said).collect(), form.questions.iter().map(said).collect());
        assert_eq!(again, form, "{name}");
    }
}

#[test]
fn a_form_is_written_as_a_workbook_once() {
    let folder = TempDir::new().unwrap();
    let form = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forms/household.csv");
    let out = folder.path().join("household.xlsx");
    let out = out.to_str().unwrap();
    let write = || zoufang(&["form", "xlsx", form, "-o", out], b"").status.code();
    assert_eq!(write(), Some(0));
    let (status, lines) = answers(&zoufang(&["form", "check", "--json", out], b""));
    assert_eq!((status, &lines[0]["form"]["id"]), (0, &json!("household_visit")));
    assert_eq!(write(), Some(1), "what is there is left alone");
}

#[test]
fn ready_forms_can_be_taken() {
    let folder = TempDir::new().unwrap();
    let list = zoufang(&["form", "list"], b"");
    let list = String::from_utf8(list.stdout).unwrap();
    let names: Vec<&str> = list.lines().filter_map(|it| it.split('\t').next()).collect();
    assert_eq!(names, ["firm", "household", "retired_cadre", "library"]);
    for name in names {
        let out = folder.path().join(format!("{name}.xlsx"));
        let out = out.to_str().unwrap();
        assert!(zoufang(&["form", "ready", name, "-o", out], b"").status.success());
        let (status, lines) = answers(&zoufang(&["form", "check", "--json", out], b""));
        assert_eq!((status, &lines[0]["warnings"]), (0, &json!([])), "{name}");
    }
    let csv = zoufang(&["form", "ready", "firm"], b"");
    assert!(String::from_utf8(csv.stdout).unwrap().contains("form_title"));
    assert_eq!(zoufang(&["form", "ready", "nobody"], b"").status.code(), Some(1));
}
