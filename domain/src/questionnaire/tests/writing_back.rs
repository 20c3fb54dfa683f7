//! What comes back when a questionnaire is written as sheets, and what any workbook does.

use super::*;

/// What a questionnaire says, but rows of the sheet and places in the texts of expressions.
fn content(form: &Questionnaire) -> String {
    let question = |it: &Question| {
        let logic = &it.logic;
        let expressions = [
            &logic.relevant,
            &logic.required,
            &logic.constraint,
            &logic.calculation,
            &logic.read_only,
            &logic.choice_filter,
            &logic.repeat_count,
            &logic.default,
        ];
        let expressions = expressions.map(|it| it.as_ref().map(ToString::to_string));
        let rest = Question { logic: Logic::default(), row: 0, ..it.clone() };
        format!("{rest:?} {expressions:?}")
    };
    let questions: Vec<String> = form.questions.iter().map(question).collect();
    let said = [&form.id, &form.title, &form.version, &form.style, &form.default_language];
    let name = form.instance_name.as_ref().map(ToString::to_string);
    let rest = (&form.languages, form.default_language_given, &form.settings, &form.attached, &form.graph);
    format!("{said:?} {name:?} {rest:?}\n{}\n{:?}", questions.join("\n"), form.lists)
}

#[test]
fn what_is_written_back_as_sheets_is_read_as_the_same() {
    let form = form(
        "# survey
        type | name | label::中文 (zh) | hint::English (en) | label::English (en) | appearance | default | repeat_count | calculation | image | trigger | required | bind::x | hint::fr
        csv-external | fruits |||||||||||||
        begin repeat | r | 次 || Turn | field-list || 1 + 1 |||||
        text | a | 甲 | say ${a} | A | multiline w1 | ${b} | | | a.png || yes | y |
        end repeat |||||||||||||
        select_multiple l or_other | b | 乙 || B || x || ||| ${c} = 1 ||
        select_one_from_file fruits.csv | f | 果 || F ||||||||
        integer | c | 丙 || C ||||||||
        calculate | d |||||||concat(“a”, ${c})|| ${b}, ${c}||
        # choices
        list_name | name | label::中文 (zh) | label::English (en) | region | audio
        l | x | 东 | East | e | x.mp3
        l | x | 西 | West ||
        # settings
        form_title | version | default_language | instance_name | style | name | allow_choice_duplicates | attribute::Abc | auto_send
        走访 | 7 | English (en) | ${b} | pages | visit | yes | z | yes",
    );
    let sheets = sheets::write(&form);
    let again = outcome_of(&sheets).questionnaire.unwrap();
    assert_eq!(content(&again), content(&form));
    assert_eq!(sheets::write(&again), sheets);
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
        let choices = sheets_of("# choices\n list_name|name|label\n l|x|X\n l|y|Y");
        let outcome = read(&Version::of([&[survey], &choices[..]].concat()), "form");
        for finding in &outcome.findings {
            prop_assert!(!finding.fault.to_string().is_empty() && !finding.fault.in_chinese().is_empty());
        }
        if let Some(form) = outcome.questionnaire {
            let filling = Filling::new(&form, SETTING);
            filling.problems();
            let again = Filling::from_json(&form, SETTING, &filling.to_json());
            prop_assert_eq!(again.1, []);
            let again = read(&Version::of(sheets::write(&form)), "form");
            prop_assert_eq!(again.questionnaire.as_ref().map(content), Some(content(&form)));
        }
    }
}
