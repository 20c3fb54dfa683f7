//! Lists of choices.

use std::collections::BTreeSet;

use super::{Book, Column, Part, Refusal, Row, Way, naming::free};
use crate::{
    expression::Expression,
    questionnaire::{Kind, Source},
};

/// A choice of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChoiceRow {
    pub key: u32,
    /// What an answer holds.
    pub name: String,
    /// In the first language of the form.
    pub label: String,
}

impl Book {
    /// The names of all lists, in their order.
    pub fn lists(&self) -> Vec<String> {
        let Some(ruled) = self.ruled(Part::Choices) else { return Vec::new() };
        let column = ruled.plain(Column::ListName);
        let mut lists: Vec<String> = Vec::new();
        for name in ruled.below().map(|it| it.cell(column)).filter(|it| !it.is_empty()) {
            if lists.last().is_none_or(|it| it != name) && !lists.iter().any(|it| it == name) {
                lists.push(name.to_owned());
            }
        }
        lists
    }

    /// The list of the choices sheet that a question takes its choices from.
    pub fn list_of(&self, key: u32) -> Option<String> {
        match self.kind(key)?.choices()?.from.clone() {
            Source::List(list) => Some(list),
            Source::File(_) | Source::Question(_) => None,
        }
    }

    /// How many questions take their choices from a list.
    pub fn users_n(&self, list: &str) -> usize {
        self.lines().iter().filter(|it| self.list_of(it.key).as_deref() == Some(list)).count()
    }

    /// What uses a list: questions that take their choices from it, and those whose expressions look something up in it; by what
    /// they say, else by their names.
    pub fn list_users(&self, list: &str) -> Vec<String> {
        let Some(ruled) = self.ruled(Part::Survey) else { return Vec::new() };
        let looks_up = |cell: &String| {
            cell.contains(list)
                && Expression::parse(cell).is_ok_and(|it| it.tables_of("instance").contains(&list))
        };
        let uses = |key: u32| {
            let row = ruled.at(key).map(|it| &ruled.rows[it]);
            self.list_of(key).as_deref() == Some(list) || row.is_some_and(|it| it.cells.iter().any(looks_up))
        };
        let users = self.lines().into_iter().filter(|it| uses(it.key));
        users.map(|it| if it.label.is_empty() { it.name } else { it.label }).collect()
    }

    /// The choices of a list, in their order.
    pub fn choices(&self, list: &str) -> Vec<ChoiceRow> {
        let Some(ruled) = self.ruled(Part::Choices) else { return Vec::new() };
        let (name, label) = (ruled.plain(Column::Name), ruled.plain(Column::Label));
        let rows = ruled.below().filter(|it| it.cell(ruled.plain(Column::ListName)) == list);
        rows.map(|it| ChoiceRow {
            key: it.key,
            name: it.cell(name).to_owned(),
            label: it.cell(label).to_owned(),
        })
        .collect()
    }

    /// A name that no list has.
    pub fn free_list(&self) -> String {
        free("list", &self.lists().into_iter().collect())
    }

    pub(super) fn begin_list(&mut self, list: &str, labels: &[String]) {
        for label in labels {
            self.add_choice(list, label);
        }
    }

    pub(super) fn take_list(&mut self, key: u32, list: &str, choices: &[String]) -> Result<(), Refusal> {
        if list.is_empty() || list.contains(char::is_whitespace) {
            return Err(Refusal::NotAName { name: list.to_owned() });
        }
        let word = match self.kind(key) {
            Some(Kind::SelectOne(_)) => "select_one",
            Some(Kind::SelectMultiple(_)) => "select_multiple",
            Some(Kind::Rank(_)) => "rank",
            Some(_) | None => return Err(Refusal::NoColumn),
        };
        if !self.lists().iter().any(|it| it == list) {
            self.begin_list(list, choices);
        }
        let or_other = self.kind(key).is_some_and(|it| it.choices().is_some_and(|it| it.or_other));
        let other = if or_other { " or_other" } else { "" };
        self.write(Part::Survey, key, Column::Type, "", &format!("{word} {list}{other}"))
    }

    pub(super) fn add_choice(&mut self, list: &str, label: &str) {
        let language = self.first_language();
        let taken: BTreeSet<String> = self.choices(list).into_iter().map(|it| it.name).collect();
        let name = free("c", &taken);
        let columns =
            [(Column::ListName, "", list), (Column::Name, "", &*name), (Column::Label, &*language, label)];
        let mut row = self.row(Vec::new());
        for (column, language, text) in columns {
            row.write(self.place_of(Part::Choices, column, language), text);
        }
        let last = self.choices(list).last().map(|it| it.key);
        let rows = &mut self.table_mut(Part::Choices).rows;
        let place = rows.iter().position(|it| Some(it.key) == last).map_or(rows.len(), |it| it + 1);
        rows.insert(place, row);
    }

    pub(super) fn remove_list(&mut self, list: &str) -> Result<(), Refusal> {
        let users = self.list_users(list);
        if !users.is_empty() {
            return Err(Refusal::ListInUse { users });
        }
        self.take_out(list).map(drop)
    }

    pub(super) fn move_list(&mut self, list: &str, way: Way) -> Result<(), Refusal> {
        let lists = self.lists();
        let at = lists.iter().position(|it| it == list).ok_or(Refusal::Gone)?;
        let other = match way {
            Way::Up => at.checked_sub(1),
            Way::Down => Some(at + 1),
            Way::In | Way::Out => None,
        };
        let other = other.and_then(|it| lists.get(it)).ok_or(Refusal::NoFurther)?;
        let rows = self.take_out(list)?;
        let theirs = self.choices(other);
        let beside = if way == Way::Up { theirs.first() } else { theirs.last() };
        let beside = beside.map(|it| it.key).ok_or(Refusal::Gone)?;
        let all = &mut self.table_mut(Part::Choices).rows;
        let place = all.iter().position(|it| it.key == beside).ok_or(Refusal::Gone)?;
        let place = if way == Way::Up { place } else { place + 1 };
        all.splice(place..place, rows);
        Ok(())
    }

    /// Takes the rows of a list out.
    fn take_out(&mut self, list: &str) -> Result<Vec<Row>, Refusal> {
        let keys: BTreeSet<u32> = self.choices(list).into_iter().map(|it| it.key).collect();
        if keys.is_empty() {
            return Err(Refusal::Gone);
        }
        let rows = &mut self.table_mut(Part::Choices).rows;
        let (taken, left) = std::mem::take(rows).into_iter().partition(|it| keys.contains(&it.key));
        *rows = left;
        Ok(taken)
    }

    pub(super) fn remove_choice(&mut self, key: u32) -> Result<(), Refusal> {
        let place = self.ruled(Part::Choices).and_then(|it| it.at(key)).ok_or(Refusal::Gone)?;
        self.table_mut(Part::Choices).rows.remove(place);
        Ok(())
    }

    pub(super) fn move_choice(&mut self, key: u32, way: Way) -> Result<(), Refusal> {
        let ruled = self.ruled(Part::Choices).ok_or(Refusal::Gone)?;
        let place = ruled.at(key).ok_or(Refusal::Gone)?;
        let list = ruled.rows[place].cell(ruled.plain(Column::ListName)).to_owned();
        let keys: Vec<u32> = self.choices(&list).into_iter().map(|it| it.key).collect();
        let at = keys.iter().position(|it| *it == key).ok_or(Refusal::Gone)?;
        let other = match way {
            Way::Up => at.checked_sub(1),
            Way::Down => Some(at + 1),
            Way::In | Way::Out => None,
        };
        let other = other.and_then(|it| keys.get(it)).ok_or(Refusal::NoFurther)?;
        let rows = &mut self.table_mut(Part::Choices).rows;
        let other = rows.iter().position(|it| it.key == *other).ok_or(Refusal::Gone)?;
        rows.swap(place, other);
        Ok(())
    }
}
