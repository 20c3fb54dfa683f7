//! What of a record another one reads by `${last-saved#name}`, and nothing else of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Kind, Questionnaire, xlsform::Sheet};

/// The names behind `last-saved#` wherever a form may write them: in expressions and in texts.
pub fn names_read(sheets: &[Sheet]) -> BTreeSet<String> {
    let cells = sheets.iter().flat_map(|it| &it.rows).flatten();
    let named = cells.flat_map(|cell| cell.split("${").skip(1).filter_map(|it| it.split_once('}')));
    named.filter_map(|(name, _)| Some(name.trim().strip_prefix("last-saved#")?.trim().to_owned())).collect()
}

/// Answers (an object by names, of whichever version) cut to the questions of these names; of a group, to what is in it. Files are
/// left out, and so is what the form has no place for.
pub fn cut(form: &Questionnaire, names: &BTreeSet<String>, answers: &Value) -> Value {
    let wanted = names.iter().filter_map(|it| form.named(it)).collect();
    Value::Object(Cut { form, wanted }.group(0, answers, false))
}

struct Cut<'q> {
    form: &'q Questionnaire,
    wanted: BTreeSet<u32>,
}

impl Cut<'_> {
    fn group(&self, group: u32, answers: &Value, whole: bool) -> Map<String, Value> {
        let mut left = Map::new();
        for number in &self.form.question(group).children {
            let asked = self.form.question(*number);
            let whole = whole || self.wanted.contains(number);
            let is_read = whole || self.wanted.range(self.form.within(*number)).next().is_some();
            let Some(answer) = answers.get(&asked.name).filter(|_| is_read) else { continue };
            let answer = match asked.kind {
                Kind::Repeat => {
                    let turns = answer.as_array().into_iter().flatten();
                    Value::Array(turns.map(|it| Value::Object(self.group(*number, it, whole))).collect())
                }
                Kind::Group | Kind::Form => Value::Object(self.group(*number, answer, whole)),
                _ if asked.kind.is_attached() => continue,
                _ => answer.clone(),
            };
            left.insert(asked.name.clone(), answer);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::tests::form, *};

    const FORM: &str = "# survey
        type | name | label | default
        integer | people | How many | ${last-saved#people}
        text | secret | A secret |
        image | photo | A photo | ${last-saved#photo}
        begin_group | home | Home |
        text | roof | Roof of ${ last-saved#roof } |
        text | door | Door |
        end_group | home | |
        begin_repeat | person | Person |
        text | first | Name |
        text | age | Age |
        end_repeat | person | |
        calculate | n | | count(${last-saved#person})";

    fn sheet(cells: &[&str]) -> Sheet {
        Sheet { name: "survey".into(), rows: vec![cells.iter().map(|it| (*it).to_owned()).collect()] }
    }

    #[test]
    fn names_are_found_in_expressions_and_in_texts() {
        let read = names_read(&[sheet(&[
            "${last-saved#people} + ${other}",
            "Roof of ${ last-saved#roof }?",
            "last-saved#none",
            "${last-saved#open",
        ])]);
        assert_eq!(read.into_iter().collect::<Vec<_>>(), ["people", "roof"]);
    }

    #[test]
    fn nothing_is_left_but_what_is_read() {
        let form = form(FORM);
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        let answers = json!({
            "people": "3", "secret": "x", "photo": "1.jpg", "odd": "y", "home": {"roof": "tiles", "door": "x"},
            "person": [{"first": "Li", "age": "x", "odd": "y"}, {"first": "Wu"}],
        });
        let read = names(&["people", "roof", "photo", "gone"]);
        assert_eq!(cut(&form, &read, &answers), json!({"people": "3", "home": {"roof": "tiles"}}));
        let inside = cut(&form, &names(&["first"]), &answers);
        assert_eq!(inside, json!({"person": [{"first": "Li"}, {"first": "Wu"}]}));
        let whole = cut(&form, &names(&["person"]), &answers);
        assert_eq!(whole, json!({"person": [{"first": "Li", "age": "x"}, {"first": "Wu"}]}));
        // Another version had other kinds under these names.
        let odd = json!({"people": ["a", "b"], "home": "x", "person": {"first": "Li"}});
        let left = cut(&form, &names(&["people", "roof", "first"]), &odd);
        assert_eq!(left, json!({"people": ["a", "b"], "home": {}, "person": []}));
        assert_eq!(cut(&form, &names(&["people"]), &json!(null)), json!({}));
    }
}
