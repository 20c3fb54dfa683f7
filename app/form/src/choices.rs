//! Questions with choices: in full, in a box, in a long list that is searched, in order.

use domain::questionnaire::{Kind, Source, text_in};
use web_sys::Element;

use crate::{
    Form,
    dom::{Control, all_within, append, element, mark, saying, set},
};

/// Longer lists can be searched.
const LONG_N: usize = 20;
/// Most choices drawn of a list that is searched; what is chosen is drawn besides.
const DRAWN_MAX: usize = 50;

/// A choice as it is offered: what an answer holds, and its label.
pub type Offer = (String, String);

impl Form {
    /// What can be chosen at a node.
    pub fn offers(&self, node: u32) -> Vec<Offer> {
        let (questionnaire, filling) = (self.questionnaire(), self.filled.filling());
        let number = filling.question_of(node);
        let Some(choices) = questionnaire.question(number).kind.choices() else { return Vec::new() };
        if let Source::Question(name) = &choices.from {
            let nodes = questionnaire.named(name).map(|it| filling.nodes_to_choose(node, it));
            let text =
                |it: u32| (filling.document().text(it).to_owned(), filling.document().text(it).to_owned());
            return nodes.unwrap_or_default().into_iter().map(text).collect();
        }
        let Some(list) = questionnaire.choices(number) else { return Vec::new() };
        let offer = |it: usize| {
            let choice = &list.choices[it];
            let label = text_in(&choice.label, &self.language).unwrap_or(&choice.name);
            (choice.name.clone(), label.to_owned())
        };
        filling.choices_at(node).into_iter().map(offer).collect()
    }

    /// Draws the choices of a question that is not in order.
    pub fn draw_choices(&self, node: u32, place: &Element, offers: &[Offer], query: &str) {
        place.set_text_content(None);
        let number = self.filled.filling().question_of(node);
        let multiple = matches!(self.questionnaire().question(number).kind, Kind::SelectMultiple(_));
        let (input, part) = if multiple { ("checkbox", "many") } else { ("radio", "one") };
        let text = self.filled.filling().document().text(node);
        let chosen: Vec<&str> = text.split_whitespace().collect();
        let mut n_left_out = 0;
        let mut n_drawn = 0;
        for (value, label) in offers {
            let is_chosen = chosen.contains(&value.as_str());
            let fits = query.is_empty() || label.to_lowercase().contains(query);
            if !is_chosen && (!fits || n_drawn >= DRAWN_MAX) {
                n_left_out += usize::from(fits);
                continue;
            }
            n_drawn += 1;
            let line = element("label", &[("class", "check")]);
            let (id, name) = (format!("q{node}"), node.to_string());
            let attributes = [
                ("type", input),
                ("name", &*id),
                ("value", value),
                ("data-part", part),
                ("data-node", &*name),
            ];
            let box_ = element("input", &attributes);
            mark(&box_, "checked", is_chosen);
            append(&line, [&box_, &saying("span", &[], label)]);
            self.draw_choice_media(node, value, label, &line);
            append(place, [&line]);
        }
        if n_left_out > 0 {
            append(place, [&saying("p", &[("class", "quiet")], &(self.words.more_choices)(n_left_out))]);
        }
        if !multiple && !chosen.is_empty() {
            append(place, [&self.clear(node)]);
        }
    }

    /// A field to search a long list by.
    pub fn draw_search(&self, node: u32, offers: &[Offer], holder: &Element) {
        if offers.len() > LONG_N {
            let (words, node) = (self.words.search, node.to_string());
            let attributes = [
                ("type", "search"),
                ("placeholder", words),
                ("aria-label", words),
                ("autocomplete", "off"),
                ("data-part", "search"),
                ("data-node", &*node),
            ];
            append(holder, [&element("input", &attributes)]);
        }
    }

    /// Whether it is drawn as a box that opens.
    pub fn is_minimal(&self, node: u32, offers: &[Offer]) -> bool {
        let question = self.questionnaire().question(self.filled.filling().question_of(node));
        let one = matches!(question.kind, Kind::SelectOne(_));
        one && offers.len() <= LONG_N && question.appearance.iter().any(|it| it == "minimal")
    }

    /// Draws the lines of a box that opens.
    pub fn draw_options(&self, node: u32, select: &Element, offers: &[Offer]) {
        select.set_text_content(None);
        let text = self.filled.filling().document().text(node);
        append(select, [&saying("option", &[("value", "")], self.words.choose)]);
        for (value, label) in offers {
            let option = saying("option", &[("value", value)], label);
            mark(&option, "selected", value == text);
            append(select, [&option]);
        }
    }

    /// Choices in the order of the answer, with ways to change it.
    pub fn draw_ranked(&self, node: u32, place: &Element, offers: &[Offer]) {
        place.set_text_content(None);
        let order = self.order(node, offers);
        let list = element("ol", &[("class", "ranked")]);
        for (n, value) in order.iter().enumerate() {
            let label = offers.iter().find(|it| it.0 == *value).map_or(value.as_str(), |it| &it.1);
            let line = element("li", &[]);
            append(&line, [&saying("span", &[("class", "grow")], label)]);
            self.draw_choice_media(node, value, label, &line);
            for (act, sign, words, last) in
                [("up", "↑", self.words.up, n == 0), ("down", "↓", self.words.down, n + 1 == order.len())]
            {
                let (words, node) = (format!("{label} {words}"), node.to_string());
                let attributes = [
                    ("type", "button"),
                    ("aria-label", &*words),
                    ("data-act", act),
                    ("data-node", &*node),
                    ("data-value", value),
                ];
                let button = saying("button", &attributes, sign);
                if last {
                    set(&button, "aria-disabled", "true");
                }
                append(&line, [&button]);
            }
            append(&list, [&line]);
        }
        append(place, [&list]);
        if self.filled.filling().document().text(node).is_empty() {
            let button = button("rank", node, self.words.as_it_stands);
            append(place, [&saying("p", &[("class", "hint")], self.words.not_ranked), &button]);
        } else {
            append(place, [&self.clear(node)]);
        }
    }

    /// What is ranked first, then what is not ranked yet.
    fn order(&self, node: u32, offers: &[Offer]) -> Vec<String> {
        let text = self.filled.filling().document().text(node);
        let mut order: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        order.extend(
            offers.iter().filter(|it| !text.split_whitespace().any(|one| one == it.0)).map(|it| it.0.clone()),
        );
        order
    }

    /// Moves a choice up or down, or leaves all where they are; answers with the order.
    pub fn rank(&mut self, node: u32, value: &str, down: Option<bool>) {
        let offers = self.offers(node);
        let mut order = self.order(node, &offers);
        if let (Some(at), Some(down)) = (order.iter().position(|it| it == value), down) {
            let to = if down { at + 1 } else { at.wrapping_sub(1) };
            if to < order.len() {
                order.swap(at, to);
            }
        }
        self.answer(node, &order.join(" "));
        let act = if down == Some(true) { "down" } else { "up" };
        let again = format!("[data-node='{node}'][data-act='{act}']");
        let moved = |it: &Control| it.get_attribute("data-value").as_deref() == Some(value);
        if let Some(button) = all_within(&self.root, &again).into_iter().find(moved) {
            let _ = button.focus();
        }
    }

    /// Takes one of several choices in or out.
    pub fn choose_one_of_several(&mut self, node: u32, value: &str, chosen: bool) {
        let text = self.filled.filling().document().text(node).to_owned();
        let mut all: Vec<&str> = text.split_whitespace().filter(|it| *it != value).collect();
        if chosen {
            all.push(value);
        }
        self.answer(node, &all.join(" "));
    }

    /// A quiet way to take an answer back.
    fn clear(&self, node: u32) -> Element {
        let button = button("clear", node, self.words.clear);
        set(&button, "class", "link quiet");
        button
    }
}

/// A button that does something about a node.
pub fn button(act: &str, node: u32, words: &str) -> Element {
    saying("button", &[("type", "button"), ("data-act", act), ("data-node", &node.to_string())], words)
}
