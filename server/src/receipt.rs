//! The one place that acknowledges. It speaks only of what has been committed, and signs what it says.

use domain::{
    receipt::{backed_up_bytes, receipts_bytes},
    sync::{Receipt, ReceiptState, Receipts},
};

use crate::{
    App,
    history::Mark,
    intake::Taken,
    store::{self, Connection, lives::Standing},
};

/// The receipts of what a committed transaction took in, in the same order, signed.
pub fn acknowledge(app: &App, standing: &Standing, taken: &[Taken]) -> Receipts {
    let Standing { epoch, change, revision, backed_up_to } = standing;
    let mark = Mark { epoch: epoch.clone(), life: app.life, sequence: *change, revision: *revision };
    let mut receipts = Vec::with_capacity(taken.len());
    for taken in taken {
        receipts.push(match *taken {
            Taken::Refused { hash, reason } => Receipt {
                record: None,
                hash,
                state: ReceiptState::Refused { reason },
                epoch: mark.epoch.clone(),
                sequence: 0,
            },
            Taken::Kept { record, hash, sequence, parked, complete } => {
                let sequence = sequence.unsigned_abs();
                Receipt {
                    record: Some(record),
                    hash,
                    state: ReceiptState::of(parked, complete, sequence, backed_up_to.unsigned_abs()),
                    epoch: mark.epoch.clone(),
                    sequence,
                }
            }
        });
    }
    let mark = mark.text();
    let signature = Some(app.receipt_key.sign(&receipts_bytes(&receipts, Some(&mark))).to_string());
    Receipts { receipts, signature, mark: Some(mark) }
}

/// Revisions up to this place in the order of arrival are backed up, with all their bytes.
///
/// # Errors
///
/// The database's.
pub async fn backed_up_to(db: &mut Connection) -> sqlx::Result<u64> {
    Ok(store::meta::backed_up_to(db).await?.unsigned_abs())
}

/// The signature by which phones believe how far backups reach.
pub fn sign_backed_up(app: &App, epoch: &str, backed_up_to: u64) -> domain::receipt::Signature {
    app.receipt_key.sign(&backed_up_bytes(epoch, backed_up_to))
}
