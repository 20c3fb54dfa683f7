//! A questionnaire, and answers to it, as people read them.

use super::{Kind, Questionnaire, filling::Filling, sheets::type_word_of, text_in};
use crate::{id::RecordId, publishing::QuestionLine, record::AnsweredLine};

/// Most choices of a question that are shown.
const CHOICES_SHOWN_MAX: usize = 20;

/// The questions in order, groups and repeats above what is in them.
pub fn questions(form: &Questionnaire) -> Vec<QuestionLine> {
    let asked = form.numbers().skip(1).filter(|it| !form.question(*it).implied);
    asked.map(|it| question_line(form, it)).collect()
}

fn question_line(form: &Questionnaire, number: u32) -> QuestionLine {
    let question = form.question(number);
    let language = &form.default_language;
    let choices = form.choices(number).map_or(&[][..], |it| it.choices.as_slice());
    let label_of = |it: &super::Choice| text_in(&it.label, language).unwrap_or(&it.name).to_owned();
    let logic = &question.logic;
    QuestionLine {
        depth: depth(form, number),
        kind: type_word_of(question),
        name: question.name.clone(),
        label: text_in(&question.label, language).unwrap_or_default().to_owned(),
        hint: text_in(&question.hint, language).unwrap_or_default().to_owned(),
        required: logic.required.is_some(),
        relevant: logic.relevant.as_ref().map(ToString::to_string).unwrap_or_default(),
        choices: choices.iter().take(CHOICES_SHOWN_MAX).map(label_of).collect(),
        choices_n: u32::try_from(choices.len()).unwrap_or(u32::MAX),
    }
}

fn depth(form: &Questionnaire, number: u32) -> u32 {
    u32::try_from(form.path(number).len().saturating_sub(2)).unwrap_or(u32::MAX)
}

/// What was asked and answered, in the order of the form; groups and turns of repeats as headings.
pub fn answered(filling: &Filling<'_>, language: &str) -> Vec<AnsweredLine> {
    let mut lines = Vec::new();
    for form in filling.nodes(0) {
        add_answered(filling, *form, language, &mut lines);
    }
    lines
}

fn add_answered(filling: &Filling<'_>, node: u32, language: &str, lines: &mut Vec<AnsweredLine>) {
    let (form, document) = (filling.questionnaire(), filling.document());
    for child in document.children(node).iter().filter(|it| document.is_relevant(**it)) {
        let number = filling.question_of(*child);
        let question = form.question(number);
        let label = text_in(&question.label, language).unwrap_or(&question.name).to_owned();
        let text = document.text(*child);
        if question.kind.is_group() {
            let n_before = lines.len();
            lines.push(line(filling, *child, label, String::new()));
            add_answered(filling, *child, language, lines);
            // A heading of nothing says nothing.
            lines.truncate(if lines.len() == n_before + 1 { n_before } else { lines.len() });
        } else if let Some(id) = text.parse().ok().filter(|_| question.kind.is_attached()) {
            let line = line(filling, *child, label, String::new());
            lines.push(AnsweredLine { attachment: Some(RecordId(id)), ..line });
        } else if !text.is_empty() {
            lines.push(line(filling, *child, label, said(form, number, text, language)));
        }
    }
}

fn line(filling: &Filling<'_>, node: u32, label: String, answer: String) -> AnsweredLine {
    let depth = depth(filling.questionnaire(), filling.question_of(node));
    AnsweredLine { path: filling.path(node), depth, label, answer, attachment: None }
}

/// An answer with choices by their labels.
fn said(form: &Questionnaire, number: u32, text: &str, language: &str) -> String {
    let label = |name: &str| {
        let list = form.choices(number);
        let found = list.and_then(|it| text_in(&it.choices[it.place(name)?].label, language));
        found.unwrap_or(name).to_owned()
    };
    match form.question(number).kind {
        Kind::SelectOne(_) => label(text),
        Kind::SelectMultiple(_) | Kind::Rank(_) => {
            text.split_whitespace().map(label).collect::<Vec<_>>().join(crate::csv::BETWEEN_CHOICES)
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        expression::{Moment, Words},
        questionnaire::{filling::Setting, tests::form},
    };

    #[test]
    fn questions_and_answers_are_shown_by_their_labels() {
        let form = form(
            "# survey
            type | name | label | required
            begin_group | home | Home |
            select_multiple things | has | What is there | yes
            end_group | | |
            begin_repeat | person | Person |
            text | called | Name |
            end_repeat | | |
            # choices
            list_name | name | label
            things | tv | Television
            things | car | Car",
        );
        let kinds: Vec<(u32, String)> = questions(&form).into_iter().map(|it| (it.depth, it.kind)).collect();
        let of = |depth, kind: &str| (depth, kind.to_owned());
        let expected =
            [of(0, "begin_group"), of(1, "select_multiple things"), of(0, "begin_repeat"), of(1, "text")];
        assert_eq!(kinds, expected);
        assert_eq!(questions(&form)[1].choices, ["Television", "Car"]);
        assert!(questions(&form)[1].required);
        let setting = Setting { moment: Moment { at: 0, offset_minutes: 0 }, seed: 1, words: Words::English };
        let given = json!({"home": {"has": "tv car"}, "person": [{"called": "Li"}, {}]});
        let (filling, _) = Filling::from_json(&form, setting, &given);
        let lines: Vec<(String, String)> =
            answered(&filling, "").into_iter().map(|it| (it.path, it.answer)).collect();
        let of = |path: &str, answer: &str| (path.to_owned(), answer.to_owned());
        assert_eq!(
            lines,
            [
                of("/data/home", ""),
                of("/data/home/has", "Television；Car"),
                of("/data/person[1]", ""),
                of("/data/person[1]/called", "Li"),
            ]
        );
    }
}
