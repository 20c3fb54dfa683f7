//! Questions on the page: drawn once, and changed where an answer changes them.

use std::collections::BTreeMap;

use domain::questionnaire::{Kind, Question, Questionnaire, Source, filling::ProblemKind, graph::read_by};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{
    Form,
    choices::{Offer, button},
    dom::{Control, all_within, append, element, mark, saying, set},
};

/// So many plain questions in a row are laid out, and skipped while out of sight, as one: a key has the browser look at every
/// neighbour of the question that it changes, and each costs.
const TOGETHER_N: usize = 20;

/// A question, or a group, on the page.
pub struct Drawn {
    /// All of it.
    pub holder: Element,
    label: Option<Element>,
    /// What the label says; an answer that it names may change it.
    said: String,
    way: Way,
    /// The answer that it shows.
    shown: String,
    offers: Vec<Offer>,
    /// What a long list is searched for.
    query: String,
    /// Whether the answer is on the page as it is.
    is_drawn: bool,
    asked: bool,
    required: bool,
    error: Element,
    problem: Option<ProblemKind>,
}

impl Drawn {
    fn new(holder: Element, error: Element, way: Way) -> Self {
        Self {
            holder,
            label: None,
            said: String::new(),
            way,
            shown: String::new(),
            offers: Vec::new(),
            query: String::new(),
            is_drawn: false,
            asked: true,
            required: false,
            error,
            problem: None,
        }
    }
}

/// How it is answered.
enum Way {
    Not,
    Typed(Control),
    Range(Control, Element),
    Tick(Control),
    /// A box that opens.
    Box(Control),
    Choices(Element),
    Ranked(Element),
    Place(Element),
    /// A photo, recording or file.
    File(Element),
}

impl Form {
    /// Draws everything anew.
    pub fn draw(&mut self) {
        self.root.set_text_content(None);
        self.drawn.clear();
        self.blocks.clear();
        append(&self.root, [&saying("h2", &[], &self.questionnaire().title)]);
        self.draw_languages();
        let body = element("div", &[("class", "questions")]);
        append(&self.root, [&body]);
        let form = self.filled.filling().nodes(0)[0];
        self.draw_within(form, &body);
        self.draw_pages(form);
        self.looks = looks(self.questionnaire());
        self.refresh();
    }

    fn draw_languages(&self) {
        let languages = &self.questionnaire().languages;
        if languages.len() > 1 {
            let label = element("label", &[("class", "language")]);
            let select = element("select", &[("data-part", "language")]);
            for language in languages {
                let option = saying("option", &[("value", language)], language);
                mark(&option, "selected", *language == self.language);
                append(&select, [&option]);
            }
            append(&label, [&saying("span", &[], self.words.language), &select]);
            append(&self.root, [&label]);
        }
    }

    /// Draws what is in a group, or in a turn of a repeat.
    pub fn draw_within(&mut self, node: u32, place: &Element) {
        let read = self.filled.read();
        let questionnaire = &read.questionnaire;
        let mut row = Vec::new();
        for child in &questionnaire.question(self.filled.filling().question_of(node)).children {
            let question = questionnaire.question(*child);
            if question.kind == Kind::Repeat {
                row.clear();
                self.draw_block(node, *child, place);
                continue;
            }
            if question.kind.is_silent() {
                continue;
            }
            for it in self.filled.filling().document().children_at(node, *child).to_vec() {
                if question.kind.is_group() {
                    row.clear();
                    self.draw_group(it, question, place);
                    continue;
                }
                row.push(self.draw_question(it, question, place));
                if row.len() == TOGETHER_N && !self.is_paged() {
                    append(&place_within(place, &[("class", "together")]), &std::mem::take(&mut row));
                }
            }
        }
    }

    fn draw_group(&mut self, node: u32, question: &Question, place: &Element) {
        let holder = element("section", &[("class", "group")]);
        let said = self.said(&question.label, node);
        let label = (!said.is_empty()).then(|| {
            let id = format!("l{node}");
            set(&holder, "aria-labelledby", &id);
            saying("h3", &[("id", &id)], &said)
        });
        append(&holder, &label);
        self.draw_media(&question.media, &said, &holder);
        append(place, [&holder]);
        let error = element("p", &[]);
        let drawn = Drawn { label, said, ..Drawn::new(holder.clone(), error, Way::Not) };
        self.drawn.insert(node, drawn);
        self.draw_within(node, &holder);
    }

    fn draw_question(&mut self, node: u32, question: &Question, place: &Element) -> Element {
        let offers = self.offers(node);
        let in_box = self.is_minimal(node, &offers);
        let several = question.kind.choices().is_some() && !in_box;
        let id = format!("q{node}");
        let (holder, label) = if several {
            (element("fieldset", &[("class", "question")]), element("legend", &[]))
        } else if question.kind.is_attached() {
            (element("div", &[("class", "question")]), element("p", &[("class", "words-of-file")]))
        } else if matches!(question.kind, Kind::Note) || question.kind.may_be_left_out() {
            (element("div", &[("class", "question")]), element("p", &[("class", "words-of-note")]))
        } else {
            (element("div", &[("class", "question")]), element("label", &[("for", &id)]))
        };
        let said = self.said(&question.label, node);
        let text = saying("span", &[], &said);
        append(&label, [&text]);
        append(&holder, [&label]);
        self.draw_media(&question.media, &said, &holder);
        let mut described = format!("e{node}");
        for (n, texts) in [&question.hint, &question.guidance_hint].into_iter().enumerate() {
            let hint = self.said(texts, node);
            if !hint.is_empty() {
                let id = format!("h{n}-{node}");
                append(&holder, [&saying("p", &[("class", "hint"), ("id", &id)], &hint)]);
                described = format!("{id} {described}");
            }
        }
        let error = element("p", &[("class", "error"), ("id", &format!("e{node}"))]);
        let way = self.draw_way(node, question, &holder, &offers, in_box);
        match &way {
            Way::Typed(it) | Way::Range(it, _) | Way::Tick(it) | Way::Box(it) => {
                set(it, "aria-describedby", &described);
            }
            Way::Choices(_) | Way::Ranked(_) => set(&holder, "aria-describedby", &described),
            Way::Place(_) | Way::File(_) | Way::Not => {}
        }
        append(&holder, [&error]);
        append(place, [&holder]);
        let drawn = Drawn { label: Some(text), said, offers, ..Drawn::new(holder.clone(), error, way) };
        self.drawn.insert(node, drawn);
        holder
    }

    fn draw_way(
        &self,
        node: u32,
        question: &Question,
        holder: &Element,
        offers: &[Offer],
        in_box: bool,
    ) -> Way {
        let name = node.to_string();
        let control = |tag: &str, part: &str, more: &[(&str, &str)]| {
            let attributes = [("id", &*format!("q{node}")), ("data-node", &*name), ("data-part", part)];
            let control = element(tag, &[&attributes, more].concat());
            append(holder, [&control]);
            control.unchecked_into::<Control>()
        };
        let typed = |tag: &str, more: &[(&str, &str)]| Way::Typed(control(tag, "typed", more));
        let is = |word: &str| question.appearance.iter().any(|it| it == word);
        match &question.kind {
            Kind::Text if is("multiline") => typed("textarea", &[]),
            Kind::Text if is("numbers") => typed("input", &[("inputmode", "numeric")]),
            Kind::Text | Kind::Barcode => typed("input", &[]),
            Kind::Integer => typed("input", &[("inputmode", "numeric")]),
            Kind::Decimal => typed("input", &[("inputmode", "decimal")]),
            Kind::Date => typed("input", &[("type", "date")]),
            Kind::Time => typed("input", &[("type", "time")]),
            Kind::DateTime => typed("input", &[("type", "datetime-local")]),
            Kind::Range(scale) => {
                let (start, end, step) =
                    (scale.start.to_string(), scale.end.to_string(), scale.step.to_string());
                let more = [
                    ("type", "range"),
                    ("min", &*start),
                    ("max", &*end),
                    ("step", &*step),
                    ("value", &*start),
                ];
                let control = control("input", "range", &more);
                let output = saying("output", &[("for", &format!("q{node}"))], self.words.not_chosen);
                append(holder, [&output]);
                Way::Range(control, output)
            }
            Kind::Acknowledge => {
                let control = control("input", "tick", &[("type", "checkbox")]);
                let line = element("span", &[("class", "check")]);
                let words = saying("span", &[("aria-hidden", "true")], self.words.acknowledge);
                append(&line, [control.as_ref(), &words]);
                append(holder, [&line]);
                Way::Tick(control)
            }
            Kind::SelectOne(_) if in_box => Way::Box(control("select", "box", &[])),
            Kind::SelectOne(_) | Kind::SelectMultiple(_) => {
                self.draw_search(node, offers, holder);
                let class = if is("likert") { "choices likert" } else { "choices" };
                Way::Choices(place_within(holder, &[("class", class)]))
            }
            Kind::Rank(_) => Way::Ranked(place_within(holder, &[])),
            Kind::Geopoint => Way::Place(self.draw_place(node, holder)),
            Kind::Image | Kind::Audio | Kind::Video | Kind::File => {
                Way::File(place_within(holder, &[("class", "taken")]))
            }
            Kind::Geotrace | Kind::Geoshape => say_instead(holder, self.words.not_here),
            Kind::Note
            | Kind::Form
            | Kind::Group
            | Kind::Repeat
            | Kind::Calculate
            | Kind::Hidden
            | Kind::Metadata(_) => Way::Not,
        }
    }

    /// A position: asked for by a button, never by itself.
    fn draw_place(&self, node: u32, holder: &Element) -> Element {
        let said = place_within(holder, &[("role", "status")]);
        let button = button("locate", node, self.words.locate);
        set(&button, "id", &format!("q{node}"));
        append(holder, [&button]);
        said
    }

    /// Answers a question, and shows what follows from it.
    pub fn answer(&mut self, node: u32, text: &str) {
        self.filled.change(|it| it.answer(node, text));
        let mut changed = self.filled.take_changed();
        if changed.contains(&0) {
            self.refresh();
        } else {
            let looks = changed.iter().filter_map(|it| self.looks.get(it)).flatten().copied();
            changed.extend(looks.collect::<Vec<_>>());
            self.refresh_where(|it, drawn| changed.contains(&it) || drawn.problem.is_some());
            self.refresh_blocks(|repeat| changed.range(repeat).next().is_some());
            self.refresh_page();
        }
        self.hand_over_soon();
    }

    /// Has everything on the page as the answers have it; only what differs is touched.
    pub fn refresh(&mut self) {
        self.filled.take_changed();
        self.refresh_where(|_, _| true);
        self.refresh_blocks(|_| true);
        self.refresh_page();
    }

    /// The same for questions that are told by their number.
    fn refresh_where(&mut self, is_due: impl Fn(u32, &Drawn) -> bool) {
        let mut drawn = std::mem::take(&mut self.drawn);
        for (node, it) in &mut drawn {
            if is_due(self.filled.filling().question_of(*node), it) {
                self.refresh_one(*node, it);
            }
        }
        self.drawn = drawn;
    }

    fn refresh_one(&self, node: u32, drawn: &mut Drawn) {
        let (filling, questionnaire) = (self.filled.filling(), self.questionnaire());
        let question = questionnaire.question(filling.question_of(node));
        let asked = filling.document().is_relevant(node);
        if drawn.asked != asked {
            drawn.asked = asked;
            mark(&drawn.holder, "hidden", !asked);
        }
        if !asked {
            return;
        }
        if question.label.values().any(|it| it.contains("${")) {
            let said = self.said(&question.label, node);
            if said != drawn.said {
                if let Some(label) = &drawn.label {
                    label.set_text_content(Some(&said));
                }
                drawn.said = said;
            }
        }
        if question.logic.choice_filter.is_some()
            || question.kind.choices().is_some_and(|it| matches!(it.from, Source::Question(_)))
        {
            let offers = self.offers(node);
            if offers != drawn.offers {
                drawn.offers = offers;
                drawn.is_drawn = false;
            }
        }
        let required = question.logic.required.as_ref().filter(|_| !question.kind.may_be_left_out());
        let required = required.is_some_and(|it| filling.holds(it, node) == Ok(true));
        if required != drawn.required {
            drawn.required = required;
            self.mark_required(drawn);
        }
        let text = filling.document().text(node);
        if drawn.shown != text || !drawn.is_drawn {
            text.clone_into(&mut drawn.shown);
            drawn.is_drawn = true;
            self.show_answer(node, question, drawn);
        }
        if drawn.problem.is_some() {
            let problem = filling.problem(node);
            self.say(question, node, drawn, problem.as_ref());
        }
    }

    fn mark_required(&self, drawn: &Drawn) {
        let Some(label) = &drawn.label else { return };
        match label.next_element_sibling().filter(|it| it.class_name() == "must") {
            Some(mark) => mark.remove(),
            None => {
                let _ = label.after_with_node_1(&saying("span", &[("class", "must")], self.words.required));
            }
        }
    }

    fn show_answer(&self, node: u32, question: &Question, drawn: &Drawn) {
        let text = drawn.shown.as_str();
        match &drawn.way {
            Way::Not => {}
            Way::Typed(control) => {
                let read_only = question.logic.read_only.as_ref();
                let read_only = read_only.is_some_and(|it| self.filled.filling().holds(it, node) == Ok(true));
                mark(control, "readonly", read_only || question.logic.calculation.is_some());
                let text = as_typed(&question.kind, text);
                if control.value() != text {
                    control.set_value(text);
                }
            }
            Way::Range(control, output) => {
                if !text.is_empty() {
                    control.set_value(text);
                }
                output.set_text_content(Some(if text.is_empty() { self.words.not_chosen } else { text }));
            }
            Way::Tick(control) => control.set_checked(!text.is_empty()),
            Way::Box(control) => self.draw_options(node, control, &drawn.offers),
            Way::Choices(place) => self.show_choices(node, place, drawn),
            Way::Ranked(place) => self.draw_ranked(node, place, &drawn.offers),
            Way::File(place) => self.draw_file(node, question, place, text),
            Way::Place(said) => {
                let accuracy = text.split_whitespace().nth(3);
                let located = accuracy.map(|it| format!("{}{it} m", self.words.located));
                said.set_text_content(Some(located.as_deref().unwrap_or(text)));
            }
        }
    }

    /// Choices that are drawn already only change whether they are chosen: the focus stays.
    fn show_choices(&self, node: u32, place: &Element, drawn: &Drawn) {
        let focus_within = place.matches(":focus-within").unwrap_or(false);
        let boxes = all_within(place, "input");
        let chosen: Vec<&str> = drawn.shown.split_whitespace().collect();
        let all_there = chosen.iter().all(|it| boxes.iter().any(|one| one.value() == *it));
        if focus_within && all_there {
            for it in boxes {
                it.set_checked(chosen.contains(&it.value().as_str()));
            }
        } else {
            self.draw_choices(node, place, &drawn.offers, &drawn.query);
        }
    }

    /// Shows of a long list what contains `query`.
    pub fn search(&mut self, node: u32, query: &str) {
        let Some(mut drawn) = self.drawn.remove(&node) else { return };
        drawn.query = query.trim().to_lowercase();
        if let Way::Choices(place) = &drawn.way {
            self.draw_choices(node, place, &drawn.offers, &drawn.query);
        }
        self.drawn.insert(node, drawn);
    }

    /// Says below a question what is wrong with its answer, or no more.
    pub fn say_problem(&mut self, node: u32, problem: Option<&ProblemKind>) {
        let read = self.filled.read();
        let question = read.questionnaire.question(self.filled.filling().question_of(node));
        if let Some(mut drawn) = self.drawn.remove(&node) {
            self.say(question, node, &mut drawn, problem);
            self.drawn.insert(node, drawn);
        }
    }

    fn say(&self, question: &Question, node: u32, drawn: &mut Drawn, problem: Option<&ProblemKind>) {
        if drawn.problem.as_ref() == problem {
            return;
        }
        drawn.problem = problem.cloned();
        let own = match problem {
            Some(ProblemKind::Missing) => self.said(&question.required_message, node),
            Some(ProblemKind::Refused) => self.said(&question.constraint_message, node),
            _ => String::new(),
        };
        let words = problem.map(|it| self.words.problem(it)).unwrap_or_default();
        drawn.error.set_text_content(Some(if own.is_empty() { words } else { &own }));
        let invalid = if problem.is_some() { "true" } else { "false" };
        let _ = drawn.holder.class_list().toggle_with_force("wrong", problem.is_some());
        match &drawn.way {
            Way::Typed(it) | Way::Range(it, _) | Way::Tick(it) | Way::Box(it) => {
                set(it, "aria-invalid", invalid);
            }
            Way::Choices(place) => {
                if let Ok(Some(first)) = place.query_selector("input") {
                    set(&first, "aria-invalid", invalid);
                }
            }
            Way::Ranked(_) | Way::Place(_) | Way::File(_) | Way::Not => {}
        }
    }
}

fn place_within(holder: &Element, attributes: &[(&str, &str)]) -> Element {
    let place = element("div", attributes);
    append(holder, [&place]);
    place
}

/// By question, those that look otherwise once it is answered otherwise.
fn looks(questionnaire: &Questionnaire) -> BTreeMap<u32, Vec<u32>> {
    let mut looks: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for number in questionnaire.numbers() {
        let question = questionnaire.question(number);
        let logic = &question.logic;
        let expressions = [&logic.required, &logic.choice_filter, &logic.read_only].into_iter().flatten();
        let mut read: Vec<u32> = expressions.flat_map(|it| read_by(questionnaire, it, number)).collect();
        let labels = question.label.values().flat_map(|it| it.split("${").skip(1));
        read.extend(labels.filter_map(|it| questionnaire.named(it.split('}').next()?.trim())));
        if let Some(Source::Question(chosen)) = question.kind.choices().map(|it| &it.from) {
            read.extend(questionnaire.named(chosen));
        }
        for it in read {
            looks.entry(it).or_default().push(number);
        }
    }
    looks
}

/// Says why there is nothing to answer with.
fn say_instead(holder: &Element, words: &str) -> Way {
    append(holder, [&saying("p", &[("class", "hint")], words)]);
    Way::Not
}

/// An answer as a field takes it: times to the minute and without their offset.
fn as_typed<'t>(kind: &Kind, text: &'t str) -> &'t str {
    match kind {
        Kind::Time => text.get(..5).unwrap_or(text),
        Kind::DateTime => text.get(..16).unwrap_or(text),
        _ => text,
    }
}
