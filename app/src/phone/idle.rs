//! A phone that nobody touches, or that was put away, locks itself.

use std::cell::Cell;

use leptos::{ev, task::spawn_local};

use crate::{
    clock, local,
    phone::{Phone, media},
    prelude::*,
    session::{self, Session},
};

/// Locks after so long without a touch or a key, in milliseconds.
const IDLE_MS: i64 = 5 * 60 * 1_000;
/// Locks after so long out of sight, in milliseconds.
const HIDDEN_MS: i64 = 60 * 1_000;
/// How often to look, in milliseconds.
const LOOK_EVERY_MS: i32 = 10_000;

thread_local! {
    static TOUCHED_AT: Cell<i64> = const { Cell::new(0) };
    static HIDDEN_AT: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Watches for as long as the page is there.
pub fn follow(session: Session, phone: Phone) {
    let touched = || TOUCHED_AT.set(clock::now());
    touched();
    drop(window_event_listener(ev::pointerdown, move |_| touched()));
    drop(window_event_listener(ev::keydown, move |_| touched()));
    drop(window_event_listener(ev::visibilitychange, move |_| {
        let is_hidden = document().hidden();
        if is_hidden {
            HIDDEN_AT.set(Some(clock::now()));
        } else {
            spawn_local(async move {
                look(session, phone).await;
                HIDDEN_AT.set(None);
            });
        }
    }));
    spawn_local(async move {
        loop {
            local::wait(LOOK_EVERY_MS).await;
            look(session, phone).await;
        }
    });
}

async fn look(session: Session, phone: Phone) {
    let now = clock::now();
    let is_away = HIDDEN_AT.get().is_some_and(|it| now - it > HIDDEN_MS);
    // A recording goes on in a pocket.
    if (is_away || now - TOUCHED_AT.get() > IDLE_MS) && !media::is_under_way() {
        session::lock(session, phone).await;
    }
}
