//! The draft that is open: kept within 300 ms of a key, in one window only.

use std::{cell::Cell, time::Duration};

use domain::{draft::Draft, id::RecordId};
use leptos::{ev, task::spawn_local};

use crate::{
    clock,
    local::{self, Database, LocalError, Lock, Table, Write},
    phone::{
        Phone,
        left::{self, Left},
        media, visits,
    },
    prelude::*,
};

/// A change is on its way to disk after this long, in milliseconds.
const KEEP_AFTER_MS: u64 = 250;
/// After a failure it is tried again this often, in milliseconds.
const AGAIN_AFTER_MS: u64 = 3_000;
/// A write that takes longer is said, in milliseconds.
const LATE_AFTER_MS: u64 = 1_000;

/// A write under way is waited for in steps of this length, in milliseconds.
const WRITING_MS: i32 = 20;

/// Whether what stands on the screen is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The last keys are being written; all before is on disk since then, in milliseconds since 1970.
    Saving(i64),
    /// The same, for longer than anyone should wait.
    Late,
    /// On disk since then, in milliseconds since 1970.
    At(i64),
    /// Not kept; what was kept before still is.
    Not(LocalError),
}

/// The open draft, a context of the screens that write in it.
#[derive(Clone, Copy)]
pub struct OpenDraft {
    phone: Phone,
    pub draft: RwSignal<Draft>,
    pub kept: RwSignal<Kept>,
    pen: StoredValue<Pen, LocalStorage>,
}

struct Pen {
    /// Where it is kept, whoever is signed in by then.
    database: Database,
    /// Held as long as this window writes.
    lock: Option<Lock>,
    /// What is kept in the same transaction as the next state of the draft.
    besides: Vec<Write>,
    dirty: bool,
    timed: bool,
    writing: bool,
    /// Being sent: a second tap sends nothing.
    sending: bool,
    /// Sent or deleted: nothing is written any more.
    done: bool,
}

thread_local! {
    static ON_SCREEN: Cell<Option<OpenDraft>> = const { Cell::new(None) };
}

/// The draft of `visit`, if a screen of this window has it open.
pub fn on_screen(visit: RecordId) -> Option<OpenDraft> {
    let open = ON_SCREEN.get()?;
    let same = open.draft.try_with_untracked(Draft::id) == Some(visit);
    (same && open.pen.try_with_value(|pen| !pen.done) == Some(true)).then_some(open)
}

/// What came of opening.
pub enum Opening {
    Opened(Box<Left>),
    /// Another window has it open.
    Elsewhere,
    /// There is no such draft.
    Gone,
    Failed(LocalError),
}

/// Takes a draft for this window, with the recordings that a kill cut off.
pub async fn open(phone: Phone, visit: RecordId) -> Opening {
    if let Some(left) = left::take(visit) {
        return Opening::Opened(Box::new(left));
    }
    let Some(lock) = local::lock_soon(&format!("draft-{visit}")).await else { return Opening::Elsewhere };
    let opened = async {
        let database = phone.database()?;
        let Some(mut draft) = visits::draft(phone, visit).await? else { return Ok(None) };
        let besides = media::recover(&database, &mut draft).await?;
        let dirty = !besides.is_empty();
        Ok(Some(Left { draft, database, besides, dirty, lock }))
    };
    match opened.await {
        Ok(Some(left)) => Opening::Opened(Box::new(left)),
        Ok(None) => Opening::Gone,
        Err(cause) => Opening::Failed(cause),
    }
}

impl OpenDraft {
    /// Puts a draft on the screen. Call it within the owner that is to hold it.
    pub fn new(phone: Phone, taken: Left) -> Self {
        let Left { draft, database, besides, dirty, lock } = taken;
        let kept = RwSignal::new(Kept::At(draft.changed_at));
        let pen = Pen {
            database,
            lock: Some(lock),
            besides,
            dirty,
            timed: false,
            writing: false,
            sending: false,
            done: false,
        };
        let open = Self { phone, draft: RwSignal::new(draft), kept, pen: StoredValue::new_local(pen) };
        ON_SCREEN.set(Some(open));
        phone.status.draft_open.set(true);
        local::before_closing(|| {
            Box::pin(async {
                if let Some(open) = ON_SCREEN.get() {
                    // Why it was not kept stands on the screen.
                    let _ = open.keep().await;
                }
            })
        });
        if dirty {
            open.keep_now();
        }
        let now = move || open.keep_now();
        let hidden = window_event_listener(ev::visibilitychange, move |_| now());
        let left = window_event_listener(ev::pagehide, move |_| now());
        on_cleanup(move || {
            hidden.remove();
            left.remove();
            phone.status.draft_open.set(false);
            open.put_down();
        });
        open
    }

    /// Changes the draft and what shows it.
    pub fn edit(self, change: impl FnOnce(&mut Draft)) {
        self.edit_with(change, Vec::new());
    }

    /// The same; `besides` is kept in the transaction that keeps the change.
    pub fn edit_with(self, change: impl FnOnce(&mut Draft), besides: Vec<Write>) {
        // The screen may have been left in the meantime.
        if self.draft.try_update(change).is_some() {
            self.pen.try_update_value(|pen| pen.besides.extend(besides));
            self.touch();
        }
    }

    /// Takes in what was typed into a field that shows it already: nothing is drawn anew.
    pub fn write(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update_untracked(change);
        self.touch();
    }

    fn touch(self) {
        let timed = self.pen.try_update_value(|pen| {
            pen.dirty = true;
            std::mem::replace(&mut pen.timed, true)
        });
        // From the first key on, "kept" would not be true any more.
        if let Some(Kept::At(at)) = self.kept.try_get_untracked() {
            self.kept.set(Kept::Saving(at));
            self.say_when_late(at);
        }
        if timed == Some(false) {
            self.keep_after(KEEP_AFTER_MS);
        }
    }

    fn say_when_late(self, at: i64) {
        set_timeout(
            move || {
                if self.kept.try_get_untracked() == Some(Kept::Saving(at)) {
                    self.kept.set(Kept::Late);
                }
            },
            Duration::from_millis(LATE_AFTER_MS),
        );
    }

    fn keep_after(self, ms: u64) {
        set_timeout(
            move || {
                if self.pen.try_update_value(|pen| pen.timed = false).is_some() {
                    self.keep_now();
                }
            },
            Duration::from_millis(ms),
        );
    }

    /// Keeps what is not kept yet: on blur, when hidden, before sending.
    pub fn keep_now(self) {
        spawn_local(async move {
            // Why not stands on the screen.
            let _ = self.keep().await;
        });
    }

    /// The same, to wait for. One write is in flight at a time.
    ///
    /// # Errors
    ///
    /// When it was not kept; it is tried again by itself.
    pub async fn keep(self) -> Result<(), LocalError> {
        let may = self.pen.try_update_value(|pen| !pen.done && !std::mem::replace(&mut pen.writing, true));
        if may != Some(true) {
            return Ok(());
        }
        let mut outcome = Ok(());
        while self.pen.try_update_value(|pen| std::mem::take(&mut pen.dirty) && !pen.done) == Some(true) {
            let Some((database, writes)) = self.as_writes() else { break };
            let kept = self.phone.keep_in(&database, &writes).await;
            match kept {
                // What was typed during the write is not on disk yet: the next round says so.
                Ok(()) if self.pen.try_with_value(|pen| pen.dirty) == Some(true) => {
                    let now = clock::now();
                    drop(self.kept.try_set(Kept::Saving(now)));
                    self.say_when_late(now);
                }
                Ok(()) => drop(self.kept.try_set(Kept::At(clock::now()))),
                Err(cause) => {
                    drop(self.kept.try_set(Kept::Not(cause.clone())));
                    outcome = Err(cause);
                    let besides = writes.into_iter().skip(1);
                    let again = self.pen.try_update_value(|pen| {
                        pen.besides.splice(0..0, besides);
                        pen.dirty = true;
                        !std::mem::replace(&mut pen.timed, true)
                    });
                    if again == Some(true) {
                        self.keep_after(AGAIN_AFTER_MS);
                    }
                    break;
                }
            }
        }
        self.pen.try_update_value(|pen| pen.writing = false);
        outcome
    }

    /// The draft first, then what goes with it.
    fn as_writes(self) -> Option<(Database, Vec<Write>)> {
        let draft = self.draft.try_update_untracked(|draft| {
            draft.changed_at = clock::now();
            Write::json(Table::Draft, visits::key(draft.id()), draft)
        })?;
        let (database, besides) =
            self.pen.try_update_value(|pen| (pen.database.clone(), std::mem::take(&mut pen.besides)))?;
        let mut writes = vec![draft];
        writes.extend(besides);
        Some((database, writes))
    }

    /// Whether to send it now: not twice.
    pub fn begin_sending(self) -> bool {
        self.pen.try_update_value(|pen| !pen.done && !std::mem::replace(&mut pen.sending, true)) == Some(true)
    }

    /// Takes the draft off the screen to send it: from here on nothing of it is written.
    pub async fn close(self) -> Option<Left> {
        while self.pen.try_with_value(|pen| pen.writing)? {
            local::wait(WRITING_MS).await;
        }
        let draft = self.draft.try_get_untracked()?;
        self.pen.try_update_value(|pen| {
            pen.done = true;
            let lock = pen.lock.take()?;
            let besides = std::mem::take(&mut pen.besides);
            Some(Left { draft, database: pen.database.clone(), besides, dirty: true, lock })
        })?
    }

    /// Opens it again after a sending that was not kept; the screen may be gone by then.
    pub fn reopen(self, taken: Left) {
        if self.pen.is_disposed() {
            spawn_local(left::keep(self.phone, taken));
            return;
        }
        self.pen.update_value(|pen| {
            pen.lock = Some(taken.lock);
            pen.besides = taken.besides;
            pen.done = false;
            pen.sending = false;
        });
        self.touch();
        self.keep_now();
    }

    /// The screen is left: keeps the rest, then lets other windows have the draft.
    fn put_down(self) {
        ON_SCREEN.set(None);
        let draft = self.draft.try_get_untracked();
        let taken = self.pen.try_update_value(|pen| {
            let lock = pen.lock.take()?;
            let besides = std::mem::take(&mut pen.besides);
            // What is being written may fail yet.
            let dirty = pen.dirty || pen.writing || !besides.is_empty();
            Some(Left { draft: draft?, database: pen.database.clone(), besides, dirty, lock })
        });
        if let Some(Some(mut taken)) = taken {
            if taken.dirty {
                taken.draft.changed_at = clock::now();
            }
            spawn_local(left::keep(self.phone, taken));
        }
    }
}

/// The open draft of this screen.
pub fn open_draft() -> OpenDraft {
    expect_context::<OpenDraft>()
}
