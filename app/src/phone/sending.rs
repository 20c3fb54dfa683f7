//! From a draft to the outbox: freezing, and what the outbox keeps.

use domain::{
    draft::{Draft, Frozen},
    outbox::{OutboxItem, OutboxState},
};

use crate::{
    clock,
    local::{LocalError, Table, Write},
    phone::{Phone, media, open_draft::OpenDraft, sync, visits},
    prelude::*,
};

/// Keys of what the server has not confirmed, followed by when it was frozen.
pub const OWED: &str = "o/";
/// Keys of what it has.
const SETTLED: &str = "s/";

/// The key of an item in its present state.
pub fn key(item: &OutboxItem) -> String {
    let prefix = if matches!(item.state, OutboxState::Stored { .. }) { SETTLED } else { OWED };
    format!("{prefix}{:013}/{}/{}", item.frozen_at.max(0), item.record, item.hash)
}

/// The key of an item's envelope.
pub fn envelope_key(item: &OutboxItem) -> String {
    format!("{}/{}", item.record, item.hash)
}

/// Freezes an open draft and puts it into the outbox, in one transaction: it is sent as a whole or
/// stays a draft as a whole.
///
/// # Errors
///
/// When the phone could not keep it; then it is a draft still.
pub async fn send(phone: Phone, open: OpenDraft) -> Result<(), LocalError> {
    open.keep().await;
    open.close();
    let mut draft = open.draft.get_untracked();
    let kept = send_draft(phone, &mut draft).await;
    if kept.is_err() {
        open.reopen();
    }
    kept
}

/// The same for a draft that is not open: a withdrawal, a proposed category.
///
/// # Errors
///
/// When the phone could not keep it; then nothing has changed.
pub async fn send_draft(phone: Phone, draft: &mut Draft) -> Result<(), LocalError> {
    let now = clock::now();
    if !draft.was_sent() {
        draft.visit.value.ended_at = Some(now);
    }
    draft.changed_at = now;
    let frozen = draft.freeze(now);
    let mut writes: Vec<Write> = frozen.iter().flat_map(kept).collect();
    writes.extend(media::freeze(phone, draft).await?);
    writes.push(Write::json(Table::Sent, draft.id(), draft));
    writes.push(Write::Delete { table: Table::Draft, key: visits::key(draft.id()) });
    phone.keep(&writes).await?;
    phone.read_all().await;
    sync::wake(phone);
    Ok(())
}

fn kept(frozen: &Frozen) -> [Write; 2] {
    let envelope = frozen.envelope.clone();
    [
        Write::Put { table: Table::Envelope, key: envelope_key(&frozen.item), bytes: envelope },
        Write::json(Table::Outbox, key(&frozen.item), &frozen.item),
    ]
}

/// What turns `before` into `after` in the outbox.
pub fn moved(before: &OutboxItem, after: &OutboxItem) -> Vec<Write> {
    let (from, to) = (key(before), key(after));
    let put = Write::json(Table::Outbox, &to, after);
    if from == to { vec![put] } else { vec![Write::Delete { table: Table::Outbox, key: from }, put] }
}

/// Offers everything that is held again: the server's history is another.
///
/// # Errors
///
/// When the store cannot be read or written.
pub async fn offer_all_again(phone: Phone) -> Result<(), LocalError> {
    let settled = phone.database()?.all(Table::Outbox, SETTLED).await?;
    for (_, bytes) in settled {
        let Ok(before) = crate::json::read::<OutboxItem>(&bytes) else { continue };
        let after = OutboxItem { state: OutboxState::Waiting, ..before.clone() };
        phone.keep(&moved(&before, &after)).await?;
    }
    media::offer_all_again(phone).await
}

/// Drops envelopes that were confirmed before `before`.
///
/// # Errors
///
/// When the store cannot be read or written.
pub async fn sweep(phone: Phone, before: i64) -> Result<(), LocalError> {
    let mut writes = Vec::new();
    for (key, bytes) in phone.database()?.all(Table::Outbox, SETTLED).await? {
        let Ok(item) = crate::json::read::<OutboxItem>(&bytes) else { continue };
        if matches!(item.state, OutboxState::Stored { at } if at < before) {
            writes.push(Write::Delete { table: Table::Envelope, key: envelope_key(&item) });
            writes.push(Write::Delete { table: Table::Outbox, key });
        }
    }
    phone.keep(&writes).await
}
