//! Pictures, sounds and films beside the words that they belong to.

use std::collections::BTreeMap;

use domain::questionnaire::Texts;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

use crate::{
    Form,
    dom::{append, element, saying},
};

#[wasm_bindgen]
extern "C" {
    /// In `public/form.js`: gives a picture or player its bytes, by the id of an attachment or the key of what was pulled, or says
    /// that they are not here.
    #[wasm_bindgen(js_name = showMedium)]
    pub fn show_medium(element: &Element, key: &str, media_type: &str);
}

/// A kind of file, the element that shows it, and its attributes.
type Shown = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const KINDS: [Shown; 3] = [
    ("image", "img", &[("class", "medium")]),
    ("audio", "audio", &[("class", "medium"), ("controls", ""), ("preload", "metadata")]),
    (
        "video",
        "video",
        &[("class", "medium"), ("controls", ""), ("preload", "metadata"), ("playsinline", "")],
    ),
];

impl Form {
    /// Draws what belongs to words that say `said`; nothing plays by itself. What was not attached is left out.
    pub fn draw_media(&self, media: &BTreeMap<String, Texts>, said: &str, place: &Element) {
        for (kind, tag, attributes) in KINDS {
            if let Some(shown) = self.medium(media, kind, tag, attributes, said) {
                append(place, [&shown]);
            }
        }
        if let Some(large) = self.medium(media, "big-image", "img", &[("class", "medium")], said) {
            let unfold = element("details", &[]);
            append(&unfold, [&saying("summary", &[], self.words.larger), &large]);
            append(place, [&unfold]);
        }
    }

    fn medium(
        &self,
        media: &BTreeMap<String, Texts>,
        kind: &str,
        tag: &str,
        attributes: &[(&str, &str)],
        said: &str,
    ) -> Option<Element> {
        let medium = self.questionnaire().medium(media, kind, &self.language)?;
        let alternative = if tag == "img" { "alt" } else { "aria-label" };
        let shown = element(tag, &[attributes, &[(alternative, said)]].concat());
        show_medium(&shown, &format!("media/{}", medium.sha256), medium.media_type.as_str());
        Some(shown)
    }

    /// Draws what belongs to a choice of a question.
    pub fn draw_choice_media(&self, node: u32, value: &str, label: &str, place: &Element) {
        let questionnaire = self.questionnaire();
        let list = questionnaire.choices(self.filled.filling().question_of(node));
        if let Some(choice) = list.and_then(|it| it.choices.get(it.place(value)?)) {
            self.draw_media(&choice.media, label, place);
        }
    }
}
