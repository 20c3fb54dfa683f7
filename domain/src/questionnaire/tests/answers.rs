//! What follows from answers.

use super::*;

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
    let x = filling.document().children(second)[0];
    filling.answer(x, "7");
    let place = filling.remove_turn(second);
    assert_eq!((say(&filling, "${n}"), say(&filling, "${total}")), ("2".to_owned(), "40".to_owned()));
    assert_eq!(say(&filling, "join(',', /data/r/place)"), "1,2");
    filling.put_back_turn(second, place);
    assert_eq!((say(&filling, "${n}"), say(&filling, "${total}")), ("3".to_owned(), "47".to_owned()));
    assert_eq!(say(&filling, "join(',', /data/r/x)"), "10,7,30");
}

#[test]
fn what_is_not_asked_is_kept_and_not_told() {
    let form = form(
        "# survey
        type | name | label | relevant
        text | has | Has it |
        text | what | What | ${has} = 'yes'",
    );
    let mut filling = Filling::new(&form, SETTING);
    let node = |filling: &Filling<'_>, name: &str| filling.nodes(form.named(name).unwrap())[0];
    filling.answer(node(&filling, "has"), "yes");
    filling.answer(node(&filling, "what"), "a cow");
    filling.answer(node(&filling, "has"), "no");
    assert_eq!(filling.to_json(), json!({ "has": "no" }));
    let whole = serde_json::to_value(filling.whole()).unwrap();
    assert_eq!(whole, json!({ "has": "no", "what": "a cow" }));
    let (mut again, unknown) = Filling::from_json(&form, SETTING, &whole);
    assert_eq!(unknown, []);
    again.answer(node(&again, "has"), "yes");
    assert_eq!(again.to_json(), json!({ "has": "yes", "what": "a cow" }));
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
    assert!(filling.document().n_nodes() <= NODES_MAX + 3);
    let turns: Vec<Value> = (0..=TURNS_MAX).map(|_| json!({})).collect();
    let (_, unknown) = Filling::from_json(&form, SETTING, &json!({ "a": turns }));
    assert_eq!(unknown[0].path, "/data/a[1001]");
}

const AFTER: &str = "# survey
    type | name | label | relevant | calculation | constraint | default
    integer | people | How many? ||| . >= ${last-saved#people} - 3 | ${last-saved#people}
    calculate | more ||| ${people} - ${last-saved#people} ||
    text | why | Why? | ${people} != ${last-saved#people} |||
    begin repeat | person | Person ||||
    text | first | Name ||||
    end repeat | |||||
    text | eldest | Eldest ||||${last-saved#first}";

#[test]
fn the_record_before_is_read_where_it_is() {
    let form = form(AFTER);
    let node = |filling: &Filling<'_>, name: &str| filling.nodes(form.named(name).unwrap())[0];
    let last = json!({"people": "4", "person": [{"first": "Li"}], "unknown": "x"});
    let mut filling = Filling::new_after(&form, SETTING, &last);
    assert_eq!((say(&filling, "${people}"), say(&filling, "${eldest}")), ("4".into(), "Li".into()));
    assert!(!filling.is_asked(node(&filling, "why")));
    filling.answer(node(&filling, "people"), "6");
    assert!(filling.is_asked(node(&filling, "why")));
    assert_eq!(say(&filling, "${more}"), "2");
    filling.answer(node(&filling, "why"), "born");
    let told = filling.to_json();
    // Where it is not, what it led to is taken as it comes.
    let elsewhere = filled(&form, &told);
    assert_eq!((elsewhere.to_json(), problems(&elsewhere)), (told.clone(), Vec::new()));
    // Gone on with where it is, it still is.
    let again = Filling::from_json_after(&form, SETTING, &told, &last);
    assert_eq!((again.to_json(), problems(&again)), (told, Vec::new()));
    let first = Filling::new(&form, SETTING);
    assert_eq!((say(&first, "${people}"), say(&first, "${eldest}")), (String::new(), String::new()));
}

#[test]
fn a_record_before_of_another_version_is_read_as_far_as_it_fits() {
    let form = form(
        "# survey
        type | name | label | calculation | default
        integer | people | How many? || ${last-saved#people}
        select_one yn | cattle | Cattle? || ${last-saved#cattle}
        select_multiple need | needs | Needs || ${last-saved#needs}
        text | words | Words || ${last-saved#words}
        calculate | total || 1 + 1 |
        text | before | Before || ${last-saved#total}
        # choices
        list_name | name | label
        yn | y | Yes
        need | road | A road
        need | water | Water",
    );
    let begun = |last: Value| Filling::new_after(&form, SETTING, &last).to_json();
    let fits = json!({"people": "4", "cattle": "y", "needs": "road water", "words": "x", "total": "7"});
    let told = begun(fits);
    assert_eq!(
        (&told["people"], &told["cattle"], &told["needs"]),
        (&json!("4"), &json!("y"), &json!("road water"))
    );
    assert_eq!((&told["before"], &told["total"]), (&json!("7"), &json!("2")), "as it was, not computed anew");
    let other = json!({"people": "four", "cattle": "perhaps", "needs": "road school", "words": {"a": "b"}, "gone": "x"});
    assert_eq!(begun(other), json!({"needs": "road", "total": "2"}));
    assert_eq!(begun(json!({"cattle": ["y", "n"], "people": null})), json!({"total": "2"}));
}

#[test]
fn what_changed_is_told_once() {
    let form = form(HOUSEHOLD);
    let number = |name: &str| form.named(name).unwrap();
    let mut filling = Filling::new(&form, SETTING);
    filling.take_changed();
    filling.answer(filling.nodes(number("n"))[0], "1");
    let changed = filling.take_changed();
    assert!(changed.contains(&0), "a turn came");
    assert!(changed.is_superset(&form.within(number("all")).collect()), "{changed:?}");
    assert!(filling.take_changed().is_empty());
    filling.answer(filling.nodes(number("age"))[0], "20");
    let changed = filling.take_changed();
    let told = ["age", "works", "double", "oldest"].map(number);
    assert!(changed.is_superset(&told.into()), "{changed:?}");
    assert!(!changed.contains(&number("first")) && !changed.contains(&0), "{changed:?}");
    filling.answer(filling.nodes(number("age"))[0], "20");
    assert!(filling.take_changed().is_empty(), "the same answer is none");
}

#[test]
fn what_is_taken_with_the_visit_is_not_missed_in_the_form() {
    let form = form(
        "# survey
        type | name | label | required
        image | door | Door | yes
        text | sign | Sign | yes",
    );
    let filling = Filling::new(&form, SETTING);
    let sign = filling.nodes(form.named("sign").unwrap())[0];
    let missing: Vec<u32> = filling.problems().iter().map(|it| it.node).collect();
    assert_eq!(missing, [sign]);
}
