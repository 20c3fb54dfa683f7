use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    csv::{CellType, Guard, write_row},
    expression::{Moment, Words},
    questionnaire::{
        filling::Setting,
        version::Version,
        xlsform::{Sheet, read},
    },
};

const SETTING: Setting =
    Setting { moment: Moment { at: 1_795_656_600_250, offset_minutes: 480 }, seed: 7, words: Words::English };
const NAMES: Wording = Wording { prefixes: false, labels: false, language: String::new() };
const PATHS: Wording = Wording { prefixes: true, labels: false, language: String::new() };

/// A form from rows of type, name and label, and the choices of the list `l`.
fn form(survey: &[(String, String, String)], choices: &[&str]) -> Questionnaire {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![row(["type", "name", "label"])];
    rows.extend(survey.iter().map(|(kind, name, label)| row([kind, name, label])));
    let mut list = vec![row(["list_name", "name", "label"])];
    list.extend(choices.iter().map(|it| row(["l", it, &it.to_uppercase()])));
    let sheet = |name: &str, rows| Sheet { name: name.to_owned(), rows };
    let outcome = read(&Version::of(vec![sheet("survey", rows), sheet("choices", list)]), "form");
    outcome.questionnaire.unwrap_or_else(|| panic!("{:?}", outcome.findings))
}

fn lines(text: &str) -> Vec<(String, String, String)> {
    let cell = |line: &str, n| line.split('|').nth(n).unwrap_or_default().trim().to_owned();
    text.lines().map(|it| (cell(it, 0), cell(it, 1), cell(it, 2))).collect()
}

fn csv(layout: &Layout<'_>, records: &[(usize, &Questionnaire, Value)], wording: &Wording) -> String {
    let mut rows = Vec::new();
    for (n, (version, form, answers)) in records.iter().enumerate() {
        let (filling, unknown) = crate::questionnaire::filling::Filling::from_json(form, SETTING, answers);
        assert_eq!(unknown, []);
        rows.extend(layout.rows(*version, &filling, &format!("r{n}"), wording));
    }
    let mut out = String::new();
    for (table, name) in layout.table_names(wording.prefixes).iter().enumerate() {
        out.push_str(format!("# {name}").trim_end());
        out.push('\n');
        let headers = layout.headers(table, wording);
        write_row(&mut out, headers.iter().map(|it| (CellType::Text, it.as_str())), Guard::Spreadsheet);
        for row in rows.iter().filter(|it| it.table == table) {
            let cells = row.cells.iter().map(|it| (it.cell_type, it.text.as_str()));
            write_row(&mut out, cells, Guard::Spreadsheet);
        }
    }
    out.replace("\r\n", "\n")
}

const FIRST: &str = "text|name|Name
    begin group|about|About
    integer|age|Age
    select_multiple l|needs|Needs
    end group||
    begin repeat|person|Person
    text|first|First name
    end repeat||
    note|bye|Bye";

#[test]
fn records_of_two_versions_stand_in_one_table() {
    let old = form(&lines(FIRST), &["a", "b"]);
    let second = "select_multiple l|needs|What do you need?
        text|added|Added
        begin repeat|person|Person
        integer|years|Years
        text|first|First name
        end repeat||";
    let new = form(&lines(second), &["c", "b"]);
    let layout = Layout::of(&[&old, &new], Several::Both);
    let records = [
        (
            0,
            &old,
            json!({"name": "=1+1", "about": {"age": "=2", "needs": "a b"}, "person": [{"first": "甲"}, {}]}),
        ),
        (1, &new, json!({"needs": "c", "added": "x", "person": [{"years": 5, "first": "乙"}]})),
        (1, &new, json!({})),
    ];
    let labels = Wording { prefixes: true, labels: true, language: String::new() };
    let codebook: Vec<String> =
        layout.codebook(&PATHS).iter().map(|it| format!("{}\n", it.join("|"))).collect();
    let tables = [csv(&layout, &records, &NAMES), csv(&layout, &records[..1], &labels), codebook.concat()];
    insta::assert_snapshot!(tables.join("\n"), @r#"
    #
    KEY,name,age,needs,needs/a,needs/b,needs/c,added
    r0,"'=1+1","'=2",a b,1,1,,
    r1,,,c,,0,1,x
    r2,,,,,,,
    # person
    KEY,PARENT_KEY,first,years
    r0/person[1],r0,甲,
    r0/person[2],r0,,
    r1/person[1],r1,乙,5

    #
    KEY,Name,About/Age,About/What do you need?,About/Needs/A,About/What do you need?/B,What do you need?/C,Added
    r0,"'=1+1","'=2",A；B,1,1,,
    # person
    KEY,PARENT_KEY,First name,Years
    r0/person[1],r0,甲,
    r0/person[2],r0,,

    table|column|name|type|label|hint|choices|relevant|required|versions
    |name|name|text|Name|||||1
    |about/age|about/age|integer|Age|||||1
    |about/needs|about/needs|select_multiple l|What do you need?||a = A
    b = B
    c = C|||1, 2
    |about/needs/a|about/needs/a|select_multiple l|Needs||1 = A
    0 = |||1
    |about/needs/b|about/needs/b|select_multiple l|What do you need?||1 = B
    0 = |||1, 2
    |needs/c|needs/c|select_multiple l|What do you need?||1 = C
    0 = |||2
    |added|added|text|Added|||||2
    person|first|first|text|First name|||||1, 2
    person|years|years|integer|Years|||||2
    "#);
}

#[test]
fn names_that_are_there_twice_are_told_apart_by_their_groups() {
    let text = "begin group|g|G
        text|a|A
        end group||
        begin group|h|H
        text|a|A
        end group||";
    let form = form(&lines(text), &["a"]);
    let layout = Layout::of(&[&form], Several::Joined);
    assert_eq!(layout.headers(0, &NAMES), ["KEY", "g/a", "h/a"]);
    let labels = Wording { prefixes: false, labels: true, language: String::new() };
    assert_eq!(layout.headers(0, &labels), ["KEY", "A (g/a)", "A (h/a)"]);
}

/// Rows of a form: groups and repeats are ended where they begin or later.
fn survey() -> impl Strategy<Value = Vec<(String, String, String)>> {
    let row = (0..6_u8, 0..6_u8, 0..3_u8);
    prop::collection::vec(row, 1..12).prop_map(|rows| {
        let mut survey = Vec::new();
        let mut open: Vec<(&str, BTreeSet<String>)> = vec![("", BTreeSet::new())];
        for (kind, name, label) in rows {
            let name = format!("q{name}");
            if kind == 5 && open.len() > 1 {
                survey.push((open.pop().expect("one is open").0.to_owned(), String::new(), String::new()));
                continue;
            }
            let siblings = &mut open.last_mut().expect("the form is open").1;
            if !siblings.insert(name.clone()) {
                continue;
            }
            let (word, end) = match kind {
                0 => ("begin group", Some("end group")),
                1 => ("begin repeat", Some("end repeat")),
                2 => ("select_multiple l", None),
                3 => ("integer", None),
                _ => ("text", None),
            };
            survey.push((word.to_owned(), name, format!("Label {label}")));
            open.extend(end.map(|it| (it, BTreeSet::new())));
        }
        while let Some((end, _)) = open.pop().filter(|(end, _)| !end.is_empty()) {
            survey.push((end.to_owned(), String::new(), String::new()));
        }
        survey
    })
}

proptest! {
    /// A further version moves no column and takes none away, however it differs.
    #[test]
    fn no_version_moves_a_column(
        surveys in prop::collection::vec((survey(), prop::sample::subsequence(vec!["a", "b", "c"], 1..3)), 1..5),
        several in prop::sample::select(vec![Several::Joined, Several::Split, Several::Both]),
    ) {
        let forms: Vec<Questionnaire> = surveys.iter().map(|(survey, choices)| form(survey, choices)).collect();
        let all: Vec<&Questionnaire> = forms.iter().collect();
        for n in 1..all.len() {
            let (before, after) = (Layout::of(&all[..n], several), Layout::of(&all[..=n], several));
            for (table, (old, new)) in before.tables.iter().zip(&after.tables).enumerate() {
                prop_assert_eq!(&old.path, &new.path);
                for (a, b) in old.columns.iter().zip(&new.columns) {
                    prop_assert_eq!((&a.path, &a.holds), (&b.path, &b.holds));
                }
                prop_assert!(new.columns.len() >= old.columns.len(), "table {}", table);
            }
            prop_assert!(after.tables.len() >= before.tables.len());
        }
    }

    /// Headers are told apart however they are worded, rows are as wide as headers, and each turn names a row that is there.
    #[test]
    fn rows_fit_their_table_and_join(
        surveys in prop::collection::vec((survey(), prop::sample::subsequence(vec!["a", "b", "c"], 1..3)), 1..4),
        prefixes in any::<bool>(),
        labels in any::<bool>(),
    ) {
        let forms: Vec<Questionnaire> = surveys.iter().map(|(survey, choices)| form(survey, choices)).collect();
        let layout = Layout::of(&forms.iter().collect::<Vec<_>>(), Several::Both);
        let wording = Wording { prefixes, labels, language: String::new() };
        let names: BTreeSet<String> = layout.table_names(prefixes).into_iter().collect();
        prop_assert_eq!(names.len(), layout.tables.len());
        let n_columns: usize = layout.tables.iter().map(|it| it.columns.len()).sum();
        prop_assert_eq!(layout.codebook(&wording).len(), 1 + n_columns);
        for table in 0..layout.tables.len() {
            let headers = layout.headers(table, &wording);
            prop_assert_eq!(headers.iter().collect::<BTreeSet<_>>().len(), headers.len());
        }
        for (version, form) in forms.iter().enumerate() {
            let filling = crate::questionnaire::filling::Filling::new(form, SETTING);
            let rows = layout.rows(version, &filling, "r", &wording);
            let mut keys = BTreeSet::new();
            for row in rows {
                prop_assert_eq!(row.cells.len(), layout.headers(row.table, &wording).len());
                if let Some(parent) = layout.tables[row.table].parent {
                    prop_assert!(keys.contains(&(parent, row.cells[1].text.clone())));
                }
                prop_assert!(keys.insert((row.table, row.cells[0].text.clone())), "a key is there once");
            }
        }
    }
}

#[test]
fn what_a_version_does_to_columns_is_known_before() {
    let first =
        form(&lines("text|name|Name\ninteger|age|Age\nselect_multiple l|needs|Needs"), &["water", "road"]);
    let second = form(&lines("text|name|Name\ntext|age|Age\ntext|more|More"), &[]);
    let told = |before: &[&Questionnaire], next| {
        let all = changes(before, next).into_iter().map(|it| (it.column, it.change));
        all.collect::<Vec<_>>()
    };
    assert_eq!(told(&[], &first), []);
    assert_eq!(told(&[&first], &first), []);
    let of = |column: &str, change| (column.to_owned(), change);
    assert_eq!(
        told(&[&first], &second),
        [
            of("age", Change::Retyped),
            of("needs", Change::Ended),
            of("needs/water", Change::Ended),
            of("needs/road", Change::Ended),
            of("more", Change::Added),
        ]
    );
    let back = form(&lines("text|name|Name\ntext|age|Age\nselect_multiple l|needs|Needs"), &["water"]);
    assert_eq!(
        told(&[&first, &second], &back),
        [of("needs", Change::Resumed), of("needs/water", Change::Resumed), of("more", Change::Ended),]
    );
}
