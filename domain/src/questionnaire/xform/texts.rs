//! What an XForm says, in one language or in several.

use std::collections::BTreeMap;

use super::{
    Writer, is_table,
    xml::{Element, Inner},
};
use crate::questionnaire::{Choice, ChoiceList, Kind, Question, Texts};

/// The words of a question, by where they are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    Label,
    Hint,
    ConstraintMessage,
    RequiredMessage,
}

impl Words {
    const ALL: [Self; 4] = [Self::Label, Self::Hint, Self::ConstraintMessage, Self::RequiredMessage];

    /// As ids of texts end.
    fn word(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Hint => "hint",
            Self::ConstraintMessage => "jr:constraintMsg",
            Self::RequiredMessage => "jr:requiredMsg",
        }
    }

    pub fn of(self, question: &Question) -> &Texts {
        match self {
            Self::Label => &question.label,
            Self::Hint => &question.hint,
            Self::ConstraintMessage => &question.constraint_message,
            Self::RequiredMessage => &question.required_message,
        }
    }

    /// Whether they are among the texts with ids: in languages, beside media, or where a plain text cannot hold an answer.
    pub fn have_id(self, question: &Question) -> bool {
        let texts = self.of(question);
        in_languages(texts)
            || match self {
                Self::Label => !question.media.is_empty(),
                Self::Hint => !question.guidance_hint.is_empty(),
                Self::ConstraintMessage | Self::RequiredMessage => texts.values().any(|it| it.contains("${")),
            }
    }
}

fn in_languages(texts: &Texts) -> bool {
    texts.keys().any(|it| !it.is_empty())
}

/// Whether the choices of a list have texts with ids.
pub(super) fn choices_have_ids(list: &ChoiceList) -> bool {
    list.choices.iter().any(|it| {
        in_languages(&it.label) || !it.media.is_empty() || it.label.values().any(|it| it.contains("${"))
    })
}

/// The id of the text of a choice.
pub(super) fn choice_id(list: &str, place: usize) -> String {
    format!("{list}-{place}")
}

/// Texts by id, by form (a long text has none), by language; each with the question that says it.
pub(super) struct Itext<'q> {
    texts: BTreeMap<String, BTreeMap<&'q str, BTreeMap<&'q str, &'q str>>>,
    speakers: BTreeMap<String, u32>,
}

const LONG: &str = "";
const GUIDANCE: &str = "guidance";

impl<'q> Itext<'q> {
    pub fn of(writer: &Writer<'q>) -> Self {
        let mut itext = Self { texts: BTreeMap::new(), speakers: BTreeMap::new() };
        for number in writer.form.numbers() {
            itext.add_question(writer, number);
        }
        for (name, list) in &writer.form.lists {
            if choices_have_ids(list) && !writer.is_file(name) {
                for (place, choice) in list.choices.iter().enumerate() {
                    itext.add_choice(&choice_id(name, place), choice);
                }
            }
        }
        itext
    }

    fn add_question(&mut self, writer: &Writer<'q>, number: u32) {
        let question = writer.question(number);
        for words in Words::ALL.into_iter().filter(|it| it.have_id(question)) {
            let id = writer.id(number, words);
            self.speakers.insert(id.clone(), number);
            self.add(&id, LONG, words.of(question));
            if words == Words::Hint {
                self.add(&id, GUIDANCE, &question.guidance_hint);
            }
            for (medium, texts) in question.media.iter().filter(|_| words == Words::Label) {
                self.add(&id, medium, texts);
            }
        }
    }

    fn add_choice(&mut self, id: &str, choice: &'q Choice) {
        self.add(id, LONG, &choice.label);
        for (medium, texts) in &choice.media {
            self.add(id, medium, texts);
        }
    }

    fn add(&mut self, id: &str, form: &'q str, texts: &'q Texts) {
        if !texts.is_empty() {
            let forms = self.texts.entry(id.to_owned()).or_default();
            forms
                .entry(form)
                .or_default()
                .extend(texts.iter().map(|(it, text)| (it.as_str(), text.as_str())));
        }
    }

    /// The element of all texts; `None` where there is none. Each language has each text: a client asks for no other one.
    pub fn element(&self, writer: &Writer<'_>) -> Option<Element> {
        let form = writer.form;
        let mut languages: Vec<&str> = form.languages.iter().map(String::as_str).collect();
        languages.push("");
        let spoken = |language: &&str| {
            let forms = self.texts.values().flat_map(BTreeMap::values);
            forms.flat_map(BTreeMap::keys).any(|it| it == language)
        };
        // What has no language is in the one that is shown first.
        let unnamed = if form.default_language_given { form.default_language.as_str() } else { "default" };
        let mut spoken: Vec<&str> = languages.into_iter().filter(spoken).collect();
        if spoken.contains(&"") && form.default_language_given && spoken.contains(&unnamed) {
            spoken.retain(|it| !it.is_empty());
        }
        if spoken.is_empty() {
            return None;
        }
        let translations = spoken.into_iter().map(|language| {
            let name = if language.is_empty() { unnamed } else { language };
            let mut translation = Element::new("translation").with("lang", name);
            if name == unnamed {
                translation.set("default", "true()");
            }
            let takes_unnamed = name == unnamed;
            translation.containing(self.texts.iter().map(|(id, forms)| {
                let number = self.speakers.get(id).copied().unwrap_or_default();
                let values = forms.iter().filter_map(|(form, texts)| {
                    let text = texts.get(language).or_else(|| texts.get("").filter(|_| takes_unnamed));
                    writer.value(form, text.copied(), number)
                });
                Element::new("text").with("id", id.as_str()).containing(values)
            }))
        });
        Some(Element::new("itext").containing(translations))
    }
}

impl Writer<'_> {
    /// The id of words of a question.
    pub fn id(&self, number: u32, words: Words) -> String {
        format!("{}:{}", self.words_path(number, words), words.word())
    }

    /// Words above a table of choices are said by a node of their own.
    fn words_path(&self, number: u32, words: Words) -> String {
        let above = is_table(self.question(number)) && matches!(words, Words::Label | Words::Hint);
        if above { self.path_of(super::Part::TableLabel(number)) } else { self.path(number).to_owned() }
    }

    /// Whether a list is that of an attached file.
    pub fn is_file(&self, list: &str) -> bool {
        use crate::questionnaire::Source;
        self.form
            .questions
            .iter()
            .filter_map(|it| it.kind.choices())
            .any(|it| matches!(&it.from, Source::File(file) if file == list))
    }

    /// A text in one form. What is not said in a language is a dash, as clients expect; a file that is not there is not named.
    fn value(&self, form: &str, text: Option<&str>, speaker: u32) -> Option<Element> {
        let value = Element::new("value");
        let said = |text: Option<&str>| match text {
            Some(text) => self.said(text, speaker),
            None => vec![Inner::Text("-".to_owned())],
        };
        Some(match form {
            LONG => value.saying(said(text)),
            GUIDANCE => value.with("form", form).saying(said(text)),
            medium => {
                let folder = if matches!(medium, "image" | "big-image") { "images" } else { medium };
                let file = Inner::Text(format!("jr://{folder}/{}", text?));
                value.with("form", form).saying([file])
            }
        })
    }

    /// A text with the answers that stand in it.
    pub fn said(&self, text: &str, speaker: u32) -> Vec<Inner> {
        let mut inner = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_name(rest) {
            if !before.is_empty() {
                inner.push(Inner::Text(before.to_owned()));
            }
            let value = self.reference(name.trim(), speaker);
            inner.push(Inner::Element(Element::new("output").with("value", value)));
            rest = after;
        }
        if !rest.is_empty() {
            inner.push(Inner::Text(rest.to_owned()));
        }
        inner
    }

    /// The label of a question, if it has one.
    pub fn label(&self, number: u32) -> Option<Element> {
        let question = self.question(number);
        let label = Element::new("label");
        if Words::Label.have_id(question) {
            return Some(label.with("ref", format!("jr:itext('{}')", self.id(number, Words::Label))));
        }
        Some(label.saying(self.said(question.label.get("")?, number)))
    }

    /// The hint of a question, if it has one.
    pub fn hint(&self, number: u32) -> Option<Element> {
        let question = self.question(number);
        let hint = Element::new("hint");
        if Words::Hint.have_id(question) {
            return Some(hint.with("ref", format!("jr:itext('{}')", self.id(number, Words::Hint))));
        }
        Some(hint.saying(self.said(question.hint.get("")?, number)))
    }

    /// A message as the attribute of a bind.
    pub fn message(&self, number: u32, words: Words) -> Option<String> {
        let question = self.question(number);
        if words.have_id(question) {
            return Some(format!("jr:itext('{}')", self.id(number, words)));
        }
        words.of(question).get("").cloned()
    }

    /// Whether a question is a group or a repeat that says nothing.
    pub fn is_mute(&self, number: u32) -> bool {
        let question = self.question(number);
        question.kind != Kind::Form && question.label.is_empty() && question.media.is_empty()
    }
}

/// What stands before the first `${name}`, the name, and what stands behind it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
