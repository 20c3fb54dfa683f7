//! What a further version does to the columns that are there.

use serde::{Deserialize, Serialize};

use super::{Layout, Several};
use crate::questionnaire::{Questionnaire, sheets::type_word_of};

/// A column that another version changes. None of them moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColumnChange {
    /// Groups, question and choice by their names, that of the repeat in front.
    pub column: String,
    pub change: Change,
}

/// What happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = WhatColumnBecomes))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new, behind all that were there.
    Added,
    /// It stays with what was answered; nothing is added to it.
    Ended,
    /// It was ended, and is asked again.
    Resumed,
    /// Another type is asked for: the answers in it are of two kinds.
    Retyped,
}

/// What `next` does to the columns of the versions before it, the oldest first; nothing where there are none.
pub fn changes(before: &[&Questionnaire], next: &Questionnaire) -> Vec<ColumnChange> {
    let Some(latest) = before.len().checked_sub(1) else { return Vec::new() };
    let all: Vec<&Questionnaire> = before.iter().copied().chain([next]).collect();
    let layout = Layout::of(&all, Several::Both);
    let mut changes = Vec::new();
    for table in &layout.tables {
        for column in &table.columns {
            let in_next = column.versions.get(&(latest + 1));
            let earlier = column.versions.range(..=latest).next_back();
            let change = match (earlier, in_next) {
                (None, _) => Change::Added,
                (Some((version, _)), None) if *version == latest => Change::Ended,
                (Some(_), None) => continue,
                (Some((version, number)), Some(next_number)) => {
                    let (was, is) = (all[*version].question(*number), next.question(*next_number));
                    if type_word_of(was) != type_word_of(is) {
                        Change::Retyped
                    } else if *version < latest {
                        Change::Resumed
                    } else {
                        continue;
                    }
                }
            };
            let path = super::headers::full_path(column);
            let column = table.path.iter().chain([&path]).cloned().collect::<Vec<_>>().join("/");
            changes.push(ColumnChange { column, change });
        }
    }
    changes
}
