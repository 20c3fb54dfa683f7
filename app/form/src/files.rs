//! Photos, recordings, films and files as answers: attachments of the visit, named by their ids.

use domain::questionnaire::{Kind, Question};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

use crate::{
    Form,
    choices::button,
    dom::{Control, append, element, go_to, saying},
    media::show_medium,
    with_form,
};

#[wasm_bindgen]
extern "C" {
    /// In `public/form.js`: has the app keep the file that was chosen, and then calls [`taken`].
    #[wasm_bindgen(js_name = takeFile)]
    pub fn take_file(input: &Control, node: u32);
}

/// The file that was chosen for a question is kept as the attachment `id`.
#[wasm_bindgen]
pub fn taken(node: u32, id: &str) {
    with_form(|it| it.take(node, id));
}

impl Form {
    /// Draws what answers a question, or the ways to answer it; nothing is taken before somebody taps.
    pub fn draw_file(&self, node: u32, question: &Question, place: &Element, id: &str) {
        place.set_text_content(None);
        if id.is_empty() {
            append(place, [&self.way_to_take(node, &question.kind)]);
            if self.removed.contains_key(&node) {
                let said = saying("p", &[("role", "status")], self.words.removed);
                append(&said, [&button("put-back", node, self.words.undo)]);
                append(place, [&said]);
            }
            return;
        }
        let said = self.said(&question.label, node);
        let shown = match question.kind {
            Kind::Image => element("img", &[("class", "medium"), ("alt", &said)]),
            Kind::Audio => element("audio", &[("class", "medium"), ("controls", ""), ("aria-label", &said)]),
            Kind::Video => element(
                "video",
                &[("class", "medium"), ("controls", ""), ("playsinline", ""), ("aria-label", &said)],
            ),
            _ => saying("p", &[], self.words.file_kept),
        };
        append(place, [&shown]);
        if question.kind != Kind::File {
            show_medium(&shown, id, "");
        }
        append(place, [&button("remove-file", node, self.words.remove_file)]);
    }

    fn way_to_take(&self, node: u32, kind: &Kind) -> Element {
        if *kind == Kind::Audio {
            let Some(address) = self.filled.voice_address() else {
                return saying("p", &[("class", "hint")], self.words.record_on_phone);
            };
            let attributes = [
                ("class", "button"),
                ("href", &*address),
                ("data-act", "record"),
                ("data-node", &*node.to_string()),
            ];
            return saying("a", &attributes, self.words.record);
        }
        let (accept, words) = match kind {
            Kind::Image => ("image/*", self.words.photo),
            Kind::Video => ("video/*", self.words.film),
            _ => ("", self.words.file),
        };
        let label = element("label", &[("class", "button")]);
        let input = element(
            "input",
            &[
                ("type", "file"),
                ("class", "visually-hidden"),
                ("accept", accept),
                ("data-part", "file"),
                ("data-node", &node.to_string()),
            ],
        );
        append(&label, [&input, &saying("span", &[], words)]);
        label
    }

    fn take(&mut self, node: u32, id: &str) {
        self.removed.remove(&node);
        self.filled.note_taken(id);
        self.answer(node, id);
        self.hand_over();
        self.go_to_node(node);
    }

    /// Takes a file out of its answer; it can be put back as long as the form is open.
    pub fn remove_file(&mut self, node: u32) {
        let id = self.filled.filling().document().text(node).to_owned();
        self.removed.insert(node, id);
        self.answer(node, "");
        let undo = format!("[data-act='put-back'][data-node='{node}']");
        if let Ok(Some(undo)) = self.root.query_selector(&undo) {
            go_to(&undo);
        }
    }

    pub fn put_file_back(&mut self, node: u32) {
        if let Some(id) = self.removed.remove(&node) {
            self.answer(node, &id);
            self.go_to_node(node);
        }
    }

    /// What will be recorded next answers this question.
    pub fn begin_recording(&mut self, node: u32) {
        self.filled.taking = Some(self.filled.filling().path(node));
        self.hand_over_now();
    }

    /// Goes to the question that was recorded for.
    pub fn show_recorded(&mut self) {
        if let Some(node) = self.filled.recorded.take() {
            self.reveal(node);
            self.go_to_node(node);
            self.hand_over_soon();
        }
    }
}
