//! `zoufang form`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::{
    expression::{Expression, Words},
    problem::Code,
    questionnaire::{
        Questionnaire,
        filling::{Filling, Setting},
        finding::{Finding, Severity},
        sheets,
        version::Version,
        xform,
        xlsform::{Outcome, Sheet, read},
    },
};
use serde_json::{Value, json};

use super::expr::{When, answer};
use crate::{
    Clock, lists, questionnaires,
    ready_forms::{READY_FORMS, ReadyForm},
    workbook,
};

/// Look at questionnaires: XLSForm as .xlsx, .xls or CSV.
#[derive(Args)]
pub struct Form {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Say what is wrong with a form: sheet, row, column, and what to write instead.
    ///
    /// The exit status is 0 when the form can be used, warnings or not, else 1. CSV files that the form names are read from
    /// the folder of the form. With --json it prints one object: {"ok":…,"form":{"id":…,"title":…,"version":…,"questions":n},
    /// "errors":[…],"warnings":[…]}, where each finding is {"sheet":…,"row":…,"column":…,"code":…,"message":…,"message_zh":…};
    /// rows are counted from 1, row 0 is the sheet as a whole, and the column is its header.
    Check {
        file: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print a form as an XForm, as ODK Collect and other clients of OpenRosa read it.
    Xform { file: PathBuf },
    /// Write a form as a workbook, .xlsx, which is read as the same form.
    Xlsx {
        file: PathBuf,
        /// Where to; a file that is there already is left alone.
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List the forms that come with the program: one for each kind of respondent, and a library of questions.
    List,
    /// Take one of them: as a workbook, .xlsx, or as CSV on standard output.
    Ready {
        /// The name, as `zoufang form list` prints it.
        name: String,
        /// Where to; a file that is there already is left alone.
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say what an expression comes to in a record of a form, as `zoufang expr` does.
    ///
    /// The answers are one JSON object by names: a group is an object, a repeat an array of objects, an answer a text, a
    /// number or a boolean, several choices an array of texts; what is null or left out is not answered. What is computed is
    /// computed, relevance is applied, defaults are not set. With - for the expression it reads one a line.
    Eval {
        /// The form.
        #[arg(long, value_name = "FILE")]
        form: PathBuf,
        /// The answers; - for standard input.
        #[arg(long, value_name = "FILE")]
        answers: PathBuf,
        /// The node that the expression is at, `.`: /data/person[2]/age. The form itself, /data, unless given.
        #[arg(long, value_name = "PATH")]
        node: Option<String>,
        #[command(flatten)]
        when: When,
        /// The expression; - for one a line on standard input.
        #[arg(allow_hyphen_values = true)]
        expression: String,
    },
}

impl Form {
    /// Does it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or a form that is needed cannot be used.
    pub fn run(self, clock: &Clock) -> anyhow::Result<ExitCode> {
        match self.act {
            Act::Check { file, json } => {
                let outcome = read_form(&file)?;
                if json {
                    say_json(&outcome);
                } else {
                    say(&outcome);
                }
                Ok(if outcome.questionnaire.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            Act::Xform { file } => {
                print_text(&xform::write(&usable_form(&file)?)?);
                Ok(ExitCode::SUCCESS)
            }
            Act::Xlsx { file, out } => {
                write_book(&usable_form(&file)?, &out)?;
                Ok(ExitCode::SUCCESS)
            }
            Act::List => {
                list_forms();
                Ok(ExitCode::SUCCESS)
            }
            Act::Ready { name, out } => {
                let form = READY_FORMS.iter().find(|it| it.name == name);
                let form =
                    form.with_context(|| format!("there is no form {name}; see `zoufang form list`"))?;
                match out {
                    None => print_text(form.csv),
                    Some(out) => write_book(&ready_form(form), &out)?,
                }
                Ok(ExitCode::SUCCESS)
            }
            Act::Eval { form, answers, node, when, expression } => {
                let questionnaire = usable_form(&form)?;
                let answers = read_answers(&answers)?;
                evaluate(&questionnaire, &answers, node.as_deref(), &when, clock, &expression)
            }
        }
    }
}

fn evaluate(
    questionnaire: &Questionnaire,
    answers: &Value,
    node: Option<&str>,
    when: &When,
    clock: &Clock,
    expression: &str,
) -> anyhow::Result<ExitCode> {
    let chinese = ["zh", "中文", "汉"].iter().any(|it| questionnaire.default_language.contains(it));
    let words = if chinese { Words::Chinese } else { Words::English };
    let setting = Setting { moment: when.moment(clock), seed: when.seed(clock), words };
    let (filling, unknown) = Filling::from_json(questionnaire, setting, answers);
    for answer in unknown {
        tracing::warn!(path = answer.path, "the form has no such question");
    }
    let node = match node {
        None => filling.nodes(0)[0],
        Some(path) => node_at(&filling, path)?,
    };
    let from = filling.question_of(node);
    answer(expression, |text| {
        let mut expression = Expression::parse(text)?;
        questionnaire.resolve(&mut expression, from);
        filling.evaluate(&expression, Some(node))
    })
}

fn node_at(filling: &Filling<'_>, path: &str) -> anyhow::Result<u32> {
    let mut expression = Expression::parse(path).with_context(|| format!("{path} is no path"))?;
    filling.questionnaire().resolve(&mut expression, 0);
    let nodes = filling.find(&expression).with_context(|| format!("{path} leads nowhere"))?;
    nodes.first().copied().with_context(|| format!("there is nothing at {path}"))
}

fn read_answers(path: &Path) -> anyhow::Result<Value> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        fs::read_to_string(path)
    };
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let answers: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    if !answers.is_object() {
        bail!("{} is no JSON object", path.display());
    }
    Ok(answers)
}

/// Reads a form and the files beside it that it names: CSV, and what labels show or play.
fn read_form(path: &Path) -> anyhow::Result<Outcome> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let sheets = workbook::sheets(&bytes).map_err(|cause| match cause.code() {
        Code::Invalid => anyhow::anyhow!("{} has two sheets of one name: leave one", path.display()),
        code => anyhow::anyhow!("{} is no workbook that can be read ({})", path.display(), code.title()),
    })?;
    let name = path.file_stem().map_or("form".into(), |it| it.to_string_lossy());
    Ok(read(&with_files_beside(path, sheets), &name))
}

/// The same, as long as it can be used.
fn usable_form(path: &Path) -> anyhow::Result<Questionnaire> {
    let outcome = read_form(path)?;
    let first = outcome.findings.iter().find(|it| it.fault.severity() == Severity::Error);
    let first = first.map(in_english).unwrap_or_default();
    outcome.questionnaire.with_context(|| format!("the form cannot be used: {first}"))
}

fn ready_form(form: &ReadyForm) -> Questionnaire {
    let sheets = workbook::sheets(form.csv.as_bytes()).expect("a test reads each");
    read(&Version::of(sheets), form.name).questionnaire.expect("a test reads each")
}

fn list_forms() {
    for it in &READY_FORMS {
        let form = ready_form(it);
        print_text(&format!("{}\t{}\t{}\n", it.name, form.title, form.questions.len() - 1));
    }
}

fn write_book(form: &Questionnaire, out: &Path) -> anyhow::Result<()> {
    let book = workbook::xlsx(&sheets::write(form)).context("a workbook has no room for this form")?;
    let cannot = || format!("cannot write {}", out.display());
    fs::File::create_new(out).and_then(|mut it| it.write_all(&book)).with_context(cannot)
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print_text(text: &str) {
    print!("{text}");
}

fn with_files_beside(path: &Path, sheets: Vec<Sheet>) -> Version {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut version = Version::of(sheets);
    for file in fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()) {
        let (Some(name), Some(stem)) = (file.file_name(), file.file_stem()) else { continue };
        let (name, stem) = (name.to_string_lossy(), stem.to_string_lossy());
        let cells = || version.sheets.iter().flat_map(|it| &it.rows).flatten();
        let quoted = [format!("'{stem}'"), format!("\"{stem}\"")];
        let named = |cell: &String| {
            cell.split_whitespace().any(|it| it == name) || quoted.iter().any(|it| cell.contains(it))
        };
        if file.file_name() == path.file_name() || !cells().any(named) {
            continue;
        }
        let Ok(bytes) = fs::read(&file) else { continue };
        if let Some(medium) = questionnaires::medium(&bytes) {
            version.media.insert(name.into_owned(), medium);
        } else if name.ends_with(".csv")
            && let Ok(rows) = lists::rows(&bytes)
        {
            version.files.insert(name.into_owned(), rows);
        }
    }
    version
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn say_json(outcome: &Outcome) {
    let of = |severity: Severity| {
        let findings = outcome.findings.iter().filter(|it| it.fault.severity() == severity);
        findings.map(as_json).collect::<Vec<_>>()
    };
    let form = outcome.questionnaire.as_ref().map(|it| {
        json!({"id": it.id, "title": it.title, "version": it.version, "questions": it.questions.len() - 1})
    });
    println!(
        "{}",
        json!({"ok": form.is_some(), "form": form, "errors": of(Severity::Error), "warnings": of(Severity::Warning)})
    );
}

fn as_json(finding: &Finding) -> Value {
    json!({
        "sheet": finding.sheet, "row": finding.row, "column": finding.column, "code": finding.fault.code(),
        "message": finding.fault.to_string(), "message_zh": finding.fault.in_chinese(),
    })
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn say(outcome: &Outcome) {
    for finding in &outcome.findings {
        println!("{}\n    {}", in_chinese(finding), in_english(finding));
    }
    match &outcome.questionnaire {
        Some(it) => {
            let n = it.questions.len() - 1;
            println!("问卷“{}”（{}）可以使用，共 {n} 行。", it.title, it.id);
            println!("    The form {} ({}) can be used; {n} rows.", it.title, it.id);
        }
        None => println!("问卷不能使用。\n    The form cannot be used."),
    }
}

fn in_chinese(finding: &Finding) -> String {
    let Finding { sheet, row, column, fault } = finding;
    let kind = match fault.severity() {
        Severity::Error => "错误",
        Severity::Warning => "注意",
    };
    let row = if *row > 0 { format!(" 第 {row} 行") } else { String::new() };
    let column = if column.is_empty() { String::new() } else { format!(" {column} 列") };
    format!("{kind}：{sheet}{row}{column}：{}", fault.in_chinese())
}

fn in_english(finding: &Finding) -> String {
    let Finding { sheet, row, column, fault } = finding;
    let kind = match fault.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let row = if *row > 0 { format!(" row {row}") } else { String::new() };
    let column = if column.is_empty() { String::new() } else { format!(" column {column}") };
    format!("{kind}: {sheet}{row}{column}: {fault}")
}
