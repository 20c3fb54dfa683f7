//! What can be done to a book.

use super::{Book, Column, NewKind, Part, Setting, Way};

/// Something that is done to a book. Rows are named by their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Adds a question behind a row, at the end without one; a group or repeat with its end. Where choices are asked for, a list
    /// of its own begins with these labels.
    Add {
        kind: NewKind,
        after: Option<u32>,
        label: String,
        choices: Vec<String>,
    },
    /// Takes a question out; a group or repeat with all that is in it.
    Remove {
        key: u32,
    },
    /// Moves a question by one step; a group or repeat with all that is in it.
    Move {
        key: u32,
        way: Way,
    },
    /// Moves it in front of a row, or to the end.
    Place {
        key: u32,
        before: Option<u32>,
    },
    /// Writes a cell; a column that is not there is added.
    Write {
        part: Part,
        key: u32,
        column: Column,
        language: String,
        text: String,
    },
    /// Gives a question another name, in every `${name}` and in every path that leads to it, too.
    Rename {
        key: u32,
        name: String,
    },
    /// Asks for something else; a list of choices is kept, or begins with these labels.
    Retype {
        key: u32,
        kind: NewKind,
        choices: Vec<String>,
    },
    /// Lets a question take its choices from another list; a name that is new begins a list with these labels.
    TakeList {
        key: u32,
        list: String,
        choices: Vec<String>,
    },
    /// Adds a choice at the end of a list.
    AddChoice {
        list: String,
        label: String,
    },
    RemoveChoice {
        key: u32,
    },
    /// Moves a choice within its list, up or down.
    MoveChoice {
        key: u32,
        way: Way,
    },
    /// Moves a list with all its choices in front of the list before it, or behind the one after it.
    MoveList {
        list: String,
        way: Way,
    },
    /// Takes a list out that nothing uses.
    RemoveList {
        list: String,
    },
    /// Writes a setting.
    Set {
        setting: Setting,
        text: String,
    },
    /// Adds a language to all that is said. Texts that are in no language are in `unnamed` from then on.
    AddLanguage {
        language: String,
        unnamed: String,
    },
    /// Takes a language out with all that is said in it.
    RemoveLanguage {
        language: String,
    },
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such row any more")]
    Gone,
    #[error("there is nothing further that way")]
    NoFurther,
    #[error("a group does not go into itself")]
    IntoItself,
    #[error("{name} cannot be a name")]
    NotAName { name: String },
    /// The key of the row that has the name.
    #[error("another row is named {name}")]
    Taken { name: String, key: u32 },
    #[error("the language is there")]
    SameLanguage,
    #[error("the language has no name")]
    NoLanguage,
    #[error("nothing would be said any more")]
    LastLanguage,
    /// The questions that use it, by what they say or are named.
    #[error("the list is used by {}", users.join(", "))]
    ListInUse { users: Vec<String> },
    #[error("no column can be written here")]
    NoColumn,
}

impl Book {
    /// The book after an act.
    ///
    /// # Errors
    ///
    /// Why it was not done; nothing has changed then.
    pub fn act(&self, act: &Act) -> Result<Self, Refusal> {
        let mut book = self.clone();
        match act {
            Act::Add { kind, after, label, choices } => book.add(*kind, *after, label, choices)?,
            Act::Remove { key } => book.remove(*key)?,
            Act::Move { key, way } => book.step(*key, *way)?,
            Act::Place { key, before } => book.put(*key, *before)?,
            Act::Write { part, key, column, language, text } => {
                book.write(*part, *key, *column, language, text)?;
            }
            Act::Rename { key, name } => book.rename(*key, name)?,
            Act::Retype { key, kind, choices } => book.retype(*key, *kind, choices)?,
            Act::TakeList { key, list, choices } => book.take_list(*key, list, choices)?,
            Act::AddChoice { list, label } => book.add_choice(list, label),
            Act::RemoveChoice { key } => book.remove_choice(*key)?,
            Act::MoveChoice { key, way } => book.move_choice(*key, *way)?,
            Act::MoveList { list, way } => book.move_list(list, *way)?,
            Act::RemoveList { list } => book.remove_list(list)?,
            Act::Set { setting, text } => book.set(*setting, text),
            Act::AddLanguage { language, unnamed } => book.add_language(language, unnamed)?,
            Act::RemoveLanguage { language } => book.remove_language(language)?,
        }
        Ok(book)
    }

    pub(super) fn write(
        &mut self,
        part: Part,
        key: u32,
        column: Column,
        language: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        if column.header().is_empty() {
            return Err(Refusal::NoColumn);
        }
        let row = self.ruled(part).and_then(|it| it.at(key)).ok_or(Refusal::Gone)?;
        if self.raw(part, key, column, language) == text {
            return Ok(());
        }
        let place = self.place_of(part, column, language);
        self.table_mut(part).rows[row].write(place, text);
        Ok(())
    }
}
