//! The invariants I1 to I6 of `safety.md`; I10 is looked at by [`super::world`] once the line is calm.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    rc::Rc,
};

use domain::{
    changes::Changes,
    envelope::{Hash, RecordKind},
    id::RecordId,
    outbox::OutboxState,
    receipt::{Signature, receipts_bytes},
    sync::{ReceiptState, Receipts},
};
use ed25519_dalek::{Verifier, VerifyingKey};
use server::history::is_held;
use uuid::Uuid;

use super::{
    network::Answer,
    phone::{Phone, Sealed},
    server::{Server, Tables, reach, read_cursor},
};

/// An invariant that did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    pub seed: u64,
    pub step: usize,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, step {}: {}", self.seed, self.step, self.what)
    }
}

/// How far a revision is on its phone: draft, sealed or being sent, stored, backed up, removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Draft,
    Sealed,
    Stored,
    BackedUp,
    Removed,
}

/// What an onlooker remembers.
#[derive(Default)]
pub struct Checker {
    /// Everything that was ever durable on a phone, as it was made, and whose.
    made: BTreeMap<Hash, (usize, Sealed)>,
    stages: BTreeMap<Hash, Stage>,
    epochs: BTreeMap<usize, String>,
    cursors: BTreeMap<usize, (String, i64)>,
    /// What a phone was told is stored, by a signature that it can check.
    told: BTreeSet<(usize, Hash)>,
    rows: BTreeMap<(RecordId, Hash), Rc<[u8]>>,
    /// The furthest cursor that was given out in a stretch of history.
    given: BTreeMap<Uuid, i64>,
    latest_change: i64,
    /// Let go of because of its age, in no backup: a restore may lose it.
    aged: BTreeSet<Hash>,
    pub stored_n: usize,
    pub removed_n: usize,
    pub epochs_n: usize,
}

impl Checker {
    /// Notes what was made; a draft counts from when it is durable.
    pub fn made(&mut self, phone: usize, sealed: Sealed) {
        self.made.insert(sealed.item.hash, (phone, sealed));
    }

    /// I1 and I5: what the server says as it says it.
    pub fn said(&mut self, server: &Server, answer: &Answer) -> Result<(), String> {
        let tables = server.tables.durable();
        if let Ok(receipts) = serde_json::from_slice::<Receipts>(&answer.body) {
            for receipt in &receipts.receipts {
                if matches!(receipt.state, ReceiptState::Refused { .. }) {
                    continue;
                }
                let row = tables.rows.iter().find(|it| it.hash == receipt.hash);
                let made = self.made.get(&receipt.hash);
                let same = row.zip(made).is_some_and(|(row, (_, made))| row.bytes == made.envelope);
                if !same {
                    return Err(format!("I1: {} was acknowledged and is not durable", receipt.hash));
                }
                let stored = matches!(receipt.state, ReceiptState::Stored | ReceiptState::BackedUp);
                let bytes_missing = made.is_some_and(|(_, made)| !has_bytes(server, made));
                if stored && bytes_missing {
                    return Err(format!("I1: {} is stored and its bytes are not durable", receipt.hash));
                }
            }
        } else if let Ok(page) = serde_json::from_slice::<Changes>(&answer.body)
            && let Some((cursor, sequence)) = read_cursor(&page.cursor)
        {
            if sequence > tables.latest_change {
                return Err(format!("I5: a cursor at {sequence} is past {}", tables.latest_change));
            }
            let given = self.given.entry(cursor.life).or_default();
            *given = sequence.max(*given);
        }
        Ok(())
    }

    /// Notes what a phone is told, if it can know that the server says it.
    pub fn heard(&mut self, n: usize, phone: &Phone, answer: &Answer) {
        let (Ok(receipts), Some(key)) =
            (serde_json::from_slice::<Receipts>(&answer.body), phone.disk.durable().key)
        else {
            return;
        };
        let signature = receipts.signature.and_then(|it| it.parse::<Signature>().ok());
        let signed = signature.is_some_and(|it| {
            let signature = ed25519_dalek::Signature::from_bytes(&it.0);
            let bytes = receipts_bytes(&receipts.receipts, receipts.mark.as_deref());
            VerifyingKey::from_bytes(&key.0).is_ok_and(|it| it.verify(&bytes, &signature).is_ok())
        });
        if signed && phone.checks && answer.ours {
            let stored = receipts
                .receipts
                .iter()
                .filter(|it| matches!(it.state, ReceiptState::Stored | ReceiptState::BackedUp));
            self.told.extend(stored.map(|it| (n, it.hash)));
        }
    }

    /// Everything else, after each step.
    pub fn look(&mut self, phones: &mut [Phone], server: &Server, restored: bool) -> Result<(), String> {
        let tables = server.tables.durable();
        if restored {
            self.rows.clear();
            self.latest_change = tables.latest_change;
        }
        self.look_at_rows(tables)?;
        for (n, phone) in phones.iter_mut().enumerate() {
            self.aged.extend(phone.aged.drain(..));
            self.look_at_phone(n, phone, tables)?;
        }
        self.look_for_losses(phones, server)
    }

    /// I3, I4 and the second half of I5.
    fn look_at_rows(&mut self, tables: &Tables) -> Result<(), String> {
        let mut here = BTreeSet::new();
        for row in &tables.rows {
            let key = (row.record, row.hash);
            if !here.insert(key) {
                return Err(format!("I3: {} is here twice", row.hash));
            }
            let before = self.rows.entry(key).or_insert_with(|| Rc::clone(&row.bytes));
            if *before != row.bytes {
                return Err(format!("I4: {} changed", row.hash));
            }
        }
        if here.len() != self.rows.len() {
            return Err("I4: a revision is gone".to_owned());
        }
        let life = tables.lives.last().map_or(Uuid::nil(), |it| it.0);
        let given = self.given.get(&life).copied().unwrap_or_default();
        for (sequence, visit) in tables.changes.range(self.latest_change + 1..) {
            if *sequence <= given {
                return Err(format!("I5: {visit} appears at {sequence}, behind a cursor at {given}"));
            }
        }
        self.latest_change = tables.latest_change;
        Ok(())
    }

    /// I2, I6 and the phone's half of I5.
    fn look_at_phone(&mut self, n: usize, phone: &Phone, tables: &Tables) -> Result<(), String> {
        let disk = phone.disk.durable();
        if !disk.outbox.keys().eq(disk.envelopes.keys()) {
            return Err(format!("I6: phone {n} has items and envelopes that do not match"));
        }
        let epoch = disk.history.epoch().to_owned();
        let another = self.epochs.insert(n, epoch.clone()).is_some_and(|it| it != epoch);
        self.epochs_n += usize::from(another);
        let drafts: BTreeSet<Hash> = disk.drafts.values().flatten().map(|it| it.item.hash).collect();
        for (hash, (owner, made)) in &self.made {
            if *owner != n {
                continue;
            }
            let before = self.stages.get(hash).copied();
            let stage = match (drafts.contains(hash), disk.outbox.get(hash)) {
                (true, Some(_)) => return Err(format!("I6: {hash} is a draft and sealed")),
                (true, None) => Stage::Draft,
                (false, Some(item)) => match item.state {
                    OutboxState::Stored { .. } => Stage::Stored,
                    OutboxState::BackedUp => Stage::BackedUp,
                    _ => Stage::Sealed,
                },
                // A draft that never was durable.
                (false, None) if before.is_none() => continue,
                (false, None) => Stage::Removed,
            };
            if disk.envelopes.get(hash).is_some_and(|it| *it != made.envelope) {
                return Err(format!("I6: {hash} changed on phone {n}"));
            }
            if before.is_some_and(|it| stage < it && !(another && it < Stage::Removed)) {
                return Err(format!("I6: {hash} went from {before:?} to {stage:?}"));
            }
            if stage == Stage::Removed && before != Some(stage) {
                self.removed_n += 1;
                if !self.told.contains(&(n, *hash)) {
                    return Err(format!("I2: {hash} was removed from phone {n} without a receipt"));
                }
            }
            self.stored_n += usize::from(stage == Stage::Stored && before < Some(stage));
            self.stages.insert(*hash, stage);
        }
        self.look_at_cursor(n, phone, tables)
    }

    fn look_at_cursor(&mut self, n: usize, phone: &Phone, tables: &Tables) -> Result<(), String> {
        let disk = phone.disk.durable();
        let Some((cursor, position)) = disk.cursor.as_deref().and_then(read_cursor) else { return Ok(()) };
        let before = self.cursors.insert(n, (cursor.epoch.clone(), position));
        if before.is_some_and(|it| it.0 == cursor.epoch && it.1 > position) {
            return Err(format!("I5: the cursor of phone {n} went back"));
        }
        // Of another history, it is worth nothing, and the server will see that.
        let held = cursor.epoch == tables.epoch
            && is_held(&tables.epoch, &tables.past, reach(tables, cursor.life), &cursor);
        let missed = tables.changes.range(..=position).find(|(_, it)| !disk.visits.contains_key(it));
        match missed {
            Some((sequence, _)) if held => {
                Err(format!("I5: phone {n} is at {position} and has never seen {sequence}"))
            }
            _ => Ok(()),
        }
    }

    /// Whatever was ever kept on a phone is there or with the server, byte for byte.
    fn look_for_losses(&self, phones: &[Phone], server: &Server) -> Result<(), String> {
        let rows = &server.tables.durable().rows;
        for (hash, stage) in &self.stages {
            let (n, made) = &self.made[hash];
            if *stage == Stage::Removed && !self.aged.contains(hash) {
                let here = rows.iter().any(|it| it.hash == *hash && it.bytes == made.envelope);
                if !here || !has_bytes(server, made) {
                    return Err(format!("I1: {hash} is lost"));
                }
            }
            let disk = phones[*n].disk.durable();
            if let Some((item, bytes)) = &made.media
                && matches!(stage, Stage::Sealed | Stage::Stored | Stage::BackedUp)
                && disk.slices.get(&item.id) != Some(bytes)
            {
                return Err(format!("I2: the bytes of {hash} went before it"));
            }
        }
        Ok(())
    }

    /// Of what was made and is not lost as a draft: whose it is, and how it was made.
    pub fn all(&self) -> impl Iterator<Item = &Sealed> {
        self.stages.iter().filter(|(_, stage)| **stage != Stage::Draft).map(|(hash, _)| &self.made[hash].1)
    }
}

/// Whether the server has the bytes that belong to a record, durably.
fn has_bytes(server: &Server, made: &Sealed) -> bool {
    let Some((item, bytes)) = &made.media else { return made.item.kind != RecordKind::Attachment };
    let done = server.tables.durable().uploads.get(&item.id).is_some_and(|it| it.done);
    done && server.files.durable().get(&Hash::of(bytes)) == Some(bytes)
}
