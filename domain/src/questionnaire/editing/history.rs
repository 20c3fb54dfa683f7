//! Undoing and doing again.

use super::{Act, Book, Refusal};

/// Steps that can be undone: an afternoon's work. A step shares all rows with its neighbours but those that it changed.
const STEPS_MAX: usize = 500;

/// A book, what it was before, and what it was until that was undone.
#[derive(Clone, Debug, Default)]
pub struct History {
    book: Book,
    before: Vec<Book>,
    undone: Vec<Book>,
    /// What was done last: typing on in one cell is one step.
    last: Option<Act>,
}

impl History {
    pub fn of(book: Book) -> Self {
        Self { book, ..Self::default() }
    }

    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Does something.
    ///
    /// # Errors
    ///
    /// As [`Book::act`].
    pub fn act(&mut self, act: Act) -> Result<(), Refusal> {
        let next = self.book.act(&act)?;
        if next == self.book {
            return Ok(());
        }
        if self.last.as_ref().is_some_and(|it| goes_on(it, &act)) {
            self.book = next;
            self.undone.clear();
        } else {
            self.put(next);
        }
        self.last = Some(act);
        Ok(())
    }

    /// Puts another book in its place, as a step that can be undone.
    pub fn put(&mut self, book: Book) {
        self.before.push(std::mem::replace(&mut self.book, book));
        if self.before.len() > STEPS_MAX {
            self.before.remove(0);
        }
        self.undone.clear();
        self.last = None;
    }

    /// How many steps can be undone.
    pub fn steps_n(&self) -> usize {
        self.before.len()
    }

    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Goes back by a step; `false` where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(book) = self.before.pop() else { return false };
        self.undone.push(std::mem::replace(&mut self.book, book));
        self.last = None;
        true
    }

    /// Does again what was undone; `false` where nothing was.
    pub fn redo(&mut self) -> bool {
        let Some(book) = self.undone.pop() else { return false };
        self.before.push(std::mem::replace(&mut self.book, book));
        self.last = None;
        true
    }
}

/// Whether both write the same cell.
fn goes_on(last: &Act, next: &Act) -> bool {
    match (last, next) {
        (
            Act::Write { part, key, column, language, .. },
            Act::Write { part: p, key: k, column: c, language: l, .. },
        ) => (part, key, column, language) == (p, k, c, l),
        (Act::Set { setting, .. }, Act::Set { setting: other, .. }) => setting == other,
        _ => false,
    }
}
