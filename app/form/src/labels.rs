//! The questionnaire's own words, in the chosen language and with the answers that they name.

use domain::{
    expression::Expression,
    questionnaire::{Texts, text_in},
};

use crate::Form;

impl Form {
    /// A text of a question as it reads at a node; empty where there is none.
    pub fn said(&self, texts: &Texts, node: u32) -> String {
        let text = text_in(texts, &self.language).unwrap_or_default();
        let mut parts = text.split("${");
        let mut said = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once('}') {
                Some((name, rest)) => {
                    said.push_str(&self.answer_named(name.trim(), node));
                    said.push_str(rest);
                }
                None => said.push_str(part),
            }
        }
        said
    }

    /// The answer to a question as seen from a node; of choices, their labels.
    fn answer_named(&self, name: &str, node: u32) -> String {
        let (questionnaire, filling) = (self.questionnaire(), self.filled.filling());
        let Ok(mut expression) = Expression::parse(&format!("${{{name}}}")) else { return String::new() };
        questionnaire.resolve(&mut expression, filling.question_of(node));
        let text = filling.evaluate(&expression, Some(node)).map(|it| it.to_text()).unwrap_or_default();
        let has_choices = questionnaire.named(name).is_some_and(|it| questionnaire.choices(it).is_some());
        if !has_choices {
            // What cannot be computed yet.
            return if text == "NaN" { String::new() } else { text };
        }
        let label = |it: &str| questionnaire.choice_label(name, it, &self.language).unwrap_or(it.to_owned());
        let comma = if std::ptr::eq(self.words, &raw const crate::words::CHINESE) { "、" } else { ", " };
        text.split_whitespace().map(label).collect::<Vec<_>>().join(comma)
    }
}
