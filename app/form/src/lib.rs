//! Fills in a questionnaire: a wasm of its own, which `public/form.js` loads when one is opened.
//!
//! It draws into the page beside a hidden field. The field holds the visit's draft (JSON) when it begins; with every answer
//! the field takes what the draft is to keep, and hears an `input`.

mod choices;
mod dom;
mod drawing;
mod files;
mod filled;
mod hearing;
mod labels;
mod media;
mod pages;
mod repeats;
mod words;

use std::{cell::RefCell, collections::BTreeMap};

use domain::{expression::Moment, questionnaire::Questionnaire};
use js_sys::{Date, Math};
use wasm_bindgen::{JsCast, closure::Closure, prelude::wasm_bindgen};
use web_sys::{Element, Event, HtmlElement};

use crate::{
    dom::{Control, append, by_id, document, element, go_to, is_english, saying, window},
    drawing::Drawn,
    filled::Filled,
    pages::Page,
    repeats::Block,
    words::{CHINESE, ENGLISH, Words},
};

/// What was answered reaches the draft once the frame that shows it is there, and after this long, in milliseconds, in any case: the
/// app keeps a draft 250 ms after that, and every key is on disk within 300.
const HAND_OVER_MS: i32 = 50;
/// What tells the form of itself: they bubble up to it.
const EVENTS: [&str; 4] = ["input", "change", "click", "focusout"];

thread_local! {
    /// The form on the screen.
    static FORM: RefCell<Option<Form>> = const { RefCell::new(None) };
}

/// A questionnaire on the screen.
struct Form {
    filled: Filled,
    /// All of it stands in here.
    root: Element,
    /// The shell's, which takes what is to be kept.
    field: Control,
    words: &'static Words,
    /// Of labels.
    language: String,
    /// By node.
    drawn: BTreeMap<u32, Drawn>,
    blocks: Vec<Block>,
    /// As [`drawing::looks`] has them.
    looks: BTreeMap<u32, Vec<u32>>,
    /// None where all is one page.
    pages: Vec<Page>,
    page: usize,
    /// Files that were taken out of their answers, by node: each can be put back.
    removed: BTreeMap<u32, String>,
    /// Which page of which was drawn last.
    page_drawn: Option<(usize, Vec<usize>)>,
    /// Something is to be handed over.
    due: bool,
}

/// Opens `version`, the text of a published one, beside `field`, after `last`, what goes before it (JSON): the last visit to the same
/// respondent, and the hashes of the version's tables.
#[wasm_bindgen]
pub fn open(field: &Control, version: &str, last: &str) {
    let root = element("div", &[("class", "form")]);
    let _ = field.after_with_node_1(&root);
    let words = if is_english() { &ENGLISH } else { &CHINESE };
    let [draft, last] = [&field.value(), last].map(|it| serde_json::from_str(it).unwrap_or_default());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and below 2^53")]
    let (seed, offset_minutes) =
        ((Math::random() * 2f64.powi(53)) as u64, -Date::new_0().get_timezone_offset() as i32);
    let at = Moment { at: now(), offset_minutes };
    let Some(filled) = Filled::open(version, &draft, &last, at, seed) else {
        append(&root, [&saying("p", &[("class", "notice amber"), ("role", "alert")], words.unreadable)]);
        return;
    };
    let language = language(filled.filling().questionnaire());
    let mut form = Form {
        filled,
        root,
        field: field.clone(),
        words,
        language,
        drawn: BTreeMap::new(),
        blocks: Vec::new(),
        looks: BTreeMap::new(),
        pages: Vec::new(),
        page: 0,
        removed: BTreeMap::new(),
        page_drawn: None,
        due: false,
    };
    form.draw();
    let hear = Closure::<dyn Fn(Event)>::new(|event: Event| with_form(|it| it.hear(&event))).into_js_value();
    for name in EVENTS {
        let _ = form.root.add_event_listener_with_callback(name, hear.unchecked_ref());
    }
    if FORM.replace(Some(form)).is_none() {
        // The app keeps the draft when the page is hidden; it hears of that behind this.
        let hidden = Closure::<dyn Fn()>::new(|| with_form(Form::hand_over)).into_js_value();
        let _ = document().add_event_listener_with_callback("visibilitychange", hidden.unchecked_ref());
    }
    with_form(Form::show_recorded);
}

/// Where the first of the questions of a name is, turned to; for the editor, which shows it beside what is written of it.
#[wasm_bindgen]
pub fn at(name: &str) -> Option<Element> {
    let mut holder = None;
    with_form(|it| holder = it.turn_to_name(name));
    holder
}

/// Milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
fn now() -> i64 {
    Date::now() as i64
}

/// What happens because of something that the form itself does, as moving the focus, is no news to it.
fn with_form(act: impl FnOnce(&mut Form)) {
    FORM.with(|form| {
        if let Ok(mut form) = form.try_borrow_mut()
            && let Some(form) = form.as_mut()
        {
            act(form);
        }
    });
}

/// The language of the labels that the app's reader reads.
fn language(questionnaire: &Questionnaire) -> String {
    let code = if is_english() { "(en" } else { "(zh" };
    let own = questionnaire.languages.iter().find(|it| it.to_lowercase().contains(code));
    own.unwrap_or(&questionnaire.default_language).clone()
}

impl Form {
    fn questionnaire(&self) -> &Questionnaire {
        self.filled.filling().questionnaire()
    }

    /// Has the draft keep what is answered, soon.
    fn hand_over_soon(&mut self) {
        if !std::mem::replace(&mut self.due, true) {
            let due = |ms: i32| {
                let due = Closure::once_into_js(|| with_form(Form::hand_over));
                let due = due.unchecked_ref();
                let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(due, ms);
            };
            // What is called with a frame is called before that is painted.
            let shown = Closure::once_into_js(move || due(0));
            let _ = window().request_animation_frame(shown.unchecked_ref());
            due(HAND_OVER_MS);
        }
    }

    /// The same at once.
    fn hand_over_now(&mut self) {
        self.due = true;
        self.hand_over();
    }

    fn hand_over(&mut self) {
        // The screen may have been left; it was told before.
        if std::mem::take(&mut self.due) && self.field.is_connected() {
            self.filled.look_again();
            self.field.set_value(&self.filled.told());
            if let Ok(event) = Event::new("input") {
                let _ = self.field.dispatch_event(&event);
            }
        }
    }

    /// Says that it is filled in, or goes to the first thing that is left to look at.
    fn finish(&mut self) {
        let moment = Moment { at: now(), ..self.filled.moment() };
        let problems = self.filled.finish(moment);
        self.hand_over_now();
        if problems.is_empty() {
            return self.leave();
        }
        for problem in &problems {
            self.reveal(problem.node);
            self.say_problem(problem.node, Some(&problem.kind));
        }
        if let Some(summary) = by_id("form-problems") {
            summary.set_text_content(Some(&(self.words.problems)(problems.len())));
        }
        self.go_to_node(problems[0].node);
    }

    /// Back to the visit.
    fn leave(&self) {
        let path = window().location().pathname().unwrap_or_default();
        let visit = path.split("/form/").next().unwrap_or("/").to_owned();
        let link = element("a", &[("href", &visit)]);
        append(&self.root, [&link]);
        link.unchecked_ref::<HtmlElement>().click();
    }

    fn turn_to_name(&mut self, name: &str) -> Option<Element> {
        let questionnaire = self.questionnaire();
        let question = questionnaire.numbers().skip(1).find(|it| questionnaire.question(*it).name == name)?;
        let node = *self.filled.filling().nodes(question).first()?;
        self.reveal(node);
        self.turn_to(node);
        self.drawn.get(&node).map(|it| it.holder.clone())
    }

    /// Shows where a node is answered.
    fn go_to_node(&mut self, node: u32) {
        self.turn_to(node);
        if let Some(drawn) = self.drawn.get(&node) {
            let inside = "input:not([hidden]), textarea, select, button";
            let control = drawn.holder.query_selector(inside).ok().flatten();
            go_to(control.as_ref().unwrap_or(&drawn.holder));
        }
    }
}
