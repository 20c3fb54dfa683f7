//! What the parts of the editor share.

use std::{rc::Rc, time::Duration};

use domain::{
    publishing::{EditedQuestionnaire, FormFault},
    questionnaire::{
        Column,
        editing::{Act, Book, History, Line, LineKind, Part, Refusal, Setting, Way, column},
        finding::Finding,
        layout::ColumnChange,
        version::Version,
        xlsform::{Sheet, read},
    },
};
use leptos::reactive::owner::LocalStorage;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::keeping::{Keeper, Stand};
use crate::{i18n::text, parts::toast, prelude::*};

/// What is written is read as a whole, and drawn as on a phone, once nothing was typed for this long, in milliseconds; with
/// 500 questions both take longer than a frame.
const CHECK_AFTER_MS: u64 = 300;
/// So much longer for each row, in milliseconds.
const CHECK_AFTER_MS_A_ROW: u64 = 2;

/// What the middle column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    Settings,
    Row(u32),
}

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub part: Option<Part>,
    pub key: Option<u32>,
    pub column: Option<(Column, String)>,
    pub fault: FormFault,
}

/// What was found when it was read last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    pub faults: Vec<Placed>,
    /// A version as phones read it, unless an error hinders that.
    pub version: Option<String>,
}

#[derive(Clone, Copy)]
pub struct Desk {
    pub id: StoredValue<String>,
    pub history: RwSignal<History>,
    pub chosen: RwSignal<Chosen>,
    pub checked: RwSignal<Checked>,
    pub changes: RwSignal<Vec<ColumnChange>>,
    pub stand: RwSignal<Stand>,
    pub keeper: StoredValue<Rc<Keeper>, LocalStorage>,
    /// For whoever hears rather than sees what was done.
    pub said: RwSignal<String>,
    /// What it is of beside the sheets: its files.
    beside: StoredValue<Version>,
    /// Counts changes, so that only the last of several is read.
    edits_n: StoredValue<u32>,
}

impl Desk {
    pub fn open(it: EditedQuestionnaire) -> Self {
        let stand = RwSignal::new(Stand::Kept(None));
        let changes = RwSignal::new(it.changes);
        let keeper = Keeper::new(&it.kept.id, it.upon.to_string(), stand, changes);
        let book = Book::of(it.sheets);
        let first = book.lines().first().map_or(Chosen::Settings, |it| Chosen::Row(it.key));
        let desk = Self {
            id: StoredValue::new(it.kept.id),
            history: RwSignal::new(History::of(book)),
            chosen: RwSignal::new(first),
            checked: RwSignal::new(Checked::default()),
            changes,
            stand,
            keeper: StoredValue::new_local(keeper),
            said: RwSignal::new(String::new()),
            beside: StoredValue::new(Version { sheets: Vec::new(), files: it.files, media: it.media }),
            edits_n: StoredValue::new(0),
        };
        desk.check();
        desk
    }

    /// Where it is looked at and published.
    pub fn page(self) -> String {
        let id = self.id.get_value();
        format!("/questionnaires/{}", js_sys::encode_uri_component(&id))
    }

    pub fn title(self) -> String {
        let title = self.history.with(|it| it.book().setting(Setting::Title).to_owned());
        if title.is_empty() { self.id.get_value() } else { title }
    }

    pub fn with_book<R>(self, look: impl FnOnce(&Book) -> R) -> R {
        self.history.with(|it| look(it.book()))
    }

    pub fn book_now<R>(self, look: impl FnOnce(&Book) -> R) -> R {
        self.history.with_untracked(|it| look(it.book()))
    }

    /// A cell of a row, followed.
    pub fn cell(self, part: Part, key: u32, column: Column, language: String) -> Memo<String> {
        Memo::new(move || self.with_book(|it| it.raw(part, key, column, &language).to_owned()))
    }

    /// What is wrong with a cell, in the reader's language; of the row as a whole without a column.
    pub fn faults_at(self, part: Part, key: u32, column: Option<(Column, String)>) -> Vec<String> {
        let words = text().questionnaires;
        let here = |it: &&Placed| it.part == Some(part) && it.key == Some(key) && it.column == column;
        self.checked.with(|it| it.faults.iter().filter(here).map(|it| (words.fault)(&it.fault)).collect())
    }

    /// Does something, and keeps it soon.
    ///
    /// # Errors
    ///
    /// Why it was not done.
    pub fn act(self, act: Act) -> Result<(), Refusal> {
        let done = self.history.try_update(|it| it.act(act)).unwrap_or(Err(Refusal::Gone));
        if done.is_ok() {
            self.touch();
        }
        done
    }

    /// The same where what hinders it is said in passing.
    pub fn try_act(self, act: Act) -> bool {
        let done = self.act(act);
        if let Err(refusal) = &done {
            self.say((text().editor.refused)(refusal));
        }
        done.is_ok()
    }

    /// Does something that takes much away, and offers to undo it; what hinders it is said where it is seen.
    pub fn act_with_undo(self, act: Act, words: String) {
        let steps_n = self.history.with_untracked(History::steps_n);
        match self.act(act) {
            Ok(()) => toast::say_with_undo(words, move || self.undo_to(steps_n)),
            Err(refusal) => toast::say((text().editor.refused)(&refusal)),
        }
    }

    pub fn say(self, words: String) {
        self.said.set(words);
    }

    pub fn write(self, part: Part, key: u32, column: Column, language: &str, text: String) {
        let language = language.to_owned();
        // A row that is gone meanwhile takes no text.
        let _ = self.act(Act::Write { part, key, column, language, text });
    }

    fn touch(self) {
        let keeper = self.keeper.get_value();
        keeper.touch(move || self.sheets_if_there());
        let number = self.edits_n.get_value().wrapping_add(1);
        self.edits_n.set_value(number);
        let check = move || {
            if self.edits_n.try_get_value() == Some(number) {
                self.check();
            }
        };
        let rows_n = self.book_now(Book::rows_n) as u64;
        set_timeout(check, Duration::from_millis(CHECK_AFTER_MS + CHECK_AFTER_MS_A_ROW * rows_n));
    }

    fn sheets_if_there(self) -> Option<Vec<Sheet>> {
        self.history.try_with_untracked(|it| it.book().sheets())
    }

    /// Reads all of it as the server will.
    fn check(self) {
        let version = Version { sheets: self.book_now(Book::sheets), ..self.beside.get_value() };
        let outcome = read(&version, &self.id.get_value());
        let placed = |it: &Finding| {
            let part = Part::of_sheet(&it.sheet);
            let key = part.and_then(|part| self.book_now(|book| book.key_of(part, it.row)));
            Placed { part, key, column: column(&it.column), fault: FormFault::of(it) }
        };
        let faults = outcome.findings.iter().map(placed).collect();
        let version = outcome.questionnaire.map(|_| version.to_json());
        self.checked.set(Checked { faults, version });
    }

    pub fn undo(self) {
        if self.history.try_update(History::undo) == Some(true) {
            self.after_jump(text().editor.undone);
        }
    }

    pub fn redo(self) {
        if self.history.try_update(History::redo) == Some(true) {
            self.after_jump(text().editor.redone);
        }
    }

    /// Goes back to how it was after so many steps.
    fn undo_to(self, steps_n: usize) {
        let went = self.history.try_update(|it| {
            let before = it.steps_n();
            while it.steps_n() > steps_n && it.undo() {}
            before > steps_n
        });
        if went == Some(true) {
            self.after_jump(text().editor.undone);
        }
    }

    fn after_jump(self, words: &str) {
        self.stay_on_something();
        self.touch();
        self.say(words.to_owned());
    }

    /// Chooses something that is there, where what was chosen is there no more.
    fn stay_on_something(self) {
        if let Chosen::Row(key) = self.chosen.get_untracked() {
            let lines = self.book_now(Book::lines);
            if !lines.iter().any(|it| it.key == key) {
                self.chosen.set(lines.first().map_or(Chosen::Settings, |it| Chosen::Row(it.key)));
            }
        }
    }

    /// Puts what another wrote in the place of this, which can be undone.
    pub fn take_theirs(self, theirs: Book) {
        self.history.update(|it| it.put(theirs));
        self.stay_on_something();
        self.check();
    }

    /// Moves a question and says where it is then.
    pub fn step(self, key: u32, way: Way) {
        if self.try_act(Act::Move { key, way }) {
            self.say_place(key);
        }
    }

    /// Says where a question is.
    pub fn say_place(self, key: u32) {
        let lines = self.asked();
        let Some(place) = lines.iter().position(|it| it.key == key) else { return };
        let called = called(&lines[place]);
        self.say((text().editor.moved)(&called, place + 1, lines.len(), lines[place].depth));
    }

    /// Lines that can be chosen.
    pub fn asked(self) -> Vec<Line> {
        let mut lines = self.book_now(Book::lines);
        lines.retain(|it| it.kind != LineKind::End);
        lines
    }

    /// Takes a question out, says who refers to it, and offers to put it back.
    pub fn remove(self, key: u32) {
        let lines = self.asked();
        let Some(place) = lines.iter().position(|it| it.key == key) else { return };
        let n = self.book_now(|it| it.questions_n(key));
        let names: Vec<String> = lines[place..].iter().take(n).map(|it| it.name.clone()).collect();
        let steps_n = self.history.with_untracked(History::steps_n);
        let called = called(&lines[place]);
        if !self.try_act(Act::Remove { key }) {
            return;
        }
        let mut referrers: Vec<String> = Vec::new();
        for name in names.iter().filter(|it| !it.is_empty()) {
            for it in self.book_now(|book| book.referrers(name)) {
                if !referrers.contains(&it.name) {
                    referrers.push(it.name);
                }
            }
        }
        let left = self.asked();
        let next = left.get(place).or(left.last()).map_or(Chosen::Settings, |it| Chosen::Row(it.key));
        self.choose(next);
        let words = (text().editor.removed)(&called, n, &referrers);
        toast::say_with_undo(words, move || self.undo_to(steps_n));
    }

    /// Chooses and puts the focus on it.
    pub fn choose(self, chosen: Chosen) {
        self.chosen.set(chosen);
        focus_soon(match chosen {
            Chosen::Settings => "line-settings".to_owned(),
            Chosen::Row(key) => format!("line-{key}"),
        });
    }

    /// Keeps what is not kept yet; the screen is being left.
    pub fn leave(self) {
        let keeper = self.keeper.get_value();
        if let Some(sheets) = self.sheets_if_there().filter(|_| !keeper.is_kept()) {
            keeper.keep(sheets);
        }
    }
}

/// What a question is called: what it says, else its name, else its type.
pub fn called(line: &Line) -> String {
    let texts = [&line.label, &line.name, &line.word];
    texts.into_iter().find(|it| !it.is_empty()).cloned().unwrap_or_default()
}

/// Puts the focus on an element once what follows from the signals is drawn.
pub fn focus_soon(id: String) {
    set_timeout(
        move || {
            let element = document().get_element_by_id(&id);
            if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                let _ = element.focus();
            }
        },
        Duration::ZERO,
    );
}
