//! From a draft to the outbox: freezing, and what the outbox keeps.

use domain::{
    draft::{Draft, Frozen},
    envelope::RecordKind,
    id::RecordId,
    outbox::{Fate, OutboxItem},
    visit::VisitError,
};

use crate::{
    clock,
    local::{self, Database, LocalError, Table, Write},
    phone::{Phone, media, open_draft::OpenDraft, sync, visits},
};

/// Keys of what the server has not confirmed, followed by when it was frozen.
pub const OWED: &str = "o/";
/// Keys of what it has.
pub const SETTLED: &str = "s/";

/// The key of an item in its present state.
pub fn key(item: &OutboxItem) -> String {
    let prefix = if item.state.is_settled() { SETTLED } else { OWED };
    format!("{prefix}{:013}/{}/{}", item.frozen_at.max(0), item.record, item.hash)
}

/// The key of an item's envelope.
pub fn envelope_key(item: &OutboxItem) -> String {
    format!("{}/{}", item.record, item.hash)
}

/// Freezes an open draft and puts it into the outbox, in one transaction: it is sent as a whole or
/// stays a draft as a whole. Answers whether this very call sent it: a second tap sends nothing.
///
/// # Errors
///
/// When the phone could not keep it; then it is a draft still.
pub async fn send(phone: Phone, open: OpenDraft) -> Result<bool, LocalError> {
    if !open.begin_sending() {
        return Ok(false);
    }
    media::settled().await;
    let Some(taken) = open.close().await else { return Ok(false) };
    let mut draft = taken.draft.clone();
    let sent = freeze(&taken.database, &mut draft, taken.besides.clone()).await;
    let kept = match sent {
        Ok(writes) => phone.keep_in(&taken.database, &writes).await,
        Err(cause) => Err(cause),
    };
    if let Err(cause) = kept {
        open.reopen(taken);
        return Err(cause);
    }
    drop(taken);
    phone.read_all().await;
    sync::wake(phone);
    Ok(true)
}

/// Everything that sending a draft changes in the store.
async fn freeze(
    database: &Database,
    draft: &mut Draft,
    mut writes: Vec<Write>,
) -> Result<Vec<Write>, LocalError> {
    let now = clock::now();
    writes.extend(media::freeze(database, draft).await?);
    if !draft.was_sent() && draft.visit.value.ended_at.is_none() {
        draft.visit.value.ended_at = Some(now);
    }
    draft.changed_at = now;
    writes.extend(draft.freeze(now).iter().flat_map(kept));
    writes.push(Write::json(Table::Sent, draft.id(), draft));
    writes.push(Write::Delete { table: Table::Draft, key: visits::key(draft.id()) });
    Ok(writes)
}

/// Why a visit was not withdrawn.
pub enum NotWithdrawn {
    Visit(VisitError),
    Local(LocalError),
}

impl From<LocalError> for NotWithdrawn {
    fn from(cause: LocalError) -> Self {
        Self::Local(cause)
    }
}

/// Withdraws a visit that was sent. An unfinished amendment stays, and says from now on that it is withdrawn.
///
/// # Errors
///
/// [`NotWithdrawn`]; then nothing has changed.
pub async fn withdraw(phone: Phone, visit: RecordId, reason: String) -> Result<(), NotWithdrawn> {
    let database = phone.database()?;
    let name = format!("draft-{visit}");
    let Some(_lock) = local::lock_soon(&name).await else { return Err(LocalError::Blocked.into()) };
    let Some(mut sent) = visits::sent(phone, visit).await? else { return Ok(()) };
    sent.visit.value.withdrawn = Some(reason.clone());
    sent.visit.value.check().map_err(NotWithdrawn::Visit)?;
    let now = clock::now();
    sent.changed_at = now;
    let mut writes: Vec<Write> = sent.freeze(now).iter().flat_map(kept).collect();
    writes.push(Write::json(Table::Sent, visit, &sent));
    if let Some(mut amendment) = visits::draft(phone, visit).await? {
        amendment.visit.sent.clone_from(&sent.visit.sent);
        amendment.visit.value.withdrawn = Some(reason);
        writes.push(Write::json(Table::Draft, visits::key(visit), &amendment));
    }
    phone.keep_in(&database, &writes).await?;
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

/// What becomes of the items whose keys begin with `prefix`: offered again, or let go of with envelope and the bytes
/// of a voice or photo.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn judged(
    database: &Database,
    prefix: &str,
    fate: &dyn Fn(&OutboxItem) -> Fate,
) -> Result<Vec<Write>, LocalError> {
    let mut writes = Vec::new();
    for (key, bytes) in database.all(Table::Outbox, prefix).await? {
        let Ok(item) = crate::json::read::<OutboxItem>(&bytes) else { continue };
        match fate(&item) {
            Fate::Stays => {}
            Fate::Again => writes.extend(moved(&item, &item.again())),
            Fate::Goes => {
                writes.push(Write::Delete { table: Table::Envelope, key: envelope_key(&item) });
                writes.push(Write::Delete { table: Table::Outbox, key });
                if item.kind == RecordKind::Attachment {
                    writes.extend(media::forget(item.record));
                }
            }
        }
    }
    Ok(writes)
}

/// Whether the server has confirmed a record.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn is_settled(database: &Database, record: RecordId) -> Result<bool, LocalError> {
    let part = format!("/{record}/");
    Ok(database.all(Table::Outbox, SETTLED).await?.iter().any(|(key, _)| key.contains(&part)))
}
