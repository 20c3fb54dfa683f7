//! What one person proposes and another decides about: the columns that all such tables have.

use domain::sign_off::{SignOff, SignOffState};

use super::engine::Row;

/// What a row says of it; `proposer` and `decider` are names. `None` where its state is no word of ours.
pub fn read(row: &Row) -> Option<SignOff> {
    Some(SignOff {
        id: row.get("id"),
        state: SignOffState::from_word(row.get("state"))?,
        proposed_at: row.get("proposed_at"),
        proposed_by: row.get("proposer"),
        own: false,
        reason: row.get("reason"),
        decided_at: row.get("decided_at"),
        decided_by: row.get("decider"),
        returned: row.get("returned"),
        backups_until: None,
    })
}
