//! What an installation decides for itself.

use crate::looks;

/// Limits that `zoufang serve` takes from its options; in tests and in other commands as they are by default.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How many names, voices and photos one person may open a day.
    pub reveals_a_day: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { reveals_a_day: looks::A_DAY }
    }
}
