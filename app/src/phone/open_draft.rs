//! The draft that is open: kept within 300 ms of a key, in one window only.

use std::time::Duration;

use domain::{draft::Draft, id::RecordId};
use leptos::{ev, task::spawn_local};

use crate::{
    clock,
    local::{LocalError, Lock, Table, Write, try_lock},
    phone::{Phone, visits},
    prelude::*,
};

/// A change is on its way to disk after this long, in milliseconds.
const KEEP_AFTER_MS: u64 = 250;
/// After a failure it is tried again this often, in milliseconds.
const AGAIN_AFTER_MS: u64 = 3_000;
/// A write that takes longer is said, in milliseconds.
const LATE_AFTER_MS: u64 = 1_000;

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

#[derive(Default)]
struct Pen {
    /// Held as long as this window writes.
    lock: Option<Lock>,
    dirty: bool,
    timed: bool,
    writing: bool,
    /// Sent or deleted: nothing is written any more.
    done: bool,
}

/// What came of opening.
pub enum Opening {
    Opened(OpenDraft),
    /// Another window has it open.
    Elsewhere,
    /// There is no such draft.
    Gone,
    Failed(LocalError),
}

/// Opens a draft in this window. Call it within the owner that is to hold it.
pub async fn open(phone: Phone, visit: RecordId, owner: Owner) -> Opening {
    let Some(lock) = try_lock(&format!("draft-{visit}")).await else { return Opening::Elsewhere };
    match visits::draft(phone, visit).await {
        Ok(Some(draft)) => Opening::Opened(owner.with(|| OpenDraft::new(phone, draft, lock))),
        Ok(None) => Opening::Gone,
        Err(cause) => Opening::Failed(cause),
    }
}

impl OpenDraft {
    fn new(phone: Phone, draft: Draft, lock: Lock) -> Self {
        let kept = RwSignal::new(Kept::At(draft.changed_at));
        let pen = StoredValue::new_local(Pen { lock: Some(lock), ..Pen::default() });
        let open = Self { phone, draft: RwSignal::new(draft), kept, pen };
        phone.status.draft_open.set(true);
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
        // The screen may have been left in the meantime.
        if self.draft.try_update(change).is_some() {
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
                self.pen.try_update_value(|pen| pen.timed = false);
                self.keep_now();
            },
            Duration::from_millis(ms),
        );
    }

    /// Keeps what is not kept yet: on blur, when hidden, before sending.
    pub fn keep_now(self) {
        spawn_local(self.keep());
    }

    /// The same, to wait for. One write is in flight at a time.
    pub async fn keep(self) {
        let may = self.pen.try_update_value(|pen| !pen.done && !std::mem::replace(&mut pen.writing, true));
        if may != Some(true) {
            return;
        }
        while self.pen.try_update_value(|pen| std::mem::take(&mut pen.dirty) && !pen.done) == Some(true) {
            let Some(write) = self.as_write() else { break };
            let kept = self.phone.keep(&[write]).await;
            match kept {
                // What was typed during the write is not on disk yet: the next round says so.
                Ok(()) if self.pen.try_with_value(|pen| pen.dirty) == Some(true) => {
                    let now = clock::now();
                    drop(self.kept.try_set(Kept::Saving(now)));
                    self.say_when_late(now);
                }
                Ok(()) => drop(self.kept.try_set(Kept::At(clock::now()))),
                Err(cause) => {
                    drop(self.kept.try_set(Kept::Not(cause)));
                    let again = self.pen.try_update_value(|pen| {
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
    }

    fn as_write(self) -> Option<Write> {
        self.draft.try_update_untracked(|draft| {
            draft.changed_at = clock::now();
            Write::json(Table::Draft, visits::key(draft.id()), draft)
        })
    }

    /// Nothing more is written: the draft was sent or deleted.
    pub fn close(self) {
        self.pen.try_update_value(|pen| {
            pen.done = true;
            pen.dirty = false;
        });
    }

    /// Opens it again after a sending that was not kept.
    pub fn reopen(self) {
        self.pen.try_update_value(|pen| pen.done = false);
    }

    /// The screen is left: keeps the rest, then lets other windows have the draft.
    fn put_down(self) {
        let Some(lock) = self.pen.try_update_value(|pen| pen.lock.take()) else { return };
        let dirty = self.pen.try_update_value(|pen| pen.dirty && !pen.done).unwrap_or(false);
        let last = if dirty { self.as_write() } else { None };
        let phone = self.phone;
        spawn_local(async move {
            if let Some(last) = last {
                let _ = phone.keep(&[last]).await;
            }
            drop(lock);
            phone.read_all().await;
        });
    }
}

/// The open draft of this screen.
pub fn open_draft() -> OpenDraft {
    expect_context::<OpenDraft>()
}
