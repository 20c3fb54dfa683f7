//! What holds of any expression, however it was come by. `PROPTEST_CASES` says how many are tried.

use proptest::prelude::*;

use super::{
    Document, Expression, Moment, NodeRef, Tables, Words, World,
    function::{Definition, all},
};

/// Arguments at the edges of what functions take.
const ARGUMENTS: [&str; 34] = [
    "''",
    "' '",
    "'a'",
    "'\u{10ffff}走'",
    "0",
    "1",
    "-1",
    "0.5",
    "1e9",
    "99999999999999999999",
    "-99999999999999999999",
    "1 div 0",
    "-1 div 0",
    "0 div 0",
    "true()",
    "today()",
    "now()",
    "date('0001-01-01')",
    "date('9999-12-31')",
    "'2020-02-30'",
    "'2020-02-29T23:59:59.999+14:00'",
    "'35 114 0 0; 36 114; 35 115'",
    "'91 181'",
    "'a b c a'",
    "'(((((a{1000}){1000}'",
    "'[^'",
    "'%Y-%m-%d %H:%M:%S %3 %e %b %a %%'",
    "'SHA-512'",
    "'base64'",
    "'MD5'",
    ".",
    "..",
    "/",
    "instance('none')",
];

fn calls() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(ARGUMENTS.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 5, |inner| {
        let function = prop::sample::select(all().iter().collect::<Vec<&'static Definition>>());
        (function, prop::collection::vec(inner, 7)).prop_map(|(function, arguments)| {
            let n = function.max.min(function.min + 3).min(arguments.len()).max(function.min.min(7));
            format!("{}({})", function.name, arguments[..n].join(", "))
        })
    })
}

proptest! {
    /// No function panics, whatever its arguments; and the same world gives the same value.
    #[test]
    fn functions_take_whatever_they_are_given(text in calls()) {
        let names: Vec<String> = ["data", "q"].map(str::to_owned).to_vec();
        let mut answers = Document::new(names.into());
        let form = answers.add(answers.root(), 0);
        let question = answers.add(form, 1);
        answers.set_text(question, "2020-01-01");
        let tables = Tables::default();
        let world = World {
            answers: &answers,
            tables: &tables,
            moment: Moment { at: 1_795_656_600_250, offset_minutes: 480 },
            seed: 7,
            words: Words::Chinese,
            choice_name: &|_, value| Some(value.to_owned()),
        };
        let node = Some(NodeRef { document: 0, node: question });
        if let Ok(expression) = Expression::parse(&text) {
            let said = |it: &Expression| format!("{:?}", it.evaluate(&world, node));
            prop_assert_eq!(said(&expression), said(&expression));
        }
    }

    /// What changes letters of an expression gives another or an error at a place in it.
    #[test]
    fn changed_letters_are_read_or_refused(
        text in calls(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<char>(), 0..3_u8), 1..8),
    ) {
        let mut letters: Vec<char> = text.chars().collect();
        for (place, letter, change) in changes {
            let at = place.index(letters.len() + 1);
            match change {
                0 => letters.insert(at, letter),
                1 if at < letters.len() => drop(letters.remove(at)),
                _ => letters.extend_from_within(at..),
            }
        }
        let text: String = letters.into_iter().collect();
        if let Err(error) = Expression::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
    }
}
