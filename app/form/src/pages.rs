//! One question a page, where the questionnaire asks for it; a group with `field-list` and a repeat are one.

use domain::questionnaire::Kind;
use web_sys::Element;

use crate::{
    Form,
    dom::{append, element, mark, saying, set},
};

/// What shows at a time.
pub struct Page {
    holder: Element,
    /// The node; of a repeat, what its turns are in.
    node: u32,
    repeat: Option<u32>,
    /// Groups around it, the outermost first.
    around: Vec<u32>,
}

impl Form {
    /// Finds the pages, and draws what stands below them.
    pub fn draw_pages(&mut self, form: u32) {
        self.pages.clear();
        self.page_drawn = None;
        if self.is_paged() {
            self.add_pages(form, &mut Vec::new());
        }
        let foot = element("div", &[("class", "form-foot")]);
        let summary = element("p", &[("id", "form-problems"), ("class", "error"), ("role", "alert")]);
        let buttons = element("div", &[("class", "buttons")]);
        if !self.pages.is_empty() {
            append(&foot, [&element("p", &[("id", "form-page"), ("class", "quiet"), ("role", "status")])]);
            for (act, words, class) in
                [("back", self.words.back, "grow"), ("next", self.words.next, "grow main")]
            {
                append(
                    &buttons,
                    [&saying(
                        "button",
                        &[("type", "button"), ("id", act), ("data-act", act), ("class", class)],
                        words,
                    )],
                );
            }
        }
        let finish = [("type", "button"), ("id", "finish"), ("data-act", "finish"), ("class", "grow main")];
        append(&buttons, [&saying("button", &finish, self.words.finish)]);
        append(&foot, [&summary, &buttons]);
        append(&self.root, [&foot]);
    }

    pub fn is_paged(&self) -> bool {
        self.questionnaire().style.split_whitespace().any(|it| it == "pages")
    }

    fn add_pages(&mut self, node: u32, around: &mut Vec<u32>) {
        let read = self.filled.read();
        let questionnaire = &read.questionnaire;
        for child in &questionnaire.question(self.filled.filling().question_of(node)).children {
            let question = questionnaire.question(*child);
            let is_list = question.appearance.iter().any(|it| it == "field-list");
            if question.kind == Kind::Repeat {
                let block = self.blocks.iter().find(|it| it.parent == node && it.repeat == *child);
                let page = block.map(|it| Page {
                    holder: it.holder.clone(),
                    node,
                    repeat: Some(*child),
                    around: around.clone(),
                });
                self.pages.extend(page);
                continue;
            }
            for it in self.filled.filling().document().children_at(node, *child).to_vec() {
                if question.kind.is_group() && !is_list {
                    around.push(it);
                    self.add_pages(it, around);
                    around.pop();
                } else if let Some(drawn) = self.drawn.get(&it) {
                    let holder = drawn.holder.clone();
                    self.pages.push(Page { holder, node: it, repeat: None, around: around.clone() });
                }
            }
        }
    }

    /// Whether a page shows at all.
    fn is_asked(&self, page: &Page) -> bool {
        let turns = |it: u32| !self.filled.filling().document().children_at(page.node, it).is_empty();
        let counted = |it: u32| self.questionnaire().question(it).logic.repeat_count.is_some();
        self.filled.filling().is_asked(page.node) && page.repeat.is_none_or(|it| turns(it) || !counted(it))
    }

    fn asked_pages(&self) -> Vec<usize> {
        (0..self.pages.len()).filter(|it| self.is_asked(&self.pages[*it])).collect()
    }

    /// Shows one page, and the groups around it.
    pub fn refresh_page(&mut self) {
        if self.pages.is_empty() {
            return;
        }
        let asked = self.asked_pages();
        if !asked.contains(&self.page) {
            // What follows rather than what came before.
            self.page =
                asked.iter().copied().find(|it| *it > self.page).or(asked.last().copied()).unwrap_or(0);
        }
        if self.page_drawn.as_ref().is_some_and(|(page, of)| *page == self.page && *of == asked) {
            return;
        }
        let around = self.pages[self.page].around.clone();
        for (n, page) in self.pages.iter().enumerate() {
            let _ = page.holder.class_list().toggle_with_force("elsewhere", n != self.page);
            for group in &page.around {
                if let Some(drawn) = self.drawn.get(group) {
                    let _ = drawn.holder.class_list().toggle_with_force("elsewhere", !around.contains(group));
                }
            }
        }
        let place = asked.iter().position(|it| *it == self.page).unwrap_or(0);
        let (first, last) = (place == 0, place + 1 >= asked.len());
        let said = (self.words.page)(place + 1, asked.len());
        for (id, hidden) in [("#back", first), ("#next", last), ("#finish", !last)] {
            if let Ok(Some(button)) = self.root.query_selector(id) {
                mark(&button, "hidden", hidden);
            }
        }
        if let Ok(Some(line)) = self.root.query_selector("#form-page")
            && line.text_content().as_deref() != Some(&said)
        {
            line.set_text_content(Some(&said));
        }
        self.page_drawn = Some((self.page, asked));
    }

    /// The page before or behind; on only when nothing on this one is left to look at.
    pub fn turn_page(&mut self, on: bool) {
        let asked = self.asked_pages();
        let Some(place) = asked.iter().position(|it| *it == self.page) else { return };
        if on {
            let here: Vec<_> = self
                .filled
                .filling()
                .problems()
                .into_iter()
                .filter(|it| self.page_of(it.node) == Some(self.page))
                .collect();
            for problem in &here {
                self.reveal(problem.node);
                self.say_problem(problem.node, Some(&problem.kind));
            }
            if let Some(first) = here.first() {
                return self.go_to_node(first.node);
            }
        }
        let to = if on { place + 1 } else { place.wrapping_sub(1) };
        if let Some(page) = asked.get(to) {
            self.page = *page;
            self.refresh_page();
            set(&self.root, "tabindex", "-1");
            crate::dom::go_to(&self.root);
            crate::dom::window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    }

    fn page_of(&self, node: u32) -> Option<usize> {
        let document = self.filled.filling().document();
        let mut it = node;
        loop {
            let parent = document.parent(it);
            let question = self.filled.filling().question_of(it);
            let holds = |page: &Page| match page.repeat {
                None => page.node == it,
                Some(repeat) => page.node == parent && repeat == question,
            };
            if let Some(page) = self.pages.iter().position(holds) {
                return Some(page);
            }
            if it == document.root() {
                return None;
            }
            it = parent;
        }
    }

    /// Shows the page that a node is on.
    pub fn turn_to(&mut self, node: u32) {
        if let Some(page) = self.page_of(node) {
            self.page = page;
            self.refresh_page();
        }
    }
}
