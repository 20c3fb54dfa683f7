//! The one place that acknowledges. It speaks only of what has been committed.

use domain::sync::{Receipt, ReceiptState};

use crate::{intake::Taken, store, store::Connection};

/// The receipts of what a committed transaction took in, in the same order.
///
/// # Errors
///
/// When the database cannot be read; then nothing is acknowledged and the phone sends again.
pub async fn acknowledge(db: &mut Connection, taken: &[Taken]) -> sqlx::Result<Vec<Receipt>> {
    let epoch = store::meta::get(db, store::meta::EPOCH).await?.unwrap_or_default();
    let receipt = |taken: &Taken| match *taken {
        Taken::Refused { hash, reason } => Receipt {
            record: None,
            hash,
            state: ReceiptState::Refused { reason },
            epoch: epoch.clone(),
            sequence: 0,
        },
        Taken::Kept { record, hash, sequence, state } => Receipt {
            record: Some(record),
            hash,
            state,
            epoch: epoch.clone(),
            sequence: sequence.unsigned_abs(),
        },
    };
    Ok(taken.iter().map(receipt).collect())
}
