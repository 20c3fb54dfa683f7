//! Acts on a book, each by what the sheets say then.

use proptest::prelude::*;

use super::*;
use crate::questionnaire::{finding::Severity, tests::sheets_of, version::Version, xlsform::read};

/// A form with what most have, with a column, a row and a sheet that nobody here knows.
const FORM: &str = "# survey
    type | name | label::中文 (zh) | relevant | 备注 | constraint_message::中文 (zh)
    integer | people | 几口人 || 老表第 3 题 |
    || || 以下由李会计填 |
    begin_group | home | 家里 | ${people} > 0 ||
    select_one yn | cattle | 养牛吗，${people} 口人 || ${people} |
    text | why | 为什么 | ${cattle} = 'n' and ${ people } > 1 ||
    end_group |||||
    note | thanks | 谢谢 |||
    # choices
    list_name | name | label::中文 (zh) | region
    yn | y | 养 | e
    yn | n | 不养 |
    # settings
    form_title | form_id | instance_name
    入户 | household | ${people}
    # 说明
    随便写的
    ${people}";

fn book() -> Book {
    Book::of(sheets_of(FORM))
}

fn key(book: &Book, name: &str) -> u32 {
    book.lines().iter().find(|it| it.name == name).unwrap_or_else(|| panic!("no {name}")).key
}

/// The survey as `depth name`, ends as `/`.
fn outline(book: &Book) -> String {
    let line = |it: Line| match it.kind {
        LineKind::End => "/".to_owned(),
        _ => format!("{}{}", it.depth, it.name),
    };
    book.lines().into_iter().map(line).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(act: &dyn Fn(&Book) -> Act, expected: Result<&str, Refusal>) {
    let book = book();
    let after = book.act(&act(&book)).map(|it| outline(&it));
    assert_eq!(after.as_deref(), expected.as_ref().copied());
}

fn moved(name: &'static str, way: Way) -> impl Fn(&Book) -> Act {
    move |book| Act::Move { key: key(book, name), way }
}

#[test]
fn sheets_are_handed_back_as_they_came() {
    let sheets = sheets_of(FORM);
    assert_eq!(Book::of(sheets.clone()).sheets(), sheets);
    assert_eq!(outline(&book()), "0people 0home 1cattle 1why / 0thanks");
}

#[test]
fn what_is_moved_takes_along_what_is_in_it() {
    check(&moved("home", Way::Up), Ok("0home 1cattle 1why / 0people 0thanks"));
    check(&moved("home", Way::Down), Ok("0people 0thanks 0home 1cattle 1why /"));
    check(&moved("thanks", Way::Up), Ok("0people 0thanks 0home 1cattle 1why /"));
    check(&moved("people", Way::Down), Ok("0home 1cattle 1why / 0people 0thanks"));
    check(&moved("cattle", Way::Down), Ok("0people 0home 1why 1cattle / 0thanks"));
    check(&moved("thanks", Way::In), Ok("0people 0home 1cattle 1why 1thanks /"));
    check(&moved("cattle", Way::Out), Ok("0people 0home 1why / 0cattle 0thanks"));
}

#[test]
fn nothing_moves_out_of_its_group_by_up_and_down() {
    for act in [moved("cattle", Way::Up), moved("why", Way::Down), moved("people", Way::Up)] {
        check(&act, Err(Refusal::NoFurther));
    }
    for act in [moved("people", Way::In), moved("people", Way::Out), moved("cattle", Way::In)] {
        check(&act, Err(Refusal::NoFurther));
    }
}

#[test]
fn what_is_dropped_stands_in_front_of_what_it_was_dropped_on() {
    let put = |name: &'static str, before: Option<&'static str>| {
        move |book: &Book| Act::Place { key: key(book, name), before: before.map(|it| key(book, it)) }
    };
    check(&put("thanks", Some("why")), Ok("0people 0home 1cattle 1thanks 1why /"));
    check(&put("people", None), Ok("0home 1cattle 1why / 0thanks 0people"));
    check(&put("home", Some("people")), Ok("0home 1cattle 1why / 0people 0thanks"));
    check(&put("home", Some("cattle")), Err(Refusal::IntoItself));
    check(&put("cattle", Some("cattle")), Ok("0people 0home 1cattle 1why / 0thanks"));
}

#[test]
fn a_group_is_taken_out_with_all_that_is_in_it_and_put_back() {
    let mut history = History::of(book());
    let home = key(history.book(), "home");
    assert_eq!(history.book().questions_n(home), 3);
    history.act(Act::Remove { key: home }).unwrap();
    assert_eq!(outline(history.book()), "0people 0thanks");
    assert!(history.undo());
    assert_eq!(history.book(), &book());
    assert!(history.redo());
    assert_eq!(outline(history.book()), "0people 0thanks");
    assert!(!history.redo());
}

#[test]
fn a_new_name_goes_wherever_the_old_one_was_and_nowhere_else() {
    let before = book();
    let after = before.act(&Act::Rename { key: key(&before, "people"), name: "persons".to_owned() }).unwrap();
    let text = |name, column, language| after.cell(Part::Survey, key(&after, name), column, language);
    assert_eq!(text("why", Column::Relevant, ""), "${cattle} = 'n' and ${persons} > 1");
    assert_eq!(text("cattle", Column::Label, "中文 (zh)"), "养牛吗，${persons} 口人");
    assert_eq!(after.setting(Setting::InstanceName), "${persons}");
    // A column and a sheet that nobody knows.
    assert_eq!(after.sheets()[0].rows[4][4], "${people}");
    assert_eq!(after.sheets()[3], before.sheets()[3]);
    assert!(read(&Version::of(after.sheets()), "").questionnaire.is_some());
}

#[test]
fn a_name_that_is_none_or_taken_is_refused() {
    let named = |name: &'static str| {
        move |book: &Book| Act::Rename { key: key(book, "people"), name: name.to_owned() }
    };
    let why = key(&book(), "why");
    check(&named("why"), Err(Refusal::Taken { name: "why".to_owned(), key: why }));
    for name in ["", "1a", "a b", "${a}"] {
        check(&named(name), Err(Refusal::NotAName { name: name.to_owned() }));
    }
    check(&named("几口人"), Ok("0几口人 0home 1cattle 1why / 0thanks"));
}

#[test]
fn who_refers_to_a_question_is_known() {
    let found = book().referrers("people");
    let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.column.as_str())).collect();
    assert_eq!(
        found,
        [("home", "relevant"), ("cattle", "label::中文 (zh)"), ("why", "relevant"), ("", "instance_name")]
    );
    assert_eq!(book().referrers("thanks"), []);
}

#[test]
fn a_question_with_choices_begins_with_a_list_of_its_own() {
    let before = book();
    let act = Act::Add {
        kind: NewKind::SelectMultiple,
        after: Some(key(&before, "people")),
        label: "需要什么".to_owned(),
        choices: vec!["修路".to_owned(), "通水".to_owned()],
    };
    let after = before.act(&act).unwrap();
    assert_eq!(outline(&after), "0people 0q1 0home 1cattle 1why / 0thanks");
    let added = key(&after, "q1");
    assert_eq!(after.cell(Part::Survey, added, Column::Type, ""), "select_multiple list1");
    assert_eq!(after.list_of(added).as_deref(), Some("list1"));
    let labels: Vec<String> = after.choices("list1").into_iter().map(|it| it.label).collect();
    assert_eq!(labels, ["修路", "通水"]);
    assert!(read(&Version::of(after.sheets()), "").questionnaire.is_some());
    // What was there is as it was.
    assert_eq!(after.sheets()[1].rows[..3], before.sheets()[1].rows[..]);
}

#[test]
fn a_type_that_changes_keeps_the_list_and_ends_groups_as_they_begin() {
    let before = book();
    let retype = |book: &Book, name: &str, kind| {
        book.act(&Act::Retype { key: key(book, name), kind, choices: Vec::new() }).unwrap()
    };
    let several = retype(&before, "cattle", NewKind::SelectMultiple);
    assert_eq!(several.cell(Part::Survey, key(&several, "cattle"), Column::Type, ""), "select_multiple yn");
    let repeat = retype(&before, "home", NewKind::Repeat);
    assert_eq!(repeat.sheets()[0].rows[6][0], "end_repeat");
    let plain = retype(&before, "home", NewKind::Text);
    assert_eq!(outline(&plain), "0people 0home 0cattle 0why 0thanks");
    let group = retype(&before, "thanks", NewKind::Group);
    assert_eq!(outline(&group), "0people 0home 1cattle 1why / 0thanks /");
}

#[test]
fn choices_move_within_their_list_alone() {
    let before = book();
    let act = Act::AddChoice { list: "other".to_owned(), label: "别的".to_owned() };
    let mut book = before.act(&act).unwrap();
    let act = Act::AddChoice { list: "yn".to_owned(), label: "不知道".to_owned() };
    book = book.act(&act).unwrap();
    let labels = |book: &Book| book.choices("yn").into_iter().map(|it| it.label).collect::<Vec<_>>();
    assert_eq!(labels(&book), ["养", "不养", "不知道"]);
    let last = book.choices("yn")[2].key;
    assert_eq!(book.act(&Act::MoveChoice { key: last, way: Way::Down }), Err(Refusal::NoFurther));
    book = book.act(&Act::MoveChoice { key: last, way: Way::Up }).unwrap();
    assert_eq!(labels(&book), ["养", "不知道", "不养"]);
    book = book.act(&Act::RemoveChoice { key: last }).unwrap();
    assert_eq!((labels(&book).len(), book.lists()), (2, vec!["yn".to_owned(), "other".to_owned()]));
}

#[test]
fn a_language_gives_texts_without_one_the_name_of_theirs() {
    let empty = Book::empty("a", "甲");
    let add = |language: &str| Act::AddLanguage {
        language: language.to_owned(),
        unnamed: "中文 (zh)".to_owned(),
    };
    let book = empty.act(&add("English (en)")).unwrap();
    assert_eq!(book.languages(), ["中文 (zh)", "English (en)"]);
    assert_eq!(book.sheets()[1].rows[0], ["list_name", "name", "label::中文 (zh)", "label::English (en)"]);
    assert_eq!(book.act(&add("English (en)")), Err(Refusal::SameLanguage));
    assert_eq!(book.act(&add(" ")), Err(Refusal::NoLanguage));
}

#[test]
fn typing_on_in_one_cell_is_one_step() {
    let mut history = History::of(Book::empty("a", "甲"));
    let add = Act::Add { kind: NewKind::Text, after: None, label: String::new(), choices: Vec::new() };
    history.act(add).unwrap();
    let key = history.book().lines()[0].key;
    for text in ["家", "家里", "家里几口人"] {
        let (language, text) = (String::new(), text.to_owned());
        history.act(Act::Write { part: Part::Survey, key, column: Column::Label, language, text }).unwrap();
    }
    assert_eq!(history.book().lines()[0].label, "家里几口人");
    history.undo();
    assert_eq!(history.book().lines()[0].label, "");
    history.undo();
    assert!(history.book().lines().is_empty() && !history.can_undo());
}

#[test]
fn an_expression_goes_on_with_names_and_functions() {
    let names = [("people", "家里几口人"), ("cattle", "养不养牛")];
    let names: Vec<_> = names.map(|(name, label)| (name.to_owned(), label.to_owned())).into();
    let offered = |text: &str| {
        let completion = complete(text, text.len(), &names)?;
        Some((completion.from, completion.offers.into_iter().map(|it| it.text).collect::<Vec<_>>()))
    };
    let all = vec!["${people}".to_owned(), "${cattle}".to_owned()];
    assert_eq!(offered("1 + ${"), Some((4, all.clone())));
    assert_eq!(offered("1 + $"), Some((4, all)));
    assert_eq!(offered("${ca"), Some((0, vec!["${cattle}".to_owned()])));
    assert_eq!(offered("${几口"), Some((0, vec!["${people}".to_owned()])), "by what it says");
    assert_eq!(offered("${people} = 1 and not"), Some((18, vec!["not(".to_owned()])));
    assert_eq!(offered("jr:ch"), Some((0, vec!["jr:choice-name(".to_owned()])));
    for nothing in ["${people}", "", "1 ", "'no", "${nobody", "zzz"] {
        assert_eq!(offered(nothing), None, "{nothing}");
    }
}

#[test]
fn a_book_without_sheets_takes_what_is_written() {
    let add = Act::Add {
        kind: NewKind::SelectOne,
        after: None,
        label: "甲".to_owned(),
        choices: vec!["x".to_owned()],
    };
    let book = Book::default().act(&add).unwrap();
    let book = book.act(&Act::Set { setting: Setting::Id, text: "a".to_owned() }).unwrap();
    let read = read(&Version::of(book.sheets()), "");
    assert_eq!(read.questionnaire.map(|it| it.id).as_deref(), Some("a"));
}

/// What a cell of a form says once a question has another name.
#[track_caller]
fn check_renamed(form: &str, before: &str, after: &str, cells: &[(&str, Column, &str)]) {
    let book = Book::of(sheets_of(form));
    let key_before = key(&book, before);
    let book = book.act(&Act::Rename { key: key_before, name: after.to_owned() }).unwrap();
    for (name, column, expected) in cells {
        assert_eq!(book.cell(Part::Survey, key(&book, name), *column, ""), *expected, "{name}");
    }
}

#[test]
fn paths_follow_a_name_where_they_lead_to_it_and_nowhere_else() {
    const PATHS: &str = "# survey
        type | name | label | relevant | calculation | constraint | choice_filter | repeat_count
        integer | n | 几口人 |||||
        begin_repeat | person | 家里人 ||||| n
        integer | age | 几岁 ||| . < 120 and ../n != 1 ||
        integer | n | 几个孩子 | ../age > 16 |||||
        select_one yn | kind | 类 | ../n > 0 ||| n = current()/../n and name != ../n ||
        calculate | all || | sum(../../person[n > 1]/n) + /data/n + count(//age) |||
        text | say | 说 | ./n = 1 or ../ n > 2 |||||
        end_repeat |||||||
        calculate | most ||| max(${person}[./n > ../n]/n) |||
        # choices
        list_name | name | label | n
        yn | y | 是 | 1";
    // The first `n`, of the form: `n` of a turn, and the column of the list, are others.
    let book = Book::of(sheets_of(PATHS));
    let key_n = key(&book, "n");
    let book = book.act(&Act::Rename { key: key_n, name: "people".to_owned() }).unwrap();
    let says = |name: &str, column| book.cell(Part::Survey, key(&book, name), column, "").to_owned();
    assert_eq!(says("person", Column::RepeatCount), "people");
    assert_eq!(says("all", Column::Calculation), "sum(../../person[n > 1]/n) + /data/people + count(//age)");
    assert_eq!(says("age", Column::Constraint), ". < 120 and ../n != 1");
    assert_eq!(says("most", Column::Calculation), "max(${person}[./n > ../people]/n)");
    // The other one, of a turn.
    let key_n = key(&book, "n");
    let book = book.act(&Act::Rename { key: key_n, name: "kids".to_owned() }).unwrap();
    let says = |name: &str, column| book.cell(Part::Survey, key(&book, name), column, "").to_owned();
    assert_eq!(says("age", Column::Constraint), ". < 120 and ../kids != 1");
    assert_eq!(says("kind", Column::Relevant), "../kids > 0");
    assert_eq!(says("kind", Column::ChoiceFilter), "n = current()/../kids and name != ../n");
    assert_eq!(
        says("all", Column::Calculation),
        "sum(../../person[kids > 1]/kids) + /data/people + count(//age)"
    );
    assert_eq!(says("say", Column::Relevant), "./n = 1 or ../ kids > 2");
    assert_eq!(says("most", Column::Calculation), "max(${person}[./kids > ../people]/kids)");
    check_renamed(
        PATHS,
        "person",
        "member",
        &[("all", Column::Calculation, "sum(../../member[n > 1]/n) + /data/n + count(//age)")],
    );
    check_renamed(
        PATHS,
        "age",
        "years",
        &[
            ("n", Column::Relevant, ""),
            ("all", Column::Calculation, "sum(../../person[n > 1]/n) + /data/n + count(//years)"),
        ],
    );
}

/// Two lists, of which one is looked up only, and one that nothing uses.
const LISTS: &str = "# survey
    type | name | label | calculation
    select_one yn | cattle | 养牛吗 |
    calculate | first || instance('town')/root/item[1]/label
    # choices
    list_name | name | label
    yn | y | 是
    town | a | 甲
    yn | n | 否
    odd | x | 叉";

#[test]
fn lists_are_moved_as_a_whole_and_taken_out_where_nothing_uses_them() {
    let book = Book::of(sheets_of(LISTS));
    assert_eq!(book.lists(), ["yn", "town", "odd"]);
    let list = |list: &str, way| Act::MoveList { list: list.to_owned(), way };
    let moved = book.act(&list("odd", Way::Up)).unwrap();
    assert_eq!(moved.lists(), ["yn", "odd", "town"]);
    let moved = book.act(&list("yn", Way::Down)).unwrap();
    assert_eq!(moved.lists(), ["town", "yn", "odd"]);
    let names = |it: Vec<ChoiceRow>| it.into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(moved.choices("yn")), ["y", "n"]);
    assert_eq!(book.act(&list("yn", Way::Up)), Err(Refusal::NoFurther));
    assert_eq!(book.act(&list("odd", Way::Down)), Err(Refusal::NoFurther));
    let remove = |list: &str| book.act(&Act::RemoveList { list: list.to_owned() });
    let used = |by: &str| Err(Refusal::ListInUse { users: vec![by.to_owned()] });
    assert_eq!(remove("yn").map(|it| it.lists()), used("养牛吗"));
    assert_eq!(remove("town").map(|it| it.lists()), used("first"));
    assert_eq!(remove("odd").map(|it| it.lists()), Ok(vec!["yn".to_owned(), "town".to_owned()]));
    assert_eq!(remove("nothing").map(|it| it.lists()), Err(Refusal::Gone));
}

#[test]
fn a_language_goes_with_all_that_is_said_in_it() {
    let book = Book::of(sheets_of(
        "# survey
        type | name | label::中文 (zh) | label::English (en) | 备注 | hint::English (en)
        text | why | 为什么 | Why | 李会计 | In their words
        text | how | 怎么样 | || 
        # choices
        list_name | name | label::English (en) | label::中文 (zh)
        yn | y | Yes | 是
        # settings
        form_id | default_language
        a | English (en)",
    ));
    assert_eq!(book.texts_n("English (en)"), 3);
    let remove =
        |book: &Book, language: &str| book.act(&Act::RemoveLanguage { language: language.to_owned() });
    let left = remove(&book, "English (en)").unwrap();
    assert_eq!(left.languages(), ["中文 (zh)"]);
    assert_eq!(left.setting(Setting::DefaultLanguage), "");
    let sheets = left.sheets();
    assert_eq!(sheets[0].rows[1], ["text", "why", "为什么", "李会计"]);
    assert_eq!(sheets[1].rows[1], ["yn", "y", "是"]);
    assert_eq!(remove(&left, "中文 (zh)"), Err(Refusal::LastLanguage));
    assert_eq!(remove(&left, "English (en)"), Err(Refusal::Gone));
}

/// An act on whatever row the numbers come to.
fn some_act(book: &Book, (which, n, m): (u8, usize, usize)) -> Option<Act> {
    let lines: Vec<Line> = book.lines().into_iter().filter(|it| it.kind != LineKind::End).collect();
    let at = |n: usize| lines.get(n % lines.len().max(1)).map(|it| it.key);
    let way = [Way::Up, Way::Down, Way::In, Way::Out][m % 4];
    let choice = || {
        let rows = book.choices(book.lists().get(m % book.lists().len().max(1))?);
        rows.get(n % rows.len().max(1)).map(|it| it.key)
    };
    let write = |column, text: &str| {
        let (part, language, text) = (Part::Survey, String::new(), text.to_owned());
        Some(Act::Write { part, key: at(n)?, column, language, text })
    };
    match which {
        0 => Some(Act::Add {
            kind: NewKind::ALL[m % NewKind::ALL.len()],
            after: at(n),
            label: "问".to_owned(),
            choices: vec!["一".to_owned()],
        }),
        1 => Some(Act::Remove { key: at(n)? }),
        2 => Some(Act::Move { key: at(n)?, way }),
        3 => Some(Act::Place { key: at(n)?, before: at(m) }),
        4 => write(Column::Hint, "照原话记"),
        5 => write(Column::Required, "yes"),
        6 => Some(Act::Rename { key: at(n)?, name: format!("n{m}") }),
        7 => {
            let kind = NewKind::ALL[m % NewKind::ALL.len()];
            Some(Act::Retype { key: at(n)?, kind, choices: vec!["一".to_owned()] })
        }
        8 => Some(Act::AddChoice { list: book.lists().first()?.clone(), label: "又一个".to_owned() }),
        9 => Some(Act::MoveChoice { key: choice()?, way }),
        10 => Some(Act::Set { setting: Setting::Title, text: format!("第 {m} 次") }),
        11 => Some(Act::AddLanguage { language: format!("语言 {m}"), unnamed: "中文 (zh)".to_owned() }),
        12 => Some(Act::MoveList { list: book.lists().get(n % book.lists().len().max(1))?.clone(), way }),
        13 => Some(Act::RemoveList { list: book.lists().get(n % book.lists().len().max(1))?.clone() }),
        14 => {
            Some(Act::RemoveLanguage { language: book.languages().get(n % book.languages().len())?.clone() })
        }
        _ => None,
    }
}

/// What stands in columns and rows that nobody knows, by the row's first known words.
fn unknown(book: &Book) -> Vec<(u32, String)> {
    let rows = &book.table(Part::Survey).unwrap().rows;
    let place = rows[0].cells.iter().position(|it| it == "备注");
    let mut cells: Vec<_> = rows.iter().map(|it| (it.key, it.cell(place).to_owned())).collect();
    cells.retain(|it| !it.1.is_empty());
    cells.sort();
    cells
}

proptest! {
    /// Whatever is done, the sheets are read without an error but those of references to what was taken out, what nobody
    /// knows stays, written back it is read as the same, and all of it is undone.
    #[test]
    fn acts_keep_sheets_readable_and_unknown_columns_unchanged(
        acts in prop::collection::vec((0_u8..15, 0_usize..20, 0_usize..40), 0..25)
    ) {
        let begun = Book::of(sheets_of(FORM));
        let mut history = History::of(begun.clone());
        let known = |codes: &str| [
            "unknown_reference", "empty_group", "no_questions", "no_calculation", "cycle",
            "unknown_column", "no_label", "no_translation", "bad_parameter",
        ].contains(&codes);
        for it in acts {
            let Some(act) = some_act(history.book(), it) else { continue };
            let before = history.book().clone();
            let removes = matches!(act, Act::Remove { .. });
            if history.act(act.clone()).is_err() {
                prop_assert_eq!(history.book(), &before);
                continue;
            }
            let book = history.book();
            let kept = unknown(book);
            let ends = |it: &(u32, String)| kept.contains(it);
            prop_assert!(removes || matches!(act, Act::Retype { .. }) || unknown(&before).iter().all(ends), "{act:?}");
            prop_assert_eq!(&book.sheets()[3], &begun.sheets()[3]);
            let outcome = read(&Version::of(book.sheets()), "");
            for finding in outcome.findings.iter().filter(|it| it.fault.severity() == Severity::Error) {
                prop_assert!(known(finding.fault.code()), "{act:?}: {finding:?}");
            }
            prop_assert_eq!(Book::of(book.sheets()).sheets(), book.sheets());
            if let Some(form) = outcome.questionnaire {
                let again = read(&Version::of(crate::questionnaire::sheets::write(&form)), "");
                let again = again.questionnaire.expect("what was read is written so that it is read");
                let names = |it: &crate::questionnaire::Questionnaire| {
                    it.questions.iter().map(|it| (it.name.clone(), it.kind.clone())).collect::<Vec<_>>()
                };
                prop_assert_eq!(names(&again), names(&form));
            }
        }
        while history.undo() {}
        prop_assert_eq!(history.book().sheets(), begun.sheets());
    }
}
