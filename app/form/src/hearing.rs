//! What a person does with the form.

use domain::questionnaire::{Kind, filling::ProblemKind};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event};

use crate::{
    Form,
    dom::{Control, by_id, window},
    files::take_file,
    with_form,
};

impl Form {
    pub fn hear(&mut self, event: &Event) {
        let Some(target) = event.target().and_then(|it| it.dyn_into::<Element>().ok()) else { return };
        let kind = event.type_();
        if kind == "click" {
            if let Ok(Some(button)) = target.closest("[data-act]") {
                self.act(&button);
            }
            return;
        }
        let control = target.unchecked_into::<Control>();
        let part = control.get_attribute("data-part").unwrap_or_default();
        let node = number(&control, "data-node");
        match (kind.as_str(), part.as_str()) {
            ("input", "typed") => self.answer(node, &self.as_answer(node, &control.value())),
            ("input", "range") => self.answer(node, &control.value()),
            ("input", "search") => self.search(node, &control.value()),
            ("change", "language") => {
                self.language = control.value();
                self.draw();
            }
            ("change", "one" | "box") => self.answer(node, &control.value()),
            ("change", "many") => self.choose_one_of_several(node, &control.value(), control.checked()),
            ("change", "file") => take_file(&control, node),
            ("change", "tick") => self.answer(node, if control.checked() { "OK" } else { "" }),
            // Whoever has left a field is told what is wrong with it, but not that they passed it by.
            ("focusout", "typed" | "range") => {
                let problem = self.filled.filling().problem(node).filter(|it| *it != ProblemKind::Missing);
                self.say_problem(node, problem.as_ref());
                self.hand_over();
            }
            ("change", "typed" | "range") => self.hand_over(),
            ("focusout", _) => self.hand_over(),
            _ => {}
        }
    }

    fn act(&mut self, button: &Element) {
        let node = number(button, "data-node");
        let value = button.get_attribute("data-value").unwrap_or_default();
        match button.get_attribute("data-act").unwrap_or_default().as_str() {
            "unfold" => drop(self.draw_turn(node)),
            "add" => self.add_turn(node, number(button, "data-value")),
            "remove" => self.remove_turn(node),
            "undo" => self.put_back_turn(node),
            "up" => self.rank(node, &value, Some(false)),
            "down" => self.rank(node, &value, Some(true)),
            "rank" => self.rank(node, "", None),
            "clear" => {
                self.answer(node, "");
                self.go_to_node(node);
            }
            "locate" => locate(node),
            "record" => self.begin_recording(node),
            "remove-file" => self.remove_file(node),
            "put-back" => self.put_file_back(node),
            "back" => self.turn_page(false),
            "next" => self.turn_page(true),
            "finish" => self.finish(),
            _ => {}
        }
    }

    /// What was typed, as an answer holds it: a time has its offset.
    fn as_answer(&self, node: u32, typed: &str) -> String {
        let question = self.questionnaire().question(self.filled.filling().question_of(node));
        match question.kind {
            Kind::Time | Kind::DateTime if !typed.is_empty() => {
                format!("{typed}:00.000{}", self.filled.offset())
            }
            Kind::Integer | Kind::Decimal | Kind::Barcode => typed.trim().to_owned(),
            _ => typed.to_owned(),
        }
    }
}

fn number(element: &Element, name: &str) -> u32 {
    element.get_attribute(name).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// Asks the device where it is; nobody has to let it.
fn locate(node: u32) {
    let Ok(geolocation) = window().navigator().geolocation() else { return };
    let found = Closure::once_into_js(move |position: JsValue| {
        let Ok(coordinates) = js_sys::Reflect::get(&position, &"coords".into()) else { return };
        let number = |name: &str| js_sys::Reflect::get(&coordinates, &name.into()).ok()?.as_f64();
        let all = ["latitude", "longitude", "altitude", "accuracy"];
        let text: Vec<String> = all.iter().map(|it| number(it).unwrap_or(0.0).to_string()).collect();
        with_form(|it| it.answer(node, &text.join(" ")));
    });
    let failed = Closure::once_into_js(move |_: JsValue| {
        with_form(|it| {
            if let Some(error) = by_id(&format!("e{node}")) {
                error.set_text_content(Some(it.words.not_located));
            }
        });
    });
    let _ = geolocation
        .get_current_position_with_error_callback(found.unchecked_ref(), Some(failed.unchecked_ref()));
}
