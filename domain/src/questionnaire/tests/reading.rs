//! What is read, and what is found wrong.

use super::*;

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
        ("# survey\n type|name|label\n select_one_external l|a|Q", "survey 2 type unknown_list"),
        ("# survey\n type|name|label\n select_one_from_file a.pdf|a|Q", "survey 2 type odd_file"),
        (
            "# survey\n type|name|label|trigger|calculation\n text|a|Q||\n calculate|b||a|1",
            "survey 3 trigger bad_trigger",
        ),
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
            "# survey\n type|name|label\n text|a|Q\n # settings\n form_id\n aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
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
fn choices_may_stand_on_a_sheet_of_their_own() {
    let form = form(
        "# survey
        type|name|label|choice_filter
        text|p|P|
        select_one_external town|t|T|province=${p}
        # external_choices
        list_name|name|label|province
        town|a|A|x
        town|b|B|y",
    );
    let list = form.choices(2).unwrap();
    assert_eq!(list.choices.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(list.choices[0].more["province"], "x");
}

#[test]
fn parameters_that_say_nothing_are_found() {
    for (kind, parameters) in [
        ("range", "strat=1"),
        ("range", "start=a"),
        ("image", "max-pixels=x"),
        ("audio", "quality=loud"),
        ("text", "rows=many"),
        ("select_one l", "randomize=maybe"),
    ] {
        let lists = "# choices\n list_name|name|label\n l|x|X";
        let found =
            found(&format!("# survey\n type|name|label|parameters\n {kind}|a|Q|{parameters}\n {lists}"));
        assert_eq!(found[0], "survey 2 parameters bad_parameter", "{kind}: {found:?}");
    }
}

#[test]
fn parameters_that_are_known_are_taken() {
    for (kind, parameters) in [
        ("range", "start=0 end=5 step=0.5 tick_interval=1 placeholder=2"),
        ("select_one l", "randomize=true, seed=42"),
        ("text", "rows=3"),
        ("image", "max-pixels=1000 app=com.example"),
        ("audio", "quality=voice-only"),
        ("geopoint", "capture-accuracy=2.5; warning-accuracy=10; allow-mock-accuracy=true"),
        ("geotrace", "incremental=true"),
        (
            "audit",
            "location-priority=balanced location-min-interval=60 location-max-age=120 track-changes=true",
        ),
        ("integer", "whatever=1"),
    ] {
        let text = format!(
            "# survey\n type|name|label|parameters\n {kind}|audit|Q|{parameters}\n text|z|Z|\n # choices\n list_name|name|label\n l|x|X"
        );
        assert_eq!(found(&text), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn warnings_leave_a_form_usable() {
    for (text, expected) in [
        ("# survey\n type|name|label|colour\n text|a|Q|red", "survey 1 colour unknown_column"),
        ("# survey\n type|name|label\n text|a|", "survey 2 label no_label"),
        ("# survey\n type|name|label|bind::type\n text|a|Q|int", "survey 1 bind::type unknown_column"),
        (
            "# survey\n type|name|label\n text|a|Q\n # settings\n form_id\n a b",
            "settings 2 form_id spaced_form_id",
        ),
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
