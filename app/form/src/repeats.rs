//! Repeats: turns that unfold, are added, taken out and put back.

use std::ops::Range;

use domain::questionnaire::Kind;
use web_sys::Element;

use crate::{
    Form,
    choices::button,
    dom::{append, element, go_to, mark, saying, set},
};

/// The turns of a repeat at one place.
pub struct Block {
    pub parent: u32,
    pub repeat: u32,
    pub holder: Element,
    turns: Element,
    shown: Vec<Turn>,
    /// Says what was taken out, and how to have it back.
    status: Element,
    /// The turn that was taken out last, and which of the turns it was.
    removed: Option<(u32, usize)>,
}

struct Turn {
    node: u32,
    holder: Element,
    title: Element,
    said: String,
    /// Drawn when it is first unfolded.
    content: Option<Element>,
}

impl Form {
    pub fn draw_block(&mut self, parent: u32, repeat: u32, place: &Element) {
        let question = self.questionnaire().question(repeat);
        let holder = element("section", &[("class", "repeat")]);
        let label = self.said(&question.label, parent);
        if !label.is_empty() {
            append(&holder, [&saying("h3", &[], &label)]);
        }
        let (turns, status) = (element("div", &[("class", "turns")]), element("p", &[("role", "status")]));
        append(&holder, [&turns, &status]);
        if question.logic.repeat_count.is_none() {
            let add = button("add", parent, self.words.add);
            set(&add, "data-value", &repeat.to_string());
            append(&holder, [&add]);
        }
        append(place, [&holder]);
        self.blocks.push(Block { parent, repeat, holder, turns, shown: Vec::new(), status, removed: None });
        let n = self.blocks.len() - 1;
        self.refresh_block(n);
        // A lone turn is what is to be filled in.
        if let [only] = self.blocks[n].shown[..].iter().map(|it| it.node).collect::<Vec<_>>()[..] {
            self.unfold(only);
        }
    }

    /// The repeats that are due, told by what is in them.
    pub fn refresh_blocks(&mut self, is_due: impl Fn(Range<u32>) -> bool) {
        for n in 0..self.blocks.len() {
            if is_due(self.questionnaire().within(self.blocks[n].repeat)) {
                self.refresh_block(n);
            }
        }
    }

    /// Has the turns on the page that there are.
    fn refresh_block(&mut self, n: usize) {
        let Block { parent, repeat, .. } = self.blocks[n];
        let document = self.filled.filling().document();
        let turns: Vec<u32> = document
            .children_at(parent, repeat)
            .iter()
            .copied()
            .filter(|it| document.is_relevant(*it))
            .collect();
        let same = self.blocks[n].shown.iter().map(|it| it.node).eq(turns.iter().copied());
        if !same {
            let mut before = std::mem::take(&mut self.blocks[n].shown);
            let mut shown = Vec::with_capacity(turns.len());
            for node in &turns {
                let known = before.iter().position(|it| it.node == *node);
                shown.push(known.map_or_else(|| Self::new_turn(*node), |it| before.swap_remove(it)));
            }
            for gone in before {
                gone.holder.remove();
                self.forget_within(gone.node);
            }
            let block = &mut self.blocks[n];
            for (place, turn) in (0..).zip(&shown) {
                let there = block.turns.children().item(place);
                if there.as_ref() != Some(&turn.holder) {
                    let _ = block.turns.insert_before(&turn.holder, there.as_deref());
                }
            }
            block.shown = shown;
            mark(&block.turns, "hidden", block.shown.is_empty());
        }
        let titles: Vec<String> = turns.iter().zip(1..).map(|(it, n)| self.title(*it, n)).collect();
        for (turn, title) in self.blocks[n].shown.iter_mut().zip(titles) {
            if turn.said != title {
                turn.title.set_text_content(Some(&title));
                turn.said = title;
            }
        }
    }

    fn new_turn(node: u32) -> Turn {
        let holder = element("details", &[("class", "card turn")]);
        let name = node.to_string();
        let title = element("summary", &[("data-act", "unfold"), ("data-node", &name)]);
        append(&holder, [&title]);
        Turn { node, holder, title, said: String::new(), content: None }
    }

    /// Which turn it is, and the first thing that was typed in it.
    fn title(&self, node: u32, n: usize) -> String {
        let (filling, questionnaire) = (self.filled.filling(), self.questionnaire());
        let document = filling.document();
        let first = document.children(node).iter().find(|it| {
            let kind = &questionnaire.question(filling.question_of(**it)).kind;
            matches!(kind, Kind::Text | Kind::Integer) && !document.text(**it).is_empty()
        });
        let turn = (self.words.turn)(n);
        first.map_or(turn.clone(), |it| format!("{turn} · {}", document.text(*it)))
    }

    /// Draws what is in a turn, and opens it.
    pub fn unfold(&mut self, node: u32) {
        if let Some(content) = self.draw_turn(node) {
            let _ = content.parent_element().map(|it| mark(&it, "open", true));
        }
    }

    /// Draws what is in a turn, if it is on the page.
    pub fn draw_turn(&mut self, node: u32) -> Option<Element> {
        let turn = self.blocks.iter_mut().flat_map(|it| &mut it.shown).find(|it| it.node == node)?;
        if let Some(content) = &turn.content {
            return Some(content.clone());
        }
        let content = element("div", &[("class", "questions")]);
        append(&turn.holder, [&content]);
        turn.content = Some(content.clone());
        self.draw_within(node, &content);
        let counted = self
            .questionnaire()
            .question(self.filled.filling().question_of(node))
            .logic
            .repeat_count
            .is_some();
        if !counted {
            let remove = button("remove", node, self.words.remove);
            set(&remove, "class", "link danger");
            append(&content, [&remove]);
        }
        self.refresh();
        Some(content)
    }

    /// Unfolds all that a node is in.
    pub fn reveal(&mut self, node: u32) {
        let filling = self.filled.filling();
        let mut above = Vec::new();
        let mut it = node;
        while it != filling.document().root() {
            if self.questionnaire().question(filling.question_of(it)).kind == Kind::Repeat {
                above.push(it);
            }
            it = filling.document().parent(it);
        }
        above.into_iter().rev().for_each(|it| self.unfold(it));
    }

    pub fn add_turn(&mut self, parent: u32, repeat: u32) {
        if let Some(node) = self.filled.change(|it| it.add_turn(parent, repeat)) {
            self.refresh();
            self.unfold(node);
            self.go_to_node_in(node);
            self.hand_over_soon();
        }
    }

    /// The first question of a turn has the focus.
    fn go_to_node_in(&self, turn: u32) {
        let turns = self.blocks.iter().flat_map(|it| &it.shown);
        if let Some(turn) = turns.into_iter().find(|it| it.node == turn) {
            let control = turn.holder.query_selector("input, textarea, select").ok().flatten();
            go_to(control.as_ref().unwrap_or(&turn.title));
        }
    }

    pub fn remove_turn(&mut self, node: u32) {
        let Some(n) = self.blocks.iter().position(|it| it.shown.iter().any(|it| it.node == node)) else {
            return;
        };
        let place = self.filled.change(|it| it.remove_turn(node));
        self.refresh();
        let undo = button("undo", node, self.words.undo);
        let block = &mut self.blocks[n];
        block.removed = Some((node, place));
        block.status.set_text_content(Some(self.words.removed));
        append(&block.status, [&undo]);
        go_to(&undo);
        self.hand_over_soon();
    }

    pub fn put_back_turn(&mut self, node: u32) {
        let Some(block) = self.blocks.iter_mut().find(|it| it.removed.is_some_and(|it| it.0 == node)) else {
            return;
        };
        let Some((node, place)) = block.removed.take() else { return };
        block.status.set_text_content(None);
        self.filled.change(|it| it.put_back_turn(node, place));
        self.refresh();
        self.unfold(node);
        self.go_to_node_in(node);
        self.hand_over_soon();
    }

    /// What was in a turn is on the page no more.
    fn forget_within(&mut self, turn: u32) {
        let document = self.filled.filling().document();
        let within = |mut it: u32| {
            while it != document.root() && it != turn {
                it = document.parent(it);
            }
            it == turn
        };
        self.drawn.retain(|it, _| !within(*it));
        // The turn's own block stays.
        self.blocks.retain(|it| !within(it.parent));
    }
}
