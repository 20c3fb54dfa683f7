//! Something that shows only under a condition.

use std::sync::Arc;

use leptos::children::ViewFn;

use crate::prelude::*;

/// Leptos's `Show`, made once for all its uses: a copy for each would be a fiftieth of what a phone loads.
#[component(transparent)]
pub fn Show(
    /// What shows while `when` holds.
    children: ChildrenFn,
    when: impl Fn() -> bool + Send + Sync + 'static,
    /// What shows while it does not; nothing, unless said.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> impl IntoView {
    show(children, Arc::new(when), fallback)
}

fn show(children: ChildrenFn, when: Arc<dyn Fn() -> bool + Send + Sync>, fallback: ViewFn) -> AnyView {
    let holds = Memo::new(move || when());
    (move || if holds.get() { children() } else { fallback.run() }).into_any()
}
