//! Drafts that were left with a write under way: they stay in memory until they are on disk.

use std::cell::RefCell;

use domain::{draft::Draft, id::RecordId};

use crate::{
    clock,
    i18n::text,
    local::{self, Database, LocalError, Lock, TRIES, TRY_EVERY_MS, Table, Write},
    parts::toast,
    phone::{Phone, media, visits},
};

/// After a failure it is tried again this often, in milliseconds.
const AGAIN_AFTER_MS: i32 = 3_000;

/// A draft without a screen, and what is kept with it.
pub struct Left {
    pub draft: Draft,
    pub database: Database,
    /// Kept in the transaction of the draft.
    pub besides: Vec<Write>,
    pub dirty: bool,
    pub lock: Lock,
}

thread_local! {
    static LEFT: RefCell<Vec<Left>> = const { RefCell::new(Vec::new()) };
}

/// Takes a draft that was left in this window, with its lock.
pub fn take(visit: RecordId) -> Option<Left> {
    LEFT.with_borrow_mut(|all| {
        let index = all.iter().position(|it| it.draft.id() == visit)?;
        Some(all.remove(index))
    })
}

impl Left {
    fn writes(&self) -> Vec<Write> {
        let mut writes = self.besides.clone();
        if self.dirty {
            writes.push(Write::json(Table::Draft, visits::key(self.draft.id()), &self.draft));
        }
        writes
    }
}

/// Keeps a draft that has no screen; what cannot be kept now stays in memory, is said, and is tried again.
/// Only then may other windows have it.
pub async fn keep(phone: Phone, left: Left) {
    let visit = left.draft.id();
    LEFT.with_borrow_mut(|it| it.push(left));
    loop {
        let now = LEFT.with_borrow(|all| {
            let one = all.iter().find(|it| it.draft.id() == visit)?;
            Some((one.database.clone(), one.writes()))
        });
        // A screen has it again.
        let Some((database, writes)) = now else { return };
        if writes.is_empty() {
            break;
        }
        match phone.keep_in(&database, &writes).await {
            Ok(()) => LEFT.with_borrow_mut(|all| {
                let one = all.iter_mut().find(|it| it.draft.id() == visit && it.writes() == writes);
                if let Some(one) = one {
                    one.besides.clear();
                    one.dirty = false;
                }
            }),
            Err(cause) => {
                toast::say((text().visitor.local_error)(&cause));
                local::wait(AGAIN_AFTER_MS).await;
            }
        }
    }
    media::settled().await;
    drop(take(visit));
    phone.read_all().await;
}

/// Changes a draft wherever it is: on the screen, left a moment ago, or at rest in the store; `besides` is
/// kept in the same transaction. A visit that was sent or deleted meanwhile stays as it is.
///
/// # Errors
///
/// When it cannot be read or kept.
pub async fn change(
    phone: Phone,
    visit: RecordId,
    besides: Vec<Write>,
    change: impl FnOnce(&mut Draft),
) -> Result<(), LocalError> {
    for _ in 0..TRIES {
        if let Some(open) = super::open_draft::on_screen(visit) {
            open.edit_with(change, besides);
            return open.keep().await;
        }
        let mut left = if let Some(left) = take(visit) {
            left
        } else if let Some(lock) = local::try_lock(&format!("draft-{visit}")).await {
            let Some(draft) = visits::draft(phone, visit).await? else { return Ok(()) };
            Left { draft, database: phone.database()?, besides: Vec::new(), dirty: false, lock }
        } else {
            // A screen of this window may be about to have it: it is looked for there again.
            local::wait(TRY_EVERY_MS).await;
            continue;
        };
        change(&mut left.draft);
        left.draft.changed_at = clock::now();
        left.besides.extend(besides);
        left.dirty = true;
        leptos::task::spawn_local(keep(phone, left));
        return Ok(());
    }
    Err(LocalError::Blocked)
}
