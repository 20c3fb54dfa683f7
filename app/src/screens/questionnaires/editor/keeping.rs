//! What was written is kept by itself.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use domain::{
    problem::Code,
    publishing::{DraftEdit, EditedQuestionnaire, KeptDraft},
    questionnaire::{editing::Book, layout::ColumnChange, xlsform::Sheet},
};
use leptos::task::spawn_local;

use super::{super::address, desk::Desk};
use crate::{
    api::{self, ApiError},
    clock,
    i18n::{problem, text},
    parts::{
        pill::{Pill, Tone},
        toast,
    },
    prelude::*,
};

/// Kept once nothing was typed for this long, in milliseconds.
const KEEP_AFTER_MS: u64 = 800;
/// What could not be kept is tried again after this long.
const AGAIN_AFTER_MS: u64 = 5_000;

/// How what is on the screen stands to what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Since when, if anything was written here.
    Kept(Option<i64>),
    Keeping,
    NotKept(ApiError),
    /// Another was kept or published meanwhile.
    Conflict,
}

/// Keeps what is written, one write at a time, also when the screen is left.
pub struct Keeper {
    address: String,
    upon: RefCell<String>,
    /// What waits to be kept, and after which change it was so.
    waiting: RefCell<Option<(u32, Vec<Sheet>)>>,
    busy: Cell<bool>,
    conflict: Cell<bool>,
    /// Changes that were made, and those that are kept.
    edits_n: Cell<u32>,
    kept_n: Cell<u32>,
    stand: RwSignal<Stand>,
    changes: RwSignal<Vec<ColumnChange>>,
}

impl Keeper {
    pub fn new(
        id: &str,
        upon: String,
        stand: RwSignal<Stand>,
        changes: RwSignal<Vec<ColumnChange>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            address: address(id, "draft"),
            upon: RefCell::new(upon),
            waiting: RefCell::new(None),
            busy: Cell::new(false),
            conflict: Cell::new(false),
            edits_n: Cell::new(0),
            kept_n: Cell::new(0),
            stand,
            changes,
        })
    }

    /// Whether all that was written is kept.
    pub fn is_kept(&self) -> bool {
        self.edits_n.get() == self.kept_n.get()
    }

    /// Something was written: it is kept once nothing more was for a moment.
    pub fn touch(self: &Rc<Self>, sheets: impl Fn() -> Option<Vec<Sheet>> + 'static) {
        self.edits_n.set(self.edits_n.get().wrapping_add(1));
        if !self.conflict.get() {
            self.show(Stand::Keeping);
        }
        self.later(KEEP_AFTER_MS, sheets);
    }

    fn later(self: &Rc<Self>, ms: u64, sheets: impl Fn() -> Option<Vec<Sheet>> + 'static) {
        let (keeper, number) = (Rc::clone(self), self.edits_n.get());
        let keep = move || {
            // Without a screen its last words are on their way already.
            if keeper.edits_n.get() == number
                && let Some(sheets) = sheets()
            {
                keeper.keep(sheets);
            }
        };
        set_timeout(keep, Duration::from_millis(ms));
    }

    /// Keeps these sheets, after a write that is under way.
    pub fn keep(self: &Rc<Self>, sheets: Vec<Sheet>) {
        if self.conflict.get() {
            return;
        }
        self.waiting.replace(Some((self.edits_n.get(), sheets)));
        if !self.busy.replace(true) {
            let keeper = Rc::clone(self);
            spawn_local(async move { keeper.keep_waiting().await });
        }
    }

    async fn keep_waiting(self: Rc<Self>) {
        while let Some((number, sheets)) = self.waiting.take() {
            let edit = DraftEdit { upon: Some(self.upon.borrow().clone()), sheets };
            match api::put::<KeptDraft>(&self.address, &edit).await {
                Ok(kept) => {
                    self.upon.replace(kept.draft.to_string());
                    self.kept_n.set(number);
                    let _ = self.changes.try_set(kept.changes);
                    if self.is_kept() {
                        self.show(Stand::Kept(Some(clock::now())));
                    }
                }
                Err(cause) => {
                    self.not_kept(cause, edit.sheets);
                    break;
                }
            }
        }
        self.busy.set(false);
    }

    fn not_kept(self: &Rc<Self>, cause: ApiError, sheets: Vec<Sheet>) {
        if self.stand.is_disposed() {
            // The screen is gone: what is not kept is said wherever one is.
            return toast::say((text().editor.left_unkept)(&problem::words(&cause)));
        }
        if cause.code() == Some(Code::Conflict) {
            self.conflict.set(true);
            return self.show(Stand::Conflict);
        }
        self.show(Stand::NotKept(cause));
        let number = self.edits_n.get();
        let keeper = Rc::clone(self);
        let again = move || {
            if keeper.edits_n.get() == number {
                keeper.keep(sheets);
            }
        };
        set_timeout(again, Duration::from_millis(AGAIN_AFTER_MS));
    }

    fn show(&self, stand: Stand) {
        let _ = self.stand.try_set(stand);
    }

    /// What is kept by now, by whoever wrote it.
    async fn theirs(&self) -> Result<EditedQuestionnaire, ApiError> {
        let theirs = api::get::<EditedQuestionnaire>(&self.address).await?;
        self.upon.replace(theirs.upon.to_string());
        self.conflict.set(false);
        Ok(theirs)
    }
}

/// Whether it is kept; of two who wrote, whose words stand is decided here.
#[component]
pub fn KeptLine(desk: Desk) -> impl IntoView {
    let take_theirs = move |_| {
        let keeper = desk.keeper.get_value();
        spawn_local(async move {
            match keeper.theirs().await {
                Ok(theirs) => {
                    keeper.kept_n.set(keeper.edits_n.get());
                    let _ = keeper.changes.try_set(theirs.changes);
                    desk.take_theirs(Book::of(theirs.sheets));
                    keeper.show(Stand::Kept(None));
                }
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    let keep_mine = move |_| {
        let keeper = desk.keeper.get_value();
        spawn_local(async move {
            match keeper.theirs().await {
                Ok(_) => keeper.keep(desk.book_now(Book::sheets)),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <div class="kept" role="status" data-stand=move || match desk.stand.get() {
            Stand::Kept(_) => "kept",
            Stand::Keeping => "keeping",
            Stand::NotKept(_) => "not-kept",
            Stand::Conflict => "conflict",
        }>
            {move || {
                let words = text().editor;
                match desk.stand.get() {
                    Stand::Kept(None) => view! { <span class="quiet">{words.kept_by_itself}</span> }.into_any(),
                    Stand::Kept(Some(at)) => view! { <Pill tone=Tone::Pine>{(words.kept)(&clock::time(at))}</Pill> }.into_any(),
                    Stand::Keeping => view! { <Pill>{words.keeping}</Pill> }.into_any(),
                    Stand::NotKept(cause) => view! {
                        <p class="notice amber">{(words.not_kept)(&problem::words(&cause))}</p>
                    }.into_any(),
                    Stand::Conflict => view! {
                        <p class="notice amber">
                            {words.conflict} " "
                            <button class="link" on:click=take_theirs>{words.take_theirs}</button>
                            <button class="link" on:click=keep_mine>{words.keep_mine}</button>
                        </p>
                    }.into_any(),
                }
            }}
        </div>
    }
}
