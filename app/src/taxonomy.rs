//! The taxonomy in use at a desk: what ships until the server has said another, and anew whenever it changes.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use domain::taxonomy::{scheme::Scheme, versions::TaxonomyInUse};
use leptos::task::spawn_local;

use crate::{api, clock, parts::lasting::lasting, prelude::*};

/// The server is asked at most this often when something was written, in milliseconds.
const ASKS_EVERY_MS: i64 = 10_000;

thread_local! {
    /// Which version is in use; 0 until the server has said.
    static VERSION: Cell<Option<RwSignal<i64>>> = const { Cell::new(None) };
    static SCHEME: RefCell<Rc<Scheme>> = RefCell::new(Rc::new(Scheme::shipped()));
    static ASKED_AT: Cell<i64> = const { Cell::new(0) };
}

fn version() -> RwSignal<i64> {
    VERSION.get().unwrap_or_else(|| {
        let made = lasting(|| RwSignal::new(0));
        VERSION.set(Some(made));
        made
    })
}

/// What is offered, and what was once; what is drawn by it is drawn anew when it changes.
pub fn scheme() -> Rc<Scheme> {
    version().track();
    scheme_untracked()
}

/// The same for what is done once.
pub fn scheme_untracked() -> Rc<Scheme> {
    SCHEME.with_borrow(Rc::clone)
}

/// Takes what the server said.
pub fn take(in_use: TaxonomyInUse) {
    if version().get_untracked() != in_use.version {
        SCHEME.set(Rc::new(in_use.scheme));
        version().set(in_use.version);
    }
}

/// Asks the server for it, unless that was done just now.
pub fn ask() {
    let (now, known) = (clock::now(), version().get_untracked());
    if known > 0 && now - ASKED_AT.get() < ASKS_EVERY_MS {
        return;
    }
    ASKED_AT.set(now);
    spawn_local(async move {
        // Without an answer the names are those that are known.
        if let Ok(Some(it)) =
            api::get::<Option<TaxonomyInUse>>(&format!("/api/v1/taxonomy?known={known}")).await
        {
            take(it);
        }
    });
}
