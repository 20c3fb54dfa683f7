//! Assignments: this unit should visit this respondent by this date.

use domain::{
    changes::Assignment,
    id::{AssignmentId, RespondentId},
};
use sqlx::Row;

use super::Connection;

const CARD: &str = "select assignment.id, respondent, due_on, note, done_visit from assignment
    join respondent on respondent.id = assignment.respondent
    where assignment.id = $1 and cancelled_at is null and respondent.removed_at is null";

/// An assignment as a phone holds it; `None` when it was cancelled.
pub async fn card(db: &mut Connection, id: AssignmentId) -> sqlx::Result<Option<Assignment>> {
    let row = sqlx::query(CARD).bind(id.0).fetch_optional(db).await?;
    Ok(row.map(|row| Assignment {
        id: AssignmentId(row.get("id")),
        respondent: RespondentId(row.get("respondent")),
        due_on: row.get("due_on"),
        note: row.get("note"),
        done: row.get::<Option<Vec<u8>>, _>("done_visit").is_some(),
    }))
}
