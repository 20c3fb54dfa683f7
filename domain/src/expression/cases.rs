//! What expressions say, case by case, from the text of the ODK XForms specification and of XPath 1.0.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{
    CHARS_MAX, DEPTH_MAX, Document, DocumentBuilder, Expression, ExpressionError, Moment, NodeRef, Plain,
    Reference, Tables, Words, World, text_from_number,
};

/// The cases without a questionnaire; `|` within an expression is written `\|`.
const CASES: &str = include_str!("cases.txt");

/// 2026-11-26T01:30:00.250Z, on a clock in China.
fn moment() -> Moment {
    let at: DateTime<Utc> = "2026-11-26T01:30:00.250Z".parse().unwrap();
    Moment { at: at.timestamp_millis(), offset_minutes: 480 }
}

fn world<'a>(answers: &'a Document, tables: &'a Tables) -> World<'a> {
    World { answers, tables, moment: moment(), seed: 7, words: Words::English, choice_name: &|_, _| None }
}

fn said(outcome: Result<Plain, ExpressionError>) -> String {
    match outcome {
        Ok(Plain::Number(number)) if number == 0.0 && number.is_sign_negative() => "number|-0".to_owned(),
        Ok(Plain::Number(number)) => format!("number|{}", text_from_number(number)),
        Ok(Plain::Text(text)) => format!("string|{text}"),
        Ok(Plain::Boolean(truth)) => format!("boolean|{truth}"),
        Ok(it @ Plain::Date(_)) => format!("date|{}", it.to_text()),
        Ok(it @ Plain::Time(_)) => format!("dateTime|{}", it.to_text()),
        Err(error) => format!("error|{}@{}", error.kind.code(), error.at),
    }
}

fn evaluate(text: &str, world: &World<'_>, node: Option<NodeRef>) -> String {
    said(Expression::parse(text).and_then(|it| it.evaluate(world, node)))
}

#[test]
fn cases_without_a_questionnaire_say_what_the_specification_says() {
    let (answers, tables) = (Document::default(), Tables::default());
    let world = world(&answers, &tables);
    let mut wrong = Vec::new();
    let mut n_cases = 0;
    for line in CASES.lines().filter(|it| !it.is_empty() && !it.starts_with("# ")) {
        let line = line.replace("\\|", "\u{1}");
        let mut parts = line.splitn(2, '|');
        let (text, expected) = (parts.next().unwrap().replace('\u{1}', "|"), parts.next().unwrap());
        let said = evaluate(&text, &world, None);
        if said != expected {
            wrong.push(format!("{text} said {said}, not {expected}"));
        }
        n_cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(n_cases >= 400, "only {n_cases} cases");
}

/// The names of the record below, in its order.
const NAMES: [&str; 13] =
    ["data", "a", "b", "empty", "hidden", "g", "inner", "person", "age", "sex", "many", "points", "point"];

fn place(name: &str) -> u32 {
    u32::try_from(NAMES.iter().position(|it| *it == name).unwrap()).unwrap()
}

/// `data` with `a` 5, `b` "x", `empty`, `hidden` (not asked) 9, `g` with `inner` 7, three of `person` with `age` and
/// `sex`, `many` "p q r", `points` with two of `point`.
fn record() -> Document {
    let names: Vec<String> = NAMES.iter().map(|it| (*it).to_owned()).collect();
    let mut document = Document::new(names.into());
    let data = document.add(0, place("data"));
    let leaf = |document: &mut Document, parent: u32, name: &str, text: &str| {
        let node = document.add(parent, place(name));
        document.set_text(node, text);
        node
    };
    leaf(&mut document, data, "a", "5");
    leaf(&mut document, data, "b", "x");
    leaf(&mut document, data, "empty", "");
    let hidden = leaf(&mut document, data, "hidden", "9");
    document.set_relevant(hidden, false);
    let g = document.add(data, place("g"));
    leaf(&mut document, g, "inner", "7");
    for (age, sex) in [("30", "f"), ("40", "m"), ("50", "f")] {
        let person = document.add(data, place("person"));
        leaf(&mut document, person, "age", age);
        leaf(&mut document, person, "sex", sex);
    }
    leaf(&mut document, data, "many", "p q r");
    let points = document.add(data, place("points"));
    leaf(&mut document, points, "point", "0 0 0 0");
    leaf(&mut document, points, "point", "0 1 0 0");
    document
}

fn fruits() -> Tables {
    let mut table = DocumentBuilder::new(&["name".to_owned(), "label".to_owned(), "kind".to_owned()]);
    table.row(["apple", "Apple", "tree"]);
    table.row(["kiwi", "Kiwi", "vine"]);
    table.row(["pear", "Pear", "tree"]);
    let mut letters = DocumentBuilder::new(&["name".to_owned()]);
    for letter in ["A", "B", "C", "D", "E", "F"] {
        letters.row([letter]);
    }
    let mut tables = Tables::default();
    tables.add("fruits", table.build());
    tables.add("letters", letters.build());
    tables
}

/// Where `${name}` is: absolute, but for `age` and `sex` within their own person.
fn find(name: &str) -> Option<Reference> {
    let path = |names: &[&str]| names.iter().map(|it| place(it)).collect::<Vec<_>>();
    let (path, up) = match name {
        "age" | "sex" => (path(&["data", "person", name]), Some(1)),
        "inner" => (path(&["data", "g", "inner"]), None),
        "point" => (path(&["data", "points", "point"]), None),
        _ => (path(&["data", NAMES.iter().find(|it| **it == name)?]), None),
    };
    Some(Reference { path, up, of_turn: false, n_shared: if up.is_some() { 2 } else { 0 } })
}

/// What is said at the second person's age.
#[track_caller]
fn check(text: &str, expected: &str) {
    let (answers, tables) = (record(), fruits());
    let mut world = world(&answers, &tables);
    world.choice_name = &|question, value| (question == "${b}").then(|| format!("label of {value}"));
    let second = answers.children_at(answers.children(0)[0], place("person"))[1];
    let node = answers.children_at(second, place("age"))[0];
    let outcome = Expression::parse(text).and_then(|mut it| {
        it.resolve(&mut |name, _| find(name));
        it.evaluate(&world, Some(NodeRef { document: 0, node }))
    });
    assert_eq!(said(outcome), expected, "{text}");
}

#[test]
fn paths_lead_to_nodes() {
    for (text, expected) in [
        (".", "string|40"),
        ("../sex", "string|m"),
        ("./../sex", "string|m"),
        ("/data/a", "string|5"),
        ("/data/b", "string|x"),
        ("/data/g/inner", "string|7"),
        ("//inner", "string|7"),
        ("/data//inner", "string|7"),
        ("count(//age)", "number|3"),
        ("/data/*/inner", "string|7"),
        ("count(/data/*)", "number|9"),
        ("/data/person/age", "string|30"),
        ("/data/person[2]/age", "string|40"),
        ("/data/person[position() = 3]/age", "string|50"),
        ("/data/person[last()]/age", "string|50"),
        ("/data/person[sex = 'm']/age", "string|40"),
        ("count(/data/person[sex = 'f'])", "number|2"),
        ("count(/data/person[sex = 'f'][age > 40])", "number|1"),
        ("/data/person[sex = 'f'][2]/age", "string|50"),
        ("(/data/person/age)[3]", "string|50"),
        ("/data/person[age = current()]/sex", "string|m"),
        ("/data/person[age > current()]/age", "string|50"),
        ("/data/person[./age = current()/../age]/sex", "string|m"),
        ("/data/child::a", "string|5"),
        ("parent::person/sex", "string|m"),
        ("self::age", "string|40"),
        ("self::sex", "string|"),
        ("count(self::node())", "number|1"),
        ("../../a", "string|5"),
        ("count(../../../..)", "number|0"),
        ("count(/)", "number|1"),
        ("/data/nothing", "string|"),
        ("count(/data/nothing)", "number|0"),
        ("count(/data/a | /data/b)", "number|2"),
        ("string(/data/b | /data/a)", "string|5"),
        ("count(/data/a | /data/a)", "number|1"),
        ("/data/g", "string|7"),
        ("/data/person[7]/age", "string|"),
        ("current()", "string|40"),
        ("current()/../sex", "string|m"),
        ("name(.)", "string|age"),
        ("name()", "string|age"),
        ("local-name(/data/g)", "string|g"),
        ("string()", "string|40"),
        ("number()", "number|40"),
        ("normalize-space()", "string|40"),
        ("/data/a * 2", "number|10"),
        ("/data/a[1] - 1", "number|4"),
        ("/data/*[3]", "string|"),
    ] {
        check(text, expected);
    }
}

#[test]
fn questions_are_found_by_name() {
    for (text, expected) in [
        ("${a}", "string|5"),
        ("${ a }", "string|5"),
        ("${a} + 1", "number|6"),
        ("${age}", "string|40"),
        ("${sex}", "string|m"),
        ("${person}/sex", "string|f"),
        ("${person}[age = ${age}]/sex", "string|m"),
        ("count(${person})", "number|3"),
        ("sum(/data/person/age)", "number|120"),
        ("sum(${age})", "number|40"),
        ("${nobody}", "error|unknown_name@0"),
        ("1 + ${nobody}", "error|unknown_name@4"),
        ("${last-saved#a}", "string|"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_not_asked_is_empty() {
    for (text, expected) in [
        ("${hidden}", "string|"),
        ("${hidden} = ''", "boolean|true"),
        ("'' = ${hidden}", "boolean|true"),
        ("${hidden} = 9", "boolean|false"),
        ("${hidden} != 'x'", "boolean|true"),
        ("boolean(${hidden})", "boolean|false"),
        ("number(${hidden})", "number|NaN"),
        ("count(/data/hidden)", "number|0"),
        ("count(${empty})", "number|1"),
        ("${empty} = ''", "boolean|true"),
        ("${empty} + 1", "number|NaN"),
        ("${empty} > 0", "boolean|false"),
        ("${empty} < 0", "boolean|false"),
        ("boolean(${empty})", "boolean|false"),
        ("boolean(${a})", "boolean|true"),
        ("not(${empty})", "boolean|true"),
        ("if(${empty}, 'y', 'n')", "string|n"),
        ("coalesce(${empty}, ${hidden}, ${a})", "string|5"),
        ("count-non-empty(/data/*)", "number|8"),
    ] {
        check(text, expected);
    }
}

#[test]
fn nodes_compare_when_one_of_them_does() {
    for (text, expected) in [
        ("/data/person/age = 50", "boolean|true"),
        ("50 = /data/person/age", "boolean|true"),
        ("/data/person/age = 51", "boolean|false"),
        ("/data/person/age != 50", "boolean|true"),
        ("/data/person/age > 49", "boolean|true"),
        ("/data/person/age > 50", "boolean|false"),
        ("/data/person/sex = 'm'", "boolean|true"),
        ("/data/person/sex = /data/b", "boolean|false"),
        ("/data/person/age = /data/person/age", "boolean|true"),
        ("/data/person = true()", "boolean|true"),
        ("true() = /data/empty", "boolean|false"),
    ] {
        check(text, expected);
    }
}

#[test]
fn functions_take_nodes() {
    for (text, expected) in [
        ("concat(/data/person/sex)", "string|fmf"),
        ("concat(/data/person/sex, '-', /data/a)", "string|fmf-5"),
        ("join(', ', /data/person/age)", "string|30, 40, 50"),
        ("join('-', /data/person/sex, 'z')", "string|f-m-f-z"),
        ("max(/data/person/age)", "number|50"),
        ("min(/data/person/age)", "number|30"),
        ("max(/data/person/age, 60)", "number|60"),
        ("max(/data/nothing)", "number|NaN"),
        ("min(/data/empty)", "number|NaN"),
        ("sum(/data/nothing)", "number|0"),
        ("sum(/data/person/sex)", "number|NaN"),
        ("count-non-empty(/data/person/age)", "number|3"),
        ("count-non-empty(/data/empty)", "number|0"),
        ("position(..)", "number|2"),
        ("position(.)", "number|1"),
        ("position(/data/nothing)", "number|NaN"),
        ("once('new')", "string|40"),
        ("selected(${many}, 'q')", "boolean|true"),
        ("selected(${many}, 's')", "boolean|false"),
        ("selected-at(${many}, 1)", "string|q"),
        ("count-selected(${many})", "number|3"),
        ("jr:choice-name(${b}, '${b}')", "string|label of x"),
        ("jr:choice-name(${b}, '${a}')", "string|"),
        ("checklist(1, 3, /data/person/age)", "boolean|true"),
        ("checklist(1, 2, /data/person/age)", "boolean|false"),
        ("weighted-checklist(100, 130, /data/person/age, /data/person/age)", "boolean|true"),
        ("distance(/data/points/point)", "number|111318.85"),
        ("distance(${point})", "number|111318.85"),
        ("indexed-repeat(${age}, ${person}, 1)", "string|30"),
        ("indexed-repeat(${age}, ${person}, 3)", "string|50"),
        ("indexed-repeat(${age}, ${person}, 4)", "string|"),
        ("indexed-repeat(${age}, ${person}, 0)", "string|"),
        ("indexed-repeat(${age}, ${person}, ${empty})", "string|"),
        ("indexed-repeat(/data/person/sex, /data/person, position(..) - 1)", "string|f"),
    ] {
        check(text, expected);
    }
}

#[test]
fn tables_are_looked_up() {
    for (text, expected) in [
        ("count(instance('fruits')/root/item)", "number|3"),
        ("instance('fruits')/root/item[name = 'kiwi']/label", "string|Kiwi"),
        ("count(instance('fruits')/root/item[kind = 'tree'])", "number|2"),
        ("instance('fruits')/root/item[kind = 'tree'][2]/name", "string|pear"),
        ("instance('fruits')/root/item[position() = ${a} - 3]/name", "string|kiwi"),
        ("count(instance('fruits')/root/item[/data/a = 5])", "number|3"),
        ("join(' ', instance('fruits')/root/item/name)", "string|apple kiwi pear"),
        ("pulldata('fruits', 'label', 'name', 'pear')", "string|Pear"),
        ("pulldata('fruits', 'name', 'kind', 'tree')", "string|apple"),
        ("pulldata('fruits', 'label', 'name', 'plum')", "string|"),
        ("pulldata('fruits', 'taste', 'name', 'pear')", "string|"),
        ("pulldata('fruits', 'label', 'taste', 'pear')", "string|"),
    ] {
        check(text, expected);
    }
}

/// The orders are those that Enketo and ODK Web Forms have, too.
#[test]
fn a_seed_shuffles_alike_everywhere() {
    for (seed, expected) in [
        ("42", "AFCBDE"),
        ("'42'", "AFCBDE"),
        ("-42", "EDAFBC"),
        ("1", "BFEACD"),
        ("1.1", "BFEACD"),
        ("int(1)", "BFEACD"),
        ("11111111", "ACDBFE"),
        ("0", "CBEAFD"),
        ("0 div 0", "CBEAFD"),
        ("1 div 0", "CBEAFD"),
    ] {
        let text = format!("concat(randomize(instance('letters')/root/item/name, {seed}))");
        check(&text, &format!("string|{expected}"));
    }
    check("count(randomize(instance('letters')/root/item))", "number|6");
    check("string-length(concat(randomize(instance('letters')/root/item, 'a word')))", "number|6");
}

#[test]
fn the_same_seed_gives_the_same_chance_and_each_node_its_own() {
    let (answers, tables) = (record(), fruits());
    let mut world = world(&answers, &tables);
    let people = answers.children_at(answers.children(0)[0], place("person"));
    let mut random = |seed: u64, person: u32| {
        world.seed = seed;
        evaluate("random()", &world, Some(NodeRef { document: 0, node: person }))
    };
    assert_eq!(random(1, people[0]), random(1, people[0]));
    assert_ne!(random(1, people[0]), random(2, people[0]));
    assert_ne!(random(1, people[0]), random(1, people[1]));
}

#[test]
fn months_and_days_are_in_the_language_of_the_form() {
    let (answers, tables) = (Document::default(), Tables::default());
    let mut world = world(&answers, &tables);
    world.words = Words::Chinese;
    assert_eq!(evaluate("format-date('2026-11-26', '%b%e日 %a')", &world, None), "string|11月26日 周四");
}

#[test]
fn what_an_expression_depends_on_can_be_read() {
    let expression = Expression::parse("${a} + /data/g/inner[x = ../${y}]").map(|it| it.paths());
    assert!(expression.is_err(), "a question cannot be a step");
    let expression = Expression::parse("if(${a} > 1, ../b, //c[d = ${last-saved#e}])").unwrap();
    let paths: Vec<String> = expression.paths().iter().map(|it| format!("{it:?}")).collect();
    insta::assert_snapshot!(paths.join("\n"), @r#"
    Question { name: "a", of: This, at: 3 }
    Steps { absolute: false, steps: ["..", "b"], at: 13 }
    Steps { absolute: true, steps: ["*", "c"], at: 19 }
    Steps { absolute: false, steps: ["*", "d"], at: 23 }
    Question { name: "e", of: LastSaved, at: 27 }
    "#);
    assert_eq!(expression.functions(), ["if"]);
}

#[test]
fn what_is_too_long_or_too_deep_or_too_much_work_is_an_error() {
    let (answers, tables) = (record(), Tables::default());
    let world = world(&answers, &tables);
    let node = Some(NodeRef { document: 0, node: 1 });
    let deep = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(evaluate(&deep(DEPTH_MAX), &world, node), "number|1");
    assert_eq!(evaluate(&deep(DEPTH_MAX + 1), &world, node), format!("error|too_deep@{}", DEPTH_MAX + 1));
    let ifs = |n: usize| format!("{}1{}", "if(1 = 1 and 2 > 1 + 1 * 0, ".repeat(n), ", 0)".repeat(n));
    assert_eq!(evaluate(&ifs(DEPTH_MAX), &world, node), "number|1");
    assert_eq!(evaluate(&"(".repeat(20_000), &world, node), format!("error|too_deep@{}", DEPTH_MAX + 1));
    let predicates = format!("a{}", "[a".repeat(5_000));
    assert!(evaluate(&predicates, &world, node).starts_with("error|too_deep"));
    let sum = vec!["1"; 10_000].join(" + ");
    assert_eq!(evaluate(&sum, &world, node), format!("error|too_long@{CHARS_MAX}"));
    assert_eq!(evaluate(&vec!["1"; 8_000].join(" + "), &world, node), "number|8000");
    assert_eq!(evaluate(&format!("{}1", "-".repeat(30_001)), &world, node), "number|-1");
    let work = format!("//*{}", "[//*[//*]]".repeat(20));
    let work = work.replace("[//*[//*]]", "[//*[//*[//*[//*[//*]]]]]");
    assert_eq!(evaluate(&work, &world, node), "error|too_much_work@0");
}

fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0_u32..2_000).prop_map(|it| (f64::from(it) / 8.0).to_string()),
        "'[a-z 走0-9]{0,4}'",
        "\"[a-z']{0,4}\"",
        Just("${a}".to_owned()),
        Just(".".to_owned()),
        Just("..".to_owned()),
        Just("/".to_owned()),
        Just("/data/person".to_owned()),
        Just("//age".to_owned()),
        Just("../sex".to_owned()),
        Just("*".to_owned()),
        Just("div".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            (inner.clone(), "(or|and|=|!=|<|<=|>|>=|\\+|-|\\*|div|mod)", inner.clone())
                .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), "( - | or | \\* )", inner.clone())
                .prop_map(|(a, op, b)| format!("({a}){op}({b})")),
            inner.clone().prop_map(|it| format!("-{it}")),
            inner.clone().prop_map(|it| format!("({it})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("/data/person[{a}]/age[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) | ({b})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
            inner.prop_map(|it| format!("concat({it}, 1)")),
        ]
    })
}

proptest! {
    /// Whatever is typed is read or refused; the place of an error is within the text.
    #[test]
    fn reading_never_panics(text in "\\PC{0,60}") {
        if let Err(error) = Expression::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
    }

    /// The same, with what expressions are made of.
    #[test]
    fn neither_reading_nor_evaluating_panics(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "[", "]", ",", "/", "//", ".", "..", "*", "-", "+", "=", "<", "|", "::", "@", "$", "${a}", "a",
                "div", "or", "'x'", "1", ".5", "if(", "concat(", "substr(", "date(", "round(", "format-date(", "%",
                "person", "parent", "node()", "selected-at(", "indexed-repeat(", "uuid(", "position(", "1e9",
            ]),
            0..20,
        )
    ) {
        let (answers, tables) = (record(), fruits());
        let world = world(&answers, &tables);
        let text = parts.join(" ");
        let _ = evaluate(&text, &world, Some(NodeRef { document: 0, node: 1 }));
    }

    /// What is written is read as the same, so that a tree may be kept as a text.
    #[test]
    fn writing_and_reading_agree(text in expressions()) {
        if let Ok(tree) = Expression::parse(&text) {
            let written = tree.to_string();
            let again = Expression::parse(&written);
            prop_assert!(again.is_ok(), "{text} was written {written}");
            prop_assert_eq!(again.unwrap().to_string(), written);
        }
    }

    /// And it says the same.
    #[test]
    fn what_was_written_says_the_same(text in expressions()) {
        let (answers, tables) = (record(), fruits());
        let world = world(&answers, &tables);
        let node = Some(NodeRef { document: 0, node: answers.children(1)[6] });
        let say = |text: &str| {
            let tree = Expression::parse(text).and_then(|mut it| {
                it.resolve(&mut |name, _| find(name));
                it.evaluate(&world, node)
            });
            said(tree.map_err(|it| ExpressionError { at: 0, ..it }))
        };
        if let Ok(tree) = Expression::parse(&text) {
            prop_assert_eq!(say(&text), say(&tree.to_string()));
        }
    }
}
