//! Forms as rows of cells, what is found wrong with them, and what follows from answers.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Kind, Questionnaire, Task,
    filling::{Filling, ProblemKind, Setting},
    finding::Severity,
    xlsform::{Files, Outcome, Sheet, read},
};
use crate::expression::{Expression, Moment, Words};

/// Sheets from a text: `# name` begins one, a line is a row, `|` stands between cells.
fn sheets(text: &str) -> Vec<Sheet> {
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
    let fruits = [["name", "label", "kind"], ["kiwi", "Kiwi", "vine"], ["pear", "Pear", "tree"]];
    let fruits = fruits.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    read(&sheets(text), &Files::from([("fruits.csv".to_owned(), fruits)]), "form")
}

/// A form that has nothing wrong with it but warnings.
#[track_caller]
fn form(text: &str) -> Questionnaire {
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

#[test]
fn a_form_is_read_with_its_settings_languages_and_choices() {
    let form = form(
        "# survey
        type | name | label::English (en) | label::中文 (zh) | hint | required | relevant
        begin group | who | Who | 谁 |||
        select_one yn | agree | Do you agree? | 同意吗？ | say it | yes |
        text | name | Name | 姓名 ||| ${agree} = 'y'
        end group | | | |||
        # choices
        list name | name | label::English (en) | label::中文 (zh) | region
        yn | y | Yes | 是 | east
        yn | n | No | 否 |
        # settings
        form_title | form_id | version | default_language
        走访 | visit | 2026112601 | 中文 (zh)",
    );
    assert_eq!(
        (form.id.as_str(), form.title.as_str(), form.version.as_str()),
        ("visit", "走访", "2026112601")
    );
    assert_eq!(form.languages, ["English (en)", "中文 (zh)"]);
    let names: Vec<&str> = form.questions.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["data", "who", "agree", "name"]);
    assert_eq!(form.path(3), [0, 1, 3]);
    assert_eq!(form.question(2).label["中文 (zh)"], "同意吗？");
    assert_eq!(form.choice_label("${agree}", "n", "中文 (zh)").as_deref(), Some("否"));
    assert_eq!(form.choices(2).unwrap().choices[0].more["region"], "east");
    assert_eq!(form.graph.tasks, [Task::Relevance(3)]);
}

#[test]
fn types_have_the_aliases_that_the_format_documents() {
    for (word, debug) in [
        ("text", "Text"),
        ("string", "Text"),
        ("Integer", "Integer"),
        ("int", "Integer"),
        ("decimal", "Decimal"),
        ("date", "Date"),
        ("time", "Time"),
        ("dateTime", "DateTime"),
        ("datetime", "DateTime"),
        ("note", "Note"),
        ("photo", "Image"),
        ("image", "Image"),
        ("audio", "Audio"),
        ("video", "Video"),
        ("file", "File"),
        ("barcode", "Barcode"),
        ("gps", "Geopoint"),
        ("location", "Geopoint"),
        ("geotrace", "Geotrace"),
        ("geoshape", "Geoshape"),
        ("acknowledge", "Acknowledge"),
        ("trigger", "Acknowledge"),
        ("hidden", "Hidden"),
        ("start", "Metadata(Start)"),
        ("end", "Metadata(End)"),
        ("today", "Metadata(Today)"),
        ("deviceid", "Metadata(DeviceId)"),
        ("imei", "Metadata(DeviceId)"),
        ("username", "Metadata(Username)"),
        ("phonenumber", "Metadata(PhoneNumber)"),
        ("email", "Metadata(Email)"),
        ("add integer prompt", "Integer"),
        ("q date", "Date"),
    ] {
        let form = form(&format!("# survey\n type|name|label\n {word}|q|Q"));
        assert_eq!(format!("{:?}", form.question(1).kind), debug, "{word}");
    }
}

#[test]
fn selects_are_written_in_many_ways() {
    for (word, one, or_other) in [
        ("select_one l", true, false),
        ("select one l", true, false),
        ("select one from l", true, false),
        ("select1 l", true, false),
        ("add select one prompt using l", true, false),
        ("select_multiple l", false, false),
        ("select multiple l", false, false),
        ("select all that apply from l", false, false),
        ("select_one l or_other", true, true),
        ("select_multiple l or other", false, true),
    ] {
        let text =
            format!("# survey\n type|name|label\n {word}|q|Q\n # choices\n list_name|name|label\n l|a|A");
        let form = form(&text);
        let kind = &form.question(1).kind;
        assert_eq!(matches!(kind, Kind::SelectOne(_)), one, "{word}");
        assert_eq!(kind.choices().unwrap().or_other, or_other, "{word}");
        assert_eq!(form.questions.len(), if or_other { 3 } else { 2 }, "{word}");
    }
}

#[test]
fn what_is_wrong_is_found_where_it_is() {
    for (text, expected) in [
        ("# choices\n list_name|name|label", "survey 0  no_survey"),
        ("# survey\n type|label\n text|Q", "survey 1 type no_column"),
        ("# survey\n name|label\n q|Q", "survey 1  no_column"),
        ("# survey\n type|name|label", "survey 0 type no_questions"),
        ("# survey\n type|name|label\n txet|q|Q\n text|r|R", "survey 2 type unknown_type"),
        ("# survey\n type|name|label\n |q|Q\n text|r|R", "survey 2 type no_type"),
        ("# survey\n type|name|label\n text||Q", "survey 2 name no_name"),
        ("# survey\n type|name|label\n text|a b|Q", "survey 2 name bad_name"),
        ("# survey\n type|name|label\n text|1a|Q", "survey 2 name bad_name"),
        ("# survey\n type|name|label\n text|a|Q\n text|a|R", "survey 3 name same_name"),
        ("# survey\n type|name|label\n begin group|g|G\n text|a|Q", "survey 2 type not_ended"),
        ("# survey\n type|name|label\n text|a|Q\n end group||", "survey 3 type not_begun"),
        ("# survey\n type|name|label\n begin repeat|g|G\n text|a|Q\n end group||", "survey 4 type wrong_end"),
        ("# survey\n type|name|label\n select_one|a|Q", "survey 2 type no_list"),
        ("# survey\n type|name|label\n select_one l|a|Q", "survey 2 type unknown_list"),
        ("# survey\n type|name|label\n select_one_external l|a|Q", "survey 2 type not_supported"),
        ("# survey\n type|name|label|relevant\n text|a|Q|1 +", "survey 2 relevant unexpected_end"),
        ("# survey\n type|name|label|constraint\n text|a|Q|foo(.)", "survey 2 constraint unknown_function"),
        ("# survey\n type|name|label|relevant\n text|a|Q|${b} = 1", "survey 2 relevant unknown_reference"),
        ("# survey\n type|name|label\n text|a|Hello ${b}", "survey 2 label unknown_reference"),
        ("# survey\n type|name|label|calculation\n calculate|a||", "survey 2 calculation no_calculation"),
        (
            "# survey\n type|name|label|parameters\n range|a|Q|start=5 end=1",
            "survey 2 parameters bad_parameter",
        ),
        ("# survey\n type|name|label|parameters\n range|a|Q|start", "survey 2 parameters bad_parameter"),
        ("# survey\n type|name|label|label\n text|a|Q|R", "survey 1 label same_column"),
        (
            "# survey\n type|name|label\n text|a|Q\n # entities\n list_name|label\n people|P",
            "entities 0  entities_not_supported",
        ),
        (
            "# survey\n type|name|label\n text|a|Q\n # settings\n form_id\n a b",
            "settings 2 form_id bad_form_id",
        ),
        (
            "# survey\n type|name|label\n text|a|Q\n # settings\n instance_name\n ${b}",
            "settings 2 instance_name unknown_reference",
        ),
        (
            "# survey\n type|name|label\n text|a|Q\n # choices\n list_name|name|label\n l|x|X\n l|x|Y",
            "choices 3 name same_choice",
        ),
        (
            "# survey\n type|name|label\n text|a|Q\n # choices\n list_name|name|label\n l||X",
            "choices 2 name no_choice_name",
        ),
        (
            "# survey\n type|name|label\n select_multiple l|a|Q\n # choices\n list_name|name|label\n l|x y|X",
            "choices 2 name space_in_choice",
        ),
    ] {
        let found = found(text);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{text}: {found:?}");
        assert!(outcome(text).questionnaire.is_none(), "{text}");
    }
}

#[test]
fn warnings_leave_a_form_usable() {
    for (text, expected) in [
        ("# survey\n type|name|label|colour\n text|a|Q|red", "survey 1 colour unknown_column"),
        ("# survey\n type|name|label\n text|a|", "survey 2 label no_label"),
        ("# survey\n type|name|label::en|label::zh\n text|a|Q|", "survey 2 label::en no_translation"),
        (
            "# survey\n type|name|label::en\n text|a|Q\n # settings\n default_language\n fr",
            "settings 2 default_language unknown_language",
        ),
        ("# survey\n type|name|label\n select_one_from_file gone.csv|a|Q", "survey 2 type no_file"),
        (
            "# survey\n type|name|label\n begin group|g|G\n end group||\n text|a|Q",
            "survey 2 type empty_group",
        ),
    ] {
        let outcome = outcome(text);
        assert_eq!(found(text), [expected], "{text}");
        assert!(outcome.findings.iter().all(|it| it.fault.severity() == Severity::Warning));
        assert!(outcome.questionnaire.is_some(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_in_both_languages() {
    let outcome = outcome("# survey\n type|name|label|relevant\n txet|a|Q|\n text|b|R|1 +");
    let said: Vec<_> =
        outcome.findings.iter().map(|it| (it.fault.to_string(), it.fault.in_chinese())).collect();
    insta::assert_debug_snapshot!(said, @r#"
    [
        (
            "there is no type txet; did you mean text?",
            "没有题型 txet；是否应为 text？",
        ),
        (
            "ends too early, at character 4",
            "表达式没有写完（第 4 个字符）",
        ),
    ]
    "#);
}

#[test]
fn circles_are_errors() {
    for (text, names) in [
        ("calculate|a||${b}|\n calculate|b||${a}|", "a, b"),
        ("calculate|a||${a} + 1|", "a"),
        ("text|a|A||${a} = 1", "a"),
        ("text|a|A||${b} = 1\n text|b|B||${c} = 1\n calculate|c||${a}|", "a, c, b"),
        ("begin group|g|G||${x} = 1\n text|x|X||\n end group||||", "g"),
        ("calculate|a||/data/b|\n calculate|b||../a|", "a, b"),
    ] {
        let outcome = outcome(&format!("# survey\n type|name|label|calculation|relevant\n {text}"));
        assert!(outcome.questionnaire.is_none(), "{text}");
        let said = outcome.findings[0].fault.to_string();
        assert!(said.contains(&format!("in a circle: {names};")), "{text}: {said}");
    }
}

#[test]
fn what_looks_like_a_circle_and_is_none_is_none() {
    for text in [
        "calculate|a||once(random())|",
        "calculate|a||if(. = '', 1, .)|",
        "begin repeat|r|R||\n calculate|t||coalesce(indexed-repeat(${t}, ${r}, position(..) - 1), 0) + 1|\n end repeat||||",
        "begin repeat|r|R||\n calculate|t||position(..)|\n end repeat||||\n calculate|n||count(${r})|",
        "calculate|name||instance('l')/root/item[label = 'x']/name|\n calculate|label||instance('l')/root/item[name = 'x']/label|",
    ] {
        let text = format!(
            "# survey\n type|name|label|calculation|relevant\n {text}\n # choices\n list_name|name|label\n l|x|X"
        );
        assert!(outcome(&text).questionnaire.is_some(), "{text}: {:?}", outcome(&text).findings);
    }
}

/// Persons of a household with ages, of which the oldest is found.
const HOUSEHOLD: &str = "# survey
    type | name | label | relevant | calculation | constraint | required | repeat_count | default
    integer | n | How many? ||| . >= 0 and . <= 10 | yes ||
    begin repeat | person | Person |||| | ${n} |
    text | first | Name |||| yes ||
    integer | age | Age of ${first} ||| . < 150 | ||
    select_one yn | works | Works? | ${age} >= 16 |||||
    calculate | double || | ${age} * 2 ||||
    end repeat | ||||||||
    begin group | all | All | ${n} > 0 ||| ||
    calculate | oldest || | max(${age}) ||||
    calculate | n_workers || | count(${person}[works = 'y']) ||||
    text | remark | Remark of ${n} |||| ||
    end group | ||||||||
    # choices
    list_name | name | label
    yn | y | Yes
    yn | n | No";

#[test]
fn answers_have_what_follows_from_them() {
    let form = form(HOUSEHOLD);
    let answers = json!({
        "n": 3,
        "person": [
            {"first": "甲", "age": 41, "works": "y"},
            {"first": "乙", "age": 12, "works": "y"},
            {"first": "丙", "age": "67", "works": "n"},
        ],
        "all": {"remark": "ok"},
    });
    let filling = filled(&form, &answers);
    assert_eq!(problems(&filling), []);
    assert_eq!(say(&filling, "${oldest}"), "67");
    assert_eq!(say(&filling, "${n_workers}"), "1");
    assert_eq!(say(&filling, "sum(${double})"), "240");
    assert_eq!(say(&filling, "jr:choice-name('y', '${works}')"), "Yes");
    let json = filling.to_json();
    assert_eq!(json["person"][1], json!({"first": "乙", "age": "12", "double": "24"}));
    assert_eq!(json["all"], json!({"oldest": "67", "n_workers": "1", "remark": "ok"}));
}

#[test]
fn what_is_wrong_with_answers_is_found() {
    let form = form(HOUSEHOLD);
    let answers = json!({
        "n": 2,
        "person": [{"age": 200, "works": "perhaps"}, {"first": "乙", "age": "1.5"}],
        "all": {"oldest": 7},
    });
    let path = |it: &str| it.to_owned();
    assert_eq!(
        problems(&filled(&form, &answers)),
        [
            (path("/data/person[1]/first"), ProblemKind::Missing),
            (path("/data/person[1]/age"), ProblemKind::Refused),
            (path("/data/person[1]/works"), ProblemKind::NotAChoice),
            (path("/data/person[2]/age"), ProblemKind::NotAWholeNumber),
            (path("/data/all/oldest"), ProblemKind::Different),
        ]
    );
    assert_eq!(problems(&filled(&form, &json!({}))), [(path("/data/n"), ProblemKind::Missing)]);
    let (_, unknown) = Filling::from_json(&form, SETTING, &json!({"m": 1, "all": {"x": 1}}));
    let unknown: Vec<String> = unknown.into_iter().map(|it| it.path).collect();
    assert_eq!(unknown, ["/data/all/x", "/data/m"]);
}

#[test]
fn an_answer_changes_what_hangs_on_it() {
    let form = form(HOUSEHOLD);
    let mut filling = Filling::new(&form, SETTING);
    let number = |name: &str| form.named(name).unwrap();
    let n = filling.nodes(number("n"))[0];
    assert_eq!(filling.nodes(number("person")).len(), 0);
    filling.answer(n, "2");
    assert_eq!(filling.nodes(number("person")).len(), 2);
    let ages = filling.nodes(number("age")).to_vec();
    filling.answer(ages[0], "30");
    filling.answer(ages[1], "50");
    assert_eq!(say(&filling, "${oldest}"), "50");
    let works = filling.nodes(number("works"))[0];
    filling.answer(works, "y");
    assert_eq!(say(&filling, "${n_workers}"), "1");
    filling.answer(ages[0], "10");
    assert!(!filling.is_asked(works));
    assert_eq!(say(&filling, "${n_workers}"), "0");
    filling.answer(ages[0], "20");
    assert_eq!(say(&filling, "${n_workers}"), "1", "the answer was kept while it was not asked");
    filling.answer(n, "1");
    assert_eq!(say(&filling, "max(${age})"), "20");
    assert_eq!(say(&filling, "${oldest}"), "20");
    filling.answer(n, "2");
    assert_eq!(say(&filling, "max(${age})"), "50");
    filling.answer(n, "0");
    assert!(!filling.is_asked(filling.nodes(number("remark"))[0]));
    assert_eq!(filling.to_json(), json!({"n": "0"}));
}

#[test]
fn turns_are_added_and_taken_out() {
    let form = form(
        "# survey
        type | name | label | calculation | default
        begin repeat | r | R ||
        integer | x | X || position(..) * 10
        calculate | place || position(..) |
        end repeat ||||
        calculate | total || sum(/data/r/x) |
        calculate | n || count(${r}) |",
    );
    let mut filling = Filling::new(&form, SETTING);
    let r = form.named("r").unwrap();
    let data = filling.nodes(0)[0];
    assert_eq!((say(&filling, "${n}"), say(&filling, "${total}")), ("1".to_owned(), "10".to_owned()));
    filling.add_turn(data, r).unwrap();
    filling.add_turn(data, r).unwrap();
    assert_eq!((say(&filling, "${n}"), say(&filling, "${total}")), ("3".to_owned(), "60".to_owned()));
    let second = filling.nodes(r)[1];
    filling.remove_turn(second);
    assert_eq!((say(&filling, "${n}"), say(&filling, "${total}")), ("2".to_owned(), "40".to_owned()));
    assert_eq!(say(&filling, "join(',', /data/r/place)"), "1,2");
}

#[test]
fn defaults_triggers_and_once_keep_what_they_said() {
    let form = form(
        "# survey
        type | name | label | calculation | default | trigger
        text | plain | P || hello |
        date | day | D || 2026-01-02 |
        date | now_day | N || today() |
        integer | q | Q |||
        text | copy | C || ${plain} |
        calculate | stamp || concat('q was ', ${q}) || ${q}
        calculate | lot || once(uuid()) ||",
    );
    let mut filling = Filling::new(&form, SETTING);
    assert_eq!(
        say(&filling, "concat(${plain}, ' ', ${day}, ' ', ${now_day})"),
        "hello 2026-01-02 2026-11-26"
    );
    assert_eq!(say(&filling, "${copy}"), "hello");
    assert_eq!(say(&filling, "${stamp}"), "");
    let lot = say(&filling, "${lot}");
    filling.answer(filling.nodes(form.named("q").unwrap())[0], "5");
    assert_eq!(say(&filling, "${stamp}"), "q was 5");
    filling.answer(filling.nodes(form.named("plain").unwrap())[0], "bye");
    assert_eq!(say(&filling, "${copy}"), "hello", "a default is computed once");
    assert_eq!(say(&filling, "${lot}"), lot);
    let again = filled(&form, &filling.to_json());
    assert_eq!(problems(&again), []);
    assert_eq!(say(&again, "${lot}"), lot);
}

#[test]
fn choices_are_filtered() {
    let form = form(
        "# survey
        type | name | label | choice_filter | constraint
        select_one state | state | S ||
        select_one town | town | T | state = ${state} |
        select_multiple town or_other | towns | Ts || count-selected(.) <= 2
        rank town | order | O ||
        select_one_from_file fruits.csv | fruit | F | kind = 'tree' |
        # choices
        list_name | name | label | state
        state | e | East |
        state | w | West |
        town | a | A | e
        town | b | B | w
        town | c | C | w",
    );
    let answers = json!({"state": "w", "town": "b", "towns": ["a", "other"], "towns_other": "z", "order": "c b a",
        "fruit": "pear"});
    let filling = filled(&form, &answers);
    assert_eq!(problems(&filling), []);
    let town = filling.nodes(form.named("town").unwrap())[0];
    assert_eq!(filling.choices_at(town), [1, 2]);
    let answers = json!({"state": "w", "town": "a", "towns": "a b c", "towns_other": "kept", "order": "a a",
        "fruit": "kiwi"});
    let filling = filled(&form, &answers);
    let kinds: Vec<ProblemKind> = problems(&filling).into_iter().map(|(_, kind)| kind).collect();
    use ProblemKind::{ChosenTwice, NotAChoice, Refused};
    assert_eq!(kinds, [NotAChoice, Refused, ChosenTwice, NotAChoice]);
    assert_eq!(say(&filling, "pulldata('fruits', 'label', 'name', 'kiwi')"), "Kiwi");
    assert_eq!(say(&filling, "instance('town')/root/item[state = 'e']/label"), "A");
    assert!(filling.to_json().get("towns_other").is_none());
}

#[test]
fn answers_of_turns_are_choices_as_far_as_the_filter_lets_them_through() {
    let form = form(
        "# survey
        type | name | label | choice_filter
        begin repeat | house | House |
        begin repeat | person | Person |
        text | first | Name |
        integer | age | Age |
        end repeat |||
        integer | grown | From which age? |
        select_one ${first} | head | Head | ${age} >= ${grown}
        end repeat |||
        select_multiple ${first} | all | Who else? |",
    );
    let answers = |head: &str, all: &str| {
        json!({"house": [
            {"person": [{"first": "a", "age": 40}, {"first": "b", "age": 12}, {}], "grown": 18, "head": head},
            {"person": [{"first": "c", "age": 50}]},
        ], "all": all})
    };
    for (head, all, expected) in [
        ("a", "b c", vec![]),
        // Not grown, of another house, not there at all.
        ("b", "", vec!["/data/house[1]/head"]),
        ("c", "", vec!["/data/house[1]/head"]),
        ("a", "a x", vec!["/data/all"]),
    ] {
        let filling = filled(&form, &answers(head, all));
        let found: Vec<String> = problems(&filling).into_iter().map(|(path, _)| path).collect();
        assert_eq!(found, expected, "{head} {all}");
    }
}

#[test]
fn a_count_that_is_computed_is_seen_from_beside_its_repeat() {
    let form = form(
        "# survey
        type | name | label | repeat_count
        begin repeat | house | House | 2
        integer | n | How many? |
        begin repeat | person | Person | ../n + 1
        text | first | Name |
        end repeat |||
        end repeat |||",
    );
    let filling = filled(&form, &json!({"house": [{"n": 1}, {"n": 0}]}));
    assert_eq!(say(&filling, "join(',', ${person_count})"), "2,1");
    assert_eq!(say(&filling, "join(',', ${house_count})"), "2");
    assert_eq!(filling.nodes(form.named("person").unwrap()).len(), 3);
    assert_eq!(
        found("# survey\n type|name|label|repeat_count\n begin repeat|r|R|1 +\n text|q|Q\n end repeat||"),
        ["survey 2 repeat_count unexpected_end"]
    );
    assert_eq!(
        found(
            "# survey\n type|name|label|repeat_count\n begin repeat|r|R|${x} + 1\n text|q|Q\n end repeat||"
        ),
        ["survey 2 repeat_count unknown_reference"]
    );
}

#[test]
fn what_only_other_programs_read_is_kept() {
    let form = form(
        "# survey
        type | name | label | bind::esri:fieldType | instance::odk:tag | autoplay | body::accuracyThreshold
        xml-external | people ||||
        text | q | Q | string | 7 | audio | 5
        # settings
        name | public_key | auto_send | attribute::abc
        visit | MIIB | yes | xyz",
    );
    let kept = [
        ("bind::esri:fieldType", "string"),
        ("body::accuracyThreshold", "5"),
        ("body::autoplay", "audio"),
        ("instance::odk:tag", "7"),
    ];
    let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form.question(1).kept, kept.into());
    let settings = [("attribute::abc", "xyz"), ("auto_send", "yes"), ("public_key", "MIIB")];
    assert_eq!(form.settings, settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(
        (form.question(0).name.as_str(), &form.attached[..]),
        ("visit", &["people.xml".to_owned()][..])
    );
    let at_root = found("# survey\n type|name|label\n text|meta|Q");
    assert_eq!(at_root, ["survey 2 name reserved_name"]);
}

#[test]
fn answers_fit_their_types() {
    use ProblemKind::{NotADate, NotANumber, NotAPlace, NotATime, NotAWholeNumber, OutOfRange};
    for (kind, good, bad, problem) in [
        ("integer", "-5", "5.0", NotAWholeNumber),
        ("integer", "0", "five", NotAWholeNumber),
        ("decimal", "-5.5", "1e5", NotANumber),
        ("range", "10", "11", OutOfRange),
        ("range", "1", "x", NotANumber),
        ("date", "2026-02-28", "2026-02-29", NotADate),
        ("time", "09:30:00.000+08:00", "25:00", NotATime),
        ("dateTime", "2026-02-28T09:30:00.000+08:00", "2026-02-28", NotATime),
        ("geopoint", "35.1 114.2 0 5", "95 114", NotAPlace),
        ("geotrace", "35.1 114.2 0 5; 35.2 114.3", "35", NotAPlace),
    ] {
        let form = form(&format!("# survey\n type|name|label\n {kind}|q|Q"));
        assert_eq!(problems(&filled(&form, &json!({"q": good}))), [], "{kind}");
        assert_eq!(problems(&filled(&form, &json!({"q": bad}))), [("/data/q".to_owned(), problem)], "{kind}");
    }
}

#[test]
fn names_are_seen_from_where_they_are_asked() {
    let form = form(
        "# survey
        type | name | label | calculation
        begin repeat | house | House |
        text | street | Street |
        begin repeat | person | Person |
        text | first | Name |
        calculate | address || concat(${first}, ' in ', ${street}, ' of ', ${town})
        calculate | which || concat(position(../..), '.', position(..), ' of ', count(${person}))
        end repeat |||
        calculate | first_of || indexed-repeat(${first}, ${house}, position(..), ${person}, 1)
        end repeat |||
        text | town | Town |",
    );
    let answers = json!({"town": "T", "house": [
        {"street": "A", "person": [{"first": "甲"}, {"first": "乙"}]},
        {"street": "B", "person": [{"first": "丙"}]},
    ]});
    let filling = filled(&form, &answers);
    assert_eq!(say(&filling, "join('; ', ${address})"), "甲 in A of T; 乙 in A of T; 丙 in B of T");
    assert_eq!(say(&filling, "join('; ', ${which})"), "1.1 of 2; 1.2 of 2; 2.1 of 1");
    assert_eq!(say(&filling, "join('; ', ${first_of})"), "甲; 丙");
    assert_eq!(problems(&filling), []);
}

#[test]
fn what_cannot_be_computed_is_a_problem_until_it_can() {
    let form = form("# survey\n type|name|label|calculation\n text|d|D|\n calculate|c||date(${d})");
    let mut filling = filled(&form, &json!({"d": "never"}));
    assert!(matches!(&problems(&filling)[..], [(path, ProblemKind::Failed(_))] if path == "/data/c"));
    filling.answer(filling.nodes(form.named("d").unwrap())[0], "2026-01-02");
    assert_eq!(problems(&filling), []);
    assert_eq!(say(&filling, "${c}"), "2026-01-02");
}

#[test]
fn an_answer_takes_the_place_of_a_default_that_could_not_be_computed() {
    let form = form("# survey\ntype | name | label | default\ntext | q | Q | date('no day')");
    let mut filling = Filling::new(&form, SETTING);
    assert!(!problems(&filling).is_empty());
    filling.answer(filling.nodes(form.named("q").unwrap())[0], "by hand");
    assert_eq!(problems(&filling), []);
}

#[test]
fn a_turn_that_is_added_begins_as_the_first_did() {
    let form = form(
        "# survey
        type | name | label | calculation | default | trigger
        text | q | Q |||
        begin repeat | r | R |||
        calculate | place || position(..) ||
        text | said | S || concat('turn ', ${place}) |
        calculate | stamp || ${q} || ${q}
        end repeat |||||",
    );
    let mut filling = Filling::new(&form, SETTING);
    filling.answer(filling.nodes(form.named("q").unwrap())[0], "first");
    let data = filling.nodes(0)[0];
    filling.add_turn(data, form.named("r").unwrap()).unwrap();
    assert_eq!(say(&filling, "join(',', /data/r/said)"), "turn 1,turn 2");
    // What a trigger starts waits for the trigger.
    assert_eq!(say(&filling, "join(',', /data/r/stamp)"), "first,");
}

#[test]
fn of_choices_with_one_name_the_one_counts_that_the_filter_lets_through() {
    let form = form(
        "# survey
        type | name | label | choice_filter
        select_one kind | k | K |
        select_one item | i | I | kind = ${k}
        # choices
        list_name | name | label | kind
        kind | a | A |
        kind | b | B |
        item | x | of A | a
        item | x | of B | b
        # settings
        allow_choice_duplicates
        yes",
    );
    for (kind, place) in [("a", 0), ("b", 1)] {
        let filling = filled(&form, &json!({"k": kind, "i": "x"}));
        assert_eq!(problems(&filling), [], "{kind}");
        assert_eq!(filling.choices_at(filling.nodes(form.named("i").unwrap())[0]), [place]);
    }
}

#[test]
fn turns_within_turns_have_an_end() {
    let form = form(
        "# survey
        type | name | label | repeat_count
        begin repeat | a | A | 1000
        begin repeat | b | B | 1000
        begin repeat | c | C | 1000
        text | q | Q |
        end repeat |||
        end repeat |||
        end repeat |||",
    );
    let filling = Filling::new(&form, SETTING);
    assert!(filling.document().n_nodes() <= super::NODES_MAX + 3);
    let turns: Vec<Value> = (0..=super::TURNS_MAX).map(|_| json!({})).collect();
    let (_, unknown) = Filling::from_json(&form, SETTING, &json!({ "a": turns }));
    assert_eq!(unknown[0].path, "/data/a[1001]");
}

proptest! {
    /// Whatever stands in a workbook, it is read or refused; what is read can be begun and checked.
    #[test]
    fn no_workbook_panics(
        rows in prop::collection::vec(
            prop::collection::vec(
                prop::sample::select(vec![
                    "", "text", "integer", "begin group", "end group", "begin_repeat", "end_repeat", "select_one l",
                    "select_multiple l or_other", "calculate", "note", "range", "rank l", "select_one ${a}", "a", "b", "c",
                    "data", "1x", "${a}", "${b} + 1", "count(${a})", "../b", "/data/a", "true()", "yes", "today()",
                    "start=1 end=2", "start=", "indexed-repeat(${a}, ${b}, 1)", "3", "once(${c})", "x y", "is-selected",
                ]),
                0..9,
            ),
            0..14,
        )
    ) {
        let header = ["type", "name", "label", "relevant", "calculation", "constraint", "default", "parameters", "trigger"];
        let mut survey = Sheet { name: "survey".to_owned(), rows: vec![header.map(str::to_owned).to_vec()] };
        survey.rows.extend(rows.iter().map(|it| it.iter().map(|it| (*it).to_owned()).collect()));
        let choices = sheets("# choices\n list_name|name|label\n l|x|X\n l|y|Y");
        let outcome = read(&[&[survey], &choices[..]].concat(), &Files::new(), "form");
        for finding in &outcome.findings {
            prop_assert!(!finding.fault.to_string().is_empty() && !finding.fault.in_chinese().is_empty());
        }
        if let Some(form) = outcome.questionnaire {
            let filling = Filling::new(&form, SETTING);
            filling.problems();
            let again = Filling::from_json(&form, SETTING, &filling.to_json());
            prop_assert_eq!(again.1, []);
        }
    }
}
