//! What an installation decides for itself.

use domain::release::Cell;

use crate::{auth::Rules, looks, retention::Retention};

/// Limits that `zoufang serve` takes from its options; in tests and in other commands as they are by default.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// What is asked of whoever signs in.
    pub rules: Rules,
    /// How many names, voices and photos one person may open a day.
    pub reveals_a_day: u32,
    /// How many households or firms must stand behind an issue that is released.
    pub group_least: Cell,
    /// How long recordings and photos are kept; for good by default.
    pub retention: Retention,
    /// For how long scheduled backups hold what was here, in milliseconds; `None` without any.
    pub backups_ms: Option<i64>,
    /// 线索不上网: phones neither keep nor send a clue, but show a sealed slip for a messenger.
    pub clues_on_paper: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            reveals_a_day: looks::A_DAY,
            group_least: Cell::LEAST,
            retention: Retention::default(),
            backups_ms: None,
            clues_on_paper: false,
        }
    }
}
