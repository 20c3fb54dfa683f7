//! A short word on what was done, with its undo.

use std::{cell::Cell, sync::Arc, time::Duration};

use crate::{i18n::text, prelude::*};

/// How long an undo is offered, in milliseconds: enough to read one line and reach for it.
const SHOWN_MS: u64 = 8_000;

/// What is said, and how to take it back.
#[derive(Clone)]
struct Toast {
    number: u64,
    words: String,
    undo: Option<Undo>,
}

/// Belongs to no screen: the one that offered it may be gone when it is run.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// The one toast of the app; a newer takes the place of an older.
#[derive(Clone, Copy)]
pub struct Toasts(RwSignal<Option<Toast>>);

impl Toasts {
    /// Makes [`say`] and [`say_with_undo`] work below this component.
    pub fn provide() {
        let toasts = Self(RwSignal::new(None));
        provide_context(toasts);
        SHELF.set(Some(toasts));
    }
}

thread_local! {
    /// Beside the context, for work that outlives the screen which began it.
    static SHELF: Cell<Option<Toasts>> = const { Cell::new(None) };
}

/// Says what was done.
pub fn say(words: String) {
    show(words, None);
}

/// Says what was done and offers to take it back.
pub fn say_with_undo(words: String, undo: impl Fn() + Send + Sync + 'static) {
    show(words, Some(Arc::new(undo)));
}

fn show(words: String, undo: Option<Undo>) {
    let Some(Toasts(shown)) = SHELF.get() else { return };
    let number = shown.with_untracked(|it| it.as_ref().map_or(0, |it| it.number + 1));
    shown.set(Some(Toast { number, words, undo }));
    set_timeout(
        move || {
            if shown.with_untracked(|it| it.as_ref().is_some_and(|it| it.number == number)) {
                shown.set(None);
            }
        },
        Duration::from_millis(SHOWN_MS),
    );
}

/// Where the toast shows; once in the app.
#[component]
pub fn ToastShelf() -> impl IntoView {
    let Toasts(shown) = expect_context::<Toasts>();
    view! {
        <div class="toast-shelf" role="status">
            {move || shown.get().map(|toast| view! {
                <div class="toast">
                    <span>{toast.words}</span>
                    {toast.undo.map(|undo| view! {
                        <button on:click=move |_| { shown.set(None); undo(); }>
                            {move || text().common.undo}
                        </button>
                    })}
                </div>
            })}
        </div>
    }
}
