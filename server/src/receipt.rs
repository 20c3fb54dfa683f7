//! The one place that acknowledges. It speaks only of what has been committed.

use domain::{
    envelope::RecordKind,
    sync::{Receipt, ReceiptState},
};

use crate::{intake::Taken, store, store::Connection};

/// The receipts of what a committed transaction took in, in the same order.
///
/// # Errors
///
/// When the database cannot be read; then nothing is acknowledged and the phone sends again.
pub async fn acknowledge(db: &mut Connection, taken: &[Taken]) -> sqlx::Result<Vec<Receipt>> {
    let epoch = store::meta::get(db, store::meta::EPOCH).await?.unwrap_or_default();
    let mut receipts = Vec::with_capacity(taken.len());
    for taken in taken {
        receipts.push(match *taken {
            Taken::Refused { hash, reason } => Receipt {
                record: None,
                hash,
                state: ReceiptState::Refused { reason },
                epoch: epoch.clone(),
                sequence: 0,
            },
            Taken::Kept { header_id, hash, sequence, parked } => Receipt {
                record: Some(header_id),
                hash,
                state: match parked {
                    Some(reason) => ReceiptState::Parked { reason },
                    None => state(db, header_id).await?,
                },
                epoch: epoch.clone(),
                sequence: sequence.unsigned_abs(),
            },
        });
    }
    Ok(receipts)
}

/// A visit and an attachment are stored when everything that belongs to them is.
async fn state(db: &mut Connection, record: domain::id::RecordId) -> sqlx::Result<ReceiptState> {
    let Some(found) = store::records::get(db, record).await? else { return Ok(ReceiptState::Incomplete) };
    let complete = match found.kind {
        RecordKind::Identity | RecordKind::Statement => true,
        RecordKind::Visit => store::visits::is_complete(db, record).await?,
        RecordKind::Attachment => store::attachments::is_stored(db, record).await?,
    };
    Ok(if complete { ReceiptState::Stored } else { ReceiptState::Incomplete })
}
