//! The real binary: expressions and questionnaires at the console.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

fn zoufang(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoufang"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
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
